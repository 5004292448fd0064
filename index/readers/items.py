"""One article from what a file of several says of it: its draft, or why it is not taken."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from index.readers.days import day, first_moment, moment
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, Revision, card_field
from index.readers.markup import html_paragraphs, sound, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    # Where a file gives a value, and the value as it stands there; the best place first.
    Found = Sequence[tuple[str, str]]

MAX_MEMBER_CHARS = 100
WITHDRAWN = "withdrawn by its publisher"

# A text that says of itself that it stops before its end.
_CUT = re.compile(r"\[\s*(?:…|\.\.\.|\+\s*\d+ chars)\s*\]\s*$")
# What only markup that was escaped once too often leaves in a text.
_ESCAPED = re.compile(r"</(?:p|div|h[1-6]|li|ul|ol|blockquote)>|<br ?/?>", re.IGNORECASE)
# The words of content management systems, without what joins them.
_UNPUBLISHED = frozenset({
    "autodraft", "deleted", "draft", "future", "inactive", "inprogress", "notpublished", "pending", "pendingreview",
    "private", "rejected", "scheduled", "softtrashed", "spiked", "submitted", "trash", "trashed", "unpublished",
})  # fmt: skip
_RECALLED = frozenset({"canceled", "cancelled", "killed", "recalled", "retracted", "withdrawn", "withheld"})
_BY = {
    "author": re.compile(r"by\s+(?=\S)", re.IGNORECASE),
    "byline": re.compile(r"(?:by|von|par|por|av|af|door)\s+(?=\S)", re.IGNORECASE),
}
# What stands for a person in a system: a number, an address, a login; and one that could be a name beside others.
_LOGIN = re.compile(r"\S+@\S+|https?://\S+|\d+|[a-z][\w-]*[\d._][\w.-]*|[A-Za-z]+\d+\w*")
_LOGIN_ALONE = re.compile(r"[a-z]+(?:[-/][a-z]+)*")
_MAIL = re.compile(r"\s{0,9}[<(][^\s<>()@]+@[^\s<>()]+[>)]")
# Longer than anything that is said on a card, in characters.
_MAX_VALUE_CHARS = 2000


def version_number(digits: str) -> int:
    """The number of a version; 0 if it is none."""
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else 0


def embargo(until: str) -> str | None:
    """Why an article that is embargoed until then must not be shown; nothing if that is over."""
    until = until.strip()
    if not until:
        return "it is embargoed without an end"
    try:
        end = moment(until)
    except ValueError:
        return f'it is embargoed until "{until}", which is not a time that can be read'
    at = end if isinstance(end, datetime) else datetime.combine(end, time())
    # Without a zone it is over when it is over everywhere.
    at = at if at.tzinfo else at.replace(tzinfo=timezone(timedelta(hours=-12)))
    return f"it is embargoed until {until}" if at > datetime.now(UTC) else None


def unpublished(status: str) -> str | None:
    """Why an item of this status in its system must not be shown; nothing if the status does not forbid it."""
    word = re.sub(r"[\W_]+", "", status).lower()
    if word in _RECALLED:
        return WITHDRAWN
    return f'its status is "{status.strip()}": it is not published' if word in _UNPUBLISHED else None


def article(
    texts: Found,
    values: Mapping[str, Found],
    *,
    identity: str = "",
    line: int | None = None,
    notes: Sequence[str] = (),
    summary: str = "",
    changed: Found = (),
    version: str = "",
    missing: str = "it has no text",
) -> Draft | Refused:
    """One article from what a file says of it; why not, if it cannot be taken.

    Args:
        texts: its whole text, perhaps in several places; the first that is not empty is taken, others are compared.
            A headline that opens it is its title and no part of it.
        values: for a field of the card, likewise.
        identity: what the file calls it. Without one it is named by its title and day, so that it keeps its name when
            articles are added before it; without a title, by its text.
        line: where it begins.
        notes: what is noted already.
        summary: what the file has of it besides a whole text.
        changed: when it was changed last, perhaps in several places; the first that can be read is taken.
        version: the number of its version.
        missing: what is said where there is neither a text nor a summary.

    """
    found, problems = _card(values)
    texts = [(place, _body(text, str(found.get("title", "")))) for place, text in texts if text]
    text = texts[0][1] if texts else ""
    member = member_name(identity, f"{found['title']}\n{found.get('published')}" if "title" in found else text)
    reason = None
    if not text and summary:
        reason = f"it has no full text, only a summary of {len(summary)} characters"
    elif not text:
        reason = missing
    elif _CUT.search(text[-100:]):
        reason = "its text is cut short: it ends in a sign for what was left out"
    elif "\0" in text:
        reason = "its text holds NUL characters"
    elif not all(sound(str(words)) for words in (text, *found.values())):
        reason = "it holds half of a character (a lone surrogate), which cannot be stored"
    elif len(text.encode()) > MAX_ARTICLE_BYTES:
        reason = f"its text is larger than {MAX_ARTICLE_BYTES // 1024**2} MiB"
    if reason:
        return Refused(storable(reason), line, member)
    first = "".join(text.split()) if texts[1:] else ""
    problems += [
        f'its text differs between "{texts[0][0]}" and "{place}"; the first is used'
        for place, other in texts[1:]
        if "".join(other.split()) != first
    ]
    return Draft(
        text,
        found,
        member,
        line=line,
        notes=tuple(dict.fromkeys(map(storable, (*notes, *problems)))),
        revision=revision(version, changed, values.get("published", ())),
    )


def revision(version: str, changed: Found, published: Found = ()) -> Revision:
    """The version that a file states, of the first times that can be read."""
    times = (first_moment(value for _, value in places) for places in (changed, published))
    return Revision(version_number(version), *times)


def refused(reason: str, line: int | None, identity: str = "", withdrawal: Revision | None = None) -> Refused:
    """An article that is not taken, under the name that the file gives it."""
    return Refused(storable(reason), line, member_name(identity), withdrawal)


def unique(articles: Iterable[Draft | Refused]) -> Iterator[Draft | Refused]:
    """The same, where of several articles with one name only the first is taken."""
    lines: dict[str, int | None] = {}
    for each in articles:
        if isinstance(each, Draft) and each.member in lines:
            where = f"in line {lines[each.member]}" if lines[each.member] else "before it"
            reason = f"an article with the same id, or the same title and day, stands {where} already"
            yield Refused(reason, each.line, each.member)
            continue
        if isinstance(each, Draft):
            lines[each.member] = each.line
        yield each


def _body(text: str, title: str) -> str:
    """The text without markup that was escaped, and without the headline that opens it."""
    if _ESCAPED.search(text):
        text = html_paragraphs(text, keep_lines="\n\n" in text)
    opening, _, rest = text.partition("\n")
    return rest.lstrip("\n") if rest.strip() and title and _same_words(opening, title) else text


def _same_words(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _card(values: Mapping[str, Found]) -> tuple[dict[str, str | date], list[str]]:
    """The checked fields, and notes on what cannot be used or is contradicted."""
    found: dict[str, str | date] = {}
    notes = []
    for key, places in values.items():
        first = ""
        for place, raw in places:
            try:
                value = _checked(key, raw, place)
            except ValueError as exc:
                notes.append(f"{exc}; it is left out")
                continue
            if not first:
                found[key], first = value, place
            elif value != found[key] and _core(key, value) != _core(key, found[key]):
                notes.append(f'"{first}" gives {key} = "{found[key]}", "{place}" gives "{value}"; the first is used')
    if _same_words(str(found.get("author", "")), str(found.get("outlet", "-"))):
        notes.append(f'author = "{found.pop("author")}" is the outlet; it is left out')
    return found, notes


def _checked(key: str, raw: str, place: str) -> str | date:
    if key == "published":
        return day(raw)
    value = raw.strip()
    if len(value) > _MAX_VALUE_CHARS:
        raise ValueError(f"{key} is longer than {_MAX_VALUE_CHARS:,} characters")
    if key == "author":
        value = _person(value, _BY["byline" if place in {"by", "byline", "ByLine"} else "author"])
    if key == "language":
        primary, *rest = value.replace("_", "-").split("-")
        value = "-".join([primary.lower(), *rest])
    return card_field(key, value)


def _person(value: str, by: re.Pattern[str]) -> str:
    """The names in a byline; ValueError if there are none."""
    said = (by.sub("", name, count=1) if by.match(name) else name for name in _MAIL.sub("", value).split(", "))
    named = [name for name in said if name and not _LOGIN.fullmatch(name)]
    if value and (not named or (len(named) == 1 and _LOGIN_ALONE.fullmatch(named[0]))):
        raise ValueError(f'author = "{value}" is a number, an address or a login, not a name')
    return ", ".join(named)


def _core(key: str, value: str | date) -> str:
    """What two values must share so as not to contradict each other."""
    return str(value).casefold().split("-")[0] if key == "language" else str(value).casefold()


def member_name(identity: str, content: str = "") -> str:
    """A name that can be part of an article's id; a short hash of one that cannot, or else of what the article is."""
    name = identity.strip()
    if name and name.isprintable() and " " not in name and len(name) <= MAX_MEMBER_CHARS:
        return name
    key = name or content
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16] if key else ""
