"""What a reader makes of a file of several articles, for the tests of those readers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from index.readers.drafts import Draft, Refused, UnreadableError

if TYPE_CHECKING:
    from index.readers.formats import Reader


class Reading:
    """A reader, held to files that are written as text or bytes."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def items(self, raw: bytes | str) -> list[Draft | Refused]:
        return list(self._read(io.BytesIO(raw if isinstance(raw, bytes) else raw.encode())))

    def drafts(self, raw: bytes | str) -> list[Draft]:
        found = self.items(raw)
        assert [each for each in found if isinstance(each, Refused)] == []
        return [each for each in found if isinstance(each, Draft)]

    def members(self, raw: bytes | str) -> list[str]:
        return [each.member for each in self.items(raw) if isinstance(each, Draft)]

    def refusals(self, raw: bytes | str) -> list[tuple[int | None, str]]:
        return [(each.line, each.reason) for each in self.items(raw) if isinstance(each, Refused)]

    def unreadable(self, raw: bytes | str) -> tuple[int | None, str]:
        with pytest.raises(UnreadableError) as caught:
            self.items(raw)
        return caught.value.line, str(caught.value)
