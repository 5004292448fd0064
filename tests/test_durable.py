"""What must have reached the disk before something relies on it, and what is left where it cannot."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from word_encoder import WordHashEncoder

from bot.records.records import Records
from index.build import build
from index.errors import BuildError
from index.generations import Generations
from index.manifests import FILES, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

DESCRIPTORS = Path("/proc/self/fd")
pytestmark = pytest.mark.skipif(
    not DESCRIPTORS.is_dir(), reason="the system does not tell which file a number stands for"
)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is synced, and after "->" of what is given its name, in order."""
    events: list[str] = []

    def noted(real: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            events.append(name(*args))
            return real(*args)

        return call

    monkeypatch.setattr(os, "fsync", noted(os.fsync, lambda number: (DESCRIPTORS / str(number)).readlink().name))
    for way in ("replace", "rename"):
        monkeypatch.setattr(Path, way, noted(getattr(Path, way), lambda _, target: f"-> {target.name}"))
    return events


def built(folder: Path, text: str) -> Generations:
    (folder / "corpus").mkdir(exist_ok=True)
    (folder / "corpus" / "a.txt").write_text(text, encoding="utf-8")
    build(folder / "corpus", folder / "data", WordHashEncoder())
    return Generations(folder / "data")


def test_every_file_of_an_index_is_synced_before_it_is_current(tmp_path: Path, done: list[str]) -> None:
    built(tmp_path, "A heron stopped the tram.")
    named, current = done.index("-> 000001"), done.index("-> CURRENT")
    assert {*FILES, MANIFEST} <= set(done[:named])
    assert {"generations", "CURRENT.new"} <= set(done[named:current])
    assert "data" in done[current:]


def test_the_key_is_synced_before_the_records_rely_on_it(tmp_path: Path, done: list[str]) -> None:
    Records(tmp_path / "records.sqlite").close()
    assert "records.key.new" in done[: done.index("-> records.key")]
    assert tmp_path.name in done[done.index("-> records.key") :]


def test_a_rollback_that_fails_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path, "A heron stopped the tram.")
    generations = built(tmp_path, "A crane stopped the tram.")
    before = sorted(path.name for path in generations.root.iterdir())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(BuildError, match="No space left"):
            generations.rollback()
    assert sorted(path.name for path in generations.root.iterdir()) == before
    assert generations.current() == 2
    with closing(generations.open(2)) as store:
        assert store.article("a") is not None
