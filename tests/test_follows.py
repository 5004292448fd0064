"""What is kept of follows: whose it is, how long, and what is new for them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.records.database import RecordsError
from bot.records.follows import MOST, Edition, Follow, Paused, Seen, TooManyFollowsError
from bot.records.records import Records
from bot.records.retention import Retention
from bot.timetable import Every

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OLD, NEW = Seen(-1, 7), Seen(2, 7)
SUBJECT = "Who sank the pelican?"


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Iterator[Records]:
    with closing(Records(tmp_path / "records.sqlite", clock, Retention(10, 20, 30))) as records:
        records.follows.notice(Edition(1, NOON), [OLD], [OLD])
        yield records


def follow(records: Records, **different: Any) -> Follow:
    usual: dict[str, Any] = {
        "platform": "discord", "server": "S", "channel": "C", "target": "C", "user": "7", "subject": SUBJECT,
        "outlets": ("The Paper",), "every": Every.DAILY, "hour": 9, "language": "de", "private": True,
    }  # fmt: skip
    return records.follows.add(**{**usual, **different})


def test_a_follow_is_kept_as_it_was_set_and_its_words_are_sealed(records: Records, tmp_path: Path) -> None:
    made = follow(records)
    assert records.follows.all("discord") == records.follows.of("discord", "C") == (made,)
    assert (made.subject, made.outlets, made.every, made.hour) == (SUBJECT, ("The Paper",), Every.DAILY, 9)
    assert (made.since, made.upto, made.paused, made.at) == (1, 1, Paused.NO, NOON)
    assert records.follows.is_setter(made.number, "discord", "7")
    assert not records.follows.is_setter(made.number, "discord", "8")
    assert not records.follows.is_setter(made.number, "slack", "7")
    assert records.follows.all("slack") == records.follows.of("discord", "D") == ()
    records.follows.change(made.number, outlets=(), every=Every.WEEKLY)
    changed = replace(made, outlets=(), every=Every.WEEKLY)
    assert records.follows.of("discord", "C") == (changed,)
    records.keep_copy()
    for file in tmp_path.iterdir():
        assert b"pelican" not in file.read_bytes(), file


def test_a_place_has_only_so_many(records: Records) -> None:
    for _ in range(MOST):
        follow(records)
    with pytest.raises(TooManyFollowsError):
        follow(records)
    follow(records, target="thread")


def test_what_no_edition_had_is_new_once(records: Records) -> None:
    made = follow(records)
    records.follows.notice(Edition(2, NOON), [OLD, NEW], [OLD, NEW])
    records.follows.notice(Edition(2, NOON), [Seen(9, 9)], [])  # by another platform of the same process
    waiting, last = records.follows.waiting(made)
    assert (waiting, last) == ({NEW}, 2)
    assert records.follows.unseen([OLD, NEW, Seen(2, 8)]) == {Seen(2, 8)}
    assert records.follows.new(made, {-1, 2}, None) == {2}
    assert records.follows.new(made, {-1, 2}, {8}) == {-1, 2}  # where the outlet that had it is not seen
    assert records.follows.take(made, last, {2}, {NEW}, {"question": SUBJECT})
    assert not records.follows.take(made, last, {2}, {NEW}, {"question": SUBJECT})
    (now,) = records.follows.all("discord")
    assert records.follows.waiting(now) == ({NEW}, 2)
    assert records.follows.new(now, {-1, 2}, {8}) == {-1}
    (post,) = records.follows.posts("discord")
    assert records.messages.fields(post.key) == {"question": SUBJECT}
    assert records.messages.is_asker(post.key, "discord", "7")


def test_a_post_is_sent_given_up_or_undone(records: Records) -> None:
    made = follow(records)
    for passage in (2, 3, 4):
        (made,) = records.follows.all("discord")
        assert records.follows.take(made, 1, {passage}, (), {"question": SUBJECT})
    first, second, third = records.follows.posts("discord")
    records.follows.trying(first.key, tried=True)
    assert [post.tried for post in records.follows.posts("discord")] == [True, False, False]
    records.follows.sent(first.key, "M1")
    assert records.messages.key("discord", "M1") == first.key
    records.follows.sent(second.key, None)
    assert records.messages.fields(second.key) is None
    records.follows.undo(third.key, [4], [NEW])
    assert records.follows.posts("discord") == ()
    (made,) = records.follows.all("discord")
    assert records.follows.new(made, {2, 3, 4}, None) == {4}
    assert records.follows.waiting(made)[0] == {NEW}
    assert made.checked < NOON - timedelta(days=7)  # it is due again at once


def test_what_is_paused_is_sent_nothing_and_goes_by_its_time(records: Records, clock: Clock) -> None:
    made = follow(records)
    public = follow(records, private=False)
    going = follow(records)
    assert records.follows.take(made, 1, (), (), {"question": SUBJECT})
    assert records.follows.pause(made.number, Paused.UNWRITABLE)
    assert not records.follows.pause(made.number, Paused.UNWRITABLE)
    assert records.follows.pause(public.number, Paused.ASKED)
    assert records.follows.posts("discord") == ()
    clock.now += timedelta(days=11)
    records.tidy()
    assert [follow.number for follow in records.follows.all("discord")] == [public.number, going.number]
    clock.now += timedelta(days=400)
    records.tidy()
    assert [follow.number for follow in records.follows.all("discord")] == [going.number]


def test_a_place_is_paused_with_all_that_is_followed_there(records: Records) -> None:
    asked, _, _, elsewhere = follow(records), follow(records), follow(records), follow(records, target="thread")
    records.follows.pause(asked.number, Paused.ASKED)
    assert [records.follows.pause_place("discord", "C") for _ in range(2)] == [2, 0]
    paused = [follow.paused for follow in records.follows.all("discord")]
    assert paused == [Paused.ASKED, Paused.UNWRITABLE, Paused.UNWRITABLE, Paused.NO]
    assert elsewhere.paused is Paused.NO


def test_follows_go_with_whoever_set_them_and_with_their_server(records: Records) -> None:
    follow(records)
    follow(records, user="8", server="T")
    third = follow(records, user="8")
    assert [kept.subject for kept in records.personal.of("discord", "7").follows] == [SUBJECT]
    assert records.personal.forget("discord", "7") == (0, 0, 1)
    records.personal.forget_server("discord", "T")
    assert records.follows.all("discord") == (third,)


def test_nothing_is_known_of_the_index_where_nothing_is_followed(records: Records) -> None:
    made = follow(records)
    records.tidy()
    assert records.follows.editions() == {Edition(1, NOON)}
    assert records.follows.end(made.number)
    assert not records.follows.end(made.number)
    records.tidy()
    assert records.follows.editions() == frozenset()
    assert records.follows.unseen([OLD]) == {OLD}
    with pytest.raises(RecordsError, match="Try again in a moment"):
        follow(records)


def test_an_emptied_key_forgets_follows(tmp_path: Path, records: Records) -> None:
    follow(records)
    records.close()
    (tmp_path / "records.key").write_bytes(b"")
    with closing(Records(tmp_path / "records.sqlite")) as again:
        assert again.follows.all("discord") == ()
