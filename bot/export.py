"""An answer, a verification or a list of articles as a file: Markdown to read, JSON and CSV for programs. Pure."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot import credit, verdicts, wording
from bot.citing import Form, cite
from bot.contract import as_json, finding_as_json, listing_as_json
from bot.markdown import line, linked, quote
from bot.tables import (
    ANSWER_COLUMNS,
    ENCODING,
    SOURCE_COLUMNS,
    VERIFICATION_COLUMNS,
    answer_rows,
    source_rows,
    table,
    verification_rows,
)
from bot.tongue import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from bot.answer import Answer, Refusal
    from bot.quotations import Verification
    from index.findings import Finding, Standing
    from index.model import Listing


class Format(StrEnum):
    """What a file is written in."""

    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"

    @property
    def ending(self) -> str:
        """That of a file's name."""
        return "md" if self is Format.MARKDOWN else self.value


def answer(found: Answer, form: Format, accessed: date) -> str:
    """An answer as a file's text; `accessed` is the day on which it was asked for."""
    match form:
        case Format.MARKDOWN:
            return "\n\n".join(_answer(found, accessed)) + "\n"
        case Format.JSON:
            return _json(as_json(found))
        case Format.CSV:
            return table([ANSWER_COLUMNS, *answer_rows(found.question, found)])


def verification(found: Verification, form: Format) -> str:
    """What became of the quotations of a text, as a file's text."""
    match form:
        case Format.MARKDOWN:
            return "\n\n".join(_verification(found)) + "\n"
        case Format.JSON:
            return _json([finding_as_json(finding) for finding in found.findings])
        case Format.CSV:
            return table([VERIFICATION_COLUMNS, *verification_rows(found)])


def sources(listings: Sequence[Listing], form: Format) -> str:
    """A list of articles as a file's text."""
    match form:
        case Format.MARKDOWN:
            head = f"# {say('Sources')}: {wording.plural(len(listings), 'article')}"
            return "\n".join([head, "", *map(_listing, listings)]) + "\n"
        case Format.JSON:
            return _json([listing_as_json(listing) for listing in listings])
        case Format.CSV:
            return table([SOURCE_COLUMNS, *source_rows(listings)])


def files(name: str, write: Callable[[Format], str]) -> dict[str, bytes]:
    """What is written in each form, by the names of the files."""
    return {f"{name}.{form.ending}": encoded(write(form), form) for form in Format}


def encoded(text: str, form: Format) -> bytes:
    """A file's text as it is stored: a table begins with the mark by which spreadsheets know UTF-8."""
    return text.encode(ENCODING if form is Format.CSV else "utf-8", "replace")


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _answer(found: Answer, accessed: date) -> Iterator[str]:
    yield f"# {line(found.question)}"
    if found.refusal:
        yield from _refusal(found.refusal)
        return
    for remark in wording.remarks(found):
        yield f"**{line(remark)}**"
    for excerpt in found.excerpts:
        yield f"## {excerpt.number}"
        yield cite([excerpt], Form.MARKDOWN, accessed)
        # Where else the words stand, and what else is said of them.
        yield from map(line, credit.also_in(excerpt)[:1])
    yield line(wording.counts(found))


def _refusal(refusal: Refusal) -> Iterator[str]:
    yield f"**{line(refusal.message)}**"
    if refusal.nearest:
        rows = (f"- {linked(credit.title(s), s.url)}, {line(credit.origin(s))}" for s in refusal.nearest)
        yield "\n".join([f"{say(wording.NEAREST)}:", "", *rows])


def _verification(found: Verification) -> Iterator[str]:
    yield f"# {line(verdicts.verified(found))}"
    for number, finding in enumerate(found.findings, start=1):
        yield f"## {number}. {line(say(verdicts.VERDICTS[finding.verdict]))}"
        yield quote(finding.quotation.text)
        yield from _notes(finding)


def _notes(finding: Finding) -> Iterator[str]:
    for note in verdicts.finding_notes(finding):
        yield line(note) if isinstance(note, str) else _place(note)


def _place(place: Standing) -> str:
    """A place, and the words that stand there."""
    s = place.source
    told = f"{line(credit.origin(s))}, {linked(credit.title(s), s.url)}, {line(credit.paragraph(place.paragraph))}"
    words = quote(place.text).replace("\n", "\n  ")
    return f"- {told}{line(verdicts.typography(place))}\n\n  {words}"


def _listing(listing: Listing) -> str:
    s = listing.source
    facts = [credit.origin(s), s.id, wording.plural(listing.passages, "passage")]
    return f"- {linked(credit.title(s), s.url)}, {', '.join(map(line, facts))}"
