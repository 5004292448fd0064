"""A large index: which vectors are near is found by short codes of them. What is large is lowered here."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import faiss
import numpy as np
import pytest
from click.testing import CliRunner
from word_encoder import WordHashEncoder

from index import faiss_vectors
from index.__main__ import main
from index.build import build
from index.errors import DamagedIndexError
from index.generations import Generations
from index.manifests import FILES, OPTIONAL, file_facts
from index.model import ANY, Filters
from index.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


LIMIT = 10
ARTICLES, PARAGRAPHS = 60, 12
ENCODER = WordHashEncoder()
OUTLETS = ("Daily", "Herald", "Wire")
FILTERS = {
    "all": ANY,
    "an outlet": Filters(outlets=("Wire",)),
    "an article": Filters(articles=("07",)),
    "without an article": Filters(withdrawn=("07",)),
    "nothing": Filters(outlets=("Nobody",)),
}
QUESTIONS = [f"word{n} word{7 * n % 400} word{11 * n % 400}" for n in range(60)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An index of which a part has codes, as a large one."""
    folder = tmp_path_factory.mktemp("large")
    draw = np.random.default_rng(0)
    (folder / "corpus").mkdir()
    for number in range(ARTICLES):
        words = draw.integers(400, size=(PARAGRAPHS, 14))
        text = "\n\n".join(" ".join(f"word{n}" for n in row).capitalize() + "." for row in words)
        card = f"title: Story {number}\noutlet: {OUTLETS[number % 3]}"
        (folder / "corpus" / f"{number:02}.md").write_text(f"---\n{card}\n---\n\n{text}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faiss_vectors, "EXACT", 500)
        build(folder / "corpus", folder / "index", ENCODER)
    return folder / "index"


@pytest.fixture
def store(index: Path) -> Iterator[Store]:
    opened = Generations(index).open(1)
    yield opened
    opened.close()


def nearest(store: Store, question: str, filters: Filters) -> tuple[list[int], NDArray[np.float64]]:
    """The rows that are found, and the true cosines of all that pass, best first."""
    vector = ENCODER.encode([question])[0]
    passing = store.passing("passage", filters)
    rows = [row for row in range(1, store.manifest.passages + 1) if passing is None or passing[row - 1]]
    cosines = sorted(store._vectors.cosines("passage", rows, vector).values(), reverse=True)
    return store._vectors.nearest("passage", vector, filters, LIMIT), np.array(cosines)


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_nearly_all_of_the_true_nearest_are_found_in_their_order_and_only_what_passes(
    store: Store, filters: Filters
) -> None:
    assert set(store.manifest.files) == {*FILES, *OPTIONAL}
    agreed = []
    for question in QUESTIONS:
        found, cosines = nearest(store, question, filters)
        passing = store.passing("passage", filters)
        assert passing is None or all(passing[row - 1] for row in found)
        assert len(set(found)) == len(found) == min(LIMIT, len(cosines))
        held = list(store._vectors.cosines("passage", found, ENCODER.encode([question])[0]).values())
        assert held == sorted(held, reverse=True)
        agreed += [float(np.mean(np.isin(held, cosines[:LIMIT])))] if found else []
    assert not agreed or np.mean(agreed) >= 0.98


def test_a_small_index_has_no_codes(word_index: Path) -> None:
    manifest = Generations(word_index).manifest(1)
    assert (set(manifest.files), manifest.recall) == ({*FILES}, None)


def test_how_many_are_found_is_told_when_built_and_measured_again(index: Path, store: Store) -> None:
    recall = store.manifest.recall
    assert recall is not None
    assert 0.98 <= recall <= 1
    assert store.recall() == recall
    told = CliRunner().invoke(main, ["verify", "--index-dir", str(index)])
    assert f"{recall:.1%} of the nearest passages are found" in told.stdout


def test_codes_that_would_lose_too_many_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_vectors, "EXACT", 500)
    monkeypatch.setattr(faiss_vectors, "DEEPER", 1)
    rows = np.random.default_rng(0).standard_normal((600, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert faiss_vectors.write_vectors(tmp_path, "passage", 64, [rows]) is None
    assert [path.name for path in tmp_path.iterdir()] == ["passages.faiss"]


def test_texts_that_stand_in_many_places_are_found_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faiss_vectors, "EXACT", 500)
    rows = np.repeat(np.random.default_rng(0).standard_normal((12, 64)).astype(np.float32), 60, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert faiss_vectors.write_vectors(tmp_path, "passage", 64, [rows]) == 1.0


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_codes_that_are_not_those_of_the_vectors_are_damage(index: Path, tmp_path: Path, harm: str) -> None:
    copied = Generations(shutil.copytree(index, tmp_path / "index"))
    codes = copied.folder(1) / OPTIONAL[0]
    if harm == "cut":
        codes.write_bytes(codes.read_bytes()[:-1])
    else:
        codes.unlink()
    with pytest.raises(DamagedIndexError, match=r"passages\.codes"):
        copied.open(1)


def test_codes_of_more_vectors_than_there_are_do_not_fit(index: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(Generations(index).folder(1), tmp_path / "000001")
    others = faiss.read_index(str(folder / OPTIONAL[0]))
    others.add(np.zeros((1, others.d), dtype=np.float32))
    faiss.write_index(others, str(folder / OPTIONAL[0]))
    manifest = replace(Generations(index).manifest(1), files=file_facts(folder))
    with pytest.raises(DamagedIndexError, match="hold different passages"):
        Store(folder, manifest, faiss_vectors.FaissVectors)


def test_a_build_goes_on_from_a_large_index(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_vectors, "EXACT", 500)
    copied = shutil.copytree(index.parent, tmp_path / "large")
    (copied / "corpus" / "07.md").unlink()
    encoder = WordHashEncoder()
    report = build(copied / "corpus", copied / "index", encoder)
    assert encoder.encoded == []
    store = Generations(copied / "index").open(2)
    found, _ = nearest(store, QUESTIONS[3], ANY)
    assert {*store.manifest.files} == {*FILES, *OPTIONAL}
    assert report.manifest.passages == (ARTICLES - 1) * PARAGRAPHS
    assert len(found) == LIMIT
    store.close()
