"""A web archive (.warc, .warc.gz) → the articles of the pages in it."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, UnreadableError
from index.readers.items import member_name, unique
from index.readers.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PAGES = {"text/html", "application/xhtml+xml"}
# How many kinds of what is no page are named.
_SHOWN_KINDS = 5


def read(file: BinaryIO) -> Iterator[Draft | Refused]:
    """The article of each page that was answered with success, named by its address, which is also its link.

    A page that was archived again is named by its address and the time. Pages are read as saved ones are; the time of
    archiving is not that of publication, and is never taken. What holds no page is counted in one refusal.

    Args:
        file: is read a record at a time.

    Raises:
        UnreadableError: it is no web archive, or holds no pages.

    """
    return unique(_articles(file))


def _articles(file: BinaryIO) -> Iterator[Draft | Refused]:
    passed_over: Counter[str] = Counter()
    seen: set[str] = set()
    try:
        for record in _records(file):
            kind, charset = _kind(record)
            status = record.http_headers.get_statuscode() if record.http_headers else "200"
            if status == "200" and kind in _PAGES:
                yield _article(record, charset, seen)
            else:
                passed_over[kind if status == "200" else f"with status {status}"] += 1
    except UnreadableError as exc:
        if not seen:
            raise
        yield Refused(f"{exc}; the rest of the file was not read")
    if passed_over:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in passed_over.most_common(_SHOWN_KINDS))
        yield Refused(f"{passed_over.total():,} of its records hold no page, and are not read: {kinds}")
    elif not seen:
        raise UnreadableError("it holds no pages")


class _Unpacked:
    """What was compressed by gzip, record by record or as a whole; where it breaks off, what came before is there."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = gzip.GzipFile(fileobj=file)
        self.is_whole = True

    def read(self, size: int) -> bytes:
        try:
            return self._file.read1(size)
        except EOFError:
            self.is_whole = False
            return b""

    def tell(self) -> int:
        return self._file.tell()


def _records(file: BinaryIO) -> Iterator[Any]:
    """The records of what was answered or stored."""
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415 – only web archives need it

    start = file.read(2)
    file.seek(0)
    # Unpacked here, since warcio refuses what was compressed as a whole.
    packed = _Unpacked(file) if start == b"\x1f\x8b" else None
    try:
        for record in ArchiveIterator(packed or file):
            if record.rec_type in {"response", "resource"}:
                yield record
    except Exception as exc:  # warcio meets damage with errors of many kinds, and none must stop the other files
        raise UnreadableError(f"it is no web archive, or damaged ({_first_line(exc)})") from exc
    if packed and not packed.is_whole:
        raise UnreadableError("it breaks off")


def _first_line(exc: Exception) -> str:
    return next(iter(str(exc).strip().splitlines()), type(exc).__name__)[:100]


def _kind(record: Any) -> tuple[str, str]:
    """The kind of what a record holds, and its encoding where that is said."""
    headers = record.http_headers or record.rec_headers
    kind, _, rest = (headers.get_header("Content-Type") or "of no kind").partition(";")
    _, _, charset = rest.lower().partition("charset=")
    return kind.strip().lower(), charset.partition(";")[0].strip("\"' ")


def _article(record: Any, charset: str, seen: set[str]) -> Draft | Refused:
    address = record.rec_headers.get_header("WARC-Target-URI") or ""
    time = record.rec_headers.get_header("WARC-Date") or ""
    name = member_name(f"{address}@{time}" if address in seen else address)
    seen.add(address)
    try:
        return replace(page(_content(record), {"url": address}, charset), member=name)
    except UnreadableError as exc:
        return Refused(str(exc), exc.line, name)


def _content(record: Any) -> bytes:
    """What was sent, unpacked."""
    try:
        raw: bytes = record.content_stream().read(MAX_ARTICLE_BYTES + 1)
    except Exception as exc:  # as above
        raise UnreadableError(f"its contents cannot be unpacked ({_first_line(exc)})") from exc
    missing = getattr(record.raw_stream, "limit", 0)  # a record that does not tell its length has none
    if len(raw) <= MAX_ARTICLE_BYTES and missing > 0 and not record.raw_stream.read(1):
        raise UnreadableError("it is cut short: the archive breaks off in it")
    return raw
