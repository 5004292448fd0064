"""Which articles are versions of one another, and which of them counts. Pure.

Versions have the same address (or, where their files give none, the same id of the kind that is unique everywhere), no
two outlets are named for them, and their texts are one story in the sense of `copies`: there are sites that give every
page the same address, and outlets that name another's article as the original of their copy. The one that its file
says to be the latest is the article; the others are its earlier texts. Nothing is made of the names of files, nor of
when they were saved.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from index.copies import groups, signature
from index.readers.drafts import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.model import Article
    from index.readers.drafts import Revision

# What mail, advertising and statistics add to a link. Only names that nothing else has: with `uid` or `source`, which
# longer lists such as courlan's have too, some sites tell their articles apart.
_TRACKING = re.compile(
    r"(?:utm_\w+|(?:d|fb|g|tt|tw|y)clid|msclkid|[gw]braid|igsh(?:id)?|mc_[ce]id|_g[al]|xtor)(?:=|$)", re.IGNORECASE
)
# Ids that no two articles of different sources have.
_UNIQUE = ("urn:", "tag:", "http://", "https://")


@dataclass(frozen=True, slots=True)
class Edition:
    """An article as one file has it.

    `name` is what `sources.toml` calls it, `member` as in `Draft`, and `revision` what is stated of its version, where
    `sources.toml` counts.
    """

    name: str
    article: Article
    revision: Revision
    member: str = ""


class Withdrawal(NamedTuple):
    """That a publisher has taken an article back: which file says so, the article, and the version that says it."""

    name: str
    member: str
    revision: Revision


class Settled(NamedTuple):
    """The articles by id in order, the other versions of each (by its id, the latest first), and notes on these.

    `withdrawn` says of each edition that is none of these any more who took it back.
    """

    articles: tuple[Article, ...]
    earlier: dict[str, tuple[Article, ...]]
    notes: tuple[Problem, ...]
    withdrawn: tuple[Problem, ...] = ()


def settle(editions: Iterable[Edition], withdrawals: Iterable[Withdrawal] = ()) -> Settled:
    """Tell articles from earlier versions of them, whatever order they come in.

    What was taken back in another file is none, unless it is stated to be later than that: by its id, where that is one
    of the kind that is unique everywhere.

    Versions whose files do not say which is the latest are all articles, but of several with the very same text only
    one is: the latest, or else the first by id. Takes time in proportion to the articles, see `copies.groups`.
    """
    editions, withdrawn = _standing(sorted(editions, key=_id), withdrawals)
    by_address: dict[str, list[Edition]] = defaultdict(list)
    for edition in editions:
        if where := address(edition.article.source.url) if edition.article.source.url else _unique_id(edition):
            by_address[where].append(edition)
    replaced: set[str] = set()
    earlier: dict[str, tuple[Article, ...]] = {}
    notes: list[Problem] = []
    for same in by_address.values():
        for story in _stories(same) if len(same) > 1 else ():
            for article, others in _ranked(story, notes):
                earlier[article] = tuple(other.article for other in others)
                replaced.update(map(_id, others))
    articles = tuple(edition.article for edition in editions if _id(edition) not in replaced)
    return Settled(articles, earlier, tuple(notes), tuple(withdrawn))


def address(url: str) -> str:
    """What two links to the same page have in common.

    It is without the scheme, the letter case of the host, a slash at the end, the fragment, and tracking parameters.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # a host that is none
        return url
    query = "&".join(sorted(each for each in parts.query.split("&") if each and not _TRACKING.match(each)))
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}?{query}"


def _id(edition: Edition) -> str:
    return edition.article.source.id


def _standing(editions: Sequence[Edition], withdrawals: Iterable[Withdrawal]) -> tuple[list[Edition], list[Problem]]:
    """The editions that nobody has taken back, and a sentence for each of the others."""
    by_id: dict[str, list[Withdrawal]] = defaultdict(list)
    for each in withdrawals:
        by_id[each.member].append(each)
    standing, withdrawn = [], []
    for edition in editions:
        against = by_id.get(_unique_id(edition), ())
        last = next((each for each in against if not _later(edition.revision, each.revision)), None)
        if last is None:
            standing.append(edition)
        else:
            withdrawn.append(Problem(edition.name, f"withdrawn by its publisher, as {last.name} says"))
    return standing, withdrawn


def _unique_id(edition: Edition) -> str:
    return edition.member if edition.member.startswith(_UNIQUE) else ""


def _stories(same: Sequence[Edition]) -> list[list[Edition]]:
    """Those of one address that are versions of one another, as far as they are."""
    texts = {edition.article.source.sha256: edition.article.text for edition in same}
    story: dict[str, str] = {}
    if len(texts) > 1:
        signatures = {sha256: signature(text) for sha256, text in texts.items()}
        story = {sha256: group[0] for group in groups(signatures, texts.__getitem__) for sha256 in group}
    outlets = {_outlet(edition) for edition in same} - {""}
    found: dict[tuple[str, str], list[Edition]] = defaultdict(list)
    for edition in same:
        sha256 = edition.article.source.sha256
        found[_outlet(edition) if len(outlets) > 1 else "", story.get(sha256, sha256)].append(edition)
    return [versions for versions in found.values() if len(versions) > 1]


def _outlet(edition: Edition) -> str:
    return (edition.article.source.outlet or "").casefold()


def _ranked(versions: Sequence[Edition], notes: list[Problem]) -> list[tuple[str, list[Edition]]]:
    """The ids of those that are articles, each with those whose place it takes, the latest first; adds notes."""
    same = "the same address" if versions[0].article.source.url else "the same id"
    kept: dict[str, Edition] = {}  # of each text
    for version in versions:
        sha256 = version.article.source.sha256
        if sha256 not in kept or _later(version.revision, kept[sha256].revision):
            kept[sha256] = version
    latest, *_ = kept.values()
    for version in kept.values():
        latest = version if _later(version.revision, latest.revision) else latest
    # That no other is later is not known of what was passed over: times can be of kinds that do not compare.
    staying = {_id(version): version for version in kept.values() if not _later(latest.revision, version.revision)}
    replaced: dict[str, list[Edition]] = defaultdict(list)
    for version in versions:
        twin = kept[version.article.source.sha256]
        if _id(version) in staying:
            continue
        if _id(twin) in staying:
            replaced[_id(twin)].append(version)
            notes.append(Problem(version.name, f"left out: {twin.name} has {same} and the same text"))
        else:
            replaced[_id(latest)].append(version)
            reason = f"replaced by {latest.name}, which has {same} and {_later(latest.revision, twin.revision)}"
            notes.append(Problem(version.name, reason))
    if len(staying) > 1:
        notes.append(_undecided(list(staying.values()), same))
    return [(article, sorted(others, key=_stated, reverse=True)) for article, others in replaced.items()]


def _undecided(versions: Sequence[Edition], same: str) -> Problem:
    first, second, *more = (version.name for version in versions)
    others = f"{second} and {len(more)} more have" if more else f"{second} has"
    return Problem(
        first,
        f"{others} {same} and another version of its text, and which is the latest is not stated: they are all "
        "searched. Give `published` of each in sources.toml, or remove what is out of date",
    )


def _stated(version: Edition) -> tuple[int, str]:
    number, changed, published = version.revision
    return number, str(changed or published or "")


def _later(this: Revision, that: Revision) -> str:
    """In which way one version is stated to be later than another, to follow its name; nothing if it is not."""
    if this.number and that.number and this.number != that.number:
        return f"is version {this.number}, not {that.number}" if this.number > that.number else ""
    times = [(this.changed or this.published, that.changed or that.published)]
    if this.changed and that.changed:  # on one day, say: then a day of publication that is given decides
        times.append((this.published, that.published))
    for time, before in times:
        if time and before and (order := _order(time, before)):
            if order < 0:
                return ""
            verb = "changed" if time == this.changed else "published"
            days = _day(time), _day(before)
            told = days if days[0] > days[1] else (time, before)
            return f"was {verb} later ({told[0]} against {told[1]})"
    return ""


def _order(one: date, other: date) -> int:
    """1 if one time is later than another, -1 if it is earlier, 0 if that cannot be told."""
    if isinstance(one, datetime) and isinstance(other, datetime) and bool(one.tzinfo) == bool(other.tzinfo):
        return (one > other) - (one < other)
    first, second = _day(one), _day(other)
    return (first > second) - (first < second)


def _day(time: date) -> date:
    return time.date() if isinstance(time, datetime) else time
