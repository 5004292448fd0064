"""Many questions at once: a list of them, and a file of answers that goes on where it ended.

Such a file is a table (see `tables`), a row for each excerpt or refusal, or JSON Lines, an answer for each question.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from bot.contract import as_json
from bot.tables import ANSWER_COLUMNS, ENCODING, answer_rows, plain, table
from bot.tongue import say
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bot.answer import Answer


class ListError(OnTheRecordError):
    """A list of questions, or a file of answers, is not one; the message names the file and says what to do."""


def questions(file: Path) -> list[str]:
    """The questions of a file, as `listed`.

    Raises:
        ListError: it cannot be read, or as `listed`.

    """
    try:
        return listed(file.read_bytes(), str(file))
    except OSError as exc:
        raise ListError(f"{file} cannot be read: {exc.strerror}.") from exc


def listed(data: bytes, name: str) -> list[str]:
    """The questions of a file of that name, each once: a line each, or of a `.csv` what its column `question` holds.

    Raises:
        ListError: it is no text, or a table without such a column.

    """
    text = _decoded(data, name)
    found: Iterable[str] = text.splitlines()
    if name.lower().endswith(".csv"):
        head = text.partition("\n")[0]
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
        names = {name.strip().lower(): name for name in table.fieldnames or ()}
        if "question" not in names:
            told = say(
                "{file} has no column called question in its first line. Name the one with the questions so.", file=name
            )
            raise ListError(told)
        found = [row[names["question"]] or "" for row in table]
    return list(dict.fromkeys(question.strip() for question in found if question.strip()))


class AnswerFile:
    """A file of answers, a table or JSON Lines; `answered` are the questions whose answers it has already.

    Where writing was cut off, what was cut is asked again. Use it in a `with` statement.

    Raises:
        ListError: there is such a file, and it holds something else.

    """

    def __init__(self, file: Path, *, as_table: bool) -> None:
        try:
            text = _decoded(file.read_bytes(), str(file)) if file.exists() else ""
        except OSError as exc:
            raise ListError(f"{file} cannot be read: {exc.strerror}.") from exc
        try:
            kept, self.answered = (_whole_rows if as_table else _whole_lines)(text)
        except (csv.Error, ValueError, KeyError, TypeError) as exc:
            raise ListError(f"{file} holds something else than answers. Name another file, or move it away.") from exc
        try:
            self._out = file.open("a", encoding=ENCODING if as_table else "utf-8", newline="")
        except OSError as exc:
            raise ListError(f"{file} cannot be written: {exc.strerror}. Name another file.") from exc
        if len(kept) < len(text):
            mark = len("\ufeff".encode()) if as_table else 0
            self._out.truncate(mark + len(kept.encode()))
        if as_table and not kept:
            self.write(header())

    def __enter__(self) -> AnswerFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def write(self, text: str) -> None:
        """Add what `rows` or `line` give, at once.

        Raises:
            ListError: it cannot be written.

        """
        try:
            self._out.write(text)
            self._out.flush()
        except OSError as exc:
            raise ListError(
                f"{self._out.name} cannot be written: {exc.strerror}. The same command goes on from there."
            ) from exc


def header() -> str:
    """The first line of a table."""
    return table([ANSWER_COLUMNS])


def rows(question: str, answer: Answer) -> str:
    """An answer as rows of a table: one for each excerpt, or one that says why there is none."""
    return table(answer_rows(question, answer))


def line(question: str, answer: Answer) -> str:
    """An answer as a line of JSON, by the contract of `ask --json`; a question that was cut is told whole."""
    return json.dumps({**as_json(answer), "question": question}, ensure_ascii=False) + "\n"


def _whole_rows(text: str) -> tuple[str, frozenset[str]]:
    """A table up to its last question, which may have lost rows, and the questions before."""
    found = [[*map(plain, row)] for row in csv.reader(io.StringIO(text, newline=""))]
    if found and found[0] != [*ANSWER_COLUMNS]:
        raise ValueError
    body = [row for row in found[1:] if len(row) == len(ANSWER_COLUMNS)]
    if not text.endswith("\r\n"):
        body = body[:-1]
    body = [row for row in body if row[0] != body[-1][0]]
    kept = table([ANSWER_COLUMNS, *body]) if found else ""
    if not text.startswith(kept):
        raise ValueError
    return kept, frozenset(row[0] for row in body)


def _whole_lines(text: str) -> tuple[str, frozenset[str]]:
    """JSON Lines up to the last that is whole, and their questions."""
    kept = text[: text.rfind("\n") + 1]
    return kept, frozenset(json.loads(row)["question"] for row in kept.split("\n")[:-1])


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode(ENCODING)
    except UnicodeDecodeError as exc:
        told = say("{file} is not UTF-8. Save it as UTF-8 (in a spreadsheet: CSV UTF-8).", file=name)
        raise ListError(told) from exc
