"""Whatever becomes of articles, places, the index and the bot: a follow is told of each new passage exactly once.

A machine adds, corrects, moves and removes articles, withdraws and restores them, builds, builds from nothing, rolls
back, pauses, and has the bot killed before and after it sends. Nothing is told twice, nothing that may not be seen, and
nothing that was there when the follow was set; and what is left at the end is told when the bot looks undisturbed.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from word_encoder import WordHashEncoder

from bot.desk import Desk
from bot.following import Following, UnwritableError, notice
from bot.records.follows import Paused
from bot.timetable import Every
from index.build import build
from index.generations import Generations
from index.model import ANY as _ANY

if TYPE_CHECKING:
    from pathlib import Path

    from bot.following import News
    from bot.records.follows import Follow, Post

SAYINGS = [
    "{n} pelicans left the harbour at noon.",
    "A walrus and {n} gulls slept in the sun.",
    "The mayor spoke of {n} bridges that nobody needs.",
    "A walrus and a pelican shared {n} fish in the harbour.",
]
NUMBERS = ["Two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirty"]
PARAGRAPHS = [saying.format(n=number) for saying in SAYINGS for number in NUMBERS]
OUTLETS = ["The Paper", "The Post", None]
NAMES = ["a", "b", "c", "d"]
OFTEN = st.sampled_from([True, True, False])
CONTENT = st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=3, unique=True)
# What each place may see, and the outlets that are followed in it.
PLACES = {"1": (), "2": ("The Post",), "3": ("The Paper", "The Post")}
FOLLOWS = [("1", "pelican", ()), ("1", "walrus", ("The Paper",)), ("2", "pelican", ()), ("3", "pelican", ("The Post",))]
EXAMPLES = 20
PAUSE = timedelta(days=8)  # so long that any follow is due


class KilledError(BaseException):
    """The bot is no more; it handles this no more than a kill."""


class Chat:
    """What a platform holds, and when it lets the bot be killed."""

    def __init__(self) -> None:
        self.messages: dict[str, News] = {}
        self.fault = ""
        self.told_admin = self.twice = 0

    async def send(self, news: News) -> str:
        fault, self.fault = self.fault, ""
        if fault == "unwritable":
            raise UnwritableError
        if fault == "before":
            raise KilledError
        self.twice += news.key in self.messages
        self.messages[news.key] = news
        if fault == "after":
            raise KilledError
        if fault == "lost":
            raise OSError("the connection was lost")
        return f"message {news.key}"

    async def standing(self, _follow: Follow, post: Post) -> str | None:
        return f"message {post.key}" if post.key in self.messages else None

    async def tell_admin(self, _follow: Follow) -> None:
        self.told_admin += 1


class Newsroom(RuleBasedStateMachine):
    """A corpus, its index, a bot, and what it has told."""

    folder: ClassVar[Path]
    seen: ClassVar[Counter[str]] = Counter()

    @initialize(texts=CONTENT)
    def begin(self, texts: list[str]) -> None:
        self.home = self.folder / uuid4().hex
        self.corpus, self.root = self.home / "corpus", self.home / "data"
        self.corpus.mkdir(parents=True)
        self.chat = Chat()
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.told: dict[int, list[int]] = {}  # by follow, the passages of the messages that were read
        self.before: dict[int, set[tuple[str, str | None]]] = {}  # what was there when it was set, with its outlet
        self.read: set[str] = set()
        self.noticed: set[tuple[str, str | None]] = set()  # what the bot saw in the index while there were follows
        self.write("a", texts, "The Post", built=True)
        self.start()
        for which in FOLLOWS[::3]:
            self.follow(which, Every.ONCE)

    # --- the articles ---

    @rule(name=st.sampled_from(NAMES), texts=CONTENT, outlet=st.sampled_from(OUTLETS), built=OFTEN)
    def write(self, name: str, texts: list[str], outlet: str | None, built: bool) -> None:
        head = f'---\ntitle: "{name}"\n' + (f'outlet: "{outlet}"\n' if outlet else "") + "---\n"
        (self.corpus / f"{name}.md").write_text(head + "\n\n".join(texts) + "\n", encoding="utf-8")
        if built:
            self.build()

    @rule(data=st.data(), name=st.sampled_from([*NAMES, None]), built=OFTEN)
    def move(self, data: st.DataObject, name: str | None, built: bool) -> None:
        """An article gets another name, or where it gets none is removed, unless it is the last."""
        file = data.draw(st.sampled_from(self.files()))
        if name:
            file.rename(self.corpus / f"{name}.md")
        elif len(self.files()) > 1:
            file.unlink()
        if built:
            self.build()

    def files(self) -> list[Path]:
        return sorted(self.corpus.glob("*.md"))

    # --- the index ---

    @rule(keep=st.integers(1, 3), how=st.sampled_from(["on", "from nothing", "back", "back"]))
    def build(self, keep: int = 3, how: str = "on") -> None:
        if how == "back":
            if self.older():
                Generations(self.root).rollback()
                self.seen["rolled back"] += 1
            return
        if how == "from nothing":
            shutil.rmtree(self.root / "generations")
            (self.root / "CURRENT").unlink()
            self.seen["built from nothing"] += 1
        build(self.corpus, self.root, WordHashEncoder(), keep=keep, max_loss=100)

    def older(self) -> list[int]:
        generations = Generations(self.root)
        return [number for number in generations.numbers() if number < generations.require_current()]

    # --- the places ---

    @precondition(lambda self: len(self.told) < 6)
    @rule(which=st.sampled_from(FOLLOWS), every=st.sampled_from([Every.ONCE, Every.ONCE, Every.HOURLY, Every.WEEKLY]))
    def follow(self, which: tuple[str, str, tuple[str, ...]], every: Every) -> None:
        channel, subject, outlets = which
        self.run(notice(self.desk))
        self.notice()
        where = {"platform": "chat", "server": "S", "channel": channel, "target": channel, "user": "U"}
        what = {"subject": subject, "outlets": outlets, "every": every, "hour": 8, "language": "en", "private": True}
        made = self.desk._records.follows.add(**where, **what)
        self.told[made.number], self.before[made.number] = [], set(self.noticed)

    @rule(name=st.sampled_from(NAMES), gone=st.booleans())
    def withdraw(self, name: str, gone: bool) -> None:
        withdrawals = self.desk._records.withdrawals
        withdrawals.add(f"{name}.md", "", "chat", "admin") if gone else withdrawals.restore(f"{name}.md")

    @rule(data=st.data(), why=st.sampled_from([Paused.NO, Paused.NO, Paused.ASKED]))
    def pause(self, data: st.DataObject, why: Paused) -> None:
        self.desk._records.follows.pause(data.draw(st.sampled_from(sorted(self.told))), why)

    # --- the bot ---

    @rule(hours=st.sampled_from([0, 0, 1, 30, 200]))
    def look(self, hours: int = 0) -> None:
        """The bot looks, undisturbed."""
        self.now += timedelta(hours=hours)
        self.run(self.following.look())
        self.notice()
        self.check()

    @rule(
        fault=st.sampled_from(["before", "after", "lost", "unwritable"]), hours=st.sampled_from([0, 1, 30]),
        texts=CONTENT, name=st.sampled_from(NAMES), outlet=st.sampled_from(OUTLETS),
    )  # fmt: skip
    def look_is_cut_short(self, fault: str, hours: int, texts: list[str], name: str, outlet: str | None) -> None:
        """The bot is killed, or its message lost or refused, where it has something to tell."""
        self.write(name, texts, outlet, built=True)
        self.now += timedelta(hours=hours)
        self.chat.fault = fault
        try:
            self.run(self.following.look())
        except KilledError:
            self.seen[f"killed {fault}"] += 1
            self.stop()
            self.start()
        else:
            self.seen[fault] += not self.chat.fault
        self.chat.fault = ""
        self.notice()
        self.check()

    @rule()
    def restart(self) -> None:
        self.stop()
        self.start()

    def start(self) -> None:
        self.desk = Desk(self.root, self.corpus, WordHashEncoder)
        self.desk._records._database.clock = lambda: self.now
        for channel, outlets in PLACES.items():
            self.desk._records.places.change("chat", "S", channel, outlets=outlets)
        self.following = Following(self.desk, "chat", self.chat)

    def stop(self) -> None:
        self.desk.close()

    def run(self, work: Any) -> Any:
        return asyncio.run(work)

    # --- what must be so ---

    def notice(self) -> None:
        """The bot has seen what there is in the index."""
        for number in Generations(self.root).numbers():
            self.noticed |= {(passage, source.outlet) for source, passage in self.passages(number)}

    def check(self) -> None:
        """What was sent since, against what may be seen now and what was told before."""
        assert not self.chat.twice
        withdrawn = self.desk._records.withdrawals.ids()
        for key in self.chat.messages.keys() - self.read:
            news = self.chat.messages[key]
            follow = news.follow
            assert follow.number in self.told
            assert news.answer.excerpts
            for excerpt in news.answer.excerpts:
                assert excerpt.source.id not in withdrawn
                assert self.sees(follow, excerpt.source.outlet)
                assert all(self.may_see(follow, place.source.outlet) for place in excerpt.also_in)
                assert follow.subject in excerpt.text.casefold()
                assert not [1 for text, outlet in self.before[follow.number]
                            if text == excerpt.passage.text and self.sees(follow, outlet)]  # fmt: skip
            fields = self.desk._records.messages.fields(key)
            assert fields
            texts = [self.text_of(row) for row in fields["quoted"]]
            self.told[follow.number] += texts
            assert max(Counter(self.told[follow.number]).values()) == 1, "told twice"
            self.seen["told"] += len(texts)
            self.seen["corrected"] += len(news.corrected)
        self.read |= self.chat.messages.keys()

    def text_of(self, row: list[Any]) -> Any:
        """A quoted passage; every paragraph of these articles is one."""
        texts = {
            source.sha256: article.text
            for number in Generations(self.root).numbers()
            for source, article in self.articles(number)
        }
        self.texts = {**getattr(self, "texts", {}), **texts}
        return self.texts[row[2]][row[3] : row[4]]

    @staticmethod
    def sees(follow: Follow, outlet: str | None) -> bool:
        return Newsroom.may_see(follow, outlet) and (not follow.outlets or outlet in follow.outlets)

    @staticmethod
    def may_see(follow: Follow, outlet: str | None) -> bool:
        return not PLACES[follow.channel] or outlet in PLACES[follow.channel]

    def articles(self, number: int | None = None) -> list[tuple[Any, Any]]:
        generations = Generations(self.root)
        with closing(generations.texts(number or generations.require_current())) as texts:
            return [(row.source, texts.article(row.source.id)) for row in texts.listings(_ANY)]

    def passages(self, number: int | None = None) -> list[tuple[Any, str]]:
        return [(source, part) for source, article in self.articles(number)
                for part in article.text.split("\n\n")]  # fmt: skip

    def teardown(self) -> None:
        """At last every follow goes on, and is told all that is left."""
        if not hasattr(self, "chat"):
            return
        for name in NAMES:
            self.desk._records.withdrawals.restore(f"{name}.md")
        for number in self.told:
            self.desk._records.follows.pause(number, Paused.NO)
        for _ in range(2):  # what was paused is looked for at its next time
            self.now += PAUSE
            self.look()
        assert not self.desk._records.follows.posts("chat")
        for follow in self.desk._records.follows.all("chat"):
            here = {text for source, text in self.passages() if self.sees(follow, source.outlet)}
            old = {text for text, outlet in self.before[follow.number] if self.sees(follow, outlet)}
            wanted = {text for text in here - old if follow.subject in text.casefold()}
            assert wanted <= set(self.told[follow.number]), "lost"
        self.stop()
        shutil.rmtree(self.home)


def test_each_new_passage_is_told_exactly_once_and_never_where_it_may_not_be_seen(tmp_path: Path) -> None:
    Newsroom.folder = tmp_path
    run_state_machine_as_test(Newsroom, settings=settings(settings.get_profile("histories"), max_examples=EXAMPLES))
    for outcome in ("built from nothing", "rolled back", "killed before", "killed after", "lost", "unwritable", "told",
                    "corrected"):  # fmt: skip
        assert Newsroom.seen[outcome], outcome
