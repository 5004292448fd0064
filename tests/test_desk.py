from __future__ import annotations

import asyncio
import re
import sqlite3
import tempfile
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS, dated_corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from word_encoder import WordHashEncoder

from bot.answer import Excerpt, Place, Reason, compose
from bot.desk import QUEUE, SEARCHES, Desk, DeskBusyError
from bot.elsewhere import with_copies
from bot.metrics import Gauges
from bot.records.sent import sent
from index.build import build
from index.copies import place_of
from index.errors import BuildError, BuildLockedError, DamagedIndexError, NoIndexError
from index.generations import Generations
from index.model import ANY, Filters, Span
from index.passages import paragraph_spans, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.encoder import SentenceTransformerEncoder
    from index.reader import ExtractiveReader


@pytest.fixture
def desk(word_index: Path) -> Desk:
    opened = Desk(word_index, SEEDS, WordHashEncoder)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def real_desk(seed_index: Path, encoder: SentenceTransformerEncoder, reader: ExtractiveReader) -> Desk:
    opened = Desk(seed_index, SEEDS, lambda: encoder, reader=reader)
    yield opened
    opened.close()


def write(folder: Path, **articles: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in articles.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


async def test_an_answer_quotes_what_is_stored(real_desk: Desk) -> None:
    answer = await real_desk.ask("How far from the Ukrainian border did it happen?")
    assert answer.refusal is None
    assert "some 500 kilometers from the Ukrainian border" in answer.excerpts[0].text
    assert (answer.articles, answer.generation) == (5, 1)
    assert answer.elapsed > 0
    article = await real_desk.article(answer.excerpts[0].source.id)
    assert article is not None
    assert article.text[answer.excerpts[0].start : answer.excerpts[0].end] == answer.excerpts[0].text


async def test_what_is_near_a_question_that_nothing_answers_is_named_and_stands(real_desk: Desk) -> None:
    answer = await real_desk.ask("Who was arrested for the drone attack?")
    assert answer.refusal is not None
    closest = answer.refusal.closest
    assert closest
    assert closest.source == answer.refusal.nearest[0]
    article = await real_desk.article(closest.source.id)
    assert article is not None
    assert article.text[closest.start : closest.end] == closest.text
    assert answer.quoted == (closest,)


async def test_what_is_not_in_the_coverage_is_refused_and_nothing_far_away_is_named(real_desk: Desk) -> None:
    answer = await real_desk.ask("Who won the football world cup in 2018?")
    assert answer.excerpts == ()
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.NOTHING_NEAR
    assert (answer.refusal.nearest, answer.refusal.closest) == ((), None)
    assert answer.quoted == ()


async def test_between_the_thresholds_an_answer_is_given_with_a_reservation(
    seed_index: Path, encoder: SentenceTransformerEncoder
) -> None:
    question = "How far from the Ukrainian border did it happen?"
    told = {}
    for name, caution in {"sure": (0.0, 0.0), "unsure": (0.0, 1.0), "refused": (1.0, 1.0)}.items():
        desk = Desk(seed_index, SEEDS, lambda: encoder, caution=caution)
        told[name] = await desk.ask(question)
        desk.close()
    assert (told["sure"].likely, told["unsure"].likely) == (True, False)
    assert told["sure"].excerpts == told["unsure"].excerpts != ()
    assert told["refused"].refusal is not None


async def test_words_that_stand_are_found_and_never_refused(
    seed_index: Path, encoder: SentenceTransformerEncoder
) -> None:
    desk = Desk(seed_index, SEEDS, lambda: encoder, caution=(1.0, 1.0))
    for query, forms in (("curfews", ("curfew",)), ("Kherson", ("Kherson",)), ("drone kremlin", ("drone", "Kremlin"))):
        answer = await desk.ask(query)
        assert answer.mentioned == tuple(query.split())
        assert answer.likely
        assert answer.excerpts
        for excerpt in answer.excerpts:
            assert any(form.lower() in excerpt.text.lower() for form in forms)
            assert excerpt.answer is None
        more = await desk.ask(query, count=10, skip=len(answer.excerpts))
        assert {e.text for e in more.excerpts}.isdisjoint(e.text for e in answer.excerpts)
    for query in ("unicorns", "kherson unicorns", "Kherson?"):
        answer = await desk.ask(query)
        assert answer.refusal is not None
        assert answer.mentioned == ()
    desk.close()


async def test_words_that_stand_only_outside_of_what_was_asked_for_are_said_to(real_desk: Desk) -> None:
    articles = {listing.source.id for listing in await real_desk.listings()}
    found = await real_desk.ask("Prigozhin", count=10)
    holding = {excerpt.source.id for excerpt in found.excerpts}
    assert holding
    within = await real_desk.ask("Prigozhin", Filters(articles=(min(holding),)))
    assert {excerpt.source.id for excerpt in within.excerpts} == {min(holding)}
    outside = await real_desk.ask("Prigozhin", Filters(articles=(min(articles - holding),)))
    assert outside.refusal
    assert outside.refusal.reason is Reason.FILTERED_OUT
    assert outside.refusal.closest
    assert "Prigozhin" in outside.refusal.closest.text


async def test_names_and_phrases_that_do_not_occur_are_told_in_the_refusal(real_desk: Desk) -> None:
    for question, missing in (
        ("What did Emmanuel Macron say about the Kremlin?", "“Emmanuel Macron” does not occur in it."),
        ('Who said "a tiny shaker of pepper"?', "“a tiny shaker of pepper” does not occur in it."),
    ):
        answer = await real_desk.ask(question)
        assert answer.refusal is not None
        assert answer.refusal.message.endswith(missing)


async def test_a_question_of_nothing_is_refused(real_desk: Desk) -> None:
    for nothing in ("", "  \n", "?!"):
        answer = await real_desk.ask(nothing)
        assert answer.refusal is not None
        assert answer.refusal.reason is Reason.EMPTY_QUESTION


async def test_filters_hold_and_a_refusal_says_when_they_are_why(real_desk: Desk) -> None:
    question = "How far from the Ukrainian border did it happen?"
    only = await real_desk.ask("Who denied the attack?", Filters(articles=("002_6378cb4c47d900f5",)))
    assert {e.source.id for e in only.excerpts} == {"002_6378cb4c47d900f5"}
    dated = await real_desk.ask(question, Filters(since=date(2023, 5, 5)))
    assert dated.refusal is not None
    assert dated.refusal.reason is Reason.FILTERED_OUT
    assert "2023-05-05" in dated.refusal.message
    assert "3 articles without a date are left out" in dated.refusal.message
    assert dated.refusal.nearest[0].id == "000_26e0559497798c00"
    outlet = await real_desk.ask(question, Filters(outlets=("The Daily Nothing",)))
    assert outlet.refusal is not None
    assert outlet.refusal.reason is Reason.FILTERED_OUT
    assert "No article in the index is from The Daily Nothing." in outlet.refusal.message
    assert "without a date" not in outlet.refusal.message


async def test_a_filter_is_not_blamed_for_what_is_nowhere(real_desk: Desk) -> None:
    answer = await real_desk.ask("Who won the football world cup in 2018?", Filters(until=date(2023, 5, 4)))
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.NOTHING_NEAR


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "Kremlin",
                    "drones",
                    "Putin",
                    "Kherson",
                    "curfew",
                    "who",
                    "when",
                    "“",
                    '"',
                    "*",
                    "NEAR",
                    "(",
                    ")",
                    "-",
                    ":",
                    "^",
                    "Zelensky’s",
                ]
            ),
            st.text(max_size=12),
        ),
        max_size=12,
    ),
    count=st.integers(1, 6),
)
async def test_whatever_is_asked_every_excerpt_is_its_span(real_desk: Desk, words: list[str], count: int) -> None:
    answer = await real_desk.ask(" ".join(words), count=count)
    assert (answer.refusal is None) == bool(answer.excerpts)
    assert len(answer.excerpts) <= count
    for excerpt in answer.excerpts:
        stored = (SEEDS / f"{excerpt.source.id}.txt").read_text(encoding="utf-8")
        assert stored[excerpt.start : excerpt.end] == excerpt.text


REPORT = (
    "The pelican stole the ceremonial hat of the mayor of Utrecht on Tuesday morning, five witnesses said.\n\n"
    "The bird flew over the canal with the hat in its beak, and several boats followed it without any success.\n\n"
    "The mayor told two reporters that she would buy another hat and held nothing against the pelican of Utrecht."
)


async def test_every_way_to_an_excerpt_has_a_link_to_its_words(tmp_path: Path) -> None:
    folder = dated_corpus(tmp_path / "corpus", {"pier": ("The Paper", "2023-05-03", "The pelican stole a hat.")})
    (folder / "sources.toml").write_text('["pier.md"]\nurl = "https://paper.test/pier"\n', encoding="utf-8")
    build(folder, tmp_path / "data", WordHashEncoder())
    for caution in ((0.0, 0.0), (1.1, 1.1)):
        desk = Desk(tmp_path / "data", folder, WordHashEncoder, caution=caution)
        answer = await desk.ask("Who said that the pelican stole a hat?")
        assert (answer.refusal is None) == (caution == (0.0, 0.0))
        (excerpt,) = answer.quoted
        assert excerpt.link == "https://paper.test/pier#:~:text=The%20pelican%20stole%20a%20hat."
        (again,) = await desk.quote_again(sent(answer).quoted)
        assert isinstance(again, Excerpt)
        assert again.link == excerpt.link
        desk.close()


async def test_an_edited_copy_is_a_place_that_says_what_differs_and_no_second_excerpt(tmp_path: Path) -> None:
    copy = "Bird takes hat\n\n" + REPORT.replace("five", "seven").replace("several boats", "boats")
    corpus = write(tmp_path / "corpus", wire=REPORT, copy=copy, other="A gull sat on the roof of the town hall.")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))

    async def places(number: int, filters: Filters = ANY) -> list[tuple[str, int, list[tuple[str, str]]]]:
        answer = await desk.ask(REPORT.split("\n\n")[number], replace(filters, articles=("wire",)), count=1)
        (excerpt,) = answer.excerpts
        return [(p.source.id, p.paragraph, [(d.quoted, d.printed) for d in p.differing]) for p in excerpt.also_in]

    assert [await places(number) for number in range(3)] == [
        [("copy", 2, [("five", "seven")])],
        [("copy", 3, [("several", "")])],
        [("copy", 4, [])],
    ]
    answer = await desk.ask("How many witnesses said that the pelican stole the hat of the mayor?", count=5)
    assert len([e for e in answer.excerpts if "witnesses said" in e.text]) == 1
    await desk.record(lambda records: records.withdrawals.add("copy", "0" * 64, "test", "U1"))
    assert [await places(number) for number in range(3)] == [[], [], []]
    desk.close()


def test_of_one_paragraph_the_same_words_count_more_than_nearly_the_same(tmp_path: Path) -> None:
    said, rest = REPORT.split("\n\n", maxsplit=1)
    near = said.replace("five", "seven")
    gulls = "\n\n".join(f"Gull number {n} sat on roof number {n} and saw nothing at all." for n in range(30))
    corpus = write(tmp_path / "corpus", wire=REPORT, copy=f"{near} {said}\n\n{rest}", other=f"{said} {near}\n\n{gulls}")
    build(corpus, tmp_path / "data", WordHashEncoder())
    store, _ = Generations(tmp_path / "data").open_current()
    wire, copy, other = (split(article)[0] for article in map(store.article, ("wire", "copy", "other")) if article)
    found = place_of(said, near)
    assert found
    near_copy, near_other = (Place(passage.source, 1, found.differing) for passage in (copy, other))
    places = (near_copy, Place(other.source, 1), near_other)
    excerpt = Excerpt(1, said, wire.start, wire.end, wire, 1.0, places)
    also_in = with_copies(store, excerpt, ANY).also_in
    store.close()
    assert {place.source.id: place.differing for place in also_in} == {"copy": (), "other": ()}
    assert len(also_in) == 2


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
async def test_every_difference_stands_in_its_article_at_the_place_named(data: st.DataObject) -> None:
    edited = []
    for _ in range(2):
        words = re.findall(r"\S+\s*", REPORT)
        for at in data.draw(st.lists(st.integers(0, len(words) - 1), max_size=9)):
            words[at] = data.draw(st.sampled_from(["", "not ", "7 ", "“some seven” ", f"reportedly {words[at]}"]))
        edited.append("".join(words))
    with tempfile.TemporaryDirectory() as folder:
        corpus = write(Path(folder) / "corpus", wire=REPORT, one=f"A headline\n\n{edited[0]}", other=edited[1])
        build(corpus, Path(folder) / "data", WordHashEncoder())
        desk = Desk(Path(folder) / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
        for question in REPORT.split("\n\n"):
            for excerpt in (await desk.ask(question)).excerpts:
                for place in excerpt.also_in:
                    article = await desk.article(place.source.id)
                    assert article is not None
                    span = paragraph_spans(article)[place.paragraph - 1]
                    body = article.text[article.body_start :]
                    found = place_of(excerpt.text, body)
                    assert found
                    assert span.start <= article.body_start + found.start < span.end
                    assert found.differing == place.differing
                    there = body[found.start : found.end]
                    assert all(d.quoted in excerpt.text and d.printed in there for d in place.differing)
        desk.close()


async def test_an_empty_index_says_so(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    answer = await desk.ask("Anything?")
    desk.close()
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.EMPTY_INDEX


def test_without_an_index_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError, match="on-the-record-index build"):
        Desk(tmp_path / "data", SEEDS, WordHashEncoder)


async def test_reindexing_swaps_what_is_served(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus", one="The bridge was closed on Monday.")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    assert [listing.source.id for listing in await desk.listings()] == ["one"]
    write(corpus, two="The tunnel was opened on Tuesday.")
    seen: list[tuple[int, int]] = []
    report = await desk.builds.reindex(lambda done, total: seen.append((done, total)))
    assert report.changes.added == ("two",)
    assert seen[-1] == (1, 1)
    assert [listing.source.id for listing in await desk.listings()] == ["one", "two"]
    assert (await desk.status()).manifest.generation == 2
    desk.close()


async def test_a_build_or_rollback_by_another_process_is_followed(word_index: Path, desk: Desk, tmp_path: Path) -> None:
    assert len(await desk.listings()) == 5
    build(write(tmp_path / "other", one="A single article stands alone."), word_index, WordHashEncoder(), max_loss=100)
    assert len(await desk.listings()) == 1
    Generations(word_index).rollback()
    assert len(await desk.listings()) == 5


async def test_a_damaged_new_generation_leaves_the_old_one_serving_from_memory(word_index: Path, desk: Desk) -> None:
    for path in word_index.glob("generations/*/passages.faiss"):
        path.unlink()
    (word_index / "CURRENT").write_text("000009\n")
    answer = await desk.ask("Who shot down the drones over the Kremlin?")
    assert answer.generation == 1
    status = await desk.status()
    assert status.warning is not None
    assert "Generation 1 is served from memory" in status.warning


async def test_words_that_do_not_stand_in_the_article_are_never_shown(tmp_path: Path) -> None:
    """Offsets altered behind the index's back: the promise is checked where the answer is composed."""
    corpus = write(tmp_path / "corpus", one="The bridge was closed on Monday. It reopened later.")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    await desk.listings()
    stored = desk._serving._store.article("one")
    assert stored is not None
    desk._serving._store.article = lambda _name: replace(stored, text="X" + stored.text)
    with pytest.raises(DamagedIndexError, match="not shown"):
        await desk.ask("When was the bridge closed?")
    desk.close()


async def test_a_mark_that_leaves_its_excerpt_is_never_shown(word_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def beside(*given: object, **named: object) -> tuple[Excerpt, ...]:
        return tuple(replace(e, answer=Span(e.start, e.end + 1)) for e in compose(*given, **named))

    monkeypatch.setattr("bot.answering.compose", beside)
    desk = Desk(word_index, SEEDS, WordHashEncoder, caution=(0.0, 0.0))
    with pytest.raises(DamagedIndexError, match="not shown"):
        await desk.ask("Who denied the attack?")
    desk.close()


class SlowEncoder(WordHashEncoder):
    """Holds every encoding until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        assert self.let_go.wait(120)
        return super().encode(texts)


async def test_a_full_queue_is_said_and_the_rest_is_answered(word_index: Path) -> None:
    encoder = SlowEncoder()
    desk = Desk(word_index, SEEDS, lambda: encoder)
    waiting = [asyncio.create_task(desk.ask(f"question {n} about the Kremlin")) for n in range(QUEUE)]
    await asyncio.sleep(0)
    with pytest.raises(DeskBusyError, match="Ask again"):
        await desk.ask("one too many")
    encoder.let_go.set()
    assert len(await asyncio.gather(*waiting)) == QUEUE
    assert await desk.ask("Kremlin drones")
    desk.close()


async def test_identical_waiting_questions_share_one_answer(word_index: Path) -> None:
    asked: list[str] = []

    class Noting(SlowEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            asked.extend(texts)
            return super().encode(texts)

    encoder = Noting()
    desk = Desk(word_index, SEEDS, lambda: encoder, caution=(0.0, 0.0))
    hold = threading.Event()
    for _ in range(SEARCHES):
        desk._search_threads.submit(hold.wait)
    same = [asyncio.create_task(desk.ask("Who denied the attack?")) for _ in range(5)]
    other = asyncio.create_task(desk.ask("Who denied the attack?", count=1))
    await asyncio.sleep(0.05)
    assert desk.waiting == 2
    # Whoever gives up takes the answer from nobody else.
    same[0].cancel()
    hold.set()
    encoder.let_go.set()
    first, *rest = await asyncio.gather(*same[1:])
    assert all(answer is first for answer in rest)
    assert len((await other).excerpts) == 1
    assert asked.count("Who denied the attack?") == 2
    assert desk.metrics.counts().outcomes["answered"] == 5
    # What has begun is not joined: an article may have been removed since.
    assert await desk.ask("Who denied the attack?") is not first
    desk.close()


async def test_two_reindexings_do_not_run_at_once_and_questions_go_on(word_index: Path) -> None:
    slow = SlowEncoder()
    encoders = [WordHashEncoder(), slow]
    desk = Desk(word_index, SEEDS, lambda: encoders.pop(0))
    # Another model, so that there is something to embed.
    slow.weights_sha256 = "f" * 64
    running = asyncio.create_task(desk.builds.reindex())
    while not (await desk.status()).building:
        await asyncio.sleep(0.01)
    with pytest.raises(BuildLockedError, match="already"):
        await desk.builds.reindex()
    assert (await desk.ask("Who shot down the drones over the Kremlin?")).generation == 1
    slow.let_go.set()
    assert (await running).built
    desk.close()


async def test_a_build_is_given_up_when_the_bot_stops(word_index: Path) -> None:
    slow = SlowEncoder()
    encoders = [WordHashEncoder(), slow]
    desk = Desk(word_index, SEEDS, lambda: encoders.pop(0))
    slow.weights_sha256 = "f" * 64
    running = asyncio.create_task(desk.builds.reindex())
    while not (await desk.status()).building:
        await asyncio.sleep(0.01)
    desk.builds.stop()
    slow.let_go.set()
    with pytest.raises(BuildError, match=r"stopped with the bot"):
        await running
    assert Generations(word_index).numbers() == [1]
    desk.close()


async def test_how_questions_ended_and_how_long_they_took_is_counted(word_index: Path) -> None:
    desk = Desk(word_index, SEEDS, WordHashEncoder, caution=(0.0, 0.0))
    assert (await desk.status()).times is None
    await desk.ask("Who denied the attack?")
    await desk.ask("?!")
    times = (await desk.status()).times
    assert times is not None
    assert times.count == 2
    assert 0 < times.p50 <= times.p95
    counted = {name: count for name, count in desk.metrics.counts().outcomes.items() if count}
    assert counted == {"answered": 1, "refused_empty_question": 1}
    assert desk.gauges(0.5) == Gauges(0, 1, 5, 0.5)
    desk.close()


def test_the_store_is_closed_with_the_desk(word_index: Path) -> None:
    desk = Desk(word_index, SEEDS, WordHashEncoder)
    desk.close()
    with pytest.raises(sqlite3.ProgrammingError):
        desk._serving._store.listings(Filters())


async def test_half_a_character_in_what_is_asked_is_no_failure(desk: Desk) -> None:
    answer = await desk.ask("Who denied \ud83d the attack? \udcff", Filters(outlets=("No\udcffbody",)))
    assert answer.question == "Who denied � the attack? �"
    assert answer.refusal
    answer.refusal.message.encode()
    found = await desk.verify("“Nobody \ud83d said so about the attack.”")
    assert [finding.quotation.text for finding in found.findings] == ["Nobody � said so about the attack."]
