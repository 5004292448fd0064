"""Answers, verifications and lists of articles as JSON: the contract with other programs. Pure.

The README has it in words, and `schema` as types.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, cast

from bot.answer import Way

if TYPE_CHECKING:
    from bot import schema
    from bot.answer import Answer, Differing, Excerpt, Place, Refusal
    from bot.carried import Carried
    from index.findings import Finding, Standing
    from index.model import Listing, Source, Speaker
    from index.moments import Moment


def as_json(answer: Answer) -> schema.Answer:
    """An answer, as `ask --json` gives it; times in milliseconds.

    What was sent and is quoted again was not searched for: it has no score and took no time.
    """
    return {
        "question": answer.question,
        "mode": _mode(answer),
        "answered": answer.refusal is None,
        "refusal": _refusal_json(answer.refusal) if answer.refusal else None,
        "excerpts": [_excerpt_json(excerpt) for excerpt in answer.excerpts],
        "without": [card_as_json(source) for source in answer.without],
        "described": [
            {
                "text": told.text,
                "article": card_as_json(told.source),
                "start": told.start,
                "end": told.end,
                "paragraph": told.paragraph,
            }
            for told in answer.described
        ],
        "articles_in_index": answer.articles,
        "generation": answer.generation,
        "elapsed_ms": round(answer.elapsed * 1000, 3) if answer.elapsed else None,
    }


def carried_as_json(found: Carried) -> schema.Carried:
    """Which other articles carry what the first excerpt says, as `ask --carried --json` gives it."""
    also = found.statement.also_in
    return {
        "statement": _excerpt_json(found.statement),
        "same_words": [_also_json(place) for place in also if not place.differing],
        "nearly_the_same": [_also_json(place) for place in also if place.differing],
        "in_other_words": [_excerpt_json(excerpt) for excerpt in found.otherwise],
        "quotation": [
            {
                "text": version.text,
                "article": card_as_json(version.source),
                "start": version.start,
                "end": version.end,
                "paragraph": version.paragraph,
                "differing": [{"start": span.start, "end": span.end} for span in version.differing],
            }
            for version in found.versions
        ],
        "not_found_in": [card_as_json(source) for source in found.without],
    }


def finding_as_json(finding: Finding) -> schema.Finding:
    """What became of a quotation, as `verify --json` gives it."""
    return {
        "quotation": finding.quotation.text,
        "start": finding.quotation.start,
        "end": finding.quotation.end,
        "verdict": finding.verdict,
        "places": [_place_json(place) for place in finding.standings],
        "parts": [
            {"start": part.start, "end": part.end, "places": [_place_json(place) for place in part.standings]}
            for part in finding.parts
        ],
        "outlets": list(finding.outlets),
        "given_to": finding.given_to or None,
        "until": finding.until.isoformat() if finding.until else None,
        "more": finding.more,
        "telling": finding.telling,
    }


def listing_as_json(listing: Listing) -> schema.Listing:
    """An article in a list, as `sources --json` gives it."""
    return {
        "article": card_as_json(listing.source),
        "language": listing.source.language,
        "passages": listing.passages,
        "indexed_at": listing.indexed_at.isoformat(),
    }


def card_as_json(source: Source) -> schema.Card:
    """An article's card, as it stands all over the contract."""
    return cast("schema.Card", source.card())


def _also_json(place: Place) -> schema.Also:
    return {"article": card_as_json(place.source), "paragraph": place.paragraph}


def _refusal_json(refusal: Refusal) -> schema.Refusal:
    return {
        "reason": refusal.reason,
        "message": refusal.message,
        "nearest": [card_as_json(source) for source in refusal.nearest],
        "closest": _excerpt_json(refusal.closest) if refusal.closest else None,
    }


def _place_json(place: Standing) -> schema.Place:
    return {
        "text": place.text,
        "article": card_as_json(place.source),
        "start": place.start,
        "end": place.end,
        "paragraph": place.paragraph,
        "differs_in": [name.value for name in place.typography],
        "speaker": _speaker_json(place.speaker) if place.speaker else None,
    }


def _speaker_json(speaker: Speaker) -> schema.Speaker:
    return cast("schema.Speaker", dataclasses.asdict(speaker))


def _mode(answer: Answer) -> schema.Mode:
    if answer.way is not Way.BEST:
        return cast("schema.Mode", answer.way.value)
    return "mentions" if answer.mentioned else "question"


def _excerpt_json(excerpt: Excerpt) -> schema.Excerpt:
    return {
        "number": excerpt.number,
        "text": excerpt.text,
        "article": card_as_json(excerpt.source),
        "start": excerpt.start,
        "end": excerpt.end,
        "answer": {"start": excerpt.answer.start, "end": excerpt.answer.end} if excerpt.answer else None,
        "paragraph": excerpt.passage.paragraph,
        "kind": cast("schema.QuotedKind", excerpt.passage.kind.value),
        "score": round(excerpt.score, 4) if excerpt.score else None,
        "speaker": _speaker_json(excerpt.speaker) if excerpt.speaker else None,
        "moments": [_moment_json(moment) for moment in excerpt.moments],
        "differing": [_differing_json(found) for found in excerpt.differing],
        "link": excerpt.link or excerpt.source.url,
    }


def _moment_json(moment: Moment) -> schema.Moment:
    by = moment.by.isoformat() if moment.by else None
    return {"start": moment.span.start, "end": moment.span.end, "meant": moment.meant or None, "by": by}


def _differing_json(found: Differing) -> schema.Differing:
    return {
        "start": found.here.start,
        "end": found.here.end,
        "there": {
            "text": found.passage.words(found.there),
            "article": card_as_json(found.passage.source),
            "start": found.there.start,
            "end": found.there.end,
            "paragraph": found.passage.paragraph,
        },
    }
