"""The picture of articles by day and outlet: right numbers, in words too, and a sentence where it cannot be drawn."""

from __future__ import annotations

import io
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.pictures import OTHERS, OUTLETS, PicturesError, coverage, draw, lines, png
from index.model import Source

if TYPE_CHECKING:
    from pathlib import Path


def source(outlet: str | None, day: date | None) -> Source:
    """An article's card with nothing else."""
    return Source("a", "A", True, outlet, None, day, None, None, "")


MAY = date(2023, 5, 3)
FEW = [
    source("The Paper", MAY), source("The Wire", MAY), source("The Wire", MAY + timedelta(1)), source(None, MAY),
    source("The Wire", MAY), source("The Wire", None),
]  # fmt: skip


def test_its_numbers_are_told_by_day_and_outlet_and_what_has_no_day_apart() -> None:
    assert lines(coverage(FEW)) == [
        "6 articles by day and outlet",
        "2023-05-03: 4 (The Wire 2, The Paper 1, outlet not given 1)",
        "2023-05-04: 1 (The Wire 1)",
        "date not given: 1",
    ]


@pytest.mark.parametrize(
    ("days", "unit", "last"),
    [(62, "day", "2023-07-04"), (63, "week", "week of 2023-07-03"), (731, "month", "2025-05")],
)
def test_a_long_time_is_told_by_weeks_or_months(days: int, unit: str, last: str) -> None:
    counted = coverage([source("The Paper", MAY), source("The Paper", MAY + timedelta(days))])
    assert counted.unit == unit
    assert lines(counted)[-1] == f"{last}: 1 (The Paper 1)"


def test_of_many_outlets_the_smallest_share_a_row_and_no_article_is_lost() -> None:
    counted = coverage([source(f"Outlet {n}", MAY) for n in range(OUTLETS + 5) for _ in range(n + 1)])
    assert len(counted.counts) == OUTLETS + 1
    assert counted.counts[OTHERS].total() == 1 + 2 + 3 + 4 + 5
    assert counted.articles == sum(range(OUTLETS + 6))


def test_it_is_drawn_as_wide_as_a_phone_shows_and_as_high_as_it_has_outlets(tmp_path: Path) -> None:
    few = Image.open(io.BytesIO(png(coverage(FEW))))
    assert (few.format, few.width) == ("PNG", 1024)
    # A name may look like a formula, or like one that is broken.
    draw(coverage([*FEW, source("$x", MAY), source("$\\frac{$", MAY)]), tmp_path / "more.png")
    with Image.open(tmp_path / "more.png") as more:
        assert more.height > few.height


def test_a_dot_stands_where_there_is_an_article() -> None:
    # The same outlets and days with one article fewer is another picture.
    assert png(coverage(FEW)) == png(coverage(FEW))
    assert png(coverage(FEW)) != png(coverage(FEW[1:]))
    assert "matplotlib.pyplot" not in sys.modules


def test_where_it_cannot_be_drawn_it_is_said_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(PicturesError, match="No article here has a date"):
        png(coverage([source("The Wire", None)]))
    with pytest.raises(PicturesError, match="cannot be written"):
        draw(coverage(FEW), tmp_path / "none" / "a.png")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PicturesError, match=r"matplotlib, which is not installed.*\[pictures\]"):
        png(coverage(FEW))
