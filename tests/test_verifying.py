"""Long texts and files are verified in a process of their own: what they do to it holds up no one else."""

from __future__ import annotations

import asyncio
import random
import shutil
import threading
from concurrent.futures import wait
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from word_encoder import WordHashEncoder

import bot.desk
from bot.desk import Desk, DeskBusyError
from bot.quotations import MAX_QUOTATION_CHARS, MAX_QUOTATIONS
from bot.verifying import SHORT, VerificationError, Verifier, joined
from index.build import build
from index.errors import IndexUnavailableError
from index.findings import Verdict
from index.model import ANY, Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.quotations import Verification

FILLER = "Nothing of this is quoted. " * (SHORT // 20)


@pytest.fixture
def desk(word_index: Path) -> Iterator[Desk]:
    opened = Desk(word_index, SEEDS, WordHashEncoder)
    yield opened
    opened.close()


@pytest.fixture
def verifier(word_index: Path) -> Iterator[Verifier]:
    opened = Verifier(word_index)
    yield opened
    opened.close()


def slow() -> str:
    """As many quotations as are held, as long as can be, of words of the articles in no order: seconds of work."""
    draw = random.Random(1)
    words = [word for path in sorted(SEEDS.rglob("*.txt")) for word in path.read_text(encoding="utf-8").split()]
    quoted = (" ".join(draw.choices(words, k=MAX_QUOTATION_CHARS // 7)) for _ in range(MAX_QUOTATIONS))
    return "".join(f"“{words[:MAX_QUOTATION_CHARS]}”\n" for words in quoted)


async def said(desk: Desk) -> tuple[str, str]:
    """An article, and words that stand in it alone."""
    article = await desk.article((await desk.listings())[0].source.id)
    assert article is not None
    return article.source.id, " ".join(article.text[article.body_start :].split()[:12])


def told(found: Verification) -> list[Verdict]:
    return [finding.verdict for finding in found.findings]


async def test_a_long_text_is_verified_as_a_short_one_is(desk: Desk) -> None:
    article, words = await said(desk)
    text = f"“{words}” and “No walrus was ever seen there.”"
    short = await desk.verify(text)
    assert (told(short), short.cut) == ([Verdict.EXACT, Verdict.NOT_FOUND], False)
    assert (await desk.verify(f"{text}\n\n{FILLER}")).findings == short.findings
    assert (await desk.verify("", files=[text.encode(), FILLER.encode()])).findings == short.findings
    assert (await desk.verify(text, files=[b"\r\n" + b"\xff" * SHORT])).findings == short.findings
    for filters in (ANY, Filters(articles=(article,)), Filters(withdrawn=(article,)), Filters(outlets=("No such",))):
        alike = [await desk.verify(words_, filters) for words_ in (text, f"{text}\n\n{FILLER}")]
        assert told(alike[0]) == told(alike[1])


async def test_what_is_removed_is_not_verified_against_however_long_the_text(desk: Desk) -> None:
    article, words = await said(desk)
    assert told(await desk.verify(f"“{words}” {FILLER}")) == [Verdict.EXACT]
    await desk.record(lambda records: records.withdrawals.add(article, "0" * 64, "discord", "alice"))
    assert told(await desk.verify(f"“{words}” {FILLER}")) != [Verdict.EXACT]


async def test_questions_are_answered_while_a_long_text_is_verified_and_a_stop_gives_it_up(desk: Desk) -> None:
    assert told(await desk.verify(f"“No walrus was ever seen there.” {FILLER}")) == [Verdict.NOT_FOUND]
    verifying = asyncio.create_task(desk.verify(slow()))
    answers = [await desk.ask("What happened at the Kremlin?") for _ in range(5)]
    short = await desk.verify("“No walrus was ever seen there.”")
    assert not verifying.done()
    assert all(answer.articles for answer in answers)
    assert told(short) == [Verdict.NOT_FOUND]
    desk._verifier.stop()
    with pytest.raises(VerificationError, match=r"ended by itself \(SIGKILL\)\. Verify a part of it\."):
        await verifying
    assert told(await desk.verify(f"“No walrus was ever seen there.” {FILLER}")) == [Verdict.NOT_FOUND]


def test_a_text_that_takes_too_long_is_given_up_with_a_plain_sentence(word_index: Path) -> None:
    hasty = Verifier(word_index, seconds=0.2)
    with pytest.raises(VerificationError, match=r"not verified: it takes longer than .* Verify a part of it\."):
        hasty.verify(slow(), [], 1, ANY)
    hasty.close()


def test_a_generation_is_followed_and_one_that_is_gone_is_told(tmp_path: Path) -> None:
    corpus, data = tmp_path / "corpus", tmp_path / "data"
    verifier = Verifier(data)
    for number, animal in enumerate(("walrus", "pelican"), start=1):
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir()
        (corpus / "a.txt").write_text(f"The mayor said that a {animal} had stolen his hat near the harbour.")
        build(corpus, data, WordHashEncoder())
        quoted = f"a {animal} had stolen his hat near the harbour"
        assert told(verifier.verify(quoted, [], number, ANY)) == [Verdict.EXACT]
    assert told(verifier.verify("a walrus had stolen his hat near", [], 1, ANY)) == [Verdict.EXACT]
    with pytest.raises(IndexUnavailableError, match=r"manifest\.json is missing or damaged"):
        verifier.verify("a walrus", [], 3, ANY)
    database = next((data / "generations" / "000002").glob("*.sqlite"))
    database.write_bytes(database.read_bytes()[:-1] + b"x")
    with pytest.raises(IndexUnavailableError, match="is not what was written"):
        verifier.verify("a walrus", [], 2, ANY)
    assert told(verifier.verify("a walrus had stolen his hat near", [], 1, ANY)) == [Verdict.EXACT]
    verifier.close()


def test_what_is_not_foreseen_is_told_by_its_kind_and_not_by_what_it_says(verifier: Verifier) -> None:
    with pytest.raises(VerificationError, match=r"^The text was not verified: \w+Error\. Verify a part of it\.$"):
        verifier.verify("secret", [], 1, None)  # type: ignore[arg-type] # what nothing foresees
    assert told(verifier.verify("No walrus was ever seen there.", [], 1, ANY)) == [Verdict.NOT_FOUND]


async def test_only_so_many_long_texts_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.desk, "LONG_QUEUE", 0)
    with pytest.raises(DeskBusyError, match="long texts are waiting already"):
        await desk.verify(FILLER)
    assert told(await desk.verify("“No walrus was ever seen there.”")) == [Verdict.NOT_FOUND]


async def test_what_takes_too_long_is_told_and_what_has_not_begun_never_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.desk, "DEADLINE", 0.05)
    held, begun = threading.Event(), []
    holding = [desk._search_threads.submit(held.wait) for _ in range(bot.desk.SEARCHES)]
    monkeypatch.setattr(desk, "_status", lambda *given: begun.append(given))
    try:
        for asked in (desk.status(), desk.ask("What happened?"), desk.verify("“a”"), desk.verify(FILLER)):
            with pytest.raises(DeskBusyError, match="so it was given up"):
                await asked
        assert desk.gauges(0).queue == 0
    finally:
        held.set()
    wait(holding)
    monkeypatch.setattr(bot.desk, "DEADLINE", 60)
    assert (await desk.ask("What happened at the Kremlin?")).articles
    assert not begun


def test_files_are_read_as_text_whatever_they_are() -> None:
    assert joined("", []) == ""
    assert joined("a", [b"b\r\nc\rd", b"", b"\xff\xfe"]) == "a\n\nb\nc\nd\n\n\ufffd\ufffd"
