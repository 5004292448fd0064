"""Web pages that were saved in one file: the page is read as a saved page is, and nothing that was saved with it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.drafts import Draft, UnreadableError
from index.readers.mht import read

WORDS = [
    "The ferry to Skarholm will not sail before May, its owner said on Monday, since it waits for a new engine.",
    "“We have asked for a bus,” said Ida Berg, the mayor of the island, which four hundred people live on.",
    "The yard in Gdansk that builds the engine says that it has had no steel since the autumn, and no word of any.",
]
PAGE = (
    '<!doctype html><html lang="en"><head><title>Ferry stays in port</title></head><body>'
    '<nav><a href="/">Home</a></nav>'
    f"<article><h1>Ferry stays in port</h1>{''.join(f'<p>{each}</p>' for each in WORDS)}</article></body></html>"
)
HEAD = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://post.example/ferry\r\nSubject: Ferry stays\r\n"
    'Date: Fri, 1 Mar 2024 10:00:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n'
)


def mht(page: bytes = PAGE.encode(), kind: str = "text/html; charset=utf-8", head: str = HEAD) -> bytes:
    frame = f"--b\r\nContent-Type: text/html\r\n\r\n{PAGE.replace('ferry', 'advertisement')}\r\n"
    picture = "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    root = f"--b\r\nContent-Type: {kind}\r\nContent-Location: https://post.example/ferry\r\n\r\n".encode()
    return head.encode() + root + page + f"\r\n{frame}{picture}--b--\r\n".encode()


def draft(raw: bytes) -> Draft:
    (found,) = read(io.BytesIO(raw))
    assert isinstance(found, Draft)
    return found


def test_the_page_is_the_article_and_the_day_of_saving_is_not_its_day() -> None:
    article = draft(mht())
    assert article.text == "\n\n".join(WORDS)
    assert article.card == {"title": "Ferry stays in port", "language": "en", "url": "https://post.example/ferry"}


def test_a_link_that_the_page_names_counts() -> None:
    page = PAGE.replace("<title>", '<link rel="canonical" href="https://post.example/true"><title>')
    assert draft(mht(page.encode())).card["url"] == "https://post.example/true"


@pytest.mark.parametrize("location", ["cid:frame-1", "file:///C:/ferry.html", ""])
def test_a_place_that_is_no_address_is_no_link(location: str) -> None:
    assert "url" not in draft(mht().replace(b"https://post.example/ferry", location.encode())).card


@pytest.mark.parametrize("charset", ["windows-1251", "utf-16", "unknown", '"utf-8"'])
def test_the_encoding_is_the_one_that_the_file_names(charset: str) -> None:
    named = charset if charset in {"windows-1251", "utf-16"} else "utf-8"
    words = PAGE.replace("“", '"').replace("”", '"').replace("Skarholm", "Скархольм")
    assert "Скархольм" in draft(mht(words.encode(named), f"text/html; charset={charset}")).text


def test_a_page_below_a_head_that_says_little_is_found() -> None:
    assert draft(f"From: <Saved>\nMIME-Version: 1.0\n\n{PAGE}".encode()).text == "\n\n".join(WORDS)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "there is no web page in it"),
        (b"Words.", "there is no web page in it"),
        (b"\0\1\2" * 500, "there is no web page in it"),
        (HEAD.encode(), "there is no web page in it"),
        (mht()[:300], "there is no web page in it"),
        (HEAD.replace("related", "mixed").encode() + b"--b\n\nx\n--b--", "there is no web page in it"),
        (b"Content-Type: text/plain\n\n<p>words", "there is no web page in it"),
        (b"Content-Type: text/html\n\n", "there is no web page in it"),
        (b"Content-Type: text/html\n\n<script>x</script>", "there is no article text on this page"),
        (b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n$$", "there is no web page in it"),
        (b"Content-Type: text/html\n\n" + b"<b>" * 200_001, "it holds more than 200,000 tags"),
        (b"x" * (20 * 1024**2 + 1), "it is larger than 20 MiB, too large for one article"),
    ],
    ids=range(12),
)
def test_what_is_no_page_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        draft(raw)
    assert str(refused.value).startswith(reason)


GOOD = mht()


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end]):
        try:
            draft(damaged)
        except UnreadableError:
            continue
