"""The bot's own words: fixed frame text around quotations, the same on every platform, in any language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.answer import Way
from bot.credit import one_line, outlet, title, where
from bot.records.sent import Lost
from bot.tongue import all_of, any_of, quoted, say
from index.shown import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.answer import Answer, Described
    from bot.carried import Carried
    from bot.metrics import Quantiles
    from bot.records.audit import Action
    from bot.records.places import OwnSettings, PlaceSettings
    from bot.records.retention import Retention
    from index.build import Changes
    from index.model import Filters, Source

TRIMMED = "[…]"
EMPTY_QUESTION = say("There is no question to look for. Ask in a few words, for example: Who denied the attack?")
EMPTY_INDEX = say("The index holds no articles yet. An admin can add some and reindex.")
NEAREST = say("Closest")
NOT_AN_ANSWER = say("This is not an answer. It is what comes closest:")
UNEXPECTED = say("Something went wrong here, and it is in the log. Ask again; if it stays so, tell an admin.")
NOT_ADMIN = say("Only an admin of this bot may do this.")
OUTLETS_BY_ADMINS = say("Only an admin of this bot may change which outlets are seen.")
REPORT_NAMES_ALL = say("The report names articles that may not be seen here. Use this in a direct message to me.")
OUTLETS_COVER = say(
    "Nothing of other outlets is shown there: no answer, list, card, suggestion or verification, and no earlier text "
    "of an article that was another outlet's then. It is hidden in direct messages with me too, unless their own "
    "setting says otherwise. Messages sent before stay as they are."
)
NOT_HERE = say("I am set not to answer in this channel. Whoever manages my settings here can change that.")
NOT_YOURS_TO_SHARE = say("Only whoever asked may share this.")
TOO_OLD = say("This message is too old: what its buttons need is no longer kept. Ask again.")
NO_FIGURES = say("No figure stands in what the coverage in this index has for this.")
NO_SUCH_OUTLET = say(
    "No outlet in the index is called so. Write its name as the list of sources has it, alone or with “about” and a "
    "question after it."
)
NONE_ALONE = say(
    "All that was found of this outlet stands in another outlet's article in this index too, or nearly so."
)
NO_DAYS = say("What the coverage in this index has for this speaks of no day, or of none in that time.")
NOT_QUOTED = say(
    "No quotation of this name was found. Only those are known of which an article's own sentence says who speaks."
)
AS_FILES = say("As a file")
NOT_CARRIED = say("No other article in this index was found to carry this, in these words or others.")
CARRIED = say("What other articles in this index have of this:")
OTHERWISE = say("In other words; bold is what says it:")
VERSIONS = say("The same quotation in other words; bold is what differs:")
NO_MORE = say("There are no further excerpts near enough to the question.")
TEXT_GONE = say("This text is no longer in the index: the article has changed or is gone.")
THANKS = say("Noted, without your name. Thank you.")
WHAT_IS_WRONG = say("Where an excerpt is wrong, its context takes what is wrong with it.")
SAID_BEFORE = say("You have said so before; it is noted.")
NO_CARDS = say("The articles that this answer quoted are no longer in the index.")
NO_ACTIONS = say("Nothing has been done yet.")
NONE_UNANSWERED = say("No question was refused here.")
NO_SUCH_SOURCES = say("No article in the index is like that.")
MAY_NOT_ANSWER = say("This is what comes closest; it may not answer.")
# From how many questions on their number is told to whoever waits behind them.
_LONG_QUEUE = 20
# Characters of a stretch that are kept where only its beginning and its end are shown.
_BRIEF = 80
# Articles that are named one by one in a remark.
_NAMED = 3
# Ways to describe a person that are shown.
_DESCRIBED = 5

# What a card says of an article: its name at the beginning of a line, and where it is named as missing.
FACTS = {
    "headline": say("Headline"),
    "outlet": say("Outlet"),
    "author": say("Author"),
    "date": say("Date"),
    "language": say("Language"),
    "link": say("Link"),
}
_MISSING = {
    "headline": say("headline"),
    "outlet": say("outlet"),
    "author": say("author"),
    "date": say("date"),
    "language": say("language"),
    "link": say("link"),
}


def missing(facts: Mapping[str, object]) -> str:
    """What is not known of an article's facts, known by their names in `FACTS`."""
    return ", ".join(say(_MISSING[name]) for name, value in facts.items() if not value)


def remembered(kept: Retention, mydata: str, forgetme: str) -> str:
    """What is kept of people, why and how long, and by which commands it is shown and forgotten."""
    return say(
        "I keep what buttons need of a question and its answer, and what you say of answers, to get better: for "
        "{private} where only some see it, else for {public}, under a hash and not a name; and public questions that "
        "were refused, without who asked. Admins' actions are kept under their names for {audit}. {mydata} shows what "
        "is kept of you, {forgetme} has it forgotten. PRIVACY.md, which comes with the program, says the rest.",
        private=plural(kept.private_days, "day"),
        public=plural(kept.public_days, "day"),
        audit=plural(kept.audit_days, "day"),
        mydata=mydata,
        forgetme=forgetme,
    )


def counts(answer: Answer) -> str:
    """How many excerpts from how many of the articles in the index."""
    articles = len({excerpt.source.id for excerpt in answer.excerpts})
    return say(
        "{excerpts} from {articles} of {n} article in the index",
        "{excerpts} from {articles} of {n} articles in the index",
        n=answer.articles,
        excerpts=plural(len(answer.excerpts), "excerpt"),
        articles=articles,
    )


def carried_remarks(found: Carried) -> list[str]:
    """What to know of which articles carry a statement: that none does, and in which it was not found."""
    alone = not (found.otherwise or found.statement.also_in)
    told = [say(NOT_CARRIED)] if alone else []
    if found.without:
        articles = "; ".join(f"{title(source)}, {outlet(source)}" for source in found.without)
        told.append(say("Not found in: {articles}", articles=articles))
    return told


def remarks(answer: Answer) -> tuple[str, ...]:
    """What to know before the excerpts are read: whether they answer, what was left out and what put first."""
    remarks = [] if answer.likely else [say(MAY_NOT_ANSWER)]
    if answer.way is Way.COMPARED:
        remarks.append(say("One excerpt from each article in which something was found, the oldest first."))
    if answer.way is Way.FIGURES:
        remarks.append(say("Excerpts with figures, each before those of other articles that differ."))
    if answer.way is Way.SAID:
        remarks.append(say("Quotations that the articles' own words give to this name, the oldest first."))
        remarks += called(answer.described)
    if answer.way is Way.TIMELINE:
        remarks.append(
            say("By the days that are spoken of, not those of publication; what is not worked out comes last.")
        )
    if answer.way is Way.FIRST:
        remarks += _earliest_found(answer)
    if answer.way is Way.ONLY_IN:
        remarks.append(say("Found in no other outlet's article in this index, in these words or nearly these."))
    if answer.without:
        remarks.append(say("Nothing was found in {articles}.", articles=_listed(answer.without)))
    if answer.mentioned:
        remarks.append(say("Mentions of {words}.", words=all_of(map(quoted, answer.mentioned))))
    if answer.filters:
        spoken_of = answer.way is Way.TIMELINE  # what bounds a timeline are the days that it tells of
        remarks.append(say("Only articles {wanted}.", wanted=all_of(described(answer.filters, spoken_of=spoken_of))))
    if answer.preferred:
        named = all_of(map(visible, answer.preferred))
        remarks.append(say("The question names {names}, so such articles come first.", names=named))
    return tuple(remarks)


def _earliest_found(answer: Answer) -> list[str]:
    """Of which day the earliest article is, and that those without a day may be earlier."""
    days = [excerpt.source.published for excerpt in answer.excerpts if excerpt.source.published]
    undated = len(answer.excerpts) - len(days)
    told = []
    if days:
        earliest = days[0].isoformat()
        told.append(say("The earliest dated article found in this index that carries this is of {day}.", day=earliest))
    if undated:
        told.append(
            say(
                "{n} article without a date carries it too, and may be earlier.",
                "{n} articles without a date carry it too, and may be earlier.",
                n=undated,
            )
        )
    return told


def called(described: Sequence[Described]) -> list[str]:
    """What articles call a person, each in its words with all its places."""
    places: dict[str, list[str]] = {}
    for told in described:
        places.setdefault(one_line(told.text), []).append(where(told.source, told.paragraph))
    lines = [
        say("Described as “{words}”: {places}.", words=words, places="; ".join(where))
        for words, where in places.items()
    ]
    more = len(lines) - _DESCRIBED
    if more <= 0:
        return lines
    return [*lines[:_DESCRIBED], say("And in {n} other way.", "And in {n} other ways.", n=more)]


def ahead(questions: int) -> str:
    """How many questions come before one that was asked; nothing where they are few."""
    if questions < _LONG_QUEUE:
        return ""
    return say("{n} question come before yours.", "{n} questions come before yours.", n=questions)


def searching(questions: int) -> str:
    """That an answer is looked for, and how many questions come before."""
    return " ".join(filter(None, ["Searching the coverage…", ahead(questions)]))


def _listed(sources: Sequence[Source]) -> str:
    """A few articles by name, more as a number."""
    named = "; ".join(f"{title(source)}, {outlet(source)}" for source in sources[:_NAMED])
    more = len(sources) - _NAMED
    if more <= 0:
        return named
    return say("{named}; and {n} other article", "{named}; and {n} other articles", n=more, named=named)


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 article", "2 articles"."""
    return say(f"{{n}} {noun}", f"{{n}} {noun}s", n=count)


def and_more(count: int) -> str:
    """How many excerpts are not shown."""
    return say("and {n} more", n=count)


def corrected(numbers: Sequence[int]) -> str:
    """Which excerpts are from articles whose text was replaced."""
    listed = all_of(map(str, numbers))
    return say(
        "Corrected: excerpt {numbers} is from the new text of an article that was in the index before.",
        "Corrected: excerpts {numbers} are from new texts of articles that were in the index before.",
        n=len(numbers),
        numbers=listed,
    )


def nothing_near(unknown: Sequence[str]) -> str:
    """That the coverage does not answer; and which names of the question it does not hold at all."""
    message = say("The coverage in this index does not answer this.")
    if not unknown:
        return message
    return say(
        "{message} {names} does not occur in it.",
        "{message} {names} do not occur in it.",
        n=len(unknown),
        message=message,
        names=all_of(map(quoted, unknown)),
    )


def filtered_out(filters: Filters, passing: int, undated: int) -> str:
    """That a question is answered outside the asked-for articles only, and what was asked for."""
    wanted = all_of(described(filters))
    if not passing:
        message = say("No article in the index is {wanted}.", wanted=wanted)
    else:
        message = say(
            "Nothing in {n} article {wanted} answers this; other articles in the index may.",
            "Nothing in {n} articles {wanted} answers this; other articles in the index may.",
            n=passing,
            wanted=wanted,
        )
    if not (undated and (filters.since or filters.until)):
        return message
    return say(
        "{message} {n} article without a date is left out by a date filter.",
        "{message} {n} articles without a date are left out by a date filter.",
        n=undated,
        message=message,
    )


def described(filters: Filters, *, spoken_of: bool = False) -> Sequence[str]:
    """The filters in words, one phrase each; their days are of publication, or those that are `spoken_of`."""
    phrases = []
    if filters.outlets:
        phrases.append(say("from {outlets}", outlets=any_of(map(visible, filters.outlets))))
    if filters.articles:
        phrases.append(say("named {articles}", articles=any_of(filters.articles)))
    if filters.since:
        day = filters.since.isoformat()
        phrases.append(
            say("that speak of days on or after {day}", day=day)
            if spoken_of
            else say("published on or after {day}", day=day)
        )
    if filters.until:
        day = filters.until.isoformat()
        phrases.append(
            say("that speak of days on or before {day}", day=day)
            if spoken_of
            else say("published on or before {day}", day=day)
        )
    return phrases


def replaced(days: Sequence[datetime]) -> str:
    """How many earlier texts of an article are kept, and when the last was replaced."""
    if not days:
        return ""
    last = f"{max(days):%Y-%m-%d}"
    return say("{n} earlier text, last replaced {day}", "{n} earlier texts, last replaced {day}", n=len(days), day=last)


def times(answered: Quantiles | None) -> str:
    """How long the latest answers took."""
    if answered is None:
        return say("Answers: none yet")
    return say(
        "Answers: half within {half} s, 95 % within {most} s (the latest {n})",
        n=answered.count,
        half=f"{answered.p50:.2f}",
        most=f"{answered.p95:.2f}",
    )


def details(action: Action) -> str:
    """The details of a line of the audit log."""
    return ", ".join(f"{name}: {value}" for name, value in action.details.items() if value not in (None, ""))


def settings_rows(own: OwnSettings, holds: PlaceSettings, excerpts: int) -> list[tuple[str, str, str]]:
    """What holds in a place: each setting's name, its value, and a note where it is not set there."""
    outlets = "; ".join(map(visible, filter(None, holds.outlets))) or (say("none") if holds.outlets else say("all"))
    yes, no = say("yes"), say("no")
    rows = (
        (say("answers"), yes if holds.answers else no, own.answers),
        (say("outlets"), outlets, own.outlets),
        (say("excerpts"), str(holds.excerpts or excerpts), own.excerpts),
        (say("private"), yes if holds.private else no, own.private),
        (say("time zone"), holds.timezone, own.timezone),
    )
    unset = f" {say('(not set here)')}"
    return [(name, value, "" if here is not None else unset) for name, value, here in rows]


def would_find(changes: Changes) -> str:
    """What a reindex would change, in one line."""
    return f"A reindex would find: {changes.counts()}."


def progress(done: int, total: int) -> str:
    """How far a build is; `total` is 0 until the articles are read."""
    stage = say("reading the articles")
    if total:
        stage = say("{done} of {n} text", "{done} of {n} texts", n=total, done=done)
    return say("Reindexing: {stage}. Questions are answered from the index there is until this is done.", stage=stage)


def removed(title: str, restore: str) -> str:
    """That an article is withdrawn, and how that is undone: by the command `restore`."""
    return say(
        "Removed: {title}. It is not quoted, listed or found any more, and no reindex brings it back; {restore} does. "
        "Its file is where it was. Messages sent before still show what they quoted.",
        title=title,
        restore=restore,
    )


def lost(why: Lost) -> str:
    """That a quotation that was sent can no longer be shown, and why."""
    if why is Lost.CHANGED:
        return say("The article has changed since this was quoted. Ask again.")
    return say("The article of this quotation is no longer in the index.")


def brief(text: str, limit: int = _BRIEF) -> str:
    """`text`, or where it is longer than `limit` its beginning and its end with […] between."""
    if len(text) <= limit:
        return text
    first, last = text[: limit // 2], text[-(limit // 2) :]
    # A word is not cut, unless it is all there is.
    first, last = re.sub(r"\s*\S*\Z", "", first) or first, re.sub(r"\A\S*\s*", "", last) or last
    return f"{first} {TRIMMED} {last}"
