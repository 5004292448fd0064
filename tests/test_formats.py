from __future__ import annotations

import gzip
from contextlib import suppress

import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.drafts import UnreadableError
from index.readers.formats import HEAD_BYTES, SUFFIXES, reader_of

BOM = b"\xef\xbb\xbf"
NEWSML = b'<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="x">'


WORDS = {
    "html": "an HTML page",
    "xml": "XML",
    "json": "JSON",
    "pdf": "a PDF",
    "docx": "a Word document",
    "odt": "an OpenDocument text",
    "rtf": "RTF",
    "mail": "e-mail",
    "mht": "a web page in one file (MHTML)",
    "epub": "an EPUB",
    "warc": "a web archive (WARC)",
}


def chosen(head: bytes, name: str) -> tuple[str, str | None]:
    """The format's name as the reader's module says it, and the note."""
    reader, note = reader_of(head, name)
    return reader.__module__.removeprefix("index.readers."), note


def test_the_endings_of_articles_are_these() -> None:
    texts = ".txt .md .markdown .html .htm .xhtml .shtml .json .jsonl .ndjson .xml .rss .atom .pdf .iptc"
    others = ".docx .docm .odt .rtf .eml .mbox .mht .mhtml .epub .warc .warc.gz"
    assert sorted(SUFFIXES) == sorted(f"{texts} {others}".split())


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.txt", "text"),
        ("A.TXT", "text"),
        ("sub/a.md", "markdown"),
        ("a.markdown", "markdown"),
        ("a.html", "html"),
        ("a.HTM", "html"),
        ("a.xhtml", "html"),
        ("a.json", "json"),
        ("a.jsonl", "json"),
        ("a.ndjson", "json"),
        ("a.xml", "xml"),
        ("a.rss", "xml"),
        ("a.atom", "xml"),
        ("a.pdf", "pdf"),
        ("a.shtml", "html"),
        ("a.docx", "docx"),
        ("a.odt", "odt"),
        ("a.rtf", "rtf"),
        ("a.eml", "mail"),
        ("a.mbox", "mail"),
        ("a.mhtml", "mht"),
        ("a.epub", "epub"),
        ("a.warc", "warc"),
        ("a.2024.WARC.GZ", "warc"),
    ],
)
@pytest.mark.parametrize("head", [b"", b"Plain words.", b"\x89PNG\r\n\x1a\n\0\0", b"\xff", b" \n"])
def test_where_the_content_tells_nothing_the_name_decides(head: bytes, name: str, format_: str) -> None:
    assert chosen(head, name) == (format_, None)


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (b"<!DOCTYPE html><title>x", "html"),
        (b"<!doctype HTML>", "html"),
        (b"\n\n  <html lang=en>", "html"),
        (BOM + b"<HTML>", "html"),
        (b"<!-- saved from url=(0014)about:internet -->\n<html>", "html"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html>', "html"),
        (b'<?xml version="1.0"?>\n<!-- a\nb --><h:html xmlns:h="x">', "html"),
        ("\ufeff<!DOCTYPE html>".encode("utf-16-le"), "html"),
        ("\ufeff<!DOCTYPE html>".encode("utf-16-be"), "html"),
        ("<html>".encode("utf-16-le"), "html"),
        (b"<head><meta charset=utf-8>", "html"),
        (b'<rss version="2.0">', "xml"),
        (b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">', "xml"),
        (b'<rdf:RDF xmlns:rdf="x">', "xml"),
        (BOM + NEWSML, "xml"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><newsMessage>', "xml"),
        ('<?xml version="1.0"?><rss>'.encode("utf-16-be"), "xml"),
        (b'{"headline": "x"', "json"),
        (b'[{"headline": "x"', "json"),
        (BOM + b'\n\n[\n  {\n "a\\"b" :', "json"),
        ('{"a": 1}'.encode("utf-16-le"), "json"),
        (b"[]", "json"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + b"PK\x03\x04" + b"word/document.xml", "docx"),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK", "odt"),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zipPK", "epub"),
        (b"{\\rtf1\\ansi Words.}", "rtf"),
        (b"WARC/1.0\r\n", "warc"),
        (gzip.compress(b"WARC/1.1\r\n", mtime=0), "warc"),
        (b"From a@b.example Mon Feb  5 10:00:00 2024\nSubject: x\n\nWords.", "mail"),
        (b"Received: from x\r\n\tby y\r\nFrom: a@b.example\r\n\r\nWords.", "mail"),
        (b"Subject: x\nMIME-Version: 1.0\n\nWords.", "mail"),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n b=c\r\n\r\n", "mht"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\n\njunk before it\n%PDF-1.4", "pdf"),
    ],
)
def test_content_goes_before_the_name_and_the_note_says_so(head: bytes, format_: str) -> None:
    words = WORDS[format_]
    for name in ("a.txt", "a.md", "a.html", "a.json", "a.rss", "a.pdf"):
        found, note = chosen(head, name)
        assert found == format_
        suffix = name[1:]
        same = chosen(b"", name)[0] == format_ or (b"<?xml" in head and (format_, suffix) == ("html", ".rss"))
        assert note == (None if same else f"it is named {suffix} and is {words}; read as that")
    assert chosen(head, "a")[1] == f"it is named without an ending and is {words}; read as that"


def test_an_xhtml_page_may_be_called_xml() -> None:
    assert chosen(b'<?xml version="1.0"?><html xmlns="x">', "a.xml") == ("html", None)
    assert chosen(b"<html>", "a.xml") == ("html", "it is named .xml and is an HTML page; read as that")


@pytest.mark.parametrize(
    "head",
    [
        b"{Kyiv} Shells fell.",
        b'{"We will not rush," he said.',
        b"[Update] Shells fell.",
        b'["Quoted"] she said',
        b"<p>Shells fell.",
        b"<3 is how they sign off.",
        b"<Moscow> Shells fell.",
        b"< html is a language",
        b"<htmlish>",
        b"<rss-like feeds are popular>",
        b"---\ntitle: Drones\n---\nShells fell.",
        b"+++\nShells fell.",
        b"# A heading\n\nShells fell.",
        b"He opened a %PDF file.",
        b"&lt;html&gt;",
        b"The first tag of a page is <html>.",
        b"<!-- a remark that never ends",
        b"<!DOCTYPE",
        b"From: our own correspondent\nDate: a day in May\n\nWords.",
        b"Subject: a question\n\nWords.",
        b"From Kyiv, in 2024, came word\nof it.",
        b"WARCRAFT/1 is a game.",
        b"PK is how he signs.",
    ],
)
@pytest.mark.parametrize(("name", "format_"), [("a.txt", "text"), ("a.md", "markdown")])
def test_prose_that_begins_like_markup_stays_what_its_name_says(head: bytes, name: str, format_: str) -> None:
    assert chosen(head, name) == (format_, None)


def test_the_seeds_are_plain_text() -> None:
    for seed in SEEDS.glob("*.txt"):
        assert chosen(seed.read_bytes()[:HEAD_BYTES], seed.name) == ("text", None)


@pytest.mark.parametrize(
    "part", [b"<!--", b"<?", b"<?a?>", b" ", b"[{", b'{"a\\', b"<!DOCTYPE x [", b"<!-- -->", b"<a:"]
)
def test_a_hostile_beginning_is_told_at_once(part: bytes) -> None:
    head = (part * HEAD_BYTES)[:HEAD_BYTES]
    assert chosen(head, "a.txt")[0] in {"text", "xml"}


@given(st.binary(max_size=200), st.sampled_from(["a.txt", "a.md", "a.xml", "a", ""]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_every_beginning_has_a_reader_or_a_reason(head: bytes, name: str) -> None:
    with suppress(UnreadableError):
        assert callable(reader_of(head, name)[0])
