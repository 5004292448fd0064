"""Wires as agencies send them (IPTC 7901): the articles, without what carries them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from reading import Reading

from index.corpus import read_corpus
from index.readers import text, wire
from index.readers.drafts import Refused
from index.readers.formats import reader_of

if TYPE_CHECKING:
    from pathlib import Path

READING = Reading(wire.read)
items, drafts = READING.items, READING.drafts

FIRST = "Aldermoor (ona) - The ferry to Aldermoor will not sail before\nThursday, its owners said."
SECOND = "A fishing boat had struck the pier at noon; nobody was hurt."
BODY = f"{FIRST}\n\n{SECOND}"


def message(
    head: str = "Ferry to Aldermoor waits =",
    body: str = BODY,
    *,
    number: str = "eca062",
    sent: str = "020837 GMT May 24",
) -> str:
    return f"\x01{number} 4 i 211 ccccb   ona 061\n\nAldermoor-ferry/\n\x02{head}\n\n{body}\n\n\x03{sent}\n\x7f\n\x04"


def test_a_message_is_its_headline_its_day_and_its_text() -> None:
    for raw in (message(), message().replace("\n", "\r\n"), f"\n{message()}\n\n"):
        (draft,) = drafts(raw)
        assert draft.text == BODY
        assert draft.card == {"title": "Ferry to Aldermoor waits", "published": date(2024, 5, 2)}
        assert (draft.member, draft.notes) == ("eca062-24May02", ())


def test_paragraphs_that_are_only_indented_are_paragraphs() -> None:
    (draft,) = drafts(message(body=f"   {FIRST}\n   {SECOND}"))
    assert draft.text == BODY


@pytest.mark.parametrize(
    ("head", "title", "author"),
    [
        ("Ferry waits =", "Ferry waits", None),
        ("Ferry to Aldermoor\nwaits for better weather =", "Ferry to Aldermoor waits for better weather", None),
        ("REFILE\n1ST LEAD\nFerry waits\nBy Ina Holt, ona =", "Ferry waits", "Ina Holt, ona"),
        ("(Correction: Thursday,\nnot Friday.)\n(Report)\nFerry waits\nVon Ina Holt\n(Photo) =", "Ferry waits",
         "Ina Holt"),
        ("FERRY WAITS =", "FERRY WAITS", None),
        ("(Urgent \x07\x07)\nFerry waits =", "Ferry waits", None),
    ],
)  # fmt: skip
def test_the_head_is_the_headline_and_the_byline_without_the_marks_of_desks(
    head: str, title: str, author: str | None
) -> None:
    (draft,) = drafts(message(head))
    assert (draft.card["title"], draft.card.get("author"), draft.text) == (title, author, BODY)


def test_without_the_sign_that_ends_a_head_all_is_text() -> None:
    (draft,) = drafts(message("Ferry waits"))
    assert ("title" in draft.card, draft.text) == (False, f"Ferry waits\n\n{BODY}")


@pytest.mark.parametrize(
    "notes",
    [
        "# ona NOTEBOOK\n\n## Internet\n- https://ona.example",
        "* * * *\nThe following information is not for publication\n\n## Contacts\n- Ina Holt, +49 30 1",
        "# Notizblock\n\n* * * *\nDie folgenden Informationen sind nicht zur Veröffentlichung bestimmt",
    ],
)
def test_what_is_for_the_desks_is_no_text(notes: str) -> None:
    assert drafts(message(body=f"{BODY}\n\n{notes}"))[0].text == BODY


def test_controls_are_not_stored() -> None:
    (draft,) = drafts(message(body="The \x07ferry waits.\x0cNobody was hurt."))
    assert draft.text == "The ferry waits.\nNobody was hurt."


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ("020837 GMT May 24", date(2024, 5, 2)),
        ("020037 Mai 24", date(2024, 5, 2)),
        ("310837 GMT Dez 99", date(1999, 12, 31)),
        ("310837 GMT Feb 24", None),
        ("", None),
    ],
)
def test_the_day_is_that_on_which_it_was_sent(sent: str, day: date | None) -> None:
    (draft,) = drafts(message(sent=sent))
    assert (draft.card.get("published"), draft.text) == (day, BODY)
    assert bool(draft.notes) == ("Feb" in sent)


def test_a_file_of_several_messages_is_several_articles() -> None:
    first, second, third = items(message() + "\n" + message("Otters =", number="eca063") + message())
    assert (first.member, second.member, first.line, second.line) == ("eca062-24May02", "eca063-24May02", 1, 14)
    assert isinstance(third, Refused)
    assert "stands in line 1 already" in third.reason


def test_the_headers_of_the_mail_that_brought_it_are_no_part_of_it() -> None:
    mail = "Received: by mail.ona.example;\n  Thu, 2 May 2024 08:37:00 +0000\nFrom: desk@ona.example\nSubject: wire\n\n"
    bare = "".join(each for each in message() if each not in "\x01\x02\x03\x04\x7f").replace("ferry/\n", "ferry/\n\n")
    for raw in (mail + message(), mail + bare, bare):
        read, _ = reader_of(raw.encode(), "a.txt")
        assert read is wire.read
        assert drafts(raw)[0].text == BODY


def test_prose_is_no_wire(tmp_path: Path) -> None:
    prose = f"The desk sent this:\n\n{message()}"
    assert reader_of(prose.encode(), "a.txt")[0] is text.read
    assert reader_of(b"date 2024-05-02 Otters are back.", "a.txt")[0] is text.read
    (tmp_path / "a.txt").write_bytes(message().encode("cp1252"))
    (tmp_path / "b.txt").write_bytes(b"\x16\x16\x01w0001\x13\x11\n\x02^BC-Ferry<\nThe ferry waits.\n\x03")
    corpus = read_corpus(tmp_path)
    assert [article.text for article in corpus.articles] == [BODY]
    assert [str(note) for note in corpus.notes] == ["a.txt: it is named .txt and is an agency's wire; read as that"]
    assert [str(problem) for problem in corpus.refused] == [
        "b.txt: it begins as a wire does, and holds no message of IPTC 7901, which is what is read"
    ]
