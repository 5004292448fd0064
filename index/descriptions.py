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

# Words of a description before a name, and characters of one after it, at most.
_WORDS = 8
_AFTER = re.compile(
    r",\s+((?:an?|the|his|her|its|their|[A-Z][\w-]+['’]s|[a-z]+)\s[^,.;:\n“”\"()]{2,90}|[a-z]+)(?=[,.;\n])"
)
_WORD = re.compile(r"(?<![\w’'-])\w[\w’'-]*$")
_CALLING = re.compile(rf"(?:{ROLES}|{'|'.join(TITLES)})", re.IGNORECASE)
_NO_CALLING = re.compile(
    rf"(?:mrs?|ms|dr|sir|state|former|foreign|prime|vice|defen[cs]e|deputy|{BODIES}|army|military|police|party|group|"
    r"organi[sz]ation|university|bank|newspaper|paper|channel|embassy|letter|report|article|text|authorities|family|"
    r"comments?|website|tweet|filing|ruling|opinion|memo|message|description|complaint|sources?)",
    re.IGNORECASE,
)
_ARTICLES = frozenset(("a", "an", "the", "his", "her", "its", "their"))
# What may stand between what a person is and of what.
_OF = frozenset(("of", "for", "at", "in"))
# What may follow the word for what a person is.
_GOES_ON = frozenset(("of", "for", "at", "in", "to", "from", "on", "with", "and", "who"))
# A verb in the past, where it is not an adjective.
_DOES = re.compile(r"(?!(?:retired|elected|appointed)$)(?:[a-z]+ed|led|won|lost|met|beat|sent)")
_STOPS = FUNCTION_WORDS | {"said", "told", "saw", "following", "including"}


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
        found += filter(None, (_before(text, begin, end), _after(text, end)))
    return found


def _before(text: str, begin: int, end: int) -> Span | None:
    """What a person is called right before a name; in commas, if the name stands in them."""
    stop = begin
    while stop and text[stop - 1].isspace() and text[stop - 1] != "\n":
        stop -= 1
    if text[stop - 1 : stop] == ",":
        if text[end : end + 1] != ",":
            return None
        stop -= 1
    words = list(_backwards(text, stop))
    calling = next((n for n, word in enumerate(words) if _is_calling(text[word.start : word.end])), None)
    if calling is None:
        return None
    # Between that and the name stands what it is of, or nothing.
    between = [text[word.start : word.end] for word in words[:calling]]
    if between and (between[-1] not in _OF or len(between) == 1 or between[0].lower() in _ARTICLES):
        return None
    first = calling
    for number in range(calling + 1, len(words)):
        word = text[words[number].start : words[number].end]
        small = word.lower()
        if small in _ARTICLES:
            first = number
            break
        if (small in _STOPS and not word.isupper()) or _DOES.fullmatch(word):
            # "To assassinate the president" calls nobody so.
            first -= small == "to" and first > calling and text[words[first].start].islower()
            break
        first = number
    return Span(words[first].start, stop)


def _backwards(text: str, end: int) -> Iterator[Span]:
    """The words before an offset with single blanks between, the last first."""
    for _ in range(_WORDS):
        word = _WORD.search(text, max(0, end - 40), end)
        if not word:
            return
        yield Span(*word.span())
        end = word.start() - 1
        if end < 0 or text[end] != " ":
            return


def _is_calling(word: str) -> bool:
    return bool(_CALLING.fullmatch(word)) and not _NO_CALLING.fullmatch(word)


def _after(text: str, end: int) -> Span | None:
    """What a person is called in commas after a name."""
    found = _AFTER.match(text, end)
    if not found:
        return None
    words = found[1].split()
    if words[0].lower() in FUNCTION_WORDS - _ARTICLES:
        return None
    for word, following in zip(words, [*words[1:], "of"], strict=True):
        if _is_calling(word) and following in _GOES_ON:
            return Span(*found.span(1))
        if word.lower() in _STOPS - _ARTICLES - {"and"}:
            return None
    return None
