"""The Dockerfile and the unit of systemd against the project as it is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from conftest import ROOT
from packaging.specifiers import SpecifierSet

from bot.__main__ import main as bot_command
from bot.service import GRACE
from bot.settings import Settings
from index.__main__ import main as index_command

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
COMMANDS = {"bot": bot_command, "index": index_command}
SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|KEY", re.IGNORECASE)


def instructions(name: str) -> list[str]:
    """What follows each such instruction of the Dockerfile, in order, on one line and without comments."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    joined = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    parts = [line.partition(" ") for line in joined.splitlines()]
    return [rest.strip() for instruction, _, rest in parts if instruction == name]


def copied() -> list[str]:
    """The files and folders of the project that the image is made of."""
    words = [shlex.split(line) for line in instructions("COPY")]
    return [source.rstrip("/") for line in words if not line[0].startswith("--from=") for source in line[:-1]]


def sent_to_docker(path: str) -> bool:
    """Whether .dockerignore lets a path through: the last pattern that fits it, or a folder it is in, decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!").rstrip("/"))
            pattern = pattern.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            places = [str(place) for place in (PurePosixPath(path), *PurePosixPath(path).parents)][:-1]
            if any(re.fullmatch(pattern, place) for place in places):
                sent = line.startswith("!")
    return sent


def unit() -> dict[str, list[str]]:
    """The unit's settings, each with its values: systemd takes some more than once."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "on-the-record.service").read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def one(key: str) -> str:
    [value] = unit()[key]
    return value


def check_command(words: list[str]) -> None:
    """Assert that `python -m …` would be understood: the module is there, and so are its command and options."""
    program, flag, module, *arguments = words
    assert (PurePosixPath(program).name, flag) == ("python", "-m")
    assert (ROOT / module / "__main__.py").is_file()
    ended = CliRunner().invoke(COMMANDS[module], [*arguments, "--help"])
    assert ended.exit_code == 0, ended.output


@pytest.mark.parametrize("words", ["python -m bot --nope", "python -m index stats"])
def test_the_check_of_commands_finds_what_is_not_there(words: str) -> None:
    with pytest.raises(AssertionError, match=r"No such (?:option|command)"):
        check_command(words.split())


def test_what_is_copied_exists_and_makes_the_package_whole() -> None:
    for source in copied():
        assert (ROOT / source).exists(), source
        assert sent_to_docker(source), source
    found = PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {pattern.removesuffix(".*") for pattern in found}
    needed = {*packages, PROJECT["readme"], *PROJECT["license-files"]}
    assert {*needed, "pyproject.toml", "constraints.txt", str(Settings().corpus_dir)} == set(copied())


def test_every_file_of_the_packages_is_sent_and_nothing_secret_or_large() -> None:
    for package in ("bot", "index"):
        for file in (path for path in (ROOT / package).rglob("*") if path.is_file()):
            assert sent_to_docker(str(file.relative_to(ROOT))) == (file.parent.name != "__pycache__"), file
    kept_out = (".env", ".env.production", ".git/config", ".venv/bin/python", "data/CURRENT", "data/records.sqlite",
                "tests/conftest.py", "on_the_record.egg-info/PKG-INFO", "id_ed25519", "seeds/.env", "bot/.env",
                "index/__pycache__/model.cpython-311.pyc")  # fmt: skip
    assert [path for path in kept_out if sent_to_docker(path)] == []


def test_no_secret_is_baked_in() -> None:
    for line in (*instructions("ENV"), *instructions("ARG"), *unit().get("Environment", [])):
        assert not SECRET.search(line), line
    assert not instructions("ADD")


def test_the_image_s_python_is_one_that_the_project_runs_on() -> None:
    bases = [line.split()[0] for line in instructions("FROM")]
    versions = {re.fullmatch(r"python:(\d+\.\d+)-slim", base)[1] for base in bases}  # type: ignore[index]
    assert len(versions) == 1
    assert SpecifierSet(PROJECT["requires-python"]).contains(versions.pop())


def test_the_image_installs_the_tested_versions_with_torch_for_the_cpu() -> None:
    [line] = [line for line in instructions("RUN") if " install " in line and "pip" in line]
    words = shlex.split(line)
    assert words[words.index("-c") + 1] == "constraints.txt"
    assert words[words.index("--extra-index-url") + 1] == "https://download.pytorch.org/whl/cpu"
    extras = re.fullmatch(r"\.\[([\w,]+)\]", words[-1])
    assert extras
    assert set(extras[1].split(",")) <= set(PROJECT["optional-dependencies"]) - {"dev"}
    assert re.search(r"^torch==\d", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_container_is_not_root_and_keeps_what_it_writes_in_volumes_at_the_default_places() -> None:
    [user], [folder] = instructions("USER"), instructions("WORKDIR")[-1:]
    assert int(user) > 0
    assert f"--uid {user} " in " ".join(instructions("RUN"))
    volumes = json.loads(instructions("VOLUME")[0])
    assert volumes == [f"{folder}/{Settings().index_dir}", f"{folder}/{Settings().corpus_dir}"]
    assert f"HF_HOME={volumes[0]}/" in instructions("ENV")[0]


def test_the_container_s_commands_are_the_project_s() -> None:
    [entry] = instructions("ENTRYPOINT")
    check_command(json.loads(entry))
    [health] = instructions("HEALTHCHECK")
    check_command(json.loads(health.partition("CMD ")[2]))
    assert instructions("STOPSIGNAL") == ["SIGTERM"]


def test_the_unit_s_command_is_the_project_s_and_writes_where_the_unit_allows() -> None:
    words = shlex.split(one("ExecStart"))
    check_command(words)
    assert words[0] == f"{one('WorkingDirectory')}/.venv/bin/python"
    assert words[-2:] == ["--index-dir", f"%S/{one('StateDirectory')}"]
    assert f"HF_HOME=%C/{one('CacheDirectory')}" in unit()["Environment"]
    assert one("EnvironmentFile").startswith("/etc/")


def test_the_unit_stops_the_bot_as_the_bot_expects() -> None:
    assert one("KillSignal") == "SIGTERM"
    # Beside the grace for answers there is time to close the connection and to end a build.
    assert int(one("TimeoutStopSec")) >= 2 * GRACE


def test_the_unit_does_not_hammer_discord() -> None:
    assert one("Restart") == "on-failure"
    # https://discord.com/developers/docs/events/gateway#session-start-limit-object
    assert 24 * 60 * 60 / int(one("RestartSec")) < 1000
    assert int(one("RestartPreventExitStatus")) == os.EX_CONFIG


@pytest.mark.parametrize(
    ("key", "value"),
    [("NoNewPrivileges", "yes"), ("PrivateTmp", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"),
     ("CapabilityBoundingSet", ""), ("UMask", "0077"), ("StateDirectoryMode", "0700")],
)  # fmt: skip
def test_the_unit_is_hardened(key: str, value: str) -> None:
    assert one(key) == value
    assert one("User") != "root"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    text = (ROOT / "on-the-record.service").read_text(encoding="utf-8")
    copy = tmp_path / "on-the-record.service"
    # The program is where this Python is: systemd looks whether it can be run.
    copy.write_text(text.replace(shlex.split(one("ExecStart"))[0], sys.executable), encoding="utf-8")
    ended = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, [line for line in ended.stderr.splitlines() if copy.name in line]) == (0, [])
