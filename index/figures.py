"""Figures in English texts: amounts, tolls, times and days with what they count, and what their sentences speak of.

These are rules over stems, with no model; `tests/figures_quality.py` measures them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

import snowballstemmer

from index.amounts import CLOCK, DATE, MONTHS, SCALES, VALUES, YEAR, amounts
from index.features import FUNCTION_WORDS
from index.model import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from index.amounts import Amount


@dataclass(frozen=True, slots=True)
class Setting:
    """What a sentence speaks of, as stems: its telling words, `names` among them, `places`, and what fixes the time.

    `own` are the names that are not only of who reports it, and `first` is the first word, which may be a name.
    `borrowed` are names of what stands before, where the sentence refers back ("in this city") or is `unnamed`: without
    a name, or about "it" or "him"; `referred` is what it refers back to ("city"). `numbered` are things that a number
    tells apart ("category 3"). `dated` tells that it speaks of the days of its article, `supposed` of what may be.
    """

    words: frozenset[str]
    names: frozenset[str]
    places: frozenset[str]
    own: frozenset[str]
    first: frozenset[str]
    borrowed: frozenset[str]
    unnamed: bool
    referred: frozenset[str]
    numbered: frozenset[tuple[str, str]]
    weekdays: frozenset[str]
    months: frozenset[str]
    years: frozenset[str]
    ordinals: frozenset[str]
    dated: bool
    supposed: bool

    @property
    def all(self) -> frozenset[str]:
        """All names."""
        return self.names | self.borrowed


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in a text: `span` are its words with hedge, unit and what stands as counted, as offsets into the text.

    `low`, `high`, `about` and `unit` are those of its amount (see `amounts`). `thing` are stems of what is counted,
    `said` of what is said of that, and `subject` of the words in its clause before it. A `part` of a whole is compared
    with nothing.
    """

    span: Span
    low: float
    high: float
    about: bool
    unit: str
    thing: frozenset[str]
    said: frozenset[str]
    subject: frozenset[str]
    part: bool
    setting: Setting


def figures(text: str, sentence: Span, before: Span | None = None) -> list[Figure]:
    """The figures of one sentence of a text, in order; `before` is the paragraph before, if there is one."""
    words = text[sentence.start : sentence.end]
    counted = amounts(words)
    if not counted:
        return []
    first = max(0, sentence.start - _BEFORE)
    paragraph = text[max(first, text.rfind("\n", first, sentence.start) + 1) : sentence.start]
    earlier = text[max(before.start, before.end - _BEFORE) : before.end] if before else ""
    setting = cache(partial(_setting, words, paragraph, earlier))
    found = (_figure(words, amount, setting, sentence.start) for amount in counted)
    return [figure for figure in found if figure]


# --- words -----------------------------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WEEKDAYS = _set("monday tuesday wednesday thursday friday saturday sunday")
_ORDINALS = _set("first second third fourth fifth sixth seventh eighth ninth tenth latest previous")
_DIMENSIONS = _set("long wide high tall deep old thick away ahead late early")
# People of whom nothing else is said.
_PEOPLE = _set("people person persons victim victims")
_IRREGULAR = _set("people men women children police aircraft troops personnel fish")
# Ways to say the same.
_OUTCOMES = {
    word: outcome
    for outcome, words in {
        "kill": "killed killing kills kill dead died die dies dying deaths death fatalities fatality lives slain",
        "injure": "injured injuring injures injure injuries wounded wounding wounds wound hurt hurting",
        "missing": "missing unaccounted",
        "arrest": "arrested arresting arrests detained detaining detains detentions",
        "rescue": "rescued rescuing saved saving",
        "free": "freed freeing released releasing",
        "displace": "displaced displacing",
        "evacuate": "evacuated evacuating",
        "shoot": "shot downed downing",
    }.items()
    for word in words.split()
}
# It is people who suffer these where nobody else is named.
_OF_PEOPLE = _set("kill injure missing arrest rescue evacuate displace")
# Verbs that say no more than the figure.
_LIGHT = _set(
    "was were is are be been being has had have having with stood stands stand standing reached reach reaches leaving "
    "left leave leaves carried carrying carry carries laden totalled totaled numbered put remains remain remained set "
    "used using where"
)
_REPORTING = _set(
    "said says say saying told reported reports report announced confirmed claimed claims added stated according "
    "estimated estimates officials reportedly"
)
_ADVERBS = _set(
    "still also already now reportedly allegedly later then all currently confirmed been being only not just even "
    "feared believed"
)
_PARTICLES = _set("down out up off away back")
_AUXILIARIES = _set("was were is are been be being have has had got")
_PREPOSITIONS = _set("at by of for in to into on from since until after before around about than")
_ENDS_NOUNS = FUNCTION_WORDS | _AUXILIARIES | VALUES.keys() | _set(
    "near off over across against including between during within without around along behind since until while "
    "although because though whether among amid despite"
)  # fmt: skip
_SUPPOSED = re.compile(
    r"\b(?:if|could|may|might|would|should|(?:is|are) to|fears?|feared|expected|plans?|planned|planning|"
    r"aims?|hopes?|target)\b"
)
_DATED = re.compile(
    rf"\b(?:today|yesterday|tonight|overnight|so far|as of|currently|this (?:morning|week)|{'|'.join(_WEEKDAYS)})\b",
    re.IGNORECASE,
)
_PRONOUNS = _set("it he she they his her its their")
# Who reports something, and the verb.
_ATTRIBUTED = re.compile(
    r"\baccording to [^,;:.]*|"
    r"(?:^|[,;:])[^,;:]*?\b(?:said|says|told|reported|reports|announced|confirmed|claimed|added|stated)\b"
)
_AREAS = (
    "(?:city|town|village|region|district|capital|country|area|port|site|township|province|county|state|municipality|"
    "borough|parish|island)"
)
_REFERS_BACK = re.compile(rf"\b(?:this|that|these|those|there|the {_AREAS})\b", re.IGNORECASE)
_REFERRED = re.compile(rf"\b(?:the|this|that) ({_AREAS})\b", re.IGNORECASE)
# Things of one kind that a number tells apart.
_NUMBERED = re.compile(
    r"\b(category|number|no\.|round|phase|part|game|match|stage|day|week|quarter|season|chapter|group|section|route|"
    r"flight|level|class|type|version|episode|unit|block|line|article|act|grade|tier) (\d+[a-z]?)\b(?!,\d)",
    re.IGNORECASE,
)
# What makes a figure part of another, or of its sentence: anywhere in it, before the figure, after it.
_WHOLE = re.compile(
    r"\b(?:in all|in total|altogether|of whom|of them|of these|among|each|per|every|average)\b", re.IGNORECASE
)
_PART = re.compile(
    r"\d\s(?:hours?|minutes?|feet|foot|pounds?|years?|degrees?)\s(?:and\s)?$|"
    r"\b(?:another|other|others|more|additional|further|extra|new|remaining|including|(?<!will )last|past|previous|"
    r"earlier|first|second|third|(?<=\d )or)\s+(?:\S+\s+)?$|\bincluding\b[^.;]*$|\d\s+or\s+$",
    re.IGNORECASE,
)
_PART_AFTER = re.compile(
    r"\s(?:hours?|minutes?|feet|foot|pounds?|years?|degrees?)\s(?:and\s)?\d|"
    r"\s*(?:(?:more|other|others|additional|further|extra|new|remaining|of (?:them|whom|these|those|the|its|his|her|"
    r"their))\b|out of|or\s\d|in (?:ten|10|five|5)\b|-?\s?(?:fold|times)\b)",
    re.IGNORECASE,
)
_RESTRICTED = re.compile(r"\s+(?:from|who|whose|without|aged|like|such)\b")
_RATE = re.compile(r"\s*(?:\S+\s+){0,3}?(?:an?|per|each|every)\s+(day|week|month|year|hour|night|person|head|minute)\b")
_TOLL = re.compile(
    r"\b(?:death toll|number of (?:the )?(?:dead|deaths|victims|fatalities|people killed))\b(?=[^.;]{0,80}$)",
    re.IGNORECASE,
)
_PLACED = re.compile(r"\b(?:in|at|near|off|over|outside|around|on|onto|into|from)\s+(?:the\s+)?((?:[A-Z][\w’'-]+\s?)+)")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CLAUSE = re.compile(r"[,;:()“”\"]|\b(?:said|says|that|which|who|when|while|after|as|but)\b")
_NOUN = re.compile(r"[^\W\d_][^\W_]*(?:['’-][^\W_]+)*")
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]")
# How far a governing word is looked for, in words.
_GOVERNS = 5
# How much of a sentence counts on each side of a figure, and of what stands before the sentence, in characters.
_AROUND, _BEFORE = 1000, 2000
# What is no telling word, is no name, and is no subject.
_EMPTY = FUNCTION_WORDS | _REPORTING | VALUES.keys() | SCALES.keys()
_NO_NAMES = FUNCTION_WORDS | _WEEKDAYS | frozenset(MONTHS)
_NO_SUBJECT = _EMPTY | _LIGHT | _ADVERBS | _WEEKDAYS


@lru_cache(maxsize=2**14)
def stem(word: str) -> str:
    """The stem of an English word, without a possessive ending."""
    # A stemmer keeps the word that it is at, so that each call takes a new one: threads share nothing.
    stem: str = snowballstemmer.stemmer("english").stemWord(re.sub(r"['’]s?$", "", word.lower()))
    return stem


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(stem, words))


def _names(tokens: Iterable[str]) -> frozenset[str]:
    names = (token for token in tokens if token[0].isupper() and len(token) > 1)
    return _stems(name for name in names if name.lower() not in _NO_NAMES)


def _setting(words: str, paragraph: str, before: str) -> Setting:
    tokens = WORD.findall(CLOCK.sub(" ", words))
    small = [re.sub(r"['’]s?$", "", token.lower()) for token in tokens]
    names = _names(tokens[1:]) | _names(tokens[:1] if len(tokens) > 1 and tokens[1][0].isupper() else ())
    borrowed = _names(WORD.findall(before)) if _REFERS_BACK.search(words) else frozenset[str]()
    unnamed = not names or tokens[0].lower() in _PRONOUNS
    if unnamed:
        borrowed |= _names(WORD.findall(paragraph)) or _names(WORD.findall(before))
    return Setting(
        words=_stems(word for word in small if word not in _EMPTY),
        names=names,
        own=_names(WORD.findall(_ATTRIBUTED.sub(" ", words))[1:]) & names,
        first=_stems(tokens[:1]),
        places=frozenset[str]().union(*(_names(WORD.findall(found)) for found in _PLACED.findall(words))),
        borrowed=borrowed,
        unnamed=unnamed,
        referred=frozenset(found.lower() for found in _REFERRED.findall(words)),
        numbered=frozenset((stem(noun), number) for noun, number in _NUMBERED.findall(words)),
        weekdays=_WEEKDAYS.intersection(small),
        months=frozenset(token.lower() for token in tokens if token[0].isupper() and token.lower() in MONTHS),
        years=frozenset(YEAR.findall(DATE.sub(" ", words))),
        ordinals=_ORDINALS.intersection(small),
        dated=bool(_DATED.search(words)),
        supposed=bool(_SUPPOSED.search(words)),
    )


# --- a figure --------------------------------------------------------------------------------------------------------


def _figure(words: str, amount: Amount, setting: Callable[[], Setting], offset: int) -> Figure | None:
    """An amount with what it counts; None for a number of which that cannot be told."""
    end = amount.span.end
    around = max(0, amount.span.start - _AROUND), end + _AROUND
    lead, after = words[around[0] : amount.span.start], words[end : around[1]]
    if amount.unit.startswith(("clock", "date")):
        thing, said, part, unit = frozenset[str](), _said_before(lead), False, amount.unit
    else:
        thing, length = _thing(after, amount)
        said = _said_after(after[length:]) or _said_before(lead)
        toll = bool(_TOLL.search(lead))
        said = frozenset(("kill",)) if toll else said
        outcome = None if length else re.match(r"\s([a-z]+)\b", after)
        if not (amount.unit or thing):
            if not said & _OF_PEOPLE:
                return None
            thing = frozenset(("people",))
        end += outcome.end() if outcome and outcome[1] in _OUTCOMES else length
        rate = _RATE.match(after)
        unit = f"{amount.unit}/{rate[1]}" if rate else amount.unit
        restricted = not amount.unit and _RESTRICTED.match(words, end)
        following = words[amount.number.end : around[1]]
        part = any((restricted, _PART.search(lead), _PART_AFTER.match(following), _WHOLE.search(words, *around)))
    span = Span(offset + amount.span.start, offset + end)
    subject = _subject(lead) - said
    return Figure(span, amount.low, amount.high, amount.about, unit, thing, said, subject, part, setting())


def _thing(after: str, amount: Amount) -> tuple[frozenset[str], int]:
    """What is counted, as stems, and where its words end: up to the first plural; of a measure, what it is of."""
    measured, one = bool(amount.unit), amount.low == amount.high == 1
    dimension = re.match(r"\s+([a-z]+)\b", after) if measured else None
    if dimension and dimension[1] in _DIMENSIONS:
        return frozenset((dimension[1],)), dimension.end()
    lead = re.match(r"\s+of\s+(?:the\s+)?" if measured and not amount.attributive else r"[\s-]*", after)
    if not lead:
        return frozenset(), 0
    at = end = lead.end()
    nouns: list[str] = []
    found = False
    for word in _NOUN.finditer(after, at):
        small = word.group().lower()
        if after[at : word.start()].strip() or len(nouns) >= 4 or small in _ENDS_NOUNS:
            break
        plural = small in _IRREGULAR or (small.endswith("s") and not small.endswith(("ss", "us", "is", "'s", "’s")))
        # "Four dead", "five injured": not what is counted, but what is said of it, unless a noun follows.
        outcome = small in _OUTCOMES and not re.match(r"\s+[a-z]+s\b", after[word.end() :])
        if (found and not plural and not measured) or (outcome and not found):
            break
        nouns.append(small)
        end = at = word.end()
        found = measured or plural or small == "person" or (one and _noun_ends(after[end:]))
    if not found or nouns[-1] in _OUTCOMES:
        return frozenset(), 0
    return _stems(word for word in nouns if word not in _PEOPLE) or frozenset(("people",)), end


def _noun_ends(rest: str) -> bool:
    following = re.match(r"\s+([a-z]+)\b", rest)
    return not following or following[1] in _ENDS_NOUNS


def _said_before(lead: str) -> frozenset[str]:
    """Stems of what governs a figure from before: the nearest word ("killed", "rose to"), and a verb in -ed."""
    said: list[str] = []
    named = False
    for word in [*reversed(_TOKEN.findall(lead[-80:]))][: _GOVERNS + 1]:
        small = word.lower()
        if not word[0].isalpha() or small in _LIGHT or small in _REPORTING or (said and small == "and"):
            break
        if word[0].isupper() or small in _PREPOSITIONS | _PARTICLES | _ADVERBS | FUNCTION_WORDS:
            named = named or word[0].isupper()
        # Beyond a name, or another word, only a verb is sure to govern.
        elif small.endswith("ed") or not (said or named):
            said.append(_OUTCOMES.get(small) or stem(small))
    return frozenset(said)


def _subject(lead: str) -> frozenset[str]:
    """Stems of the telling words of a clause before its figure."""
    clause = _CLAUSE.split(lead)[-1]
    small = (re.sub(r"['’]s?$", "", word.lower()) for word in WORD.findall(clause))
    return _stems(word for word in small if word not in _NO_SUBJECT)


def _said_after(rest: str) -> frozenset[str]:
    """The stem of what is said of what was counted: "were killed", "dead", "marched"."""
    passive = False
    for word in _TOKEN.findall(rest[:60])[:_GOVERNS]:
        small = word.lower()
        if small in _AUXILIARIES:
            passive = True
        elif small in _ADVERBS or small in {"who", "that"} or (small.endswith("ly") and not passive):
            continue
        elif small in _OUTCOMES:
            return frozenset((_OUTCOMES[small],))
        elif small.isalpha() and small not in _LIGHT | FUNCTION_WORDS and (passive or small.endswith("ed")):
            return frozenset((stem(small),))
        else:
            break
    return frozenset()
