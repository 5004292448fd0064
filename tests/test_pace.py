from __future__ import annotations

import re
import time

import pytest

from bot.pace import CHANNEL, PERSON, Pace, TooFastError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the windows see; the first item may be set."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_one_person_waits_and_others_do_not(clock: list[float]) -> None:
    pace = Pace()
    for _ in range(PERSON.amount):
        pace.require("ann", "desk")
    with pytest.raises(TooFastError, match=r"^You ask faster than I may answer\. .* in (\d+) s\.$") as caught:
        pace.require("ann", "elsewhere")
    pace.require("ben", "desk")
    wait = int(re.findall(r"\d+", str(caught.value))[0])
    assert 0 < wait <= PERSON.get_expiry()
    clock[0] += wait + 1
    pace.require("ann", "desk")


def test_a_channel_waits_whoever_asks_and_other_channels_do_not(clock: list[float]) -> None:
    pace = Pace()
    for person in range(CHANNEL.amount):
        pace.require(person, "desk")
    with pytest.raises(TooFastError, match=r"^This channel asks faster"):
        pace.require("zoe", "desk")
    pace.require("zoe", "elsewhere")
    clock[0] += CHANNEL.get_expiry() + 1
    pace.require("zoe", "desk")


@pytest.mark.usefixtures("clock")
def test_what_is_refused_is_not_counted() -> None:
    pace = Pace()
    for person in range(CHANNEL.amount):
        pace.require(person, "desk")
    for _ in range(PERSON.amount + 1):
        with pytest.raises(TooFastError, match="channel"):
            pace.require("zoe", "desk")
    for _ in range(PERSON.amount):
        pace.require("zoe", "elsewhere")
