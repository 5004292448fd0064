"""The records as one: what opens the database and holds each thing that is remembered in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.records.arrivals import Arrivals
from bot.records.audit import AuditLog
from bot.records.database import Database
from bot.records.feedback import FeedbackLog
from bot.records.follows import Follows
from bot.records.messages import Messages
from bot.records.personal import Personal
from bot.records.places import Places
from bot.records.refusals import Refusals
from bot.records.retention import Retention
from bot.records.withdrawals import Withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Records:
    """The records in one file, which is made where there is none.

    Every method of them may be called from any thread, and raises RecordsError where the file cannot be read or
    written. What a method has stored outlives a kill and a power cut; one that raises has stored nothing. Platforms,
    servers, channels and users are named by text ids.

    Raises:
        RecordsError: the file is damaged, of a newer version, or cannot be opened or made.

    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        retention: Retention = Retention(),  # noqa: B008 frozen
    ) -> None:
        self._database = Database(path, clock)
        self.places = Places(self._database)
        self.withdrawals = Withdrawals(self._database)
        self.audit = AuditLog(self._database)
        self.refusals = Refusals(self._database)
        self.feedback = FeedbackLog(self._database)
        self.messages = Messages(self._database)
        self.follows = Follows(self._database)
        self.arrivals = Arrivals(self._database)
        self.personal = Personal(self._database, self.places, self.follows, retention)

    def tidy(self) -> None:
        """Forget what has been kept for long enough, and copy what nobody may lose."""
        self.personal.prune()
        self.keep_copy()

    def keep_copy(self) -> None:
        """Copy settings, removals and the audit log to a file of their own, to go on from if this one is damaged."""
        self._database.keep_copy()

    def close(self) -> None:
        """Let go of the file; a method called afterwards raises RecordsError."""
        self._database.close()
