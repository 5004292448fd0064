"""The buttons of answers, pressed by whoever sees them, at once or long after, against simcord's Discord."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord
from discord_world import PELICAN, QUESTION, WALRUSES, buttons_of, context_of, quoted, text_of
from test_discord_render import shown

from bot import desk, wording
from bot.discord import views
from bot.discord.answers import AnswerButton
from bot.records.database import RecordsError
from bot.records.feedback import Verdict
from bot.records.retention import Retention
from bot.records.sent import Lost
from index.passages import paragraph_spans

if TYPE_CHECKING:
    from discord_world import World

WALRUS = "Which walrus swam to which harbour?"


async def feedback(world: World) -> list[Any]:
    return await world.desk.record(lambda records: list(records.feedback.all()))


def numbers(message: Any) -> list[int]:
    """The numbers of an answer's excerpts, as its citations have them."""
    return [int(number) for number in re.findall(r"^\*\*(\d+)\.\*\*", text_of(message), re.MULTILINE)]


async def test_context_is_what_stands_around_whoever_asks_and_whenever(world: World) -> None:
    answer = (await world.ask(question=QUESTION)).response
    kept = (await world.kept(answer))["quoted"]
    await world.restart()
    neighbours = 0
    for number, article_id, _, start, end, _ in kept:
        article = await world.desk.article(article_id)
        result = await context_of(world.bob, answer, number)
        assert result.ephemeral
        said = text_of(result.response)
        assert said.startswith(f"-# The stored text around excerpt {number}\n")
        (line,) = quoted(result.response)
        assert shown(line.removeprefix("> ")) == (article.text[start:end], [])
        # The paragraphs before and after it stand there as well.
        before, after = (shown(part)[0] for part in said.split(line))
        paragraphs = paragraph_spans(article)
        (here,) = (n for n, p in enumerate(paragraphs) if p.start <= start and end <= p.end)
        for part, near in ((before, paragraphs[:here][-1:]), (after, paragraphs[here + 1 :][:1])):
            for paragraph in near:
                neighbours += 1
                assert article.text[paragraph.start : paragraph.end][:100] in part
    assert neighbours >= 2
    assert text_of(world.answers[0]) == text_of(answer)


async def test_more_goes_on_where_the_answer_ended_until_there_is_no_more(world: World) -> None:
    answer = (await world.ask(question=WALRUS)).response
    assert numbers(answer) == [1, 2, 3]
    said = quoted(answer)
    await world.restart()
    while True:
        result = await world.bob.click(answer, label="More")
        assert result.ephemeral
        answer = result.response
        if answer.content:
            break
        assert numbers(answer) == list(range(len(said) + 1, len(said) + len(quoted(answer)) + 1))
        said += quoted(answer)
    assert answer.content == wording.NO_MORE
    assert len(said) == len(set(said)) == WALRUSES


async def test_more_keeps_the_filters(world: World) -> None:
    answer = (await world.ask(question=PELICAN, outlet="Example Wire", number=1)).response
    assert (await world.bob.click(answer, label="More")).response.content == wording.NO_MORE
    answer = (await world.ask(question=PELICAN, since="4 May 2023", number=1)).response
    assert (await world.bob.click(answer, label="More")).response.content == wording.NO_MORE
    answer = (await world.ask(question=PELICAN, number=1)).response
    assert numbers((await world.bob.click(answer, label="More")).response) == [2]


async def test_sources_are_the_cards_of_what_is_quoted_in_that_order(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    ids = [article for _, article, *_ in (await world.kept(answer))["quoted"]]
    assert sorted(ids) == ["Dresden", "Utrecht"]
    await world.restart()
    result = await world.bob.click(answer, label="Sources")
    assert result.ephemeral
    outlets = {"Dresden": "Example Wire", "Utrecht": "Example Post"}
    assert re.findall(r"Example \w+", text_of(result.response)) == [outlets[article] for article in ids]


async def test_a_search_has_its_own_line_and_all_buttons(world: World) -> None:
    answer = (await world.ask(question="walrus harbours", private=True, number=2)).response
    line = "**Mentions of “walrus” and “harbours”.**"
    assert line in text_of(answer)
    await world.restart()
    more = (await world.alice.click(answer, label="More")).response
    assert line in text_of(more)
    assert numbers(more)[0] == 3
    shared = (await world.alice.click(answer, label="Share")).followups[0]
    assert text_of(shared) == text_of(answer)


async def test_a_private_answer_is_shared_as_it_is(world: World) -> None:
    answer = (await world.ask(question=WALRUS, private=True)).response
    more = (await world.alice.click(answer, label="More")).response
    await world.restart()
    for private in (answer, more):
        assert set(buttons_of(private)) == {
            "Carried by",
            "As a file",
            "More",
            "Sources",
            "Share",
            "Helpful",
            "Not helpful",
        }
        with pytest.raises(simcord.SetupError, match="not visible"):
            await world.bob.click(private, label="Share")
        result = await world.alice.click(private, label="Share")
        (shared,) = result.followups
        assert not shared.ephemeral
        assert shared.id == world.answers[-1].id
        shared = world.answers[-1]
        assert text_of(shared) == text_of(private)
        assert set(buttons_of(shared)) == {
            "Carried by",
            "As a file",
            "More",
            "Sources",
            "Remove",
            "Helpful",
            "Not helpful",
        }
        # What was shared is an answer like any other, and whoever shared it may take it back.
        context = await context_of(world.bob, shared, numbers(shared)[-1])
        assert quoted(context.response) == quoted(shared)[-1:]
        assert numbers((await world.bob.click(shared, label="More")).response)[0] == numbers(shared)[-1] + 1
        (told,) = (await world.bob.click(shared, label="Remove")).followups
        assert told.content == views.NOT_YOURS
        await world.alice.click(shared, label="Remove")
        assert shared.id not in [message.id for message in world.answers]


async def test_what_makes_an_answer_doubtful_is_shared_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.desk._answerer, "caution", (0.0, 1.0))
    answer = (await world.ask(question=f"{PELICAN} Example Wire says", private=True, since="2023-05-01")).response
    remarks = re.findall(r"^\*\*\D.*\*\*$", text_of(answer), re.MULTILINE)
    assert len(remarks) == 3
    assert wording.MAY_NOT_ANSWER in remarks[0]
    shared = (await world.alice.click(answer, label="Share")).followups[0]
    assert text_of(shared) == text_of(answer)


async def test_an_answer_is_removed_by_its_asker_and_by_those_who_keep_order(world: World) -> None:
    moderators = world.guild.create_role("mods", permissions=discord.Permissions(manage_messages=True))
    moderator = world.guild.add_member(world.env.create_user("mod"), roles=[moderators])
    # An admin of the bot may, whatever the server lets them do.
    admin = world.guild.add_member(world.env.create_user("admin"))
    world.bot.settings = replace(world.bot.settings, admin_user_ids=frozenset({admin.id}))
    for remover in (world.alice, moderator, admin):
        world.unhurried()
        answer = (await world.ask(question=PELICAN)).response
        await world.restart()
        result = await world.bob.click(answer, label="Remove")
        assert [(told.content, told.ephemeral) for told in result.followups] == [(views.NOT_YOURS, True)]
        assert [message.id for message in world.answers] == [answer.id]
        await remover.click(answer, label="Remove")
        assert world.answers == []
    await world.alice.send(world.channel, f"{world.mention} {PELICAN}")
    await world.alice.click(world.answers[0], label="Remove")
    assert world.answers == []


async def test_a_refusal_can_be_removed_and_a_private_one_needs_no_buttons(world: World) -> None:
    refused = (await world.ask(question="Which pasta shape won the bakery contest?")).response
    assert set(buttons_of(refused)) == {"Remove"}
    await world.alice.click(refused, label="Remove")
    assert world.answers == []
    private = (await world.ask(question="Which pasta shape won the bakery contest?", private=True)).response
    assert not buttons_of(private)


async def test_what_comes_closest_to_a_refused_question_is_shown_alone_and_as_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.desk._answerer, "caution", (1.0, 1.0))
    refused = (await world.ask(question=PELICAN)).response
    assert set(buttons_of(refused)) == {"Show the closest", "Remove"}
    assert not quoted(refused)
    assert "\nClosest:\n- " in text_of(refused)
    private = (await world.ask(question=PELICAN, private=True)).response
    assert set(buttons_of(private)) == {"Show the closest"}
    ((number, article_id, _, start, end, _),) = (await world.kept(refused))["quoted"]
    assert number == 0
    await world.restart()
    article = await world.desk.article(article_id)
    result = await world.bob.click(refused, label="Show the closest")
    assert result.ephemeral
    assert text_of(result.response).startswith(f"**{wording.NOT_AN_ANSWER}**\n")
    (line,) = quoted(result.response)
    assert shown(line.removeprefix("> ")) == (article.text[start:end], [])
    assert not buttons_of(result.response)
    # What may not be seen any more is not shown.
    await world.by_chief("remove", article=article_id)
    result = await world.bob.click(refused, label="Show the closest")
    assert (result.response.content, result.response.ephemeral) == (wording.lost(Lost.GONE), True)


async def test_a_year_later_the_buttons_say_that_it_is_too_late(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    with sqlite3.connect(world.bot.settings.index_dir / desk.RECORDS) as db:
        db.execute("UPDATE message SET at = '2020' || substr(at, 5)")
    db.close()
    await world.desk.tidy()
    assert Retention().public_days == 365
    for label in ("As a file", "More", "Sources", "Helpful", "Remove"):
        result = await world.alice.click(answer, label=label)
        told = result.followups[0] if label == "Remove" else result.response
        assert (told.content, told.ephemeral) == (wording.TOO_OLD, True)
    result = await context_of(world.alice, answer, 1)
    assert result.response.content == wording.TOO_OLD
    assert answer.id in [message.id for message in world.answers]


async def test_an_article_that_has_changed_since_is_said(world: World) -> None:
    """Its words are not shown again, as nobody knows whether they still stand; the other excerpt's are."""
    private = (await world.ask(question=PELICAN, private=True)).response
    public = (await world.ask(question=PELICAN)).response
    changed = (await world.kept(public))["quoted"][0][:2]
    other = 3 - changed[0]
    (world.corpus / f"{changed[1]}.txt").write_text("A pelican stole no hat at all.", encoding="utf-8")
    await world.by_chief("reindex")

    result = await context_of(world.bob, public, changed[0])
    told = wording.lost(Lost.CHANGED)
    assert "has changed" in told
    assert (result.response.content, result.response.ephemeral) == (told, True)
    kept = await context_of(world.bob, public, other)
    assert quoted(kept.response) == quoted(public)[other - 1 : other]

    shared, *rest = (await world.alice.click(private, label="Share")).followups
    assert numbers(shared) == [other]
    assert "1 excerpt from 1 of 22 articles in the index" in text_of(shared)
    assert [(said.content, said.ephemeral) for said in rest] == [(f"Excerpt {changed[0]}: {told}", True)]


@pytest.mark.parametrize("way", ["removed", "left the corpus"])
async def test_an_article_that_has_gone_since_is_said(world: World, way: str) -> None:
    private = (await world.ask(question=PELICAN, private=True)).response
    public = (await world.ask(question=PELICAN)).response
    if way == "removed":
        await world.by_chief("remove", article="Dresden")
        await world.by_chief("remove", article="Utrecht")
    else:
        (world.corpus / "Dresden.txt").unlink()
        (world.corpus / "Utrecht.txt").unlink()
        (world.corpus / "sources.toml").unlink()
        await world.by_chief("reindex")
    await world.restart()
    told = wording.lost(Lost.GONE)
    assert "no longer in the index" in told
    for number in (1, 2):
        result = await context_of(world.bob, public, number)
        assert result.response.content == told
    result = await world.alice.click(private, label="Share")
    assert result.followups[0].content == f"Excerpt 1: {told}\nExcerpt 2: {told}"
    result = await world.bob.click(public, label="Sources")
    assert "are no longer in the index" in text_of(result.response)
    # What the message shows was true when it was sent.
    assert len(quoted(public)) == 2


async def test_feedback_is_kept_once_for_each_person(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    _, article, sha256, start, end, _ = (await world.kept(answer))["quoted"][1]
    contexts = [(person, (await context_of(person, answer, 2)).response) for person in (world.alice, world.bob)]
    await world.restart()
    for person, context in contexts:
        for told in (wording.THANKS, wording.SAID_BEFORE):
            result = await person.click(context, label="Not an answer")
            assert (result.response.content, result.response.ephemeral) == (told, True)
    rows = await feedback(world)
    assert len(rows) == 2
    for row in rows:
        assert (row.verdict, row.question, row.generation, row.number) == (Verdict.NOT_AN_ANSWER, PELICAN, 1, 2)
        assert (row.article, row.sha256, row.start, row.end) == (article, sha256, start, end)
        assert row.server == str(world.guild.id)
    # Another verdict takes the place of that person's first.
    assert (await world.bob.click(contexts[1][1], label="Wrong source")).response.content == wording.THANKS
    assert [row.verdict for row in await feedback(world)] == [Verdict.NOT_AN_ANSWER, Verdict.WRONG_SOURCE]


async def test_an_excerpt_is_cited_to_whoever_asks_as_long_as_it_may_be_seen(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    _, article, sha256, *_ = (await world.kept(answer))["quoted"][1]
    context = (await context_of(world.bob, answer, 2)).response
    await world.restart()
    cited = (await world.bob.click(context, label="Cite")).response
    assert cited.ephemeral
    assert cited.content.startswith("Excerpt 2 to cite; the files hold all forms.\n```txt\n“")
    assert quoted(answer)[1] in cited.content
    assert [file.filename for file in cited.attachments] == [
        f"citation.{ending}" for ending in ("txt", "md", "html", "json", "bib", "ris")
    ]
    await world.desk.record(lambda records: records.withdrawals.add(article, sha256, "test", "U1"))
    lost = (await world.bob.click(context, label="Cite")).response
    assert (lost.content, lost.attachments) == (wording.lost(Lost.GONE), [])


async def test_an_answer_is_had_as_files_as_long_as_it_may_be_seen(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    asked = (await world.kept(answer))["quoted"]
    await world.restart()
    result = await world.bob.click(answer, label="As a file")
    assert result.ephemeral
    assert result.response.content == "The same as files: Markdown to read, JSON and CSV for programs."
    read, told, table = [(file.filename, (await file.read()).decode()) for file in result.response.attachments]
    assert (read[0], told[0], table[0]) == ("answer.md", "answer.json", "answer.csv")
    excerpts = json.loads(told[1])["excerpts"]
    assert [(e["article"]["id"], e["start"], e["end"]) for e in excerpts] == [(q[1], q[3], q[4]) for q in asked]
    for excerpt, row in zip(excerpts, csv.DictReader(io.StringIO(table[1].removeprefix("\ufeff"))), strict=True):
        article = await world.desk.article(excerpt["article"]["id"])
        assert article.text[excerpt["start"] : excerpt["end"]] == excerpt["text"] == row["quote"]
        assert f"> {excerpt['text']}" in read[1]
    assert table[1].startswith("\ufeff")
    # What is hidden since is in no file.
    assert (await world.by_chief("settings", outlets="Example Wire")).response
    hidden = (await world.bob.click(answer, label="As a file")).response
    assert wording.lost(Lost.GONE) in hidden.content
    for file in hidden.attachments:
        assert "Utrecht" not in (await file.read()).decode()
    assert (await world.by_chief("settings", outlets="Example Post")).response
    await world.desk.record(lambda records: records.withdrawals.add("Utrecht", "", "discord", "1", None))
    gone = (await world.bob.click(answer, label="As a file")).response
    assert "no longer in the index" in gone.content
    assert not gone.attachments


async def test_who_carries_the_first_excerpt_is_shown_to_whoever_asks_without_what_may_not_be_seen(
    world: World,
) -> None:
    answer = (await world.ask(question=PELICAN)).response
    (_, article, sha256, *_), *_ = (await world.kept(answer))["quoted"]
    await world.restart()
    found = (await world.bob.click(answer, label="Carried by")).response
    assert found.ephemeral
    assert wording.CARRIED in text_of(found)
    assert quoted(found)[0].removeprefix("> ") in (await world.desk.article(article)).text
    await world.desk.record(lambda records: records.withdrawals.add(article, sha256, "test", "U1"))
    lost = (await world.bob.click(answer, label="Carried by")).response
    assert (lost.content, lost.components) == (wording.lost(Lost.GONE), [])


async def test_feedback_on_an_answer_is_one_press(world: World) -> None:
    answer = (await world.ask(question=PELICAN)).response
    await world.restart()
    thanks = f"{wording.THANKS} {wording.WHAT_IS_WRONG}"
    for label, told in (("Helpful", wording.THANKS), ("Helpful", wording.SAID_BEFORE), ("Not helpful", thanks)):
        result = await world.bob.click(answer, label=label)
        assert (result.response.content, result.response.ephemeral) == (told, True)
    (row,) = await feedback(world)
    assert (row.verdict, row.question, row.number, row.article) == (Verdict.NOT_HELPFUL, PELICAN, 0, "")
    # What is said of an excerpt stands beside it.
    context = (await context_of(world.bob, answer, 1)).response
    await world.bob.click(context, label="Wrong source")
    assert {row.verdict for row in await feedback(world)} == {Verdict.NOT_HELPFUL, Verdict.WRONG_SOURCE}


async def test_a_button_of_an_older_answer_shows_its_context(world: World) -> None:
    """Answers had a button for each excerpt; theirs work for a year."""
    answer = (await world.ask(question=PELICAN)).response
    key = buttons_of(answer)["More"]["custom_id"].split(":")[2]
    button = AnswerButton(key, "context", 2)
    message = await world.bot.get_channel(world.channel.id).send(
        view=discord.ui.LayoutView().add_item(discord.ui.ActionRow(button))
    )
    assert message
    old = world.answers[-1]
    context = await world.bob.click(old, custom_id=f"answer:context:{key}:2")
    assert quoted(context.response) == quoted(answer)[1:]


async def test_feedback_that_cannot_be_kept_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = (await world.ask(question=PELICAN)).response
    context = (await context_of(world.bob, answer, 1)).response

    def full(*_args: Any, **_more: Any) -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr("bot.records.feedback.FeedbackLog.note", full)
    assert (await world.bob.click(context, label="Wrong source")).response.content == "The disk is full."


async def test_buttons_work_in_direct_messages_and_threads(world: World) -> None:
    await world.alice.send_dm(PELICAN)
    answer = world.alice.user.dm_channel.last_message
    assert len(quoted(answer)) == 2
    context = await context_of(world.alice.user, answer, 1)
    assert quoted(context.response) == quoted(answer)[:1]
    await world.alice.user.click(answer, label="Remove")
    assert world.alice.user.dm_channel.last_message.author.id == world.alice.id

    thread = await world.thread()
    await world.alice.send(thread, f"{world.mention} {PELICAN}")
    (answer,) = world.said_in(thread)
    await context_of(world.bob, answer, 1)
    await world.alice.click(answer, label="Remove")
    assert world.said_in(thread) == []
