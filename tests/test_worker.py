"""Files are read in a process of its own: what one does to it is told of that file, and the next is read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import odd_reader
import pytest
from conftest import ROOT

import index.corpus
from index.apart import Apart, ApartError
from index.corpus import read_corpus
from index.readers import formats
from index.readers.drafts import Draft, Refused
from index.readers.worker import Wanted, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.readers.worker import Read

ODD = "tests.odd_reader"
SECONDS = 3.0


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(SECONDS) as worker:
        yield worker


def wanted(folder: Path, *contents: str, whole: bool = False) -> list[Wanted]:
    files = [folder / f"{number}.odd" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_text(content)
    return [Wanted(file, ODD, whole) for file in files]


def told(read: Read) -> list[str]:
    """What was read of a file, in words."""
    if read.failure:
        return [f"{read.failure}@{read.failure.line}"]
    return [draft.text[:10] if isinstance(draft, Draft) else draft.reason for draft in read.drafts]


def runs(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def ends(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not runs(pid)


HARMS = {
    "hang": "it takes longer than 3 seconds@None",
    "eat": "it takes more than 1,536 MiB of memory to be read@None",
    "eat-slowly": "it takes more than 1,536 MiB of memory to be read@None",
    "crash": "what worked on it ended by itself (SIGABRT)@None",
    "leave": "what worked on it ended by itself (status 3)@None",
    "raise": "its reader failed (ValueError: All strings must be XML compatible)@None",
    "refuse": "it is odd@7",
}


@pytest.mark.parametrize("whole", [False, True])
def test_whatever_a_file_does_it_is_refused_and_the_next_is_read(tmp_path: Path, worker: Worker, whole: bool) -> None:
    contents = [word for harm in HARMS for word in ("Before.", harm, "After.")]
    read = list(worker.read(wanted(tmp_path, *contents, whole=whole)))
    expected = [[word] for reason in HARMS.values() for word in ("Before.", reason, "After.")]
    assert list(map(told, read)) == expected
    assert [bool(each.sha256) for each in read] == [whole and not each.failure for each in read]


@pytest.mark.parametrize("harm", HARMS)
def test_what_came_before_is_taken_with_a_refusal_of_the_rest(tmp_path: Path, worker: Worker, harm: str) -> None:
    (read,) = worker.read(wanted(tmp_path, f"some {harm}"))
    reason, line = HARMS[harm].split("@")
    assert told(read) == ["One.", "xxxxxxxxxx", f"{reason}; the rest of the file was not read"]
    assert isinstance(read.drafts[-1], Refused)
    assert str(read.drafts[-1].line) == line


def test_one_process_reads_many_files_and_another_only_after_it_was_ended(tmp_path: Path, worker: Worker) -> None:
    first = [told(read)[0] for read in worker.read(wanted(tmp_path, "pid", "raise", "pid", "hang", "pid"))]
    (last,) = (told(read)[0] for read in worker.read(wanted(tmp_path, "pid")))
    assert first[0] == first[2] != first[4] == last
    assert ends(int(first[0]))
    worker.__exit__()
    assert ends(int(last))


def test_what_a_library_prints_of_a_file_is_not_shown(
    tmp_path: Path, worker: Worker, capfd: pytest.CaptureFixture[str]
) -> None:
    assert [told(read) for read in worker.read(wanted(tmp_path, "Words to print."))] == [["Words"]]
    assert capfd.readouterr() == ("", "")


def test_nothing_is_started_for_nothing(worker: Worker) -> None:
    assert list(worker.read([])) == []
    worker.__exit__()


def test_a_corpus_in_which_a_file_hangs_is_read_and_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, words in {"a.txt": "Fine.", "b.odd.txt": "hang", "c.odd.txt": "crash", "d.txt": "Fine too."}.items():
        (tmp_path / name).write_text(words)
    real = formats.reader_of
    monkeypatch.setattr(odd_reader.read, "__module__", ODD)
    monkeypatch.setattr(
        formats, "reader_of", lambda head, name: (odd_reader.read, None) if ".odd" in name else real(head, name)
    )
    monkeypatch.setattr(index.corpus, "Worker", lambda: Worker(SECONDS))
    corpus = read_corpus(tmp_path)
    assert [article.text for article in corpus.articles] == ["Fine.", "Fine too."]
    assert list(map(str, corpus.refused)) == [
        "b.odd.txt: it takes longer than 3 seconds",
        "c.odd.txt: what worked on it ended by itself (SIGABRT)",
    ]


PARENT = """
import sys, time
from pathlib import Path
from index.readers.worker import Wanted, Worker
path, pid = map(Path, sys.argv[1:])
with Worker(2.0) as worker:
    for read in worker.read([Wanted(path, "tests.odd_reader")]):
        pid.write_text(read.drafts[0].text)
    time.sleep(600)
"""


@pytest.mark.parametrize("does", ["pid", "hang"])
def test_no_process_is_left_when_the_one_that_asked_is_killed(tmp_path: Path, does: str) -> None:
    file, pid = tmp_path / "a.odd", tmp_path / "pid"
    file.write_text(f"hang {pid}" if does == "hang" else "pid")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(file), str(pid)], cwd=ROOT)
    try:
        while not pid.exists() or not pid.read_text():
            assert parent.poll() is None
            time.sleep(0.01)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert ends(int(pid.read_text()))


def test_a_process_that_cannot_start_is_told() -> None:
    with Apart("tests.no_such_module") as apart, pytest.raises(ApartError, match=r"does not start: .* \(status 1\)"):
        apart.send(b"")
