"""Which articles a list of sources shows, and in which order. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.days import period
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.model import Listing, Source

ORDERS = ("newest", "oldest", "outlet", "id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of sources shows, and in which order; the days are ISO days."""

    outlet: str | None = None
    since: str | None = None
    until: str | None = None
    words: str | None = None
    order: str = "id"

    @classmethod
    def typed(
        cls, outlet: str | None, since: str | None, until: str | None, words: str | None, order: str = "id"
    ) -> Wanted:
        """What somebody asks for, the days as people write them.

        Raises:
            DayError: one of them cannot be used.

        """
        first, last = period(since, until)
        from_day, to_day = (day.isoformat() if day else None for day in (first, last))
        return cls(outlet, from_day, to_day, words, order)

    @property
    def narrowed(self) -> bool:
        """Whether not all articles are asked for."""
        return self != Wanted(order=self.order)

    def as_fields(self) -> dict[str, Any]:
        """For JSON; `Wanted(**fields)` reads it."""
        return asdict(self)

    def filters(self) -> Filters:
        """The filters for the store."""
        since, until = (day and date.fromisoformat(day) for day in (self.since, self.until))
        return Filters(outlets=(self.outlet,) if self.outlet else (), since=since or None, until=until or None)

    def of(self, listings: Sequence[Listing]) -> list[Listing]:
        """Those whose title has all the words, in order; articles without a date or outlet come last."""
        wanted = (self.words or "").casefold().split()
        found = [row for row in listings if all(word in row.source.title.casefold() for word in wanted)]
        if self.order == "outlet":
            return sorted(found, key=lambda row: (row.source.outlet is None, (row.source.outlet or "").casefold()))
        if self.order in {"newest", "oldest"}:
            sign = -1 if self.order == "newest" else 1
            days = {row.source.id: row.source.published for row in found}
            return sorted(found, key=lambda row: (not days[row.source.id], sign * _ordinal(days[row.source.id])))
        return found


def named(listings: Iterable[Listing], typed: str) -> Listing | None:
    """The article of this id, or of this hash of its text."""
    return next((row for row in listings if typed in (row.source.id, row.source.sha256)), None)


def fitting(sources: Iterable[Source], typed: str) -> list[Source]:
    """The articles whose id, title or outlet holds what is typed, whatever the case."""
    wanted = typed.casefold()
    return [s for s in sources if wanted in f"{s.id}\n{s.title}\n{s.outlet or ''}".casefold()]


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0
