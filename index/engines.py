"""What keeps the vectors of generations: files in their folders, or the Qdrant server that STORE_URL names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from index.errors import StoreError
from index.faiss_vectors import FaissVectors, write_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from index.catalogue import Catalogue, Place
    from index.store import Vectors

STORE_NAME = "on-the-record"


class Engine(Protocol):
    """Where vectors are kept. `outside` is whether that is elsewhere than in a generation's own folder."""

    outside: bool

    def write(
        self,
        folder: Path,
        dimension: int,
        blocks: Mapping[str, Iterable[NDArray[np.float32]]],
        places: Callable[[str], Iterable[Place]],
    ) -> float | None:
        """Keep the vectors of all rows of each table, which come in their order, as the places of these do.

        What it returns is the share of the true nearest that will be found; None where all vectors are compared.

        Raises:
            BuildError, StoreError: they cannot be written.

        """

    def open(self, folder: Path, catalogue: Catalogue) -> Vectors:
        """The vectors of a generation that was written whole.

        Raises:
            DamagedIndexError: they are gone, or do not fit the catalogue.
            StoreError: the server cannot be asked.

        """

    def forget(self, folder: Path) -> None:
        """Let go of what a folder has elsewhere, before the folder goes.

        Raises:
            StoreError: the server cannot be asked.

        """

    def point_to(self, folder: Path | None) -> None:
        """Let everybody who looks where the vectors are know which generation is current.

        Raises:
            StoreError: the server cannot be asked.

        """


class Files:
    """Vectors in files that FAISS reads, of which the folder is all there is. Implements `Engine`."""

    outside = False

    def write(
        self,
        folder: Path,
        dimension: int,
        blocks: Mapping[str, Iterable[NDArray[np.float32]]],
        places: Callable[[str], Iterable[Place]],  # noqa: ARG002 the catalogue has them
    ) -> float | None:
        """See `Engine.write`."""
        found = [write_vectors(folder, table, dimension, rows) for table, rows in blocks.items()]
        return min((share for share in found if share is not None), default=None)

    def open(self, folder: Path, catalogue: Catalogue) -> Vectors:
        """See `Engine.open`."""
        return FaissVectors(folder, catalogue)

    def forget(self, folder: Path) -> None:
        """See `Engine.forget`."""

    def point_to(self, folder: Path | None) -> None:
        """See `Engine.point_to`."""


def open_engine(url: str | None, name: str = STORE_NAME, api_key: str | None = None) -> Engine:
    """The engine for new generations: the Qdrant server of that address, or files where there is none.

    Nothing is asked of the server yet. `name` is what its collections begin with.

    Raises:
        StoreError: the packages for it are not installed.

    """
    if url is None:
        return Files()
    try:
        from index.qdrant_vectors import Qdrant, connected  # noqa: PLC0415 an extra
    except ModuleNotFoundError as exc:
        raise StoreError(
            "STORE_URL is set, and the packages for Qdrant are not installed. Run `.venv/bin/python -m pip install "
            "-c constraints.txt -e '.[qdrant]'` in the project's folder (with pipx or uv: install '.[qdrant]' again), "
            "or leave STORE_URL empty."
        ) from exc
    return Qdrant(connected(url, api_key), name)
