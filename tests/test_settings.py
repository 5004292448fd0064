from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from conftest import ROOT

from bot.settings import Settings, SettingsError
from index.errors import OnTheRecordError

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
NAMES = {field.name.upper() for field in dataclasses.fields(Settings)}


def test_nothing_set_gives_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env(dict.fromkeys(NAMES, "  ")) == Settings()


def test_every_setting_is_read() -> None:
    settings = Settings.from_env(
        {
            "CORPUS_DIR": "c", "INDEX_DIR": "i", "EMBEDDING_MODEL": "m", "KEEP_GENERATIONS": "0", "EXCERPTS": "5",
            "CAUTION": "eager", "READER_MODEL": "r",
            "DISCORD_TOKEN": "t", "DISCORD_API_BASE": "http://127.0.0.1:1/", "DISCORD_GATEWAY": "ws://127.0.0.1:2",
            "SYNC_COMMANDS": "Never", "ADMIN_USER_IDS": "123456789012345678, 223456789012345678",
            "ADMIN_ROLE_IDS": "323456789012345678", "LOG_LEVEL": "debug", "SHARDS": "2", "METRICS_PORT": "9100",
            "SLACK_BOT_TOKEN": "xoxb-b", "SLACK_APP_TOKEN": "xapp-a", "SLACK_SIGNING_SECRET": "s",
            "SLACK_LISTEN": "[::1]:8080", "SLACK_API_BASE": "http://127.0.0.1:3/api/",
            "SLACK_ADMIN_USER_IDS": "U012AB3CD W012AB3CE", "MAX_LOSS": "50", "FUTURE_DATES": "Take",
            "SERVE_TOKENS": "t.toml",
        }
    )  # fmt: skip
    assert settings == Settings(
        corpus_dir=Path("c"), index_dir=Path("i"), embedding_model="m", keep_generations=0, excerpts=5, caution="eager",
        reader_model="r",
        discord_token="t", discord_api_base="http://127.0.0.1:1", discord_gateway="ws://127.0.0.1:2",
        slack_bot_token="xoxb-b", slack_app_token="xapp-a", slack_signing_secret="s", slack_listen=("::1", 8080),
        serve_tokens=Path("t.toml"), max_loss=50, future_dates="take", slack_api_base="http://127.0.0.1:3/api",
        slack_admin_user_ids=frozenset({"U012AB3CD", "W012AB3CE"}),
        sync_commands="never", admin_user_ids=frozenset({123456789012345678, 223456789012345678}),
        admin_role_ids=frozenset({323456789012345678}), log_level="DEBUG", shards=2, metrics_port=9100,
    )  # fmt: skip


def test_every_problem_is_named_at_once() -> None:
    wrong = {
        "KEEP_GENERATIONS": "-1", "EXCERPTS": "11", "CAUTION": "bold", "DISCORD_TOKEN": "two words",
        "DISCORD_API_BASE": "discord.com", "DISCORD_GATEWAY": "https://x", "SYNC_COMMANDS": "maybe",
        "ADMIN_USER_IDS": "ann", "ADMIN_ROLE_IDS": "12", "LOG_LEVEL": "loud",
        "SHARDS": "0", "METRICS_PORT": "65536",
        "SLACK_BOT_TOKEN": "xapp-swapped", "SLACK_APP_TOKEN": "xoxb-swapped", "SLACK_SIGNING_SECRET": "two words",
        "SLACK_LISTEN": "3000", "SLACK_API_BASE": "slack.com", "MAX_LOSS": "101",
        "FUTURE_DATES": "maybe", "SLACK_ADMIN_USER_IDS": "@ann",
    }  # fmt: skip
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(wrong)
    assert isinstance(caught.value, OnTheRecordError)
    assert {line.split()[0] for line in str(caught.value).splitlines()[1:]} == set(wrong)
    # A mistyped token stays secret.
    assert "two words" not in str(caught.value)
    assert "swapped" not in str(caught.value)


@pytest.mark.parametrize("address", ["localhost:0", "http://x:80", ":3000", "localhost:"])
def test_an_address_to_listen_on_has_a_host_and_a_port(address: str) -> None:
    with pytest.raises(SettingsError, match="SLACK_LISTEN"):
        Settings.from_env({"SLACK_LISTEN": address})


@pytest.mark.parametrize("name", ["discord_token", "slack_bot_token", "slack_app_token", "slack_signing_secret"])
def test_tokens_are_not_shown(name: str) -> None:
    assert "s3cret" not in repr(Settings(**{name: "s3cret"}))


def test_the_example_names_every_setting_with_a_comment_and_its_default() -> None:
    found = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert set(found) == NAMES
    assert Settings.from_env(found) == Settings()
    for name in NAMES:
        before = EXAMPLE[: EXAMPLE.index(f"\n{name}=")]
        block = before.rsplit("\n\n", 1)[-1]
        assert "# " in block, name
