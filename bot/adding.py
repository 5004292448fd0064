"""Articles that come from chat: who adds a file is shown its card, and confirms it or not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from bot import admin, credit, wording
from bot.days import parse_since, parse_until, quoted, today
from bot.intake import GONE, Intake
from bot.tongue import say
from bot.visit import UsageError
from index.readers.drafts import card_field
from index.shown import visible
from index.versions import address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.intake import Card, Staged, Stored
    from bot.records.withdrawals import Withdrawal
    from bot.visit import Visit
    from index.model import Article, Source
    from index.readers.drafts import Problem

# Articles of a file of several, and reasons, that are shown at most; characters of an article's beginning.
SHOWN_ARTICLES = 10
SHOWN_REASONS = 5
OPENING_CHARS = 500
NOT_YOURS = say("Only whoever gave the file may do this.")
DISCARDED = say("Discarded. Nothing was stored.")


class Proposal(NamedTuple):
    """What an admin is to confirm: the key of what the buttons need, and what the index has of it already."""

    key: str
    staged: Staged
    remarks: tuple[str, ...]


def given_fields(**typed: str | None) -> Card:
    """The fields of a card as somebody types them, without those that are not given; the day as people write it.

    Raises:
        UsageError: one cannot be used.
        DayError: the day cannot be used.

    """
    given: Card = {}
    for name, value in typed.items():
        if value is None:
            continue
        try:
            value.encode()
            given[name] = _day(value) if name == "published" else card_field(name, value)
        except UnicodeEncodeError:
            raise UsageError(say("{name} holds half a character. Type it again.", name=name)) from None
        except ValueError as exc:
            raise UsageError(f"{exc}.") from None
    return given


def already(articles: Sequence[Article], sources: Sequence[Source], removed: Sequence[Withdrawal]) -> tuple[str, ...]:
    """What to know before articles are stored: that the index has their text or address, or had it until removed."""
    texts = {source.sha256: source.id for source in sources}
    links = {address(source.url): source.id for source in sources if source.url}
    gone = {each.sha256: each.article for each in removed}
    remarks = []
    for new in (article.source for article in articles):
        if new.sha256 in texts:
            as_what = texts[new.sha256]
            remarks.append(say("The index has the text of {new} already, as {old}.", new=new.id, old=as_what))
        if new.url and (where := address(new.url)) in links:
            as_what = links[where]
            remarks.append(
                say("The index has the address of {new} already, as that of {old}.", new=new.id, old=as_what)
            )
        if new.sha256 in gone:
            was = gone[new.sha256]
            told = say("The text of {new} was removed as {old}; if stored it is quoted again.", new=new.id, old=was)
            remarks.append(told)
    return tuple(remarks)


def facts(staged: Staged) -> list[tuple[str, str]]:
    """What is known of the one article of a file, and what is not: names and values, in the order to show them."""
    source = staged.articles[0].source
    known = {
        "outlet": source.outlet or "",
        "author": source.author or "",
        "date": credit.day(source) if source.published else "",
        "language": source.language or "",
        "link": source.url or "",
    }
    missing = wording.missing({"headline": source.title_given, **known})
    told = {say(wording.FACTS[name]): value for name, value in known.items()}
    told |= {say("Not given"): missing, say("Text"): credit.extent(source)}
    told[say("Paragraphs")] = f"{staged.paragraphs:,}"
    return [(name, visible(value)) for name, value in told.items() if value]


def opening(article: Article) -> str:
    """How an article begins below its headline."""
    return article.text[article.body_start :].strip()


def problems(staged: Staged) -> list[tuple[str, Sequence[Problem]]]:
    """What is wrong in a file, as far as anything is: a name, and all that goes by it."""
    kinds = ((say("Refused"), staged.refused), (say("Notes"), staged.notes))
    return [(name, found) for name, found in kinds if found]


def waiting(file: str) -> str:
    """That a file, its name as it is shown, is only kept aside."""
    return say("Nothing is stored yet. Within a day it can be stored as {file}.", file=file)


def stored(added: Stored) -> str:
    """What was stored, and where."""
    if len(added.ids) > 1:
        return say("Stored: {what}, in {file}.", what=wording.plural(len(added.ids), "article"), file=added.file)
    # A file of one article is known by its name, with the ending or without.
    named = added.file.startswith(added.ids[0])
    if named:
        return say("Stored: {what}.", what=added.file)
    return say("Stored: {what}, in {file}.", what=added.ids[0], file=added.file)


def afterwards(reindex: str) -> str:
    """What is left to do with what was stored: the command `reindex`."""
    return say("{reindex} brings it into the answers.", reindex=reindex)


async def propose(visit: Visit, data: bytes, name: str, given: Card) -> Proposal:
    """Keep a file aside for an admin to confirm.

    Raises:
        RefusedError: not every article may be seen here, so that not all can be said.
        OnTheRecordError: as `Intake.stage`, or it cannot be recorded.

    """
    admin.require_all_seen(visit)
    sources, removed, taken = await _known(visit)
    staged = await asyncio.to_thread(_intake(visit).stage, data, name, given, taken)
    key = await visit.keep({"staged": staged.key}, private=True)
    return Proposal(key, staged, already(staged.articles, sources, removed))


async def confirm(visit: Visit, key: str) -> Stored:
    """Store what an admin was shown, for the same one alone; it is noted in the audit log.

    Raises:
        RefusedError: somebody else was shown it, or not every article may be seen here.
        OnTheRecordError: as `Intake.store`.

    """
    admin.require_all_seen(visit)
    staged = await _kept(visit, key)
    *_, taken = await _known(visit)
    done = await asyncio.to_thread(_intake(visit).store, staged, taken)
    one = len(done.ids) == 1
    named = {"article": done.ids[0]} if one else {"file": done.file, "articles": len(done.ids)}
    await admin.note(visit, "add", **named, sha256=done.sha256)
    return done


async def discard(visit: Visit, key: str) -> None:
    """Delete what an admin was shown, for the same one alone.

    Raises:
        RefusedError: somebody else was shown it.
        UsageError: it is no longer kept.

    """
    await asyncio.to_thread(_intake(visit).discard, await _kept(visit, key))


def _intake(visit: Visit) -> Intake:
    return Intake(visit.desk.index_dir, visit.desk.corpus_dir, future=visit.desk.future)


async def _kept(visit: Visit, key: str) -> str:
    fields = await visit.desk.recall(lambda records: records.messages.fields(key))
    if fields is None:
        raise UsageError(GONE)
    await visit.require_asker(key, NOT_YOURS)
    return str(fields["staged"])


async def _known(visit: Visit) -> tuple[list[Source], tuple[Withdrawal, ...], list[str]]:
    """The articles of the index, those that were removed from it, and the ids of both."""
    sources = [row.source for row in await visit.desk.listings()]
    removed = await visit.desk.recall(lambda records: records.withdrawals.all())
    return sources, removed, [*(source.id for source in sources), *(each.article for each in removed)]


def _day(typed: str) -> date:
    """The one day that is named: a period's first day would be made up."""
    first, last = parse_since(typed, today()), parse_until(typed, today())
    if first != last:
        raise UsageError(say("{words} is more than one day. Write the day, or leave it out.", words=quoted(typed)))
    return first
