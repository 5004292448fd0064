"""Lists of questions that admins send in on Discord, against simcord's Discord."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import TYPE_CHECKING, Any

from discord_world import ADMIN, EXPECTED, OTTER, PELICAN, text_of

from bot import lists, wording
from bot.desk import DeskBusyError
from bot.service import STOPPING
from bot.tables import plain

if TYPE_CHECKING:
    import pytest
    from discord_world import World

LIST = f"{PELICAN}\n=Which otter declined to comment?\n\n?!\n{PELICAN}\n".encode()


async def asked(world: World, data: bytes = LIST, name: str = "list.txt", **options: Any) -> Any:
    return await world.by_chief("ask-list", file=(name, data), **options)


async def rows(response: Any) -> list[dict[str, str]]:
    (file,) = response.attachments
    assert file.filename == "answers.csv"
    table = csv.DictReader(io.StringIO((await file.read()).decode("utf-8-sig"), newline=""))
    return [{name: plain(cell) for name, cell in row.items()} for row in table]


async def test_each_question_has_its_excerpts_or_why_there_are_none(world: World) -> None:
    result = await asked(world)
    assert result.ephemeral
    assert result.response.content == "3 of 3 questions asked."
    table = await rows(result.response)
    assert [row["question"] for row in table if row["number"] in ("", "1")] == [*LIST.decode().splitlines()[:2], "?!"]
    assert table[-1]["refusal"] == wording.EMPTY_QUESTION
    for row in table[:-1]:
        article = await world.desk.article(row["article"])
        assert article.text[int(row["start"]) : int(row["end"])] == row["quote"]
    told = (await asked(world, format="json")).response
    (file,) = told.attachments
    assert file.filename == "answers.jsonl"
    answers = [json.loads(line) for line in (await file.read()).decode().splitlines()]
    assert [answer["question"] for answer in answers] == list(dict.fromkeys(row["question"] for row in table))
    (noted, _) = await world.desk.recall(lambda records: records.audit.actions(2))
    assert (noted.what, noted.details) == ("ask_list", {"questions": 3})


async def test_only_what_may_be_seen_is_quoted(world: World) -> None:
    await world.by_chief("settings", outlets="Example Wire")
    table = await rows((await asked(world)).response)
    assert {row["outlet"] for row in table} <= {"Example Wire", ""}
    assert all(row["quote"] != OTTER for row in table)


@EXPECTED
async def test_only_admins_and_only_lists_within_limits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever keeps order in a server is no admin of the bot for that.
    role = world.guild.create_role("keeper", permissions=ADMIN)
    keeper = world.guild.add_member(world.env.create_user("keeper"), roles=[role])
    result = await keeper.slash(world.channel, "ask-list", file=("list.txt", LIST))
    assert result.response.content == wording.NOT_ADMIN
    monkeypatch.setattr(lists, "MAX_QUESTIONS", 2)
    for data, name, told in (
        (LIST, "list.txt", "A list has up to 2 questions."),
        (b"id,asked\n1,Who?\n", "list.csv", "list.csv has no column called question"),
        (b"\n \n", "list.txt", "has no questions"),
        (b"\xff\xfeW\x00", "list.txt", "is not UTF-8"),
        (b"x" * (lists.MAX_BYTES + 1), "list.txt", "is larger than 256 KB"),
    ):
        response = (await asked(world, data, name)).response
        assert told in response.content
        assert not response.attachments


@EXPECTED
async def test_a_second_list_waits_for_its_turn(world: World) -> None:
    async with world.desk.lists:
        assert "Another list is being answered." in (await asked(world)).response.content
    assert (await asked(world)).response.attachments


async def test_a_stop_gives_what_is_answered_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = world.desk.ask

    async def ask(*args: Any, **options: Any) -> Any:
        answer = await answered(*args, **options)
        world.bot.work._stopping = True
        return answer

    monkeypatch.setattr(world.desk, "ask", ask)
    told = (await asked(world)).response
    assert told.content == f"1 of 3 questions asked. {STOPPING} Send the others as another list."
    assert {row["question"] for row in await rows(told)} == {PELICAN}


async def test_a_list_ends_where_its_time_or_the_queue_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "SECONDS", -60.0)
    told = (await asked(world)).response
    assert told.content.startswith("0 of 3 questions asked. That took ")
    assert await rows(told) == []
    monkeypatch.setattr(lists, "SECONDS", 60.0)

    async def busy(*_args: Any, **_options: Any) -> None:
        raise DeskBusyError("200 questions are waiting already.")

    monkeypatch.setattr(world.desk, "ask", busy)
    assert "200 questions are waiting already. Send the others" in (await asked(world)).response.content


async def test_peoples_questions_come_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    idle, order = False, []
    monkeypatch.setattr(type(world.desk), "idle", property(lambda _desk: idle))
    ask = world.desk.ask

    async def noted(question: str, *args: Any, **options: Any) -> Any:
        order.append(question)
        return await ask(question, *args, **options)

    monkeypatch.setattr(world.desk, "ask", noted)
    visit = await _visit(world)
    shown: list[tuple[int, int]] = []

    async def show(done: int, total: int) -> None:
        shown.append((done, total))

    work = asyncio.create_task(lists.answer(visit, LIST, "list.txt", lists.FORMATS[0], show, lambda: False))
    while not shown:
        await asyncio.sleep(0.01)
    await world.desk.ask("Who is first?")
    idle = True
    made = await work
    assert order[0] == "Who is first?"
    assert order[1:] == list(dict.fromkeys(line for line in LIST.decode().splitlines() if line))
    assert shown[0] == (0, 3)
    assert made.told == "3 of 3 questions asked."


async def _visit(world: World) -> Any:
    from bot.visit import Visit

    bot = world.bot
    where = ("discord", str(world.guild.id), str(world.channel.id), str(world.alice.id))
    return await Visit.of(bot.desk, bot.pace, *where, 3, public=True).now()


async def test_how_far_it_is_is_shown_meanwhile(world: World) -> None:
    await asked(world)
    shown = [
        sent["content"]
        for sent in world.requests("/messages/@original")
        if "of 3 questions" in (sent or {}).get("content", "")
    ]
    assert shown[0] == "0 of 3 questions asked."
    assert text_of((await asked(world)).response) == "3 of 3 questions asked."
