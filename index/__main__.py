"""`python -m index`: build, look into, check and roll back an index from the command line."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click
import watchfiles
from dotenv import load_dotenv
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from index.build import MAX_LOSS, QUEUE, BuildReport, build, found_of_nearest, preview
from index.corpus import require_folder
from index.embedding import POLL, help_out
from index.encoder import DEFAULT_MODEL, SentenceTransformerEncoder
from index.engines import STORE_NAME, open_engine
from index.errors import BuildLockedError, OnTheRecordError
from index.generations import KEEP, Generations
from index.lead import led
from index.reader import DEFAULT_READER, open_reader
from index.search import search
from index.shown import harmless, whole

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.engines import Engine
    from index.store import Store

_index_dir = click.option(
    "--index-dir", envvar="INDEX_DIR", default="data", show_default=True, type=click.Path(path_type=Path),
    help="Folder of the index (INDEX_DIR).",
)  # fmt: skip
_engine = click.option(
    "--store-url", "engine", envvar="STORE_URL", callback=lambda _ctx, _param, url: _engine_at(url),
    help="Address of the Qdrant server that keeps the vectors, in place of files (STORE_URL).",
)  # fmt: skip
_model = click.option(
    "--model", envvar="EMBEDDING_MODEL", default=DEFAULT_MODEL, show_default=True,
    help="Any sentence-transformers model by name or path (EMBEDDING_MODEL).",
)  # fmt: skip
_corpus = click.option(
    "--corpus", envvar="CORPUS_DIR", default="seeds", show_default=True, type=click.Path(path_type=Path),
    help="Folder of the articles (CORPUS_DIR).",
)  # fmt: skip
_keep = click.option(
    "--keep", default=KEEP, show_default=True, type=click.IntRange(min=0),
    help="Earlier generations kept for rollback.",
)  # fmt: skip
_max_loss = click.option(
    "--max-loss", envvar="MAX_LOSS", default=MAX_LOSS, show_default=True, type=click.IntRange(0, 100),
    help="Percent of the articles that may go without --confirm (MAX_LOSS).",
)  # fmt: skip
_future = click.option(
    "--future-dates", envvar="FUTURE_DATES", default="refuse", show_default=True,
    type=click.Choice(["refuse", "take"], case_sensitive=False),
    help="What is done with articles that are dated in the future (FUTURE_DATES).",
)  # fmt: skip
_reader = click.option(
    "--reader", envvar="READER_MODEL", default=DEFAULT_READER, show_default=True,
    help="Any Hugging Face model for extractive question answering by name or path, or off (READER_MODEL).",
)  # fmt: skip


def _engine_at(url: str | None) -> Engine:
    """The engine at an address; its name and key are no options, since these are seen in a list of processes."""
    return open_engine(url or None, os.environ.get("STORE_NAME") or STORE_NAME, os.environ.get("QDRANT_API_KEY"))


class Words(click.types.StringParamType):
    """A text; bytes in it that are no UTF-8 are shown as such, where Python would fail on them later."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text as it can be encoded."""
        return whole(str(super().convert(value, param, ctx)))


# Milliseconds after which a watch looks whether an index can be built that could not be before.
RETRY_MS = 1000
# Seconds between two lines about how far a build is.
TOLD_SECONDS = 60
NICE = 10


class Commands(click.Group):
    """A group whose commands end on an error of ours with its sentence and its exit status, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command as click does."""
        try:
            return super().invoke(ctx)
        except OnTheRecordError as exc:
            click.ClickException(str(exc)).show()
            ctx.exit(exc.exit_status)


@click.group(cls=Commands)
@click.version_option(package_name="on-the-record", message="On the Record %(version)s")
def main() -> None:
    """Build and look after the index of a folder of articles."""


@main.command("build")
@_corpus
@_index_dir
@_engine
@_model
@_keep
@_max_loss
@_future
@click.option("--confirm", is_flag=True, help="Let more articles go than --max-loss.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def build_command(
    corpus: Path,
    index_dir: Path,
    engine: Engine,
    model: str,
    keep: int,
    max_loss: int,
    future_dates: str,
    confirm: bool,
    dry_run: bool,
) -> None:
    """Index the articles as a new generation; the old one serves until it is done."""
    if dry_run:
        changes = preview(corpus, index_dir, engine=engine, future=future_dates == "take")
        click.echo("\n".join([f"A build would find: {changes.counts()}.", *changes.names()]))
        return
    encoder = SentenceTransformerEncoder(model)
    report = build_with_progress(
        corpus,
        index_dir,
        encoder,
        keep,
        100 if confirm else max_loss,
        engine=engine,
        future=future_dates == "take",
    )
    click.echo("\n".join(report.lines()))


@main.command()
@_corpus
@_index_dir
@_engine
@_model
@_keep
@_max_loss
@_future
def watch(
    corpus: Path, index_dir: Path, engine: Engine, model: str, keep: int, max_loss: int, future_dates: str
) -> None:
    """Index the articles, and again whenever a file of them changes, until it is stopped."""
    require_folder(corpus)
    encoder = SentenceTransformerEncoder(model)
    stale = True
    # Changes are looked at together when nothing has happened for a moment; without any, the wait ends now and then.
    for changes in watchfiles.watch(corpus, yield_on_timeout=True, rust_timeout=RETRY_MS, raise_interrupt=False):
        stale = stale or bool(changes)
        if not stale:
            continue
        try:
            report = build_with_progress(
                corpus, index_dir, encoder, keep, max_loss, engine=engine, future=future_dates == "take"
            )
        except BuildLockedError as exc:
            click.echo(exc, err=True)  # tried again
            continue
        except OnTheRecordError as exc:
            click.echo(exc, err=True)
        else:
            if report.built:
                click.echo("\n".join(report.lines()))
        stale = False


@main.command()
@_index_dir
@_model
def embed(index_dir: Path, model: str) -> None:
    """Help the builds of an index folder embed, on this machine or another that sees it, until it is stopped."""
    if not index_dir.is_dir():
        raise click.BadParameter(f"There is no folder {index_dir}. Set it to where the index is built.")
    encoder = SentenceTransformerEncoder(model)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what it has taken is put back
    click.echo(f"Waiting for texts of a build in {index_dir}.")
    texts = 0
    with suppress(KeyboardInterrupt):
        while True:
            if done := help_out(index_dir / QUEUE, encoder):
                texts += done
                continue
            if texts:
                click.echo(f"Embedded {texts} texts. Waiting for more.")
                texts = 0
            sleep(POLL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # ended already


@main.command()
@_index_dir
@_engine
def status(index_dir: Path, engine: Engine) -> None:
    """Say which generation is served, what it holds, and which others are kept."""
    generations = Generations(index_dir, engine)
    store, warning = generations.open_current()
    if warning:
        click.echo(warning, err=True)
    m = store.manifest
    click.echo(f"generation  {m.generation}, built {m.built_at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"holds       {m.articles} articles, {m.passages} passages, {m.sentences} sentences")
    click.echo(f"model       {m.model}, {m.dimension} dimensions, weights {m.weights_sha256[:12]}…")
    size = sum(size for size, _ in m.files.values())
    click.echo(f"size        {size / 1024**2:.1f} MiB in {generations.folder(m.generation)}")
    if lead := led(generations.folder(m.generation)):
        click.echo(f"vectors     in the collection {lead.collection} on the server")
    kept = [str(number) for number in generations.numbers() if number != m.generation]
    click.echo(f"also kept   {', '.join(kept) or 'none'}")


@main.command("search")
@click.argument("question", type=Words())
@click.option("-k", "count", default=5, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@_index_dir
@_engine
@_model
@_reader
def search_command(question: str, count: int, index_dir: Path, engine: Engine, model: str, reader: str) -> None:
    """Show the nearest passages with their scores, for looking into a ranking."""
    encoder = SentenceTransformerEncoder(model)
    ranking = search(question, _open(index_dir, engine, encoder), encoder, reader=open_reader(reader))
    click.echo(f"probability that the first answers: {ranking.confidence:.2f}\nscore  where")
    for hit in ranking.hits[:count]:
        click.echo(f"{hit.score:5.3f}  {hit.passage.source.id} ¶ {hit.passage.paragraph} [{hit.passage.kind}]")
        click.echo(f"       {harmless(hit.passage.words(hit.best))}")
        if hit.answer:
            click.echo(f"       answer: {harmless(hit.passage.words(hit.answer))}")


@main.command()
@click.argument("article_id", type=Words())
@click.option("--json", "as_json", is_flag=True, help="The card and the text as one JSON object.")
@_index_dir
@_engine
def show(article_id: str, as_json: bool, index_dir: Path, engine: Engine) -> None:
    """Print an article's stored text exactly; on a terminal, without what would control it."""
    article = _open(index_dir, engine).article(article_id)
    if article is None:
        raise click.ClickException(
            f'There is no article "{article_id}" in the index. `on-the-record sources` lists them.'
        )
    if as_json:
        click.echo(json.dumps({"article": article.source.card(), "text": article.text}, ensure_ascii=False))
    elif sys.stdout.isatty():
        click.echo(harmless(article.text), nl=False)
    else:
        click.echo(article.text.encode(), nl=False)  # whatever the encoding of the system


@main.command()
@_index_dir
@_engine
def verify(index_dir: Path, engine: Engine) -> None:
    """Re-read every byte of the current generation: hashes, offsets, counts, vectors against SQLite."""
    generations = Generations(index_dir, engine)
    number = generations.require_current()
    faults, recall = generations.inspect(number)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise click.ClickException(
            f"Generation {number} is damaged. Run `on-the-record-index build` or `on-the-record-index rollback`."
        )
    m = generations.manifest(number)
    told = f"Generation {number} is sound: {m.articles} articles, {m.passages} passages, {m.sentences} sentences."
    click.echo("\n".join([told, *found_of_nearest(recall)]))


@main.command()
@_index_dir
@_engine
def rollback(index_dir: Path, engine: Engine) -> None:
    """Go back to the generation before the current one."""
    number = Generations(index_dir, engine).rollback()
    click.echo(f"Generation {number} is current now.")


def build_with_progress(
    corpus: Path,
    index_dir: Path,
    encoder: Encoder,
    keep: int,
    max_loss: int = MAX_LOSS,
    *,
    engine: Engine | None = None,
    future: bool = False,
) -> BuildReport:
    """Build, with a progress bar where standard error is a terminal, and elsewhere a line there now and then."""
    console = Console(stderr=True)
    started = told = monotonic()
    columns = (TextColumn("Embedding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("texts")

        def progress(done: int, total: int) -> None:
            nonlocal started, told
            if console.is_terminal:
                bar.update(task, completed=done, total=total)
            elif total and not done:
                started = told = monotonic()
                click.echo(f"Embedding {total} texts.", err=True)
            elif done < total and (now := monotonic()) - told >= TOLD_SECONDS:
                told = now
                left = (now - started) * (total - done) / done / 60
                # The longest come first, so that it is rather less.
                click.echo(f"Embedded {done} of {total} texts; done in {left:.0f} minutes at most.", err=True)

        return build(
            corpus,
            index_dir,
            encoder,
            engine=engine,
            keep=keep,
            max_loss=max_loss,
            future=future,
            progress=progress,
        )


def _open(index_dir: Path, engine: Engine, encoder: SentenceTransformerEncoder | None = None) -> Store:
    store, warning = Generations(index_dir, engine).open_current(encoder)
    if warning:
        click.echo(warning, err=True)
    return store


def run() -> None:
    """Run what the command line asks for: the console script `on-the-record-index`, and `python -m index`.

    A bot on the same machine goes first: this process takes the time that others leave.
    """
    if hasattr(os, "nice"):
        os.nice(NICE)
    load_dotenv(".env")
    main()


if __name__ == "__main__":
    run()
