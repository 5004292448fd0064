"""Which module may know which: `bot` → `index`, never back; chat libraries at the rim, torch only behind a model."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"torch", "sentence_transformers", "transformers", "huggingface_hub"}
# The folders of bot that know a chat platform or other programs, and by which libraries.
PLATFORMS = {
    "discord": {"discord", "aiohttp"},
    "slack": {"slack_bolt", "slack_sdk", "aiohttp"},
    "serve": {"fastapi", "starlette", "uvicorn", "pydantic", "mcp", "mcp_types"},
}
CHAT = set().union(*PLATFORMS.values())
SOURCES = sorted([*(ROOT / "index").rglob("*.py"), *(ROOT / "bot").rglob("*.py")])


def module_of(path: Path) -> str:
    """The dotted name of a source file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in SOURCES}
INDEX = [name for name in MODULES if name.partition(".")[0] == "index"]
# All of bot that is no platform's, and what of a platform is pure: neither talks to one.
CORE = sorted(name for name in MODULES.keys() - INDEX if not {*PLATFORMS, "__main__"} & set(name.split(".")))
PURE = [
    "bot.serve.tokens",
    "bot.serve.told",
    "bot.slack.blocks",
    "bot.slack.render",
    "bot.slack.text",
    "bot.slack.views",
]


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


def circle(modules: dict[str, Path]) -> list[str]:
    """Modules that import one another in a circle, those for type checking counted; none where nothing does."""
    sorter = graphlib.TopologicalSorter({name: imports(path) & modules.keys() for name, path in modules.items()})
    try:
        sorter.prepare()
    except graphlib.CycleError as exc:
        return list(exc.args[1])
    return []


def test_no_imports_go_in_a_circle() -> None:
    assert circle(MODULES) == []


@pytest.mark.parametrize(
    "back", ["import bot.b", "from bot import b", "from bot.b import B", "if TYPE_CHECKING:\n    from bot.b import B"]
)
def test_a_circle_is_found_however_it_is_imported(tmp_path: Path, back: str) -> None:
    texts = {"bot": "", "bot.a": back, "bot.b": "from bot.c import C", "bot.c": "def f():\n    from bot import a"}
    modules = {name: tmp_path / name for name in texts}
    for name, path in modules.items():
        path.write_text(texts[name], encoding="utf-8")
    assert set(circle(modules)) == {"bot.a", "bot.b", "bot.c"}
    modules["bot.a"].write_text("import bot", encoding="utf-8")
    assert circle(modules) == []


def test_the_whole_of_index_loads_no_chat_library_no_model_and_no_bot() -> None:
    loaded = loaded_by(*(name for name in INDEX if name != "index.qdrant_vectors"))
    assert {"index", "faiss"} <= loaded  # the test sees what it should
    assert not loaded & (HEAVY | CHAT | {"bot", "qdrant_client"})
    # The client of the server that may keep vectors brings what describes JSON, and is loaded only for it.
    assert not loaded_by("index.qdrant_vectors") & (HEAVY | CHAT - {"pydantic"} | {"bot"})


def test_the_nouns_and_the_errors_load_nothing_but_the_standard_library() -> None:
    assert loaded_by("index.model", "index.errors") - loaded_by("dataclasses", "enum") - sys.stdlib_module_names == {
        "index"
    }


def test_all_of_bot_that_is_no_platform_s_loads_no_chat_library_and_no_model() -> None:
    loaded = loaded_by(*CORE, *PURE)
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


def test_only_what_chooses_an_engine_knows_it_and_a_server_is_known_where_there_is_one() -> None:
    assert {path.name for path in SOURCES if "index.faiss_vectors" in imports(path)} == {"engines.py", "manifests.py"}
    assert {path.name for path in SOURCES if "index.qdrant_vectors" in imports(path)} == {"engines.py"}
    for library, own in (("faiss", "faiss_vectors.py"), ("qdrant_client", "qdrant_vectors.py")):
        naming = {path.name for path in SOURCES if library in {name.partition(".")[0] for name in imports(path)}}
        assert naming == {own}
    assert "qdrant_client" not in loaded_by(*CORE, "index.__main__", "bot.__main__")


def test_a_chat_platform_is_known_only_in_its_folder_and_where_bot_is_started() -> None:
    own = {f"bot.{platform}": libraries for platform, libraries in PLATFORMS.items()}
    for name, path in MODULES.items():
        named = imports(path)
        folder = ".".join(name.split(".")[:2])
        assert {library.partition(".")[0] for library in named} & CHAT <= own.get(folder, set()), path
        if name != "bot.__main__":
            assert {".".join(other.split(".")[:2]) for other in named} & own.keys() <= {folder}, path
