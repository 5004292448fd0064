"""What is remembered of pages and PDFs: used where it is sound, passed over where it is not, and never in the way."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from test_read_pdf import pdf, set_lines

from index.build import CACHE
from index.corpus import read_corpus
from index.readers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from index.readers.worker import Read, Wanted

PAGE = (
    "<html><head><title>A page</title></head><body><article><p>{}</p><p>No more is known.</p></article></body></html>"
)
STEP = 7  # of the remembered bytes, one in so many is changed; 1 takes ten seconds


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A page and a PDF, which are remembered, and a text, which is not."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "hat.txt").write_text("Thirteen pelicans stole a hat.", encoding="utf-8")
    (folder / "page.html").write_text(PAGE.format("A page about thirteen pelicans."), encoding="utf-8")
    (folder / "report.pdf").write_bytes(pdf(set_lines(["The report counts thirteen pelicans", "and one hat."])))
    return folder


def texts(corpus: Path, cache: Path | None = None) -> dict[str, str]:
    return {article.source.id: article.text for article in read_corpus(corpus, cache).articles}


def before_reading(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something done before a page or a PDF is read and not remembered."""
    real = Worker.read

    def wanted(files: Iterable[Wanted]) -> Iterator[Wanted]:
        for file in files:
            if file.whole:
                act()
            yield file

    def read(worker: Worker, files: Iterable[Wanted]) -> Iterator[Read]:
        return real(worker, wanted(files))

    monkeypatch.setattr(Worker, "read", read)


def test_what_was_read_is_remembered_until_the_file_is_gone(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, read = tmp_path / CACHE, []
    true = read_corpus(corpus, cache)
    before_reading(monkeypatch, lambda: read.append("a file"))
    assert read_corpus(corpus, cache) == true
    assert read == []
    page = (corpus / "page.html").rename(tmp_path / "page.html")
    read_corpus(corpus, cache)
    page.rename(corpus / "page.html")
    assert read_corpus(corpus, cache) == true
    assert read == ["a file"]


def test_no_changed_byte_of_what_is_remembered_comes_into_an_article(corpus: Path, tmp_path: Path) -> None:
    cache = tmp_path / CACHE
    true = read_corpus(corpus, cache)
    whole = cache.read_bytes()
    drafts = [range(found.start() - 200, found.end()) for found in re.finditer(rb'\[\{"text".*?\}\]', whole)]
    assert len(drafts) == 2
    ends = [range(100), range(100, len(whole), 97)]
    places = sorted({place for run in (*ends, *(run[::STEP] for run in drafts)) for place in run})
    false = []
    for number, place in enumerate(places):
        by = (0x01, 0x20, 0x80, 0xFF)[number % 4]
        cache.write_bytes(whole[:place] + bytes([whole[place] ^ by]) + whole[place + 1 :])
        try:
            if read_corpus(corpus, cache) != true:
                false.append((place, by, whole[place - 30 : place + 10]))
        except Exception as exc:  # noqa: BLE001 - each is told with its place
            false.append((place, by, repr(exc)))
    assert false == []


def test_what_an_older_version_remembered_is_passed_over_and_forgotten(corpus: Path, tmp_path: Path) -> None:
    true = texts(corpus)
    key = f"{hashlib.sha256((corpus / 'page.html').read_bytes()).hexdigest()} index.readers.html"
    drafts = json.dumps([{"text": "False.", "card": {}, "member": "", "body_start": 0, "line": None, "notes": []}])
    with closing(sqlite3.connect(tmp_path / CACHE)) as db, db:
        db.execute("CREATE TABLE read (key TEXT PRIMARY KEY, drafts TEXT NOT NULL) STRICT")
        db.executemany("INSERT INTO read VALUES (?, ?)", [(f"{key} 1", drafts), (f"{key} 2", drafts)])
    for _ in range(2):
        assert texts(corpus, tmp_path / CACHE) == true
    assert b"False." not in (tmp_path / CACHE).read_bytes()


def test_a_page_that_changes_while_it_is_read_is_not_remembered_as_what_it_was(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = corpus / "page.html"
    was, changed = page.read_bytes(), PAGE.format("A page about thirty walruses.")
    with monkeypatch.context() as patch:
        before_reading(patch, lambda: page.write_text(changed, encoding="utf-8"))
        read_corpus(corpus, tmp_path / CACHE)
    page.write_bytes(was)
    assert "thirteen pelicans" in texts(corpus, tmp_path / CACHE)["page.html"]


# --- where nothing can be remembered ---------------------------------------------------------------------------------


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "none" / "there")


def garbage(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xa5garbage" * 100)


def another_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE read (other INTEGER)")


def cut_short(path: Path) -> None:
    read_corpus(path.parent.parent / "corpus", path)
    path.write_bytes(path.read_bytes()[:-100])


def a_schema_that_is_not_utf8(path: Path) -> None:
    """Python fails to read what SQLite says of it, with a ValueError."""
    read_corpus(path.parent.parent / "corpus", path)
    path.write_bytes(path.read_bytes().replace(b"tableread", b"table\xffead"))


def rows_exchanged(path: Path) -> None:
    read_corpus(path.parent.parent / "corpus", path)
    with closing(sqlite3.connect(path)) as db, db:
        (page, of_page), (report, of_report) = db.execute("SELECT key, drafts FROM read").fetchall()
        db.executemany("UPDATE read SET drafts = ? WHERE key = ?", [(of_report, page), (of_page, report)])


HARMS = [a_folder, a_link_to_nowhere, garbage, another_table, cut_short, a_schema_that_is_not_utf8, rows_exchanged]


@pytest.mark.parametrize("harm", HARMS)
def test_where_nothing_can_be_remembered_everything_is_read_anew(
    corpus: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    true = texts(corpus)
    (tmp_path / "data").mkdir()
    harm(tmp_path / "data" / CACHE)
    for _ in range(2):
        assert texts(corpus, tmp_path / "data" / CACHE) == true


@pytest.mark.parametrize("pages", [1, 3])
def test_a_disk_full_of_what_is_remembered_stops_nothing(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    real = sqlite3.connect

    def connect(path: Any, **options: Any) -> sqlite3.Connection:
        db = real(path, **options)
        assert db.execute(f"PRAGMA max_page_count = {pages}").fetchone() == (pages,)
        return db

    (corpus / "page.html").write_text(PAGE.format("Pelicans, pelicans. " * 1000), encoding="utf-8")
    true = texts(corpus)
    monkeypatch.setattr(sqlite3, "connect", connect)
    for _ in range(2):
        assert texts(corpus, tmp_path / CACHE) == true


def test_whatever_statement_on_what_is_remembered_fails_nothing_is_lost(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, real, left = read_corpus(corpus), sqlite3.connect, 0

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise sqlite3.OperationalError("disk I/O error")

    class Failing(sqlite3.Connection):
        def execute(self, *args: Any) -> Any:
            step()
            return super().execute(*args)

        def executescript(self, script: str) -> Any:
            step()
            return super().executescript(script)

    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: real(path, factory=Failing, **options))
    failed = 0
    while left <= 0:
        failed += 1
        left = failed
        assert read_corpus(corpus, tmp_path / CACHE) == true
        (tmp_path / CACHE).unlink(missing_ok=True)
    assert failed > 5
