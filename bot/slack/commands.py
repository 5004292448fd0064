"""What anyone may ask of the bot on Slack besides its answers: verification, sources, its state and help."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp

from bot import attached, filing, wording
from bot.days import DayError, period
from bot.settings import MAX_EXCERPTS
from bot.slack import files, forms, render, views
from bot.slack.answers import answer_command
from bot.slack.client import reason
from bot.slack.text import number, options, plain, yes
from bot.sources import ORDERS, Wanted, fitting, named
from bot.verifying import READ_BYTES
from bot.visit import RefusedError, UsageError
from index.model import ANY, Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from bot.slack.blocks import Message
    from bot.slack.client import SlackBot
    from bot.slack.forms import Values
    from bot.slack.replies import Request
    from bot.visit import Visit

    Command = Callable[[Request, str], Coroutine[Any, Any, None]]
    Shortcut = Callable[[Request, Mapping[str, Any]], Coroutine[Any, Any, None]]

log = logging.getLogger("bot.slack")


class Form(NamedTuple):
    """What is wrong with a form that was sent, by field, and what is done with one that is right."""

    errors: Callable[[Values], dict[str, str]]
    work: Callable[[Request, Values], Coroutine[Any, Any, None]]


async def ask(request: Request, text: str) -> None:
    """Answer a question, with filters or without; without a question, open the form."""
    question, chosen = options(text, ("outlet", "since", "until", "number", "private"))
    if not question:
        await request.open_form(forms.ask_modal)
        return
    await _ask(request, question, chosen)


async def _ask(request: Request, question: str, chosen: Mapping[str, str | None]) -> None:
    """Answer a question with the options that were chosen for it."""
    visit = await request.visit()
    outlet, excerpts, alone = (chosen.get(name) for name in ("outlet", "number", "private"))
    outlets = (await _outlet(visit, outlet),) if outlet else ()
    filters = Filters(outlets, (), *period(chosen.get("since"), chosen.get("until")))
    wanted = number("number", excerpts, 1, MAX_EXCERPTS) if excerpts else None
    private = yes("private", alone) if alone else None
    await answer_command(request, question, filters, wanted, private)


async def _ask_form(request: Request, values: Values) -> None:
    chosen = forms.asked(values)
    await _ask(request, chosen["question"] or "", chosen)


def _ask_errors(values: Values) -> dict[str, str]:
    chosen = forms.asked(values)
    wrong = {} if chosen["question"] else {"question": wording.EMPTY_QUESTION}
    for name in ("since", "until"):
        try:
            period(chosen[name], None)
        except DayError as exc:
            wrong[name] = str(exc)
    return wrong


async def _outlet(visit: Visit, typed: str) -> str:
    """The outlet as the index writes it, where there is one that differs in nothing but capitals."""
    names = await visit.desk.outlets(visit.within())
    return next((name for name in names if name.casefold() == typed.casefold()), typed)


async def ask_message(request: Request, message: Mapping[str, Any]) -> None:
    """Answer what a message says, for whoever chose the menu."""
    text = plain(message.get("text") or "")
    if not text:
        raise UsageError("This message has no text to ask.")
    await answer_command(request, text, ANY, private=True)


async def verify(request: Request, text: str) -> None:
    """Hold every quotation in a text against the articles."""
    text, chosen = options(text, ("private",))
    if not text:
        raise UsageError("There is nothing to verify. Write a text with quotations after the command.")
    private = yes("private", chosen.get("private", "yes"))
    visit = await request.visit()
    visit.admit()
    await _verify(request, visit, text, [], private=private)


async def verify_message(request: Request, message: Mapping[str, Any]) -> None:
    """Verify the quotations of a message and of the text files in it."""
    sent = [file for file in message.get("files") or [] if str(file.get("mimetype")).startswith("text/")]
    attached.require_small(sum(int(file.get("size") or 0) for file in sent))
    visit = await request.visit()
    visit.admit()
    read = [await content(request.bot, file, READ_BYTES) for file in sent]
    text = plain(message.get("text") or "")
    if not text and not any(read):
        raise UsageError("This message has no text to verify.")
    await _verify(request, visit, text, read, private=True)


async def _verify(request: Request, visit: Visit, text: str, sent: Sequence[bytes], *, private: bool) -> None:
    found = await visit.desk.verify(text, visit.within(), sent)
    key = None if sent else await filing.keep_verified(visit, text, private=private)
    messages = render.verification_messages(found, key)
    await (request.whisper(messages) if private else request.post(messages))
    if sent:
        # A file is read and not kept, so that this cannot be had later.
        with contextlib.suppress(RefusedError):
            await files.send(request, await filing.verification(found))


async def content(bot: SlackBot, file: Mapping[str, Any], enough: int) -> bytes:
    """The first bytes of a file that somebody attached: at least `enough`, if it has so many, and few more.

    Raises:
        UsageError: it cannot be had.

    """
    refused = f"Slack does not let me read {wording.brief(file.get('name') or 'the file')}."
    address = str(file.get("url_private") or "")
    if file.get("is_external") or not bot.is_slacks(address):
        # Its address is another service's, which must not get the token.
        raise UsageError(refused)
    own = {"Authorization": f"Bearer {bot.client.token}"}
    try:
        async with bot.session.get(address, headers=own, allow_redirects=False) as got:
            # Without the permission Slack sends a page to log in, and no error.
            if got.status != 200 or got.content_type == "text/html" != file.get("mimetype"):
                raise UsageError(refused)
            data = bytearray()
            async for chunk in got.content.iter_any():
                data += chunk
                if len(data) >= enough:
                    break
    except (aiohttp.ClientError, TimeoutError) as exc:
        log.warning("slack.file_not_read error=%s", reason(exc))
        raise UsageError("The file could not be fetched from Slack. Try again.") from exc
    return bytes(data)


async def sources(request: Request, text: str) -> None:
    """Show the first page of a list of sources."""
    rest, chosen = options(text, ("outlet", "since", "until", "words", "order"))
    order = chosen.get("order", "id").casefold()
    if order not in ORDERS:
        raise UsageError(f"order is one of {', '.join(ORDERS)}.")
    visit = await request.visit()
    visit.look()
    outlet = await _outlet(visit, chosen["outlet"]) if chosen.get("outlet") else None
    words = " ".join(filter(None, [chosen.get("words"), rest])) or None
    wanted = Wanted.typed(outlet, chosen.get("since"), chosen.get("until"), words, order)
    key = await visit.keep(wanted.as_fields(), private=True)
    await request.whisper([await _page(visit, wanted, key, 0)])


async def turn(request: Request, key: str, page: int) -> None:
    """Show another page of a list of sources in place of the one before."""
    visit = await request.visit()
    visit.look()
    fields = await visit.desk.recall(lambda records: records.messages.fields(key))
    if fields is None:
        raise UsageError(wording.TOO_OLD)
    await request.replace(await _page(visit, Wanted(**fields), key, page))


async def _page(visit: Visit, wanted: Wanted, key: str, page: int) -> Message:
    """A page of a list of sources; one that is no longer there becomes the last."""
    listings = wanted.of(await visit.desk.listings(visit.within(wanted.filters())))
    return views.sources_message(listings, page, key, narrowed=wanted.narrowed)


async def source(request: Request, text: str) -> None:
    """Show an article's card; without its id, let it be picked."""
    if not text:
        await request.whisper([forms.picker_message("Which article?", "pick:source")])
        return
    visit = await request.visit()
    visit.look()
    found = await visit.find(await article_named(visit, text))
    neighbours = await visit.desk.neighbours(found.source.id, visit.within())
    replaced = await visit.desk.replaced(found.source.id, visit.within())
    await request.whisper(views.card_messages(found, neighbours, replaced))


async def article_named(visit: Visit, typed: str) -> str:
    """The id of the one article that what was typed fits, else what was typed."""
    rows = await visit.desk.listings(visit.within())
    if named(rows, typed):
        return typed
    found = fitting((row.source for row in rows), typed)
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} articles fit that. Write more of the headline, or the command alone to pick from a list."
        )
    return found[0].id if found else typed


async def stored_text(request: Request, sha256: str) -> None:
    """Give the stored text of an article to whoever asked, alone."""
    visit = await request.visit()
    visit.look()
    await request.whisper(render.text_messages(await visit.text(sha256)))


async def status(request: Request, _text: str) -> None:
    """Show the state of the index."""
    visit = await request.visit()
    visit.look()
    found = await visit.desk.status(visit.within())
    await request.whisper(views.lines_messages("Status", views.status_lines(found, request.bot.connection)))


async def help_(request: Request, _text: str) -> None:
    """Explain the bot."""
    await request.whisper([views.help_message(request.bot.settings.retention)])


async def suggest(request: Request, action_id: str, typed: str) -> list[dict[str, Any]]:
    """What is offered while somebody types into a list."""
    visit = await request.visit()
    visit.look()
    if action_id == "outlet":
        return forms.name_options(await visit.desk.outlets(visit.within()), typed)
    if action_id == "pick:restore":
        if not await request.bot.is_admin(request.user):
            return []
        return forms.name_options(await visit.desk.recall(lambda records: records.withdrawals.ids()), typed)
    return forms.article_options([row.source for row in await visit.desk.listings(visit.within())], typed)


COMMANDS: Mapping[str, Command] = {
    "ask": ask,
    "verify": verify,
    "sources": sources,
    "source": source,
    "status": status,
    "help": help_,
}
SHORTCUTS: Mapping[str, Shortcut] = {
    "ask_message": ask_message,
    "verify_message": verify_message,
}
FORMS: Mapping[str, Form] = {"ask": Form(_ask_errors, _ask_form)}
