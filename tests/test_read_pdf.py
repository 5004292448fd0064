from __future__ import annotations

import io
import random
import sysconfig
import time
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from index.readers import pdf as read_pdf
from index.readers.drafts import Draft, UnreadableError
from index.readers.pdf import read

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
FIRST = [
    "Two people were killed in a storm on the coast on Monday, the police",
    "said in a statement that was read out in the capital in the evening by",
    "the minister, who did not take questions.",
]
SECOND = [
    "Power is back in most of the villages; schools open again on Thursday,",
    "the mayor said.",
]
TEXT = f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"

# A line of a page: its words, where it begins from the left and from below, and the size of its letters.
Line = tuple[str, float, float, float]


def set_lines(lines: list[str], x: float = 72, y: float = 720, *, size: float = 10, leading: float = 12) -> list[Line]:
    return [(words, x, y - number * leading, size) for number, words in enumerate(lines)]


def content(lines: list[Line]) -> bytes:
    shown = []
    for words, x, y, size in lines:
        escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
        shown.append(b"BT /F1 %.1f Tf 1 0 0 1 %.1f %.1f Tm (%s) Tj ET" % (size, x, y, escaped))
    return b"\n".join(shown)


def document(objects: dict[int, bytes]) -> bytes:
    """A PDF of these objects, of which 1 is the catalogue."""
    raw = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(raw)
        raw += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(raw), max(objects) + 1
    entries = (b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size))
    return bytes(
        raw
        + b"xref\n0 %d\n%s" % (size, b"".join(entries))
        + (b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start))
    )


def stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(body), body)


def objects(streams: list[bytes], font: bytes = FONT, resources: bytes = b"") -> dict[int, bytes]:
    """A catalogue, a page for each stream, and one font."""
    kids = b" ".join(b"%d 0 R" % (10 + 2 * n) for n in range(len(streams)))
    made = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(streams)),
        3: font,
    }
    for number, body in enumerate(streams):
        made[10 + 2 * number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> %s >> >>" % (11 + 2 * number, resources)
        )
        made[11 + 2 * number] = body
    return made


def pdf(*pages: list[Line]) -> bytes:
    return document(objects([stream(content(page)) for page in pages]))


def about(raw: bytes, **said: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(raw)))
    writer.add_metadata({f"/{key}": value for key, value in said.items()})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def draft(raw: bytes) -> Draft:
    (article,) = read(io.BytesIO(raw))
    assert isinstance(article, Draft)
    assert "published" not in article.card
    return article


def text(*pages: list[Line]) -> str:
    return draft(pdf(*pages)).text


# --- lines to paragraphs -------------------------------------------------------------------------------------------


def test_a_wider_gap_parts_paragraphs() -> None:
    assert text(set_lines(FIRST) + set_lines(SECOND, y=720 - 3 * 12 - 8)) == TEXT


def test_an_indent_parts_paragraphs() -> None:
    first, second = set_lines(FIRST), set_lines(SECOND, y=720 - 3 * 12)
    lines = [(first[0][0], 84.0, *first[0][2:]), *first[1:], (second[0][0], 84.0, *second[0][2:]), *second[1:]]
    assert text(
        [(words.replace("questions.", "questions from anyone who had come."), *place) for words, *place in lines]
    ) == (  # type: ignore[misc]
        TEXT.replace("questions.", "questions from anyone who had come.")
    )


def test_a_short_last_line_parts_paragraphs() -> None:
    assert text(set_lines(FIRST + SECOND)) == TEXT


def test_a_headline_stands_on_its_own() -> None:
    headline = [("Two killed in a storm", 72.0, 760.0, 20.0)]
    assert text(headline + set_lines(FIRST)) == "Two killed in a storm\n\n" + " ".join(FIRST)


def test_a_paragraph_goes_on_over_columns_and_pages() -> None:
    left, right = (
        set_lines(["Two people were", "killed in a storm"]),
        set_lines(["on the coast on", "Monday, when the"], x=320),
    )
    further = set_lines(["police said that", "it was all over."])
    assert text(left + right, further) == (
        "Two people were killed in a storm on the coast on Monday, when the police said that it was all over."
    )


def test_a_finished_paragraph_does_not_go_on_over_a_page() -> None:
    assert text(set_lines(FIRST), set_lines(SECOND)) == TEXT


def test_items_of_a_list_are_paragraphs_with_their_further_lines() -> None:
    items = [
        ("• One item that is long enough to need a second line, which hangs", 72.0, 720.0, 10.0),
        ("below its first words", 84.0, 708.0, 10.0),
        ("• Another item", 72.0, 696.0, 10.0),
    ]
    assert text(items) == (
        "• One item that is long enough to need a second line, which hangs below its first words\n\n• Another item"
    )


def test_a_line_drawn_in_parts_is_one() -> None:
    assert (
        text([("Two people", 72, 720, 10), (" were", 150, 720, 10), (" killed.", 190, 720, 10)])
        == "Two people were killed."
    )


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["a well-", "known man"], "a well-known man"),
        (["an assassi-", "nation was told"], "an assassi-nation was told"),  # who knows
        (["the assassination, an assassi-", "nation"], "the assassination, an assassination"),
        (["Assassination is told, an assassi-", "nation of a well-known man, a well-", "known one"],
         "Assassination is told, an assassination of a well-known man, a well-known one"),
        (["the Kremlin-", "Moscow line"], "the Kremlin- Moscow line"),
        (["an assassi\xad", "nation"], "an assassination"),
        (["the end –", "or so"], "the end – or so"),
    ],
)  # fmt: skip
def test_a_hyphen_at_a_lines_end_stays_unless_the_document_shows_the_word_whole(lines: list[str], joined: str) -> None:
    assert text(set_lines(lines)) == joined


def test_heads_feet_and_page_numbers_that_repeat_are_left_out() -> None:
    def page(number: int, lines: list[str]) -> list[Line]:
        head = ("The Paper, 3 May 2023" if number % 2 else "Two killed in a storm", 72.0, 800.0, 8.0)
        return [head, *set_lines(lines), (f"{number}", 300.0, 30.0, 8.0)]

    pages = [page(1, FIRST), page(2, SECOND), page(3, ["A third page was found."]), page(4, ["In 2023, it ended."])]
    assert text(*pages) == f"{TEXT}\n\nA third page was found.\n\nIn 2023, it ended."


def test_a_headline_is_no_running_head_though_the_further_pages_repeat_it() -> None:
    head = "Two killed in a storm"
    pages = [[(head, 72.0, 780.0, 20.0), *set_lines(FIRST)]]
    pages += [
        [(head, 72.0, 800.0, 8.0), *set_lines([f"The {word} page has this."])] for word in ("second", "third", "last")
    ]
    assert text(*pages).split("\n\n")[:2] == [head, " ".join(FIRST)]
    assert text(*pages).count(head) == 1


def test_ligatures_are_the_letters_they_show() -> None:
    font = FONT.replace(b"/WinAnsiEncoding", b"<< /Differences [65 /fi /fl] >>")
    raw = document(objects([stream(b"BT /F1 10 Tf 72 720 Td (the Are Boated o) Tj ET")], font))
    assert draft(raw).text == "the fire floated o"


def test_scripts_without_spaces_are_joined_without() -> None:
    assert (
        read_pdf._joined([read_pdf._Line(words, 0, 0, 0, 10) for words in ("首相は水曜", "日、述べた")], set())
        == "首相は水曜日、述べた"
    )
    assert (
        read_pdf._joined([read_pdf._Line(words, 0, 0, 0, 10) for words in ("총리는", "수요일")], set())
        == "총리는 수요일"
    )


_WORDS = st.text(st.characters(codec="cp1252", categories=["L", "N"]), min_size=1, max_size=9)


@given(st.lists(st.lists(_WORDS, min_size=1, max_size=60), max_size=4))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_paragraphs_set_in_lines_are_read_as_they_were(texts: list[list[str]]) -> None:
    texts = [" ".join(FIRST).split(), *texts]  # something from which to tell how far apart lines are
    lines: list[Line] = []
    y = 800.0
    for words in texts:
        for start in range(0, len(words), 8):
            lines.append((" ".join(words[start : start + 8]), 72.0, y, 10.0))
            y -= 12
        y -= 10
    assert text(lines) == "\n\n".join(" ".join(words) for words in texts)


# --- the card ------------------------------------------------------------------------------------------------------


def test_title_and_author_are_taken_and_the_title_is_not_repeated() -> None:
    raw = pdf([("Two killed in a storm", 72.0, 760.0, 20.0), *set_lines(FIRST)])
    article = draft(about(raw, Title="Two killed in  a storm", Author="Ann Author", CreationDate="D:20230503120000Z"))
    assert article.card == {"title": "Two killed in a storm", "author": "Ann Author"}
    assert article.text == " ".join(FIRST)


@pytest.mark.parametrize(
    "title",
    [
        *("", " ", "untitled", "Untitled-1", "Microsoft Word - storm.docx", "storm.indd", "a b c.doc", "Document1"),
        *("Layout 1", "https://paper.example/storm.html", "print"),
    ],
)
def test_what_a_program_writes_is_no_title(title: str) -> None:
    assert draft(about(pdf(set_lines(FIRST)), Title=title)).card == {}


@pytest.mark.parametrize(
    "author", ["", "admin", "annauthor", "ann@paper.example", "Windows User", "user 1", "PAPER\\ann a"]
)
def test_what_a_program_writes_is_no_author(author: str) -> None:
    assert draft(about(pdf(set_lines(FIRST)), Author=author)).card == {}


# --- refused -------------------------------------------------------------------------------------------------------


def refusal(raw: bytes) -> str:
    begun = time.process_time()
    with pytest.raises(UnreadableError) as refused:
        draft(raw)
    assert time.process_time() - begun < 60
    return str(refused.value)


GOOD = pdf(set_lines(FIRST))
CATALOGUE = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is not a PDF"),
        (b"Words that are no PDF.", "it is not a PDF"),
        (b"x" * 2000 + GOOD, "it is not a PDF"),
        (b"\x89PNG\r\n\x1a\n", "it is not a PDF"),
        (b"%PDF-1.7\n", "it is a damaged PDF"),
        (b"%PDF-1.7\n" + b"\0" * 5000, "it is a damaged PDF"),
        (b"%PDF-1.7\n" + random.Random(6).randbytes(5000), "it is a damaged PDF"),
        (GOOD[:80], "it is a damaged PDF"),
        (document({1: b"<< /Type /Catalog >>"}), "it is a damaged PDF"),
        (document(CATALOGUE | {2: b"<< /Type /Pages /Kids [] /Count 0 >>"}), "it has no text layer"),
        (document(CATALOGUE | {2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}), "it "),
        (document({1: b"[" * 10_000}), "it "),
        (document({1: b"<< /a " * 10_000}), "it "),
        (document({1: b"1 0 R"}), "it "),
        (document(objects([stream(b"")])), "it has no text layer; it is probably a scan"),
        (document(objects([stream(b"q 595 0 0 842 0 0 cm /Im1 Do Q")])), "it has no text layer; it is probably a scan"),
        (document(objects([stream(b"BT /F1 10 Tf (  ) Tj ET")])), "it has no text layer; it is probably a scan"),
        (about(pdf(set_lines(["Only a title here"])), Title="Only a title here"), "it holds a title and no text"),
        (pdf(*[set_lines(["x"])] * 201), "it has 201 pages, more than 200, too many for one article"),
    ],
)  # fmt: skip
def test_what_is_no_article_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    assert refusal(raw).startswith(reason)


@pytest.mark.parametrize("algorithm", ["RC4-128", "RC4-40"])
def test_a_password_is_asked_of_nobody(algorithm: str) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(GOOD)))
    writer.encrypt(user_password="secret", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    assert refusal(out.getvalue()) == "it is encrypted and opens with a password only"


def test_what_opens_without_a_password_is_read() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(GOOD)))
    writer.encrypt(user_password="", owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert draft(out.getvalue()).text == " ".join(FIRST)


def test_letters_that_nobody_can_name_are_refused() -> None:
    font = FONT.replace(
        b"/WinAnsiEncoding", b"<< /Differences [97 %s] >>" % b" ".join(b"/uniE0%02X" % n for n in range(26))
    )
    raw = document(objects([stream(content(set_lines(FIRST)))], font))
    assert refusal(raw) == "its fonts do not say which letters they show, so that its text cannot be read"


def test_an_archive_s_export_is_never_one_article() -> None:
    lines = [("1 of 2 DOCUMENTS", 72.0, 760.0, 10.0), *set_lines(FIRST)]
    assert refusal(pdf(lines)).startswith("it is an archive's export of many articles; download that as .docx")


def test_a_tree_of_pages_that_doubles_ends_soon() -> None:
    tree = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for level in range(2, 12):
        tree[level] = b"<< /Type /Pages /Count 10 /Kids [%s] >>" % (b"%d 0 R " % (level + 1) * 10)
    tree[12] = b"<< /Type /Page /MediaBox [0 0 9 9] >>"
    assert refusal(document(tree)).startswith("it ")


def test_ten_thousand_pages_are_refused_soon() -> None:
    assert refusal(document(objects([b"<< /Length 0 >>\nstream\n\nendstream"] * 10_000))) == (
        "it has 10,000 pages, more than 200, too many for one article"
    )


@pytest.mark.parametrize("filter_", ["once", "twice"])
def test_a_stream_that_swells_ends_soon(filter_: str) -> None:
    body = zlib.compress(b"BT (words) Tj ET\n" * 20_000_000, 9)
    entries = b"/Filter /FlateDecode"
    if filter_ == "twice":
        body, entries = zlib.compress(body, 9), b"/Filter [/FlateDecode /FlateDecode]"
    assert refusal(document(objects([stream(body, entries)]))).startswith("it ")


def test_forms_that_draw_each_other_end_soon() -> None:
    made = objects([stream(b"/X0 Do")], resources=b"/XObject << /X0 100 0 R >>")
    for level in range(30):
        inner = b"/Resources << /XObject << /X0 %d 0 R >> >>" % (101 + level)
        made[100 + level] = stream(b"/X0 Do " * 9, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + inner)
    made[130] = stream(b"BT /F1 10 Tf (words) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    begun = time.process_time()
    with suppress(UnreadableError):
        draft(document(made))
    assert time.process_time() - begun < 60


def test_more_characters_than_an_article_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_pdf, "MAX_CHARS", sum(map(len, FIRST)))
    assert draft(GOOD).text == " ".join(FIRST)
    assert refusal(pdf(set_lines([*FIRST, "x"]))).startswith("it holds more than")


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end]):
        try:
            draft(damaged)
        except UnreadableError:
            continue


def test_an_odd_title_harms_nothing() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(GOOD)))
    writer.add_metadata({})
    writer._info[NameObject("/Title")] = TextStringObject("A \n title\x00")  # type: ignore[index]
    out = io.BytesIO()
    writer.write(out)
    assert draft(out.getvalue()).text == " ".join(FIRST)


def test_real_documents_are_read() -> None:
    roots = [Path(sysconfig.get_path("purelib")), Path("/usr/share/doc")]
    here = (path for root in roots if root.is_dir() for path in root.rglob("*.pdf"))
    found = sorted(path for path in here if "mpl-data" not in path.parts)[:5]  # matplotlib's are icons
    if not found:
        pytest.skip("nothing on this machine carries a PDF")
    for path in found:
        article = draft(path.read_bytes())
        paragraphs = article.text.split("\n\n")
        assert all(paragraph == paragraph.strip() and "\n" not in paragraph for paragraph in paragraphs)
        assert max(map(len, paragraphs)) > 200
