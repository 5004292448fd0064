"""`python -m bot`: the composition root. Names model and platform, reads the environment, starts what is set."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from dotenv import load_dotenv
from rich.console import Console
from rich.progress import track

from bot import asklist, contract, export, pictures, service, terminal
from bot.answer import CAUTION, Way, shown_at_once
from bot.citing import Form
from bot.days import period, today
from bot.desk import RECORDS, Desk
from bot.export import Format
from bot.records.records import Records
from bot.serve.tokens import Tokens
from bot.serve.tokens import make as make_token
from bot.settings import MAX_EXCERPTS, Settings, SettingsError
from index.__main__ import Commands, Words, build_with_progress
from index.corpus import article_files
from index.encoder import SentenceTransformerEncoder
from index.engines import open_engine
from index.generations import Generations
from index.model import Filters
from index.reader import open_reader
from index.shown import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from types import ModuleType

    from index.engines import Engine

_index_dir = click.option("--index-dir", type=click.Path(path_type=Path), help="Folder of the index (INDEX_DIR).")


# Which articles are meant, and what else narrows and shapes an answer, in the order in which it is listed.
_ARTICLES = (
    click.option(
        "--outlet", "outlets", multiple=True, type=Words(), help="Only articles of this outlet; again for others."
    ),
    click.option("--since", type=Words(), help="Only articles published on this day, such as last Monday, or later."),
    click.option("--until", type=Words(), help="Only articles published on this day or earlier."),
)
_OPTIONS = (
    click.option("-k", "count", type=click.IntRange(1, MAX_EXCERPTS), help="How many excerpts (EXCERPTS)."),
    *_ARTICLES,
    click.option("--compare", "way", flag_value=Way.COMPARED, help="One excerpt from each article, the oldest first."),
    click.option("--figures", "way", flag_value=Way.FIGURES, help="Excerpts with figures, and where articles differ."),
    click.option("--said", "way", flag_value=Way.SAID, help="What the person named is quoted as saying, by day."),
    click.option(
        "--timeline", "way", flag_value=Way.TIMELINE, help="By the days spoken of; --since and --until bound these."
    ),
    click.option("--first", "way", flag_value=Way.FIRST, help="The earliest dated article that carries what answers."),
    click.option(
        "--only-in", "way", flag_value=Way.ONLY_IN, help="What no other outlet carries: OUTLET, or OUTLET about …"
    ),
)


# How something is written in place of plain text.
_FORMATS = (
    click.option("--json", "written", flag_value=Format.JSON, type=click.UNPROCESSED, help="As JSON, a line for each."),
    click.option(
        "--csv", "written", flag_value=Format.CSV, type=click.UNPROCESSED, help="As a table, safe for spreadsheets."
    ),
    click.option("--markdown", "written", flag_value=Format.MARKDOWN, type=click.UNPROCESSED, help="As Markdown."),
)


def _with(options: Sequence[Callable[..., Any]], command: Callable[..., None]) -> Callable[..., None]:
    return reduce(lambda made, option: option(made), reversed(options), command)


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(package_name="on-the-record", message="On the Record %(version)s")
@_index_dir
@click.pass_context
def main(ctx: click.Context, index_dir: Path | None) -> None:
    """Answer questions about the coverage: on Discord and Slack where their tokens are set, else in this terminal."""
    if ctx.invoked_subcommand:
        ctx.obj = index_dir
        return
    settings = _settings(index_dir)
    platforms = _platforms(settings)
    if not platforms:
        _first_steps(ctx, settings)
    _build_if_missing(settings)
    if platforms:
        _with_desk(
            settings,
            lambda desk: service.run(settings, desk, [partial(platform, settings, desk) for platform in platforms]),
        )
    else:
        _with_desk(settings, lambda desk: terminal.chat(desk, settings.excerpts, Console()))


@main.command()
@click.argument("question", type=Words())
@partial(_with, _OPTIONS)
@click.option("--closest", is_flag=True, help="Where nothing answers, show what comes closest, as no answer.")
@click.option("--carried", is_flag=True, help="Then show which other articles carry what the first excerpt says.")
@partial(_with, _FORMATS)
@click.option(
    "--cite", "form", type=click.Choice([*map(str, Form)]), help="Cite what is quoted in this form, and say no more."
)
@_index_dir
@click.pass_context
def ask(
    ctx: click.Context,
    question: str,
    count: int | None,
    outlets: tuple[str, ...],
    since: str | None,
    until: str | None,
    closest: bool,
    carried: bool,
    way: Way | None,
    written: Format | None,
    form: str | None,
    index_dir: Path | None,
) -> None:
    """Answer one QUESTION; with "-", every line of standard input, an answer a line."""
    if form and (written or closest or carried):
        raise click.UsageError("--cite is a form of its own: leave out --closest, --carried and other forms.")
    if carried and written not in (None, Format.JSON):
        raise click.UsageError("--carried goes with --json or none: leave out --csv and --markdown.")
    settings = _settings(index_dir or ctx.obj)
    filters = Filters(outlets, (), *period(since, until))
    many = question == "-"
    questions = (line.rstrip("\r\n") for line in sys.stdin) if many else iter([question])

    async def work(desk: Desk) -> None:
        if written is Format.CSV:
            click.echo(asklist.header(), nl=False)
        for asked in questions:
            so = Way(way or Way.BEST)
            answer = await desk.ask(asked, filters, count or shown_at_once(so, settings.excerpts), way=so)
            held = await terminal.carrying(desk, answer) if carried and answer.excerpts else None
            if form and answer.refusal:
                click.echo(answer.refusal.message, err=True)
            elif form:
                click.echo(terminal.cited(answer, Form(form)))
            elif written is Format.JSON:
                more = {"carried": held and contract.carried_as_json(held)} if carried else {}
                click.echo(json.dumps({**contract.as_json(answer), **more}, ensure_ascii=False))
            elif written is Format.CSV:
                _print(asklist.rows(asked, answer))
            elif written:
                _print(export.answer(answer, written, today()))
            elif many:
                click.echo(terminal.as_line(answer, closest=closest))
            elif sys.stdout.isatty():
                Console().print(terminal.layout(answer, closest=closest))
            else:
                click.echo(terminal.as_text(answer, closest=closest))
            if held and not written:
                click.echo(f"\n{terminal.carried_text(held)}")

    _with_desk(settings, work)


@main.command("ask-list")
@click.argument("file", type=click.Path(path_type=Path))
@partial(_with, _OPTIONS)
@click.option(
    "--csv/--json", "table", default=True, help="A table, a row an excerpt (the default); or JSON, a line a question."
)
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; one that has some answers goes on.")
@_index_dir
@click.pass_context
def ask_list(
    ctx: click.Context,
    file: Path,
    count: int | None,
    outlets: tuple[str, ...],
    since: str | None,
    until: str | None,
    way: Way | None,
    table: bool,
    out: Path | None,
    index_dir: Path | None,
) -> None:
    """Answer the questions of FILE: a line each, or the column "question" of a .csv."""
    settings = _settings(index_dir or ctx.obj)
    filters = Filters(outlets, (), *period(since, until))
    so = Way(way or Way.BEST)
    asked = asklist.questions(file)
    with asklist.AnswerFile(out, as_table=table) if out else nullcontext() as answers:
        write = answers.write if answers else partial(click.echo, nl=False)
        left = [question for question in asked if not (answers and question in answers.answered)]
        if table and not answers:
            write(asklist.header())

        async def work(desk: Desk) -> None:
            console = Console(stderr=True)
            for question in track(left, "Asking", console=console, disable=not console.is_terminal, transient=True):
                answer = await desk.ask(question, filters, count or shown_at_once(so, settings.excerpts), way=so)
                write((asklist.rows if table else asklist.line)(question, answer))

        _with_desk(settings, work)
    there = len(asked) - len(left)
    click.echo(
        f"{len(left)} of {len(asked)} questions asked" + (f"; {there} were answered there." if there else "."), err=True
    )


@main.command()
@click.argument("text", type=Words())
@partial(_with, _FORMATS)
@_index_dir
@click.pass_context
def verify(ctx: click.Context, text: str, written: Format | None, index_dir: Path | None) -> None:
    """Hold every quotation in TEXT against the articles; with "-", in all of standard input."""
    settings = _settings(index_dir or ctx.obj)
    message = sys.stdin.read() if text == "-" else text

    async def work(desk: Desk) -> None:
        found = await desk.verify(message)
        if written is Format.JSON:
            for finding in found.findings:
                click.echo(json.dumps(contract.finding_as_json(finding), ensure_ascii=False))
        elif written:
            _print(export.verification(found, written))
        else:
            click.echo(terminal.verification_text(found))

    _with_desk(settings, work, reads=False)


@main.command()
@partial(_with, (*_ARTICLES, *_FORMATS))
@_index_dir
@click.pass_context
def sources(
    ctx: click.Context,
    outlets: tuple[str, ...],
    since: str | None,
    until: str | None,
    written: Format | None,
    index_dir: Path | None,
) -> None:
    """List the articles in the index."""
    filters = Filters(outlets, (), *period(since, until))

    async def work(desk: Desk) -> None:
        found = await desk.listings(filters)
        if written is Format.JSON:
            for listing in found:
                click.echo(json.dumps(contract.listing_as_json(listing), ensure_ascii=False))
        elif written:
            _print(export.sources(found, written))
        else:
            click.echo(terminal.sources_text(found))

    _with_desk(_settings(index_dir or ctx.obj), work, reads=False)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@partial(_with, _ARTICLES)
@_index_dir
@click.pass_context
def picture(
    ctx: click.Context,
    file: Path,
    outlets: tuple[str, ...],
    since: str | None,
    until: str | None,
    index_dir: Path | None,
) -> None:
    """Draw how many articles each outlet has of each day into FILE, a PNG, and print the numbers."""
    filters = Filters(outlets, (), *period(since, until))

    async def work(desk: Desk) -> None:
        counted = pictures.coverage(row.source for row in await desk.listings(filters))
        await asyncio.to_thread(pictures.draw, counted, file)
        click.echo(harmless("\n".join(pictures.lines(counted))))

    _with_desk(_settings(index_dir or ctx.obj), work, reads=False)


@main.group()
def feedback() -> None:
    """What people said of excerpts."""


@feedback.command("export")
@_index_dir
@click.pass_context
def export_feedback(ctx: click.Context, index_dir: Path | None) -> None:
    """Print all feedback as JSON Lines, without saying who gave it."""
    records = Records(_settings(index_dir or ctx.obj).index_dir / RECORDS)
    try:
        for given in records.feedback.all():
            click.echo(json.dumps(given.as_row(), ensure_ascii=False))
    finally:
        records.close()


@main.command()
@_index_dir
@click.pass_context
def chat(ctx: click.Context, index_dir: Path | None) -> None:
    """Chat in this terminal, whatever tokens are set."""
    settings = _settings(index_dir or ctx.obj)
    _first_steps(ctx, settings)
    _build_if_missing(settings)
    _with_desk(settings, lambda desk: terminal.chat(desk, settings.excerpts, Console()))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8642, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@_index_dir
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, index_dir: Path | None) -> None:
    """Answer other programs over HTTP, and as an MCP server under /mcp."""
    settings = _settings(index_dir or ctx.obj)
    app = _serve_app()
    tokens = Tokens.read(settings.serve_tokens) if settings.serve_tokens else Tokens()
    asyncio.run(app.serve(app.Reception(partial(_open_desk, settings), settings.excerpts), tokens, host, port))


@main.command()
@_index_dir
@click.pass_context
def mcp(ctx: click.Context, index_dir: Path | None) -> None:
    """Answer a language model as an MCP server, over standard input and output."""
    settings = _settings(index_dir or ctx.obj)
    app = _serve_app()
    asyncio.run(app.serve_stdio(app.Reception(partial(_open_desk, settings), settings.excerpts)))


@main.command()
@click.argument("name", type=Words())
def token(name: str) -> None:
    """Make a token for NAME to call `serve` with: shows it once, and prints the lines for the file SERVE_TOKENS."""
    made, lines = make_token(name)
    click.echo(f"The token, which is shown this once:\n{made}\n\nFor the file that SERVE_TOKENS names:", err=True)
    click.echo(lines, nl=False)


def _serve_app() -> ModuleType:
    try:
        from bot.serve import app  # noqa: PLC0415 an extra
    except ModuleNotFoundError as exc:
        raise SettingsError(
            "The packages for it are not installed. Run `.venv/bin/python -m pip install -c constraints.txt -e "
            "'.[serve]'` in the project's folder (with pipx or uv: install '.[serve]' again)."
        ) from exc
    return app


def _print(text: str) -> None:
    """Print a file's text: as it is into a file or a pipe."""
    click.echo(harmless(text) if sys.stdout.isatty() else text, nl=False)


def _settings(index_dir: Path | None) -> Settings:
    """Settings from .env and the environment, and logging set up by them; the command line has the last word."""
    load_dotenv(".env")
    settings = Settings.from_env(os.environ)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=settings.log_level, force=True)
    chatty = "discord slack_sdk asyncio sentence_transformers httpx huggingface_hub filelock mcp uvicorn"
    for name in chatty.split():
        # At DEBUG some of these log addresses that hold interaction tokens.
        logging.getLogger(name).setLevel(max(logging.getLevelName(settings.log_level), logging.WARNING))
    return replace(settings, index_dir=index_dir) if index_dir else settings


def _platforms(settings: Settings) -> list[Callable[[Settings, Desk, service.Service], Coroutine[Any, Any, None]]]:
    """How to run each chat platform whose tokens are set; a terminal chat loads none of their libraries."""
    platforms: list[Callable[[Settings, Desk, service.Service], Coroutine[Any, Any, None]]] = []
    if settings.discord_token:
        from bot.discord.app import run_discord  # noqa: PLC0415

        platforms.append(run_discord)
    if settings.slack_bot_token or settings.slack_app_token:
        try:
            from bot.slack.app import run_slack  # noqa: PLC0415 an extra
        except ModuleNotFoundError as exc:
            raise SettingsError(
                "Slack's tokens are set, and the packages for it are not installed. Run `.venv/bin/python -m pip "
                "install -c constraints.txt -e '.[slack]'` in the project's folder (with pipx or uv: install "
                "'.[slack]' again), or leave the tokens empty."
            ) from exc
        platforms.append(run_slack)
    return platforms


def _first_steps(ctx: click.Context, settings: Settings) -> None:
    """End with what to do first, where a chat in this terminal would have nothing to answer from."""
    corpus = settings.corpus_dir
    if not Generations(settings.index_dir).serving_order() and not (corpus.is_dir() and any(article_files(corpus))):
        click.echo(terminal.first_steps(corpus, settings.index_dir), err=True)
        ctx.exit(1)


def _build_if_missing(settings: Settings) -> None:
    if not Generations(settings.index_dir).serving_order():
        encoder = SentenceTransformerEncoder(settings.embedding_model)
        report = build_with_progress(
            settings.corpus_dir,
            settings.index_dir,
            encoder,
            settings.keep_generations,
            engine=_engine(settings),
            future=settings.takes_future,
        )
        click.echo("\n".join(report.lines()), err=True)


def _engine(settings: Settings) -> Engine:
    return open_engine(settings.store_url, settings.store_name, settings.qdrant_api_key)


def _with_desk(settings: Settings, work: Callable[[Desk], Coroutine[Any, Any, None]], *, reads: bool = True) -> None:
    """Open the desk, run one piece of work on it, and close it whatever happens.

    To load the reader takes seconds, which work that answers no question is spared.
    """
    with Console(stderr=True).status("Loading the model …"):
        desk = _open_desk(settings, reads=reads)
    if desk.warning:
        click.echo(desk.warning, err=True)
    try:
        asyncio.run(work(desk))
    finally:
        desk.close()


def _open_desk(settings: Settings, *, reads: bool = True) -> Desk:
    return Desk(
        settings.index_dir,
        settings.corpus_dir,
        partial(SentenceTransformerEncoder, settings.embedding_model),
        engine=_engine(settings),
        reader=open_reader(settings.reader_model) if reads else None,
        keep=settings.keep_generations,
        max_loss=settings.max_loss,
        future=settings.takes_future,
        caution=CAUTION[settings.caution],
        retention=settings.retention,
    )


def run() -> None:
    """Run what the command line asks for: the console script `on-the-record`, and `python -m bot`."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    main()


if __name__ == "__main__":
    run()
