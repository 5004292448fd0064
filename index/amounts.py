"""Amounts in English texts: numbers with hedge and unit, times and days, each as a range of values.

"three" is one value, "at least four" has no end, "1.2 million" and "17 kilograms" are rounded to their last digit, and
"around 2:30" binds nothing. Libraries were tried in November 2026: quantulum3 takes 3 s and 24 MB to load, dateparser's
search gives wrong spans ("2:30 a") and takes "35%" for a year, and text2num and word2number keep no offsets.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from index.model import Span

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
VALUES = {word: value for value, word in enumerate(_SMALL.split())} | {
    word: 10 * tens for tens, word in enumerate(_TENS.split(), start=2)
}
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "tn": 1e12}
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
_CURRENCIES = {
    "$": "USD", "us$": "USD", "a$": "AUD", "c$": "CAD", "nz$": "NZD", "hk$": "HKD", "£": "GBP", "€": "EUR", "¥": "JPY",
    "₽": "RUB", "₴": "UAH", "₹": "INR", "dollar": "USD", "euro": "EUR", "ruble": "RUB", "rouble": "RUB", "yen": "JPY",
    "yuan": "CNY", "hryvnia": "UAH", "rupee": "INR", "franc": "franc", "peso": "peso", "lira": "lira",
    "krona": "krona", "krone": "krone", "shekel": "shekel", "rand": "ZAR", "zloty": "PLN",
}  # fmt: skip
# A unit's base and what it is in it. Pounds are money or a weight, and tons are of two sorts: each is only itself.
_UNITS = {
    **dict.fromkeys(("km", "kms", "kilometer", "kilometre"), ("m", 1000.0)),
    **dict.fromkeys(("m", "meter", "metre"), ("m", 1.0)),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), ("m", 0.01)),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), ("m", 0.001)),
    **dict.fromkeys(("foot", "feet"), ("m", 0.3048)),
    **dict.fromkeys(("inch", "inche"), ("m", 0.0254)),
    **dict.fromkeys(("kg", "kilogram", "kilo"), ("kg", 1.0)),
    **dict.fromkeys(("litre", "liter"), ("l", 1.0)),
    "mile": ("m", 1609.344), "yard": ("m", 0.9144), "gram": ("kg", 0.001), "tonne": ("kg", 1000.0), "ton": ("ton", 1.0),
    "pound": ("pound", 1.0), "ounce": ("kg", 0.028349523), "second": ("s", 1.0), "minute": ("s", 60.0),
    "hour": ("s", 3600.0), "day": ("s", 86400.0), "week": ("s", 604800.0), "month": ("s", 2629746.0),
    "year": ("s", 31556952.0), "decade": ("s", 315569520.0), "hectare": ("m2", 1e4), "acre": ("m2", 4046.8564),
    "barrel": ("barrel", 1.0), "gallon": ("gallon", 1.0), "degree": ("degree", 1.0), "megawatt": ("W", 1e6),
    "gigawatt": ("W", 1e9), "mph": ("km/h", 1.609344), "knot": ("km/h", 1.852),
    **{name: (code, 1.0) for name, code in _CURRENCIES.items() if name.isalpha()},
}  # fmt: skip
_HEDGES = {
    "low": "at least|no fewer than|no less than|not less than|a minimum of|as many as|as much as|upwards of",
    "over": "more than|over|above|exceed(?:ing|ed|s)|beyond|greater than",
    "high": "at most|no more than|not more than|a maximum of|up to",
    "under": "fewer than|less than|under|below",
    "about": "about|around|approximately|roughly|some|nearly|almost|close to|an estimated|estimated|circa|perhaps|"
    "just over|just under|between",
    "time": "shortly after|shortly before|just after|just before|before|after|by",
}
_HEDGE = "|".join(rf"(?P<{name}>\b(?:{words}))" for name, words in _HEDGES.items())
_HEDGED = re.compile(rf"(?:{_HEDGE})\s+(?:a\s+|an\s+|the\s+)?$", re.IGNORECASE)
_HEDGED_AFTER = re.compile(r"\s*(?:(?P<more>\+|or more\b)|or so\b)")
# How far before a number its hedge may begin, in characters.
_HEDGE_CHARS = 40
# A number of more digits is no count.
_MOST_DIGITS = 20
# How far after a number its unit or the other end of its range may reach, in characters.
_REST_CHARS = 200

_NUMBER_WORD = rf"(?:{'|'.join([*VALUES, *SCALES, 'dozen'])})"
_WORDED = (
    r"(?:(?:half )?an?\s(?=hundred|thousand|million|billion|trillion|dozen))?"
    rf"{_NUMBER_WORD}(?:(?:[\s-]|\sand\s){_NUMBER_WORD})*"
)
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SCALE = r"hundred|thousand|million|billion|trillion|bn|mn|tn|[mk](?![\w²])"
_NUMBER = re.compile(
    r"(?P<symbol>(?:(?:US|A|C|NZ|HK)?\$|[£€¥₽₴₹])\s?)?(?<![\w.,:/#-])(?<!No\. )(?<!no\. )"
    rf"(?:(?P<digits>{_DIGITS})|\b(?P<worded>{_WORDED})\b)(?![\d/:]|[.,]\d|[-–]\d|['’]s\b)"
    rf"(?:\s?(?P<scale>{_SCALE})\b)?",
    re.IGNORECASE,
)
_RANGE = re.compile(rf"\s?(?P<by>to|and|–)\s(?P<to>{_DIGITS}|{_WORDED})\b", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s+$", re.IGNORECASE)
_UNIT = re.compile(
    r"\s?%|[\s-](?:US |American )?(?:per ?cent\b|(?:square|cubic) [a-z]+|degrees? (?:celsius|fahrenheit)\b|"
    r"(?:km|kilomet(?:er|re)s|miles) (?:per|an) hour\b|km/h\b|kph\b|[a-z]+\b)|\s?(?:km|kg|m|cm|mm)\b",
    re.IGNORECASE,
)
_ZONE = "GMT|UTC|EST|EDT|ET|CST|CDT|CT|MST|MDT|PST|PDT|PT|BST|CET|CEST|MSK"
CLOCK = re.compile(
    r"(?<![\w.:])(?:(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?|"
    r"(?P<hour24>\d{1,2}):(?P<minute24>[0-5]\d)(?!\d|:)|(?P<word>\bnoon\b|\bmidnight\b))"
    rf"(?:\s(?:local time|\(?(?P<zone>{_ZONE})\b\)?))?",
    re.IGNORECASE,
)
_MONTH = "|".join(rf"{month[:3]}(?:{month[3:]})?\.?" if len(month) > 4 else month for month in MONTHS)
DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b|"
    rf"(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:,]\d|\d))(?:,? (?P<year>[12]\d{{3}})\b)?",
    re.IGNORECASE,
)
YEAR = re.compile(r"\b(?:1[5-9]\d\d|20\d\d)\b(?!,\d)")
# What tells at once that a text may have an amount: a digit, or one of these words.
_DIGIT, _LETTERS = re.compile(r"\d"), re.compile(r"[a-z]+")
_NUMBERED = frozenset((*VALUES, *SCALES, "dozen", "noon", "midnight"))
_AGE = re.compile(r"(?:,|\baged?)\s*$")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in a text: `span` are its words from the hedge to the unit, `number` those of the number alone.

    `low` and `high` bound the values that it allows, in the base of its `unit`: "" for a count, "m", "kg", "s", "EUR",
    "%", "age", "clock" in minutes after midnight (with a zone where one is named), "date" as 100 * month + day, and so
    on. `about` tells that they do not bind. `attributive` is one before its noun, as in "58-hour curfew".
    """

    span: Span
    number: Span
    low: float
    high: float
    about: bool
    unit: str
    attributive: bool = False


def amounts(words: str) -> list[Amount]:
    """The amounts in a text, in order; years, ages in brackets of commas, scores and names with numbers are none."""
    if not (_DIGIT.search(words) or _NUMBERED.intersection(_LETTERS.findall(words.casefold()))):
        return []
    found = [*map(_day, DATE.finditer(words)), *map(_time, CLOCK.finditer(words))]
    taken = {place for amount in found for place in range(amount.number.start, amount.number.end)}
    after = 0
    for number in _NUMBER.finditer(words):
        if number.start() < after or not taken.isdisjoint(range(*number.span())):
            continue
        if amount := _number(words, number):
            found.append(amount)
            after = amount.span.end
    return sorted((_with_hedge(words, amount) for amount in found), key=lambda amount: amount.number.start)


def _day(date: re.Match[str]) -> Amount:
    month = (date["month"] or date["month2"]).lower()[:3]
    number = next(n for n, name in enumerate(MONTHS, start=1) if name.startswith(month))
    value = 100.0 * number + int(date["day"] or date["day2"])
    return Amount(Span(*date.span()), Span(*date.span()), value, value, about=False, unit="date")


def _time(clock: re.Match[str]) -> Amount:
    if clock["word"]:
        value, sure = (720.0 if clock["word"].lower() == "noon" else 0.0), True
    elif clock["half"]:
        value = int(clock["hour"]) % 12 * 60.0 + int(clock["minute"] or 0) + 720.0 * (clock["half"].lower() == "p")
        sure = 1 <= int(clock["hour"]) <= 12
    else:
        # By itself 2:30 may be in the afternoon.
        value, sure = int(clock["hour24"]) * 60.0 + int(clock["minute24"]), 12 < int(clock["hour24"]) < 24
    unit = f"clock {clock['zone'].upper()}" if clock["zone"] else "clock"
    return Amount(Span(*clock.span()), Span(*clock.span()), value, value, about=not sure, unit=unit)


def _number(words: str, number: re.Match[str]) -> Amount | None:
    """A number with its unit; None for what is none, such as a year or an age."""
    value, rounded = _value(number)
    start, end = number.span()
    before, rest = words[max(0, start - _HEDGE_CHARS) : start], words[end : end + _REST_CHARS]
    if value is None or (number.group().lower() == "one" and re.match(r"\s(?:of|another)\b", rest)):
        return None
    low, high = value - rounded, value + rounded
    if (upper := _upper(before, rest)) is not None:
        # What something rose to is the figure; "between 36 and 40" is a range.
        low, high = (upper[0], upper[0]) if _FROM.search(before) else (value, upper[0])
        end += upper[1]
        rest = words[end : end + _REST_CHARS]
    unit, factor, unit_end = _unit(rest, (number["symbol"] or "").strip().lower())
    if not unit and number["digits"]:
        is_year = YEAR.fullmatch(number["digits"]) and not re.match(r"\s+people\b", rest)
        if is_year or (_AGE.search(before) and not re.match(r"\s+\w", rest)):
            return None
    if unit and low == high:
        low, high = low - 0.5 * _last(number), high + 0.5 * _last(number)
    if unit == "fahrenheit":
        unit, low, high = "celsius", (low - 32) / 1.8, (high - 32) / 1.8
    span, attributive = Span(start, end + unit_end), bool(unit_end) and rest.startswith("-")
    return Amount(span, Span(*number.span()), low * factor, high * factor, about=False, unit=unit,
                  attributive=attributive)  # fmt: skip


def _upper(before: str, rest: str) -> tuple[float, int] | None:
    """The other end of a range, and where that ends after its beginning: "36 to 40", "between 36 and 40"."""
    found = _RANGE.match(rest)
    number = _NUMBER.fullmatch(found["to"]) if found else None
    if not (found and number) or (found["by"].lower() == "and" and not re.search(r"\bbetween\s+$", before, re.I)):
        return None
    value, _ = _value(number)
    return None if value is None else (value, found.end())


def _with_hedge(words: str, amount: Amount) -> Amount:
    """The amount with the bounds that its hedge gives it; a bound that is named is not rounded."""
    low, high, about, start = amount.low, amount.high, amount.about, amount.span.start
    value = (low + high) / 2
    found = _HEDGED.search(words, max(0, start - _HEDGE_CHARS), start)
    if found and found.lastgroup == "time" and not amount.unit.startswith(("clock", "date")):
        found = None
    hedge = found.lastgroup if found else None
    after = _HEDGED_AFTER.match(words, amount.number.end)
    if after:
        hedge = "low" if after["more"] else "about"
    if found:
        start = found.start()
    if hedge == "low":
        low, high = value, math.inf
    elif hedge == "over":
        low, high = math.nextafter(value, math.inf), math.inf
    elif hedge == "high":
        low, high = -math.inf, value
    elif hedge == "under":
        low, high = -math.inf, math.nextafter(value, -math.inf)
    elif hedge and not (found and found.group().lower().startswith("between") and low < high):
        about = True
    return Amount(Span(start, amount.span.end), amount.number, low, high, about, amount.unit, amount.attributive)


def _value(number: re.Match[str]) -> tuple[float | None, float]:
    """A number's value, and how far rounding may have moved it: half of its last digit before a scale or two noughts.

    None for a number that no count is written like.
    """
    scale = (number["scale"] or "").lower()
    if number["worded"]:
        value = _worded(re.findall(r"[a-z]+", f"{number['worded']} {scale}".lower()))
        return value, 0.05 * value if value >= 1000 else 0.0
    plain = number["digits"].replace(",", "")
    if (
        (plain.startswith("0") and not plain.startswith("0.") and plain != "0")
        or (scale in {"m", "k"} and not number["symbol"])
        or len(plain) > _MOST_DIGITS
    ):
        return None, 0.0
    if scale:
        factor = SCALES.get(scale) or _SHORT_SCALES[scale]
        return float(plain) * factor, 0.5 * _last(number) * factor
    noughts = 0 if "." in plain else len(plain) - len(plain.rstrip("0"))
    return float(plain), 0.5 * 10**noughts if noughts >= 2 else 0.0


def _worded(words: list[str]) -> float:
    total, current = 0.0, 0.0
    for word in words:
        if word in VALUES:
            current += VALUES[word]
        elif word == "half":
            current = 0.5
        elif word in {"a", "an"}:
            current = current or 1.0
        elif word in {"dozen", "hundred"}:
            current = (current or 1.0) * (12 if word == "dozen" else 100)
        elif word in SCALES:
            total, current = total + (current or 1.0) * SCALES[word], 0.0
    return total + current


def _last(number: re.Match[str]) -> float:
    """What the last digit of a number counts, a scale aside."""
    return float(10 ** -len((number["digits"] or "").partition(".")[2]))


def _unit(rest: str, symbol: str) -> tuple[str, float, int]:
    """The base of the unit that follows a number, what it is in it, and where it ends; "" where none follows."""
    found = _UNIT.match(rest)
    words = re.sub(r"^(?:us|american) ", "", found.group().strip(" -").lower()) if found else ""
    end = found.end() if found else 0
    if symbol:
        unit, end = (_CURRENCIES[symbol], 1.0), 0
    elif words in {"per cent", "percent", "%"}:
        unit = ("%", 1.0)
    elif words.startswith(("square ", "cubic ")) and words.split()[1].rstrip("s") in _UNITS:
        unit = (words.rstrip("s"), 1.0)
    elif words.startswith("degree") and " " in words:
        unit = (words.split()[1], 1.0)
    elif words.endswith(" hour") or words in {"km/h", "kph"}:
        unit = ("km/h", 1.609344 if words.startswith("mile") else 1.0)
    else:
        unit = _UNITS.get(words) or _UNITS.get(words.removesuffix("s")) or ("", 1.0)
    if unit[0] == "s" and rest.startswith("-old", end):
        return "age", unit[1], end + len("-old")
    return (*unit, end) if unit[0] else ("", 1.0, 0)
