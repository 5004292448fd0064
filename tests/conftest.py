from __future__ import annotations

import os
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from word_encoder import WordHashEncoder

from index.build import build
from index.encoder import SentenceTransformerEncoder
from index.reader import ExtractiveReader
from index.readers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import simcord
    from discord_world import World

    from bot.discord.app import OnTheRecordBot

# How long an example takes says nothing on a busy machine.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
# Histories of many steps, always the same. One that fails is told as it is: to shorten it would take minutes.
settings.register_profile(
    "histories", stateful_step_count=30, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)  # fmt: skip

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
SHARED = ROOT.parent / "shared"  # public data and API documents; tests that need them skip where they are absent

# Files in memory, which are synced at no cost: an index is synced to disk a dozen times when it is built.
MEMORY = Path("/dev/shm")


def pytest_configure() -> None:
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 << 30:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_xdist_auto_num_workers() -> int:
    """A process more than cores, since many tests wait for others; four at most, since each loads the model."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is tried by the tests that could try for ever."""
    parser.addoption("--fuzz", type=int, default=12, help="how many damaged files of each format are read (12)")


@contextmanager
def lent_worker() -> Iterator[None]:
    """One process reads all files for this one: to start one for each corpus would take as long as the tests do."""
    lock = threading.Lock()

    class Lent:
        def __enter__(self) -> Worker:
            lock.acquire()
            return kept

        def __exit__(self, *_: object) -> None:
            lock.release()

    with Worker() as kept, pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.corpus.Worker", Lent)
        patch.setattr("bot.intake.Worker", Lent)
        yield


@pytest.fixture(autouse=True, scope="session")
def _one_worker() -> Iterator[None]:
    with lent_worker():
        yield


def dated_corpus(folder: Path, articles: Mapping[str, tuple[str, str, str]]) -> Path:
    """A new folder with an article for each name, of an outlet, a day and a text."""
    folder.mkdir()
    for name, (outlet, day, text) in articles.items():
        head = f'---\ntitle: "{name}"\noutlet: "{outlet}"\ndate: {day}\n---\n'
        (folder / f"{name}.md").write_text(f"{head}{text}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def encoder() -> SentenceTransformerEncoder:
    """The real model, loaded once."""
    return SentenceTransformerEncoder()


@pytest.fixture(scope="session")
def reader() -> ExtractiveReader:
    """The reader that comes with the program, loaded once."""
    return ExtractiveReader()


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


@pytest.fixture(scope="session")
def _discord_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from discord_world import build_corpus

    folder = tmp_path_factory.mktemp("discord") / "corpus"
    build_corpus(folder)
    return folder


@pytest.fixture
def simcord_bot(_discord_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnTheRecordBot]:
    """The bot that simcord's own fixture runs, with a check of every request it makes."""
    from discord_server import check
    from simcord.http import router

    from bot import admin
    from bot.desk import Desk
    from bot.discord.app import OnTheRecordBot
    from bot.settings import Settings

    dispatch = router.dispatch

    def checked(backend: Any, method: str, path: str, **request: Any) -> Any:
        check(method, path, request.get("json"), [file.filename for file in request.get("files") or []])
        return dispatch(backend, method, path, **request)

    async def idle(_: OnTheRecordBot) -> None: ...

    monkeypatch.setattr(router, "dispatch", checked)
    monkeypatch.setattr(admin, "PROGRESS_PAUSE", 0.05)
    # While another process works, simcord waits for whatever sleeps, as what looks after follows does in between.
    monkeypatch.setattr(OnTheRecordBot, "_follow", idle)
    data = shutil.copytree(_discord_corpus.parent / "data", tmp_path / "data")
    corpus = shutil.copytree(_discord_corpus, tmp_path / "corpus")
    desk = Desk(data, corpus, WordHashEncoder)
    yield OnTheRecordBot(Settings(corpus_dir=corpus, index_dir=data), desk)
    desk.close()


@pytest.fixture
def world(simcord_env: simcord.Env) -> Iterator[World]:
    """A channel with two people in it and the bot, over a copy of an index that may be changed."""
    from discord_world import World

    world = World(simcord_env)
    yield world
    world.close()
