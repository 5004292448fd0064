"""The Discord bot: events in, the desk asked, rendered answers out."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import logging
import re
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import discord
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import discord_render as render
from index.errors import OnTheRecordError
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.desk import Desk
    from bot.settings import Settings
    from index.model import Listing

    Interaction = discord.Interaction["OnTheRecordBot"]

log = logging.getLogger("bot.discord")

# Seconds before each further try to reach Discord at start; afterwards discord.py reconnects for as long as it takes.
RETRY_PAUSES = (1.0, 2.0, 4.0, 8.0)
# Seconds that answers under way get when the bot is stopped.
GRACE = 10.0
# Seconds between two edits that show a build's progress.
PROGRESS_PAUSE = 2.0
# The gateway's close code for a token that it does not know.
AUTHENTICATION_FAILED = 4004
CHOICES = 25
CHOICE_CHARS = 100
DATE_FORMATS = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y")


class DiscordError(OnTheRecordError):
    """The bot cannot work with Discord: a wrong token, no network, or a gateway that does not answer."""


class UsageError(OnTheRecordError):
    """What was typed cannot be used; the message shows how to write it."""


async def run_discord(settings: Settings, desk: Desk) -> None:
    """Answer on Discord until SIGINT or SIGTERM; answers under way are finished. The caller closes the desk.

    Raises:
        DiscordError: Discord cannot be used, after a few tries where trying again may help.

    """
    if not settings.discord_token:
        raise DiscordError("DISCORD_TOKEN is not set. Copy the bot's token from the Discord developer portal.")
    # At DEBUG discord.py logs whole payloads: questions, and the tokens of interactions.
    library_log = logging.getLogger("discord")
    library_log.setLevel(max(library_log.getEffectiveLevel(), logging.INFO))
    # discord.py has no setting for these per client; one process runs one bot.
    if settings.discord_api_base:
        Route.BASE = settings.discord_api_base
    if settings.discord_gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway)
    # Nothing is spoken here, so nobody needs to hear that the libraries for voice are not installed.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    client_log = logging.getLogger("discord.client")
    client_log.addFilter(_connection_trouble_in_one_line)
    try:
        with _stop_signals() as stop:
            await _keep_trying(settings, desk, settings.discord_token, stop)
    finally:
        client_log.removeFilter(_connection_trouble_in_one_line)


class OnTheRecordBot(discord.Client):
    """A Discord client without privileged intents: it reads messages that mention it, direct messages and commands."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        # No quotation may ping anyone; and people's messages are not kept in memory.
        super().__init__(intents=intents, allowed_mentions=discord.AllowedMentions.none(), max_messages=None)
        self.settings = settings
        self.desk = desk
        self.tree = _Tree(self)
        commands: tuple[app_commands.Command[Any, ..., None], ...] = (ask, sources, source, status, help_, reindex)
        for command in commands:
            self.tree.add_command(command)
        self._working: set[asyncio.Task[Any]] = set()

    async def setup_hook(self) -> None:
        """Register what outlives a restart: the page buttons and the commands."""
        self.add_dynamic_items(PageButton)
        await self._sync_commands()

    async def on_ready(self) -> None:
        """Log that the bot is there."""
        log.info("discord.ready bot_id=%s guilds=%d", self.application_id, len(self.guilds))

    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a direct message, or a reply to the bot."""
        if message.author.bot or message.webhook_id or message.type not in _WRITTEN:
            return
        mentioned = any(user.id == self._id for user in message.mentions)
        if not (mentioned or message.guild is None or self._replies_to_me(message)):
            return
        self.note_work()
        try:
            if mentioned or message.guild is None:
                async with message.channel.typing():
                    question = re.sub(rf"<@!?{self._id}>", " ", message.content).strip()
                    answer = await self.desk.ask(question, count=self.settings.excerpts)
                await message.reply(view=render.answer_view(answer, show_question=False), mention_author=False)
            else:
                # Without a mention, and without the privileged intent, Discord sends an empty message.
                await message.reply(render.HOW_TO_ASK, mention_author=False)
        except discord.Forbidden as exc:
            log.warning("discord.may_not_answer channel=%s code=%s", message.channel.id, exc.code)
        except Exception as exc:  # noqa: BLE001 sentence_for logs it
            with _failure_logged("mention"):
                await message.reply(sentence_for(exc, "mention"), mention_author=False)

    def note_work(self) -> None:
        """Remember the task that runs now, so that a stop waits for it."""
        task = asyncio.current_task()
        if task:
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def finish_work(self) -> None:
        """Wait until what is under way is answered, but not for long."""
        if self._working:
            await asyncio.wait(set(self._working), timeout=GRACE)

    def is_admin(self, user: discord.User | discord.Member) -> bool:
        """Whether settings name the user or a role of theirs, or the application is theirs or their team's."""
        if user.id in self.settings.admin_user_ids or user.id in self._owner_ids():
            return True
        roles = user.roles if isinstance(user, discord.Member) else ()
        return any(role.id in self.settings.admin_role_ids for role in roles)

    def _owner_ids(self) -> set[int]:
        if self.application is None:
            return set()
        team = self.application.team
        if team is None:
            return {self.application.owner.id}
        accepted = discord.TeamMembershipState.accepted
        return {member.id for member in team.members if member.membership_state is accepted}

    @property
    def _id(self) -> int | None:
        return self.user.id if self.user else None

    def _replies_to_me(self, message: discord.Message) -> bool:
        replied = message.reference.resolved if message.reference else None
        return isinstance(replied, discord.Message) and replied.author.id == self._id

    async def _sync_commands(self) -> None:
        """Register the slash commands when the settings ask for it.

        "changed" compares with a hash of what was last registered for this application, not with what Discord
        returns: it adds fields of its own, so that a comparison would always find a change.
        """
        if self.settings.sync_commands == "never":
            return
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        stamp = hashlib.sha256(json.dumps([self.application_id, payload], sort_keys=True).encode()).hexdigest().encode()
        file = self.settings.index_dir / "discord-commands.sha256"
        try:
            if self.settings.sync_commands == "changed" and file.exists() and file.read_bytes() == stamp:
                return
            await self.tree.sync()
            file.write_bytes(stamp)
        except (discord.DiscordException, OSError) as exc:
            # Mentions and the commands registered earlier still work.
            log.warning("discord.sync_failed error=%s", exc)
        else:
            log.info("discord.commands_synced commands=%d", len(payload))


class _Tree(app_commands.CommandTree[OnTheRecordBot]):
    async def interaction_check(self, interaction: Interaction, /) -> bool:
        interaction.client.note_work()
        return True

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        name = interaction.command.name if interaction.command else "unknown"
        if isinstance(error, app_commands.CommandInvokeError):
            await tell(interaction, sentence_for(error.original, name))
        else:
            # Discord knows another form of the command. The error's text would have the question in it.
            log.warning("discord.command_not_understood command=%s error=%s", name, type(error).__name__)
            await tell(interaction, render.OUTDATED)


class PageButton(
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"sources:(?P<page>-?[0-9]{1,6})",
):
    """Turns to a page of the list of sources. The page is in its id, so that it works after a restart."""

    def __init__(self, label: str, page: int, *, disabled: bool = False) -> None:
        super().__init__(ui.Button(label=label, custom_id=f"sources:{page}", disabled=disabled))
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed."""
        return cls("", int(match["page"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page in place of the one before."""
        interaction.client.note_work()
        try:
            await interaction.response.defer()
            listings = await interaction.client.desk.listings()
            await interaction.edit_original_response(view=sources_view(listings, self.page))
        except Exception as exc:  # noqa: BLE001 sentence_for logs it
            await tell(interaction, sentence_for(exc, "sources_page"))


def sources_view(listings: Sequence[Listing], page: int) -> ui.LayoutView:
    """A page of the list of sources with its buttons; a page that is no longer there becomes the last."""
    last = render.pages(listings) - 1
    page = max(0, min(page, last))
    row: ui.ActionRow[Any] = ui.ActionRow(
        PageButton("Previous", page - 1, disabled=page == 0),
        PageButton("Next", page + 1, disabled=page == last),
    )
    # The buttons work for ever; without this discord.py starts a timer for each list.
    return ui.LayoutView(timeout=None).add_item(ui.TextDisplay(render.sources_text(listings, page))).add_item(row)


@app_commands.command(description="Ask a question; the answer is quoted from the articles")
@app_commands.describe(
    question="What do you want to know?",
    outlet="Only articles of this outlet",
    since="Only articles published on or after this day, such as 2023-05-03",
    until="Only articles published on or before this day, such as 2023-05-03",
    private="Show the answer only to me",
)
async def ask(
    interaction: Interaction,
    question: app_commands.Range[str, 1, 2000],
    outlet: str | None = None,
    since: str | None = None,
    until: str | None = None,
    private: bool = False,
) -> None:
    """Answer a question, with filters or without."""
    filters = Filters(
        outlets=(outlet,) if outlet else (),
        since=parse_day(since) if since else None,
        until=parse_day(until) if until else None,
    )
    await interaction.response.defer(thinking=True, ephemeral=private)
    bot = interaction.client
    answer = await bot.desk.ask(question, filters, bot.settings.excerpts)
    await interaction.edit_original_response(view=render.answer_view(answer, show_question=True))


@ask.autocomplete("outlet")
async def _outlets(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    listings = await interaction.client.desk.listings()
    names = sorted({row.source.outlet for row in listings if row.source.outlet})
    # A choice's value may not be longer either, and a cut one would match nothing.
    fitting = [name for name in names if typed.casefold() in name.casefold() and len(name) <= CHOICE_CHARS]
    return [app_commands.Choice(name=name, value=name) for name in fitting[:CHOICES]]


@app_commands.command(description="List the articles in the index")
async def sources(interaction: Interaction) -> None:
    """Show the first page of the list of sources."""
    await interaction.response.defer(thinking=True)
    await interaction.edit_original_response(view=sources_view(await interaction.client.desk.listings(), 0))


@app_commands.command(description="Show all that is known about one article")
@app_commands.describe(article="Begin to type its title, outlet or id")
async def source(interaction: Interaction, article: str) -> None:
    """Show an article's card."""
    await interaction.response.defer(thinking=True)
    listings = await interaction.client.desk.listings()
    found = next((row for row in listings if article in (row.source.id, row.source.sha256)), None)
    if found is None:
        raise UsageError("No article in the index has this id. Pick one from the list that opens as you type.")
    await interaction.edit_original_response(view=render.card_view(found))


@source.autocomplete("article")
async def _articles(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    cards = [row.source for row in await interaction.client.desk.listings()]
    wanted = typed.casefold()
    fitting = [card for card in cards if wanted in f"{card.id}\n{card.title}\n{card.outlet or ''}".casefold()]
    return [
        app_commands.Choice(
            name=render.plain(f"{card.title} · {card.outlet}" if card.outlet else card.title, CHOICE_CHARS),
            # An id may be too long for a choice; the hash never is.
            value=card.id if len(card.id) <= CHOICE_CHARS else card.sha256,
        )
        for card in fitting[:CHOICES]
    ]


@app_commands.command(description="Show which index is served")
async def status(interaction: Interaction) -> None:
    """Show the state of the index and of the connection."""
    await interaction.response.defer(thinking=True)
    bot = interaction.client
    await interaction.edit_original_response(content=render.status_text(await bot.desk.status(), bot.latency))


@app_commands.command(name="help", description="What this bot does and how to ask it")
async def help_(interaction: Interaction) -> None:
    """Explain the bot."""
    await interaction.response.send_message(render.HELP, ephemeral=True)


@app_commands.command(description="Read the articles anew and build a new index (admins)")
@app_commands.default_permissions(administrator=True)
async def reindex(interaction: Interaction) -> None:
    """Build a new generation while the old one answers; show how far it is, and what changed."""
    bot = interaction.client
    if not bot.is_admin(interaction.user):
        log.warning("discord.reindex_refused user=%s", interaction.user.id)
        await interaction.response.send_message(render.NOT_ADMIN, ephemeral=True)
        return
    await interaction.response.defer(thinking=True)
    notice = _Notice(interaction)
    progress = (0, 0)

    def note(done: int, total: int) -> None:
        nonlocal progress
        progress = (done, total)

    log.info("discord.reindex_started user=%s", interaction.user.id)
    build = asyncio.create_task(bot.desk.reindex(note))
    shown = None
    while not build.done():
        if shown != progress:
            shown = progress
            await notice.show(render.progress_text(*progress))
        await asyncio.wait({build}, timeout=PROGRESS_PAUSE)
    try:
        text, attachment = render.report_text(build.result())
    except Exception as exc:  # noqa: BLE001 sentence_for logs it
        await notice.show(sentence_for(exc, "reindex"))
    else:
        log.info("discord.reindex_done generation=%d", build.result().manifest.generation)
        await notice.show(text, attachment)


class _Notice:
    """One message that is rewritten as work goes on.

    An interaction's token dies after 15 minutes; from then on a message of the bot's own takes its place.
    """

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction
        self._message: discord.Message | None = None

    async def show(self, text: str, attachment: str | None = None) -> None:
        """Show a text, with another as an attached file; a failure is logged, since the work must go on."""
        files = [discord.File(io.BytesIO(attachment.encode()), "report.txt")] if attachment else []
        with _failure_logged("reindex"):
            if not self._interaction.is_expired():
                await self._interaction.edit_original_response(content=text, attachments=files)
            elif self._message:
                await self._message.edit(content=text, attachments=files)
            elif self._interaction.channel_id:
                channel = self._interaction.client.get_partial_messageable(self._interaction.channel_id)
                self._message = await channel.send(text, files=files)


def parse_day(text: str) -> date:
    """A day such as 2023-05-03, 3 May 2023 or May 3, 2023.

    Raises:
        UsageError: it is none of these.

    """
    for form in DATE_FORMATS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
    raise UsageError(f"“{render.plain(text, 50)}” is not a date. Write it like 2023-05-03 or 3 May 2023.")


def sentence_for(error: BaseException, event: str) -> str:
    """What to tell the asker; an error that nobody foresaw is logged with its traceback."""
    if isinstance(error, OnTheRecordError):
        log.warning("discord.%s_failed error=%s", event, type(error).__name__)
        return render.shorten(str(error), render.CONTENT_LIMIT)
    log.error("discord.%s_failed error=%s", event, type(error).__name__, exc_info=error)
    return render.UNEXPECTED


async def tell(interaction: Interaction, sentence: str) -> None:
    """Answer with a sentence: to the asker alone, or in place of "thinking", whose privacy cannot be changed."""
    with _failure_logged("tell"):
        if not interaction.response.is_done():
            await interaction.response.send_message(sentence, ephemeral=True)
        elif interaction.type is discord.InteractionType.application_command:
            # Discord has refused to send anything after "thinking" was deleted, so it is rewritten.
            await interaction.edit_original_response(content=sentence)
        else:
            await interaction.followup.send(sentence, ephemeral=True)


# Messages that people write, as opposed to "someone joined".
_WRITTEN = (discord.MessageType.default, discord.MessageType.reply)


@contextlib.contextmanager
def _failure_logged(event: str) -> Any:
    """Log that Discord did not take a message; there is nobody left to tell."""
    try:
        yield
    except (discord.DiscordException, OSError, aiohttp.ClientError) as exc:
        log.warning("discord.%s_not_sent error=%s code=%s", event, type(exc).__name__, getattr(exc, "code", None))


@contextlib.contextmanager
def _stop_signals() -> Any:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    # Windows has no such handlers; there Ctrl-C ends the program as usual.
    with contextlib.suppress(NotImplementedError):
        for number in signals:
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in signals:
                loop.remove_signal_handler(number)


async def _keep_trying(settings: Settings, desk: Desk, token: str, stop: asyncio.Event) -> None:
    """Run the bot until it is stopped; a start that fails is tried again a few times, each time with a new client."""
    for pause in (*RETRY_PAUSES, None):
        try:
            async with OnTheRecordBot(settings, desk) as bot:
                await _run_until(stop, bot, token)
                return
        except _UnreachableError as exc:
            if pause is None:
                raise DiscordError(
                    f"Discord cannot be reached ({exc}), after {len(RETRY_PAUSES) + 1} tries. Check the network, and "
                    "DISCORD_API_BASE and DISCORD_GATEWAY if they are set."
                ) from exc
            log.warning("discord.connect_failed retry_in=%s error=%s", pause, exc)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
            return


async def _run_until(stop: asyncio.Event, bot: OnTheRecordBot, token: str) -> None:
    running = asyncio.create_task(_run(bot, token))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        else:
            log.info("discord.stopping")
            await bot.finish_work()
    finally:
        running.cancel()
        stopping.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)


class _UnreachableError(Exception):
    """Discord was not reached, and trying again may help."""


async def _run(bot: OnTheRecordBot, token: str) -> None:
    """Log in and stay connected; what can go wrong becomes a `DiscordError`, or `_UnreachableError` at the start."""
    try:
        await bot.start(token)
    except discord.LoginFailure as exc:
        raise DiscordError(_WRONG_TOKEN) from exc
    except discord.ConnectionClosed as exc:
        if exc.code == AUTHENTICATION_FAILED:
            raise DiscordError(_WRONG_TOKEN) from exc
        raise DiscordError(f"Discord ended the connection for good, with code {exc.code}.") from exc
    except (OSError, aiohttp.ClientError, discord.DiscordServerError) as exc:
        raise _UnreachableError(_reason(exc)) from exc
    except AttributeError as exc:
        # When the first connection fails, discord.py 2.7 trips over the socket that is not there (its issue 10520).
        if getattr(bot, "ws", None) or exc.__context__ is None:
            raise
        raise _UnreachableError(_reason(exc.__context__)) from exc
    except discord.DiscordException as exc:
        raise DiscordError(f"Discord refuses the bot: {_reason(exc)}.") from exc


_WRONG_TOKEN = "Discord does not know DISCORD_TOKEN. Copy the bot's token from the Discord developer portal again."  # noqa: S105 it is no token


def _reason(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(f"{type(error).__name__} {error}".split())


def _connection_trouble_in_one_line(record: logging.LogRecord) -> bool:
    """Fold the traceback that discord.py logs at every lost connection into its message."""
    if record.exc_info and record.exc_info[1] and record.msg.startswith("Attempting a reconnect"):
        record.msg, record.args = f"{record.getMessage()}: {_reason(record.exc_info[1])}", ()
        record.exc_info = None
    return True
