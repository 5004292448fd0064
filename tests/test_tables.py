"""Tables: no cell is a formula to a spreadsheet, and every cell comes back as it was."""

from __future__ import annotations

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from bot.tables import plain, safe, table

# What OWASP's page on CSV injection names, full-width signs included.
OPENING = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WORDS = st.lists(st.sampled_from([*OPENING, "'", '"', ",", ";", " ", "a", "1", "’", "\r\n"]), max_size=6).map("".join)


@given(WORDS | st.text())
@example("'=1")
@example("''")
@example(' \x0b=HYPERLINK("https://a.test")')
def test_a_cell_is_no_formula_and_comes_back(words: str) -> None:
    cell = safe(words)
    assert not cell.startswith(OPENING)
    assert not cell.strip().startswith(OPENING)
    assert cell in (words, f"'{words}")
    assert plain(cell) == words


@given(st.lists(st.lists(WORDS, min_size=2, max_size=3), min_size=1, max_size=3))
def test_a_table_is_read_back(rows: list[list[str]]) -> None:
    read = csv.reader(io.StringIO(table(rows), newline=""))
    assert [[*map(plain, row)] for row in read] == rows


def test_what_is_no_formula_is_as_it_was() -> None:
    assert list(map(safe, ["a=1", "'tis", "“-”", "–", "", "1"])) == ["a=1", "'tis", "“-”", "–", "", "1"]
    assert table([(1, -1, None)]) == '"1","-1",""\r\n'
