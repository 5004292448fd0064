"""A deterministic, readable stand-in for a model: each word has its own pseudo-random direction."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from index.encoder import TokenVectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class WordHashEncoder:
    """Texts that share words are near each other. Implements `index.encoder.Encoder`."""

    def __init__(self, model: str = "word-hash", dimension: int = 64) -> None:
        self.model = model
        self.dimension = dimension
        self.weights_sha256 = hashlib.sha256(f"{model} {dimension}".encode()).hexdigest()
        self.encoded: list[str] = []  # every text asked for, so that tests can see what was embedded again

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        rows = np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.dimension))
        return rows.astype(np.float32)

    def _vector(self, text: str) -> NDArray[np.float64]:
        total = np.full(self.dimension, 1e-3)
        for word in re.findall(r"\w+", text.lower()):
            total += _direction(self.model, self.dimension, word)
        return total / np.linalg.norm(total)

    def tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        found = []
        for text in texts:
            words = list(re.finditer(r"\w+", text))
            vectors = [self._vector(word.group()) for word in words] or np.empty((0, self.dimension))
            offsets = np.array([word.span() for word in words], dtype=np.int64).reshape(-1, 2)
            found.append(TokenVectors(offsets, np.array(vectors, dtype=np.float32)))
        return found


@lru_cache(maxsize=20_000)
def _direction(model: str, dimension: int, word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(f"{model} {word}".encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dimension)
