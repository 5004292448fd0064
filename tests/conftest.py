from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from word_encoder import WordHashEncoder

from index.build import build
from index.encoder import SentenceTransformerEncoder

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
SHARED = ROOT.parent / "shared"  # public data and API documents; tests that need them skip where they are absent


@pytest.fixture(scope="session")
def encoder() -> SentenceTransformerEncoder:
    """The real model, loaded once."""
    return SentenceTransformerEncoder()


@pytest.fixture(scope="session")
def seed_index(tmp_path_factory: pytest.TempPathFactory, encoder: SentenceTransformerEncoder) -> Path:
    """An index folder of the seed articles made with the real model. Read only: copy it before changing it."""
    folder = tmp_path_factory.mktemp("seed") / "data"
    build(SEEDS, folder, encoder)
    return folder


@pytest.fixture(scope="session")
def _word_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words") / "data"
    build(SEEDS, folder, WordHashEncoder())
    return folder


@pytest.fixture
def word_index(_word_index: Path, tmp_path: Path) -> Path:
    """A copy of an index of the seed articles made with the word-hash encoder, free to be changed."""
    return Path(shutil.copytree(_word_index, tmp_path / "data"))
