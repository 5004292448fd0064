"""The commands that an installation puts on the PATH, each started by its name in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCRIPTS: dict[str, str] = PROJECT["scripts"]


def start(script: str, folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a script as pip writes it, run by someone with nothing set and nothing at home."""
    module, _, function = SCRIPTS[script].partition(":")
    program = f"import sys; sys.argv[0] = {script!r}; from {module} import {function}; sys.exit({function}())"
    (folder / "home").mkdir(exist_ok=True)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), **env}
    (folder / "work").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", program, *args], cwd=folder / "work", env=environ, text=True, capture_output=True,
        check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_tells_the_version_of_the_project_and_its_own_name(script: str, tmp_path: Path) -> None:
    told = start(script, tmp_path, "--version")
    assert (told.returncode, told.stdout, told.stderr) == (0, f"On the Record {PROJECT['version']}\n", "")
    assert start(script, tmp_path, "--help").stdout.startswith(f"Usage: {script} [OPTIONS]")


def test_a_first_start_in_an_empty_folder_says_where_articles_go_and_leaves_nothing_behind(tmp_path: Path) -> None:
    for args in ([], ["chat"]):
        told = start("on-the-record", tmp_path, *args)
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith("There are no articles to answer from yet.\n")
        assert f" {tmp_path}/work/seeds\n" in told.stderr
        assert f" CORPUS_DIR=… in the file .env in {tmp_path}/work\n" in told.stderr
        assert "Run on-the-record again." in told.stderr
    assert [path.name for path in tmp_path.rglob("*") if path.name not in {"home", "work"}] == []


def test_the_folder_that_is_set_is_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.txt").write_text("No article.", encoding="utf-8")
    told = start("on-the-record", tmp_path, CORPUS_DIR=str(tmp_path / "mine"))
    assert f"1. Put some into {tmp_path / 'mine'}\n" in told.stderr


def test_a_bot_without_its_articles_is_an_error_and_not_a_lesson(tmp_path: Path) -> None:
    told = start("on-the-record", tmp_path, DISCORD_TOKEN="t")
    assert told.returncode == 1
    assert told.stderr.startswith("Error: The corpus folder seeds does not exist. Put articles there, or name another")


@pytest.mark.parametrize(
    ("script", "typed", "offered"),
    [("on-the-record", "as", {"plain,ask"}), ("on-the-record-index", "show --", {"plain,--json", "plain,--index-dir"})],
)
def test_a_shell_completes_commands_and_options(script: str, typed: str, offered: set[str], tmp_path: Path) -> None:
    variable = f"_{script.upper().replace('-', '_')}_COMPLETE"
    words = f"{script} {typed}"
    asked = {variable: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    told = start(script, tmp_path, **asked)
    assert offered <= set(told.stdout.splitlines())
    assert all(line.startswith(f"plain,{typed.rsplit(maxsplit=1)[-1]}") for line in told.stdout.splitlines())
    assert f"{variable}=bash_source {script}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "nice"), reason="the system knows no priorities")
def test_what_looks_after_the_index_lets_the_bot_go_first() -> None:
    program = "import atexit, os; atexit.register(lambda: print(os.nice(0))); from {} import run; run()"
    told = {}
    for module in ("index.__main__", "bot.__main__"):
        command = [sys.executable, "-c", program.format(module), "--version"]
        ended = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True)
        told[module] = int(ended.stdout.splitlines()[-1])
    assert told == {"index.__main__": min(os.nice(0) + 10, 19), "bot.__main__": os.nice(0)}
