"""Word documents: the text that is seen, and nothing of what a program or a former author left in the file."""

from __future__ import annotations

import io
import random
from zipfile import ZIP_LZMA, ZipFile

import pytest
from documents import W, docx, word_paragraph, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers import zipped as zipped_parts
from index.readers.docx import read
from index.readers.drafts import Draft, UnreadableError

FIRST = "The ferry to Skarholm will not sail before May."
SECOND = "“We have asked for a bus,” said Ida Berg."


def draft(raw: bytes) -> Draft:
    (found,) = read(io.BytesIO(raw))
    assert isinstance(found, Draft)
    return found


def text_of(body: str) -> str:
    return draft(docx(body=body)).text


def run(words: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{words}</w:t></w:r>"


def test_its_paragraphs_are_the_text() -> None:
    article = draft(docx(FIRST, "", SECOND))
    assert (article.text, article.card, article.notes, article.member) == (f"{FIRST}\n\n{SECOND}", {}, (), "")


@pytest.mark.parametrize("style", ["Titel", "berschrift1"])
def test_a_first_paragraph_in_a_headline_s_style_is_the_title(style: str) -> None:
    article = draft(docx(body=word_paragraph("Ferry stays in port", style) + word_paragraph(FIRST)))
    assert (article.card, article.text) == ({"title": "Ferry stays in port"}, FIRST)


def test_a_stated_title_counts_where_the_text_begins_with_it() -> None:
    assert draft(docx("Ferry stays", FIRST, title="Ferry stays")).card == {"title": "Ferry stays"}
    assert draft(docx(FIRST, SECOND, title="Template of the desk")).card == {}


def test_neither_the_day_nor_the_author_of_the_file_is_taken() -> None:
    core = "<core><created>2024-03-01T00:00:00Z</created><creator>Ann Author</creator></core>"
    assert draft(docx(FIRST, **{"docProps/core.xml": core})).card == {}


@pytest.mark.parametrize(
    ("inner", "seen"),
    [
        (run("The ") + run("ferry"), "The ferry"),
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a b\nc"),
        (run("seen ") + run("hidden", "<w:vanish/>") + run("too"), "seen too"),
        (run("seen ") + run("shown", '<w:vanish w:val="0"/>'), "seen shown"),
        (run("kept ") + run("struck", "<w:strike/>"), "kept"),
        (f'<w:hyperlink>{run("a link")}</w:hyperlink>', "a link"),
        (f"<w:smartTag>{run('a place')}</w:smartTag>", "a place"),
        (f"<w:sdt><w:sdtContent>{run('a field')}</w:sdtContent></w:sdt>", "a field"),
        ('<w:r><w:instrText>HYPERLINK "http://x.example"</w:instrText></w:r>' + run("shown"), "shown"),
        ("<w:r><w:t>nine</w:t><w:noBreakHyphen/><w:t>day</w:t><w:softHyphen/></w:r>", "nine\u2011day"),
        ('<w:r><w:t>since 2019</w:t><w:footnoteReference w:id="2"/></w:r>', "since 2019"),
        (f"<w:r><w:ruby><w:rt>{run('kana')}</w:rt><w:rubyBase>{run('字')}</w:rubyBase></w:ruby></w:r>", "字"),
        ("<w:r><w:t>a\u00adb&#x0A;c</w:t></w:r>", "ab\nc"),
    ],
)  # fmt: skip
def test_what_is_seen_is_read_and_nothing_else(inner: str, seen: str) -> None:
    assert text_of(f"<w:p>{inner}</w:p>") == seen


def test_tracked_changes_count_as_accepted_and_are_noted() -> None:
    deleted = "<w:del><w:r><w:delText>April</w:delText></w:r></w:del>"
    inner = f"{run('not before ')}<w:ins>{run('May')}</w:ins>{deleted}<w:moveFrom>{run('moved')}</w:moveFrom>"
    article = draft(docx(body=f"<w:p>{inner}</w:p>"))
    assert article.text == "not before May"
    assert article.notes == ("it has tracked changes, which are read as accepted",)


def test_a_row_of_short_cells_is_a_line_and_long_cells_are_paragraphs() -> None:
    def cell(*words: str) -> str:
        return f"<w:tc>{''.join(map(word_paragraph, words))}</w:tc>"

    table = f"<w:tbl><w:tr>{cell('Port')}{cell('Ships')}</w:tr><w:tr>{cell('LP')}{cell('One.', 'Two.')}</w:tr></w:tbl>"
    assert text_of(table) == "Port\tShips\n\nLP\n\nOne.\n\nTwo."


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{word_paragraph('In a box.')}</w:txbxContent>"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    choice = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    inner = f'<mc:AlternateContent xmlns:mc="{mc}">{choice}</mc:AlternateContent>'
    assert text_of(f"<w:p>{run('Beside it.')}<w:r>{inner}</w:r></w:p>") == "Beside it.\n\nIn a box."


def test_the_main_part_may_have_another_name() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    relations = f'<Relationships><Relationship Type="{kind}" Target="/word/document2.xml"/></Relationships>'
    body = f"<w:document {W}><w:body>{word_paragraph(SECOND)}</w:body></w:document>"
    assert draft(docx(FIRST, **{"_rels/.rels": relations, "word/document2.xml": body})).text == SECOND


def test_strict_documents_are_read() -> None:
    strict = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    body = f"<w:document {strict}><w:body>{word_paragraph(FIRST)}</w:body></w:document>"
    assert draft(docx(**{"word/document.xml": body})).text == FIRST


def test_an_export_is_as_many_articles_as_it_has_documents() -> None:
    lines = []
    for number in (1, 2):
        lines += [f"Ferry {number}", "The Skarholm Post", "February 5, 2024 Monday", "Copyright 2024 Skarholm Post AS"]
        lines += [
            "Length:\u00a041 words",
            "Byline:\u00a0Nils Dahl",
            "Body",
            f"It waits, {number}.",
            "Load-Date:\u00a0May 1, 2024",
        ]
        lines += ["End of Document"]
    first, second = read(io.BytesIO(docx(*lines)))
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert (first.text, second.text) == ("It waits, 1.", "It waits, 2.")
    assert (first.card["title"], second.card["outlet"], first.line) == ("Ferry 1", "The Skarholm Post", None)


# --- refused ---------------------------------------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa">]>'


def with_part(name: str, raw: bytes | str) -> bytes:
    return docx(FIRST, **{name: raw})


def odd_compression() -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}/>")
    return out.getvalue()


def encrypted() -> bytes:
    raw = bytearray(docx(FIRST))
    central = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"word/document.xml"))
    raw[central + 8] |= 1
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is not a Word document, or a damaged one"),
        (b"PK" + b"x" * 300, "it is not a Word document, or a damaged one"),
        (b"Words.", "it is not a Word document, or a damaged one"),
        (docx(FIRST)[:200], "it is not a Word document, or a damaged one"),
        (random.Random(6).randbytes(3000), "it is not a Word document, or a damaged one"),
        (OLE, "it is an old Word document; save it as .docx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "it opens with a password only"),
        (encrypted(), "it opens with a password only"),
        (zipped({}), "it is not a Word document, or has no text part"),
        (zipped({"a.txt": "words"}), "it is not a Word document, or has no text part"),
        (with_part("word/document.xml", "<w:document"), "its part word/document.xml is not well-formed XML"),
        (with_part("word/document.xml", b""), "its part word/document.xml is not well-formed XML"),
        (with_part("word/document.xml", f"<w:document {W}/>"), "it is not a Word document, or has no text part"),
        (with_part("word/document.xml", f"{BOMB}<w:document {W}/>"), "its part word/document.xml declares entities"),
        (with_part("word/document.xml", "<a>" * 5000), "its part word/document.xml is not well-formed XML"),
        (with_part("word/document.xml", b"\0" * (21 * 1024**2)), "its part word/document.xml is larger than 20 MiB"),
        (odd_compression(), "its part word/document.xml is compressed in an unusual way"),
        (docx(), "there is no text in it"),
        (docx("", " "), "there is no text in it"),
        (docx(body=word_paragraph("Only a title", "Titel")), "it holds a title and no text"),
        (zipped({f"p{n}": "" for n in range(20_001)}), "it has more than 20,000 parts, too many for a Word document"),
    ],
    ids=range(21),
)
def test_what_is_no_document_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        draft(raw)
    assert str(refused.value).startswith(reason)


def test_a_part_that_swells_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = with_part("word/document.xml", b"<a>" + b" " * (40 * 1024**2) + b"</a>")
    assert len(raw) < 100_000
    monkeypatch.setattr(ZipFile, "read", lambda *_: pytest.fail("it was unpacked"), raising=True)
    with ZipFile(io.BytesIO(raw)) as archive, pytest.raises(UnreadableError):
        zipped_parts.part(archive, "word/document.xml")


GOOD = docx(FIRST, SECOND)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end]):
        try:
            list(read(io.BytesIO(damaged)))
        except UnreadableError:
            continue
