"""A build that is killed goes on where it was, others help it, and nothing that is damaged is taken for a vector.

This file is also the program that builds or helps, and is killed.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import pytest
from click.testing import CliRunner
from word_encoder import WordHashEncoder

from index import __main__ as commands
from index import embedding
from index.build import QUEUE, build
from index.embedding import MADE, TAKEN, WAITING, Embedding, help_out
from index.errors import BuildError, EncoderError
from index.generations import Generations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
CHUNK = 4
TEXTS = [f"Text {number:02d}." for number in range(40)]


# --- the programs that build and help ---------------------------------------------------------------------------------


class Slow(WordHashEncoder):
    """Takes its time, and writes down what it was asked for as soon as that is made."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = super().encode(texts)
        time.sleep(0.02)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(texts) + "\n")
        return vectors


def main() -> None:
    embedding.CHUNK = CHUNK
    embedding.PATIENCE = 2.0
    task, corpus, root, log = sys.argv[1], *map(Path, sys.argv[2:])
    encoder = Slow(log)
    while task == "help":
        help_out(root / QUEUE, encoder)
    report = build(corpus, root, encoder)
    sys.stdout.write(json.dumps([report.embedded, report.reused]))


# --- the tests --------------------------------------------------------------------------------------------------------


def logged(log: Path) -> list[list[str]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def start(task: str, folder: Path) -> subprocess.Popen[str]:
    """The program, with its corpus, index and log in a folder."""
    places = [str(folder / name) for name in ("corpus", "data", f"{task}.log")]
    command = [sys.executable, __file__, task, *places]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_for(log: Path, batches: int, builder: subprocess.Popen[str]) -> None:
    """Until so many batches are made, while the build goes on."""
    while len(logged(log)) < batches:
        assert builder.poll() is None
        time.sleep(0.001)


def corpus_of(folder: Path, texts: Sequence[str]) -> None:
    (folder / "corpus").mkdir()
    for number, text in enumerate(texts):
        (folder / "corpus" / f"{number}.txt").write_text(text, encoding="utf-8")


def check_vectors(root: Path, texts: Sequence[str]) -> None:
    """The index has the vectors of these texts, and nothing is left of what was made on the way."""
    store, _ = Generations(root).open_current()
    vectors = dict(store.vectors())
    store.close()
    assert set(vectors) == set(texts)
    for text, vector in vectors.items():
        assert np.allclose(vector, WordHashEncoder().encode([text])[0])
    assert not (root / QUEUE).exists()


def test_a_build_killed_ten_times_at_random_embeds_nothing_twice_but_what_was_in_the_works(tmp_path: Path) -> None:
    root, log = tmp_path / "data", tmp_path / "build.log"
    texts = [f"Text {number}." for number in range(50 * CHUNK)]
    corpus_of(tmp_path, texts)
    chance, kills, lost = random.Random(0), 10, 0
    kept: set[str] = set()
    for kill in range(kills + 1):
        before = len(logged(log))
        process = start("build", tmp_path)
        if kill < kills:
            wait_for(log, before + chance.randrange(5), process)
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        told, _ = process.communicate()
        assert process.returncode == (-signal.SIGKILL if kill < kills else 0)
        made = {text for batch in logged(log)[before:] for text in batch}
        assert not made & kept
        if kill < kills:
            now = set(kept_of(root / QUEUE, texts=texts))
            assert kept <= now <= kept | made
            lost += len(kept | made) - len(now)
            kept = now
    # A kill comes between a chunk that was made and its being kept, or within the next one.
    assert lost <= kills * CHUNK
    assert kept | made == set(texts)
    embedded, reused = json.loads(told)
    assert (embedded, reused) == (len(made), len(kept))
    assert len(kept) > kills
    check_vectors(root, texts)


def test_others_help_a_build_and_whoever_is_killed_nothing_is_lost_but_what_it_had_in_the_works(tmp_path: Path) -> None:
    texts = [f"Text {number}." for number in range(100 * CHUNK)]
    corpus_of(tmp_path, texts)
    log, helped = tmp_path / "build.log", tmp_path / "help.log"
    helpers = [start("help", tmp_path) for _ in range(2)]
    builder = start("build", tmp_path)
    wait_for(helped, 10, builder)
    builder.kill()
    builder.communicate()
    builder = start("build", tmp_path)
    wait_for(helped, 20, builder)
    helpers[0].kill()
    told, _ = builder.communicate()
    assert builder.returncode == 0
    for helper in helpers:
        helper.kill()
        helper.communicate()
    made = [text for batch in (*logged(log), *logged(helped)) for text in batch]
    assert set(made) == set(texts)
    # The builder that was killed, what helpers had from it then, and the helper that was.
    assert len(made) <= len(texts) + 4 * CHUNK
    assert logged(log)
    assert sum(json.loads(told)) == len(texts)
    check_vectors(tmp_path / "data", texts)


def queue_of(folder: Path, encoder: WordHashEncoder | None = None) -> Embedding:
    folder.parent.mkdir(exist_ok=True)
    return Embedding(folder, encoder or WordHashEncoder(), lambda _done, _total: None)


def kept_of(
    folder: Path, encoder: WordHashEncoder | None = None, texts: Sequence[str] = tuple(TEXTS)
) -> dict[str, NDArray[np.float32]]:
    """What an earlier build has left of these texts, by text."""
    return queue_of(folder, encoder)._kept(set(texts))


def keep(folder: Path, encoder: WordHashEncoder | None = None, texts: Sequence[str] = tuple(TEXTS[:10])) -> None:
    queue_of(folder, encoder).vectors(set(texts), None)


def check(found: dict[str, NDArray[np.float32]], encoder: WordHashEncoder | None = None) -> None:
    for text, vector in found.items():
        assert np.array_equal(vector, (encoder or WordHashEncoder()).encode([text])[0])


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(embedding, "CHUNK", CHUNK)
    return tmp_path / "data" / QUEUE


def test_what_is_cut_off_is_made_anew_and_all_else_is_kept(queue: Path) -> None:
    keep(queue)
    file = max(queue.glob(f"*{MADE}"))
    data = file.read_bytes()
    row = (len(data) - 32) // 4
    for length in (0, 1, 31, 32, 33, 32 + row, 32 + 2 * row + 5, len(data) - 1):
        file.write_bytes(data[:length])
        found = kept_of(queue)
        assert 6 <= len(found) <= 8
        check(found)
    keep(queue)
    assert set(kept_of(queue)) == set(TEXTS[:10])


def test_no_changed_byte_is_taken_for_a_vector(queue: Path) -> None:
    keep(queue)
    file = max(queue.glob(f"*{MADE}"))
    data = file.read_bytes()
    for place in [*range(50), *range(50, len(data), 97)]:
        file.write_bytes(data[:place] + bytes([data[place] ^ 0x80]) + data[place + 1 :])
        found = kept_of(queue)
        assert len(found) < 10
        check(found)


def test_vectors_are_those_of_the_model_that_is_used(queue: Path) -> None:
    others = WordHashEncoder("another"), WordHashEncoder(dimension=32)
    for encoder in (WordHashEncoder(), *others):
        keep(queue, encoder)
    for encoder in (WordHashEncoder(), *others):
        found = kept_of(queue, encoder)
        assert set(found) == set(TEXTS[:10])
        check(found, encoder)
    assert kept_of(queue, WordHashEncoder("a third")) == {}


class Wrong(WordHashEncoder):
    """Some of its vectors are none."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = super().encode(texts)
        vectors[0] = np.nan
        vectors[2] *= 2
        return vectors


def test_a_vector_that_is_none_is_made_anew(queue: Path) -> None:
    keep(queue, Wrong(), TEXTS[:3])
    assert list(kept_of(queue)) == TEXTS[1:2]


def test_a_build_goes_on_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("A heron.", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / QUEUE).write_text("in the way", encoding="utf-8")
    assert build(tmp_path / "corpus", tmp_path / "data", WordHashEncoder()).embedded == 1


def meanwhile(queue: Path, texts: Sequence[str], encoder: WordHashEncoder) -> tuple[Thread, dict[str, object]]:
    """A build that embeds in another thread, and what it has found when that ends."""
    found: dict[str, object] = {}
    thread = Thread(target=lambda: found.update(queue_of(queue, encoder).vectors(set(texts), None)[0]))
    thread.start()
    return thread, found


class Waits(WordHashEncoder):
    """Embeds nothing before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = False

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        while not self.let:
            time.sleep(0.001)
        return super().encode(texts)


def files(queue: Path, suffix: str) -> set[str]:
    return {file.stem for file in queue.glob(f"*{suffix}")}


def until(queue: Path, waiting: int) -> None:
    while len(files(queue, WAITING)) != waiting or len(files(queue, TAKEN)) != 1:
        time.sleep(0.001)


def test_a_helper_takes_one_chunk_at_a_time_and_what_it_makes_is_not_made_again(queue: Path) -> None:
    builder, helper = Waits(), WordHashEncoder()
    thread, found = meanwhile(queue, TEXTS, builder)
    until(queue, 9)
    assert [help_out(queue, helper) for _ in range(10)] == [CHUNK] * 9 + [0]
    builder.let = True
    thread.join()
    assert len(builder.encoded) == CHUNK
    assert set(builder.encoded) | set(helper.encoded) == set(TEXTS) == set(found)
    assert help_out(queue.parent / "nothing", helper) == 0


def test_a_helper_that_is_stopped_or_fails_puts_back_what_it_took(queue: Path) -> None:
    class Fails(WordHashEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            assert texts
            raise KeyboardInterrupt

    builder = Waits()
    thread, found = meanwhile(queue, TEXTS, builder)
    until(queue, 9)
    waiting = files(queue, WAITING)
    with pytest.raises(KeyboardInterrupt):
        help_out(queue, Fails())
    assert files(queue, WAITING) == waiting
    with pytest.raises(EncoderError, match=r"^The build embeds with word-hash, weights .* Set EMBEDDING_MODEL"):
        help_out(queue, WordHashEncoder("another"))
    assert files(queue, WAITING) == waiting
    builder.let = True
    thread.join()
    assert len(builder.encoded) == len(found) == len(TEXTS)


def test_what_a_helper_cannot_write_is_said_and_left_to_others(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = Waits()
    thread, found = meanwhile(queue, TEXTS, builder)
    until(queue, 9)

    def full(_file: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(embedding, "_write", full)
        with pytest.raises(BuildError, match=r"No space left on device\. The build goes on by itself\.$"):
            help_out(queue, WordHashEncoder())
    assert len(files(queue, WAITING)) == 9
    builder.let = True
    thread.join()
    assert set(found) == set(TEXTS)


def test_what_others_have_taken_and_do_not_bring_back_or_bring_back_wrong_is_made_here(
    queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PATIENCE", 0.5)
    builder = Waits()
    thread, found = meanwhile(queue, TEXTS, builder)
    until(queue, 9)
    assert help_out(queue, Wrong()) == CHUNK
    damaged, gone, *_ = queue.glob(f"*{WAITING}")
    damaged.write_text(damaged.read_text(encoding="utf-8").replace("Text", "Test"), encoding="utf-8")
    assert sum(help_out(queue, WordHashEncoder()) for _ in range(2)) == 2 * CHUNK  # the damaged one is left
    assert not damaged.exists()
    for file in queue.glob(f"*{WAITING}"):
        file.rename(file.with_suffix(TAKEN))
    builder.let = True
    thread.join()
    assert gone.stem in files(queue, MADE)
    assert len(builder.encoded) == len(TEXTS) - 2 * CHUNK
    assert set(found) == set(TEXTS)


def test_who_helps_has_more_time_where_a_chunk_takes_long_here(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "PATIENCE", 0.01)
    builder, helper = Waits(), Waits()
    thread, found = meanwhile(queue, TEXTS[: 2 * CHUNK], builder)
    until(queue, 1)
    helping = Thread(target=help_out, args=(queue, helper))
    helping.start()
    time.sleep(1)
    builder.let = True
    while not builder.encoded:
        time.sleep(0.001)
    time.sleep(0.8)
    helper.let = True
    thread.join()
    helping.join()
    assert len(builder.encoded) == len(helper.encoded) == CHUNK
    assert set(found) == set(TEXTS[: 2 * CHUNK])


def test_so_many_chunks_are_laid_out_at_a_time_and_all_in_the_end(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "AHEAD", 3)
    builder = Waits()
    thread, found = meanwhile(queue, TEXTS, builder)
    until(queue, 2)
    builder.let = True
    thread.join()
    assert set(found) == set(TEXTS)


def test_the_command_helps_until_it_is_stopped(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = CliRunner().invoke(commands.main, ["embed", "--index-dir", str(queue.parent / "nowhere")])
    assert said.exit_code == 2
    assert "There is no folder" in said.output
    builder = Waits()
    monkeypatch.setattr(commands, "SentenceTransformerEncoder", lambda _model: WordHashEncoder())
    thread, found = meanwhile(queue, TEXTS, builder)
    until(queue, 9)

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "sleep", stop)
    handler = signal.getsignal(signal.SIGTERM)
    said = CliRunner().invoke(commands.main, ["embed", "--index-dir", str(queue.parent)])
    signal.signal(signal.SIGTERM, handler)
    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == f"Embedded {9 * CHUNK} texts. Waiting for more."
    builder.let = True
    thread.join()
    assert set(found) == set(TEXTS)


def test_what_a_stopped_build_has_made_is_reused_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "CHUNK", CHUNK)
    corpus_of(tmp_path, TEXTS)

    def stop(done: int, _: int) -> None:
        if done == 12:
            raise BuildError("The build was stopped.")

    with pytest.raises(BuildError):
        build(tmp_path / "corpus", tmp_path / "data", WordHashEncoder(), progress=stop)
    seen: list[tuple[int, int]] = []
    encoder = WordHashEncoder()
    report = build(tmp_path / "corpus", tmp_path / "data", encoder, progress=lambda *step: seen.append(step))
    assert (report.embedded, report.reused, seen[0]) == (28, 12, (0, 28))
    assert len(encoder.encoded) == len(set(encoder.encoded)) == 28
    assert not (tmp_path / "data" / QUEUE).exists()


if __name__ == "__main__":
    main()
