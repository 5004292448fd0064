"""How long things are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from bot.records.database import stamp

if TYPE_CHECKING:
    from datetime import datetime

# The most that what people asked may be kept, in days; and how long things are kept where nothing else is set.
MAX_DAYS = 365
PRIVATE_DAYS = 30
PUBLIC_DAYS = MAX_DAYS
AUDIT_DAYS = 2 * MAX_DAYS


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which is kept what was asked where only some see it, what was asked in public, and the audit log."""

    private_days: int = PRIVATE_DAYS
    public_days: int = PUBLIC_DAYS
    audit_days: int = AUDIT_DAYS

    def before(self, now: datetime, days: int) -> str:
        """The moment, as it is stored, before which what is kept for so many days is too old."""
        return stamp(now.astimezone(UTC) - timedelta(days=days))
