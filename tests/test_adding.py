"""Files that are kept aside and then stored: what is shown is what is stored, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import adding
from bot import intake as intake_module
from bot.adding import given_fields
from bot.days import DayError
from bot.intake import AddingError, Intake, Staged
from bot.records.withdrawals import Withdrawal
from bot.visit import UsageError
from index.corpus import METADATA_FILE, read_corpus, read_metadata
from index.errors import CorpusError
from index.readers.drafts import CARD_FIELDS, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERON = b"A heron stopped the tram in Ghent.\n\nNobody was late, said the heron.\n"
PAGE = (
    "<!doctype html><html><head><title>Crane delays ferry</title></head><body><article><h1>Crane delays ferry</h1>"
    + "".join(f"<p>The crane stood on the ferry for {n} hours, and the captain had to wait.</p>" for n in range(2, 8))
    + "</article></body></html>"
).encode()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "old.txt").write_text("An old article about a bridge.", encoding="utf-8")
    return folder


@pytest.fixture(name="intake")
def intake_fixture(tmp_path: Path, corpus: Path) -> Intake:
    (tmp_path / "data").mkdir()
    return Intake(tmp_path / "data", corpus)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }  # fmt: skip


def kept_aside(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "data" / "staged").glob("*"))


def test_what_was_shown_is_what_the_corpus_then_holds(intake: Intake, corpus: Path, tmp_path: Path) -> None:
    before = tree(corpus)
    staged = intake.stage(HERON, "heron.txt", {"outlet": "Example Wire", "published": date(2023, 5, 3)})
    assert tree(corpus) == before
    assert (staged.file, staged.paragraphs, staged.refused, staged.notes) == ("added/heron.txt", 2, (), ())
    (article,) = staged.articles
    assert (article.source.id, article.source.outlet, article.source.author) == ("added/heron", "Example Wire", None)

    # By another process, such as after a restart.
    stored = Intake(tmp_path / "data", corpus).store(staged.key)
    assert stored == intake_module.Stored("added/heron.txt", hashlib.sha256(HERON).hexdigest(), ("added/heron",))
    assert (corpus / "added" / "heron.txt").read_bytes() == HERON
    held = read_corpus(corpus)
    assert article in held.articles
    assert (len(held.articles), held.refused, held.notes) == (2, (), ())
    assert kept_aside(tmp_path) == []
    assert set(tree(corpus)) == {*before, "added", "added/heron.txt", METADATA_FILE}
    for again in (intake.store, intake.discard):
        with pytest.raises(UsageError, match="too old"):
            again(staged.key)


def test_what_is_discarded_is_gone(intake: Intake, corpus: Path, tmp_path: Path) -> None:
    staged = intake.stage(HERON, "heron.txt", {})
    intake.discard(staged.key)
    assert kept_aside(tmp_path) == []
    with pytest.raises(UsageError, match="too old"):
        intake.store(staged.key)
    assert set(tree(corpus)) == {"old.txt"}


def test_a_file_waits_for_a_day_and_no_longer(intake: Intake, corpus: Path, tmp_path: Path) -> None:
    first, second = (intake.stage(data, "a.txt", {}) for data in (HERON, b"Another heron."))
    now = time.time()
    os.utime(tmp_path / "data" / "staged" / first.key, (now, now - intake_module.KEPT_SECONDS - 5))
    os.utime(tmp_path / "data" / "staged" / second.key, (now, now - intake_module.KEPT_SECONDS + 60))
    with pytest.raises(UsageError, match="too old"):
        intake.store(first.key)
    assert kept_aside(tmp_path) == [second.key]
    os.utime(tmp_path / "data" / "staged" / second.key, (now, now - intake_module.KEPT_SECONDS - 5))
    third = intake.stage(b"A third heron.", "a.txt", {})
    assert kept_aside(tmp_path) == [third.key]
    assert intake.store(third.key).ids == ("added/a",)
    assert "added/a.txt" in tree(corpus)


def test_what_was_altered_while_it_waited_is_not_stored(intake: Intake, corpus: Path, tmp_path: Path) -> None:
    staged = intake.stage(HERON, "heron.txt", {})
    file = tmp_path / "data" / "staged" / staged.key / staged.file
    file.write_bytes(HERON.replace(b"tram", b"bus"))
    with pytest.raises(UsageError, match="too old"):
        intake.store(staged.key)
    assert set(tree(corpus)) == {"old.txt"}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../x.txt", "x.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("．．／x.txt", "x.txt"),
        ("/etc/passwd", "passwd.txt"),
        ("..", "article.txt"),
        ("", "article.txt"),
        (".txt", "txt.txt"),
        (".hidden.txt", "hidden.txt"),
        ("-rf.txt", "rf.txt"),
        ("CON.txt", "_CON.txt"),
        ("com1.2023.txt", "_com1.2023.txt"),
        ("README.txt", "_README.txt"),
        ("a\0b\n\u202ec#d.txt", "a-b-c-d.txt"),
        ("half \ud800 a character.txt", "half-a-character.txt"),
        ("Heron in Ghent.TXT", "Heron-in-Ghent.txt"),
        ("Чапля 2023.txt", "Чапля-2023.txt"),
        ("minutes.v2", "minutes.v2.txt"),
        ("heron", "heron.txt"),
        ("x.txt. ", "x.txt"),
        ("x" * 300 + ".txt", "x" * 88 + ".txt"),
        ("鷺" * 300, "鷺" * 66 + ".txt"),
    ],
)
def test_a_hostile_name_becomes_one_within_the_folder(intake: Intake, corpus: Path, name: str, file: str) -> None:
    staged = intake.stage(HERON, name, {})
    assert staged.file == f"added/{file}"
    intake.store(staged.key)
    assert set(tree(corpus)) == {"old.txt", "added", f"added/{file}"}
    assert {article.source.id for article in read_corpus(corpus).articles} == {"old", staged.articles[0].source.id}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_every_name_is_safe_and_read_as_an_article(name: str) -> None:
    try:
        file = intake_module._safe(name, HERON)
    except UnreadableError:
        assert "." in name  # an ending that no article has, such as .7z, is refused
        return
    assert re.fullmatch(r"[\w-][\w.-]*\.(?:txt|md|markdown|x?html?|json|jsonl|ndjson|xml|rss|atom|pdf)", file)
    assert len(file) <= intake_module.MAX_NAME_CHARS - 6
    assert len(file.encode()) <= 240
    assert Path(file).stem.lower() != "readme"


def test_the_format_is_told_by_content_and_gives_the_ending(intake: Intake) -> None:
    page = intake.stage(PAGE, "page", {})
    assert page.file == "added/page.html"
    assert page.articles[0].source.title == "Crane delays ferry"
    assert page.notes == ()
    # A known ending stays, and the reader's note is shown.
    named = intake.stage(PAGE, "page.txt", {})
    assert (named.file, named.articles[0].source.id) == ("added/page.txt", "added/page")
    assert [str(note) for note in named.notes] == ["added/page.txt: it is named .txt and is an HTML page; read as that"]
    assert named.articles[0].text == page.articles[0].text
    assert "<p>" not in page.articles[0].text
    assert intake.stage(b'{"title": "T", "text": "A heron."}', "wire.export", {}).file == "added/wire.export.json"


def test_new_formats_are_taken_under_names_that_end_as_they_do(intake: Intake) -> None:
    from documents import docx

    assert intake.stage(docx("A heron stopped the tram."), "Report (2).DOCX", {}).file == "added/Report-2.docx"
    assert intake.stage(docx("A heron stopped the bus."), "report", {}).file == "added/report.docx"
    assert intake.stage(b"{\\rtf1 A heron stopped.}", "letter.doc", {}).file == "added/letter.doc.rtf"


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.txt", "it is empty"),
        (b" \n", "a", "it is empty"),
        (b"PK\x03\x04\0\0\0", "report.docx", "it is not a Word document, or a damaged one"),
        (b"\xd0\xcf\x11\xe0", "report.doc", "it is not read; open it in Word or LibreOffice and save it as .docx"),
        (b"\x89PNG\r\n", "scan.png", "it is of a kind that holds no text (pictures)"),
        (b"[{}, 3]", "a.json", "it has no text; it is not an article"),
        (b"%PDF-1.7 nothing", "a.pdf", ""),
        (b"<?xml version='1.0'?><rss><channel></channel></rss>", "a.xml", "it holds no articles"),
        (b"<rss><channel><item>", "a.rss", "it is not well-formed XML"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_reader_and_not_kept(
    intake: Intake, tmp_path: Path, data: bytes, name: str, reason: str
) -> None:
    with pytest.raises(AddingError, match=re.escape(f"“{name}” is not added: {reason}")):
        intake.stage(data, name, {})
    assert kept_aside(tmp_path) == []


def test_what_is_too_large_is_not_taken(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert intake_module.MAX_FILE_BYTES == 20 * 1024**2
    monkeypatch.setattr(intake_module, "MAX_FILE_BYTES", len(HERON))
    intake.stage(HERON, "a.txt", {})
    with pytest.raises(AddingError, match=r"“a\.txt” is larger than"):
        intake.stage(HERON + b" ", "a.txt", {})


def test_a_name_that_is_or_was_another_s_gets_a_number(intake: Intake, corpus: Path) -> None:
    def place(text: str, name: str, taken: tuple[str, ...] = ()) -> str:
        return intake.store(intake.stage(text.encode(), name, {}).key, taken).file

    assert [place(f"Heron {n}.", "heron.txt") for n in range(3)] == [
        "added/heron.txt",
        "added/heron-2.txt",
        "added/heron-3.txt",
    ]
    # Some systems take these for one.
    assert place("Heron 4.", "HERON.txt") == "added/HERON-4.txt"
    # A card or an earlier article of that name would be taken for this one's.
    (corpus / METADATA_FILE).write_text('["added/crane.txt"]\ntitle = "C"\n["added/feed.json#7"]\ntitle = "F"\n')
    assert place("Crane.", "crane.txt") == "added/crane-2.txt"
    assert place('{"text": "Feed."}', "feed.json") == "added/feed-2.json"
    assert place("Owl.", "owl.txt", ("added/owl", "added/wire.json#1")) == "added/owl-2.txt"
    assert place('{"text": "Wire."}', "wire.json", ("added/wire.json#1", "wire")) == "added/wire-2.json"
    assert {f"Heron {n}." for n in range(3)} <= {article.text for article in read_corpus(corpus).articles}


def test_a_name_that_is_taken_while_the_card_is_shown_is_not_overwritten(intake: Intake, corpus: Path) -> None:
    first, second = (intake.stage(text, "heron.txt", {"title": text.decode()}) for text in (b"One.", b"Two."))
    assert first.file == second.file
    assert intake.store(first.key).ids == ("added/heron",)
    assert intake.store(second.key).ids == ("added/heron-2",)
    titles = {article.source.id: (article.source.title, article.text) for article in read_corpus(corpus).articles}
    assert titles["added/heron"] == ("One.", "One.")
    assert titles["added/heron-2"] == ("Two.", "Two.")


def test_bytes_that_are_there_are_refused_by_the_name_of_their_file(intake: Intake, corpus: Path) -> None:
    waiting = intake.stage(HERON, "new.txt", {})
    (corpus / "2023").mkdir()
    (corpus / "2023" / "tram.md").write_bytes(HERON)
    for refused in (lambda: intake.stage(HERON, "x.txt", {}), lambda: intake.store(waiting.key)):
        with pytest.raises(AddingError, match=r"has this very file already: 2023/tram\.md\."):
            refused()
    assert "added" not in tree(corpus)
    # What is no article is not in the way.
    (corpus / "2023" / "tram.md").rename(corpus / "2023" / "tram.bak")
    intake.store(waiting.key)


def test_one_article_of_a_file_of_several_formats_gets_what_is_given(intake: Intake, corpus: Path) -> None:
    lines = [{"guid": "http://wire.example/a.txt", "title": "A", "text": "A heron."}, {"title": "No text"}]
    data = "\n".join(map(json.dumps, lines)).encode()
    staged = intake.stage(data, "wire.jsonl", {"title": "Heron", "published": date(2023, 5, 3)})
    assert len(staged.refused) == 1
    assert [str(note) for note in staged.notes if "counts" in note.reason]
    (article,) = staged.articles
    assert (article.source.title, article.source.published) == ("Heron", date(2023, 5, 3))
    (corpus / "added").mkdir()
    (corpus / "added" / "wire.jsonl").write_bytes(b'{"text": "Another."}')
    stored = intake.store(staged.key)
    assert stored.file == "added/wire-2.jsonl"
    held = {each.source.id: each for each in read_corpus(corpus).articles}
    assert held[stored.ids[0]].source.title == "Heron"
    assert held[stored.ids[0]].text == article.text
    assert not [note for note in read_corpus(corpus).notes if note.file == METADATA_FILE]


def test_several_articles_of_a_file_are_taken_together_and_given_nothing(intake: Intake, corpus: Path) -> None:
    data = json.dumps([{"id": n, "title": f"Heron {n}", "text": f"Heron number {n}."} for n in range(12)]).encode()
    with pytest.raises(UsageError, match="holds 12 articles"):
        intake.stage(data, "wire.json", {"outlet": "Example Wire"})
    staged = intake.stage(data, "wire.json", {})
    stored = intake.store(staged.key)
    assert len(stored.ids) == 12
    assert set(stored.ids) < {article.source.id for article in read_corpus(corpus).articles}
    assert not (corpus / METADATA_FILE).exists()


HOSTILE = ('He said: "no"', "back\\slash", "]\n[table]", "\x7f\x00\x1b", "'''", '"""', "鷺 🦩", "# no comment", "a = 1")


@pytest.mark.parametrize("before", [b"", b"# mine", b'["old.txt"]\r\ntitle = "Old"\r\n', b"\xef\xbb\xbf# mine\n", None])
def test_what_is_given_is_one_more_table_and_all_else_stays(intake: Intake, corpus: Path, before: bytes | None) -> None:
    file = corpus / METADATA_FILE
    if before is not None:
        file.write_bytes(before)
        file.chmod(0o640)
    for number, words in enumerate(HOSTILE):
        given = given_fields(title=words, author=words, url="https://a.example/?q='\\", language="pt-BR")
        was = file.read_bytes() if file.exists() else b""
        staged = intake.stage(f"Heron {number}.".encode(), "heron.txt", given)
        intake.store(staged.key)
        assert file.read_bytes().startswith(was)
        source = next(each.source for each in read_corpus(corpus).articles if each.text == f"Heron {number}.")
        assert source == staged.articles[0].source
        assert source.title == source.author == " ".join(words.split())
        assert (source.url, source.language) == ("https://a.example/?q='\\", "pt-BR")
    assert read_corpus(corpus).notes == ()
    assert before is None or file.stat().st_mode & 0o777 == 0o640
    assert len(list(corpus.iterdir())) == 3  # nothing is left over


def test_a_broken_sources_toml_stops_it_before_anything_is_stored(intake: Intake, corpus: Path) -> None:
    waiting = intake.stage(HERON, "heron.txt", {"title": "Heron"})
    (corpus / METADATA_FILE).write_text('["old.txt"]\ntitle = "Old\n', encoding="utf-8")
    before = tree(corpus)
    for refused in (lambda: intake.stage(b"Crane.", "x.txt", {}), lambda: intake.store(waiting.key)):
        with pytest.raises(AddingError, match=r"sources\.toml: .*line 2.* Nothing was stored"):
            refused()
    assert tree(corpus) == before
    (corpus / METADATA_FILE).write_text('["old.txt"]\ntitle = "Old"\npublished = "once"\n', encoding="utf-8")
    # What was wrong before and did no harm is still told by the next build.
    intake.store(waiting.key)
    found = read_corpus(corpus)
    assert {each.source.title for each in found.articles} == {"Old", "Heron"}
    assert [note.line for note in found.notes] == [3]


def test_a_table_that_would_not_be_read_is_given_up(intake: Intake, corpus: Path) -> None:
    waiting = intake.stage(HERON, "heron.txt", {"title": "Heron"})
    # No card, and yet in the way of one.
    (corpus / METADATA_FILE).write_text('"added/heron.txt" = "mine"\n', encoding="utf-8")
    with pytest.raises(AddingError, match=r"sources\.toml takes no table as it is now"):
        intake.store(waiting.key)
    assert tree(corpus) == {
        "old.txt": b"An old article about a bridge.",
        METADATA_FILE: b'"added/heron.txt" = "mine"\n',
        "added": None,
    }


def test_what_an_editor_changes_meanwhile_is_not_lost(
    intake: Intake, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = intake.stage(HERON, "heron.txt", {"title": "Heron"})
    edited = b'["old.txt"]\ntitle = "Old"\n'
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "_clear", lambda self: (self._corpus / METADATA_FILE).write_bytes(edited))
        with pytest.raises(AddingError, match="Nothing was stored"):
            intake.store(waiting.key)
    assert (corpus / METADATA_FILE).read_bytes() == edited
    assert not (corpus / waiting.file).exists()
    intake.store(waiting.key)
    assert {each.source.title for each in read_corpus(corpus).articles} == {"Old", "Heron"}


@pytest.mark.parametrize("name", ["added", METADATA_FILE])
def test_links_are_not_followed(intake: Intake, corpus: Path, tmp_path: Path, name: str) -> None:
    waiting = intake.stage(HERON, "heron.txt", {"title": "Heron"})
    elsewhere = tmp_path / "elsewhere"
    if name == "added":
        elsewhere.mkdir()
    else:
        elsewhere.write_bytes(b"# theirs\n")
    (corpus / name).symlink_to(elsewhere)
    with pytest.raises(AddingError, match=f"In the corpus, {name} is a link"):
        intake.store(waiting.key)
    assert tree(elsewhere) == {}
    assert elsewhere.is_dir() or elsewhere.read_bytes() == b"# theirs\n"
    assert not (corpus / "added" / "heron.txt").exists()
    if name == "added":
        with pytest.raises(AddingError, match="is a link"):
            intake.stage(b"Crane.", "x.txt", {})


def test_a_link_of_the_file_s_name_is_not_written_through(intake: Intake, corpus: Path, tmp_path: Path) -> None:
    (corpus / "added").mkdir()
    (corpus / "added" / "heron.txt").symlink_to(tmp_path / "nowhere.txt")
    assert intake.store(intake.stage(HERON, "heron.txt", {}).key).file == "added/heron-2.txt"
    assert not (tmp_path / "nowhere.txt").exists()


def test_a_folder_that_cannot_be_written_is_said(intake: Intake, corpus: Path) -> None:
    waiting = intake.stage(HERON, "heron.txt", {})
    (corpus / "added").write_bytes(b"")
    with pytest.raises(AddingError, match=r"The file cannot be stored: File exists\. Nothing was stored"):
        intake.store(waiting.key)
    shutil.rmtree(corpus)
    with pytest.raises(CorpusError, match="does not exist"):
        intake.store(waiting.key)
    with pytest.raises(CorpusError, match="does not exist"):
        intake.stage(b"Crane.", "x.txt", {})


def full_at(monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """From the n-th fsync of a file on, the disk is full."""
    calls = 0
    real = os.fsync

    def fsync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls >= which:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("which", [1, 2])
def test_a_full_disk_leaves_the_corpus_as_it_was(
    intake: Intake, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    (corpus / METADATA_FILE).write_bytes(b"# mine\n")
    with monkeypatch.context() as patch:
        full_at(patch, which)
        with pytest.raises(AddingError, match=r"“heron\.txt” cannot be stored: No space left on device\."):
            intake.stage(HERON, "heron.txt", {"title": "Heron"})
    assert kept_aside(tmp_path) == []
    staged = intake.stage(HERON, "heron.txt", {"title": "Heron"})
    before = tree(corpus)
    with monkeypatch.context() as patch:
        full_at(patch, which)
        with pytest.raises(AddingError, match="No space left on device"):
            intake.store(staged.key)
    assert tree(corpus) == before | {"added": None}
    # With room again the same card still stores it.
    assert intake.store(staged.key).ids == ("added/heron",)


def limited(size: int, work: Callable[[], object]) -> None:
    """Do something while no file may become larger than this."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_cannot_be_written_to_its_end_is_not_there(intake: Intake, corpus: Path, tmp_path: Path) -> None:
    large = HERON * 2000
    with pytest.raises(AddingError, match=r"“heron\.txt” cannot be stored: File too large"):
        limited(10_000, lambda: intake.stage(large, "heron.txt", {}))
    assert kept_aside(tmp_path) == []
    staged = intake.stage(large, "heron.txt", {})
    with pytest.raises(AddingError, match="The file cannot be stored: File too large"):
        limited(10_000, lambda: intake.store(staged.key))
    assert set(tree(corpus)) == {"old.txt", "added"}
    intake.store(staged.key)
    assert (corpus / staged.file).read_bytes() == large


# Forks for each line of keys and steps, and tells how what stored the key ended.
KILLED = """
import os, pathlib, signal, sys
from bot.intake import Intake
data, corpus = map(pathlib.Path, sys.argv[1:])
calls = 0
def counted(real):
    def call(*args, **options):
        global calls
        calls += 1
        if calls == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **options)
    return call
for line in sys.stdin:
    key, step = line.split()
    if not (pid := os.fork()):
        os.fsync = counted(os.fsync)
        pathlib.Path.rename = counted(pathlib.Path.rename)
        pathlib.Path.replace = counted(pathlib.Path.replace)
        Intake(data, corpus).store(key)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture
def killed_store(corpus: Path, tmp_path: Path) -> Iterator[Callable[[str, int], int]]:
    """Stores what is kept aside under a key in another process that dies at this step; the status it ends with."""
    program = [sys.executable, "-c", KILLED, str(tmp_path / "data"), str(corpus)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, cwd=ROOT, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def store(key: str, step: int) -> int:
            print(key, step, file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield store
        process.communicate()


def test_a_kill_at_any_step_leaves_nothing_or_all_of_it(
    intake: Intake, corpus: Path, killed_store: Callable[[str, int], int]
) -> None:
    mine = b"# mine\n"
    (corpus / METADATA_FILE).write_bytes(mine)
    killed = 0
    for step in range(1, 20):
        text = f"Heron {step}.".encode()
        staged = intake.stage(text, f"heron{step}.txt", {"title": f"H{step}"})
        ended = killed_store(staged.key, step)
        file = corpus / staged.file
        assert not file.exists() or file.read_bytes() == text
        held = read_corpus(corpus)
        # Never without what was given of it.
        assert all(each.source.title_given for each in held.articles if each.source.id.startswith("added/"))
        assert (corpus / METADATA_FILE).read_bytes().startswith(mine)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        killed += 1
        if step % 2:  # sometimes somebody adds another file first
            intake.discard(intake.stage(f"Crane {step}.".encode(), "crane.txt", {}).key)
            named = set(read_metadata(corpus / METADATA_FILE)[0])
            assert named == {f"added/{path.name}" for path in corpus.glob("added/*.txt")}
        if not file.exists():
            # The same card stores it yet, under its name or the next.
            stored = intake.store(staged.key)
            found = {each.source.id: each.source.title for each in read_corpus(corpus).articles}
            assert found[stored.ids[0]] == f"H{step}"
    assert killed >= 6
    # No card is left of what was not stored.
    files = {f"added/{path.name}" for path in (corpus / "added").iterdir()}
    assert set(read_metadata(corpus / METADATA_FILE)[0]) == files
    assert not [name for name in tree(corpus) if ".adding" in name]


def test_two_who_store_at_once_take_turns(intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staged = intake.stage(HERON, "heron.txt", {})
    monkeypatch.setattr(intake_module, "_BUSY_SECONDS", 0.1)
    with FileLock(tmp_path / "data" / "adding.lock"):
        for busy in (intake.store, intake.discard):
            with pytest.raises(AddingError, match="Another file is being stored"):
                busy(staged.key)
    intake.store(staged.key)


def test_what_is_typed_is_checked_as_a_card_is() -> None:
    typed = {"title": " A  title ", "published": "3 May 2023", "url": "https://a.example/x", "language": None}
    assert given_fields(**typed) == {"title": "A title", "published": date(2023, 5, 3), "url": "https://a.example/x"}
    assert given_fields(**dict.fromkeys(CARD_FIELDS)) == {}
    for wrong, match in (
        ({"url": "javascript:alert(1)"}, "is not a link"),
        ({"url": "file:///etc/passwd"}, "is not a link"),
        ({"title": "  "}, "title must be a text"),
        ({"author": "half \ud800"}, "author holds half a character"),
        ({"language": "English"}, "is not a code such as en"),
        # The day would be made up.
        ({"published": "May 2023"}, "“May 2023” is more than one day"),
    ):
        with pytest.raises(UsageError, match=match):
            given_fields(**wrong)
    for wrong in ("whenever", "31 February 2023"):
        with pytest.raises(DayError):
            given_fields(published=wrong)


def test_what_the_index_has_or_had_of_an_article_is_pointed_out(intake: Intake) -> None:
    def card(name: str, text: str, url: str | None = None) -> Staged:
        return intake.stage(text.encode(), name, {"url": url} if url else {})

    new = card("new.txt", "A heron.", "https://a.example/1")
    text, link, other, linkless = (
        card("text.txt", "A heron. ", None).articles[0].source,
        card("link.txt", "A crane.", "https://a.example/1").articles[0].source,
        card("other.txt", "An owl.", "https://a.example/2").articles[0].source,
        card("linkless.txt", "An auk.").articles[0].source,
    )
    assert adding.already(new.articles, [text, other, linkless], []) == ()
    (same,) = intake.stage(b"\xef\xbb\xbfA heron.", "same.txt", {}).articles
    assert adding.already(new.articles, [other, link, same.source], []) == (
        "The index has the text of added/new already, as added/same.",
        "The index has the address of added/new already, as that of added/link.",
    )
    written = card("written.txt", "A gull.", "http://A.example/1/?utm_source=mail#top").articles
    assert adding.already(written, [link, other], []) == (
        "The index has the address of added/written already, as that of added/link.",
    )
    gone = Withdrawal("gone", same.source.sha256, "discord", "1", None, datetime.now(UTC))
    assert adding.already(new.articles, [], [gone]) == (
        "The text of added/new was removed as gone; if stored it is quoted again.",
    )


def test_what_was_stored_is_named_with_its_place() -> None:
    one = intake_module.Stored("added/a.json", "0" * 64, ("added/a.json#1",))
    assert adding.stored(one) == "Stored: added/a.json#1, in added/a.json."
    assert adding.stored(intake_module.Stored(one.file, "", ("a", "b"))) == "Stored: 2 articles, in added/a.json."
