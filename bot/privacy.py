"""What a person may ask about themself, on any platform: what is kept of them, and that it be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import wording
from bot.records.feedback import Verdict
from bot.tongue import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.desk import Desk
    from bot.records.personal import Kept, Sent
    from bot.records.retention import Retention
    from bot.visit import Visit

# Whose line of the audit log says that somebody was forgotten: it does not say who.
FORGOTTEN = "someone"
FORGET = say("Forget all of this")
NOTHING = say("Nothing is kept of you.")
ASK_TO_FORGET = say("It goes for good, and the buttons of your answers stop working. The messages themselves stay.")
_VERDICTS = {
    Verdict.HELPFUL: say("helpful"),
    Verdict.NOT_HELPFUL: say("not helpful"),
    Verdict.NOT_AN_ANSWER: say("not an answer"),
    Verdict.WRONG_SOURCE: say("wrong source"),
}


async def kept(visit: Visit) -> tuple[list[str], bool]:
    """What is kept of a person, as lines; and whether there is anything to forget."""
    found = await visit.desk.recall(lambda records: records.personal.of(visit.platform, visit.user))
    retention = await visit.desk.recall(lambda records: records.personal.retention)
    return [*_lines(found, retention)], bool(found.messages or found.feedback or found.follows)


async def forget(visit: Visit) -> str:
    """Forget a person; what to tell them. The audit log says that it was done, and of whom it does not."""
    who = (visit.platform, visit.user)
    messages, feedback, follows = await visit.desk.record(lambda records: records.personal.forget(*who))
    counts = {"messages": messages, "feedback": feedback, "follows": follows}
    await visit.desk.record(
        lambda records: records.audit.note(visit.platform, FORGOTTEN, "", "", "forget_me", counts),
    )
    return say("Forgotten: {counts}.", counts=_counted(messages, feedback, follows))


async def forget_server(desk: Desk, platform: str, server: str) -> None:
    """Forget a server that the bot was taken out of."""
    await desk.record(lambda records: records.personal.forget_server(platform, server))
    await desk.record(lambda records: records.audit.note(platform, FORGOTTEN, server, "", "left_server", {}))


def _counted(messages: int, feedback: int, follows: int) -> str:
    counts = {"messages": wording.plural(messages, "message"), "verdicts": wording.plural(feedback, "verdict")}
    told = say("{messages} and {verdicts}", **counts)
    return say("{counts}, {follows}", counts=told, follows=wording.plural(follows, "follow")) if follows else told


def _lines(found: Kept, retention: Retention) -> Iterator[str]:
    if found.messages or found.feedback or found.follows:
        counts = _counted(len(found.messages), len(found.feedback), len(found.follows))
        yield say("Kept of you: {counts}, under a hash and not your name.", counts=counts)
        yield say(
            "What only some see is kept for {private}, the rest for {public}.",
            private=wording.plural(retention.private_days, "day"),
            public=wording.plural(retention.public_days, "day"),
        )
    else:
        yield say(NOTHING)
    if found.actions or found.removals:
        yield say(
            "Under your name: {lines} of the audit log, kept for {days}, and {removals}. These are not forgotten on "
            "demand: they say why articles are not quoted.",
            lines=wording.plural(found.actions, "line"),
            days=wording.plural(retention.audit_days, "day"),
            removals=wording.plural(found.removals, "removed article"),
        )
    for follow in found.follows:
        subject = say("followed: {subject}", subject=" ".join(follow.subject.split()))
        yield f"{follow.at:%Y-%m-%d %H:%M} UTC · {subject}"
    for sent in found.messages:
        seen = say("private") if sent.private else say("public")
        yield f"{sent.at:%Y-%m-%d %H:%M} UTC · {seen} · {_what(sent)}"
    for given in found.feedback:
        said = ", ".join(filter(None, [say(_VERDICTS[given.verdict]), given.article]))
        verdict = say("verdict: {verdict}", verdict=said)
        yield f"{given.at:%Y-%m-%d %H:%M} UTC · {verdict} · {' '.join(given.question.split())}"


def _what(sent: Sent) -> str:
    """What somebody asked for, in one line."""
    if "question" in sent.fields:
        return say("question: {question}", question=" ".join(sent.fields["question"].split()))
    if "verified" in sent.fields:
        return say("text to verify: {text}", text=" ".join(sent.fields["verified"].split()))
    if "staged" in sent.fields:
        return say("a file to add")
    wanted = (f"{name}: {value}" for name, value in sent.fields.items() if value)
    return say("list of articles ({wanted})", wanted=", ".join(wanted))
