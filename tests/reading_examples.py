"""What a reader learns from: questions with a window of one to four sentences, and the words in it that answer, if any.

Five kinds of windows that do not answer are made beside those that do: the one a near miss was written against, by
people; the same with a name, a number or another word of the question exchanged, by rule; another paragraph of the same
article that shares words with the question; another place of the same paragraph; and a paragraph about something else,
of those that a search for the question's words puts first. Where several can be made, all are offered: a reader learns
most from the one that it takes most for an answer.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from index.features import FUNCTION_WORDS
from index.model import Span
from index.passages import sentences
from index.search import WINDOW_CHARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

FOLDER = Path(__file__).parent.parent.parent / "shared" / "train"
OPPOSITES = Path(__file__).with_name("opposites.txt")
SETS = ("squad_train", "nq_train", "tydi_train", "timeqa_train")
SEARCHED = SETS[:3]  # those that have paragraphs, not whole articles
# Sentences of a window and how often, and how many characters it may have, unless a single sentence has more.
SIZES, SHARES, LONGEST_WINDOW = (1, 2, 3, 4), (0.3, 0.35, 0.25, 0.1), 420
# How often another sentence stands for the headline, where there is one of so few characters.
SENTENCES, LONGEST_HEADLINE = 0.5, 120
FIRST = 8  # of what a search finds, some are drawn
OFFERED = 4  # at most, to choose from
# How many of each kind make an epoch beside every near miss that people wrote and the question it was made from.
EPOCH = {"squad": 10_000, "other": 8_000, "exchanged": 18_000, "paragraph": 8_000, "elsewhere": 3_000,
         "unrelated": 10_000}  # fmt: skip
# How often a question is offered with its verb negated.
NEGATED = 0.3

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_ASSERTED = re.compile(r"\b(?:is|are|was|were|did|does|do|has|have|had|can|could|will|would)\b")
_NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][\w'’-]+)(?: (?:of |the |de |von )?[A-Z][\w'’-]+)*")


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a headline, a window, and the answer's bounds in it; `None` where it does not answer."""

    question: str
    title: str
    window: str
    answer: Span | None


# One example, or several that do not answer: the one of them that the model takes most for an answer is learned.
Choice = tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """An answerable question of a set with its paragraph (or article) and where the answer stands in it."""

    id: str
    text: str
    doc: str
    answer: Span


class Pool:
    """All questions of the sets that lie there, from which every epoch draws."""

    def __init__(self) -> None:
        self.articles: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, list[Asked]] = {}
        for name in SETS:
            self.articles |= {row["id"]: row for row in rows(name, "articles")}
            self.asked[name] = [self._asked(row) for row in rows(name, "questions") if row["answerable"]]
        self.near = list(rows("squad_train", "unanswerable"))
        self.late = [row for row in rows("timeqa_train", "questions") if not row["answerable"]]
        self.paragraphs = {row["id"]: row["docs"] for row in rows("squad_train", "hard_negatives")}
        self._searchable = [row for name in SEARCHED for row in rows(name, "articles")]
        self._search = TfidfVectorizer(sublinear_tf=True, stop_words=list(FUNCTION_WORDS), dtype=np.float32)
        self._searched = self._search.fit_transform(row["text"] for row in self._searchable).T.tocsr()
        self.opposites: dict[str, list[str]] = defaultdict(list)
        for line in OPPOSITES.read_text(encoding="utf-8").splitlines()[1:]:
            one, other = line.split()
            self.opposites[one].append(other)
            self.opposites[other].append(one)
        self.names: dict[str, list[str]] = defaultdict(list)
        for asked in self.asked["squad_train"]:
            self.names[self.articles[asked.doc]["title"]] += _NAME.findall(asked.text)

    def epoch(self, number: int) -> list[list[Choice]]:
        """The examples of an epoch in random order, those that belong into one batch together."""
        draw = random.Random(number)
        groups = [*self._near(draw), *self._late(draw)]
        twins = {row["twin"]["id"] for row in self.near}
        squad = [asked for asked in self.asked["squad_train"] if asked.id not in twins]
        other = [asked for name in SETS[1:] for asked in self.asked[name]]
        groups += ([(self.positive(asked, draw),)] for asked in draw.sample(squad, EPOCH["squad"]))
        groups += ([(self.positive(asked, draw),)] for asked in _some(other, EPOCH["other"], draw))
        makers = {"exchanged": self._exchanged, "paragraph": self._paragraph, "elsewhere": self._elsewhere,
                  "unrelated": self._unrelated}  # fmt: skip
        for kind, make in makers.items():
            everything = [*self.asked["squad_train"], *(other if kind in {"elsewhere", "unrelated"} else ())]
            draw.shuffle(everything)
            made = (group for asked in everything if all(group := make(asked, draw)))
            groups += (group for group, _ in zip(made, range(EPOCH[kind]), strict=False))
        draw.shuffle(groups)
        return [[tuple(_varied(choice, draw)) for choice in group] for group in groups]

    def positive(self, asked: Asked, draw: random.Random) -> Example:
        article = self.articles[asked.doc]
        window = around(article["text"], asked.answer, draw)
        headline = _headline(article, window, article["text"][asked.answer.start : asked.answer.end], draw)
        return Example(asked.text, headline, article["text"][window.start : window.end], _inside(window, asked.answer))

    def _asked(self, row: dict[str, Any]) -> Asked:
        text = self.articles[row["doc"]]["text"]
        words = row["answers"][0]
        start = row["starts"][0]
        if row.get("ambiguous_start"):  # which of several places is meant: the one in words like the question's
            places = [found.start() for found in re.finditer(re.escape(words), text)] or [start]
            start = max(places, key=lambda n: overlap(row["text"], text[max(0, n - 150) : n + 150]))
        return Asked(row["id"], row["text"], row["doc"], Span(start, start + len(words)))

    def _near(self, draw: random.Random) -> Iterator[list[Choice]]:
        """A near miss that people wrote, and the question it was made from, against the same window."""
        for row in self.near:
            twin = row["twin"]
            span = Span(twin["starts"][0], twin["starts"][0] + len(twin["answers"][0]))
            answered = self.positive(Asked(twin["id"], twin["text"], row["near"], span), draw)
            yield [(answered,), (replace(answered, question=row["text"], answer=None),)]

    def _late(self, draw: random.Random) -> Iterator[list[Choice]]:
        """Near misses by date: nothing in the whole article answers."""
        for row in self.late:
            article = self.articles[row["near"]]
            window = around(article["text"], _likest(article["text"], row["text"]), draw)
            headline = _headline(article, window, "", draw)
            yield [(Example(row["text"], headline, article["text"][window.start : window.end], None),)]

    def _exchanged(self, asked: Asked, draw: random.Random) -> list[Choice]:
        """The question, and what becomes of it where one of its words is exchanged, against the same window."""
        answered = self.positive(asked, draw)
        others = [question for question in self._others(asked, answered, draw) if question != asked.text]
        offered = _some(others, OFFERED, draw)
        return [(answered,), tuple(replace(answered, question=question, answer=None) for question in offered)]

    def _others(self, asked: Asked, example: Example, draw: random.Random) -> Iterator[str]:
        """Questions with a name, number or other word exchanged for one of its kind that the answer's place lacks."""
        words = asked.text
        text = self.articles[asked.doc]["text"]
        answer = set(_plain(text[asked.answer.start : asked.answer.end]))
        held = set(_plain(example.window))
        for name in dict.fromkeys(name for name in _NAME.findall(words) if name in example.window):
            if name in _MONTHS:
                yield words.replace(name, draw.choice(_MONTHS))
                continue
            known = self.names[self.articles[asked.doc]["title"]]
            away = [other for other in _some(known, 20, draw) if held.isdisjoint(_plain(other))]
            # Another name of the same paragraph: that it is named is not that it is what the question says.
            beside = [other for other in _NAME.findall(text) if answer.isdisjoint(_plain(other)) and other not in words]
            for others in (away, beside):
                if others:
                    yield words.replace(name, draw.choice(others))
        for number in dict.fromkeys(number for number in _NUMBER.findall(words) if number in example.window):
            new = _other_number(number, draw)
            if new not in example.window:
                yield words.replace(number, new)
        for word in _WORD.findall(words):
            for other in self.opposites.get(word, ()):
                if other not in held:
                    yield re.sub(rf"\b{word}\b", other, words, count=1)
        if draw.random() < NEGATED and (found := _ASSERTED.search(words)):
            yield f"{words[: found.end()]} not{words[found.end() :]}"

    def _paragraph(self, asked: Asked, draw: random.Random) -> list[Choice]:
        """Other paragraphs of the same article, at their sentences that are most like the question."""
        articles = [self.articles[doc] for doc in self.paragraphs.get(asked.id, ())]
        return [self._without(asked, articles, draw)]

    def _elsewhere(self, asked: Asked, draw: random.Random) -> list[Choice]:
        """The sentence of the same paragraph that is most like the question, of those that do not answer."""
        article = self.articles[asked.doc]
        spans = [s for s in bounds(article["text"]) if s.end <= asked.answer.start or s.start >= asked.answer.end]
        if not spans:
            return [()]
        best = max(spans, key=lambda s: overlap(asked.text, article["text"][s.start : s.end]))
        window = around(article["text"], best, draw)
        if window.start < asked.answer.end and asked.answer.start < window.end:
            window = best
        return [tuple(self._unless_it_answers(asked, article, window, draw))]

    def _unrelated(self, asked: Asked, draw: random.Random) -> list[Choice]:
        """Paragraphs about something else, of the first that a search for the question's words finds."""
        scores = (self._search.transform([asked.text]) @ self._searched).toarray().ravel()
        title = self.articles[asked.doc]["title"]
        found = (self._searchable[n] for n in np.argsort(-scores, kind="stable"))
        others = list(islice((article for article in found if article["title"] != title), FIRST))
        return [self._without(asked, _some(others, OFFERED, draw), draw)]

    def _without(self, asked: Asked, articles: Sequence[dict[str, Any]], draw: random.Random) -> Choice:
        """Articles at their sentences that are most like the question, but for those that hold the answer."""
        windows = [around(article["text"], _likest(article["text"], asked.text), draw) for article in articles]
        pairs = zip(articles, windows, strict=True)
        return tuple(example for pair in pairs for example in self._unless_it_answers(asked, *pair, draw))

    def _unless_it_answers(
        self, asked: Asked, article: dict[str, Any], window: Span, draw: random.Random
    ) -> Iterator[Example]:
        words = article["text"][window.start : window.end]
        answer = self.articles[asked.doc]["text"][asked.answer.start : asked.answer.end]
        if answer.lower() not in words.lower():
            yield Example(asked.text, _headline(article, window, answer, draw), words, None)


def tuning() -> list[list[Example]]:
    """The questions of squad2_tune, each with all windows of its paragraph: for choosing, never for training."""
    articles = {row["id"]: row for row in rows("squad2_tune", "articles")}
    found = []
    for row in rows("squad2_tune", "questions"):
        article = articles[row.get("doc") or row["near"]]
        answer = None
        if row["answerable"]:
            shortest = min(range(len(row["answers"])), key=lambda n: len(row["answers"][n]))
            answer = Span(row["starts"][shortest], row["starts"][shortest] + len(row["answers"][shortest]))
        found.append([
            Example(row["text"], article["title"], article["text"][window.start : window.end],
                    answer and _inside(window, answer))
            for window in cut(article["text"])
        ])  # fmt: skip
    return found


def rows(name: str, file: str) -> Iterator[dict[str, Any]]:
    """The rows of a file of a set."""
    with gzip.open(FOLDER / name / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _headline(article: dict[str, Any], window: Span, answer: str, draw: random.Random) -> str:
    """The title, or often another sentence of the article: news has headlines that say something, as titles do not."""
    spans = [s for s in bounds(article["text"]) if s.end <= window.start or s.start >= window.end]
    others: list[str] = [article["text"][s.start : s.end] for s in spans if s.end - s.start <= LONGEST_HEADLINE]
    others = [words for words in others if not answer or answer.lower() not in words.lower()]
    if others and draw.random() < SENTENCES:
        return draw.choice(others).rstrip(" .")
    return str(article["title"])


@cache
def bounds(text: str) -> list[Span]:
    """The sentences of a paragraph; a text without any is one."""
    return sentences(text) or [Span(0, len(text))]


def around(text: str, span: Span, draw: random.Random) -> Span:
    """A window of whole sentences that holds `span`, of a random size and with the span at a random place in it."""
    spans = bounds(text)
    inside = [n for n, s in enumerate(spans) if s.start < span.end and span.start < s.end] or [0]
    first, last = inside[0], inside[-1]
    size = draw.choices(SIZES, SHARES)[0]
    while last - first + 1 < size:
        options = [(a, b) for a, b in ((first - 1, last), (first, last + 1)) if a >= 0 and b < len(spans)]
        options = [(a, b) for a, b in options if spans[b].end - spans[a].start <= LONGEST_WINDOW]
        if not options:
            break
        first, last = draw.choice(options)
    return Span(min(spans[first].start, span.start), max(spans[last].end, span.end))


def cut(text: str) -> list[Span]:
    """A paragraph in windows of whole sentences, one after the other, as long as search makes them."""
    made: list[Span] = []
    for sentence in bounds(text):
        if made and sentence.end - made[-1].start <= WINDOW_CHARS:
            made[-1] = Span(made[-1].start, sentence.end)
        else:
            made.append(sentence)
    return made


def overlap(question: str, words: str) -> float:
    """How many of the question's words that name something stand in a text."""
    return len(set(_plain(question)) & set(_plain(words)))


def _likest(text: str, question: str) -> Span:
    return max(bounds(text), key=lambda s: overlap(question, text[s.start : s.end]))


def _plain(text: str) -> Sequence[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in FUNCTION_WORDS]


def _inside(window: Span, span: Span) -> Span | None:
    """A span of the text as one of the window; None where it is not wholly in it."""
    if span.start < window.start or span.end > window.end:
        return None
    return Span(span.start - window.start, span.end - window.start)


def _other_number(old: str, draw: random.Random) -> str:
    if re.fullmatch(r"1\d{3}|20\d\d", old):
        return str(int(old) + draw.choice([-1, 1]) * draw.randint(1, 30))
    digits = re.sub(r"\D", "", old)
    return str(max(1, int(digits) + draw.choice([-1, 1]) * draw.randint(1, max(3, int(digits) // 2))))


def _some(things: Sequence[T], most: int, draw: random.Random) -> list[T]:
    return draw.sample(things, min(most, len(things)))


def _varied(choice: Choice, draw: random.Random) -> Iterator[Example]:
    """With or without the question mark and the headline: neither may tell whether there is an answer."""
    mark, titled = "?" if draw.random() < 0.6 else "", draw.random() < 0.7
    for example in choice:
        question = example.question.rstrip(" ?") + mark
        yield replace(example, question=question, title=example.title if titled else "")
