"""What holds in a channel or a server."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from bot.records.database import RecordsError
from bot.records.schema import CHECKED
from bot.settings import MAX_EXCERPTS
from index.tables import outlet_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.records.database import Database

    # What is set, by platform, server and channel.
    _Everywhere = Mapping[tuple[str, str, str], "OwnSettings"]

_SETTINGS = "answers, outlets, excerpts, private, timezone"
# The outlets that may be seen where none may: no outlet has this name.
NOTHING = ("",)


class BadSettingError(RecordsError):
    """A place cannot be set like this; every bad value is named, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """What holds in a place. No `outlets` means all of them; `excerpts` None means the bot's own number."""

    answers: bool = True
    outlets: tuple[str, ...] = ()
    excerpts: int | None = None
    private: bool = False
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """What is set exactly at one place; None is unset. Empty `outlets` say "all" against what the server says."""

    answers: bool | None = None
    outlets: tuple[str, ...] | None = None
    excerpts: int | None = None
    private: bool | None = None
    timezone: str | None = None


class Places:
    """The settings of places, which are named by the text ids of platform, server and channel.

    They are few and asked for before anything is said, so they are kept in memory as long as nobody changes them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: int | None = None
        self._set: _Everywhere | None = None

    def settings(self, platform: str, server: str, channel: str) -> PlaceSettings:
        """What holds in a channel, or with channel "" in a server: its own values, else the server's, else defaults.

        For a thread, pass its parent channel. In direct messages, where the server is "", nothing is seen that is
        hidden in any place of the platform, unless outlets are set for them: the same person may be there too.
        """
        return _resolved(self._now(), platform, server, channel)

    def remembered(self, platform: str, server: str, channel: str) -> PlaceSettings:
        """The settings as they were read last: nothing is waited for, and another process may have changed them."""
        return _resolved(self._now() if self._set is None else self._set, platform, server, channel)

    def own(self, platform: str, server: str, channel: str) -> OwnSettings:
        """What is set exactly there; channel "" is the server."""
        return self._now().get((platform, server, channel), OwnSettings())

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
            summed = f"UPDATE place SET sum = row_sum({CHECKED['place']})"
            db.execute(f"{summed} WHERE platform = ? AND server = ? AND channel = ?", here)
        self.read_anew()

    def read_anew(self) -> None:
        """Read what this process has changed."""
        self._version = None
        self._now()

    def _now(self) -> _Everywhere:
        """What is set everywhere."""
        with self._database.reading() as db:
            # As for withdrawals: our own commits do not change this number, and it is read before what it stands for.
            ((version,),) = db.execute("PRAGMA data_version").fetchall()
            if self._set is None or version != self._version:
                self._database.check_rows(db, "place")
                rows = db.execute(f"SELECT platform, server, channel, {_SETTINGS} FROM place").fetchall()
                self._set = {
                    (platform, server, channel): OwnSettings(
                        None if answers is None else bool(answers),
                        None if outlets is None else tuple(json.loads(outlets)),
                        excerpts,
                        None if private is None else bool(private),
                        timezone,
                    )
                    for platform, server, channel, answers, outlets, excerpts, private, timezone in rows
                }
                self._version = version
            return self._set


def _resolved(everywhere: _Everywhere, platform: str, server: str, channel: str) -> PlaceSettings:
    """What holds in a channel, of what is set everywhere."""
    resolved = PlaceSettings()
    layers = [everywhere.get((platform, server, name), OwnSettings()) for name in ("", channel)]
    for layer in layers:
        resolved = replace(resolved, **{name: value for name, value in asdict(layer).items() if value is not None})
    if not server and all(layer.outlets is None for layer in layers):
        resolved = replace(resolved, outlets=_seen_everywhere(everywhere, platform))
    return resolved


def _seen_everywhere(everywhere: _Everywhere, platform: str) -> tuple[str, ...]:
    """The outlets that may be seen in every place of a platform."""
    kept_to = [own.outlets for (where, server, _), own in everywhere.items() if where == platform and server]
    limits = [{outlet_key(name): name for name in outlets} for outlets in kept_to if outlets]
    if not limits:
        return ()
    seen = set.intersection(*(set(names) for names in limits))
    return tuple(limits[0][key] for key in sorted(seen)) or NOTHING


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


def _timezone(value: object) -> str:
    names = {name.casefold(): name for name in available_timezones()}
    if not isinstance(value, str) or value.strip().casefold() not in names:
        raise ValueError(f"must be the name of a time zone, such as Europe/Berlin, not {value!r}.")
    return names[value.strip().casefold()]


_CHECKS: dict[str, Callable[[Any], object]] = {
    "answers": _truth,
    "outlets": _outlets,
    "excerpts": _excerpts,
    "private": _truth,
    "timezone": _timezone,
}
