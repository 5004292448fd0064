"""Who said it: the quotations of an English article with their speakers and the words that tell so, each a span.

A speaker is taken only where a verb of saying, or "according to", joins a name or a description to the quotation within
its sentence; where a sentence is nothing but a quotation that goes on from one with a speaker, in the same paragraph or
at the beginning of the next; and for "he", "she" or "they" from the same paragraph, if only one can be meant. Otherwise
there is none: a wrong speaker is worse than a missing one. These are rules with no model.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from index.marks import marked
from index.model import Span
from index.passages import paragraphs, sentences
from index.sayings import (
    AFTER,
    ALSO,
    BEFORE,
    BODIES,
    CAPITALS,
    EARLIER,
    INTRODUCED,
    JOINED,
    NOT_NAMES,
    OTHER_VERB,
    PLACED,
    PRONOUN,
    ROLES,
    SUBJECT,
    SUBORDINATE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Speech:
    """A quotation of a text, and who is said to have said it; all are offsets into the text.

    `quoted` is between the marks, `speaker` the words that name who says it and what describes them, and `cue` the
    verb of saying. Where the speaker is a pronoun, `meant` is the name before that it stands for. `continued` tells
    that speaker and cue are those of the quotation before, which this one goes on.
    """

    quoted: Span
    speaker: Span
    cue: Span
    meant: Span | None = None
    continued: bool = False

    @property
    def named(self) -> Span:
        """The words that name the speaker."""
        return self.meant or self.speaker


_INTRODUCED_WORDS = 4
# How far from a quotation its speaker is looked for, in characters.
_REACH = 1000
_SENTENCE_END = re.compile(r"[.!?][\0\s]*\s(?=[A-Z\0])|\0\s+(?=[A-Z\0])")


@dataclass(frozen=True, slots=True)
class _Page:
    """A text as it is read: `hidden` is without its quotations, `surnames` are the last words of longer names."""

    text: str
    hidden: str
    surnames: frozenset[str]


def speeches(text: str, start: int = 0) -> list[Speech]:
    """The quotations of a text from `start` on that have a speaker, in order."""
    quotations = [Span(*span) for span in marked(text) if span[0] >= start and re.search(r"\w", text[slice(*span)])]
    titles = {quotation for quotation in quotations if _is_title(text[quotation.start : quotation.end])}
    hidden = _hidden(text, quotations)
    page = _Page(text, hidden, _surnames(hidden))
    shown = _shown(text, quotations)
    blocks = list(paragraphs(text, start))
    begins = [block.start for block in blocks]
    found: list[Speech] = []
    last: Speech | None = None
    last_block = read = -1
    cut: list[Span] = []
    for quotation in quotations:
        number = bisect_right(begins, quotation.start) - 1
        if number < 0 or quotation in titles:
            continue
        block = blocks[number]
        if number != read:
            cut, read = list(sentences(shown[block.start : block.end], block.start)), number
        sentence = _sentence(cut, block, quotation)
        speech = _told(page, block, sentence, quotation, last if number == last_block else None)
        if speech is None and last and _alone(hidden, sentence):
            goes_on = number == last_block or (
                number == last_block + 1 and _opens(hidden, block, sentence) and _ends(hidden, blocks[last_block], last)
            )
            speech = replace(last, quoted=quotation, continued=True) if goes_on else None
        if speech:
            found.append(speech)
            last, last_block = speech, number
        elif number != last_block:
            last = None
    return found


def _is_title(words: str) -> bool:
    """Whether quoted words are the name of a work or a thing: most are written with a capital letter."""
    found = [word for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", words) if word.lower() not in NOT_NAMES]
    return 1 < len(found) <= 8 and all(word[0].isupper() for word in found)


def _hidden(text: str, quotations: Sequence[Span]) -> str:
    """The text with each quotation, marks and all, as so many NULs, but for what ends a sentence within it."""
    characters = list(text)
    for quotation in quotations:
        first, last = max(0, quotation.start - 1), min(len(text), quotation.end + 1)
        characters[first:last] = "\0" * (last - first)
    return "".join(characters)


def _shown(text: str, quotations: Sequence[Span]) -> str:
    """The text with each quotation as one word between its marks, with what ends a sentence within it."""
    characters = list(text)
    for quotation in quotations:
        characters[quotation.start : quotation.end] = "x" * (quotation.end - quotation.start)
        if text[quotation.end - 1] in ".!?":
            characters[quotation.end - 1] = text[quotation.end - 1]
    return "".join(characters)


def _sentence(cut: Sequence[Span], block: Span, quotation: Span) -> Span:
    """The sentence of a paragraph that a quotation stands in."""
    number = bisect_right(cut, quotation.start, key=lambda sentence: sentence.start) - 1
    return cut[number] if number >= 0 and quotation.start < cut[number].end else block


def _told(page: _Page, block: Span, sentence: Span, quotation: Span, last: Speech | None) -> Speech | None:
    """What the sentence, or the beginning of the next, says of who said a quotation; `last` is of this paragraph."""
    text, hidden = page.text, page.hidden
    end = min(len(text), quotation.end + 1)
    rest = hidden[end : min(max(sentence.end, end), end + _REACH)]
    # Before a full stop within the marks, what follows is a sentence of its own to a splitter.
    rest = rest if rest.strip(" .,\0") else hidden[end : min(block.end, end + 200)]
    # What stands after a full stop is about something else.
    ended = text[quotation.start : quotation.end].rstrip(" ]").endswith(".") or hidden[end : end + 1] == "."
    for pattern in () if ended else AFTER:
        if (told := pattern.match(rest)) and _may_speak(told):
            return _speech(page, block, quotation, told, end, last)
    near = quotation.start - sentence.start < _REACH
    before = hidden[sentence.start : max(sentence.start, quotation.start - 1)] if near else ""
    # An earlier quotation of the same sentence parts a verb from this one, unless both are joined.
    before = before.replace("\0", EARLIER)
    for pattern in BEFORE:
        for told in pattern.finditer(before):
            between = told["rest"]
            joined = EARLIER not in between or JOINED.search(between)
            if _may_speak(told) and joined and not OTHER_VERB.search(between):
                return _speech(page, block, quotation, told, sentence.start, last)
    # What a clause introduces is more than a word or two.
    introduced = len(text[quotation.start : quotation.end].split()) >= _INTRODUCED_WORDS and INTRODUCED.match(before)
    if introduced and _may_speak(introduced):
        return _speech(page, block, quotation, introduced, sentence.start, last)
    earlier = before.rfind(EARLIER) + 1
    also = ALSO.match(before, earlier)
    if also and last and sentence.start + earlier - 1 <= last.quoted.end + 1:
        return replace(last, quoted=quotation, cue=_shifted(also.span("cue"), sentence.start), continued=False)
    return None


def _shifted(span: tuple[int, int], offset: int) -> Span:
    return Span(offset + span[0], offset + span[1])


def _may_speak(told: re.Match[str]) -> bool:
    words = told["who"].split()
    named = [word for word in words if word[0].isupper() and word.lower() not in NOT_NAMES]
    if (
        SUBORDINATE.match(told["who"])
        or words[-1] in {"I", "We", "of", "the", "for", "and", "in", "on", "at", "to"}
        or words[-1].endswith(("'s", "’s"))
    ):
        return False
    return bool(named or re.fullmatch(PRONOUN, told["who"]) or re.search(rf"\b{ROLES}$", told["who"]))


def _speech(
    page: _Page, block: Span, quotation: Span, told: re.Match[str], offset: int, last: Speech | None
) -> Speech | None:
    text = page.text
    end = told.end("apposed") if told.groupdict().get("apposed") else told.end("who")
    speaker = Span(offset + told.start("who"), offset + end)
    words = text[speaker.start : speaker.end]
    trimmed = words.rstrip(",")
    speaker = Span(speaker.start, speaker.start + len(trimmed))
    cue = _shifted(told.span("cue") if told["cue"] else told.span("cue2"), offset)
    if not re.fullmatch(PRONOUN, trimmed):
        return Speech(quotation, speaker, cue)
    meant = _meant(page, block, speaker, last) if trimmed.lower() in {"he", "she"} else None
    if trimmed.lower() == "it" and last and re.search(rf"\b{BODIES}\b", text[last.named.start : last.named.end]):
        meant = last.named
    return Speech(quotation, speaker, cue, meant) if meant else None


def _meant(page: _Page, block: Span, pronoun: Span, last: Speech | None) -> Span | None:
    """The one person in the paragraph before "he" or "she"; None where several may be meant, or none.

    That is who spoke last there, or else the only name, if no other comes between. A single word is one where it ends a
    longer name somewhere in the text.
    """
    first = max(block.start, pronoun.start - _REACH)
    if subject := _subject(page, first, pronoun):
        return subject
    since = max(first, last.speaker.end) if last else first
    found = [name for name in CAPITALS.finditer(page.hidden, since, pronoun.start) if _is_person(page, name)]
    names = {name.group().split()[-1]: Span(*name.span()) for name in found}
    if last:
        same = names.keys() <= set(page.hidden[last.named.start : last.named.end].split())
        return last.named if same and not _is_body(page, last.named) else None
    return next(iter(names.values())) if len(names) == 1 else None


def _subject(page: _Page, first: int, pronoun: Span) -> Span | None:
    """The person whom the sentence before is about, if no other is named in it."""
    hidden = page.hidden
    starts = [first, *(end.end() for end in _SENTENCE_END.finditer(hidden, first, pronoun.start))]
    for start, end in reversed([*pairwise(starts)]):
        found = SUBJECT.match(hidden, start, end)
        if not found or not _may_speak(found):
            return None
        if not re.fullmatch(PRONOUN, found["who"]):
            who = Span(*found.span("who"))
            named = [name for name in CAPITALS.finditer(hidden, start, end) if _is_person(page, name)]
            known = bool(named) and all(who.start <= name.start() < who.end for name in named)
            return Span(*named[-1].span()) if known and not _is_body(page, who) else None
    return None


def _is_body(page: _Page, named: Span) -> bool:
    """Whether an institution is named, or nobody whose name is known to be a person's."""
    hidden = page.hidden
    if re.search(rf"\b{BODIES}\b", hidden[named.start : named.end]):
        return True
    names = [*CAPITALS.finditer(hidden, named.start, named.end)]
    return bool(names) and not any(_is_person(page, name) for name in names)


def _is_person(page: _Page, name: re.Match[str]) -> bool:
    """Whether a person may be named so: by two words or more, or by the last of them."""
    words = " ".join(word for word in name.group().split() if word.lower() not in NOT_NAMES)
    before = page.hidden[max(0, name.start() - 12) : name.start()]
    if not words or words.endswith(("'s", "’s")) or PLACED.search(before):
        return False
    return " " in words or words in page.surnames


def _surnames(hidden: str) -> frozenset[str]:
    names = (name.group().split() for name in CAPITALS.finditer(hidden))
    return frozenset(name[-1] for name in names if name[-2:-1] and name[-2].lower() not in NOT_NAMES)


def _alone(hidden: str, sentence: Span) -> bool:
    """Whether a sentence is nothing but a quotation."""
    return not hidden[sentence.start : sentence.end].strip("\0 .,…'\"“”‘’")


def _opens(hidden: str, block: Span, sentence: Span) -> bool:
    return not hidden[block.start : sentence.start].strip("\0 .,'\"“”‘’")


def _ends(hidden: str, block: Span, last: Speech) -> bool:
    """Whether the paragraph says nothing more after a quotation and who said it."""
    after = max(last.quoted.end + 1, last.cue.end, last.speaker.end)
    return not re.search(r"[.!?]\s+\S", hidden[after : block.end].replace("\0", ""))
