"""A build is killed, or its disk is full, at every single step it takes on the way to disk.

This file is also the program that builds: started once, it forks for every step, counts the calls that change the disk
and dies or fails at the one it was told. The tests look at what is left.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

import faiss
import httpx
import pytest
from word_encoder import WordHashEncoder

import index.corpus
from index.build import build
from index.engines import open_engine
from index.errors import BuildError, NoIndexError, StoreError
from index.generations import Generations
from index.model import Filters
from index.readers.drafts import UnreadableError
from index.readers.worker import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from index.readers.worker import Wanted

ROOT = Path(__file__).parent.parent
DIMENSION = WordHashEncoder().dimension
WIDE = 16384  # so that vectors outweigh the database, and a size limit can hit either
OLD = {"a": "Kyiv denied it. Nobody was hurt.", "b": "Moscow claimed it.\n\nDrones fell."}
NEW = {"a": "Kyiv denied it. Nobody was hurt.", "b": "Moscow claimed it.\n\nDrones were shot down.", "c": "A new one."}
# One of each sort that needs something loaded.
FORMS = {"a.md": "A text.", "b.html": "<html><p>A text.</p></html>", "c.jsonl": '{"text": "A text."}'}

# --- the program that builds ------------------------------------------------------------------------------------------


def intercept(step: Callable[[str, Callable[[], Any], type[Exception]], Any], *, asks_server: bool) -> None:
    """Lead every call that changes the disk through `step(name, call, the error it makes on a full disk)`.

    So are calls to a server that keeps vectors: what they make instead is that it cannot be reached.
    """

    def wrap(owner: Any, name: str, error: type[Exception] = OSError) -> None:
        real = getattr(owner, name)

        def stepped(*args: Any, **kwargs: Any) -> Any:
            return step(name, lambda: real(*args, **kwargs), error)

        setattr(owner, name, stepped)

    for name in ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir", "ftruncate"):  # rmtree is unlink and rmdir
        wrap(os, name)
    wrap(faiss, "write_index", RuntimeError)
    if asks_server:
        wrap(httpx.Client, "send", httpx.ConnectError)

    real_open = io.open

    def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode[0] in "wax":
            return step("open", lambda: real_open(file, mode, *args, **kwargs), OSError)
        return real_open(file, mode, *args, **kwargs)

    io.open = builtins.open = opened  # type: ignore[assignment]

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> Any:
            if sql.split(None, 1)[0] in {"BEGIN", "COMMIT"}:
                return step("execute", lambda: super(Connection, self).execute(sql, *args), sqlite3.OperationalError)
            return super().execute(sql, *args)

        def executescript(self, sql: str) -> Any:
            return step("script", lambda: super(Connection, self).executescript(sql), sqlite3.OperationalError)

    real_connect = sqlite3.connect
    sqlite3.connect = lambda *args, **kwargs: real_connect(*args, **kwargs, factory=Connection)  # type: ignore[assignment]


def build_until(order: dict[str, Any], answer: int) -> None:
    """Build as ordered and write down how it went; does not return."""
    count = 0

    def step(name: str, call: Callable[[], Any], error: type[Exception]) -> Any:
        nonlocal count
        count += 1
        if count != order["step"]:
            return call()
        if order["fault"] == "full":
            raise OSError(errno.ENOSPC, "No space left on device") if error is OSError else error("disk is full")
        try:
            return call() if order["fault"] == "after" else None
        finally:
            os.write(answer, json.dumps({"killed": name}).encode())
            os.kill(os.getpid(), signal.SIGKILL)

    if order["fault"] == "limit":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["step"], order["step"]))
    else:
        intercept(step, asks_server=bool(order["store"]))
    try:
        report = build(
            Path(order["corpus"]),
            Path(order["root"]),
            WordHashEncoder(dimension=order["dimension"]),
            engine=open_engine(order["store"]),
            keep=1,
        )
        told: dict[str, Any] = {"generation": report.manifest.generation}
    except (BuildError, StoreError) as exc:
        told = {"error": str(exc)}
    except BaseException as exc:  # noqa: BLE001 the test must see it
        told = {"bug": repr(exc)}
    os.write(answer, json.dumps(told | {"steps": count}).encode())
    os._exit(0)


class Here:
    """Reads files in the process that asks: to start another for each build would take longer than the build does."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read(self, files: Iterable[Wanted]) -> Iterator[Read]:
        for wanted in files:
            data = wanted.path.read_bytes()
            try:
                drafts = list(import_module(wanted.module).read(io.BytesIO(data)))
            except UnreadableError as exc:
                yield Read([], exc)
            else:
                yield Read(drafts, None, sha256(data).hexdigest())


def serve() -> None:
    """Fork a build for each order on standard input; one line of answer for each."""
    index.corpus.Worker = Here
    # What a build loads on first use is loaded once for all, and under no limit.
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FORMS.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        build(Path(folder), Path(folder, "data"), WordHashEncoder())
    for line in sys.stdin:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            build_until(json.loads(line), write)
        os.close(write)
        with os.fdopen(read) as pipe:
            told = pipe.read()
        os.waitpid(pid, 0)
        sys.stdout.write(told + "\n")
        sys.stdout.flush()


# --- the tests --------------------------------------------------------------------------------------------------------


class Builder:
    """A process that forks builds and is told where each of them ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # a fork copies one thread only
        self.process = subprocess.Popen(
            [sys.executable, __file__], cwd=ROOT, env=os.environ | alone, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, root: Path, step: int, fault: str, store: str | None = None) -> dict[str, Any]:
        """What became of a build; its vectors go to the server at `store`, if there is one."""
        order: dict[str, Any] = {"corpus": str(self.folder / "new"), "root": str(root), "step": step, "fault": fault}
        order["store"] = store
        order["dimension"] = WIDE if fault == "limit" else DIMENSION
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "bug" not in answer, answer
        return answer

    def close(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    """With it, a corpus that has changed, and index folders in three states to start from."""
    folder = tmp_path_factory.mktemp("crash")
    for name, texts in (("old", OLD), ("new", NEW)):
        (folder / name).mkdir()
        for article, text in texts.items():
            (folder / name / f"{article}.txt").write_text(text, encoding="utf-8")
    (folder / "none").mkdir()
    # Two generations, so that one is pruned, and the remains of a killed build, so that they are cleared.
    build(folder / "new", folder / "some", WordHashEncoder(), keep=1)
    build(folder / "old", folder / "some", WordHashEncoder(), keep=1)
    (folder / "some" / "generations" / "building-1").mkdir()
    (folder / "some" / "generations" / "building-1" / "x").touch()
    made = Builder(folder)
    yield made
    made.close()


def texts_served(root: Path) -> dict[str, str] | None:
    """All texts of the index that a reader gets, after checking it whole; None if there is none."""
    generations = Generations(root)
    # A generation that is kept is whole, and one that is not is gone.
    assert [fault for number in generations.numbers() for fault in generations.inspect(number)[0]] == []
    try:
        store, warning = generations.open_current(WordHashEncoder())
    except NoIndexError:
        return None
    assert warning is None
    found = {}
    for listing in store.listings(Filters()):
        article = store.article(listing.source.id)
        assert article is not None
        found[article.source.id] = article.text
    hits = store.search(WordHashEncoder().encode(["Kyiv denied it."])[0], ["denied"], Filters(), 5)
    assert any("Kyiv denied it." in hit.passage.text for hit in hits)
    store.close()
    return found


def leftovers(root: Path) -> list[str]:
    """What lies in an index folder beside its generations, its pointer and its lock file."""
    generations = Generations(root)
    known = {generations.folder(number) for number in generations.numbers()}
    known |= {root / "CURRENT", root / "build.lock", root / "generations"}
    places = [*root.iterdir(), *(root / "generations").iterdir()]
    return sorted(path.name for path in places if path not in known)


def start(builder: Builder, state: str, tmp_path: Path, name: object) -> Path:
    return Path(shutil.copytree(builder.folder / state, tmp_path / str(name)))


def check_that_the_next_build_mends_everything(builder: Builder, root: Path) -> None:
    report = build(builder.folder / "new", root, WordHashEncoder(), keep=1)
    assert texts_served(root) == NEW
    if not report.built:  # the stopped build got as far as its pointer; clearing up is left to the next that writes
        build(builder.folder / "old", root, WordHashEncoder(), keep=1)
        assert texts_served(root) == OLD
    assert leftovers(root) == []
    assert len(Generations(root).numbers()) <= 2


@pytest.mark.parametrize(
    ("state", "before", "fault"), [("some", OLD, "before"), ("some", OLD, "after"), ("none", None, "before")]
)
def test_a_build_killed_at_any_step_leaves_the_old_index_or_the_new(
    builder: Builder, tmp_path: Path, state: str, before: dict[str, str] | None, fault: str
) -> None:
    steps = builder.run(start(builder, state, tmp_path, "whole"), 0, fault)["steps"]
    outcomes = []
    for step in range(1, steps + 1):
        root = start(builder, state, tmp_path, step)
        answer = builder.run(root, step, fault)
        assert "killed" in answer, (step, answer)
        texts = texts_served(root)
        assert texts in (before, NEW), (step, answer)
        outcomes.append(texts == NEW)
        check_that_the_next_build_mends_everything(builder, root)
        shutil.rmtree(root)
    # Old up to one step, new from there on; both are seen.
    assert outcomes == sorted(outcomes)
    assert len(set(outcomes)) == 2


@pytest.mark.parametrize(("state", "before"), [("some", OLD), ("none", None)])
def test_a_disk_full_at_any_step_is_one_sentence_and_leaves_the_index_as_it_was(
    builder: Builder, tmp_path: Path, state: str, before: dict[str, str] | None
) -> None:
    steps = builder.run(start(builder, state, tmp_path, "whole"), 0, "full")["steps"]
    stopped = 0
    for step in range(1, steps + 1):
        root = start(builder, state, tmp_path, step)
        numbers = Generations(root).numbers()
        answer = builder.run(root, step, "full")
        if "error" in answer:
            stopped += 1
            assert "\n" not in answer["error"]
            assert "No space left on device" in answer["error"] or "disk is full" in answer["error"]
            assert texts_served(root) == before, (step, answer)
            assert Generations(root).numbers() == numbers
        else:  # a step that a build can do without, such as clearing up
            assert texts_served(root) == NEW, (step, answer)
        check_that_the_next_build_mends_everything(builder, root)
        shutil.rmtree(root)
    assert stopped > steps / 3


@pytest.mark.parametrize(
    ("limit", "words"), [(1, "disk"), (4096, "disk"), (200_000, "passages.faiss"), (300_000, "sentences.faiss")]
)
def test_a_disk_that_is_really_full_leaves_no_more_behind_each_time(
    builder: Builder, tmp_path: Path, limit: int, words: str
) -> None:
    root = start(builder, "some", tmp_path, limit)
    held = None
    for _ in range(3):
        error = builder.run(root, limit, "limit")["error"]
        assert error.startswith("The build stopped: ")
        assert words in error
        assert error.endswith(". The index is as it was before.")
        assert "\n" not in error
        assert texts_served(root) == OLD
        now = sorted(str(path) for path in root.rglob("*"))
        assert held in (None, now)
        held = now
    check_that_the_next_build_mends_everything(builder, root)


if __name__ == "__main__":
    serve()
