"""`python -m bot` against Slack on loopback: with the real model and the seed articles where it answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT, SEEDS
from slack_rules import quotes
from slack_server import APP_TOKEN, BOT_TOKEN, CHANNEL, READER, SIGNING_SECRET, LoopbackSlack, loopback_slack

from bot.settings import Settings
from index.generations import Generations
from index.model import ANY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

QUESTION = "How far from the border did the incursion occur?"
# A model is loaded first, on a machine that may be busy.
SECONDS = 180


class Bot:
    """A process, and what it has written to its standard error so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.written = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.written += line.decode()

    async def ended(self) -> int:
        """Its status, once it has ended by itself."""
        async with asyncio.timeout(SECONDS):
            await self._reading
            return await self.process.wait()

    async def until_connected(self, slack: LoopbackSlack) -> None:
        async with asyncio.timeout(SECONDS):
            while not slack.connected:
                assert not self._reading.done(), self.written
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading


# The program as it is, with an encoder that needs no model.
WITHOUT_MODEL = (
    "import bot.__main__ as program; from word_encoder import WordHashEncoder\n"
    "program.SentenceTransformerEncoder = lambda _model: WordHashEncoder(); program.run()"
)


@contextlib.asynccontextmanager
async def bot(folder: Path, *program: str, **environ: str) -> AsyncIterator[Bot]:
    """`python -m bot`, or another program, in an empty folder, with nothing set but this."""
    own = {field.name.upper() for field in fields(Settings)}
    inherited = {name: value for name, value in os.environ.items() if name not in own and not name.startswith("SLACK_")}
    folder.mkdir()
    paths = os.pathsep.join(filter(None, [environ.pop("FIRST_PATH", ""), str(ROOT), str(ROOT / "tests")]))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(program or ("-m", "bot")),
        cwd=folder,
        env={**inherited, "CORPUS_DIR": str(SEEDS), "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    running = Bot(process)
    try:
        yield running
    finally:
        await running.close()


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with loopback_slack() as running:
        yield running


@pytest.fixture
def index(seed_index: Path, tmp_path: Path) -> Path:
    return shutil.copytree(seed_index, tmp_path / "data")


def slack_environ(slack: LoopbackSlack, index: Path) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_BASE": slack.api,
        "INDEX_DIR": str(index),
    }


async def test_the_program_answers_with_the_stored_words_and_stops_when_it_is_told_to(
    slack: LoopbackSlack, index: Path, tmp_path: Path
) -> None:
    """Also where variables are set with which Bolt alone would turn on a way to install the app, and at DEBUG."""
    foreign = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "client-secret", "SLACK_SIGNING_SECRET": SIGNING_SECRET}
    environ = {**slack_environ(slack, index), **foreign, "LOG_LEVEL": "DEBUG"}
    async with bot(tmp_path / "cwd", **environ) as running:
        await running.until_connected(slack)
        asked = await slack.mention(QUESTION)
        await slack.until(lambda: slack.thread(CHANNEL, asked))
        command = await slack.slash("/ask", "Who is the mayor of Moscow? number:2 private:yes")
        [whispered] = await slack.responded(command)
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == 0

    store, _ = Generations(index).open_current()
    try:
        articles = [store.article(row.source.id) for row in store.listings(ANY)]
    finally:
        store.close()
    [answer] = slack.thread(CHANNEL, asked)
    assert len(quotes(whispered)) == 2
    assert any("some 500 kilometers from the Ukrainian border." in quotation for quotation in quotes(answer))
    for quotation in quotes(answer) + quotes(whispered):
        assert quotation
        assert any(article and quotation in article.text for article in articles)
    assert [payload["user"] for payload in slack.whispered(READER)] == [answer["user"]] * 2

    for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, "client-secret", "ticket=", "incursion", "mayor", "Ukrainian"):
        assert secret not in running.written
    assert "slack.connected" in running.written
    assert " WARNING " not in running.written
    assert "Traceback" not in running.written
    assert list((tmp_path / "cwd").iterdir()) == []


async def test_a_wrong_app_token_ends_the_program_with_one_clear_line(
    slack: LoopbackSlack, word_index: Path, tmp_path: Path
) -> None:
    wrong = "xapp-wrong-token"
    environ = {**slack_environ(slack, word_index), "SLACK_APP_TOKEN": wrong, "READER_MODEL": "off"}
    async with bot(tmp_path / "cwd", "-c", WITHOUT_MODEL, **environ) as running:
        assert await running.ended() == os.EX_CONFIG
    [said] = [line for line in running.written.splitlines() if "SLACK_APP_TOKEN" in line]
    assert said.startswith("Error: Slack does not take SLACK_APP_TOKEN (invalid_auth). ")
    assert "Traceback" not in running.written
    assert not any(token in running.written for token in (wrong, BOT_TOKEN, APP_TOKEN))
    assert slack.connections == 0


async def test_without_slacks_packages_the_program_says_how_to_install_them(
    slack: LoopbackSlack, tmp_path: Path
) -> None:
    package = tmp_path / "stub" / "slack_bolt"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'slack_bolt'\")\n")
    environ = slack_environ(slack, tmp_path / "data")
    async with bot(tmp_path / "cwd", FIRST_PATH=str(package.parent), **environ) as running:
        assert await running.ended() == os.EX_CONFIG
    assert ".venv/bin/python -m pip install -c constraints.txt -e '.[slack]'" in " ".join(running.written.split())
    assert "Traceback" not in running.written
    # Nothing is built first, which may take minutes.
    assert not (tmp_path / "data").exists()
    assert slack.requests == []
