from __future__ import annotations

import hashlib
import os
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from index.corpus import OPENING_CHARS, Corpus, opening_words, read_corpus
from index.errors import CorpusError
from index.readers.drafts import MAX_ARTICLE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from index.model import Article

OPENINGS = {
    "000_26e0559497798c00": "Russia said on Wednesday it shot down two Ukrainian drones that targeted the…",
    "001_1cf67b88aa30fa13": "Russia has accused Ukraine of trying to assassinate Vladimir Putin in a double…",
    "002_6378cb4c47d900f5": "The Russian government has accused Ukraine of attempting to assassinate…",
    "003_97ab892218fedf90": "Russia has accused Ukraine of trying to assassinate President Vladimir Putin by…",
    "004_8a38857d99c895f8": "Russian authorities have accused Ukraine of attempting to attack the Kremlin…",
}
DATES = {"003_97ab892218fedf90": date(2023, 5, 4), "004_8a38857d99c895f8": date(2023, 5, 3)}


def one(folder: Path, raw: bytes, name: str = "a.txt") -> Article:
    """The only article of a folder that holds one file with these bytes."""
    (folder / name).write_bytes(raw)
    corpus = read_corpus(folder)
    assert corpus.refused == ()
    (article,) = corpus.articles
    return article


def with_toml(folder: Path, toml: str) -> Corpus:
    """A folder with the articles a.txt and b.txt and this sources.toml."""
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(f"Article {name}.", encoding="utf-8")
    (folder / "sources.toml").write_text(toml, encoding="utf-8")
    return read_corpus(folder)


def notes(corpus: Corpus) -> list[str]:
    assert [article.source.id for article in corpus.articles] == ["a", "b"]  # a bad entry stops no article
    assert corpus.refused == ()
    return [str(note) for note in corpus.notes]


# --- the seeds ---------------------------------------------------------------------------------------------------


def test_the_seeds_read_as_a_careful_person_would_read_them() -> None:
    corpus = read_corpus(SEEDS)
    assert (corpus.refused, corpus.notes) == ((), ())
    assert {article.source.id: article.source.title for article in corpus.articles} == OPENINGS
    for article in corpus.articles:
        source = article.source
        assert source.published == DATES.get(source.id)
        assert (source.title_given, source.outlet, source.author, source.url, source.language) == (False,) + (None,) * 4


def test_a_stored_seed_is_its_file_byte_for_byte() -> None:
    for article in read_corpus(SEEDS).articles:
        raw = (SEEDS / f"{article.source.id}.txt").read_bytes()
        assert article.text == raw.decode()
        assert article.source.sha256 == hashlib.sha256(raw).hexdigest()


def test_opening_words_stand_in_the_seeds_verbatim_where_the_prose_begins() -> None:
    for article in read_corpus(SEEDS).articles:
        start = article.text.find(article.source.title.removesuffix("…"))
        assert article.body_start <= start <= article.body_start + len("(Moscow) ")


# --- titles and dates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("One. Two.", "One."),
        ("No end here\nSecond line.", "No end here"),
        ("KYIV, Ukraine (AP) — Shells fell. More.", "Shells fell."),
        ("Moscow: Shells fell.", "Shells fell."),
        ("(Moscow) Shells fell.", "Shells fell."),
        ("NEW DELHI – Shells fell.", "Shells fell."),
        ("\n\n  Leading space.", "Leading space."),
        ("Moscow:\n", "Moscow:"),  # nothing follows, so that it is no dateline
        ("date 2023-05-04 MOSCOW - Shells fell.", "Shells fell."),
        ("word " * 40, ("word " * 16).strip() + "…"),
        ("word " * 15 + "ends.", "word " * 15 + "ends."),  # 80 characters are not cut
        ("word " * 14 + "word, extraordinarily more.", ("word " * 15).strip() + "…"),
        ("x" * 100 + " y", "x" * (OPENING_CHARS + 1) + "…"),
    ],
)
def test_title_is_the_first_sentence_without_its_dateline(tmp_path: Path, text: str, title: str) -> None:
    assert one(tmp_path, text.encode()).source.title == title


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=300))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_opening_words_are_never_empty_and_always_in_the_text(text: str) -> None:
    text += "x"
    title = opening_words(text, 0)
    assert title
    assert len(title) <= OPENING_CHARS + 2
    assert title in text or (title.endswith("…") and title[:-1] in text)


@pytest.mark.parametrize(
    "header", ["date 2023-05-04", " Date: 2023-05-04", "published 2023-05-04", "DATED 2023-05-04\n\n"]
)
def test_a_date_header_dates_the_article_and_is_no_prose(tmp_path: Path, header: str) -> None:
    article = one(tmp_path, f"{header} Shells fell.".encode())
    assert article.source.published == date(2023, 5, 4)
    assert article.text[article.body_start :] == "Shells fell."


@pytest.mark.parametrize("text", ["On 2023-05-04 it rained.", "The date 2023-05-04 was set.", "date 2023-05-041 no"])
def test_a_date_elsewhere_dates_nothing(tmp_path: Path, text: str) -> None:
    article = one(tmp_path, text.encode())
    assert (article.source.published, article.body_start) == (None, 0)


def test_a_date_that_does_not_exist_is_left_out_and_noted(tmp_path: Path) -> None:
    article = one(tmp_path, b"date 2023-02-30 Shells fell.")
    assert (article.source.published, article.source.title) == (None, "Shells fell.")
    assert [str(note) for note in read_corpus(tmp_path).notes] == [
        "a.txt: its date 2023-02-30 does not exist; the article is shown without a date"
    ]


# --- bytes to text -------------------------------------------------------------------------------------------------

WORDS = "Café “Ünïted” – 🇺🇦 naïve."


@pytest.mark.parametrize(
    "raw",
    [
        WORDS.encode(),
        b"\xef\xbb\xbf" + WORDS.encode(),
        b"\xff\xfe" + WORDS.encode("utf-16-le"),
        b"\xfe\xff" + WORDS.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 bom", "utf-16 le", "utf-16 be"],
)
def test_unicode_is_read_without_a_note_and_without_its_mark(tmp_path: Path, raw: bytes) -> None:
    assert one(tmp_path, raw).text == WORDS
    assert read_corpus(tmp_path).notes == ()


@pytest.mark.parametrize(
    ("raw", "text", "note"),
    [
        (
            b"Caf\xe9 \x93quoted\x94 \x96 \x80",
            "Café “quoted” – €",
            "a.txt: it is not UTF-8; read as Latin-1 (Windows-1252)",
        ),
        (b"Caf\xe9 \x81", "Café ", "a.txt: it is not UTF-8; read as Latin-1"),
    ],
)
def test_latin_1_is_read_and_noted(tmp_path: Path, raw: bytes, text: str, note: str) -> None:
    assert one(tmp_path, raw).text == text
    assert [str(problem) for problem in read_corpus(tmp_path).notes] == [note]


def test_line_ends_become_newlines_and_nothing_else_changes(tmp_path: Path) -> None:
    text = "a\tb \u00a0\u2028 c  \n"
    assert one(tmp_path, f" \r\n{text}\r\r\n{text}\n\r".encode()).text == f" \n{text}\n\n{text}\n\n"


PAGE = "<html><body><article><p>The pier was closed on Monday.{} The council met.</p></article></body></html>"


@pytest.mark.parametrize(
    ("name", "raw", "stored"),
    [
        ("a.html", PAGE.format("\x0c"), "The pier was closed on Monday. The council met."),
        ("a.html", PAGE.format("&#12;"), "The pier was closed on Monday. The council met."),
        ("a.html", PAGE.format("&#7;"), "The pier was closed on Monday. The council met."),
        ("a.html", PAGE.format("<b title='\x0c&#1;'></b>"), "The pier was closed on Monday. The council met."),
        (
            "a.html",
            PAGE.format("<pre>1&#13;&#10;2</pre>"),
            "The pier was closed on Monday.\n\n1\n2\n\nThe council met.",
        ),
        ("a.txt", "\x01On Monday.\x0cThe\x1b[0m pier.\x7f", "On Monday.\nThe[0m pier."),
        ("a.txt", "date 2024-02-06\x0c\x01It don\x92t hold.", "date 2024-02-06\nIt don’t hold."),
        ("a.md", "On Monday.\x0cThe pier.\x01", "On Monday. The pier."),
        ("a.json", r'{"text": "On Monday.\u000cThe\u0001 pier."}', "On Monday.\nThe pier."),
    ],
)
def test_controls_are_not_stored_and_stop_nothing(tmp_path: Path, name: str, raw: str, stored: str) -> None:
    article = one(tmp_path, raw.encode(), name)
    assert article.text == stored
    assert article.text[article.body_start :].strip()[0] in "OTI"


@pytest.mark.parametrize("name", ["a.html", "a.xml", "a.rss", "a.md", "a.json", "a.pdf", "a.txt"])
@pytest.mark.parametrize("raw", [b"u\f", b"\f", b"\x01\x02", b"&#12;", b"\xed\xa0\x80", b"\x7f\xc2\x80"])
def test_a_file_of_next_to_nothing_stops_no_other(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    (tmp_path / "z.txt").write_text("Fine.", encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert corpus.articles[-1].text == "Fine."
    assert len(corpus.articles) + len(corpus.refused) == 2
    for article in corpus.articles:
        assert not [c for c in article.text if c not in "\t\n" and unicodedata.category(c) in {"Cc", "Cs"}]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("\t\n")))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_stored_text_is_the_decoded_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    text = "x" + text
    article = one(tmp_path_factory.mktemp("c"), text.encode())
    assert article.text == text
    assert article.source.sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        (b" \r\n\t\n", "it is empty"),
        (b"date 2023-05-04 \n", "it holds a date and no text"),
        (b"a\0b", "it holds NUL bytes, so it is not a text file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it holds NUL bytes, so it is not a text file"),
        (b"\xff\xfea\0\0\0", "it holds NUL characters, so it is not a text file"),
        (b"\xff\xfe" + "x".encode("utf-32-le"), "it holds NUL characters, so it is not a text file"),
        (b"\xff\xfea", "its byte order mark says UTF-16, but it is not"),
        (b"\xff\xfe\x00\xd8a\0", "its byte order mark says UTF-16, but it is not"),  # half a surrogate pair
    ],
)
def test_a_file_that_is_no_text_is_refused_and_the_next_is_read(tmp_path: Path, raw: bytes, reason: str) -> None:
    (tmp_path / "bad.txt").write_bytes(raw)
    (tmp_path / "good.txt").write_text("Fine.", encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [article.source.id for article in corpus.articles] == ["good"]
    assert [str(problem) for problem in corpus.refused] == [f"bad.txt: {reason}"]


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fits.txt").write_bytes(b"x y. " * (MAX_ARTICLE_BYTES // 5))
    for name in ("not.txt", "not.html", "not.md"):
        (tmp_path / name).write_bytes(b"x" * (MAX_ARTICLE_BYTES + 1))
    corpus = read_corpus(tmp_path)
    assert [article.source.id for article in corpus.articles] == ["fits"]
    assert [str(p).partition(": ")[2] for p in corpus.refused] == [
        "it is larger than 20 MiB, too large for one article"
    ] * 3


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.md", "a.json", "a.pdf", "a.xml"])
def test_a_file_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(2 * 1024**3)  # of which none is on the disk
    (refused,) = read_corpus(tmp_path).refused
    assert "is larger than" in refused.reason or "not well-formed" in refused.reason


@pytest.fixture
def corpus_with_links(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("Secret.", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.txt").write_text("Far.", encoding="utf-8")
    (folder / "good.txt").write_text("Fine.", encoding="utf-8")
    (folder / "inside.txt").symlink_to("good.txt")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "sub" / "up.txt").symlink_to("../../secret.txt")
    (folder / "dangling.txt").symlink_to("nothing.txt")
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "sub" / "round").symlink_to(folder)
    return folder


def test_links_are_followed_within_the_corpus_only(corpus_with_links: Path) -> None:
    corpus = read_corpus(corpus_with_links)
    assert [(a.source.id, a.text) for a in corpus.articles] == [("good", "Fine."), ("inside", "Fine.")]
    assert {problem.file: problem.reason for problem in corpus.refused} == {
        "dangling.txt": "it cannot be read: No such file or directory",
        "loop.txt": "it cannot be read: Too many levels of symbolic links",
        "out.txt": "it is a link that leads out of the corpus folder",
        "sub/up.txt": "it is a link that leads out of the corpus folder",
    }


def test_a_corpus_that_is_itself_a_link_is_read(corpus_with_links: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(corpus_with_links)
    assert read_corpus(tmp_path / "alias").articles == read_corpus(corpus_with_links).articles


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert [str(problem) for problem in read_corpus(tmp_path).refused] == ["pipe.txt: it is not a regular file"]


def test_a_file_name_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("Fine.", encoding="utf-8")
    (tmp_path / "good.txt").write_text("Fine.", encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [article.source.id for article in corpus.articles] == ["good"]
    assert [str(problem) for problem in corpus.refused] == ["caf?.txt: its name is not UTF-8"]


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("Fine.", encoding="utf-8")

    def denied(_path: Path, _mode: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", denied)  # tests may run as root, whom no mode keeps out
    assert [str(p) for p in read_corpus(tmp_path).refused] == ["a.txt: it cannot be read: Permission denied"]


def test_subfolders_are_read_in_order_and_hidden_files_are_not_and_others_are_told(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "a/z.txt",
        "a/b/c.txt",
        "ä ö.txt",
        ".hidden.txt",
        ".git/x.txt",
        "a/.x/y.txt",
        "c.docx",
        "d.txt~",
        "README.txt",
        "a/readme.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "folder.txt" / "in.txt").write_text("in", encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [a.source.id for a in corpus.articles] == ["a/b/c", "a/z", "b", "folder.txt/in", "ä ö"]
    assert [problem.file for problem in corpus.refused] == ["c.docx", "d.txt~"]
    assert corpus.notes == ()


def test_a_corpus_below_a_hidden_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / ".data").mkdir()
    assert one(tmp_path / ".data", b"Fine.").source.id == "a"


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_corpus_that_is_no_folder_is_an_error_that_says_what_to_set(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match=r"corpus folder .* does not exist\. Put articles there, or .* CORPUS_DIR"):
        read_corpus(tmp_path / name)


def test_the_corpus_hash_follows_every_text_name_and_card(tmp_path: Path) -> None:
    seen = {with_toml(tmp_path, "").sha256}
    for toml in ('["a.txt"]\ntitle = "T"', '["a.txt"]\noutlet = "T"', '["b.txt"]\noutlet = "T"'):
        seen.add(with_toml(tmp_path, toml).sha256)
    assert with_toml(tmp_path, "").sha256 in seen
    (tmp_path / "a.txt").write_text("Article A.", encoding="utf-8")
    seen.add(read_corpus(tmp_path).sha256)
    (tmp_path / "a.txt").rename(tmp_path / "c.txt")
    seen.add(read_corpus(tmp_path).sha256)
    assert len(seen) == 6


# --- sources.toml --------------------------------------------------------------------------------------------------


def test_the_corpus_hash_follows_what_is_a_version_of_what(tmp_path: Path) -> None:
    told = "---\nurl: https://paper.example/hat\nupdated: {}\n---\n\n{} of herons stood by the canal and looked at it. "
    again = "Nobody who came by that morning could say what they were waiting for, or for whom, or why in that place."
    (tmp_path / "a.md").write_text(told.format("2023-05-03", "Dozens") + again)
    (tmp_path / "b.md").write_text(told.format("2023-05-05", "Hundreds") + again)
    later = read_corpus(tmp_path)
    assert {name: [version.source.id for version in versions] for name, versions in later.earlier.items()} == {
        "b.md": ["a.md"]
    }
    (tmp_path / "a.md").rename(tmp_path / "c.md")
    assert read_corpus(tmp_path).articles == later.articles
    assert read_corpus(tmp_path).sha256 != later.sha256
    (tmp_path / "c.md").unlink()
    assert read_corpus(tmp_path).articles == later.articles
    assert read_corpus(tmp_path).sha256 != later.sha256


def test_a_day_of_publication_that_is_given_counts_and_a_change_that_the_file_tells_stays(tmp_path: Path) -> None:
    front = "---\nurl: https://paper.example/hat\npublished: {}\n{}---\n\n"
    text = "{} of herons stood by the canal, and nobody who came by that morning could say what they were waiting for. "

    def latest(change: str, toml: str) -> list[str]:
        (tmp_path / "a.md").write_text(front.format("2025-01-01T10:00:00Z", "") + text.format("Dozens") * 3)
        (tmp_path / "b.md").write_text(front.format("2023-05-05", change) + text.format("Hundreds") * 3)
        (tmp_path / "sources.toml").write_text(toml)
        return [article.source.id for article in read_corpus(tmp_path).articles]

    assert latest("", "") == ["a.md"]
    assert latest("", '["a.md"]\npublished = 2023-05-04') == ["b.md"]
    assert latest("updated: 2025-02-01\n", '["b.md"]\npublished = 2023-05-01') == ["b.md"]


def test_a_publication_is_compared_as_exactly_as_it_is_told(tmp_path: Path) -> None:
    front = "---\nurl: https://paper.example/hat\npublished: 2023-05-03T{}:00Z\n---\n\n"
    text = "{} of herons stood by the canal, and nobody who came by that morning could say what they were waiting for. "
    (tmp_path / "a.md").write_text(front.format("17:30") + text.format("Dozens") * 3)
    (tmp_path / "b.md").write_text(front.format("09:00") + text.format("Hundreds") * 3)
    assert [article.source.id for article in read_corpus(tmp_path).articles] == ["a.md"]
    (tmp_path / "c.txt").write_text("date 2023-05-04\n" + text.format("Thousands") * 3)
    (tmp_path / "sources.toml").write_text('["c.txt"]\nurl = "https://paper.example/hat"')
    corpus = read_corpus(tmp_path)
    assert [version.source.id for version in corpus.earlier["c"]] == ["a.md", "b.md"]
    assert str(corpus.notes[0]) == (
        "a.md: replaced by c.txt, which has the same address and was published later (2023-05-04 against 2023-05-03)"
    )


def test_every_field_of_a_card_can_be_given(tmp_path: Path) -> None:
    toml = """
    ["a.txt"]
    title = "  A  title\\twith spaces "
    outlet = "The Outlet"
    author = "Ann Author"
    published = 2024-02-29
    url = "https://example.org/a?b=c"
    language = "pt-BR"
    """
    corpus = with_toml(tmp_path, toml)
    assert notes(corpus) == []
    a, b = (article.source for article in corpus.articles)
    assert (a.title, a.title_given, a.outlet, a.author) == ("A title with spaces", True, "The Outlet", "Ann Author")
    assert (a.published, a.url, a.language) == (date(2024, 2, 29), "https://example.org/a?b=c", "pt-BR")
    assert (b.title, b.title_given, b.outlet) == ("Article b.", False, None)


@pytest.mark.parametrize(
    "toml",
    [
        '"a.txt" = { published = "2024-02-29" }',
        '"a.txt".published = 2024-02-29',
        "'a.txt'.published = '2024-02-29'",
        '\ufeff["a.txt"]\npublished = 2024-02-29',
        '["a.txt"]\r\npublished = 2024-02-29\r\n',
        '# a comment\n["a.txt"] # another\n"published" = 2024-02-29 # third',
    ],
    ids=["inline", "dotted", "dotted literal", "BOM", "CRLF", "comments"],
)
def test_every_way_to_write_toml_is_read(tmp_path: Path, toml: str) -> None:
    corpus = with_toml(tmp_path, toml)
    assert notes(corpus) == []
    assert corpus.articles[0].source.published == date(2024, 2, 29)


def test_a_card_reaches_into_subfolders_and_overrules_the_date_header(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.d.txt").write_text("date 2023-05-04 Words.", encoding="utf-8")
    corpus = with_toml(tmp_path, '["sub/c.d.txt"]\npublished = 2020-01-01')
    (note,) = corpus.notes
    assert str(note) == (
        'sub/c.d.txt: sources.toml gives published = "2020-01-01", the file "2023-05-04"; sources.toml counts'
    )
    article = corpus.articles[-1]
    assert (article.source.id, article.source.published, article.body_start) == ("sub/c.d", date(2020, 1, 1), 16)


BAD_URL = "url must be a text in quotation marks that is not empty; this field is left out"
FIELDS = "title, outlet, author, published, url, language"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('titel = "x"', f'"titel" is not one of {FIELDS}'),
        ("title = 5", "title must be a text in quotation marks that is not empty"),
        ('author = ""', "author must be a text in quotation marks that is not empty"),
        ('outlet = " \\t"', "outlet must be a text in quotation marks that is not empty"),
        ('outlet = ["x"]', "outlet must be a text in quotation marks that is not empty"),
        ('published = "yesterday"', 'published = "yesterday" is not a date as YYYY-MM-DD'),
        ('published = "2023-02-30"', 'published = "2023-02-30" is not a date as YYYY-MM-DD'),
        ("published = 2023-05-04T10:00:00Z", 'published = "2023-05-04 10:00:00+00:00" is not a date as YYYY-MM-DD'),
        ("published = 20230504", 'published = "20230504" is not a date as YYYY-MM-DD'),
        ("published = true", 'published = "True" is not a date as YYYY-MM-DD'),
        ('url = "example.org"', 'url = "example.org" is not a link that starts with http:// or https://'),
        ('url = "javascript:x"', 'url = "javascript:x" is not a link that starts with http:// or https://'),
        ('url = "https://x y"', 'url = "https://x y" is not a link that starts with http:// or https://'),
        ('url = "https://x>y"', 'url = "https://x>y" is not a link that starts with http:// or https://'),
        ("url = 7", "url must be a text in quotation marks that is not empty"),
        ('language = "English"', 'language = "English" is not a code such as en or pt-BR'),
    ],
)
def test_a_bad_field_is_left_out_with_its_line_and_the_others_are_kept(tmp_path: Path, line: str, problem: str) -> None:
    corpus = with_toml(tmp_path, f'\n["a.txt"]\n\n{line}\n\n["b.txt"]\noutlet = "Good"\n')
    assert notes(corpus) == [f'sources.toml:4: ["a.txt"] {problem}; this field is left out']
    a, b = (article.source for article in corpus.articles)
    assert (a.title_given, a.outlet, a.author, a.published, a.url, a.language) == (False, *[None] * 5)
    assert b.outlet == "Good"


@pytest.mark.parametrize(
    ("toml", "note"),
    [
        ('\n["c.txt"]\ntitle = "x"', 'sources.toml:2: there is no article file "c.txt"'),
        ('\n\n["c.txt"]', 'sources.toml:3: there is no article file "c.txt"'),
        ('\n"a.txt" = "x"', 'sources.toml:2: "a.txt" must be a table, as in ["article.txt"]'),
        ('\ntitle = "x"', 'sources.toml:2: "title" must be a table, as in ["article.txt"]'),
        ('\n[["a.txt"]]\ntitle = "x"', 'sources.toml:2: "a.txt" must be a table, as in ["article.txt"]'),
        ('\n"a.txt" = { url = 1 }', f'sources.toml:2: ["a.txt"] {BAD_URL}'),
        ('\n"a.txt".author = "x"\n"a.txt".url = 1', f'sources.toml:3: ["a.txt"] {BAD_URL}'),
        ('# \u2028 \u0085\n["c.txt"]', 'sources.toml:2: there is no article file "c.txt"'),
    ],
)  # fmt: skip
def test_a_bad_entry_is_told_with_its_line(tmp_path: Path, toml: str, note: str) -> None:
    assert notes(with_toml(tmp_path, toml)) == [note]


def test_the_language_of_a_card_decides_where_its_opening_sentence_ends(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Der 3. Oktober ist da. Ja.", encoding="utf-8")
    assert read_corpus(tmp_path).articles[0].source.title == "Der 3."
    (tmp_path / "sources.toml").write_text('["a.txt"]\nlanguage = "de"', encoding="utf-8")
    assert read_corpus(tmp_path).articles[0].source.title == "Der 3. Oktober ist da."


def test_lost_cards_are_told_in_the_order_of_their_names(tmp_path: Path) -> None:
    lost = with_toml(tmp_path, '["z.txt"]\n["d.txt"]\n["k.txt"]').notes
    assert [(note.line, note.reason[-8:]) for note in lost] == [(2, ' "d.txt"'), (3, ' "k.txt"'), (1, ' "z.txt"')]


def test_a_file_name_without_quotation_marks_is_explained(tmp_path: Path) -> None:
    assert notes(with_toml(tmp_path, '\n[a.txt]\ntitle = "x"')) == [
        f'sources.toml:2: ["a"] "txt" is not one of {FIELDS}; a file name stands in quotation marks, as in '
        '["article.txt"]; this field is left out',
        'sources.toml:2: there is no article file "a"',
    ]


def test_a_card_of_a_refused_article_is_not_called_lost(tmp_path: Path) -> None:
    (tmp_path / "c.txt").touch()
    corpus = with_toml(tmp_path, '["c.txt"]\noutlet = "x"')
    assert corpus.notes == ()
    assert [str(problem) for problem in corpus.refused] == ["c.txt: it is empty"]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'\n["a.txt"]\ntitle = x\n', "line 3"),
        (b'["a.txt"]\n["a.txt"]\n', "line 2"),
        (b'["a.txt"]\npublished = 2023-02-30', "line 2"),
        (b"\n[a b]", "line 2"),
        (b'["a.txt"]\ntitle = "caf\xe9"', "utf-8"),
        (b'["a.txt"]\npublished = ' + b"1" * 5000, "digits"),
        (b"a = " + b"[" * 100_000, ""),
    ],
)
def test_toml_that_cannot_be_parsed_stops_everything_with_one_plain_error(
    tmp_path: Path, raw: bytes, message: str
) -> None:
    (tmp_path / "sources.toml").write_bytes(raw)
    with pytest.raises(CorpusError, match=rf"sources\.toml: .*{message}.*Nothing was indexed; correct the file"):
        read_corpus(tmp_path)


def test_a_metadata_file_that_is_a_folder_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").mkdir()
    with pytest.raises(CorpusError, match="Is a directory"):
        read_corpus(tmp_path)


def test_thousands_of_tables_are_located_one_by_one(tmp_path: Path) -> None:
    toml = "".join(f'["{number}.txt"]\ntitle = "x"\nurl = 1\n' for number in range(5000))
    lines = [note.line for note in with_toml(tmp_path, toml).notes]
    bad_urls, absent = lines[:5000], lines[5000:]
    assert bad_urls == [3 * number + 3 for number in range(5000)]
    assert sorted(line or 0 for line in absent) == [3 * number + 1 for number in range(5000)]
