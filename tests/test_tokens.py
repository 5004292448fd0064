"""The file of tokens, and the command that makes them."""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import bot.serve
from bot import __main__ as cli
from bot.pace import QUESTIONS
from bot.serve.tokens import LOCAL, PREFIX, Token, Tokens, TokensError, UnknownTokenError, make
from index.model import ANY, Filters

if TYPE_CHECKING:
    from pathlib import Path

SOME = "0" * 64


def read(folder: Path, text: str) -> Tokens:
    (folder / "tokens.toml").write_text(text, encoding="utf-8")
    return Tokens.read(folder / "tokens.toml")


def test_a_token_that_was_made_is_known_by_its_name_and_by_nothing_else(tmp_path: Path) -> None:
    made = {name: make(name) for name in ("news room", "übung", "a.b")}
    tokens = read(tmp_path, "\n".join(lines for _, lines in made.values()))
    for name, (secret, lines) in made.items():
        assert secret.startswith(PREFIX)
        assert secret not in lines
        assert tokens.of(f"Bearer {secret}").name == name
        shown = repr(tokens.of(f"Bearer {secret}")) + repr(tokens)
        assert secret not in shown
        assert tomllib.loads(lines)[name]["sha256"] not in shown
        # The hash that lies in the file opens nothing.
        with pytest.raises(UnknownTokenError):
            tokens.of(f"Bearer {tomllib.loads(lines)[name]['sha256']}")
    assert len({secret for secret, _ in made.values()}) == len(made)


@given(st.text())
def test_no_header_is_taken_for_a_token(header: str) -> None:
    secret, lines = make("newsroom")
    tokens = Tokens((Token("newsroom", tomllib.loads(lines)["newsroom"]["sha256"]),))
    for given_header in (header, f"Bearer {header}", f"Bearer {secret}x{header}", None):
        with pytest.raises(UnknownTokenError) as caught:
            tokens.of(given_header)
        assert secret not in str(caught.value)


def test_what_a_token_may_see_and_its_pace_are_read(tmp_path: Path) -> None:
    secret, lines = make("all")
    other, other_lines = make("some")
    tokens = read(tmp_path, f'{lines}\n{other_lines}outlets = ["The Paper"]\nhidden = ["The Post"]\npace = 5\n')
    everything, some = tokens.of(f"Bearer {secret}"), tokens.of(f"Bearer {other}")
    assert (everything.scope, everything.questions.person) == (ANY, QUESTIONS.channel)
    assert some.scope == Filters(visible=("The Paper",), hidden=("The Post",))
    assert (some.questions.person, some.looks.person) == (5, 20)
    assert tokens.naming_none_of(["the  paper", "Other"]) == [("some", "The Post")]


def test_without_a_file_whoever_calls_is_of_this_machine() -> None:
    assert not Tokens()
    assert Tokens().of(None) is LOCAL


def test_every_problem_of_the_file_is_named_at_once(tmp_path: Path) -> None:
    tables = {
        "short": 'sha256 = "abc"',
        "none": 'sha256 = "' + SOME + '"\noutlets = []',
        "word": 'sha256 = "' + SOME.replace("0", "1") + '"\nhidden = "The Post"',
        "blank": 'sha256 = "' + SOME.replace("0", "2") + '"\nhidden = [" "]',
        "slow": 'sha256 = "' + SOME.replace("0", "3") + '"\npace = 0',
        "true": 'sha256 = "' + SOME.replace("0", "4") + '"\npace = true',
        "typo": 'sha256 = "' + SOME.replace("0", "5") + '"\noutlet = ["The Paper"]',
        "missing": "",
    }
    with pytest.raises(TokensError) as caught:
        read(tmp_path, "lone = 1\n" + "\n".join(f"[{name}]\n{table}" for name, table in tables.items()))
    told = str(caught.value).splitlines()
    assert [line.split(":")[0].strip() for line in told[1:]] == ["lone", *tables]
    assert "tokens.toml" in told[0]
    with pytest.raises(TokensError, match="the same sha256"):
        read(tmp_path, f'[a]\nsha256 = "{SOME}"\n[b]\nsha256 = "{SOME}"')
    for text, said in (("", "no table"), ("[a", "no TOML")):
        with pytest.raises(TokensError, match=said):
            read(tmp_path, text)
    with pytest.raises(TokensError, match=r"nothing\.toml, which cannot be read"):
        Tokens.read(tmp_path / "nothing.toml")


def test_the_command_prints_the_lines_and_shows_the_token_once(tmp_path: Path) -> None:
    made = CliRunner().invoke(cli.main, ["token", "news room"])
    assert made.exit_code == 0
    secret = next(line for line in made.stderr.splitlines() if line.startswith(PREFIX))
    assert secret not in made.stdout
    assert read(tmp_path, made.stdout).of(f"Bearer {secret}").name == "news room"


def test_without_the_extra_the_commands_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "bot.serve.app", None)
    monkeypatch.delattr(bot.serve, "app", raising=False)  # as another test may have loaded it
    for command in ("serve", "mcp"):
        told = CliRunner().invoke(cli.main, [command])
        assert told.exit_code == 78
        assert "pip install -c constraints.txt -e '.[serve]'" in told.stderr
