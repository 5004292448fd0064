"""In which language the bot speaks to whom, and that nothing of its own is left out, against Discord on loopback."""

from __future__ import annotations

import gettext
import re
from typing import TYPE_CHECKING, Any

import pytest
from conftest import dated_corpus
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord_server import CHANNEL, OWNER, READER, TOKEN, LoopbackDiscord, loopback_discord, running, walk
from word_encoder import WordHashEncoder

from bot import tongue
from bot.desk import Desk
from bot.settings import Settings
from index.build import build

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# All that is from articles and people has no Latin letter.
QUESTION = "Кто украл шляпу мэра на главной площади?"
ARTICLES = {
    "шляпа": ("Газета", "2023-05-03", "Пеликан украл шляпу мэра на главной площади. «Мне жаль шляпу», сказал мэр."),
    "площадь": ("Вестник", "2023-05-04", "Пеликан украл шляпу мэра на главной площади. Убыток был 300 рублей."),
    "зебра": ("Газета", "2023-05-06", "Зебра не пришла на парад у реки, и 40 человек ждали ее до вечера."),
}
GERMAN_READER = {"locale": "de", "guild_locale": "fr"}


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoopbackDiscord]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    corpus = dated_corpus(tmp_path / "corpus", ARTICLES)
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder)
    async with loopback_discord() as loopback:
        settings = Settings(
            corpus_dir=corpus, index_dir=tmp_path / "data", discord_token=TOKEN, discord_api_base=loopback.api,
            discord_gateway=loopback.gateway,
        )  # fmt: skip
        async with running(settings, desk, loopback):
            yield loopback
    desk.close()


class Person:
    """Somebody who uses the bot, and reads what comes of it; each is another, since one may not ask so often."""

    def __init__(self, server: LoopbackDiscord, user: int = READER, **told: Any) -> None:
        self.server = server
        self.user = user
        self.told = told

    async def use(self, name: str, **options: Any) -> dict[str, Any]:
        """A command, and the message that comes of it in the end."""
        files = {value["id"]: value for value in options.values() if isinstance(value, dict)}
        data = {"id": "7", "name": name, "type": 1, "options": self.server.options(options)}
        return await self._outcome(await self._interact(2, {**data, "resolved": {"attachments": files}}))

    async def press(self, message: dict[str, Any], what: str) -> dict[str, Any]:
        """A button, by the beginning of its id, and the message that comes of it."""
        ids = [part["custom_id"] for part in walk(message["components"]) if "custom_id" in part]
        name = next(each for each in ids if each.startswith(what))
        member = {**self.server.member(self.server.user(self.user)), "permissions": "0"}
        token = await self.server.press(name, message, user=self.user, **{**self.told, "member": member})
        return await self._outcome(token)

    async def _interact(self, kind: int, data: dict[str, Any]) -> str:
        member = {**self.server.member(self.server.user(self.user)), "permissions": "0"}
        return await self.server.interact(kind, data, **{"member": member, **self.told})

    async def _outcome(self, token: str) -> dict[str, Any]:
        """What stands in place of "thinking", or was told at once, or besides."""

        def told() -> list[dict[str, Any]]:
            callbacks = [each["data"] for each in self.server.found("POST", f"/{token}/callback") if each["type"] == 4]
            besides = [
                payload
                for method, path, payload in self.server.requests
                if method == "POST" and path.startswith("/webhooks/") and path.endswith(token)
            ]
            return [*callbacks, *besides, *self.server.found("PATCH", f"/{token}/messages/@original")]

        await self.server.until(told)
        return told()[-1]


def text_of(message: dict[str, Any]) -> str:
    """All that a message shows: texts, and labels of buttons and menus."""
    parts = walk(message.get("components") or [])
    texts = [message.get("content"), *(part.get(key) for part in parts for key in ("content", "label", "placeholder"))]
    return "\n".join(filter(None, texts))


async def test_each_is_answered_in_their_language_and_all_in_that_of_the_server(server: LoopbackDiscord) -> None:
    person = Person(server, **GERMAN_READER)
    private = await person.use("ask", question=QUESTION, private=True)
    assert "2 Auszüge aus 2 von 3 Artikeln im Index" in text_of(private)
    assert "Teilen" in text_of(private)
    assert "> Пеликан украл шляпу мэра на главной площади." in text_of(private)
    public = await person.use("ask", question=QUESTION, private=False)
    assert "2 extraits de 2 sur 3 articles de l’index" in text_of(public)
    assert "Retirer" in text_of(public)
    # What only one sees of a public answer is theirs again; what they share is for all.
    assert "Der gespeicherte Text um Auszug 1" in text_of(await person.press(await one(person), "answer:context"))
    assert "extrait" in text_of(await person.press(private, "answer:share"))
    english = Person(server, user=READER + 1, guild_locale="ja")
    assert "Noted, without your name." in text_of(await english.press(public, "answer:helpful"))
    # Where nothing is told of a server, there is none: the person's own language is spoken.
    german = Person(server, user=READER + 2, locale="de", guild_id=None, context=1)
    assert "Auszüge" in text_of(await german.use("ask", question=QUESTION))


async def one(person: Person) -> dict[str, Any]:
    """A private answer with one excerpt, whose context has a button of its own."""
    return await person.use("ask", question=QUESTION, number=1, private=True)


async def test_errors_are_told_in_the_language_of_whoever_sees_them(server: LoopbackDiscord) -> None:
    person = Person(server, **GERMAN_READER)
    told = await person.use("ask", question=QUESTION, since="tomorrow")
    assert told["content"].startswith("„tomorrow“ liegt noch vor uns")
    assert (await person.use("reindex"))["content"] == "Das dürfen nur Admins dieses Bots."
    spaniard = Person(server, user=READER + 1, locale="es-419")
    assert "¿" not in (await spaniard.use("remove", article="x"))["content"]
    assert (await spaniard.use("gone"))["content"].startswith("Este comando ha cambiado.")


async def test_a_message_is_answered_in_the_language_of_its_server(server: LoopbackDiscord) -> None:
    home = {**server.guild(), "preferred_locale": "es-ES"}
    await server.dispatch("GUILD_UPDATE", home)
    await server.mention(QUESTION)
    (answer,) = await server.sent("POST", f"/channels/{CHANNEL}/messages")
    assert "2 fragmentos de 2 de 3 artículos del índice" in text_of(answer)


# ---- A language that brackets all that is translated -----------------------------------------------------------------


class Brackets(gettext.NullTranslations):
    """Says everything in English within brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002
        return f"⟦{message}⟧"


# What is no word of the bot's: names of files and their folder, the zone of a time, a hash, the code of a language.
_NO_WORDS = re.compile(r"\.md\b|\badded(?=\\/)|\bUTC\b|sha256 [0-9a-f]+|(?<=\*\*⟦Language⟧:\*\* )\w+")


def untranslated(message: dict[str, Any]) -> str:
    """What is left in Latin letters without all that is in brackets."""
    text = _NO_WORDS.sub("", text_of(message))
    while (less := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = less
    return " ".join(re.findall(r"[A-Za-z]+", text))


async def test_every_word_of_the_bots_own_is_translated(
    server: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what admins read of a build and of the audit log, which come from elsewhere."""
    monkeypatch.setattr(tongue, "_catalogue", lambda _: Brackets())
    people = iter(range(READER, READER + 100))

    def person() -> Person:
        return Person(server, next(people), locale="de", guild_locale="de")

    owner = Person(server, OWNER, locale="de")
    answer = await person().use("ask", question=QUESTION, private=True)
    public = await person().use("ask", question=QUESTION)
    asker = person()
    single = await asker.use("ask", question=QUESTION, number=1, private=True)
    refused = await person().use("ask", question=QUESTION, until="2023-05-02")
    listed = await person().use("sources")
    card = await person().use("source", article="шляпа.md")
    kept = await asker.use("forgetme")
    added = await owner.use("add", file=server.attachment("волк.txt", "Волк\n\nВолк съел козу.".encode()))
    shown = [
        answer, public, single, refused, listed, card, kept, added,
        await person().press(single, "answer:context"),
        await person().press(single, "answer:more"),
        await person().press(answer, "answer:sources"),
        await asker.press(single, "answer:share"),
        await person().press(answer, "answer:share"),
        await person().press(public, "answer:remove"),
        await person().press(answer, "answer:helpful"),
        await person().press(answer, "answer:not_helpful"),
        await person().press(refused, "answer:closest"),
        await person().press(listed, "sources:"),
        await asker.press(kept, "forget:me"),
        await asker.press(kept, "forget:me"),
        await person().press(single, "answer:context"),
        await owner.press(added, "add:discard"),
        await owner.press(added, "add:store"),
        await person().use("ask", question="?", private=False),
        await person().use("ask", question="Зебра"),
        await person().use("ask", question=QUESTION, since="2023-05-04", until="2023-05-05"),
        await person().use("ask", question=QUESTION, outlet="Нет", since="2023-05-04"),
        await person().use("ask", question=QUESTION, since="5/4/2023"),
        await person().use("ask", question=QUESTION, since="31 April 2023"),
        await person().use("compare", question=QUESTION),
        await person().use("figures", question=QUESTION),
        await person().use("figures", question="Пеликан"),
        await person().use("said", person="Мэр"),
        await person().use("verify", text="«Мне жаль шляпу» и «Зебра пришла на парад у реки, и 50 человек ждали ее»"),
        await person().use("verify", text="«Волк съел семерых козлят в темном лесу вчера вечером»"),
        await person().use("follow", subject="Пеликан", outlets="Газета"),
        await person().use("follow", subject="Волк", when="daily"),
        await person().use("following"),
        await person().use("following", number=1, action="end"),
        await person().use("follow", subject="?"),
        await person().use("follow", subject="Волк", outlets="Нет"),
        await person().use("verify"),
        await person().use("sources", words="слон"),
        await person().use("source", article="слон"),
        await person().use("status"),
        await person().use("help"),
        await person().use("mydata"),
        await person().use("settings"),
        await person().use("rollback"),
        await person().use("gone"),
        await owner.use("settings"),
        await owner.use("settings", outlets="Газета", excerpts=2, private=True),
        await owner.use("settings", outlets="Слон"),
        await owner.use("settings", answers=False),
        await person().use("ask", question=QUESTION),
        await owner.use("settings", clear=True),
        await owner.use("remove", article="слон"),
        await owner.use("remove", article="зебра.md"),
        await owner.use("restore", article="зебра.md"),
        await owner.use("restore", article="зебра.md"),
        await owner.use("unanswered"),
    ]  # fmt: skip
    assert {text_of(message)[:200]: left for message in shown if (left := untranslated(message))} == {}
    assert sum("⟦" in text_of(message) for message in shown) == len(shown)
