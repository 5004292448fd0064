"""Whether a quotation stands in the coverage: held against the index, with one verdict and the places that bear it out.

Everything must be the same, letter case included, but for the case of a quotation's first letter and for what differs
in look only (see `tokens`). A place counts if it lies at least partly in a stored passage: headers and links to other
stories are no coverage.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from index.alterations import assembled, beside, is_elsewhere, nearest
from index.findings import (
    CANDIDATES,
    PLACES,
    Finding,
    Verdict,
    Window,
    long_words,
    places_of,
    read,
    runs,
    standing,
    windows_of,
    written,
)
from index.model import Filters, Span
from index.tokens import ELLIPSES, Typography, differing_in, ignored_differ, stretched, tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from index.findings import Place, Quotation, Said
    from index.store import Texts

# Fewer words than this stand somewhere by chance: a scare quote, a title, a name.
TELLING_WORDS = 3

ANY = Filters()


def hold(quotation: Quotation, store: Texts, filters: Filters = ANY, outlets: Collection[str] = ()) -> Finding:
    """Hold a quotation against the articles that pass `filters`.

    `outlets` are those that the message may mean by the name it gives for the quotation, as the index spells them,
    or none. Insertions in brackets within one place, and words that are left out without a mark, are alterations that
    are shown, not stitching: they are honest, and only the reader can tell whether they mislead.
    """
    said = read(quotation)
    words = written(said)
    telling = len(said.words(said.core)) >= TELLING_WORDS
    windows = windows_of(store, runs(words), filters, len(quotation.text))
    found = _exact(said, windows, outlets) or _corrected(said, store, runs(words), filters, windows)
    if telling and not found:
        near = nearest(said, windows)
        found = assembled(said, windows, near, outlets)
        if not found:
            near = near or nearest(said, windows_of(store, long_words(words), filters, len(quotation.text)))
            found = beside(said, near) if near else None
    return replace(found or Finding(quotation, Verdict.NOT_FOUND), outlets=tuple(outlets), telling=telling)


def _exact(said: Said, windows: list[Window], outlets: Collection[str]) -> Finding | None:
    places = places_of(said.keys(said.core), windows)
    fitted = [(place.window.article, *_fitted(said, place)) for place in places]
    if not fitted:
        return None
    fitted.sort(key=lambda fit: (fit[0].source.outlet not in outlets, len(fit[3]), fit[0].source.id, fit[1]))
    elsewhere = is_elsewhere((article for article, *_ in fitted), outlets)
    verdict = Verdict.OTHER_SOURCE if elsewhere else Verdict.EXACT
    standings = tuple(standing(*fit) for fit in fitted[:PLACES])
    return Finding(said.quotation, verdict, standings, more=len(fitted) > PLACES)


def _corrected(
    said: Said, store: Texts, terms: Sequence[str], filters: Filters, windows: list[Window]
) -> Finding | None:
    """The verdict on a quotation that stands exactly in texts which others have taken the place of."""
    earlier = store.earlier_with(terms, filters, CANDIDATES)
    whole = [Window(e.article, [Span(0, len(e.article.text))], tokens(e.article.text)) for e in earlier]
    found = _exact(said, whole, ())
    if found is None:
        return None
    was = found.standings[0].source
    until = max(e.until for e in earlier if e.article.source == was)
    now = nearest(said, [window for window in windows if window.article.source.id == was.id])
    segments = beside(said, now).segments if now else ()
    return replace(found, verdict=Verdict.CORRECTED, segments=segments, until=until)


def _fitted(said: Said, place: Place) -> tuple[int, int, set[Typography]]:
    """The bounds of an exact place, with the punctuation and marks around it that the quotation has too."""
    quoted, printed = said.tokens, place.window.tokens
    core, where = stretched(quoted, said.core, printed, place.tokens)
    start, end = printed.spans[where.start][0], printed.spans[where.stop - 1][1]
    differing = differing_in(quoted, core, printed, where)
    closing = set(quoted.keys[core.stop :])
    if core.start or closing & ELLIPSES:
        differing.add(Typography.ELLIPSIS)
    if closing - ELLIPSES:
        differing.add(Typography.CLOSING)
    before, after = quoted.gap(core.start).lstrip(), quoted.gap(core.stop).rstrip()
    left, right = printed.gap(where.start), printed.gap(where.stop)
    if before and not core.start:
        marks = before if left.endswith(before) else _nearest_marks(left[::-1])[::-1]
        differing |= ignored_differ(before, marks)
        start -= len(marks)
    if after and core.stop == len(quoted.keys):
        marks = after if right.startswith(after) else _nearest_marks(right)
        differing |= ignored_differ(after, marks)
        end += len(marks)
    return start, end, differing


def _nearest_marks(gap: str) -> str:
    """The marks at the beginning of a gap; in some languages a single space stands before them."""
    found = re.match(r"(?:[\u00a0\u2009\u202f]?\S+)?", gap)
    return found.group() if found else ""
