"""How fast questions may come: so many from one person, so many in one channel, in a while."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from index.errors import OnTheRecordError

# Questions within so many seconds.
PERSON = RateLimitItemPerSecond(6, 20, namespace="person")
CHANNEL = RateLimitItemPerSecond(30, 20, namespace="channel")


class TooFastError(OnTheRecordError):
    """Questions come faster than they may; the message says when the next is welcome."""


class Pace:
    """A sliding window for each person and each channel, in memory."""

    def __init__(self) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def require(self, person: object, channel: object) -> None:
        """Count a question.

        Raises:
            TooFastError: there were too many just now; this one is not counted.

        """
        asked = ((PERSON, str(person), "You ask"), (CHANNEL, str(channel), "This channel asks"))
        for limit, key, who in asked:
            if not self._windows.test(limit, key):
                wait = max(1, math.ceil(self._windows.get_window_stats(limit, key).reset_time - time.time()))
                raise TooFastError(f"{who} faster than I may answer. The next question is welcome in {wait} s.")
        for limit, key, _ in asked:
            self._windows.hit(limit, key)
