"""What the bot remembers, on real files, with other processes that write, are killed, or may not write.

This file is also the program that those processes run.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bot.records.database
from bot.records.database import RecordsError
from bot.records.feedback import Feedback, Verdict
from bot.records.places import NOTHING, BadSettingError, OwnSettings, PlaceSettings
from bot.records.records import Records
from bot.records.retention import Retention
from bot.records.withdrawals import Withdrawal
from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
NOBODY = 65534
EXCERPT: dict[str, Any] = {
    "platform": "discord", "server": "S", "user": "1234567890", "question": "Who denied it?",
    "verdict": Verdict.NOT_AN_ANSWER, "article": "a", "sha256": "ab", "start": 3, "end": 9, "number": 2,
    "generation": 7,
}  # fmt: skip

# --- the other process ------------------------------------------------------------------------------------------------


def tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def serve(path: Path) -> None:
    """Do what each line of standard input says, as often as it says, and tell the count after each time."""
    records = Records(path)
    tell("ready")
    for line in sys.stdin:
        order = json.loads(line)
        for count in range(1, order["times"] + 1):
            attrgetter(order["call"])(records)(*order["args"])
            tell(count)


def die_while_migrating(path: Path, version: int) -> None:
    """Start on the migration after this version, and be killed when some of it has reached the disk."""
    known = bot.records.database.MIGRATIONS

    def half(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA cache_size = 5")
        for migrate in known[version:]:
            migrate(db)
        db.execute("DELETE FROM withdrawal")
        db.execute("CREATE TABLE filler (text TEXT)")
        db.executemany("INSERT INTO filler VALUES (?)", [("x" * 1000,)] * 200)
        os.kill(os.getpid(), signal.SIGKILL)

    bot.records.database.MIGRATIONS = (*known[:version], half)
    Records(path)


def run_out_of_room(path: Path) -> None:
    """Note actions until the file may not grow, then find room and note one more; tell how many were noted."""
    records = Records(path)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = path.stat().st_size + 50_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    noted = 0
    sentences = []
    while len(sentences) < 3:
        try:
            records.audit.note("discord", "1", "S", "C", "reindex", {"n": noted, "filler": "x" * 300})
            noted += 1
        except RecordsError as exc:
            sentences.append(str(exc))
    seen = len(records.audit.actions(100_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    records.audit.note("discord", "1", "S", "C", "reindex", {"n": noted})
    tell({"noted": noted, "seen": seen, "sentences": sentences})


def look_without_permission(path: Path) -> None:
    """Read a file that may not be written, try to write it, and try to make another beside it."""
    if os.getuid() == 0:
        os.setuid(NOBODY)
    records = Records(path)
    told: dict[str, object] = {"ids": records.withdrawals.ids()}
    for name, attempt in (
        ("write", lambda: records.withdrawals.restore("a")),
        ("make", lambda: Records(path.with_name("new"))),
    ):
        try:
            attempt()
        except RecordsError as exc:
            told[name] = str(exc)
    tell(told)


class Other:
    """Another process that has the same records open."""

    def __init__(self, path: Path) -> None:
        self.process = start("serve", path, stdin=subprocess.PIPE)
        assert self.hear() == "ready"

    def hear(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def order(self, call: str, *args: object, times: int = 1) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"call": call, "args": args, "times": times}) + "\n")
        self.process.stdin.flush()

    def do(self, call: str, *args: object, times: int = 1) -> None:
        self.order(call, *args, times=times)
        for count in range(1, times + 1):
            assert self.hear() == count

    def close(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


def start(mode: str, path: Path, *args: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, mode, str(path), *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, **options)


def told_by(mode: str, path: Path) -> Any:
    told, _ = start(mode, path).communicate(timeout=300)
    return json.loads(told)


# --- in this process --------------------------------------------------------------------------------------------------


class Clock:
    """Noon, and a second later each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> datetime:
        self.asked += 1
        return NOON + timedelta(seconds=self.asked - 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


@pytest.fixture
def records(path: Path) -> Iterator[Records]:
    with closing(Records(path, Clock())) as opened:
        yield opened


@pytest.fixture
def other(path: Path, records: Records) -> Iterator[Other]:  # noqa: ARG001 the file is made first
    process = Other(path)
    yield process
    process.close()


def raw(path: Path) -> closing[sqlite3.Connection]:
    """The file as SQLite shows it, without waiting for anyone."""
    return closing(sqlite3.connect(path, isolation_level=None, timeout=0))


def fill(records: Records) -> None:
    """Something in every table."""
    records.places.change("discord", "S", "", answers=False, outlets=("The Paper",))
    records.places.change("discord", "S", "C", outlets=(), excerpts=5, private=True)
    records.withdrawals.add("a", "ab", "discord", "1", "asked for by the author")
    records.audit.note("discord", "1", "S", "C", "remove", {"article": "a", "passages": 3})
    records.refusals.note("discord", "S", "Who is it?", "nothing_near", 7)
    records.feedback.note(**EXCERPT)


def contents(records: Records) -> tuple[object, ...]:
    """All that can be read."""
    return (
        records.places.settings("discord", "S", "C"),
        records.places.own("discord", "S", ""),
        records.withdrawals.all(),
        records.withdrawals.ids(),
        records.audit.actions(1000),
        records.refusals.unanswered("discord", "S", 1000),
        tuple(records.feedback.all()),
    )


# --- settings of places -----------------------------------------------------------------------------------------------

PLACES = [
    (platform, server, channel) for platform in ("discord", "slack") for server in "ST" for channel in ("", *"CD")
]
OUTLETS = st.lists(st.sampled_from(["The Paper", "Der „Bote“", "日報"]), max_size=2).map(tuple)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "answers": st.none() | st.booleans(),
        "outlets": st.none() | OUTLETS,
        "excerpts": st.none() | st.integers(1, 10),
        "private": st.none() | st.booleans(),
    },
)
DEFAULTS = {"answers": True, "outlets": (), "excerpts": None, "private": False}


@settings(deadline=None, max_examples=60)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), VALUES), max_size=12))
@example(changes=[(("discord", "S", ""), {"outlets": ("The Paper",)}), (("discord", "S", "C"), {"outlets": ()})])
def test_a_channel_s_own_value_holds_then_the_server_s_then_the_default(
    changes: list[tuple[tuple[str, str, str], dict[str, Any]]],
) -> None:
    model: dict[tuple[str, str, str], dict[str, Any]] = {place: dict.fromkeys(DEFAULTS) for place in PLACES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.sqlite"
        with closing(Records(path)) as records:
            for place, values in changes:
                records.places.change(*place, **values)
                model[place] |= values
        with closing(Records(path)) as records:
            for platform, server, channel in PLACES:
                own, wide = model[platform, server, channel], model[platform, server, ""]
                expected = {
                    name: next((value for value in (own[name], wide[name]) if value is not None), default)
                    for name, default in DEFAULTS.items()
                }
                assert records.places.own(platform, server, channel) == OwnSettings(**own)
                assert records.places.settings(platform, server, channel) == PlaceSettings(**expected)


def test_an_outlet_that_a_server_keeps_to_holds_in_its_channels_unless_one_says_all(records: Records) -> None:
    records.places.change("discord", "S", "", outlets=("The Paper",))
    records.places.change("discord", "S", "C", excerpts=5)
    assert records.places.settings("discord", "S", "C") == PlaceSettings(outlets=("The Paper",), excerpts=5)
    assert records.places.own("discord", "S", "C").outlets is None
    records.places.change("discord", "S", "C", outlets=())
    assert records.places.settings("discord", "S", "C").outlets == ()
    assert records.places.own("discord", "S", "C").outlets == ()
    records.places.change("discord", "S", "C", outlets=None)
    assert records.places.settings("discord", "S", "C").outlets == ("The Paper",)
    assert records.places.settings("discord", "S", "never named").outlets == ("The Paper",)
    assert records.places.settings("discord", "T", "C") == records.places.settings("slack", "S", "C") == PlaceSettings()


def test_what_another_process_sets_holds_at_once_and_what_is_remembered_waits_for_nothing(
    records: Records, path: Path
) -> None:
    here = ("discord", "S", "C")
    assert records.places.settings(*here) == records.places.remembered(*here) == PlaceSettings()
    with closing(Records(path)) as others:
        others.places.change(*here, private=True)
    with raw(path) as db:
        db.execute("BEGIN EXCLUSIVE")  # whoever reads now waits
        assert records.places.remembered(*here) == PlaceSettings()
    assert records.places.settings(*here) == records.places.remembered(*here) == PlaceSettings(private=True)
    records.places.change(*here, private=False)
    assert not records.places.remembered(*here).private
    records.personal.forget_server("discord", "S")
    assert records.places.remembered(*here) == PlaceSettings()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"excerpts": 0}, ["excerpts must be a whole number from 1 to 10, not 0."]),
        ({"excerpts": 11}, ["excerpts must be a whole number from 1 to 10, not 11."]),
        ({"excerpts": True}, ["excerpts must", "not True."]),
        (
            {"excerpts": 2.5, "answers": "yes"},
            ["excerpts must", "not 2.5.", "answers must be True or False, not 'yes'"],
        ),
        ({"private": 1}, ["private must be True or False, not 1."]),
        ({"outlets": "The Paper"}, ["outlets must be names of outlets, not 'The Paper'."]),
        ({"outlets": ("The Paper", " ")}, ["outlets must", "' '"]),
        ({"outlets": (None,)}, ["outlets must"]),
        ({"colour": 1}, ["no setting colour; there are answers, outlets, excerpts, private, timezone."]),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_nothing_is_changed(
    records: Records, values: dict[str, Any], named: list[str]
) -> None:
    records.places.change("discord", "S", "C", excerpts=1, private=True)
    before = records.places.own("discord", "S", "C")
    with pytest.raises(BadSettingError) as caught:
        records.places.change("discord", "S", "C", **{"private": False, **values})
    assert [words for words in named if words not in str(caught.value)] == []
    assert records.places.own("discord", "S", "C") == before
    for good in (1, 10):
        records.places.change("discord", "S", "C", excerpts=good)
        assert records.places.settings("discord", "S", "C").excerpts == good


# --- withdrawn articles -----------------------------------------------------------------------------------------------


def test_an_article_is_withdrawn_once_and_restored_once(records: Records) -> None:
    assert records.withdrawals.ids() == records.withdrawals.all() == ()
    assert records.withdrawals.add("b", "bb", "discord", "1", "long " * 100)
    assert records.withdrawals.add("a", "aa", "slack", "U2")
    assert not records.withdrawals.add("b", "other text", "slack", "U2", "again")
    first = Withdrawal("b", "bb", "discord", "1", ("long " * 100)[:300], NOON)
    assert records.withdrawals.all() == (Withdrawal("a", "aa", "slack", "U2", None, NOON + timedelta(seconds=1)), first)
    assert records.withdrawals.ids() == ("a", "b")
    assert records.withdrawals.restore("a")
    assert not records.withdrawals.restore("a")
    assert records.withdrawals.ids() == ("b",)
    assert records.withdrawals.all() == (first,)


def test_what_another_process_withdraws_or_restores_is_seen_at_once(records: Records, other: Other) -> None:
    assert records.withdrawals.ids() == ()
    for _ in range(20):
        other.do("withdrawals.add", "theirs", "aa", "terminal", "root")
        assert records.withdrawals.ids() == ("theirs",)
        records.withdrawals.add("ours", "bb", "discord", "1")
        assert records.withdrawals.ids() == ("ours", "theirs")
        other.do("withdrawals.restore", "ours")
        other.do("withdrawals.restore", "theirs")
        assert records.withdrawals.ids() == ()
        # Both change something before we look, ours last and ours first.
        other.do("withdrawals.add", "theirs", "aa", "terminal", "root")
        records.withdrawals.add("ours", "bb", "discord", "1")
        assert records.withdrawals.ids() == ("ours", "theirs")
        records.withdrawals.restore("ours")
        other.do("withdrawals.restore", "theirs")
        assert records.withdrawals.ids() == ()


def test_the_list_is_not_read_again_while_nothing_changes(records: Records) -> None:
    records.withdrawals.add("a", "aa", "discord", "1")
    records.withdrawals.ids()
    statements: list[str] = []
    records._database._db.set_trace_callback(statements.append)
    assert records.withdrawals.ids() == ("a",)
    assert [statement for statement in statements if "withdrawal" in statement] == []


# --- the audit log ----------------------------------------------------------------------------------------------------


def test_an_action_is_kept_as_it_was_noted(records: Records) -> None:
    details = {"article": "a", "passages": 3, "share": 0.5, "forced": True, "reason": None, "words": "é" * 400}
    records.audit.note("discord", "1", "S", "C", "remove", details)
    records.audit.note("slack", "U2", "T", "", "reindex", {}, "failed: " + "x" * 400)
    reindex, remove = records.audit.actions(10)
    assert (remove.platform, remove.user, remove.server, remove.channel) == ("discord", "1", "S", "C")
    assert (remove.what, remove.outcome, remove.at) == ("remove", "done", NOON)
    assert remove.details == details | {"words": "é" * 300}
    assert (reindex.platform, reindex.user, reindex.server, reindex.channel) == ("slack", "U2", "T", "")
    assert (reindex.what, reindex.details, reindex.at) == ("reindex", {}, NOON + timedelta(seconds=1))
    assert reindex.outcome == "failed: " + "x" * 292


@settings(deadline=None, max_examples=40)
@given(count=st.integers(0, 12), pages=st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=13, max_size=13))
def test_paging_gives_each_action_once_newest_first_whatever_is_noted_meanwhile(
    count: int, pages: list[tuple[int, bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Records(Path(folder) / "records.sqlite")) as records:
        for number in range(count):
            records.audit.note("discord", "1", "S", "C", "reindex", {"number": number})
        seen: list[object] = []
        before = None
        for limit, busy in pages:
            page = records.audit.actions(limit, before)
            assert len(page) == min(limit, count - len(seen))
            if not page:
                break
            seen += [action.details["number"] for action in page]
            before = page[-1].number
            if busy:
                records.audit.note("discord", "1", "S", "C", "reindex", {"number": "meanwhile"})
        assert seen == list(reversed(range(count)))


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE action SET user = 'another'",
        "UPDATE OR REPLACE action SET number = 2 WHERE number = 1",
        "DELETE FROM action",
        "DELETE FROM action WHERE number = 1",
        "INSERT OR REPLACE INTO action SELECT 1, platform, 'another', server, channel, what, outcome, details, at, "
        "sum FROM action WHERE number = 2",
    ],
)
def test_the_file_itself_keeps_the_audit_log_from_being_changed(records: Records, path: Path, forgery: str) -> None:
    for user in ("1", "2"):
        records.audit.note("discord", user, "S", "C", "reindex", {})
    before = records.audit.actions(10)
    with raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="the audit log is append only"):
        db.execute(forgery)
    assert records.audit.actions(10) == before
    records.audit.note("discord", "3", "S", "C", "reindex", {})
    assert [action.user for action in records.audit.actions(10)] == ["3", "2", "1"]


def test_times_are_utc_whatever_the_clock_shows(path: Path) -> None:
    with closing(Records(path, lambda: NOON.astimezone(timezone(timedelta(hours=5, minutes=30))))) as records:
        records.audit.note("discord", "1", "S", "C", "reindex", {})
        (action,) = records.audit.actions(1)
    assert action.at == NOON
    assert action.at.utcoffset() == timedelta(0)


def test_the_time_is_now(path: Path) -> None:
    before = datetime.now(UTC)
    with closing(Records(path)) as records:
        records.audit.note("discord", "1", "S", "C", "reindex", {})
        (action,) = records.audit.actions(1)
    assert before <= action.at <= datetime.now(UTC)
    assert action.at.utcoffset() == timedelta(0)


# --- unanswered questions ---------------------------------------------------------------------------------------------


def asked(records: Records, platform: str = "discord", server: str = "S", limit: int = 100) -> list[tuple[str, int]]:
    return [(found.question, found.count) for found in records.refusals.unanswered(platform, server, limit)]


def test_spellings_of_a_question_are_counted_together_and_the_last_is_shown(records: Records) -> None:
    for question, reason, generation in (
        ("Who is STRASSE?", "filtered_out", 1),
        ("who  is\nstraße", "empty_index", 2),
        (" Who is Straße ?! … ", "nothing_near", 3),
    ):
        records.refusals.note("discord", "S", question, reason, generation)
    (found,) = records.refusals.unanswered("discord", "S", 10)
    assert (found.question, found.reason, found.generation) == ("Who is Straße ?! …", "nothing_near", 3)
    assert (found.count, found.first_asked, found.last_asked) == (3, NOON, NOON + timedelta(seconds=2))
    records.refusals.note("discord", "S", "Who was Strasse?", "nothing_near", 3)
    records.refusals.note("discord", "S", "What is C?", "nothing_near", 3)
    records.refusals.note("discord", "S", "“What is C”?", "nothing_near", 3)
    assert len(asked(records)) == 4


def test_the_most_asked_come_first_then_the_newest(records: Records) -> None:
    for question in ("one?", "two?", "three?", "four?", "two?", "one?"):
        records.refusals.note("discord", "S", question, "nothing_near", 1)
    assert asked(records) == [("one?", 2), ("two?", 2), ("four?", 1), ("three?", 1)]
    assert asked(records, limit=2) == [("one?", 2), ("two?", 2)]


def test_a_server_never_sees_another_s_questions(records: Records) -> None:
    places = [("discord", "S"), ("discord", "T"), ("slack", "S")]
    for place in places:
        records.refusals.note(*place, "Who?", "nothing_near", 1)
        records.refusals.note(*place, f"Who in {place}?", "nothing_near", 1)
    for place in places:
        assert asked(records, *place) == [(f"Who in {place}?", 1), ("Who?", 1)]
    assert records.refusals.forget("discord", "S", "who")
    assert [len(asked(records, *place)) for place in places] == [1, 2, 2]


@settings(deadline=None, max_examples=60)
@given(question=st.text(max_size=20).map(lambda text: text * 20) | st.text("aß İ\n?!.\x1c\x00 ", max_size=320))
@example(question="x" * 299 + " y")
@example(question="x" * 299 + "?y")
def test_what_is_shown_can_be_forgotten(question: str) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Records(Path(folder) / "records.sqlite")) as records:
        records.refusals.note("discord", "S", question, "nothing_near", 1)
        if not question.strip(" ?!.\n\x1c"):
            assert asked(records) == []
        for found in records.refusals.unanswered("discord", "S", 10):
            assert len(found.question) <= 300
            assert " ".join(question.split()).startswith(found.question)
            records.refusals.note("discord", "S", found.question.upper(), "nothing_near", 1)
            assert len(asked(records)) <= 2  # a letter in capitals may be another one, such as ı
            records.refusals.note("discord", "S", found.question, "nothing_near", 1)
            assert max(count for _, count in asked(records)) >= 2
            assert records.refusals.forget("discord", "S", found.question)
            assert not records.refusals.forget("discord", "S", found.question)
            records.refusals.forget("discord", "S", found.question.upper())
        assert asked(records) == []


def test_only_so_many_are_kept_and_the_least_asked_oldest_goes_first(records: Records, path: Path) -> None:
    rows = [
        (server, f"q{number}", 1 + (number % 2), f"2020-01-01T00:00:00.{number:06d}+00:00")
        for server in "ST"
        for number in range(10_000)
    ]
    with raw(path) as db:
        db.execute("BEGIN")
        db.executemany("INSERT INTO unanswered SELECT NULL, 'discord', ?1, ?2, ?2, 'nothing_near', 1, ?3, ?4, ?4", rows)
        db.execute("COMMIT")
    records.refusals.note("discord", "S", "q0", "nothing_near", 1)  # known already: nothing has to go
    assert len(asked(records, limit=20_000)) == 10_000
    for new in ("new", "newer", "new"):
        records.refusals.note("discord", "S", new, "nothing_near", 1)
    kept = asked(records, limit=20_000)
    assert len(kept) == 10_000
    assert {f"q{number}" for number in range(10_000)} - {question for question, _ in kept} == {"q2", "q4"}
    assert {("new", 2), ("newer", 1), ("q0", 2)} <= set(kept)
    assert len(asked(records, server="T", limit=20_000)) == 10_000
    with raw(path) as db:  # every one asked twice: a new question still finds a place
        db.execute("UPDATE unanswered SET count = 2")
    records.refusals.note("discord", "S", "newest", "nothing_near", 1)
    assert ("newest", 1) in asked(records, limit=20_000)
    assert len(asked(records, limit=20_000)) == 10_000


def test_a_forgotten_question_is_gone_from_the_file(records: Records, path: Path) -> None:
    records.refusals.note("discord", "S", "Where does Jane Doe live?", "nothing_near", 1)
    assert b"Jane Doe" in path.read_bytes()
    records.refusals.forget("discord", "S", "where does jane doe live")
    assert b"jane doe" not in path.read_bytes().lower()


# --- feedback ---------------------------------------------------------------------------------------------------------


def test_a_person_has_one_verdict_on_an_excerpt_of_a_question(records: Records) -> None:
    assert records.feedback.note(**EXCERPT)
    kept = Feedback(Verdict.NOT_AN_ANSWER, "Who denied it?", "a", "ab", 3, 9, 2, 7, "discord", "S", NOON)
    assert list(records.feedback.all()) == [kept]
    for same in ({}, {"question": "who  denied it"}, {"server": "T"}, {"generation": 8}, {"number": 1}):
        assert not records.feedback.note(**EXCERPT | same)
    assert list(records.feedback.all()) == [kept]
    wrong = {"verdict": Verdict.WRONG_SOURCE, "server": "T", "number": 1, "generation": 8, "question": "who denied it"}
    assert records.feedback.note(**EXCERPT | wrong)
    now = NOON + timedelta(seconds=6)
    kept = Feedback(Verdict.WRONG_SOURCE, "who denied it", "a", "ab", 3, 9, 1, 8, "discord", "T", now)
    assert list(records.feedback.all()) == [kept]
    assert records.feedback.note(**EXCERPT)
    assert len(list(records.feedback.all())) == 1
    others: list[dict[str, Any]] = [
        {"user": "2"}, {"platform": "slack"}, {"question": "Who did it?"}, {"article": "b"}, {"sha256": "bb"},
        {"start": 4}, {"end": 10},
    ]  # fmt: skip
    for different in others:
        assert records.feedback.note(**EXCERPT | different)
    for different, found in zip(others, list(records.feedback.all())[1:], strict=True):
        assert {name: getattr(found, name) for name in different if name != "user"} == {
            name: value for name, value in different.items() if name != "user"
        }


def test_no_name_is_kept_and_the_hash_needs_the_key_which_lies_outside(tmp_path: Path) -> None:
    people = set()
    for name in ("one", "two"):
        with closing(Records(tmp_path / name)) as records:
            records.feedback.note(**EXCERPT)
        with raw(tmp_path / name) as db:
            ((person,),) = db.execute("SELECT person FROM feedback").fetchall()
            assert db.execute("SELECT * FROM secret").fetchall() == []
        secret = bytes.fromhex((tmp_path / f"{name}.key").read_text())
        assert stat.S_IMODE((tmp_path / f"{name}.key").stat().st_mode) == 0o600
        assert len(secret) == len(person) == 32
        assert secret not in (tmp_path / name).read_bytes()
        written = (tmp_path / name).read_bytes()
        for known in ("1234567890", "discord1234567890", "discord:1234567890", '["discord", "1234567890"]'):
            assert person != hashlib.sha256(known.encode()).digest()
        assert b"1234567890" not in written
        people.add(person)
        with closing(Records(tmp_path / name)) as records:  # the key stays the same
            assert not records.feedback.note(**EXCERPT)
    assert len(people) == 2


def test_a_row_for_the_quality_script(records: Records) -> None:
    records.feedback.note(**EXCERPT)
    (feedback,) = records.feedback.all()
    assert json.loads(json.dumps(feedback.as_row())) == {
        "question": "Who denied it?", "verdict": "not_an_answer", "article": "a", "sha256": "ab", "start": 3, "end": 9,
        "generation": 7, "given_at": "2026-05-03T12:00:00+00:00",
    }  # fmt: skip


def test_all_feedback_is_given_in_order_while_another_process_writes(records: Records, path: Path) -> None:
    records.feedback.note(**EXCERPT)
    columns = "verdict, question, article, sha256, number, generation, platform, server, at"
    with raw(path) as db:
        db.execute("BEGIN")
        db.executemany(
            f'INSERT INTO feedback (person, normalised, start, "end", {columns}) '
            f"SELECT person, ?1, ?1, ?1, {columns} FROM feedback WHERE row = 1",
            [(number,) for number in range(2, 2501)],
        )
        db.execute("COMMIT")
        found = []
        for feedback in records.feedback.all():
            found.append(feedback.start)
            if len(found) in {1, 1000, 1001}:
                db.execute("DELETE FROM withdrawal")  # does not wait for anyone
    assert found == [3, *range(2, 2501)]


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(1, len(bot.records.database.MIGRATIONS) + 1))
def test_a_file_of_every_earlier_version_is_brought_up_to_date(path: Path, version: int) -> None:
    with raw(path) as db:
        for number, migrate in enumerate(bot.records.database.MIGRATIONS[:version], start=1):
            migrate(db)
            db.execute(f"PRAGMA user_version = {number}")
    with closing(Records(path, Clock())) as records:
        fill(records)
        before = contents(records)
        assert all(before)
    with closing(Records(path)) as records:
        assert contents(records) == before
    with raw(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(bot.records.database.MIGRATIONS),)


def test_a_file_that_a_released_version_wrote_is_read_as_it_was_written(path: Path) -> None:
    with raw(path) as db:
        db.executescript((ROOT / "tests" / "records_1.sql").read_text(encoding="utf-8"))
    with closing(Records(path)) as records:
        ((kept,),) = records._database._db.execute("SELECT key FROM message").fetchall()
        assert records.places.settings("discord", "S", "C") == PlaceSettings(False, (), 5, True)
        assert records.places.own("discord", "S", "") == OwnSettings(False, ("The Paper",))
        assert records.withdrawals.all() == (Withdrawal("a", "ab", "discord", "1", "asked for by the author", NOON),)
        assert [(action.what, action.details) for action in records.audit.actions(9)] == [
            ("remove", {"article": "a", "passages": 3})
        ]
        assert asked(records) == [("Who is it?", 1)]
        assert [found.verdict for found in records.feedback.all()] == [Verdict.NOT_AN_ANSWER]
        assert not records.feedback.note(**EXCERPT)  # the same person says the same
        assert records.messages.fields(kept) == {"question": "Who denied it?"}
        assert records.messages.is_asker(kept, "discord", "7")
    within = "9D3D82CB46326ACD3D858810D94E25A17D670136435CB68986DBCDFF74B61507"
    assert path.with_suffix(".key").read_text().upper() == within
    assert bytes.fromhex(within) not in path.read_bytes()


def test_the_next_migration_keeps_what_is_there_and_is_done_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Records(path)) as records:
        fill(records)
        before = contents(records)

    def following(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE withdrawal ADD COLUMN more TEXT")
        db.execute("CREATE TABLE more (text TEXT)")

    monkeypatch.setattr(bot.records.database, "MIGRATIONS", (*bot.records.database.MIGRATIONS, following))
    for _ in range(2):
        with closing(Records(path)) as records:
            assert contents(records) == before
    with raw(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(bot.records.database.MIGRATIONS),)


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Records(path)) as records:
        fill(records)
        before = contents(records)

    def failing(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM withdrawal")
        db.execute("CREATE TABLE more (text TEXT)")
        db.execute("CREATE TABLE action (text TEXT)")

    with monkeypatch.context() as patched:
        patched.setattr(bot.records.database, "MIGRATIONS", (*bot.records.database.MIGRATIONS, failing))
        with pytest.raises(RecordsError, match="table action already exists"):
            Records(path)
    with closing(Records(path)) as records:
        assert contents(records) == before
    with raw(path) as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'more'").fetchall() == []


@pytest.mark.parametrize("version", [0, len(bot.records.database.MIGRATIONS)])
def test_a_migration_that_is_killed_leaves_the_file_as_it_was(path: Path, version: int) -> None:
    before = None
    if version:
        with closing(Records(path)) as records:
            fill(records)
            before = contents(records)
    process = start("die", path, version)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    written = path if version else path.with_name("records.sqlite.new")  # a new one is made aside
    assert written.with_name(f"{written.name}-journal").stat().st_size > 0  # some of it had reached the file
    assert b"x" * 900 in written.read_bytes()
    with closing(Records(path)) as records:
        if before:
            assert contents(records) == before
        fill(records)
    with raw(path) as db:
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'filler'").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    Records(path).close()
    known = len(bot.records.database.MIGRATIONS)
    with raw(path) as db:
        db.execute(f"PRAGMA user_version = {known + 1}")
    before = path.read_bytes()
    with pytest.raises(RecordsError) as caught:
        Records(path)
    assert path.name in str(caught.value)
    assert f"version {known + 1}, and this program knows versions up to {known}. Update" in str(caught.value)
    assert path.read_bytes() == before


def test_processes_that_open_a_new_file_at_once_make_it_once(path: Path) -> None:
    others = [start("serve", path, stdin=subprocess.PIPE) for _ in range(3)]
    for process in others:
        told, _ = process.communicate("")
        assert (told, process.returncode) == ('"ready"\n', 0)
    with closing(Records(path)) as records:
        fill(records)
    with raw(path) as db:
        assert db.execute("SELECT (SELECT count(*) FROM secret), (SELECT count(*) FROM key)").fetchone() == (0, 1)


# --- damage and trouble -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with something in every table. Copy it before changing it."""
    path = tmp_path_factory.mktemp("filled") / "records.sqlite"
    with closing(Records(path)) as records:
        fill(records)
    return path


def copied(filled: Path, path: Path) -> Path:
    """A copy of a file and of its key."""
    shutil.copy(filled.with_suffix(".key"), path.with_suffix(".key"))
    return Path(shutil.copy(filled, path))


def read_all(path: Path) -> str | None:
    """Open a file and read all of it; what it says if it is refused. Anything but our own error is a failure."""
    try:
        with closing(Records(path)) as records:
            contents(records)
    except RecordsError as exc:
        said = str(exc)
    else:
        return None
    assert "\n" not in said
    return said


@pytest.mark.parametrize("content", [b"not a database at all. " * 100, b"SQLite format 3\0" + b"\xff" * 4096, b"x"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    error = read_all(path)
    assert error is not None
    assert error.startswith(f"{path.name} is damaged (")
    assert "Put back a copy of it, or delete it and records.key to begin anew; withdrawn articles are shown " in error
    assert path.read_bytes() == content
    assert issubclass(RecordsError, OnTheRecordError)


@settings(deadline=None, max_examples=300)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_never_shows_a_traceback(filled: Path, place: float, bit: int) -> None:
    content = bytearray(filled.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    with tempfile.TemporaryDirectory() as folder:
        path = copied(filled, Path(folder) / "records.sqlite")
        path.write_bytes(content)
        read_all(path)


@settings(deadline=None, max_examples=60)
@given(share=st.floats(0.001, 0.999))
def test_a_file_that_was_cut_short_is_refused(filled: Path, share: float) -> None:
    content = filled.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.sqlite"
        path.write_bytes(content[: int(share * len(content))])
        assert "is damaged" in str(read_all(path))


def test_a_file_that_is_refused_is_let_go_of(filled: Path, path: Path) -> None:
    path.write_bytes(filled.read_bytes() + b"x")
    with pytest.raises(RecordsError, match=r"is damaged \(its end is missing\)") as caught:
        Records(path)
    with raw(path) as db:
        db.execute("BEGIN EXCLUSIVE")
    assert caught.value.__traceback__  # which would have kept the file open


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("place", "outlets", '["The Pa'), ("withdrawal", "at", "yesterday"), ("unanswered", "last_asked", ""),
        ("feedback", "verdict", "splendid"),
    ],
)  # fmt: skip
def test_a_value_that_was_never_written_is_damage(
    filled: Path, path: Path, table: str, column: str, value: str
) -> None:
    copied(filled, path)
    with raw(path) as db:
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
    why = (
        "a value cannot be read"
        if table in {"unanswered", "feedback"}
        else f"a row of {table} is not as it was written"
    )
    assert f"is damaged ({why})." in str(read_all(path))


@pytest.mark.parametrize("copy", [0, 1])
def test_an_index_that_does_not_fit_its_table_is_noticed_at_the_start(path: Path, copy: int) -> None:
    with closing(Records(path)) as records:
        records.withdrawals.add("the-article", "ab", "discord", "1")
    parts = path.read_bytes().split(b"the-article")
    assert len(parts) == 3  # once in the table, once in the index that tells what is withdrawn
    other = [b"the-artocle", b"the-article"]
    path.write_bytes(parts[0] + other[copy] + parts[1] + other[1 - copy] + parts[2])
    assert "is damaged" in str(read_all(path))


def test_a_folder_in_its_place_or_a_file_in_the_place_of_its_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").mkdir()
    (tmp_path / "file").touch()
    for path, words in (
        (tmp_path / "records.sqlite", "cannot be read or written (unable to open database file). Check that it is a"),
        (tmp_path / "file" / "records.sqlite", "cannot be made: File exists."),
        (tmp_path / "file" / "data" / "records.sqlite", "cannot be made: Not a directory."),
    ):
        error = read_all(path)
        assert error is not None
        assert error.startswith((f"{path} {words}", f"{path.name} {words}")), error


def test_it_is_made_with_its_folder_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data" / "records.sqlite"
    Records(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)  # as the owner wants it
    Records(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_may_not_be_written_is_read_and_says_so_when_it_is_written() -> None:
    with tempfile.TemporaryDirectory() as folder:  # not pytest's, which nobody else may enter
        path = Path(folder) / "records.sqlite"
        with closing(Records(path)) as records:
            fill(records)
        for file in (path, path.with_suffix(".key")):
            file.chmod(0o444)
        Path(folder).chmod(0o555)
        told = told_by("nobody", path)
        Path(folder).chmod(0o755)
    assert told["ids"] == ["a"]
    assert told["write"].startswith("records.sqlite cannot be read or written (attempt to write a readonly database).")
    assert told["make"].startswith(f"{path.with_name('new')} cannot be made: Permission denied. Check its folder")


def test_a_disk_that_is_really_full_is_one_sentence_and_loses_nothing(path: Path) -> None:
    told = told_by("full", path)
    assert told["noted"] > 20
    assert told["seen"] == told["noted"]
    for sentence in told["sentences"]:
        assert sentence.startswith(f"{path.name} cannot be read or written (")
        assert "\n" not in sentence
    with closing(Records(path)) as records:
        actions = records.audit.actions(100_000)
    assert [action.details["n"] for action in reversed(actions)] == list(range(told["noted"] + 1))


def test_text_with_half_a_character_is_refused_without_being_repeated(records: Records) -> None:
    with pytest.raises(RecordsError, match="half a character") as caught:
        records.refusals.note("discord", "S", "Who is Jane \ud83d?", "nothing_near", 1)
    assert "Jane" not in str(caught.value)
    assert asked(records) == []
    fill(records)


def test_after_it_is_closed_every_call_is_refused(path: Path) -> None:
    records = Records(path)
    records.close()
    for call in (
        records.withdrawals.ids,
        lambda: records.withdrawals.restore("a"),
        lambda: list(records.feedback.all()),
    ):
        with pytest.raises(RecordsError, match="closed"):
            call()


# --- what was there before --------------------------------------------------------------------------------------------


def test_a_missing_an_empty_or_another_file_never_opens_as_new(path: Path, tmp_path: Path) -> None:
    with closing(Records(path, Clock())) as records:
        fill(records)
        records.tidy()
    content = path.read_bytes()
    copy = tmp_path / "records-copy.sqlite"
    offered = f"(records-copy.sqlite, of {datetime.fromtimestamp(copy.stat().st_mtime, UTC):%Y-%m-%d %H:%M} UTC, has "

    def refused() -> str:
        with pytest.raises(RecordsError) as caught:
            Records(path)
        return str(caught.value)

    path.unlink()
    assert refused().startswith("records.sqlite is missing. Put back a copy of it")
    assert not path.exists()
    path.touch()
    assert refused().startswith("records.sqlite is empty.")
    with raw(path) as db:
        db.execute("CREATE TABLE other (x)")
    assert refused().startswith("records.sqlite holds no records.")
    assert offered in refused()
    assert "withdrawn articles are shown again then" in refused()

    Records(tmp_path / "others.sqlite").close()
    shutil.copy(tmp_path / "others.sqlite", path)
    assert refused() == "records.key is not the key of records.sqlite. Put back the two of one copy."

    # What is offered opens, with what nobody may lose and nothing that people asked.
    shutil.copy(copy, path)
    with closing(Records(path)) as records:
        assert records.withdrawals.ids() == ("a",)
        assert records.places.own("discord", "S", "") == OwnSettings(False, ("The Paper",))
        assert [action.what for action in records.audit.actions(9)] == ["remove"]
        assert (asked(records), list(records.feedback.all())) == ([], [])
    path.write_bytes(content)
    with closing(Records(path)) as records:
        assert asked(records) == [("Who is it?", 1)]

    # To begin anew on purpose, both go.
    path.unlink()
    path.with_suffix(".key").unlink()
    with closing(Records(path)) as records:
        assert records.withdrawals.ids() == ()


def test_without_the_key_nothing_is_opened_unless_people_are_to_be_forgotten(path: Path) -> None:
    with closing(Records(path, Clock())) as records:
        fill(records)
        records.messages.keep("discord", "7", {"question": "Who?"})
    key = path.with_suffix(".key")
    secret = key.read_bytes()
    key.unlink()
    with pytest.raises(RecordsError, match=r"^records.key is missing, .* make an empty file of that name, and"):
        Records(path)
    assert not key.exists()
    key.write_text("")
    with closing(Records(path)) as records:
        assert records.withdrawals.ids() == ("a",)
        assert list(records.feedback.all()) == []
        assert records.personal.of("discord", "7").messages == ()
        records.messages.keep("discord", "7", {"question": "Who?"})
    assert len(key.read_bytes()) == len(secret)
    assert key.read_bytes() != secret
    key.write_text("no key")
    with pytest.raises(RecordsError, match="holds no key"):
        Records(path)


@pytest.mark.parametrize("table", ["place", "withdrawal", "action"])
def test_a_changed_byte_under_an_open_file_is_told(filled: Path, path: Path, table: str) -> None:
    copied(filled, path)
    with closing(Records(path)) as records:
        with raw(path) as db:
            db.execute("DROP TRIGGER action_no_update")
            db.execute(f"UPDATE {table} SET platform = 'disc0rd'")
            if table == "place":
                db.execute("UPDATE place SET platform = 'discord'")
                db.execute("UPDATE place SET outlets = '[]'")
        with pytest.raises(RecordsError, match="is damaged"):
            {
                "place": lambda: records.places.settings("discord", "S", "C"),
                "withdrawal": records.withdrawals.ids,
                "action": records.keep_copy,
            }[table]()
    assert "is damaged" in str(read_all(path))


# --- what is kept of people -------------------------------------------------------------------------------------------


def ask_in_vain(records: Records, user: str, question: str, server: str = "S") -> str:
    """What is kept of a question that was refused in public."""
    key = records.messages.keep("discord", user, {"question": question}, server, private=False)
    records.messages.count(key, records.refusals.note("discord", server, question, "nothing_near", 7))
    return key


def test_what_is_kept_of_a_person_is_shown_and_forgotten_and_others_keep_theirs(records: Records) -> None:
    for user in ("7", "8"):
        ask_in_vain(records, user, "Who is it?")
        records.feedback.note(**EXCERPT | {"user": user})
    ask_in_vain(records, "7", "Where is the minister?")
    records.messages.keep("discord", "7", {"question": "Psst?"})
    records.audit.note("discord", "7", "S", "C", "reindex", {})
    kept = records.personal.of("discord", "7")
    assert [(sent.private, sent.fields["question"]) for sent in kept.messages] == [
        (True, "Psst?"), (False, "Where is the minister?"), (False, "Who is it?"),
    ]  # fmt: skip
    assert [given.question for given in kept.feedback] == ["Who denied it?"]
    assert (kept.actions, kept.removals) == (1, 0)

    assert records.personal.forget("discord", "7") == (3, 1, 0)
    kept = records.personal.of("discord", "7")
    assert (kept.messages, kept.feedback, kept.actions) == ((), (), 1)
    assert asked(records) == [("Who is it?", 1)]
    other = records.personal.of("discord", "8")
    assert (len(other.messages), len(other.feedback)) == (1, 1)
    assert records.personal.forget("slack", "8") == (0, 0, 0)
    assert records.personal.forget("discord", "8") == (1, 1, 0)
    assert asked(records) == []


def test_an_answer_that_is_removed_takes_along_what_was_kept_of_it(records: Records) -> None:
    first, second = (ask_in_vain(records, "7", "Who is it?") for _ in range(2))
    records.feedback.note(**EXCERPT | {"user": "7", "question": "Who is it?!"})
    records.feedback.note(**EXCERPT | {"user": "8", "question": "Who is it?!"})
    records.personal.forget_answer(first)
    assert records.messages.fields(first) is None
    assert records.messages.fields(second) is not None
    assert asked(records) == [("Who is it?", 1)]
    assert len(list(records.feedback.all())) == 1
    records.personal.forget_answer("0" * 12)


def test_a_server_that_is_left_is_forgotten_and_others_are_not(records: Records) -> None:
    for server in ("S", "T"):
        ask_in_vain(records, "7", "Who is it?", server)
        records.feedback.note(**EXCERPT | {"server": server, "start": int(server == "T")})
        records.places.change("discord", server, "C", answers=False)
    records.withdrawals.add("a", "ab", "discord", "1")
    records.personal.forget_server("discord", "S")
    assert (asked(records), asked(records, server="T")) == ([], [("Who is it?", 1)])
    assert records.places.settings("discord", "S", "C").answers
    assert not records.places.settings("discord", "T", "C").answers
    assert [given.server for given in records.feedback.all()] == ["T"]
    assert len(records.personal.of("discord", "7").messages) == 1
    assert records.withdrawals.ids() == ("a",)


def test_everything_is_kept_for_its_time_and_goes_without_anything_new(path: Path) -> None:
    now = [NOON]
    with closing(Records(path, lambda: now[0], Retention(10, 20, 30))) as records:
        private = records.messages.keep("discord", "7", {})
        public = ask_in_vain(records, "7", "Who is it?")
        records.feedback.note(**EXCERPT | {"private": False})
        records.feedback.note(**EXCERPT | {"user": "another", "private": True})
        records.audit.note("discord", "1", "S", "C", "remove", {})

        def left() -> tuple[bool, bool, int, int, int]:
            records.tidy()
            found = (records.messages.fields(key) is not None for key in (private, public))
            return (*found, len(list(records.feedback.all())), len(asked(records)), len(records.audit.actions(9)))

        assert left() == (True, True, 2, 1, 1)
        now[0] = NOON + timedelta(days=10, hours=1)
        assert left() == (False, True, 1, 1, 1)
        now[0] = NOON + timedelta(days=20, hours=1)
        assert left() == (False, False, 0, 0, 1)
        now[0] = NOON + timedelta(days=30, hours=1)
        assert left() == (False, False, 0, 0, 0)
        records.audit.note("discord", "1", "S", "C", "remove", {})
    with raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute("DELETE FROM action")


def test_in_direct_messages_nothing_is_seen_that_is_hidden_anywhere(records: Records) -> None:
    def seen() -> tuple[str, ...]:
        return records.places.settings("discord", "", "D1").outlets

    records.places.change("slack", "T", "C", outlets=("Elsewhere",))
    assert seen() == ()
    records.places.change("discord", "S", "C", outlets=("The Paper", "The Post"))
    records.places.change("discord", "S", "E", outlets=())
    assert seen() == ("The Paper", "The Post")
    records.places.change("discord", "T", "", outlets=("The Post", "The Wire"))
    assert seen() == ("The Post",)
    records.places.change("discord", "T", "C", outlets=("The Paper",))
    assert seen() == NOTHING
    records.places.change("discord", "", "", outlets=("The Wire",))
    assert seen() == ("The Wire",)
    records.places.change("discord", "", "", outlets=())
    assert seen() == ()


def test_what_has_arrived_is_known_to_another_process_and_not_for_ever(path: Path) -> None:
    now = [NOON]
    with closing(Records(path, lambda: now[0])) as records:
        assert records.arrivals.is_new("slack", "Ev1")
        assert records.arrivals.is_new("discord", "Ev1")
        with closing(Records(path, lambda: now[0])) as other:
            assert not other.arrivals.is_new("slack", "Ev1")
        now[0] += timedelta(minutes=9)
        assert not records.arrivals.is_new("slack", "Ev1")
        now[0] += timedelta(minutes=2)
        assert records.arrivals.is_new("slack", "Ev1")
        with raw(path) as db:
            assert db.execute("SELECT count(*) FROM arrival").fetchall() == [(1,)]


# --- more than one at once --------------------------------------------------------------------------------------------


def test_a_killed_process_loses_nothing_that_it_was_told_is_kept(path: Path) -> None:
    kept = 0
    for round_ in range(8):
        other = Other(path)
        other.order("audit.note", "discord", "1", "S", "C", "reindex", {"filler": "x" * 300}, times=100_000)
        heard = 0
        while heard < 5 + 7 * round_:
            heard = other.hear()
        os.kill(other.process.pid, signal.SIGKILL)
        assert other.process.stdout is not None
        heard += other.process.stdout.read().count("\n")  # said before the kill, and not heard yet
        other.process.communicate()
        with closing(Records(path)) as records:
            found = len(records.audit.actions(1_000_000))
            assert kept + heard <= found <= kept + heard + 1
            kept = found
        with raw(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert kept > 200


def test_a_commit_waits_for_the_disk(records: Records) -> None:
    assert records._database._db.execute("PRAGMA synchronous").fetchall() == [
        (3,)
    ]  # EXTRA: survives a power cut, see SQLite
    assert records._database._db.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


def test_two_processes_that_write_at_once_lose_nothing(records: Records, path: Path) -> None:
    others = [Other(path) for _ in range(2)]
    for process in others:
        process.order("refusals.note", "discord", "S", "Who?", "nothing_near", 1, times=100)
    for _ in range(50):
        records.refusals.note("discord", "S", "who", "nothing_near", 1)
        records.withdrawals.ids()
    for process in others:
        assert [process.hear() for _ in range(100)] == list(range(1, 101))
        process.close()
    assert [count for _, count in asked(records)] == [250]


def test_a_file_that_another_process_holds_too_long_is_a_sentence(
    path: Path, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.records.database, "BUSY_SECONDS", 0.2)
    with raw(path) as holder, closing(Records(path)) as impatient:
        holder.execute("BEGIN EXCLUSIVE")
        for call in (impatient.withdrawals.ids, lambda: impatient.withdrawals.add("a", "aa", "discord", "1")):
            with pytest.raises(RecordsError, match=r"is in use by another process\. Try again in a moment\."):
                call()
        holder.execute("COMMIT")
        assert impatient.withdrawals.ids() == ()
        assert impatient.withdrawals.add("a", "aa", "discord", "1")
    assert records.withdrawals.ids() == ("a",)


# --- what the buttons of messages need --------------------------------------------------------------------------------


def test_what_a_message_needs_is_kept_under_a_key_of_its_own(records: Records, path: Path) -> None:
    fields = {"question": "Wer war’s? 🦭", "quoted": [[1, "a", "ab", 0, 5]], "since": None}
    first, second = (records.messages.keep("discord", user, fields) for user in ("7", "8"))
    assert first != second
    assert all(len(key) == 12 and set(key) <= set("0123456789abcdef") for key in (first, second))
    records.close()
    again = Records(path)
    assert again.messages.fields(first) == fields
    assert again.messages.fields("0" * 12) is None
    assert again.messages.is_asker(first, "discord", "7")
    assert not again.messages.is_asker(first, "discord", "8")
    assert not again.messages.is_asker(first, "slack", "7")
    assert not again.messages.is_asker("0" * 12, "discord", "7")
    again.close()


def test_a_message_is_found_by_the_platform_s_own_id(records: Records) -> None:
    first, second = (records.messages.keep("discord", "7", {"n": n}) for n in range(2))
    assert records.messages.key("discord", "100") is None
    records.messages.name(first, "100")
    records.messages.name(second, "101")
    assert (records.messages.key("discord", "100"), records.messages.key("discord", "101")) == (first, second)
    assert records.messages.key("slack", "100") is None


def test_who_asked_is_kept_as_a_hash_only(records: Records, path: Path) -> None:
    user = "123456789012345678"
    records.messages.keep("discord", user, {})
    records.close()
    assert user.encode() not in path.read_bytes()


def test_words_are_not_kept_in_clear_where_only_buttons_need_them(records: Records, path: Path) -> None:
    key = records.messages.keep("discord", "7", {"question": "Who left him, the minister?"})
    records.close()
    assert b"minister" not in path.read_bytes()
    with closing(Records(path)) as again:
        assert again.messages.fields(key) == {"question": "Who left him, the minister?"}
    with raw(path) as db:
        db.execute("UPDATE message SET fields = substr(fields, 1, 40) || 'x' || substr(fields, 42)")
    with closing(Records(path)) as again, pytest.raises(RecordsError, match="is damaged"):
        again.messages.fields(key)


def test_threads_share_one_object(records: Records) -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            together.wait()
            for turn in range(6):
                records.refusals.note("discord", "S", "Who?", "nothing_near", 1)
                records.audit.note("discord", str(number), "S", "C", "reindex", {"turn": turn})
                records.places.change("discord", "S", str(number), excerpts=1 + turn % 10)
                assert records.withdrawals.add(f"a{number}", "aa", "discord", "1")
                assert f"a{number}" in records.withdrawals.ids()
                assert records.feedback.note(**EXCERPT | {"user": str(number), "start": turn})
                assert records.places.settings("discord", "S", str(number)).excerpts == 1 + turn % 10
                with suppress(StopIteration):
                    next(records.feedback.all())
                assert records.withdrawals.restore(f"a{number}")
                assert f"a{number}" not in records.withdrawals.ids()
        except BaseException as exc:  # noqa: BLE001 a thread's failure is the test's
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert asked(records) == [("Who?", 48)]
    noted = [(action.user, action.details["turn"]) for action in reversed(records.audit.actions(1000))]
    assert sorted(noted) == sorted((str(number), turn) for number in range(8) for turn in range(6))
    assert [turn for user, turn in noted if user == "3"] == list(range(6))
    assert len(list(records.feedback.all())) == 48


if __name__ == "__main__":
    MODES: dict[str, Any] = {
        "serve": serve, "die": die_while_migrating, "full": run_out_of_room, "nobody": look_without_permission,
    }  # fmt: skip
    MODES[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
