"""The README and the other pages against the program as it is."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

import discord
import pytest
from conftest import ROOT, SEEDS, SHARED

from bot import terminal
from bot.__main__ import main as bot_command
from bot.discord.app import OnTheRecordBot
from bot.settings import Settings
from index.__main__ import main as index_command

if TYPE_CHECKING:
    import click

MANIFEST = json.loads((ROOT / "bot" / "slack" / "manifest.json").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("script", "group"), [("on-the-record-index", index_command), ("on-the-record", bot_command)])
def test_every_command_is_in_the_readme_and_the_other_way_round(script: str, group: click.Group) -> None:
    # At the start of a line or of what is marked as code; elsewhere it may name a container or the service.
    named = set(re.findall(rf"(?:^|`|exec on-the-record ){script} ([a-z-]+)", README, re.MULTILINE))
    assert named == set(group.commands)


def test_every_option_that_the_readme_shows_exists() -> None:
    import bench  # imported here: they load torch, and every process reads this file
    import quality

    ours = README
    for title in ("Installing it", "Running it", "More than one machine"):  # with options of pipx, docker and systemctl
        ours = ours.replace(README[README.index(f"## {title}") :].split("\n## ", 1)[0], "")
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", ours)) - {"--corpus"}
    commands = (*index_command.commands.values(), *bot_command.commands.values(), quality.main, bench.main)
    known = {option for command in commands
             for parameter in command.params for option in parameter.opts}  # fmt: skip
    assert shown <= known
    assert "--corpus" in {option for p in index_command.commands["build"].params for option in p.opts}


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    table = README[README.index("## Settings") :].split("\n## ", 1)[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = {name: default.strip("` ") for cell, default in rows for name in re.findall(r"[A-Z_]+", cell)}
    assert set(named) == {field.name.upper() for field in dataclasses.fields(Settings)}
    assert Settings.from_env(named) == Settings()


async def test_every_discord_command_is_in_the_readme(tmp_path: object) -> None:  # noqa: ARG001
    bot = OnTheRecordBot(Settings(), None)  # type: ignore[arg-type]  # the commands need no desk to be named
    table = README[README.index("## The Discord bot") :].split("\n## ", 1)[0]
    commands = bot.tree.get_commands(type=discord.AppCommandType.chat_input)
    assert set(re.findall(r"^\| `/([a-z-]+)", table, re.MULTILINE)) == {command.name for command in commands}
    for command in commands:
        (shown,) = re.findall(rf"^\| `/{command.name}(?![\w-])([^`]*)`", table, re.MULTILINE)
        assert re.findall(r"[a-z_]+", shown) == [parameter.display_name for parameter in command.parameters]
    for menu in bot.tree.get_commands(type=discord.AppCommandType.message):
        assert f"*{menu.name}*" in table


def test_every_capability_is_in_the_table_under_each_platform_that_has_it() -> None:
    table = README.split("<!-- capabilities -->")[1].split("<!-- /capabilities -->")[0]
    discord_cell, slack_cell, terminal_cell = (
        " ".join(line.split("|")[column] for line in table.splitlines() if line.startswith("| "))
        for column in (2, 3, 4)
    )
    tree = OnTheRecordBot(Settings(), None).tree  # type: ignore[arg-type]  # the commands need no desk to be named
    for cell, commands, menus in (
        (
            discord_cell,
            {command.name for command in tree.get_commands(type=discord.AppCommandType.chat_input)},
            {menu.name for menu in tree.get_commands(type=discord.AppCommandType.message)},
        ),
        (
            slack_cell,
            {command["command"].removeprefix("/") for command in MANIFEST["features"]["slash_commands"]},
            {shortcut["name"] for shortcut in MANIFEST["features"]["shortcuts"]},
        ),
    ):
        assert set(re.findall(r"`/([a-z-]+)`", cell)) == commands
        assert set(re.findall(r"\*([A-Z][^*]+)\*", cell)) == menus
    chat = {name for name in re.findall(r"^  /([a-z-]+)", terminal.HELP, re.MULTILINE) if name != "quit"}
    assert set(re.findall(r"`/([a-z-]+)`", terminal_cell)) == chat
    assert set(re.findall(r"`bot ([a-z-]+)`", terminal_cell)) == set(bot_command.commands)
    assert set(re.findall(r"`index ([a-z]+)`", terminal_cell)) <= set(index_command.commands)


def test_every_slack_command_is_in_the_readme_with_options_that_it_takes() -> None:
    table = README[README.index("## The Slack bot") :].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    shown = dict(re.findall(r"`/([a-z-]+)([^`]*)`", " ".join(rows)))
    assert set(shown) == {command["command"].removeprefix("/") for command in MANIFEST["features"]["slash_commands"]}
    for command in MANIFEST["features"]["slash_commands"]:
        hinted = re.findall(r"([a-z_]+):", command.get("usage_hint", ""))
        assert re.findall(r"([a-z_]+):", shown[command["command"].removeprefix("/")]) == hinted, command


def test_every_file_that_the_readme_points_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_house_is_drawn_with_its_folders() -> None:
    house = README[README.index("## The house") :].split("\n## ", 1)[0]
    packages = {path.parent.relative_to(ROOT) for top in ("bot", "index") for path in (ROOT / top).rglob("__init__.py")}
    drawn = re.findall(r"^( *)(\w+)/", house, re.MULTILINE)
    assert sorted(name for _, name in drawn) == sorted({path.name for path in packages} | {"tests", "seeds"})
    assert {name for indent, name in drawn if not indent} == {"bot", "index", "tests", "seeds"}


def test_the_top_level_holds_what_the_owner_fixed_and_what_a_newcomer_expects() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    top = {name.split("/")[0] for name in tracked if name}
    fixed = {"bot", "index", "tests", "seeds", "pyproject.toml", ".env.example"}
    around = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "constraints.txt"}
    around |= {"PRIVACY.md", "Dockerfile", "compose.yaml", "requirements.txt", "on-the-record.service", "SECURITY.md"}
    around |= {"CAPACITY.md"}
    assert fixed <= top
    assert {name for name in top - fixed - around if not name.startswith(".")} == set()


def test_what_make_quick_leaves_out_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    [names] = re.findall(r"^SLOW := (.+)$", makefile, re.MULTILINE)
    assert [name for name in names.split() if not (ROOT / "tests" / f"test_{name}.py").is_file()] == []


def test_the_seeds_are_the_owner_s_byte_for_byte() -> None:
    theirs = SHARED / "seeds"
    if not theirs.is_dir():
        pytest.skip("the owner's copy of the seed articles is not beside the project")
    assert {p.name: p.read_bytes() for p in SEEDS.glob("*.txt")} == {
        p.name: p.read_bytes() for p in theirs.glob("*.txt")
    }


def test_torch_and_what_the_owner_fixed_are_pinned() -> None:
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))
    assert pins["torch"] == "2.13.0"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {re.match(r"[\w.-]+", requirement)[0] for requirement in declared} <= set(pins)  # type: ignore[index]
