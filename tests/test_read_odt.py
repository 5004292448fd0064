"""OpenDocument texts: the text that is seen, and nothing of what a program or a former author left in the file."""

from __future__ import annotations

import io
import random

import pytest
from documents import ODF, odt, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.drafts import Draft, UnreadableError
from index.readers.odt import read

FIRST = "The ferry to Skarholm will not sail before May."
SECOND = "“We have asked for a bus,” said Ida Berg."
STYLES = (
    '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="T2"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="P1" style:parent-style-name="Title"/>'
)


def draft(raw: bytes) -> Draft:
    (found,) = read(io.BytesIO(raw))
    assert isinstance(found, Draft)
    return found


def test_its_paragraphs_are_the_text_and_the_file_s_days_and_names_are_not_taken() -> None:
    article = draft(odt(FIRST, "", SECOND, title="Template of the desk"))
    assert (article.text, article.card, article.notes, article.member) == (f"{FIRST}\n\n{SECOND}", {}, (), "")


@pytest.mark.parametrize(
    "headline",
    [
        '<text:h text:outline-level="1">Ferry stays</text:h>',
        '<text:p text:style-name="Title">Ferry stays</text:p>',
        '<text:p text:style-name="P1">Ferry stays</text:p>',
    ],
)
def test_a_first_heading_is_the_title(headline: str) -> None:
    article = draft(odt(body=f"{headline}<text:p>{FIRST}</text:p>", styles=STYLES))
    assert (article.card, article.text) == ({"title": "Ferry stays"}, FIRST)


def test_a_stated_title_counts_where_the_text_begins_with_it() -> None:
    assert draft(odt("Ferry stays", FIRST, title="Ferry stays")).card == {"title": "Ferry stays"}


@pytest.mark.parametrize(
    ("inner", "seen"),
    [
        ("The <text:span>fer</text:span>ry", "The ferry"),
        ('a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d', "a b c\nd"),
        ('a<text:s text:c="99999999999"/>b', "a b"),
        ('seen <text:span text:style-name="T1">hidden</text:span>too', "seen too"),
        ('kept <text:span text:style-name="T2">struck</text:span>', "kept"),
        ("<text:a>a link</text:a>", "a link"),
        ("since 2019<text:note><text:note-citation>2</text:note-citation></text:note>, he said", "since 2019, he said"),
        ("said<office:annotation><text:p>Is this so?</text:p></office:annotation> he", "said he"),
        ("<text:ruby><text:ruby-base>字</text:ruby-base><text:ruby-text>kana</text:ruby-text></text:ruby>", "字"),
        ("one\nline", "one line"),
        ("<text:hidden-text>secret</text:hidden-text>open", "open"),
    ],
)
def test_what_is_seen_is_read_and_nothing_else(inner: str, seen: str) -> None:
    assert draft(odt(body=f"<text:p>{inner}</text:p>", styles=STYLES)).text == seen


def test_what_was_deleted_is_not_read_and_that_is_noted() -> None:
    tracked = (
        "<text:tracked-changes><text:changed-region><text:p>April</text:p></text:changed-region></text:tracked-changes>"
    )
    article = draft(odt(FIRST, body=tracked))
    assert (article.text, article.notes) == (FIRST, ("it has tracked changes, which are read as accepted",))


def test_lists_sections_tables_and_boxes_are_read_in_order() -> None:
    def cell(*words: str) -> str:
        return f"<table:table-cell>{''.join(f'<text:p>{word}</text:p>' for word in words)}</table:table-cell>"

    body = (
        "<text:list><text:list-item><text:p>One</text:p></text:list-item></text:list>"
        "<text:section><text:p>Two</text:p></text:section>"
        f"<table:table><table:table-row>{cell('Port')}{cell('Ships')}</table:table-row>"
        f"<table:table-row>{cell('Three', 'Four')}{cell('Five')}</table:table-row></table:table>"
        "<text:p>Beside<draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box></draw:frame></text:p>"
        '<text:section text:display="none"><text:p>Hidden</text:p></text:section>'
    )
    expected = ["One", "Two", "Port\tShips", "Three", "Four", "Five", "Beside", "In a box"]
    assert draft(odt(body=body)).text.split("\n\n") == expected


def test_an_export_is_as_many_articles_as_it_has_documents() -> None:
    parts = [
        f"{n} of 2 DOCUMENTS|The Post|May {n}, 2024|Ferry {n}|LENGTH: 9 words|It waits, {n}.|LOAD-DATE: June 1, 2024"
        for n in (1, 2)
    ]
    first, second = read(io.BytesIO(odt(*"|".join(parts).split("|"))))
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert [(each.card["title"], each.text) for each in (first, second)] == [
        ("Ferry 1", "It waits, 1."),
        ("Ferry 2", "It waits, 2."),
    ]


LOCKED = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is not an OpenDocument text, or a damaged one"),
        (b"Words.", "it is not an OpenDocument text, or a damaged one"),
        (odt(FIRST)[:150], "it is not an OpenDocument text, or a damaged one"),
        (random.Random(7).randbytes(3000), "it is not an OpenDocument text, or a damaged one"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "it is not an OpenDocument text, or has no"),
        (odt(**{"content.xml": f"<office:document-content {ODF}/>"}), "it is not an OpenDocument text, or has no text"),
        (odt(**{"content.xml": "<a"}), "its part content.xml is not well-formed XML"),
        (odt(**{"content.xml": b"\0" * (21 * 1024**2)}), "its part content.xml is larger than 20 MiB"),
        (odt(**{"content.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "its part content.xml declares entities"),
        (odt(FIRST, **{"META-INF/manifest.xml": LOCKED}), "it opens with a password only"),
        (odt(FIRST, **{"meta.xml": "<a"}), "its part meta.xml is not well-formed XML"),
        (odt(), "there is no text in it"),
        (odt(" "), "there is no text in it"),
        (odt(body="<text:h>Only a title</text:h>"), "it holds a title and no text"),
    ],
    ids=range(14),
)
def test_what_is_no_text_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        draft(raw)
    assert str(refused.value).startswith(reason)


GOOD = odt(FIRST, SECOND)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end]):
        try:
            list(read(io.BytesIO(damaged)))
        except UnreadableError:
            continue
