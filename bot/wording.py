"""The bot's own words: fixed frame text around quotations, the same on every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answer import Answer, Excerpt
    from index.model import Filters, Source

OUTLET_UNKNOWN = "outlet not given"
DATE_UNKNOWN = "date not given"
TRIMMED = "[…]"
KIND_LABELS = {"caption": "picture caption", "embed": "embedded post"}
EMPTY_QUESTION = "There is no question to look for. Ask in a few words, for example: Who denied the attack?"
EMPTY_INDEX = "The index holds no articles yet. An admin can add some and reindex."
NEAREST = "Nearest articles"
MAY_NOT_ANSWER = "These are the closest passages; they may not answer."


def outlet(source: Source) -> str:
    """The outlet, or that it is not known."""
    return source.outlet or OUTLET_UNKNOWN


def day(source: Source) -> str:
    """The publication date as YYYY-MM-DD, or that it is not known."""
    return source.published.isoformat() if source.published else DATE_UNKNOWN


def title(source: Source) -> str:
    """The headline; opening words that stand in for one are marked as such."""
    return source.title if source.title_given else f"“{source.title}” (opening words, no headline given)"


def place(excerpt: Excerpt) -> str:
    """The paragraph, and what the passage is where it is not prose."""
    label = KIND_LABELS.get(excerpt.passage.kind)
    return f"paragraph {excerpt.passage.paragraph}" + (f", {label}" if label else "")


def citation(excerpt: Excerpt) -> str:
    """Outlet, title, date, place and link of an excerpt in one line."""
    source = excerpt.source
    parts = [outlet(source), title(source), day(source), place(excerpt), source.url]
    return " · ".join(part for part in parts if part)


def also_in(excerpt: Excerpt) -> str | None:
    """Where else the same words stand among the passages found, or None."""
    if not excerpt.also_in:
        return None
    places = (f"{title(p.source)}, {outlet(p.source)}, paragraph {p.paragraph}" for p in excerpt.also_in)
    return "The same words stand in: " + "; ".join(places)


def counts(answer: Answer) -> str:
    """How many excerpts from how many of the articles in the index."""
    articles = len({excerpt.source.id for excerpt in answer.excerpts})
    excerpts = plural(len(answer.excerpts), "excerpt")
    return f"{excerpts} from {articles} of {plural(answer.articles, 'article')} in the index"


def remarks(answer: Answer) -> tuple[str, ...]:
    """What to know before the excerpts are read: that they may not answer, and what was put first."""
    remarks = () if answer.likely else (MAY_NOT_ANSWER,)
    if answer.preferred:
        remarks += (f"The question names {' and '.join(answer.preferred)}, so such articles come first.",)
    return remarks


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 article", "2 articles"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def nothing_near(unknown: Sequence[str]) -> str:
    """That the coverage does not answer; and which names of the question it does not hold at all."""
    message = "The coverage in this index does not answer this."
    if unknown:
        names = " and ".join(f"“{name}”" for name in unknown)
        message += f" {names} {'does' if len(unknown) == 1 else 'do'} not occur in it."
    return message


def filtered_out(filters: Filters, passing: int, undated: int) -> str:
    """That a question is answered outside the asked-for articles only, and what was asked for."""
    wanted = " and ".join(described(filters))
    if not passing:
        message = f"No article in the index is {wanted}."
    else:
        message = f"Nothing in {plural(passing, 'article')} {wanted} answers this; other articles in the index may."
    if undated and (filters.since or filters.until):
        message += (
            f" {plural(undated, 'article')} without a date {'is' if undated == 1 else 'are'} left out by a date filter."
        )
    return message


def described(filters: Filters) -> Sequence[str]:
    """The filters in words, one phrase each."""
    phrases = []
    if filters.outlets:
        phrases.append("from " + " or ".join(filters.outlets))
    if filters.articles:
        phrases.append("named " + " or ".join(filters.articles))
    if filters.since:
        phrases.append(f"published on or after {filters.since.isoformat()}")
    if filters.until:
        phrases.append(f"published on or before {filters.until.isoformat()}")
    return phrases
