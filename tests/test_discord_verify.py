"""Quotations that people ask to verify, as text, as a file or in a message, against simcord's Discord."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from discord_world import EXPECTED, OTTER, buttons_of, text_of

from bot import attached, filing
from bot.discord import render
from bot.quotations import MAX_MESSAGE_CHARS, MAX_QUOTATIONS

if TYPE_CHECKING:
    from discord_world import World

DRESDEN = "A pelican stole the hat of the mayor of Dresden."
NOTHING = "There is nothing to verify. Give a text, or attach a text file."


async def verify(world: World, **options: Any) -> Any:
    return await world.alice.slash(world.channel, "verify", **options)


async def test_every_kind_of_verdict_is_told_in_private(world: World) -> None:
    text = (
        f"“{DRESDEN}” “A pelican stole the cap of the mayor of Dresden.” “{OTTER}” says the Example Wire. "
        "“No accordion was ever sold to any gnome in this town.”"
    )
    result = await verify(world, text=text)
    assert result.ephemeral
    told = text_of(result.response)
    assert "4 quotations" in told
    for verdict in ("exact", "altered", "other source", "not found in this index"):
        assert f"1 {verdict}" in told
    assert "~~cap~~" in told
    assert "Bird takes hat" in told
    assert not (await verify(world, text=text, private=False)).ephemeral


async def test_a_file_is_read_and_a_text_with_it(world: World) -> None:
    file = ("draft.txt", f"He said: “{DRESDEN}”".encode())
    assert "1 quotation: 1 exact" in text_of((await verify(world, file=file)).response)
    both = text_of((await verify(world, text=f"“{OTTER}”", file=file)).response)
    assert "2 quotations: 2 exact" in both
    assert both.index("otter") < both.index("pelican")


async def test_a_verification_is_had_as_files_later(world: World) -> None:
    shown = (await verify(world, text=f"“{DRESDEN}” “{OTTER}”", private=False)).response
    await world.restart()

    async def found() -> list[tuple[str, list[str]]]:
        result = await world.bob.click(shown, label="As a file")
        assert result.ephemeral
        read, told, table = [(file.filename, (await file.read()).decode()) for file in result.response.attachments]
        assert (read[0], told[0], table[0]) == ("verification.md", "verification.json", "verification.csv")
        assert read[1].count(f"> {OTTER}") == 1 + table[1].count(f'"exact","{OTTER}"')
        return [(row["verdict"], [place["text"] for place in row["places"]]) for row in json.loads(told[1])]

    assert await found() == [("exact", [DRESDEN]), ("exact", [OTTER])]
    await world.by_chief("settings", outlets="Example Wire")
    world.unhurried()
    assert await found() == [("exact", [DRESDEN]), ("not_found", [])]


async def test_of_a_long_text_nothing_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "MAX_KEPT_CHARS", len(DRESDEN))
    assert "As a file" in buttons_of((await verify(world, text=DRESDEN)).response)
    assert "As a file" not in buttons_of((await verify(world, text=f"“{DRESDEN}”")).response)


@EXPECTED
async def test_nothing_to_verify_is_said(world: World) -> None:
    result = await verify(world)
    assert (result.response.content, result.response.ephemeral) == (NOTHING, True)
    assert "Nothing is quoted there." in text_of((await verify(world, text="?!")).response)
    assert "Nothing is quoted there." in text_of((await verify(world, file=("empty.txt", b""))).response)


async def test_line_ends_of_any_system_end_a_line(world: World) -> None:
    for end in ("\r\n", "\r", "\n"):
        file = ("draft.txt", f"He said:{end}> {DRESDEN}{end}and left.{end}".encode())
        assert "1 quotation: 1 exact" in text_of((await verify(world, file=file)).response)


@pytest.mark.simcord(settle_timeout=30)
async def test_a_file_that_is_no_text_does_no_harm(world: World) -> None:
    result = await verify(world, file=("draft.txt", b"\xff\xfe\x00\x80" * 1000 + f" “{DRESDEN}”".encode()))
    assert "1 exact" in text_of(result.response)


@EXPECTED
async def test_what_is_too_large_is_not_fetched(world: World) -> None:
    size = attached.MAX_FILE_BYTES
    result = await verify(world, file=("draft.txt", b"x" * (size + 1)))
    assert "larger than 10 MB" in result.response.content
    assert result.ephemeral
    files = [(f"{n}.txt", b"x" * (size // 2 + 1)) for n in range(2)]
    said = await world.bob.send(world.channel, attachments=files)
    result = await world.alice.context_menu(world.channel, "Verify quotes", said)
    assert "larger than 10 MB" in result.response.content


@pytest.mark.simcord(settle_timeout=30)
async def test_of_a_large_file_the_first_part_is_read(world: World) -> None:
    start = f"“{DRESDEN}” ".encode()
    for filler in ("é".encode(), "😀".encode(), b"\xff"):
        text = start + filler * (MAX_MESSAGE_CHARS + 5)
        result = await verify(world, file=("draft.txt", text))
        assert "1 exact" in text_of(result.response)
        assert "Only the first part of the text was read." in text_of(result.response)


@pytest.mark.simcord(settle_timeout=30)
async def test_many_quotations_come_with_the_whole_as_a_file(world: World) -> None:
    count = MAX_QUOTATIONS + 5
    text = "\n".join(f"“{DRESDEN} It happened {n} times in all, they said.”" for n in range(count))
    result = await verify(world, file=("draft.txt", text.encode()))
    told = text_of(result.response)
    assert f"{MAX_QUOTATIONS} quotations" in told
    file, *files = result.response.attachments
    assert file.filename == render.REPORT_FILE
    # A file is not kept, so that its verification comes as files at once.
    assert [each.filename for each in files] == ["verification.md", "verification.json", "verification.csv"]
    assert len(json.loads(await files[1].read())) == MAX_QUOTATIONS
    assert "As a file" not in buttons_of(result.response)
    report = (await file.read()).decode()
    assert f"\n{MAX_QUOTATIONS}. " in report
    assert f"\n{MAX_QUOTATIONS + 1}. " not in report


async def test_the_menu_verifies_a_message_and_its_text_files(world: World) -> None:
    async def verified(content: str, *files: tuple[str, bytes]) -> Any:
        said = await world.bob.send(world.channel, content, attachments=files)
        world.unhurried()
        result = await world.alice.context_menu(world.channel, "Verify quotes", said)
        assert result.ephemeral
        return result.response

    file = ("draft.txt", f"“{OTTER}”".encode())
    assert "1 quotation: 1 exact" in text_of(await verified(f"“{DRESDEN}”"))
    assert "1 quotation: 1 exact" in text_of(await verified("", file))
    assert "2 quotations: 2 exact" in text_of(await verified(f"“{DRESDEN}”", file))


@EXPECTED
async def test_the_menu_on_a_message_without_text_says_so(world: World) -> None:
    said = await world.bob.send(world.channel, attachments=[("photo.png", b"\x89PNG")])
    result = await world.alice.context_menu(world.channel, "Verify quotes", said)
    assert (result.response.content, result.response.ephemeral) == ("This message has no text to verify.", True)
