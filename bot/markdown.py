"""Markdown in which a reader sees just the words that stand in it. Pure.

By CommonMark and what GitHub adds to it: no style, link, mention or entity comes of foreign words.
"""

from __future__ import annotations

import re
from urllib.parse import quote as percent_encoded

from index.shown import is_link, link

# What is markup anywhere, and what begins a heading, a list or a table's second row at the beginning of a line.
_MARKUP = re.compile(r"[\\`*_\[\]<>~|&$#]|:(?=[^\s:]+:)|\A[-+=:]")
_NUMBERED = re.compile(r"\A(\d+)([.)])")
# White space at the ends of a line, which Markdown leaves out, and in front of what it takes for two.
_BLANK = re.compile(r"\A\s+|\s+\Z|\r")
# What would end an address early, and means the same when percent-encoded.
_NOT_IN_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f<>()\"'\\`{}|^]")


def line(words: str) -> str:
    """Words as one line, without white space at its ends."""
    return _escaped(" ".join(words.splitlines()).strip())


def quote(words: str) -> str:
    """A block quote of exactly these words, each of its lines a line of the page."""
    kept = words.rstrip("\n")
    # A backslash ends a line that is kept as one; at the end of a block it would be shown.
    lines = "\\\n> ".join(map(_escaped, kept.split("\n")))
    return f"> {lines}{'&#10;' * (len(words) - len(kept))}"


def linked(words: str, url: str | None) -> str:
    """Words as one line, as a link where the address leads to the web."""
    return f"[{line(words)}]({address(url)})" if url and is_link(url) else line(words)


def address(url: str) -> str:
    """A web address as Markdown, HTML and BibTeX take it."""
    return _NOT_IN_ADDRESS.sub(lambda found: percent_encoded(found[0], safe=""), link(url))


def _escaped(words: str) -> str:
    """Words of one line; white space that would be lost is written as entities."""
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", words))
    return _BLANK.sub(lambda found: "".join(f"&#{ord(blank)};" for blank in found[0]), escaped)
