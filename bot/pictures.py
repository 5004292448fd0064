"""Articles by day and outlet: counted, in words, and as a picture that can be read on a phone. Blocks; draws lazily."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.credit import DATE_UNKNOWN, OUTLET_UNKNOWN
from bot.tongue import say
from bot.wording import plural
from index.errors import OnTheRecordError
from index.shown import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from index.model import Source

# Outlets that have a row of their own, those with most articles; the others share one.
OUTLETS = 12
OTHERS = say("other outlets")
# Up to how many days from first to last each has a place of its own, and each week: what a phone's width has room for.
_DAYS, _WEEKS = 62, 730
_NAME_CHARS = 22
# From which day matplotlib counts.
_EPOCH = date(1970, 1, 1)


class PicturesError(OnTheRecordError):
    """No picture can be drawn; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many articles each outlet has of each day, week or month (`unit`), by its first day.

    Outlets are in the order of their articles' number. `undated` counts those without a day.
    """

    unit: str
    counts: dict[str, Counter[date]]
    undated: int

    @property
    def articles(self) -> int:
        """How many there are."""
        return self.undated + sum(count.total() for count in self.counts.values())


def coverage(sources: Iterable[Source]) -> Coverage:
    """The articles counted."""
    known = list(sources)
    dated = [(visible(source.outlet or say(OUTLET_UNKNOWN)), source.published) for source in known if source.published]
    days = [day for _, day in dated]
    span = (max(days) - min(days)).days if days else 0
    unit = "day" if span <= _DAYS else "week" if span <= _WEEKS else "month"
    ranked = [outlet for outlet, _ in Counter(outlet for outlet, _ in dated).most_common()]
    own = ranked if len(ranked) <= OUTLETS + 1 else ranked[:OUTLETS]
    counts: dict[str, Counter[date]] = {outlet: Counter() for outlet in own}
    for outlet, day in dated:
        counts.setdefault(outlet if outlet in own else say(OTHERS), Counter())[_first(day, unit)] += 1
    return Coverage(unit, counts, len(known) - len(dated))


def lines(counted: Coverage) -> list[str]:
    """The numbers of the picture, by day and then by outlet."""
    told = [say("{articles} by {unit} and outlet", articles=plural(counted.articles, "article"), unit=_unit(counted))]
    for day in sorted(set().union(*counted.counts.values())):
        here = [f"{outlet} {count[day]}" for outlet, count in counted.counts.items() if count[day]]
        total = sum(count[day] for count in counted.counts.values())
        told.append(f"{_written(day, counted.unit)}: {total} ({', '.join(here)})")
    return told + ([f"{say(DATE_UNKNOWN)}: {counted.undated}"] if counted.undated else [])


def png(counted: Coverage) -> bytes:
    """The picture: a row for each outlet, a dot for each day with articles, its area their number, which is beside it.

    Raises:
        PicturesError: matplotlib is not installed, or no article has a day.

    """
    if not counted.counts:
        raise PicturesError(
            say("No article here has a date, so there is nothing to draw. sources.toml can give dates.")
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 an extra, and slow to load
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 as above
        from matplotlib.figure import Figure  # noqa: PLC0415 as above
    except ModuleNotFoundError as exc:
        raise PicturesError(
            say(
                "Pictures are drawn with matplotlib, which is not installed. Run `.venv/bin/python -m pip install -c "
                "constraints.txt -e '.[pictures]'` in the project's folder (with pipx or uv: install '.[pictures]')."
            )
        ) from exc
    figure = Figure(figsize=(6.4, 1.6 + 0.5 * len(counted.counts)), dpi=160, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    area = min(60.0, 1500.0 / max(max(count.values()) for count in counted.counts.values()))
    for row, count in enumerate(counted.counts.values()):
        days = [(day - _EPOCH).days for day in sorted(count)]
        numbers = [count[day] for day in sorted(count)]
        axes.scatter(days, [row] * len(days), s=[area * number for number in numbers], color="#4a6fa5", alpha=0.75)
        for day, number in zip(days, numbers, strict=True):
            if number > 1:
                axes.annotate(str(number), (day, row), (0, 9), textcoords="offset points", ha="center", fontsize=10)
    names = [name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…" for name in counted.counts]
    # A name with two dollars is no formula.
    axes.set_yticks(range(len(names)), names, fontsize=12, parse_math=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.08)
    locator = AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]  # as matplotlib has it
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # as above
    axes.tick_params(axis="x", labelsize=12)
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(say("Articles by {unit} and outlet", unit=_unit(counted)), fontsize=13, loc="left")
    made = io.BytesIO()
    figure.savefig(made, format="png")
    return made.getvalue()


def draw(counted: Coverage, file: Path) -> None:
    """Draw the picture into a file.

    Raises:
        PicturesError: as `png`, or the file cannot be written.

    """
    made = png(counted)
    try:
        file.write_bytes(made)
    except OSError as exc:
        why = say("{file} cannot be written: {reason}. Name another file.", file=file, reason=exc.strerror)
        raise PicturesError(why) from exc


def _first(day: date, unit: str) -> date:
    """The first day of the week or month that a day lies in, or itself."""
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(min(day.weekday(), day.toordinal() - 1)) if unit == "week" else day


def _written(day: date, unit: str) -> str:
    if unit == "month":
        return day.isoformat()[:7]
    return say("week of {day}", day=day.isoformat()) if unit == "week" else day.isoformat()


def _unit(counted: Coverage) -> str:
    return {"day": say("day"), "week": say("week"), "month": say("month")}[counted.unit]
