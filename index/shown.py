"""Characters that do something instead of being seen, and how they are shown; which addresses may be links. Pure."""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import quote, urlsplit

import regex

# Characters that make a terminal do something instead of showing something.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")
# What is not seen, or changes the direction of what is. White space is, and so are the marks that choose how an emoji
# looks, and those of Arabic numbers.
_UNSEEN = regex.compile(
    r"[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]--[\t\n\r\uFE0E\uFE0F\u0600-\u0605\u06DD\u070F\u08E2]]", regex.V1
)
# Between letters of many scripts, and in emoji, these two belong to the spelling.
_JOINERS = "\u200c\u200d"


def harmless(text: str) -> str:
    """The text with nothing in it that a terminal would act on: articles and their titles may hold anything."""
    return text.translate(_CONTROLS)


def visible(name: str) -> str:
    """A name with what is not seen in it, or turns it around, shown as what it is: ‹U+202E›."""
    return str(_UNSEEN.sub(lambda found: found[0] if _joins(name, found.start()) else f"‹U+{ord(found[0]):04X}›", name))


def is_link(url: str | None) -> bool:
    """Whether an address leads where it seems to: to the web, and without a part before its host."""
    url = url or ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # What stands before the scheme is dropped there, and would not be here.
    web = parts.scheme in {"http", "https"} and url.lower().startswith(parts.scheme)
    return web and bool(parts.hostname) and "@" not in parts.netloc


def link(url: str) -> str:
    """An address with what is not seen in it percent-encoded, which means the same."""
    return str(_UNSEEN.sub(lambda found: quote(found[0], errors="replace"), url))


def whole(text: str) -> str:
    """The text with `�` for halves of characters, as which bytes come that are no UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def model_name(model: str) -> str:
    """A model's name, of a folder the last part: where it lies is no business of whoever is told."""
    return PurePath(model).name if PurePath(model).is_absolute() or model.startswith(".") else model


def _joins(name: str, at: int) -> bool:
    around = name[at - 1 : at] + name[at + 1 : at + 2]
    return name[at] in _JOINERS and len(around) == 2 and not any(c.isascii() or c.isspace() for c in around)
