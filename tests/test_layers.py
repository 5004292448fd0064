"""Which module may know which: `bot` → `index`, never back; chat libraries at the rim, torch only behind a model."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"torch", "sentence_transformers", "transformers", "huggingface_hub"}
CHAT = {"discord", "aiohttp", "slack_sdk", "slack_bolt", "telegram"}
INDEX = sorted(f"index.{path.stem}".removesuffix(".__init__") for path in (ROOT / "index").glob("*.py"))
PURE_BOT = [
    "bot.adding",
    "bot.admin",
    "bot.answer",
    "bot.days",
    "bot.metrics",
    "bot.pace",
    "bot.quotations",
    "bot.refine",
    "bot.sent",
    "bot.service",
    "bot.settings",
    "bot.slack.blocks",
    "bot.slack.render",
    "bot.slack.text",
    "bot.slack.views",
    "bot.sources",
    "bot.visit",
    "bot.wording",
]
SOURCES = sorted([*(ROOT / "index").rglob("*.py"), *(ROOT / "bot").rglob("*.py")])


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages in memory after a fresh process has imported these modules."""
    program = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout))


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_whole_of_index_loads_no_chat_library_no_model_and_no_bot() -> None:
    loaded = loaded_by(*INDEX)
    assert {"index", "faiss"} <= loaded  # the test sees what it should
    assert not loaded & (HEAVY | CHAT | {"bot"})


def test_the_nouns_and_the_errors_load_nothing_but_the_standard_library() -> None:
    assert loaded_by("index.model", "index.errors") - loaded_by("dataclasses", "enum") - sys.stdlib_module_names == {
        "index"
    }


@pytest.mark.parametrize("module", PURE_BOT)
def test_the_pure_parts_of_bot_load_no_chat_library_and_no_model(module: str) -> None:
    loaded = loaded_by(module)
    assert "bot" in loaded
    assert not loaded & (HEAVY | CHAT)


def test_answers_and_wording_load_no_search_engine() -> None:
    assert not loaded_by("bot.answer", "bot.wording") & {"faiss", "sqlite3", "torch", "discord"}


def test_index_never_names_bot_nor_a_chat_library() -> None:
    for path in (ROOT / "index").rglob("*.py"):
        assert not {name.partition(".")[0] for name in imports(path)} & (CHAT | {"bot"}), path


def test_index_reads_no_environment_but_where_it_is_started() -> None:
    for path in (ROOT / "index").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "__main__.py":
            assert not [word for word in ("os.environ", "getenv", "dotenv") if word in text], path


def test_only_the_starting_points_choose_a_model() -> None:
    for path in SOURCES:
        named = "index.encoder.SentenceTransformerEncoder" in imports(path)
        assert named == (path.name == "__main__.py"), path


def test_only_the_generations_and_the_build_know_the_engine() -> None:
    knowing = {path.name for path in SOURCES if "index.faiss_store" in imports(path)}
    assert knowing <= {"generations.py", "build.py", "__main__.py"}


def test_chat_libraries_are_named_only_in_files_named_after_their_platform() -> None:
    for path in SOURCES:
        if {name.partition(".")[0] for name in imports(path)} & CHAT:
            assert path.parent.name == "bot", path
            assert path.stem.startswith(("discord_", "slack_")), path


def test_no_file_is_named_like_a_library() -> None:
    libraries = {name.partition(".")[0] for path in SOURCES for name in imports(path)} - {"index", "bot"}
    assert {"faiss", "click", "json"} <= libraries
    for path in SOURCES:
        assert path.stem not in libraries | set(sys.stdlib_module_names), path
