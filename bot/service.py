"""Runs chat platforms side by side in one process: signals, metrics, and a stop that finishes what is under way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import signal
from typing import TYPE_CHECKING, Any

from bot.metrics import serve
from bot.records.database import RecordsError
from bot.tongue import say
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence

    from bot.desk import Desk
    from bot.settings import Settings

    # Says a sentence to whoever waits for some work.
    Tell = Callable[[str], Awaitable[object]]

# Seconds that answers under way and waiting questions get when the bot is stopped, and then the telling of those whose
# answer did not come; what is left of the 45 that the README gives Docker is for closing.
GRACE = 25.0
TELLING = 10.0
STOPPING = say("The bot is being restarted. Ask again in a minute.")
# Seconds between two looks for what has been remembered for long enough.
TIDY_PAUSE = 3600.0

log = logging.getLogger("bot")


class StoppingError(OnTheRecordError):
    """The bot is being stopped and begins nothing new."""


class Service:
    """What the platforms of one process share: when they are to stop, and the latency of a connection in seconds."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.stop = stop
        self.latency: Callable[[], float] = lambda: math.nan


async def run(
    settings: Settings, desk: Desk, platforms: Sequence[Callable[[Service], Coroutine[Any, Any, None]]]
) -> None:
    """Run every platform until SIGINT or SIGTERM; if one cannot go on, the others are stopped too.

    Raises:
        OnTheRecordError: what the first platform that failed raised.
        MetricsError: METRICS_PORT cannot be served.

    """
    with stop_signals() as stop:
        service = Service(stop)
        port = settings.metrics_port
        metrics = serve(desk.metrics, port, lambda: desk.gauges(service.latency())) if port else None
        with metrics or contextlib.nullcontext():
            running = [asyncio.create_task(platform(service)) for platform in platforms]
            tidying = asyncio.create_task(_tidy(desk, stop))
            try:
                await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
                # Where one failed, the others finish what they are at.
                stop.set()
                await asyncio.gather(*running)
            finally:
                stop.set()
                await asyncio.gather(*running, tidying, return_exceptions=True)


class Work:
    """What is under way on a platform, so that a stop can wait for it."""

    def __init__(self, platform: str, desk: Desk) -> None:
        self._platform = platform
        self._desk = desk
        self._tasks: dict[asyncio.Task[Any], Tell | None] = {}
        self._stopping = False

    def begin(self, tell: Tell | None = None) -> None:
        """Remember the task that runs now, so that a stop waits for it; `tell` reaches whoever waits, if anybody does.

        Raises:
            StoppingError: the bot is being stopped, and begins nothing new; telling so is waited for as well.

        """
        task = asyncio.current_task()
        if task:
            self._tasks[task] = tell
            task.add_done_callback(lambda done: self._tasks.pop(done, None))
        if self._stopping:
            raise StoppingError(STOPPING)

    @property
    def stopping(self) -> bool:
        """Whether nothing new is begun."""
        return self._stopping

    async def finish(self) -> None:
        """Begin nothing new, and wait until what is under way is done; after `GRACE` it is given up, and that told."""
        self._stopping = True
        self._desk.builds.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        if left := dict(self._tasks):
            logging.getLogger(f"bot.{self._platform}").warning("%s.given_up tasks=%d", self._platform, len(left))
            await self._give_up(left)

    async def _give_up(self, left: dict[asyncio.Task[Any], Tell | None]) -> None:
        """End tasks, and tell whoever waits for them; what cannot be told in `TELLING` is not."""
        # A library may swallow the cancellation, so that the task does not say that it was cancelled.
        tells = [tell for task, tell in left.items() if task.cancel() and tell]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TELLING):
                await asyncio.wait(left)
                await asyncio.gather(*(tell(STOPPING) for tell in tells), return_exceptions=True)


async def _tidy(desk: Desk, stop: asyncio.Event) -> None:
    """Forget what is too old at once and every now and then, until the stop; what fails is tried again then."""
    while not stop.is_set():
        try:
            await desk.tidy()
        except RecordsError as exc:
            log.warning("bot.not_tidied error=%s", exc)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TIDY_PAUSE)


@contextlib.contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    # Windows has no such handlers; there Ctrl-C ends the program as usual.
    with contextlib.suppress(NotImplementedError):
        for number in signals:
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in signals:
                loop.remove_signal_handler(number)
