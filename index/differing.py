"""Which figures of two articles count the same, and which of these differ.

Two figures differ only if they speak of the same, as far as their sentences tell (unit, thing counted, what is said of
it, place, day and who or what is named), and no value is meant by both: "at least four" and "three" differ, "around
2:30" and "2:27" do not. What is not sure to be the same is not compared: a wrong "differs" is worse than a missed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.figures import Figure, Setting

# Words that two sentences share, at least, and the share of the shorter one's: with what is counted, and without.
_SHARED, _SHARE = 2, 0.3
_SHARED_BARE, _SHARE_BARE = 3, 0.6
# How many days after another article one may still speak of the same "yesterday" or "so far".
_DAYS = 3
# The stem of "population".
_POPULATION = "popul"


def apart(one: Figure, other: Figure) -> bool:
    """Whether no value is meant by both of two figures."""
    return not (one.about or other.about) and (one.low > other.high or other.low > one.high)


def matched(ones: Sequence[Figure], others: Sequence[Figure], days: int = 0) -> list[tuple[Figure, Figure]]:
    """The pairs of figures of two sentences that count the same; none where a sentence has two that may be meant.

    `days` lie between the two articles, as far as both have a date.
    """
    pairs = [(one, other) for one in ones for other in others if same_matter(one, other, days)]
    return [
        (one, other)
        for one, other in pairs
        if sum(one == mine for mine, _ in pairs) == 1 and sum(other == theirs for _, theirs in pairs) == 1
    ]


def same_matter(one: Figure, other: Figure, days: int = 0) -> bool:
    """Whether two figures, of two articles, surely count the same thing of the same event."""
    return _counted_agree(one, other) and _events_agree(one, other, days)


def _counted_agree(one: Figure, other: Figure) -> bool:
    """Whether what is counted is the same, and what is said of it."""
    if one.unit != other.unit or one.part or other.part:
        return False
    # A share of a population is one of a place.
    if _POPULATION in one.thing & other.thing and not one.setting.places & other.setting.places:
        return False
    return _things_agree(one, other) and _said_agree(one, other) and _subjects_agree(one, other)


def _events_agree(one: Figure, other: Figure, days: int) -> bool:
    """Whether the sentences speak of the same event."""
    mine, theirs = one.setting, other.setting
    if mine.supposed != theirs.supposed or (days > _DAYS and (mine.dated or theirs.dated)):
        return False
    # Which month it was is what two days may differ in.
    if not (_times_agree(mine, theirs, months=not one.unit.startswith("date")) and _names_agree(mine, theirs)):
        return False
    # What is counted, and what is said of it, does not tell which event is meant.
    counted = one.thing | other.thing | one.said | other.said
    ours, others = mine.words - counted, theirs.words - counted
    shared = len((ours | mine.borrowed) & (others | theirs.borrowed))
    least = min(len(ours), len(others))
    named = (mine.names or mine.first & theirs.names) and (theirs.names or theirs.first & mine.names)
    if one.thing and other.thing and named:
        return shared >= max(_SHARED, _SHARE * least)
    # A bare amount, or a sentence without a name, says less of itself.
    return shared >= max(_SHARED_BARE - bool(one.said & other.said), _SHARE_BARE * least)


def _things_agree(one: Figure, other: Figure) -> bool:
    mine, theirs = one.thing, other.thing
    if mine and theirs:
        return mine <= theirs or theirs <= mine
    # A measure may say elsewhere in its sentence what it is of.
    return (mine or theirs) <= (other.setting.words if mine else one.setting.words)


def _said_agree(one: Figure, other: Figure) -> bool:
    return bool(one.said & other.said) or not (one.said or other.said)


def _subjects_agree(one: Figure, other: Figure) -> bool:
    """Whether one of them says no more of whose figure it is than the other's sentence does."""
    return one.subject <= other.setting.words or other.subject <= one.setting.words


def _times_agree(one: Setting, other: Setting, *, months: bool) -> bool:
    if one.years != other.years or one.ordinals != other.ordinals:
        return False
    pairs = ((one.weekdays, other.weekdays), (one.months, other.months))[: 1 + months]
    return all(mine == theirs or not (mine and theirs) for mine, theirs in pairs)


def _names_agree(one: Setting, other: Setting) -> bool:
    """Whether both name the same, and neither is about somebody or some place of its own."""
    if one.places and other.places and not one.places & other.places:
        return False
    if one.referred and other.referred and not one.referred & other.referred:
        return False
    numbers = dict(other.numbered)
    if any(numbers.get(noun, number) != number for noun, number in one.numbered):
        return False
    if (one.own - other.all - other.first) and (other.own - one.all - one.first):
        return False
    # A sentence without a name is about what was spoken of before it, and that must be nothing else.
    if (one.unnamed and not one.borrowed <= other.all) or (other.unnamed and not other.borrowed <= one.all):
        return False
    return bool(one.all & (other.all | other.first) or other.all & one.first)
