"""The bot's own words in the language of whoever reads them. What an article says is never translated."""

from __future__ import annotations

import gettext
import io
from contextvars import ContextVar
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Self

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

ENGLISH = "en"
LANGUAGES = frozenset({"de", "es", "fr"})  # besides English, in which the words are written

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


class Said(str):
    """Words as they were said in one language, which can be said again in another."""

    __slots__ = ("forms", "values")

    forms: tuple[str, str]
    values: dict[str, object]

    def __str__(self) -> Self:
        # An error gives its words through this, and they can be said again as well.
        return self


def speak(locale: str) -> None:
    """Say things from here on in the language of a locale such as "de" or "es-419", or in English.

    This holds for the task that runs, and for those that it begins; threads speak English.
    """
    _language.set(language_of(locale))


def language_of(locale: str) -> str:
    """The language of a locale, English where its own is not spoken."""
    language = locale.partition("-")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def say(text: str, many: str = "", /, **values: object) -> str:
    """The bot's own words in the language that is spoken, with values in their `{places}`.

    `many` is said in place of `text` where the value `n` is not one, by the rules of the language. Numbers and days are
    written as the language does. What was said before is said again; what no catalogue has is left in English.
    """
    if isinstance(text, Said):
        return say(*text.forms, **text.values)
    language = _language.get()
    words = _catalogue(language)
    n = values.get("n")
    # The name "" is that of a catalogue's head.
    template = words.ngettext(text, many, n) if many and isinstance(n, int) else text and words.gettext(text)
    shown = {name: _shown(value, language) for name, value in values.items()}
    said = Said(template.format(**shown) if values else template)
    said.forms, said.values = (text, many), values
    return said


def all_of(words: Iterable[str]) -> str:
    """Several words or phrases as all of them."""
    first, *more = words
    return say("{first} and {more}", first=first, more=all_of(more)) if more else first


def any_of(words: Iterable[str]) -> str:
    """Several words or phrases as any of them."""
    first, *more = words
    return say("{first} or {more}", first=first, more=any_of(more)) if more else first


def quoted(word: str) -> str:
    """Words in quotation marks."""
    return say("“{words}”", words=word)


def name_of(kind: str, name: str) -> str:
    """The name of a `kind` of thing in the language that is spoken."""
    return translated(name, _language.get(), kind)


def translated(text: str, language: str, kind: str = "") -> str:
    """Words in a language; a name means something only where it stands, and `kind` says of what it is one."""
    words = _catalogue(language)
    return words.pgettext(kind, text) if kind else words.gettext(text)


def _shown(value: object, language: str) -> str:
    if isinstance(value, int):
        return format_decimal(value, locale=language)
    if isinstance(value, date):
        return format_date(value, "long", locale="en_GB" if language == ENGLISH else language)
    return say(value) if isinstance(value, Said) else str(value)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language not in LANGUAGES:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (files("bot") / "tongues" / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
