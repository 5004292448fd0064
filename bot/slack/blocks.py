"""Slack's blocks: how they are made and weighed, and how they become messages that Slack takes. Pure; plain dicts.

Foreign words stand only in rich text and plain text, where Slack reads no mention, emoji code or markup.
"""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot import credit
from index.shown import is_link, link, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.model import Source

# A block, or an element of one.
Block = dict[str, Any]

MAX_BLOCKS = 50
MAX_BUTTONS = 25
# How much a message's blocks may weigh as JSON. Slack counts about so many characters, and does not say which.
BLOCKS_LIMIT = 12_000
# Up to where a message is filled: the button that removes an answer will name its other messages in the last.
MESSAGE_LIMIT = BLOCKS_LIMIT - 500
# How much these may weigh: a text, a line of foreign words, a name in it, a message in words.
TEXT_LIMIT = 3000
LINE_LIMIT = 1500
NAME_LIMIT = 300
FALLBACK_LIMIT = 4000
# An address longer than this is shown, not linked; where it holds many `&`, its link weighs nearly twice as much.
URL_LIMIT = 2000
# In a row of a list, of which ten fit into one message: a headline, a name and an address.
ROW_TITLE_LIMIT = 200
ROW_NAME_LIMIT = 60
ROW_URL_LIMIT = 300
_OPTION_TEXT = 75
# Marks in italics where a quotation goes on from, or goes on in, another message.
_GOES_ON = "…"

# What would end a link or an address too early.
_NOT_IN_LINKS = re.compile(r"[\s\x00-\x1f\x7f|<>\"\\]")


@dataclass(frozen=True, slots=True)
class Message:
    """One Slack message: its blocks, and the same in words for notifications and screen readers.

    `text` has its entities escaped and is cut where it is long; the blocks are whole.
    """

    text: str
    blocks: tuple[Block, ...]

    def payload(self) -> dict[str, Any]:
        """What is sent, but for where it goes."""
        return {"text": self.text, "blocks": list(self.blocks), "unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True, slots=True)
class Piece:
    """What stays together in one message, as long as that holds it: blocks, a quotation among them, and buttons.

    A quotation that is too long goes on in the next message. `quoted` are its texts, of which none is cut; `opening`
    and `closing` are our marks around it. `before` stands above its first part, `after` below its last, and `cited`
    below each.
    """

    before: tuple[Block, ...] = ()
    quoted: tuple[Block, ...] = ()
    opening: str = ""
    closing: str = ""
    after: tuple[Block, ...] = ()
    cited: tuple[Block, ...] = ()
    buttons: tuple[Block, ...] = ()

    def blocks(self, start: int = 0, end: int | None = None) -> list[Block]:
        """The blocks of a part: the quotation's texts from `start` to `end`, and what belongs to them."""
        last = end is None or end >= len(self.quoted)
        opening, closing = self.opening if start == 0 else f"{_GOES_ON} ", self.closing if last else f" {_GOES_ON}"
        words = [text(opening, italic=True), *self.quoted[start:end], text(closing, italic=True)]
        quotation = [rich(part("quote", *words))] if self.quoted else []
        return [*(self.before if start == 0 else ()), *quotation, *(self.after if last else ()), *self.cited]


@dataclass(slots=True)
class _Draft:
    """A message that is being filled."""

    blocks: list[Block] = field(default_factory=list)
    buttons: list[Block] = field(default_factory=list)
    weight: int = 0

    def takes(self, blocks: Sequence[Block], buttons: Sequence[Block]) -> bool:
        """Whether there is room for more."""
        pressed = [*self.buttons, *buttons]
        return (
            self.weight + weigh(blocks) + weigh(actions(pressed)) <= MESSAGE_LIMIT
            and len(self.blocks) + len(blocks) + bool(pressed) <= MAX_BLOCKS
            and len(pressed) <= MAX_BUTTONS
        )

    def add(self, blocks: Sequence[Block], buttons: Sequence[Block]) -> None:
        """Take them, room or not."""
        self.blocks += blocks
        self.buttons += buttons
        self.weight += weigh(blocks)


def messages(pieces: Iterable[Piece], *, compared: bool = False) -> list[Message]:
    """As few messages as hold the pieces in their order, the buttons of each message in its last block.

    Where quotations are `compared` with articles, their words say which of them is whose where styles are not seen.
    """
    drafts = [_Draft()]
    for piece in pieces:
        # What fits into one message is not parted; what must be parted begins where there is room.
        whole = _Draft().takes(piece.blocks(), piece.buttons)
        if drafts[-1].blocks and not drafts[-1].takes(piece.blocks(0, None if whole else 1), piece.buttons):
            drafts.append(_Draft())
        start = 0
        while True:
            draft, end = drafts[-1], start + 1
            while end < len(piece.quoted) and draft.takes(piece.blocks(start, end + 1), piece.buttons):
                end += 1
            draft.add(piece.blocks(start, end), piece.buttons)
            if end >= len(piece.quoted):
                break
            start = end
            drafts.append(_Draft())
    return [message([*draft.blocks, *actions(draft.buttons)], compared=compared) for draft in drafts]


def message(blocks: Sequence[Block], *, compared: bool = False) -> Message:
    """A message of blocks that fit into one; `compared` as for `messages`."""
    lines = filter(None, (_in_words(block, compared=compared) for block in blocks))
    return Message(escape(shorten("\n".join(lines), FALLBACK_LIMIT)), tuple(blocks))


# ---- Words -----------------------------------------------------------------------------------------------------------


def escape(words: str) -> str:
    """Text in which Slack reads no mention, link or command."""
    return html.escape(words, quote=False)


def weight(words: str) -> int:
    """How long a text is at most, however Slack counts it: in UTF-16 units, as JSON, with entities."""
    return len(escape(json.dumps(words, ensure_ascii=False)).encode("utf-16-le", "surrogatepass")) // 2 - 2


def weigh(blocks: Sequence[Block]) -> int:
    """How much blocks add to the weight of a message."""
    return sum(weight(json.dumps(block, ensure_ascii=False)) + 2 for block in blocks)


def shorten(words: str, limit: int) -> str:
    """`words`, cut with `…` where they weigh more than `limit`, after a word if it can be."""
    if len(words) <= limit and weight(words) <= limit:
        return words
    reach = words[:limit]
    ends = [word.end() for word in re.finditer(r"\S+", reach)]
    return words[: _longest(reach, ends, limit - 1) or _longest(reach, range(limit), limit - 1)] + "…"


def end_of(words: str, limit: int) -> str:
    """`words`, cut with `…` at their beginning where they weigh more than `limit`, before a word if it can be."""
    if len(words) <= limit and weight(words) <= limit:
        return words
    reach = words[-limit:]
    for starts in ([word.start() for word in re.finditer(r"(?<=\s)\S", reach)], range(1, limit)):
        first = bisect_left(starts, True, key=lambda start: weight(reach[start:]) < limit)
        if first < len(starts):
            return "…" + reach[starts[first] :]
    return "…"


def line(words: str, limit: int = LINE_LIMIT) -> str:
    """Foreign words as one line, cut where they weigh more than `limit`; a dash in place of none."""
    return shorten(" ".join(words.split()), limit) or "–"


def split(words: str, starts: Sequence[int] = ()) -> list[str]:
    """Parts that each fit into one text and joined are `words`: cut at one of `starts`, else a word, else anywhere."""
    parts, at = [], 0
    while at < len(words):
        reach = words[at : at + TEXT_LIMIT]
        choices: tuple[Sequence[int], ...] = (
            [len(reach)] if at + len(reach) == len(words) else [],
            [start - at for start in starts if at < start <= at + TEXT_LIMIT],
            [word.start() for word in re.finditer(r"(?<=\s)\S", words[at : at + TEXT_LIMIT + 1])],
            range(1, len(reach) + 1),
        )
        end = next(filter(None, (_longest(reach, ends, TEXT_LIMIT) for ends in choices)))
        parts.append(reach[:end])
        at += end
    return parts


def _longest(words: str, ends: Sequence[int], limit: int) -> int:
    """The last of the rising `ends` up to which `words` weigh no more than `limit`; 0 where none is."""
    found = bisect_right(ends, limit, key=lambda end: weight(words[:end]))
    return ends[found - 1] if found else 0


# ---- Blocks ----------------------------------------------------------------------------------------------------------


def text(words: str, **style: bool) -> Block:
    """Words within rich text, as they are."""
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def texts(words: str, starts: Sequence[int] = (), **style: bool) -> list[Block]:
    """Words within rich text, as they are, in as many texts as they need; see `split`."""
    return [text(cut, **style) for cut in split(words, starts)]


def part(kind: str, *elements: Block) -> Block:
    """A part of rich text, a "section" or a "quote"; empty texts are left out."""
    kept = [element for element in elements if element.get("text") != ""]
    return {"type": f"rich_text_{kind}", "elements": kept}


def rich(*parts: Block) -> Block:
    """A block of rich text."""
    return {"type": "rich_text", "elements": list(parts)}


def section(*elements: Block) -> Block:
    """A block of rich text that is one section."""
    return rich(part("section", *elements))


def plain(words: str, limit: int = TEXT_LIMIT) -> Block:
    """Words outside rich text, as they are, in one line that is cut at `limit`."""
    return {"type": "plain_text", "text": line(words, limit), "emoji": False}


def markup(words: str) -> Block:
    """Our own words, with Slack's markup."""
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def context(*elements: Block) -> Block:
    """A block of small print."""
    return {"type": "context", "elements": list(elements)}


def button(label: str, action_id: str, value: str, style: str | None = None) -> Block:
    """A button; its style may be "primary" or "danger"."""
    pressed = {"type": "button", "text": plain(label, 75), "action_id": action_id, "value": value}
    return {**pressed, "style": style} if style else pressed


def option(words: str, value: str) -> Block:
    """A choice of a menu; its value has at most 150 characters."""
    return {"text": plain(visible(words), _OPTION_TEXT), "value": value}


def actions(elements: Sequence[Block]) -> list[Block]:
    """The block of some buttons or menus, if there are any."""
    return [{"type": "actions", "elements": list(elements)}] if elements else []


# ---- Articles --------------------------------------------------------------------------------------------------------


def address(url: str | None, limit: int = URL_LIMIT) -> str | None:
    """A web address as a link may hold it; None where it may be none, or weighs more than `limit`."""
    if not url or not is_link(url):
        return None
    encoded = _NOT_IN_LINKS.sub(lambda found: quote(found[0]), link(url))
    return encoded if weight(encoded) <= limit else None


def headline(source: Source, limit: int = LINE_LIMIT) -> str:
    """The headline, or the words that stand in for one, cut at `limit`."""
    shown = line(visible(source.title), limit)
    return shown if source.title_given else credit.opening(shown)


def origin(source: Source) -> str:
    """The outlet and the day of publication, or that they are not known, in few words."""
    if not source.outlet and not source.published:
        return credit.ORIGIN_UNKNOWN
    return f"{line(credit.outlet(source), NAME_LIMIT)} · {credit.day(source)}"


def known(source: Source, limit: int = NAME_LIMIT) -> list[str]:
    """The outlet and the day of publication as far as they are known: a list does not say of each what is not."""
    outlet = line(visible(source.outlet), limit) if source.outlet else ""
    return list(filter(None, [outlet, credit.day(source) if source.published else ""]))


def citation(source: Source, *facts: str, number: int | None = None, words_link: str = "") -> Block:
    """Where words stand: number, outlet, date, headline, facts and the link, to the very words where there is one.

    An address that cannot be a link is shown as it is, and cut where it is long.
    """
    named = "" if number is None else f"{number}. "
    elements = [
        text(f"{named}{origin(source)}", bold=True),
        text(f" · {' · '.join([headline(source), *facts])}"),
    ]
    if url := address(words_link) or address(source.url):
        elements += [text(" "), {"type": "link", "url": url, "text": "link"}]
    elif source.url:
        elements.append(text(f" · {line(visible(source.url), NAME_LIMIT)}"))
    return section(*elements)


def row(source: Source, *facts: str, mark: str = "", apart: str = " · ") -> Block:
    """An article as an entry of a list: the headline, what is known of it, and the link unless that is long."""
    told = " · ".join([*known(source, ROW_NAME_LIMIT), *(line(fact, ROW_NAME_LIMIT) for fact in facts)])
    url = address(source.url, ROW_URL_LIMIT)
    return section(
        text(f"{mark}{headline(source, ROW_TITLE_LIMIT)}", bold=True),
        text(f"{apart}{told}" if told else ""),
        *([text(" "), {"type": "link", "url": url, "text": "link"}] if url else []),
    )


def _in_words(block: Block, *, compared: bool) -> str:
    """A block's words, without those of links and buttons."""
    match block["type"]:
        case "rich_text":
            return "\n".join(_part_in_words(part, compared=compared) for part in block["elements"])
        case "context":
            return " · ".join(e["text"] for e in block["elements"] if e["type"] == "plain_text")
        case "section":
            return str(block["text"]["text"])
        case _:
            return ""


def _part_in_words(rich_part: Block, *, compared: bool) -> str:
    """The words of a part of rich text; of a quotation that is compared, with its struck and its bold words named."""
    named = compared and rich_part["type"] == "rich_text_quote"
    words = []
    for element in (element for element in rich_part["elements"] if element["type"] == "text"):
        style = element.get("style", {}) if named else {}
        whose = "struck" if "strike" in style else "article" if "bold" in style else ""
        words.append(f"[{whose}: {element['text']}]" if whose else element["text"])
    return "".join(words)
