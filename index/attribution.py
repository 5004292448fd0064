"""Who articles say that a quotation is of, and whether a text gives it to somebody else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from index.findings import CANDIDATES, Verdict
from index.languages import base
from index.model import Speaker
from index.persons import is_called, person
from index.speech import speeches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index.findings import Finding, Standing
    from index.model import Article, Span
    from index.persons import Person
    from index.speech import Speech

# What stands in the text as it is; other words may be somebody's.
_VERBATIM = (Verdict.EXACT, Verdict.SHORTENED)


def attributed(findings: Iterable[Finding], message: str, article_of: Callable[[str], Article | None]) -> list[Finding]:
    """The findings of a message with the speaker of each place, as far as its article tells.

    `article_of` gives the article of an id. A quotation is of another speaker where the message and an article name
    persons who are not the same, and no article names the one whom the message does.
    """
    said = speeches(message)
    # The same articles hold most of the quotations of a message, and the same names stand in it again and again.
    article_of, called = lru_cache(CANDIDATES)(article_of), cache(is_called)
    return [_attributed(finding, message, said, article_of, called) for finding in findings]


def _attributed(
    finding: Finding,
    message: str,
    said: Sequence[Speech],
    article_of: Callable[[str], Article | None],
    called: Callable[[str, str], bool],
) -> Finding:
    found = [(place, *_speech_at(place, article_of)) for place in finding.standings]
    standings = tuple(
        replace(place, speaker=speaker_of(article.text, speech)) if article and speech else place
        for place, article, speech in found
    )
    finding = replace(finding, standings=standings)
    start, end = finding.quotation.start, finding.quotation.end
    mine = next((speech for speech in said if speech.quoted.start < end and start < speech.quoted.end), None)
    if mine is None or finding.verdict not in _VERBATIM or not finding.telling:
        return finding
    told = [(article.text, speech.named) for _, article, speech in found if article and speech]
    texts = [message, *(text for text, _ in told)]

    def one(text: str, named: Span) -> Person | None:
        return person(text, named, lambda surname: any(called(surname, each) for each in texts))

    meant = one(message, mine.named)
    others = [other for text, named in told if (other := one(text, named))]
    if meant is None or not others or any(meant.may_be(other) for other in others):
        return finding
    return replace(finding, verdict=Verdict.OTHER_SPEAKER, given_to=message[mine.named.start : mine.named.end])


def speaker_of(text: str, speech: Speech) -> Speaker:
    """Who said something, in the text's own words."""
    meant = text[speech.meant.start : speech.meant.end] if speech.meant else ""
    return Speaker(text[speech.speaker.start : speech.speaker.end], meant, speech.continued)


def _speech_at(place: Standing, article_of: Callable[[str], Article | None]) -> tuple[Article | None, Speech | None]:
    """The article of a place and the quotation with a speaker that most of the place lies in, if there is one."""
    article = article_of(place.source.id)
    if article is None or base(article.spoken) != "en" or article.text[place.start : place.end] != place.text:
        return article, None
    for speech in _speeches(article):
        shared = min(speech.quoted.end, place.end) - max(speech.quoted.start, place.start)
        if 2 * shared > place.end - place.start:
            return article, speech
    return article, None


@lru_cache(CANDIDATES)
def _speeches(article: Article) -> list[Speech]:
    """The speeches of an article; each place in it asks."""
    return speeches(article.text, article.body_start)
