"""The nouns. Frozen values, standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime


class Kind(StrEnum):
    """What a passage is within its article."""

    BODY = "body"
    CAPTION = "caption"
    RELATED = "related"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Source:
    """An article's card.

    `id` is the file's path within the corpus without its ending, `sha256` the hash of the stored text in UTF-8.
    Unknown metadata is None. `title_given` is False where the title is the article's opening words. `teaser` is True
    where the file has only the beginning of the article.
    """

    id: str
    title: str
    title_given: bool
    outlet: str | None
    author: str | None
    published: date | None
    url: str | None
    language: str | None
    sha256: str
    teaser: bool = False

    def card(self) -> dict[str, str | bool | None]:
        """The card as JSON shows it, a contract that other tools rely on; the date is YYYY-MM-DD."""
        return {
            "id": self.id,
            "title": self.title,
            "title_given": self.title_given,
            "outlet": self.outlet,
            "author": self.author,
            "published": self.published.isoformat() if self.published else None,
            "url": self.url,
            "sha256": self.sha256,
            "teaser": self.teaser,
        }


@dataclass(frozen=True, slots=True)
class Article:
    """A card and the stored text, which is what is quoted.

    `body_start` is the offset where prose begins, after a header such as `date 2023-05-04` run into the text. `spoken`
    is the language that the text is in, as its card gives it or as it was detected; None where it is not known.
    """

    source: Source
    text: str
    body_start: int = 0
    spoken: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets into the stored text, in characters: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who an article says that a quotation is of, in its own words.

    Where that is a pronoun, `meant` is the name before it in the paragraph; else it is "". A quotation that `goes_on`
    has no such words of its own, and those are of the one before.
    """

    words: str
    meant: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """One to a few whole sentences of one paragraph; `article.text[start:end] == text`.

    `paragraph` counts from 1. `sentences` are offsets into the article's text, in order, within the passage.
    """

    source: Source
    start: int
    end: int
    text: str
    paragraph: int
    kind: Kind
    sentences: tuple[Span, ...]

    def words(self, span: Span) -> str:
        """The stored characters of a span that lies within this passage."""
        return self.text[span.start - self.start : span.end - self.start]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a search may see; an empty tuple or None means no limit.

    `since` and `until` are inclusive; an article without a date passes neither. Outlets compare without case.
    Beyond what is asked for, `visible` are the outlets that may be seen where the question comes from (empty: all),
    `hidden` those that may not, and `withdrawn` the ids of articles that nobody may see. True where something is asked
    for.
    """

    outlets: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    visible: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.outlets or self.articles or self.since or self.until)

    def scope(self) -> Filters:
        """All that may be seen, whatever is asked for."""
        return Filters(visible=self.visible, withdrawn=self.withdrawn, hidden=self.hidden)


# Nothing is asked for, and everything may be seen.
ANY = Filters()


@dataclass(frozen=True, slots=True)
class SentenceScores:
    """One sentence of a candidate passage: cosine, BM25 and which question terms stand in it."""

    span: Span
    dense: float
    lexical: float
    matched: frozenset[str]


class Scored(NamedTuple):
    """A passage, or a sentence of it, whose text is not read yet: the scores of `Candidate`, or `SentenceScores`.

    `row` says something only to the store that it is from.
    """

    row: int
    dense: float
    lexical: float
    matched: frozenset[str]
    sentences: tuple[Scored, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A whole passage a store finds near a question; higher scores are nearer.

    `dense` is the cosine, `lexical` the BM25 score (0 where no term matches). `matched` are the question terms in it,
    `titled` those in its article's title.
    """

    passage: Passage
    dense: float
    lexical: float
    matched: frozenset[str]
    titled: frozenset[str]
    sentences: tuple[SentenceScores, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of the list of sources: the card, its searchable passages, and when this text was first indexed."""

    source: Source
    passages: int
    indexed_at: datetime


@dataclass(frozen=True, slots=True)
class Derived:
    """What was worked out from a text, so that it need not be again: its language and its signature (see `copies`).

    Where the card gave the language, it was not `detected`.
    """

    spoken: str | None
    detected: bool
    signature: bytes


@dataclass(frozen=True, slots=True)
class Earlier:
    """An article as it was before its text changed, and when the text that took its place was indexed.

    `origin` is the id of the article whose text it was: another one where a version in another file took its place.
    """

    article: Article
    until: datetime
    origin: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of.

    `files` maps each file's name to (size in bytes, sha256). `corpus_sha256` covers every article and its metadata.
    `tools` names the libraries, with their versions, that cut and read the texts: equal ones make the same of a text.
    `recall` is the share of the true nearest that are found, measured on a sample; None where all vectors are compared.
    `rules` made its statements (see `statements.RULES`).
    """

    format: int
    generation: int
    model: str
    weights_sha256: str
    dimension: int
    articles: int
    passages: int
    sentences: int
    corpus_sha256: str
    built_at: datetime
    files: dict[str, tuple[int, str]]
    tools: str
    recall: float | None = None
    rules: int = 0
