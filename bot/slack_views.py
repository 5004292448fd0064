"""Lists, cards, reports and settings as Slack messages; and the form, the menus and the home tab. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot import wording
from bot.settings import MAX_EXCERPTS
from bot.slack_blocks import (
    LINE_LIMIT,
    NAME_LIMIT,
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
    plain,
    row,
    section,
    shorten,
    split,
    text,
)
from bot.sources import Wanted, fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.desk import DeskStatus, Neighbour
    from bot.records import Action, OwnSettings, PlaceSettings, Unanswered
    from bot.slack_blocks import Block
    from index.build import BuildReport, Changes
    from index.model import Listing, Source

    # What was put into a form, by block and element: the values of a view's state.
    Values = Mapping[str, Mapping[str, Mapping[str, Any]]]

SOURCES_PER_PAGE = 10
# Articles that the home tab names.
HOME_ARTICLES = 20
# Options that a menu shows at once, and characters of an option's text and of its value.
OPTIONS = 100
_OPTION_TEXT = 75
_OPTION_VALUE = 150
_QUESTION_CHARS = 2000

ABOUT = (
    "*On the Record* answers questions about a body of news articles with the articles' own words: verbatim excerpts, "
    "each with its source. It writes nothing about the news itself. Where the coverage does not answer, it says so."
)
ASKING = (
    '`/ask` a question, with `outlet:"…"`, `since:…`, `until:…`, `number:…` or `private:yes` if you like; `/ask` alone '
    "opens a form\n"
    "Mention me with a question in a channel, or write to me directly. In the thread of an answer, words such as “only "
    "from …” or “since Monday” ask the same of fewer articles.\n"
    "In the menu of any message: *Ask the coverage* and *Verify quotes*"
)
COMMANDS = (
    "`/verify` quotations in a text, word for word\n"
    "`/sources` the articles in the index\n"
    "`/source` all that is known about one article\n"
    "`/coverage-status` which index is served\n"
    "`/coverage-help` this help\n"
    "Admins have `/reindex`, `/rollback`, `/coverage-remove`, `/restore`, `/audit`, `/unanswered` and "
    "`/coverage-settings`.\n"
    "Every command also exists with `coverage-` in front, such as `/coverage-ask`."
)


def sentence(words: str) -> Message:
    """A plain sentence, cut where it weighs more than one text may."""
    return message([section(text(shorten(words, TEXT_LIMIT)))])


def help_message() -> Message:
    """What the bot does and how to use it."""
    return message([_own(ABOUT), _own(ASKING), _own(COMMANDS)])


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
        "Outlet": line(source.outlet, NAME_LIMIT) if source.outlet else "",
        "Author": line(source.author, NAME_LIMIT) if source.author else "",
        "Date": wording.day(source) if source.published else "",
        "Language": line(source.language, NAME_LIMIT) if source.language else "",
    }
    given = {"Headline": source.title_given, **known, "Link": source.url}
    facts = {
        **known,
        "Not given": ", ".join(name.lower() for name, value in given.items() if not value),
        "Corrected": wording.replaced(replaced),
        "Searchable passages": f"{listing.passages:,}",
        "Indexed": f"{listing.indexed_at:%Y-%m-%d %H:%M} UTC",
    }
    told = [element for name, value in facts.items() if value for element in _fact(name, text(value))]
    if source.url:
        url = address(source.url)
        told += _fact("Link", {"type": "link", "url": url} if url else text(line(source.url, LINE_LIMIT)))
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


# ---- Lines -----------------------------------------------------------------------------------------------------------


def status_lines(status: DeskStatus, connection: str | None) -> list[str]:
    """Which index is served, and whether it is well; `connection` says how the bot is connected, if it is known."""
    manifest = status.manifest
    lines = [
        f"Generation {manifest.generation}, built {manifest.built_at:%Y-%m-%d %H:%M} UTC",
        f"{wording.plural(status.articles, 'article')}, {wording.plural(status.passages, 'passage')}",
        f"Model: {line(manifest.model, NAME_LIMIT)}",
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
        lines.append(f"{action.number} · {action.at:%Y-%m-%d %H:%M} UTC · {' · '.join(filter(None, map(_one, told)))}")
    return lines or [wording.NO_ACTIONS]


def unanswered_lines(asked: Sequence[Unanswered]) -> list[str]:
    """Refused questions, most asked first."""
    lines = [
        f"{u.count}× {_one(u.question)} · last {u.last_asked:%Y-%m-%d}, {u.reason.replace('_', ' ')}" for u in asked
    ]
    return lines or [wording.NONE_UNANSWERED]


def settings_lines(own: OwnSettings, holds: PlaceSettings, excerpts: int) -> list[str]:
    """What holds in a place, and what of it is set there; `excerpts` is the bot's own number."""
    return [f"{name}: {_one(value)}{note}" for name, value, note in wording.settings_rows(own, holds, excerpts)]


# ---- The form, menus, the home tab -----------------------------------------------------------------------------------


def picker_message(prompt: str, action_id: str) -> Message:
    """A sentence and a menu whose options the bot is asked for as somebody types."""
    return message([section(text(shorten(prompt, TEXT_LIMIT))), *actions([_menu(action_id)])])


def article_options(sources: Iterable[Source], typed: str) -> list[Block]:
    """Options for the articles that fit what is typed; the value is the hash of the text, since an id may be too long.

    Articles of the same text are one option, as a value may stand in a menu once.
    """
    shown: dict[str, str] = {}
    for source in fitting(sources, typed):
        shown.setdefault(source.sha256, f"{source.title} · {source.outlet}" if source.outlet else source.title)
    return [_option(words, sha256) for sha256, words in shown.items()][:OPTIONS]


def name_options(names: Iterable[str], typed: str) -> list[Block]:
    """Options for the names that hold what is typed, each its own value; one too long to be a value is left out."""
    wanted = typed.casefold()
    return [_option(n, n) for n in names if wanted in n.casefold() and len(n) <= _OPTION_VALUE][:OPTIONS]


def ask_modal(metadata: str) -> dict[str, Any]:
    """The form of a question; `metadata`, at most 3000 characters, comes back with it."""
    numbers = [_option(str(number), str(number)) for number in range(1, MAX_EXCERPTS + 1)]
    day = "Such as 3 May 2023, last Monday or May 2023"
    question = {"type": "plain_text_input", "multiline": True, "max_length": _QUESTION_CHARS, "focus_on_load": True}
    number = {"type": "static_select", "placeholder": plain("As usual here"), "options": numbers}
    private = {"type": "checkboxes", "options": [_option("Show the answer only to me", "yes")]}
    return {
        "type": "modal",
        "callback_id": "ask",
        "private_metadata": metadata,
        "title": plain("Ask the coverage"),
        "submit": plain("Ask"),
        "close": plain("Cancel"),
        "blocks": [
            _input("question", "Question", question, optional=False),
            _input("outlet", "Only from this outlet", _menu("outlet")),
            _input("since", "Published on or after", {"type": "plain_text_input", "max_length": 100}, hint=day),
            _input("until", "Published on or before", {"type": "plain_text_input", "max_length": 100}, hint=day),
            _input("number", "Excerpts", number),
            _input("private", "Who sees it", private),
        ],
    }


def asked(values: Values) -> dict[str, str | None]:
    """What was put into the form, by field and as an option of the command has it; None where nothing was."""
    return _entered(values, ("question", "outlet", "since", "until", "number", "private"))


def home_view(status: Sequence[str], listings: Sequence[Listing], settings: Sequence[str]) -> dict[str, Any]:
    """The home tab: how to ask, the lines of the status and of the settings, and the newest articles."""
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
    ]
    return {"type": "home", "blocks": blocks}


def _entered(values: Values, names: Iterable[str]) -> dict[str, str | None]:
    """What was put into these fields of a form; None where nothing was."""
    found = {}
    for name in names:
        entered = values.get(name, {}).get(name, {})
        chosen = [entered.get("selected_option"), *(entered.get("selected_options") or ())]
        given = [entered.get("value"), *(option["value"] for option in chosen if option)]
        found[name] = next((value.strip() for value in given if value and value.strip()), None)
    return found


def _own(words: str) -> Block:
    return {"type": "section", "text": markup(words)}


def _header(words: str) -> Block:
    return {"type": "header", "text": plain(words)}


def _title(words: str) -> Block:
    return section(text(shorten(words, TEXT_LIMIT), bold=True))


def _fact(name: str, value: Block) -> list[Block]:
    return [text(f"{name}: ", bold=True), value, text("\n")]


def _one(words: str) -> str:
    """Words without their line ends, so that each line of a list is one thing."""
    return " ".join(words.split())


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
    return row(source, wording.plural(listing.passages, "passage"), indexed, source.id, mark=mark, apart="\n")


def _option(words: str, value: str) -> Block:
    return {"text": plain(words, _OPTION_TEXT), "value": value}


def _menu(action_id: str) -> Block:
    """A menu whose options the bot is asked for, at once and as somebody types."""
    shown = {"placeholder": plain("Begin to type"), "min_query_length": 0}
    return {"type": "external_select", "action_id": action_id, **shown}


def _input(name: str, label: str, element: Block, *, optional: bool = True, hint: str = "") -> Block:
    """A field of a form; its block and its element go by its name."""
    hinted = {"hint": plain(hint)} if hint else {}
    field = {**element, "action_id": name}
    return {"type": "input", "block_id": name, "label": plain(label), "element": field, "optional": optional, **hinted}
