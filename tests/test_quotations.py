from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_encoder import WordHashEncoder

from bot.quotations import (
    MAX_MESSAGE_CHARS,
    MAX_QUOTATION_CHARS,
    MAX_QUOTATIONS,
    attributions,
    quotations,
    verify,
)
from index.build import build
from index.findings import Verdict
from index.generations import Generations
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.store import Store


def quoted(message: str) -> list[str]:
    return [quotation.text for quotation in quotations(message).quotations]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ('He said "it was planned" and left.', ["it was planned"]),
        ("He said “it was planned,” and left.", ["it was planned,"]),
        ("Er sagte „es war geplant“ und ging.", ["es war geplant"]),
        ("Powiedział „to plan” i wyszedł.", ["to plan"]),
        ("Han sa ”det var så” och gick.", ["det var så"]),
        ("Il a dit « c’était prévu », puis «rien».", ["c’était prévu", "rien"]),
        ("Er sagte »es war geplant« und ging.", ["es war geplant"]),
        ("Hän sanoi »se oli niin» ja lähti.", ["se oli niin"]),
        ("Ils ‹c’est ça› et ›das hier‹ la.", ["c’est ça", "das hier"]),
        ("彼は「計画だった」と『言った』。", ["計画だった", "言った"]),
        ("He said ‘it wasn’t planned’ and left.", ["it wasn’t planned"]),
        ("He said 'it wasn't planned', and left.", ["it wasn't planned"]),
        ("Er sagte ‚es war geplant‘ und ging.", ["es war geplant"]),
        ('("in brackets")', ["in brackets"]),
        ("**“in bold”**", ["in bold"]),
        ('"one" and "two"', ["one", "two"]),
    ],
)
def test_any_kind_of_marks(message: str, found: list[str]) -> None:
    assert quoted(message) == found


@pytest.mark.parametrize(
    "message",
    [
        "It’s the drones’ debris, don’t you see? The ’90s. ‘Tis so.",
        "It's the boys' own '90s story, 'cause 'tis rock 'n' roll",
        'A 6" pipe, 5\'10" tall, and 6″.',
        "No marks at all.",
    ],
)
def test_apostrophes_and_inches_are_no_quotation_marks(message: str) -> None:
    assert quoted(message) == [message]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("“He said ‘no’ and ‘yes’ to me.”", ["He said ‘no’ and ‘yes’ to me."]),
        ("‘He said “no” to me.’", ["He said “no” to me."]),
        ("“He said “no” to me.” So.", ["He said “no” to me."]),
        ("«Il dit «non» et part.» Oui", ["Il dit «non» et part."]),
        ("„Er sagte ‚nein‘ zu mir.“", ["Er sagte ‚nein‘ zu mir."]),
        ("'He said \"no\" to me.'", ['He said "no" to me.']),
        ("‘the Russians’ drones were shot,’ he said.", ["the Russians’ drones were shot,"]),
        ("‘planned acts’ and the Russians’ drones fell.", ["planned acts"]),
        ("‘planned acts’.", ["planned acts"]),
    ],
)
def test_the_outer_marks_are_the_quotation_s(message: str, found: list[str]) -> None:
    assert quoted(message) == found


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("“One.\n\n“Two.\n\n“Three.” End “four.”", ["One.\n\n“Two.\n\n“Three.", "four."]),
        ('"One.\n \n  "Two." End', ['One.\n \n  "Two.']),
        ("“One.\n“Two.” End", ["One.\n“Two."]),
        ("»Eins.\n\n»Zwei.« Ende", ["Eins.\n\n»Zwei."]),
        ("“One.\n\nTwo.", ["One."]),
        ("“One and no end", ["One and no end"]),
        ('"One and no end, he said. "Two," she said.', ["One and no end, he said.", "Two,"]),
        ("„Eins\n\n“Two” and 'three' end", ["Eins", "Two", "three"]),
        ("“A line\nand another” end", ["A line\nand another"]),
    ],
)
def test_several_paragraphs_and_marks_that_are_not_closed(message: str, found: list[str]) -> None:
    assert quoted(message) == found


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("See:\n> One “two”\n> three\nand “four”", ["One “two”\n> three", "four"]),
        ("> One\n\n> two", ["One", "two"]),
        ("“one”\n>>> All\n\nthe “rest”", ["one", "All\n\nthe “rest”"]),
        ("> One\n>\n> two", ["One\n>\n> two"]),
        ("5 > 3 and >:( and\n>_< here", ["5 > 3 and >:( and\n>_< here"]),
        ("“open\n> One\nnot closed” end", ["open", "One"]),
    ],
)
def test_block_quotes(message: str, found: list[str]) -> None:
    assert quoted(message) == found


def test_without_marks_the_whole_message_is_the_quotation() -> None:
    (quotation,) = quotations("  \n The whole text.\n\nOf it. \n").quotations
    assert (quotation.text, quotation.start) == ("The whole text.\n\nOf it.", 4)
    assert quoted("… “?” «!»") == quoted(" \n ") == quoted("") == []


def test_a_long_quotation_is_held_in_pieces_cut_after_a_line_a_sentence_or_a_word() -> None:
    for part in ("A line of words.\n", "A sentence of words. ", "word ", "x"):
        text = part * (2 * MAX_QUOTATION_CHARS // len(part) + 50)
        pieces = quotations(f"He said “{text}” and left.").quotations
        assert len(pieces) == 3
        assert all(len(piece.text) <= MAX_QUOTATION_CHARS for piece in pieces)
        assert [piece.text.endswith(part.strip()) for piece in pieces] == [True] * 3
        assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())


def test_more_quotations_than_are_held_are_told() -> None:
    one = "He said “this and that”. "
    read = quotations(one * MAX_QUOTATIONS)
    assert (len(read.quotations), read.cut) == (MAX_QUOTATIONS, False)
    read = quotations(one * (MAX_QUOTATIONS + 1))
    assert (len(read.quotations), read.cut) == (MAX_QUOTATIONS, True)
    assert quotations(" " * MAX_MESSAGE_CHARS + "“hidden words”").cut


_MARKS = st.sampled_from([*"\"“”„«»‹›「」'‘’‚>\n .,as—", ">>> ", "> ", "\n\n", "word", "it’s", "the drones’ end"])


@given(st.lists(_MARKS, max_size=40).map("".join))
def test_quotations_are_slices_in_order_and_none_overlaps(message: str) -> None:
    at = 0
    for quotation in quotations(message).quotations:
        assert at <= quotation.start < quotation.end
        assert message[quotation.start : quotation.end] == quotation.text == quotation.text.strip()
        at = quotation.end


@given(st.text(st.characters(categories=["L", "N", "Zs", "Po"], exclude_characters="\"'"), min_size=1, max_size=50))
def test_what_is_put_between_marks_is_what_is_found(words: str) -> None:
    expected = [words.strip()] if any(c.isalnum() for c in words) else []
    for message in (
        f"He said “{words}” so.",
        f"He said „{words}“ so.",
        f"He said «{words}» so.",
        f"He said 「{words}」.",
    ):
        assert quoted(message)[:1] == expected or not expected


@pytest.mark.parametrize(
    "part", ['"', " 'a", "“ ", "> x\n", "\n", " \n", ">", "s' ", "it’s ", "[", "“x\n\n", '." A ', "‘s’ a"]
)
def test_ten_megabytes_of_anything_are_read_in_bounded_time(part: str) -> None:
    message = part * (10_000_000 // len(part))
    started = time.perf_counter()
    read = quotations(message)
    attributions(message, read.quotations, ("The Paper", "Reuters"))
    assert time.perf_counter() - started < 10
    assert read.cut


# --- attribution -----------------------------------------------------------------------------------------------------

OUTLETS = ("BBC News - Technology", "BBC News - World", "Reuters", "The Age")
BBC = OUTLETS[:2]


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("“It was planned,” the BBC reported.", [BBC]),
        ("According to Reuters, “it was planned”.", [("Reuters",)]),
        ("According to Reuters, “it was planned”. The Age has “no such thing”.", [("Reuters",), ("The Age",)]),
        ("Reuters said “one thing”, The Age “another thing”.", [("Reuters",), ("The Age",)]),
        ("The Age: “It was planned.” Reuters did not say so.", [("The Age",)]),
        ("“It was planned.” So Reuters. The Age did not say so.", [("Reuters",)]),
        ("“It was planned.” the BBC reported. Reuters did not.", [BBC]),
        ("The Age wrote, cf. its site, “it was planned”. Reuters did not.", [("The Age",)]),
        ("“One,” the BBC reported. “Two.”", [BBC, BBC]),
        ("BBC: “one”\nReuters: “two”\n“three”", [BBC, ("Reuters",), ()]),
        ("The Age wrote:\n> it was planned\nReuters did not", [("The Age",)]),
        ("> it was planned\n— Reuters", [("Reuters",)]),
        ("“Reuters said it was planned.”", [()]),
        ("“Reuters said it,” he said of “The Age and its kin”.", [(), ()]),
        ("At the age of six, “it was planned”.", [()]),
        ("Reuters. " + "So it goes on. " * 40 + "“It was planned.”", [()]),
    ],
)
def test_the_nearest_outlet_in_the_sentence_or_else_in_the_line(message: str, named: list[tuple[str, ...]]) -> None:
    assert attributions(message, quotations(message).quotations, OUTLETS) == named
    assert attributions(message, quotations(message).quotations, ()) == [()] * len(named)


# --- all together ----------------------------------------------------------------------------------------------------

PLAN = "The old plan was to cross the river at dawn and to burn the bridge."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text(PLAN, encoding="utf-8")
    (corpus / "b.txt").write_text("Nobody had read a word of it until the summer came.", encoding="utf-8")
    (corpus / "sources.toml").write_text(
        '["a.txt"]\noutlet = "The Wire"\npublished = 2023-05-01\n["b.txt"]\noutlet = "The Post"\n', encoding="utf-8"
    )
    build(corpus, tmp_path / "data", WordHashEncoder())
    made = Generations(tmp_path / "data").open_current()[0]
    yield made
    made.close()


def test_every_quotation_of_a_message_has_its_finding(store: Store) -> None:
    message = (
        "“The old plan was to cross the river,” the Wire reported. The Post: “to burn the bridge”.\n"
        "“the old plan was to cross the road at dawn” “Seven elephants were never seen” "
        "“cross the river at dawn … read a word of it until the summer”"
    )
    verified = verify(message, store)
    assert [finding.verdict for finding in verified.findings] == [
        Verdict.EXACT, Verdict.OTHER_SOURCE, Verdict.ALTERED, Verdict.NOT_FOUND, Verdict.STITCHED,
    ]  # fmt: skip
    assert [finding.quotation for finding in verified.findings] == list(quotations(message).quotations)
    assert verified.findings[1].outlets == ("The Post",)
    assert not verified.cut


def test_an_outlet_that_the_filters_leave_out_is_not_held_against_a_quotation(store: Store) -> None:
    message = "The Post: “to burn the bridge”"
    assert verify(message, store).findings[0].verdict is Verdict.OTHER_SOURCE
    assert verify(message, store, Filters(outlets=("the wire",))).findings[0].verdict is Verdict.EXACT
    assert verify(message, store, Filters(outlets=("the post",))).findings[0].verdict is Verdict.NOT_FOUND


def test_nothing_to_hold_is_no_finding(store: Store) -> None:
    assert verify("", store).findings == verify("?!", store).findings == ()
