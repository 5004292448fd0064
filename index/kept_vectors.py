"""Vectors as they are made, kept in a file beside the generations, so that a build that was killed goes on.

The file is a row of batches, each after a hash of it: what was half written, or has changed since, is dropped with all
that comes after it. Nothing else may write the file meanwhile, which the build lock sees to.
"""

from __future__ import annotations

import hashlib
import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.encoder import Encoder

# Before each batch: a sha256 of all that follows, how many vectors there are, and their length.
_HEAD = struct.Struct("<32sII")
_HASH_BYTES = 32


class KeptVectors:
    """The vectors that were made for no generation yet, by text and model.

    Where they cannot be read or written, they are made anew: nothing is raised for that.
    """

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._sound = 0  # bytes of the file, from its beginning, that are whole batches

    def of(self, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors of these texts, as far as they are kept. Call it before `add`: it cuts off what is not sound."""
        wanted = {self._key(text): text for text in texts}
        found: dict[str, NDArray[np.float32]] = {}
        with suppress(OSError):
            for rows in self._batches():
                # A vector that is not of unit length, from a model that went wrong, would stop every build to come.
                unit = np.isclose(np.linalg.norm(rows["vector"], axis=1), 1.0, atol=1e-3)
                for row in rows[unit]:
                    if (text := wanted.get(row["key"].tobytes())) is not None:
                        found[text] = row["vector"]
            os.truncate(self._path, self._sound)
        return found

    def add(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors of texts, in the same order."""
        rows = np.empty(len(texts), self._layout())
        rows["key"] = [np.void(self._key(text)) for text in texts]
        rows["vector"] = vectors
        batch = rows.tobytes()
        numbers = _HEAD.pack(b"", len(texts), self._encoder.dimension)[_HASH_BYTES:]
        try:
            with self._path.open("ab") as file:
                file.write(hashlib.sha256(numbers + batch).digest() + numbers + batch)
            self._sound += _HEAD.size + len(batch)
        except OSError:  # half a batch would hide the next ones
            with suppress(OSError):
                os.truncate(self._path, self._sound)

    def forget(self) -> None:
        """Let go of all of them: a generation has what it needs."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _batches(self) -> Iterator[NDArray[np.void]]:
        """What is kept of vectors of the model's length, as far as it is sound."""
        self._sound, size = 0, self._path.stat().st_size
        with self._path.open("rb") as file:
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                digest, count, dimension = _HEAD.unpack(head)
                length = count * (_HASH_BYTES + 4 * dimension)
                if length > size - file.tell():
                    return
                batch = file.read(length)
                if hashlib.sha256(head[_HASH_BYTES:] + batch).digest() != digest:
                    return
                self._sound = file.tell()
                if dimension == self._encoder.dimension:
                    yield np.frombuffer(batch, self._layout())

    def _layout(self) -> np.dtype[np.void]:
        return np.dtype([("key", f"V{_HASH_BYTES}"), ("vector", "<f4", (self._encoder.dimension,))])

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._encoder.weights_sha256} {text}".encode()).digest()
