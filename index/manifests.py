"""What a generation says of itself: its manifest, and whether its files are still those that were written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from index.durable import sync_folder, write_durably
from index.errors import DamagedIndexError, IncompatibleIndexError
from index.faiss_vectors import CODE_FILES, VECTOR_FILES
from index.lead import COLLECTION
from index.model import Manifest
from index.tables import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# Raised whenever what is stored, or how passages are cut, changes.
FORMAT = 7
MANIFEST = "manifest.json"
# Larger files that stay on disk are not read whole before a generation serves: it takes a second for each GiB.
READ_AT_ONCE = 2**28
# The other files of a generation, and those that only a large one has.
FILES = (DATABASE, *VECTOR_FILES.values())
OPTIONAL = tuple(CODE_FILES.values())
# Those of a generation whose vectors are kept elsewhere.
LEADING = (DATABASE, COLLECTION)
REBUILD = "Run `on-the-record-index build` to make a new one."


def read_manifest(folder: Path, number: int) -> Manifest:
    """The manifest of the generation with this number, which lies in the folder.

    Raises:
        DamagedIndexError: it is missing, or not what was written.
        IncompatibleIndexError: it was written by another format of this program.

    """
    path = folder / MANIFEST
    named = f"{path.parent.name}/{path.name}"  # what is served is told to everybody, and not where it lies
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields["format"] != FORMAT:
            raise IncompatibleIndexError(
                f"Generation {number} has index format {fields['format']}; this program reads {FORMAT}. {REBUILD}"
            )
        if fields.pop("sha256") != checksum(fields):
            raise DamagedIndexError(f"{named} is not what was written (its sha256 differs).")
        files = {name: (int(size), str(sha256)) for name, (size, sha256) in fields.pop("files").items()}
        built_at = datetime.fromisoformat(fields.pop("built_at"))
        manifest = Manifest(**fields, built_at=built_at, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DamagedIndexError(f"{named} is missing or damaged.") from exc
    named_files = set(files)
    if manifest.generation != number or not (
        named_files == {*LEADING} or {*FILES} <= named_files <= {*FILES, *OPTIONAL}
    ):
        raise DamagedIndexError(f"{named} is not that of generation {number}.")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest, with a check of it, as the last of a generation's files."""
    fields = asdict(manifest) | {"built_at": manifest.built_at.isoformat()}
    write_durably(folder / MANIFEST, json.dumps(fields | {"sha256": checksum(fields)}, indent=1))
    sync_folder(folder)


def check_files(folder: Path, manifest: Manifest, names: Iterable[str]) -> None:
    """Read every byte of these files of a generation.

    Raises:
        DamagedIndexError: one is missing, cannot be read or has changed.

    """
    for name in sorted(names):
        try:
            found = _facts(folder / name)
        except FileNotFoundError as exc:
            raise DamagedIndexError(f"{folder.name}/{name} is missing.") from exc
        except OSError as exc:
            raise DamagedIndexError(f"{folder.name}/{name} cannot be read: {exc.strerror}.") from exc
        if found != manifest.files[name]:
            raise DamagedIndexError(f"{folder.name}/{name} is not what was written (its sha256 differs).")


def file_facts(folder: Path) -> dict[str, tuple[int, str]]:
    """Size in bytes and sha256 of each of a generation's files, for its manifest."""
    names = LEADING if (folder / COLLECTION).exists() else FILES
    return {name: _facts(folder / name) for name in (*names, *OPTIONAL) if name in names or (folder / name).exists()}


def _facts(path: Path) -> tuple[int, str]:
    with path.open("rb") as handle:
        return path.stat().st_size, hashlib.file_digest(handle, "sha256").hexdigest()


def rest(manifest: Manifest) -> set[str]:
    """The files that are not read whole before a generation serves.

    Each row of theirs is checked as it is read: what is damaged there changes what is found at most.
    """
    return {name for name, (size, _) in manifest.files.items() if size > READ_AT_ONCE and name not in OPTIONAL}


def checksum(fields: Mapping[str, Any]) -> str:
    """The sha256 over all of a manifest's fields but itself."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
