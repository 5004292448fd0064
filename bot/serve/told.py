"""What programs are told: by the JSON contract, and the same as plain text, each quotation with its source. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from bot import contract, credit, terminal, wording
from index.shown import model_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot import schema
    from bot.answer import Answer
    from bot.desk import DeskStatus
    from bot.quotations import Verification
    from index.model import Article, Listing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """Fields of the contract, and the text for whoever reads."""

    fields: T
    text: str


def answered(answer: Answer) -> Told[schema.Answer]:
    """An answer, or a refusal with what comes closest as far as anything does."""
    return Told(contract.as_json(answer), _text(answer))


def verified(found: Verification) -> Told[schema.Verification]:
    """What became of the quotations of a text."""
    findings = [contract.finding_as_json(finding) for finding in found.findings]
    return Told({"quotations": findings, "cut": found.cut}, terminal.verification_text(found))


def listed(articles: int, listings: Sequence[Listing]) -> Told[schema.Sources]:
    """Some of so many articles."""
    rows = [contract.listing_as_json(listing) for listing in listings]
    counted = f"{len(rows)} of {wording.plural(articles, 'article')}."
    return Told({"articles": articles, "sources": rows}, f"{counted}\n{terminal.sources_text(listings)}")


def stored(article: Article, start: int, end: int | None) -> Told[schema.Stored]:
    """A stretch of an article's text, as far as there is so much of it."""
    length = len(article.text)
    last = min(length if end is None else end, length)
    first = min(start, last)
    part = article.text[first:last]
    fields: schema.Stored = {
        "article": contract.card_as_json(article.source),
        "start": first,
        "end": last,
        "text": part,
        "length": length,
    }
    return Told(fields, terminal.article_text(replace(article, text="")) + part)


def served(status: DeskStatus) -> Told[schema.Status]:
    """Which index is served."""
    manifest = replace(status.manifest, model=model_name(status.manifest.model))
    fields: schema.Status = {
        "generation": manifest.generation,
        "built_at": manifest.built_at.isoformat(),
        "articles": status.articles,
        "passages": status.passages,
        "model": manifest.model,
        "warning": status.warning,
    }
    return Told(fields, terminal.status_text(replace(status, manifest=manifest)))


def _text(answer: Answer) -> str:
    """What is said of the answer, and each excerpt as it is stored: whoever repeats it changes no character."""
    refusal = answer.refusal
    if refusal:
        parts = [terminal.as_text(replace(answer, refusal=replace(refusal, closest=None)))]
        parts += [wording.NOT_AN_ANSWER] if refusal.closest else []
    else:
        parts = [" ".join([*wording.remarks(answer), wording.counts(answer)])]
    for excerpt in answer.quoted:
        number = f"[{excerpt.number}] " if excerpt.number else ""
        place = f"article {excerpt.source.id}, characters {excerpt.start} to {excerpt.end}"
        parts.append("\n".join([f"{number}{credit.citation(excerpt)}", place, *credit.also_in(excerpt)[:1]]))
        parts.append(excerpt.text)
    return "\n\n".join(parts)
