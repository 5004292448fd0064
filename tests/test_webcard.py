"""What a page states of its article, however its data are wrapped: headline, author and day are the outlet's own."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from test_read_html import BODY, PARAGRAPHS, draft, linked, page

SAID = '{"@type": "NewsArticle", "headline": "Storm on the coast", "author": {"@type": "Person", "name": "Ann Author"}}'


@pytest.mark.parametrize(
    "data",
    [
        f"//<![CDATA[\n{SAID}\n//]]>",
        f"//<![CDATA[{SAID}//]]>",
        f"/*<![CDATA[*/ {SAID} /*]]>*/",
        f"<![CDATA[{SAID}]]>",
        f"<!-- {SAID} -->",
        f"<!--\n{SAID}\n//-->",
        f"\ufeff{SAID};",
        f"// of the article\n/* by machine */ {SAID}",
        SAID.replace('"}}', '",},\n}'),
        f"[{SAID},]",
        f'{{"@type": "WebSite", "url": "https://a.example/x//y"}}\n{SAID}',
        SAID.replace('"', "&quot;"),
    ],
)
def test_schema_org_data_are_read_however_they_are_wrapped(data: str) -> None:
    article = draft(page(head=f'<script type="application/ld+json">{data}</script>'))
    assert (article.card["author"], article.card["title"]) == ("Ann Author", "Storm on the coast")
    assert article.notes == ()


def test_what_looks_like_a_wrapping_within_a_text_stays() -> None:
    title = 'On "<!-- x -->, }", //slashes, /* stars */ and ]]>'
    head = linked(headline=title).replace("}</script>", ",}</script>")
    assert draft(page(head=head)).card["title"] == title


@pytest.mark.parametrize("part", ['"', "/*", "//", ",", "<!--", '\\"', ", ", '",', "\n"])
def test_broken_data_end_soon(part: str) -> None:
    begun = time.process_time()
    draft(page(head=f'<script type="application/ld+json">{{{part * 100_000}</script>'))
    assert time.process_time() - begun < 10


# --- the headline ----------------------------------------------------------------------------------------------------

SITE = "<meta property=og:site_name content='The Daily Paper'><link rel=canonical href='https://www.daily-paper.example/1'>"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f"<title>Storm hits the coast | The Daily Paper</title>{SITE}", ""),
        (f"<title>Storm hits the coast - daily-paper.example</title>{SITE}", ""),
        (f"<title>Storm hits the coast — The Daily Paper</title>{SITE}", "<h1>Storm hits the coast</h1>"),
        ("<title>Storm hits the coast | News | Somewhere</title>", "<h1>Storm hits the coast</h1>"),
        (
            "<meta property=og:title content='Storm hits the coast'><title>Storm hits the coast · DP · 3.5.23</title>",
            "",
        ),
        (linked(headline="Storm hits the coast | The Daily Paper", publisher={"name": "The Daily Paper"}), ""),
        (linked(headline="Storm hits the coast"), "<h1>The Daily Paper</h1>"),
        (linked(headline="Storm hits the coast") + SITE, "<h1>The Daily Paper</h1>"),
        (
            linked(headline="What to know of the storm") + "<title>Storm hits the coast</title>",
            "<h1>Storm hits the coast</h1>",
        ),
        (linked(headline="Storm hits the coast"), "<h1>A storm, and what came of it</h1>"),
        ("", "<h1>Storm hits <i>the</i> coast</h1>"),
        (linked(headline="Storm hits the coast"), "<h1><span>Weather</span> Storm hits the coast</h1>"),
    ],
)
def test_the_headline_is_the_one_that_is_shown_without_the_sites_name(head: str, body: str) -> None:
    assert draft(page(body + BODY, head)).card["title"] == "Storm hits the coast"


@pytest.mark.parametrize(
    "title", ["Storm - what now?", "Storm | The Other Paper", "9/11 – a day", "Paper, daily | and more"]
)
def test_what_is_no_name_of_the_site_stays_in_the_headline(title: str) -> None:
    assert draft(page(head=linked(headline=title) + SITE)).card["title"] == title


def test_a_headline_is_no_paragraph_whichever_of_them_the_card_has() -> None:
    head = linked(headline="What to know of the storm") + SITE + "<title>Storm hits the coast | The Daily Paper</title>"
    for heading in ("Storm hits the coast", "What to know of the storm"):
        body = f"<header><p>3 May</p></header><h1>{heading}</h1><h2>{heading}</h2>{BODY}"
        assert draft(page(body, head)).text.split("\n\n")[-3:] == PARAGRAPHS
        assert heading not in draft(page(body, head)).text
    repeated = draft(page(BODY * 2 + "<p>Storm hits the coast</p>" + BODY, head))
    assert "Storm hits the coast" in repeated.text  # what the article itself says again further down


# --- the author ------------------------------------------------------------------------------------------------------

BYLINE = '<p class="byline">By <a rel="author" href="/ann">Ann Author</a></p>'
OUTLET = {"@type": "Organization", "name": "The Daily Paper"}


@pytest.mark.parametrize(
    "author",
    [OUTLET, [OUTLET], "The Daily Paper", "daily-paper.example", "admin", "jdoe42", "a.author", "17", 17, "", [],
     "ann@x.example", "https://www.facebook.com/ann", {"name": "@ann"}, {"@type": "Person", "name": "Redaktion"}],
)  # fmt: skip
@pytest.mark.parametrize(
    "byline",
    [
        BYLINE,
        '<div class="article__byline">By Ann Author | 3 May 2023</div>',
        '<span itemprop="author" itemscope><a href="/ann" itemprop="url"><b itemprop="name">Ann Author</b></a></span>',
        '<p><span class="author-name">von Ann Author</span></p>',
    ],
)
def test_the_author_is_the_one_who_signs_the_article(author: Any, byline: str) -> None:
    head = linked(author=author, publisher=OUTLET) + SITE
    assert draft(page(byline + BODY, head)).card["author"] == "Ann Author"


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("<meta name=parsely-author content='Ann Author'>", "Ann Author"),
        ("<meta name=author content='By Ann Author and Bob Byline'>", "Ann Author and Bob Byline"),
        (linked(author=["Ann Author", OUTLET]) + SITE, "Ann Author"),
        (
            linked(author=[{"@type": "Person", "name": "Ann Author"}, {"@type": "Organization", "name": "dpa"}]),
            "Ann Author, dpa",
        ),
        (linked(author={"@type": "Organization", "name": "Agency"}) + SITE, "Agency"),
        (linked(author=OUTLET) + SITE, "The Daily Paper"),  # nobody else is named
        (linked(author={"@type": "Person", "givenName": "Ann", "familyName": "Author"}), "Ann Author"),
        ("<meta name=author content='Von Miller'>", "Von Miller"),
        ("<meta name=author content='Post author: By Ann Author'>", "Ann Author"),
        (
            "<meta name=author content='The Daily Paper, Harbour Street, Overton'>" + SITE,
            "The Daily Paper, Harbour Street, Overton",
        ),
        (linked(author="aau"), "aau"),
        (linked(author="4711"), None),
    ],
)
def test_who_is_stated_is_taken_where_nobody_signs(head: str, author: str | None) -> None:
    assert draft(page(head=head)).card.get("author") == author


def test_who_signs_another_story_is_not_the_author() -> None:
    other = BYLINE.replace("Ann Author", "Eve Else")
    others = f'<aside>{other}</aside><article>{other}</article><footer><a rel="author">Eve Else</a></footer>'
    assert draft(page(others + BYLINE + BODY)).card["author"] == "Ann Author"


# --- the day ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        "<meta property=article:published_time content=2024-02-06T08:15Z>",
        "<meta name=article:published:time content=2024-02-06T08:15:00+00:00>",
        "<meta name=publishdate content=2024-02-06>",
        "<meta name=parsely-pub-date content=2024-02-06T08:15:00Z>",
        "<meta name=sailthru.date content='2024-02-06 08:15:00'>",
        linked(datePublished="Tue Feb 06 09:15:00 CET 2024"),
    ],
)
def test_a_day_is_read_wherever_and_however_it_is_stated(head: str) -> None:
    assert draft(page(head=head)).card["published"] == date(2024, 2, 6)


@pytest.mark.parametrize("first", [True, False])
def test_the_day_is_that_of_the_outlets_own_zone(first: bool) -> None:
    universal, own = "2024-02-07T01:30:00Z", "2024-02-06T20:30:00-05:00"
    stated = (universal, own) if first else (own, universal)
    article = draft(page(head=linked(datePublished=stated[0]) + f"<meta name=pubdate content={stated[1]}>"))
    assert (article.card["published"], article.notes) == (date(2024, 2, 6), ())
    assert article.revision.published == datetime(2024, 2, 7, 1, 30, tzinfo=UTC)
    assert draft(page(head=linked(datePublished="2024-02-07T00:10:00+03:00"))).card["published"] == date(2024, 2, 7)
