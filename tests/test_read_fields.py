"""Fields of JSON under the names that exports and programming interfaces give them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from reading import Reading

from index.readers.drafts import Draft, Refused, Revision
from index.readers.json import read

READING = Reading(read)
FIRST = "The ferry to Aldermoor will not sail before Thursday, its owners said."
SECOND = "A fishing boat had struck the pier at noon; nobody was hurt."
MARKUP = f"<p>{FIRST}</p><p>{SECOND}</p>"
TEXT = f"{FIRST}\n\n{SECOND}"
CARD = {
    "title": "Ferry waits",
    "outlet": "Aldermoor Post",
    "author": "Ina Holt",
    "published": date(2024, 5, 2),
    "url": "https://post.example/ferry",
    "language": "en",
}


def items(value: object) -> list[Draft | Refused]:
    return READING.items(json.dumps(value))


def reason(value: object) -> str:
    (found,) = items(value)
    return found.reason if isinstance(found, Refused) else ""


EXPORTS: dict[str, tuple[dict[str, Any], dict[str, object]]] = {
    "the Guardian": (
        {"response": {"status": "ok", "results": [{
            "id": "sea/2024/ferry", "type": "article", "webTitle": "Ferry waits", "webUrl": "https://post.example/ferry",
            "webPublicationDate": "2024-05-02T08:00:00Z",
            "fields": {"headline": "Ferry waits", "byline": "Ina Holt", "trailText": "In short", "body": MARKUP,
                       "bodyText": f"{FIRST} {SECOND}", "publication": "Aldermoor Post", "lang": "en"}}]}},
        CARD,
    ),
    "the Guardian, one": (
        {"response": {"status": "ok", "total": 1, "content": {
            "id": "sea/2024/ferry", "webTitle": "Ferry waits", "webPublicationDate": "2024-05-02T08:00:00Z",
            "fields": {"bodyText": TEXT}}}},
        {"title": "Ferry waits", "published": date(2024, 5, 2)},
    ),
    "WordPress": (
        [{"id": 1, "date": "2024-05-02T00:30:00", "date_gmt": "2024-05-01T22:30:00", "status": "publish",
          "type": "post", "link": "https://post.example/ferry", "title": {"rendered": "Ferry waits"}, "author": 14,
          "content": {"rendered": f"[ad id='3']{MARKUP}", "protected": False},
          "_embedded": {"author": [{"id": 14, "name": "Ina Holt", "slug": "iholt"}]}}],
        {key: CARD[key] for key in ("title", "author", "published", "url")},
    ),
    "WordPress's database": (
        [{"ID": "1", "post_author": "14", "post_date": "2024-05-02 00:30:00", "post_date_gmt": "2024-05-01 22:30:00",
          "post_content": f"{FIRST}\n\n[gallery ids='1']\n\n{SECOND}", "post_title": "Ferry waits",
          "post_status": "publish", "post_type": "post"}],
        {"title": "Ferry waits", "published": date(2024, 5, 2)},
    ),
    "Ghost": (
        {"posts": [{"id": "1", "uuid": "u", "title": "Ferry waits", "slug": "ferry", "html": MARKUP,
                    "plaintext": f"{FIRST} [https://x.example] {SECOND}", "status": "published", "visibility": "public",
                    "published_at": "2024-05-02T08:00:00.000+00:00", "url": "https://post.example/ferry",
                    "custom_excerpt": None, "primary_author": {"name": "Ina Holt"}}], "meta": {"pagination": {}}},
        {key: CARD[key] for key in ("title", "author", "published", "url")},
    ),
    "Ghost's export": (
        {"db": [{"meta": {"version": "5"}, "data": {"posts": [
            {"id": "1", "title": "Ferry waits", "html": MARKUP, "status": "published",
             "published_at": "2024-05-02T08:00:00.000Z"}], "users": []}}]},
        {"title": "Ferry waits", "published": date(2024, 5, 2)},
    ),
    "Arc": (
        {"_id": "ABC", "type": "story", "headlines": {"basic": "Ferry waits"}, "description": {"basic": "In short"},
         "credits": {"by": [{"type": "author", "name": "Ina Holt"}]}, "source": {"name": "Aldermoor Post"},
         "display_date": "2024-05-02T08:00:00Z", "publish_date": "2024-05-03T08:00:00Z", "language": "en",
         "canonical_url": "https://post.example/ferry", "revision": {"published": True},
         "content_elements": [
             {"type": "text", "content": FIRST.replace("ferry", "<b>ferry</b>")},
             {"type": "interstitial_link", "content": "Read more"}, {"type": "image", "caption": "The pier"},
             {"type": "list", "items": [{"type": "text", "content": SECOND}]}]},
        CARD,
    ),
    "Drupal": (
        {"data": [{"type": "node--article", "id": "1", "attributes": {
            "status": True, "title": "Ferry waits", "created": "2024-05-02T08:00:00+00:00", "langcode": "en",
            "body": {"value": MARKUP, "format": "basic_html", "processed": MARKUP, "summary": ""}}}]},
        {"title": "Ferry waits"},
    ),
    "news-please": (
        {"authors": ["Ina Holt"], "date_download": "2024-05-10 10:00:00", "date_modify": "2024-05-03 09:00:00",
         "date_publish": "2024-05-02 08:00:00", "language": "en", "title": "Ferry waits", "text": None,
         "source_domain": "post.example", "maintext": TEXT, "url": "https://post.example/ferry"},
        {**CARD, "outlet": "post.example"},
    ),
    "Media Cloud": (
        {"stories_id": 4711, "title": "Ferry waits", "publish_date": "2024-05-02 08:00:00", "media_id": 7,
         "media_name": "Aldermoor Post", "media_url": "https://post.example", "language": "en",
         "url": "https://post.example/ferry", "story_text": TEXT},
        {key: value for key, value in CARD.items() if key != "author"},
    ),
    "Factiva": (
        {"an": "ALDERM0020240502ek52", "title": "Ferry waits", "body": TEXT, "snippet": "In short",
         "byline": "By Ina Holt",
         "publication_datetime": 1714636800000, "modification_datetime": 1714723200000, "language_code": "en",
         "source_name": "Aldermoor Post", "publisher_name": "Aldermoor Holding Ltd."},
        {key: value for key, value in CARD.items() if key != "url"},
    ),
    "Event Registry": (
        {"articles": {"page": 1, "results": [
            {"uri": "1", "lang": "eng", "dateTimePub": "2024-05-02T08:00:00Z", "title": "Ferry waits", "body": TEXT,
             "source": {"uri": "post.example", "title": "Aldermoor Post"}, "authors": [{"name": "Ina Holt"}],
             "url": "https://post.example/ferry"}]}},
        {**CARD, "language": "eng"},
    ),
    "trafilatura": (
        {"title": "Ferry waits", "author": "Ina Holt", "hostname": "post.example", "date": "2024-05-02",
         "fingerprint": "f", "source-hostname": "Aldermoor Post", "source": "https://post.example/ferry",
         "language": "en", "text": TEXT, "raw_text": "The ferry …"},
        {key: value for key, value in CARD.items() if key != "url"},
    ),
    "schema.org": (
        {"@context": "https://schema.org", "@graph": [
            {"@type": "NewsArticle", "headline": "Ferry waits", "articleBody": TEXT,
             "datePublished": "2024-05-02T08:00Z",
             "author": [{"@type": "Person", "name": "Ina Holt"}], "publisher": {"name": "Aldermoor Post"},
             "inLanguage": "en", "url": "https://post.example/ferry"}]},
        CARD,
    ),
    "dpa's digitalwires": (
        {"format": "digitalwires@1", "urn": "urn:newsml:ona.example:1", "version": "2", "pubstatus": "usable",
         "version_created": "2024-05-02T08:00:00+02:00", "language": "en", "headline": "Ferry waits", "embargoed": None,
         "byline": "Von Ina Holt", "teaser": "In short",
         "article_html": f'<header><ul class="slugline"><li>Sea</li></ul></header><section>{MARKUP}</section>'},
        {key: CARD[key] for key in ("title", "author", "published", "language")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("export", "card"), EXPORTS.values(), ids=EXPORTS)
def test_the_fields_of_well_known_exports_are_read(export: object, card: dict[str, object]) -> None:
    (draft,) = items(export)
    assert isinstance(draft, Draft)
    assert (draft.text, draft.card) == (TEXT, card)
    assert all("not read" in note or "contentelements" in note for note in draft.notes)


def test_wordpress_tells_its_zone_by_two_clocks() -> None:
    export, _ = EXPORTS["WordPress"]
    (draft,) = items(export)
    assert isinstance(draft, Draft)
    assert draft.revision.published == datetime(2024, 5, 1, 22, 30, tzinfo=UTC)


# --- what is not published -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "draft"}, 'its status is "draft": it is not published'),
        ({"status": "Pending Review"}, 'its status is "Pending Review": it is not published'),
        ({"post_status": "trash"}, 'its status is "trash": it is not published'),
        ({"status": "scheduled"}, 'its status is "scheduled": it is not published'),
        ({"state": "spiked"}, 'its status is "spiked": it is not published'),
        ({"state": "killed"}, "withdrawn by its publisher"),
        ({"draft": True}, "it says that it is a draft, or deleted"),
        ({"is_deleted": "true"}, "it says that it is a draft, or deleted"),
        ({"published": False}, "it says that it is not published"),
        ({"attributes": {"status": False}}, "it says that it is not published"),
        ({"revision": {"published": False}}, "it says that it is not published"),
        ({"content": {"rendered": "", "protected": True}}, "it is protected by a password"),
        ({"type": "page"}, "its kind is page: it is not an article"),
        ({"type": "event"}, "its type is event, not text"),
        ({"eventDetails": {"dates": {}}}, "its type is event, not text"),
        *(({"status": status}, "") for status in ("publish", "published", "ok", "active", 200, 0, True, None)),
        ({"published": True, "draft": False, "state": "NY", "type": "video"}, ""),
    ],
)
def test_what_is_not_published_is_refused_with_what_says_so(fields: dict[str, object], why: str) -> None:
    assert reason({"id": "1", "text": TEXT, **fields}) == why


def test_a_draft_that_was_published_before_says_when_it_was_changed() -> None:
    (refused,) = items({"id": "1", "text": TEXT, "status": "trash", "modified": "2024-05-03"})
    assert isinstance(refused, Refused)
    assert refused.withdrawal == Revision(changed=date(2024, 5, 3))


# --- what is not read ----------------------------------------------------------------------------------------------


def test_a_refusal_names_the_fields_that_were_looked_for_and_those_that_are_there() -> None:
    why = reason({"kop": "Ferry waits", "platte_tekst": TEXT, **{f"x{number}": 1 for number in range(30)}})
    assert why.startswith("it has no text: that is looked for in body, text, content, ")
    assert why.endswith(", x17 and 12 more")
    assert "; its fields are kop, platte_tekst, x0, " in why
    assert reason({}) == "it has no text"


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"pub_ts": "02/05/2024"}, '"pub_ts" may be a day of publication, and is not read'),
        ({"date_download": "2024-05-02"}, '"date_download" may be a day of publication, and is not read'),
        ({"newspaper_title": "The Post"}, '"newspaper_title" may be an outlet, and is not read'),
        ({"Reporter": {"name": "Ina Holt"}}, '"Reporter" may be an author, and is not read'),
    ],
)
def test_a_field_that_may_be_what_the_card_lacks_is_noted(fields: dict[str, object], note: str) -> None:
    (draft,) = items({"id": "1", "text": TEXT, **fields})
    assert isinstance(draft, Draft)
    assert (draft.card, draft.notes) == ({}, (note,))


def test_nothing_is_noted_of_a_card_that_lacks_nothing() -> None:
    (draft,) = items({**CARD, "published": "2024-05-02", "text": TEXT, "date_download": "2024-05-09", "site": "x"})
    assert isinstance(draft, Draft)
    assert draft.notes == ()


@pytest.mark.parametrize("author", [14, "14", "iholt", "ina.holt", "ina@post.example", "https://post.example/u/1"])
def test_an_author_that_is_no_name_is_left_out_with_a_note(author: object) -> None:
    (draft,) = items({"id": "1", "text": TEXT, "author": author})
    assert isinstance(draft, Draft)
    assert "author" not in draft.card
    assert draft.notes == (f'author = "{author}" is a number, an address or a login, not a name; it is left out',)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Ina Holt <ina@post.example>", "Ina Holt"),
        (["Ina Holt", "ina.holt"], "Ina Holt"),
        ("k.d. lang", "k.d. lang"),
        ("King, M.L.", "King, M.L."),
        ("山田太郎", "山田太郎"),
    ],
)
def test_names_of_every_kind_are_names(author: object, name: str) -> None:
    (draft,) = items({"id": "1", "text": TEXT, "author": author})
    assert isinstance(draft, Draft)
    assert (draft.card["author"], draft.notes) == (name, ())
