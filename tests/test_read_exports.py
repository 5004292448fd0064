"""Exports of press archives: many articles in one text, each with its own headline, outlet, day and byline."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING

import pytest

from index.readers.drafts import Draft, Refused
from index.readers.text import read

if TYPE_CHECKING:
    from pathlib import Path


def articles(text: str) -> list[Draft | Refused]:
    return list(read(io.BytesIO(text.encode())))


def drafts(text: str) -> list[Draft]:
    found = articles(text)
    assert all(isinstance(each, Draft) for each in found), found
    return [each for each in found if isinstance(each, Draft)]


def reasons(text: str) -> list[str]:
    return [each.reason for each in articles(text) if isinstance(each, Refused)]


FERRY = """The ferry to Skarholm will not sail before May, its owner said on Monday, since a
new engine has to come from Gdansk.

"We have asked for a bus," said Ida Berg, the mayor of the island."""
FERRY_TEXT = FERRY.replace("since a\nnew", "since a new")
SCHOOL = "The school at Nes opened on Friday.\n\nIt has room for ninety pupils."


def lexis(number: int, total: int, body: str = FERRY, **fields: str) -> str:
    told = {
        "outlet": "The Skarholm Post",
        "day": "February 5, 2024 Monday\n                                 Final Edition",
        "headline": f"Ferry number {number} stays in port",
    } | fields
    return f"""
                               {number} of {total} DOCUMENTS


                                 {told["outlet"]}

                            {told["day"]}

{told["headline"]}

BYLINE: By Nils Dahl;Eva Lund

SECTION: NEWS; Pg. 3

LENGTH: 41 words

{body}

GRAPHIC: The ferry in its berth.

Another picture shows the pier.

LOAD-DATE: February 6, 2024

LANGUAGE: ENGLISH

PUBLICATION-TYPE: Newspaper


                         Copyright 2024 Skarholm Post AS
                              All Rights Reserved
"""


COVER = """Download Request: All Documents: 1-2
Time Of Request: Friday, March 1, 2024  10:00:00 EST

Terms: ferry and port
"""


def test_lexisnexis_is_as_many_articles_as_it_has_documents() -> None:
    first, second = drafts(
        COVER + lexis(1, 2) + lexis(2, 2, SCHOOL, outlet="The Nes Times", day="March 1, 2024 Friday")
    )
    assert first.card == {
        "title": "Ferry number 1 stays in port",
        "outlet": "The Skarholm Post",
        "author": "Nils Dahl, Eva Lund",
        "published": date(2024, 2, 5),
        "language": "en",
    }
    assert first.text == FERRY_TEXT
    assert (second.card["outlet"], second.card["published"]) == ("The Nes Times", date(2024, 3, 1))
    assert second.text == SCHOOL
    assert (first.line, first.notes) == (6, ())
    assert first.member
    assert first.member != second.member


def test_a_document_keeps_its_name_when_others_are_exported_with_it() -> None:
    (alone,) = drafts(lexis(1, 1, headline="Same"))
    *_, last = drafts(COVER + lexis(1, 2) + lexis(2, 2, headline="Same"))
    assert alone.member == last.member


def test_the_older_layout_names_headline_and_body() -> None:
    text = """
                       7 of 7 DOCUMENTS

              Copyright 2003 The Nes Times Company
                             The Nes Times

              March 20, 2003, Thursday, Late Edition - Final

SECTION: Section A; Column 6; Foreign Desk; Pg. 1

LENGTH: 30 words

HEADLINE: A ferry, a pier and a long
wait

BYLINE:  By EVA LUND

DATELINE: SKARHOLM, March 19

 BODY:
   The ferry waits.

WARNING: Nobody should step on the pier, a sign says.

LOAD-DATE: March 20, 2003
"""
    (article, short) = articles(text)
    assert isinstance(article, Draft)
    assert article.card == {
        "title": "A ferry, a pier and a long wait",
        "outlet": "The Nes Times",
        "author": "EVA LUND",
        "published": date(2003, 3, 20),
    }
    assert article.text == "The ferry waits.\n\nWARNING: Nobody should step on the pier, a sign says."
    assert short == Refused("the export says that it has 7 documents, and 1 are in this file")


def test_german_labels_are_known() -> None:
    text = """
                              Dokument 1 von 1

                              Hafenblatt

                          5. Februar 2024 Montag

Die Fähre bleibt im Hafen

AUTOR: Nils Dahl

RUBRIK: LOKALES; S. 3

LÄNGE: 12 Wörter

Die Fähre fährt erst im Mai.

UPDATE: 6. Februar 2024

SPRACHE: GERMAN; DEUTSCH
"""
    (article,) = drafts(text.replace("GERMAN; DEUTSCH", "DEUTSCH"))
    assert article.card == {
        "title": "Die Fähre bleibt im Hafen",
        "outlet": "Hafenblatt",
        "author": "Nils Dahl",
        "published": date(2024, 2, 5),
        "language": "de",
    }
    assert article.text == "Die Fähre fährt erst im Mai."


UNI = """User Name: A Reader
Date and Time: Friday, 1 March 2024 10:00:00 CET
Job Number: 1
Documents (2)
1. Ferry stays in port
Client/Matter: -None-
2. School opens

Ferry stays in port

The Skarholm Post

February 5, 2024 Monday, Final Edition

Copyright 2024 Skarholm Post AS All Rights Reserved

Section:\u00a0NEWS; Pg. 3

Length:\u00a041 words

Byline:\u00a0Nils Dahl; Eva Lund

Body

The ferry waits.

Notes of a song came from the pier.

Graphic

The ferry in its berth.

Classification

Language:\u00a0ENGLISH

Subject:\u00a0FERRIES (90%)

Load-Date:\u00a0February 6, 2024

End of Document

School opens

The Nes Times

March 1, 2024 Friday

Copyright 2024 Nes Times

Length:\u00a09 words

Body

The school at Nes opened on Friday.

Load-Date:\u00a0March 2, 2024

End of Document
"""


def test_nexis_uni_has_the_headline_first_and_ends_each_document() -> None:
    first, second = drafts(UNI)
    assert first.card == {
        "title": "Ferry stays in port",
        "outlet": "The Skarholm Post",
        "author": "Nils Dahl, Eva Lund",
        "published": date(2024, 2, 5),
        "language": "en",
    }
    assert first.text == "The ferry waits.\n\nNotes of a song came from the pier."
    assert second.card == {"title": "School opens", "outlet": "The Nes Times", "published": date(2024, 3, 1)}
    assert second.text == "The school at Nes opened on Friday."


FACTIVA = """HD
Ferry stays in port
BY
By Nils Dahl
WC
41 words
PD
5 February 2024
SN
The Skarholm Post
SC
SKPOST
LA
English
CY
(c) 2024 Skarholm Post

LP

The ferry waits.

TD

IN the port, nobody knows more.

AN answer is due on Monday.

CO
ferry : Ferries AS
NS
gcat : Political/General News
AN
Document SKPOST0020240205ek2500001

HD
School opens
WC
9 words
PD
1 March 2024
SN
The Nes Times
LA
English
LP

The school at Nes opened on Friday.

AN
Document NESTIM0020240301ek3100002

Search Summary
Text
ferry and port
"""


@pytest.mark.parametrize("gap", ["\n", "\t", "   "])
def test_factiva_s_codes_bound_its_fields(gap: str) -> None:
    text = FACTIVA
    for code in ("HD", "BY", "WC", "PD", "SN", "SC", "LA", "CY", "CO", "NS"):
        text = text.replace(f"\n{code}\n", f"\n{code}{gap}").replace(f"{code}\nFerry stays", f"{code}{gap}Ferry stays")
    first, second = drafts(text)
    assert first.card == {
        "title": "Ferry stays in port",
        "outlet": "The Skarholm Post",
        "author": "Nils Dahl",
        "published": date(2024, 2, 5),
        "language": "en",
    }
    assert first.text == "The ferry waits.\n\nIN the port, nobody knows more.\n\nAN answer is due on Monday."
    assert (first.member, second.member) == ("SKPOST0020240205ek2500001", "NESTIM0020240301ek3100002")
    assert second.text == "The school at Nes opened on Friday."


PLAIN = """Ferry stays in port

By Nils Dahl
41 words
5 February 2024
08:15
The Skarholm Post
SKPOST
3
English
(c) 2024 Skarholm Post

The ferry waits.

In the port, nobody knows more.

Document SKPOST0020240205ek2500001

School opens

9 words
1 March 2024
The Nes Times
NESTIM
English
Copyright 2024 Nes Times

The school at Nes opened on Friday.

Document NESTIM0020240301ek3100002
"""


def test_factiva_without_codes_is_told_by_the_order_of_its_lines() -> None:
    first, second = drafts(PLAIN)
    assert first.card == {
        "title": "Ferry stays in port",
        "outlet": "The Skarholm Post",
        "author": "Nils Dahl",
        "published": date(2024, 2, 5),
        "language": "en",
    }
    assert first.text == "The ferry waits.\n\nIn the port, nobody knows more."
    assert (second.card["title"], second.card["outlet"]) == ("School opens", "The Nes Times")
    assert second.text == "The school at Nes opened on Friday."


def test_a_headline_that_cannot_be_told_from_a_section_is_left_out() -> None:
    first, second = drafts(PLAIN.replace("Ferry stays", "News\n\nFerry stays"))
    assert "title" not in first.card
    assert first.notes == ("its headline cannot be told from the lines beside it, and is left out",)
    assert second.card["title"] == "School opens"


def proquest(number: str, title: str, outlet: str, day: str, text: str) -> str:
    return f"""____________________________________________________________

{title}

Author: Dahl, Nils

Publication info: {outlet} ; Skarholm  [Skarholm]. 05 Feb 2024: A.3.

ProQuest document link

Abstract: What is in it, in short.

Full text: {text}

Subject: Ferries; Ports

Location: Skarholm

Title: {title}

Publication title: {outlet}; Skarholm

Publication year: 2024

Publication date: {day}

Source type: Newspaper

Language of publication: English

ProQuest document ID: {number}

Document URL: https://www.proquest.com/docview/{number}

Copyright: Copyright 2024

Last updated: 2024-02-06

"""


TWO = proquest(
    "4711", "Ferry stays in port", "The Skarholm Post", "Feb 5, 2024", "The ferry waits.\n\nSubject: a bus.\n\nNo word."
)
TWO += proquest("4712", "School opens", "The Nes Times", "Mar 1, 2024", "The school at Nes opened on Friday.")


def test_proquest_labels_bound_its_fields() -> None:
    first, second = drafts(TWO)
    assert first.card == {
        "title": "Ferry stays in port",
        "outlet": "The Skarholm Post",
        "author": "Dahl, Nils",
        "published": date(2024, 2, 5),
        "language": "en",
        "url": "https://www.proquest.com/docview/4711",
    }
    assert first.text == "The ferry waits.\n\nSubject: a bus.\n\nNo word."
    assert (first.member, second.member) == ("4711", "4712")
    assert second.text == "The school at Nes opened on Friday."


def test_proquest_with_numbers_says_what_is_missing() -> None:
    numbered = TWO.replace("\n\nFerry", "\n\nDocument 1 of 3\n\nFerry", 1).replace(
        "\n\nSchool", "\n\nDocument 2 of 3\n\nSchool", 1
    )
    assert [each.card["title"] for each in articles(numbered) if isinstance(each, Draft)] == [
        "Ferry stays in port",
        "School opens",
    ]
    assert reasons(numbered) == ["the export says that it has 3 documents, and 2 are in this file"]


# --- texts -----------------------------------------------------------------------------------------------------------


def test_only_lines_that_were_broken_by_their_width_are_joined() -> None:
    body = """The ferry to Skarholm will not sail before May, its owner said on Monday, since
the engine is broken. He named the ports that wait for it:
Nes
Vik
Skarholm, where a bus is all that goes."""
    (article,) = drafts(lexis(1, 1, body))
    assert article.text == (
        "The ferry to Skarholm will not sail before May, its owner said on Monday, since the engine is broken. "
        "He named the ports that wait for it:\nNes\nVik\nSkarholm, where a bus is all that goes."
    )


def test_lines_longer_than_any_wrapped_one_are_paragraphs() -> None:
    long = "The ferry to Skarholm will not sail before May, its owner said on Monday, since it waits for an engine."
    (article,) = drafts(lexis(1, 1, f"{long}\nNobody knows more.\n{long}"))
    assert article.text == f"{long}\n\nNobody knows more.\n\n{long}"


def test_two_editions_are_two_articles_and_the_same_text_twice_is_one() -> None:
    same = {"headline": "Ferry stays"}
    found = articles(lexis(1, 3, **same) + lexis(2, 3, SCHOOL, **same) + lexis(3, 3, **same))
    assert [type(each) for each in found] == [Draft, Draft, Refused]
    assert len({each.member for each in found}) == 2


def test_the_same_headline_in_two_outlets_on_one_day_is_two_articles() -> None:
    first, second = drafts(lexis(1, 2, headline="Same") + lexis(2, 2, headline="Same", outlet="The Nes Times"))
    assert first.member != second.member


# --- what is wrong ---------------------------------------------------------------------------------------------------


HEADLESS = "neither a day nor a label such as LENGTH: tells its head from its text"
SECOND = "\n                  2 of 2 DOCUMENTS\n"
CUT = lexis(2, 2, "Words that stop [...]").partition("GRAPHIC")[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{lexis(1, 2)}{SECOND}\n\nOnly words.\n", f"document 2 of 2: {HEADLESS}"),
        (f"{lexis(1, 2)}{SECOND}", f"document 2 of 2: {HEADLESS}"),
        (lexis(1, 2) + lexis(2, 2, ""), "document 2 of 2: it has no text"),
        (lexis(1, 2) + CUT, "document 2 of 2: its text is cut short: it ends in a sign for what was left out"),
        (lexis(1, 9), "the export says that it has 9 documents, and 1 are in this file"),
        (UNI.rpartition("End of Document")[0], "the export breaks off in its last document, which is not taken"),
        (UNI.replace("The school at Nes opened on Friday.\n", ""), "document 2 of 2: it has no text"),
        (FACTIVA.replace("The school at Nes opened on Friday.", ""), "document 2: it has no text"),
        (PLAIN.replace("9 words\n", ""), "document 2 of 2: there is no line such as 500 words, which tells its head"),
        (
            PLAIN.replace("Copyright 2024 Nes Times", ""),
            "document 2 of 2: there is no notice of copyright, which tells",
        ),
        (PLAIN.rpartition("Document")[0], "the export breaks off in its last document, which is not taken"),
        (TWO.replace("Full text: The school", "The school"), "document 2: it has no full text in the export"),
        (TWO.replace("Full text: The school at Nes opened on Friday.", "Full text: "), "document 2: it has no text"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_and_the_others_are_read(text: str, why: str) -> None:
    found = articles(text)
    (refused,) = (each for each in found if isinstance(each, Refused))
    assert refused.reason.startswith(why)
    first = next(each for each in found if isinstance(each, Draft))
    assert "stays in port" in str(first.card["title"])


def test_a_refused_document_is_named_by_its_line() -> None:
    text = f"{lexis(1, 2)}{SECOND}\n\nOnly words.\n"
    refused = next(each for each in articles(text) if isinstance(each, Refused))
    assert text.split("\n")[(refused.line or 0) - 1].strip() == "2 of 2 DOCUMENTS"


@pytest.mark.parametrize("day", ["February 2024", "Winter", "", "February 31, 2024", "05/02/2024"])
def test_a_day_that_is_none_is_left_out_and_said(day: str) -> None:
    (article,) = drafts(lexis(1, 1).replace("February 5, 2024 Monday", day))
    assert "published" not in article.card
    assert article.text == FERRY_TEXT
    assert [note for note in article.notes if "day" in note]


def test_the_day_of_loading_is_not_that_of_publication() -> None:
    (article,) = drafts(lexis(1, 1).replace("February 5, 2024 Monday", ""))
    assert "published" not in article.card


@pytest.mark.parametrize(
    "text",
    [
        "A list of 1 of 2 documents was found.\n\nMore words.",
        "Document 1 of 2\n\nThe council published it on Monday.",
        "BYLINE: Nils Dahl\n\nThe ferry waits.",
        "End of Document\n\nwas all that the page said.",
        "HD television came to Nes.\n\nPD stands for nothing.",
        "41 words\n\nwere all that he said.",
        "Document 4711 was lost.",
        "Title: Ferry\n\nFull text: The ferry waits.",
        "______________________________\n\nThe ferry waits.",
        "LENGTH: 40 metres, said the captain.\n\nLOAD-DATE: unknown.",
    ],
)  # fmt: skip
def test_prose_that_has_a_mark_of_an_export_stays_one_article(text: str) -> None:
    (article,) = drafts(text)
    assert (article.text, article.member) == (text, "")


@pytest.mark.parametrize("text", [lexis(1, 2) + lexis(2, 2), UNI, FACTIVA, PLAIN, TWO])
def test_an_export_that_breaks_off_anywhere_is_never_one_article(text: str) -> None:
    for end in range(text.rindex("\nSchool") if "\nSchool" in text else len(text) // 2, len(text), 7):
        for each in articles(text[:end]):
            assert isinstance(each, Refused) or each.member
            assert isinstance(each, Refused) or len(each.text) < 300


def test_an_export_takes_time_in_proportion() -> None:
    found = articles("".join(lexis(number, 800) for number in range(1, 801)))
    assert sum(isinstance(each, Draft) for each in found) == 800


def test_the_articles_of_an_export_are_named_after_its_file(tmp_path: Path) -> None:
    from index.corpus import read_corpus

    (tmp_path / "nexis.txt").write_text(lexis(1, 2) + lexis(2, 2), encoding="utf-8")
    first, second = read_corpus(tmp_path).articles
    assert first.source.id.startswith("nexis.txt#")
    assert {first.source.title, second.source.title} == {"Ferry number 1 stays in port", "Ferry number 2 stays in port"}
