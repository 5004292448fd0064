"""Hits → Answer: which sentences are quoted, in which order, or why nothing is. Pure; renderers only lay it out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from index.copies import place_of, same_words
from index.model import ANY, Filters, Span

if TYPE_CHECKING:
    from index.model import Passage, Source
    from index.search import Hit, Ranking
    from index.tokens import Segment

EXCERPTS = 3
NEAREST = 3
# A paragraph up to this long is quoted whole, a longer one is trimmed to about it, in characters.
EXCERPT_CHARS = 350
# How long an excerpt may grow for the sake of being understood, in characters.
READABLE_CHARS = 600
# A further excerpt scores at least this share of the first; below it, fewer excerpts say more.
RELATIVE_FLOOR = 0.02
# From which probability a question is answered, and from which without reservation.
CAUTION = {"cautious": (0.3, 0.5), "balanced": (0.18, 0.4), "eager": (0.08, 0.25)}

_PRONOUN = re.compile(
    r"\W*(?:he|she|it|they|this|that|these|those|his|her|its|their|such|the statement)\b", re.IGNORECASE
)


class Reason(StrEnum):
    """Why a question is not answered."""

    NOTHING_NEAR = "nothing_near"
    FILTERED_OUT = "filtered_out"
    EMPTY_INDEX = "empty_index"
    EMPTY_QUESTION = "empty_question"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason, a sentence for the reader, and the articles nearest to the question, nearest first."""

    reason: Reason
    message: str
    nearest: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the coverage some words stand; `differing` is what they have otherwise there, if they are not the same.

    The `quoted` of each difference stands in the words, its `printed` in the sentences that begin in that paragraph.
    """

    source: Source
    paragraph: int
    differing: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole sentences of one passage, verbatim: `article.text[start:end] == text`.

    `number` counts from 1 within the answer. `also_in` is where else the same words stand, or nearly the same (see
    `copies`).
    """

    number: int
    text: str
    start: int
    end: int
    passage: Passage
    score: float
    also_in: tuple[Place, ...] = ()

    @property
    def source(self) -> Source:
        """The article's card."""
        return self.passage.source

    @property
    def trimmed_before(self) -> bool:
        """Whether the paragraph has words before the excerpt."""
        return self.start > self.passage.start

    @property
    def trimmed_after(self) -> bool:
        """Whether the paragraph has words after the excerpt."""
        return self.end < self.passage.end


@dataclass(frozen=True, slots=True)
class Answer:
    """Excerpts, best first, or a refusal; never both. `elapsed` is in seconds.

    `likely` is False where the excerpts are the closest there are and may not answer. `preferred` are the outlets and
    days of publication that the question names and that were put first. `articles` counts those that `filters` let see.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    refusal: Refusal | None
    articles: int
    generation: int
    filters: Filters = ANY
    likely: bool = True
    preferred: tuple[str, ...] = ()
    elapsed: float = 0.0


def is_question(text: str) -> bool:
    """Whether there is anything to search for."""
    return any(character.isalnum() for character in text)


def compose(ranking: Ranking, count: int, skip: int = 0) -> tuple[Excerpt, ...]:
    """Up to `count` excerpts of a ranking that is near enough: one from each article before a second from any.

    A passage whose words were chosen already, or nearly, is not. The first `skip` are left out, as they were shown
    before; the others keep their numbers.
    """
    near = [hit for hit in ranking.hits if hit.score >= RELATIVE_FLOOR * ranking.hits[0].score]
    options = [(hit, _window(hit)) for hit in near]
    chosen: list[tuple[Hit, Span]] = []
    for second in (False, True):
        for hit, span in options:
            seen = any(hit.passage.source == earlier.passage.source for earlier, _ in chosen)
            if len(chosen) == skip + count or seen != second:
                continue
            quotes = (earlier.passage.words(quoted) for earlier, quoted in chosen)
            if not any(_repeats(hit, span, quote) for quote in quotes):
                chosen.append((hit, span))
    excerpts = [_excerpt(number, hit, span, ranking.hits) for number, (hit, span) in enumerate(chosen, start=1)]
    return tuple(excerpts[skip:])


def refuse(ranking: Ranking, reason: Reason, message: str) -> Refusal:
    """A refusal that names the articles nearest to the question."""
    nearest = dict.fromkeys(hit.passage.source for hit in ranking.hits)
    return Refusal(reason, message, tuple(nearest)[:NEAREST])


def _repeats(hit: Hit, span: Span, quote: str) -> bool:
    """Whether a passage's words stand in a quotation, or each of their sentences where the passage nearly has it."""
    words = hit.passage.words(span)
    if words in quote or same_words(words, quote):
        return True
    found = place_of(quote, hit.passage.text)
    if found is None:
        return False
    start, end = hit.passage.start + found.start, hit.passage.start + found.end
    quoted = (s for s in hit.passage.sentences if span.start <= s.start and s.end <= span.end)
    return all(sentence.start < end and start < sentence.end for sentence in quoted)


def _excerpt(number: int, hit: Hit, span: Span, hits: tuple[Hit, ...]) -> Excerpt:
    text = hit.passage.words(span)
    places = (_place(text, other.passage) for other in hits if other is not hit)
    return Excerpt(number, text, span.start, span.end, hit.passage, hit.score, tuple(filter(None, places)))


def _place(words: str, passage: Passage) -> Place | None:
    start = passage.start + passage.text.find(words)
    # Whole sentences, as they were told apart by the rules of the article's own language.
    if any(s.start == start for s in passage.sentences) and any(s.end == start + len(words) for s in passage.sentences):
        return Place(passage.source, passage.paragraph)
    found = place_of(words, passage.text)
    return found and Place(passage.source, passage.paragraph, found.differing)


def _window(hit: Hit) -> Span:
    """The best sentence, what it cannot be read without, and the better of its neighbours as far as they fit.

    A short paragraph is so quoted whole. No sentence is cut.
    """
    sentences = hit.sentences
    first = last = next(n for n, sentence in enumerate(sentences) if sentence.span == hit.best)

    def may_take(n: int) -> bool:
        return 0 <= n < len(sentences) and _length(hit, first, last, n) <= READABLE_CHARS

    while may_take(first - 1) and _leans_back(_words(hit, first, last)):
        first -= 1
    while may_take(last + 1) and _open_quotations(_words(hit, first, last)) > 0:
        last += 1
    while True:
        around = [n for n in (first - 1, last + 1) if 0 <= n < len(sentences)]
        options = [n for n in around if _length(hit, first, last, n) <= EXCERPT_CHARS]
        if not options:
            return Span(sentences[first].span.start, sentences[last].span.end)
        better = max(options, key=lambda n: sentences[n].score)
        first, last = min(first, better), max(last, better)


def _leans_back(words: str) -> bool:
    """Whether words cannot be read without what stands before: a pronoun opens them, or a quotation ends that began."""
    return bool(_PRONOUN.match(words)) or _open_quotations(words) < 0


def _open_quotations(words: str) -> int:
    """How many more quotations begin than end; before a letter the closing mark is an apostrophe."""
    return len(re.findall(r"[“‘]", words)) - len(re.findall(r"”|’(?!\w)", words))


def _words(hit: Hit, first: int, last: int) -> str:
    return hit.passage.words(Span(hit.sentences[first].span.start, hit.sentences[last].span.end))


def _length(hit: Hit, first: int, last: int, wider: int) -> int:
    return hit.sentences[max(last, wider)].span.end - hit.sentences[min(first, wider)].span.start
