"""What is sent to Slack quotes exactly what is stored, with its source in the same message; and Slack takes it."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from conftest import SEEDS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slack_rules import check_message, check_view, marked, quotes
from slack_sdk.errors import SlackObjectFormationError

from bot import verdicts, wording
from bot.answer import Answer, Excerpt, Place, Reason, Refusal
from bot.citing import Form, cite
from bot.desk import DeskStatus, Neighbour
from bot.metrics import Quantiles
from bot.quotations import Verification
from bot.records.audit import Action
from bot.records.places import OwnSettings, PlaceSettings
from bot.records.refusals import Unanswered
from bot.records.retention import Retention
from bot.records.sent import Context, context
from bot.slack import blocks, forms, render, views
from bot.sources import fitting
from index.build import BuildReport, Changes
from index.corpus import read_corpus
from index.findings import Finding, Part, Quotation, Standing, Verdict
from index.model import Article, Filters, Kind, Listing, Manifest, Passage, Source, Span, Speaker
from index.passages import split
from index.readers.drafts import Problem
from index.tokens import Change, Segment, Typography

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.slack.blocks import Block, Message

KEY = "0123456789ab"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MARKUP = st.sampled_from(
    [*'\\*_~`|<>@#&:"“”… \n\t\x00\x1b\u2028\u00a0', "<!here>", "<@U1>", "&lt;", "&amp;lt;", ":smile:", "🛰️", "word. ", "http://x"]
)  # fmt: skip
TEXTS = st.lists(MARKUP | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join)
# How often a text is repeated: the largest make it longer than many messages.
TIMES = st.sampled_from([1, 1, 1, 1, 20, 20, 400, 3000])
LONG = st.builds(lambda text, times: (text * times)[:50_000], TEXTS, TIMES)
WORDS = LONG.filter(str.strip)
unwatched = [HealthCheck.too_slow, HealthCheck.data_too_large]
slow = settings(max_examples=20, deadline=None, suppress_health_check=unwatched)


def source(**card: Any) -> Source:
    facts = {
        "id": "wire/kremlin_drones",
        "title": "Drones over the *Kremlin*",
        "title_given": True,
        "outlet": "Example_Wire_",
        "author": None,
        "published": date(2023, 5, 3),
        "url": "https://news.example/a_b_(c)?q=1&r=2",
        "language": "en",
        "sha256": "ab" * 32,
    }
    return Source(**{**facts, **card})


UNKNOWN = source(url=None, outlet=None, author=None, published=None, language=None)
SOURCES = st.builds(
    source,
    id=WORDS,
    title=WORDS,
    title_given=st.booleans(),
    outlet=st.none() | WORDS,
    author=st.none() | WORDS,
    published=st.none() | st.just(date(2023, 5, 3)),
    url=st.none() | st.builds(lambda path: f"https://news.example/{path}", LONG) | LONG | st.just("javascript:x"),
    language=st.none() | WORDS,
)


def excerpt(
    number: int,
    words: str,
    *,
    before: str = "",
    after: str = "",
    also: int = 0,
    near: Sequence[str] = (),
    of: Source | None = None,
) -> Excerpt:
    whole, start, end = before + words + after, 100 + len(before), 100 + len(before) + len(words)
    middle = start + len(words) // 2
    spans = tuple(Span(a, b) for a, b in ((start, middle), (middle, end)) if a < b)
    passage = Passage(of or source(), 100, 100 + len(whole), whole, 7, Kind.CAPTION, spans)
    places = [Place(of or source(), n) for n in range(also)]
    places += [Place(of or source(), 3, (Segment(Change.REPLACED, words[:20], printed),)) for printed in near]
    return Excerpt(number, words, start, end, passage, 1.0, tuple(places))


def marking(quoted: Excerpt, words: str) -> Excerpt:
    """The excerpt with words in it that answer, the first of them where they stand twice."""
    start = quoted.start + quoted.text.index(words)
    return replace(quoted, answer=Span(start, start + len(words)))


def marked_within(quoted: Excerpt, first: float, last: float) -> Excerpt:
    """The excerpt with the words between two shares of it as those that answer, if there are any."""
    ends = sorted(int(share * len(quoted.text)) for share in (first, last))
    words = quoted.text[slice(*ends)].strip()
    start = quoted.start + ends[0] + quoted.text[ends[0] :].index(words)
    return replace(quoted, answer=Span(start, start + len(words))) if words else quoted


# Words that weigh the most that they can.
HOSTILE = source(title="\x01" * 3000, outlet="&" * 999, url="https://x.example/" + "&" * 390)


MARKS = st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1))


@st.composite
def excerpts(draw: st.DrawFn) -> list[Excerpt]:
    count = draw(st.integers(1, 10))
    quoted = [
        excerpt(
            number,
            draw(WORDS),
            before=draw(st.sampled_from(["", "Before. "])),
            after=draw(st.sampled_from(["", " After."])),
            also=draw(st.sampled_from([0, 1, 40])),
            near=draw(st.lists(WORDS, max_size=2)),
            of=draw(SOURCES),
        )
        for number in range(1, count + 1)
    ]
    marks = [draw(MARKS) for _ in quoted]
    return [marked_within(one, *mark) if mark else one for one, mark in zip(quoted, marks, strict=True)]


def answer(*quoted: Excerpt, question: str = "Who denied *it*?") -> Answer:
    return Answer(question, quoted, None, 5, 1)


def payloads(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """What is sent, after checking that Slack would take it."""
    assert messages
    sent = [message.payload() for message in messages]
    for payload in sent:
        check_message(payload)
    return sent


def shown(block: Block) -> str:
    """A block as a reader sees it: struck out ~so~, bold *so*, italics _so_, and links [so]."""
    marks = {"strike": "~", "bold": "*", "italic": "_", "code": "`"}

    def inline(element: Block) -> str:
        mark = "".join(marks[name] for name in element.get("style", {}))
        return f"[{element.get('text', element['url'])}]" if "url" in element else f"{mark}{element['text']}{mark}"

    match block["type"]:
        case "rich_text":
            parts = [(part["type"], "".join(map(inline, part["elements"]))) for part in block["elements"]]
            return "\n".join(f"> {words}" if kind == "rich_text_quote" else words for kind, words in parts)
        case "context":
            return f"({' | '.join(element['text'] for element in block['elements'])})"
        case "actions":
            return f"<{' | '.join(e.get('text', e.get('placeholder'))['text'] for e in block['elements'])}>"
        case _:
            return str(block["text"]["text"])


def only(messages: Sequence[Message]) -> list[str]:
    """The blocks of the one message that there is, as a reader sees them."""
    (payload,) = payloads(messages)
    return [shown(block) for block in payload["blocks"]]


def buttons(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """What each button does, and its value."""
    return [(element["action_id"], element["value"]) for element in pressable(payload) if "value" in element]


def pressable(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons and menus of a message."""
    return [element for block in payload["blocks"] if block["type"] == "actions" for element in block["elements"]]


def menus(payload: dict[str, Any]) -> list[list[str]]:
    """The values that each menu of contexts offers."""
    found = [element for element in pressable(payload) if element["action_id"] == "context"]
    return [[option["value"] for option in menu["options"]] for menu in found]


def sections(payload: dict[str, Any]) -> list[str]:
    """The blocks of rich text that are no quotation."""
    told = [shown(block) for block in payload["blocks"] if block["type"] == "rich_text"]
    return [text for text in told if not text.startswith("> ")]


def contexts(payload: dict[str, Any]) -> list[str]:
    return [shown(block) for block in payload["blocks"] if block["type"] == "context"]


# ---- The rules themselves

GOOD = render.answer_messages(answer(excerpt(1, "It was denied.")), show_question=True, key=KEY)[0].payload()


def text_block(**element: Any) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": "a < b"},
        {"text": "a & b"},
        {"text": "x" * 4001},
        {"unfurl_links": True},
        {"unfurl_media": True},
        {"link_names": True},
        {"blocks": []},
        {"blocks": GOOD["blocks"] * 2},  # the same buttons twice
        {"blocks": GOOD["blocks"][:1] * 51},
        {"blocks": [text_block(type="text", text="")]},
        {"blocks": [text_block(type="text", text="x" * 3001)]},
        {"blocks": [text_block(type="text", text="x" * 2900)] * 5},
        {"blocks": [text_block(type="broadcast", range="here")]},
        {"blocks": [text_block(type="user", user_id="U1")]},
        {"blocks": [text_block(type="text", text="x", colour="red")]},
        {"blocks": [text_block(type="link", url="https://a.example/ b")]},
        {"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": []}]}]},
        {"blocks": [{"type": "context", "elements": [blocks.plain("x")] * 11}]},
        {"blocks": [{"type": "context", "elements": [{"type": "plain_text", "text": ":x:", "emoji": True}]}]},
        {"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}]}]},
        {"blocks": [blocks.context(blocks.markup("<!here>"))]},
        {"blocks": [blocks.context(blocks.markup("<https://a.example|a|b>"))]},
        {"blocks": [{"type": "header", "text": blocks.plain("x" * 151)}]},
        {"blocks": blocks.actions([blocks.button("x", f"a{n}", "v") for n in range(26)])},
        {"blocks": blocks.actions([blocks.button("x", "a", "v" * 2001)])},
        {"blocks": blocks.actions([blocks.button("x", "a" * 256, "v")])},
        {"blocks": blocks.actions([{**blocks.button("x", "a", "v"), "text": blocks.plain("x" * 76)}])},
        {"blocks": [{"type": "divider", "color": "red"}]},
        {"blocks": forms.ask_modal("")["blocks"][:1]},
    ],
)
def test_the_rules_see_what_slack_would_refuse(change: dict[str, Any]) -> None:
    check_message(GOOD)
    with pytest.raises((AssertionError, SlackObjectFormationError)):
        check_message({**GOOD, **copy.deepcopy(change)})


def test_the_rules_know_replies_to_a_response_url() -> None:
    check_message({"delete_original": True})
    check_message({**GOOD, "response_type": "ephemeral", "replace_original": True, "thread_ts": "1.2"})
    with pytest.raises(AssertionError):
        check_message({**GOOD, "response_type": "public"})


@pytest.mark.parametrize(
    "change",
    [
        {"title": blocks.plain("x" * 25)},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"blocks": forms.ask_modal("")["blocks"] * 2},
        {"blocks": [blocks.section(blocks.text("x"))] * 101},
        {"type": "home"},
        {"colour": "red"},
    ],
)
def test_the_rules_see_what_slack_would_refuse_of_a_view(change: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, SlackObjectFormationError)):
        check_view({**forms.ask_modal("x"), **change})


# ---- Words


@settings(deadline=None)
@given(TEXTS, st.integers(2, 60))
def test_words_are_cut_at_words_and_fit(text: str, limit: int) -> None:
    for cut, rest in ((blocks.shorten(text, limit), text.startswith), (blocks.end_of(text, limit), text.endswith)):
        assert blocks.weight(cut) <= limit
        assert cut == text or rest(cut[1:]) or rest(cut[:-1])


def test_a_word_is_cut_only_where_it_is_all_there_is() -> None:
    assert blocks.shorten("one two three", 9) == "one two…"
    assert blocks.shorten("one two three", 8) == "one two…"
    assert blocks.shorten("one two three", 7) == "one…"
    assert blocks.shorten("onetwothree", 7) == "onetwo…"
    assert blocks.shorten("&&&", 11) == "&&…"
    assert blocks.end_of("one two three", 10) == "…two three"
    assert blocks.end_of("one two three", 9) == "…three"
    assert blocks.end_of("onetwothree", 6) == "…three"


@settings(deadline=None)
@given(LONG, st.lists(st.integers(0, 5000), max_size=5).map(sorted))
def test_parts_of_a_text_fit_and_joined_are_the_text(text: str, starts: list[int]) -> None:
    parts = blocks.split(text, starts)
    assert "".join(parts) == text
    assert all(0 < blocks.weight(part) <= blocks.TEXT_LIMIT for part in parts)


def test_a_text_is_parted_before_a_sentence_else_a_word_else_anywhere() -> None:
    assert blocks.split("One. " + "word " * 700, [0, 5]) == ["One. ", "word " * 600, "word " * 100]
    assert blocks.split("One. " + "word " * 500, [0, 5]) == ["One. " + "word " * 500]
    assert blocks.split("x" * 3500) == ["x" * 3000, "x" * 500]


@settings(deadline=None)
@given(TEXTS)
def test_the_weight_of_words_is_never_less_than_any_count_of_them(text: str) -> None:
    counts = (len(text), len(text.encode("utf-16-le")) // 2, len(json.dumps(text, ensure_ascii=False)) - 2)
    assert blocks.weight(text) >= max(*counts, len(blocks.escape(text)))


@settings(deadline=None)
@given(WORDS)
def test_a_sentence_is_a_message(text: str) -> None:
    (payload,) = payloads([views.sentence(text)])
    assert len(payload["blocks"]) == 1


def test_the_words_of_a_message_are_cut_between_entities() -> None:
    told = views.sentence("Said: " + "& " * 1000)
    assert told.text == "Said: " + "&amp; " * 498 + "&amp;…"
    assert views.sentence("a <b>").text == "a &lt;b&gt;"


# ---- Answers

LAST = [
    "answer:carried:0",
    "answer:file:0",
    "answer:more:0",
    "answer:sources:0",
    "answer:remove:0",
    "answer:helpful:0",
    "answer:not_helpful:0",
]
FIRST = excerpt(1, "It was denied.", before="Well. ", after=" Twice.", also=1)
SECOND = excerpt(2, "It was not.", of=replace(UNKNOWN, title="What was said", title_given=False))
CITED = "Example_Wire_ · 2023-05-03* · Drones over the *Kremlin*"
ANSWER = [
    "(Question: Who denied *it*?)",
    "> _[…] _It was denied._ […]_",
    f"*1. {CITED} · paragraph 7, picture caption [link]",
    "(The same words stand in: Drones over the *Kremlin*, Example_Wire_, paragraph 0)",
    "> It was not.",
    "*2. source not stated* · “What was said” (opening words) · paragraph 7, picture caption",
    "(2 excerpts from 1 of 5 articles in the index)",
]


def test_an_answer_is_quotes_with_number_headline_outlet_date_place_and_link() -> None:
    told = answer(FIRST, SECOND)
    assert only(render.answer_messages(told, show_question=True)) == ANSWER
    assert only(render.answer_messages(told, show_question=False)) == ANSWER[1:]
    assert only(render.answer_messages(told, show_question=True, private=True)) == ANSWER
    (payload,) = payloads(render.answer_messages(told, show_question=True))
    assert quotes(payload) == ["It was denied.", "It was not."]


def test_the_words_that_answer_are_in_bold_and_the_words_for_notifications_have_no_mark() -> None:
    stored = marking(excerpt(1, "It was *denied*_ by un<kind> people.", before="Well. "), "*denied*_ by un<kind>")
    for messages in (
        render.answer_messages(answer(stored), show_question=False),
        render.context_messages(Context(stored, "Well. ", ""), KEY),
    ):
        (payload,) = payloads(messages)
        (quote,) = (p for b in payload["blocks"] for p in b["elements"] if p["type"] == "rich_text_quote")
        assert [e for e in quote["elements"] if e.get("style") != {"italic": True}] == [
            {"type": "text", "text": "It was "},
            {"type": "text", "text": "*denied*_ by un<kind>", "style": {"bold": True}},
            {"type": "text", "text": " people."},
        ]
        assert "It was *denied*_ by un&lt;kind&gt; people." in payload["text"]


@pytest.mark.parametrize(("private", "last"), [(False, "Remove"), (True, "Share")])
def test_an_answer_has_one_menu_of_contexts_and_its_buttons(private: bool, last: str) -> None:
    messages = render.answer_messages(answer(FIRST, SECOND), show_question=True, key=KEY, private=private)
    assert only(messages) == [
        *ANSWER,
        f"<Context | Carried by | As a file | More | Sources | {last} | Helpful | Not helpful>",
    ]
    payload = messages[0].payload()
    whats = ("carried", "file", "more", "sources", last.lower(), "helpful", "not_helpful")
    assert buttons(payload) == [(f"answer:{what}:0", KEY) for what in whats]
    assert menus(payload) == [[f"{KEY} 1", f"{KEY} 2"]]
    offered = [option["text"]["text"] for option in pressable(payload)[0]["options"]]
    assert offered == ["1. Example_Wire_ · 2023-05-03", "2. source not stated"]
    # Nothing that removes is louder than what helps.
    styles = [button.get("style") for button in pressable(payload)]
    assert styles == [None, None, None, None, None, "primary" if private else None, None, None]
    (alone,) = payloads(render.answer_messages(answer(FIRST), show_question=True, key=KEY, private=private))
    assert buttons(alone)[0] == ("answer:context:1", KEY)
    assert menus(alone) == []


def test_a_question_that_took_words_of_another_may_be_asked_alone() -> None:
    refused = Answer("q", (), Refusal(Reason.NOTHING_NEAR, "No."), 5, 1)
    for told in (answer(FIRST), answer(FIRST, SECOND), refused):
        for alone in (True, False):
            (payload,) = payloads(render.answer_messages(told, show_question=True, key=KEY, alone=alone))
            assert (("answer:alone:0", KEY) in buttons(payload)) == alone


def test_who_asks_in_public_is_named_and_pings_nobody() -> None:
    (message,) = render.answer_messages(answer(FIRST), show_question=True, asker="<!here> *Ann*\n:x:")
    (payload,) = payloads([message])
    assert contexts(payload)[0] == "(<!here> *Ann* :x: asks: Who denied *it*?)"
    assert message.text.startswith("&lt;!here&gt; *Ann* :x: asks: ")


def test_the_words_of_an_answer_are_told_to_those_who_do_not_see_its_blocks() -> None:
    (message,) = render.answer_messages(answer(excerpt(1, "a <b> & c")), show_question=True, key=KEY)
    assert message.text == (
        "Question: Who denied *it*?\na &lt;b&gt; &amp; c\n"
        f"1. {CITED.replace('*', '', 1)} · paragraph 7, picture caption \n"
        "1 excerpt from 1 of 5 articles in the index"
    )


def test_what_to_know_first_is_said_first() -> None:
    told = replace(
        answer(FIRST), likely=False, filters=Filters(outlets=("The *Star*",)), preferred=("<!here>",), question="q"
    )
    assert only(render.answer_messages(told, show_question=True))[:4] == [
        "(Question: q)",
        f"*{wording.MAY_NOT_ANSWER}*",
        "*Only articles from The *Star*.*",
        "*The question names <!here>, so such articles come first.*",
    ]


@pytest.mark.parametrize("count", range(1, 11))
def test_a_usual_answer_of_any_length_is_as_few_messages_as_can_be(count: int) -> None:
    many = [replace(excerpt(1, "word " * 120, also=1), number=number) for number in range(1, count + 1)]
    messages = payloads(render.answer_messages(answer(*many), show_question=True, key=KEY))
    assert len(messages) == (1 if count <= 6 else 2)
    assert [menu for payload in messages for menu in menus(payload)] == (
        [[f"{KEY} {number}" for number in range(1, count + 1)]] if count > 1 else []
    )
    assert [name for name, _ in buttons(messages[-1])][-7:] == LAST
    assert not any(pressable(payload) for payload in messages[:-1])


def test_where_there_are_no_words_a_dash_stands() -> None:
    told = answer(excerpt(1, "It.", of=source(title=" \n", outlet="\t")), question=" ")
    first, _, cited, _ = only(render.answer_messages(told, show_question=True))
    assert first == "(Question:)"
    assert cited.startswith("*1. – · 2023-05-03* · – · ")
    assert forms.name_options([" "], "")[0]["text"]["text"] == "–"


def test_seed_passages_are_quoted_as_they_are_stored() -> None:
    articles = read_corpus(SEEDS).articles
    passages = [(article, passage) for article in articles for passage in split(article)]
    quoted = [
        Excerpt(n, p.words(p.sentences[0]), p.sentences[0].start, p.sentences[0].end, p, 1.0)
        for n, (_, p) in enumerate(passages, start=1)
    ]
    assert len(quoted) > 50
    told = []
    for first in range(0, len(quoted), 3):
        (payload,) = payloads(render.answer_messages(answer(*quoted[first : first + 3]), show_question=True, key=KEY))
        told += quotes(payload)
    assert told == [article.text[one.start : one.end] for one, (article, _) in zip(quoted, passages, strict=True)]
    for one, (article, _) in list(zip(quoted, passages, strict=True))[:20]:
        (payload,) = payloads(render.context_messages(context(one, article), KEY))
        assert quotes(payload) == [one.text]


@slow
@given(excerpts(), st.booleans(), st.sampled_from([None, KEY]), LONG)
@example([excerpt(1, '"' * 50_000)], False, KEY, "q")
@example([marked_within(excerpt(1, '"' * 50_000), 0.1, 0.9)], False, KEY, "q")
@example([excerpt(1, "\x01" * 9000, also=40, near=["&" * 3000], of=HOSTILE)], True, KEY, "q")
def test_any_answer_holds_every_stored_word_and_every_part_its_source(
    quoted: list[Excerpt], private: bool, key: str | None, question: str
) -> None:
    told = replace(
        answer(*quoted, question=question),
        likely=False,
        filters=Filters(outlets=(question,) * 3, since=date(2023, 5, 3)),
        preferred=(question, "3 May"),
    )
    sent = payloads(render.answer_messages(told, show_question=True, key=key, private=private))
    # Which excerpt a quote is part of is told by the citation that follows it.
    found: dict[int, str] = {}
    bold: dict[int, str] = {}
    for payload in sent:
        kinds = [shown(block) for block in payload["blocks"]]
        parts = zip(quotes(payload), marked(payload), strict=True)
        for text, following in zip(kinds, [*kinds[1:], ""], strict=True):
            if text.startswith("> "):
                number = int(following.removeprefix("*").partition(".")[0])
                for kept, words in zip((found, bold), next(parts), strict=True):
                    kept[number] = kept.get(number, "") + words
                assert "paragraph 7, picture caption" in following
        assert next(parts, None) is None
        if payload is not sent[-1] or not key:
            assert not pressable(payload)
    if key:
        last = [name.replace("remove", "share") for name in LAST] if private else LAST
        one = ["answer:context:1"] if len(quoted) == 1 else []
        assert [name for name, _ in buttons(sent[-1])] == [*one, *last]
        assert menus(sent[-1]) == ([] if one else [[f"{key} {excerpt.number}" for excerpt in quoted]])
    assert found == {one.number: one.text for one in quoted}
    assert bold == {one.number: one.parts[1] for one in quoted}
    assert "may not answer" in sent[0]["text"]
    assert contexts(sent[-1])[-1].endswith(" articles in the index)")
    # No more than are needed: a part has no less than one text.
    assert len(sent) <= 2 + sum(len(blocks.split(part)) for one in quoted for part in one.parts)


def test_a_quotation_too_long_for_a_message_goes_on_in_the_next() -> None:
    long = excerpt(1, "word " * 4999 + "end.", before="Well. ", after=" Twice.")
    sent = payloads(render.answer_messages(answer(long, replace(SECOND)), show_question=True, key=KEY))
    assert len(sent) == 3
    assert "".join(quotes(sent[0]) + quotes(sent[1]) + quotes(sent[2])[:1]) == long.text
    assert quotes(sent[2])[1:] == ["It was not."]
    marks = [
        (e[0]["text"], e[-1]["text"])
        for payload in sent
        for block in payload["blocks"]
        if block["type"] == "rich_text"
        for e in [block["elements"][0]["elements"]]
        if block["elements"][0]["type"] == "rich_text_quote"
    ]
    assert marks == [("[…] ", " …"), ("… ", " …"), ("… ", " […]"), ("It was not.", "It was not.")]
    assert all(any(told.startswith(f"*1. {CITED}") for told in sections(payload)) for payload in sent)
    assert all(len(quotes(payload)[0]) > 6000 for payload in sent)


def test_what_fits_into_one_message_is_not_parted() -> None:
    short, long = excerpt(1, "word " * 1000), excerpt(2, "word " * 1500)
    first, second = payloads(render.answer_messages(answer(short, long), show_question=True))
    assert quotes(first) == [short.text]
    assert quotes(second) == [long.text]


def test_a_web_address_is_a_link_and_any_other_is_shown() -> None:
    def cited(url: str) -> Block:
        quoted = excerpt(1, "It.", of=source(url=url))
        (payload,) = payloads(render.answer_messages(answer(quoted), show_question=False))
        return payload["blocks"][1]["elements"][0]["elements"][-1]

    link = {"type": "link", "url": "HTTPS://x.example/a%7Cb%3Cc%3E%20d%0A%22%5Cé", "text": "link"}
    assert cited('HTTPS://x.example/a|b<c> d\n"\\é') == link
    assert cited("https://x.example/a\u202eb")["url"] == "https://x.example/a%E2%80%AEb"
    for address in ("ftp://x.example", "https://", "https://bbc.co.uk@evil.example/", "javascript:alert(1)"):
        assert cited(address) == {"type": "text", "text": f" · {address}"}
    assert cited("ftp://x.example/a\u202eb")["text"] == " · ftp://x.example/a‹U+202E›b"
    assert cited("https://x.example/" + "y" * 3000)["text"] == " · https://x.example/" + "y" * 281 + "…"


def test_the_link_leads_to_the_very_words_or_where_that_is_too_long_to_the_article() -> None:
    def cited(link: str) -> str:
        quoted = replace(excerpt(1, "It."), link=link)
        (payload,) = payloads(render.answer_messages(answer(quoted), show_question=False))
        return payload["blocks"][1]["elements"][0]["elements"][-1]["url"]

    words = "https://news.example/a_b_(c)?q=1&r=2#:~:text=It.,-and"
    assert cited(words) == words
    assert cited(words + "%E4%BF%84" * 300) == "https://news.example/a_b_(c)?q=1&r=2"


def test_names_show_what_is_not_seen_in_them_and_quotations_are_as_they_are() -> None:
    turned = source(title="A\u202eB", outlet="Ex\u200bample", author="J\u2066o")
    (payload,) = payloads(render.answer_messages(answer(excerpt(1, "It\u200b was.", of=turned)), show_question=False))
    assert quotes(payload) == ["It\u200b was."]
    assert shown(payload["blocks"][1]).startswith("*1. Ex‹U+200B›ample · 2023-05-03* · A‹U+202E›B · ")
    (card,) = only(views.card_messages(replace(LISTING, source=turned)))[:1]
    assert "A‹U+202E›B" in card
    told = "\n".join(only(views.card_messages(replace(LISTING, source=turned))))
    assert "Ex‹U+200B›ample" in told
    assert "J‹U+2066›o" in told
    assert forms.name_options(["Ex\u200bample"], "")[0]["text"]["text"] == "Ex‹U+200B›ample"
    assert forms.name_options(["Ex\u200bample"], "")[0]["value"] == "Ex\u200bample"


def test_many_other_places_of_the_same_words_are_counted() -> None:
    (payload,) = payloads(render.answer_messages(answer(excerpt(1, "It.", also=40)), show_question=False))
    assert contexts(payload)[0] == "(The same words stand in 40 other places.)"


@given(TEXTS.filter(lambda text: text[:20].strip()), TEXTS.filter(str.strip))
def test_words_that_differ_elsewhere_are_shown_as_they_are_and_counted_where_they_are_many(
    here: str, there: str
) -> None:
    def note(near: list[str], also: int = 0) -> Block:
        quoted = excerpt(1, here[:20], also=also, near=near, of=source(title="Elsewhere"))
        (payload,) = payloads(render.answer_messages(answer(quoted), show_question=False))
        (cited, _) = (block for block in payload["blocks"] if block["type"] == "context")
        return cited["elements"][-1]

    said, said_there = (" ".join(text.split()) for text in (here[:20], there))
    told = f"Nearly the same, in: Elsewhere, Example_Wire_, paragraph 3 (“{said_there}” there, “{said}” here)"
    assert note([there]) == {"type": "plain_text", "text": told, "emoji": False}
    counted = "Nearly the same words stand in 40 other places."
    many = [f"{n} {there}" for n in range(40)]
    assert note(many)["text"] == counted
    assert note(many, 1)["text"] == (f"The same words stand in: Elsewhere, Example_Wire_, paragraph 0. {counted}")


def test_a_refusal_says_why_and_names_the_nearest_articles() -> None:
    nearest = (source(), source(url=None), UNKNOWN)
    refusal = Refusal(Reason.FILTERED_OUT, "No article in the index is from *X*.", nearest)
    refused = Answer("q", (), refusal, 5, 1)
    told = [
        "*No article in the index is from *X*.*",
        f"{wording.NEAREST}:",
        "*• Drones over the *Kremlin** · Example_Wire_ · 2023-05-03 [link]",
        "*• Drones over the *Kremlin** · Example_Wire_ · 2023-05-03",
        "*• Drones over the *Kremlin**",
    ]
    assert only(render.answer_messages(refused, show_question=False)) == told
    assert only(render.answer_messages(refused, show_question=True)) == ["(Question: q)", *told]
    assert only(render.answer_messages(refused, show_question=False, key=KEY)) == [*told, "<Remove>"]
    assert only(render.answer_messages(refused, show_question=False, key=KEY, private=True)) == told
    bare = replace(refused, refusal=replace(refusal, nearest=()))
    assert only(render.answer_messages(bare, show_question=False, key=KEY)) == [told[0], "<Remove>"]


@slow
@given(LONG, WORDS, st.lists(SOURCES, max_size=3), st.none() | excerpts())
def test_a_refusal_always_fits(question: str, message: str, nearest: list[Source], near: list[Excerpt] | None) -> None:
    closest = near[0] if near else None
    refused = Answer(question, (), Refusal(Reason.NOTHING_NEAR, message, tuple(nearest), closest), 5, 1)
    sent = payloads(render.answer_messages(refused, show_question=True, key=KEY))
    assert len(sent) == 1
    assert buttons(sent[0]) == [*([("answer:closest:0", KEY)] if near else []), ("answer:remove:0", KEY)]
    if closest:
        shown_then = payloads(render.closest_messages(closest))
        assert "".join(quote for payload in shown_then for quote in quotes(payload)) == closest.text
        assert shown_then[0]["text"].startswith(wording.NOT_AN_ANSWER)


def test_what_comes_closest_is_behind_a_button_and_shown_as_no_answer() -> None:
    closest = replace(FIRST, number=0, also_in=())
    refused = Answer("q", (), Refusal(Reason.NOTHING_NEAR, "No.", (closest.source,), closest), 5, 1)
    for private in (False, True):
        (payload,) = payloads(render.answer_messages(refused, show_question=False, key=KEY, private=private))
        assert quotes(payload) == []
        assert [name for name, _ in buttons(payload)] == ["answer:closest:0", *([] if private else ["answer:remove:0"])]
    assert only(render.closest_messages(closest)) == [
        f"*{wording.NOT_AN_ANSWER}*",
        "> _[…] _It was denied._ […]_",
        f"*{CITED} · paragraph 7, picture caption [link]",
    ]


def test_the_button_that_removes_names_the_other_messages() -> None:
    last = render.answer_messages(answer(FIRST), show_question=True, key=KEY)[-1]
    named = render.removing(last, ["1700000000.123456", "1700000001.000001"])
    check_message(named.payload())
    assert ("answer:remove:0", f"{KEY} 1700000000.123456 1700000001.000001") in buttons(named.payload())
    assert buttons(named.payload())[:3] == buttons(last.payload())[:3]
    assert render.removing(last, []) == last
    assert render.removing(views.sentence("x"), ["1.2"]) == views.sentence("x")
    picker = forms.picker_message("Which?", "pick")
    assert render.removing(picker, ["1.2"]) == picker


@settings(slow, max_examples=10)
@given(excerpts())
def test_there_is_room_for_the_names_of_other_messages(quoted: list[Excerpt]) -> None:
    messages = render.answer_messages(answer(*quoted), show_question=True, key=KEY)
    named = render.removing(messages[-1], ["1700000000.123456"] * 100).payload()
    check_message(named)
    spare = blocks.BLOCKS_LIMIT - blocks.MESSAGE_LIMIT
    assert 18 * 20 < len(dict(buttons(named))["answer:remove:0"]) - len(KEY) <= spare


# ---- Citations


def test_an_excerpt_is_cited_in_each_form_as_a_file_would_have_it() -> None:
    quoted = excerpt(1, "It was denied <@U1> & `so`. " * 200)
    messages = payloads(render.citation_messages(quoted, date(2026, 11, 29)))
    assert len(messages) > 1
    parts = [part for payload in messages for block in payload["blocks"][0:] for part in block["elements"]]
    copied: dict[str, str] = {}
    for part in parts:
        words = "".join(element["text"] for element in part.get("elements", ()))
        if part["type"] == "rich_text_section":
            name = words.removesuffix(":")
        elif part["type"] == "rich_text_preformatted":
            copied[name] = copied.get(name, "") + words
    assert list(copied) == ["Footnote", "Markdown", "HTML", "CSL-JSON", "BibTeX", "RIS"]
    assert list(copied.values()) == [cite([quoted], form, date(2026, 11, 29)) for form in Form]


# ---- Context

CONTEXT = ["answer:cite:1", "answer:not_an_answer:1", "answer:wrong_source:1"]


def test_a_context_is_the_text_around_an_excerpt_as_it_is_stored() -> None:
    (payload,) = payloads(render.context_messages(Context(FIRST, "One.\n\nWell. ", " Twice.\n\nTwo.\n"), KEY))
    assert [shown(block) for block in payload["blocks"]] == [
        "(The stored text around excerpt 1)",
        "One.\n\nWell.",
        "> It was denied.",
        "Twice.\n\nTwo.",
        *ANSWER[2:4],
        "<Cite | Not an answer | Wrong source>",
    ]
    assert buttons(payload) == [(name, KEY) for name in CONTEXT]
    (alone,) = payloads(render.context_messages(Context(FIRST, " \n", ""), KEY))
    assert [shown(block) for block in alone["blocks"]][1:3] == ["> It was denied.", ANSWER[2]]


def test_a_context_is_cut_at_its_outer_ends_where_it_does_not_fit() -> None:
    around = Context(FIRST, "word " * 9999 + "before ", " after" + " word" * 9999)
    (payload,) = payloads(render.context_messages(around, KEY))
    _, before, quotation, after, *_ = [shown(block) for block in payload["blocks"]]
    assert quotation == "> It was denied."
    assert before.startswith("…word ")
    assert before.endswith("word before")
    assert after.startswith("after word")
    assert after.endswith(" word…")
    assert abs(len(before) - len(after)) < 20
    assert len(json.dumps(payload["blocks"], ensure_ascii=False)) > 10_500
    assert blocks.weigh(payload["blocks"]) <= blocks.MESSAGE_LIMIT
    short = replace(around, before="word " * 700 + "before ")
    (payload,) = payloads(render.context_messages(short, KEY))
    _, before, _, after, *_ = [shown(block) for block in payload["blocks"]]
    assert before == short.before.strip()
    assert len(after) > 5000


@slow
@given(LONG, WORDS, LONG, st.sampled_from([0, 1, 40]), SOURCES, MARKS)
@example("\x01" * 9999, "\x01" * 9999, "\x01" * 9999, 40, HOSTILE, None)
@example("word " * 999, "word " * 999, "word " * 999, 0, HOSTILE, (0.0, 1.0))
@example("", "\\\\", "\\" * 5600, 0, HOSTILE, (0.0, 0.5))
def test_any_context_holds_the_whole_excerpt(
    before: str, words: str, after: str, also: int, of: Source, mark: tuple[float, float] | None
) -> None:
    stored = excerpt(1, words, before=before, after=after, also=also, of=of)
    stored = marked_within(stored, *mark) if mark else stored
    sent = payloads(render.context_messages(Context(stored, before, after), KEY))
    assert "".join(quote for payload in sent for quote in quotes(payload)) == words
    assert "".join(quote for payload in sent for quote in marked(payload)) == stored.parts[1]
    for payload in sent:
        assert len(quotes(payload)) == 1
        assert any(told.startswith("*1. ") for told in sections(payload))
        assert [name for name, _ in buttons(payload)] == CONTEXT
    sides = [block for payload in sent for block in payload["blocks"]]
    cites = ({"bold": True}, "rich_text_section")
    plain = [
        shown(b)
        for b in sides
        if b["type"] == "rich_text"
        and not shown(b).startswith("> ")
        and (b["elements"][0]["elements"][0].get("style"), b["elements"][0]["type"]) != cites
    ]
    if before.strip():
        side = plain.pop(0)
        assert side == before.strip() or (side[0] == "…" and before.strip().endswith(side[1:]))
        assert side == before.strip() or blocks.weight(side) > 90
    if after.strip():
        side = plain.pop(0)
        assert side == after.strip() or (side[-1] == "…" and after.strip().startswith(side[:-1]))
        assert side == after.strip() or blocks.weight(side) > 90
    assert not plain
    assert len(sent) == 1 or blocks.weight(words) > 2000


# ---- Verification

STANDING = Standing(source(), 10, 24, "It was denied.", 4)
BARE = Standing(UNKNOWN, 10, 24, "It was denied.", 5, (Typography.DASHES, Typography.SPACES))


def finding(text: str, verdict: Verdict, *standings: Standing, **more: Any) -> Finding:
    return Finding(Quotation(text, 0, len(text)), verdict, standings, **more)


def verified(*findings: Finding) -> list[str]:
    return only(render.verification_messages(Verification(findings, cut=False)))


def test_a_quotation_is_shown_with_its_verdict_and_every_place() -> None:
    place = f"*{CITED} · paragraph 4 [link]"
    elsewhere = "*source not stated* · Drones over the *Kremlin* · paragraph 5 (differs in dashes, spaces)"
    assert verified(
        finding("It *was* denied.\n- Twice", Verdict.EXACT, STANDING, BARE, more=True),
        finding("No", Verdict.NOT_FOUND, telling=False),
        finding("It was denied.", Verdict.OTHER_SOURCE, STANDING, outlets=("The *Star*", "Star")),
        finding("It was denied. Nobody knew.", Verdict.STITCHED, parts=(Part(0, 14, (BARE,)), Part(15, 27, (BARE,)))),
    ) == [
        "*4 quotations: 1 exact, 1 not found in this index, 1 other source, 1 stitched.*",
        "*1. exact*",
        "> It *was* denied.\n- Twice",
        place,
        elsewhere,
        "(It stands in more places than these.)",
        "*2. not found in this index*",
        "> No",
        "(So few words say little, whether they stand somewhere or not.)",
        "(No article in this index has it or anything near. It may have been said all the same.)",
        "*3. other source*",
        "> It was denied.",
        "(No article of The *Star* or Star in this index has these words. They stand in:)",
        place,
        "*4. stitched*",
        "> It was denied. Nobody knew.",
        "(No one place has all of it; its parts stand apart.)",
        "(“It was denied.” stands in:)",
        elsewhere,
        "(“Nobody knew.” stands in:)",
        elsewhere,
    ]


def test_who_said_it_stands_under_its_place_and_that_the_text_gives_it_to_another() -> None:
    peskov = Speaker("he", "Dmitry\n*Peskov*", goes_on=False)
    assert verified(
        finding("It was denied.", Verdict.OTHER_SPEAKER, replace(STANDING, speaker=peskov), given_to="<Ana> Ruiz")
    ) == [
        "*1 quotation: 1 other speaker.*",
        "*1. other speaker*",
        "> It was denied.",
        "(No article in this index that names a speaker gives it to “<Ana> Ruiz”, as the text does. It stands in:)",
        f"*{CITED} · paragraph 4 [link]",
        "(There it is said by “he”, taken for “Dmitry *Peskov*” before it.)",
    ]


def test_a_text_without_quotations_says_so() -> None:
    assert verified() == ["*Nothing is quoted there.*"]


def same(text: str) -> Segment:
    return Segment(Change.EQUAL, text, text)


def changed(quoted: str, printed: str) -> Segment:
    change = Change.REPLACED if quoted and printed else Change.ADDED if quoted else Change.LEFT_OUT
    return Segment(change, quoted, printed)


def altered(*segments: Segment) -> Finding:
    text = "".join(segment.quoted for segment in segments)
    return finding(text, Verdict.ALTERED, STANDING, segments=segments)


@pytest.mark.parametrize(
    ("segments", "told"),
    [
        ([same("a "), changed("cat ", "dog "), same("sat")], "a ~cat~ *dog* sat"),
        ([same("a "), changed("cat", "dog")], "a ~cat~ *dog*"),
        ([same("a "), changed("big ", ""), same("cat")], "a ~big~ cat"),
        ([same("a "), changed("", "big "), same("cat")], "a *big* cat"),
        ([same("a"), changed("-", " "), same("b")], "a~-~b"),
        ([changed("“No,” ", "“Yes,”\n"), same("he said")], "~“No,”~ *“Yes,”* he said"),
    ],
)
def test_what_differs_is_struck_out_and_set_in_bold(segments: list[Segment], told: str) -> None:
    assert verified(altered(*segments)) == [
        "*1 quotation: 1 altered.*",
        "~Struck out~ is only in the quotation, *bold* only in the article.",
        "*1. altered*",
        f"> {told}",
        "(The nearest wording stands in:)",
        f"*{CITED} · paragraph 4 [link]",
    ]


def test_those_who_see_no_styles_are_told_whose_words_are_whose() -> None:
    """Joined, the words of both would be a sentence that nobody wrote."""
    found = altered(same("the "), changed("court", "tribunal"), same(" sat"), changed("", " down"))
    (message,) = render.verification_messages(Verification((found,), cut=False))
    assert "the [struck: court] [article: tribunal] sat [article: down]" in message.text


def compared(text: str) -> str:
    """What is compared of a text: white space is not."""
    return "".join(text.split())


NAMES = WORDS.map(lambda words: words[:90])
STANDINGS = st.builds(
    lambda of, typography, speaker: Standing(of, 0, 5, "words", 12, tuple(typography), speaker),
    SOURCES,
    st.lists(st.sampled_from(Typography), unique=True),
    st.none() | st.builds(Speaker, NAMES, st.just("") | NAMES, st.booleans()),
)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    verdict = draw(st.sampled_from(Verdict))
    text = draw(WORDS)[:12_000]
    places = tuple(draw(st.lists(STANDINGS, min_size=1, max_size=2))) * draw(st.sampled_from([1, 10]))
    if verdict is Verdict.ALTERED and text[1:].strip():
        third = len(text) // 3
        cut = [text[:third], text[third : 2 * third], text[2 * third :]]
        segments = [same(cut[0]), changed(cut[1], draw(WORDS)), same(cut[2])]
        return altered(*(segment for segment in segments if segment.quoted or segment.printed))
    if verdict is Verdict.STITCHED:
        half = len(text) // 2
        return finding(text, verdict, parts=(Part(0, half, places), Part(half, len(text), places)))
    if verdict is Verdict.NOT_FOUND:
        return finding(text, verdict, telling=draw(st.booleans()))
    outlets = (draw(WORDS), "Star") if verdict is Verdict.OTHER_SOURCE else ()
    found = finding(text, verdict, *places, more=draw(st.booleans()), telling=draw(st.booleans()), outlets=outlets)
    if verdict is Verdict.OTHER_SPEAKER:
        found = replace(found, given_to=draw(NAMES))
    return replace(found, until=NOW) if verdict is Verdict.CORRECTED else found


@settings(slow, max_examples=15)
@given(st.lists(findings(), min_size=1, max_size=3), st.sampled_from([1, 1, 8]))
def test_any_verification_holds_every_quotation_and_every_place(found: list[Finding], times: int) -> None:
    found = found * times
    sent = payloads(render.verification_messages(Verification(tuple(found), cut=True)))
    told = [block for payload in sent for block in payload["blocks"]]
    heads = [n for n, b in enumerate(told) if re.match(r"\*\d+\. ", shown(b))]
    for number, (one, at, end) in enumerate(zip(found, heads, [*heads[1:], None], strict=True), start=1):
        assert shown(told[at]) == f"*{number}. {verdicts.VERDICTS[one.verdict]}*"
        parts = [p for block in told[at:end] if block["type"] == "rich_text" for p in block["elements"]]
        inside = [e for p in parts if p["type"] == "rich_text_quote" for e in p["elements"]]
        inside = [e for e in inside if "italic" not in e.get("style", {})]
        plain = "".join(e["text"] for e in inside if "style" not in e)
        struck = "".join(e["text"] for e in inside if e.get("style") == {"strike": True})
        bold = "".join(e["text"] for e in inside if e.get("style") == {"bold": True})
        differing = [segment for segment in one.segments if segment.change is not Change.EQUAL]
        if not one.segments:
            assert plain == one.quotation.text
        assert compared(struck) == compared("".join(segment.quoted for segment in differing))
        assert compared(bold) == compared("".join(segment.printed for segment in differing))
        quoted = "".join(e["text"] for e in inside if e.get("style") != {"bold": True})
        assert compared(quoted) == compared(one.quotation.text)
        places = [*one.standings, *(place for part in one.parts for place in part.standings)]
        notes = [shown(block) for block in told[at:end]]
        assert sum(" · paragraph 12" in note or " · paragraph 4" in note for note in notes) >= len(places)
    for payload in sent:
        cited = [block for block in payload["blocks"] if " · paragraph " in shown(block)]
        assert not quotes(payload) or cited or contexts(payload)


def test_a_hundred_findings_are_all_shown() -> None:
    found = [finding(f"Words that are number {n}.", Verdict.EXACT, STANDING) for n in range(100)]
    sent = payloads(render.verification_messages(Verification(tuple(found), cut=False)))
    assert len(sent) == 7  # three blocks each, fifty a message
    assert [quote for payload in sent for quote in quotes(payload)] == [one.quotation.text for one in found]


# ---- Stored texts


def test_a_stored_text_is_quoted_whole_and_parted_at_paragraphs() -> None:
    paragraphs = [f"{n}. " + "word " * 250 + "end." for n in range(25)]
    article = Article(source(), "\n\n".join(paragraphs))
    first, *rest = payloads(render.text_messages(article))
    assert shown(first["blocks"][0]) == "*Drones over the *Kremlin**"
    assert len(rest) == 3
    texts = [quotes(payload)[0] for payload in (first, *rest)]
    assert "".join(texts) == article.text
    assert all(text.endswith("end.\n\n") for text in texts[:-1])
    assert all(sections(payload)[-1] == f"*{CITED} [link]" for payload in (first, *rest))


@slow
@given(WORDS, SOURCES)
def test_any_stored_text_is_quoted_whole(text: str, of: Source) -> None:
    sent = payloads(render.text_messages(Article(of, text)))
    assert "".join(quotes(payload)[0] for payload in sent) == text
    assert all(sections(payload) for payload in sent)


def test_every_seed_article_can_be_read_whole() -> None:
    for article in read_corpus(SEEDS).articles:
        sent = payloads(render.text_messages(article))
        assert "".join(quotes(payload)[0] for payload in sent) == article.text
        assert len(sent) <= len(article.text) // 8000 + 1


# ---- Lists and cards

LISTING = Listing(source(), 12, NOW)
LISTINGS = st.builds(Listing, SOURCES, st.sampled_from([1, 12_345]), st.just(NOW))
ROW = "Drones over the *Kremlin**\nExample_Wire_ · 2023-05-03 · indexed 2026-11-22 · wire/kremlin_drones [link]"


def test_sources_have_number_title_outlet_date_day_of_indexing_and_id() -> None:
    message = views.sources_message([LISTING] * 21, 1, KEY)
    told = only([message])
    assert told[0] == "*Sources* · 21 articles · page 2 of 3"
    assert told[1:11] == [f"*{number}. {ROW}" for number in range(11, 21)]
    assert told[11:] == ["<Previous | Next | As a file>"]
    assert buttons(message.payload()) == [
        ("sources:previous", f"{KEY}:0"),
        ("sources:next", f"{KEY}:2"),
        ("file", KEY),
    ]
    unknown = views.sources_message([replace(LISTING, source=UNKNOWN)], 0, KEY)
    assert only([unknown])[1] == "*1. Drones over the *Kremlin**\nindexed 2026-11-22 · wire/kremlin_drones"
    assert only([views.sources_message([], 0, KEY)]) == [wording.EMPTY_INDEX]
    assert only([views.sources_message([], 0, KEY, narrowed=True)]) == [wording.NO_SUCH_SOURCES]


@pytest.mark.parametrize(
    ("count", "page", "head", "turns"),
    [
        (10, 0, "page 1 of 1", []),
        (11, 0, "page 1 of 2", [("sources:next", f"{KEY}:1")]),
        (11, 1, "page 2 of 2", [("sources:previous", f"{KEY}:0")]),
        (11, 9, "page 2 of 2", [("sources:previous", f"{KEY}:0")]),
        (11, -1, "page 1 of 2", [("sources:next", f"{KEY}:1")]),
    ],
)
def test_pages_lead_where_there_are_others(count: int, page: int, head: str, turns: list[tuple[str, str]]) -> None:
    (payload,) = payloads([views.sources_message([LISTING] * count, page, KEY)])
    assert head in shown(payload["blocks"][0])
    assert buttons(payload) == [*turns, ("file", KEY)]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2)])
def test_pages(count: int, pages: int) -> None:
    assert views.pages([LISTING] * count) == pages


WIDE = Listing(
    source(
        id="&" * 99,
        title="\x01" * 999,
        title_given=False,
        outlet="<" * 99,
        url="https://x.example/" + "y" * (blocks.ROW_URL_LIMIT - 18),
    ),
    12_345,
    NOW,
)


@slow
@given(st.lists(LISTINGS, min_size=1, max_size=3))
@example([WIDE])
def test_any_ten_sources_fit_into_a_message(listings: list[Listing]) -> None:
    payloads([views.sources_message((listings * 30)[:30], 1, KEY)])
    sent = payloads(views.cards_messages(listings))
    assert sum(len(payload["blocks"]) for payload in sent) == len(listings)


def test_the_sources_of_an_answer_are_listed() -> None:
    assert only(views.cards_messages([LISTING, LISTING])) == [f"*{ROW}"] * 2
    assert only(views.cards_messages([])) == ["The articles that this answer quoted are no longer in the index."]


def test_a_card_shows_what_is_known_and_what_is_not() -> None:
    assert only(views.card_messages(LISTING)) == [
        "*Drones over the *Kremlin**",
        "*Outlet: *Example_Wire_\n*Date: *2023-05-03\n*Language: *en\n*Not given: *author\n*Searchable passages: *12\n"
        "*Indexed: *2026-11-22 09:30 UTC\n*Link: *[https://news.example/a_b_(c)?q=1&r=2]",
        "(wire/kremlin_drones · sha256 abababababab)",
        "<Stored text>",
    ]
    assert buttons(views.card_messages(LISTING)[0].payload()) == [("text", "ab" * 32)]
    bare = only(views.card_messages(replace(LISTING, source=replace(UNKNOWN, title_given=False))))
    assert bare[0] == "*“Drones over the *Kremlin*” (opening words)*"
    assert bare[1].startswith("*Not given: *headline, outlet, author, date, language, link\n")
    full = only(views.card_messages(replace(LISTING, source=source(author="A. *B*", url="ftp://x"))))
    assert "*Author: *A. *B*\n" in full[1]
    assert full[1].endswith("*Link: *ftp://x")
    assert "Not given" not in full[1]
    assert "only the beginning" not in full[1]
    teaser = only(views.card_messages(replace(LISTING, source=source(teaser=True))))
    assert "*Text: *only the beginning of the article\n" in teaser[1]


def test_a_card_names_the_articles_that_hold_the_same_words() -> None:
    told = only(views.card_messages(LISTING, [Neighbour(UNKNOWN, 1), Neighbour(source(), 2)]))
    assert told[3:6] == [
        "*The same paragraphs stand in:*",
        "*• Drones over the *Kremlin** · 1 paragraph",
        "*• Drones over the *Kremlin** · Example_Wire_ · 2023-05-03 · 2 paragraphs [link]",
    ]


@slow
@given(LISTINGS, st.lists(st.builds(Neighbour, SOURCES, st.integers(1, 9)), max_size=10))
def test_any_card_fits(listing: Listing, neighbours: list[Neighbour]) -> None:
    sent = payloads(views.card_messages(listing, neighbours))
    pressed = [button for payload in sent for button in buttons(payload)]
    assert pressed == [("text", listing.source.sha256)]
    told = [shown(block) for payload in sent for block in payload["blocks"]]
    assert sum(text.startswith("*• ") for text in told) == len(neighbours)


# ---- Lines

MANIFEST = Manifest(1, 3, "all-MiniLM_L6", "w", 384, 5, 70, 140, "c", NOW, {}, "")


def test_status() -> None:
    times = Quantiles(0.153, 1.2, 1000)
    assert views.status_lines(
        DeskStatus(MANIFEST, 4, 40, "Generation 4 is damaged.", True, 2, times), "Socket Mode"
    ) == [
        "Generation 3, built 2026-11-22 09:30 UTC",
        "4 articles, 40 passages",
        "Model: all-MiniLM_L6",
        "A new generation is being built.",
        "2 questions in the queue",
        "Answers: half within 0.15 s, 95 % within 1.20 s (the latest 1,000)",
        "Connection: Socket Mode",
        "Warning: Generation 4 is damaged.",
    ]
    assert views.status_lines(DeskStatus(MANIFEST, 1, 9, None, False), None)[3:] == [
        "No build is running.",
        "0 questions in the queue",
        "Answers: none yet",
    ]


def test_lines_are_shown_as_they_are() -> None:
    assert only(views.lines_messages("A *title*", ["  one: *x*", "", "<!here>"])) == [
        "*A *title**",
        "  one: *x*\n\n<!here>",
    ]
    assert only(views.lines_messages("Title", [])) == ["*Title*"]


@slow
@given(WORDS, st.lists(LONG.map(lambda text: text[:3000]), max_size=8))
@example("x", ["y" * 2999, "z" * 2999, "&" * 5000])
@example("x", ["word " * 999] * 9)
def test_any_lines_are_shown_whole(title: str, lines: list[str]) -> None:
    sent = payloads(views.lines_messages(title, lines))
    told = [shown(block) for payload in sent for block in payload["blocks"]][1:]
    # A line end between two blocks is not shown: the second begins on a line of its own.
    assert compared("".join(told)) == compared("".join(lines))


def test_a_long_report_is_whole_and_parted_at_lines() -> None:
    problems = tuple(Problem(f"folder/file_{n}.txt", "it is empty") for n in range(600))
    report = BuildReport(MANIFEST, True, Changes(("a_b",), (), (), 0, problems, ()), 1, 2, 3.0)
    outcome, *lines = report.lines()
    sent = payloads(views.report_messages(report))
    told = [shown(block) for payload in sent for block in payload["blocks"]]
    assert told[0] == f"*{outcome}*"
    assert "\n".join(told[1:]).split("\n") == lines
    assert len(sent) == 3
    preview = only(views.preview_messages(Changes(("a_b",), (), (), 4, (), ())))
    assert preview == ["*A reindex would find: 1 added, 0 changed, 0 removed, 4 unchanged, 0 refused.*", "  added: a_b"]


ACTION = Action(57, {"article": "a_b", "reason": None, "count": 0}, "slack", "U123", "1", "2", "remove", "done", NOW)


def test_the_audit_log_says_who_did_what_when() -> None:
    failed = replace(ACTION, number=56, platform="terminal", user="jo\ne", details={}, outcome="failed: *x*")
    assert views.audit_lines([ACTION, failed]) == [
        "57 · 2026-11-22 09:30 UTC · remove · slack U123 · done · article: a_b, count: 0",
        "56 · 2026-11-22 09:30 UTC · remove · terminal jo e · failed: *x*",
    ]
    assert views.audit_lines([]) == ["Nothing has been done yet."]


def test_unanswered_questions_are_counted() -> None:
    asked = Unanswered("Who\n*won*?", "nothing_near", 3, 2, NOW, NOW)
    assert views.unanswered_lines([asked]) == ["2× Who *won*? · last 2026-11-22, nothing near"]
    assert views.unanswered_lines([]) == ["No question was refused here."]


def test_settings_say_what_holds_and_what_is_set_there() -> None:
    own = OwnSettings(answers=False, excerpts=4)
    holds = PlaceSettings(answers=False, outlets=("The *Star*", "Post"), excerpts=4)
    assert views.settings_lines(own, holds, 3) == [
        "answers: no",
        "outlets: The *Star*; Post (not set here)",
        "excerpts: 4",
        "private: no (not set here)",
        "time zone: UTC (not set here)",
    ]
    own, holds = (kind(private=True, timezone="Asia/Tokyo") for kind in (OwnSettings, PlaceSettings))
    unset = views.settings_lines(replace(own, outlets=()), holds, 3)
    assert unset == [
        "answers: yes (not set here)", "outlets: all", "excerpts: 3 (not set here)", "private: yes",
        "time zone: Asia/Tokyo",
    ]  # fmt: skip


# ---- The form, menus, the home tab


def test_an_article_can_be_picked() -> None:
    message = forms.picker_message("Which article?", "pick:source")
    assert only([message]) == ["Which article?", "<Begin to type>"]
    (menu,) = message.blocks[1]["elements"]
    assert (menu["type"], menu["action_id"], menu["min_query_length"]) == ("external_select", "pick:source", 0)


def test_articles_are_offered_by_id_title_or_outlet() -> None:
    cards = [source(id=f"a/{n}", title=f"Title {n}", sha256=f"{n:064}") for n in range(120)]
    cards[7] = replace(cards[7], outlet="The Star")
    cards[8] = replace(cards[8], outlet=None, title="T" * 99)
    assert [card.id for card in fitting(cards, "the STAR")] == ["a/7"]
    assert [card.id for card in fitting(cards, "A/11")] == ["a/11", *(f"a/{n}" for n in range(110, 120))]
    assert [card.id for card in fitting(cards, "title 99")] == ["a/99"]
    offered = forms.article_options(cards, "")
    assert [option["value"] for option in offered] == [card.sha256 for card in cards[:100]]
    assert [option["text"]["text"] for option in offered[7:9]] == ["Title 7 · The Star", "T" * 74 + "…"]
    assert len(forms.article_options([cards[1], cards[2], cards[1]], "")) == 2


def test_names_are_offered_that_can_be_values() -> None:
    names = ["The Paper", "A" * 150, "B" * 151, *(f"Outlet {n}" for n in range(200))]
    offered = forms.name_options(names, "")
    assert [option["value"] for option in offered] == [names[0], names[1], *names[3:101]]
    assert offered[1]["text"]["text"] == "A" * 74 + "…"
    assert [option["value"] for option in forms.name_options(names, "the p")] == ["The Paper"]


@slow
@given(st.lists(SOURCES, max_size=5), LONG)
def test_any_option_can_be_shown(cards: list[Source], typed: str) -> None:
    offered = [*forms.article_options(cards, ""), *forms.name_options([card.id for card in cards], "")]
    offered += forms.article_options(cards, typed)
    for option in offered:
        assert 1 <= len(option["text"]["text"].strip()) <= len(option["text"]["text"]) <= 75
        assert option["text"]["emoji"] is False
        assert 1 <= len(option["value"]) <= 150


def test_the_form_of_a_question() -> None:
    form = forms.ask_modal("m" * 3000)
    check_view(form)
    assert (form["callback_id"], form["private_metadata"]) == ("ask", "m" * 3000)
    fields = {block["block_id"]: block for block in form["blocks"]}
    assert list(fields) == ["question", "outlet", "since", "until", "number", "private"]
    assert all(block["element"]["action_id"] == name for name, block in fields.items())
    assert [name for name, block in fields.items() if not block["optional"]] == ["question"]
    assert fields["question"]["element"]["max_length"] == 2000
    assert [option["value"] for option in fields["number"]["element"]["options"]] == [str(n) for n in range(1, 11)]


def test_what_was_put_into_the_form_is_read() -> None:
    values: dict[str, Any] = {
        "question": {"question": {"type": "plain_text_input", "value": " Who?\n"}},
        "outlet": {"outlet": {"type": "external_select", "selected_option": forms.name_options(["The Paper"], "")[0]}},
        "since": {"since": {"type": "plain_text_input", "value": "May 2023"}},
        "until": {"until": {"type": "plain_text_input", "value": None}},
        "number": {"number": {"type": "static_select", "selected_option": {"value": "5"}}},
        "private": {"private": {"type": "checkboxes", "selected_options": [{"value": "yes"}]}},
    }
    everything = {"question": "Who?", "outlet": "The Paper", "since": "May 2023", "until": None, "number": "5"}
    assert forms.asked(values) == {**everything, "private": "yes"}
    values["outlet"]["outlet"]["selected_option"] = None
    values["number"]["number"]["selected_option"] = None
    values["private"]["private"]["selected_options"] = []
    values["since"]["since"]["value"] = " "
    nothing = {"outlet": None, "since": None, "until": None, "number": None, "private": None}
    assert forms.asked(values) == {"question": "Who?", **nothing}
    assert forms.asked({"question": values["question"]}) == {"question": "Who?", **nothing}


def test_the_home_tab_says_how_to_ask_what_is_served_and_what_is_newest() -> None:
    days = [date(2023, 5, 1), None, date(2023, 5, 3)]
    cards = [source(id=f"a/{n}", title=f"Title {n}", published=day) for n, day in enumerate(days)]
    listings = [replace(LISTING, source=card) for card in cards]
    view = views.home_view(["Generation 3", "No *build*"], listings, ["answers: yes"], Retention())
    check_view(view)
    told = [shown(block) for block in view["blocks"]]
    assert told[0] == "On the Record"
    assert told[told.index("Status") + 1] == "Generation 3\nNo *build*"
    at = told.index("Newest articles") + 1
    assert [text.split("*")[1] for text in told[at : at + 3]] == ["Title 2", "Title 0", "Title 1"]
    kept = wording.remembered(Retention(), "`/coverage-mydata`", "`/coverage-forgetme`")
    assert told[at + 3 :] == ["Settings", "answers: yes", "What is remembered", kept]
    many = [shown(block) for block in views.home_view(["s"], listings * 7 + listings[:1], ["s"], Retention())["blocks"]]
    assert "And 2 more articles: `/sources`" in many
    twenty = [shown(block) for block in views.home_view(["s"], (listings * 7)[:20], ["s"], Retention())["blocks"]]
    assert not any("more article" in text for text in twenty)
    empty = views.home_view(["s"], [], ["s"], Retention())
    check_view(empty)
    assert wording.EMPTY_INDEX in [shown(block) for block in empty["blocks"]]


@slow
@given(WORDS, st.lists(LISTINGS, max_size=3))
def test_any_home_tab_fits(text: str, listings: list[Listing]) -> None:
    check_view(views.home_view([text] * 9, listings * 40, [text] * 4, Retention()))


def test_help_names_every_command() -> None:
    told = "\n".join(only([views.help_message(Retention())]))
    for name in ("ask", "verify", "sources", "source", "coverage-status", "coverage-help", "reindex", "rollback",
                 "coverage-remove", "restore", "audit", "unanswered", "coverage-settings"):  # fmt: skip
        assert f"`/{name}`" in told
    for words in ('outlet:"…"', "since:", "until:", "number:", "private:yes", "Ask the coverage", "Verify quotes"):
        assert words in told
