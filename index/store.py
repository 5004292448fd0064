"""One generation as it is searched: the catalogue, which words stand where, and an engine that holds the vectors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from index.catalogue import CHUNK, REPAIR, Catalogue
from index.errors import DamagedIndexError
from index.lexical import Lexical
from index.model import Candidate, Scored, SentenceScores
from index.tables import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.catalogue import Row
    from index.model import Article, Earlier, Filters, Manifest, Span


class Vectors(Protocol):
    """The seam to an engine: the vectors of the passages and sentences of a catalogue, by its rows.

    `part` is one of `catalogue.EMBEDDED`. A question's vector has unit length and shape (dimension,). Safe to call from
    several threads.
    """

    def nearest(self, part: str, vector: NDArray[np.float32], filters: Filters, limit: int) -> list[int]:
        """The rows of the best `limit` by cosine, drawn only from articles that pass `filters`."""

    def cosines(self, part: str, rows: Sequence[int], vector: NDArray[np.float32]) -> dict[int, float]:
        """The cosine of each of the rows."""

    def stored(self, part: str, rows: Sequence[int]) -> NDArray[np.float32]:
        """The vectors of the rows, in the same order."""

    def recall(self) -> float | None:
        """The share of the true nearest that `nearest` finds, on a sample of what is stored; None where it is exact."""

    def faults(self) -> Iterator[str]:
        """Every way in which what is stored is not what was written, as sentences."""

    def close(self) -> None:
        """Let go of what is held; it is not used afterwards."""


class Texts(Catalogue):
    """A catalogue whose words can be looked up.

    Raises:
        DamagedIndexError: the file cannot be read.

    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        super().__init__(folder, manifest)
        self._lexical = Lexical(self)

    def articles_with(self, terms: Sequence[str], filters: Filters, limit: int) -> list[tuple[Article, list[Span]]]:
        """The articles in which any of the terms stands, each with the spans of the passages that hold them.

        Only the best `limit` passages by BM25 count, best first, drawn only from articles that pass `filters`; an
        article's spans are in the order of its text. A term of several words must stand as one run.
        """
        with self._fitting():
            return self.articles_of(self._lexical.best("passage", terms, filters, limit))

    def earlier_with(self, terms: Sequence[str], filters: Filters, limit: int) -> list[Earlier]:
        """The earlier texts in which any of the terms stands, of articles that pass; the best `limit` by BM25.

        A term of several words must stand as one run. Earlier texts are for verification: no search finds them.
        """
        with self._fitting():
            return self.earlier_texts(self._lexical.best("earlier", terms, filters, limit))

    @contextmanager
    def _fitting(self) -> Iterator[None]:
        """What is searched names rows; one that the catalogue does not have is damage."""
        try:
            yield
        except LookupError as exc:
            raise DamagedIndexError(f"The rows of generation {self.manifest.generation} do not fit. {REPAIR}") from exc


class Store(Texts):
    """Texts that can be searched. No row number leaves it; whole passages with scores do.

    Raises:
        DamagedIndexError: a file is missing, cut short, or does not fit the others.

    """

    def __init__(self, folder: Path, manifest: Manifest, engine: Callable[[Path, Catalogue], Vectors]) -> None:
        for name, (expected, _) in manifest.files.items():
            try:
                size = (folder / name).stat().st_size
            except FileNotFoundError as exc:
                raise DamagedIndexError(f"{folder.name}/{name} is missing.") from exc
            if size != expected:
                raise DamagedIndexError(f"{folder.name}/{name} has {size} bytes instead of {expected}.")
        super().__init__(folder, manifest)
        try:
            self._vectors = engine(folder, self)
        except DamagedIndexError:
            super().close()
            raise

    def search(
        self, vector: NDArray[np.float32], terms: Sequence[str], filters: Filters, limit: int
    ) -> list[Candidate]:
        """The passages of `pool` as they are read by `candidates`."""
        return self.candidates(self.pool(vector, terms, filters, limit), terms)

    def pool(self, vector: NDArray[np.float32], terms: Sequence[str], filters: Filters, limit: int) -> list[Scored]:
        """The passages nearest to a question by any of four scores, each with all four; no text is read.

        `vector` has unit length and shape (dimension,); `terms` are the question's words for lexical search. The pool
        is the union of the best `limit` passages and the best `limit` sentences by cosine and by BM25, drawn only
        from articles that pass `filters`; its order means nothing.
        """
        with self._fitting():
            return self._pool(vector, terms, filters, limit)

    def _pool(self, vector: NDArray[np.float32], terms: Sequence[str], filters: Filters, limit: int) -> list[Scored]:
        near, near_sentences = (
            {*self._vectors.nearest(part, vector, filters, limit), *self._lexical.best(part, terms, filters, limit)}
            for part in EMBEDDED
        )
        rows = self.sentences_of(sorted(near | self.passages_of(near_sentences)))
        scores = self._scores("passage", [*rows], vector, terms)
        of_sentences = self._scores("sentence", [row for held in rows.values() for row in held], vector, terms)
        return [
            Scored(row, *scores[row], tuple(Scored(sentence, *of_sentences[sentence]) for sentence in held))
            for row, held in rows.items()
        ]

    def candidates(self, pool: Sequence[Scored], terms: Sequence[str]) -> list[Candidate]:
        """Passages of a pool, in the same order, with their texts, their scores and the terms in their titles."""
        with self._fitting():
            rows = {found.row: found for found in self.passages([scored.row for scored in pool])}
            titles = self._lexical.scores("title", sorted({found.article for found in rows.values()}), terms)
            titled = {article: matched for article, (_, matched) in titles.items()}
            return [_candidate(rows[scored.row], scored, titled) for scored in pool]

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many searchable passages of the whole index each term stands, as the lexical index matches it.

        A term matches in every form of the languages that the index holds, and a name in every spelling of it.
        """
        return {term: self._lexical.frequency(term) for term in terms}

    def mean(self, article_id: str) -> NDArray[np.float32] | None:
        """The mean of an article's passages' vectors, of unit length; None for an article that has none."""
        query = "SELECT p.row FROM passage p JOIN article a ON a.row = p.article WHERE a.id = ?"
        with self._fitting():
            rows = [row for (row,) in self.fetch(query, article_id)]
            if not rows:
                return None
            mean: NDArray[np.float32] = self._vectors.stored("passage", rows).mean(axis=0)
        mean /= float(mean @ mean) ** 0.5
        return mean

    def vectors(self, wanted: Callable[[str], bool] = lambda _text: True) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every embedded text that is wanted, with its vector, for reuse by the next build."""
        for part in EMBEDDED:
            texts = [(row, text) for row, text in enumerate(self.words(part), start=1) if wanted(text)]
            for first in range(0, len(texts), CHUNK):
                chunk = texts[first : first + CHUNK]
                vectors = self.stored(part, [row for row, _ in chunk])
                yield from ((text, vector) for (_, text), vector in zip(chunk, vectors, strict=True))

    def stored(self, part: str, rows: Sequence[int]) -> NDArray[np.float32]:
        """The vectors of these rows, for a writer that goes on from this store."""
        return self._vectors.stored(part, rows)

    def recall(self) -> float | None:
        """See `Vectors.recall`."""
        return self._vectors.recall()

    def close(self) -> None:
        """Let go of the files and the vectors; they are not used afterwards."""
        super().close()
        self._vectors.close()

    def faults(self) -> Iterator[str]:
        """Every way in which texts, offsets, words and vectors do not agree, as sentences; none when all is well."""
        yield from super().faults()
        yield from self._lexical.faults()
        yield from self._vectors.faults()

    def _scores(
        self, part: str, rows: Sequence[int], vector: NDArray[np.float32], terms: Sequence[str]
    ) -> dict[int, tuple[float, float, frozenset[str]]]:
        """The cosine and the BM25 score of each of the rows, and the terms that stand in it."""
        dense = self._vectors.cosines(part, rows, vector)
        lexical = self._lexical.scores(part, rows, terms)
        return {row: (dense[row], *lexical[row]) for row in rows}


def _candidate(found: Row, scored: Scored, titled: Mapping[int, frozenset[str]]) -> Candidate:
    of_sentences = {sentence.row: sentence for sentence in scored.sentences}
    sentences = []
    for span, row in zip(found.passage.sentences, found.sentences, strict=True):
        _, dense, lexical, matched, _ = of_sentences[row]
        sentences.append(SentenceScores(span, dense, lexical, matched))
    return Candidate(
        found.passage, scored.dense, scored.lexical, scored.matched, titled[found.article], tuple(sentences)
    )
