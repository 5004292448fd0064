"""What is sent to Discord, read back the way its client reads it, is what is stored; and it always fits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest
from conftest import SEEDS
from discord_server import check_message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import verdicts, wording
from bot.answer import Answer, Excerpt, Place, Reason, Refusal
from bot.citing import Form, cite
from bot.desk import DeskStatus, Neighbour
from bot.discord import blocks, render, views
from bot.discord.answers import AnswerButton, ContextMenu
from bot.metrics import Quantiles
from bot.quotations import Verification
from bot.records.audit import Action
from bot.records.database import TEXT_CHARS
from bot.records.places import OwnSettings, PlaceSettings
from bot.records.refusals import Unanswered
from bot.records.sent import Context
from index.build import BuildReport, Changes
from index.corpus import read_corpus
from index.findings import Finding, Part, Quotation, Standing, Verdict
from index.model import Filters, Kind, Listing, Manifest, Passage, Source, Span, Speaker
from index.passages import split
from index.readers.drafts import Problem
from index.shown import visible
from index.tokens import Change, Segment, Typography

if TYPE_CHECKING:
    from discord import ui

# Discord's markdown as its clients know it, written from its documented behaviour, as an opinion of its own.
BLOCKS = {
    "heading": r"^ *#{1,3}\s+(?=\S)",
    "subtext": r"^ *-#\s+(?=\S)",
    "list": r"^\s*(?:[*+-]|\d+[.)])\s+(?=\S)",
    "quote": r"^ *>(?:>>)? ",
}
INLINE = {
    "escape": r"\\(?P<escaped>[^0-9A-Za-z\s])",
    "code": r"(?P<ticks>`+)(?!`)[\s\S]+?(?<!`)(?P=ticks)(?!`)",
    "timestamp": r"<t:-?\d+(?::[tTdDfFR])?>",
    "emoji": r"<a?:\w+:\d+>",
    "mention": r"<@[!&]?\d+>|<#\d+>|@everyone|@here",
    "command": r"</[^:>]+:\d+>",
    "navigation": r"<id:\w+(?::\d+)?>",
    "autolink": r"<[A-Za-z][\w+.-]*:[^\s>]+>|<[^@\s>]+@[^\s>]+>|<\+?\d[\d ()-]+>",
    "shortcode": r":[\w+-]+:",
    "url": r"(?:https?|steam|discord)://[^\s<]+",
    "invite": r"(?:discord\.gg|discord(?:app)?\.com/invite)/\w+",
    "link": r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?\s*\)",
    "bold": r"\*\*(?:\\[\s\S]|[^\\])+?\*\*(?!\*)",
    "underline": r"__(?:\\[\s\S]|[^\\])+?__(?!_)",
    "italic": r"_(?:\\[\s\S]|[^\\_])+?_|\*(?=\S)(?:\\[\s\S]|[^\\*])+?\*",
    "strike": r"~~[\s\S]+?~~(?!_)",
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
    "shortcode": [":smile:", ":+1:", "::flag-de::", "a:b_c:d"],
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
        ":smile:",
        "everyone",
    ]
)
TEXTS = st.lists(MARKUP | st.characters(exclude_categories=["Cs", "Cc"]), max_size=60).map("".join)

# Where several fit, what comes first is taken.
RULES = re.compile("|".join(f"(?P<{kind}>{rule})" for kind, rule in {**BLOCKS, **INLINE}.items()), re.MULTILINE)


def shown(markdown: str) -> tuple[str, list[str]]:
    """The characters that a reader sees, and the kinds of markup found on the way."""
    kinds = [found.lastgroup or "" for found in RULES.finditer(markdown) if found.lastgroup != "escape"]
    return RULES.sub(lambda found: found["escaped"] or found[0], markdown), kinds


def unquoted(markdown: str) -> str:
    """What stands within a block quote; every line must be in it."""
    lines = markdown.split("\n")
    assert all(line.startswith("> ") for line in lines), markdown
    return "\n".join(line.removeprefix("> ") for line in lines)


def parts_of(view: ui.LayoutView) -> list[dict[str, Any]]:
    """A view's components, nested ones too, in the order of reading, after checking that Discord takes the message."""
    waiting: list[dict[str, Any]] = view.to_components()
    check_message({"components": waiting, "flags": 1 << 15, "allowed_mentions": {"parse": []}})
    parts = []
    while waiting:
        part, *waiting = waiting
        parts.append(part)
        waiting = [*part.get("components", ()), *filter(None, [part.get("accessory")]), *waiting]
    assert len(parts) <= 40
    return parts


def texts_of(view: ui.LayoutView) -> list[str]:
    return [part["content"] for part in parts_of(view) if part["type"] == 10]


def buttons_of(view: ui.LayoutView) -> list[tuple[str, str]]:
    """The label of each button and what its id says."""
    buttons = [part for part in parts_of(view) if part["type"] == 2]
    assert all(len(button["label"]) <= 80 and len(button["custom_id"]) <= 100 for button in buttons)
    return [(button["label"], button["custom_id"]) for button in buttons]


BUTTON = partial(AnswerButton, "0123456789ab")
MENU = partial(ContextMenu, "0123456789ab")


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in EXAMPLES.items() for text in texts])
def test_each_markup_is_known_to_the_oracle_and_escaped(kind: str, text: str) -> None:
    assert kind in shown(text)[1]
    assert shown(blocks.escape(text)) == (text, [])
    assert shown(unquoted(blocks.quote(f"one\n{text}"))) == (f"one\n{text}", [])


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("¯\\_(ツ)_/¯")
@example("\\\\- a\\")
@example("  \n   - a\n\n> b  ")
def test_any_text_is_shown_as_it_is(text: str) -> None:
    assert shown(blocks.escape(text)) == (text, [])
    assert shown(unquoted(blocks.quote(text))) == (text, [])


def test_every_seed_sentence_is_shown_as_it_is() -> None:
    sentences = [
        passage.words(span)
        for article in read_corpus(SEEDS).articles
        for passage in split(article)
        for span in passage.sentences
    ]
    assert len(sentences) > 50
    for sentence in sentences:
        assert shown(unquoted(blocks.quote(sentence))) == (sentence, [])


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


def marked(quoted: Excerpt, words: str) -> Excerpt:
    """The excerpt with words in it that answer, the first of them where they stand twice."""
    start = quoted.start + quoted.text.index(words)
    return replace(quoted, answer=Span(start, start + len(words)))


def marked_within(quoted: Excerpt, first: float, last: float) -> Excerpt:
    """The excerpt with the words between two shares of it as those that answer, if there are any."""
    ends = sorted(int(share * len(quoted.text)) for share in (first, last))
    words = quoted.text[slice(*ends)]
    start = quoted.start + ends[0] + len(words) - len(words.lstrip())
    return replace(quoted, answer=Span(start, start + len(words.strip()))) if words.strip() else quoted


MARKS = st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1))


def answer(*excerpts: Excerpt, question: str = "Who denied *it*?") -> Answer:
    return Answer(question, excerpts, None, 5, 1)


FIRST = excerpt(1, "It was denied.", before="Well. ", also=1)
SECOND = excerpt(2, "It was not.", title="What was said", title_given=False, outlet=None, published=None, url=None)
ANSWER_TEXTS = [
    "-# Question: Who denied \\*it\\*?",
    "> […] It was denied.",
    "**1.** Example\\_Wire\\_ · 2023-05-03 · "
    "[**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>) · paragraph 7, picture caption\n"
    "-# The same words stand in: Drones over the \\*Kremlin\\*, Example\\_Wire\\_, paragraph 0",
    "> It was not.",
    "**2.** source not stated · “What was said” (opening words) · paragraph 7, picture caption",
    "-# 2 excerpts from 1 of 5 articles in the index",
]


def test_an_answer_is_quotes_with_number_headline_outlet_date_and_paragraph() -> None:
    view = render.answer_view(answer(FIRST, SECOND), show_question=True)
    assert texts_of(view) == ANSWER_TEXTS
    assert buttons_of(view) == []
    assert texts_of(render.answer_view(answer(FIRST, SECOND), show_question=False)) == ANSWER_TEXTS[1:]


@pytest.mark.parametrize(("private", "last"), [(False, ("Remove", "remove")), (True, ("Share", "share"))])
def test_an_answer_has_one_menu_of_contexts_and_its_buttons(private: bool, last: tuple[str, str]) -> None:
    view = render.answer_view(answer(FIRST, SECOND), show_question=True, button=BUTTON, menu=MENU, private=private)
    assert texts_of(view) == ANSWER_TEXTS
    assert buttons_of(view) == [
        ("Carried by", "answer:carried:0123456789ab:0"),
        ("As a file", "answer:file:0123456789ab:0"),
        ("More", "answer:more:0123456789ab:0"),
        ("Sources", "answer:sources:0123456789ab:0"),
        (last[0], f"answer:{last[1]}:0123456789ab:0"),
        ("Helpful", "answer:helpful:0123456789ab:0"),
        ("Not helpful", "answer:not_helpful:0123456789ab:0"),
    ]
    # Nothing that removes is louder than what helps.
    styles = [part["style"] for part in parts_of(view) if part["type"] == 2]
    assert styles == [2, 2, 2, 2, 1 if private else 2, 2, 2]
    (menu,) = (part for part in parts_of(view) if part["type"] == 3)
    assert menu["custom_id"] == "context:0123456789ab"
    assert [(choice["label"], choice["description"], choice["value"]) for choice in menu["options"]] == [
        ("1. Example_Wire_ · 2023-05-03", "Drones over the *Kremlin*", "1"),
        ("2. source not stated", "What was said", "2"),
    ]


def test_a_question_that_took_words_of_another_may_be_asked_alone() -> None:
    refused = replace(answer(), excerpts=(), refusal=Refusal(Reason.NOTHING_NEAR, "No."))
    for told in (answer(FIRST), answer(FIRST, SECOND), refused):
        for alone in (True, False):
            view = render.answer_view(told, show_question=True, button=BUTTON, menu=MENU, alone=alone)
            assert (("Ask it alone", "answer:alone:0123456789ab:0") in buttons_of(view)) == alone


@pytest.mark.parametrize("count", range(1, 11))
def test_any_number_of_excerpts_has_its_contexts(count: int) -> None:
    many = [replace(FIRST, number=number) for number in range(1, count + 1)]
    view = render.answer_view(answer(*many), show_question=True, button=BUTTON, menu=MENU, alone=True)
    menus = [part for part in parts_of(view) if part["type"] == 3]
    assert [len(menu["options"]) for menu in menus] == ([count] if count > 1 else [])
    assert len(buttons_of(view)) == 8 + (count == 1)
    assert "\n".join(texts_of(view)).count("> […] It was denied.\n**") == count


def test_a_question_of_many_lines_is_one_line() -> None:
    asked = replace(answer(FIRST), question="Who\n\n# denied\nit?")
    assert texts_of(render.answer_view(asked, show_question=True))[0] == "-# Question: Who # denied it?"


def test_what_may_not_answer_is_said_first() -> None:
    unlikely = replace(answer(excerpt(1, "It was denied.")), likely=False)
    for show_question in (True, False):
        head = texts_of(render.answer_view(unlikely, show_question=show_question))[0]
        assert head.split("\n")[-1] == f"**{wording.MAY_NOT_ANSWER}**"


def test_what_was_put_first_is_said_and_escaped() -> None:
    preferred = replace(answer(excerpt(1, "It was denied.")), preferred=("*Star*", "3 May"))
    head = texts_of(render.answer_view(preferred, show_question=False))[0]
    assert head == r"**The question names \*Star\* and 3 May, so such articles come first.**"


def test_a_headline_with_brackets_is_shown_beside_its_link() -> None:
    citation = texts_of(render.answer_view(answer(excerpt(1, "It.", title="A ] b [ c")), show_question=False))[1]
    assert "**A \\] b \\[ c** [link](<https://news.example/" in citation
    assert shown(citation.split("\n")[0])[1].count("link") == 1


def test_names_show_what_is_not_seen_in_them_and_quotations_are_as_they_are() -> None:
    turned = {"title": "A\u202eB", "outlet": "Ex\u200bample", "url": "https://x.example/a\u202eb"}
    told = answer(excerpt(1, "It\u200b was.", **turned))
    head, citation = texts_of(render.answer_view(told, show_question=False))[:2]
    assert head == "> It\u200b was."
    assert "A‹U+202E›B" in citation
    assert "Ex‹U+200B›ample" in citation
    assert "(<https://x.example/a%E2%80%AEb>)" in citation


def test_an_address_that_leads_elsewhere_than_it_seems_is_no_link() -> None:
    url = "https://bbc.co.uk@evil.example/"
    citation = texts_of(render.answer_view(answer(excerpt(1, "It.", url=url)), show_question=False))[1]
    assert "evil" not in citation
    card = texts_of(views.card_view(replace(LISTING, source=source(url=url))))[0]
    assert f"**Link:** {blocks.escape(url)}" in card


def test_a_citation_leads_to_the_very_words_or_where_that_is_too_long_to_the_article() -> None:
    linked = replace(FIRST, link="https://news.example/a_b_(c)?q=1#:~:text=It%20was,(so)")
    citation = texts_of(render.answer_view(answer(linked), show_question=False))[1]
    assert "](<https://news.example/a_b_%28c%29?q=1#:~:text=It%20was,%28so%29>)" in citation
    long = replace(FIRST, link=f"https://news.example/a_b_(c)?q=1#:~:text={'%E4%BF%84' * 300}")
    citation = texts_of(render.answer_view(answer(long), show_question=False))[1]
    assert "](<https://news.example/a_b_%28c%29?q=1>)" in citation


def test_an_excerpt_to_cite_is_in_blocks_as_far_as_it_fits_and_in_files_whole() -> None:
    def quoted_in(content: str) -> list[tuple[str, str]]:
        assert blocks.width(content) <= blocks.CONTENT_LIMIT
        return re.findall(r"```(\w+)\n(.*?)\n```", content, re.DOTALL)

    content, files = render.citations(FIRST, date(2026, 11, 29))
    assert content.startswith("Excerpt 1 to cite; the files hold all forms.\n```txt\n“It was denied.” ")
    assert list(files) == [f"citation.{ending}" for ending in ("txt", "md", "html", "json", "bib", "ris")]
    assert quoted_in(content) == [("txt", files["citation.txt"]), ("md", files["citation.md"])]
    assert files == {f"citation.{form.ending}": cite([FIRST], form, date(2026, 11, 29)) for form in Form}
    for words in ("```\n@everyone", "word " * 500):
        content, files = render.citations(excerpt(1, words), date(2026, 11, 29))
        assert "txt" not in dict(quoted_in(content))
        assert words in files["citation.txt"]
        assert content.count("```") == 2 * len(quoted_in(content))


def near(quoted: str, printed: str) -> Place:
    return Place(source(title="Elsewhere"), 3, (Segment(Change.REPLACED, quoted, printed),))


@settings(max_examples=200, deadline=None)
@given(TEXTS.filter(str.strip), TEXTS.filter(str.strip))
@example("# five", "**seven** <@1>\n- _x_ [a](https://a.example)")
def test_words_that_differ_elsewhere_are_shown_as_they_are(here: str, there: str) -> None:
    quoted = replace(FIRST, also_in=(near(here, there),))
    citation = texts_of(render.answer_view(answer(quoted), show_question=False))[1]
    words, kinds = shown(citation.split("\n")[-1])
    said, said_there = (" ".join(text.split()) for text in (here, there))
    assert words == (
        f"-# Nearly the same, in: Elsewhere, Example_Wire_, paragraph 3 (“{said_there}” there, “{said}” here)"
    )
    assert kinds == ["subtext"]


def test_places_that_do_not_fit_are_counted_those_of_nearly_the_same_words_first() -> None:
    def note(*places: Place) -> str:
        quoted = replace(FIRST, also_in=places)
        return texts_of(render.answer_view(answer(quoted), show_question=False))[1].split("\n")[-1]

    counted = "Nearly the same words stand in 40 other places."
    named = "-# The same words stand in: Elsewhere, Example\\_Wire\\_, paragraph 2. "
    same, differing = Place(source(title="Elsewhere"), 2), near("five", "seven")
    assert note(same, differing).startswith(f"{named}Nearly the same, in: Elsewhere")
    differ = [near("five", f"seven times {n}") for n in range(40)]
    assert note(*differ) == f"-# {counted}"
    assert note(same, *differ) == f"{named}{counted}"
    many = [same] * 80 + differ
    assert note(*many) == f"-# The same words stand in 80 other places. {counted}"


def test_a_headline_with_an_address_is_shown_beside_its_link() -> None:
    citation = texts_of(render.answer_view(answer(excerpt(1, "It.", title="See http://a.b")), show_question=False))[1]
    assert citation.startswith(
        "**1.** Example\\_Wire\\_ · 2023-05-03 · **See http:\\/\\/a.b** [link](<https://news.example/"
    )


def assert_quotes(quotation: str, stored: Excerpt) -> None:
    """A block quote holds the words of an excerpt or a part of them, and says where they go on.

    What answers is in bold and nothing else; it is in sight, or its beginning where it does not fit.
    """
    text = unquoted(quotation)
    assert set(shown(text)[1]) <= {"bold"}
    pieces = styled(text)
    words = "".join(piece for _, piece in pieces)
    bold = [bool(style) for style, piece in pieces for _ in piece]
    assert any(part_of(stored, words, bold, *marks) for marks in product(("", "[…] "), ("", " […]"))), quotation


def part_of(stored: Excerpt, words: str, bold: list[bool], opening: str, closing: str) -> bool:
    """Whether words, between marks of ours, are a part of an excerpt with what answers in bold."""
    if not (words.startswith(opening) and words.endswith(closing) and len(words) > len(opening + closing)):
        return False
    quoted = slice(len(opening), len(words) - len(closing))
    part, bold = words[quoted], bold[quoted]
    before, answers, _ = stored.parts
    first, last = (len(before), len(before) + len(answers)) if answers else (0, 0)
    return any(
        bool(opening) == (start > 0 or stored.trimmed_before)
        and bool(closing) == (start + len(part) < len(stored.text) or stored.trimmed_after)
        and (start + len(part) >= last or start == first)
        # At the ends of lines white space has no style.
        and all(
            within == styled or (within and character.isspace())
            for character, styled, within in zip(
                part, bold, (first <= at < last for at in range(start, start + len(part))), strict=True
            )
        )
        and (not answers or bold[first - start])
        for start in range(first + 1)
        if stored.text.startswith(part, start)
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(TEXTS.map(str.strip).filter(bool), st.integers(1, 200), TEXTS, TEXTS, MARKS), min_size=1, max_size=10
    ),
    st.integers(0, 40),
    st.sampled_from([1, 30, 300]),
    st.booleans(),
    st.sampled_from([(None, False), (BUTTON, False), (BUTTON, True)]),
)
def test_any_answer_fits_with_every_citation_and_only_stored_words(
    pieces: list[tuple[str, int, str, str, tuple[float, float] | None]],
    also: int,
    long: int,
    given_title: bool,
    sent: tuple[Any, bool],
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
        for number, (text, times, before, after, _) in enumerate(pieces, start=1)
    ]
    marks = [mark for *_, mark in pieces]
    excerpts = [marked_within(one, *mark) if mark else one for one, mark in zip(excerpts, marks, strict=True)]
    full = replace(
        answer(*excerpts, question="?*" * 1000),
        likely=False,
        filters=Filters(outlets=("An_outlet " * long,) * 3, since=date(2023, 5, 3)),
        preferred=("An_outlet " * long, "3 May"),
    )
    button, private = sent
    view = render.answer_view(full, show_question=True, button=button, menu=MENU, private=private, alone=private)
    head, *texts, foot = texts_of(view)
    assert "may not answer" in head
    assert foot.startswith("-# ")
    # Where there are many, a quotation and its citation are one text.
    shown_as = list(re.findall(r"((?:> [^\n]*\n)+)([^>][\s\S]*?)(?=\n> |\Z)", "\n".join(texts)))
    for stored, (quotation, citation) in zip(excerpts, shown_as, strict=True):
        assert_quotes(quotation.removesuffix("\n"), stored)
        assert citation.startswith(f"**{stored.number}.** ")
        assert "An\\_outlet" in citation
        assert " · 2023-05-03 · " in citation
        assert " · paragraph 7, picture caption" in citation
        assert "title" in citation
        assert given_title or "(opening words)" in citation
        assert ("same words stand in" in citation) == bool(also)


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS.map(str.strip).filter(bool), TEXTS, st.sampled_from([1, 10, 100]), st.integers(0, 40), MARKS)
@example("", "Alone.", "", 1, 0, (0.0, 1.0))
@example("# one\n\n", "two", " three\n\n1. four", 1, 0, None)
def test_a_context_reads_as_it_is_stored(
    before: str, text: str, after: str, times: int, also: int, mark: tuple[float, float] | None
) -> None:
    stored = excerpt(1, text * times, before=before * times, after=after * times, also=also)
    stored = marked_within(stored, *mark) if mark else stored
    around = Context(stored, before * times, after * times)
    view = render.context_view(around, BUTTON)
    head, *texts, citation = texts_of(view)
    assert head == "-# The stored text around excerpt 1"
    assert citation.startswith("**1.** ")
    assert citation.startswith("**1.** Example\\_Wire\\_ · 2023-05-03 · ")
    assert " · paragraph 7, picture caption" in citation
    assert [button for button, _ in buttons_of(view)] == ["Cite", "Not an answer", "Wrong source"]
    assert len(texts) == bool(around.before.strip()) + 1 + bool(around.after.strip())
    if around.before.strip():
        words, kinds = shown(texts.pop(0))
        assert not kinds
        assert words == around.before.strip() or around.before.rstrip().endswith(words.removeprefix("…"))
        assert len(words) > min(90, len(around.before.strip()) // 2)
    untrimmed = replace(stored.passage, start=stored.start, end=stored.end)
    assert_quotes(texts.pop(0), replace(stored, passage=untrimmed))
    if around.after.strip():
        words, kinds = shown(texts.pop(0))
        assert not kinds
        assert words == around.after.strip() or around.after.lstrip().startswith(words.removesuffix("…"))
        assert len(words) > min(90, len(around.after.strip()) // 2)


def test_a_context_is_cut_at_words_and_marked() -> None:
    around = Context(FIRST, "word " * 999 + "before ", " after" + " word" * 999)
    _, before, quotation, after, _ = texts_of(render.context_view(around, BUTTON))
    assert re.fullmatch(r"…(?:word )+before", before)
    assert quotation == "> It was denied."
    assert re.fullmatch(r"after(?: word)+…", after)
    assert 880 < len(before) <= 900
    assert 880 < len(after) <= 900


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
    assert 3500 < len(words) <= blocks.LAYOUT_LIMIT
    assert re.fullmatch(r"> (?:\\_)+ \[…\]", only_quote("_" * 5000, 4999))


@pytest.mark.parametrize(
    ("words", "answers", "markdown"),
    [
        ("It was denied by Kyiv.", "Kyiv", "It was denied by **Kyiv**\\."),
        ("unkind words", "kind", "un**kind** words"),
        ("He said “no”, twice", "“no”,", "He said **“no”,** twice"),
        ("a*b*c", "*b*", "a**\\*b\\***c"),
        ("a**b", "b", "a\\*\\***b**"),
        ("a\\b\\", "b\\", "a\\\\**b\\\\**"),
        ("_a_ b", "_a_", "**\\_a\\_** b"),
        ("~~a~~ b", "~~a~~", "**\\~\\~a\\~\\~** b"),
        ("one\ntwo  \n\n three", "two  \n\n three", "one\n> **two**  \n> \n>  **three**"),
        ("1. one", "1", "**1**\\. one"),
        ("> - 1", "- 1", "\\> **\\- 1**"),
        ("https://a.example", "//a", "https:**\\/\\/a**\\.example"),
    ],
)
def test_the_words_that_answer_are_in_bold_and_no_character_is_changed(words: str, answers: str, markdown: str) -> None:
    stored = marked(excerpt(1, words), answers)
    for quotation in (
        texts_of(render.answer_view(answer(stored), show_question=False))[0],
        texts_of(render.context_view(Context(stored, "", ""), BUTTON))[1],
    ):
        assert quotation == f"> {markdown}"
        assert_quotes(quotation, stored)


def test_a_long_quote_is_cut_around_the_words_that_answer() -> None:
    def only_quote(text: str, answers: str, *ends: int) -> str:
        long = marked(excerpt(1, text), answers)
        spans = [Span(100 + a, 100 + b) for a, b in pairwise((0, *ends, len(text)))]
        long = replace(long, passage=replace(long.passage, sentences=tuple(spans)))
        (quotation, *_) = texts_of(render.answer_view(answer(long), show_question=False))
        assert_quotes(quotation, long)
        return quotation

    first, second = "word " * 500 + "end. ", "Ann said no. "
    assert only_quote(first + second + "long " * 900, "no", 2505, 2518).startswith("> word word")
    # From the beginning of a sentence, or of a word where a sentence is too long.
    both = only_quote(first * 2 + second + "long " * 900, "no", 2505, 5010, 5023)
    assert re.fullmatch(r"> \[…\] (?:word )+end\. Ann said \*\*no\*\*\\\. +\[…\]", both)
    words = only_quote("word " * 1000 + "no" + " long" * 1000, "no")
    assert re.fullmatch(r"> \[…\] (?:word )+\*\*no\*\* \[…\]", words)
    assert 3500 < len(words) <= blocks.LAYOUT_LIMIT
    huge = only_quote("word " * 1000 + "yes" * 2000, "yes" * 2000)
    assert re.fullmatch(r"> \[…\] \*\*(?:yes)+(?:ye?)?\*\* \[…\]", huge)


def test_short_quotes_leave_their_room_to_long_ones() -> None:
    long, short = excerpt(1, "long " * 500 + "end"), excerpt(2, "Short.")
    texts = texts_of(render.answer_view(answer(long, short), show_question=False))
    assert unquoted(texts[0]) == long.text
    assert unquoted(texts[2]) == "Short."


UNKNOWN = source(url=None, outlet=None, author=None, published=None, language=None)


def test_a_refusal_says_why_and_names_the_nearest_articles() -> None:
    refusal = Refusal(
        Reason.FILTERED_OUT, "No article in the index is from *X*.", (source(), source(url=None), UNKNOWN)
    )
    view = render.answer_view(Answer("q", (), refusal, 5, 1), show_question=False)
    assert texts_of(view) == [
        "**No article in the index is from \\*X\\*.**\n"
        f"{wording.NEAREST}:\n"
        "- [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)"
        " · Example\\_Wire\\_ · 2023-05-03\n"
        "- **Drones over the \\*Kremlin\\*** · Example\\_Wire\\_ · 2023-05-03\n"
        "- **Drones over the \\*Kremlin\\***"
    ]


def test_what_comes_closest_is_behind_a_button_and_shown_as_no_answer() -> None:
    closest = replace(FIRST, number=0, also_in=())
    refused = Answer("q", (), Refusal(Reason.NOTHING_NEAR, "No.", (closest.source,), closest), 5, 1)
    for private in (False, True):
        view = render.answer_view(refused, show_question=False, button=BUTTON, private=private)
        assert closest.text not in "".join(texts_of(view))
        assert buttons_of(view) == [
            ("Show the closest", "answer:closest:0123456789ab:0"),
            *([] if private else [("Remove", "answer:remove:0123456789ab:0")]),
        ]
    assert texts_of(render.closest_view(closest)) == [
        "**This is not an answer. It is what comes closest:**",
        "> […] It was denied.",
        "Example\\_Wire\\_ · 2023-05-03 · "
        "[**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>) · paragraph 7, picture caption",
    ]


@settings(max_examples=30, deadline=None)
@given(TEXTS.map(str.strip).filter(bool), st.integers(1, 200), TEXTS)
def test_what_comes_closest_always_fits_as_it_is_stored(text: str, times: int, after: str) -> None:
    stored = excerpt(
        0, (text + " ") * times + text, after=after, title="_" * 999, url="https://x.example/" + "y" * 2000
    )
    _, quotation, _ = texts_of(render.closest_view(stored))
    assert_quotes(quotation, stored)


def test_a_refusal_always_fits() -> None:
    refusal = Refusal(
        Reason.NOTHING_NEAR, "_" * 3000, (source(title="_" * 999, url="https://x.example/" + "y" * 2000),) * 3
    )
    refused = Answer("*" * 3000, (), refusal, 5, 1)
    assert buttons_of(render.answer_view(refused, show_question=True)) == []
    assert buttons_of(render.answer_view(refused, show_question=True, button=BUTTON, private=True)) == []
    (button,) = buttons_of(render.answer_view(refused, show_question=True, button=BUTTON))
    assert button == ("Remove", "answer:remove:0123456789ab:0")


LISTING = Listing(source(), 12, datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
LONG = Listing(
    source(id="x_" * 300, title="_" * 999, outlet="*" * 999, url="https://x.example/" + "y" * 3000),
    12_345,
    LISTING.indexed_at,
)


def test_sources_have_number_title_outlet_date_and_day_of_indexing() -> None:
    assert views.sources_text([LISTING] * 11, 1) == (
        "**Sources** · 11 articles · page 2 of 2\n"
        "**11.** [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)\n"
        "-# Example\\_Wire\\_ · 2023-05-03 · indexed 2026-11-22 · wire\\/kremlin\\_drones"
    )
    unknown = views.sources_text([replace(LISTING, source=UNKNOWN)], 0).split("\n")[-1]
    assert unknown == "-# indexed 2026-11-22 · wire\\/kremlin\\_drones"
    assert views.sources_text([], 0) == wording.EMPTY_INDEX
    assert views.sources_text([], 0, narrowed=True) == "No article in the index is like that."
    assert blocks.width(views.sources_text([LONG] * 10, 0)) <= blocks.LAYOUT_LIMIT


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2)])
def test_pages(count: int, pages: int) -> None:
    assert views.pages([LISTING] * count) == pages


def test_the_sources_of_an_answer_are_listed() -> None:
    assert texts_of(views.cards_view([LISTING])) == [
        "[**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)\n"
        "-# Example\\_Wire\\_ · 2023-05-03 · indexed 2026-11-22 · wire\\/kremlin\\_drones"
    ]
    assert len(texts_of(views.cards_view([LONG] * 10))) == 10
    assert texts_of(views.cards_view([])) == ["The articles that this answer quoted are no longer in the index."]


def test_a_card_shows_what_is_known_and_what_is_not() -> None:
    assert texts_of(views.card_view(LISTING)) == [
        "### **Drones over the \\*Kremlin\\***\n"
        "**Outlet:** Example\\_Wire\\_\n"
        "**Date:** 2023-05-03\n"
        "**Language:** en\n"
        "**Link:** <https://news.example/a_b_%28c%29?q=1>\n"
        "**Not given:** author\n"
        "**Searchable passages:** 12 · **Indexed:** 2026-11-22 09:30 UTC\n"
        "-# wire\\/kremlin\\_drones · sha256 abababababab"
    ]
    (bare,) = texts_of(views.card_view(replace(LISTING, source=replace(UNKNOWN, title_given=False))))
    assert bare.startswith("### “Drones over the \\*Kremlin\\*” (opening words)\n")
    assert "**Not given:** headline, outlet, author, date, language, link\n" in bare
    (untitled,) = texts_of(views.card_view(replace(LISTING, source=source(author="A", title_given=False))))
    assert "**Not given:** headline\n" in untitled
    (full,) = texts_of(views.card_view(replace(LISTING, source=source(author="A. *B*"))))
    assert "**Author:** A. \\*B\\*\n" in full
    assert "Not given" not in full
    assert "only the beginning" not in full
    (teaser,) = texts_of(views.card_view(replace(LISTING, source=source(teaser=True))))
    assert "**Text:** only the beginning of the article\n" in teaser


def test_a_card_names_the_articles_that_hold_the_same_words() -> None:
    card, shared = texts_of(views.card_view(LISTING, [Neighbour(UNKNOWN, 1), Neighbour(source(), 2)]))
    assert [card] == texts_of(views.card_view(LISTING))
    assert shared.split("\n") == [
        "**The same paragraphs stand in:**",
        "- **Drones over the \\*Kremlin\\*** · 1 paragraph",
        "- [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)"
        " · Example\\_Wire\\_ · 2023-05-03 · 2 paragraphs",
    ]
    _, long = texts_of(views.card_view(LONG, [Neighbour(LONG.source, 3)] * 10))
    assert long.count("3 paragraphs") >= 3


# ---- quotations that were verified

STANDING = Standing(source(), 10, 24, "It was denied.", 4)
BARE = Standing(UNKNOWN, 10, 24, "It was denied.", 5, (Typography.DASHES, Typography.SPACES))


def finding(text: str, verdict: Verdict, *standings: Standing, **more: Any) -> Finding:
    return Finding(Quotation(text, 0, len(text)), verdict, standings, **more)


def verified(*findings: Finding) -> tuple[list[str], str | None]:
    view, report = render.verification_view(Verification(findings, cut=False))
    has_file = [part["file"]["url"] for part in parts_of(view) if part["type"] == 13]
    assert has_file == (["attachment://verification.txt"] if report else [])
    return texts_of(view), report


def test_a_quotation_is_shown_with_its_verdict_and_every_place() -> None:
    texts, report = verified(
        finding("It *was* denied.\n- Twice", Verdict.EXACT, STANDING, BARE, more=True),
        finding("No", Verdict.NOT_FOUND, telling=False),
        finding("It was denied.", Verdict.OTHER_SOURCE, STANDING, outlets=("The *Star*", "Star")),
        finding("It was denied. Nobody knew.", Verdict.STITCHED, parts=(Part(0, 14, (BARE,)), Part(15, 27, (BARE,)))),
    )
    place = (
        "-# [**Drones over the \\*Kremlin\\***](<https://news.example/a_b_%28c%29?q=1>)"
        " · Example\\_Wire\\_ · 2023-05-03 · paragraph 4"
    )
    elsewhere = "-# **Drones over the \\*Kremlin\\*** · source not stated · paragraph 5 (differs in dashes, spaces)"
    assert report is None
    assert texts == [
        "**4 quotations: 1 exact, 1 not found in this index, 1 other source, 1 stitched.**",
        "**1. exact**\n> It \\*was\\* denied.\n> \\- Twice",
        f"{place}\n{elsewhere}\n-# It stands in more places than these.",
        "**2. not found in this index**\n> No",
        "-# So few words say little, whether they stand somewhere or not.\n"
        "-# No article in this index has it or anything near. It may have been said all the same.",
        "**3. other source**\n> It was denied.",
        "-# No article of The \\*Star\\* or Star in this index has these words. They stand in:\n" + place,
        "**4. stitched**\n> It was denied. Nobody knew.",
        "-# No one place has all of it; its parts stand apart.\n"
        f"-# “It was denied.” stands in:\n{elsewhere}\n-# “Nobody knew.” stands in:\n{elsewhere}",
    ]


def test_a_text_without_quotations_says_so() -> None:
    assert verified() == (["**Nothing is quoted there.**"], None)
    view, _ = render.verification_view(Verification((), cut=True))
    assert texts_of(view) == ["**Nothing is quoted there. Only the first part of the text was read.**"]


def same(text: str) -> Segment:
    return Segment(Change.EQUAL, text, text)


def changed(quoted: str, printed: str) -> Segment:
    change = Change.REPLACED if quoted and printed else Change.ADDED if quoted else Change.LEFT_OUT
    return Segment(change, quoted, printed)


def altered(*segments: Segment) -> Finding:
    text = "".join(segment.quoted for segment in segments)
    return finding(text, Verdict.ALTERED, STANDING, segments=segments)


@pytest.mark.parametrize(
    ("segments", "markdown"),
    [
        ([same("a "), changed("cat ", "dog "), same("sat")], "a ~~cat~~ **dog** sat"),
        ([same("a "), changed("cat", "dog")], "a ~~cat~~ **dog**"),
        ([same("a "), changed("big ", ""), same("cat")], "a ~~big~~ cat"),
        ([same("a "), changed("", "big "), same("cat")], "a **big** cat"),
        ([same("a"), changed("-", " "), same("b")], "a~~\\-~~b"),
        ([changed("“No,” ", "“Yes,”\n"), same("he said")], "~~“No,”~~ **“Yes,”** he said"),
        ([same("a\n"), changed("1. b\n\n- c\n", "# d"), same("e")],
         "a\n> ~~1\\. b~~\n> \n> ~~\\- c~~ **\\# d**\n> e"),
        ([changed("*a_b*  c", "~~d~~ **e**")], "~~\\*a\\_b\\*  c~~ **\\~\\~d\\~\\~ \\*\\*e\\*\\***"),
        ([changed("~~a~~ ", "b "), same("_c")], "\\~\\~~~a~~\\~\\~ **b** \\_c"),
    ],
)  # fmt: skip
def test_what_differs_is_struck_out_and_set_in_bold(segments: list[Segment], markdown: str) -> None:
    (head, quotation, notes), report = verified(altered(*segments))
    assert head.endswith("-# ~~Struck out~~ is only in the quotation, **bold** only in the article.")
    assert quotation == f"**1. altered**\n> {markdown}"
    assert notes.startswith("-# The nearest wording stands in:\n-# [**Drones")
    assert report is None


STYLES = {"~~": re.compile(r"~~([\s\S]+?)~~(?!_)"), "**": re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")}


def styled(markdown: str) -> list[tuple[str, str]]:
    """Stretches of text as a reader sees them, each with its style."""
    pieces, at = [], 0
    while at < len(markdown):
        for style, rule in STYLES.items():
            if found := rule.match(markdown, at):
                pieces.append((style, found[1]))
                break
        else:
            found = re.compile(r"(?:\\[^0-9A-Za-z\s]|[^*~\\])+").match(markdown, at)
            assert found, markdown[at:]
            pieces.append(("", found[0]))
        at = found.end()
    for _, text in pieces:
        assert not shown(text)[1]
    return [(style, shown(text)[0]) for style, text in pieces]


def compared(text: str) -> str:
    """What is compared: white space and tildes are not, so they may stay without a style."""
    return re.sub(r"[\s~]", "", text)


WORDS = TEXTS.filter(compared)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(WORDS | st.just(""), WORDS | st.just(""), WORDS), min_size=1, max_size=4), st.booleans())
@example(stretches=[("", "", ":"), ("", "", "https://")], begins_alike=False)
def test_any_altered_quotation_is_shown_with_its_words_and_the_articles(
    stretches: list[tuple[str, str, str]], begins_alike: bool
) -> None:
    segments = [same("It. ")] if begins_alike else []
    for quoted, printed, alike in stretches:
        segments += [changed(quoted, printed)] if quoted or printed else []
        segments += [same(alike)]
    (_, text, _), report = verified(altered(*segments))
    assert report is None
    pieces = styled(unquoted(text.removeprefix("**1. altered**\n")))
    differing = [segment for segment in segments if segment.change is not Change.EQUAL]

    def words(styles: set[str]) -> str:
        return compared("".join(text for style, text in pieces if style in styles))

    assert words({"~~"}) == compared("".join(segment.quoted for segment in differing))
    assert words({"**"}) == compared("".join(segment.printed for segment in differing))
    assert words({"", "~~"}) == compared("".join(segment.quoted for segment in segments))


PLACES = st.builds(
    lambda title, given_title, outlet, link, typography, speaker: Standing(
        source(title=title, title_given=given_title, outlet=outlet, url=link),
        0,
        5,
        "words",
        12,
        tuple(typography),
        speaker,
    ),
    st.builds(
        lambda text, times: f"T{text} " * times, TEXTS.map(lambda text: text.replace("\n", " ")), st.integers(1, 60)
    ),
    st.booleans(),
    st.none() | st.sampled_from(["Star", "_*" * 99]),
    st.none() | st.sampled_from(["https://a.example/b", "https://a.example/" + "c" * 2000]),
    st.lists(st.sampled_from(Typography), unique=True),
    st.none() | st.builds(Speaker, TEXTS, st.just("") | TEXTS, st.booleans()),
)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    verdict = draw(st.sampled_from(Verdict))
    text = draw(WORDS) * draw(st.sampled_from([1, 1, 20, 200]))
    places = tuple(draw(st.lists(PLACES, min_size=1, max_size=3))) * draw(st.sampled_from([1, 7]))
    telling, more = draw(st.booleans()), draw(st.booleans())
    if verdict is Verdict.ALTERED:
        third = len(text) // 3
        cut = [text[:third], text[third : 2 * third], text[2 * third :]]
        segments = [same(cut[0]), changed(cut[1], draw(WORDS) * 9), same(cut[2])]
        return altered(*(segment for segment in segments if segment.quoted.strip()))
    if verdict is Verdict.STITCHED:
        half = len(text) // 2
        return finding(text, verdict, parts=(Part(0, half, places), Part(half, len(text), places)))
    if verdict is Verdict.NOT_FOUND:
        return finding(text, verdict, telling=telling)
    found = finding(text, verdict, *places, more=more, telling=telling, outlets=("_Star_" * 99, "Star"))
    if verdict is Verdict.OTHER_SPEAKER:
        found = replace(found, given_to=draw(TEXTS) * 9)
    return replace(found, until=NOW) if verdict is Verdict.CORRECTED else found


@settings(max_examples=60, deadline=None)
@given(st.lists(findings(), min_size=1, max_size=5), st.sampled_from([1, 1, 3, 20]))
def test_any_verification_fits_and_the_report_holds_what_does_not(found: list[Finding], times: int) -> None:
    found = found * times
    (head, *texts), report = verified(*found)
    assert head.startswith(f"**{wording.plural(len(found), 'quotation')}: ")
    if report is None:
        assert len(texts) == 2 * len(found)
    else:
        assert texts.pop() == f"-# Shown in short: {len(texts) // 2} of {len(found)}. The whole is in verification.txt."
        at = 0
        for number, one in enumerate(found, start=1):
            at = report.index(f"\n\n{number}. {verdicts.VERDICTS[one.verdict]}: {one.quotation.text}", at)
            for place in (*one.standings, *(place for part in one.parts for place in part.standings)):
                at = report.index(visible(place.source.title), at)
    assert texts
    for number, (one, quotation, notes) in enumerate(zip(found, texts[::2], texts[1::2], strict=False), start=1):
        verdict, text = quotation.split("\n", 1)
        assert verdict == f"**{number}. {verdicts.VERDICTS[one.verdict]}**"
        if not one.segments:
            words, kinds = shown(unquoted(text))
            assert not kinds
            assert words == one.quotation.text or one.quotation.text.startswith(words.removesuffix(" […]"))
            assert words == one.quotation.text or words.endswith(" […]")
            assert report or words == one.quotation.text
        assert all(line.startswith("-# ") for line in notes.split("\n"))
        if one.verdict in {Verdict.EXACT, Verdict.OTHER_SOURCE}:
            assert notes.count("paragraph 12") >= (1 if report else len(one.standings))
        assert set(shown(notes)[1]) <= {"subtext", "bold", "link"}, notes


def test_who_said_it_stands_under_its_place_and_that_the_text_gives_it_to_another() -> None:
    peskov = Speaker("he", "Dmitry\n*Peskov*", goes_on=False)
    found = finding("It was denied.", Verdict.OTHER_SPEAKER, replace(STANDING, speaker=peskov), given_to="_Ana_ Ruiz")
    (head, quotation, notes), report = verified(found)
    assert "1 other speaker" in head
    assert quotation == "**1. other speaker**\n> It was denied."
    first, place, last = notes.split("\n")
    assert first == (
        "-# No article in this index that names a speaker gives it to “\\_Ana\\_ Ruiz”, as the text does. It stands in:"
    )
    assert "paragraph 4" in place
    assert last == "-# There it is said by “he”, taken for “Dmitry \\*Peskov\\*” before it."
    assert report is None


def test_a_long_altered_quotation_keeps_what_differs_in_sight() -> None:
    long = altered(same("The " + "very " * 500), changed("big ", "small "), same("cat " + "sat " * 500))
    (_, quotation, _, note), report = verified(long)
    very, sat = r"(?:very )+\\\[…\\\] (?:very )+", r"(?:sat )+\\\[…\\\] (?:sat ?)+"
    assert re.fullmatch(rf"\*\*1\. altered\*\*\n> The {very}~~big~~ \*\*small\*\* cat {sat}", quotation)
    assert note == "-# Shown in short: 1 of 1. The whole is in verification.txt."
    assert report
    assert "very [only in the quotation: big] [only in the article: small] cat" in report


def test_a_hundred_findings_are_in_the_report() -> None:
    found = [finding(f"Words that are number {n}.", Verdict.EXACT, STANDING) for n in range(100)]
    texts, report = verified(*found)
    assert len(texts) == 1 + 2 * render.FINDINGS + 1
    assert texts[-1] == "-# Shown in short: 10 of 100. The whole is in verification.txt."
    assert report
    assert all(
        f"{n + 1}. exact: Words that are number {n}.\n   Example_Wire_ · 2023-05-03 · Drones" in report
        for n in range(100)
    )


MANIFEST = Manifest(1, 3, "all-MiniLM_L6", "w", 384, 5, 70, 140, "c", datetime(2026, 11, 22, 9, 30, tzinfo=UTC), {}, "")


def test_status() -> None:
    text = views.status_text(DeskStatus(MANIFEST, 4, 40, "Generation 4 is damaged.", True, 2), 0.0421)
    for fact in (
        "Generation 3",
        "2026-11-22 09:30",
        "4 articles",
        "40 passages",
        "all-MiniLM\\_L6",
        "2 questions in the queue",
        "42 ms",
        "is damaged",
        "being built",
    ):
        assert fact in text
    quiet = views.status_text(DeskStatus(MANIFEST, 1, 9, None, False), 0.0421)
    assert "No build is running." in quiet
    assert "Answers: none yet" in quiet
    timed = views.status_text(DeskStatus(MANIFEST, 1, 9, None, False, 0, Quantiles(0.153, 1.2, 1000)), 0.0421)
    assert "Answers: half within 0.15 s, 95 % within 1.20 s (the latest 1,000)" in timed
    assert "Warning" not in quiet
    for latency in (float("nan"), float("inf")):
        assert "not measured yet" in views.status_text(DeskStatus(MANIFEST, 1, 9, None, False), latency)


def test_a_long_report_becomes_a_file() -> None:
    short = BuildReport(MANIFEST, True, Changes(("a_b",), (), (), 0, (), ()), 1, 2, 3.0)
    text, file = views.report_text(short)
    assert "added: a\\_b" in text
    assert file is None
    problems = tuple(Problem(f"{n}.txt", "it is empty") for n in range(200))
    long = replace(short, changes=replace(short.changes, refused=problems))
    text, file = views.report_text(long)
    assert blocks.width(text) <= blocks.CONTENT_LIMIT
    assert text.startswith("Built generation 3")
    assert file == "\n".join(long.lines())


@given(TEXTS, st.integers(2, 60))
def test_shortened_text_fits_and_is_marked(text: str, limit: int) -> None:
    short = blocks.shorten(text, limit)
    assert blocks.width(short) <= limit
    words, kinds = shown(short)
    assert not kinds
    assert words == text or (words.endswith("…") and text.startswith(words[:-1]))


def test_plain_names_are_cut_with_a_mark() -> None:
    assert blocks.plain("a" * 101, 100) == "a" * 99 + "…"
    assert blocks.plain("a" * 100, 100) == "a" * 100
    assert blocks.width(blocks.plain("🛰" * 100, 100)) <= 100


NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ACTION = Action(57, {"article": "a_b", "reason": None, "count": 0}, "discord", "123", "1", "2", "remove", "done", NOW)


def test_the_audit_log_says_who_did_what_when() -> None:
    failed = replace(ACTION, number=56, platform="terminal", user="jo_e", details={}, outcome="failed: *x*")
    assert views.audit_text([ACTION, failed]) == (
        "**57** · 2026-11-22 09:30 UTC · **remove** · <@123> · done · article: a\\_b, count: 0\n"
        "**56** · 2026-11-22 09:30 UTC · **remove** · terminal jo\\_e · failed: \\*x\\*"
    )
    assert views.audit_text([]) == "Nothing has been done yet."


@settings(deadline=None)
@given(
    st.sampled_from(["discord", "slack", "@everyone"]),
    st.sampled_from(["123", "12a", "1>@everyone<@2", "²", "", "x" * 3000]),
    TEXTS,
    st.lists(TEXTS, max_size=4),
)
def test_nothing_in_an_audit_log_is_markup(platform: str, user: str, outcome: str, details: list[str]) -> None:
    given_details = {f"detail{n}": text[:TEXT_CHARS] for n, text in enumerate(details)}
    actions = [replace(ACTION, platform=platform, user=user, outcome=outcome, details=given_details)] * 40
    text = views.audit_text(actions)
    assert 0 < blocks.width(text) <= blocks.CONTENT_LIMIT
    kinds = shown(text)[1]
    mention = ["mention"] if (platform, user) == ("discord", "123") else []
    assert kinds == ["bold", "bold", *mention] * text.count("**57** · ")


def test_unanswered_questions_are_counted() -> None:
    asked = Unanswered("Who *won*?", "nothing_near", 3, 2, NOW, NOW)
    assert views.unanswered_text([asked]) == "2× Who \\*won\\*?\n-# last 2026-11-22, nothing near"
    assert views.unanswered_text([]) == "No question was refused here."


@settings(deadline=None)
@given(st.lists(TEXTS.map(lambda text: text[:TEXT_CHARS]), min_size=1, max_size=30))
def test_nothing_in_an_unanswered_question_is_markup(questions: list[str]) -> None:
    text = views.unanswered_text([Unanswered(q, "nothing_near", 3, 2, NOW, NOW) for q in questions])
    assert 0 < blocks.width(text) <= blocks.CONTENT_LIMIT
    words, kinds = shown(text)
    assert set(kinds) == {"subtext"}
    assert words.startswith("2× " + questions[0])


def test_settings_say_what_holds_and_what_is_set_there() -> None:
    own = OwnSettings(answers=False, excerpts=4)
    holds = PlaceSettings(answers=False, outlets=("The *Star*", "Post"), excerpts=4)
    assert views.settings_text("<#1>", own, holds, 3) == (
        "Settings of <#1>\n**answers:** no\n**outlets:** The \\*Star\\*; Post (not set here)\n"
        "**excerpts:** 4\n**private:** no (not set here)\n**time zone:** UTC (not set here)"
    )
    unset = views.settings_text("this server", OwnSettings(), PlaceSettings(), 3)
    assert "**outlets:** all (not set here)\n**excerpts:** 3 (not set here)" in unset


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=50))
def test_nothing_in_settings_or_of_files_is_markup(names: list[str]) -> None:
    text = views.settings_text("this server", OwnSettings(), PlaceSettings(outlets=tuple(names)), 3)
    assert blocks.width(text) <= blocks.CONTENT_LIMIT
    assert shown(text)[1] == ["bold"] * 5
    text, file = views.preview_text(Changes(tuple(names), (), (), 0, (Problem(names[0], "it is empty"),), ()))
    assert blocks.width(text) <= blocks.CONTENT_LIMIT
    assert not shown(text)[1]
    assert file is None or all(name in file for name in names)
    text = views.removed_text(source(title=names[0] or "x"))
    assert shown(text)[1] == ["code"]  # of /restore
    assert blocks.width(text) <= blocks.CONTENT_LIMIT


def test_help_fits() -> None:
    assert blocks.width(views.HELP) <= blocks.CONTENT_LIMIT
