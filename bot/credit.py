"""What stands beside a quotation: whose it is and where it stands, who says it, which days it means, what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.tongue import all_of, quoted, say
from index.shown import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answer import Excerpt, Place
    from index.model import Source, Speaker
    from index.tokens import Segment

OUTLET_UNKNOWN = say("outlet not given")
DATE_UNKNOWN = say("date not given")
ORIGIN_UNKNOWN = say("source not stated")
KIND_LABELS = {"caption": say("picture caption"), "embed": say("embedded post")}


def outlet(source: Source) -> str:
    """The outlet, or that it is not known."""
    return visible(source.outlet or say(OUTLET_UNKNOWN))


def day(source: Source) -> str:
    """The publication date as YYYY-MM-DD, or that it is not known."""
    return source.published.isoformat() if source.published else say(DATE_UNKNOWN)


def title(source: Source) -> str:
    """The headline; opening words that stand in for one are marked as such."""
    shown = visible(source.title)
    return shown if source.title_given else opening(shown)


def extent(source: Source) -> str:
    """That only the beginning of the article is stored; nothing where all of it is."""
    return say("only the beginning of the article") if source.teaser else ""


def opening(words: str) -> str:
    """Opening words, marked as such, in place of a headline."""
    return say("“{words}” (opening words)", words=words)


def origin(source: Source) -> str:
    """The outlet and the publication date, or in few words that neither is known."""
    return f"{outlet(source)} · {day(source)}" if source.outlet or source.published else say(ORIGIN_UNKNOWN)


def place(excerpt: Excerpt) -> str:
    """The paragraph, and what the passage is where it is not prose."""
    label = KIND_LABELS.get(excerpt.passage.kind)
    return paragraph(excerpt.passage.paragraph) + (f", {say(label)}" if label else "")


def paragraph(number: int) -> str:
    """Which paragraph of an article."""
    return say("paragraph {number}", number=str(number))


def citation(excerpt: Excerpt) -> str:
    """Outlet, date, title, place of an excerpt and the link to its words in one line."""
    source = excerpt.source
    parts = [origin(source), title(source), place(excerpt), visible(excerpt.link or source.url or "")]
    return " · ".join(part for part in parts if part)


def also_in(excerpt: Excerpt) -> list[str]:
    """Where else the same words stand, and nearly the same with what differs; nothing where that is nowhere.

    It is said in ever fewer words, down to mere counts: the first that there is room for is to be shown.
    """
    same = [place for place in excerpt.also_in if not place.differing]
    near = [place for place in excerpt.also_in if place.differing]
    differing = [told for told in (_days_meant(excerpt), _spoken(excerpt), _differing(excerpt)) if told]
    named, shown, counted, counted_near = [], [], [], []
    if same:
        named = [
            say(
                "The same words stand in: {places}",
                places="; ".join(where(place.source, place.paragraph) for place in same),
            )
        ]
        named += _earliest(excerpt, same)
        counted = [
            say("The same words stand in {n} other place.", "The same words stand in {n} other places.", n=len(same))
        ]
    if near:
        shown = [say("Nearly the same, in: {places}", places="; ".join(_where_nearly(near)))]
        counted_near = [
            say(
                "Nearly the same words stand in {n} other place.",
                "Nearly the same words stand in {n} other places.",
                n=len(near),
            )
        ]
    differ = [told for told in (_days_meant(excerpt, marked=True), _spoken(excerpt)) if told]
    if excerpt.differing:
        differ += [
            say(
                "{n} figure elsewhere for the same.",
                "{n} figures elsewhere for the same.",
                n=len(excerpt.differing),
            )
        ]
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
    if excerpt.speaker.goes_on:
        return say("Goes on from a quotation of {who}", who=who)
    return say("Said by {who}", who=who)


def _days_meant(excerpt: Excerpt, *, marked: bool = False) -> str:
    """Which days the words of an excerpt mean, and how that is known; of all its words, or of those that are marked."""
    told = []
    for moment in excerpt.moments:
        words = quoted(one_line(excerpt.passage.words(moment.span)))
        if moment.meant:
            first, _, last = moment.meant.partition("/")
            days = say("{first} to {last}", first=first, last=last) if last else first
            shown = say("{words} → {days}", words=words, days=days)
            if moment.by:
                by = moment.by.isoformat()
                shown = say("{words} → {days}, by the article's date {by}", words=words, days=days, by=by)
        elif excerpt.source.published:
            shown = say("{words}: date not worked out", words=words)
        else:
            shown = say("{words}: date not worked out, as the article has none", words=words)
        told.append((moment.span, shown))
    return "; ".join(words for span, words in told if not marked or span == excerpt.answer)


def named(speaker: Speaker) -> str:
    """Who speaks, in the article's words, and for whom a pronoun is taken."""
    words, meant = one_line(speaker.words), one_line(speaker.meant)
    if meant:
        return say("“{words}”, taken for “{meant}” before it", words=words, meant=meant)
    return quoted(words)


def _differing(excerpt: Excerpt) -> str:
    """Which figures of other articles differ from the excerpt's own, and where they stand."""
    if not excerpt.differing:
        return ""
    told = []
    for found in excerpt.differing:
        here = excerpt.text[found.here.start - excerpt.start : found.here.end - excerpt.start]
        there, source = found.passage.words(found.there), found.passage.source
        words = {"here": one_line(here), "there": one_line(there), "where": where(source, found.passage.paragraph)}
        told.append(say("“{here}” here, “{there}” in {where}", **words))
    return say("Figures differ: {told}", told="; ".join(told))


def one_line(words: str) -> str:
    """Words with single blanks between."""
    return " ".join(words.split())


def where(source: Source, number: int) -> str:
    """The article, its outlet and a paragraph of it."""
    return f"{title(source)}, {outlet(source)}, {paragraph(number)}"


def _where_nearly(near: Sequence[Place]) -> list[str]:
    """Places with what differs there, told once of those in which it is the same."""
    alike: dict[str, list[str]] = {}
    for place in near:
        alike.setdefault("; ".join(map(_differs, place.differing)), []).append(where(place.source, place.paragraph))
    return [
        say("{places} (in each {difference})", places=all_of(places), difference=difference)
        if len(places) > 1
        else f"{places[0]} ({difference})"
        for difference, places in alike.items()
    ]


def _differs(segment: Segment) -> str:
    """The words there and the words here, in one line; there is where the words of the excerpt nearly stand."""
    there, here = map(one_line, (segment.printed, segment.quoted))
    if there and here:
        return say("“{there}” there, “{here}” here", there=there, here=here)
    return say("“{there}” only there", there=there) if there else say("“{here}” only here", here=here)


def _earliest(excerpt: Excerpt, same: Sequence[Place]) -> list[str]:
    """Which of the articles with the same words has the earliest date, if there is one."""
    dated = [s for s in (excerpt.source, *(p.source for p in same)) if s.published]
    first = min((s.published for s in dated if s.published), default=None)
    earliest = {s.id: s for s in dated if s.published == first}
    if len({s.published for s in dated}) < 2 or len(earliest) > 1:
        return []
    (source,) = earliest.values()
    if source.id == excerpt.source.id:
        return [say("This is the earliest dated in this index")]
    named = f"{title(source)}, {outlet(source)}, {day(source)}"
    return [say("The earliest dated in this index is {article}", article=named)]
