"""What WordPress and Blogger export: posts that are published, as their pages show them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from reading import Reading

from index.readers.drafts import Draft, Refused, Revision
from index.readers.wordpress import paragraphs
from index.readers.xml import read

READING = Reading(read)
items, drafts = READING.items, READING.drafts

AUTHOR = (
    "<wp:author><wp:author_login>iholt</wp:author_login>"
    "<wp:author_display_name>Ina Holt</wp:author_display_name></wp:author>"
)


def export(*contents: str) -> str:
    return f"""<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Aldermoor Post</title><language>en</language>{AUTHOR}{"".join(contents)}</channel></rss>"""


def post(
    number: int = 1, text: str = "The ferry waits.", *, status: str = "publish", kind: str = "post", more: str = ""
) -> str:
    return (
        f'<item><title>Post {number}</title><guid isPermaLink="false">https://post.example/?p={number}</guid><dc:creator>iholt</dc:creator>'
        f"<pubDate>Wed, 01 May 2024 22:30:00 +0000</pubDate><content:encoded><![CDATA[{text}]]></content:encoded>"
        f"<wp:post_date>2024-05-02 00:30:00</wp:post_date><wp:post_date_gmt>2024-05-01 22:30:00</wp:post_date_gmt>"
        f"<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{more}</item>"
    )


def test_a_post_is_dated_by_the_clock_of_its_site_and_signed_by_the_name_of_its_author() -> None:
    modified = (
        "<wp:post_modified>2024-05-03 09:00:00</wp:post_modified>"
        "<wp:post_modified_gmt>2024-05-03 07:00:00</wp:post_modified_gmt>"
    )
    (draft,) = drafts(export(post(more=modified)))
    assert draft.card == {
        "title": "Post 1",
        "outlet": "Aldermoor Post",
        "author": "Ina Holt",
        "published": date(2024, 5, 2),
        "language": "en",
    }
    changed, published = datetime(2024, 5, 3, 7, tzinfo=UTC), datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    assert draft.revision == Revision(0, changed, published)


@pytest.mark.parametrize("status", ["draft", "auto-draft", "private", "trash", "future", "pending", "in-revision"])
def test_what_is_not_published_is_refused_with_its_status_and_the_others_are_taken(status: str) -> None:
    first, second, third = items(export(post(1), post(2, status=status), post(3)))
    assert isinstance(second, Refused)
    assert second.reason == f'its status is "{status}": it is not published'
    assert (second.member, second.withdrawal) == ("https://post.example/?p=2", None)
    assert isinstance(first, Draft)
    assert isinstance(third, Draft)


def test_a_post_that_was_taken_back_says_when() -> None:
    modified = "<wp:post_modified>2024-05-03 09:00:00</wp:post_modified>"
    (refused,) = items(export(post(status="trash", more=modified)))
    assert isinstance(refused, Refused)
    assert refused.withdrawal == Revision(changed=datetime(2024, 5, 3, 9))


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        ("page", "", "its kind is page: it is not an article"),
        ("attachment", "", "its kind is attachment: it is not an article"),
        ("nav_menu_item", "", "its kind is nav_menu_item: it is not an article"),
        ("post", "<wp:post_password>sesame</wp:post_password>", "it is protected by a password"),
        ("report", "", ""),
    ],
)
def test_what_is_no_article_is_refused_but_kinds_of_the_site_s_own_are_articles(
    kind: str, more: str, reason: str
) -> None:
    (found,) = items(export(post(kind=kind, more=more)))
    assert (found.reason if isinstance(found, Refused) else "") == reason


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("The ferry waits.\n\nNobody\nwas hurt.", "The ferry waits.\n\nNobody\nwas hurt."),
        ("The ferry waits.\n \nNobody was hurt.\r\n\r\nSo far.", "The ferry waits.\n\nNobody was hurt.\n\nSo far."),
        ("Before.\n\n<h2>Why</h2>\nThe <b>ferry</b> waits.\n\nAfter.", "Before.\n\nWhy\n\nThe ferry waits.\n\nAfter."),
        ("<!-- wp:paragraph -->\n<p>The ferry\nwaits.</p>\n<!-- /wp:paragraph -->", "The ferry waits."),
        ('[caption id="a1" width="300"]<img src="x.jpg" /> The pier[/caption]The ferry waits.', "The ferry waits."),
        ('The ferry waits.\n\n[gallery ids="1,2"]\n\nNobody was hurt.', "The ferry waits.\n\nNobody was hurt."),
        ("[embed]https://video.example/1[/embed]\n\nThe ferry waits.", "The ferry waits."),
        ("[youtube https://video.example/1]\n\n[tweet 123456]\n\nThe ferry waits.", "The ferry waits."),
        ("[dropcap]T[/dropcap]he ferry waits.", "The ferry waits."),
        ('[row][column size="1/2"]The ferry waits.[/column][/row]', "The ferry waits."),
        ("[newsletter]\n\nThe ferry waits.\n\n[ad_slot]", "The ferry waits."),
        ("The ferry [adslot id='3'] waits.", "The ferry waits."),
        # Words in brackets are the writer's.
        ("“[The ferry] was [sic] late,” she said [in Danish].", "“[The ferry] was [sic] late,” she said [in Danish]."),
        ("[Applause]\n\nThe ferry waits.", "[Applause]\n\nThe ferry waits."),
    ],
)
def test_what_was_typed_is_what_the_page_shows(typed: str, shown: str) -> None:
    assert paragraphs(typed) == shown
    assert drafts(export(post(text=typed)))[0].text == shown


def test_a_feed_that_is_no_export_keeps_its_brackets_and_its_blank_lines() -> None:
    raw = export(post(text="The ferry [id=3] waits.\n\nNobody was hurt.")).replace("wordpress.org/export", "x.example")
    assert drafts(raw)[0].text == "The ferry [id=3] waits.\n\nNobody was hurt."


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("", ""),
        ('<category term="http://schemas.google.com/blogger/2008/kind#post"/>', ""),
        ('<category term="http://schemas.google.com/blogger/2008/kind#comment"/>',
         "its kind is comment: it is not an article"),
        ('<app:control xmlns:app="http://www.w3.org/2007/app"><app:draft>yes</app:draft></app:control>',
         'its status is "draft": it is not published'),
        ('<b:type xmlns:b="http://schemas.google.com/blogger/2018">PAGE</b:type>',
         "its kind is page: it is not an article"),
        ('<b:status xmlns:b="http://schemas.google.com/blogger/2018">SOFT_TRASHED</b:status>',
         'its status is "soft_trashed": it is not published'),
    ],
)  # fmt: skip
def test_entries_of_a_blog_are_taken_if_they_are_posts_that_are_published(more: str, reason: str) -> None:
    (found,) = items(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Aldermoor</title><entry><id>tag:x,1</id>'
        f'{more}<content type="html">&lt;p>The ferry waits.&lt;/p></content></entry></feed>'
    )
    assert (found.reason if isinstance(found, Refused) else "") == reason
