"""Settings from the environment, read once at start; every problem is listed at once, naming the variable."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answer import CAUTION, EXCERPTS
from bot.records.retention import AUDIT_DAYS, MAX_DAYS, PRIVATE_DAYS, PUBLIC_DAYS, Retention
from index.build import MAX_LOSS
from index.encoder import DEFAULT_MODEL
from index.engines import STORE_NAME
from index.errors import OnTheRecordError
from index.generations import KEEP
from index.reader import DEFAULT_READER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MAX_EXCERPTS = 10


class SettingsError(OnTheRecordError):
    """One or more environment variables cannot be used; the message has a line for each."""

    exit_status = 78


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. Each field is the environment variable of the same name in capitals."""

    corpus_dir: Path = Path("seeds")
    index_dir: Path = Path("data")
    store_url: str | None = None
    store_name: str = STORE_NAME
    qdrant_api_key: str | None = field(default=None, repr=False)
    embedding_model: str = DEFAULT_MODEL
    reader_model: str = DEFAULT_READER
    keep_generations: int = KEEP
    max_loss: int = MAX_LOSS
    future_dates: str = "refuse"
    excerpts: int = EXCERPTS
    caution: str = "balanced"
    discord_token: str | None = field(default=None, repr=False)
    discord_api_base: str | None = None
    discord_gateway: str | None = None
    slack_bot_token: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    slack_listen: tuple[str, int] = ("127.0.0.1", 3000)
    slack_api_base: str | None = None
    slack_admin_user_ids: frozenset[str] = frozenset()
    serve_tokens: Path | None = None
    sync_commands: str = "changed"
    shards: int = 1
    metrics_port: int | None = None
    admin_user_ids: frozenset[int] = frozenset()
    admin_role_ids: frozenset[int] = frozenset()
    private_days: int = PRIVATE_DAYS
    public_days: int = PUBLIC_DAYS
    audit_days: int = AUDIT_DAYS
    log_level: str = "INFO"

    @property
    def retention(self) -> Retention:
        """How long things are remembered."""
        return Retention(self.private_days, self.public_days, self.audit_days)

    @property
    def takes_future(self) -> bool:
        """Whether articles are taken that are dated in the future."""
        return self.future_dates == "take"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from environment variables; one that is unset or empty keeps its default.

        Raises:
            SettingsError: any of them cannot be used; all are named.

        """
        values: dict[str, object] = {}
        problems = []
        for name, read in _READERS.items():
            raw = environ.get(name.upper(), "").strip()
            if raw:
                try:
                    values[name] = read(raw)
                except ValueError as exc:
                    problems.append(f"{name.upper()} {exc}")
        if problems:
            raise SettingsError("These settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))
        return cls(**values)  # type: ignore[arg-type]  # each reader returns its field's type


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        for choice in choices:
            if raw.lower() == choice.lower():
                return choice
        raise ValueError(f"must be one of {', '.join(choices)}, not {raw!r}.")

    return read


def _count(low: int, high: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}, not {raw!r}.")
        return int(raw)

    return read


def _ids(raw: str) -> frozenset[int]:
    parts = [part for part in re.split(r"[,\s]+", raw) if part]
    for part in parts:
        if not re.fullmatch(r"[0-9]{15,20}", part):
            raise ValueError(f"must be Discord ids (numbers of 15 to 20 digits) with commas between, not {part!r}.")
    return frozenset(map(int, parts))


def _slack_ids(raw: str) -> frozenset[str]:
    parts = [part for part in re.split(r"[,\s]+", raw) if part]
    for part in parts:
        if not re.fullmatch(r"[UW][A-Z0-9]{5,20}", part):
            raise ValueError(f"must be Slack member ids (such as U012AB3CD) with commas between, not {part!r}.")
    return frozenset(parts)


def _listen(raw: str) -> tuple[str, int]:
    host, _, port = raw.rpartition(":")
    if not host or re.search(r"[\s/]", host):
        raise ValueError(f"must be a host and a port, such as 127.0.0.1:3000, not {raw!r}.")
    return host.strip("[]"), _count(1, 65535)(port)


def _address(*schemes: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if not re.fullmatch(rf"(?:{'|'.join(schemes)})://[^\s/]+\S*", raw):
            raise ValueError(f"must start with {' or '.join(f'{scheme}://' for scheme in schemes)} and name a host.")
        return raw.rstrip("/")

    return read


def _token(raw: str) -> str:
    if re.search(r"\s", raw):
        raise ValueError("must be one word: copy the bot's token from the developer portal again.")
    return raw


def _slack_token(prefix: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if not re.fullmatch(rf"{prefix}-\S+", raw):
            raise ValueError(f"must be one word that begins with {prefix}-: copy it from your Slack app again.")
        return raw

    return read


def _key(raw: str) -> str:
    if re.search(r"\s", raw):
        raise ValueError("must be one word: copy it from the vector store's settings again.")
    return raw


def _name(raw: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,100}", raw):
        raise ValueError(f"must be at most 100 letters, digits, dots, dashes and underscores, not {raw!r}.")
    return raw


def _secret(raw: str) -> str:
    if re.search(r"\s", raw):
        raise ValueError("must be one word: copy it from your Slack app's Basic Information again.")
    return raw


_READERS: dict[str, Callable[[str], object]] = {
    "corpus_dir": Path,
    "index_dir": Path,
    "store_url": _address("https", "http"),
    "store_name": _name,
    "qdrant_api_key": _key,
    "embedding_model": str,
    "reader_model": str,
    "keep_generations": _count(0, 1000),
    "max_loss": _count(0, 100),
    "future_dates": _one_of("refuse", "take"),
    "excerpts": _count(1, MAX_EXCERPTS),
    "caution": _one_of(*CAUTION),
    "discord_token": _token,
    "discord_api_base": _address("https", "http"),
    "discord_gateway": _address("wss", "ws"),
    "slack_bot_token": _slack_token("xoxb"),
    "slack_app_token": _slack_token("xapp"),
    "slack_signing_secret": _secret,
    "slack_listen": _listen,
    "slack_api_base": _address("https", "http"),
    "slack_admin_user_ids": _slack_ids,
    "serve_tokens": Path,
    "sync_commands": _one_of("changed", "always", "never"),
    "shards": _count(1, 1000),
    "metrics_port": _count(1, 65535),
    "admin_user_ids": _ids,
    "admin_role_ids": _ids,
    "private_days": _count(1, MAX_DAYS),
    "public_days": _count(1, MAX_DAYS),
    "audit_days": _count(30, 3650),
    "log_level": _one_of(*LOG_LEVELS),
}
