"""The bot's own words in other languages: complete, with the same places, and said again in another language."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from spoken import catalogue, said

from bot import wording
from bot.discord import blocks, views
from bot.discord.app import OnTheRecordBot
from bot.settings import Settings
from bot.tongue import LANGUAGES, language_of, say, speak
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from discord import app_commands

each_language = pytest.mark.parametrize("language", sorted(LANGUAGES))


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def commands() -> list[app_commands.Command | app_commands.ContextMenu]:
    bot = OnTheRecordBot(Settings(), None)  # type: ignore[arg-type]  # the commands need no desk to be named
    return bot.tree.get_commands()


def described() -> Iterator[str]:
    """What commands and their options say of themselves."""
    for command in commands():
        yield getattr(command, "description", "")
        yield from (str(parameter.description) for parameter in getattr(command, "parameters", []))


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@each_language
def test_all_that_can_be_said_is_in_each_catalogue_and_nothing_else(language: str) -> None:
    wanted = {(one, many) if many else (one,) for one, many in said()} | {(text,) for text in described() if text}
    found = [message for message in catalogue(language) if message.id and not message.context]
    assert {forms(message.id) for message in found} == wanted
    assert [message.id for message in found if message.fuzzy or not all(forms(message.string))] == []


@each_language
def test_each_translation_has_the_places_of_the_text(language: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    for message in catalogue(language):
        if message.id and "{" in str(message.id):
            assert {frozenset(places(form)) for form in (*forms(message.id), *forms(message.string))} == {
                frozenset(places(forms(message.id)[0]))
            }, message.id
        # Where a sentence is put together of others, it ends as they do.
        assert all(form == form.strip() for form in forms(message.string) if message.id)


@each_language
def test_commands_are_named_as_discord_shows_them(language: str) -> None:
    names = {message.id: message.string for message in catalogue(language) if message.context == "command"}
    assert set(names) == {command.name for command in commands()}
    for message in catalogue(language):
        if not message.id or message.context:
            continue
        mentioned = re.findall(r"(?<!\w)/(\w[\w-]*)", forms(message.id)[0])
        assert re.findall(r"(?<!\w)/(\w[\w-]*)", forms(message.string)[0]) == [names[name] for name in mentioned]
        for menu in ("Ask the coverage", "Verify quotes"):
            assert (f"*{menu}*" in message.id) == (f"*{names[menu]}*" in message.string)


def test_help_and_welcome_fit_into_a_message_in_each_language() -> None:
    for language in LANGUAGES:
        speak(language)
        kept = wording.remembered(Settings().retention, blocks.command("mydata"), blocks.command("forgetme"))
        assert blocks.width(f"{say(views.HELP)}\n\n{kept}") <= blocks.CONTENT_LIMIT
        assert blocks.width(say(views.WELCOME)) <= blocks.CONTENT_LIMIT


def test_counts_numbers_and_days_are_as_the_language_has_them() -> None:
    shown = []
    for language in ("en", "de", "es", "fr"):
        speak(language)
        shown.append([wording.plural(0, "article"), wording.plural(1, "day"), wording.plural(12345, "article")])
        shown[-1].append(
            say("{words} does not fit: {day} is a {weekday}.", words="x", day=date(2023, 5, 3), weekday="y")
        )
    assert shown == [
        ["0 articles", "1 day", "12,345 articles", "x does not fit: 3 May 2023 is a y."],
        ["0 Artikel", "1 Tag", "12.345 Artikel", "x passt nicht: Der 3. Mai 2023 ist ein y."],
        ["0 artículos", "1 día", "12.345 artículos", "x no encaja: el 3 de mayo de 2023 es y."],
        ["0 article", "1 jour", "12\u202f345 articles", "x ne convient pas\xa0: le 3 mai 2023 est un y."],
    ]


def test_what_was_said_is_said_again_in_another_language_with_all_that_is_in_it() -> None:
    filters = Filters(outlets=("The {n} Post", "Wire"), since=date(2023, 5, 4))
    english = wording.filtered_out(filters, 2, 1)
    speak("de")
    assert say(english) == wording.filtered_out(filters, 2, 1) != english
    assert say(english) == (
        "Nichts in 2 Artikeln (aus The {n} Post oder Wire und ab 2023-05-04) beantwortet das; andere Artikel im Index "
        "vielleicht. Ein Datumsfilter lässt 1 Artikel ohne Datum aus."
    )
    assert say(str(ValueError(english))) == say(english)
    speak("en")
    assert say(say(english)) == english


def test_what_no_catalogue_has_is_left_as_it_is() -> None:
    speak("fr")
    assert say("The disk {is} full.") == "The disk {is} full."
    assert say("") == ""


def test_threads_speak_english() -> None:
    """What they say is said again to whoever asked: another may wait for the same."""
    speak("de")
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(wording.nothing_near, ("Nessie",)).result()
    assert found == "The coverage in this index does not answer this. “Nessie” does not occur in it."
    assert say(found) == "Die Berichterstattung in diesem Index beantwortet das nicht. „Nessie“ kommt darin nicht vor."


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("es-ES", "es"), ("es-419", "es"), ("fr", "fr"), ("en-GB", "en"), ("ja", "en"), ("", "en")],
)
def test_a_locale_has_a_language(locale: str, language: str) -> None:
    assert language_of(locale) == language
