"""Lists, cards, reports and the bot's own words as Discord text. Pure: nothing here talks to Discord."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import credit, wording
from bot.discord import blocks
from bot.discord.blocks import CONTENT_LIMIT, LAYOUT_LIMIT, command, escape, shorten, width
from bot.pictures import lines
from bot.tongue import say
from index.shown import is_link, model_name, visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from discord import ui

    from bot.desk import DeskStatus, Neighbour
    from bot.pictures import Coverage
    from bot.records.audit import Action
    from bot.records.places import OwnSettings, PlaceSettings
    from bot.records.refusals import Unanswered
    from index.build import BuildReport, Changes
    from index.model import Listing, Source

SOURCES_PER_PAGE = 10
_URL_LIMIT = 1000
HOW_TO_ASK = say("Mention me together with a question, or use /ask: a reply alone does not let me read it.")
OUTDATED = say("This command has changed. Reload Discord and try again; if that does not help, tell an admin.")
NOT_YOURS = say("Only whoever asked, a moderator or an admin may remove this.")
NOT_SHARED_HERE = say("I am not a member here, so what I say stays between us.")
NOT_MANAGER = say("Only a manager of this server, or an admin of this bot, may see and change its settings.")
HELP = say("""\
**On the Record** answers questions about a body of news articles with the articles' own words: verbatim excerpts, \
each with its source. It writes nothing about the news itself. Where the coverage does not answer, it says so.

`/ask` a question, with an outlet or dates if you like; `private` shows the answer only to you; *Ask the coverage* in \
the menu of a message asks what it says
`/compare` what each article says of a question; `/figures` the figures in what answers it, and where articles differ; \
`/said` what a person is quoted as saying
`/timeline` it by the days spoken of; `/first` its earliest article; `/only-in` what no other outlet has; `/picture` \
articles by day
`/verify` quotations in a text, word for word; *Verify quotes* in the menu of a message does the same
`/sources` the articles in the index; `/source` all that is known about one
`/follow` posts what is new on a subject; `/following` lists subjects
`/status` which index is served
`/mydata` what is kept of you; `/forgetme` has it forgotten
Admins have `/add`, `/ask-list`, `/reindex`, `/rollback`, `/remove`, `/restore`, `/audit`, `/unanswered`; server \
managers `/settings`.

You can also mention me with a question in a channel, or write to me directly. Reply to an answer with words such as \
“only from …” or “since Monday” to ask the same of fewer articles; “and who paid for it?” takes what the question \
before is about, and says so.""")

WELCOME = say("""\
Hello! I am **On the Record**. I answer questions about a body of news articles with the articles' own words: \
excerpts, each with its source. I write nothing about the news myself, and where the coverage does not answer, I say so.

Ask with `/ask`, or mention me together with a question; `/help` says what else there is. I read no other messages.
Whoever manages this server sets with `/settings` how I behave here. The admins of this bot look after the articles.""")


def sources_text(listings: Sequence[Listing], page: int, *, narrowed: bool = False) -> str:
    """One page of the list of sources; `page` counts from 0, `narrowed` tells that not all were asked for."""
    if not listings:
        return say(wording.NO_SUCH_SOURCES) if narrowed else escape(say(wording.EMPTY_INDEX))
    first = page * SOURCES_PER_PAGE
    shown = enumerate(listings[first : first + SOURCES_PER_PAGE], start=first + 1)
    rows = [_row(f"**{number}.** ", listing) for number, listing in shown]
    count = wording.plural(len(listings), "article")
    where = say("page {page} of {pages}", page=page + 1, pages=pages(listings))
    return "\n".join([f"**{say('Sources')}** · {count} · {where}", *rows])


def pages(listings: Sequence[Listing]) -> int:
    """How many pages the list of sources has; an empty list has one."""
    return max(1, -(-len(listings) // SOURCES_PER_PAGE))


def cards_view(listings: Sequence[Listing]) -> ui.LayoutView:
    """The articles that an answer quotes: what there is to know about each, in short."""
    if not listings:
        return blocks.view([say(wording.NO_CARDS)])
    return blocks.view(*([_row("", listing)] for listing in listings))


def card_view(
    listing: Listing, neighbours: Sequence[Neighbour] = (), replaced: Sequence[datetime] = ()
) -> ui.LayoutView:
    """All that is known about one article, and what is not; and the articles that hold some of its words too.

    `replaced` are the days on which earlier texts of it were replaced.
    """
    source = listing.source
    link = blocks.address(source.url or "") if is_link(source.url) else ""
    known = {
        "outlet": shorten(visible(source.outlet or ""), 200),
        "author": shorten(visible(source.author or ""), 200),
        "date": credit.day(source) if source.published else "",
        "language": shorten(source.language or "", 50),
        "link": link if link and width(link) <= _URL_LIMIT else shorten(visible(source.url or ""), _URL_LIMIT),
    }
    missing = wording.missing({"headline": source.title_given, **known})
    lines = [f"### {blocks.headline(source, limit=500)}"]
    lines += [f"**{say(wording.FACTS[name])}:** {value}" for name, value in known.items() if value]
    lines += [f"**{say('Not given')}:** {missing}"] if missing else []
    lines += [f"**{say('Text')}:** {credit.extent(source)}"] if source.teaser else []
    lines += [f"**{say('Corrected')}:** {wording.replaced(replaced)}"] if replaced else []
    passages = say("**Searchable passages:** {passages}", passages=listing.passages)
    lines += [
        f"{passages} · **{say('Indexed')}:** {listing.indexed_at:%Y-%m-%d %H:%M} UTC",
        f"-# {shorten(source.id, 200)} · sha256 {source.sha256[:12]}",
    ]
    card = "\n".join(lines)
    if not neighbours:
        return blocks.view([card])
    shared = [f"**{say('The same paragraphs stand in:')}**"]
    for near in neighbours:
        facts = [*blocks.known(near.source), wording.plural(near.paragraphs, "paragraph")]
        shared.append(blocks.entry("- ", near.source, f" · {' · '.join(facts)}"))
    return blocks.view([card], ["\n".join(blocks.first_lines(shared, LAYOUT_LIMIT - width(card)))])


def status_text(status: DeskStatus, latency: float) -> str:
    """Which index is served, and whether it is well."""
    manifest = status.manifest
    built = f"{manifest.built_at:%Y-%m-%d %H:%M}"
    lines = [
        say("**Generation {number}**, built {time} UTC", number=manifest.generation, time=built),
        f"{wording.plural(status.articles, 'article')}, {wording.plural(status.passages, 'passage')}",
        say("Model: {name}", name=shorten(model_name(manifest.model), 200)),
        say("A new generation is being built.") if status.building else say("No build is running."),
        say("{n} question in the queue", "{n} questions in the queue", n=status.waiting),
        wording.times(status.times),
        # Before the first heartbeat discord.py says nan or infinity.
        say("Connection: {time} ms", time=round(latency * 1000))
        if 0 <= latency < 3600
        else say("Connection: not measured yet"),
    ]
    if status.warning:
        lines.append(say("**Warning:** {warning}", warning=shorten(status.warning, 1000)))
    return "\n".join(lines)


def report_text(report: BuildReport) -> tuple[str, str | None]:
    """What a build did, as message text; and the whole as a file's text where it does not fit."""
    return _long_text(report.lines())


def picture_text(counted: Coverage) -> tuple[str, str | None]:
    """The numbers of a picture, as message text; and the whole as a file's text where it does not fit."""
    return _long_text(lines(counted))


def preview_text(changes: Changes) -> tuple[str, str | None]:
    """What a build would change, as message text; and the whole as a file's text where it does not fit."""
    return _long_text([wording.would_find(changes), *changes.names()])


def removed_text(source: Source) -> str:
    """That an article is withdrawn, and how that is undone."""
    return wording.removed(shorten(credit.title(source), 300), command("restore"))


def audit_text(actions: Sequence[Action]) -> str:
    """Lines of the audit log, newest first, as many as fit."""
    lines = []
    for action in actions:
        is_id = action.platform == "discord" and action.user.isascii() and action.user.isdecimal()
        who = f"<@{action.user}>" if is_id else shorten(f"{action.platform} {action.user}", 100)
        told = [
            f"**{shorten(action.what, 100)}**",
            who,
            shorten(action.outcome, 100),
            shorten(wording.details(action), 200),
        ]
        # In bold, since a number with a dot would begin a list, which Discord numbers on its own.
        lines.append(f"**{action.number}** · {action.at:%Y-%m-%d %H:%M} UTC · {' · '.join(filter(None, told))}")
    return "\n".join(blocks.first_lines(lines, CONTENT_LIMIT)) or say(wording.NO_ACTIONS)


def unanswered_text(asked: Sequence[Unanswered]) -> str:
    """Refused questions, most asked first, as many as fit."""
    lines = []
    for refused in asked:
        reason = escape(say(refused.reason.replace("_", " ")))
        last = say("last {day}, {reason}", day=f"{refused.last_asked:%Y-%m-%d}", reason=reason)
        lines.append(f"{refused.count}× {shorten(refused.question, 300)}\n-# {last}")
    return "\n".join(blocks.first_lines(lines, CONTENT_LIMIT)) or say(wording.NONE_UNANSWERED)


def settings_text(where: str, own: OwnSettings, holds: PlaceSettings, excerpts: int) -> str:
    """What holds in a place, and what of it is set there."""
    rows = wording.settings_rows(own, holds, excerpts)
    told = [f"**{name}:** {shorten(value, 800)}{note}" for name, value, note in rows]
    return "\n".join([say("Settings of {where}", where=where), *told])


def _long_text(lines: Sequence[str]) -> tuple[str, str | None]:
    text = "\n".join(map(escape, lines))
    if width(text) <= CONTENT_LIMIT:
        return text, None
    note = say("The whole report is attached.")
    return "\n".join([shorten("\n".join(lines[:2]), CONTENT_LIMIT - width(note) - 1), note]), "\n".join(lines)


def _row(number: str, listing: Listing) -> str:
    source = listing.source
    facts = [
        *blocks.known(source),
        say("indexed {day}", day=f"{listing.indexed_at:%Y-%m-%d}"),
        shorten(source.id, blocks.NAME_LIMIT),
    ]
    return blocks.entry(number, source, f"\n-# {' · '.join(facts)}")
