"""What only admins may do on Slack, who is one, and what comes of it."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from slack_rules import quotes
from slack_server import CHANNEL, CHIEF, ELSEWHERE, OTHER, READER, STRANGER, TEAM, LoopbackSlack
from slack_world import (
    KEEPER,
    PASTA,
    PELICAN,
    add_person,
    ask_context,
    buttons,
    corpus_fixture,  # noqa: F401
    desk_fixture,  # noqa: F401
    restarted,
    running,
    settings_fixture,  # noqa: F401
    settings_of,
    shown,
    slack_fixture,  # noqa: F401
)
from word_encoder import WordHashEncoder

from bot import wording
from bot.desk import RECORDS
from bot.records.audit import AuditLog
from bot.records.database import RecordsError
from bot.records.places import OwnSettings
from bot.slack import admin as slack_admin
from index.model import ANY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.desk import Desk
    from bot.records.audit import Action
    from bot.settings import Settings

NONE_HAS_IT = "No article in the index has this id. Pick one from the list."
NOT_REMOVED = "No article of this id was removed. Pick one from the list."
GIRAFFE = "A giraffe opened the lighthouse on Friday."
READING = wording.progress(0, 0)


@pytest.fixture
async def _bot(settings: Settings, desk: Desk, slack: LoopbackSlack) -> AsyncIterator[None]:
    async with running(settings, desk, slack):
        yield
    assert all(seconds < 3 for seconds in slack.acknowledged.values())


used = pytest.mark.usefixtures("_bot")


async def told(
    slack: LoopbackSlack, command: str, text: str = "", user: str = CHIEF, channel: str = CHANNEL
) -> dict[str, Any]:
    """What the bot says to one person alone in reply to a command."""
    (payload,) = await slack.responded(await slack.slash(command, text, user=user, channel=channel))
    assert payload["response_type"] == "ephemeral"
    return payload


async def reindexed(slack: LoopbackSlack, text: str = "", channel: str = CHANNEL, seen_in: str = CHANNEL) -> str:
    """What the bot's message says once a build has ended."""
    before = len(slack.said(seen_in))
    await slack.slash("/reindex", text, user=CHIEF, channel=channel)
    await slack.until(lambda: len(slack.said(seen_in)) > before)
    notice = slack.said(seen_in)[before]
    await slack.until(lambda: not shown(notice).startswith("Reindexing: "))
    return shown(notice)


async def actions(desk: Desk) -> list[Action]:
    """The lines of the audit log, newest first."""
    return list(await desk.recall(lambda records: records.audit.actions(100)))


async def answered(slack: LoopbackSlack, question: str = PELICAN, channel: str = CHANNEL) -> dict[str, Any]:
    """What the bot answers somebody who has not asked before."""
    person = add_person(slack, f"U0{len(slack.users):08}")
    asked = await slack.mention(question, channel=channel, user=person)
    await slack.until(lambda: slack.thread(channel, asked))
    return slack.thread(channel, asked)[0]


async def generation(desk: Desk) -> int:
    return (await desk.status()).manifest.generation


def last(what: str, user: str = CHIEF, channel: str = CHANNEL, outcome: str = "done") -> tuple[str, ...]:
    """How an action is noted."""
    return (what, "slack", user, TEAM, channel, outcome)


def noted(action: Action) -> tuple[str, ...]:
    return (action.what, action.platform, action.user, action.server, action.channel, action.outcome)


# ---- Who is an admin -------------------------------------------------------------------------------------------------


@used
async def test_settings_and_the_workspace_say_who_is_an_admin_anew_at_each_call(slack: LoopbackSlack) -> None:
    async def allowed(user: str) -> bool:
        words = shown(await told(slack, "/audit", user=user))
        assert words.startswith("Audit log") or words == wording.NOT_ADMIN
        return words != wording.NOT_ADMIN

    assert await allowed(KEEPER)
    assert slack.found("users.info") == []
    assert await allowed(CHIEF)
    slack.users[CHIEF]["is_admin"] = False
    assert not await allowed(CHIEF)
    slack.users[CHIEF]["is_owner"] = True
    assert await allowed(CHIEF)
    slack.users[CHIEF]["deleted"] = True
    assert not await allowed(CHIEF)
    assert [payload["user"] for payload in slack.found("users.info")] == [CHIEF] * 4
    assert not await allowed(READER)


@used
async def test_an_admin_of_another_workspace_is_none_here(slack: LoopbackSlack) -> None:
    stranger = slack.users[STRANGER]
    assert stranger["is_admin"]
    assert shown(await told(slack, "/audit", user=STRANGER)) == wording.NOT_ADMIN
    # Each of the two is enough to tell.
    stranger["is_stranger"] = False
    assert shown(await told(slack, "/audit", user=STRANGER)) == wording.NOT_ADMIN
    stranger |= {"is_stranger": True, "team_id": TEAM}
    assert shown(await told(slack, "/audit", user=STRANGER)) == wording.NOT_ADMIN


@used
async def test_nobody_is_an_admin_where_slack_does_not_tell(
    slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[Any] = [
        (200, {}, {"ok": False, "error": "missing_scope"}),
        (503, {}, "upstream connect error"),
        (502, {"Content-Type": "text/html"}, "<html>Bad gateway</html>"),
        (200, {"Content-Type": "application/json"}, "{"),
    ]
    for fault in faults:
        # Slack is asked again where it may have failed for a moment only.
        slack.faults["users.info"] = [fault] * 3
        assert shown(await told(slack, "/audit")) == wording.NOT_ADMIN
        slack.faults["users.info"].clear()
    assert caplog.text.count(f"slack.admin_unknown user={CHIEF}") == len(faults)
    assert f"slack.admin_unknown user={CHIEF} error=missing_scope" in caplog.text
    assert f"slack.admin_refused user={CHIEF}" in caplog.text
    assert shown(await told(slack, "/audit")).startswith("Audit log")


@used
async def test_admins_commands_are_refused_to_others_and_nothing_happens(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    await told(slack, "/coverage-remove", "Dresden", user=KEEPER)
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    texts = {
        "reindex": "",
        "rollback": "",
        "remove": "Utrecht",
        "restore": "Dresden",
        "audit": "",
        "unanswered": "",
        "settings": "outlets:all excerpts:1 where:workspace",
    }
    assert texts.keys() == slack_admin.COMMANDS.keys()
    for name, text in texts.items():
        for user, channel in ((READER, CHANNEL), (READER, slack.direct_channel(READER)), (STRANGER, ELSEWHERE)):
            assert shown(await told(slack, f"/coverage-{name}", text, user, channel)) == wording.NOT_ADMIN
    assert shown(await told(slack, "/reindex", "dry_run:yes", user=READER)) == wording.NOT_ADMIN
    for name in ("remove", "restore"):
        assert shown(await told(slack, f"/coverage-{name}", user=READER)) == wording.NOT_ADMIN

    assert await generation(desk) == 1
    assert [row.source.id for row in await desk.listings() if row.source.id in {"Dresden", "Utrecht"}] == ["Utrecht"]
    assert [noted(action) for action in await actions(desk)] == [last("remove", KEEPER)]
    own = await desk.recall(lambda records: records.places.own("slack", TEAM, ""))
    assert own == OwnSettings()
    assert slack.said() == slack.said(slack.direct_channel(READER)) == []


@used
async def test_the_lists_of_admins_are_refused_to_others_too(slack: LoopbackSlack, desk: Desk) -> None:
    """Whoever was an admin when the list was shown may be none any more."""
    await told(slack, "/coverage-remove", "Dresden")
    remove, restore = await told(slack, "/coverage-remove"), await told(slack, "/restore")
    (utrecht,) = (await slack.suggest("pick:remove", "utrecht", remove, user=CHIEF))["options"]
    (dresden,) = (await slack.suggest("pick:restore", "", restore, user=CHIEF))["options"]
    assert dresden["value"] == "Dresden"
    slack.users[CHIEF]["is_admin"] = False
    for user in (CHIEF, READER):
        for picker, action_id, option in ((remove, "pick:remove", utrecht), (restore, "pick:restore", dresden)):
            (payload,) = await slack.responded(await slack.select(picker, action_id, option, user=user))
            assert shown(payload) == wording.NOT_ADMIN
        assert (await slack.suggest("pick:restore", "", restore, user=user) or {}).get("options", []) == []
    assert (await desk.status()).articles == 21
    assert len(await actions(desk)) == 1


# ---- Building and going back -----------------------------------------------------------------------------------------


@used
async def test_a_reindex_is_one_message_that_ends_with_what_changed(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    (corpus / "walrus-00.txt").unlink()
    (corpus / "walrus-01.txt").write_text("Walrus number one stayed at home.", encoding="utf-8")
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    token = await slack.slash("/reindex", user=CHIEF)
    (first,) = await slack.sent("chat.postMessage")
    assert shown(first) == READING
    await slack.until(lambda: "Built generation" in shown(slack.said()[0]))
    (report,) = slack.said()
    words = shown(report)
    assert words.startswith("Built generation 2: 22 articles, ")
    assert "1 added, 1 changed, 1 removed, 20 unchanged, 0 refused;" in words
    assert "  added: giraffe\n  changed: walrus-01\n  removed: walrus-00" in words
    # A response url may be used five times only.
    assert slack.responses[token] == []
    assert slack.found("chat.update")[-1]["ts"] == report["ts"]
    assert GIRAFFE in quotes(await answered(slack, "Who opened the lighthouse?"))
    (action,) = await actions(desk)
    assert noted(action) == last("reindex")
    assert action.details == {"generation": 2, "built": True}

    assert (await reindexed(slack)).startswith("Nothing has changed; kept generation 2: ")
    assert (await actions(desk))[0].details == {"generation": 2, "built": False}


@used
async def test_a_long_report_goes_on_in_the_thread_of_the_message(slack: LoopbackSlack, corpus: Path) -> None:
    for n in range(150):
        (corpus / f"empty-{n:03}-{'x' * 60}.txt").write_text("", encoding="utf-8")
    words = await reindexed(slack)
    assert "150 refused" in words
    first, *others = slack.said()
    await slack.until(lambda: len(set(re.findall(r"refused: (empty-\d+)", "\n".join(map(shown, slack.said()))))) == 150)
    first, *others = slack.said()
    assert others
    assert {message["thread_ts"] for message in others} == {first["ts"]}


@used
async def test_where_the_bot_is_no_member_a_reindex_is_told_in_a_direct_message(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    direct = slack.direct_channel(CHIEF)
    words = await reindexed(slack, channel=ELSEWHERE, seen_in=direct)
    assert "1 added, 0 changed, 0 removed" in words
    assert len(slack.said(direct)) == 1
    assert slack.said(ELSEWHERE) == []
    assert noted((await actions(desk))[0]) == last("reindex", channel=ELSEWHERE)


@used
async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    (corpus / "walrus-00.txt").unlink()
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    preview = shown(await told(slack, "/reindex", "dry_run:yes"))
    assert preview.splitlines() == [
        "A reindex would find: 1 added, 0 changed, 1 removed, 21 unchanged, 0 refused.",
        "  added: giraffe",
        "  removed: walrus-00",
    ]
    assert await generation(desk) == 1
    assert await actions(desk) == []
    assert slack.said() == []


@used
@pytest.mark.parametrize("text", ["dry_run:maybe", "dry_run", "dry run"])
async def test_what_may_be_meant_as_a_dry_run_builds_nothing(
    slack: LoopbackSlack, desk: Desk, corpus: Path, text: str
) -> None:
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    assert "dry_run:yes" in shown(await told(slack, "/reindex", text))
    assert await generation(desk) == 1
    assert await actions(desk) == []


@used
async def test_a_reindex_that_would_lose_many_articles_must_be_confirmed(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    for file in corpus.glob("*.txt"):
        if file.stem != "otter":
            file.unlink()
    assert "21 of the 22 articles in the index are no longer in" in await reindexed(slack)
    assert "21 of the 22 articles" in await reindexed(slack, "confirm:no")
    assert await generation(desk) == 1
    assert (await reindexed(slack, "confirm:yes")).startswith("Built generation 2: 1 articles, ")
    refused = last("reindex", outcome="failed: LossError")
    assert [noted(action) for action in await actions(desk)] == [last("reindex"), refused, refused]


@pytest.fixture
def held_build(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every build waits at its beginning until this is set."""
    go_on = threading.Event()

    def load() -> WordHashEncoder:
        assert go_on.wait(60)
        return WordHashEncoder()

    monkeypatch.setattr(desk.builds, "_load_encoder", load)
    yield go_on
    go_on.set()


@used
async def test_while_a_build_runs_questions_are_answered_and_no_other_begins(
    slack: LoopbackSlack, desk: Desk, corpus: Path, held_build: threading.Event
) -> None:
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    await slack.slash("/reindex", user=CHIEF)
    await slack.until(slack.said)
    (notice,) = slack.said()
    assert "A new generation is being built." in shown(await told(slack, "/coverage-status"))
    assert len(quotes(await answered(slack))) == 2
    assert "is being built already" in await reindexed(slack)
    assert "is being built" in shown(await told(slack, "/rollback"))
    assert shown(notice) == READING

    held_build.set()
    await slack.until(lambda: "Built generation 2" in shown(notice))
    assert "No build is running." in shown(await told(slack, "/coverage-status"))
    assert [noted(action) for action in await actions(desk)] == [
        last("reindex"),
        last("reindex", outcome="failed: BuildLockedError"),
    ]


@used
async def test_a_build_that_fails_is_told_and_the_old_index_serves(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    shutil.rmtree(corpus)
    assert (await reindexed(slack)).startswith("The corpus folder")
    assert len(quotes(await answered(slack))) == 2
    (action,) = await actions(desk)
    assert noted(action) == last("reindex", outcome="failed: CorpusError")
    assert shown(await told(slack, "/reindex", "dry_run:yes")).startswith("The corpus folder")


@used
async def test_a_progress_that_cannot_be_shown_does_not_end_a_build(
    slack: LoopbackSlack, desk: Desk, corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    slack.faults["chat.postMessage"].append((200, {}, {"ok": False, "error": "msg_too_long"}))
    await slack.slash("/reindex", user=CHIEF)
    await slack.until(lambda: slack.said() and "Built generation 2" in shown(slack.said()[-1]))
    assert "slack.notice_not_sent error=msg_too_long" in caplog.text
    assert noted((await actions(desk))[0]) == last("reindex")


@used
async def test_a_report_of_all_articles_is_not_for_a_place_that_sees_only_some(
    slack: LoopbackSlack, desk: Desk, corpus: Path
) -> None:
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    await settings_of(desk, outlets=("Example Wire",))
    for text in ("", "dry_run:yes"):
        assert shown(await told(slack, "/reindex", text)) == wording.REPORT_NAMES_ALL
    assert await generation(desk) == 1
    direct = slack.direct_channel(CHIEF)
    assert "added: giraffe" in await reindexed(slack, channel=direct, seen_in=direct)


@used
async def test_a_rollback_serves_the_generation_before(slack: LoopbackSlack, desk: Desk, corpus: Path) -> None:
    (corpus / "giraffe.txt").write_text(GIRAFFE, encoding="utf-8")
    await reindexed(slack)
    assert shown(await told(slack, "/rollback")) == "Generation 1 is served now."
    assert GIRAFFE not in quotes(await answered(slack, "Who opened the lighthouse?"))
    action, _ = await actions(desk)
    assert noted(action) == last("rollback")
    assert action.details == {"generation": 1}


@used
async def test_a_rollback_that_cannot_be_is_told_and_not_noted(slack: LoopbackSlack, desk: Desk) -> None:
    assert "There is no earlier generation" in shown(await told(slack, "/rollback"))
    assert await actions(desk) == []


# ---- Removing articles -----------------------------------------------------------------------------------------------


async def test_a_removed_article_shows_nowhere_at_once_and_after_a_reindex(
    slack: LoopbackSlack, settings: Settings, desk: Desk, corpus: Path
) -> None:
    quotation = "A pelican stole the hat of the mayor of Utrecht."
    shown_before: dict[str, Any] = {}

    async def shows_nowhere() -> None:
        answer = await answered(slack)
        assert quotes(answer) == ["A pelican stole the hat of the mayor of Dresden."]
        assert "of 21 articles in the index" in shown(answer)
        person = add_person(slack, f"U1{len(slack.users):08}")
        assert "1 altered" in shown(await told(slack, "/verify", f"“{quotation}”", user=person))
        assert shown(await told(slack, "/source", "Utrecht", user=person)) == NONE_HAS_IT
        assert "Utrecht" not in shown(await told(slack, "/source", "Dresden", user=person))
        await told(slack, "/source", user=person)
        assert "Utrecht" not in str(await slack.suggest("pick:source", "", user=person))
        assert "21 articles," in shown(await told(slack, "/coverage-status", user=person))
        listed = shown(await told(slack, "/sources", "order:newest", user=person))
        assert "21 articles · page 1 of 3" in listed
        assert "Utrecht" not in listed
        await slack.open_home(user=person)
        await slack.until(lambda: person in slack.homes)
        home = shown(slack.homes[person])
        assert "21 articles," in home
        assert "Utrecht" not in home
        # What was shown before: an answer, a card and a list.
        (text,) = await slack.responded(await slack.press(shown_before["card"], "text", user=person))
        assert shown(text) == wording.TEXT_GONE
        (context,) = await slack.responded(await ask_context(slack, *shown_before["context"], user=person))
        assert "is no longer in the index" in shown(context)
        for label in ("Previous", "Next"):
            action_id = buttons(shown_before["list"])[label]["action_id"]
            token = await slack.press(shown_before["list"], action_id, user=person)
            (shown_before["list"],) = await slack.responded(token)
            assert "21 articles · page" in shown(shown_before["list"])
            assert "Utrecht" not in shown(shown_before["list"])

    async with running(settings, desk, slack):
        answer = await answered(slack)
        number = 1 + quotes(answer).index(quotation)
        shown_before |= {
            "card": await told(slack, "/source", "Utrecht"),
            "context": (answer, number),
        }
        listed = await told(slack, "/sources", "order:newest")
        assert "Utrecht" in shown(listed)
        (shown_before["list"],) = await slack.responded(await slack.press(listed, "sources:next"))
        removed = await told(slack, "/coverage-remove", 'utrecht reason:"Wrong *hat*, by <@U0READER00>"')
        assert shown(removed) == wording.removed(f"“{quotation}” (opening words)", "/restore")
        await shows_nowhere()
        # Neither a rebuild nor a new text brings it back.
        (corpus / "Utrecht.txt").write_text(f"{quotation} It was blue.", encoding="utf-8")
        await reindexed(slack)
    async with restarted(settings, slack) as another:
        await shows_nowhere()
        assert shown(await told(slack, "/restore", "Utrecht")) == "Utrecht can be quoted again."
        assert len(quotes(await answered(slack))) == 2
        restore, _, remove = await actions(another)
        assert noted(restore) == last("restore")
        assert restore.details == {"article": "Utrecht"}
        assert noted(remove) == last("remove")
        assert remove.details == {"article": "Utrecht", "reason": "Wrong *hat*, by <@U0READER00>"}
        log = shown(await told(slack, "/audit"))
        assert "article: Utrecht, reason: Wrong *hat*, by <@U0READER00>" in log


@used
async def test_articles_are_removed_and_restored_from_lists(slack: LoopbackSlack, desk: Desk) -> None:
    remove = await told(slack, "/coverage-remove")
    assert "Which article is not to be quoted any more?" in shown(remove)
    (option,) = (await slack.suggest("pick:remove", "bird", remove, user=CHIEF))["options"]
    assert re.fullmatch(r"[0-9a-f]{64}", option["value"])
    (payload,) = await slack.responded(await slack.select(remove, "pick:remove", option["value"], user=CHIEF))
    assert shown(payload) == wording.removed("Bird takes hat", "/restore")
    assert "Dresden" not in {row.source.id for row in await desk.listings()}

    restore = await told(slack, "/restore")
    assert "Which article may be quoted again?" in shown(restore)
    await told(slack, "/coverage-remove", "walrus-00")
    offered = await slack.suggest("pick:restore", "", restore, user=CHIEF)
    assert {choice["value"] for choice in offered["options"]} == {"Dresden", "walrus-00"}
    offered = await slack.suggest("pick:restore", "dres", restore, user=CHIEF)
    assert [choice["value"] for choice in offered["options"]] == ["Dresden"]
    (payload,) = await slack.responded(await slack.select(restore, "pick:restore", "Dresden", user=CHIEF))
    assert shown(payload) == "Dresden can be quoted again."
    assert "Dresden" in {row.source.id for row in await desk.listings()}
    assert [(noted(action), action.details["article"]) for action in await actions(desk)] == [
        (last("restore"), "Dresden"),
        (last("remove"), "walrus-00"),
        (last("remove"), "Dresden"),
    ]
    # A list offers none twice, and what was chosen before is told.
    (payload,) = await slack.responded(await slack.select(restore, "pick:restore", "Dresden", user=CHIEF))
    assert shown(payload) == NOT_REMOVED


@used
async def test_what_is_not_there_can_be_neither_removed_nor_restored(slack: LoopbackSlack, desk: Desk) -> None:
    assert shown(await told(slack, "/coverage-remove", "no such")) == NONE_HAS_IT
    assert shown(await told(slack, "/restore", "no such")) == NOT_REMOVED
    assert "13 articles fit that." in shown(await told(slack, "/coverage-remove", "walrus"))
    await told(slack, "/coverage-remove", "Utrecht")
    assert shown(await told(slack, "/coverage-remove", "Utrecht")) == NONE_HAS_IT
    assert len(await actions(desk)) == 1


# ---- What was done, and what was asked in vain -----------------------------------------------------------------------


@used
async def test_the_audit_log_is_shown_newest_first_a_page_at_a_time(slack: LoopbackSlack, desk: Desk) -> None:
    assert shown(await told(slack, "/audit")) == "Audit log\nNothing has been done yet."
    for n in range(25):
        details = {"article": f"walrus-{n:02}", "reason": None}
        await desk.record(lambda records, d=details: records.audit.note("discord", "7", "8", "9", "remove", d, "done"))
    await told(slack, "/coverage-remove", "otter")

    title, newest, *others = shown(await told(slack, "/audit")).splitlines()
    assert title == "Audit log"
    day = datetime.now(UTC).date().isoformat()
    assert re.fullmatch(rf"26 · {day} \d\d:\d\d UTC · remove · slack {CHIEF} · done · article: otter", newest)
    assert [int(line.split()[0]) for line in others] == list(range(25, 6, -1))
    assert "remove · discord 7 · done · article: walrus-24" in others[0]
    _, *rest = shown(await told(slack, "/audit", "before:7")).splitlines()
    assert [int(line.split()[0]) for line in rest] == list(range(6, 0, -1))
    assert shown(await told(slack, "/audit", "before:1")) == "Audit log\nNothing has been done yet."


@used
@pytest.mark.parametrize("text", ["before:0", "before:yesterday", "before:-3"])
async def test_a_number_of_the_audit_log_that_cannot_be_is_told(slack: LoopbackSlack, text: str) -> None:
    assert shown(await told(slack, "/audit", text)).startswith("The option before is a number from 1 to ")


@used
async def test_unanswered_are_the_questions_refused_in_public_without_who_asked(
    slack: LoopbackSlack, desk: Desk
) -> None:
    assert shown(await told(slack, "/unanswered")) == "Unanswered questions\nNo question was refused here."
    twice = "Which gnome sold the accordion?"
    for question in (PASTA, twice, twice.upper()):
        assert wording.nothing_near(()) in shown(await answered(slack, question))
    private = await slack.slash("/ask", "Which gnome sold the trombone? private:yes", user=OTHER)
    assert wording.nothing_near(()) in shown((await slack.responded(private))[0])
    direct = slack.direct_channel(OTHER)
    asked = await slack.direct("Which gnome sold the trombone?", user=OTHER)
    await slack.until(lambda: slack.thread(direct, asked))
    await answered(slack)
    words = shown(await told(slack, "/unanswered"))
    today = datetime.now(UTC).date().isoformat()
    assert words.splitlines() == [
        "Unanswered questions",
        f"2× {twice.upper()} · last {today}, nothing near",
        f"1× {PASTA} · last {today}, nothing near",
    ]
    assert not any(user in words for user in slack.users)
    await desk.record(lambda records: records.refusals.note("slack", "T0OTHER000", "Elsewhere?", "nothing_near", 1))
    assert shown(await told(slack, "/unanswered")) == words


# ---- Settings --------------------------------------------------------------------------------------------------------


@used
async def test_a_channel_and_the_workspace_are_set_and_cleared(slack: LoopbackSlack, desk: Desk) -> None:
    async def settings(text: str = "", channel: str = CHANNEL) -> list[str]:
        return shown(await told(slack, "/coverage-settings", text, channel=channel)).splitlines()

    unset = ["answers: yes (not set here)", "outlets: all (not set here)", "excerpts: 3 (not set here)"]
    zone = "time zone: UTC (not set here)"
    assert await settings() == ["Settings of this channel", *unset, "private: no (not set here)", zone]
    assert await settings("where:workspace excerpts:1 private:yes") == [
        "Settings of this workspace",
        *unset[:2],
        "excerpts: 1",
        "private: yes",
        zone,
    ]
    assert await settings("private:no outlets:“example WIRE ;Example Post”") == [
        "Settings of this channel",
        unset[0],
        "outlets: Example Wire; Example Post",
        "excerpts: 1 (not set here)",
        "private: no",
        zone,
        wording.OUTLETS_COVER,
    ]
    # What is set is what is done.
    answer = await answered(slack)
    assert len(quotes(answer)) == 1
    assert "of 3 articles in the index" in shown(answer)
    assert await settings(channel=ELSEWHERE) == [
        "Settings of this channel",
        *unset[:2],
        "excerpts: 1 (not set here)",
        "private: yes (not set here)",
        zone,
    ]
    assert (await settings("answers:no"))[1:3] == ["answers: no", "outlets: Example Wire; Example Post"]
    assert shown(await answered(slack)) == wording.NOT_HERE
    # Clearing forgets what is not given with it.
    assert await settings("clear:yes excerpts:2") == [
        "Settings of this channel",
        *unset[:2],
        "excerpts: 2",
        "private: yes (not set here)",
        zone,
    ]
    assert await settings("where:Workspace clear:yes") == [
        "Settings of this workspace",
        *unset,
        "private: no (not set here)",
        zone,
    ]
    assert len(quotes(await answered(slack))) == 2

    log = await actions(desk)
    assert {noted(action) for action in log} == {last("settings")}
    cleared = dict.fromkeys(("answers", "outlets", "private", "timezone"))
    assert [dict(action.details) for action in log] == [
        {**cleared, "excerpts": None, "set_channel": ""},
        {**cleared, "excerpts": 2, "set_channel": CHANNEL},
        {"answers": False, "set_channel": CHANNEL},
        {"outlets": "Example Wire; Example Post", "private": False, "set_channel": CHANNEL},
        {"excerpts": 1, "private": True, "set_channel": ""},
    ]


@used
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("answers:perhaps", "The option answers is yes or no"),
        ("private:", "where:workspace."),
        ("excerpts:0", "The option excerpts is a number from 1 to 10"),
        ("excerpts:11", "The option excerpts is a number from 1 to 10"),
        ('excerpts:""', "The option excerpts is a number from 1 to 10"),
        ("clear:all", "The option clear is yes or no"),
        ("where:everywhere", "where:workspace."),
        ("answers no", "where:workspace."),
        ('outlets:"Example Wire; Nobody"', "There is no outlet “Nobody” in the index."),
        ('outlets:";"', "No outlet is named."),
        ('outlets:" "', "No outlet is named."),
        ('outlets:""', "No outlet is named."),
    ],
)
async def test_what_cannot_be_set_is_told_and_nothing_is_set(
    slack: LoopbackSlack, desk: Desk, text: str, words: str
) -> None:
    """No outlet at all would mean that all may be seen."""
    await settings_of(desk, outlets=("Example Wire",))
    sentence = shown(await told(slack, "/coverage-settings", f"excerpts:5 {text}" if "excerpts" not in text else text))
    assert words in sentence
    assert "Settings of" not in sentence
    own = await desk.recall(lambda records: records.places.own("slack", TEAM, CHANNEL))
    assert own == OwnSettings(outlets=("Example Wire",))
    assert await actions(desk) == []


@used
async def test_all_outlets_can_be_set_against_what_the_workspace_says(slack: LoopbackSlack, desk: Desk) -> None:
    await told(slack, "/coverage-settings", 'outlets:"Example Wire" where:workspace')
    assert "of 1 article in the index" in shown(await answered(slack))
    # Also where names of outlets are shown that may not be seen there.
    assert "outlets: all\n" in shown(await told(slack, "/coverage-settings", "outlets:ALL"))
    assert "of 22 articles in the index" in shown(await answered(slack))
    assert len(await desk.outlets(ANY)) == 3


@used
async def test_in_a_direct_message_settings_are_of_it_or_of_all_direct_messages(
    slack: LoopbackSlack, desk: Desk
) -> None:
    direct = slack.direct_channel(CHIEF)
    here = shown(await told(slack, "/coverage-settings", "excerpts:1", channel=direct))
    assert here.startswith("Settings of this direct message\n")
    asked = await slack.direct(PELICAN, user=CHIEF)
    await slack.until(lambda: slack.thread(direct, asked))
    assert len(quotes(slack.thread(direct, asked)[0])) == 1

    everywhere = shown(await told(slack, "/coverage-settings", "where:workspace answers:no", channel=direct))
    assert everywhere.startswith("Settings of direct messages\nanswers: no\n")
    asked = await slack.direct(PELICAN, user=OTHER)
    others = slack.direct_channel(OTHER)
    await slack.until(lambda: slack.thread(others, asked))
    assert shown(slack.thread(others, asked)[0]) == wording.NOT_HERE
    # The workspace's channels are another place.
    assert len(quotes(await answered(slack))) == 2
    assert {action.server for action in await actions(desk)} == {""}


# ---- Records that cannot be written ----------------------------------------------------------------------------------


@used
async def test_what_cannot_be_noted_is_done_and_told_all_the_same(
    slack: LoopbackSlack, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_args: Any) -> None:
        raise RecordsError("The disk is full.")

    monkeypatch.setattr(AuditLog, "note", full)
    assert shown(await told(slack, "/coverage-remove", "otter")).startswith("Removed: ")
    assert "slack.action_not_recorded what=remove" in caplog.text
    assert (await desk.status()).articles == 21


@used
async def test_what_cannot_be_recorded_is_not_done(slack: LoopbackSlack, settings: Settings) -> None:
    file = settings.index_dir / RECORDS
    await asyncio.to_thread(file.unlink)
    await asyncio.to_thread(file.mkdir)
    for command, text in (("/coverage-remove", "Utrecht"), ("/coverage-settings", "answers:no")):
        assert "records.sqlite cannot be read or written" in shown(await told(slack, command, text))
    assert len(quotes(await answered(slack))) == 2
