"""Commands, options and choices in the languages that the bot speaks, by Discord's rules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import regex
from discord_server import APPLICATION, check

from bot.discord.app import OnTheRecordBot
from bot.discord.names import Names
from bot.settings import Settings
from bot.tongue import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

# As Discord's documents have it; what has capitals in its alphabet has none here.
NAME = regex.compile(r"[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}")
LOCALES = {"de", "fr", "es-ES", "es-419"}
MENU = 3  # the type of a command in the menu of a message


@pytest.fixture
async def commands() -> list[dict[str, Any]]:
    bot = OnTheRecordBot(Settings(), None)  # type: ignore[arg-type]  # the commands need no desk to be named
    return [await command.get_translated_payload(bot.tree, Names()) for command in bot.tree.get_commands()]


def named(commands: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Commands, options and choices."""
    for command in commands:
        yield command
        for option in command.get("options", []):
            yield option
            yield from option.get("choices", [])


async def test_everything_that_discord_shows_is_translated(commands: list[dict[str, Any]]) -> None:
    assert {locale.split("-")[0] for locale in LOCALES} == LANGUAGES
    for each in named(commands):
        for field in ("name", "description"):
            if each.get(field):
                assert set(each[f"{field}_localizations"]) == LOCALES, each[field]
                assert all(text.strip() == text != "" for text in each[f"{field}_localizations"].values())
    # A sentence that is as in English was forgotten.
    told = [each for each in named(commands) if each.get("description")]
    assert [e["description"] for e in told if e["description"] in e["description_localizations"].values()] == []


async def test_names_and_descriptions_keep_to_discords_rules(commands: list[dict[str, Any]]) -> None:
    for command in commands:
        for name in command["name_localizations"].values():
            assert 1 <= len(name) <= 32
            assert command["type"] == MENU or (NAME.fullmatch(name) and name == name.lower()), name
        for option in command.get("options", []):
            assert all(NAME.fullmatch(name) and name == name.lower() for name in option["name_localizations"].values())
            for choice in option.get("choices", []):
                assert all(1 <= len(name) <= 100 for name in choice["name_localizations"].values())
    descriptions = [text for each in named(commands) for text in each.get("description_localizations", {}).values()]
    assert [text for text in descriptions if len(text) > 100] == []


async def test_no_two_have_one_name(commands: list[dict[str, Any]]) -> None:
    """Neither in one language, nor so that a person who types finds another's command."""
    for locale in LOCALES:
        for kind in (1, MENU):
            shown = [command for command in commands if command["type"] == kind]
            assert max(Counter(command["name_localizations"][locale] for command in shown).values()) == 1
            own = {command["name_localizations"][locale]: command["name"] for command in shown}
            assert all(own.get(command["name"], command["name"]) == command["name"] for command in shown)
        for command in commands:
            options = Counter(option["name_localizations"][locale] for option in command.get("options", []))
            assert all(count == 1 for count in options.values())


async def test_discords_document_allows_them(commands: list[dict[str, Any]]) -> None:
    check("PUT", f"/applications/{APPLICATION}/commands", commands)
