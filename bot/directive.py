"""A link to the very words of an excerpt at their publisher: an address with a text directive, `#:~:text=`. Pure.

By the WICG's specification of URL fragment text directives: browsers look for its parts without regard to case, each
within one paragraph, and take any white space, or none, between a quotation and what is told to stand beside it.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

import regex

from index.shown import is_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.model import Article, Span

# A quotation of up to so many words is in its link whole, of a longer one these many at each end.
_WHOLE = 8
_AT_ENDS = 4
# How many words before or after are tried in turn, where others like those come first.
_BESIDE = (2, 4, 8)

# Where there are no blanks between words, some end with punctuation.
_WORD = regex.compile(r"(?:[^\s。、！？，]|，(?=\d))+[。、！？，]*|[。、！？，]+")
_MARKS = regex.compile(r"[\s\p{Mn}]+")
# Browsers take all quotation marks of a kind for one.
_QUOTES = str.maketrans("“”„‟«»‘’‚‛‹›", "\"\"\"\"\"\"''''''")


def words_link(article: Article, span: Span) -> str:
    """The article's address with a directive that finds a span in it before anything else; "" where there is none.

    What it finds is the span without white space around it, in the headline and the stored text below.
    """
    address = (article.source.url or "").partition(":~:")[0]
    directive = _directive(article, span) if is_link(address) else ""
    return f"{address}{'' if '#' in address else '#'}:~:text={directive}" if directive else ""


def _directive(article: Article, span: Span) -> str:
    text, words = article.text, _words(article.text, span.start, span.end)
    if not words:
        return ""
    first, last = words[0][0], words[-1][1]
    opening, closing = last, last
    if len(words) > _WHOLE or "\n" in text[first:last]:
        # Neither end goes on in another line, which may be another paragraph of the page.
        opening = [end for _, end in words if "\n" not in text[first:end]][:_AT_ENDS][-1]
        closing = [start for start, _ in words if "\n" not in text[start:last]][-_AT_ENDS:][0]
    above = _folded(_headline(article) + text[:opening])
    starts = (start for start in _before(text, first) if _is_first(above, _folded(text[start:opening])))
    start = next(starts, None)
    end: int | None = last
    if closing < last:
        ends = (e for e in _after(text, last) if _is_first(_folded(text[opening:e]), _folded(text[closing:e])))
        end = next(ends, None)
    if start is None or end is None:
        return ""
    parts = [f"{_encoded(text[start:first])}-"] if start < first else []
    parts += [_encoded(text[first:opening])]
    parts += [_encoded(text[closing:last])] if closing < last else []
    return ",".join(parts + ([f"-{_encoded(text[last:end])}"] if end > last else []))


def _headline(article: Article) -> str:
    """What a page has above the stored text, where this does not begin with it."""
    title = article.source.title
    return title if article.source.title_given and not article.text.startswith(title) else ""


def _before(text: str, first: int) -> Sequence[int]:
    """From where on words before a place may be told: from none on, and as far as their line goes."""
    line = text.rfind("\n", 0, len(text[:first].rstrip())) + 1
    words = _words(text, line, first)
    return [first, *(words[-count:][0][0] for count in _BESIDE if words)]


def _after(text: str, last: int) -> Sequence[int]:
    """Up to where words after a place may be told."""
    begin = len(text) - len(text[last:].lstrip())
    line = text.find("\n", begin)
    words = _words(text, begin, line if line >= 0 else len(text))
    return [last, *(words[:count][-1][1] for count in _BESIDE if words)]


def _words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [word.span() for word in _WORD.finditer(text, start, end)]


def _is_first(above: str, words: str) -> bool:
    """Whether a folded text holds the words only at its end; more may be taken for them here than browsers would."""
    return above.find(words) + len(words) == len(above)


def _folded(text: str) -> str:
    """A text without what browsers do not tell apart: case, accents, white space, kinds of quotation marks."""
    return str(_MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_QUOTES).casefold())))


def _encoded(words: str) -> str:
    return quote(" ".join(words.split()), safe="", errors="replace").replace("-", "%2D")
