"""Who carries what an excerpt says: in the same words, nearly, in others; and nothing of what may not be seen."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import carried_seeds
import pytest
from conftest import SEEDS, dated_corpus
from slack_rules import check_message, marked, quotes
from test_discord_render import buttons_of, excerpt, shown, texts_of, unquoted

from bot import contract, terminal, wording
from bot.answer import Excerpt, Place
from bot.carried import Carried, Version
from bot.desk import Desk
from bot.discord import render
from bot.discord.answers import AnswerButton
from bot.records.sent import Lost, Quoted, sent
from bot.slack import render as slack_render
from index.build import build
from index.model import Filters, Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.encoder import SentenceTransformerEncoder

BAN = "The mayor of Lugo announced a ban on drones over the old town after an accident at the market."
OTHERWISE = "Drones are banned over the old town of Lugo, its mayor announced after the accident at its market."
ELSE = "The choir of the cathedral of Lugo sang in the old town, and the mayor of Lugo listened at the market."
ARTICLES = {
    "wire": ("The Wire", "2024-05-03", BAN),
    "same": ("The Same", "2024-05-04", BAN),
    "post": ("The Post", "2024-05-04", OTHERWISE),
    "copy": ("The Copy", "2024-05-05", OTHERWISE),
    "choir": ("The Choir", "2024-05-04", ELSE),
}
QUESTION = "Who announced a ban on drones in Lugo?"


@pytest.fixture
def desk(tmp_path: Path, encoder: SentenceTransformerEncoder) -> Iterator[Desk]:
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    build(corpus, tmp_path / "data", encoder)
    desk = Desk(tmp_path / "data", corpus, lambda: encoder, caution=(0.0, 0.0))
    yield desk
    desk.close()


async def carried(desk: Desk, filters: Filters = Filters()) -> Carried:  # noqa: B008 frozen
    article = await desk.article("wire.md")
    assert article
    start = article.text.index(BAN)
    found = await desk.carried(Quoted(1, "wire.md", article.source.sha256, start, start + len(BAN)), QUESTION, filters)
    assert isinstance(found, Carried)
    return found


async def test_who_carries_it_is_told_apart_by_its_words_and_copies_count_once(desk: Desk) -> None:
    found = await carried(desk)
    assert [place.source.outlet for place in found.statement.also_in] == ["The Same"]
    (post,) = found.otherwise
    assert (post.source.outlet, [place.source.outlet for place in post.also_in]) == ("The Post", ["The Copy"])
    assert post.answer
    assert post.parts[1].startswith("Drones are banned over the old town of Lugo")
    assert [source.outlet for source in found.without] == ["The Choir"]


async def test_nothing_of_an_outlet_that_may_not_be_seen_is_told(desk: Desk) -> None:
    seen = Filters(visible=("The Wire", "The Copy"))
    found = await carried(desk, seen)
    assert not found.statement.also_in
    (copy,) = found.otherwise
    assert (copy.source.outlet, copy.also_in, found.without) == ("The Copy", (), ())
    told = terminal.carried_text(found)
    assert not re.search("The (Same|Post|Choir)", told)
    await desk.record(lambda records: records.withdrawals.add("copy.md", copy.source.sha256, "test", "U1"))
    assert not (await carried(desk, seen)).otherwise
    assert wording.NOT_CARRIED in terminal.carried_text(await carried(desk, seen))
    hidden = await desk.carried(Quoted(1, "post.md", "", 0, 5), QUESTION, seen)
    assert hidden is Lost.GONE


async def test_the_statement_of_the_seeds_is_found_in_its_four_translations(
    seed_index: Path, encoder: SentenceTransformerEncoder
) -> None:
    desk = Desk(seed_index, SEEDS, lambda: encoder)
    try:
        article = await desk.article(carried_seeds.FRENCH)
        assert article
        start = article.text.index("“We consider these actions")
        place = (start, article.text.index(" “Russia reserves", start))
        found = await desk.carried(
            Quoted(1, article.source.id, article.source.sha256, *place), "How did the Kremlin describe the attack?"
        )
        assert isinstance(found, Carried)
        others = set(carried_seeds.ARTICLES) - {carried_seeds.FRENCH}
        assert {excerpt.source.id for excerpt in found.otherwise} == others
        assert {version.source.id for version in found.versions} == set(carried_seeds.ARTICLES)
        for version in found.versions:
            assert version.text in carried_seeds.VERSIONS[0][version.source.id]
        told: tuple[Excerpt | Version, ...] = (found.statement, *found.otherwise, *found.versions)
        for shown_ in told:
            other = await desk.article(shown_.source.id)
            assert other
            assert other.text[shown_.start : shown_.end] == shown_.text
            if isinstance(shown_, Version):
                assert "".join(words for words, _ in shown_.parts) == shown_.text
                differing = [words for words, differs in shown_.parts if differs]
                assert differing == [other.text[span.start : span.end] for span in shown_.differing]
        told = json.loads(json.dumps(contract.carried_as_json(found)))
        assert len(told["in_other_words"]) == 4
        assert [row["text"] for row in told["quotation"]] == [version.text for version in found.versions]
    finally:
        desk.close()


async def test_the_sentence_that_answers_is_what_is_looked_for(
    seed_index: Path, encoder: SentenceTransformerEncoder
) -> None:
    desk = Desk(seed_index, SEEDS, lambda: encoder)
    try:
        answer = await desk.ask("Who announced a ban on drone flights?")
        (excerpt, *_), (quoted, *_) = answer.excerpts, sent(answer).quoted
        for sentence in excerpt.passage.sentences:
            if excerpt.start <= sentence.start and sentence.end <= excerpt.end:
                marked = replace(quoted, answer=Span(sentence.start, sentence.start + 3))
                found = await desk.carried(marked, answer.question)
                assert isinstance(found, Carried)
                assert (found.statement.start, found.statement.end) == (sentence.start, sentence.end)
    finally:
        desk.close()


# --- shown -----------------------------------------------------------------------------------------------------------

ODD = "It was *denied*_ by un<kind> @everyone :smile:\nand [others](x)."


def made(of: Excerpt, otherwise: int, versions: int) -> Carried:
    """What many articles have of an excerpt, with odd words in each."""
    start = of.start
    version = Version(of.source, start, of.end, of.text, 3, (Span(start + 7, start + 16),))
    rows = tuple(replace(of, number=number + 1) for number in range(otherwise))
    return Carried(replace(of, number=0), rows, (version,) * versions, (of.source,) * 9)


@pytest.fixture
def odd() -> Excerpt:
    plain = excerpt(1, ODD, before="Well. ")
    return replace(plain, answer=Span(plain.start + 7, plain.start + 16), also_in=(Place(plain.source, 2),))


@pytest.mark.parametrize(("otherwise", "versions", "pages"), [(0, 0, 1), (1, 0, 1), (4, 3, 2), (10, 11, 4)])
@pytest.mark.parametrize("times", [1, 60])
def test_on_discord_each_page_fits_and_shows_stored_words(
    odd: Excerpt, otherwise: int, versions: int, pages: int, times: int
) -> None:
    text = " ".join([ODD] * times)
    passage = replace(odd.passage, text=f"Well. {text}", end=odd.start + len(text))
    found = made(replace(odd, text=text, end=odd.start + len(text), passage=passage), otherwise, versions)
    quoted = 0
    for page in range(pages):
        view = render.carried_view(found, page, partial(AnswerButton, "0123456789ab"))
        told = "\n".join(texts_of(view))
        quoted += told.count("**\\*denied\\*\\_**")
        more = [("More", f"answer:carried_more:0123456789ab:{page + 1}")]
        assert buttons_of(view) == (more if page + 1 < pages else [])
        for block in re.findall(r"(?:^> .*\n)+", told, re.MULTILINE) if times == 1 else ():
            assert shown(unquoted(block.strip().replace("**", ""))) == (ODD, [])
    assert quoted == 1 + otherwise + versions
    assert texts_of(render.carried_view(found, 99, partial(AnswerButton, "0123456789ab")))


@pytest.mark.parametrize(("otherwise", "versions"), [(0, 0), (3, 3), (10, 11)])
def test_on_slack_all_is_shown_with_stored_words(odd: Excerpt, otherwise: int, versions: int) -> None:
    payloads = [message.payload() for message in slack_render.carried_messages(made(odd, otherwise, versions))]
    for payload in payloads:
        check_message(payload)
    count = 1 + otherwise + versions
    assert [words for payload in payloads for words in quotes(payload)] == [ODD] * count
    assert [words for payload in payloads for words in marked(payload)] == ["*denied*_"] * count
