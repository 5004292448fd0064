"""What is sent to Discord, read back the way its client reads it, is what is stored; and it always fits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from conftest import SEEDS
from discord_server import check_message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import discord_render as render
from bot import wording
from bot.answer import Answer, Excerpt, Place, Reason, Refusal
from bot.desk import DeskStatus
from index.build import BuildReport, Changes
from index.corpus import Problem, read_corpus
from index.model import Kind, Listing, Manifest, Passage, Source, Span
from index.passages import split

if TYPE_CHECKING:
    from discord import ui

# Discord's markdown as its clients know it, written from its documented behaviour, as an opinion of its own.
BLOCKS = {
    "heading": r" *#{1,3}\s+\S",
    "subtext": r" *-#\s+\S",
    "list": r"\s*(?:[*+-]|\d+[.)])\s+\S",
    "quote": r" *>(?:>>)? ",
}
INLINE = {
    "escape": r"\\([^0-9A-Za-z\s])",
    "code": r"(`+)(?!`)[\s\S]+?(?<!`)\1(?!`)",
    "timestamp": r"<t:-?\d+(?::[tTdDfFR])?>",
    "emoji": r"<a?:\w+:\d+>",
    "mention": r"<@[!&]?\d+>|<#\d+>|@everyone|@here",
    "command": r"</[^:>]+:\d+>",
    "navigation": r"<id:\w+(?::\d+)?>",
    "autolink": r"<[A-Za-z][\w+.-]*:[^\s>]+>|<[^@\s>]+@[^\s>]+>|<\+?\d[\d ()-]+>",
    "url": r"(?:https?|steam|discord)://[^\s<]+",
    "invite": r"(?:discord\.gg|discord(?:app)?\.com/invite)/\w+",
    "link": r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?\s*\)",
    "bold": r"\*\*(?:\\[\s\S]|[^\\])+?\*\*(?!\*)",
    "underline": r"__(?:\\[\s\S]|[^\\])+?__(?!_)",
    "italic": r"_(?:\\[\s\S]|[^\\_])+?_|\*(?=\S)(?:\\[\s\S]|[^\\*])+?\*",
    "strike": r"~~[\s\S]+?~~",
    "spoiler": r"\|\|[\s\S]+?\|\|",
}
EXAMPLES = {
    "heading": ["# a", "### a", "  ## a"],
    "subtext": ["-# a"],
    "list": ["- a", "* a", "+ a", "  - a", "1. a", "  12. a", "3) a"],
    "quote": ["> a", ">>> a", "  > a"],
    "code": ["`a`", "``a``", "```py\na```"],
    "timestamp": ["<t:1683158400>", "<t:1683158400:R>"],
    "emoji": ["<:x:1>", "<a:x:1>"],
    "mention": ["<@1>", "<@!1>", "<@&1>", "<#1>", "@everyone", "@here"],
    "command": ["</ask:1>"],
    "navigation": ["<id:home>", "<id:customize>"],
    "autolink": ["<https://a.example>", "<a@b.example>", "<mailto:a@b.example>", "<+1 555 010>"],
    "url": ["https://a.example/b_c_d", "http://a.example"],
    "invite": ["discord.gg/abc", "discord.com/invite/abc"],
    "link": ["[a](https://a.example)", "[a](<https://a.example>) and [b](https://b.example)"],
    "bold": ["**a**", "***a***"],
    "underline": ["__a__"],
    "italic": ["*a*", "_a_"],
    "strike": ["~~a~~"],
    "spoiler": ["||a||"],
}
MARKUP = st.sampled_from(
    [
        *"\\*_~`|<>@#[]()-+.:/!&1a \n",
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "-# ",
        "é",
        "“",
        "…",
        "🛰️",
        "https://",
        "t:1",
        "everyone",
    ]
)
TEXTS = st.lists(MARKUP | st.characters(exclude_categories=["Cs", "Cc"]), max_size=60).map("".join)


def shown(markdown: str) -> tuple[str, list[str]]:
    """The characters that a reader sees, and the kinds of markup found on the way."""
    text, kinds, at = "", [], 0
    while at < len(markdown):
        rules = {**(BLOCKS if at == 0 or markdown[at - 1] == "\n" else {}), **INLINE}
        for kind, rule in rules.items():
            if found := re.compile(rule).match(markdown, at):
                if kind != "escape":
                    kinds.append(kind)
                    text += found[0]
                else:
                    text += found[1]
                at = found.end()
                break
        else:
            text += markdown[at]
            at += 1
    return text, kinds


def unquoted(markdown: str) -> str:
    """What stands within a block quote; every line must be in it."""
    lines = markdown.split("\n")
    assert all(line.startswith("> ") for line in lines), markdown
    return "\n".join(line.removeprefix("> ") for line in lines)


def texts_of(view: ui.LayoutView) -> list[str]:
    """A view's texts in order, after checking that Discord takes the message."""
    components = view.to_components()
    check_message({"components": components, "flags": 1 << 15, "allowed_mentions": {"parse": []}})
    return [item["content"] for box in components for item in box["components"] if item["type"] == 10]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in EXAMPLES.items() for text in texts])
def test_each_markup_is_known_to_the_oracle_and_escaped(kind: str, text: str) -> None:
    assert kind in shown(text)[1]
    assert shown(render.escape(text)) == (text, [])
    assert shown(unquoted(render.quote(f"one\n{text}"))) == (f"one\n{text}", [])


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("¯\\_(ツ)_/¯")
@example("\\\\- a\\")
@example("  \n   - a\n\n> b  ")
def test_any_text_is_shown_as_it_is(text: str) -> None:
    assert shown(render.escape(text)) == (text, [])
    assert shown(unquoted(render.quote(text))) == (text, [])


def test_every_seed_sentence_is_shown_as_it_is() -> None:
    sentences = [
        passage.words(span)
        for article in read_corpus(SEEDS).articles
        for passage in split(article)
        for span in passage.sentences
    ]
    assert len(sentences) > 50
    for sentence in sentences:
        assert shown(unquoted(render.quote(sentence))) == (sentence, [])


def source(**card: Any) -> Source:
    facts = {
        "id": "wire/kremlin_drones",
        "title": "Drones over the *Kremlin*",
        "title_given": True,
        "outlet": "Example_Wire_",
        "author": None,
        "published": date(2023, 5, 3),
        "url": "https://news.example/a_b_(c)?q=1",
        "language": "en",
        "sha256": "ab" * 32,
    }
    return Source(**{**facts, **card})


def excerpt(number: int, text: str, *, before: str = "", after: str = "", also: int = 0, **card: Any) -> Excerpt:
    whole, start, end = before + text + after, 100 + len(before), 100 + len(before) + len(text)
    middle = start + len(text) // 2
    spans = tuple(Span(a, b) for a, b in ((start, middle), (middle, end)) if a < b)
    passage = Passage(source(**card), 100, 100 + len(whole), whole, 7, Kind.CAPTION, spans)
    places = tuple(Place(source(**card), n) for n in range(also))
    return Excerpt(number, text, start, end, passage, 1.0, places)


def answer(*excerpts: Excerpt, question: str = "Who denied *it*?") -> Answer:
    return Answer(question, excerpts, None, 5, 1)


def test_an_answer_is_quotes_with_number_headline_outlet_date_and_paragraph() -> None:
    first = excerpt(1, "It was denied.", before="Well. ", also=1)
    second = excerpt(2, "It was not.", title="What was said", title_given=False, outlet=None, published=None, url=None)
    texts = texts_of(render.answer_view(answer(first, second), show_question=True))
    assert texts == [
        "-# Question: Who denied \\*it\\*?",
        "> […] It was denied.",
        "**1.** [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)\n"
        "-# Example\\_Wire\\_ · 2023-05-03 · paragraph 7, picture caption\n"
        "-# The same words stand in: Drones over the \\*Kremlin\\*, Example\\_Wire\\_, paragraph 0",
        "> It was not.",
        "**2.** “What was said” (opening words, no headline given)\n"
        "-# outlet not given · date not given · paragraph 7, picture caption",
        "-# 2 excerpts from 1 of 5 articles in the index",
    ]
    assert texts_of(render.answer_view(answer(first, second), show_question=False)) == texts[1:]


def test_what_may_not_answer_is_said_first() -> None:
    unlikely = replace(answer(excerpt(1, "It was denied.")), likely=False)
    for show_question in (True, False):
        head = texts_of(render.answer_view(unlikely, show_question=show_question))[0]
        assert head.split("\n")[-1] == "**These are the closest passages; they may not answer.**"


def test_what_was_put_first_is_said_and_escaped() -> None:
    preferred = replace(answer(excerpt(1, "It was denied.")), preferred=("*Star*", "3 May"))
    head = texts_of(render.answer_view(preferred, show_question=False))[0]
    assert head == r"**The question names \*Star\* and 3 May, so such articles come first.**"


def test_a_headline_with_brackets_is_shown_beside_its_link() -> None:
    citation = texts_of(render.answer_view(answer(excerpt(1, "It.", title="A ] b [ c")), show_question=False))[1]
    assert "**A \\] b \\[ c** [link](<https://news.example/" in citation
    assert shown(citation.split("\n")[0])[1].count("link") == 1


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(TEXTS.map(str.strip).filter(bool), st.integers(1, 200), TEXTS, TEXTS), min_size=1, max_size=10),
    st.integers(0, 40),
    st.sampled_from([1, 30, 300]),
    st.booleans(),
)
def test_any_answer_fits_with_every_citation_and_only_stored_words(
    pieces: list[tuple[str, int, str, str]], also: int, long: int, given_title: bool
) -> None:
    excerpts = [
        excerpt(
            number,
            (text + " ") * (times - 1) + text,
            before=before,
            after=after,
            also=also,
            title="A *title* " * long,
            title_given=given_title,
            outlet="An_outlet " * long,
            url="https://news.example/" + "p" * long * 5,
        )
        for number, (text, times, before, after) in enumerate(pieces, start=1)
    ]
    texts = texts_of(render.answer_view(answer(*excerpts, question="?*" * 1000), show_question=True))
    assert len(texts) == 2 + 2 * len(excerpts)
    for stored, quotation, citation in zip(excerpts, texts[1:-1:2], texts[2:-1:2], strict=True):
        words, kinds = shown(unquoted(quotation).removeprefix("[…] ") if stored.trimmed_before else unquoted(quotation))
        assert not kinds
        whole = words == stored.text
        assert whole or (words.endswith(" […]") and stored.text.startswith(words.removesuffix(" […]")))
        assert whole or stored.trimmed_after or words != f"{stored.text} […]"
        assert words.removesuffix(" […]")
        assert citation.startswith(f"**{stored.number}.** ")
        assert "An\\_outlet" in citation
        assert "2023-05-03 · paragraph 7, picture caption" in citation
        assert "title" in citation
        assert ("same words stand in" in citation) == bool(also)


def test_a_long_quote_is_cut_at_a_sentence_else_at_a_word_else_anywhere() -> None:
    def only_quote(text: str, middle: int) -> str:
        long = excerpt(1, text)
        passage = replace(long.passage, sentences=(Span(100, 100 + middle), Span(100 + middle, long.end)))
        view = render.answer_view(answer(replace(long, passage=passage)), show_question=False)
        return texts_of(view)[0]

    two = "Short one." + " long" * 1000
    assert only_quote(two, 10) == "> Short one. […]"
    words = only_quote("word " * 1000 + "end", 5000)
    assert re.fullmatch(r"> (?:word )+\[…\]", words)
    assert 3500 < len(words) <= render.LAYOUT_LIMIT
    assert re.fullmatch(r"> (?:\\_)+ \[…\]", only_quote("_" * 5000, 4999))


def test_short_quotes_leave_their_room_to_long_ones() -> None:
    long, short = excerpt(1, "long " * 500 + "end"), excerpt(2, "Short.")
    texts = texts_of(render.answer_view(answer(long, short), show_question=False))
    assert unquoted(texts[0]) == long.text
    assert unquoted(texts[2]) == "Short."


def test_a_refusal_says_why_and_names_the_nearest_articles() -> None:
    refusal = Refusal(Reason.FILTERED_OUT, "No article in the index is from *X*.", (source(), source(url=None)))
    view = render.answer_view(Answer("q", (), refusal, 5, 1), show_question=False)
    assert texts_of(view) == [
        "**No article in the index is from \\*X\\*.**\n"
        f"{wording.NEAREST}:\n"
        "- [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)"
        " · Example\\_Wire\\_ · 2023-05-03\n"
        "- **Drones over the \\*Kremlin\\*** · Example\\_Wire\\_ · 2023-05-03"
    ]


def test_a_refusal_always_fits() -> None:
    refusal = Refusal(
        Reason.NOTHING_NEAR, "_" * 3000, (source(title="_" * 999, url="https://x.example/" + "y" * 2000),) * 3
    )
    assert texts_of(render.answer_view(Answer("*" * 3000, (), refusal, 5, 1), show_question=True))


LISTING = Listing(source(), 12, datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
LONG = Listing(
    source(id="x_" * 300, title="_" * 999, outlet="*" * 999, url="https://x.example/" + "y" * 3000),
    12_345,
    LISTING.indexed_at,
)


def test_sources_have_number_title_outlet_date_passages_and_day_of_indexing() -> None:
    assert render.sources_text([LISTING] * 11, 1) == (
        "**Sources** · 11 articles · page 2 of 2\n"
        "**11.** [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)\n"
        "-# Example\\_Wire\\_ · 2023-05-03 · 12 passages · indexed 2026-11-22 · wire\\/kremlin\\_drones"
    )
    assert render.sources_text([], 0) == wording.EMPTY_INDEX
    assert render.width(render.sources_text([LONG] * 10, 0)) <= render.LAYOUT_LIMIT


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2)])
def test_pages(count: int, pages: int) -> None:
    assert render.pages([LISTING] * count) == pages


def test_a_card_shows_what_is_known_and_what_is_not() -> None:
    (card,) = texts_of(render.card_view(LISTING))
    for fact in (
        "Example\\_Wire\\_",
        "author not given",
        "2023-05-03",
        "12",
        "2026-11-22 09:30 UTC",
        "sha256 abababababab",
    ):
        assert fact in card
    assert "<https://news.example/a_b_%28c%29?q=1>" in card
    assert "open it at its link" in card
    (bare,) = texts_of(render.card_view(replace(LISTING, source=source(url=None, language=None))))
    assert "link not given" in bare
    assert "language not given" in bare
    assert "in the bot's corpus folder: wire\\/kremlin\\_drones.txt" in bare
    assert texts_of(render.card_view(LONG))


MANIFEST = Manifest(1, 3, "all-MiniLM_L6", "w", 384, 5, 70, 140, "c", datetime(2026, 11, 22, 9, 30, tzinfo=UTC), {})


def test_status() -> None:
    text = render.status_text(DeskStatus(MANIFEST, "Generation 4 is damaged.", True), 0.0421)
    for fact in (
        "Generation 3",
        "2026-11-22 09:30",
        "5 articles",
        "70 passages",
        "all-MiniLM\\_L6",
        "42 ms",
        "is damaged",
        "being built",
    ):
        assert fact in text
    for latency in (float("nan"), float("inf")):
        assert "not measured yet" in render.status_text(DeskStatus(MANIFEST, None, False), latency)


def test_a_long_report_becomes_a_file() -> None:
    short = BuildReport(MANIFEST, True, Changes(("a_b",), (), (), 0, (), ()), 1, 2, 3.0)
    text, file = render.report_text(short)
    assert "added: a\\_b" in text
    assert file is None
    problems = tuple(Problem(f"{n}.txt", "it is empty") for n in range(200))
    long = replace(short, changes=replace(short.changes, refused=problems))
    text, file = render.report_text(long)
    assert render.width(text) <= render.CONTENT_LIMIT
    assert text.startswith("Built generation 3")
    assert file == "\n".join(long.lines())


@given(TEXTS, st.integers(2, 60))
def test_shortened_text_fits_and_is_marked(text: str, limit: int) -> None:
    short = render.shorten(text, limit)
    assert render.width(short) <= limit
    words, kinds = shown(short)
    assert not kinds
    assert words == text or (words.endswith("…") and text.startswith(words[:-1]))


def test_plain_names_are_cut_with_a_mark() -> None:
    assert render.plain("a" * 101, 100) == "a" * 99 + "…"
    assert render.plain("a" * 100, 100) == "a" * 100
