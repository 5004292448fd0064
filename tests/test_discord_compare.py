"""Commands that compare articles, and tell what came when, against simcord's Discord: asked as questions are."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from discord_world import EXPECTED, PELICAN, quoted, text_of

from bot import privacy
from bot.pace import QUESTIONS, TooFastError

if TYPE_CHECKING:
    from discord_world import World

KHERSON = "How many people were killed in Kherson?"
# Each command with what it is asked, how that is kept, its remark, and words of its answer.
ASKED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "compare": ({"question": PELICAN}, PELICAN, "One excerpt from each article", "hat of the mayor of Utrecht"),
    "figures": ({"question": KHERSON}, KHERSON, "Excerpts with figures", "“at least four dead” in"),
    "said": (
        {"person": "Podolyak", "about": "drones"}, "Podolyak about drones", "Quotations that the articles", "Said by “",
    ),
    "timeline": ({"question": KHERSON}, KHERSON, "By the days that are spoken of", "date not worked out"),
    "first": ({"question": PELICAN}, PELICAN, "The earliest dated article found", "hat of the mayor of Dresden"),
    "only-in": (
        {"outlet": "Example Post", "question": "the umbrella in Bruges"}, "Example Post about the umbrella in Bruges",
        "Found in no other outlet", "An otter in Bruges",
    ),
}  # fmt: skip
each = pytest.mark.parametrize("command", ASKED)


@each
async def test_it_is_answered_in_the_channel_or_to_one_person_alone(world: World, command: str) -> None:
    options, _, remark, words = ASKED[command]
    for private in (False, True):
        result = await world.alice.slash(world.channel, command, **options, private=private)
        assert result.ephemeral is private
        assert quoted(result.response)
        assert remark in text_of(result.response)
        assert words in text_of(result.response)


@each
async def test_where_answers_are_private_it_is_shown_to_one_person(world: World, command: str) -> None:
    await world.by_chief("settings", private=True)
    assert (await world.alice.slash(world.channel, command, **ASKED[command][0])).ephemeral


@EXPECTED
@each
async def test_whoever_asks_too_fast_is_told(world: World, command: str) -> None:
    with contextlib.suppress(TooFastError):
        for _ in range(QUESTIONS.person + 1):
            world.bot.pace.require(str(world.alice.id), str(world.channel.id), str(world.guild.id))
    result = await world.alice.slash(world.channel, command, **ASKED[command][0])
    assert result.ephemeral
    assert result.response.content.startswith("You ask faster than I may answer.")


@each
async def test_what_was_asked_is_shown_to_whoever_asked_and_forgotten(world: World, command: str) -> None:
    options, question, _, _ = ASKED[command]
    answer = (await world.alice.slash(world.channel, command, **options)).response
    await world.alice.click(answer, label="Helpful")
    kept = (await world.alice.slash(world.channel, "mydata")).response.content
    assert f"public · question: {question}" in kept
    assert f"verdict: helpful · {question}" in kept
    shown = (await world.alice.slash(world.channel, "forgetme")).response
    done = await world.alice.click(shown, label=privacy.FORGET)
    assert done.response.content == "Forgotten: 1 message and 1 verdict."


async def test_no_outlet_that_is_hidden_is_compared_whatever_is_typed(world: World) -> None:
    await world.by_chief("settings", channel=world.channel, outlets="Example Wire")
    for outlets in (None, "Example Post", "Example Wire; Example Post"):
        world.unhurried()
        result = await world.alice.slash(
            world.channel, "compare", question=PELICAN, **({"outlets": outlets} if outlets else {})
        )
        assert "Utrecht" not in text_of(result.response)
        assert "paragraph" in text_of(result.response) or not quoted(result.response)
    for command in ("figures", "said", "timeline", "only-in"):
        result = await world.alice.slash(world.channel, command, **ASKED[command][0])
        assert not quoted(result.response)


async def test_a_reply_that_narrows_it_compares_again(world: World) -> None:
    answer = (await world.alice.slash(world.channel, "compare", question=PELICAN)).response
    await world.alice.send(world.channel, f"{world.mention} only from Example Wire", reply_to=answer)
    narrowed = text_of(world.answers[-1])
    assert "One excerpt from each article" in narrowed
    assert "Dresden" in narrowed
    assert "Utrecht" not in narrowed


async def test_a_timeline_that_is_shared_still_tells_how_its_days_are_known(world: World) -> None:
    answer = (await world.alice.slash(world.channel, "timeline", question=KHERSON, private=True)).response
    await world.alice.click(answer, label="Share")
    shared = text_of(world.answers[-1])
    assert "date not worked out" in shared
    assert quoted(world.answers[-1])


async def test_a_timeline_is_bounded_by_days_that_are_spoken_of(world: World) -> None:
    # The seeds that speak of it have no day of publication.
    result = await world.alice.slash(
        world.channel, "timeline", question="When did the conflict start?", since="2022-02-01", until="2022-02-28"
    )
    assert "February 2022" in text_of(result.response)
    assert "“February 2022” → 2022-02" in text_of(result.response)


async def test_a_picture_comes_with_its_numbers_to_one_person_and_without_hidden_outlets(world: World) -> None:
    result = await world.alice.slash(world.channel, "picture")
    assert result.ephemeral
    assert "by month and outlet" in result.response.content
    assert "Example Post 2" in result.response.content
    [drawn] = result.response.attachments
    assert drawn.filename == "coverage.png"
    await world.by_chief("settings", channel=world.channel, outlets="Example Wire")
    result = await world.alice.slash(world.channel, "picture", since="2023-01-01")
    assert "1 article by day and outlet" in result.response.content
    assert "Example Post" not in result.response.content
