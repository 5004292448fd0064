"""What holds in a channel or a server."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.records.database import RecordsError
from bot.settings import MAX_EXCERPTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.records.database import Database

_SETTINGS = "answers, outlets, excerpts, private"


class BadSettingError(RecordsError):
    """A place cannot be set like this; every bad value is named, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """What holds in a place. No `outlets` means all of them; `excerpts` None means the bot's own number."""

    answers: bool = True
    outlets: tuple[str, ...] = ()
    excerpts: int | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """What is set exactly at one place; None is unset. Empty `outlets` say "all" against what the server says."""

    answers: bool | None = None
    outlets: tuple[str, ...] | None = None
    excerpts: int | None = None
    private: bool | None = None


class Places:
    """The settings of places, which are named by the text ids of platform, server and channel.

    They are few and asked for before anything is said, so they are read once and kept in memory: one process changes
    them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._set: Mapping[tuple[str, str, str], OwnSettings] | None = None
        self._lock = threading.Lock()

    def settings(self, platform: str, server: str, channel: str) -> PlaceSettings:
        """What holds in a channel, or with channel "" in a server: its own values, else the server's, else defaults.

        For a thread, pass its parent channel.
        """
        resolved, now = PlaceSettings(), self._all()
        for name in ("", channel):
            layer = asdict(now.get((platform, server, name), OwnSettings()))
            resolved = replace(resolved, **{name: value for name, value in layer.items() if value is not None})
        return resolved

    def own(self, platform: str, server: str, channel: str) -> OwnSettings:
        """What is set exactly there; channel "" is the server."""
        return self._all().get((platform, server, channel), OwnSettings())

    def change(self, platform: str, server: str, channel: str, **values: object) -> None:
        """Set fields of `OwnSettings` there, or unset those given as None; others stay as they are.

        Raises:
            BadSettingError: a name or value cannot be used; all of them are named.

        """
        problems = []
        stored: dict[str, object] = {}
        for name, value in values.items():
            try:
                stored[name] = None if value is None else _CHECKS[name](value)
            except KeyError:
                problems.append(f"There is no setting {name}; there are {', '.join(_CHECKS)}.")
            except ValueError as exc:
                problems.append(f"{name} {exc}")
        if problems:
            raise BadSettingError(" ".join(problems))
        here = (platform, server, channel)
        with self._database.writing() as db:
            for name, value in stored.items():
                db.execute(
                    f"INSERT INTO place (platform, server, channel, {name}) VALUES (?, ?, ?, ?) "
                    f"ON CONFLICT (platform, server, channel) DO UPDATE SET {name} = excluded.{name}",
                    (*here, value),
                )
        with self._lock:
            self._set = self._read()

    def _all(self) -> Mapping[tuple[str, str, str], OwnSettings]:
        """What is set at every place."""
        with self._lock:
            if self._set is None:
                self._set = self._read()
            return self._set

    def _read(self) -> Mapping[tuple[str, str, str], OwnSettings]:
        with self._database.reading() as db:
            rows = db.execute(f"SELECT platform, server, channel, {_SETTINGS} FROM place").fetchall()
            return {
                (platform, server, channel): OwnSettings(
                    None if answers is None else bool(answers),
                    None if outlets is None else tuple(json.loads(outlets)),
                    excerpts,
                    None if private is None else bool(private),
                )
                for platform, server, channel, answers, outlets, excerpts, private in rows
            }


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be True or False, not {value!r}.")  # noqa: TRY004 people type it, no programmer
    return value


def _excerpts(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_EXCERPTS:
        raise ValueError(f"must be a whole number from 1 to {MAX_EXCERPTS}, not {value!r}.")
    return value


def _outlets(value: object) -> str:
    names = value if isinstance(value, tuple) else (None,)
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError(f"must be names of outlets, not {value!r}.")
    return json.dumps(names)


_CHECKS: dict[str, Callable[[Any], object]] = {
    "answers": _truth,
    "outlets": _outlets,
    "excerpts": _excerpts,
    "private": _truth,
}
