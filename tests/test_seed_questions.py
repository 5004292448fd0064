"""The seed questions, asked as a user would, with the real model: the promise for each, and how well they do."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import seed_questions
from conftest import SEEDS

from bot.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from bot.answer import Answer
    from index.encoder import SentenceTransformerEncoder
    from index.reader import ExtractiveReader

QUESTIONS = seed_questions.load()


@pytest.fixture(scope="module")
def answers(seed_index: Path, encoder: SentenceTransformerEncoder, reader: ExtractiveReader) -> dict[str, Answer]:
    desk = Desk(seed_index, SEEDS, lambda: encoder, reader=reader)

    async def ask_all() -> dict[str, Answer]:
        return {question.id: await desk.ask(question.text) for question in QUESTIONS}

    try:
        return asyncio.run(ask_all())
    finally:
        desk.close()


def test_the_set_is_what_it_says() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt")}
    answerable = [q for q in QUESTIONS if q.accept]
    assert len({q.id for q in QUESTIONS}) == len({q.text for q in QUESTIONS}) == len(QUESTIONS)
    assert len(answerable) >= 60
    assert {name for q in answerable for name, _ in q.accept} == set(texts)
    assert Counter(q.kind for q in QUESTIONS if not q.accept)["near"] >= 13
    assert sum(not q.accept for q in QUESTIONS) >= 25
    for question in answerable:
        for name, words in question.accept:
            assert words in texts[name], question.id


def test_every_excerpt_is_its_span_of_the_stored_text(answers: dict[str, Answer]) -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt")}
    excerpts = [excerpt for answer in answers.values() for excerpt in answer.excerpts]
    assert excerpts
    for excerpt in excerpts:
        assert texts[excerpt.source.id][excerpt.start : excerpt.end] == excerpt.text
        assert excerpt.passage.kind != "related"


def test_the_right_quote_comes_first(answers: dict[str, Answer], capsys: pytest.CaptureFixture[str]) -> None:
    """After refusal, at `balanced`; the bounds are the figures of the day they were written, less a margin."""
    answerable = [q for q in QUESTIONS if q.accept]
    first = sum(any(q.answered_by(e) for e in answers[q.id].excerpts[:1]) for q in answerable) / len(answerable)
    three = sum(any(q.answered_by(e) for e in answers[q.id].excerpts[:3]) for q in answerable) / len(answerable)
    refused = sum(answers[q.id].refusal is not None for q in answerable) / len(answerable)
    answered = {
        kind: sum(answers[q.id].refusal is None for q in QUESTIONS if q.kind == kind) / count
        for kind, count in Counter(q.kind for q in QUESTIONS if not q.accept).items()
    }
    with capsys.disabled():
        print(
            f"\nseed questions: right quote first {first:.3f}, in three {three:.3f}, wrongly refused {refused:.3f}, "
            f"wrongly answered far {answered['far']:.3f}, near {answered['near']:.3f}"
        )
    assert first >= 0.64
    assert three >= 0.71
    assert refused <= 0.23
    assert answered["far"] <= 0.08
    assert answered["near"] <= 0.35


async def test_the_event_loop_never_waits_for_the_model(
    seed_index: Path, encoder: SentenceTransformerEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    """The longest the loop stood still while 20 questions were answered and an index was built beside them."""
    desk = Desk(seed_index, SEEDS, lambda: encoder)
    stalls = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            stalls.append(time.perf_counter() - before - 0.005)

    watcher = asyncio.create_task(watch())
    started = time.perf_counter()
    await asyncio.gather(*(desk.ask(f"Who denied attack number {n}?") for n in range(20)))
    took = time.perf_counter() - started
    watcher.cancel()
    desk.close()
    with capsys.disabled():
        print(f"\nlongest stall of the event loop: {max(stalls) * 1000:.0f} ms, in {took:.2f} s of answering")
    # Were the model run on the loop, the watcher could not have woken up while it answered.
    assert len(stalls) > 20
