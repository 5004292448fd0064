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
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from bot.desk import Desk
    from bot.settings import Settings

# Seconds that answers under way get when the bot is stopped.
GRACE = 10.0
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
    with _stop_signals() as stop:
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
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def begin(self) -> None:
        """Remember the task that runs now, so that a stop waits for it.

        Raises:
            StoppingError: the bot is being stopped, and begins nothing new; telling so is waited for as well.

        """
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._stopping:
            raise StoppingError("The bot is being restarted. Ask again in a minute.")

    @property
    def stopping(self) -> bool:
        """Whether nothing new is begun."""
        return self._stopping

    async def finish(self) -> None:
        """Begin nothing new, and wait until what is under way is done; what is not after `GRACE` is given up."""
        self._stopping = True
        self._desk.builds.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        if self._tasks:
            logging.getLogger(f"bot.{self._platform}").warning("%s.given_up tasks=%d", self._platform, len(self._tasks))
        for task in self._tasks:
            task.cancel()


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
def _stop_signals() -> Iterator[asyncio.Event]:
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
