"""`python -m index watch` in a process of its own: what changes is served, whatever else happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

from index.errors import IndexUnavailableError
from index.generations import Generations
from index.model import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The command as it is, with an encoder that needs no model.
PROGRAM = """
import sys
import index.__main__ as program
from word_encoder import WordHashEncoder
program.SentenceTransformerEncoder = lambda _model: WordHashEncoder()
program.main(sys.argv[1:], prog_name="python -m index")
"""


class Watched:
    """A corpus folder, its index, and the process that watches it."""

    def __init__(self, folder: Path) -> None:
        self.corpus, self.root = folder / "corpus", folder / "data"
        self.corpus.mkdir()
        self.write("One", "one.txt")
        command = [sys.executable, "-c", PROGRAM, "watch", "--corpus", str(self.corpus), "--index-dir", str(self.root)]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def write(self, subject: str, name: str) -> None:
        (self.corpus / name).write_text(f"{subject} walrus swam to the harbour.", encoding="utf-8")

    def articles(self) -> list[str]:
        """The ids of the articles that are served now."""
        try:
            store, _ = Generations(self.root).open_current()
        except IndexUnavailableError:
            return []
        try:
            return [listing.source.id for listing in store.listings(ANY)]
        finally:
            store.close()

    def until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 300
        while not ready():
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)

    def end(self, number: int = signal.SIGINT) -> tuple[str, str]:
        self.process.send_signal(number)
        return self.process.communicate(timeout=120)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    watched.process.kill()
    watched.process.communicate()


def test_what_is_added_changed_and_removed_is_served_without_being_asked_for(watched: Watched) -> None:
    watched.until(lambda: watched.articles() == ["one"])
    watched.write("A second", "two.txt")
    watched.until(lambda: watched.articles() == ["one", "two"])
    (watched.corpus / "one.txt").unlink()
    watched.until(lambda: watched.articles() == ["two"])
    (watched.corpus / "sources.toml").write_text('["two.txt"]\noutlet = "The Post"\n')
    watched.until(lambda: Generations(watched.root).current() == 4)
    told, _ = watched.end()
    assert watched.process.returncode == 0
    assert [line for line in told.splitlines() if "removed: " in line] == ["  removed: one"]


def test_a_corpus_that_cannot_be_read_for_a_while_stops_nothing(watched: Watched) -> None:
    watched.until(lambda: watched.articles() == ["one"])
    (watched.corpus / "sources.toml").write_text("this is not TOML")
    time.sleep(3)
    assert watched.articles() == ["one"]
    (watched.corpus / "sources.toml").unlink()
    watched.write("A second", "two.txt")
    watched.until(lambda: watched.articles() == ["one", "two"])
    _, told = watched.end(signal.SIGTERM)
    assert "sources.toml" in told
    assert "Traceback" not in told


def test_while_another_process_builds_it_waits(watched: Watched) -> None:
    watched.until(lambda: watched.articles() == ["one"])
    with Generations(watched.root).locked():
        watched.write("A second", "two.txt")
        time.sleep(4)
        assert watched.articles() == ["one"]
    watched.until(lambda: watched.articles() == ["one", "two"])
    _, told = watched.end()
    assert "The index is being built already" in told


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "index", "watch", "--corpus", str(tmp_path / "none"), "--index-dir", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 1
    assert f"The corpus folder {tmp_path / 'none'} does not exist" in ended.stderr
