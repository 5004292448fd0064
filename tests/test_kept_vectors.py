"""A build that is killed goes on where it was, and nothing that is damaged is taken for a vector.

This file is also the program that builds, and is killed.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import pytest
from word_encoder import WordHashEncoder

from index import build as building
from index.build import KEPT, build
from index.errors import BuildError
from index.generations import Generations
from index.kept_vectors import KeptVectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
AT_ONCE = 4
TEXTS = [f"Text {number}." for number in range(40)]


# --- the program that builds ------------------------------------------------------------------------------------------


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
    building._ENCODE_AT_ONCE = AT_ONCE
    corpus, root, log = map(Path, sys.argv[1:])
    report = build(corpus, root, Slow(log))
    sys.stdout.write(json.dumps([report.embedded, report.reused]))


# --- the tests --------------------------------------------------------------------------------------------------------


def logged(log: Path) -> list[list[str]]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def test_a_build_killed_ten_times_at_random_embeds_nothing_twice_but_what_was_in_the_works(tmp_path: Path) -> None:
    corpus, root, log = tmp_path / "corpus", tmp_path / "data", tmp_path / "log"
    corpus.mkdir()
    texts = [f"Text {number}." for number in range(50 * AT_ONCE)]
    for number, text in enumerate(texts):
        (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
    chance, kills, lost = random.Random(0), 10, 0
    kept: set[str] = set()
    for kill in range(kills + 1):
        before = len(logged(log))
        process = subprocess.Popen(
            [sys.executable, __file__, str(corpus), str(root), str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        if kill < kills:
            batches = chance.randrange(5)
            while len(logged(log)) < before + batches:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        told, _ = process.communicate()
        assert process.returncode == (-signal.SIGKILL if kill < kills else 0)
        made = {text for batch in logged(log)[before:] for text in batch}
        assert not made & kept
        if kill < kills:
            now = set(KeptVectors(root / KEPT, WordHashEncoder()).of(texts))
            assert kept <= now <= kept | made
            lost += len(kept | made) - len(now)
            kept = now
    # A kill comes between a batch that was made and its being kept, or within the next one.
    assert lost <= kills * AT_ONCE
    assert kept | made == set(texts)
    embedded, reused = json.loads(told)
    assert (embedded, reused) == (len(made), len(kept))
    assert len(kept) > kills
    store, _ = Generations(root).open_current()
    for text, vector in store.vectors():
        assert np.allclose(vector, WordHashEncoder().encode([text])[0])
    store.close()
    assert not (root / KEPT).exists()


def kept_of(path: Path, encoder: WordHashEncoder | None = None) -> dict[str, NDArray[np.float32]]:
    return KeptVectors(path, encoder or WordHashEncoder()).of(TEXTS)


def keep(path: Path, encoder: WordHashEncoder | None = None, texts: Sequence[str] = tuple(TEXTS[:10])) -> None:
    """Keep the vectors of texts in batches of four."""
    encoder = encoder or WordHashEncoder()
    kept = KeptVectors(path, encoder)
    kept.of(())
    for first in range(0, len(texts), AT_ONCE):
        kept.add(texts[first : first + AT_ONCE], encoder.encode(texts[first : first + AT_ONCE]))


def check(found: dict[str, NDArray[np.float32]], encoder: WordHashEncoder | None = None) -> None:
    for text, vector in found.items():
        assert np.array_equal(vector, (encoder or WordHashEncoder()).encode([text])[0])


def test_whatever_is_cut_off_the_batches_before_it_are_kept_and_the_next_ones_follow_them(tmp_path: Path) -> None:
    path = tmp_path / KEPT
    keep(path)
    data = path.read_bytes()
    batch = len(data) // 10 * 4
    for length in (0, 1, 39, 40, 41, batch - 1, batch, batch + 50, 2 * batch + 100, len(data) - 1):
        path.write_bytes(data[:length])
        found = kept_of(path)
        assert list(found) == TEXTS[: len(found)]
        assert len(found) in {0, 4, 8}
        check(found)
        keep(path, texts=TEXTS[20:22])
        assert list(kept_of(path)) == [*found, *TEXTS[20:22]]


def test_no_changed_byte_is_taken_for_a_vector(tmp_path: Path) -> None:
    path = tmp_path / KEPT
    keep(path)
    data = path.read_bytes()
    for place in [*range(50), *range(50, len(data), 97)]:
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x80]) + data[place + 1 :])
        found = kept_of(path)
        assert len(found) < 10
        check(found)


def test_vectors_are_those_of_the_model_that_is_used(tmp_path: Path) -> None:
    path = tmp_path / KEPT
    others = WordHashEncoder("another"), WordHashEncoder(dimension=32)
    for encoder in (WordHashEncoder(), *others):
        keep(path, encoder)
    for encoder in (WordHashEncoder(), *others):
        assert list(kept_of(path, encoder)) == TEXTS[:10]
        check(kept_of(path, encoder), encoder)
    assert kept_of(path, WordHashEncoder("a third")) == {}


def test_a_vector_that_is_none_is_made_anew(tmp_path: Path) -> None:
    kept = KeptVectors(tmp_path / KEPT, WordHashEncoder())
    vectors = WordHashEncoder().encode(TEXTS[:3])
    vectors[0] = np.nan
    vectors[2] *= 2
    kept.add(TEXTS[:3], vectors)
    assert list(kept_of(tmp_path / KEPT)) == TEXTS[1:2]


def test_a_build_goes_on_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("A heron.", encoding="utf-8")
    (tmp_path / "data" / KEPT).mkdir(parents=True)
    assert build(tmp_path / "corpus", tmp_path / "data", WordHashEncoder()).embedded == 1


def test_what_a_stopped_build_has_made_is_reused_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_ENCODE_AT_ONCE", AT_ONCE)
    (tmp_path / "corpus").mkdir()
    for number, text in enumerate(TEXTS):
        (tmp_path / "corpus" / f"{number}.txt").write_text(text, encoding="utf-8")

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
    assert not (tmp_path / "data" / KEPT).exists()


if __name__ == "__main__":
    main()
