"""Draws the README's pictures: what the bot sends about the seed articles, on a desktop and on a phone beside it.

The real bot answers in simcord's Discord, with the real models, and simcord's preview draws what was sent. It reads
markdown nearly as Discord does, puts a section's button below the text on a phone, where Discord keeps it beside, and
has fonts of its own. So the pictures show what is sent and where, not every pixel of Discord.

It needs more than the tests: `pip install 'simcord[preview,screenshot]'`, and Chromium, either installed by the system
(found on the PATH) or by `playwright install chromium`. Then `python tests/pictures.py` writes into .github/images.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import cast

import simcord
from PIL import Image
from playwright.async_api import BrowserType

from bot.desk import Desk
from bot.discord.app import OnTheRecordBot
from bot.discord.follow import DiscordCourier
from bot.following import Following
from bot.settings import Settings
from index.build import build
from index.encoder import SentenceTransformerEncoder
from index.reader import ExtractiveReader

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / ".github" / "images"
WIDTHS = (640, 410)  # a desktop, a phone
HEIGHT = 2400
COLOURS = 128
QUESTION = "Who denied the attack on the Kremlin?"
STATEMENT = "How did the Kremlin describe the attack?"
FOLLOWED, LATER = (
    "Victory Day parade",
    "000_26e0559497798c00.txt",
)  # a subject, and an article that comes after it is followed
DRAFT = (
    "Zelensky said: “We didn’t attack Putin. We leave it to the tribunal.” "
    "Moscow called it ‘a planned terrorist attack and an attempt on the life of the President of Russia’. "
    "A neighbour recalled: “The windows of our house shook twice that night.”"
)


async def draw(env: simcord.Env) -> None:
    """Use the bot as a reader would, and draw each message that it sends."""
    env.backend.bot_user.name = "On the Record"
    guild = env.create_guild("Newsroom")
    channel, alice = guild.create_text_channel("news"), guild.add_member(env.create_user("alice"))
    bot = cast("OnTheRecordBot", env.bot)
    followed = await alice.slash(channel, "follow", subject=FOLLOWED)
    shutil.copy(ROOT / "seeds" / LATER, bot.desk.corpus_dir)
    await bot.desk.builds.reindex()
    await Following(bot.desk, "discord", DiscordCourier(bot)).look()
    news = channel.last_message
    *_, article = await bot.desk.listings()
    stated = await alice.slash(channel, "ask", question=STATEMENT)
    answer = await alice.slash(channel, "ask", question=QUESTION)
    (menu,) = re.findall(r"context:\w{12}", str(answer.response.components))
    screens = {
        "answer": answer,
        "context": await alice.select(answer.response, ["1"], custom_id=menu),
        "verification": await alice.slash(channel, "verify", text=DRAFT),
        "carried": await alice.click(stated.response, label="Carried by"),
        "follow": followed,
        "news": news,
        "source": await alice.slash(channel, "source", article=article.source.id),
    }
    for name, screen in screens.items():
        pictures = []
        for width in WIDTHS:
            async with env.preview(channel, viewers=[alice], width=width, height=HEIGHT) as preview:
                pictures.append((await preview.screenshot(viewer=alice, target=screen)).png)
        path = IMAGES / f"discord-{name}.png"
        side_by_side(pictures).save(path, optimize=True)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


def side_by_side(pictures: list[bytes]) -> Image.Image:
    """Pictures beside one another, in few colours: what they show is text."""
    drawn = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    whole = Image.new("RGB", (sum(p.width for p in drawn), max(p.height for p in drawn)), drawn[0].getpixel((0, 0)))
    left = 0
    for picture in drawn:
        whole.paste(picture, (left, 0))
        left += picture.width
    return whole.quantize(COLOURS)


def use_installed_chromium() -> None:
    """Let simcord, which asks Playwright for its own browser, take the system's if there is one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        return
    launch = BrowserType.launch
    options = {"executable_path": found, "args": ["--no-sandbox"] if os.geteuid() == 0 else []}
    BrowserType.launch = lambda self, **more: launch(self, **options, **more)


async def main() -> None:
    """Index the seed articles and draw what the bot says of them."""
    use_installed_chromium()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        corpus = Path(folder) / "corpus"
        shutil.copytree(ROOT / "seeds", corpus, ignore=shutil.ignore_patterns(LATER))
        build(corpus, data, SentenceTransformerEncoder())
        desk = Desk(data, corpus, SentenceTransformerEncoder, reader=ExtractiveReader())
        async with simcord.run(OnTheRecordBot(Settings(index_dir=data), desk)) as env:
            await draw(env)
        desk.close()


if __name__ == "__main__":
    asyncio.run(main())
