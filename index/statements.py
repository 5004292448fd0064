"""What an English article states, worked out once when it is indexed: figures, days, and quotations with speakers.

These are what the rules of `figures`, `moments` and `speech` make of a text, and how a catalogue keeps them: as JSON,
found again by article, or by the `keys` of whom a quotation is of.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, cast

from index.figures import WORD, Figure, Setting, figures
from index.languages import base
from index.model import Kind, Span
from index.moments import Moment, moments
from index.passages import paragraph_spans
from index.speech import Speech, speeches
from index.spellings import key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from index.model import Article, Passage

# Raised whenever the rules make something else of a text: the next build makes all anew, and until then what was made
# before is read. Where it is kept in another form, `FORMAT` is raised, since that cannot be read.
RULES = 1

Statement = Figure | Moment | Speech
S = TypeVar("S", Figure, Moment, Speech)
# What each sort is called where it is kept.
SORTS: dict[type[Statement], str] = {Figure: "figure", Moment: "day", Speech: "quotation"}


def statements(article: Article, passages: Sequence[Passage]) -> Iterator[Statement]:
    """What an article states in its passages, those of each sort in the order of its text; other languages: nothing."""
    if base(article.spoken) != "en":
        return
    blocks = paragraph_spans(article)
    for passage in passages:
        if passage.kind is not Kind.RELATED:
            before = blocks[passage.paragraph - 2] if passage.paragraph > 1 else None
            for sentence in passage.sentences:
                yield from figures(article.text, sentence, before)
            yield from moments(passage)
    yield from speeches(article.text, article.body_start)


def place_of(statement: Statement) -> Span:
    """The words of a statement: those of a quotation are what is quoted."""
    return statement.quoted if isinstance(statement, Speech) else statement.span


def keys_of(statement: Statement, text: str) -> list[str]:
    """By what a statement of a text is looked up: the keys of the words that may name a speaker (see `spellings`)."""
    if not isinstance(statement, Speech):
        return []
    words = WORD.findall(text[statement.named.start : statement.named.end])
    return sorted({key(word) for word in words if word[0].isupper()})


def written(statement: Statement) -> str:
    """A statement as JSON, for `read`."""
    return json.dumps(_values(statement), default=_plain, ensure_ascii=False, separators=(",", ":"))


def read(sort: type[S], told: str) -> S:
    """The statement of this sort that was `written`."""
    return cast("S", _READ[sort](*json.loads(told)))


def _figure(span: Sequence[int], low: float, high: float, about: bool, unit: str, *rest: Any) -> Figure:
    thing, said, subject, part, setting = rest
    stems = (frozenset(thing), frozenset(said), frozenset(subject))
    return Figure(Span(*span), low, high, about, unit, *stems, part, Setting(*map(_frozen, setting)))


def _moment(span: Sequence[int], first: str | None, last: str | None, by: str | None, minute: int | None) -> Moment:
    begins, ends, told = (date.fromisoformat(day) if day else None for day in (first, last, by))
    return Moment(Span(*span), begins, ends, told, minute)


def _speech(quoted: Sequence[int], speaker: Sequence[int], cue: Sequence[int], *rest: Any) -> Speech:
    meant, continued = rest
    return Speech(Span(*quoted), Span(*speaker), Span(*cue), Span(*meant) if meant else None, continued)


_READ: dict[type[Statement], Callable[..., Statement]] = {Figure: _figure, Moment: _moment, Speech: _speech}


def _values(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in fields(value)]


def _plain(value: Any) -> Any:
    """What JSON has no form of: a set in order, a day, and the values of a dataclass."""
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else _values(value)


def _frozen(value: Any) -> Any:
    """A part of a setting as it was: lists were sets, of words or of pairs."""
    if not isinstance(value, list):
        return value
    return frozenset(tuple(each) if isinstance(each, list) else each for each in value)
