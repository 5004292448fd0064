from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from word_encoder import WordHashEncoder

from bot.serving import Serving
from index.build import build
from index.generations import Generations
from index.model import ANY

if TYPE_CHECKING:
    from pathlib import Path

    from index.encoder import Encoder
    from index.model import Manifest
    from index.store import Store


def rebuilt(folder: Path, *articles: str, keep: int = 0) -> None:
    """An index of so many articles in a folder, in place of what it held."""
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(articles):
        (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
    build(corpus, folder / "index", WordHashEncoder(), keep=keep)


def held(store: Store) -> int:
    return len(store.listings(ANY))


def test_a_store_stays_open_while_it_is_used_and_is_closed_once_replaced_and_unused(tmp_path: Path) -> None:
    rebuilt(tmp_path, "The bridge is closed.")
    serving = Serving(Generations(tmp_path / "index"), WordHashEncoder())
    with serving.store() as first, serving.store() as again:
        assert first is again
        rebuilt(tmp_path, "The bridge is closed.", "The harbour is open.")  # and the folder of the first is gone
        with serving.store() as second:
            assert held(second) == 2
        assert held(first) == 1
    with pytest.raises(sqlite3.ProgrammingError):
        held(first)
    with serving.store() as still:
        assert still is second
        assert held(still) == 2
    serving.close()
    with pytest.raises(sqlite3.ProgrammingError):
        held(second)


def test_who_asks_while_the_next_generation_is_opened_has_the_one_before(tmp_path: Path) -> None:
    rebuilt(tmp_path, "The bridge is closed.")
    opening, go_on = threading.Event(), threading.Event()

    class Slow(Generations):
        def open_current(self, encoder: Encoder | None = None) -> tuple[Store, str | None]:
            if self.current() == 2:
                opening.set()
                assert go_on.wait(60)
            return super().open_current(encoder)

    serving = Serving(Slow(tmp_path / "index"), WordHashEncoder())
    rebuilt(tmp_path, "The bridge is closed.", "The harbour is open.")

    def asked() -> int:
        with serving.store() as store:
            return held(store)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(asked)
        assert opening.wait(60)
        assert asked() == 1
        go_on.set()
        assert first.result() == 2
    assert asked() == 2
    serving.close()


def test_a_generation_is_opened_once_however_many_ask(tmp_path: Path) -> None:
    rebuilt(tmp_path, "The bridge is closed.")
    opened: list[int | None] = []

    class Noting(Generations):
        def open_current(self, encoder: Encoder | None = None) -> tuple[Store, str | None]:
            opened.append(self.current())
            return super().open_current(encoder)

    serving = Serving(Noting(tmp_path / "index"), WordHashEncoder())
    rebuilt(tmp_path, "The bridge is closed.", "The harbour is open.")

    def asked(_: int) -> int:
        with serving.store() as store:
            return held(store)

    with ThreadPoolExecutor(8) as pool:
        assert {*pool.map(asked, range(50))} <= {1, 2}
    assert opened == [1, 2]
    assert asked(0) == 2
    serving.close()


@pytest.mark.parametrize("kept", [0, 1])
def test_a_large_index_is_read_while_it_serves_and_gives_way_where_a_byte_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kept: int
) -> None:
    rebuilt(tmp_path, "The bridge is closed.")
    rebuilt(tmp_path, "The bridge is closed.", "The harbour is open.", keep=kept)
    monkeypatch.setattr("index.manifests.READ_AT_ONCE", 0)
    path = tmp_path / "index" / "generations" / "000002" / "sentences.faiss"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    go_on = threading.Event()

    class Slow(Generations):
        def read_rest(self, manifest: Manifest) -> None:
            assert go_on.wait(60)
            super().read_rest(manifest)

    serving = Serving(Slow(tmp_path / "index"), WordHashEncoder())
    with serving.store() as store:
        assert (held(store), serving.warning) == (2, None)
        go_on.set()
        while serving.warning is None:
            time.sleep(0.01)
        assert held(store) == 2  # whoever uses it still does
    with serving.store() as store:
        assert held(store) == 2 - kept
    served = "Serving generation 1 until then." if kept else "Generation 2, as it was opened, is served meanwhile."
    assert serving.warning.startswith("Generation 2 cannot be served: 000002/sentences.faiss is not what was written")
    assert serving.warning.endswith(served)
    assert "index.damaged error=000002/sentences.faiss" in caplog.text
    rebuilt(tmp_path, "The bridge is closed.", "The harbour is open.", "Otters have returned.")
    with serving.store() as store:
        assert (held(store), serving.warning) == (3, None)
    serving.close()


def test_a_large_index_that_was_replaced_while_it_was_read_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("index.manifests.READ_AT_ONCE", 0)
    rebuilt(tmp_path, "The bridge is closed.")
    go_on, read = threading.Event(), threading.Event()

    class Slow(Generations):
        def read_rest(self, manifest: Manifest) -> None:
            assert go_on.wait(60)
            try:
                super().read_rest(manifest)
            finally:
                read.set()

    serving = Serving(Slow(tmp_path / "index"), WordHashEncoder())
    rebuilt(tmp_path, "The bridge is closed.", "The harbour is open.")
    go_on.set()
    assert read.wait(60)

    def asked() -> int:
        with serving.store() as store:
            return held(store)

    while asked() == 1:  # whoever asks while it is looked at what was found has the one before
        time.sleep(0.01)
    assert (asked(), serving.warning, caplog.text) == (2, None, "")
    serving.close()
