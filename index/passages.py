"""Article → passages, with exact offsets into the stored text.

Paragraphs bound passages; sentence bounds come from sentencex. What a paragraph is (prose, a picture's caption, a
link to another story, a social embed) is read off marks that newsrooms leave in text, never off a given article.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from sentencex import get_sentence_boundaries

from index.model import Kind, Passage, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.model import Article

# A passage is embedded whole: about 256 word pieces, which is where all-MiniLM-L6-v2 stops reading.
MAX_PASSAGE_CHARS = 1000
# Sentences are looked for in so many characters of a paragraph at once.
MAX_STRETCH_CHARS = 10_000
# An embedded post is short; further back than this a wide gap is the article's own.
MAX_EMBED_PARAGRAPHS = 6

_BLOCK = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]\s“‘]*$")
_RELATED = re.compile(
    r"(?:also read|read (?:also|more|next)|see also|more on this(?: story)?|related(?: story| stories| articles?)?)"
    r"\s*[:|–—-]\s*\S",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:pictured|photo|file photo|image|caption)\s*:|in this (?:file |handout |undated )*(?:photo|image|picture)\b",
    re.IGNORECASE,
)
_EMBED_END = re.compile(
    r"(?:pic\.twitter\.com/\w+|(?:—|–|&mdash;)\s*[^\n]{1,80}\(@\w{1,15}\)\s+\w+ \d{1,2}, \d{4})\s*$"
)


def split(article: Article) -> list[Passage]:
    """The article's passages in order; a paragraph that stands again is left out the second time."""
    text, language = article.text, article.spoken or "en"
    paragraphs = paragraph_spans(article)
    bounds = [sentences(text[p.start : p.end], p.start, language) for p in paragraphs]
    kinds = _kinds(text, paragraphs, bounds)
    passages: list[Passage] = []
    seen: set[str] = set()
    for number, (paragraph, kind) in enumerate(zip(paragraphs, kinds, strict=True), start=1):
        words = text[paragraph.start : paragraph.end]
        if words in seen:
            continue
        seen.add(words)
        for group in _groups(bounds[number - 1]):
            start, end = group[0].start, group[-1].end
            passages.append(Passage(article.source, start, end, text[start:end], number, kind, tuple(group)))
    return passages


def paragraph_spans(article: Article) -> list[Span]:
    """The paragraphs of the stored text, first to last, as offsets; paragraph n of a citation is item n - 1."""
    return list(paragraphs(article.text, article.body_start))


def sentences(words: str, offset: int = 0, language: str = "en") -> list[Span]:
    """Sentence bounds of one paragraph, without the white space between, shifted by `offset` characters."""
    spans = []
    for begin, end in _stretches(words):
        # At a blank other than a plain one before a full stop sentencex 1.0.32 panics, and that is no Exception.
        for bound in get_sentence_boundaries(language, re.sub(r"[^\S\n]", " ", words[begin:end])):
            sentence = words[begin + bound["start_index"] : begin + bound["end_index"]]
            if sentence.strip():
                start = offset + begin + bound["start_index"] + len(sentence) - len(sentence.lstrip())
                spans.append(Span(start, start + len(sentence.strip())))
    return spans


def _stretches(words: str) -> Iterator[tuple[int, int]]:
    """A paragraph, in several stretches if it is longer than any that people write: some take sentencex very long."""
    start = 0
    while start < len(words):
        end = start + MAX_STRETCH_CHARS
        blank = words.rfind(" ", start, end) if end < len(words) else -1
        end = blank + 1 if blank > start else min(end, len(words))
        yield start, end
        start = end


def paragraphs(text: str, start: int) -> Iterator[Span]:
    """The paragraphs of a text from `start` on.

    Blank lines part them; so do single line ends, unless the lines are one hard-wrapped paragraph.
    """
    for block in _BLOCK.finditer(text, start):
        lines = [line for line in re.finditer(r"[^\n]+", block.group()) if line.group().strip()]
        bounds = [lines[0].start(), lines[-1].end()] if _hard_wrapped([line.group() for line in lines]) else None
        for first, last in [bounds] if bounds else [line.span() for line in lines]:
            words = block.group()[first:last]
            begin = block.start() + first + len(words) - len(words.lstrip())
            yield Span(begin, begin + len(words.strip()))


def _hard_wrapped(lines: list[str]) -> bool:
    """Whether line ends were put in by width: short lines, most of which stop in mid-sentence."""
    inner = lines[:-1]
    unfinished = sum(not _SENTENCE_END.search(line) for line in inner)
    return bool(inner) and max(map(len, inner)) <= 100 and unfinished * 2 > len(inner)


def _kinds(text: str, paragraphs: list[Span], bounds: list[list[Span]]) -> list[Kind]:
    finished = [bool(_SENTENCE_END.search(text[p.start : p.end])) for p in paragraphs]
    mostly_finished = sum(finished) >= 0.75 * len(finished)
    kinds = []
    for number, paragraph in enumerate(paragraphs):
        words = text[paragraph.start : paragraph.end]
        # In an article that ends its sentences, a longer line that does not is a caption; the first may be a headline.
        unfinished = mostly_finished and number > 0 and not finished[number] and len(words.split()) >= 8
        if len(words) <= 300 and _RELATED.match(words):
            kinds.append(Kind.RELATED)
        elif unfinished or any(_CAPTION.match(text, sentence.start) for sentence in bounds[number]):
            kinds.append(Kind.CAPTION)
        else:
            kinds.append(Kind.BODY)
    _mark_embeds(text, paragraphs, kinds)
    return kinds


def _mark_embeds(text: str, paragraphs: list[Span], kinds: list[Kind]) -> None:
    """An embedded post ends in its signature; its earlier paragraphs hang on by gaps wider than the article's own."""
    gaps = [text.count("\n", a.end, b.start) for a, b in pairwise(paragraphs)]
    usual = Counter(gaps).most_common(1)[0][0] if gaps else 0
    for last, paragraph in enumerate(paragraphs):
        if not _EMBED_END.search(text[paragraph.start : paragraph.end]):
            continue
        first = last
        while first and last - first < MAX_EMBED_PARAGRAPHS - 1 and gaps[first - 1] > usual:
            first -= 1
        kinds[first : last + 1] = [Kind.EMBED] * (last + 1 - first)


def _groups(spans: list[Span]) -> Iterator[list[Span]]:
    """Runs of sentences that fit into one passage; a sentence longer than that stands alone, uncut."""
    group: list[Span] = []
    for span in spans:
        if group and span.end - group[0].start > MAX_PASSAGE_CHARS:
            yield group
            group = []
        group.append(span)
    if group:
        yield group
