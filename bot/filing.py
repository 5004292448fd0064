"""What was shown in chat, as files: worked out anew when somebody asks for them, from what may be seen there now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from bot import export, wording
from bot.days import today
from bot.sources import Wanted
from bot.tongue import say
from bot.visit import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.export import Format
    from bot.quotations import Verification
    from bot.records.sent import SentAnswer
    from bot.visit import Visit

# How large a file may be: what Discord takes from anybody, with some to spare.
MAX_BYTES = 8 * 1024 * 1024
# How much of a text is kept so that its verification can be had as files, in characters.
MAX_KEPT_CHARS = 10_000


class Filed(NamedTuple):
    """Files by their names, and what is to be said of them, in the language that is spoken."""

    files: dict[str, bytes]
    remarks: Sequence[str]


async def answer(visit: Visit, was: SentAnswer) -> Filed:
    """An answer that was sent, quoted from the articles as they are now.

    Raises:
        UsageError: nothing of it can be quoted any more.

    """
    found, losses = await visit.again(was)
    day = today()
    return await _filed("answer", lambda form: export.answer(found, form, day), losses)


async def kept(visit: Visit, key: str) -> Filed:
    """A verification or a list of articles that is kept under a key.

    Raises:
        UsageError: it is no longer kept.
        TooFastError: this person or this place asks too fast.

    """
    fields = await visit.desk.recall(lambda records: records.messages.fields(key)) or {}
    match fields:
        case {"verified": str(text)}:
            visit.admit()
            return await verification(await visit.desk.verify(text, visit.within()))
        case {"order": str()}:
            visit.look()
            wanted = Wanted(**fields)
            found = wanted.of(await visit.desk.listings(visit.within(wanted.filters())))
            return await _filed("sources", lambda form: export.sources(found, form))
        case _:
            raise UsageError(wording.TOO_OLD)


async def verification(found: Verification) -> Filed:
    """What became of the quotations of a text."""
    return await _filed("verification", lambda form: export.verification(found, form))


async def keep_verified(visit: Visit, text: str, *, private: bool) -> str | None:
    """Keep a text, so that its verification can be had as files; its key, or None where it is too long for that."""
    if len(text) > MAX_KEPT_CHARS:
        return None
    return await visit.keep({"verified": text}, private=private or not visit.public)


async def _filed(name: str, write: Callable[[Format], str], losses: Sequence[str] = ()) -> Filed:
    # A list may have hundreds of thousands of articles.
    made = await asyncio.to_thread(export.files, name, write)
    fitting = {file: data for file, data in made.items() if len(data) <= MAX_BYTES}
    large = [
        say("{file} is larger than {n} MB. Ask for less.", file=file, n=MAX_BYTES // 1024**2)
        for file in made
        if file not in fitting
    ]
    told = say("The same as files: Markdown to read, JSON and CSV for programs.")
    return Filed(fitting, [told, *losses, *large])
