"""Who articles say that a quotation is of, and whether a text gives it to somebody else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from index.findings import CANDIDATES, Verdict
from index.model import Speaker
from index.persons import is_called, person
from index.speech import Speech, speeches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from index.findings import Finding, Standing
    from index.model import Article, Span
    from index.persons import Person
    from index.store import Texts

# What stands in the text as it is; other words may be somebody's.
_VERBATIM = (Verdict.EXACT, Verdict.SHORTENED)


def attributed(findings: Iterable[Finding], message: str, store: Texts) -> list[Finding]:
    """The findings of a message with the speaker of each place, as far as its article tells.

    A quotation is of another speaker where the message and an article name persons who are not the same, and no article
    names the one whom the message does.
    """
    said, called = speeches(message), cache(is_called)

    # The same articles hold most of the quotations of a message, and the same names stand in it again and again.
    @lru_cache(CANDIDATES)
    def told_in(article_id: str) -> tuple[Article | None, list[Speech]]:
        return store.article(article_id), store.stated(Speech, article_id)

    return [_attributed(finding, message, said, told_in, called) for finding in findings]


def _attributed(
    finding: Finding,
    message: str,
    said: Sequence[Speech],
    told_in: Callable[[str], tuple[Article | None, list[Speech]]],
    called: Callable[[str, str], bool],
) -> Finding:
    found = [(place, *_speech_at(place, *told_in(place.source.id))) for place in finding.standings]
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


def _speech_at(
    place: Standing, article: Article | None, said: Sequence[Speech]
) -> tuple[Article | None, Speech | None]:
    """The article of a place and the quotation with a speaker that most of the place lies in, if there is one."""
    if article is None or article.text[place.start : place.end] != place.text:
        return article, None
    for speech in said:
        shared = min(speech.quoted.end, place.end) - max(speech.quoted.start, place.start)
        if 2 * shared > place.end - place.start:
            return article, speech
    return article, None
