"""EPUB: each chapter is an article, read as a saved page is, with what the book says of itself."""

from __future__ import annotations

import io
import random
from datetime import date

import pytest
from documents import chapter, epub, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers import epub as read_epub
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.epub import read

WORDS = [
    "The ferry to Skarholm will not sail before May, its owner said on Monday, since it waits for a new engine.",
    "“We have asked for a bus,” said Ida Berg, the mayor of the island, which four hundred people live on.",
    "The yard in Gdansk that builds the engine says that it has had no steel since the autumn, and no word of any.",
]
OTHER = [words.replace("ferry", "school").replace("engine", "roof") for words in WORDS]
FERRY, SCHOOL = chapter("Ferry stays in port", *WORDS), chapter("School stays shut", *OTHER)
ABOUT = (
    "<dc:title>The Skarholm Post, 5 February</dc:title><dc:publisher>Skarholm Post AS</dc:publisher>"
    "<dc:creator>Nils Dahl</dc:creator><dc:language>en</dc:language><dc:date>2024-02-05T00:00:00+01:00</dc:date>"
)
BOOK = epub({"a.xhtml": FERRY, "text/b 1.xhtml": SCHOOL}, ABOUT)


def articles(raw: bytes) -> list[Draft | Refused]:
    return list(read(io.BytesIO(raw)))


def drafts(raw: bytes) -> list[Draft]:
    found = articles(raw)
    assert all(isinstance(each, Draft) for each in found), found
    return [each for each in found if isinstance(each, Draft)]


def test_each_chapter_is_an_article_named_by_its_place() -> None:
    first, second = drafts(BOOK)
    assert (first.text, second.text) == ("\n\n".join(WORDS), "\n\n".join(OTHER))
    assert first.member == "OEBPS/a.xhtml"
    assert len(second.member) == 16  # a name with a blank stands for itself by its hash
    assert first.card == {
        "title": "Ferry stays in port",
        "outlet": "Skarholm Post AS",
        "author": "Nils Dahl",
        "language": "en",
        "published": date(2024, 2, 5),
    }


def test_what_a_program_wrote_and_days_of_other_things_are_not_taken() -> None:
    about = (
        "<dc:publisher>calibre</dc:publisher><dc:creator>calibre</dc:creator>"
        '<dc:date xmlns:opf="http://www.idpf.org/2007/opf" opf:event="modification">2024-03-01</dc:date>'
    )
    (article,) = drafts(epub({"a.xhtml": FERRY}, about))
    assert article.card == {"title": "Ferry stays in port"}


@pytest.mark.parametrize("day", ["2024", "2024-02", "soon", ""])
def test_a_day_that_is_none_is_left_out(day: str) -> None:
    (article,) = drafts(epub({"a.xhtml": FERRY}, f"<dc:date>{day}</dc:date>"))
    assert "published" not in article.card


def test_the_contents_page_is_no_article() -> None:
    package = '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
    package += '<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    package += '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
    package += '<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="lost"/></spine></package>'
    (article,) = drafts(epub({"a.xhtml": FERRY, "nav.xhtml": SCHOOL}, **{"OEBPS/content.opf": package}))
    assert article.card["title"] == "Ferry stays in port"


def locked(path: str) -> str:
    reference = f'<CipherReference xmlns="http://www.w3.org/2001/04/xmlenc#" URI="{path}"/>'
    return f"<encryption>{reference}</encryption>"


def test_a_protected_chapter_is_refused_by_name_and_a_scrambled_font_is_no_matter() -> None:
    found = articles(
        epub({"a.xhtml": FERRY, "b.xhtml": SCHOOL}, **{"META-INF/encryption.xml": locked("OEBPS/b.xhtml")})
    )
    assert [type(each) for each in found] == [Draft, Refused]
    assert found[1] == Refused("it is protected (DRM) and cannot be opened", None, "OEBPS/b.xhtml")
    assert len(drafts(epub({"a.xhtml": FERRY}, **{"META-INF/encryption.xml": locked("OEBPS/font.otf")}))) == 1


def test_a_chapter_without_an_article_is_refused_by_name_and_the_others_are_read() -> None:
    missing = epub({"a.xhtml": FERRY, "gone.xhtml": SCHOOL})
    missing = missing.replace(b"OEBPS/gone.xhtml", b"OEBPS/lost.xhtml")
    cover = epub({"cover.xhtml": "<html><body><img src='c.jpg'/></body></html>", "a.xhtml": FERRY})
    for raw, reason in ((missing, "it is missing in the book"), (cover, "there is no article text on this page")):
        found = articles(raw)
        (refused,) = (each for each in found if isinstance(each, Refused))
        assert refused.reason == reason
        assert refused.member
        assert sum(isinstance(each, Draft) for each in found) == 1


def test_a_book_that_swells_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_epub, "MAX_BOOK_BYTES", len(FERRY.encode()))
    found = articles(BOOK)
    assert [type(each) for each in found] == [Draft, Refused]
    large = articles(epub({"a.xhtml": FERRY, "b.xhtml": b"<p>" + b" " * (21 * 1024**2)}))  # type: ignore[dict-item]
    assert isinstance(large[1], Refused)


CONTAINER = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfile full-path="{}"/></container>'


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is not an EPUB, or a damaged one"),
        (b"Words.", "it is not an EPUB, or a damaged one"),
        (BOOK[:400], "it is not an EPUB, or a damaged one"),
        (random.Random(10).randbytes(3000), "it is not an EPUB, or a damaged one"),
        (zipped({"mimetype": "application/epub+zip"}), "it is not an EPUB: it does not say where"),
        (epub({}, **{"META-INF/container.xml": "<container/>"}), "it is not an EPUB: it does not say where"),
        (epub({}, **{"META-INF/container.xml": CONTAINER.format("lost.opf")}), "it is not an EPUB: it does not say"),
        (epub({}, **{"META-INF/container.xml": "<a"}), "its part META-INF/container.xml is not well-formed XML"),
        (epub({}, **{"OEBPS/content.opf": "<a"}), "its part OEBPS/content.opf is not well-formed XML"),
        (
            epub({}, **{"OEBPS/content.opf": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}),
            "its part OEBPS/content.opf declares",
        ),
        (epub({}), "it holds no chapters"),
        (epub({f"{n}.xhtml": "" for n in range(2001)}), "it has more than 2,000 chapters, too many for a book"),
    ],
    ids=range(12),
)
def test_what_is_no_book_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        articles(raw)
    assert str(refused.value).startswith(reason)


@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(BOOK)))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(BOOK)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), BOOK[:end]):
        try:
            articles(damaged)
        except UnreadableError:
            continue
