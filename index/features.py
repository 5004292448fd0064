"""What can be told, cheaply, about a question and a sentence that may answer it. Pure; English where it names words."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.languages import words
from index.preference import Preference, understand

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
_PHRASE = re.compile(r"[“„\"«]\s*([^“”„\"«»]+?)\s*[”“\"»]")
# Marks that look different and mean the same.
_MARKS = str.maketrans("‘’‚‛`´" + "“”„«»" + "‐‑‒–—―−", "'" * 6 + '"' * 5 + "-" * 7)
# Words that ask or join and name nothing; rare in news, so that BM25 would take them for the subject.
_FUNCTION_WORDS = """
a about after all also am an and any are as at be been before being but by can could d did do does doing done for from
give had has have having he her here hers him his how i if in into is it its just ll m many me more most much my near
no nor not of off on once only or other our out over own please re s said same say says she should so some such t tell
than that the their theirs them then there these they this those through to too under until up us ve very was we were
what when where which while who whom whose why will with would you your yours
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
# The words that make a question, as part of a pattern.
QUESTION_WORDS = "who|whom|whose|what|which|when|where|why|how"

_NUMBER_WORD = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|"
    "dozens?|half|twice|several|no one|nobody|none"
)
_MONTH = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    "Nov(?:ember)?|Dec(?:ember)?"
)
_DAY = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_UNIT = (
    r"k?m|kilomet\w+|met(?:er|re)s?|miles?|feet|foot|inch\w*|cm|mm|kg|kilograms?|tons?|tonnes?|pounds?|acres?|"
    r"hectares?|sq\w*|degrees?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur\w+"
)
_NUMBER = re.compile(rf"\d[\d.,]*|\b(?:{_NUMBER_WORD})\b", re.IGNORECASE)
_CLOCK = re.compile(
    r"\b\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\b|\b\d{1,2}:\d\d\b|\b(?:noon|midnight|o['’]clock)\b", re.IGNORECASE
)
_DATE = re.compile(
    rf"\b(?:{_MONTH}|{_DAY})\b|(?<![\d.,$£€])(?:1\d{{3}}|20\d\d)s?(?![\d,%])|"
    r"(?i:\b(?:yesterday|today|tomorrow|tonight|overnight|centur(?:y|ies)|decades?|"
    r"(?:last|next|this) (?:week|month|year|night|spring|summer|autumn|fall|winter|morning|afternoon|evening)|"
    r"(?:years?|months?|weeks?|days?|hours?) (?:ago|later|earlier))\b)"
)
_MONEY = re.compile(
    r"[$£€¥]\s?\d|\b\d[\d.,]*\s*(?:\w+illion\s+)?(?:dollars?|euros?|pounds?|cents?|yen|yuan|roubles?)\b", re.IGNORECASE
)
_PERCENT = re.compile(r"\d\s*(?:%|per\s?cent)|\bpercentage\b", re.IGNORECASE)
_MEASURE = re.compile(rf"(?:\d[\d.,]*|\b(?:{_NUMBER_WORD}))[\s-]+(?:\w+\s+)?(?:{_UNIT})\b", re.IGNORECASE)
# A capitalised word that does not open a sentence, or that another follows.
_NAME = re.compile(r"(?<![.!?…:“\"‘'] )(?<!^)\b[A-Z][\w’'-]+|^[A-Z][\w’'-]+(?= [A-Z])")
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|on|outside|inside|across|around|between|into|through|off|along|over|above|hit|hitting|"
    r"towards?|within|of)\s+(?:the\s+)?(?:\w+ern\s+|north\s+|south\s+|east\s+|west\s+|central\s+)?([A-Z][\w’'-]+)"
)
_ROLE = re.compile(
    r"\b(?:president|minister|king|queen|prince|princess|governor|mayor|senator|secretary|chief|chair\w*|director|"
    r"officers?|officials?|spokes\w+|leaders?|general|captain|commander|author|writer|journalists?|reporters?|"
    r"scientists?|researchers?|professor|doctors?|police|judge|court|lawyers?|coach|players?|manager|founder|owner|"
    r"people|workers?|residents?|women|men|family|company|committee|government|council|army|troops|members?|groups?|"
    r"head|adviser|analysts?)\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:because|due to|so that|in order to|as a result|caus\w+|reasons?|owing to|thanks to|therefore|thus|aimed at|"
    r"to (?:avoid|prevent|protect|help|make|allow|reduce|ensure|keep|give|get|improve)|led to|"
    r"(?:for|amid) (?:fear|lack|\w+ concerns)|concerns|after)\b",
    re.IGNORECASE,
)
# What a question asks for, first match wins.
_ASKED = {
    "clock": r"\b(?:what|which|at what) (?:exact )?time\b|\bwhat hour\b",
    "percent": r"\bper ?cent|\bpercentage\b|\b(?:what|which) (?:share|proportion|fraction)\b",
    "money": r"\bhow much (?:money|did .* (?:cost|pay|spend)|.* (?:worth|cost|paid|spent))|"
    r"\b(?:price|cost|budget|salary|fine) of\b",
    "measure": r"\bhow (?:far|long|tall|high|deep|wide|big|large|old|fast|heavy|close|hot|cold)\b|"
    r"\bwhat (?:is|was) the (?:\w+ )?(?:distance|length|height|width|area|depth|temperature|speed|duration|age)\b",
    "count": r"\bhow (?:many|much)\b|"
    r"\b(?:what|which) (?:is|was|were) the (?:\w+ )?(?:number|amount|population|total|size|score|toll)\b",
    "when": r"\bwhen\b|\b(?:what|which) (?:\w+ )?(?:years?|dates?|days?|months?|century|decades?|era|period)\b",
    "where": r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:country|countries|cit(?:y|ies)|towns?|states?|places?|location|"
    r"region|continent|island|river|street|province|village|building|palace)\b",
    "who": r"\bwho(?:m|se)?\b|\b(?:what|which) (?:\w+ )?(?:person|people|man|woman|leader|author|company|team|"
    r"organi[sz]ation|group|minister|party|official)\b|\bwhat (?:is|was|were) the names?\b|\bname of\b",
    "why": r"\bwhy\b|\b(?:what|which) (?:was |is |were )?(?:the )?(?:reasons?|causes?)\b|\bwhat caused\b",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart: `weights` is the idf of each term that names something, `asked` the kind of answer.

    `words` and `names` are in small letters; `unknown` are names, as they were typed, that the index does not hold.
    An outlet that is named as such is neither: its name need not stand in its articles.
    """

    text: str
    weights: dict[str, float]
    asked: str | None
    words: frozenset[str]
    names: frozenset[str]
    unknown: tuple[str, ...]
    preference: Preference


def terms(question: str) -> tuple[str, ...]:
    """The words of a question that name something, each once; all its words if none does."""
    found = dict.fromkeys(word.lower() for word in words(question))
    return tuple(word for word in found if word not in FUNCTION_WORDS) or tuple(found)


def phrases(question: str) -> tuple[str, ...]:
    """What stands in double quotation marks: words that a passage must hold as they are."""
    return tuple(phrase for phrase in _PHRASE.findall(question) if _WORD.search(phrase))


def holds(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text word for word; letter case, accents, and the look of marks do not count."""
    return _fold(phrase) in _fold(text)


def _fold(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS))
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def name_terms(question: str) -> frozenset[str]:
    """The terms of a question that are parts of names, in small letters."""
    return frozenset(part.lower() for name in _NAME.findall(question) for part in _WORD.findall(name))


def analyse(text: str, frequency: dict[str, int], passages: int, outlets: Iterable[str] = ()) -> Question:
    """Take a question apart; `frequency` says in how many of all `passages` each of its `terms` stands."""
    weights = {term: idf(count, passages) for term, count in frequency.items()}
    asked = next((kind for kind, pattern in _ASKED.items() if re.search(pattern, text, re.IGNORECASE)), None)
    words = frozenset(word.lower() for word in _WORD.findall(text))
    preference = understand(text, outlets)
    outlet_words = frozenset(word.lower() for outlet in preference.outlets for word in _WORD.findall(outlet))
    named = [(name, {part.lower() for part in _WORD.findall(name.group())}) for name in _NAME.finditer(text)]
    names = name_terms(text) & weights.keys() - outlet_words
    absent = {term for term, count in frequency.items() if not count} - outlet_words
    unknown = _joined(text, [name.span() for name, parts in named if parts <= absent])
    return Question(text, weights, asked, words, names, unknown, preference)


def _joined(text: str, spans: list[tuple[int, int]]) -> tuple[str, ...]:
    """The words at these places, each once; those with only a space between are one name."""
    runs: list[tuple[int, int]] = []
    for start, end in spans:
        goes_on = bool(runs) and text[runs[-1][1] : start].isspace()
        runs.append((runs.pop()[0] if goes_on else start, end))
    return tuple(dict.fromkeys(text[start:end] for start, end in runs))


def idf(frequency: int, total: int) -> float:
    """How telling a term is: BM25's inverse document frequency, kept above zero (Lucene's form)."""
    return math.log1p((total - frequency + 0.5) / (frequency + 0.5))


def coverage(question: Question, matched: Iterable[str]) -> float:
    """The share of the question's idf that the matched terms carry."""
    total = sum(question.weights.values())
    return sum(question.weights.get(term, 0.0) for term in matched) / total if total else 0.0


def share(wanted: frozenset[str], found: frozenset[str]) -> float:
    """How many of the wanted words were found, as a share; all of them if none is wanted."""
    return len(wanted & found) / len(wanted) if wanted else 1.0


def answers_kind(question: Question, sentence: str) -> float:
    """Whether the sentence holds something new of the kind that is asked for: 1 surely, 0 not, between perhaps."""
    found = 0.0
    match question.asked:
        case "clock":
            found = bool(_CLOCK.search(sentence))
        case "when":
            found = _new(question, _DATE.findall(sentence)) or bool(_CLOCK.search(sentence))
        case "percent" | "money" | "measure" as kind:
            unit = {"percent": _PERCENT, "money": _MONEY, "measure": _MEASURE}[kind]
            found = 1.0 if unit.search(sentence) else 0.4 * _new(question, _NUMBER.findall(sentence))
        case "count":
            found = _new(question, _NUMBER.findall(sentence))
        case "who":
            found = 1.0 if _new(question, _NAME.findall(sentence)) else 0.5 * _new(question, _ROLE.findall(sentence))
        case "where":
            found = 1.0 if _new(question, _PLACE.findall(sentence)) else 0.5 * _new(question, _NAME.findall(sentence))
        case "why":
            found = bool(_CAUSE.search(sentence))
    return float(found)


def length(sentence: str) -> float:
    """The logarithm of its number of words."""
    return math.log1p(len(_WORD.findall(sentence)))


def _new(question: Question, found: list[str]) -> bool:
    """Whether anything found is not already said by the question."""
    words = (word.lower() for item in found for word in _WORD.findall(item))
    return any(word not in question.words and word not in FUNCTION_WORDS for word in words)
