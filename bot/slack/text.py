"""What people write on Slack, read: the words of a message, who is mentioned in it, and the options of a command. Pure.

Slack has three characters escaped, and writes links and mentions between angle brackets. A command has one text only,
so its options stand in it as in Slack's own search: `since:Monday` or `outlet:"The Paper"`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index.errors import OnTheRecordError

if TYPE_CHECKING:
    from collections.abc import Collection

_FORM = re.compile(r"<([^<>]+)>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")
# Slack's clients curl quotation marks as they see fit: any of them opens a value, and any closes it.
_OPENING, _CLOSING = '["“”„]', '["“”]'
_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


class OptionsError(OnTheRecordError):
    """An option of a command cannot be used; the message names it and says how to write it."""


def plain(text: str, bot: str | None = None) -> str:
    """What its author wrote, from the text of a message or a command; mentions of the user `bot` become white space.

    Of links the label stays, or the address where there is none; a mention is `@` and a name or an id, a channel `#`
    and its name or id. With `bot`, white space at the ends goes.
    """
    if bot is not None:
        text = re.sub(rf"[^\S\n]*{_mention(bot)}[^\S\n]*", " ", text).strip()
    written = _FORM.sub(lambda form: _shown(form[1]) or form[0], text)
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], written)


def mentions(text: str, user: str) -> bool:
    """Whether the text of a message mentions a user, known by id."""
    return re.search(_mention(user), text) is not None


def options(text: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """The text of a command without its options, and their values; only those of these names are options.

    A value ends at white space, or stands in quotation marks; one that is never closed ends with the text. An empty one
    needs the marks. The case of a name does not matter.

    Raises:
        OptionsError: the same option is given twice.

    """
    named = "|".join(map(re.escape, names))
    option = re.compile(rf"(?<!\S)((?ai:{named})):(?:{_OPENING}([^\"“”]*)(?:{_CLOSING}|$)|(\S+))")
    known = {name.casefold(): name for name in names}
    found: dict[str, str] = {}
    rest, at = [], 0
    for given in option.finditer(text):
        name = known[given[1].casefold()]
        if name in found:
            raise OptionsError(f"The option {name} is given twice. Give it once.")
        found[name] = given[3] if given[2] is None else given[2]
        # White space is tidied where an option was, and nowhere else.
        before = text[at : given.start()].rstrip()
        rest.append(before.lstrip() if at else before)
        at = given.end()
    rest.append(text[at:].lstrip() if at else text)
    return " ".join(filter(None, rest)), found


def yes(name: str, value: str) -> bool:
    """The value of an option that is on or off.

    Raises:
        OptionsError: it is neither.

    """
    said = value.strip().casefold()
    if said not in _YES | _NO:
        raise OptionsError(f"The option {name} is yes or no: write {name}:yes or {name}:no.")
    return said in _YES


def number(name: str, value: str, low: int, high: int) -> int:
    """The value of an option that is a whole number, from `low` to `high`.

    Raises:
        OptionsError: it is something else.

    """
    said = value.strip()
    if not re.fullmatch(r"[0-9]{1,18}", said) or not low <= int(said) <= high:
        raise OptionsError(f"The option {name} is a number from {low} to {high}: write {name}:{low}, for example.")
    return int(said)


def _mention(user: str) -> str:
    return rf"<@{re.escape(user)}(?:\|[^<>]*)?>"


def _shown(form: str) -> str | None:
    """What a form between angle brackets shows, or None where it is not known."""
    target, _, label = form.partition("|")
    kind, name = target[:1], target[1:]
    if kind == "!":
        return _special(name, label)
    if kind in {"@", "#"}:
        return kind + (label or name) if name else None
    return (label or target) if _ADDRESS.match(target) else None


def _special(name: str, label: str) -> str | None:
    """What a form shows that begins with an exclamation mark: a group of people, or a day."""
    kind, _, rest = name.partition("^")
    if kind == "date":
        return label or None
    if kind in {"here", "channel", "everyone"} or (kind == "subteam" and rest):
        return "@" + (label or rest or kind).removeprefix("@")
    return None
