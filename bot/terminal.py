"""The terminal: answers as JSON, as plain lines for a pipe, or laid out with colour, and the interactive chat."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot import wording
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.answer import Answer, Excerpt
    from bot.desk import Desk, DeskStatus
    from bot.quotations import Verification
    from index.model import Article, Listing

HELP = """\
Ask anything about the coverage; the answer is quoted from the articles, word for word, or it is refused.
  /sources     the articles in the index
  /source N    one of them, whole: its number in that list, or its id
  /verify TEXT hold the quotations in a text against the articles
  /status      what is being served
  /help        this
  /quit        leave (so does Ctrl-D)"""

# Characters that make a terminal do something instead of showing something.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")


def as_json(answer: Answer) -> dict[str, object]:
    """The answer as the JSON contract of `python -m bot ask --json`; times in milliseconds."""
    refusal = answer.refusal and {
        "reason": answer.refusal.reason.value,
        "message": answer.refusal.message,
        "nearest": [source.card() for source in answer.refusal.nearest],
    }
    return {
        "question": answer.question,
        "answered": answer.refusal is None,
        "refusal": refusal,
        "excerpts": [_excerpt_json(excerpt) for excerpt in answer.excerpts],
        "articles_in_index": answer.articles,
        "generation": answer.generation,
        "elapsed_ms": round(answer.elapsed * 1000, 3),
    }


def as_line(answer: Answer) -> str:
    """The answer in one line, for one answer a line in a pipe; white space within a quotation becomes one space."""
    if answer.refusal:
        return answer.refusal.message
    excerpts = [f"[{e.number}] {_shown(e)} ({wording.citation(e)})" for e in answer.excerpts]
    line = "  ".join([*wording.remarks(answer), *excerpts])
    return re.sub(r"\s*\n\s*", " ", _harmless(line))


def as_text(answer: Answer) -> str:
    """The answer as plain text of several lines, uncoloured and unwrapped."""
    lines = [_head(answer)] if answer.excerpts else []
    for excerpt in answer.excerpts:
        quote = _shown(excerpt).replace("\n", "\n    │ ")
        lines += ["", f"[{excerpt.number}] │ {quote}", f"    {wording.citation(excerpt)}"]
        lines += [f"    {also}" for also in wording.also_in(excerpt)[:1]]
    if answer.refusal:
        lines.append(answer.refusal.message)
        if answer.refusal.nearest:
            lines.append(f"{wording.NEAREST}:")
            lines += [f"  {wording.title(s)} · {wording.outlet(s)} · {wording.day(s)}" for s in answer.refusal.nearest]
    return _harmless("\n".join(lines))


def layout(answer: Answer) -> Group:
    """The answer laid out for a terminal, wrapped to its width."""
    if answer.refusal:
        first, *rest = as_text(answer).split("\n")
        return Group(Text(first, style="yellow"), *(Text(line, style="dim") for line in rest))
    parts: list[Text | Padding] = [Text(_head(answer), style="dim" if answer.likely else "yellow")]
    for excerpt in answer.excerpts:
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Text(str(excerpt.number), style="bold cyan"), Text(_harmless(_shown(excerpt))))
        for note in [wording.citation(excerpt), *wording.also_in(excerpt)[:1]]:
            grid.add_row("", Text(_harmless(note), style="dim"))
        parts.append(Padding(grid, (1, 0, 0, 1)))
    return Group(*parts)


def sources_text(listings: Iterable[Listing]) -> str:
    """The list of articles, numbered from 1 as `/source N` takes them."""
    lines = []
    for number, listing in enumerate(listings, start=1):
        s = listing.source
        lines.append(f"{number:>3}  {wording.title(s)}")
        facts = [
            s.id,
            wording.outlet(s),
            wording.day(s),
            wording.plural(listing.passages, "passage"),
            wording.extent(s),
        ]
        lines.append(f"     {' · '.join(filter(None, facts))} · indexed {listing.indexed_at:%Y-%m-%d %H:%M} UTC")
    return _harmless("\n".join(lines)) or wording.EMPTY_INDEX


def verification_text(found: Verification) -> str:
    """What became of every quotation of a text, as plain lines."""
    return _harmless("\n".join(wording.verification_lines(found)))


def status_text(status: DeskStatus) -> str:
    """What is served, in a few lines."""
    m = status.manifest
    holds = f"{wording.plural(status.articles, 'article')}, {wording.plural(status.passages, 'passage')}"
    lines = [f"Generation {m.generation}, built {m.built_at:%Y-%m-%d %H:%M} UTC: {holds}.", f"Model {m.model}."]
    return "\n".join(lines + ([status.warning] if status.warning else []))


async def chat(desk: Desk, count: int, console: Console) -> None:
    """Read questions until the end of input: with a prompt on a terminal, quietly from a pipe."""
    interactive = console.is_terminal
    if interactive:
        import readline  # noqa: F401, PLC0415 gives input() a history, where the platform has it

        status = await desk.status()
        console.print(Text(f"On the Record. {status_text(status)}\nAsk a question, or /help.", style="dim"))
    while True:
        try:
            line = await asyncio.to_thread(input, "\n? " if interactive else "")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip() in {"/quit", "/exit"}:
            return
        if not line.strip():
            continue
        try:
            await _respond(desk, line.strip(), count, console)
        except OnTheRecordError as exc:
            console.print(Text(str(exc), style="red"))


async def _respond(desk: Desk, line: str, count: int, console: Console) -> None:
    command, _, argument = line.partition(" ")
    if command == "/help":
        reply: Text | Group = Text(HELP)
    elif command == "/sources":
        reply = Text(sources_text(await desk.listings()))
    elif command == "/status":
        reply = Text(status_text(await desk.status()))
    elif command == "/verify":
        reply = Text(verification_text(await desk.verify(argument)))
    elif command == "/source":
        reply = Text(await _source(desk, argument.strip()))
    elif command.startswith("/"):
        reply = Text(f"There is no command {command}.\n{HELP}")
    else:
        answer = await desk.ask(line, count=count)
        if not console.is_terminal:
            # A pipe gets the lines unwrapped, each answer under its question.
            console.print(Text(f"? {line}\n{as_text(answer)}\n"), soft_wrap=True)
            return
        reply = layout(answer)
    console.print(reply, soft_wrap=not console.is_terminal)


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
    facts = [s.id, wording.outlet(s), wording.day(s), s.author, s.url, wording.extent(s)]
    return _harmless(f"{wording.title(s)}\n{' · '.join(filter(None, facts))}\n\n{article.text}")


def _head(answer: Answer) -> str:
    return " ".join([*wording.remarks(answer), wording.counts(answer)])


def _excerpt_json(excerpt: Excerpt) -> dict[str, object]:
    return {
        "number": excerpt.number,
        "text": excerpt.text,
        "article": excerpt.source.card(),
        "start": excerpt.start,
        "end": excerpt.end,
        "paragraph": excerpt.passage.paragraph,
        "kind": excerpt.passage.kind.value,
        "score": round(excerpt.score, 4),
    }


def _shown(excerpt: Excerpt) -> str:
    """The excerpt with marks where its paragraph goes on."""
    before = f"{wording.TRIMMED} " if excerpt.trimmed_before else ""
    after = f" {wording.TRIMMED}" if excerpt.trimmed_after else ""
    return before + excerpt.text + after


def _harmless(text: str) -> str:
    """The text with nothing in it that a terminal would act on: articles and their titles may hold anything."""
    return text.translate(_CONTROLS)
