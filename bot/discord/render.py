"""Answers, lists, cards and reports as Discord text. Pure: nothing here talks to Discord.

A quotation is shown as Discord's block quote with every character of markup escaped, so that the reader sees the
stored characters and nothing else; the words in it that answer are in bold. Discord itself shows a tab as blanks; it
keeps everything else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace
from functools import partial
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import verdicts, wording
from bot.answer import Excerpt
from bot.carried import Version
from bot.citing import Form, cite
from bot.pictures import lines
from bot.tongue import name_of, say
from index.shown import is_link, model_name, visible
from index.shown import link as percent_encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from bot.answer import Answer, Refusal
    from bot.carried import Carried
    from bot.desk import DeskStatus, Neighbour
    from bot.pictures import Coverage
    from bot.quotations import Verification
    from bot.records.audit import Action
    from bot.records.places import OwnSettings, PlaceSettings
    from bot.records.refusals import Unanswered
    from bot.records.sent import Context
    from index.build import BuildReport, Changes
    from index.findings import Finding, Standing
    from index.model import Listing, Source
    from index.tokens import Segment

CONTENT_LIMIT = 2000  # characters of a plain message
LAYOUT_LIMIT = 4000  # characters of text in a message made of components
SOURCES_PER_PAGE = 10
COLOUR = discord.Colour(0x4A6FA5)

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

# The buttons of answers: what each does, its label and its look.
BUTTONS = {
    "context": (say("Context"), discord.ButtonStyle.secondary),
    "cite": (say("Cite"), discord.ButtonStyle.secondary),
    "carried": (say("Carried by"), discord.ButtonStyle.secondary),
    "carried_more": (say("More"), discord.ButtonStyle.secondary),
    "file": (wording.AS_FILES, discord.ButtonStyle.secondary),
    "more": (say("More"), discord.ButtonStyle.secondary),
    "others": (say("The others"), discord.ButtonStyle.secondary),
    "sources": (say("Sources"), discord.ButtonStyle.secondary),
    "alone": (say("Ask it alone"), discord.ButtonStyle.secondary),
    "closest": (say("Show the closest"), discord.ButtonStyle.secondary),
    "share": (say("Share"), discord.ButtonStyle.primary),
    "remove": (say("Remove"), discord.ButtonStyle.secondary),
    "helpful": (say("Helpful"), discord.ButtonStyle.secondary),
    "not_helpful": (say("Not helpful"), discord.ButtonStyle.secondary),
    "not_an_answer": (say("Not an answer"), discord.ButtonStyle.secondary),
    "wrong_source": (say("Wrong source"), discord.ButtonStyle.secondary),
}
# Articles, and versions of a quotation, that are shown at once of those that carry a statement.
CARRIED_PER_PAGE = 6
_HEADS_LIMIT, _REMARK_LIMIT = 500, 900
REPORT_FILE = "verification.txt"
CHOICES = 25  # choices of an option that Discord shows at once
CHOICE_CHARS = 100
# With more excerpts than this, a text for each citation and a line after it would be more components than a message
# may have.
_SPACED = 6
# Characters of context around an excerpt, on each side: at most, and at least where there are so many.
_AROUND = (900, 200)
# Findings that are shown in one message at most. Where they do not fit whole: characters of a quotation and of a
# stretch of it that are always shown, and characters of notes and places.
FINDINGS = 10
_FINDING_LIMIT = 300
_STRETCH_LIMIT = 120
_NOTES_LIMIT = 900

# Citations are cut to these lengths only where a message would not fit otherwise.
_TITLE_LIMIT = 150
_NAME_LIMIT = 60
_URL_LIMIT = 1000
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
    return escape(text[: _fitting(text, limit - 1, escape)]) + "…"


def plain(text: str, limit: int) -> str:
    """`text` as it is, cut with `…`: for names of choices, which know no markup."""
    return text if width(text) <= limit else text[: _longest(text, range(len(text) + 1), limit - 1, str)] + "…"


def answer_view(
    answer: Answer,
    *,
    show_question: bool,
    button: Callable[..., ui.Item[Any]] | None = None,
    menu: Callable[[list[discord.SelectOption]], ui.Item[Any]] | None = None,
    private: bool = False,
    share: bool = True,
    alone: bool = False,
) -> ui.LayoutView:
    """An answer as one message. All excerpts and their sources are in it; long quotes are cut, marked with […].

    `button` makes one from what it does and the number of its excerpt, `menu` a menu of excerpts whose context may be
    seen; without the first there are neither. A `private` answer can be made public where it may be shared. `alone`
    tells that the question took words of another, and may be asked without them.
    """
    asked = shorten(" ".join(answer.question.split()), 200)
    question = f"-# {say('Question: {question}', question=asked)}" if show_question else ""
    if answer.refusal:
        view = _view([question], [_refusal(answer.refusal)])
        offered = {"closest": answer.refusal.closest, "remove": not private, "alone": alone}
        row = [button(what) for what, there in offered.items() if there] if button else []
        return view.add_item(ui.ActionRow(*row)) if row else view
    head = "\n".join(filter(None, [question, *(f"**{shorten(remark, 200)}**" for remark in wording.remarks(answer))]))
    foot = f"-# {escape(wording.counts(answer))}"
    view = excerpts_view(head, answer.excerpts, foot)
    if button is None or menu is None:
        return view
    several = len(answer.excerpts) > 1
    if several:
        view.add_item(ui.ActionRow(menu(list(map(_option, answer.excerpts)))))
    row = [] if several else [button("context", answer.excerpts[0].number)]
    row.append(button("carried"))
    view.add_item(ui.ActionRow(*row, button("file"), *([button("alone")] if alone else [])))
    last = ["share"] * share if private else ["remove"]
    whats = ("more", "sources", *last, "helpful", "not_helpful")
    return view.add_item(ui.ActionRow(*map(button, whats)))


def excerpts_view(head: str, excerpts: Sequence[Excerpt], foot: str) -> ui.LayoutView:
    """Excerpts and their sources between two lines; long quotes are cut, marked with […]."""
    room = LAYOUT_LIMIT - width(head) - width(foot) - len(excerpts)
    citations = [_citation(excerpt, room * 2 // 3 // len(excerpts)) for excerpt in excerpts]
    room -= sum(map(width, citations))
    limit = _equal_share([width(_quotation(excerpt, LAYOUT_LIMIT)) for excerpt in excerpts], room)
    quotations = [_quotation(excerpt, limit) for excerpt in excerpts]
    spaced = len(citations) <= _SPACED
    shown = [list(texts) if spaced else ["\n".join(texts)] for texts in zip(quotations, citations, strict=True)]
    return _view([head], *shown, [foot], lined=spaced)


def news_view(
    head: str,
    excerpts: Sequence[Excerpt],
    foot: str,
    *,
    button: Callable[..., ui.Item[Any]] | None = None,
    menu: Callable[[list[discord.SelectOption]], ui.Item[Any]] | None = None,
    more: bool = False,
    private: bool = False,
) -> ui.LayoutView:
    """Excerpts that are new for a follow, with buttons as an answer has them; with `more`, one shows the others."""
    view = excerpts_view(head, excerpts, foot)
    if button is None or menu is None:
        return view
    view.add_item(ui.ActionRow(menu(list(map(_option, excerpts)))))
    row = [button("others", excerpts[-1].number)] if more else []
    row += [button("sources"), *([] if private else [button("remove")])]
    return view.add_item(ui.ActionRow(*row, button("helpful"), button("not_helpful")))


def context_view(found: Context, button: Callable[..., ui.Item[Any]]) -> ui.LayoutView:
    """An excerpt as a quotation, the stored text around it as it stands, and buttons to cite it or say what is wrong.

    What does not fit is cut, marked with `…` in the text around and with […] in the excerpt.
    """
    excerpt = found.excerpt
    head = f"-# {say('The stored text around excerpt {number}', number=excerpt.number)}"
    citation = _citation(excerpt, LAYOUT_LIMIT // 3)
    most, least = _AROUND
    room = LAYOUT_LIMIT - width(head) - width(citation)
    quotation = _quotation(excerpt, room - 2 * least, trims=False)
    around = min(most, (room - width(quotation)) // 2)
    before, after = _end_of(found.before.strip(), around), shorten(found.after.strip(), around)
    view = _view([head], [before, quotation, after], [citation])
    whats = ("cite", "not_an_answer", "wrong_source")
    return view.add_item(ui.ActionRow(*(button(what, excerpt.number) for what in whats)))


def carried_view(found: Carried, page: int, button: Callable[..., ui.Item[Any]]) -> ui.LayoutView:
    """One page of which other articles carry a statement; `page` counts from 0. `button` as for `answer_view`."""
    rows: list[Excerpt | Version] = [*found.otherwise, *found.versions]
    count = max(1, -(-len(rows) // CARRIED_PER_PAGE))
    page = min(page, count - 1)
    shown = rows[page * CARRIED_PER_PAGE : (page + 1) * CARRIED_PER_PAGE]
    foot = "" if count == 1 else f"-# {say('page {page} of {pages}', page=page + 1, pages=count)}"
    remarks = [shorten(remark, _REMARK_LIMIT) for remark in wording.carried_remarks(found)] if page == 0 else []
    first = [found.statement] if page == 0 else []
    # What the heads weigh, with some to spare.
    room = LAYOUT_LIMIT - _HEADS_LIMIT - sum(map(width, remarks))
    most = room * 2 // 3 // max(1, len(first) + len(shown))
    cited = [_citation(row, most) if isinstance(row, Excerpt) else _version_place(row) for row in (*first, *shown)]
    room -= sum(map(width, cited))
    whole = [_carried_words(row, LAYOUT_LIMIT) for row in (*first, *shown)]
    limit = _equal_share(list(map(width, whole)), room) if whole else 0
    told = [[_carried_words(row, limit), place] for row, place in zip((*first, *shown), cited, strict=True)]
    blocks = [[f"**{say(wording.CARRIED)}**", *told[0]]] if first else []
    for kind, head in ((Excerpt, wording.OTHERWISE), (Version, wording.VERSIONS)):
        of_kind = [texts for row, texts in zip(shown, told[len(first) :], strict=True) if isinstance(row, kind)]
        blocks += [[f"**{say(head)}**", *chain(*of_kind)]] if of_kind else []
    view = _view(*blocks, remarks, [foot])
    return view.add_item(ui.ActionRow(button("carried_more", page + 1))) if page + 1 < count else view


def citations(excerpt: Excerpt, accessed: date) -> tuple[str, dict[str, str]]:
    """An excerpt to cite: message text with what of it fits, and each form as a file's text by its name."""
    texts = {form: cite([excerpt], form, accessed) for form in Form}
    content = say("Excerpt {number} to cite; the files hold all forms.", number=excerpt.number)
    for form in (Form.FOOTNOTE, Form.MARKDOWN):
        block = f"\n```{form.ending}\n{texts[form]}\n```"
        # Within a block nothing is markup but what would end it, and no character is changed for that.
        if "```" not in texts[form] and width(content + block) <= CONTENT_LIMIT:
            content += block
    return content, {f"citation.{form.ending}": text for form, text in texts.items()}


def closest_view(excerpt: Excerpt) -> ui.LayoutView:
    """What is nearest to a question that was refused, as no answer."""
    head = f"**{say(wording.NOT_AN_ANSWER)}**"
    citation = _citation(excerpt, LAYOUT_LIMIT // 3)
    return _view([head], [_quotation(excerpt, LAYOUT_LIMIT - width(head) - width(citation)), citation])


def cards_view(listings: Sequence[Listing]) -> ui.LayoutView:
    """The articles that an answer quotes: what there is to know about each, in short."""
    if not listings:
        return _view([say(wording.NO_CARDS)])
    return _view(*([_row("", listing)] for listing in listings))


def verification_view(found: Verification) -> tuple[ui.LayoutView, str | None]:
    """What became of the quotations of a text; and the whole as a file's text where it does not fit."""
    head = f"**{escape(verdicts.verified(found))}**"
    if any(finding.segments for finding in found.findings):
        head += f"\n-# {say('~~Struck out~~ is only in the quotation, **bold** only in the article.')}"
    findings = list(enumerate(found.findings, start=1))
    room = LAYOUT_LIMIT - width(head) - 100  # for the note
    if len(findings) <= FINDINGS:
        whole = [_finding(number, finding) for number, finding in findings]
        if sum(map(width, chain(*whole))) <= room:
            return _view([head], *whole), None
    limit = max(_FINDING_LIMIT, room // 3 // len(findings))
    shown = [_finding(number, finding, limit) for number, finding in findings[:FINDINGS]]
    shown = shown[: _reach((sum(map(width, texts)) for texts in shown), room)]
    note = say(
        "Shown in short: {shown} of {all}. The whole is in {file}.",
        shown=len(shown),
        all=len(findings),
        file=REPORT_FILE,
    )
    view = _view([head], *shown, [f"-# {note}", ui.File(f"attachment://{REPORT_FILE}")])
    return view, "\n".join(verdicts.verification_lines(found))


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


def card_view(
    listing: Listing, neighbours: Sequence[Neighbour] = (), replaced: Sequence[datetime] = ()
) -> ui.LayoutView:
    """All that is known about one article, and what is not; and the articles that hold some of its words too.

    `replaced` are the days on which earlier texts of it were replaced.
    """
    source = listing.source
    link = _address(source.url or "") if is_link(source.url) else ""
    known = {
        "outlet": shorten(visible(source.outlet or ""), 200),
        "author": shorten(visible(source.author or ""), 200),
        "date": wording.day(source) if source.published else "",
        "language": shorten(source.language or "", 50),
        "link": link if link and width(link) <= _URL_LIMIT else shorten(visible(source.url or ""), _URL_LIMIT),
    }
    missing = wording.missing({"headline": source.title_given, **known})
    lines = [f"### {_headline(source, limit=500)}"]
    lines += [f"**{say(wording.FACTS[name])}:** {value}" for name, value in known.items() if value]
    lines += [f"**{say('Not given')}:** {missing}"] if missing else []
    lines += [f"**{say('Text')}:** {wording.extent(source)}"] if source.teaser else []
    lines += [f"**{say('Corrected')}:** {wording.replaced(replaced)}"] if replaced else []
    passages = say("**Searchable passages:** {passages}", passages=listing.passages)
    lines += [
        f"{passages} · **{say('Indexed')}:** {listing.indexed_at:%Y-%m-%d %H:%M} UTC",
        f"-# {shorten(source.id, 200)} · sha256 {source.sha256[:12]}",
    ]
    card = "\n".join(lines)
    if not neighbours:
        return _view([card])
    shared = [f"**{say('The same paragraphs stand in:')}**"]
    for near in neighbours:
        facts = [*_known(near.source), wording.plural(near.paragraphs, "paragraph")]
        shared.append(_entry("- ", near.source, f" · {' · '.join(facts)}", _ENTRY_LIMIT))
    return _view([card], ["\n".join(first_lines(shared, LAYOUT_LIMIT - width(card)))])


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
    return wording.removed(shorten(wording.title(source), 300), command("restore"))


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
    return "\n".join(first_lines(lines, CONTENT_LIMIT)) or say(wording.NO_ACTIONS)


def unanswered_text(asked: Sequence[Unanswered]) -> str:
    """Refused questions, most asked first, as many as fit."""
    lines = []
    for refused in asked:
        reason = escape(say(refused.reason.replace("_", " ")))
        last = say("last {day}, {reason}", day=f"{refused.last_asked:%Y-%m-%d}", reason=reason)
        lines.append(f"{refused.count}× {shorten(refused.question, 300)}\n-# {last}")
    return "\n".join(first_lines(lines, CONTENT_LIMIT)) or say(wording.NONE_UNANSWERED)


def settings_text(where: str, own: OwnSettings, holds: PlaceSettings, excerpts: int) -> str:
    """What holds in a place, and what of it is set there."""
    rows = wording.settings_rows(own, holds, excerpts)
    told = [f"**{name}:** {shorten(value, 800)}{note}" for name, value, note in rows]
    return "\n".join([say("Settings of {where}", where=where), *told])


def first_lines(lines: Sequence[str], limit: int) -> Sequence[str]:
    """As many of the lines as fit, one below the other."""
    return lines[: _reach((width(line) + 1 for line in lines), limit + 1)]


def _reach(widths: Iterable[int], limit: int) -> int:
    """How many of the first are together no wider than `limit`."""
    return bisect_right(list(accumulate(widths)), limit)


def _long_text(lines: Sequence[str]) -> tuple[str, str | None]:
    text = "\n".join(map(escape, lines))
    if width(text) <= CONTENT_LIMIT:
        return text, None
    note = say("The whole report is attached.")
    return "\n".join([shorten("\n".join(lines[:2]), CONTENT_LIMIT - width(note) - 1), note]), "\n".join(lines)


def _view(*blocks: Sequence[str | ui.Item[Any]], lined: bool = True) -> ui.LayoutView:
    """Blocks one below the other in one frame, perhaps with a line between; empty texts and blocks are left out."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=COLOUR)
    for block in blocks:
        items = [ui.TextDisplay(item) if isinstance(item, str) else item for item in block if item != ""]
        if lined and items and container.children:
            container.add_item(ui.Separator())
        for item in items:
            container.add_item(item)
    return ui.LayoutView(timeout=None).add_item(container)


def _finding(number: int, finding: Finding, limit: int | None = None) -> list[str]:
    """A quotation with its verdict; below, its notes and places. `limit` cuts both, the quotation marked as cut."""
    notes: Sequence[str] = [_note(note) for note in verdicts.finding_notes(finding)]
    if limit:
        quotation, notes = _cut(finding, limit), first_lines(notes, _NOTES_LIMIT)
    elif finding.segments:
        quotation = "> " + "".join(map(_segment, finding.segments))
    else:
        quotation = quote(finding.quotation.text)
    return [f"**{number}. {say(verdicts.VERDICTS[finding.verdict])}**\n{quotation}", "\n".join(notes)]


def _cut(finding: Finding, limit: int) -> str:
    """The beginning of a quotation as a block quote; if it is altered, with only the ends of each long stretch."""
    text = finding.quotation.text
    if finding.segments:
        shown = [_segment(_brief(segment)) for segment in finding.segments]
        end = _reach(map(width, shown), limit)
        cut, whole = "> " + "".join(shown[:end]), end == len(shown)
    else:
        end = len(text) if width(quote(text)) <= limit else _fitting(text, limit, quote)
        cut, whole = quote(text[:end]), end == len(text)
    return cut if whole else f"{cut} {wording.TRIMMED}"


def _note(note: str | Standing) -> str:
    if isinstance(note, str):
        return f"-# {shorten(note, 300)}"
    where = f"{wording.paragraph(note.paragraph)}{verdicts.typography(note)}"
    facts = f" · {_origin(note.source)} · {where}"
    return _entry("-# ", note.source, facts, _ENTRY_LIMIT)


def _brief(segment: Segment) -> Segment:
    quoted, printed = (wording.brief(words, _STRETCH_LIMIT) for words in (segment.quoted, segment.printed))
    return replace(segment, quoted=quoted, printed=printed)


def _segment(segment: Segment) -> str:
    """A stretch of a quotation within a block quote."""
    shown = verdicts.difference(segment, _unended, partial(_marked, "~~"), partial(_marked, "**"))
    return shown.replace("\n", "\n> ")


def _unended(words: str) -> str:
    """Words escaped that others follow at once, with which a last colon could open the name of an emoji."""
    return _OPEN_COLON.sub(r"\\:", escape(words))


def _marked(mark: str, words: str) -> str:
    """Words in a style, line by line, since some clients read each line of a block quote on its own."""
    return _LINE[mark].sub(lambda line: escape(line[1]) + (f"{mark}{escape(line[2])}{mark}" if line[2] else ""), words)


def _end_of(text: str, limit: int) -> str:
    """`text` escaped, cut with `…` at its beginning where it is wider than `limit`, before a word if it can be."""
    if width(escape(text)) <= limit:
        return escape(text)
    for starts in ([word.start() for word in re.finditer(r"\S+", text)], range(len(text))):
        first = bisect_left(starts, True, key=lambda start: width(escape(text[start:])) < limit)
        if first < len(starts):
            return "…" + escape(text[starts[first] :])
    return "…"


def _quotation(excerpt: Excerpt, limit: int, *, trims: bool = True) -> str:
    """The excerpt as a block quote at most this wide, the words that answer in bold.

    With `trims`, […] stands where its paragraph goes on before or after. Where it does not fit, it is cut at its end,
    and before the words that answer as far as these would not be seen otherwise.
    """
    text, (before, answer, _) = excerpt.text, excerpt.parts
    first, last = (len(before), len(before) + len(answer)) if answer else (0, 0)

    def quoted(start: int, end: int) -> str:
        opening = f"{wording.TRIMMED} " if start or (trims and excerpt.trimmed_before) else ""
        closing = f" {wording.TRIMMED}" if end < len(text) or (trims and excerpt.trimmed_after) else ""
        bold = min(first, end)
        rest = max(bold, min(last, end))
        words = escape(text[start:bold]) + _marked("**", text[bold:rest]) + escape(text[rest:end])
        # What says that it goes on is put in after escaping: it is ours, and its brackets cannot start a link.
        return "> " + opening + words.replace("\n", "\n> ") + closing

    def holds_answer(start: int) -> bool:
        return width(quoted(start, last)) <= limit

    if width(quoted(0, len(text))) <= limit:
        return quoted(0, len(text))
    sentences = [(s.start - excerpt.start, s.end - excerpt.start) for s in excerpt.passage.sentences]
    starts = [start for start, _ in sentences if 0 <= start <= first]
    words = [word.start() for word in re.finditer(r"\S+", text[:first])]
    found = (choice[bisect_left(choice, True, key=holds_answer) :] for choice in (starts, words, [first]))
    start = next(filter(None, found), [first])[0]
    ends = [end - start for _, end in sentences if max(last, start + 1) <= end <= len(text)]
    end = start + _fitting(text[start:], limit, lambda part: quoted(start, start + len(part)), ends)
    return quoted(start, max(end, last) if holds_answer(start) else end)


def _fitting(text: str, limit: int, render: Callable[[str], str], sentences: Sequence[int] = ()) -> int:
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


def _equal_share(widths: Sequence[int], room: int) -> int:
    """How wide texts may be at most so that together they fit into `room`; short ones leave theirs to others."""
    for n, needed in enumerate(sorted(widths)):
        share = room // (len(widths) - n)
        if needed > share:
            return share
        room -= needed
    return max(widths)


def _carried_words(row: Excerpt | Version, limit: int) -> str:
    """A sentence or a quotation as a block quote at most this wide, in bold what says it or what differs."""
    if isinstance(row, Excerpt):
        return _quotation(row, limit, trims=False)

    def quoted(end: int) -> str:
        at, shown = row.start, "> "
        for words, differs in row.parts:
            kept = words[: max(0, end - at)]
            shown += _marked("**", kept) if differs else _unended(kept)
            at += len(words)
        return shown.replace("\n", "\n> ") + ("" if end == row.end else f" {wording.TRIMMED}")

    if width(quoted(row.end)) <= limit:
        return quoted(row.end)
    return quoted(row.start + _fitting(row.text, limit, lambda part: quoted(row.start + len(part))))


def _version_place(version: Version) -> str:
    """Where a version of a quotation stands."""
    return _entry("-# ", version.source, f" · {_origin(version.source)} · {wording.paragraph(version.paragraph)}", 400)


def _citation(excerpt: Excerpt, limit: int) -> str:
    """Number, headline, outlet, date and place; the link and the other places are in it where they fit in `limit`."""
    number = f"**{excerpt.number}.** " if excerpt.number else ""
    number += f"{_origin(excerpt.source)} · "
    where = f" · {wording.place(excerpt)}"
    also_lines = [f"\n-# {escape(also)}" for also in wording.also_in(excerpt)] or [""]
    for link in dict.fromkeys((excerpt.link or excerpt.source.url, excerpt.source.url, None)):
        for line in also_lines:
            citation = f"{number}{_headline(excerpt.source, link=link)}{where}{line}"
            if width(citation) <= limit:
                return citation
    rest = f"{where}{also_lines[-1]}"
    room = limit - width(number) - width(rest)
    return f"{number}{_headline(excerpt.source, limit=room)}{rest}"


def _origin(source: Source) -> str:
    """The outlet and the day of publication, or that they are not known, in few words."""
    if not source.outlet and not source.published:
        return say(wording.ORIGIN_UNKNOWN)
    return f"{shorten(wording.outlet(source), _NAME_LIMIT)} · {wording.day(source)}"


def _known(source: Source) -> list[str]:
    """The outlet and the day of publication as far as they are known: a list does not say of each what is not."""
    facts = [shorten(visible(source.outlet or ""), _NAME_LIMIT), wording.day(source) if source.published else ""]
    return list(filter(None, facts))


def _headline(source: Source, *, limit: int = _TITLE_LIMIT, link: str | None = None) -> str:
    """The headline in bold, or the words that stand in for one, at most so wide; a link where it may be one."""
    # What is put around it is less than 20 wide.
    shown = shorten(visible(source.title), limit - 20)
    shown = f"**{shown}**" if source.title_given else wording.opening(shown)
    if not link or not is_link(link):
        return shown
    # Discord reads no link whose text has brackets or an address.
    unlinkable = any(mark in source.title for mark in ("[", "]", "://"))
    return f"{shown} [{say('link')}]({_address(link)})" if unlinkable else f"[{shown}]({_address(link)})"


def _option(excerpt: Excerpt) -> discord.SelectOption:
    """An excerpt as a choice of a menu, which knows no markup."""
    source = excerpt.source
    label = plain(f"{excerpt.number}. {wording.origin(source)}", CHOICE_CHARS)
    title = plain(visible(source.title), CHOICE_CHARS)
    return discord.SelectOption(label=label, value=str(excerpt.number), description=title)


def _entry(mark: str, source: Source, rest: str, limit: int) -> str:
    """An article as a line of a list: the headline, a link where that fits in `limit`, and what follows it."""
    linked = f"{mark}{_headline(source, link=source.url)}{rest}"
    return linked if width(linked) <= limit else f"{mark}{_headline(source)}{rest}"


def _address(url: str) -> str:
    """An address as a link has it; <…> keeps it from unfolding a preview."""
    return f"<{percent_encoded(url).translate(_URL_ESCAPES)}>"


def _refusal(refusal: Refusal) -> str:
    lines = [f"**{shorten(say(refusal.message), 1000)}**"]
    if refusal.nearest:
        lines.append(f"{say(wording.NEAREST)}:")
    lines += [_entry("- ", s, "".join(f" · {fact}" for fact in _known(s)), _URL_LIMIT - 300) for s in refusal.nearest]
    return "\n".join(lines)


def _row(number: str, listing: Listing) -> str:
    source = listing.source
    facts = [
        *_known(source),
        say("indexed {day}", day=f"{listing.indexed_at:%Y-%m-%d}"),
        shorten(source.id, _NAME_LIMIT),
    ]
    return _entry(number, source, f"\n-# {' · '.join(facts)}", _ENTRY_LIMIT)
