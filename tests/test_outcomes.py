"""Every kind of file that newsrooms have, by what becomes of it: read, read with a note, or refused with a reason."""

from __future__ import annotations

import gzip
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from documents import chapter, docx, epub, odt

from index.corpus import read_corpus

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [
    "The ferry to Skarholm will not sail before May, its owner said on Monday, since it waits for a new engine.",
    "“We have asked for a bus,” said Ida Berg, the mayor of the island, which four hundred people live on.",
    "The yard in Gdansk that builds the engine says that it has had no steel since the autumn, and no word of any.",
]
TEXT = "\n\n".join(WORDS)
PAGE = chapter("Ferry stays in port", *WORDS).partition("?>")[2].encode()
JSON = b'{"title": "Ferry", "text": "The ferry waits.", "id": "1"}'
RSS = (
    f"<rss><channel><item><title>F</title><description>{'The ferry waits. ' * 70}</description></item></channel></rss>"
)
RTF = rb"{\rtf1\ansi The ferry waits.}"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def mail() -> bytes:
    made = EmailMessage()
    made["Subject"], made["From"], made["Message-ID"] = "Ferry", "Nils Dahl <nils@post.example>", "<1@post.example>"
    made.set_content(WORDS[0])
    return bytes(made)


def warc() -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + PAGE
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://post.example/a\r\nContent-Type: application/http"
    )
    return f"{head}\r\nContent-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


MHT = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
MHT += PAGE + b"\r\n--b--\r\n"

READ = {
    "a.txt": TEXT.encode(),
    "a.md": TEXT.encode(),
    "a.html": PAGE,
    "a.htm": PAGE,
    "a.xhtml": PAGE,
    "a.shtml": PAGE,
    "a.json": JSON,
    "a.jsonl": JSON,
    "a.rss": RSS.encode(),
    "a.docx": docx(*WORDS),
    "a.odt": odt(*WORDS),
    "a.rtf": RTF,
    "a.eml": mail(),
    "a.mbox": b"From nils@post.example Mon Feb  5 10:00:00 2024\n" + mail(),
    "a.mht": MHT,
    "a.mhtml": b"From: <Saved>\nMIME-Version: 1.0\n\n" + PAGE,
    "a.epub": epub({"a.xhtml": PAGE.decode()}),
    "a.warc": warc(),
    "a.warc.gz": gzip.compress(warc()),
}
NOTED = {
    "a.doc": (RTF, "it is named .doc and is RTF; read as that"),
    "b.doc": (docx(*WORDS), "it is named .doc and is a Word document; read as that"),
    "a.php": (PAGE, "it is named .php and is an HTML page; read as that"),
    "page": (PAGE, "it is named without an ending and is an HTML page; read as that"),
    "b.txt": (docx(*WORDS), "it is named .txt and is a Word document; read as that"),
    "b.rtf": (rb"{\rtf1 The ferry waits.", "it breaks off: its last group is not closed"),
    "b.msg": (mail(), "it is named .msg and is e-mail; read as that"),
    "b.gz": (gzip.compress(warc()), "it is named .gz and is a web archive (WARC); read as that"),
    "c.txt": (
        "Die Fähre fährt erst im Mai, sagt Öhlén.".encode("cp1252"),
        "it is not UTF-8; read as Latin-1 (Windows-1252)",
    ),
}
UNKNOWN = ", and what it holds is of no format that is read; if it is plain text, let its name end in .txt"
REFUSED = {
    "a.doc": (OLE, "it is not read; open it in Word or LibreOffice and save it as .docx"),
    "a.docx": (OLE, "it is an old Word document; save it as .docx"),
    "b.docx": (OLE + "EncryptedPackage".encode("utf-16-le"), "it opens with a password only"),
    "c.docx": (b"PK" + b"x" * 300, "it is not a Word document, or a damaged one (File is not a zip file)"),
    "a.pages": (b"PK\x03\x04", "it is not read; open it in Pages and export it as .docx"),
    "a.fodt": (b"<office/>", "it is not read; open it in Word or LibreOffice and save it as .docx"),
    "a.csv": (b"title,text\nFerry,It waits.", "it is a table; save its articles as JSON Lines, or as a file each"),
    "a.xlsx": (b"PK\x03\x04" + bytes(26) + b"xl/", "it is a table; save its articles as JSON Lines, or as a file each"),
    "a.pptx": (b"PK\x03\x04", "it is a presentation; export it as PDF"),
    "a.msg": (OLE, "it is e-mail in a form that is not read; save it as .eml"),
    "a.pst": (b"!BDN", "it is a mailbox of Outlook; export it as .mbox, or its messages as .eml"),
    "a.webarchive": (b"bplist00", "it is a page as Safari saves it; save it as a web page, or as PDF"),
    "a.wacz": (b"PK\x03\x04", "it is not read; unpack it and add the .warc.gz files in its folder archive"),
    "a.mobi": (b"x", "it is not read; convert it to .epub, which Calibre does"),
    "a.tex": (b"x", "it is not read; convert it to .md, .html or .docx, which pandoc does"),
    "a.djvu": (b"x", "it is not read; export it as PDF"),
    "a.zip": (b"PK\x03\x04", "it holds other files; unpack it into the folder"),
    "a.tar.gz": (gzip.compress(b"x"), "it holds other files; unpack it into the folder"),
    "a.url": (b"[InternetShortcut]", "it is a link, and nothing is fetched; save the page itself"),
    "a.ris": (b"TY  - NEWS", "it holds references, no texts; export the full texts"),
    "a.eml": (b"From: a@b.example\n\n", "it has no text"),
    "a.odt": (b"x", "it is not an OpenDocument text, or a damaged one (File is not a zip file)"),
    "a.rtf": (b"x", "it is not RTF"),
    "a.epub": (b"x", "it is not an EPUB, or a damaged one (File is not a zip file)"),
    "a.mht": (b"x", "there is no web page in it"),
    "a.warc": (b"", "it holds no pages"),
    "story": (b"Words.", f"its name has no ending{UNKNOWN}"),
    "a.xyz": (b"Words.", f"its name ends in .xyz{UNKNOWN}"),
    "a.jpg": (b"\xff\xd8", "pictures: no text in a form that is read"),
    "a.mp3": (b"ID3", "sound: no text in a form that is read"),
    "a.mov": (b"moov", "video: no text in a form that is read"),
    "a.css": (b"p {}", "parts of web pages: no text in a form that is read"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(READ[name])
    corpus = read_corpus(tmp_path)
    assert [article.source.id.partition("#")[0] for article in corpus.articles] == [name.removesuffix(".txt")]
    assert "ferry" in corpus.articles[0].text
    assert corpus.refused == ()
    assert [str(note) for note in corpus.notes if "feed's description" not in str(note)] == []


@pytest.mark.parametrize("name", NOTED)
def test_read_with_a_note(tmp_path: Path, name: str) -> None:
    raw, note = NOTED[name]
    (tmp_path / name).write_bytes(raw)
    corpus = read_corpus(tmp_path)
    assert len(corpus.articles) == 1
    assert [each.reason for each in corpus.notes] == [note]
    assert corpus.refused == ()


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    raw, reason = REFUSED[name]
    (tmp_path / name).write_bytes(raw)
    corpus = read_corpus(tmp_path)
    assert corpus.articles == ()
    assert [(each.file, each.reason) for each in corpus.refused] == [(name, reason)]


def test_nothing_is_silent_but_what_the_readme_says(tmp_path: Path) -> None:
    silent = {
        "README.md",
        "readme.txt",
        ".hidden.docx",
        "~$letter.docx",
        "Thumbs.db",
        "desktop.ini",
        "sources.toml",
        "aliases.toml",
    }
    for name in silent | {"other.toml", "letter.docx", "notes"}:
        (tmp_path / name).write_bytes(b"")
    corpus = read_corpus(tmp_path)
    assert {each.file for each in corpus.refused} == {"other.toml", "letter.docx", "notes"}


def test_a_thousand_pictures_are_one_line_and_the_parts_of_a_saved_page_too(tmp_path: Path) -> None:
    for place, count in {"photos/p{}.jpg": 1000, "Ferry_files/f{}.html": 30, "Ferry_files/x/{}.png": 30}.items():
        for number in range(count):
            path = tmp_path / place.format(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(PAGE)
    (tmp_path / "Ferry.html").write_bytes(PAGE)
    corpus = read_corpus(tmp_path)
    assert [article.source.id for article in corpus.articles] == ["Ferry.html"]
    assert sorted(map(str, corpus.refused)) == [
        "Ferry_files: the parts of the page Ferry.html, 61 files; not read",
        "photos: pictures (1,000 files such as p0.jpg): no text in a form that is read",
    ]


def test_a_folder_that_is_only_called_like_parts_of_a_page_is_read(tmp_path: Path) -> None:
    (tmp_path / "case_files").mkdir()
    (tmp_path / "case_files" / "a.html").write_bytes(PAGE)
    assert [article.source.id for article in read_corpus(tmp_path).articles] == ["case_files/a.html"]
