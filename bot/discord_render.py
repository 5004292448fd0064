"""Answers, lists, cards and reports as Discord text. Pure: nothing here talks to Discord.

A quotation is shown as Discord's block quote with every character of markup escaped, so that the reader sees the
stored characters and nothing else. Discord itself shows a tab as blanks; it keeps everything else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot import wording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.answer import Answer, Excerpt, Refusal
    from bot.desk import DeskStatus
    from index.build import BuildReport
    from index.model import Listing, Source

CONTENT_LIMIT = 2000  # characters of a plain message
LAYOUT_LIMIT = 4000  # characters of text in a message made of components
SOURCES_PER_PAGE = 10
COLOUR = discord.Colour(0x4A6FA5)

HOW_TO_ASK = "Mention me together with a question, or use /ask: a reply alone does not let me read it."
UNEXPECTED = "Something went wrong here, and it is in the log. Ask again; if it stays so, tell an admin."
OUTDATED = "This command has changed. Reload Discord and try again; if that does not help, tell an admin."
NOT_ADMIN = "Only an admin of this bot can reindex."
HELP = """\
**On the Record** answers questions about a body of news articles with the articles' own words: verbatim excerpts, \
each with its source. It writes nothing about the news itself. Where the coverage does not answer, it says so.

`/ask` a question, with an outlet or dates if you like; `private` shows the answer only to you
`/sources` the articles in the index
`/source` all that is known about one article
`/status` which index is served
`/reindex` read the articles anew (admins)

You can also mention me with a question in a channel, or write to me directly."""

# Citations are cut to these lengths only where a message would not fit otherwise.
_TITLE_LIMIT = 130
_NAME_LIMIT = 60
_URL_LIMIT = 1000
_ROW_LIMIT = 380

_MARKUP = re.compile(r"[\\*_~`|<>@\[\]/]")
# Headings, subtext and lists begin a line, after blanks or not.
_LINE_MARKUP = re.compile(r"^([^\S\n]*(?:\d+(?=[.)]))?)([#+\-.)])", re.MULTILINE)
# A masked link ends at the first of these; they mean the same when percent-encoded.
_URL_ESCAPES = str.maketrans({"(": "%28", ")": "%29", "\\": "%5C", "<": "%3C", ">": "%3E", " ": "%20"})


def width(text: str) -> int:
    """A text's length as Discord's clients count it, in UTF-16 units; never less than what its servers count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escape(text: str) -> str:
    """Markdown that Discord shows as exactly `text`: no style, mention, timestamp, emoji code or link comes of it."""
    return _LINE_MARKUP.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", text))


def quote(text: str) -> str:
    """Markdown that Discord shows as a block quote of exactly `text`, each of its lines quoted."""
    return "> " + escape(text).replace("\n", "\n> ")


def shorten(text: str, limit: int) -> str:
    """`text` escaped, cut with `…` where it is wider than `limit`."""
    if width(escape(text)) <= limit:
        return escape(text)
    return escape(text[: _longest(text, range(len(text) + 1), limit - 1, escape)]) + "…"


def plain(text: str, limit: int) -> str:
    """`text` as it is, cut with `…`: for names of choices, which know no markup."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def answer_view(answer: Answer, *, show_question: bool) -> ui.LayoutView:
    """An answer as one message. All excerpts and their sources are in it; long quotes are cut, marked with […]."""
    question = f"-# Question: {shorten(answer.question, 200)}" if show_question else ""
    if answer.refusal:
        return _view([question], [_refusal(answer.refusal)])
    remarks = [f"**{shorten(remark, 300)}**" for remark in wording.remarks(answer)]
    head = "\n".join(filter(None, [question, *remarks]))
    foot = f"-# {escape(wording.counts(answer))}"
    room = LAYOUT_LIMIT - width(head) - width(foot)
    citations = [_citation(excerpt, room * 2 // 3 // len(answer.excerpts)) for excerpt in answer.excerpts]
    room -= sum(map(width, citations))
    limit = _equal_share([width(_quotation(excerpt, LAYOUT_LIMIT)) for excerpt in answer.excerpts], room)
    quotations = [_quotation(excerpt, limit) for excerpt in answer.excerpts]
    return _view([head], *zip(quotations, citations, strict=True), [foot])


def sources_text(listings: Sequence[Listing], page: int) -> str:
    """One page of the list of sources; `page` counts from 0."""
    if not listings:
        return escape(wording.EMPTY_INDEX)
    first = page * SOURCES_PER_PAGE
    rows = [_row(n, row) for n, row in enumerate(listings[first : first + SOURCES_PER_PAGE], start=first + 1)]
    count = wording.plural(len(listings), "article")
    return "\n".join([f"**Sources** · {count} · page {page + 1} of {pages(listings)}", *rows])


def pages(listings: Sequence[Listing]) -> int:
    """How many pages the list of sources has; an empty list has one."""
    return max(1, -(-len(listings) // SOURCES_PER_PAGE))


def card_view(listing: Listing) -> ui.LayoutView:
    """All that is known about one article; what is not known is shown as such."""
    source = listing.source
    where = "at its link" if source.url else "in the bot's corpus folder"
    link = _address(source)
    if width(link) > _URL_LIMIT:
        link = shorten(source.url or "", _URL_LIMIT)
    lines = [
        f"### {shorten(wording.title(source), 500)}",
        f"**Outlet:** {shorten(wording.outlet(source), 200)}",
        f"**Author:** {shorten(source.author or 'author not given', 200)}",
        f"**Published:** {wording.day(source)}",
        f"**Language:** {escape(source.language or 'language not given')}",
        f"**Link:** {link}",
        f"**Searchable passages:** {listing.passages:,}",
        f"**Indexed:** {listing.indexed_at:%Y-%m-%d %H:%M} UTC",
        f"**Stored text:** sha256 {source.sha256[:12]}",
        f"-# To read the whole, open it {where}: {shorten(source.id + '.txt', 300)}",
    ]
    return _view(["\n".join(lines)])


def status_text(status: DeskStatus, latency: float) -> str:
    """Which index is served, and whether it is well."""
    manifest = status.manifest
    lines = [
        f"**Generation {manifest.generation}**, built {manifest.built_at:%Y-%m-%d %H:%M} UTC",
        f"{wording.plural(manifest.articles, 'article')}, {wording.plural(manifest.passages, 'passage')}",
        f"Model: {shorten(manifest.model, 200)}",
        "A new generation is being built." if status.building else "No build is running.",
        # Before the first heartbeat discord.py says nan or infinity.
        f"Connection: {latency * 1000:.0f} ms" if 0 <= latency < 3600 else "Connection: not measured yet",
    ]
    if status.warning:
        lines.append(f"**Warning:** {shorten(status.warning, 1000)}")
    return "\n".join(lines)


def progress_text(done: int, total: int) -> str:
    """How far a build is; `total` is 0 until the articles are read."""
    stage = f"{done:,} of {wording.plural(total, 'text')}" if total else "reading the articles"
    return f"Reindexing: {stage}. Questions are answered from the index there is until this is done."


def report_text(report: BuildReport) -> tuple[str, str | None]:
    """What a build did, as message text; and the whole as a file's text where it does not fit."""
    lines = report.lines()
    text = "\n".join(map(escape, lines))
    if width(text) <= CONTENT_LIMIT:
        return text, None
    return shorten("\n".join(lines[:2]), CONTENT_LIMIT - 50) + "\nThe whole report is attached.", "\n".join(lines)


def _view(*blocks: Sequence[str]) -> ui.LayoutView:
    """Blocks of texts one below the other in one frame, with a line between blocks; empty texts are left out."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=COLOUR)
    for block in filter(any, blocks):
        if container.children:
            container.add_item(ui.Separator())
        for text in block:
            container.add_item(ui.TextDisplay(text))
    return ui.LayoutView(timeout=None).add_item(container)


def _quotation(excerpt: Excerpt, limit: int) -> str:
    """The excerpt as a block quote at most this wide, with […] where its paragraph goes on before or after."""
    before = f"{wording.TRIMMED} " if excerpt.trimmed_before else ""
    after = f" {wording.TRIMMED}"
    text = excerpt.text

    def quoted(part: str) -> str:
        whole = len(part) == len(text) and not excerpt.trimmed_after
        # The mark is put in after escaping: it is ours, and its brackets cannot start a link.
        return "> " + before + quote(part).removeprefix("> ") + ("" if whole else after)

    if width(quoted(text)) <= limit:
        return quoted(text)
    sentences = [s.end - excerpt.start for s in excerpt.passage.sentences if s.end > excerpt.start]
    words = [word.end() for word in re.finditer(r"\S+", text)]
    for ends in (sentences, words, range(1, len(text))):
        end = _longest(text, ends, limit, quoted)
        if end:
            return quoted(text[:end])
    return quoted("")


def _longest(text: str, ends: Sequence[int], limit: int, render: Callable[[str], str]) -> int:
    """The last of the rising `ends` up to which `text`, rendered, is no wider than `limit`; 0 where none is."""
    found = bisect_right(ends, limit, key=lambda end: width(render(text[:end])))
    return ends[found - 1] if found else 0


def _equal_share(widths: Sequence[int], room: int) -> int:
    """How wide texts may be at most so that together they fit into `room`; short ones leave theirs to others."""
    for n, needed in enumerate(sorted(widths)):
        share = room // (len(widths) - n)
        if needed > share:
            return share
        room -= needed
    return max(widths)


def _citation(excerpt: Excerpt, limit: int) -> str:
    """Number, headline, outlet, date and place; the link and the other places are in it where they fit in `limit`."""
    source = excerpt.source
    where = f"-# {shorten(wording.outlet(source), _NAME_LIMIT)} · {wording.day(source)} · {wording.place(excerpt)}"
    also = wording.also_in(excerpt)
    others = wording.plural(len(excerpt.also_in), "other passage")
    also_lines = [f"\n-# {escape(also)}", f"\n-# The same words stand in {others}."] if also else [""]
    for headline in (_headline(source, link=True), _headline(source, link=False)):
        for line in also_lines:
            citation = f"**{excerpt.number}.** {headline}\n{where}{line}"
            if width(citation) <= limit:
                return citation
    return citation


def _headline(source: Source, *, link: bool) -> str:
    """The headline in bold, or the words that stand in for one; a link where there is one to show."""
    title = wording.title(source)
    shown = shorten(title, _TITLE_LIMIT)
    if source.title_given:
        shown = f"**{shown}**"
    if not link or not source.url:
        return shown
    # Discord reads no link whose text has brackets.
    address = f"({_address(source)})"
    return f"{shown} [link]{address}" if "[" in title or "]" in title else f"[{shown}]{address}"


def _address(source: Source) -> str:
    """The link to the article; <…> keeps it from unfolding a preview."""
    return f"<{source.url.translate(_URL_ESCAPES)}>" if source.url else "link not given"


def _refusal(refusal: Refusal) -> str:
    lines = [f"**{shorten(refusal.message, 1000)}**"]
    if refusal.nearest:
        lines.append(f"{wording.NEAREST}:")
    for source in refusal.nearest:
        facts = f"{shorten(wording.outlet(source), _NAME_LIMIT)} · {wording.day(source)}"
        linked = f"- {_headline(source, link=True)} · {facts}"
        lines.append(linked if width(linked) <= _URL_LIMIT - 300 else f"- {_headline(source, link=False)} · {facts}")
    return "\n".join(lines)


def _row(number: int, listing: Listing) -> str:
    source = listing.source
    facts = [
        shorten(wording.outlet(source), _NAME_LIMIT),
        wording.day(source),
        wording.plural(listing.passages, "passage"),
        f"indexed {listing.indexed_at:%Y-%m-%d}",
        shorten(source.id, _NAME_LIMIT),
    ]
    below = f"\n-# {' · '.join(facts)}"
    linked = f"**{number}.** {_headline(source, link=True)}{below}"
    return linked if width(linked) <= _ROW_LIMIT else f"**{number}.** {_headline(source, link=False)}{below}"
