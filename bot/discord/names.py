"""What commands, their options and choices are called in other languages, as Discord shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.app_commands import TranslationContextLocation, Translator

from bot.tongue import ENGLISH, language_of, translated

if TYPE_CHECKING:
    import discord
    from discord.app_commands import TranslationContextTypes, locale_str

# What has a name of its own in the catalogues; what is said of it is a sentence like any other.
_KINDS = {
    TranslationContextLocation.command_name: "command",
    TranslationContextLocation.parameter_name: "option",
    TranslationContextLocation.choice_name: "choice",
}


class Names(Translator):
    """Names and descriptions from the catalogues of the languages that the bot speaks."""

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: TranslationContextTypes
    ) -> str | None:
        """The words in the language of a locale; None where they are as good in English."""
        language = language_of(locale.value)
        if language == ENGLISH:
            return None
        return translated(string.message, language, _KINDS.get(context.location, ""))
