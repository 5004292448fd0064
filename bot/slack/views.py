"""Lists, cards, reports and settings as Slack messages, and the home tab. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot import adding, credit, wording
from bot.credit import one_line
from bot.slack.blocks import (
    LINE_LIMIT,
    NAME_LIMIT,
    ROW_TITLE_LIMIT,
    TEXT_LIMIT,
    Message,
    Piece,
    actions,
    address,
    button,
    context,
    headline,
    line,
    markup,
    message,
    messages,
    part,
    plain,
    rich,
    row,
    section,
    shorten,
    split,
    text,
)
from bot.sources import Wanted
from index.shown import model_name, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.adding import Proposal
    from bot.desk import DeskStatus, Neighbour
    from bot.intake import Staged
    from bot.records.audit import Action
    from bot.records.places import OwnSettings, PlaceSettings
    from bot.records.refusals import Unanswered
    from bot.records.retention import Retention
    from bot.slack.blocks import Block
    from index.build import BuildReport, Changes
    from index.model import Listing

SOURCES_PER_PAGE = 10
# Articles that the home tab names.
HOME_ARTICLES = 20
# How much one of the reasons, notes and remarks about an added file may weigh.
_REASON_LIMIT = 200

NOT_YOURS = "Only whoever asked or an admin may remove this."
ABOUT = (
    "*On the Record* answers questions about a body of news articles with the articles' own words: verbatim excerpts, "
    "each with its source. It writes nothing about the news itself. Where the coverage does not answer, it says so."
)
ASKING = (
    '`/ask` a question, with `outlet:"…"`, `since:…`, `until:…`, `number:…` or `private:yes` if you like; `/ask` alone '
    "opens a form\n"
    "Mention me with a question in a channel, or write to me directly. In the thread of an answer, words such as “only "
    "from …” or “since Monday” ask the same of fewer articles; “and who paid for it?”, with a mention, takes what the "
    "question before is about, and says so.\n"
    "In the menu of any message: *Ask the coverage* and *Verify quotes*"
)
WELCOME = (
    "Ask with `/ask`, or mention me together with a question; `/coverage-help` says what else there is. I answer "
    "nothing else that is written here. Admins set with `/coverage-settings` how I behave in this channel."
)
COMMANDS = (
    "`/compare` what each article says of a question; `/figures` the figures in what answers it, and where articles "
    "differ; `/said` what a person is quoted as saying\n"
    "`/timeline` what is told, by the days that are spoken of; `/first` the earliest article that carries it; "
    "`/only-in` what no other outlet carries; `/picture` how many articles by day and outlet\n"
    "`/verify` quotations in a text, word for word\n"
    '`/follow` a subject, with `outlets:"…"`, `when:daily` or `when:weekly`, `hour:8`: what is new is posted here; '
    "`/following` what is followed here, `/following 3 action:end` ends it\n"
    "`/sources` the articles in the index\n"
    "`/source` all that is known about one article\n"
    "`/coverage-status` which index is served\n"
    "`/coverage-help` this help\n"
    "`/coverage-mydata` what is kept of you; `/coverage-forgetme` has it forgotten\n"
    "Admins have `/coverage-add`, `/ask-list`, `/reindex`, `/rollback`, `/coverage-remove`, `/restore`, `/audit`, "
    "`/unanswered` and `/coverage-settings`, and *Add to the coverage* in the menu of a message with a file.\n"
    "Every command also exists with `coverage-` in front, such as `/coverage-ask`."
)


def sentence(words: str) -> Message:
    """A plain sentence, cut where it weighs more than one text may."""
    return message([section(text(shorten(words, TEXT_LIMIT)))])


def welcome_message() -> Message:
    """Who the bot is and how to ask it, in a channel that it is new in."""
    return message([_own(ABOUT), _own(WELCOME)])


def help_message(retention: Retention) -> Message:
    """What the bot does, how to use it, and what it remembers."""
    return message([_own(ABOUT), _own(ASKING), _own(COMMANDS), _remembered(retention)])


def lines_messages(title: str, lines: Iterable[str]) -> list[Message]:
    """A title and lines of any kind as they are, parted between messages at lines where it can be."""
    return messages([Piece(before=(_title(title),)), *(Piece(before=(block,)) for block in _lines(lines))])


def report_messages(report: BuildReport) -> list[Message]:
    """What a build did, all of it."""
    outcome, *lines = report.lines()
    return lines_messages(outcome, lines)


def preview_messages(changes: Changes) -> list[Message]:
    """What a build would change, all of it."""
    return lines_messages(wording.would_find(changes), changes.names())


# ---- Articles --------------------------------------------------------------------------------------------------------


def cards_messages(listings: Sequence[Listing]) -> list[Message]:
    """The articles that an answer quotes: what there is to know about each, in short."""
    if not listings:
        return [sentence(wording.NO_CARDS)]
    return messages(Piece(before=(_row(listing),)) for listing in listings)


def sources_message(listings: Sequence[Listing], page: int, key: str, *, narrowed: bool = False) -> Message:
    """One page of the list of sources; `page` counts from 0, and one that is not there becomes the nearest.

    `key` is what the list is kept under; `narrowed` tells that not all were asked for.
    """
    if not listings:
        return sentence(wording.NO_SUCH_SOURCES if narrowed else wording.EMPTY_INDEX)
    last = pages(listings) - 1
    page = max(0, min(page, last))
    first = page * SOURCES_PER_PAGE
    count = wording.plural(len(listings), "article")
    head = section(text("Sources", bold=True), text(f" · {count} · page {page + 1} of {last + 1}"))
    shown = enumerate(listings[first : first + SOURCES_PER_PAGE], start=first + 1)
    turns = (("Previous", page - 1), ("Next", page + 1))
    buttons = [button(label, f"sources:{label.lower()}", f"{key}:{to}") for label, to in turns if 0 <= to <= last]
    buttons.append(button(wording.AS_FILES, "file", key))
    return message([head, *(_row(listing, f"{number}. ") for number, listing in shown), *actions(buttons)])


def pages(listings: Sequence[Listing]) -> int:
    """How many pages the list of sources has; an empty list has one."""
    return max(1, -(-len(listings) // SOURCES_PER_PAGE))


def card_messages(
    listing: Listing, neighbours: Sequence[Neighbour] = (), replaced: Sequence[datetime] = ()
) -> list[Message]:
    """All that is known about one article, and what is not; and the articles that hold some of its words too.

    `replaced` are the days on which earlier texts of it were replaced.
    """
    source = listing.source
    known = {
        "Outlet": line(visible(source.outlet), NAME_LIMIT) if source.outlet else "",
        "Author": line(visible(source.author), NAME_LIMIT) if source.author else "",
        "Date": credit.day(source) if source.published else "",
        "Language": line(source.language, NAME_LIMIT) if source.language else "",
    }
    given = {"Headline": source.title_given, **known, "Link": source.url}
    facts = {
        **known,
        "Not given": ", ".join(name.lower() for name, value in given.items() if not value),
        "Text": credit.extent(source),
        "Corrected": wording.replaced(replaced),
        "Searchable passages": f"{listing.passages:,}",
        "Indexed": f"{listing.indexed_at:%Y-%m-%d %H:%M} UTC",
    }
    told = [element for name, value in facts.items() if value for element in _fact(name, text(value))]
    if source.url:
        url = address(source.url)
        told += _fact("Link", {"type": "link", "url": url} if url else text(line(visible(source.url), LINE_LIMIT)))
    card = Piece(
        before=(
            section(text(headline(source), bold=True)),
            section(*told[:-1]),  # the last is the end of a line
            context(plain(f"{line(source.id, NAME_LIMIT)} · sha256 {source.sha256[:12]}")),
        ),
        buttons=(button("Stored text", "text", source.sha256),),
    )
    shared = [Piece(before=(_title("The same paragraphs stand in:"),))] if neighbours else []
    rows = (row(near.source, wording.plural(near.paragraphs, "paragraph"), mark="• ") for near in neighbours)
    return messages([card, *shared, *(Piece(before=(block,)) for block in rows)])


def proposal_messages(proposal: Proposal) -> list[Message]:
    """What would be stored of a file; the last message has the buttons to store and to discard it."""
    staged = proposal.staged
    remarks = (line(remark, _REASON_LIMIT) for remark in proposal.remarks[: adding.SHOWN_REASONS])
    blocks = [
        *(section(text(remark, bold=True)) for remark in remarks),
        *(_single(staged) if len(staged.articles) == 1 else [_several(staged)]),
        *_problems(staged),
    ]
    foot = Piece(
        before=(context(plain(adding.waiting(line(staged.file, NAME_LIMIT)))),),
        buttons=(
            button("Store", "add:store", proposal.key, "primary"),
            button("Discard", "add:discard", proposal.key, "danger"),
        ),
    )
    return messages([*(Piece(before=(block,)) for block in blocks), foot])


def _single(staged: Staged) -> list[Block]:
    """All that is known of an article, what is not, and how it begins."""
    (article,) = staged.articles
    source = article.source
    facts = ((name, line(value, LINE_LIMIT if name == "Link" else NAME_LIMIT)) for name, value in adding.facts(staged))
    told = [element for name, value in facts for element in _fact(name, text(value))]
    return [
        section(text(headline(source), bold=True)),
        section(*told[:-1]),  # the last is the end of a line
        rich(part("quote", text(shorten(adding.opening(article), adding.OPENING_CHARS)))),
        context(plain(line(source.id, NAME_LIMIT))),
    ]


def _several(staged: Staged) -> Block:
    """How many articles a file holds, and the first of them."""
    articles = staged.articles
    told = [
        text(wording.plural(len(articles), "article"), bold=True),
        text(f", {wording.plural(staged.paragraphs, 'paragraph')}"),
    ]
    for number, source in enumerate((article.source for article in articles[: adding.SHOWN_ARTICLES]), start=1):
        told += [text(f"\n{number}. {headline(source, ROW_TITLE_LIMIT)}", bold=True), text(f"\n{line(source.id, 100)}")]
    more = len(articles) - adding.SHOWN_ARTICLES
    return section(*told, *([text(f"\nand {more:,} more")] if more > 0 else []))


def _problems(staged: Staged) -> list[Block]:
    """How many there are of each kind, and the first of them."""
    return [
        section(
            text(f"{name}:", bold=True),
            text(f" {len(found):,}"),
            *(text(f"\n• {line(str(problem), _REASON_LIMIT)}") for problem in found[: adding.SHOWN_REASONS]),
        )
        for name, found in adding.problems(staged)
    ]


# ---- Lines -----------------------------------------------------------------------------------------------------------


def status_lines(status: DeskStatus, connection: str | None) -> list[str]:
    """Which index is served, and whether it is well; `connection` says how the bot is connected, if it is known."""
    manifest = status.manifest
    lines = [
        f"Generation {manifest.generation}, built {manifest.built_at:%Y-%m-%d %H:%M} UTC",
        f"{wording.plural(status.articles, 'article')}, {wording.plural(status.passages, 'passage')}",
        f"Model: {line(model_name(manifest.model), NAME_LIMIT)}",
        "A new generation is being built." if status.building else "No build is running.",
        f"{wording.plural(status.waiting, 'question')} in the queue",
        wording.times(status.times),
    ]
    lines += [f"Connection: {connection}"] if connection else []
    return lines + ([f"Warning: {status.warning}"] if status.warning else [])


def audit_lines(actions_done: Sequence[Action]) -> list[str]:
    """Lines of the audit log, newest first."""
    lines = []
    for action in actions_done:
        told = [action.what, f"{action.platform} {action.user}", action.outcome, wording.details(action)]
        lines.append(
            f"{action.number} · {action.at:%Y-%m-%d %H:%M} UTC · {' · '.join(filter(None, map(one_line, told)))}"
        )
    return lines or [wording.NO_ACTIONS]


def unanswered_lines(asked: Sequence[Unanswered]) -> list[str]:
    """Refused questions, most asked first."""
    lines = [
        f"{u.count}× {one_line(u.question)} · last {u.last_asked:%Y-%m-%d}, {u.reason.replace('_', ' ')}" for u in asked
    ]
    return lines or [wording.NONE_UNANSWERED]


def settings_lines(own: OwnSettings, holds: PlaceSettings, excerpts: int) -> list[str]:
    """What holds in a place, and what of it is set there; `excerpts` is the bot's own number."""
    return [f"{name}: {one_line(value)}{note}" for name, value, note in wording.settings_rows(own, holds, excerpts)]


# ---- The home tab ----------------------------------------------------------------------------------------------------


def home_view(
    status: Sequence[str], listings: Sequence[Listing], settings: Sequence[str], retention: Retention
) -> dict[str, Any]:
    """The home tab: how to ask, lines of the status and the settings, the newest articles, and what is remembered."""
    newest = Wanted(order="newest").of(listings)
    rest = len(newest) - HOME_ARTICLES
    more = [section(text(f"And {wording.plural(rest, 'more article')}: "), text("/sources", code=True))]
    blocks = [
        _header("On the Record"),
        _own(ABOUT),
        _own(ASKING),
        _header("Status"),
        _short(status),
        _header("Newest articles"),
        *(_row(listing) for listing in newest[:HOME_ARTICLES]),
        *(more if rest > 0 else ()),
        *(() if newest else [section(text(wording.EMPTY_INDEX))]),
        _header("Settings"),
        _short(settings),
        _header("What is remembered"),
        _remembered(retention),
    ]
    return {"type": "home", "blocks": blocks}


def _own(words: str) -> Block:
    return {"type": "section", "text": markup(words)}


def _remembered(retention: Retention) -> Block:
    return _own(wording.remembered(retention, "`/coverage-mydata`", "`/coverage-forgetme`"))


def _header(words: str) -> Block:
    return {"type": "header", "text": plain(words)}


def _title(words: str) -> Block:
    return section(text(shorten(words, TEXT_LIMIT), bold=True))


def _fact(name: str, value: Block) -> list[Block]:
    return [text(f"{name}: ", bold=True), value, text("\n")]


def _lines(lines: Iterable[str]) -> list[Block]:
    """Lines as they are, in as many blocks as they need; a block begins with a line where it can."""
    words = "\n".join(lines)
    starts = [at + 1 for at, character in enumerate(words) if character == "\n"]
    return [section(text(cut.removesuffix("\n") or " ")) for cut in split(words, starts)]


def _short(lines: Sequence[str]) -> Block:
    """Lines in one block, cut where they need more."""
    return section(text(shorten("\n".join(lines), TEXT_LIMIT)))


def _row(listing: Listing, mark: str = "") -> Block:
    """An article with what the index knows of it, below its headline."""
    source = listing.source
    indexed = f"indexed {listing.indexed_at:%Y-%m-%d}"
    return row(source, indexed, source.id, mark=mark, apart="\n")
