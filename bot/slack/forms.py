"""The forms of Slack and the menus that are asked for their options, and what was put into them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot import lists
from bot.export import Format
from bot.settings import MAX_EXCERPTS
from bot.slack.blocks import TEXT_LIMIT, Message, actions, message, option, plain, section, shorten, text
from bot.sources import fitting
from index.readers.drafts import CARD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.slack.blocks import Block
    from index.model import Source

    # What was put into a form, by block and element: the values of a view's state.
    Values = Mapping[str, Mapping[str, Mapping[str, Any]]]

# Options that a menu shows at once, and characters of an option's value.
OPTIONS = 100
_OPTION_VALUE = 150
_QUESTION_CHARS = 2000


def picker_message(prompt: str, action_id: str) -> Message:
    """A sentence and a menu whose options the bot is asked for as somebody types."""
    return message([section(text(shorten(prompt, TEXT_LIMIT))), *actions([_menu(action_id)])])


def article_options(sources: Iterable[Source], typed: str) -> list[Block]:
    """Options for the articles that fit what is typed; the value is the hash of the text, since an id may be too long.

    Articles of the same text are one option, as a value may stand in a menu once.
    """
    shown: dict[str, str] = {}
    for source in fitting(sources, typed):
        shown.setdefault(source.sha256, f"{source.title} · {source.outlet}" if source.outlet else source.title)
    return [option(words, sha256) for sha256, words in shown.items()][:OPTIONS]


def name_options(names: Iterable[str], typed: str) -> list[Block]:
    """Options for the names that hold what is typed, each its own value; one too long to be a value is left out."""
    wanted = typed.casefold()
    return [option(n, n) for n in names if wanted in n.casefold() and len(n) <= _OPTION_VALUE][:OPTIONS]


def ask_modal(metadata: str) -> dict[str, Any]:
    """The form of a question; `metadata`, at most 3000 characters, comes back with it."""
    numbers = [option(str(number), str(number)) for number in range(1, MAX_EXCERPTS + 1)]
    day = "Such as 3 May 2023, last Monday or May 2023"
    question = {"type": "plain_text_input", "multiline": True, "max_length": _QUESTION_CHARS, "focus_on_load": True}
    number = {"type": "static_select", "placeholder": plain("As usual here"), "options": numbers}
    private = {"type": "checkboxes", "options": [option("Show the answer only to me", "yes")]}
    fields = [
        _input("question", "Question", question, optional=False),
        _input("outlet", "Only from this outlet", _menu("outlet")),
        _input("since", "Published on or after", {"type": "plain_text_input", "max_length": 100}, hint=day),
        _input("until", "Published on or before", {"type": "plain_text_input", "max_length": 100}, hint=day),
        _input("number", "Excerpts", number),
        _input("private", "Who sees it", private),
    ]
    return _modal("ask", "Ask the coverage", "Ask", metadata, fields)


def add_modal(metadata: str) -> dict[str, Any]:
    """The form of a file to add; `metadata`, at most 3000 characters, comes back with it."""

    def words(most: int) -> Block:
        return {"type": "plain_text_input", "max_length": most}

    kinds = (
        "The article as text, HTML, JSON, a feed, NewsML, PDF, Word, RTF, e-mail, EPUB or WARC. "
        "Slack takes up to 10 MB here."
    )
    wrong = "Where the file does not say it, or is wrong; so too the others"
    fields = [
        _input("file", "File", {"type": "file_input", "max_files": 1}, optional=False, hint=kinds),
        _input("title", "Headline", words(500), hint=wrong),
        _input("outlet", "Outlet", words(200)),
        _input("author", "Author", words(200)),
        _input("published", "Published", words(100), hint="The day, such as 3 May 2023"),
        _input("url", "Link", words(1000), hint="It is noted, not fetched"),
        _input("language", "Language", words(50), hint="A code, such as en"),
    ]
    return _modal("add", "Add to the coverage", "Preview", metadata, fields)


def list_modal(metadata: str) -> dict[str, Any]:
    """The form of a list of questions; `metadata`, at most 3000 characters, comes back with it."""
    kinds = f"A text file with a question a line, or a .csv with a column question; up to {lists.MAX_QUESTIONS}"
    named = {Format.CSV: "A table (CSV)", Format.JSON: "JSON Lines"}
    forms = [option(named[form], form.value) for form in lists.FORMATS]
    menu = {"type": "static_select", "options": forms}
    fields = [
        _input("file", "File", {"type": "file_input", "max_files": 1}, optional=False, hint=kinds),
        _input("format", "What comes back", {**menu, "initial_option": forms[0]}),
    ]
    return _modal("ask_list", "Ask a list", "Ask", metadata, fields)


def listed(values: Values) -> tuple[dict[str, Any], Format]:
    """What was put into the form of a list: the file as Slack describes it, empty if there is none, and the format."""
    files = values["file"]["file"].get("files") or [{}]
    return files[0], Format(_entered(values, ("format",))["format"] or lists.FORMATS[0])


def added(values: Values) -> tuple[dict[str, Any], dict[str, str | None]]:
    """What was put into the form of a file: the file as Slack describes it, empty where there is none, and the card."""
    files = values["file"]["file"].get("files") or [{}]
    return files[0], _entered(values, CARD_FIELDS)


def asked(values: Values) -> dict[str, str | None]:
    """What was put into the form, by field and as an option of the command has it; None where nothing was."""
    return _entered(values, ("question", "outlet", "since", "until", "number", "private"))


def _entered(values: Values, names: Iterable[str]) -> dict[str, str | None]:
    """What was put into these fields of a form; None where nothing was."""
    found = {}
    for name in names:
        entered = values.get(name, {}).get(name, {})
        chosen = [entered.get("selected_option"), *(entered.get("selected_options") or ())]
        given = [entered.get("value"), *(option["value"] for option in chosen if option)]
        found[name] = next((value.strip() for value in given if value and value.strip()), None)
    return found


def _modal(name: str, title: str, submit: str, metadata: str, fields: list[Block]) -> dict[str, Any]:
    """A form that goes by its name, with what its button to submit says."""
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": metadata,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Cancel"),
        "blocks": fields,
    }


def _menu(action_id: str) -> Block:
    """A menu whose options the bot is asked for, at once and as somebody types."""
    shown = {"placeholder": plain("Begin to type"), "min_query_length": 0}
    return {"type": "external_select", "action_id": action_id, **shown}


def _input(name: str, label: str, element: Block, *, optional: bool = True, hint: str = "") -> Block:
    """A field of a form; its block and its element go by its name."""
    hinted = {"hint": plain(hint)} if hint else {}
    field = {**element, "action_id": name}
    return {"type": "input", "block_id": name, "label": plain(label), "element": field, "optional": optional, **hinted}
