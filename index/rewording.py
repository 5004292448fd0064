"""Whether a sentence says in other words what another one says, and by which of its words. English; pure.

Both must be near in meaning, by the cosine of their vectors, and bear that out by words in common, in any form, and
names in any spelling; and nothing may tell them apart: amounts, years, days, "not", "if", or "he" and "she". In
articles of one matter less is asked for than in those of two, whose stories may follow one pattern. A wrong one is
worse than a missed one. The bounds were chosen on lots of `tests/carried_labels.jsonl`, those for one matter also on
sentences written anew and with the seeds in sight; to weigh words by how rare they are made no difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.amounts import MONTHS, VALUES, YEAR, amounts
from index.features import FUNCTION_WORDS
from index.figures import stem
from index.model import Span
from index.moments import moments
from index.spellings import key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from index.amounts import Amount
    from index.model import Passage, Source

# The least cosine; and the least that it comes to with the share of words in common, the mean of both sides', less what
# names cost that each has to itself: where the articles are of one matter, and where they need not be.
NEAR = 0.7
ALIKE_WITHIN, ALIKE = 1.15, 1.5
_NAME_COST = 0.05
# The least cosine of sentences of one matter that quote the same in other words (see `renderings`).
NEAR_QUOTING = 0.4
# Articles are of one matter if the means of their vectors have this cosine and their days, if known, are so near.
MATTER, DAYS = 0.85, 7
# What a telling word in between costs, in words in common, where the words that say it are marked.
_BETWEEN = 0.5
# Letters that two forms of a name have in common at least: "Ukraine" and "Ukrainian", and not "Iran" and "Iraq".
_NAME_LETTERS = 4

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_WEEKDAYS = frozenset(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
_ORDINALS = frozenset(
    ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "last", "final")
)
# Words that say only who says it.
_REPORTING_WORDS = """
said says say saying told tells report reports reported reportedly announced stated states added claimed claims
according statement
"""
_NOT_TELLING = FUNCTION_WORDS | _WEEKDAYS | VALUES.keys() | frozenset(_REPORTING_WORDS.split())
_NEGATION = re.compile(
    r"\b(?:no|not|never|nothing|nobody|none|neither|nor|without|cannot|den(?:y|ies|ied|ying|ial)|refut(?:es?|ed|ing)|"
    r"reject(?:s|ed|ing)?|refus(?:es?|ed|ing)|fail(?:s|ed|ing)?)\b|n['’]t\b",
    re.IGNORECASE,
)
# A sentence that begins so says of somebody, or something, that is named before it.
_POINTS_BACK = re.compile(r"\W*(?:(?:and|but|so|or|then|now|also)\s+)?(?:he|she|it|they)\b", re.IGNORECASE)
_IF = frozenset(("if", "unless", "whether"))
_HE, _SHE = frozenset(("he", "his", "him")), frozenset(("she", "her", "hers"))


@dataclass(frozen=True, slots=True)
class Word:
    """A telling word of a sentence: its place in the article, and its stem, or the key of a name."""

    span: Span
    stem: str
    name: bool

    def like(self, other: Word) -> bool:
        """Whether both are forms of one word, or of one name."""
        if self.stem == other.stem or not (self.name or other.name):
            return self.stem == other.stem
        letters = max(_NAME_LETTERS, min(len(self.stem), len(other.stem)) - 1)
        return self.stem[:letters] == other.stem[:letters] and min(len(self.stem), len(other.stem)) >= letters


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it is compared; `small` are its words in small letters, `days` those that it is known to speak of.

    What it says is `unsaid` where it asks, or does not name what it is about.
    """

    words: tuple[Word, ...]
    small: frozenset[str]
    amounts: tuple[Amount, ...]
    years: frozenset[str]
    days: tuple[tuple[date, date], ...]
    negated: bool
    unsaid: bool


def read(passage: Passage, sentence: Span) -> Statement:
    """A sentence of a passage as it is compared."""
    text = passage.words(sentence)
    words = []
    tokens = list(_TOKEN.finditer(text))
    for number, token in enumerate(tokens):
        word = token.group()
        small = re.sub(r"['’]s?$", "", word.lower())
        if len(small) > 1 and small not in _NOT_TELLING:
            # A first word is a name's if the next one is too.
            capital = word[0].isupper() and (number or (tokens[1:2] and tokens[1].group()[0].isupper()))
            name = bool(capital) and small not in MONTHS
            place = Span(sentence.start + token.start(), sentence.start + token.end())
            words.append(Word(place, key(small) if name else stem(small), name))
    told = [m for m in moments(passage) if sentence.start <= m.span.start < sentence.end]
    return Statement(
        tuple(words),
        frozenset(token.group().lower() for token in tokens),
        tuple(amounts(text)),
        frozenset(YEAR.findall(text)),
        tuple((moment.first, moment.last) for moment in told if moment.first and moment.last),
        bool(_NEGATION.search(text)),
        text.rstrip(" ”’\"'").endswith("?") or bool(_POINTS_BACK.match(text)),
    )


def likeness(one: Statement, other: Statement, cosine: float, *, one_matter: bool) -> float:
    """How much alike two sentences are that say the same in other words; 0 where they may not."""
    if cosine < NEAR or apart(one, other):
        return 0.0
    alike = cosine + (_shared(one, other) + _shared(other, one)) / 2
    alike -= _NAME_COST * min(_own_names(one, other), _own_names(other, one))
    return alike if alike >= (ALIKE_WITHIN if one_matter else ALIKE) else 0.0


def of_one_matter(cosine: float, one: Source, other: Source) -> bool:
    """Whether two articles are of one matter, by the cosine of their vectors' means and their days."""
    near = not (one.published and other.published) or abs((one.published - other.published).days) <= DAYS
    return near and cosine >= MATTER


def apart(one: Statement, other: Statement) -> bool:
    """Whether something tells that two sentences do not say the same."""
    pairs = [(one.small & of, other.small & of) for of in (_ORDINALS, _WEEKDAYS)] + [(one.years, other.years)]
    days = one.days and other.days and not any(a <= d and c <= b for a, b in one.days for c, d in other.days)
    return bool(
        (one.unsaid or other.unsaid or one.negated != other.negated or days)
        or _IF.isdisjoint(one.small) != _IF.isdisjoint(other.small)
        or _units(one, other) & _units(other, one)
        or any(mine and theirs and not mine & theirs for mine, theirs in pairs)
        or {_sex(one.small), _sex(other.small)} == {"he", "she"}
    )


def words_of(one: Statement, other: Statement) -> Span:
    """The words of the other sentence by which it says what one says; both have some in common."""
    worth = [(word, 1.0 if _has(one, word) else -_BETWEEN) for word in other.words]
    best, run, first = (0.0, worth[0][0].span), 0.0, 0
    for last, (word, gain) in enumerate(worth):
        if run <= 0:
            run, first = 0.0, last
        run += gain
        if run > best[0]:
            best = (run, Span(worth[first][0].span.start, word.span.end))
    return best[1]


def _units(one: Statement, other: Statement) -> set[str]:
    """The units of those amounts of a sentence that the other one does not have."""
    return {
        mine.unit
        for mine in one.amounts
        if not any(mine.unit == a.unit and (mine.low <= a.high and a.low <= mine.high) for a in other.amounts)
    }


def _shared(one: Statement, other: Statement) -> float:
    """The share of a sentence's telling words that the other one has too."""
    words = {word.stem: word for word in one.words}
    return sum(_has(other, word) for word in words.values()) / max(1, len(words))


def _own_names(one: Statement, other: Statement) -> int:
    """How many names a sentence has that the other one has not."""
    return sum(word.name and not _has(other, word) for word in one.words)


def _has(statement: Statement, word: Word) -> bool:
    return any(map(word.like, statement.words))


def _sex(small: Iterable[str]) -> str:
    he, she = not _HE.isdisjoint(small), not _SHE.isdisjoint(small)
    return "he" if he and not she else "she" if she and not he else ""
