"""The Dockerfile, compose.yaml, the unit of systemd and the workflows against the project as it is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from bot.__main__ import main as bot_command
from bot.service import GRACE, TELLING
from bot.settings import Settings
from index.__main__ import main as index_command

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
COMMANDS = {"bot": bot_command, "index": index_command}
SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|KEY", re.IGNORECASE)
EXTRAS = ("metrics", "qdrant", "slack")  # what the image has beside the bot itself
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


def pins(name: str) -> dict[str, str]:
    """The version of each package that a file of requirements fixes, by its normal name."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([\w.-]+)==([^\s;]+)", line) for line in lines]
    return {canonicalize_name(pin[1]): pin[2] for pin in found if pin}


def image_python() -> str:
    """The version of Python that the image has, such as 3.11."""
    bases = [line.split()[0] for line in instructions("FROM") if not line.startswith("base")]
    [version] = [re.match(r"python:(\d+\.\d+)-slim", base)[1] for base in bases]  # type: ignore[index]
    return version


def needed() -> set[str]:
    """Every package that the image needs, as the packages installed here say; of torch's, those that are pinned."""
    environment = {**default_environment(), "python_version": image_python(), "sys_platform": "linux"}
    pinned = pins("constraints.txt")
    declared = [
        *PROJECT["dependencies"],
        *(text for extra in EXTRAS for text in PROJECT["optional-dependencies"][extra]),
    ]
    waiting, found = [Requirement(text) for text in declared], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, *sorted(requirement.extras)) in found:
            continue
        found.add((name, *sorted(requirement.extras)))
        for text in metadata.requires(name) or []:
            further = Requirement(text)
            marks = further.marker is None or any(
                further.marker.evaluate({**environment, "extra": extra}) for extra in ("", *requirement.extras)
            )
            # Builds of torch with CUDA bring packages that the one for the CPU does not.
            if marks and (name != "torch" or canonicalize_name(further.name) in pinned):
                waiting.append(further)
    return {name for name, *_ in found}


def compose() -> dict[str, Any]:
    """The one service of compose.yaml that no profile has to be named for."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    [service] = [service for service in services if "profiles" not in service]
    return dict(service)


def documented_run() -> list[str]:
    """The words of the README's `docker run`."""
    [line] = re.findall(r"^docker run (.+?)(?<!\\)$", README, re.MULTILINE | re.DOTALL)
    return shlex.split(line.replace("\\\n", " "))


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
    lists = {"pyproject.toml", "constraints.txt", "requirements.txt"}
    assert {*needed, *lists, str(Settings().corpus_dir)} == set(copied())


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
    assert SpecifierSet(PROJECT["requires-python"]).contains(image_python())


def test_every_stage_of_the_image_is_from_one_base_that_a_digest_fixes() -> None:
    first, *others = instructions("FROM")
    assert re.fullmatch(r"python:\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64} AS base", first)
    assert {line.split()[0] for line in others} == {"base"}


def test_only_torch_comes_from_another_index_and_all_else_is_checked_by_its_hash() -> None:
    commands = [
        shlex.split(command) for line in instructions("RUN") for command in line.split("&&") if "pip" in command
    ]
    fetching = [
        words for words in commands if "check" not in words and "--no-index" not in words and "venv" not in words
    ]
    torch, rest = fetching
    assert torch[-3:] == ["-c", "constraints.txt", "torch"]
    assert torch[torch.index("--index-url") + 1] == "https://download.pytorch.org/whl/cpu"
    assert rest[-3:] == ["--require-hashes", "-r", "requirements.txt"]
    for words in fetching:
        # Nothing that was not asked for, and no code of a package while it is installed.
        assert {"--no-deps", "--only-binary"} <= set(words)
    assert [words for words in commands if "check" in words]


@pytest.mark.parametrize("path", [ROOT / "Dockerfile", ROOT / "Makefile", *WORKFLOWS], ids=lambda path: path.name)
def test_no_second_index_may_answer_for_any_name(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "extra-index-url" not in text
    assert "EXTRA_INDEX" not in text
    # Where there is another index, it is asked for torch and for nothing that torch would bring.
    for command in re.findall(r"[^\n]*pip(?:[^\n]|\\\n)* install (?:[^\n]|\\\n)*", text):
        if "--index-url" in command:
            assert "--no-deps" in command
            assert command.replace("&&", " ").split()[-1].rstrip("\\") in {"torch", ""} or " torch" in command


def test_what_the_image_installs_is_what_was_tested_with_the_hash_of_every_file() -> None:
    tested, installed = pins("constraints.txt"), pins("requirements.txt")
    # Where this fails after a change of pyproject.toml or constraints.txt: `make lock`.
    assert {name: tested[name] for name in installed if name in tested} == installed
    assert needed() - {"torch"} == set(installed)
    assert "torch" in tested
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\w)", text.split("\n", 2)[2].rstrip()):
        first, *hashes = entry.replace("\\\n", " ").split()
        assert re.fullmatch(r"[\w.-]+==\S+", first), first
        assert hashes, first
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", value) for value in hashes), first


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


def test_compose_runs_what_the_readme_s_docker_run_does() -> None:
    service, words = compose(), documented_run()
    assert words[-1] == service["image"]
    assert words[words.index("--name") + 1] == service["container_name"]
    assert ("--init" in words) is service["init"]
    assert words[words.index("--stop-timeout") + 1] == service["stop_grace_period"].removesuffix("s")
    assert words[words.index("--restart") + 1] == service["restart"]
    assert words[words.index("--env-file") + 1] == service["env_file"][0]["path"]
    mounted = [words[number + 1] for number, word in enumerate(words) if word == "-v"]
    places = [volume.split(":")[1:] for volume in service["volumes"]]
    assert [volume.split(":")[1:] for volume in mounted] == places
    # Either finds the index that the other has built.
    volume = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["volumes"]["data"]
    assert mounted[0].split(":")[0] == volume["name"]
    assert [place for place, *_ in places] == json.loads(instructions("VOLUME")[0])
    assert int(service["stop_grace_period"].removesuffix("s")) > GRACE + TELLING


def test_the_store_of_compose_is_there_on_demand_for_the_bot_alone_and_as_new_as_its_client() -> None:
    store = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["qdrant"]
    assert store["profiles"] == ["qdrant"]
    assert "ports" not in store
    assert (store["cap_drop"], store["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    image, _, version = store["image"].partition(":v")
    assert image == "qdrant/qdrant"
    assert version.split(".")[:2] == pins("constraints.txt")["qdrant-client"].split(".")[:2]


def test_compose_lets_the_bot_write_to_its_volumes_and_nothing_else() -> None:
    service = compose()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert all("noexec" in mount for mount in service["tmpfs"])
    assert service["volumes"][1].endswith(":ro")


def test_the_container_and_the_service_have_the_same_limits() -> None:
    service = compose()
    assert service["mem_limit"].upper() == one("MemoryMax")
    assert service["memswap_limit"] == service["mem_limit"]  # the sum of memory and swap
    assert one("MemorySwapMax") == "0"
    assert one("CPUQuota") == f"{service['cpus'] * 100}%"
    assert one("TasksMax") == str(service["pids_limit"])
    # What building a large index takes, as the README has it, fits in.
    bench = README.partition("<!-- bench -->")[2].partition("<!-- /bench -->")[0]
    peaks = [int(peak.replace(",", "")) for peak in re.findall(r"\| ([\d,]+) MiB \|", bench)]
    assert peaks
    assert 1.25 * max(peaks) < int(one("MemoryMax").removesuffix("G")) * 1024


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
    assert int(one("TimeoutStopSec")) > GRACE + TELLING


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


# --- workflows --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_fixed_actions_with_no_more_rights_than_it_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    uses = re.findall(r"uses: *(.*)", text)
    assert [use for use in uses if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []
    assert workflow["permissions"] == {"contents": "read"}
    assert text.count("persist-credentials: false") == text.count("actions/checkout@") >= 1
    # Written by others: branches, titles. In a script they would be code.
    assert not re.search(r"\$\{\{ *github\.(?:event|head_ref|ref_name)", text)
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())


def test_every_change_is_tested_on_the_oldest_python_and_on_a_newer_one_and_the_image_is_built() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"]
    oldest, newest = jobs["test"]["strategy"]["matrix"]["python"]
    assert PROJECT["requires-python"] == f">={oldest}"
    assert tuple(map(int, newest.split("."))) > tuple(map(int, oldest.split(".")))
    assert jobs["test"]["steps"][-1]["run"] == "make test"
    assert "docker compose build" in [step.get("run") for step in jobs["image"]["steps"]]


def test_dependabot_looks_after_all_that_is_fixed() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "docker", "pip"}
