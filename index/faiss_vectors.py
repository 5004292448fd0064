"""The embedded engine: FAISS holds the vectors, and finds the nearest among those of the articles that pass.

FAISS row n is the passage or sentence of the catalogue's row n + 1. Up to `EXACT` rows a question is compared with all
vectors. Beyond, it is compared with codes of 4 bits for two numbers each, which one scan goes through many times as
fast (product quantisation, FAISS "fast scan": André et al., "Quicker ADC", 2019), and then exactly with the vectors
that these put first; the vectors themselves stay on disk, from where the system maps them into memory as needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import faiss
import numpy as np

from index.catalogue import CHUNK
from index.errors import BuildError, DamagedIndexError
from index.tables import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.catalogue import Catalogue
    from index.model import Filters

PASSAGE_VECTORS = "passages.faiss"
SENTENCE_VECTORS = "sentences.faiss"
VECTOR_FILES = dict(zip(EMBEDDED, (PASSAGE_VECTORS, SENTENCE_VECTORS), strict=True))
CODE_FILES = dict(zip(EMBEDDED, ("passages.codes", "sentences.codes"), strict=True))

EXACT = 100_000
# Numbers of a vector that a code stands for, and bits of a code: the only width that "fast scan" has.
PAIR, BITS = 2, 4
# Vectors that are compared exactly for each that is wanted. Of the true 50 nearest of 420 questions to 46,000 vectors
# of real texts, 98.6 % are found with twice as many and 99.96 % with five times; the more vectors, the more it takes.
DEEPER = 20
# Rows that the codes are learned from, and rows whose nearest are looked up both ways: at least `RECALL` must agree.
LEARNED, TRIED, DEPTH, RECALL = 16_384, 100, 50, 0.98
# By how much two computations of one cosine may differ.
ROUNDED = 1e-5


def write_vectors(folder: Path, part: str, dimension: int, blocks: Iterable[NDArray[np.float32]]) -> float | None:
    """Write the vectors of all rows of a table, which come in the order of these; the `recall` of codes, if it has any.

    Raises:
        BuildError: they cannot be written.

    """
    flat = faiss.IndexFlatIP(dimension)
    for block in blocks:
        flat.add(block)
    _write(flat, folder / VECTOR_FILES[part])
    if flat.ntotal > EXACT and dimension % PAIR == 0:
        codes = _coded(flat)
        found = recall(flat, codes)
        if found >= RECALL:
            _write(codes, folder / CODE_FILES[part])
            return found
    return None


def _write(index: faiss.Index, path: Path) -> None:
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as exc:  # its message shows the inside of FAISS and not the reason
        raise BuildError(f"{path} could not be written, perhaps because the disk is full.") from exc


def _coded(flat: faiss.Index) -> faiss.Index:
    """The codes of all vectors: one list, since only a list takes a selector."""
    one = faiss.IndexFlatIP(flat.d)
    codes = faiss.IndexIVFPQFastScan(one, flat.d, 1, flat.d // PAIR, BITS, faiss.METRIC_INNER_PRODUCT)
    codes.by_residual = False
    rows = np.random.default_rng(0).choice(flat.ntotal, min(LEARNED, flat.ntotal), replace=False)
    codes.train(flat.reconstruct_batch(np.sort(rows)))
    for first in range(0, flat.ntotal, CHUNK):
        codes.add(flat.reconstruct_n(first, min(CHUNK, flat.ntotal - first)))
    return codes


def recall(flat: faiss.Index, codes: faiss.Index) -> float:
    """The share of the true nearest that are found by codes, for vectors of the index itself.

    Any that are as near as the last of the true ones count: texts that stand in many places have the same vector.
    """
    rows = np.random.default_rng(1).choice(flat.ntotal, min(TRIED, flat.ntotal), replace=False)
    vectors = flat.reconstruct_batch(np.sort(rows))
    true, _ = flat.search(vectors, DEPTH)
    shares = []
    for vector, last in zip(vectors, true[:, -1], strict=True):
        found = flat.reconstruct_batch(_nearest_by_codes(flat, codes, vector, DEPTH, None))
        shares.append(np.sum(found @ vector >= last - ROUNDED) / DEPTH)
    return float(np.mean(shares))


def _nearest_by_codes(
    flat: faiss.Index, codes: faiss.Index, vector: NDArray[np.float32], limit: int, selected: faiss.IDSelector | None
) -> NDArray[np.int64]:
    """The best `limit` of those that the codes put first, by their exact cosines."""
    params = faiss.SearchParametersIVF(sel=selected)  # type: ignore[call-arg]  # its stub lacks sel
    _, found = codes.search(vector[np.newaxis], min(DEEPER * limit, codes.ntotal), params=params)
    rows: NDArray[np.int64] = found[0][found[0] >= 0]
    cosines = (flat.reconstruct_batch(rows) * vector).sum(axis=1)
    return rows[np.argsort(-cosines, kind="stable")[:limit]]


class FaissVectors:
    """The vectors of a catalogue's passages and sentences. Implements `Vectors`.

    Raises:
        DamagedIndexError: a file cannot be read, or does not fit the catalogue.

    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        coded = {part: name for part, name in CODE_FILES.items() if name in catalogue.manifest.files}
        try:
            self._flat = {
                part: faiss.read_index(str(folder / name), faiss.IO_FLAG_MMAP_IFC if part in coded else 0)
                for part, name in VECTOR_FILES.items()
            }
            self._codes = {part: faiss.read_index(str(folder / name)) for part, name in coded.items()}
        except (RuntimeError, MemoryError) as exc:  # a length may be damaged too
            raise DamagedIndexError(f"{folder.name} cannot be opened: {str(exc).splitlines()[0]}.") from exc
        manifest = catalogue.manifest
        found = (*catalogue.totals, *(flat.ntotal for flat in self._flat.values()))
        dimensions = {manifest.dimension, *(flat.d for flat in self._flat.values())}
        fit = all((c.ntotal, c.d) == (self._flat[part].ntotal, self._flat[part].d) for part, c in self._codes.items())
        if found != (manifest.passages, manifest.sentences) * 2 or len(dimensions) > 1 or not fit:
            raise DamagedIndexError(f"{folder.name}: SQLite and FAISS hold different passages.")

    def nearest(self, part: str, vector: NDArray[np.float32], filters: Filters, limit: int) -> list[int]:
        """See `Vectors.nearest`."""
        # Of this thread alone. As many questions are answered at a time as there are cores, and FAISS's threads wait
        # for each other: beside other work, of 46,000 vectors a search takes 8.8 ms with one and 24.5 with two.
        faiss.omp_set_num_threads(1)
        flat, codes = self._flat[part], self._codes.get(part)
        passing = self._catalogue.passing(part, filters)
        count, selected = flat.ntotal, None
        if passing is not None:
            count, bits = int(passing.sum()), np.packbits(passing, bitorder="little")
            selected = faiss.IDSelectorBitmap(len(passing), faiss.swig_ptr(bits))
        if count == 0:
            return []
        if codes:
            return [int(row) + 1 for row in _nearest_by_codes(flat, codes, vector, limit, selected)]
        params = faiss.SearchParameters(sel=selected)  # type: ignore[call-arg]  # its stub lacks sel
        _, found = flat.search(vector[np.newaxis], min(limit, count), params=params)
        return [int(row) + 1 for row in found[0]]

    def recall(self) -> float | None:
        """See `Vectors.recall`."""
        return min((recall(self._flat[part], codes) for part, codes in self._codes.items()), default=None)

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
        self._codes.clear()
