"""Rich Text Format: the text that is seen, in any encoding, and nothing that is hidden, computed or deleted."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, UnreadableError
from index.readers.rtf import read

FIRST = "The ferry to Skarholm will not sail before May."
FONTS = r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 Mincho;}}"


def rtf(body: str, head: str = r"\ansi\ansicpg1252" + FONTS) -> bytes:
    return f"{{\\rtf1{head} {body}}}".encode("latin-1")


def draft(raw: bytes) -> Draft:
    (found,) = read(io.BytesIO(raw))
    assert isinstance(found, Draft)
    return found


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (FIRST, FIRST),
        (rf"{FIRST}\par\par Second.\par", f"{FIRST}\n\nSecond."),
        ("broken\r\n over\n lines", "broken over lines"),
        (r"caf\'e9 \'93no\'94", "café “no”"),
        (r"\ldblquote no\rdblquote \emdash  he said, \lquote yes\rquote", "“no”— he said, ‘yes’"),
        (r"{\f1\'cf\'f0\'e8\'e2\'e5\'f2}, {\f2\'93\'fa\'96\'7b}", "Привет, 日本"),
        (r"\u1055?\u1088?{\uc2\u1080ab}.\uc0\u1074 x", "При.вx"),
        (r"\u-10179?\u-8704? wave", "😀 wave"),
        (r"a\~b\_c\-d\{e\}\\", "a\xa0b\u2011cd{e}\\"),
        (r"a\tab b\line c", "a b\nc"),
        (r"seen {\v hidden}too", "seen too"),
        (r"seen \v hidden\v0 too", "seen too"),
        (r"kept {\strike struck}{\deleted gone}", "kept"),
        (r'{\field{\*\fldinst{HYPERLINK "http://x.example"}}{\fldrslt{a link}}}', "a link"),
        (r"since 2019{\super\chftn{\footnote\pard\plain A note.}}", "since 2019"),
        (r"{\header Page \chpgn\par}{\footerf Foot}Body", "Body"),
        (r"{\*\bkmkstart here}Body{\*\unknown {deep {er}} words}", "Body"),
        (r"{\pict\wmetafile8 0102ff}Body", "Body"),
        (r"{\object\objemb{\*\objdata 0102}{\result Shown}}", "Shown"),
        (r"{\pict\bin6 {}}\}{more}Body", "Body"),
        (r"{\listtext\'b7\tab}Item", "Item"),
        (r"{\info{\author Ann Author}{\creatim\yr2024\mo3\dy1}}Body", "Body"),
        (r"\trowd\intbl Port\cell Ships\cell\row\pard After", "Port\tShips\n\nAfter"),
        (r"\intbl LP\cell\intbl One.\par Two.\cell\row\pard", "LP\n\nOne.\n\nTwo."),
        (r"Unknown \fooword7 words\'", "Unknown words"),
    ],
)
def test_what_is_seen_is_read_and_nothing_else(body: str, seen: str) -> None:
    assert draft(rtf(body)).text == seen


def test_the_case_that_was_ignored_in_silence_is_an_article() -> None:
    article = draft(rb"{\rtf1\ansi Kvarn opens a school.}")
    assert (article.text, article.card, article.notes, article.member) == ("Kvarn opens a school.", {}, (), "")


def test_a_stated_title_counts_where_the_text_begins_with_it() -> None:
    article = draft(rtf(rf"{{\info{{\title Ferry stays}}}}Ferry stays\par {FIRST}"))
    assert (article.card, article.text) == ({"title": "Ferry stays"}, FIRST)
    assert draft(rtf(rf"{{\info{{\title Template}}}}{FIRST}")).card == {}


def test_another_code_page_is_taken_at_its_word() -> None:
    assert draft(rtf(r"\'cf\'f0\'e8", r"\ansi\ansicpg1251")).text == "При"
    assert draft(rtf(r"\'e9", r"\ansi\ansicpg99999")).text == "é"


def test_a_document_that_breaks_off_is_read_with_a_note() -> None:
    article = draft(rtf(FIRST)[:-1])
    assert (article.text, article.notes) == (FIRST, ("it breaks off: its last group is not closed",))


def test_what_stands_after_the_end_is_not_of_the_document() -> None:
    assert draft(rtf(FIRST) + b"\0\0 trailing").text == FIRST


def test_an_export_is_as_many_articles_as_it_has_documents() -> None:
    parts = [
        rf"\qc {n} of 2 DOCUMENTS\par\par\qc The Post\par\par\qc May {n}, 2024\par\qc Late Edition\par\par Ferry {n}"
        rf"\par\par{{\b LENGTH: }}9 words\par\par It waits, {n}.\par So do others.\par\par LOAD-DATE: June 1, 2024\par"
        for n in (1, 2)
    ]
    first, second = read(io.BytesIO(rtf("".join(parts))))
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert [(each.card["title"], each.text) for each in (first, second)] == [
        ("Ferry 1", "It waits, 1.\n\nSo do others."),
        ("Ferry 2", "It waits, 2.\n\nSo do others."),
    ]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is not RTF"),
        (b"Words.", "it is not RTF"),
        (b" {\\rtf1 late}", "it is not RTF"),
        (random.Random(8).randbytes(3000), "it is not RTF"),
        (b"{\\rtf", "there is no text in it"),
        (b"{\\rtf1}", "there is no text in it"),
        (b"{\\rtf1 }}}}words", "there is no text in it"),
        (rtf(r"{\pict 0102}"), "there is no text in it"),
        (rtf(r"{\v all of it is hidden}"), "there is no text in it"),
        (rtf(r"\par\par\tab\~"), "there is no text in it"),
        (rtf(r"\bin999999999 words"), "there is no text in it"),
        (rtf(r"{\info{\title Only a title}}Only a title"), "it holds a title and no text"),
        (rtf("x") + b" " * MAX_ARTICLE_BYTES, "it is larger than 20 MiB, too large for one article"),
    ],
    ids=range(13),
)
def test_what_is_no_article_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        draft(raw)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "part", ["{", "}", "{\\b ", "\\u1", "\\'", "\\'93", "\\bin-1 ", "\\par", "{\\*", "\\", "\\u-1?", "\\f0"]
)
def test_a_hostile_file_takes_time_in_proportion(part: str) -> None:
    with suppress(UnreadableError):
        list(read(io.BytesIO(rtf(part * (500_000 // len(part))))))


GOOD = rtf(rf"{{\b {FIRST}}}\par \u1055?\'e9 {{\f2\'93\'fa}}\trowd\cell a\cell\row")


@given(st.lists(st.tuples(st.integers(5, len(GOOD) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end]):
        try:
            (article,) = read(io.BytesIO(damaged))
        except UnreadableError:
            continue
        assert isinstance(article, Draft)
        article.text.encode()
