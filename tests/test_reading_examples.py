"""What a reader learns from, and that it learns: of a small set of our own, since the real ones need not be there."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import reading_examples
import torch
import train_reader
from click.testing import CliRunner
from reading_examples import LONGEST_HEADLINE, OFFERED, Pool
from safetensors.torch import load_file, save_file

from index.reader import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reading_examples import Choice, Example

BRIDGE = (
    "The old bridge at Marlow Ferry was closed in 1984. Engineers had found cracks in two of its nine piers. "
    "A ferry carried 300 people a day in its place. Mayor Ruth Calder called the crossing a lifeline for Oxley Green."
)
OPENED = (
    "The new bridge was opened in 1991 by Ruth Calder. It has five piers of granite from Penhallow. "
    "More than 4,000 people walked over it on the first day."
)
SHIP = (
    "The Heron was launched at Dunmore in 1903. She carried coal between Dunmore and Saint Aubin for twenty years. "
    "In 1925 she was sold to a company in Lisbon."
)

LIGHT = "The lighthouse at Penhallow was closed in 1984. Its keeper opened a museum there."
MILL = "Flour was ground at Thorpe until the great war. Today the mill is a house."
TEXTS = (BRIDGE, OPENED, SHIP, LIGHT, MILL)
ANSWERS = {
    "When was the old bridge at Marlow Ferry closed": "1984",
    "Who called the crossing a lifeline for Oxley Green": "Mayor Ruth Calder",
    "Who opened the new bridge in 1991": "Ruth Calder",
    "Where was the Heron launched in 1903": "Dunmore",
}


def write(folder: Path, name: str, **files: list[dict[str, Any]]) -> None:
    (folder / name).mkdir()
    for file, rows in files.items():
        with gzip.open(folder / name / f"{file}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)


def asked(number: int, text: str, doc: str, article: str, answer: str) -> dict[str, Any]:
    starts = [article.index(answer)]
    return {
        "id": f"{doc}:{number}",
        "text": text,
        "answerable": True,
        "doc": doc,
        "answers": [answer],
        "starts": starts,
    }


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(reading_examples, "FOLDER", tmp_path)
    articles = [
        {"id": "bridge:0", "title": "Marlow Ferry", "text": BRIDGE},
        {"id": "bridge:1", "title": "Marlow Ferry", "text": OPENED},
    ]
    first = asked(0, "When was the old bridge at Marlow Ferry closed?", "bridge:0", BRIDGE, "1984")
    questions = [
        first,
        asked(1, "Who called the crossing a lifeline for Oxley Green?", "bridge:0", BRIDGE, "Mayor Ruth Calder"),
        asked(2, "Who opened the new bridge in 1991?", "bridge:1", OPENED, "Ruth Calder"),
    ]
    twin = {key: first[key] for key in ("id", "text", "answers", "starts")}
    missed = {"id": "n", "text": "when was the new bridge closed?", "answerable": False}
    docs = [{"id": "bridge:0:0", "docs": ["bridge:1"]}]
    write(
        tmp_path,
        "squad_train",
        articles=articles,
        questions=questions,
        unanswerable=[missed | {"near": "bridge:0", "twin": twin}],
        hard_negatives=docs,
    )
    found = [{"id": "light", "title": "Lighthouses", "text": LIGHT}, {"id": "mill", "title": "Mills", "text": MILL}]
    write(tmp_path, "nq_train", articles=found, questions=[])
    write(tmp_path, "tydi_train", articles=[], questions=[])
    ship = [{"id": "ship", "title": "Heron", "text": SHIP}]
    late = [
        asked(0, "Where was the Heron launched in 1903?", "ship", SHIP, "Dunmore"),
        {"id": "late", "text": "Who owned the Heron in 1950?", "answerable": False, "near": "ship"},
    ]
    write(tmp_path, "timeqa_train", articles=ship, questions=late)
    # As many of each kind as there are: the numbers of a whole run would ask for more.
    monkeypatch.setattr(reading_examples, "EPOCH", dict(reading_examples.EPOCH, squad=2, other=1))
    return Pool()


def epochs(pool: Pool) -> list[list[Choice]]:
    return [group for number in range(40) for group in pool.epoch(number)]


def every(pool: Pool) -> Iterator[Example]:
    return (example for group in epochs(pool) for choice in group for example in choice)


def test_an_epoch_is_the_same_on_every_run_and_another_one_is_not(pool: Pool) -> None:
    assert pool.epoch(3) == pool.epoch(3)
    assert pool.epoch(3) != pool.epoch(4)


def test_answers_stand_in_their_windows_and_in_no_window_or_headline_that_is_said_not_to_have_them(pool: Pool) -> None:
    seen = set()
    for example in every(pool):
        assert any(example.window in text for text in TEXTS)
        words = ANSWERS.get(example.question.rstrip("?"))
        if example.answer:
            assert words == example.window[example.answer.start : example.answer.end]
        elif words:
            assert words not in example.window
        if words:
            assert words not in example.title
            seen.add((words, example.answer is None))
    assert {(words, False) for words in ANSWERS.values()} < seen
    assert {("1984", True), ("Ruth Calder", True)} <= seen  # of another paragraph, and of another place


def test_a_near_miss_comes_with_the_question_it_was_made_from_and_the_same_window(pool: Pool) -> None:
    pairs = [group for group in epochs(pool) if group[-1][0].question.startswith("when was the new bridge")]
    assert len(pairs) == 40
    for (answered,), (missed,) in pairs:
        assert answered.question.startswith("When was the old bridge")
        assert (answered.answer is None, missed.answer) == (False, None)
        assert answered.window == missed.window


def test_headlines_are_titles_other_sentences_or_none(pool: Pool) -> None:
    examples = [*every(pool)]
    titles = {example.title for example in examples}
    named = {"", "Marlow Ferry", "Heron", "Lighthouses", "Mills"}
    assert named <= titles
    sentences = titles - named
    assert sentences
    for example in examples:
        if example.title in sentences:
            assert example.title not in example.window
            assert any(f"{example.title}." in text for text in TEXTS)
            assert len(example.title) <= LONGEST_HEADLINE


def test_a_question_comes_with_what_becomes_of_it_where_a_word_is_exchanged_and_the_same_window(pool: Pool) -> None:
    made: dict[str, set[str]] = {}
    for group in epochs(pool):
        if len(group) == 2 and group[1][0].question[0].isupper():
            (answered,), others = group
            assert 1 <= len(others) <= OFFERED
            assert answered.answer
            for other in others:
                assert (other.window, other.answer) == (answered.window, None)
                assert other.question != answered.question
                made.setdefault(answered.question.rstrip("?"), set()).add(other.question.rstrip("?"))
    called = "Who called the crossing a lifeline for Oxley Green"
    assert "Who called the crossing a lifeline for Marlow Ferry" in made[called]
    assert not any("Calder" in question for question in made[called])  # it is who did
    opened = made["Who opened the new bridge in 1991"]
    assert {"Who closed the new bridge in 1991", "Who opened the old bridge in 1991"} <= opened
    assert any(question.startswith("Who opened the new bridge in 19") for question in opened)
    closed = made["When was the old bridge at Marlow Ferry closed"]
    assert "When was not the old bridge at Marlow Ferry closed" in closed
    assert "When was the old bridge at Marlow Ferry opened" in closed


def test_an_unrelated_window_is_of_another_article_and_rather_of_one_with_words_of_the_question(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_examples, "FIRST", 1)
    windows = {
        example.window
        for example in every(pool)
        if example.question.rstrip("?") == "Who opened the new bridge in 1991"
        if example.window not in BRIDGE and example.window not in OPENED
    }
    assert windows
    assert all(window in LIGHT for window in windows)


def test_who_goes_on_from_a_reader_gets_the_mean_with_what_it_reached_and_a_kill_costs_no_more_than_what_was_not_kept(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [[example] for group in pool.epoch(0) for choice in group for example in choice]
    monkeypatch.setattr(train_reader, "trial_questions", lambda: asked)
    monkeypatch.setattr(train_reader, "KEEP_EVERY", 1)
    # What a step changes must show in half precision, whatever the rate would be so early in a run.
    monkeypatch.setattr(train_reader, "WARMUP", 1)
    folder = tmp_path / "onward"

    def train(examples: int) -> str:
        arguments = ["--examples", str(examples), "--folder", str(folder), "--onward", str(WEIGHTS)]
        return CliRunner().invoke(train_reader.main, arguments, catch_exceptions=False).output

    assert "AUC against near misses" in train(train_reader.BATCH)
    reached = torch.load(folder / "checkpoint", weights_only=True)
    assert reached["done"] == 1
    began, written = load_file(WEIGHTS), load_file(folder / WEIGHTS.name)
    assert set(began) == set(written)
    assert any(not torch.equal(began[name], written[name]) for name in began)
    for name, weights in written.items():
        assert torch.equal(weights, ((reached["model"][name] + began[name]) / 2).half())
    train(2 * train_reader.BATCH)
    assert torch.load(folder / "checkpoint", weights_only=True)["done"] == 2


def test_who_would_go_on_from_another_model_is_told(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(1)}, file)
    told = CliRunner().invoke(train_reader.main, ["--folder", str(tmp_path / "new"), "--onward", str(file)])
    assert told.exit_code == 2
    assert "does not hold weights of such a model" in " ".join(told.output.replace("\u2502", "").split())
