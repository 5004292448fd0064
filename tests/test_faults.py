"""A byte changed anywhere in an index, two processes at once, a corpus that changes while it is read.

What is asked of all of it: nothing false is quoted, nothing is lost, and what cannot be done is said in a sentence.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT, lent_worker
from test_read_pdf import pdf, set_lines
from word_encoder import WordHashEncoder

from bot.desk import Desk
from index.build import build
from index.errors import BuildLockedError, CorpusError, DamagedIndexError
from index.generations import Generations
from index.manifests import FILES, MANIFEST
from index.model import ANY
from index.tables import DATABASE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from index.store import Store

BEFORE = {
    "bridge": "The bridge was closed on Monday. It was opened again on Tuesday.",
    "hat": "The mayor said that thirty pelicans had stolen his hat near the harbour.\n\nNobody else saw any such bird.",
    "otter": "An otter declined to comment on all of this. It swam away towards the bridge.",
}
NOW = BEFORE | {
    "hat": BEFORE["hat"].replace("thirty", "thirteen"),
    "walrus": "Drones were shot down over the harbour, the walrus said. Nobody was hurt.",
}
QUESTION = "How many pelicans stole the hat of the mayor?"
SAYINGS = "“thirteen pelicans had stolen his hat” “thirty pelicans had stolen his hat” “Nobody was hurt on the bridge”"
# Bytes that are changed of each file, spread over it and at both ends, and rounds that two processes race. For a longer
# look: 6000 and 40 take two minutes.
PLACES = 60
ROUNDS = 4


def write(corpus: Path, texts: dict[str, str]) -> Path:
    corpus.mkdir(exist_ok=True)
    for name, text in texts.items():
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
    return corpus


def served(root: Path) -> dict[str, str]:
    """Every text of the index, after all of it was checked."""
    generations = Generations(root)
    store, warning = generations.open_current(WordHashEncoder())
    assert warning is None
    assert generations.inspect(store.manifest.generation)[0] == []
    return texts_of(store)


def texts_of(store: Store) -> dict[str, str]:
    """Every text of a store, which is closed."""
    articles = [store.article(listing.source.id) for listing in store.listings(ANY)]
    store.close()
    return {article.source.id: article.text for article in articles if article}


# --- one byte --------------------------------------------------------------------------------------------------------


@contextmanager
def changed(path: Path, place: int, by: int) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + bytes([whole[place] ^ by]) + whole[place + 1 :])
    try:
        yield
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_over_a_changed_byte_the_older_generation_is_served_with_a_warning(tmp_path: Path, name: str) -> None:
    root = tmp_path / "data"
    for texts in (BEFORE, NOW):
        build(write(tmp_path / "corpus", texts), root, WordHashEncoder())
    path = Generations(root).folder(2) / name
    size, said = path.stat().st_size, path.read_text(encoding="utf-8") if name == MANIFEST else None
    ends = {*range(min(PLACES // 3, size)), *range(max(0, size - PLACES // 3), size)}
    for number, place in enumerate(sorted(ends | {*range(0, size, 1 if said else max(1, size // PLACES))})):
        with changed(path, place, (0xFF, 0x01, 0x20, 0x80)[number % 4]):
            store, warning = Generations(root).open_current(WordHashEncoder())
            if warning is None:  # space between the words of a manifest
                store.close()
                assert said is not None
                assert json.loads(path.read_bytes()) == json.loads(said)
                continue
            assert texts_of(store) == BEFORE, place
            assert re.fullmatch(
                r"Generation 2 .* Run `on-the-record-index build`.* Serving generation 1 until then\.", warning
            )


@pytest.mark.parametrize("name", FILES)
def test_of_a_large_index_no_changed_byte_is_quoted_before_all_of_it_was_read_nor_served_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("index.manifests.READ_AT_ONCE", 0)
    root, encoder = tmp_path / "data", WordHashEncoder()
    for texts in (BEFORE, NOW):
        build(write(tmp_path / "corpus", texts), root, encoder)
    path = Generations(root).folder(2) / name
    size, vector, outcomes = path.stat().st_size, encoder.encode([QUESTION])[0], set()
    for place in {*range(20), *range(0, size, max(1, size // (2 * PLACES))), *range(size - 20, size)}:
        with changed(path, place, 0x01):
            generations = Generations(root)
            store, warning = generations.open_current(encoder)
            if warning is None:
                with closing(store):
                    try:
                        found = store.search(vector, ["pelicans", "bridge"], ANY, 3)
                        told = {candidate.passage.text for candidate in found}
                        told |= {store.article(listing.source.id).text for listing in store.listings(ANY)}
                        assert all(any(words in text for text in NOW.values()) for words in told), place
                    except DamagedIndexError:
                        outcomes.add("refused")
                with pytest.raises(DamagedIndexError, match=name):
                    generations.read_rest(generations.manifest(2))
                outcomes.add("read")
                store, warning = generations.open_current(encoder)
            assert warning.startswith("Generation 2 cannot be served: ")
            assert texts_of(store) == BEFORE, place
    assert outcomes >= ({"read", "refused"} if name == DATABASE else {"read"})


async def test_over_bytes_that_change_under_an_open_desk_nothing_is_told_that_no_article_says(tmp_path: Path) -> None:
    filler = "\n\n".join(f"Nothing was heard of otter number {number} in all that time." for number in range(200))
    # So long that no byte of its end is read before it is asked for.
    corpus = write(tmp_path / "corpus", {"hat": f"{filler}\n\n{NOW['hat']}"})
    build(corpus, tmp_path / "data", WordHashEncoder())

    async def of(telling: Awaitable[Any]) -> Any:
        try:
            return await telling
        except DamagedIndexError as exc:
            assert "on-the-record-index" in str(exc)  # noqa: PT017 - what is told is compared below
            return DamagedIndexError

    async def told(desk: Desk) -> list[Any]:
        answer = await of(desk.ask(QUESTION))
        quoted = answer if answer is DamagedIndexError else [excerpt.text for excerpt in answer.excerpts]
        return [quoted, await of(desk.verify(SAYINGS))]

    def opened() -> Desk:
        return Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))

    path = Generations(tmp_path / "data").folder(1) / DATABASE
    desk = opened()
    true = await told(desk)
    desk.close()
    assert "thirteen pelicans" in true[0][0]
    places = [found.start() for found in re.finditer(rb"thirteen|pelicans", path.read_bytes())]
    heard = []
    for place in places:
        desk = opened()
        with changed(path, place, 0x01):
            heard.append(await told(desk))
        desk.close()
    assert all(said in (was, DamagedIndexError) for answers in heard for said, was in zip(answers, true, strict=True))
    assert [DamagedIndexError] * 2 in heard


@pytest.mark.parametrize("name", ["build.lock", "build.json"])
def test_what_stands_in_the_notes_of_a_build_is_no_part_of_the_index(tmp_path: Path, name: str) -> None:
    corpus, root = write(tmp_path / "corpus", BEFORE), tmp_path / "data"
    build(corpus, root, WordHashEncoder())
    (root / name).write_bytes(b"\xff\0garbage")
    assert served(root) == BEFORE
    assert build(write(corpus, NOW), root, WordHashEncoder()).built
    assert served(root) == NOW


# --- a corpus that changes while it is read --------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two texts, a page and a PDF."""
    folder = write(tmp_path / "corpus", {"bridge": BEFORE["bridge"], "hat": NOW["hat"]})
    (folder / "page.html").write_text("<html><body><article><p>A page about hats.</p></article></body></html>")
    (folder / "report.pdf").write_bytes(pdf(set_lines(["The report counts thirteen pelicans", "and one hat."])))
    return folder


def on_opening(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> list[str]:
    """Have something done, once, just before a file of this name is opened; the list tells that it was done."""
    real, done = Path.open, []

    def opening(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.name == name and not done:
            done.append(name)
            act()
        return real(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opening)
    return done


@pytest.mark.parametrize("gone", ["hat.txt", "page.html", "report.pdf"])
@pytest.mark.parametrize("when", ["bridge.txt", "itself"])
def test_a_file_that_goes_while_the_corpus_is_read_is_refused_and_the_rest_is_indexed(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str, when: str
) -> None:
    done = on_opening(monkeypatch, gone if when == "itself" else when, (corpus / gone).unlink)
    report = build(corpus, tmp_path / "data", WordHashEncoder())
    assert done
    assert [(problem.file, "cannot be read" in problem.reason) for problem in report.changes.refused] == [(gone, True)]
    assert set(served(tmp_path / "data")) == {"bridge", "hat", "page.html", "report.pdf"} - {gone.removesuffix(".txt")}


def test_a_folder_that_goes_while_the_corpus_is_read_is_no_traceback(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sub = os.scandir, write(corpus / "sub", BEFORE)

    def scandir(path: Any = ".") -> Any:
        if str(path) == str(sub):
            shutil.rmtree(sub, ignore_errors=True)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    try:
        build(corpus, tmp_path / "data", WordHashEncoder())
    except CorpusError:
        build(corpus, tmp_path / "data", WordHashEncoder())
    assert not sub.exists()
    assert set(served(tmp_path / "data")) == {"bridge", "hat", "page.html", "report.pdf"}


# --- two processes ---------------------------------------------------------------------------------------------------


class Worker:
    """Another process that builds, or goes back, when it is told to."""

    program = "import sys; sys.path[:0] = sys.argv[1:3]; import test_faults as t; t.work(*map(t.Path, sys.argv[3:]))"

    def __init__(self, corpus: Path, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.program, str(ROOT), str(ROOT / "tests"), str(corpus), str(root)],
            env=os.environ | {"OMP_NUM_THREADS": "1"}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def tell(self, order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def has_answered(self) -> bool:
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def close(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


def work(corpus: Path, root: Path) -> None:
    """What the other process does: a line of answer for each line of order."""

    def say(words: str) -> None:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()

    def wait(done: int, _total: int) -> None:
        if not done:
            say("under way")
            sys.stdin.readline()

    with lent_worker():
        for line in sys.stdin:
            try:
                match line.split():
                    case ["rollback"]:
                        say(f"back to {Generations(root).rollback()}")
                    case ["build", keep, *waiting]:
                        progress = {"progress": wait} if waiting else {}
                        report = build(corpus, root, WordHashEncoder(), keep=int(keep), **progress)
                        say(f"{'built' if report.built else 'kept'} {report.manifest.generation}")
            except Exception as exc:  # noqa: BLE001 - the test must see it
                say(f"{type(exc).__name__}: {exc}")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, list[Worker]]]:
    """A corpus, its index, and two processes that work on it."""
    folder = tmp_path_factory.mktemp("shared")
    corpus = write(folder / "corpus", BEFORE)
    build(corpus, folder / "data", WordHashEncoder())
    workers = [Worker(corpus, folder / "data") for _ in range(2)]
    for worker in workers:
        worker.tell("build 3")
        assert worker.answer().startswith("kept")
    yield corpus, folder / "data", workers
    for worker in workers:
        worker.close()


def texts_in(corpus: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in corpus.glob("*.txt")}


def test_while_one_process_builds_another_neither_builds_nor_goes_back(
    shared: tuple[Path, Path, list[Worker]],
) -> None:
    corpus, root, (one, other) = shared
    was = served(root)
    write(corpus, {"new": "One text that is new."})
    one.tell("build 3 waiting")
    assert one.answer() == "under way"
    for order in ("build 3", "rollback"):
        other.tell(order)
        assert f"BuildLockedError: The index is being built already, by process {one.process.pid}" in other.answer()
        with pytest.raises(BuildLockedError):
            Generations(root).rollback()
    assert served(root) == was
    one.tell("go on")
    assert one.answer().startswith("built")
    assert served(root) == texts_in(corpus)


@pytest.mark.parametrize("orders", [("build 3", "build 3"), ("build 3", "rollback"), ("build 0", "rollback")])
def test_whoever_comes_first_nothing_is_lost(shared: tuple[Path, Path, list[Worker]], orders: tuple[str, str]) -> None:
    corpus, root, workers = shared
    generations = Generations(root)
    known = [texts_of(generations.open(number)) for number in generations.numbers()]
    for number in range(ROUNDS):
        write(corpus, {"new": f"The text of round {number} of {orders}."})
        known.append(texts_in(corpus))
        for worker, order in zip(workers, orders, strict=True):
            worker.tell(order)
        answers = [worker.answer() for worker in workers]
        assert all(re.match("built|kept|back to|BuildLockedError|NoIndexError", answer) for answer in answers), answers
        assert not all(answer.startswith("BuildLockedError") for answer in answers)
        assert [fault for kept in generations.numbers() for fault in generations.inspect(kept)[0]] == []
        assert served(root) in (known if "rollback" in orders else known[-1:])
        workers[0].tell("build 3")
        assert workers[0].answer().startswith(("built", "kept"))
        assert served(root) == known[-1]


def test_whoever_opens_the_index_while_it_is_replaced_gets_a_whole_one(
    shared: tuple[Path, Path, list[Worker]],
) -> None:
    corpus, root, (worker, _) = shared
    known, times = [served(root)], 0
    for number in range(2 * ROUNDS):
        write(corpus, {"new": f"The text of round {number} of pruning."})
        known.append(texts_in(corpus))
        worker.tell("build 0")
        while not worker.has_answered():
            store, warning = Generations(root).open_current(WordHashEncoder())
            assert (texts_of(store) in known, warning) == (True, None)
            times += 1
        assert worker.answer().startswith("built")
    assert times


async def test_a_desk_follows_every_build_that_prunes_and_every_answer_is_of_one_generation(
    shared: tuple[Path, Path, list[Worker]],
) -> None:
    corpus, root, (worker, _) = shared
    desk = Desk(root, corpus, WordHashEncoder, caution=(0.0, 0.0))
    for number in range(ROUNDS):
        now = BEFORE["hat"].replace("thirty", str(number))
        was = await desk.article("hat")
        assert was is not None
        write(corpus, {"hat": now})
        worker.tell("build 0")
        while not worker.has_answered():
            answer = await desk.ask(QUESTION)
            assert any(answer.excerpts[0].text in text for text in (was.text, now))
        assert worker.answer().startswith("built")
        assert (await desk.ask(QUESTION)).excerpts[0].text in now
        assert desk.warning is None
    desk.close()


async def test_a_desk_goes_on_from_the_generation_it_has_while_that_is_pruned(tmp_path: Path) -> None:
    """The new ones are of another model, or damaged: they cannot be served, and the one that can be is gone."""
    corpus, root = write(tmp_path / "corpus", NOW), tmp_path / "data"
    build(corpus, root, WordHashEncoder())
    desk = Desk(root, corpus, WordHashEncoder, caution=(0.0, 0.0))
    excerpts = (await desk.ask(QUESTION)).excerpts
    for number in range(2):
        build(write(corpus, {"new": f"Text {number}."}), root, WordHashEncoder("other"), keep=0)
        assert Generations(root).numbers() == [number + 2]
        assert (await desk.ask(QUESTION)).excerpts == excerpts
        assert desk.warning is not None
        assert desk.warning.endswith("Generation 1, as it was opened, is served meanwhile.")
    build(corpus, root, WordHashEncoder(), keep=0)
    (Generations(root).folder(4) / FILES[1]).unlink()
    assert (await desk.ask(QUESTION)).excerpts == excerpts
    build(corpus, root, WordHashEncoder(), keep=0)
    assert [listing.source.id for listing in await desk.listings()] == sorted([*NOW, "new"])
    assert desk.warning is None
    desk.close()
