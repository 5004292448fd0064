"""What is kept to be sent and cannot be sent at once, against a platform that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import dated_corpus
from test_follow_histories import Chat, KilledError
from word_encoder import WordHashEncoder

from bot.desk import Desk
from bot.following import Following, UnknownError, notice
from bot.timetable import Every
from index.build import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.following import News
    from bot.records.follows import Follow, Post

ARTICLES = {
    "one": ("The Paper", "2024-05-03", "A pelican opened the lido."),
    "two": ("The Post", "2024-05-04", "The mayor of Ghent thanked every pelican for its patience."),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    corpus = dated_corpus(tmp_path / "corpus", {"old": ("The Paper", "2024-05-01", "The lido was closed.")})
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    yield desk
    desk.close()


async def followed(desk: Desk) -> None:
    """A pelican is followed, and both articles come."""
    await notice(desk)
    what: dict[str, Any] = {
        "platform": "chat", "server": "S", "channel": "C", "target": "C", "user": "U", "subject": "pelican",
        "outlets": (), "every": Every.ONCE, "hour": 8, "language": "en", "private": False,
    }  # fmt: skip
    await desk.record(lambda records: records.follows.add(**what))
    dated_corpus(desk.corpus_dir / "new", ARTICLES)
    await desk.builds.reindex()


def texts(chat: Chat) -> list[list[str]]:
    return [[excerpt.source.id for excerpt in news.answer.excerpts] for news in chat.messages.values()]


async def test_what_is_removed_before_it_was_sent_is_told_when_it_is_back(desk: Desk) -> None:
    await followed(desk)
    chat = Chat()
    following = Following(desk, "chat", chat)
    chat.fault = "before"
    with pytest.raises(KilledError):
        await following.look()
    await desk.record(lambda records: records.withdrawals.add("new/one.md", "", "chat", "admin"))
    await following.look()
    assert chat.messages == {}
    await following.look()
    assert texts(chat) == [["new/two.md"]]
    await desk.record(lambda records: records.withdrawals.restore("new/one.md"))
    await following.look()
    assert len(chat.messages) == 1  # it is waited for an hour
    clock = desk._records._database.clock
    desk._records._database.clock = lambda: clock().replace(year=clock().year + 1)
    await following.look()
    assert texts(chat) == [["new/two.md"], ["new/one.md"]]


async def test_where_nobody_can_say_whether_it_was_sent_it_is_rather_not_sent(desk: Desk) -> None:
    class Blind(Chat):
        async def standing(self, _follow: Follow, _post: Post) -> str | None:
            raise UnknownError

    await followed(desk)
    chat = Blind()
    chat.fault = "after"
    following = Following(desk, "chat", chat)
    with pytest.raises(KilledError):
        await following.look()
    await following.look()
    assert (len(chat.messages), chat.twice) == (1, 0)
    assert await desk.recall(lambda records: records.follows.posts("chat")) == ()


async def test_one_follow_that_fails_keeps_no_other_from_being_told(desk: Desk) -> None:
    class Picky(Chat):
        async def send(self, news: News) -> str:
            if news.follow.number == 1:
                raise RuntimeError("a fault of a library")
            return await super().send(news)

    await followed(desk)
    what: dict[str, Any] = {
        "platform": "chat", "server": "S", "channel": "D", "target": "D", "user": "U", "subject": "mayor",
        "outlets": (), "every": Every.ONCE, "hour": 8, "language": "en", "private": False,
    }  # fmt: skip
    await desk.record(lambda records: records.follows.add(**what))
    chat = Picky()
    await Following(desk, "chat", chat).look()
    assert texts(chat) == [["new/two.md"]]
