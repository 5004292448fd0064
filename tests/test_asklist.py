"""Many questions at once: how their list is read, and how a file of answers goes on after any cut."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.answer import Answer, Excerpt, Reason, Refusal
from bot.asklist import AnswerFile, ListError, header, line, questions, rows
from bot.tables import ANSWER_COLUMNS, plain
from index.model import Kind, Passage, Source, Span

if TYPE_CHECKING:
    from pathlib import Path

FULL = Source("a", "Pier", True, "The Paper", None, date(2023, 5, 3), "https://paper.test/a", None, "ab" * 32)
BARE = Source("b", "It was", False, None, None, None, None, None, "cd" * 32)
QUOTE = '=1+1, "he" said\n– “no”.'


def excerpt(number: int, source: Source, text: str) -> Excerpt:
    passage = Passage(source, 0, len(text), text, 4, Kind.BODY, (Span(0, len(text)),))
    return Excerpt(number, text, 0, len(text), passage, 1.0)


def answered(question: str) -> Answer:
    return Answer(question, (excerpt(1, FULL, QUOTE), excerpt(2, BARE, "It was.")), None, 2, 1, likely=False)


def refused(question: str) -> Answer:
    return Answer(question, (), Refusal(Reason.NOTHING_NEAR, "No."), 2, 1)


ANSWERS = {
    "Who, “then”?": answered, "Why?": refused, "Who": answered, "='a'?": refused, "'=1": refused,
    "Where, in\nthe end?": answered,
}  # fmt: skip


def test_a_list_is_a_question_a_line_or_a_column_and_each_once(tmp_path: Path) -> None:
    lines = tmp_path / "list.txt"
    lines.write_bytes("\ufeffWho?\r\n\r\n Why, then? \nWho?\n".encode())
    assert questions(lines) == ["Who?", "Why, then?"]
    table = tmp_path / "list.CSV"
    for delimiter in ",;\t":
        table.write_text(f'id{delimiter}Question\n1{delimiter}"Who, ""he""?"\n2{delimiter}\n', encoding="utf-8")
        assert questions(table) == ['Who, "he"?']
    table.write_text("id,asked\n1,Who?\n", encoding="utf-8")
    for file, told in (
        (table, "no column called question"),
        (tmp_path / "none.txt", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
    ):
        with pytest.raises(ListError, match=told):
            questions(file)
    lines.write_bytes(b"\xff\xfeW\x00")
    with pytest.raises(ListError, match="is not UTF-8"):
        questions(lines)


def test_a_row_has_what_is_known_and_the_quotation_is_verbatim() -> None:
    written = header() + rows("q", answered("q")) + rows("r", refused("r"))
    table = [
        {name: plain(cell) for name, cell in row.items()} for row in csv.DictReader(io.StringIO(written, newline=""))
    ]
    bare = {
        **dict.fromkeys(ANSWER_COLUMNS, ""),
        "question": "q",
        "remarks": "This is what comes closest; it may not answer.",
    }
    assert table == [
        {
            **bare, "number": "1", "quote": QUOTE, "outlet": "The Paper", "date": "2023-05-03", "title": "Pier",
            "paragraph": "4", "url": "https://paper.test/a", "article": "a", "start": "0", "end": str(len(QUOTE)),
            "sha256": FULL.sha256,
        },
        {
            **bare, "number": "2", "quote": "It was.", "paragraph": "4", "article": "b", "start": "0", "end": "7",
            "sha256": BARE.sha256,
        },
        {**dict.fromkeys(ANSWER_COLUMNS, ""), "question": "r", "refusal": "No."},
    ]  # fmt: skip
    assert json.loads(line("a longer question", answered("a")))["question"] == "a longer question"


@pytest.mark.parametrize("table", [True, False])
def test_whatever_was_written_it_goes_on_to_the_same_file(tmp_path: Path, table: bool) -> None:
    written = rows if table else line
    file = tmp_path / "answers"

    def go_on() -> int:
        with AnswerFile(file, as_table=table) as answers:
            left = [question for question in ANSWERS if question not in answers.answered]
            for question in left:
                answers.write(written(question, ANSWERS[question](question)))
        return len(left)

    assert go_on() == len(ANSWERS)
    whole = file.read_bytes()
    first = len(header().encode()) + 3 if table else 0
    assert go_on() == table  # the last of a table may have lost rows
    asked_again = set()
    for end in range(first, len(whole)):
        file.write_bytes(whole[:end].decode(errors="ignore").encode())
        asked_again.add(go_on())
        assert file.read_bytes() == whole, end
    assert asked_again == set(range(1, len(ANSWERS) + 1))


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    for words in ("My notes.\n", '"a","b"\r\n', "[1]\n", '{"a": 1}\n', "1\n", header().replace('"', "")):
        file.write_text(words, encoding="utf-8", newline="")
        for table in (True, False):
            with pytest.raises(ListError, match="holds something else"):
                AnswerFile(file, as_table=table)
        assert file.read_bytes() == words.encode()
    with pytest.raises(ListError, match="cannot be written: No such file"):
        AnswerFile(tmp_path / "none" / "answers", as_table=True)


def test_titles_that_are_opening_words_are_not_told() -> None:
    named = replace(answered("q"), excerpts=(excerpt(1, replace(BARE, title="It was"), "It was."),))
    assert "It was" not in rows("q", named).replace("It was.", "")
