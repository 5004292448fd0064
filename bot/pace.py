"""How fast somebody may ask: so much from one person, in one channel and in one server, in a while."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from bot.tongue import say
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds within which what came counts.
WINDOW = 20.0


class Limits(NamedTuple):
    """How much may come within the window from a person, in a channel and in a server."""

    person: int
    channel: int
    server: int


# Questions and verifications, which search; and looks at what is known already, such as lists, cards and suggestions.
QUESTIONS = Limits(6, 30, 240)
LOOKS = Limits(30, 120, 960)
# Windows that are remembered before those that are over are thrown away.
_REMEMBERED = 10_000
_PERSON = say("You ask faster than I may answer.")
_CHANNEL = say("This channel asks faster than I may answer.")
_SERVER = say("This server asks faster than I may answer.")


class TooFastError(OnTheRecordError):
    """Somebody asks faster than they may; the message says when the next is welcome, in `wait` seconds."""

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


class Pace:
    """A sliding window for each person, channel and server, in memory; the `clock` never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[Limits, str, str], deque[float]] = {}

    def require(self, person: str, channel: str, server: str, limits: Limits = QUESTIONS) -> None:
        """Count what came; a `channel` or a `server` that is "" is none.

        Raises:
            TooFastError: there was too much just now; this is not counted.

        """
        now = self._clock()
        counted = []
        for who, name, most in (
            (_PERSON, person, limits.person),
            (_CHANNEL, channel, limits.channel),
            (_SERVER, server, limits.server),
        ):
            if who != _PERSON and not name:
                continue
            times = self._seen.setdefault((limits, who, name), deque())
            while times and times[0] <= now - WINDOW:
                times.popleft()
            if len(times) >= most:
                wait = max(1, math.ceil(times[0] + WINDOW - now))
                raise TooFastError(say("{who} The next question is welcome in {wait} s.", who=who, wait=wait), wait)
            counted.append(times)
        for times in counted:
            times.append(now)
        if len(self._seen) > _REMEMBERED:
            self._seen = {key: times for key, times in self._seen.items() if times and times[-1] > now - WINDOW}
