"""Which person the words name that say who speaks, and whether two of them may be one: by surname, in any spelling.

A role ("a spokesman"), an institution and a place are no person. What is not sure to be one is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.sayings import CAPITALS, NOT_NAMES, ROLES
from index.spellings import key

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.model import Span

_TITLE_WORDS = """
mr mrs ms dr sir lord lady president minister chancellor secretary senator mayor governor general colonel captain judge
justice professor pope king queen prince princess spokesman spokeswoman adviser advisor director chief officer
ambassador prime vice deputy former foreign defence defense state speaker congressman congresswoman representative
"""
_NO_PERSON_WORDS = """
house press news times post group international agency ministry nations union council bank university party guard army
force forces police department office institute committee commission court street states kingdom korea arabia africa
zealand york city county republic federation company corporation foundation association league channel radio television
network journal tribune telegraph mail star wire herald daily center centre college school church club kong motor motors
service administration board team movement front alliance society senate congress parliament
"""
# What may stand before a surname that is no first name.
TITLES = frozenset(_TITLE_WORDS.split())
# Words of the names of institutions, outlets and places.
_NO_PERSON = frozenset(_NO_PERSON_WORDS.split())
_BEFORE_NAMES = "|".join(sorted(TITLES | {title.capitalize() for title in TITLES}))
# What stands before a surname that is one, and how far back, in characters: a title of two long first names.
_PRESENTED = re.compile(rf"\b(?:{_BEFORE_NAMES}|{ROLES})\.?\s+(?:[A-Z][\w’'-]+\s+){{0,2}}\Z")
_PRESENTED_CHARS = 100
_PLACED = frozenset(("of", "in", "at", "for", "to", "from", "the", "with", "by", "on"))


@dataclass(frozen=True, slots=True)
class Person:
    """A person's name: `surname` is its key (see `spellings`), and `names` are the keys of all its words."""

    surname: str
    names: frozenset[str]

    def may_be(self, other: Person) -> bool:
        """Whether both names may be of one person: one has the surname of the other among its words."""
        return self.surname in other.names or other.surname in self.names


def person(text: str, named: Span, called: Callable[[str], bool]) -> Person | None:
    """The person whom some words of a text name, if they surely do.

    A surname alone is one where it stands after a title or a role here, or where it is `called` one elsewhere.
    """
    for part in re.split(r",\s+|\s?[()]\s?", text[named.start : named.end]):
        names = [name for name in CAPITALS.finditer(part) if not name.group().endswith(("'s", "’s"))]
        if not names:
            continue
        name = names[-1]
        words = name.group().split()
        before, after = part[: name.start()].split(), part[name.end() :].split()
        if (before and before[-1].lower() in _PLACED and len(words) < 3) or (after and after[0].islower()):
            continue
        titled = [n for n, word in enumerate(words) if word.lower().strip(".") in TITLES]
        own = words[titled[-1] + 1 :] if titled else words
        if not own or any(word.lower() in _NO_PERSON | NOT_NAMES for word in own):
            continue
        presented = titled or (before and re.fullmatch(ROLES, before[-1]))
        if len(own) > 1 or presented or called(own[-1]):
            return Person(key(own[-1]), frozenset(map(key, own)))
    return None


def is_called(surname: str, text: str) -> bool:
    """Whether a text has a surname after a title or a role, perhaps with first names between."""
    found = re.finditer(rf"(?<=\s){re.escape(surname)}\b", text)
    return any(_PRESENTED.search(text, max(0, at.start() - _PRESENTED_CHARS), at.start()) for at in found)
