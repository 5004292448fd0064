"""A reply such as "only the BBC, since Monday" → the filters of the question before, refined. Pure; English only.

A reply is a row of clauses:

- outlets: "only from X", "just X and Y", "from X", "X only";
- days: "since", "after" (from the day after), "until", "before" (up to the day before), "on" or "in" (both bounds),
  "between … and …", "from … to …"; "from" before a day means "since", and "only" alone before a day means "on";
- "any outlet", "any time", "everything": what clears filters.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz, process

from bot.days import DayError, NotADayError, parse_range, parse_since, parse_until, quoted, too_late
from bot.tongue import say
from index.errors import OnTheRecordError
from index.features import QUESTION_WORDS
from index.preference import spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from index.model import Filters

    # What a clause changes, and the reply behind it.
    Read = tuple[dict[str, Any], str]
    # The outlets that share a name, by that name in small letters.
    Names = Mapping[str, tuple[str, ...]]

_MAX_CHARS = 300
# More words than this are neither a day nor the name of an outlet.
_MAX_WORDS = 4
# How many outlets are named in place of one that there is not, and how like its name theirs must be, of 100.
_NEAREST = 3
_LIKENESS = 80
_ONE_DAY = timedelta(days=1)

_WORDS = "from|since|after|until|till|before|between|on|in"
_CLAUSES = f"only|just|{_WORDS}"


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_OPENING = _pattern(r"(?:(?:please|ok(?:ay)?|and|but|now|(?:the )?same)\b[\s,;:.!]*)*")
_CLOSING = _pattern(r"(?:[\s.,;:!?…]|\b(?:please|thanks|thank you))+$")
_ONLY_BEHIND = _pattern(
    r"(?!(?:only|just)\b)(.+?)\s+only(?=$|\s*[,;.]|\s+(?:and|but|since|after|until|till|before|between)\b)"
)
_INTRO = _pattern(rf"(?=(?:{_CLAUSES})(?:\s|$))(?:(?P<only>only|just)(?:\s+|$))?(?:(?P<word>{_WORDS})(?:\s+|$))?")
# A name or a day may end here; some go on, such as "May 3, 2023".
_END = _pattern(rf"\s*[,;&]|\.?\s+(?=(?:and|or|but|{_CLAUSES})\b)|$")
_JOINT = _pattern(r"\s*[,;.&]?\s*(?:(?:and|or|but)\b\s*)?")
_TO = r"\s+(?:(?:and\s+)?(?:to|until|till)|[-–—])\s+"
_RANGES = {"between": _pattern(rf"{_TO}|\s+and\s+"), "from": _pattern(_TO), "since": _pattern(_TO)}
_CLEARING: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (
    (_pattern(r"(?:any|all|every) (?:outlet|source)s?\b"), {"outlets": ()}),
    (_pattern(r"(?:at )?(?:any|all) (?:time|date|day)s?\b"), {"since": None, "until": None}),
    (_pattern(r"(?:everything|(?:no|without) filters?)\b"), {"outlets": (), "since": None, "until": None}),
)
# With these words in it, a reply that is not understood is a question, or asks to leave something out.
_ASKING = _pattern(
    rf"\b(?:{QUESTION_WORDS}|do|does|did|is|are|was|were|has|have|had|can|could|will|would|"
    r"should|not|no|except|without)\b"
)


class RefinementError(OnTheRecordError):
    """The outlet that a reply names is not in the index; the message names those that are nearest to it."""


def refine(text: str, filters: Filters, outlets: Sequence[str], today: date) -> Filters | None:
    """`filters` as a reply refines them; None if the reply is, in whole or part, anything but a refinement.

    `outlets` are those that may be asked for. What the reply does not name stays as it was, but an older bound that a
    new one would cross is dropped.

    Raises:
        DayError: it plainly refines, but by a day that cannot be used.
        RefinementError: it plainly refines, but by an outlet that is not there.

    """
    if len(text) > _MAX_CHARS:
        return None
    try:
        changes = _changes(" ".join(text.split()), _by_name(outlets), today)
    except (DayError, RefinementError):
        if _ASKING.search(text):
            return None
        raise
    return _changed(filters, changes) if changes else None


def _by_name(outlets: Sequence[str]) -> Names:
    names: dict[str, tuple[str, ...]] = {}
    for outlet in outlets:
        for name in {_plain(name) for name in spoken(outlet)}:
            names[name] = (*names.get(name, ()), outlet)
    return names


def _plain(name: str) -> str:
    """A name as it is compared, whatever its case, article and apostrophes."""
    return " ".join(name.casefold().replace("’", "'").split()).removeprefix("the ")


def _changes(reply: str, names: Names, today: date) -> dict[str, Any] | None:
    """The fields that a reply sets, None if some of it is no clause."""
    rest = _CLOSING.sub("", reply[_end(_OPENING, reply) :])
    if behind := _ONLY_BEHIND.match(rest):
        rest = f"only {behind[1]}{rest[behind.end() :]}"
    changes: dict[str, Any] = {}
    only = word = ""
    while rest:
        if intro := _INTRO.match(rest):
            only, word = (intro["only"] or "").lower(), (intro["word"] or "").lower()
            rest = rest[intro.end() :]
        read = _clause(only, word, rest, names, today)
        if read is None:
            return None
        change, rest = read
        if named := change.get("outlets"):
            change = {"outlets": tuple(dict.fromkeys((*changes.get("outlets", ()), *named)))}
        else:
            only = word = ""  # only a list of outlets goes on without a word of its own
        changes |= change
        rest = rest[_end(_JOINT, rest) :]
    return changes


def _clause(only: str, word: str, rest: str, names: Names, today: date) -> Read | None:
    """What a clause changes that begins with these words, and the reply behind it; None if it is none."""
    if not rest:
        return None
    if word in ("", "from"):
        for pattern, change in _CLEARING:
            if cleared := pattern.match(rest):
                return change, rest[cleared.end() :]
        if not (only or word):
            return None
        for end in _ends(rest):
            if named := names.get(_plain(rest[:end])):
                return {"outlets": named}, rest[end:]
    if dated := _dated(word or "on", rest, today):
        return dated
    if word in ("", "from"):
        _refuse_unknown(rest[: min(_ends(rest))], names, plainly=only == "only" or (only, word) == ("just", "from"))
    return None


def _dated(word: str, rest: str, today: date) -> Read | None:
    """As `_clause`, for bounds."""
    problem = None
    for end in _ends(rest):
        try:
            if bounds := _bounds(word, rest[:end], today):
                return bounds, rest[end:]
        except DayError as exc:
            problem, words = exc, rest[:end]
    if problem is None:
        return None
    # What happened may come after "before" as well as days, and hardly after "since".
    plainly = word in ("since", "until", "till") and len(words.split()) <= _MAX_WORDS
    if plainly or any(_looks_like_a_day(part, today) for part in _RANGES["between"].split(words)):
        raise problem
    return None


def _bounds(word: str, words: str, today: date) -> dict[str, Any] | None:
    """The bounds that `words` set after a word such as "since"; None where that needs two days and finds one."""
    if (to := _RANGES.get(word)) and (middle := to.search(words)):
        since, until = parse_range(words[: middle.start()], words[middle.end() :], today)
        return {"since": since, "until": until}
    if word == "between":
        return None
    first, last = parse_since(words, today), parse_until(words, today)
    bounds: dict[str, dict[str, Any]] = {
        "from": {"since": first},
        "since": {"since": first},
        "after": {"since": last + _ONE_DAY},
        "until": {"until": last},
        "till": {"until": last},
        "before": {"until": first - _ONE_DAY},
    }
    return bounds.get(word, {"since": first, "until": last})


def _looks_like_a_day(words: str, today: date) -> bool:
    try:
        parse_since(words, today)
    except DayError as exc:
        return not isinstance(exc, NotADayError)
    return True


def _refuse_unknown(name: str, names: Names, *, plainly: bool) -> None:
    """Say which outlets are near to a name that none has, where it is plainly one or much like one."""
    if len(name.split()) > _MAX_WORDS:
        return
    near = process.extract(_plain(name), names.keys(), scorer=fuzz.token_set_ratio, score_cutoff=_LIKENESS, limit=None)
    outlets = list(dict.fromkeys(outlet for known, _, _ in near for outlet in names[known]))[:_NEAREST]
    if plainly or outlets:
        told = say("There is no outlet {name} in this index.", name=quoted(name))
        if outlets:
            told = say("{told} The nearest: {outlets}.", told=told, outlets=", ".join(outlets))
        raise RefinementError(told)


def _changed(filters: Filters, changes: dict[str, Any]) -> Filters:
    refined = replace(filters, **changes)
    if refined.since and refined.until and refined.since > refined.until:
        if changes.get("since") and changes.get("until"):
            raise DayError(too_late(refined.since, refined.until))
        return replace(refined, until=None) if changes.get("since") else replace(refined, since=None)
    return refined


def _ends(rest: str) -> list[int]:
    """Where a name or a day at the beginning may end, the longest first."""
    return [end.start() for end in _END.finditer(rest, 1)][::-1]


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
