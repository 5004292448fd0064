"""The embedded engine: FAISS holds the vectors, and finds the nearest among those of the articles that pass.

FAISS row n is the passage or sentence of the catalogue's row n + 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
import numpy as np

from index.catalogue import CHUNK, EMBEDDED
from index.errors import BuildError, DamagedIndexError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.catalogue import Catalogue
    from index.model import Filters

PASSAGE_VECTORS = "passages.faiss"
SENTENCE_VECTORS = "sentences.faiss"
VECTOR_FILES = dict(zip(EMBEDDED, (PASSAGE_VECTORS, SENTENCE_VECTORS), strict=True))


def write_vectors(folder: Path, part: str, dimension: int, blocks: Iterable[NDArray[np.float32]]) -> None:
    """Write the vectors of all rows of a table, which come in the order of these.

    Raises:
        BuildError: they cannot be written.

    """
    flat = faiss.IndexFlatIP(dimension)
    for block in blocks:
        flat.add(block)
    path = folder / VECTOR_FILES[part]
    try:
        faiss.write_index(flat, str(path))
    except RuntimeError as exc:  # its message shows the inside of FAISS and not the reason
        raise BuildError(f"{path} could not be written, perhaps because the disk is full.") from exc


class FaissVectors:
    """The vectors of a catalogue's passages and sentences. Implements `Vectors`.

    Raises:
        DamagedIndexError: a file cannot be read, or does not fit the catalogue.

    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        try:
            self._flat = {part: faiss.read_index(str(folder / name)) for part, name in VECTOR_FILES.items()}
        except (RuntimeError, MemoryError) as exc:  # a length may be damaged too
            raise DamagedIndexError(f"{folder.name} cannot be opened: {str(exc).splitlines()[0]}.") from exc
        manifest = catalogue.manifest
        found = (*catalogue.totals, *(flat.ntotal for flat in self._flat.values()))
        dimensions = {manifest.dimension, *(flat.d for flat in self._flat.values())}
        if found != (manifest.passages, manifest.sentences) * 2 or len(dimensions) > 1:
            raise DamagedIndexError(f"{folder.name}: SQLite and FAISS hold different passages.")

    def nearest(self, part: str, vector: NDArray[np.float32], filters: Filters, limit: int) -> list[int]:
        """See `Vectors.nearest`."""
        flat = self._flat[part]
        passing = self._catalogue.passing(part, filters)
        count, params = flat.ntotal, None
        if passing is not None:
            count, bits = int(passing.sum()), np.packbits(passing, bitorder="little")
            selected = faiss.IDSelectorBitmap(len(passing), faiss.swig_ptr(bits))
            params = faiss.SearchParameters(sel=selected)  # type: ignore[call-arg]  # its stub lacks sel
        if count == 0:
            return []
        _, found = flat.search(vector[np.newaxis], min(limit, count), params=params)
        return [int(row) + 1 for row in found[0]]

    def cosines(self, part: str, rows: Sequence[int], vector: NDArray[np.float32]) -> dict[int, float]:
        """See `Vectors.cosines`."""
        if not rows:
            return {}
        # Summed row by row: a product of matrices rounds each row as its place in the block has it.
        return dict(zip(rows, map(float, (self.stored(part, rows) * vector).sum(axis=1)), strict=True))

    def stored(self, part: str, rows: Sequence[int]) -> NDArray[np.float32]:
        """See `Vectors.stored`."""
        vectors: NDArray[np.float32] = self._flat[part].reconstruct_batch(np.array(rows, dtype=np.int64) - 1)
        return vectors

    def faults(self) -> Iterator[str]:
        """See `Vectors.faults`."""
        for part, flat in self._flat.items():
            for first in range(0, flat.ntotal, CHUNK):
                rows = flat.reconstruct_n(first, min(CHUNK, flat.ntotal - first))
                if not np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3):
                    yield f"{part} vectors {first} to {first + len(rows)} hold some that are not of unit length"

    def close(self) -> None:
        """See `Vectors.close`."""
        self._flat.clear()
