"""What a person is quoted as saying, by day: the quotations of articles whose words say that the person said them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from bot.answer import Described, Excerpt, by_day
from index.attribution import speaker_of
from index.copies import gist, same_words
from index.descriptions import descriptions
from index.features import terms
from index.figures import WORD, stem
from index.languages import base
from index.model import Kind, Span
from index.passages import split
from index.persons import TITLES
from index.spellings import key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.model import Article, Filters, Passage
    from index.speech import Speech
    from index.store import Store

# Passages with the person's name of which the articles are read for what they call that person.
PASSAGES = 200


def said(question: str, store: Store, filters: Filters) -> list[Excerpt]:
    """The quotations of a person, the oldest first and those of copies once: "Peskov", "Peskov about the parade"."""
    _, _, about = question.partition(" about ")
    wanted = frozenset(map(stem, terms(about))) if about.strip() else frozenset()
    found = sorted(_of(_name(question), wanted, store, filters), key=lambda row: by_day(row[1]))
    rows: list[Excerpt] = []
    told: dict[str, list[str]] = defaultdict(list)
    for quoted, excerpt in found:
        alike = told[gist(quoted)]
        if not any(quoted == other or same_words(quoted, other) for other in alike):
            alike.append(quoted)
            rows.append(excerpt)
    return rows


def described(question: str, store: Store, filters: Filters) -> tuple[Described, ...]:
    """What the articles call a person, where the name stands, those of the oldest first."""
    name, rows = _name(question), []
    for article in _naming(question, store, filters):
        passages = [passage for passage in split(article) if passage.kind is not Kind.RELATED]
        for span in descriptions(article.text, name, article.body_start):
            passage = next((p for p in passages if p.start <= span.start and span.end <= p.end), None)
            if passage:
                words = article.text[span.start : span.end]
                rows.append(Described(article.source, span.start, span.end, words, passage.paragraph))
    return tuple(rows)


def _name(question: str) -> list[str]:
    """The keys of the words of a person's name, the last of them the surname's."""
    return [key(word) for word in WORD.findall(question.partition(" about ")[0])]


def _naming(question: str, store: Store, filters: Filters) -> list[Article]:
    """The English articles in which the surname stands, the oldest first."""
    words = WORD.findall(question.partition(" about ")[0])
    found = store.articles_with(words[-1:], filters, PASSAGES) if words else []
    english = (article for article, _ in found if base(article.spoken) == "en")
    return sorted(english, key=lambda article: (article.source.published or date.max, article.source.id))


def _of(name: list[str], wanted: frozenset[str], store: Store, filters: Filters) -> Iterator[tuple[str, Excerpt]]:
    """The quotations of a person, each with its excerpt."""
    article_of = cache(store.article)
    for passage, speech in store.quoted(name[-1], filters) if name else ():
        article = article_of(passage.source.id)
        if article is None or not _is_named(article.text, speech, name):
            continue
        if not wanted or wanted & frozenset(stem(word) for word in WORD.findall(passage.text)):
            quoted = article.text[speech.quoted.start : speech.quoted.end]
            yield quoted, _excerpt(article.text, passage, speech)


def _is_named(text: str, speech: Speech, name: list[str]) -> bool:
    """Whether the speaker is named so: by the surname, with no other first name before it."""
    words = WORD.findall(text[speech.named.start : speech.named.end])
    for number, word in enumerate(words):
        if word[0].isupper() and key(word) == name[-1]:
            before = words[number - 1] if number else ""
            other = before[:1].isupper() and before.lower() not in TITLES and key(before) not in name
            return not (other and len(name) > 1)
    return False


def _excerpt(text: str, passage: Passage, speech: Speech) -> Excerpt:
    """The sentences of a quotation, and of who said it where that is in the same passage."""
    quoted = Span(speech.quoted.start, min(speech.quoted.end, passage.end))
    spans = [span for span in (quoted, speech.speaker, speech.cue) if passage.start <= span.start < passage.end]
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    covered = [s for s in passage.sentences if s.start < last and first < s.end]
    start, end = covered[0].start, covered[-1].end
    words = text[quoted.start : min(quoted.end, end)]
    begin = quoted.start + len(words) - len(words.lstrip())
    marked = Span(begin, begin + len(words.strip()))
    return Excerpt(0, text[start:end], start, end, passage, 1.0, answer=marked, speaker=speaker_of(text, speech))
