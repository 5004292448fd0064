from __future__ import annotations

import re
import time

import pytest

from bot import pace as module
from bot.pace import LOOKS, QUESTIONS, WINDOW, Pace, TooFastError


@pytest.fixture
def clock() -> list[float]:
    """The time that the windows see; the first item may be set."""
    return [1000.0]


@pytest.fixture
def pace(clock: list[float]) -> Pace:
    return Pace(lambda: clock[0])


def test_one_person_waits_and_others_do_not(pace: Pace, clock: list[float]) -> None:
    for _ in range(QUESTIONS.person):
        pace.require("ann", "desk", "paper")
    with pytest.raises(TooFastError, match=r"^You ask faster than I may answer\. .* in (\d+) s\.$") as caught:
        pace.require("ann", "elsewhere", "")
    pace.require("ben", "desk", "paper")
    wait = int(re.findall(r"\d+", str(caught.value))[0])
    assert 0 < wait <= WINDOW
    assert caught.value.wait == wait
    clock[0] += wait
    pace.require("ann", "desk", "paper")


def test_a_channel_waits_whoever_asks_and_other_channels_do_not(pace: Pace, clock: list[float]) -> None:
    for person in range(QUESTIONS.channel):
        pace.require(str(person), "desk", "paper")
    with pytest.raises(TooFastError, match=r"^This channel asks faster"):
        pace.require("zoe", "desk", "paper")
    pace.require("zoe", "elsewhere", "paper")
    clock[0] += WINDOW
    pace.require("zoe", "desk", "paper")


def test_a_server_waits_whoever_asks_wherever_and_direct_messages_have_none(pace: Pace) -> None:
    for person in range(QUESTIONS.server):
        pace.require(str(person), str(person), "paper")
        pace.require(str(person), f"d{person}", "")
    with pytest.raises(TooFastError, match=r"^This server asks faster"):
        pace.require("zoe", "desk", "paper")
    pace.require("zoe", "desk", "post")
    pace.require("zoe", "d", "")


def test_what_is_refused_is_not_counted(pace: Pace) -> None:
    for person in range(QUESTIONS.channel):
        pace.require(str(person), "desk", "paper")
    for _ in range(QUESTIONS.person + 1):
        with pytest.raises(TooFastError, match="channel"):
            pace.require("zoe", "desk", "paper")
    for _ in range(QUESTIONS.person):
        pace.require("zoe", "elsewhere", "paper")


def test_looks_have_windows_of_their_own(pace: Pace) -> None:
    for _ in range(LOOKS.person):
        pace.require("ann", "desk", "paper", LOOKS)
    with pytest.raises(TooFastError):
        pace.require("ann", "desk", "paper", LOOKS)
    pace.require("ann", "desk", "paper")


def test_a_clock_that_is_set_back_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    for _ in range(QUESTIONS.person):
        pace.require("ann", "desk", "paper")
    wall, steady = time.time(), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: wall - 3600)
    monkeypatch.setattr(pace, "_clock", lambda: steady + WINDOW + 1)
    pace.require("ann", "desk", "paper")
    assert Pace()._clock is time.monotonic


def test_windows_that_are_over_are_thrown_away(pace: Pace, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 10)
    for person in range(10):
        pace.require(str(person), "desk", "paper")
    clock[0] += WINDOW + 1
    pace.require("zoe", "desk", "paper")
    assert len(pace._seen) == 3
