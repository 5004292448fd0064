"""Web archives: each page is an article with its address; what holds no page is counted and not lost in silence."""

from __future__ import annotations

import gzip
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.warc import read

WORDS = [
    "The ferry to Skarholm will not sail before May, its owner said on Monday, since it waits for a new engine.",
    "“We have asked for a bus,” said Ida Berg, the mayor of the island, which four hundred people live on.",
    "The yard in Gdansk that builds the engine says that it has had no steel since the autumn, and no word of any.",
]
HOST = "https://post.example"


def page(title: str = "Ferry stays in port", words: list[str] = WORDS) -> bytes:
    inner = "".join(f"<p>{each}</p>" for each in words)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><article><h1>{title}</h1>{inner}</article></body></html>"
    ).encode()


Answer = tuple[str, bytes, dict[str, str]]


def warc(*answers: Answer, packed: bool = False) -> bytes:
    """An archive of these answers: the address, what was sent, and headers that are not the usual ones."""
    records = [record("warcinfo", "", "application/warc-fields", b"software: a test\r\n")]
    for number, (address, sent, headers) in enumerate(answers):
        told = {":status": "200 OK", ":type": "response", "Content-Type": "text/html; charset=utf-8"} | headers
        kind = told[":type"]
        stated = "".join(f"{name}: {value}\r\n" for name, value in told.items() if not name.startswith(":"))
        http = f"HTTP/1.1 {told[':status']}\r\n{stated}\r\n".encode() if kind == "response" else b""
        content_type = "application/http; msgtype=response" if http else told["Content-Type"]
        records.append(record(kind, address, content_type, http + sent, number + 1))
    return b"".join(gzip.compress(each) if packed else each for each in records)


def record(kind: str, address: str, content_type: str, block: bytes, day: int = 1) -> bytes:
    uri = f"WARC-Target-URI: {address}\r\n" if address else ""
    return (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\n{uri}WARC-Date: 2024-03-0{day}T10:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-00000000000{day}>\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    ).encode() + block + b"\r\n\r\n"  # fmt: skip


def articles(raw: bytes) -> list[Draft | Refused]:
    return list(read(io.BytesIO(raw)))


def drafts(raw: bytes) -> list[Draft]:
    return [each for each in articles(raw) if isinstance(each, Draft)]


ONE = (f"{HOST}/ferry", page(), {})
TWO = (f"{HOST}/school", page("School stays shut", [each.replace("ferry", "school") for each in WORDS]), {})


@pytest.mark.parametrize("packed", [False, True])
def test_each_page_is_an_article_with_its_address(packed: bool) -> None:
    found = articles(warc(ONE, TWO, packed=packed))
    assert [each.member for each in found] == [f"{HOST}/ferry", f"{HOST}/school"]
    first = found[0]
    assert isinstance(first, Draft)
    assert first.text == "\n\n".join(WORDS)
    assert first.card == {"title": "Ferry stays in port", "language": "en", "url": f"{HOST}/ferry"}


def test_an_archive_that_was_packed_as_a_whole_is_read() -> None:
    assert len(drafts(gzip.compress(warc(ONE, TWO)))) == 2


def test_stored_resources_and_packed_answers_are_read() -> None:
    packed = (f"{HOST}/ferry", gzip.compress(page()), {"Content-Encoding": "gzip"})
    stored = (f"{HOST}/school", TWO[1], {":type": "resource", "Content-Type": "text/html"})
    assert [each.member for each in drafts(warc(packed, stored))] == [f"{HOST}/ferry", f"{HOST}/school"]


def test_the_encoding_is_the_one_that_was_sent() -> None:
    words = [each.replace("Skarholm", "Скархольм").replace("“", "").replace("”", "") for each in WORDS]
    sent = page(words=words).replace(b'<meta charset="utf-8">', b"").decode().encode("windows-1251")
    (article,) = drafts(warc((f"{HOST}/a", sent, {"Content-Type": "text/html; charset=windows-1251"})))
    assert "Скархольм" in article.text


def test_a_page_that_was_archived_again_is_another_article() -> None:
    again = (
        f"{HOST}/ferry",
        page(words=[*WORDS, "The engine came on Friday, and the ferry will sail on the first of April."]),
        {},
    )
    first, second = drafts(warc(ONE, again))
    assert (first.member, second.member) == (f"{HOST}/ferry", f"{HOST}/ferry@2024-03-02T10:00:00Z")


def test_what_holds_no_page_is_counted_in_one_line() -> None:
    picture = (f"{HOST}/a.png", b"\x89PNG", {"Content-Type": "image/png"})
    gone = (f"{HOST}/gone", page(), {":status": "404 Not Found"})
    *_, told = articles(warc(ONE, picture, picture, gone))
    assert told == Refused("3 of its records hold no page, and are not read: 2 image/png, 1 with status 404")


def test_a_page_without_an_article_is_refused_by_its_address() -> None:
    found = articles(warc((f"{HOST}/empty", b"<html><body></body></html>", {}), ONE))
    assert isinstance(found[0], Refused)
    assert found[0].member == f"{HOST}/empty"
    assert isinstance(found[1], Draft)


def test_a_page_that_swells_is_refused_and_the_others_are_read() -> None:
    bomb = gzip.compress(b"<p>" + b" " * (60 * 1024**2))
    found = articles(warc((f"{HOST}/bomb", bomb, {"Content-Encoding": "gzip"}), ONE))
    assert isinstance(found[0], Refused)
    assert found[0].reason.startswith("it is larger than 20 MiB")
    assert isinstance(found[1], Draft)


@pytest.mark.parametrize("whole", [warc(ONE, TWO), warc(ONE, TWO, packed=True)])
def test_an_archive_that_breaks_off_gives_what_came_before(whole: bytes) -> None:
    found = articles(whole[:-100])
    assert isinstance(found[0], Draft)
    assert found[0].member == f"{HOST}/ferry"
    assert [type(each) for each in found[1:]] in ([Refused], [Refused, Refused])
    assert "breaks off" in str(found[-1])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Words.",
        b"WARC/",
        b"WARC/1.0\r\n",
        b"WARC/1.0\r\nContent-Length: x\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: -5\r\n\r\nx",
        b"WARC/9.9\r\n\r\n",
        gzip.compress(b"Words."),
        gzip.compress(warc(ONE))[:60],
        b"\x1f\x8b" + bytes(100),
        random.Random(11).randbytes(3000),
        warc(),
    ],
    ids=range(12),
)
def test_what_is_no_archive_is_refused_with_a_sentence(raw: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"it is no web archive, or damaged|it holds no pages|it breaks off"):
        articles(raw)


GOOD = warc(ONE)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end]):
        try:
            articles(damaged)
        except UnreadableError:
            continue
