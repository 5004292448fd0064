"""The file of a generation that leads to its vectors, where a server keeps them and none of its own files does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from index.errors import DamagedIndexError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLLECTION = "collection.json"


def lead(folder: Path, collection: str, sums: Mapping[str, str]) -> None:
    """Write which collection belongs to a folder, and the sha256 of the vectors of each table, as far as it is known.

    Whenever this is cut short, the file is as it was before or as it is to be.
    """
    aside = folder / f"{COLLECTION}.new"
    aside.write_text(json.dumps({"collection": collection, "sha256": dict(sums)}), encoding="utf-8")
    aside.replace(folder / COLLECTION)


def led(folder: Path) -> tuple[str, dict[str, str]] | None:
    """What `lead` has written; None where the folder's own files hold the vectors.

    Raises:
        DamagedIndexError: the file cannot be read.

    """
    try:
        told = json.loads((folder / COLLECTION).read_text(encoding="utf-8"))
        return str(told["collection"]), {str(part): str(digest) for part, digest in told["sha256"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DamagedIndexError(f"{folder.name}/{COLLECTION} cannot be read.") from exc
