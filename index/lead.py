"""The file of a generation that leads to its vectors, where a server keeps them and none of its own files does."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from index.errors import DamagedIndexError

if TYPE_CHECKING:
    from pathlib import Path

COLLECTION = "collection.json"


@dataclass(frozen=True, slots=True)
class Lead:
    """Which collection holds the vectors of a generation, and the sha256 of those of each table, once they are there.

    `breadth` is how many candidates a search through the server's graph takes; None where all vectors are compared.
    """

    collection: str
    sums: dict[str, str] = field(default_factory=dict)
    breadth: int | None = None


def lead(folder: Path, to: Lead) -> None:
    """Write where the vectors are; whenever this is cut short, the file is as it was before or as it is to be."""
    aside = folder / f"{COLLECTION}.new"
    aside.write_text(json.dumps(asdict(to)), encoding="utf-8")
    aside.replace(folder / COLLECTION)


def led(folder: Path) -> Lead | None:
    """What `lead` has written; None where the folder's own files hold the vectors.

    Raises:
        DamagedIndexError: the file cannot be read.

    """
    try:
        return Lead(**json.loads((folder / COLLECTION).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as exc:
        raise DamagedIndexError(f"{folder.name}/{COLLECTION} cannot be read.") from exc
