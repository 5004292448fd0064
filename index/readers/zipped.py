"""What the formats that are ZIP files of XML share: their parts, read within bounds."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from index.readers.drafts import MAX_ARTICLE_BYTES, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

# A book with its pictures; more entries take long to list.
MAX_ENTRIES = 20_000
# How a file begins that Word protects by a password, and that older Word wrote.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def parts_of(file: BinaryIO, what: str) -> Iterator[ZipFile]:
    """The parts of a file that is `what`, such as "a Word document".

    Raises:
        UnreadableError: it is none, damaged, encrypted, or has too many parts; also for what goes wrong inside.

    """
    start = file.read(len(_OLE))
    file.seek(0)
    if start == _OLE:
        protected = "EncryptedPackage".encode("utf-16-le") in file.read(MAX_ARTICLE_BYTES)
        why = "it opens with a password only" if protected else "it is an old Word document; save it as .docx"
        raise UnreadableError(why)
    try:
        with ZipFile(file) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise UnreadableError(f"it has more than {MAX_ENTRIES:,} parts, too many for {what}")
            yield archive
    except (BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RecursionError) as exc:
        raise UnreadableError(f"it is not {what}, or a damaged one ({str(exc)[:100]})") from exc


def part(archive: ZipFile, name: str, limit: int = MAX_ARTICLE_BYTES) -> bytes | None:
    """The bytes of a part; None if there is no such part.

    Raises:
        UnreadableError: it is larger than `limit`, encrypted, or compressed in a way that such files are not.

    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.flag_bits & 1:
        raise UnreadableError("it opens with a password only")
    if info.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise UnreadableError(f"its part {name} is compressed in an unusual way")
    if info.file_size > limit:
        raise UnreadableError(f"its part {name} is larger than {limit // 1024**2} MiB, too large for one article")
    # No more is unpacked than is declared, whatever else is there.
    return archive.read(info)


def tree(archive: ZipFile, name: str) -> _Element | None:
    """The root of a part that is XML; None if there is no such part.

    Raises:
        UnreadableError: as `part`; or it is not well-formed, or declares entities.

    """
    from lxml import etree  # noqa: PLC0415 – only these formats need it

    raw = part(archive, name)
    if raw is None:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root: _Element = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as exc:
        raise UnreadableError(f"its part {name} is not well-formed XML: {str(exc)[:100]}") from exc
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(declared.iterentities()):
        raise UnreadableError(f"its part {name} declares entities of its own, which could hide or multiply text")
    return root
