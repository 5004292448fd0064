"""Verification of long texts and attached files in a process of its own: no text holds up what others ask."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from bot.quotations import MAX_MESSAGE_CHARS, Verification, verify
from bot.tongue import say
from index.apart import Apart, EndedError, work_for
from index.errors import OnTheRecordError
from index.generations import Generations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from index.model import Filters
    from index.store import Texts

# What is longer, in characters or bytes, is verified apart: more than is typed into a message.
SHORT = 4000
# How many bytes of a file are read: a character has up to four. One more than is read shows that there was more.
READ_BYTES = 4 * (MAX_MESSAGE_CHARS + 1)
# How long a text may take; a hundred long quotations take some seconds.
_SECONDS = 45


class VerificationError(OnTheRecordError):
    """A text cannot be verified."""


class Verifier:
    """Verifies texts against the generations of an index folder, in a process that starts with the first.

    Not safe for several threads at once, but for `stop`.
    """

    def __init__(self, index_dir: Path, seconds: float = _SECONDS) -> None:
        self._index_dir = index_dir
        self._apart = Apart(__name__, seconds)

    def verify(self, message: str, files: Sequence[bytes], generation: int, filters: Filters) -> Verification:
        """Hold every quotation of a message and of text files against the articles of a generation that pass.

        Raises:
            VerificationError: it takes too long, or more memory than it may.
            IndexUnavailableError: the generation is gone, or damaged.

        """
        asked = (self._index_dir, generation, filters, message, [data[:READ_BYTES] for data in files])
        try:
            self._apart.send(pickle.dumps(asked))
            found: Verification | OnTheRecordError = pickle.loads(self._apart.receive())  # noqa: S301 – of a process of ours
        except EndedError as exc:
            raise VerificationError(
                say("The text was not verified: {reason}. Verify a part of it.", reason=exc)
            ) from exc
        if isinstance(found, OnTheRecordError):
            raise found
        return found

    def stop(self) -> None:
        """Give up what is verified now, from any thread."""
        self._apart.stop()

    def close(self) -> None:
        """End the process."""
        self._apart.close()


def joined(message: str, files: Sequence[bytes]) -> str:
    """A message and the words of text files, in whatever line ends and as far as they are UTF-8."""
    words = (data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n") for data in files)
    return "\n\n".join(filter(None, (message, *words)))


def serve(connection: Connection, seconds: float) -> None:
    """Verify for as long as somebody asks, each time within so many seconds; a generation stays open until another."""
    texts: Texts | None = None
    while True:
        index_dir, generation, filters, message, files = pickle.loads(connection.recv_bytes())  # noqa: S301 – as above
        work_for(seconds)
        found: Verification | OnTheRecordError
        try:
            if texts is None or texts.manifest.generation != generation:
                if texts is not None:
                    texts.close()
                texts = None
                texts = Generations(index_dir).texts(generation)
            found = verify(joined(message, files), texts, filters)
        except OnTheRecordError as exc:
            found = exc
        except Exception as exc:  # noqa: BLE001 – whatever a text does is told, and not by a message that may quote it
            found = VerificationError(f"The text was not verified: {type(exc).__name__}. Verify a part of it.")
        told = pickle.dumps(found)
        work_for(0)
        connection.send_bytes(told)
