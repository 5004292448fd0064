"""E-mail: one message or a mailbox; what it states of itself, and the words that a reader of it sees."""

from __future__ import annotations

import io
import random
from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers import mail
from index.readers.drafts import Draft, Refused, UnreadableError
from index.readers.mail import read

FIRST = "The ferry to Skarholm will not sail before May, its owner said on Monday."
SECOND = "“We have asked for a bus,” said Ida Berg, the mayor of the island."
HEAD = {
    "From": "Nils Dahl <nils@post.example>",
    "To": "desk@post.example",
    "Subject": "Ferry stays in port",
    "Date": "Mon, 05 Feb 2024 23:30:00 -0500",
    "Message-ID": "<4711@post.example>",
}


def message(plain: str = "", html: str = "", **headers: str) -> EmailMessage:
    made = EmailMessage()
    if plain:
        made.set_content(plain)
    if html and plain:
        made.add_alternative(html, subtype="html")
    elif html:
        made.set_content(html, subtype="html")
    for name, value in (HEAD | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            made[name] = value
    return made


def drafts(raw: bytes) -> list[Draft | Refused]:
    return list(read(io.BytesIO(raw)))


def draft(made: EmailMessage | bytes) -> Draft:
    (found,) = drafts(made if isinstance(made, bytes) else bytes(made))
    assert isinstance(found, Draft)
    return found


def test_a_message_is_an_article_with_what_its_head_states() -> None:
    article = draft(
        message(f"{FIRST}\n\n{SECOND}\n", Content_Language="en", Archived_At="<https://lists.example/4711>")
    )
    assert article.text == f"{FIRST}\n\n{SECOND}"
    assert article.card == {
        "title": "Ferry stays in port",
        "author": "Nils Dahl",
        "published": date(2024, 2, 5),  # in the sender's zone, though it was the 6th in Greenwich
        "language": "en",
        "url": "https://lists.example/4711",
    }
    assert (article.member, article.notes) == ("", ())


@pytest.mark.parametrize("sender", ["nils@post.example", '"nils@post.example" <nils@post.example>', "", "<"])
def test_an_address_is_no_author(sender: str) -> None:
    raw = bytes(message(FIRST)).replace(b"Nils Dahl <nils@post.example>", sender.encode())
    assert "author" not in draft(raw).card


def test_headers_may_be_encoded() -> None:
    raw = bytes(message(FIRST)).replace(b"Ferry stays in port", b"=?utf-8?Q?F=C3=A4hre_bleibt?= =?koi8-r?B?8NLJ?=")
    assert draft(raw).card["title"] == "Fähre bleibtПри"


@pytest.mark.parametrize(
    ("date_header", "noted"),
    [(b"yesterday", 'published = "yesterday" is not a day'), (b"32 Feb 2024", "is not a day"), (b"", None)],
)
def test_a_day_that_is_none_is_left_out(date_header: bytes, noted: str | None) -> None:
    article = draft(bytes(message(FIRST)).replace(b"Mon, 05 Feb 2024 23:30:00 -0500", date_header))
    assert "published" not in article.card
    assert (noted is None and not article.notes) or (noted is not None and noted in article.notes[0])


def test_a_page_alone_is_read_as_one() -> None:
    html = f'<html><body><p style="display:none">Preview.</p><p>{FIRST}</p><p>{SECOND}</p></body></html>'
    assert draft(message(html=html)).text == f"{FIRST}\n\n{SECOND}"


def test_the_plain_text_counts_where_it_is_whole_and_the_page_where_it_is_not() -> None:
    html = f"<p>{FIRST}</p><p>{SECOND}</p>"
    assert draft(message(f"{FIRST}\n\n{SECOND}", html)).text == f"{FIRST}\n\n{SECOND}"
    assert draft(message("Your program shows no pages.", html)).text == f"{FIRST}\n\n{SECOND}"


def test_lines_that_were_broken_to_fit_are_joined() -> None:
    flowed = bytes(message(FIRST)).replace(b'charset="utf-8"', b'charset="utf-8"; format=flowed')
    assert draft(flowed.replace(b"May, its owner", b"May, \nits owner")).text == FIRST
    wrapped = "The ferry to Skarholm will not sail before May, its owner said on\nMonday, since it waits for an engine."
    assert draft(message(wrapped)).text == wrapped.replace("\n", " ")


def test_attachments_are_named_and_not_read() -> None:
    made = message(FIRST)
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="report.pdf")
    made.add_attachment("Other words, and many of them.", filename="notes.txt")
    made.add_attachment(message("A forwarded letter."))
    article = draft(made)
    assert article.text == FIRST
    assert article.notes == tuple(
        f"its attachment {name} is not read; save it as a file of its own"
        for name in ("report.pdf", "notes.txt", "message/rfc822")
    )


def test_an_encoding_that_is_named_wrongly_is_told_by_the_bytes() -> None:
    raw = b"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=%s\n\nF\xc3\xa4hre"
    assert draft(raw % b"utf-8").text == "Fähre"
    assert draft(raw % b"unknown-8bit").text == "Fähre"
    assert draft(raw.replace(b"\xc3\xa4", b"\xe4") % b"utf-8").text == "Fähre"


def test_an_export_that_was_sent_is_as_many_articles_as_it_has_documents() -> None:
    lines = [
        f"{n} of 2 DOCUMENTS\n\nThe Post\n\nMay {n}, 2024\n\nFerry {n}\n\nLENGTH: 9 words\n\nIt waits, {n}.\n\n"
        "LOAD-DATE: June 1, 2024\n"
        for n in (1, 2)
    ]
    found = drafts(bytes(message("\n".join(lines))))
    assert [each.card["title"] for each in found if isinstance(each, Draft)] == ["Ferry 1", "Ferry 2"]


# --- mailboxes -------------------------------------------------------------------------------------------------------


def mailbox(*messages: EmailMessage) -> bytes:
    parts = [
        b"From nils@post.example Mon Feb  5 10:00:00 2024\n" + bytes(each).replace(b"\nFrom ", b"\n>From ")
        for each in messages
    ]
    return b"\n".join(parts)


def test_a_mailbox_is_as_many_articles_as_it_has_messages() -> None:
    other = message(
        "From Nes, nobody\nsailed.\n\nFrom there, all did.", Message_ID="<4712@post.example>", Subject="Other"
    )
    first, second = drafts(mailbox(message(FIRST), other))
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert (first.member, first.text, first.line) == ("4711@post.example", FIRST, 1)
    assert (second.member, second.text) == ("4712@post.example", "From Nes, nobody\nsailed.\n\nFrom there, all did.")
    assert second.line
    assert second.line > 1


def test_one_bad_message_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = message(" ", Message_ID="<1@x>", Subject="Empty")
    big = message("x " * 3000, Message_ID="<2@x>", Subject="Big")
    monkeypatch.setattr(mail, "MAX_ARTICLE_BYTES", 5000)
    found = drafts(mailbox(empty, big, message(FIRST), message(FIRST)))
    assert [type(each) for each in found] == [Refused, Refused, Draft, Refused]
    reasons = [each.reason for each in found if isinstance(each, Refused)]
    assert reasons[0] == "it has no text"
    assert reasons[1].startswith("the message is larger than")
    assert "stands in line" in reasons[2]


# --- refused ---------------------------------------------------------------------------------------------------------

ENCRYPTED = b"Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n--b\n\nx\n--b--\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(80))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it has no text"),
        (b"Subject: only a head\n", "it has no text"),
        (b"\n\n\n", "it has no text"),
        (b"Content-Type: image/png\n\nx", "it has no text"),
        (b"Content-Type: multipart/mixed\n\nno bounds", "it has no text"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n--b--", "it has no text"),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!!", "it has no text"),
        (b"Content-Type: text/html\n\n<p hidden>x</p>", "it has no text"),
        (b"Content-Type: application/pkcs7-mime\n\nx", "it is encrypted"),
        (ENCRYPTED, "it is encrypted"),
        (DEEP, "the message cannot be read (ValueError)"),
        (b"x" * (20 * 1024**2 + 1), "it is larger than 20 MiB, too large for one article"),
    ],
    ids=range(12),
)
def test_a_message_without_a_text_is_refused_with_a_sentence(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        drafts(raw)
    assert str(refused.value) == reason


GOOD = bytes(message(f"{FIRST}\n\n{SECOND}", f"<p>{FIRST}</p>"))


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=20), st.integers(0, len(GOOD)))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_damaged_message_is_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    raw = bytearray(GOOD)
    for place, byte in changes:
        raw[place] = byte
    for damaged in (bytes(raw), GOOD[:end], mailbox(message(FIRST))[:end]):
        try:
            found = drafts(damaged)
        except UnreadableError:
            continue
        for each in found:
            assert isinstance(each, Refused) or each.text.encode()


def test_noise_is_read_or_refused() -> None:
    noise = random.Random(9)
    for start in (b"", b"From a 2024\n", b"Subject: x\nContent-Type: text/html\n\n", b"From: =?utf-8?B?"):
        try:
            found = drafts(start + noise.randbytes(4000))
        except UnreadableError:
            continue
        assert all(isinstance(each, Refused) or each.text.encode() for each in found)


def test_a_mailbox_of_nothing_is_told() -> None:
    (told,) = read(io.BytesIO(b"From ada@post.example Mon Feb  5 10:00:00 2024\n"))
    assert told == Refused("there is no message after its line", 1)
