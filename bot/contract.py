"""Answers, verifications and lists of articles as JSON: the contract with other programs. Pure.

The README has it in words.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from bot.answer import Way

if TYPE_CHECKING:
    from bot.answer import Answer, Differing, Excerpt
    from index.findings import Finding, Standing
    from index.model import Listing
    from index.moments import Moment


def as_json(answer: Answer) -> dict[str, object]:
    """An answer, as `ask --json` gives it; times in milliseconds.

    What was sent and is quoted again was not searched for: it has no score and took no time.
    """
    refusal = answer.refusal and {
        "reason": answer.refusal.reason.value,
        "message": answer.refusal.message,
        "nearest": [source.card() for source in answer.refusal.nearest],
        "closest": answer.refusal.closest and _excerpt_json(answer.refusal.closest),
    }
    return {
        "question": answer.question,
        "mode": _mode(answer),
        "answered": answer.refusal is None,
        "refusal": refusal,
        "excerpts": [_excerpt_json(excerpt) for excerpt in answer.excerpts],
        "without": [source.card() for source in answer.without],
        "described": [
            {
                "text": told.text,
                "article": told.source.card(),
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


def finding_as_json(finding: Finding) -> dict[str, object]:
    """What became of a quotation, as `verify --json` gives it."""
    return {
        "quotation": finding.quotation.text,
        "start": finding.quotation.start,
        "end": finding.quotation.end,
        "verdict": finding.verdict.value,
        "places": [_place_json(place) for place in finding.standings],
        "parts": [
            {"start": part.start, "end": part.end, "places": [_place_json(place) for place in part.standings]}
            for part in finding.parts
        ],
        "outlets": list(finding.outlets),
        "given_to": finding.given_to or None,
        "until": finding.until and finding.until.isoformat(),
        "more": finding.more,
        "telling": finding.telling,
    }


def listing_as_json(listing: Listing) -> dict[str, object]:
    """An article in a list, as `sources --json` gives it."""
    return {
        "article": listing.source.card(),
        "language": listing.source.language,
        "passages": listing.passages,
        "indexed_at": listing.indexed_at.isoformat(),
    }


def _place_json(place: Standing) -> dict[str, object]:
    return {
        "text": place.text,
        "article": place.source.card(),
        "start": place.start,
        "end": place.end,
        "paragraph": place.paragraph,
        "differs_in": [name.value for name in place.typography],
        "speaker": place.speaker and dataclasses.asdict(place.speaker),
    }


def _mode(answer: Answer) -> str:
    if answer.way is not Way.BEST:
        return answer.way.value
    return "mentions" if answer.mentioned else "question"


def _excerpt_json(excerpt: Excerpt) -> dict[str, object]:
    return {
        "number": excerpt.number,
        "text": excerpt.text,
        "article": excerpt.source.card(),
        "start": excerpt.start,
        "end": excerpt.end,
        "answer": excerpt.answer and {"start": excerpt.answer.start, "end": excerpt.answer.end},
        "paragraph": excerpt.passage.paragraph,
        "kind": excerpt.passage.kind.value,
        "score": round(excerpt.score, 4) if excerpt.score else None,
        "speaker": excerpt.speaker and dataclasses.asdict(excerpt.speaker),
        "moments": [_moment_json(moment) for moment in excerpt.moments],
        "differing": [_differing_json(found) for found in excerpt.differing],
        "link": excerpt.link or excerpt.source.url,
    }


def _moment_json(moment: Moment) -> dict[str, object]:
    by = moment.by and moment.by.isoformat()
    return {"start": moment.span.start, "end": moment.span.end, "meant": moment.meant or None, "by": by}


def _differing_json(found: Differing) -> dict[str, object]:
    return {
        "start": found.here.start,
        "end": found.here.end,
        "there": {
            "text": found.passage.words(found.there),
            "article": found.passage.source.card(),
            "start": found.there.start,
            "end": found.there.end,
            "paragraph": found.passage.paragraph,
        },
    }
