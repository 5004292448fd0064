"""Who may call: bearer tokens, of which a file keeps the hashes, and what each of them may see and how fast it may ask.

The file is TOML, with a table for each token under the name of whoever has it:

    [newsroom]
    sha256 = "…"              # of the token, in hexadecimal; `on-the-record token newsroom` makes both
    outlets = ["The Paper"]   # sees these only
    hidden = ["The Post"]     # does not see these
    pace = 30                 # questions within 20 seconds
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tomli_w

from bot.pace import QUESTIONS, Limits
from index.errors import OnTheRecordError
from index.model import ANY, Filters
from index.tables import outlet_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# By this people and scanners for secrets tell what it is.
PREFIX = "otr_"
# Looks at what is known already come in lists; so many are as much as a question.
LOOKS_A_QUESTION = 4
MAX_PACE = 10_000


class TokensError(OnTheRecordError):
    """The file of tokens cannot be used; the message has a line for each problem."""

    exit_status = 78


class UnknownTokenError(OnTheRecordError):
    """Whoever calls has no token that is known here."""


@dataclass(frozen=True, slots=True)
class Token:
    """What whoever calls may see, and how many questions they may ask within the window of `Pace`.

    The hash tells nothing of the token, and is shown nowhere all the same.
    """

    name: str
    sha256: str = field(default="", repr=False)
    outlets: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    pace: int = QUESTIONS.channel

    @property
    def questions(self) -> Limits:
        """How much may be asked."""
        return Limits(self.pace, 0, 0)

    @property
    def looks(self) -> Limits:
        """How often what is known already may be looked at."""
        return Limits(self.pace * LOOKS_A_QUESTION, 0, 0)

    @property
    def scope(self) -> Filters:
        """All that may be seen."""
        return Filters(visible=self.outlets, hidden=self.hidden) if self.outlets or self.hidden else ANY


# Who calls where no token is asked for: on this machine alone.
LOCAL = Token("this machine")


class Tokens:
    """The tokens of a file; none where nobody needs one."""

    def __init__(self, tokens: tuple[Token, ...] = ()) -> None:
        self._tokens = tokens

    def __bool__(self) -> bool:
        return bool(self._tokens)

    @classmethod
    def read(cls, file: Path) -> Tokens:
        """The tokens of a file.

        Raises:
            TokensError: it cannot be read, has none, or says something that is not understood.

        """
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as exc:
            raise TokensError(f"SERVE_TOKENS names {file}, which cannot be read: {exc.strerror}.") from exc
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise TokensError(f"SERVE_TOKENS names {file}, which is no TOML: {exc}.") from exc
        problems = [f"{name}: {problem}" for name, table in tables.items() for problem in _problems(table)]
        hashes = [table["sha256"] for table in tables.values() if not _problems(table)]
        if len(set(hashes)) < len(hashes):
            problems.append("two tables have the same sha256; give each its own token.")
        if not tables:
            problems.append("it has no table. Run `on-the-record token NAME`, and put what that prints into it.")
        if problems:
            told = "\n".join(f"  {problem}" for problem in problems)
            raise TokensError(f"{file}, which SERVE_TOKENS names, cannot be used:\n{told}")
        return cls(tuple(_token(name, table) for name, table in tables.items()))

    def naming_none_of(self, outlets: Iterable[str]) -> list[tuple[str, str]]:
        """The names of tokens with the outlets that they name and that are none of these: misspelt, or yet to come."""
        known = set(map(outlet_key, outlets))
        named = ((token.name, outlet) for token in self._tokens for outlet in (*token.outlets, *token.hidden))
        return [(name, outlet) for name, outlet in named if outlet_key(outlet) not in known]

    def of(self, authorization: str | None) -> Token:
        """Whose token a header `Authorization` carries; without any tokens, whoever calls is of this machine.

        Raises:
            UnknownTokenError: it carries none that is known.

        """
        if not self._tokens:
            return LOCAL
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise UnknownTokenError("This needs a token, in a header `Authorization: Bearer …`.")
        digest = _hash(given.strip())
        # All are compared, each in constant time: how long it takes tells nothing.
        found = [token for token in self._tokens if hmac.compare_digest(token.sha256, digest)]
        if not found:
            raise UnknownTokenError("This token is not known here. Ask whoever runs this server for another.")
        return found[0]


def make(name: str) -> tuple[str, str]:
    """A new token, and the lines of the file that let it in, without it."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, tomli_w.dumps({name: {"sha256": _hash(token)}})


def _hash(token: str) -> str:
    # One round is enough: what is hashed is drawn from 2**256, and no password.
    return hashlib.sha256(token.encode()).hexdigest()


def _token(name: str, table: dict[str, Any]) -> Token:
    outlets, hidden = (tuple(table.get(key, ())) for key in ("outlets", "hidden"))
    return Token(name, table["sha256"], outlets, hidden, table.get("pace", QUESTIONS.channel))


def _problems(table: object) -> list[str]:
    """What is wrong in the table of a token, as sentences."""
    if not isinstance(table, dict):
        return ["must be a table, as in [newsroom]."]
    problems = [
        f"has {key}, which means nothing here." for key in table if key not in {"sha256", "outlets", "hidden", "pace"}
    ]
    if not re.fullmatch(r"[0-9a-f]{64}", str(table.get("sha256", ""))):
        problems.append("sha256 must be the 64 digits that `on-the-record token NAME` prints.")
    for key in ("outlets", "hidden"):
        names = table.get(key, ["…"])
        if not (isinstance(names, list) and names and all(isinstance(name, str) and name.strip() for name in names)):
            problems.append(f'{key} must be names of outlets, as in ["The Paper"]; leave it out where it names none.')
    pace = table.get("pace", 1)
    if not (type(pace) is int and 1 <= pace <= MAX_PACE):
        problems.append(f"pace must be a whole number of questions from 1 to {MAX_PACE}.")
    return problems
