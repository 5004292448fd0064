"""The desk where not everything may be seen: withdrawn articles, hidden outlets, and messages sent before a change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st
from word_encoder import WordHashEncoder

from bot.answer import Excerpt, Reason
from bot.desk import RECORDS, Desk
from bot.records.database import RecordsError
from bot.records.records import Records
from bot.records.sent import Lost, Quoted, SentAnswer, context, quote_again, sent
from bot.records.withdrawals import Withdrawals
from index.build import build
from index.corpus import read_corpus
from index.findings import Verdict
from index.model import ANY, Filters, Span
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.model import Article

BRIDGE = "The mayor of Springfield opened a bridge on Monday.\n\nIt cost nine million, and it is forty metres long.\n\n"
TEXTS = {
    "open": f"{BRIDGE}Nobody fell into the river.",
    "wire": f"{BRIDGE}The wire says that the bridge is made of balsa wood.",
    "other": "Whales were seen off the coast of Nantucket by some fishermen.",
}
OUTLETS = {"open": "Open Post", "wire": "Secret Wire", "other": "Open Post"}
SECRET = "the bridge is made of balsa wood"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    tables = (f'["{name}.txt"]\noutlet = "{outlet}"\n' for name, outlet in OUTLETS.items())
    (folder / "sources.toml").write_text("\n".join(tables), encoding="utf-8")
    return folder


@pytest.fixture
def desk(corpus: Path, tmp_path: Path) -> Iterator[Desk]:
    build(corpus, tmp_path / "data", WordHashEncoder())
    # Every question is answered, so that what is hidden cannot hide behind a refusal.
    opened = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
    yield opened
    opened.close()


HIDDEN = Filters(visible=("Open Post",))


async def seen(desk: Desk, filters: Filters) -> str:
    """Everything that the desk tells about the articles, under these filters, as one text."""
    told: list[object] = [await desk.ask("What is the bridge of Springfield made of?", filters, 10)]
    told += [await desk.listings(filters), await desk.outlets(filters), await desk.article("wire", filters)]
    told += [await desk.neighbours("open", filters), await desk.neighbours("wire", filters)]
    return repr(told)


async def test_what_may_be_seen_is_everything_by_default(desk: Desk) -> None:
    told = await seen(desk, ANY)
    assert "balsa" in told
    assert "Secret Wire" in told


@pytest.mark.parametrize("filters", [HIDDEN, Filters(hidden=("SECRET  wire",))])
async def test_a_hidden_outlet_does_not_show_anywhere(desk: Desk, filters: Filters) -> None:
    told = await seen(desk, filters)
    assert "Secret Wire" not in told
    assert "balsa" not in told
    answer = await desk.ask("What is the bridge made of?", filters)
    assert answer.articles == (await desk.status(filters)).articles == 2
    (finding,) = (await desk.verify(f"“{SECRET}”", filters)).findings
    assert finding.verdict is Verdict.NOT_FOUND
    (finding,) = (await desk.verify(f"“{SECRET}”")).findings
    assert finding.verdict is Verdict.EXACT


async def test_an_article_of_no_known_outlet_is_seen_where_some_are_hidden(corpus: Path, desk: Desk) -> None:
    (corpus / "nobody.txt").write_text("Nobody knows who wrote of the lighthouse.", encoding="utf-8")
    await desk.builds.reindex()
    for filters, there in ((Filters(hidden=("Secret Wire",)), True), (HIDDEN, False)):
        assert (await desk.article("nobody", filters) is not None) == there
        assert ("nobody" in {row.source.id for row in await desk.listings(filters)}) == there


async def test_an_outlet_that_is_hidden_cannot_be_asked_for(desk: Desk) -> None:
    answer = await desk.ask("What is the bridge made of?", Filters(outlets=("Secret Wire",), visible=("Open Post",)))
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.FILTERED_OUT
    assert "wire" not in {source.id for source in answer.refusal.nearest}
    nothing = await desk.ask("What is the bridge made of?", Filters(visible=("Nobody",)))
    assert nothing.refusal is not None
    assert nothing.refusal.reason is Reason.EMPTY_INDEX


async def test_a_withdrawn_article_is_gone_at_once_and_stays_gone_after_a_build(desk: Desk) -> None:
    sha256 = (await desk.listings(Filters(articles=("wire",))))[0].source.sha256
    assert await desk.record(lambda records: records.withdrawals.add("wire", sha256, "discord", "1"))
    for _ in range(2):
        told = await seen(desk, ANY)
        assert "balsa" not in told
        assert "Secret Wire" not in told
        assert (await desk.status()).articles == 2
        await desk.builds.reindex()
    assert await desk.record(lambda records: records.withdrawals.restore("wire"))
    assert "balsa" in await seen(desk, ANY)


async def test_a_withdrawal_by_another_process_is_seen_by_the_next_question(desk: Desk, tmp_path: Path) -> None:
    other = Records(tmp_path / "data" / RECORDS)
    other.withdrawals.add("wire", "0" * 64, "command line", "editor")
    other.close()
    assert "balsa" not in await seen(desk, ANY)


async def test_nothing_is_answered_while_nobody_knows_what_is_withdrawn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_withdrawals: Withdrawals) -> tuple[str, ...]:
        raise RecordsError("The records cannot be read.")

    monkeypatch.setattr(Withdrawals, "ids", fail)
    for work in (desk.ask("bridge"), desk.verify("bridge"), desk.listings(), desk.article("open"), desk.status()):
        with pytest.raises(RecordsError):
            await work


def test_records_that_cannot_be_read_keep_the_desk_from_opening(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "data", WordHashEncoder())
    (tmp_path / "data" / RECORDS).write_text("no database", encoding="utf-8")
    with pytest.raises(RecordsError, match=r"records\.sqlite is damaged"):
        Desk(tmp_path / "data", corpus, WordHashEncoder)


async def test_neighbours_are_the_articles_with_the_same_paragraphs(desk: Desk) -> None:
    assert [(n.source.id, n.paragraphs) for n in await desk.neighbours("open")] == [("wire", 2)]
    assert await desk.neighbours("other") == []
    assert await desk.neighbours("nobody") == []


async def test_a_preview_and_a_rollback(desk: Desk, corpus: Path) -> None:
    (corpus / "new.txt").write_text("Something new happened.", encoding="utf-8")
    assert (await desk.builds.preview()).added == ("new",)
    await desk.builds.reindex()
    assert (await desk.status()).articles == 4
    assert await desk.builds.rollback() == 1
    assert (await desk.status()).articles == 3


# --- messages that were sent ------------------------------------------------------------------------------------------


async def kept(desk: Desk) -> SentAnswer:
    """An answer as it comes back from the records."""
    question = "What is the bridge of Springfield made of?"
    answer = await desk.ask(question, Filters(outlets=("Secret Wire", "Open Post")), 3)
    fields = sent(answer, skipped=2).as_fields()
    key = await desk.record(lambda records: records.messages.keep("discord", "7", fields))
    back = await desk.record(lambda records: records.messages.fields(key))
    assert back is not None
    was = SentAnswer.from_fields(back)
    assert was == sent(answer, skipped=2)
    assert [(q.number, q.article, q.start, q.end) for q in was.quoted] == [
        (e.number, e.source.id, e.start, e.end) for e in answer.excerpts
    ]
    return was


async def test_an_answer_that_was_sent_can_be_quoted_again(desk: Desk) -> None:
    was = await kept(desk)
    again = await desk.quote_again(was.quoted)
    for quoted, excerpt in zip(was.quoted, again, strict=True):
        assert isinstance(excerpt, Excerpt)
        assert excerpt.text == TEXTS[quoted.article][quoted.start : quoted.end]
        assert excerpt.number == quoted.number
        around = await desk.context(quoted)
        assert not isinstance(around, Lost)
        assert around.before + excerpt.text + around.after in TEXTS[quoted.article]


async def test_what_has_changed_or_gone_since_is_told_apart(desk: Desk, corpus: Path) -> None:
    was = await kept(desk)
    (wire,) = (quoted for quoted in was.quoted if quoted.article == "wire")
    (corpus / "wire.txt").write_text("Corrected. " + TEXTS["wire"], encoding="utf-8")
    await desk.builds.reindex()
    assert await desk.context(wire) is Lost.CHANGED
    assert await desk.quote_again([wire]) == [Lost.CHANGED]
    (corpus / "wire.txt").unlink()
    await desk.builds.reindex()
    assert await desk.context(wire) is Lost.GONE


@pytest.mark.parametrize("filters", [HIDDEN, Filters(visible=("Nobody",)), Filters(hidden=("Secret Wire",))])
async def test_what_may_no_longer_be_seen_counts_as_gone(desk: Desk, filters: Filters) -> None:
    was = await kept(desk)
    (wire,) = (quoted for quoted in was.quoted if quoted.article == "wire")
    assert await desk.context(wire, filters) is Lost.GONE
    assert await desk.quote_again([wire], filters) == [Lost.GONE]


async def test_what_comes_closest_is_never_from_what_may_not_be_seen(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(1.0, 1.0))
    question = "Who says that the bridge that the mayor of Springfield opened is made of balsa wood?"

    async def named(filters: Filters = ANY) -> list[str]:
        answer = await desk.ask(question, filters)
        assert answer.refusal
        assert answer.refusal.closest
        return [source.id for source in (answer.refusal.closest.source, *answer.refusal.nearest)]

    assert "wire" in await named()
    assert set(await named(HIDDEN)) == {"open"}
    await desk.record(lambda records: records.withdrawals.add("wire", "0" * 64, "test", "U1"))
    assert set(await named()) == {"open"}
    desk.close()


def test_what_was_kept_before_words_were_marked_is_still_read() -> None:
    assert Quoted.from_row([2, "wire", "ab", 3, 9]) == Quoted(2, "wire", "ab", 3, 9)


ARTICLES = read_corpus(SEEDS).articles


@given(article=st.sampled_from(ARTICLES), data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_context_is_the_stored_text_around_an_excerpt(article: Article, data: st.DataObject) -> None:
    passage = data.draw(st.sampled_from(split(article)))
    sentence = data.draw(st.sampled_from(passage.sentences))
    quoted = Quoted(1, article.source.id, article.source.sha256, sentence.start, sentence.end)
    start = data.draw(st.integers(sentence.start, sentence.end - 1))
    marked = data.draw(st.none() | st.builds(Span, st.just(start), st.integers(start + 1, sentence.end)))
    quoted = Quoted.from_row(json.loads(json.dumps(replace(quoted, answer=marked).as_row())))
    excerpt = quote_again(quoted, article)
    assert isinstance(excerpt, Excerpt)
    assert excerpt.answer == marked
    assert (excerpt.text, excerpt.passage) == (article.text[sentence.start : sentence.end], passage)
    around = context(excerpt, article)
    start = sentence.start - len(around.before)
    assert article.text[start : sentence.end + len(around.after)] == around.before + excerpt.text + around.after
    paragraphs = {p.paragraph for p in split(article) if start <= p.start and p.end <= sentence.end + len(around.after)}
    assert passage.paragraph in paragraphs
    assert paragraphs <= {passage.paragraph - 1, passage.paragraph, passage.paragraph + 1}
