"""Texts → vectors, made by a build and by whatever processes help it, and kept until a generation has them.

The queue is a folder of files, a few hundred texts each. What is named `.texts` waits; who renames it to `.taken`
embeds it; then its `.vectors` lie beside it. So a build that was killed goes on where it was, and any process that sees
the folder can help, on this machine or on another that shares it. No file is believed that has changed since.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from index.errors import BuildError, EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.encoder import Encoder
    from index.store import Store

CHUNK = 256  # texts in a file
AHEAD = 128  # files that wait or are taken, at most
# Seconds without any vectors, after which what others have taken is taken from them; more where a file takes long here.
PATIENCE, SLOWER = 60.0, 4
POLL = 0.2  # seconds between two looks for what others have done
WAITING, TAKEN, MADE, ASIDE = ".texts", ".taken", ".vectors", ".aside"
_HASH_BYTES = 32


class Embedding:
    """The embedding that a build asks for; only one at a time uses a folder, which the build lock sees to.

    `progress` is called with (texts embedded so far, texts to embed). Where nothing can be kept, all is made here, and
    nothing is raised for that.
    """

    def __init__(self, folder: Path, encoder: Encoder, progress: Callable[[int, int], None]) -> None:
        self._folder = folder
        self._encoder = encoder
        self._progress = progress

    def vectors(self, texts: set[str], known: Store | None) -> tuple[dict[str, NDArray[np.float32]], int]:
        """A vector for every text, of those `known` from the generation before too; how many are made for this one.

        Raises:
            EncoderError: there is something to embed, and the model cannot be loaded.

        """
        vectors = dict(known.vectors(texts.__contains__)) if known and texts else {}
        vectors |= self._kept(texts - vectors.keys())
        # Longest first, as in an encoder's batches: a lack of memory shows at once.
        missing = sorted(texts - vectors.keys(), key=lambda text: (-len(text), text))
        done = 0
        self._progress(done, len(missing))
        for chunk, made in self._made(missing):
            vectors.update(zip(chunk, made, strict=True))
            done += len(chunk)
            self._progress(done, len(missing))
        return vectors, len(missing)

    def forget(self) -> None:
        """Let go of all that is kept: a generation has what it needs."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _kept(self, texts: set[str]) -> dict[str, NDArray[np.float32]]:
        """What an earlier build left of these texts. What it left undone is laid out anew."""
        found: dict[str, NDArray[np.float32]] = {}
        if not texts:
            return found
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            for undone in (*self._folder.glob(f"*{WAITING}"), *self._folder.glob(f"*{TAKEN}")):
                undone.unlink(missing_ok=True)
        wanted = {_key(text, self._encoder): text for text in texts}
        for file in self._folder.glob(f"*{MADE}"):
            for key, vector in _read(file, self._encoder).items():
                if key in wanted:
                    found[wanted[key]] = vector
        return found

    def _made(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[NDArray[np.float32]]]]:
        """The texts in chunks with their vectors, whoever made them, as soon as they are made."""
        chunks = (texts[first : first + CHUNK] for first in range(0, len(texts), CHUNK))
        laid: dict[str, Sequence[str]] = {}
        heard, slowest = time.monotonic(), 0.0
        while True:
            while len(laid) < AHEAD and (chunk := next(chunks, None)):
                laid[_lay_out(self._folder, chunk, self._encoder)] = chunk
            if not laid:
                return
            ready = [name for name in laid if self._file(name, MADE).exists()]
            mine = None if ready else next(filter(self._take, laid), None)
            if not ready and not mine and time.monotonic() - heard > max(PATIENCE, SLOWER * slowest):
                mine = next(iter(laid))
            for name in [mine] if mine else ready:
                chunk, began = laid.pop(name), time.monotonic()
                yield chunk, self._helped(name, chunk) or self._make(name, chunk)
                heard = time.monotonic()
                slowest = max(slowest, heard - began)
            if not ready and not mine:
                time.sleep(POLL)

    def _helped(self, name: str, chunk: Sequence[str]) -> list[NDArray[np.float32]] | None:
        """The vectors of a chunk that lie there, if they are whole."""
        found = _read(self._file(name, MADE), self._encoder)
        with suppress(KeyError):
            return [found[_key(text, self._encoder)] for text in chunk]
        return None

    def _make(self, name: str, chunk: Sequence[str]) -> list[NDArray[np.float32]]:
        vectors = self._encoder.encode(chunk)
        with suppress(OSError):
            _keep(self._file(name, TAKEN), chunk, vectors, self._encoder)
        return list(vectors)

    def _take(self, name: str) -> bool:
        """Whether nobody else has a chunk, which now is ours."""
        try:
            self._file(name, WAITING).rename(self._file(name, TAKEN))
        except OSError:  # another was faster, or it could not be laid out; whoever has made it lets go of it after that
            return not (self._file(name, TAKEN).exists() or self._file(name, MADE).exists())
        return True

    def _file(self, name: str, suffix: str) -> Path:
        return self._folder / (name + suffix)


def help_out(folder: Path, encoder: Encoder) -> int:
    """Embed one chunk of those that a build has laid out, and how many texts that were: 0 where none waits.

    Raises:
        EncoderError: the build uses another model, or the model cannot be loaded.
        BuildError: the vectors cannot be written.

    """
    for waiting in sorted(folder.glob(f"*{WAITING}")):
        texts = _claim(waiting, encoder)
        if texts is None:
            continue
        taken = waiting.with_suffix(TAKEN)
        try:
            _keep(taken, texts, encoder.encode(texts), encoder)
        except FileNotFoundError:  # the build is over
            return 0
        except BaseException as exc:
            with suppress(OSError):
                taken.rename(waiting)
            if isinstance(exc, OSError):
                raise BuildError(
                    f"What was embedded cannot be written to {folder}: {exc.strerror}. The build goes on by itself."
                ) from exc
            raise
        return len(texts)
    return 0


def _claim(waiting: Path, encoder: Encoder) -> list[str] | None:
    """The texts of a chunk, which now is ours; None if another was faster, the build is over, or it is damaged."""
    taken = waiting.with_suffix(TAKEN)
    try:
        waiting.rename(taken)
        chunk = json.loads(taken.read_text(encoding="utf-8"))
        texts, weights = chunk["texts"], chunk["weights_sha256"]
        whole = _name(texts, weights) == waiting.stem
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if whole and weights != encoder.weights_sha256:
        taken.rename(waiting)
        raise EncoderError(
            f"The build embeds with {chunk['model']}, weights {weights[:12]}…, and here is {encoder.model}, weights "
            f"{encoder.weights_sha256[:12]}…. Set EMBEDDING_MODEL as it is there."
        )
    return texts if whole else None


def _lay_out(folder: Path, chunk: Sequence[str], encoder: Encoder) -> str:
    """Let a chunk wait for whoever takes it; its name."""
    name = _name(chunk, encoder.weights_sha256)
    asked = {"model": encoder.model, "weights_sha256": encoder.weights_sha256, "texts": list(chunk)}
    with suppress(OSError):
        _write(folder / (name + WAITING), json.dumps(asked, ensure_ascii=False).encode())
    return name


def _keep(taken: Path, chunk: Sequence[str], vectors: NDArray[np.float32], encoder: Encoder) -> None:
    """Keep the vectors of a chunk, in the same order, and let go of it.

    Raises:
        OSError: they cannot be written.

    """
    rows = np.empty(len(chunk), _layout(encoder))
    rows["key"] = [np.void(_key(text, encoder)) for text in chunk]
    rows["vector"] = vectors
    batch = rows.tobytes()
    _write(taken.with_suffix(MADE), hashlib.sha256(batch).digest() + batch)
    taken.unlink(missing_ok=True)


def _read(file: Path, encoder: Encoder) -> dict[bytes, NDArray[np.float32]]:
    """The vectors of a file by key; none if it is damaged or of vectors of another length."""
    try:
        data = file.read_bytes()
    except OSError:
        return {}
    digest, batch = data[:_HASH_BYTES], data[_HASH_BYTES:]
    if hashlib.sha256(batch).digest() != digest or len(batch) % _layout(encoder).itemsize:
        return {}
    rows = np.frombuffer(batch, _layout(encoder))
    # A vector that is not of unit length, from a model that went wrong, would stop every build to come.
    unit = np.isclose(np.linalg.norm(rows["vector"], axis=1), 1.0, atol=1e-3)
    return {row["key"].tobytes(): row["vector"] for row in rows[unit]}


def _write(file: Path, data: bytes) -> None:
    """Write a file that nobody sees before it is whole."""
    aside = file.with_name(uuid4().hex + ASIDE)
    try:
        aside.write_bytes(data)
        aside.replace(file)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def _layout(encoder: Encoder) -> np.dtype[np.void]:
    return np.dtype([("key", f"V{_HASH_BYTES}"), ("vector", "<f4", (encoder.dimension,))])


def _name(texts: Sequence[str], weights_sha256: str) -> str:
    return hashlib.sha256("\0".join((weights_sha256, *texts)).encode()).hexdigest()


def _key(text: str, encoder: Encoder) -> bytes:
    return hashlib.sha256(f"{encoder.weights_sha256} {text}".encode()).digest()
