"""The seams between an index and the engine that holds it. No paths, no row numbers; whole passages with scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from index.model import (
        Article,
        Candidate,
        Derived,
        Earlier,
        Filters,
        Listing,
        Manifest,
        Passage,
        Source,
        Span,
    )  # fmt: skip


class Store(Protocol):
    """One generation, read only. Safe to call from several threads."""

    @property
    def manifest(self) -> Manifest:
        """What the generation is made of."""

    def search(
        self, vector: NDArray[np.float32], terms: Sequence[str], filters: Filters, limit: int
    ) -> list[Candidate]:
        """The passages nearest to a question by any of four scores, each with all four.

        `vector` has unit length and shape (dimension,); `terms` are the question's words for lexical search. The pool
        is the union of the best `limit` passages and the best `limit` sentences by cosine and by BM25, drawn only
        from articles that pass `filters`; its order means nothing.
        """

    def articles_with(self, terms: Sequence[str], filters: Filters, limit: int) -> list[tuple[Article, list[Span]]]:
        """The articles in which any of the terms stands, each with the spans of the passages that hold them.

        Only the best `limit` passages by BM25 count, best first, drawn only from articles that pass `filters`; an
        article's spans are in the order of its text. A term of several words must stand as one run.
        """

    def earlier_with(self, terms: Sequence[str], filters: Filters, limit: int) -> list[Earlier]:
        """The earlier texts in which any of the terms stands, of articles that pass; the best `limit` by BM25.

        A term of several words must stand as one run. Earlier texts are for verification: no search finds them.
        """

    def earlier(self, article_id: str) -> list[Earlier]:
        """The earlier texts of an article, the latest first."""

    def copies(self, article_id: str, filters: Filters) -> list[Source]:
        """The other articles that carry the same story, as far as they pass, by id."""

    def derived(self) -> dict[str, Derived]:
        """What was worked out from each stored text, by the text's hash, for reuse by the next build."""

    def document_frequency(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many searchable passages of the whole index each term stands, as the lexical index matches it.

        A term matches in every form of the languages that the index holds, and a name in every spelling of it.
        """

    def listings(self, filters: Filters) -> list[Listing]:
        """The articles that pass, by id."""

    def counts(self, filters: Filters) -> tuple[int, int]:
        """How many articles pass, and how many searchable passages they have."""

    def outlets(self, filters: Filters) -> tuple[str, ...]:
        """The outlets of the articles that pass, each once, as they are spelled."""

    def article(self, article_id: str) -> Article | None:
        """The stored article, or None."""

    def vectors(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every embedded text with its vector, for reuse by the next build."""

    def close(self) -> None:
        """Let go of files; the store is not used afterwards."""


class StoreWriter(Protocol):
    """Takes one generation's content, article by article; it may begin with the content of another one."""

    def drop(self, article_id: str) -> None:
        """Leave out an article with which the writer began, and its earlier texts."""

    def add(self, article: Article, passages: Sequence[Passage], indexed_at: datetime, signature: bytes) -> None:
        """Take an article and its passages. Related links are passed over: they can never be found or quoted."""

    def add_earlier(self, earlier: Earlier) -> None:
        """Take an earlier text of an article that was taken before."""

    def relate(self, stories: Iterable[Sequence[str]], names: Mapping[str, Sequence[str]]) -> None:
        """Take which articles, by id, carry the same story, and the spellings of names by their keys."""

    def texts(self) -> Iterator[str]:
        """What has a vector, or needs one: every passage and every sentence, repeats included."""

    def new_texts(self) -> Iterator[str]:
        """Those of the articles that were added."""

    def finish(self, vectors: Mapping[str, NDArray[np.float32]]) -> tuple[int, int]:
        """Take the vector of every new text, write everything out durably and close; how many passages and sentences.

        What was there from the beginning keeps its vectors.
        """
