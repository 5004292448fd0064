"""What admins do, on any platform that has checked who they are; all of it but a dry run is noted in the audit log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot import wording
from bot.records.database import RecordsError
from bot.tongue import quoted, say
from bot.visit import RefusedError, UsageError
from index.model import ANY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.visit import Visit
    from index.build import BuildReport
    from index.model import Filters, Source

# Seconds between two reports of progress.
PROGRESS_PAUSE = 2.0
# Lines of the audit log and unanswered questions that are shown at once.
LINES = 20
ALL_OUTLETS = "all"

Detail = str | float | bool | None
Setting = bool | int | str | tuple[str, ...] | None


async def note(visit: Visit, what: str, outcome: str = "done", **details: Detail) -> None:
    """Add a line to the audit log; what was done stays done, and is told, where that cannot be written."""
    platform = visit.platform
    visit.log.info("%s.%s user=%s outcome=%s", platform, what, visit.user, outcome.split(":", maxsplit=1)[0])
    who = (platform, visit.user, visit.server, visit.channel)
    try:
        await visit.desk.record(lambda records: records.audit.note(*who, what, details, outcome))
        await visit.desk.record(lambda records: records.keep_copy())
    except RecordsError as exc:
        visit.log.error("%s.action_not_recorded what=%s error=%s", platform, what, type(exc).__name__)  # noqa: TRY400 no traceback


def require_all_seen(visit: Visit) -> None:
    """Raise RefusedError where not every article may be seen: a report names them all.

    In direct messages nobody but the admin sees it, who may set what is seen.
    """
    if visit.server and visit.settings.outlets:
        raise RefusedError(wording.REPORT_NAMES_ALL)


async def reindex(visit: Visit, show: Callable[[int, int], Awaitable[None]], *, confirmed: bool = False) -> BuildReport:
    """Build a new generation; `show` gets (texts embedded, texts to embed) every now and then, (0, 0) at first.

    `confirmed` lets any number of articles go.

    Raises:
        OnTheRecordError: the build failed; the old generation still serves.

    """
    progress = (0, 0)

    def take(done: int, total: int) -> None:
        nonlocal progress
        progress = (done, total)

    visit.log.info("%s.reindex_started user=%s", visit.platform, visit.user)
    build = asyncio.create_task(visit.desk.builds.reindex(take, confirmed=confirmed))
    await show_progress(build, lambda: progress, show)
    try:
        report = build.result()
    except Exception as exc:
        await note(visit, "reindex", f"failed: {type(exc).__name__}")
        raise
    await note(visit, "reindex", generation=report.manifest.generation, built=report.built)
    return report


async def show_progress(
    work: asyncio.Task[Any], progress: Callable[[], tuple[int, int]], show: Callable[[int, int], Awaitable[None]]
) -> None:
    """Wait for some work, and every now and then show how far it is, where that has changed."""
    shown = None
    while not work.done():
        if shown != progress():
            shown = progress()
            await show(*shown)
        await asyncio.wait({work}, timeout=PROGRESS_PAUSE)


async def rollback(visit: Visit) -> int:
    """Serve the generation before; its number."""
    number = await visit.desk.builds.rollback()
    await note(visit, "rollback", generation=number)
    return number


async def remove(visit: Visit, named: str, reason: str | None) -> Source:
    """Withdraw an article; its file stays where it is, and a rebuild does not bring it back.

    Raises:
        UsageError: there is no such article that may be seen here.

    """
    found = (await visit.find(named)).source
    await visit.desk.record(
        lambda records: records.withdrawals.add(found.id, found.sha256, visit.platform, visit.user, reason)
    )
    await note(visit, "remove", article=found.id, reason=reason)
    return found


async def restore(visit: Visit, article: str) -> None:
    """Undo the removal of an article, known by its id.

    Raises:
        UsageError: it was not removed.

    """
    if not await visit.desk.record(lambda records: records.withdrawals.restore(article)):
        raise UsageError(say("No article of this id was removed. Pick one from the list."))
    await note(visit, "restore", article=article)


async def change_settings(visit: Visit, channel: str, given: dict[str, Setting], *, clear: bool) -> None:
    """Set those of `given` that are not None for a channel, or for the server where that is ""; `clear` unsets others.

    What is not a key of `given` is left alone.
    """
    wanted = {name: value for name, value in given.items() if value is not None or clear}
    if not wanted:
        return
    await visit.desk.record(lambda records: records.places.change(visit.platform, visit.server, channel, **wanted))
    details = {name: "; ".join(value) if isinstance(value, tuple) else value for name, value in wanted.items()}
    await note(visit, "settings", "done", **details, set_channel=channel)


async def outlets_named(visit: Visit, typed: str, filters: Filters = ANY) -> tuple[str, ...]:
    """The outlets of articles that pass which are named, with ";" between; none where all are meant.

    Raises:
        UsageError: one is not in the index, or none is named.

    """
    if typed.strip().casefold() == ALL_OUTLETS:
        return ()
    known = {name.casefold(): name for name in await visit.desk.outlets(filters)}
    names = [name.strip() for name in typed.split(";") if name.strip()]
    if unknown := [name for name in names if name.casefold() not in known]:
        listed = ", ".join(map(quoted, unknown))
        raise UsageError(
            say("There is no outlet {names} in the index. Write the names as /sources shows them.", names=listed)
        )
    if not names:
        raise UsageError(say('No outlet is named. Name some, with ";" between, or write "{all}".', all=ALL_OUTLETS))
    return tuple(known[name.casefold()] for name in names)
