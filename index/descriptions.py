"""How an English article describes a person where it names one: "presidential spokesman" beside the name.

Only words that stand next to the name count, before it or in commas after it, with a word for what a person is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.features import FUNCTION_WORDS
from index.model import Span
from index.persons import TITLES
from index.sayings import BODIES, CAPITALS, ROLES
from index.spellings import key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Words of a description before a name at most, and characters of one after it.
_WORDS = 7
_AFTER = re.compile(
    r",\s+((?:an?|the|his|her|its|their|[A-Z][\w-]+['’]s|[a-z]+)\s[^,.;:\n“”\"()]{2,90}|[a-z]+)(?=[,.;\n])"
)
_WORD = re.compile(r"[\w’'-]+$")
_CALLING = re.compile(rf"(?:{ROLES}|{'|'.join(TITLES)})", re.IGNORECASE)
_NO_CALLING = re.compile(rf"(?:mrs?|ms|dr|sir|{BODIES})", re.IGNORECASE)
_ARTICLES = frozenset(("a", "an", "the", "his", "her", "its", "their"))
# What may stand between what a person is and of what.
_OF = frozenset(("of", "to", "for", "at", "in"))
_STOPS = (FUNCTION_WORDS - _ARTICLES - _OF) | {
    "said",
    "told",
    "added",
    "met",
    "saw",
    "asked",
    "called",
    "following",
    "including",
}


def descriptions(text: str, name: Sequence[str], start: int = 0) -> list[Span]:
    """Where a text describes a person, in order; `name` are the keys of the name's words, the surname last."""
    found: list[Span] = []
    for run in CAPITALS.finditer(text, start):
        words = [(word.group(), run.start() + word.start()) for word in re.finditer(r"\S+", run.group())]
        at = next((n for n, (word, _) in enumerate(words) if key(word) == name[-1]), None)
        if at is None:
            continue
        first = next((n + 1 for n in range(at - 1, -1, -1) if words[n][0].lower().strip(".") in TITLES), 0)
        given = [key(word) for word, _ in words[first:at]]
        # Another person of that surname, if a first name was asked for.
        if len(name) > 1 and given and not set(given) & set(name):
            continue
        begin, end = words[first][1], words[at][1] + len(words[at][0])
        found += filter(None, (_before(text, begin), _after(text, end)))
    return found


def _before(text: str, begin: int) -> Span | None:
    """What a person is called right before a name."""
    end = len(text[max(0, begin - 3) : begin].rstrip()) + max(0, begin - 3)
    end -= text[end - 1 : end] == ","
    words = list(_backwards(text, end))
    calling = next((n for n, word in enumerate(words) if _is_calling(text[word.start : word.end])), None)
    if calling is None or not all(_is_complement(text, words, n) for n in range(calling)):
        return None
    return Span(words[-1].start, end)


def _backwards(text: str, end: int) -> Iterator[Span]:
    """The words before an offset, the last first, as far as they may describe one thing."""
    for _ in range(_WORDS):
        word = _WORD.search(text, max(0, end - 40), end)
        if not word or word.group().lower() in _STOPS:
            return
        yield Span(*word.span())
        end = word.start() - 1
        # An article begins it, but for that of a complement: "mayor of the capital".
        before = _WORD.search(text, max(0, end - 40), max(0, end))
        complement = before and before.group() in _OF
        if end < 0 or text[end] != " " or (word.group().lower() in _ARTICLES and not complement):
            return


def _is_calling(word: str) -> bool:
    return bool(_CALLING.fullmatch(word)) and not _NO_CALLING.fullmatch(word)


def _is_complement(text: str, words: Sequence[Span], number: int) -> bool:
    """Whether a word after what a person is belongs to it, as in "mayor of the capital"."""
    return any(text[word.start : word.end] in _OF for word in words[number : number + 4])


def _after(text: str, end: int) -> Span | None:
    """What a person is called in commas after a name."""
    found = _AFTER.match(text, end)
    if not found or not any(map(_is_calling, found[1].split()[:6])):
        return None
    return Span(*found.span(1))
