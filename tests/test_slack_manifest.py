"""The manifest that creates the Slack app, against the program: nothing in it is missing, and nothing is too much."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from typing import Any

import pytest
from conftest import ROOT
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import app as slack_app
from bot.slack.app import SlackApp

MANIFEST = json.loads((ROOT / "bot" / "slack" / "manifest.json").read_text(encoding="utf-8"))
FEATURES, SETTINGS, SHOWN = MANIFEST["features"], MANIFEST["settings"], MANIFEST["display_information"]
COMMANDS = {command["command"]: command for command in FEATURES["slash_commands"]}
SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "bot" / "slack").glob("*.py")))
# Commands of Slack's own, which no app can have.
SLACKS_OWN = (
    "active apps archive away call collapse dnd expand feed help invite join kick leave me msg mute open part prefs "
    "pro remind remove rename search shortcuts shrug star status topic unarchive who"
)
# What Slack asks for each method (https://docs.slack.dev/reference/methods) and each event.
SCOPES_OF_METHODS = {
    "auth_test": None,
    "assistant_threads_setStatus": "assistant:write",
    "assistant_threads_setSuggestedPrompts": "assistant:write",
    "chat_delete": "chat:write",
    "chat_postEphemeral": "chat:write",
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "conversations_info": "channels:read",
    "conversations_open": "im:write",
    "files_getUploadURLExternal": "files:write",
    "files_info": "files:read",
    "files_upload_v2": "files:write",
    "users_info": "users:read",
    "views_open": None,
    "views_publish": None,
    "views_update": None,
}
SCOPES_OF_EVENTS = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "member_joined_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "tokens_revoked": None,
}


def understood(command: str) -> str | None:
    """The name under which the program knows a command, if it does."""
    match = slack_app._COMMAND.fullmatch(command)
    return match[1] if match and match[1] in slack_app._COMMANDS else None


def tree(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def options_of(name: str) -> set[str]:
    """The options that a command reads from its text."""
    calls = [node for node in ast.walk(tree(slack_app._COMMANDS[name])) if isinstance(node, ast.Call)]
    read = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "options"]
    return {option for call in read for option in ast.literal_eval(call.args[1])}


def test_every_command_of_the_program_is_in_the_manifest_once_and_no_other() -> None:
    assert sorted(map(str, map(understood, COMMANDS))) == sorted(slack_app._COMMANDS)
    assert len(COMMANDS) == len(FEATURES["slash_commands"])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_none_of_slacks_own_and_within_its_limits(command: str) -> None:
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command)
    assert command[1:] not in SLACKS_OWN.split()
    assert 1 <= len(COMMANDS[command]["description"]) <= 2000
    assert len(COMMANDS[command].get("usage_hint", "")) <= 1000
    # Names of people would come as ids, which no article has.
    assert COMMANDS[command]["should_escape"] is False
    assert "url" not in COMMANDS[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_hint_names_only_options_that_the_command_takes(command: str) -> None:
    hint = COMMANDS[command].get("usage_hint", "")
    assert set(re.findall(r"(\w+):", hint)) <= options_of(str(understood(command)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_a_command_takes_is_in_its_hint_or_is_words(command: str) -> None:
    named = re.findall(r"\w+", COMMANDS[command].get("usage_hint", ""))
    assert options_of(str(understood(command))) <= set(named)


def test_the_shortcuts_are_the_programs_and_within_their_limits() -> None:
    assert [shortcut["callback_id"] for shortcut in FEATURES["shortcuts"]] == list(slack_app._SHORTCUTS)
    for shortcut in FEATURES["shortcuts"]:
        assert shortcut["type"] == "message"
        assert 1 <= len(shortcut["name"]) <= 24
        assert 1 <= len(shortcut["description"]) <= 150


def test_names_and_descriptions_are_within_their_limits() -> None:
    assert 1 <= len(SHOWN["name"]) <= 35
    assert 1 <= len(SHOWN["description"]) <= 139
    assert 174 <= len(SHOWN["long_description"]) <= 4000
    assert re.fullmatch(r"#[0-9a-f]{6}", SHOWN["background_color"])
    assert re.fullmatch(r"[\w .-]{1,80}", FEATURES["bot_user"]["display_name"])
    assert 1 <= len(FEATURES["agent_view"]["agent_description"]) <= 300


def test_the_events_are_those_that_the_program_handles() -> None:
    compared = [node for node in ast.walk(tree(SlackApp._event)) if isinstance(node, ast.Compare)]
    kinds = [node.comparators[0] for node in compared if isinstance(node.left, ast.Name) and node.left.id == "kind"]
    values = [ast.literal_eval(kind) for kind in kinds]
    handled = {kind for value in values for kind in (value if isinstance(value, set) else {value})}
    events = SETTINGS["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} == handled
    assert len(events) == len(set(events))
    # Where a thread of the bot's can be without anybody mentioning it, and where people write to it alone.
    assert {event for event in events if event.startswith("message.")} == {
        "message.channels",
        "message.groups",
        "message.im",
    }


def test_the_scopes_are_exactly_those_that_are_needed() -> None:
    called = {
        name
        for name in re.findall(r"client\.(\w+)\(", SOURCE)
        if inspect.iscoroutinefunction(getattr(AsyncWebClient, name, None))
    }
    assert {"auth_test", "chat_postMessage", "users_info", "views_publish"} <= called
    needed = {SCOPES_OF_METHODS[method] for method in called}
    needed |= {SCOPES_OF_EVENTS[event] for event in SETTINGS["event_subscriptions"]["bot_events"]}
    needed |= {"commands"} if FEATURES["slash_commands"] else set()
    needed |= {"files:read"} if "url_private" in SOURCE else set()
    scopes = MANIFEST["oauth_config"]["scopes"]
    assert scopes.keys() == {"bot"}
    assert sorted(scopes["bot"]) == sorted(needed - {None})


def test_the_app_needs_no_public_address_and_can_be_written_to() -> None:
    assert SETTINGS["socket_mode_enabled"] is True
    assert SETTINGS["interactivity"] == {"is_enabled": True}
    assert "request_url" not in SETTINGS["event_subscriptions"]
    assert FEATURES["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    # Tokens that expire would have to be fetched anew, which the program does not do.
    assert SETTINGS["token_rotation_enabled"] is False
    assert SETTINGS["org_deploy_enabled"] is False
