"""What is kept of an answer that was sent, so that its buttons work after a restart and for months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.answer import Excerpt, Way
from bot.directive import words_link
from index.model import Filters, Span
from index.passages import paragraph_spans, split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.answer import Answer
    from index.model import Article, Passage


class Lost(StrEnum):
    """Why a quotation that was sent can no longer be shown."""

    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Quoted:
    """Where an excerpt came from: offsets into the text of that hash, its number in the answer, and what was marked."""

    number: int
    article: str
    sha256: str
    start: int
    end: int
    answer: Span | None = None

    def as_row(self) -> list[Any]:
        """For JSON."""
        marked = self.answer and [self.answer.start, self.answer.end]
        return [self.number, self.article, self.sha256, self.start, self.end, marked]

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Quoted:
        """What `as_row` made; what was kept before words were marked has no place for them."""
        number, article, sha256, start, end, *marked = row
        return cls(number, article, sha256, start, end, Span(*marked[0]) if marked and marked[0] else None)


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """A question as it was answered: under which filters, from which generation, with which excerpts and reservations.

    Where it was refused, `quoted` is what the refusal has to show on demand. `skipped` counts the excerpts of answers
    before, which this one went on from. `alone` is the question as it was typed, where it took words of another.
    Where it is `private`, only some see it.
    """

    question: str
    filters: Filters
    generation: int
    quoted: tuple[Quoted, ...]
    skipped: int = 0
    likely: bool = True
    preferred: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    alone: str = ""
    private: bool = True
    way: Way = Way.BEST

    def as_fields(self) -> dict[str, Any]:
        """For JSON. Who may see what is left out: it is asked again each time."""
        f = self.filters
        return {
            "question": self.question,
            "outlets": f.outlets,
            "articles": f.articles,
            "since": f.since and f.since.isoformat(),
            "until": f.until and f.until.isoformat(),
            "generation": self.generation,
            "quoted": [quoted.as_row() for quoted in self.quoted],
            "skipped": self.skipped,
            "likely": self.likely,
            "preferred": self.preferred,
            "mentioned": self.mentioned,
            "alone": self.alone,
            "private": self.private,
            "way": self.way.value,
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> SentAnswer:
        """What `as_fields` made; what was kept before there were searches, follow-ups or ways has no word of them."""
        since, until = (fields[name] and date.fromisoformat(fields[name]) for name in ("since", "until"))
        filters = Filters(tuple(fields["outlets"]), tuple(fields["articles"]), since, until)
        quoted = tuple(Quoted.from_row(row) for row in fields["quoted"])
        rest = {name: fields[name] for name in ("question", "generation", "skipped", "likely")}
        preferred, mentioned = tuple(fields["preferred"]), tuple(fields.get("mentioned", ()))
        rest |= {"alone": fields.get("alone", ""), "private": fields.get("private", True)}
        rest["way"] = Way(fields.get("way", Way.BEST))
        return cls(filters=filters, quoted=quoted, preferred=preferred, mentioned=mentioned, **rest)


@dataclass(frozen=True, slots=True)
class Context:
    """An excerpt with the stored text around it: the rest of its paragraph, and the paragraphs next to it.

    `before + excerpt.text + after` stands in the article as it is.
    """

    excerpt: Excerpt
    before: str
    after: str


def sent(answer: Answer, *, skipped: int = 0, alone: str = "", private: bool = True) -> SentAnswer:
    """What to keep of an answer."""
    quoted = tuple(Quoted(e.number, e.source.id, e.source.sha256, e.start, e.end, e.answer) for e in answer.quoted)
    was = (answer.question, answer.filters, answer.generation, quoted)
    rest = (answer.likely, answer.preferred, answer.mentioned)
    return SentAnswer(*was, skipped, *rest, alone=alone, private=private, way=answer.way)


def quote_again(quoted: Quoted, article: Article | None) -> Excerpt | Lost:
    """The excerpt from the article as it is stored now, or why there is none."""
    if article is None:
        return Lost.GONE
    passage = _passage(quoted, article)
    if passage is None:
        return Lost.CHANGED
    words = article.text[quoted.start : quoted.end]
    link = words_link(article, Span(quoted.start, quoted.end))
    return Excerpt(quoted.number, words, quoted.start, quoted.end, passage, 0.0, (), quoted.answer, link=link)


def context(excerpt: Excerpt, article: Article) -> Context:
    """What stands around an excerpt."""
    paragraphs = paragraph_spans(article)
    here = excerpt.passage.paragraph - 1
    first, last = paragraphs[max(0, here - 1)].start, paragraphs[min(here + 1, len(paragraphs) - 1)].end
    return Context(excerpt, article.text[first : excerpt.start], article.text[excerpt.end : last])


def _passage(quoted: Quoted, article: Article) -> Passage | None:
    if article.source.sha256 != quoted.sha256:
        return None
    held = (p for p in split(article) if p.start <= quoted.start and quoted.end <= p.end)
    return next(held, None)
