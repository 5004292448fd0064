"""The bot's own words: fixed frame text around quotations, the same on every platform."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from bot.answer import Way
from bot.records.sent import Lost
from index.findings import Verdict
from index.shown import visible
from index.tokens import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.answer import Answer, Described, Excerpt, Place
    from bot.metrics import Quantiles
    from bot.quotations import Verification
    from bot.records.audit import Action
    from bot.records.places import OwnSettings, PlaceSettings
    from bot.records.retention import Retention
    from index.build import Changes
    from index.findings import Finding, Standing
    from index.model import Filters, Source, Speaker
    from index.tokens import Segment

OUTLET_UNKNOWN = "outlet not given"
DATE_UNKNOWN = "date not given"
ORIGIN_UNKNOWN = "source not stated"
TRIMMED = "[…]"
KIND_LABELS = {"caption": "picture caption", "embed": "embedded post"}
EMPTY_QUESTION = "There is no question to look for. Ask in a few words, for example: Who denied the attack?"
EMPTY_INDEX = "The index holds no articles yet. An admin can add some and reindex."
NEAREST = "Closest"
NOT_AN_ANSWER = "This is not an answer. It is what comes closest:"
VERDICTS = {
    Verdict.EXACT: "exact",
    Verdict.SHORTENED: "exact with words left out",
    Verdict.ALTERED: "altered",
    Verdict.STITCHED: "stitched",
    Verdict.OTHER_SOURCE: "other source",
    Verdict.OTHER_SPEAKER: "other speaker",
    Verdict.CORRECTED: "corrected since",
    Verdict.NOT_FOUND: "not found in this index",
}
UNEXPECTED = "Something went wrong here, and it is in the log. Ask again; if it stays so, tell an admin."
NOT_ADMIN = "Only an admin of this bot may do this."
OUTLETS_BY_ADMINS = "Only an admin of this bot may change which outlets are seen."
REPORT_NAMES_ALL = "The report names articles that may not be seen here. Use this in a direct message to me."
OUTLETS_COVER = (
    "Nothing of other outlets is shown there: no answer, list, card, suggestion or verification, and no earlier text "
    "of an article that was another outlet's then. It is hidden in direct messages with me too, unless their own "
    "setting says otherwise. Messages sent before stay as they are."
)
NOT_HERE = "I am set not to answer in this channel. Whoever manages my settings here can change that."
NOT_YOURS_TO_SHARE = "Only whoever asked may share this."
TOO_OLD = "This message is too old: what its buttons need is no longer kept. Ask again."
NO_FIGURES = "No figure stands in what the coverage in this index has for this."
NOT_QUOTED = (
    "No quotation of this name was found. Only those are known of which an article's own sentence says who speaks."
)
NO_MORE = "There are no further excerpts near enough to the question."
TEXT_GONE = "This text is no longer in the index: the article has changed or is gone."
THANKS = "Noted, without your name. Thank you."
WHAT_IS_WRONG = "Where an excerpt is wrong, its context takes what is wrong with it."
SAID_BEFORE = "You have said so before; it is noted."
NO_CARDS = "The articles that this answer quoted are no longer in the index."
NO_ACTIONS = "Nothing has been done yet."
NONE_UNANSWERED = "No question was refused here."
NO_SUCH_SOURCES = "No article in the index is like that."
MAY_NOT_ANSWER = "This is what comes closest; it may not answer."
# From how many questions on their number is told to whoever waits behind them.
_LONG_QUEUE = 20
# Characters of a stretch that are kept where only its beginning and its end are shown.
_BRIEF = 80
# Articles that are named one by one in a remark.
_NAMED = 3
# Ways to describe a person that are shown.
_DESCRIBED = 5


def remembered(kept: Retention, mydata: str, forgetme: str) -> str:
    """What is kept of people, why and how long, and by which commands it is shown and forgotten."""
    return (
        "I keep what buttons need of a question and its answer, and what you say of answers, to get better: for "
        f"{plural(kept.private_days, 'day')} where only some see it, else for {plural(kept.public_days, 'day')}, under "
        "a hash and not a name; and public questions that were refused, without who asked. Admins' actions are kept "
        f"under their names for {plural(kept.audit_days, 'day')}. {mydata} shows what is kept of you, {forgetme} has "
        "it forgotten. PRIVACY.md, which comes with the program, says the rest."
    )


def outlet(source: Source) -> str:
    """The outlet, or that it is not known."""
    return visible(source.outlet or OUTLET_UNKNOWN)


def day(source: Source) -> str:
    """The publication date as YYYY-MM-DD, or that it is not known."""
    return source.published.isoformat() if source.published else DATE_UNKNOWN


def title(source: Source) -> str:
    """The headline; opening words that stand in for one are marked as such."""
    shown = visible(source.title)
    return shown if source.title_given else opening(shown)


def extent(source: Source) -> str:
    """That only the beginning of the article is stored; nothing where all of it is."""
    return "only the beginning of the article" if source.teaser else ""


def opening(words: str) -> str:
    """Opening words, marked as such, in place of a headline."""
    return f"“{words}” (opening words)"


def origin(source: Source) -> str:
    """The outlet and the publication date, or in few words that neither is known."""
    return f"{outlet(source)} · {day(source)}" if source.outlet or source.published else ORIGIN_UNKNOWN


def place(excerpt: Excerpt) -> str:
    """The paragraph, and what the passage is where it is not prose."""
    label = KIND_LABELS.get(excerpt.passage.kind)
    return f"paragraph {excerpt.passage.paragraph}" + (f", {label}" if label else "")


def citation(excerpt: Excerpt) -> str:
    """Outlet, date, title, place and link of an excerpt in one line."""
    source = excerpt.source
    parts = [origin(source), title(source), place(excerpt), visible(source.url or "")]
    return " · ".join(part for part in parts if part)


def also_in(excerpt: Excerpt) -> list[str]:
    """Where else the same words stand, and nearly the same with what differs; nothing where that is nowhere.

    It is said in ever fewer words, down to mere counts: the first that there is room for is to be shown.
    """
    same = [place for place in excerpt.also_in if not place.differing]
    near = [place for place in excerpt.also_in if place.differing]
    differing = [told for told in (_spoken(excerpt), _differing(excerpt)) if told]
    named = [f"The same words stand in: {'; '.join(map(_where, same))}{_earliest(excerpt, same)}"] if same else []
    shown = [f"Nearly the same, in: {'; '.join(_where_nearly(near))}"] if near else []
    counted = [f"The same words stand in {plural(len(same), 'other place')}."] if same else []
    counted_near = [f"Nearly the same words stand in {plural(len(near), 'other place')}."] if near else []
    differ = [_spoken(excerpt)] if excerpt.speaker else []
    differ += [f"{plural(len(excerpt.differing), 'figure')} elsewhere for the same."] if excerpt.differing else []
    lines = (
        ". ".join(differing + named + shown),
        ". ".join(differing + named + counted_near),
        " ".join(differ + counted + counted_near),
    )
    return list(dict.fromkeys(filter(None, lines)))


def _spoken(excerpt: Excerpt) -> str:
    """Who said what is marked, in the article's words, and how that is known where it is not in the sentence itself."""
    if excerpt.speaker is None:
        return ""
    who = named(excerpt.speaker)
    return f"Goes on from a quotation of {who}" if excerpt.speaker.goes_on else f"Said by {who}"


def named(speaker: Speaker) -> str:
    """Who speaks, in the article's words, and for whom a pronoun is taken."""
    meant = f", taken for “{one_line(speaker.meant)}” before it" if speaker.meant else ""
    return f"“{one_line(speaker.words)}”{meant}"


def _differing(excerpt: Excerpt) -> str:
    """Which figures of other articles differ from the excerpt's own, and where they stand."""
    if not excerpt.differing:
        return ""
    told = []
    for found in excerpt.differing:
        here = excerpt.text[found.here.start - excerpt.start : found.here.end - excerpt.start]
        there, source = found.passage.words(found.there), found.passage.source
        where = f"{title(source)}, {outlet(source)}, paragraph {found.passage.paragraph}"
        told.append(f"“{one_line(here)}” here, “{one_line(there)}” in {where}")
    return f"Figures differ: {'; '.join(told)}"


def one_line(words: str) -> str:
    """Words with single blanks between."""
    return " ".join(words.split())


def _where(place: Place) -> str:
    return f"{title(place.source)}, {outlet(place.source)}, paragraph {place.paragraph}"


def _where_nearly(near: Sequence[Place]) -> list[str]:
    """Places with what differs there, told once of those in which it is the same."""
    alike: dict[str, list[str]] = {}
    for place in near:
        alike.setdefault("; ".join(map(_differs, place.differing)), []).append(_where(place))
    return [
        f"{' and '.join(places)} ({'in each ' if len(places) > 1 else ''}{difference})"
        for difference, places in alike.items()
    ]


def _differs(segment: Segment) -> str:
    """The words there and the words here, in one line; there is where the words of the excerpt nearly stand."""
    there, here = (" ".join(words.split()) for words in (segment.printed, segment.quoted))
    if there and here:
        return f"“{there}” there, “{here}” here"
    return f"“{there}” only there" if there else f"“{here}” only here"


def _earliest(excerpt: Excerpt, same: Sequence[Place]) -> str:
    """Which of the articles with the same words has the earliest date, if there is one."""
    dated = [s for s in (excerpt.source, *(p.source for p in same)) if s.published]
    first = min((s.published for s in dated if s.published), default=None)
    earliest = {s.id: s for s in dated if s.published == first}
    if len({s.published for s in dated}) < 2 or len(earliest) > 1:
        return ""
    (source,) = earliest.values()
    if source.id == excerpt.source.id:
        return ". This is the earliest dated in this index"
    return f". The earliest dated in this index is {title(source)}, {outlet(source)}, {day(source)}"


def counts(answer: Answer) -> str:
    """How many excerpts from how many of the articles in the index."""
    articles = len({excerpt.source.id for excerpt in answer.excerpts})
    excerpts = plural(len(answer.excerpts), "excerpt")
    total = plural(answer.articles, "article")
    return f"{excerpts} from {articles} of {total} in the index"


def remarks(answer: Answer) -> tuple[str, ...]:
    """What to know before the excerpts are read: whether they answer, what was left out and what put first."""
    remarks = [] if answer.likely else [MAY_NOT_ANSWER]
    if answer.way is Way.COMPARED:
        remarks.append("One excerpt from each article in which something was found, the oldest first.")
    if answer.way is Way.FIGURES:
        remarks.append("Excerpts with figures, each before those of other articles that differ.")
    if answer.way is Way.SAID:
        remarks.append("Quotations that the articles' own words give to this name, the oldest first.")
        remarks += called(answer.described)
    if answer.without:
        remarks.append(f"Nothing was found in {_listed(answer.without)}.")
    if answer.mentioned:
        remarks.append(f"Mentions of {' and '.join(f'“{word}”' for word in answer.mentioned)}.")
    if answer.filters:
        remarks.append(f"Only articles {' and '.join(described(answer.filters))}.")
    if answer.preferred:
        named = " and ".join(map(visible, answer.preferred))
        remarks.append(f"The question names {named}, so such articles come first.")
    return tuple(remarks)


def called(described: Sequence[Described]) -> list[str]:
    """What articles call a person, each in its words with all its places."""
    places: dict[str, list[str]] = {}
    for told in described:
        place = f"{title(told.source)}, {outlet(told.source)}, paragraph {told.paragraph}"
        places.setdefault(one_line(told.text), []).append(place)
    lines = [f"Described as “{words}”: {'; '.join(where)}." for words, where in places.items()]
    more = len(lines) - _DESCRIBED
    return lines[:_DESCRIBED] + ([f"And in {plural(more, 'other way')}."] if more > 0 else [])


def ahead(questions: int) -> str:
    """How many questions come before one that was asked; nothing where they are few."""
    return f"{plural(questions, 'question')} come before yours." if questions >= _LONG_QUEUE else ""


def searching(questions: int) -> str:
    """That an answer is looked for, and how many questions come before."""
    return " ".join(filter(None, ["Searching the coverage…", ahead(questions)]))


def _listed(sources: Sequence[Source]) -> str:
    """A few articles by name, more as a number."""
    named = "; ".join(f"{title(source)}, {outlet(source)}" for source in sources[:_NAMED])
    more = len(sources) - _NAMED
    return f"{named}; and {plural(more, 'other article')}" if more > 0 else named


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 article", "2 articles"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def nothing_near(unknown: Sequence[str]) -> str:
    """That the coverage does not answer; and which names of the question it does not hold at all."""
    message = "The coverage in this index does not answer this."
    if unknown:
        names = " and ".join(f"“{name}”" for name in unknown)
        message += f" {names} {'does' if len(unknown) == 1 else 'do'} not occur in it."
    return message


def filtered_out(filters: Filters, passing: int, undated: int) -> str:
    """That a question is answered outside the asked-for articles only, and what was asked for."""
    wanted = " and ".join(described(filters))
    if not passing:
        message = f"No article in the index is {wanted}."
    else:
        message = f"Nothing in {plural(passing, 'article')} {wanted} answers this; other articles in the index may."
    if undated and (filters.since or filters.until):
        message += (
            f" {plural(undated, 'article')} without a date {'is' if undated == 1 else 'are'} left out by a date filter."
        )
    return message


def described(filters: Filters) -> Sequence[str]:
    """The filters in words, one phrase each."""
    phrases = []
    if filters.outlets:
        phrases.append("from " + " or ".join(map(visible, filters.outlets)))
    if filters.articles:
        phrases.append("named " + " or ".join(filters.articles))
    if filters.since:
        phrases.append(f"published on or after {filters.since.isoformat()}")
    if filters.until:
        phrases.append(f"published on or before {filters.until.isoformat()}")
    return phrases


def replaced(days: Sequence[datetime]) -> str:
    """How many earlier texts of an article are kept, and when the last was replaced."""
    return f"{plural(len(days), 'earlier text')}, last replaced {max(days):%Y-%m-%d}" if days else ""


def times(answered: Quantiles | None) -> str:
    """How long the latest answers took."""
    if answered is None:
        return "Answers: none yet"
    latest = f"the latest {answered.count:,}"
    return f"Answers: half within {answered.p50:.2f} s, 95 % within {answered.p95:.2f} s ({latest})"


def details(action: Action) -> str:
    """The details of a line of the audit log."""
    return ", ".join(f"{name}: {value}" for name, value in action.details.items() if value not in (None, ""))


def settings_rows(own: OwnSettings, holds: PlaceSettings, excerpts: int) -> list[tuple[str, str, str]]:
    """What holds in a place: each setting's name, its value, and a note where it is not set there."""
    outlets = "; ".join(map(visible, filter(None, holds.outlets))) or ("none" if holds.outlets else "all")
    rows = (
        ("answers", "yes" if holds.answers else "no", own.answers),
        ("outlets", outlets, own.outlets),
        ("excerpts", str(holds.excerpts or excerpts), own.excerpts),
        ("private", "yes" if holds.private else "no", own.private),
    )
    return [(name, value, "" if here is not None else " (not set here)") for name, value, here in rows]


def would_find(changes: Changes) -> str:
    """What a reindex would change, in one line."""
    return f"A reindex would find: {changes.counts()}."


def progress(done: int, total: int) -> str:
    """How far a build is; `total` is 0 until the articles are read."""
    stage = f"{done:,} of {plural(total, 'text')}" if total else "reading the articles"
    return f"Reindexing: {stage}. Questions are answered from the index there is until this is done."


def removed(title: str, restore: str) -> str:
    """That an article is withdrawn, and how that is undone: by the command `restore`."""
    return (
        f"Removed: {title}. It is not quoted, listed or found any more, and no reindex brings it back; {restore} does. "
        "Its file is where it was. Messages sent before still show what they quoted."
    )


def lost(why: Lost) -> str:
    """That a quotation that was sent can no longer be shown, and why."""
    if why is Lost.CHANGED:
        return "The article has changed since this was quoted. Ask again."
    return "The article of this quotation is no longer in the index."


def verified(found: Verification) -> str:
    """How many quotations were held against the index, and how many there are of each verdict."""
    counted = Counter(finding.verdict for finding in found.findings)
    verdicts = ", ".join(f"{count} {VERDICTS[verdict]}" for verdict, count in counted.items())
    text = f"{plural(len(found.findings), 'quotation')}: {verdicts}." if found.findings else "Nothing is quoted there."
    return f"{text} Only the first part of the text was read." if found.cut else text


def verification_lines(found: Verification) -> list[str]:
    """What became of every quotation, as plain lines."""
    lines = [verified(found)]
    for number, finding in enumerate(found.findings, start=1):
        lines += ["", f"{number}. {VERDICTS[finding.verdict]}: {finding.quotation.text}"]
        if finding.segments:
            lines.append("   " + "".join(map(_plain_difference, finding.segments)))
        lines += [f"   {note if isinstance(note, str) else _place_of(note)}" for note in finding_notes(finding)]
    return lines


def finding_notes(finding: Finding) -> list[str | Standing]:
    """What is to be said of a quotation, and the places in which it or its parts stand, in the order to show them."""
    notes: list[str | Standing] = []
    if not finding.telling:
        notes.append("So few words say little, whether they stand somewhere or not.")
    match finding.verdict:
        case Verdict.SHORTENED:
            notes.append("What it leaves out is marked above; whether that changes the sense, only you can tell.")
            notes.append("It stands in:")
        case Verdict.ALTERED:
            notes.append("The nearest wording stands in:")
        case Verdict.STITCHED:
            notes.append("No one place has all of it; its parts stand apart.")
        case Verdict.OTHER_SOURCE:
            notes.append(f"No article of {' or '.join(finding.outlets)} in this index has these words. They stand in:")
        case Verdict.OTHER_SPEAKER:
            given_to = f"“{one_line(finding.given_to)}”, as the text does"
            notes.append(f"No article in this index that names a speaker gives it to {given_to}. It stands in:")
        case Verdict.CORRECTED:
            now = "What it says now is marked above. " if finding.segments else ""
            until = f"The article said so until {finding.until:%Y-%m-%d}, when its text was replaced."
            notes.append(f"{until} {now}It stood in:")
        case Verdict.NOT_FOUND:
            notes.append("No article in this index has it or anything near. It may have been said all the same.")
    for place in finding.standings:
        notes += [place, *((f"There it is said by {named(place.speaker)}.",) if place.speaker else ())]
    for part in finding.parts:
        words = " ".join(finding.quotation.text[part.start : part.end].split())
        notes += [f"“{brief(words)}” stands in:", *part.standings]
    if finding.more:
        notes.append("It stands in more places than these.")
    return notes


def typography(standing: Standing) -> str:
    """How a place differs from words that stand in it exactly, in brackets, if at all."""
    return f" (differs in {', '.join(standing.typography)})" if standing.typography else ""


def brief(text: str, limit: int = _BRIEF) -> str:
    """`text`, or where it is longer than `limit` its beginning and its end with […] between."""
    if len(text) <= limit:
        return text
    first, last = text[: limit // 2], text[-(limit // 2) :]
    # A word is not cut, unless it is all there is.
    first, last = re.sub(r"\s*\S*\Z", "", first) or first, re.sub(r"\A\S*\s*", "", last) or last
    return f"{first} {TRIMMED} {last}"


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
    return difference(segment, str, "[only in the quotation: {}]".format, "[only in the article: {}]".format)


def _place_of(standing: Standing) -> str:
    s = standing.source
    return f"{origin(s)} · {title(s)} · paragraph {standing.paragraph}{typography(standing)}"
