"""The terminal: answers as JSON, as plain lines for a pipe, or laid out with colour, and the interactive chat."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot import credit, verdicts, wording
from bot.answer import Way, shown_at_once
from bot.citing import cite
from bot.days import today
from bot.prompt import Prompt
from bot.records.sent import Lost, sent
from index.errors import OnTheRecordError
from index.shown import harmless, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.answer import Answer, Excerpt
    from bot.carried import Carried
    from bot.citing import Form
    from bot.desk import Desk, DeskStatus
    from bot.quotations import Verification
    from index.model import Article, Listing

HELP = """\
Ask anything about the coverage; the answer is quoted from the articles, word for word, or it is refused.
  /sources     the articles in the index
  /source N    one of them, whole: its number in that list, or its id
  /closest     what came closest to the last question, where that was refused; it is not an answer
  /carried     which other articles carry what the first excerpt of the last answer says, and in which words
  /compare QUESTION  what each article says of it, the oldest first
  /figures QUESTION  the figures in what answers it, and where articles differ in one
  /said NAME   what a person is quoted as saying, by day; "/said NAME about …" narrows it
  /timeline QUESTION  what answers it, by the days that are spoken of
  /first QUESTION  the earliest dated article that carries what answers it
  /only-in OUTLET  what no other outlet carries; "/only-in OUTLET about …" narrows it
  /verify TEXT hold the quotations in a text against the articles
  /status      what is being served
  /help        this
  /quit        leave (so does Ctrl-D)
Tab completes commands and the names of outlets, and the arrow keys call back what was typed before."""

COMMANDS = re.findall(r"^  (/[\w-]+)", HELP, re.MULTILINE)

_WAYS = {
    "/compare": Way.COMPARED, "/figures": Way.FIGURES, "/said": Way.SAID, "/timeline": Way.TIMELINE,
    "/first": Way.FIRST, "/only-in": Way.ONLY_IN,
}  # fmt: skip

_FIRST_STEPS = """\
There are no articles to answer from yet.

1. Put some into {corpus}
   or name another folder of yours: a line CORPUS_DIR=… in the file .env in {here}
   Text, Markdown, saved web pages, JSON, feeds, NewsML and PDF are read.
2. Run on-the-record again. It indexes them, which takes a moment, and opens a chat.
   The index is kept in {index}

`on-the-record --help` and `on-the-record-index --help` list the other commands."""

_OTHERWISE = "In other words; between asterisks is what says it:"
_VERSIONS = "The same quotation in other words; between asterisks is what differs:"
SHOW_CLOSEST = "What comes closest is not an answer; --closest shows it, and /closest in the chat."


def first_steps(corpus: Path, index: Path) -> str:
    """What to do before there is anything to ask: where articles go, and which command comes next."""
    return _FIRST_STEPS.format(corpus=corpus.absolute(), index=index.absolute(), here=Path.cwd())


def as_line(answer: Answer, *, closest: bool = False) -> str:
    """The answer in one line, for one answer a line in a pipe; white space within a quotation becomes one space.

    `closest` adds to a refusal what it has to show on demand.
    """
    if answer.refusal:
        shown = answer.quoted if closest else ()
        quoted = [f"{wording.NOT_AN_ANSWER} {_shown(e)} ({credit.citation(e)})" for e in shown]
        line = "  ".join([answer.refusal.message, *quoted])
    else:
        excerpts = [f"[{e.number}] {_shown(e)} ({credit.citation(e)})" for e in answer.excerpts]
        line = "  ".join([*wording.remarks(answer), *excerpts])
    return re.sub(r"\s*\n\s*", " ", harmless(line))


def cited(answer: Answer, form: Form) -> str:
    """Citations of what an answer quotes, as they stand in a file, as of today."""
    return harmless(cite(answer.excerpts, form, today()))


def as_text(answer: Answer, *, closest: bool = False) -> str:
    """The answer as plain text of several lines, uncoloured and unwrapped; `closest` as for `as_line`."""
    lines = [_head(answer)] if answer.excerpts else []
    for excerpt in answer.excerpts:
        quote = _shown(excerpt).replace("\n", "\n    │ ")
        lines += ["", f"[{excerpt.number}] │ {quote}", f"    {credit.citation(excerpt)}"]
        lines += [f"    {also}" for also in credit.also_in(excerpt)[:1]]
    if answer.refusal:
        lines.append(answer.refusal.message)
        if answer.refusal.nearest:
            lines.append(f"{wording.NEAREST}:")
            lines += [f"  {credit.title(s)} · {credit.outlet(s)} · {credit.day(s)}" for s in answer.refusal.nearest]
        if answer.refusal.closest:
            lines += ["", closest_text(answer.refusal.closest)] if closest else [SHOW_CLOSEST]
    return harmless("\n".join(lines))


def carried_text(found: Carried) -> str:
    """Which other articles carry a statement, as plain lines; what says it, or differs, between asterisks."""
    lines = [wording.CARRIED, f"  │ {found.statement.text}", f"  {credit.citation(found.statement)}"]
    lines += [f"  {also}" for also in credit.also_in(found.statement)[:1]]
    lines += ["", _OTHERWISE] if found.otherwise else []
    for excerpt in found.otherwise:
        before, said, after = excerpt.parts
        lines += [f"[{excerpt.number}] │ {before}*{said}*{after}", f"    {credit.citation(excerpt)}"]
        lines += [f"    {also}" for also in credit.also_in(excerpt)[:1]]
    lines += ["", _VERSIONS] if found.versions else []
    for version in found.versions:
        words = "".join(f"*{words}*" if differs else words for words, differs in version.parts)
        place = credit.paragraph(version.paragraph)
        lines += [f"  │ {words}", f"    {credit.origin(version.source)} · {credit.title(version.source)} · {place}"]
    return harmless("\n".join([*lines, "", *wording.carried_remarks(found)]).rstrip())


def closest_text(excerpt: Excerpt) -> str:
    """What is nearest to a question that was refused, as no answer."""
    quote = _shown(excerpt).replace("\n", "\n│ ")
    return harmless(f"{wording.NOT_AN_ANSWER}\n│ {quote}\n{credit.citation(excerpt)}")


def layout(answer: Answer, *, closest: bool = False) -> Group:
    """The answer laid out for a terminal, wrapped to its width; `closest` as for `as_line`."""
    if answer.refusal:
        first, *rest = as_text(answer, closest=closest).split("\n")
        return Group(Text(first, style="yellow"), *(Text(line, style="dim") for line in rest))
    parts: list[Text | Padding] = [Text(_head(answer), style="dim" if answer.likely else "yellow")]
    for excerpt in answer.excerpts:
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Text(str(excerpt.number), style="bold cyan"), _marked(excerpt))
        for note in [credit.citation(excerpt), *credit.also_in(excerpt)[:1]]:
            grid.add_row("", Text(harmless(note), style="dim"))
        parts.append(Padding(grid, (1, 0, 0, 1)))
    return Group(*parts)


def sources_text(listings: Iterable[Listing]) -> str:
    """The list of articles, numbered from 1 as `/source N` takes them."""
    lines = []
    for number, listing in enumerate(listings, start=1):
        s = listing.source
        lines.append(f"{number:>3}  {credit.title(s)}")
        facts = [
            s.id,
            credit.outlet(s),
            credit.day(s),
            wording.plural(listing.passages, "passage"),
            credit.extent(s),
        ]
        lines.append(f"     {' · '.join(filter(None, facts))} · indexed {listing.indexed_at:%Y-%m-%d %H:%M} UTC")
    return harmless("\n".join(lines)) or wording.EMPTY_INDEX


def verification_text(found: Verification) -> str:
    """What became of every quotation of a text, as plain lines."""
    return harmless("\n".join(verdicts.verification_lines(found)))


def status_text(status: DeskStatus) -> str:
    """What is served, in a few lines."""
    m = status.manifest
    holds = f"{wording.plural(status.articles, 'article')}, {wording.plural(status.passages, 'passage')}"
    lines = [f"Generation {m.generation}, built {m.built_at:%Y-%m-%d %H:%M} UTC: {holds}.", f"Model {m.model}."]
    return "\n".join(lines + ([status.warning] if status.warning else []))


async def chat(desk: Desk, count: int, console: Console) -> None:
    """Read questions until the end of input: with a prompt on a terminal, quietly from a pipe."""
    interactive = console.is_terminal
    prompt = Prompt(COMMANDS) if interactive and sys.stdin.isatty() else None
    asked: Answer | None = None
    if interactive:
        status = await desk.status()
        console.print(Text(f"On the Record. {status_text(status)}\nAsk a question, or /help.", style="dim"))
    while True:
        try:
            if prompt:
                console.print()
                line = await prompt.line(await _outlets(desk))
            else:
                line = await asyncio.to_thread(input, "\n? " if interactive else "")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip() in {"/quit", "/exit"}:
            return
        if not line.strip():
            continue
        try:
            asked = await _respond(desk, line.strip(), count, console, asked)
        except OnTheRecordError as exc:
            console.print(Text(str(exc), style="red"))


async def _outlets(desk: Desk) -> tuple[str, ...]:
    try:
        return await desk.outlets()
    except OnTheRecordError:  # what is wrong is said when something is asked
        return ()


async def _respond(desk: Desk, line: str, count: int, console: Console, asked: Answer | None) -> Answer | None:
    """Answer a line, or do what it commands; gives the latest answer, which before was `asked`."""
    command, _, argument = line.partition(" ")
    if way := _WAYS.get(command):
        asked = await desk.ask(argument, count=shown_at_once(way, count), way=way)
        reply: Text | Group = layout(asked) if console.is_terminal else Text(as_text(asked))
    elif command == "/help":
        reply = Text(HELP)
    elif command == "/sources":
        reply = Text(sources_text(await desk.listings()))
    elif command == "/status":
        reply = Text(status_text(await desk.status()))
    elif command == "/verify":
        reply = Text(verification_text(await desk.verify(argument)))
    elif command == "/closest":
        reply = Text(await _closest(desk, asked))
    elif command == "/carried":
        reply = Text(await _carried(desk, asked))
    elif command == "/source":
        reply = Text(await _source(desk, argument.strip()))
    elif command.startswith("/"):
        reply = Text(f"There is no command {command}.\n{HELP}")
    else:
        asked = await desk.ask(line, count=count)
        if not console.is_terminal:
            # A pipe gets the lines unwrapped, each answer under its question.
            console.print(Text(f"? {line}\n{as_text(asked)}\n"), soft_wrap=True)
            return asked
        reply = layout(asked)
    console.print(reply, soft_wrap=not console.is_terminal)
    return asked


async def _closest(desk: Desk, asked: Answer | None) -> str:
    if asked is None or not (asked.refusal and asked.refusal.closest):
        return "The last question was not refused, or nothing came close to it."
    (found,) = await desk.quote_again(sent(asked).quoted)
    return wording.lost(found) if isinstance(found, Lost) else closest_text(found)


async def carrying(desk: Desk, answer: Answer) -> Carried | None:
    """Which other articles carry what the first excerpt of an answer says; None where that is no longer there."""
    found = await desk.carried(sent(answer).quoted[0], answer.question, answer.filters)
    return None if isinstance(found, Lost) else found


async def _carried(desk: Desk, asked: Answer | None) -> str:
    if asked is None or not asked.excerpts:
        return "The last question has no answer that other articles could carry."
    found = await carrying(desk, asked)
    return carried_text(found) if found else wording.lost(Lost.CHANGED)


async def _source(desk: Desk, wanted: str) -> str:
    listings = await desk.listings()
    if wanted.isdecimal() and 0 < int(wanted) <= len(listings):
        wanted = listings[int(wanted) - 1].source.id
    article = await desk.article(wanted)
    if article is None:
        return f'There is no article "{wanted}". /sources lists them.'
    return article_text(article)


def article_text(article: Article) -> str:
    """A card and the stored text."""
    s = article.source
    facts = [s.id, credit.outlet(s), credit.day(s), visible(s.author or ""), visible(s.url or ""), credit.extent(s)]
    return harmless(f"{credit.title(s)}\n{' · '.join(filter(None, facts))}\n\n{article.text}")


def _head(answer: Answer) -> str:
    return " ".join([*wording.remarks(answer), wording.counts(answer)])


def _shown(excerpt: Excerpt) -> str:
    """The excerpt with […] where its paragraph goes on."""
    return excerpt.text.join(_trims(excerpt))


def _trims(excerpt: Excerpt) -> tuple[str, str]:
    before = f"{wording.TRIMMED} " if excerpt.trimmed_before else ""
    return before, f" {wording.TRIMMED}" if excerpt.trimmed_after else ""


def _marked(excerpt: Excerpt) -> Text:
    """As `_shown`, with the words that answer in bold."""
    before, answer, after = excerpt.parts
    opening, closing = _trims(excerpt)
    return Text.assemble(harmless(opening + before), (harmless(answer), "bold"), harmless(after + closing))
