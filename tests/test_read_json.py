from __future__ import annotations

import io
import json
import re
import sysconfig
import time
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import SEEDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import Reading

import index.readers.json
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, Refused, Revision, UnreadableError
from index.readers.json import read

A = {"id": "a", "title": "First", "text": "One.\n\nTwo."}
Z = {"id": "z", "title": "Last", "text": "The end."}


READING = Reading(read)
items, drafts, members = READING.items, READING.drafts, READING.members
refusals, unreadable = READING.refusals, READING.unreadable


def one(article: object) -> Draft:
    (draft,) = drafts(json.dumps(article))
    return draft


def outcome(raw: bytes) -> tuple[list[Draft | Refused], str]:
    """What is read, or why nothing is."""
    try:
        return items(raw), ""
    except UnreadableError as exc:
        return [], str(exc) or "no reason"


# --- shapes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(A) + "\n" + json.dumps(Z) + "\n",
        json.dumps(A) + "\r\n\r\n  " + json.dumps(Z),
        json.dumps([A, Z]),
        json.dumps([A, Z], indent=2),
        json.dumps([A, Z], indent=0),
        "\n\n [" + json.dumps(A) + "\n,\n" + json.dumps(Z) + "]\n",
        json.dumps({"status": "ok", "articles": [A, Z], "total": 2}),
        json.dumps({"items": [A, Z]}, indent=1),
        json.dumps({"Results": [A, Z]}),
        json.dumps({"data": {"page": 1, "documents": [A, Z]}}),
        json.dumps({"response": {"docs": [A, Z]}}),
        json.dumps({"took": 3, "hits": {"total": {"value": 2}, "hits": [{"_id": "x", "_source": A}, Z]}}),
        json.dumps(A, indent=2) + "\n" + json.dumps(Z, indent=2),  # one object after another, as jq prints them
        json.dumps([A, Z]).encode("utf-16"),
        json.dumps(A).encode("utf-16-le") + "\n".encode("utf-16-le") + json.dumps(Z).encode("utf-16-le"),
        b"\xef\xbb\xbf" + json.dumps([A, Z]).encode(),
        b"\xef\xbb\xbf" + json.dumps(A).encode() + b"\n" + json.dumps(Z).encode(),
    ],
)
def test_articles_are_found_in_every_usual_shape(raw: bytes | str) -> None:
    assert [(draft.text, draft.card["title"]) for draft in drafts(raw)] == [
        ("One.\n\nTwo.", "First"),
        ("The end.", "Last"),
    ]


def test_a_single_object_is_one_article_also_if_it_holds_lists_of_other_things() -> None:
    draft = one({"items": [{"text": "a comment"}], "text": "The article.", "data": [1, 2]})
    assert draft.text == "The article."


def test_lines_are_those_where_the_articles_begin() -> None:
    pretty = json.dumps({"n": [1, [2]], "articles": [A, Z]}, indent=2)
    where = [pretty[: pretty.index(f'"id": "{each}"')].count("\n") for each in "az"]
    assert [draft.line for draft in drafts(pretty)] == where
    assert [draft.line for draft in drafts("\n" + json.dumps(A) + "\n\n\n" + json.dumps(Z))] == [2, 5]


def test_the_seeds_come_back_as_they_are() -> None:
    texts = [path.read_text(encoding="utf-8").strip() for path in sorted(SEEDS.glob("*.txt"))]
    raw = "\n".join(json.dumps({"id": number, "text": text}) for number, text in enumerate(texts))
    assert [draft.text for draft in drafts(raw)] == texts


# --- fields ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["body", "text", "content", "article", "articleBody", "maintext", "full_text", "story"])
def test_a_text_is_found_under_every_usual_name(key: str) -> None:
    assert one({key.upper(): "Words.", "description": "No words."}).text == "Words."


@pytest.mark.parametrize(
    ("given_fields", "expected"),
    [
        ({"headline": "H"}, {"title": "H"}),
        ({"title": {"rendered": "Tom &#8217;n&#8217; <b>Jerry</b>"}}, {"title": "Tom ’n’ Jerry"}),
        ({"title": "  two \n lines "}, {"title": "two lines"}),
        ({"source": {"id": None, "name": "BBC News"}}, {"outlet": "BBC News"}),
        ({"site_name": "Reuters", "domain": "reuters.com"}, {"outlet": "Reuters"}),
        ({"sourceName": "", "domain": "reuters.com"}, {"outlet": "reuters.com"}),
        ({"authors": ["Ann", {"name": "Bob"}, None]}, {"author": "Ann, Bob"}),
        ({"byline": "By Ann Other"}, {"author": "Ann Other"}),
        ({"creator": {"name": "Ann"}}, {"author": "Ann"}),
        ({"canonical_url": "https://x.org/1"}, {"url": "https://x.org/1"}),
        ({"lang": "EN_gb"}, {"language": "en-gb"}),
        ({"author": None, "url": "", "language": [], "title": False}, {}),
    ],
)
def test_fields_are_read_under_their_usual_names(given_fields: dict[str, object], expected: dict[str, str]) -> None:
    draft = one({"text": "x", **given_fields})
    assert (draft.card, draft.notes) == (expected, ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-05-04", date(2023, 5, 4)),
        ("2023-05-04T23:30:00-05:00", date(2023, 5, 4)),  # already the fifth in UTC
        ("2023-05-04T00:30:00.123456789+02:00", date(2023, 5, 4)),
        ("2023-05-04 23:30:00 +0000 UTC", date(2023, 5, 4)),
        ("20230504T233000Z", date(2023, 5, 4)),
        ("20230504", date(2023, 5, 4)),
        (20230504, date(2023, 5, 4)),
        ("Thu, 04 May 2023 23:30:00 -0500", date(2023, 5, 4)),
        ("4 May 2023", date(2023, 5, 4)),
        (1683244799, date(2023, 5, 4)),
        (1683244799.9, date(2023, 5, 4)),
        (1683244799999, date(2023, 5, 4)),
        ("1683244799", date(2023, 5, 4)),
        ({"$date": "2023-05-04T00:00:00Z"}, date(2023, 5, 4)),
    ],
)
def test_a_day_is_read_in_the_zone_that_is_given(value: object, expected: date) -> None:
    draft = one({"text": "x", "published_at": value})
    assert (draft.card, draft.notes) == ({"published": expected}, ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-05-04", date(2023, 5, 4)),
        ("20230504", date(2023, 5, 4)),
        ("2023-05-04+02:00", date(2023, 5, 4)),
        ("4 May 2023", date(2023, 5, 4)),
        ("Thu, 04 May 2023", date(2023, 5, 4)),
        ("2023-05-04T23:30:00-05:00", datetime(2023, 5, 5, 4, 30, tzinfo=UTC)),
        ("2023-05-04 23:30", datetime(2023, 5, 4, 23, 30)),
        ("20230504T233000Z", datetime(2023, 5, 4, 23, 30, tzinfo=UTC)),
        ("Thu, 04 May 2023 23:30:00 -0500", datetime(2023, 5, 5, 4, 30, tzinfo=UTC)),
        (1683243000, datetime(2023, 5, 4, 23, 30, tzinfo=UTC)),
        ({"$date": {"$numberLong": "1683243000000"}}, datetime(2023, 5, 4, 23, 30, tzinfo=UTC)),
        ("2023-05-04 23:30:00 +0000 UTC", datetime(2023, 5, 4, 23, 30, tzinfo=UTC)),
        ("2023-05-04T25:00:00Z", date(2023, 5, 4)),
    ],
)
@pytest.mark.parametrize("key", ["updated_at", "dateModified", "lastmod", "modified", "published"])
def test_a_change_is_read_as_exactly_as_it_is_told(key: str, value: object, expected: date) -> None:
    draft = one({"text": "x", key: value})
    number, changed, published = draft.revision
    read = published if key == "published" else changed
    assert (number, read, type(read)) == (0, expected, type(expected))
    assert draft.card.keys() <= {"published"}
    assert draft.notes == ()


def test_a_change_that_cannot_be_read_is_passed_over() -> None:
    draft = one({"text": "x", "updated": "yesterday", "modified": "2023-05-04", "version": 3})
    assert (draft.revision, draft.notes) == (Revision(changed=date(2023, 5, 4)), ())


@pytest.mark.parametrize(
    "value",
    [
        *("03/04/2023", "3.4.23", "2023-5-4", "2023-02-30", "2023-05", "2023", "2023-W18", "2023-05-041", "0000-00-00"),
        *("32 May 2023", "May 2023", "yesterday", "99999999999999999", 0, 1, -1, 12345678, 10**30, 1e300),
    ],
)
def test_what_is_no_day_or_could_be_two_is_noted_and_left_out(value: object) -> None:
    draft = one({"text": "x", "date": value})
    assert "published" not in draft.card
    assert all("published" in note for note in draft.notes)
    assert draft.notes or not value


def test_contradictions_are_noted_and_the_first_is_used() -> None:
    draft = one({
        "text": "One two.", "content": "<p>One</p> two.", "story": "Three.",
        "title": "A", "headline": "B", "heading": "a",
        "date": "2023-05-04", "publishedAt": "2023-05-04T10:00:00Z", "timestamp": "2023-05-05",
        "lang": "en", "language": "en-GB",
    })  # fmt: skip
    assert draft.text == "One two."
    assert draft.card == {"title": "A", "published": date(2023, 5, 4), "language": "en"}
    title, published, text = draft.notes
    assert title == '"title" gives title = "A", "headline" gives "B"; the first is used'
    assert '"2023-05-04"' in published
    assert '"2023-05-05"' in published
    assert text == 'its text differs between "text" and "story"; the first is used'


def test_a_field_that_cannot_be_used_is_left_out_with_a_note_and_the_next_name_is_tried() -> None:
    draft = one({"text": "x", "url": "javascript:alert(1)", "link": "https://x.org", "language": "English"})
    assert draft.card == {"url": "https://x.org"}
    assert [note.split(" is ")[0] for note in draft.notes] == ['url = "javascript:alert(1)"', 'language = "english"']


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One &amp; two</p><p>three<br>four</p>", "One & two\n\nthree\nfour"),
        ("<div>a\n  b</div>\n\nc<script>alert('x')</script><style>p{}</style>", "a b\n\nc"),
        ("Plain.\n\nWith <b>bold</b> and <a href='x'>a link</a>.", "Plain.\n\nWith bold and a link."),
        (
            "Plain &amp; simple.\n\nA < b, c &d; e & f; ?a=1&copy=2",
            "Plain & simple.\n\nA < b, c &d; e & f; ?a=1&copy=2",
        ),
        ("<p>nbsp\u00a0stays</p><p>&nbsp;</p><p hidden>no</p><p style='display:none'>no</p>", "nbsp\u00a0stays"),
        ("<p>He <q>said</q></p><ul><li>a</li><li>b</li></ul>", "He “said”\n\na\n\nb"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n\n3"),
        ("<p>a</p></div></body></html>tail<p>more", "a\n\ntail\n\nmore"),
        ("<pre>a  b\nc</pre><p>d\ne</p>", "a b\nc\n\nd e"),
        ("<p>a<br><br><br>b</p>", "a\n\nb"),
        ("<p>a <!-- <p>no</p> --> b</p><svg><title>t</title><br></svg>c", "a b\n\nc"),
        ("<?xml version='1.0' encoding='utf-16'?><p>x</p>", "x"),
        ("<div>" * 5000 + "deep" + "</div>" * 5000 + "<p>after</p>", "deep\n\nafter"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_html_in_a_text_becomes_what_a_reader_sees(markup: str, text: str) -> None:
    assert one({"text": markup}).text == text


def test_a_list_of_paragraphs_is_a_text_but_a_list_of_objects_is_not_run_together() -> None:
    assert one({"body": ["One.", "Two."]}).text == "One.\n\nTwo."
    ((_, reason),) = refusals(json.dumps({"content": [A, Z]}))
    assert reason.startswith("it has no text: that is looked for in body, text, content, article, ")
    assert reason.endswith("; its fields are content")


def test_what_is_only_part_of_an_article_is_not_taken() -> None:
    teaser = {"title": "t", "description": "d" * 200}
    cut = {"text": "Only the start… [+4512 chars]"}
    assert refusals(json.dumps([teaser, cut, {"summary": "s", "text": " "}, {"text": "Or so […]"}])) == [
        (1, "it has no full text, only a summary of 200 characters"),
        (1, "its text is cut short: it ends in a sign for what was left out"),
        (1, "it has no full text, only a summary of 1 characters"),
        (1, "its text is cut short: it ends in a sign for what was left out"),
    ]


# --- names of articles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["id", "uuid", "guid", "_id", "uri", "url"])
def test_an_article_is_called_what_the_file_calls_it(key: str) -> None:
    assert one({key: "https://x.org/1?a=b#c", "text": "x"}).member == "https://x.org/1?a=b#c"
    assert one({key: 17, "text": "x"}).member == "17"


@pytest.mark.parametrize(
    "name", ["two words", "a\tb", "line\nend", "bell\x07", "\u200b", "x" * 101, "\u2028", "é" * 101]
)
def test_a_name_that_cannot_be_part_of_an_id_is_hashed(name: str) -> None:
    member = one({"id": name, "text": "x"}).member
    assert re.fullmatch(r"[0-9a-f]{16}", member)
    assert member != one({"id": name + "!", "text": "x"}).member


def test_articles_without_a_name_keep_theirs_when_others_are_added_before_them() -> None:
    first, second, third = ({"title": each, "text": "same"} for each in "abc")
    untitled = {"text": "no title"}
    before = members(json.dumps([second, untitled]))
    assert members(json.dumps([first, third, second, untitled]))[2:] == before
    assert members("\n".join(map(json.dumps, [first, second, untitled])))[1:] == before
    assert one({**second, "text": "corrected"}).member == before[0]


def test_a_name_that_stands_twice_is_taken_once_with_both_lines() -> None:
    raw = "\n".join(json.dumps(each) for each in (A, Z, {**A, "text": "other"}))
    (refused,) = (each for each in items(raw) if isinstance(each, Refused))
    assert (refused.line, refused.member) == (3, "a")
    assert "stands in line 1" in refused.reason
    assert members(raw) == ["a", "z"]


# --- malformed ---------------------------------------------------------------------------------------------------

BROKEN = {
    "a comma is missing": ('{"id": "b" "text": "x"}', "Expecting ',' delimiter"),
    "a colon is missing": ('{"id" "b", "text": "x"}', "Expecting ':' delimiter"),
    "a comma too many": ('{"id": "b", "text": "x",}', "it is not JSON"),
    "single quotes": ("{'text': 'x'}", "property name"),
    "a bad escape": (r'{"text": "\x"}', "escape"),
    "a raw line end": ('{"text": "x\ty"}', "control character"),
    "a NUL": ('{"text": "x\0y"}', "control character"),
    "an escaped NUL": (r'{"text": "x\u0000y"}', "NUL"),
    "a lone surrogate": (r'{"text": "x\ud800y"}', "surrogate"),
    "a lone surrogate in a title": (r'{"title": "\udfff", "text": "x"}', "surrogate"),
    "an unknown word": ('{"text": undefined}', "Expecting value"),
    "deep lists": ('{"text": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deeply"),
    "deep objects": ('{"a":' * 10_000 + "1" + "}" * 10_000, "nested too deeply"),
    "a list": ("[1, 2]", "not an article"),
    "a text": ('"hello"', "not an article"),
    "null": ("null", "not an article"),
    "nothing in it": ("{}", "it has no text"),
    "a text that is a number in a list": ('{"text": [1]}', "it has no text"),
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_bad_article_is_named_with_its_line_and_the_others_are_taken(broken: str, reason: str) -> None:
    one_line = f"[{json.dumps(A)}, {broken}, {json.dumps(Z)}]"
    lines = f"{json.dumps(A)}\n\n{broken}\n{json.dumps(Z)}\n"
    in_object = f'{{"count": 3,\n"articles": [\n  {json.dumps(A)},\n  {broken},\n  {json.dumps(Z)}\n]}}'
    for raw, line in ((one_line, 1), (lines, 3), (in_object, 4)):
        started = time.process_time()
        assert members(raw) == ["a", "z"]
        ((where, why),) = refusals(raw)
        assert (where, reason in why) == (line, True), why
        assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "fault",
    [
        ('"text": "x"', '"text": "x'),  # a quotation mark is missing
        ('"text": "x"\n  }', '"text": "x"\n  '),  # a brace is missing
        ('"text": "x"\n  }', '"text": ["x"\n  }'),  # a bracket is missing
        ('"text": "x"', '"text": {"x"'),
        ("  {\n", "  {{\n"),
    ],
)
def test_after_an_article_whose_end_is_lost_reading_goes_on_where_the_next_begins(fault: tuple[str, str]) -> None:
    raw = json.dumps([A, {"id": "b", "tags": [{"id": "no"}], "text": "x"}, Z], indent=2)
    start = raw.index('  {\n    "id": "b"')
    broken = raw[:start] + raw[start:].replace(*fault, 1)
    assert broken != raw
    assert members(broken) == ["a", "z"]
    ((line, reason), *_) = refusals(broken)
    assert "it is not JSON" in reason
    assert broken[:start].count("\n") < (line or 0) <= broken.index('"z"')


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (f"[{json.dumps(A)},\n{json.dumps(Z)},\n]", 2, "there is a comma too many"),
        (f"[{json.dumps(A)},\n,{json.dumps(Z)}]", 2, "there is a comma too many"),
        (f"[,\n{json.dumps(A)},{json.dumps(Z)}]", 1, "there is a comma too many"),
        (f"[{json.dumps(A)},\n{json.dumps(Z)}", 2, "the file breaks off: its list is not closed"),
        (f"[{json.dumps(A)},\n{json.dumps(Z)}]\nmore", 3, "more stands here after the list, and was not read"),
        (f'[{json.dumps(A)},\n{json.dumps(Z)},\n{{"text": "cut', 3, "the rest of the file was not read"),
        (f'{{"articles": [{json.dumps(A)},\n{json.dumps(Z)}, {{"te', 2, "the rest of the file was not read"),
    ],
)
def test_a_fault_between_articles_is_named_and_the_articles_are_taken(raw: str, line: int, reason: str) -> None:
    assert members(raw) == ["a", "z"]
    ((where, why),) = refusals(raw)
    assert where == line
    assert why.endswith(reason)


def test_a_missing_comma_between_articles_is_noted() -> None:
    first, second = drafts(f"[{json.dumps(A)}\n{json.dumps(Z)}]")
    assert (first.notes, second.notes) == ((), ("there is no comma before it",))


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"", None, "it is empty"),
        (b" \n\n", None, "it is empty"),
        (b"\nhello", 2, 'it is not JSON: it begins with "h"'),
        (b"\x89PNG\r\n\x1a\n\0\0\0", 1, "byte 0x89"),
        (b"[]", 1, "it holds no articles"),
        (b'{"articles": [\n]}', 2, "it holds no articles"),
        (b'{"title": "x",\n "text": "unclosed\n}', 2, "it is not JSON"),
        (b'{"title": "x",\n "text"\n}', 3, "it is not JSON"),
        ('[{"text":\n"café"}]'.encode("latin-1"), 2, "it is not UTF-8, as JSON must be: there is a byte 0xe9"),
        (b"\xff\xfe[\0]", 1, "UTF-16"),
        (b"[" * 100_000, 1, "nested too deeply"),
        (b'{"a":' * 100_000, 1, "nested too deeply"),
        (b"[" + b":" * 100_000, 1, "it is not JSON"),
        (b"[{" * 100_000, 1, "it is not JSON"),
    ],
)
def test_a_file_that_is_not_json_is_refused_with_its_line(raw: bytes, line: int | None, reason: str) -> None:
    started = time.process_time()
    where, why = unreadable(raw)
    assert where == line
    assert reason in why
    assert time.process_time() - started < 20


def test_a_line_in_another_encoding_is_refused_alone() -> None:
    raw = json.dumps(A).encode() + b'\n{"text": "caf\xe9"}\n' + json.dumps(Z).encode()
    assert members(raw) == ["a", "z"]
    assert refusals(raw) == [(2, "it is not UTF-8, as JSON must be: there is a byte 0xe9")]


def test_what_is_not_quite_json_but_harmless_is_noted() -> None:
    (draft,) = drafts('{"text": "x", "author": NaN, "n": -Infinity, "title": "a", "title": "b"}')
    assert draft.card == {"title": "a"}
    assert draft.notes == (
        "it holds NaN, which is not JSON; it is read as nothing",
        "it holds -Infinity, which is not JSON; it is read as nothing",
        '"title" stands twice in it; the first is used',
    )


def test_a_number_of_a_million_digits_is_no_number_and_does_no_harm() -> None:
    started = time.process_time()
    (draft,) = drafts('{"text": "x", "n": ' + "9" * 1_000_000 + ', "id": ' + "8" * 1_000_000 + "}")
    assert re.fullmatch(r"[0-9a-f]{16}", draft.member)
    assert time.process_time() - started < 20


def test_notes_and_reasons_can_be_stored_whatever_a_file_holds() -> None:
    raw = (
        r'[{"text": "x", "\ud800": 1, "\ud800": 2}, {"uri": "u", "pubstatus": "\udc00"}, {"id": "\ud800", "text": "y"}]'
    )
    for each in items(raw):
        said = (each.reason, each.member) if isinstance(each, Refused) else (*each.notes, each.member)
        assert all(words.encode() for words in said)


class Endless(io.RawIOBase):
    """A file of a head, very many letters, and a tail, that takes no memory."""

    def __init__(self, head: bytes, letters: int, tail: bytes) -> None:
        self.head, self.letters, self.tail, self.place = head, letters, tail, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0, /) -> int:
        size = len(self.head) + self.letters + len(self.tail)
        self.place = place + (0, self.place, size)[whence]
        return self.place

    def tell(self) -> int:
        return self.place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        end = len(self.head) + self.letters
        if self.place < len(self.head):
            data = self.head[self.place :][: len(buffer)]
        elif self.place < end:
            data = b"x" * min(len(buffer), end - self.place)
        else:
            data = self.tail[self.place - end :][: len(buffer)]
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)


@pytest.mark.parametrize("before", ['{"text": "before"}\n', ""])
def test_a_line_of_a_gigabyte_is_skipped_within_bounded_memory(before: str) -> None:
    file = io.BufferedReader(Endless(before.encode() + b'{"text": "', 1 << 30, b'"}\n{"text": "after"}\n'), 1 << 20)
    tracemalloc.start()
    found = list(read(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    line = 2 if before else 1
    assert Refused("the line is longer than 20 MiB", line) in found
    assert [each.text for each in found if isinstance(each, Draft)] == [*(["before"] if before else []), "after"]
    assert peak < 4 * MAX_ARTICLE_BYTES


def test_a_list_of_a_gigabyte_is_refused_before_it_is_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.readers.json, "MAX_DOCUMENT_BYTES", 1024**2)
    with pytest.raises(UnreadableError, match=r"larger than 1 MiB; save it as JSON Lines"):
        list(read(io.BufferedReader(Endless(b'[{"text": "', 1 << 30, b'"}]'))))


def test_an_article_of_a_list_that_is_too_large_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.readers.json, "MAX_ARTICLE_BYTES", 1024**2)
    raw = json.dumps([A, {"text": "x" * 1024**2}, Z])
    assert members(raw) == ["a", "z"]
    assert refusals(raw) == [(1, "it is larger than 1 MiB")]


@pytest.mark.parametrize(
    "raw",
    [
        b"[" + b"{a}," * 50_000 + b"1]",
        b"[" + b'"' * 100_000,
        b"[\n" + b'{"text":"a"\n,\n' * 20_000,
        b"{}}" * 50_000,
        b'{"text": "a"}\n}{' * 50_000,
        b"[" + b"," * 1_000_000 + b"1]",
        b'[{"a":[' * 20_000,
        b'{"data":' * 50_000,
    ],
)
def test_very_many_faults_are_told_in_time(raw: bytes) -> None:
    started = time.process_time()
    found, refusal = outcome(raw)
    assert refusal or any(isinstance(each, Refused) for each in found)
    assert time.process_time() - started < 60


# --- ninjs -------------------------------------------------------------------------------------------------------

NINJS_1 = {
    "$standard": {"name": "ninjs", "version": "1.3", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_1.3.json"},
    "uri": "urn:newsml:agency.example:20230503:drone-report",
    "type": "text",
    "representationtype": "complete",
    "version": "2",
    "firstcreated": "2023-05-03T22:15:00+00:00",
    "versioncreated": "2023-05-04T06:02:28+00:00",
    "pubstatus": "usable",
    "urgency": 2,
    "copyrightholder": "Agency Holdings",
    "usageterms": "For subscribers",
    "language": "en-GB",
    "title": "DRONES-2ND-LEAD",
    "headline": "Two drones shot down",
    "byline": "By Ann Other",
    "located": "Kyiv",
    "description_text": "Officials said two drones were shot down.",
    "body_text": "KYIV - Two drones were shot down.\n\nNobody was hurt, officials said.",
    "body_xhtml": "<p>KYIV - Two drones were <b>shot</b> down.</p>\n<p>Nobody was hurt,\nofficials said.</p>",
    "infosource": [{"name": "Example Agency", "code": "ea"}],
    "associations": {"main": {"uri": "urn:pic", "type": "picture", "headline": "No", "body_text": "A caption"}},
}
NINJS_2 = {
    "uri": "urn:newsml:agency.example:20230504:elections",
    "standard": {"name": "ninjs", "version": "2.0", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_2.0.json"},
    "type": "text",
    "versioncreated": "2023-05-04T16:02:28+02:00",
    "contentcreated": "2023-05-04T15:00:00+02:00",
    "language": "de",
    "headlines": [{"role": "kicker", "value": "Wahlen"}, {"role": "main", "value": "Kabinett steht"}],
    "by": "Von Christa Beispiel",
    "bodies": [
        {"role": "short", "contenttype": "text/plain", "value": "Kurz."},
        {
            "role": "main",
            "contenttype": "text/html",
            "value": "<section><p>Das Kabinett\nsteht.</p><p>Ende.</p></section>",
        },
    ],
    "infosources": [{"name": "Beispiel-Dienst", "uri": "http://agency.example"}],
}
NINJS_1_CARD = {
    "title": "Two drones shot down",
    "outlet": "Example Agency",
    "author": "Ann Other",
    "published": date(2023, 5, 3),
    "language": "en-GB",
}


def test_ninjs_1_is_read_as_its_schema_means_it() -> None:
    draft = one(NINJS_1)
    assert draft.text == "KYIV - Two drones were shot down.\n\nNobody was hurt, officials said."
    assert draft.card == NINJS_1_CARD
    assert (draft.member, draft.notes) == (NINJS_1["uri"], ())
    changed, published = datetime(2023, 5, 4, 6, 2, 28, tzinfo=UTC), datetime(2023, 5, 3, 22, 15, tzinfo=UTC)
    assert draft.revision == Revision(2, changed, published)
    assert one({**NINJS_1, "version": "2nd lead"}).revision == Revision(0, changed, published)


def test_ninjs_2_and_3_are_read_as_their_schemas_mean_them() -> None:
    camel = {"versioncreated": "versionCreated", "contentcreated": "contentCreated", "infosources": "infoSources"}
    version_3 = {camel.get(key, key): value for key, value in NINJS_2.items()}
    version_3["bodies"] = json.loads(json.dumps(NINJS_2["bodies"]).replace("contenttype", "contentType"))
    for item in (NINJS_2, version_3):
        draft = one(item)
        assert draft.text == "Das Kabinett steht.\n\nEnde."
        assert draft.card == {
            "title": "Kabinett steht",
            "outlet": "Beispiel-Dienst",
            "author": "Christa Beispiel",
            "published": date(2023, 5, 4),
            "language": "de",
        }
        assert (draft.member, draft.notes) == (NINJS_2["uri"], ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pubstatus": "canceled"}, "withdrawn by its publisher"),
        ({"pubstatus": "withheld"}, "withdrawn by its publisher"),
        ({"pubstatus": "mystery"}, 'its status is "mystery", not usable'),
        ({"embargoed": "2999-01-01T00:00:00Z"}, "it is embargoed until 2999-01-01T00:00:00Z"),
        ({"embargoed": ""}, "it is embargoed without an end"),
        ({"embargoed": "soon"}, 'it is embargoed until "soon", which is not a time that can be read'),
        ({"embargoed": "9999-12-31T23:59:59-12:00"}, "it is embargoed until 9999-12-31T23:59:59-12:00"),
        ({"type": "picture"}, "its type is picture, not text"),
        ({"representationtype": "incomplete"}, "it is marked as incomplete"),
        ({"body_text": "", "body_xhtml": "<img src='x'>"}, "it has no full text, only a summary of 8 characters"),
        (
            {"body_xhtml": "<p>\ud800</p>", "body_text": None},
            "it holds half of a character (a lone surrogate), which cannot be stored",
        ),
        ({"body_xhtml": "<p>x\0</p>", "body_text": None}, "its text holds NUL characters"),
        (
            {"body_xhtml": "<p>x […]</p>", "body_text": None},
            "its text is cut short: it ends in a sign for what was left out",
        ),
    ],
)
def test_a_ninjs_item_that_must_not_or_cannot_be_quoted_is_refused_by_name(
    changes: dict[str, str], reason: str
) -> None:
    item = {**NINJS_1, "summary": "in brief", "description_text": "", **changes}
    (a, refused, z) = items(json.dumps([A, item, Z]))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.line, refused.member) == (reason, 1, str(item["uri"]))
    assert (refused.withdrawal is not None) == ("pubstatus" in changes)
    assert (a.member, z.member) == ("a", "z")


@pytest.mark.parametrize("until", ["2023-05-04T00:00:00Z", "2023-05-04", "20230504T000000+0200"])
def test_an_embargo_that_is_over_hinders_nothing(until: str) -> None:
    assert one({**NINJS_1, "embargoed": until}).card == NINJS_1_CARD


def test_renderings_of_a_ninjs_item_that_differ_are_noted() -> None:
    (note,) = one({**NINJS_1, "body_text": "Something else."}).notes
    assert note == 'its text differs between "bodyxhtml" and "bodytext"; the first is used'


@pytest.mark.parametrize("missing", ["firstcreated", "body_xhtml", "infosource", "byline", "language", "$standard"])
def test_what_a_ninjs_item_does_not_say_stays_unknown(missing: str) -> None:
    draft = one({key: value for key, value in NINJS_1.items() if key != missing})
    gone = {"infosource": "outlet", "byline": "author", "language": "language"}.get(missing)
    assert draft.card.keys() == NINJS_1_CARD.keys() - {gone}
    if missing == "firstcreated":
        assert draft.card["published"] == date(2023, 5, 4)


# --- any articles, any bytes -------------------------------------------------------------------------------------

WORDS = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" ", exclude_characters="<&["), min_size=1
).map(lambda words: " ".join(words.split()))
PARAGRAPHS = st.lists(WORDS.filter(bool), min_size=1, max_size=4).map("\n\n".join)
ARTICLES = st.lists(
    st.fixed_dictionaries({
        "id": st.from_regex(r"[A-Za-z0-9:/._-]{1,40}", fullmatch=True),
        "title": WORDS.filter(bool),
        "text": PARAGRAPHS,
        "date": st.dates(min_value=date(1, 1, 1)).map(str),
    }),
    min_size=1, max_size=6, unique_by=lambda article: article["id"],
)  # fmt: skip


def told(draft: Draft) -> dict[str, str]:
    return {
        "id": draft.member,
        "title": str(draft.card["title"]),
        "text": draft.text,
        "date": str(draft.card["published"]),
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ARTICLES, st.booleans(), st.sampled_from([None, 0, 3]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_articles_written_as_json_are_read_back(
    articles: list[dict[str, str]], ascii_only: bool, indent: int | None, encoding: str
) -> None:
    lines = "\n".join(json.dumps(each, ensure_ascii=ascii_only) for each in articles)
    array = json.dumps(articles, ensure_ascii=ascii_only, indent=indent)
    for raw in (lines, array, json.dumps({"articles": articles}, ensure_ascii=ascii_only, indent=indent)):
        assert [told(draft) for draft in drafts(raw.encode(encoding))] == articles


@settings(max_examples=150, deadline=None)
@given(ARTICLES, st.data())
def test_a_file_that_is_damaged_anywhere_never_changes_another_article(
    articles: list[dict[str, str]], data: st.DataObject
) -> None:
    raw = bytearray(json.dumps(articles, indent=data.draw(st.sampled_from([None, 2]))).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    found, _ = outcome(bytes(raw))
    known = [each["text"] for each in articles]
    changed = [each.text for each in found if isinstance(each, Draft) and each.text not in known]
    assert len(changed) <= 1


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text('[]{}",:0aé\\ \n', max_size=60).map(str.encode)))
def test_any_bytes_are_read_or_refused_in_a_sentence(raw: bytes) -> None:
    found, refusal = outcome(raw)
    assert refusal if not found else all(each.line for each in found)


def test_real_json_files_of_installed_packages_are_refused_or_read_without_a_crash() -> None:
    folder = Path(sysconfig.get_path("purelib"))
    files = sorted(path for path in folder.rglob("*.json") if path.stat().st_size < 300_000)[:60]
    if not files:
        pytest.skip("no package on this machine carries a JSON file")
    for path in files:
        found, refusal = outcome(path.read_bytes())
        assert found or refusal
        assert all(each.text.strip() if isinstance(each, Draft) else each.reason for each in found)
