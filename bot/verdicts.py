"""The bot's own words about quotations that were held against the coverage, the same on every platform."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.credit import named, one_line, origin, paragraph, title
from bot.tongue import any_of, say
from bot.wording import brief
from index.findings import Verdict
from index.tokens import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.quotations import Verification
    from index.findings import Finding, Standing
    from index.model import Speaker
    from index.tokens import Segment

VERDICTS = {
    Verdict.EXACT: say("exact"),
    Verdict.SHORTENED: say("exact with words left out"),
    Verdict.ALTERED: say("altered"),
    Verdict.STITCHED: say("stitched"),
    Verdict.OTHER_SOURCE: say("other source"),
    Verdict.OTHER_SPEAKER: say("other speaker"),
    Verdict.CORRECTED: say("corrected since"),
    Verdict.NOT_FOUND: say("not found in this index"),
}


def verified(found: Verification) -> str:
    """How many quotations were held against the index, and how many there are of each verdict."""
    counted = Counter(finding.verdict for finding in found.findings)
    verdicts = ", ".join(f"{count} {say(VERDICTS[verdict])}" for verdict, count in counted.items())
    text = say("Nothing is quoted there.")
    if found.findings:
        text = say(
            "{n} quotation: {verdicts}.", "{n} quotations: {verdicts}.", n=len(found.findings), verdicts=verdicts
        )
    return f"{text} {say('Only the first part of the text was read.')}" if found.cut else text


def verification_lines(found: Verification) -> list[str]:
    """What became of every quotation, as plain lines."""
    lines = [verified(found)]
    for number, finding in enumerate(found.findings, start=1):
        lines += ["", f"{number}. {say(VERDICTS[finding.verdict])}: {finding.quotation.text}"]
        if finding.segments:
            lines.append("   " + "".join(map(_plain_difference, finding.segments)))
        lines += [f"   {note if isinstance(note, str) else _place_of(note)}" for note in finding_notes(finding)]
    return lines


def finding_notes(finding: Finding) -> list[str | Standing]:
    """What is to be said of a quotation, and the places in which it or its parts stand, in the order to show them."""
    notes: list[str | Standing] = []
    if not finding.telling:
        notes.append(say("So few words say little, whether they stand somewhere or not."))
    match finding.verdict:
        case Verdict.SHORTENED:
            notes.append(say("What it leaves out is marked above; whether that changes the sense, only you can tell."))
            notes.append(say("It stands in:"))
        case Verdict.ALTERED:
            notes.append(say("The nearest wording stands in:"))
        case Verdict.STITCHED:
            notes.append(say("No one place has all of it; its parts stand apart."))
        case Verdict.OTHER_SOURCE:
            without = say("No article of {outlets} in this index has these words.", outlets=any_of(finding.outlets))
            notes.append(f"{without} {say('They stand in:')}")
        case Verdict.OTHER_SPEAKER:
            speaker = one_line(finding.given_to)
            without = say(
                "No article in this index that names a speaker gives it to “{speaker}”, as the text does.",
                speaker=speaker,
            )
            notes.append(f"{without} {say('It stands in:')}")
        case Verdict.CORRECTED:
            day = f"{finding.until:%Y-%m-%d}"
            told = [say("The article said so until {day}, when its text was replaced.", day=day)]
            told += [say("What it says now is marked above.")] if finding.segments else []
            notes.append(" ".join([*told, say("It stood in:")]))
        case Verdict.NOT_FOUND:
            notes.append(say("No article in this index has it or anything near. It may have been said all the same."))
    for place in finding.standings:
        notes += [place, *((_said_there(place.speaker),) if place.speaker else ())]
    for part in finding.parts:
        words = " ".join(finding.quotation.text[part.start : part.end].split())
        notes += [say("“{words}” stands in:", words=brief(words)), *part.standings]
    if finding.more:
        notes.append(say("It stands in more places than these."))
    return notes


def _said_there(speaker: Speaker) -> str:
    return say("There it is said by {who}.", who=named(speaker))


def typography(standing: Standing) -> str:
    """How a place differs from words that stand in it exactly, in brackets, if at all."""
    if not standing.typography:
        return ""
    return f" ({say('differs in {kinds}', kinds=', '.join(map(say, standing.typography)))})"


def difference(
    segment: Segment, same: Callable[[str], str], quoted: Callable[[str], str], printed: Callable[[str], str]
) -> str:
    """A stretch of a quotation: what is the same, or what only the quotation and only the article has.

    Each function shows words of its kind; what marks words that are left out is none that only the quotation has. White
    space around words that differ is shown as the quotation has it.
    """
    if segment.change is Change.EQUAL:
        return same(segment.quoted)
    spaced = segment.quoted or segment.printed
    before, after = spaced[: len(spaced) - len(spaced.lstrip())], spaced[len(spaced.rstrip()) :]
    mark = same if segment.change is Change.LEFT_OUT else quoted
    sides = ((segment.quoted.strip(), mark), (segment.printed.strip(), printed))
    return before + " ".join(show(words) for words, show in sides if words) + after


def _plain_difference(segment: Segment) -> str:
    def quoted(words: str) -> str:
        return say("[only in the quotation: {words}]", words=words)

    def printed(words: str) -> str:
        return say("[only in the article: {words}]", words=words)

    return difference(segment, str, quoted, printed)


def _place_of(standing: Standing) -> str:
    s = standing.source
    return f"{origin(s)} · {title(s)} · {paragraph(standing.paragraph)}{typography(standing)}"
