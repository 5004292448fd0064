"""Corpus → passages → vectors → a new generation, which goes on from the one before.

An article that has not changed stays as it is there, and text that was embedded before is not embedded again, be it by
a build that was killed.
"""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from index import spellings
from index.copies import groups, signature
from index.corpus import read_corpus, require_folder
from index.embedding import Embedding
from index.errors import BuildError, IndexUnavailableError, LossError, OnTheRecordError
from index.generations import KEEP, Generations
from index.languages import detect
from index.manifests import FORMAT, file_facts
from index.model import Earlier, Filters, Manifest
from index.passages import split
from index.spellings import names_in
from index.statements import RULES, statements
from index.writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from index.corpus import Corpus
    from index.encoder import Encoder
    from index.engines import Engine
    from index.model import Article, Derived, Listing
    from index.readers.drafts import Problem
    from index.store import Store

CACHE = "drafts.sqlite"  # what was read of files that take long
QUEUE = "embedding"  # texts that wait to be embedded, and vectors that no generation has yet
MAX_LOSS = 20  # percent of the articles that may go without being asked about
SMALL_LOSS = 5  # fewer articles than this are put back sooner than asked about
EARLIER_KEPT = 10  # earlier texts of an article that are kept for verification
_LIBRARIES = ("sentencex", "snowballstemmer", "regex", "py3langid", "datasketch")
_NAMED_AT_MOST = 20  # articles named one by one in a report, of each sort


@dataclass(frozen=True, slots=True)
class Changes:
    """How a corpus differs from the index: ids of articles, how many stay as they are, and what cannot be read."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    refused: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    def counts(self) -> str:
        """How many of each, in one line."""
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {len(self.removed)} removed, "
            f"{self.unchanged} unchanged, {len(self.refused)} refused"
        )

    def names(self) -> list[str]:
        """Each of them for a person, a line each; refusals and notes with their reasons."""
        lines: list[str] = []
        for label, names in (("added", self.added), ("changed", self.changed), ("removed", self.removed)):
            lines.extend(f"  {label}: {name}" for name in names[:_NAMED_AT_MOST])
            if len(names) > _NAMED_AT_MOST:
                lines.append(f"  {label}: {len(names) - _NAMED_AT_MOST} more")
        lines.extend(f"  refused: {problem}" for problem in self.refused)
        lines.extend(f"  note: {problem}" for problem in self.notes)
        return lines


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; `seconds` is wall time.

    `built` is False when nothing had changed, so that the current generation stayed.
    """

    manifest: Manifest
    built: bool
    changes: Changes
    embedded: int
    reused: int
    seconds: float

    def lines(self) -> list[str]:
        """The outcome for a person: the diff, refusals and notes with their reasons, and what it took."""
        m = self.manifest
        outcome = "Built generation" if self.built else "Nothing has changed; kept generation"
        return [
            f"{outcome} {m.generation}: {m.articles} articles, {m.passages} passages, {m.sentences} sentences.",
            f"{self.changes.counts()}; {self.embedded} texts embedded, {self.reused} reused, {self.seconds:.1f} s.",
            *found_of_nearest(m.recall),
            *self.changes.names(),
        ]


def found_of_nearest(recall: float | None) -> list[str]:
    """A line that tells how many of the nearest passages are found, where that is not all of them."""
    return (
        [] if recall is None else [f"The index is large: {recall:.1%} of the nearest passages are found, on a sample."]
    )


@cache  # to read the packages' metadata takes as long as to index a short article
def tools() -> str:
    """What a text's sentences, words, language and signature depend on besides this program, with the versions."""
    versions = (f"{library} {version(library)}" for library in _LIBRARIES)
    return ", ".join((*versions, f"SQLite {sqlite3.sqlite_version}", f"Unicode {unicodedata.unidata_version}"))


def preview(corpus_folder: Path, root: Path, *, engine: Engine | None = None, future: bool = False) -> Changes:
    """What a build would change, with or without what is dated in the `future`; nothing is written.

    Raises:
        CorpusError: the corpus cannot be used at all.
        StoreError: the server that keeps the vectors cannot be asked.

    """
    corpus = read_corpus(corpus_folder, root / CACHE if root.is_dir() else None, future=future)
    previous = _open_previous(Generations(root, engine))
    try:
        return _changes(corpus, _listed(previous))
    finally:
        if previous:
            previous.close()


def build(
    corpus_folder: Path,
    root: Path,
    encoder: Encoder,
    *,
    engine: Engine | None = None,
    keep: int = KEEP,
    max_loss: int = MAX_LOSS,
    future: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BuildReport:
    """Index a folder of articles as a new generation in `root` and make it current; `engine` keeps its vectors.

    `progress` is called with (texts embedded so far, texts to embed). `keep` earlier generations stay for rollback.
    No more than `max_loss` percent of the articles may go; fewer than `SMALL_LOSS` always may.
    Articles that are dated in the `future` are refused unless it is set.

    Raises:
        CorpusError: the corpus cannot be used at all.
        EncoderError: there is something to embed, and the model cannot be loaded.
        BuildLockedError: another build is under way.
        LossError: more articles would go.
        BuildError: the build stopped (a full disk, say); the generation that was current still is.
        StoreError: the server that keeps the vectors cannot be asked; nothing was begun.

    """
    started = time.perf_counter()
    require_folder(corpus_folder)
    generations = Generations(root, engine)
    with generations.locked():
        corpus = read_corpus(corpus_folder, root / CACHE, future=future)
        previous = _open_previous(generations)
        embedding = Embedding(root / QUEUE, encoder, progress)
        try:
            before = _listed(previous)
            if before and not corpus.articles:
                raise BuildError(
                    f"{corpus_folder} holds no article that can be read, and the index has {len(before)}: it stays as "
                    "it is. Check CORPUS_DIR; to empty the index on purpose, delete the folder " + str(root) + "."
                )
            replaced = (version for versions in corpus.earlier.values() for version in versions)
            here = {article.source.id for article in (*corpus.articles, *replaced)}
            gone = [name for name in before if name not in here]
            if len(gone) >= SMALL_LOSS and len(gone) * 100 > max_loss * len(before):
                raise LossError(
                    f"{len(gone)} of the {len(before)} articles in the index are no longer in {corpus_folder}, such "
                    f"as {gone[0]}. The index stays as it is. If they are meant to go, confirm it: build with "
                    "--confirm, or reindex with confirm."
                )
            same_weights = previous is not None and previous.manifest.weights_sha256 == encoder.weights_sha256
            if (
                previous
                and same_weights
                and previous.manifest.corpus_sha256 == corpus.sha256
                and previous.manifest.rules == RULES
                and previous.manifest.generation == generations.readable_current()
                and generations.keeps(previous.manifest)
            ):
                built, manifest, embedded, reused = False, previous.manifest, 0, 0
            else:
                built = True
                # Asking for the dimension loads the model, so that only here it is asked for.
                fits = same_weights and previous is not None and previous.manifest.dimension == encoder.dimension
                same_model = previous if fits else None
                manifest, embedded, reused = _write(generations, corpus, previous, encoder, embedding, same_model, keep)
            embedding.forget()
        finally:
            if previous:
                previous.close()
    return BuildReport(
        manifest=manifest,
        built=built,
        changes=_changes(corpus, before),
        embedded=embedded,
        reused=reused,
        seconds=time.perf_counter() - started,
    )


def _listed(previous: Store | None) -> dict[str, Listing]:
    return {listing.source.id: listing for listing in previous.listings(Filters())} if previous else {}


def _changes(corpus: Corpus, before: Mapping[str, Listing]) -> Changes:
    now = {article.source.id: article.source for article in corpus.articles}
    same = {name for name, source in now.items() if name in before and before[name].source == source}
    return Changes(
        added=tuple(name for name in now if name not in before),
        changed=tuple(name for name in now if name in before and name not in same),
        removed=tuple(name for name in before if name not in now),
        unchanged=len(same),
        refused=corpus.refused,
        notes=corpus.notes,
    )


def _open_previous(generations: Generations) -> Store | None:
    """What the new generation is compared with and takes vectors from: the newest one in which no byte has changed."""
    for number in generations.serving_order():
        try:
            return generations.open(number)
        except IndexUnavailableError:
            continue
    return None


def _write(
    generations: Generations,
    corpus: Corpus,
    previous: Store | None,
    encoder: Encoder,
    embedding: Embedding,
    same_model: Store | None,
    keep: int,
) -> tuple[Manifest, int, int]:
    """Write, check and publish a generation; its manifest, and how many vectors were made and reused."""
    folder = None
    before = _listed(previous)
    try:
        folder = generations.begin()
        used = tools()
        same_tools = previous if previous and previous.manifest.tools == used else None
        base = same_tools if same_model else None
        writer = StoreWriter(folder, encoder.dimension, base, generations.engine)
        try:
            built_at = datetime.now(UTC)
            derived = same_tools.derived() if same_tools else {}
            signatures = {}
            here = {article.source.id for article in corpus.articles}
            for name in before if base else ():
                if name not in here:
                    writer.drop(name)
            for read in corpus.articles:
                name = read.source.id
                known = derived.get(read.source.sha256)
                article = _in_its_language(read, known)
                signatures[name] = known.signature if known else signature(read.text)
                was = previous.article(name) if previous else None
                same_text = was is not None and was.source.sha256 == article.source.sha256
                indexed_at = before[name].indexed_at if same_text else built_at
                replaced = _replaced(article, was, corpus.earlier.get(name, ()), previous, indexed_at, built_at)
                same = base is not None and was == article and base.earlier(name) == replaced
                if base and same and base.manifest.rules == RULES:
                    continue
                cut = split(article)
                if not same:
                    if base and was:
                        writer.drop(name)
                    writer.add(article, cut, indexed_at, signatures[name])
                    for each in replaced:
                        writer.add_earlier(each)
                writer.state(article, statements(article, cut))
            texts = {article.source.id: article.text for article in corpus.articles}
            names = spellings.groups(names_in(texts.values()), corpus.aliases)
            writer.relate(groups(signatures, texts.__getitem__), names)
            vectors, embedded = embedding.vectors(set(writer.new_texts()), same_model)
            reused = len(set(writer.texts())) - embedded
            passages, sentences = writer.finish(vectors)
        finally:
            writer.close()
        manifest = Manifest(
            format=FORMAT,
            generation=generations.next_number(),
            model=encoder.model,
            weights_sha256=encoder.weights_sha256,
            dimension=encoder.dimension,
            articles=len(corpus.articles),
            passages=passages,
            sentences=sentences,
            corpus_sha256=corpus.sha256,
            built_at=built_at,
            files=file_facts(folder),
            tools=used,
            recall=writer.recall,
            rules=RULES,
        )
        generations.publish(folder, manifest, keep)
    except (OSError, sqlite3.Error, RuntimeError, MemoryError, OnTheRecordError) as exc:
        if folder is not None:
            generations.abandon(folder)
        reason = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise BuildError(f"The build stopped: {reason.rstrip('.')}. The index is as it was before.") from exc
    return manifest, embedded, reused


def _in_its_language(article: Article, known: Derived | None = None) -> Article:
    detected = known.spoken if known and known.detected else None
    return replace(article, spoken=article.source.language or detected or detect(article.text))


def _replaced(
    article: Article,
    was: Article | None,
    versions: Sequence[Article],
    previous: Store | None,
    indexed_at: datetime,
    now: datetime,
) -> list[Earlier]:
    """The earlier texts of an article, each once, the latest first; what it has come back to is none.

    They are what it `was` before, what was before that, the same of the versions that it takes the place of, and these.
    """
    texts = [Earlier(_in_its_language(version), indexed_at, version.source.id) for version in versions]
    if previous:
        others = [version.source.id for version in versions]
        before = [Earlier(read, now, read.source.id) for read in (was, *map(previous.article, others)) if read]
        past = (earlier for name in (article.source.id, *others) for earlier in previous.earlier(name))
        texts = [*before, *past, *texts]
    found: dict[str, Earlier] = {}
    for earlier in texts:
        source = replace(earlier.article.source, id=article.source.id)
        found.setdefault(source.sha256, replace(earlier, article=replace(earlier.article, source=source)))
    found.pop(article.source.sha256, None)
    return sorted(found.values(), key=lambda earlier: earlier.until, reverse=True)[:EARLIER_KEPT]
