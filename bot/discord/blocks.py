"""What messages on Discord are made of: words as Discord shows them, lines about articles, and the frame around both.

Every character of markup in what is shown is escaped, so that the reader sees the stored characters and nothing else.
Discord itself shows a tab as blanks; it keeps everything else. Pure: nothing here talks to Discord.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import credit
from bot.tongue import name_of, say
from index.shown import is_link, visible
from index.shown import link as percent_encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index.model import Source

CONTENT_LIMIT = 2000  # characters of a plain message
LAYOUT_LIMIT = 4000  # characters of text in a message made of components
COLOUR = discord.Colour(0x4A6FA5)
CHOICES = 25  # choices of an option that Discord shows at once
CHOICE_CHARS = 100
# To these lengths are cut headlines, names of outlets, and lines of lists, which go without their link first.
_TITLE_LIMIT = 150
NAME_LIMIT = 60
_ENTRY_LIMIT = 380

# The places before markup; a colon opens the name of an emoji, such as :smile:.
_MARKUP = re.compile(r"(?=[\\*_~`|<>@\[\]/]|:[^\s:]+:)")
_OPEN_COLON = re.compile(r"(?<!\\):(?=[^\s:]*\Z)")
# Headings, subtext and lists begin a line, after blanks or not.
_LINE_MARKUP = re.compile(r"^([^\S\n]*(?:\d+(?=[.)]))?)([#+\-.)])", re.MULTILINE)
# By the mark that is put around words: what stands before them on a line or between lines, and the words. A tilde at
# their ends stays outside where they are struck out: Discord would take it for one of the marks.
_LINE = {
    mark: re.compile(rf"([{outside}]*)((?:[^{outside}](?:[^\n]*[^{outside}])?)?)")
    for mark, outside in (("~~", r"\s~"), ("**", r"\s"))
}
# A masked link ends at the first of these; they mean the same when percent-encoded.
_URL_ESCAPES = str.maketrans({"(": "%28", ")": "%29", "\\": "%5C", "<": "%3C", ">": "%3E", " ": "%20"})


def command(name: str) -> str:
    """A command as it is called in the language that is spoken."""
    return f"`/{name_of('command', name)}`"


def width(text: str) -> int:
    """A text's length as Discord's clients count it, in UTF-16 units; never less than what its servers count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escape(text: str) -> str:
    """Markdown that Discord shows as exactly `text`: no style, mention, timestamp, emoji code or link comes of it."""
    return _LINE_MARKUP.sub(r"\1\\\2", _MARKUP.sub(r"\\", text))


def quote(text: str) -> str:
    """Markdown that Discord shows as a block quote of exactly `text`, each of its lines quoted."""
    return "> " + escape(text).replace("\n", "\n> ")


def shorten(text: str, limit: int) -> str:
    """`text` escaped, cut with `…` where it is wider than `limit`, after a word if it can be."""
    if width(escape(text)) <= limit:
        return escape(text)
    return escape(text[: fitting(text, limit - 1, escape)]) + "…"


def plain(text: str, limit: int) -> str:
    """`text` as it is, cut with `…`: for names of choices, which know no markup."""
    return text if width(text) <= limit else text[: _longest(text, range(len(text) + 1), limit - 1, str)] + "…"


def end_of(text: str, limit: int) -> str:
    """`text` escaped, cut with `…` at its beginning where it is wider than `limit`, before a word if it can be."""
    if width(escape(text)) <= limit:
        return escape(text)
    for starts in ([word.start() for word in re.finditer(r"\S+", text)], range(len(text))):
        first = bisect_left(starts, True, key=lambda start: width(escape(text[start:])) < limit)
        if first < len(starts):
            return "…" + escape(text[starts[first] :])
    return "…"


def fitting(text: str, limit: int, render: Callable[[str], str], sentences: Sequence[int] = ()) -> int:
    """How much of `text`, rendered, is no wider than `limit`: up to the end of a sentence, else a word, else anywhere.

    `sentences` are the ends of its sentences.
    """
    words = [word.end() for word in re.finditer(r"\S+", text)]
    found = (_longest(text, ends, limit, render) for ends in (sentences, words, range(1, len(text))))
    return next(filter(None, found), 0)


def _longest(text: str, ends: Sequence[int], limit: int, render: Callable[[str], str]) -> int:
    """The last of the rising `ends` up to which `text`, rendered, is no wider than `limit`; 0 where none is."""
    found = bisect_right(ends, limit, key=lambda end: width(render(text[:end])))
    return ends[found - 1] if found else 0


def equal_share(widths: Sequence[int], room: int) -> int:
    """How wide texts may be at most so that together they fit into `room`; short ones leave theirs to others."""
    for n, needed in enumerate(sorted(widths)):
        share = room // (len(widths) - n)
        if needed > share:
            return share
        room -= needed
    return max(widths)


def first_lines(lines: Sequence[str], limit: int) -> Sequence[str]:
    """As many of the lines as fit, one below the other."""
    return lines[: reach((width(line) + 1 for line in lines), limit + 1)]


def reach(widths: Iterable[int], limit: int) -> int:
    """How many of the first are together no wider than `limit`."""
    return bisect_right(list(accumulate(widths)), limit)


def unended(words: str) -> str:
    """Words escaped that others follow at once, with which a last colon could open the name of an emoji."""
    return _OPEN_COLON.sub(r"\\:", escape(words))


def marked(mark: str, words: str) -> str:
    """Words in a style, line by line, since some clients read each line of a block quote on its own."""
    return _LINE[mark].sub(lambda line: escape(line[1]) + (f"{mark}{escape(line[2])}{mark}" if line[2] else ""), words)


def view(*blocks: Sequence[str | ui.Item[Any]], lined: bool = True) -> ui.LayoutView:
    """Blocks one below the other in one frame, perhaps with a line between; empty texts and blocks are left out."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=COLOUR)
    for block in blocks:
        items = [ui.TextDisplay(item) if isinstance(item, str) else item for item in block if item != ""]
        if lined and items and container.children:
            container.add_item(ui.Separator())
        for item in items:
            container.add_item(item)
    return ui.LayoutView(timeout=None).add_item(container)


def origin(source: Source) -> str:
    """The outlet and the day of publication, or that they are not known, in few words."""
    if not source.outlet and not source.published:
        return say(credit.ORIGIN_UNKNOWN)
    return f"{shorten(credit.outlet(source), NAME_LIMIT)} · {credit.day(source)}"


def known(source: Source) -> list[str]:
    """The outlet and the day of publication as far as they are known: a list does not say of each what is not."""
    facts = [shorten(visible(source.outlet or ""), NAME_LIMIT), credit.day(source) if source.published else ""]
    return list(filter(None, facts))


def headline(source: Source, *, limit: int = _TITLE_LIMIT, link: str | None = None) -> str:
    """The headline in bold, or the words that stand in for one, at most so wide; a link where it may be one."""
    # What is put around it is less than 20 wide.
    shown = shorten(visible(source.title), limit - 20)
    shown = f"**{shown}**" if source.title_given else credit.opening(shown)
    if not link or not is_link(link):
        return shown
    # Discord reads no link whose text has brackets or an address.
    unlinkable = any(mark in source.title for mark in ("[", "]", "://"))
    return f"{shown} [{say('link')}]({address(link)})" if unlinkable else f"[{shown}]({address(link)})"


def entry(mark: str, source: Source, rest: str, limit: int = _ENTRY_LIMIT) -> str:
    """An article as a line of a list: the headline, a link where that fits in `limit`, and what follows it."""
    linked = f"{mark}{headline(source, link=source.url)}{rest}"
    return linked if width(linked) <= limit else f"{mark}{headline(source)}{rest}"


def address(url: str) -> str:
    """An address as a link has it; <…> keeps it from unfolding a preview."""
    return f"<{percent_encoded(url).translate(_URL_ESCAPES)}>"
