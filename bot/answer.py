"""Hits → Answer: which sentences are quoted, in which order, or why nothing is. Pure; renderers only lay it out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from index.copies import place_of, same_words
from index.features import FUNCTION_WORDS, QUESTION_WORDS
from index.languages import words as lexical_words
from index.model import ANY, Filters, Span

if TYPE_CHECKING:
    from index.model import Passage, Source, Speaker
    from index.moments import Moment
    from index.search import Hit, Ranking
    from index.tokens import Segment

EXCERPTS = 3
NEAREST = 3
# How many excerpts are shown at once where articles are compared.
ROWS = 6
# A paragraph up to this long is quoted whole, a longer one is trimmed to about it, in characters.
EXCERPT_CHARS = 350
# How long an excerpt may grow for the sake of being understood, in characters.
READABLE_CHARS = 600
# A further excerpt scores at least this share of the first; below it, fewer excerpts say more.
RELATIVE_FLOOR = 0.02
# From which probability a question is answered, and from which without reservation. In the halves for choosing,
# `balanced` refuses 12 % of the news questions and 7 % of squad2's that have an answer, 40 and 41 % of near misses, and
# 92 % of questions about another set's subjects; from 0.1, 6 and 5 % of the former, and 88 % of those.
CAUTION = {"cautious": (0.4, 0.6), "balanced": (0.15, 0.4), "eager": (0.06, 0.25)}

# Who writes at most so many words and asks nothing with them looks for mentions. Words with hyphens have several parts,
# and so have those of scripts without blanks, in which a question may be one word.
SOUGHT_WORDS = 2
SOUGHT_PARTS = 4
# What makes a question of so few words: English, as far as it names words. Those that are as often nouns or names, such
# as "will" and "may", do not.
_ASKING = re.compile(
    rf"[?？؟]|\b(?:{QUESTION_WORDS})(?!\w)|n['’]t\b|"
    r"\b(?:am|is|are|was|were|do|does|did|has|have|had|could|would|should|said|says|told|denies|denied|happens|happened|"
    r"died|resigned|won)\b|\A\W*(?:tell|show|list|give|find|say|explain|describe|define|compare|summari[sz]e)\b",
    re.IGNORECASE,
)
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
class Place:
    """Where in the coverage some words stand; `differing` is what they have otherwise there, if they are not the same.

    The `quoted` of each difference stands in the words, its `printed` in the sentences that begin in that paragraph.
    """

    source: Source
    paragraph: int
    differing: tuple[Segment, ...] = ()


class Way(StrEnum):
    """How a question is answered: by the best excerpts, or as the command asks that is called so."""

    BEST = "best"
    COMPARED = "compared"
    FIGURES = "figures"
    SAID = "said"
    TIMELINE = "timeline"
    FIRST = "first"
    ONLY_IN = "only_in"


@dataclass(frozen=True, slots=True)
class Differing:
    """A figure in an excerpt, and another one for the same in a passage of another article (see `figures`).

    `here` are offsets into the excerpt's article; `sentence`, and `there` within it, are into the passage's.
    """

    here: Span
    passage: Passage
    sentence: Span
    there: Span


@dataclass(frozen=True, slots=True)
class Described:
    """What an article calls a person where it names one: `article.text[start:end] == text`."""

    source: Source
    start: int
    end: int
    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole sentences of one passage, verbatim: `article.text[start:end] == text`.

    `number` counts from 1 within the answer, and is 0 for what is part of none. `also_in` is where else the same words
    stand, or nearly the same (see `copies`). `answer` are the words that answer: offsets into the article's text within
    the excerpt, which neither begin nor end with white space; None where nothing is marked. `differing` are figures of
    the excerpt for which other articles have others. Where a person's quotations are asked for, `answer` is one of them
    and `speaker` who said it. In a timeline `moments` are the days that its sentence speaks of, and `answer` the words
    of the one by which it is in order. `link` leads to these very words at the publisher (see `directive`), and is ""
    where no such link is known.
    """

    number: int
    text: str
    start: int
    end: int
    passage: Passage
    score: float
    also_in: tuple[Place, ...] = ()
    answer: Span | None = None
    differing: tuple[Differing, ...] = ()
    speaker: Speaker | None = None
    moments: tuple[Moment, ...] = ()
    link: str = ""

    @property
    def source(self) -> Source:
        """The article's card."""
        return self.passage.source

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before the words that answer, these words, and the text after; all is before where none are."""
        if self.answer is None:
            return self.text, "", ""
        start, end = self.answer.start - self.start, self.answer.end - self.start
        return self.text[:start], self.text[start:end], self.text[end:]

    @property
    def trimmed_before(self) -> bool:
        """Whether the paragraph has words before the excerpt."""
        return self.start > self.passage.start

    @property
    def trimmed_after(self) -> bool:
        """Whether the paragraph has words after the excerpt."""
        return self.end < self.passage.end


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason, a sentence for the reader, and the articles near the question, nearest first.

    `closest` is the nearest excerpt, to be shown only as what it is: no answer. Where nothing is near, there is none.
    """

    reason: Reason
    message: str
    nearest: tuple[Source, ...] = ()
    closest: Excerpt | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Excerpts, best first, or a refusal; never both. `elapsed` is in seconds.

    `likely` is False where the excerpts are the closest there are and may not answer. `preferred` are the outlets and
    days of publication that the question names and that were put first. `articles` counts those that `filters` let see.
    `mentioned` are the words of a query that asks nothing, and that the excerpts mention; none where it is a question.
    Where articles are compared, `without` are those that were looked through and in which nothing was found. Where a
    person's quotations are listed, `described` is what the articles call that person.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    refusal: Refusal | None
    articles: int
    generation: int
    filters: Filters = ANY
    likely: bool = True
    preferred: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    way: Way = Way.BEST
    without: tuple[Source, ...] = ()
    described: tuple[Described, ...] = ()
    elapsed: float = 0.0

    @property
    def quoted(self) -> tuple[Excerpt, ...]:
        """All that is quoted: the excerpts, or what a refusal has to show on demand."""
        closest = self.refusal and self.refusal.closest
        return (closest,) if closest else self.excerpts


def is_question(text: str) -> bool:
    """Whether there is anything to search for."""
    return any(character.isalnum() for character in text)


def sought(text: str) -> tuple[str, ...]:
    """The one or two words of a text that asks nothing, whose mentions it looks for; none where it is a question."""
    tokens = (re.sub(r"\A\W+|\W+\Z", "", token) for token in text.split())
    found = tuple(filter(None, tokens))
    if len(found) > SOUGHT_WORDS or len(list(lexical_words(text))) > SOUGHT_PARTS or _ASKING.search(text):
        return ()
    return tuple(word for word in found if word.lower() not in FUNCTION_WORDS) or found


def compose(ranking: Ranking, count: int, skip: int = 0, *, brief: bool = False) -> tuple[Excerpt, ...]:
    """Up to `count` excerpts of a ranking that is near enough: one from each article before a second from any.

    A passage whose words were chosen already, or nearly, is not. The first `skip` are left out, as they were shown
    before; the others keep their numbers. Where it is to be `brief`, all but the first have only the sentences that
    answer, and what these cannot be read without.
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
    shown = enumerate(chosen[skip:], start=skip + 1)
    return tuple(
        _excerpt(number, hit, _window(hit, 0) if brief and number > 1 else span, ranking.hits)
        for number, (hit, span) in shown
    )


def by_day(excerpt: Excerpt) -> tuple[date, str, int]:
    """What puts excerpts in order: the oldest first, those without a day last."""
    return excerpt.source.published or date.max, excerpt.source.id, excerpt.answer.start if excerpt.answer else 0


def shown_at_once(way: Way, usual: int) -> int:
    """How many excerpts are shown where nobody says how many."""
    return usual if way is Way.BEST else max(usual, ROWS)


def refuse(ranking: Ranking, reason: Reason, message: str, *, answers: bool = False) -> Refusal:
    """A refusal that names the articles near the question, and has the nearest excerpt, with nothing marked in it.

    A ranking that `answers`, though not from where it was asked for, is near as it is.
    """
    hits = ranking.hits if answers else tuple(filter(near, ranking.hits))
    nearest = dict.fromkeys(hit.passage.source for hit in hits)
    closest = (replace(excerpt, number=0, answer=None) for excerpt in compose(replace(ranking, hits=hits), 1))
    return Refusal(reason, message, tuple(nearest)[:NEAREST], next(closest, None))


def near(hit: Hit) -> bool:
    """Whether a passage has to do with the question at all."""
    features = next(sentence.features for sentence in hit.sentences if sentence.span == hit.best)
    return features["near"] >= 1


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
    also_in = tuple(filter(None, places))
    return Excerpt(number, text, span.start, span.end, hit.passage, hit.score, also_in, _marked(hit))


def _marked(hit: Hit) -> Span | None:
    """The words of a hit that answer, without white space around them."""
    if hit.answer is None:
        return None
    words = hit.passage.words(hit.answer)
    start = hit.answer.start + len(words) - len(words.lstrip())
    return Span(start, start + len(words.strip())) if words.strip() else None


def _place(words: str, passage: Passage) -> Place | None:
    start = passage.start + passage.text.find(words)
    # Whole sentences, as they were told apart by the rules of the article's own language.
    if any(s.start == start for s in passage.sentences) and any(s.end == start + len(words) for s in passage.sentences):
        return Place(passage.source, passage.paragraph)
    found = place_of(words, passage.text)
    return found and Place(passage.source, passage.paragraph, found.differing)


def _window(hit: Hit, limit: int = EXCERPT_CHARS) -> Span:
    """The best sentence and those with words that answer, what they cannot be read without, and the better neighbours.

    Neighbours are taken as far as they fit into `limit`, so that a short paragraph is quoted whole. No sentence is cut.
    """
    sentences = hit.sentences
    answer = _marked(hit) or hit.best
    core = [n for n, s in enumerate(sentences) if s.span == hit.best or _overlap(s.span, answer)]
    first, last = core[0], core[-1]

    def may_take(n: int) -> bool:
        return 0 <= n < len(sentences) and _length(hit, first, last, n) <= READABLE_CHARS

    while may_take(first - 1) and _leans_back(_words(hit, first, last)):
        first -= 1
    while may_take(last + 1) and _open_quotations(_words(hit, first, last)) > 0:
        last += 1
    while True:
        around = [n for n in (first - 1, last + 1) if 0 <= n < len(sentences)]
        options = [n for n in around if _length(hit, first, last, n) <= limit]
        if not options:
            return Span(sentences[first].span.start, sentences[last].span.end)
        better = max(options, key=lambda n: sentences[n].score)
        first, last = min(first, better), max(last, better)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


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
