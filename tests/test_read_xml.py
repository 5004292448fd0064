from __future__ import annotations

import io
import sysconfig
import time
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import Reading

import index.readers.xml
from index.readers.drafts import Draft, Refused, Revision, UnreadableError
from index.readers.xml import read

READING = Reading(read)
items, drafts, members = READING.items, READING.drafts, READING.members
refusals, unreadable = READING.refusals, READING.unreadable


# --- NewsML-G2 ---------------------------------------------------------------------------------------------------

XHTML = """<inlineXML contenttype="application/xhtml+xml">
      <html xmlns="http://www.w3.org/1999/xhtml">
        <head><title>Not part of the text</title><style>p {}</style></head>
        <body><h2>Background</h2><p>KYIV &#8211; Two <b>drones</b> were
          shot down.</p><p>Nobody was hurt,<br/>officials said.</p><script>no()</script></body>
      </html>
    </inlineXML>"""
NITF_INSIDE = """<inlineXML contenttype="application/nitf+xml">
      <nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><body>
        <body.head><hedline><hl1>Its own headline</hl1></hedline><byline>By <person>Nia Field</person>, Staff</byline>
          <abstract><p>Not part of the text.</p></abstract></body.head>
        <body.content><block><p>One <org>agency</org> said.</p><p>Two.</p></block>
          <media media-type="image"><media-metadata name="x"/><media-reference source="x.jpg"/>
            <media-caption>A caption.</media-caption></media></body.content>
      </body></nitf>
    </inlineXML>"""
META = """<itemMeta>
    <itemClass qcode="ninat:text"/>
    <provider qcode="nprov:EA"><name>Example Agency</name></provider>
    <versionCreated>2023-05-04T10:15:00Z</versionCreated>
    <firstCreated>2023-05-03T22:15:00+00:00</firstCreated>
    <pubStatus qcode="stat:usable"/>
  </itemMeta>"""
CONTENT = """<contentMeta>
    <contentCreated>2023-05-02T20:00:00Z</contentCreated>
    <creator qcode="staff:12"><name>Ann Other</name></creator>
    <creator><name>Ben Cole</name></creator>
    <infoSource literal="wire"><name>Wire Partner</name></infoSource>
    <language tag="en-GB"/>
    <slugline>DRONES-2ND-LEAD</slugline>
    <headline> Two drones
      shot &amp; down</headline>
  </contentMeta>"""


def news_item(
    guid: str = "urn:newsml:agency.example:20230503:drones",
    *,
    version: str = "2",
    meta: str = META,
    content: str = CONTENT,
    body: str = XHTML,
) -> str:
    return f"""<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="{version}" xml:lang="de"
  standard="NewsML-G2" standardversion="2.30" conformance="power">
  <catalogRef href="http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_38.xml"/>
  <rightsInfo><copyrightHolder><name>Holder</name></copyrightHolder><usageTerms>Terms</usageTerms></rightsInfo>
  {meta}
  {content}
  <contentSet>{body}</contentSet>
</newsItem>"""


def message(*contents: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header><sent>2023-05-04T11:00:00Z</sent></header>
<itemSet>
{"".join(contents)}
</itemSet></newsMessage>"""


CARD = {
    "title": "Two drones shot & down",
    "outlet": "Example Agency",
    "author": "Ann Other, Ben Cole",
    "published": date(2023, 5, 3),
    "language": "en-GB",
}


@pytest.mark.parametrize("wrap", [str, message, lambda item: '<?xml version="1.0"?>\n' + item])
def test_a_news_item_is_read_as_the_standard_means_it(wrap: object) -> None:
    assert callable(wrap)
    (draft,) = drafts(wrap(news_item()))
    assert draft.text == "Background\n\nKYIV – Two drones were shot down.\n\nNobody was hurt,\nofficials said."
    assert draft.card == CARD
    assert (draft.member, draft.notes) == ("urn:newsml:agency.example:20230503:drones", ())
    changed, published = datetime(2023, 5, 4, 10, 15, tzinfo=UTC), datetime(2023, 5, 3, 22, 15, tzinfo=UTC)
    assert draft.revision == Revision(2, changed, published)
    assert drafts(wrap(news_item(version="two")))[0].revision == Revision(0, changed, published)


def test_nitf_inside_a_news_item_gives_its_body_and_what_the_item_does_not_say() -> None:
    (draft,) = drafts(news_item(body=NITF_INSIDE, content="<contentMeta/>"))
    assert draft.text == "One agency said.\n\nTwo.\n\nA caption."
    assert (draft.card["title"], draft.card["author"], draft.card["language"]) == (
        "Its own headline",
        "Nia Field",
        "de",
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('<inlineData contenttype="text/plain">One.\n\nTwo &lt;b&gt;.</inlineData>', "One.\n\nTwo <b>."),
        ('<inlineData contenttype="text/html">&lt;p>One.&lt;/p>&lt;p>Two.&lt;/p></inlineData>', "One.\n\nTwo."),
        ("<inlineData>One.</inlineData>", "One."),
        ('<remoteContent href="x"/><inlineData encoding="b64">T25l</inlineData><inlineData>One.</inlineData>', "One."),
        ('<inlineXML><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p></div></inlineXML>', "One."),
    ],
)
def test_every_rendition_that_holds_text_is_read(body: str, text: str) -> None:
    assert drafts(news_item(body=body))[0].text == text


def test_renditions_that_differ_are_noted_and_the_marked_up_one_is_used() -> None:
    body = f"<inlineData>Another text.</inlineData>{XHTML}"
    (draft,) = drafts(news_item(body=body))
    assert draft.text.startswith("Background")
    assert draft.notes == ('its text differs between "inlineXML" and "inlineData"; the first is used',)


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ("<firstCreated>2023-05-03T22:15:00+00:00</firstCreated>", "", "published", date(2023, 5, 2)),
        ("<name>Example Agency</name>", "", "outlet", "EA"),
        ('<provider qcode="nprov:EA"><name>Example Agency</name></provider>', "", "outlet", "Wire Partner"),
        ('<provider qcode="nprov:EA">', '<provider literal="ea.example">', "outlet", "Example Agency"),
        ("<slugline>", "<by>By Cy Dee</by><slugline>", "author", "Cy Dee"),
        ('<language tag="en-GB"/>', "", "language", "de"),
    ],
)
def test_where_one_element_is_missing_the_next_speaks(old: str, new: str, key: str, value: object) -> None:
    raw = news_item()
    assert old in raw
    (draft,) = drafts(raw.replace(old, new))
    assert draft.card == {**CARD, key: value}


def test_what_a_news_item_does_not_say_stays_unknown() -> None:
    (draft,) = drafts(news_item(meta="", content="").replace(' xml:lang="de"', ""))
    assert (draft.card, draft.notes) == ({}, ())


STATUS = '<pubStatus qcode="stat:usable"/>'


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (STATUS, '<pubStatus qcode="stat:canceled"/>', "withdrawn by its publisher"),
        (STATUS, '<pubStatus qcode="stat:withheld"/>', "withdrawn by its publisher"),
        (STATUS, '<pubStatus uri="http://cv.iptc.org/newscodes/pubstatusg2/canceled"/>', "withdrawn by its publisher"),
        (STATUS, '<pubStatus qcode="x:odd"/>', 'its status is "odd", not usable'),
        (STATUS, "<embargoed/>", "it is embargoed without an end"),
        (STATUS, "<embargoed>2999-01-01T00:00:00Z</embargoed>", "it is embargoed until 2999-01-01T00:00:00Z"),
        (STATUS, "<embargoed>soon</embargoed>", 'it is embargoed until "soon", which is not a time that can be read'),
        (XHTML, '<remoteContent href="a"/>', "it holds no text that is read, only remoteContent"),
        (XHTML, "<inlineXML><sports/></inlineXML>", "it holds no text that is read, only inlineXML"),
        (XHTML, "<inlineData>  </inlineData>", "it holds no text that is read, only inlineData"),
        (f"<contentSet>{XHTML}</contentSet>", "", "it holds no text that is read, only metadata"),
        ("officials said.", "[…]", "its text is cut short: it ends in a sign for what was left out"),
    ],
)
def test_an_item_that_must_not_or_cannot_be_quoted_is_refused_and_the_others_are_taken(
    old: str, new: str, reason: str
) -> None:
    assert old in news_item("b")
    first, second, third = items(message(news_item("a"), news_item("b").replace(old, new), news_item("c")))
    assert isinstance(second, Refused)
    assert (second.reason, second.member) == (reason, "b")
    assert (first.member, third.member) == ("a", "c")
    assert isinstance(third, Draft)


def test_an_embargo_that_is_over_hinders_nothing() -> None:
    (draft,) = drafts(news_item().replace(STATUS, "<embargoed>2023-05-04T00:00:00Z</embargoed>"))
    assert draft.card == CARD


def test_items_of_other_kinds_are_named_and_passed_over() -> None:
    package = '<packageItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="p"><groupSet/></packageItem>'
    assert refusals(message(package, news_item("a"))) == [(4, "it is a packageItem, which holds no text of its own")]
    assert refusals(package) == [(1, "it is a packageItem, which holds no text of its own")]


def test_of_several_versions_only_the_latest_speaks_wherever_it_stands() -> None:
    gone = news_item("a", version="10").replace("stat:usable", "stat:canceled")
    raw = message(news_item("b", version="2"), news_item("b", version="1"), news_item("a", version="9"), gone)
    found = items(raw)
    assert [type(each) for each in found] == [Draft, Refused, Refused, Refused]
    first, earlier, old, withdrawn = found
    assert isinstance(earlier, Refused)
    assert isinstance(old, Refused)
    assert earlier.reason == f"a later version of it stands in line {first.line}"
    assert old.reason == f"a later version of it stands in line {withdrawn.line}"
    when = Revision(10, datetime(2023, 5, 4, 10, 15, tzinfo=UTC))
    assert withdrawn == Refused("withdrawn by its publisher", withdrawn.line, "a", when)


def test_the_same_item_twice_is_taken_once_with_both_lines() -> None:
    first, second = items(message(news_item("a"), news_item("a")))
    assert isinstance(second, Refused)
    assert second.reason.endswith(f"stands in line {first.line} already")
    assert second.line != first.line


# --- NITF --------------------------------------------------------------------------------------------------------

NITF = """<?xml version="1.0"?>
<!DOCTYPE nitf SYSTEM "http://www.nitf.org/IPTC/NITF/3.5/specification/dtd/nitf-3-5.dtd">
<nitf xml:lang="en">
  <head><title>Head title</title>
    <docdata management-status="usable"><doc-id id-string="ea-2023-17"/><date.issue norm="20230504T120000Z"/></docdata>
    <pubdata name="The Example Times" date.publication="20230505"/></head>
  <body><body.head><hedline><hl1>Headline</hl1><hl2>Deck</hl2></hedline><byline>By Ann Other</byline>
    <distributor>Example Agency</distributor></body.head>
    <body.content><p>One.</p><p>Two.</p></body.content><body.end><tagline>Not part.</tagline></body.end></body>
</nitf>"""


def test_a_nitf_document_is_read() -> None:
    (draft,) = drafts(NITF)
    assert (draft.text, draft.member, draft.notes) == ("One.\n\nTwo.", "ea-2023-17", ())
    assert draft.card == {
        "title": "Headline",
        "outlet": "The Example Times",
        "author": "Ann Other",
        "published": date(2023, 5, 5),
        "language": "en",
    }
    (bare,) = drafts(NITF.replace('<pubdata name="The Example Times" date.publication="20230505"/>', ""))
    assert (bare.card["outlet"], bare.card["published"]) == ("Example Agency", date(2023, 5, 4))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"usable"', '"canceled"', "withdrawn by its publisher"),
        ('"usable"', '"withheld"', "withdrawn by its publisher"),
        ('"usable"', '"embargoed"', "it is embargoed without an end"),
        ("<pubdata", '<date.release norm="29990101T000000Z"/><pubdata', "it is embargoed until 29990101T000000Z"),
        ("<p>One.</p><p>Two.</p>", "", "it has no text"),
        ("One.", "caf&eacute;", "it uses &eacute;, which the file does not explain"),
    ],
)
def test_a_nitf_document_that_must_not_or_cannot_be_quoted_is_refused(old: str, new: str, reason: str) -> None:
    ((_, why),) = refusals(NITF.replace(old, new))
    assert why == reason


# --- feeds -------------------------------------------------------------------------------------------------------

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
<title>The Example Times</title><link>https://times.example/</link><language>en-US</language>
<atom:link href="https://times.example/feed" rel="self"/>
<item>
  <media:title>Not the title</media:title>
  <title>Tom &amp;amp; Jerry &lt;i&gt;win&lt;/i&gt;</title>
  <link>https://times.example/1</link>
  <guid isPermaLink="false">times-1</guid>
  <pubDate>Thu, 04 May 2023 23:30:00 -0500</pubDate>
  <dc:creator>Ann Other</dc:creator><dc:creator>Ben Cole</dc:creator>
  <description>In short.</description>
  <content:encoded><![CDATA[<p>One &#8217;quote&#8217;.</p>
<p>Two,<br>three.</p><img src="x"><script>no()</script>]]></content:encoded>
</item>
<item>
  <title>Only a summary</title><guid>https://times.example/2</guid>
  <description><![CDATA[<p>In short.</p>]]></description>
</item>
<item>
  <title>Taken over</title><guid>https://times.example/3</guid>
  <author>ann@times.example (Ann Other)</author><source url="https://wire.example/feed">The Wire</source>
  <content:encoded>&lt;p&gt;Three.&lt;/p&gt;</content:encoded>
</item>
</channel></rss>"""


def test_a_feed_with_full_texts_is_read_and_what_is_only_a_summary_is_not() -> None:
    first, second, third = items(RSS)
    assert isinstance(first, Draft)
    assert first.text == "One ’quote’.\n\nTwo,\nthree."
    assert first.card == {
        "title": "Tom & Jerry win",
        "outlet": "The Example Times",
        "author": "Ann Other, Ben Cole",
        "published": date(2023, 5, 4),
        "url": "https://times.example/1",
        "language": "en-US",
    }
    assert (first.member, first.line, first.notes) == ("times-1", 7, ())
    assert first.revision == Revision(published=datetime(2023, 5, 5, 4, 30, tzinfo=UTC))
    assert second == Refused("it has no full text, only a summary of 9 characters", 18, "https://times.example/2")
    assert isinstance(third, Draft)
    assert third.card == {
        "title": "Taken over",
        "outlet": "The Wire",
        "author": "Ann Other",
        "url": "https://times.example/3",
        "language": "en-US",
    }


@pytest.mark.parametrize(("length", "end", "taken"), [(999, ".", False), (1000, ".", True), (1500, "…", False)])
def test_a_description_is_the_text_only_if_it_is_long_and_does_not_break_off(
    length: int, end: str, taken: bool
) -> None:
    (found,) = items(f"<rss><channel><item><description>{'x' * (length - 1)}{end}</description></item></channel></rss>")
    assert isinstance(found, Draft) == taken
    if isinstance(found, Draft):
        assert found.notes == ("its text is the feed's description",)


def test_rss_1_is_read() -> None:
    raw = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://times.example"><title>The Example Times</title><dc:language>fr</dc:language></channel>
<item rdf:about="https://times.example/1"><title>T</title><link>https://times.example/1</link>
<dc:date>2023-05-04T01:00:00+02:00</dc:date><content:encoded>&lt;p>One.&lt;/p></content:encoded></item>
</rdf:RDF>"""
    (draft,) = drafts(raw)
    assert draft.member == "https://times.example/1"
    assert draft.card == {
        "title": "T",
        "outlet": "The Example Times",
        "published": date(2023, 5, 4),
        "url": "https://times.example/1",
        "language": "fr",
    }


def test_rss_of_netscape_is_refused_item_by_item_since_it_holds_no_texts() -> None:
    raw = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Old</title><link>https://old.example</link></channel>
<item><title>T</title><link>https://old.example/1</link></item></rdf:RDF>"""
    assert items(raw) == [Refused("it has no text", 3, "https://old.example/1")]


@pytest.mark.parametrize(
    ("declared", "encoding", "note"),
    [
        ("ISO-8859-1", "utf-8", "it says that it is iso-8859-1 and is UTF-8; read as that"),
        ("windows-1252", "utf-8", "it says that it is windows-1252 and is UTF-8; read as that"),
        ("us-ascii", "utf-8", "it says that it is us-ascii and is UTF-8; read as that"),
        ("ISO-8859-1", "cp1252", "it says that it is iso-8859-1 and is Windows-1252; read as that"),
        ("windows-1252", "cp1252", ""),
        ("UTF-8", "utf-8", ""),
        ("utf-8", "utf-8-sig", ""),
        ("UTF-16", "utf-16", ""),
    ],
)
def test_the_bytes_count_where_a_file_says_that_it_is_in_another_encoding(
    declared: str, encoding: str, note: str
) -> None:
    words = "Pål’s “letter” to Øvelund"
    raw = f'<?xml version="1.0" encoding="{declared}"?>' + feed(*(ITEM.format(number) for number in "12"))
    first, second = drafts(raw.replace(">x<", f">{words}<").encode(encoding))
    assert words in first.text
    assert (first.notes, second.notes) == ((note,) if note else (), ())


def test_an_old_encoding_that_is_declared_is_believed() -> None:
    raw = '<?xml version="1.0" encoding="ISO-8859-1"?>' + feed(ITEM.format(1).replace(">x<", ">Pål Øst<"))
    (draft,) = drafts(raw.encode("latin-1"))
    assert ("Pål Øst" in draft.text, draft.notes) == (True, ())


def test_the_zone_of_a_feed_is_kept_with_a_colon_too() -> None:
    raw = RSS.replace("23:30:00 -0500", "00:15:00 +02:00")
    found = items(raw)[0]
    assert isinstance(found, Draft)
    assert (found.card["published"], found.revision.published) == (
        date(2023, 5, 4),
        datetime(2023, 5, 3, 22, 15, tzinfo=UTC),
    )


def atom(*entries: str) -> str:
    return f"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title type="text">The Example Times</title><author><name>The newsroom</name></author>
{"".join(entries)}
</feed>"""


ENTRY = """<entry>
  <id>tag:times.example,2023:1</id><title type="html">Less &amp;lt; more</title>
  <link rel="self" href="https://times.example/1.atom"/><link href="https://times.example/1"/>
  <published>2023-05-04T23:30:00-05:00</published><updated>2023-05-06T00:00:00Z</updated>
  <author><name>Ann Other</name></author><author><name>Ben Cole</name></author>
  <source><title>The Wire</title><author><name>Wire desk</name></author></source>
  <summary>In short.</summary>
  <content type="html" xml:lang="en-GB">&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two &amp;amp; three.&lt;/p&gt;</content>
</entry>"""


def test_an_atom_entry_is_read_as_its_standard_means_it() -> None:
    (draft,) = drafts(atom(ENTRY))
    assert draft.text == "One.\n\nTwo & three."
    assert draft.card == {
        "title": "Less < more",
        "outlet": "The Wire",
        "author": "Ann Other, Ben Cole",
        "published": date(2023, 5, 4),
        "url": "https://times.example/1",
        "language": "en-GB",
    }
    assert (draft.member, draft.line, draft.notes) == ("tag:times.example,2023:1", 4, ())
    assert draft.revision == Revision(0, datetime(2023, 5, 6, tzinfo=UTC), datetime(2023, 5, 5, 4, 30, tzinfo=UTC))


def test_what_an_atom_entry_does_not_say_its_source_and_feed_say() -> None:
    (bare,) = drafts(atom("<entry><content>One.</content><updated>2023-05-06T00:00:00Z</updated></entry>"))
    assert bare.card == {
        "outlet": "The Example Times",
        "author": "The newsroom",
        "published": date(2023, 5, 6),
        "language": "en",
    }
    assert bare.notes == ("its day is that of its last change",)
    own = "<author><name>Ann Other</name></author><author><name>Ben Cole</name></author>"
    assert drafts(atom(ENTRY.replace(own, "")))[0].card["author"] == "Wire desk"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<content>One.\n\nTwo &lt;b&gt; &amp;amp;.</content>", "One.\n\nTwo <b> &amp;."),
        ('<content type="text/html; charset=utf-8">&lt;p>One.</content>', "One."),
        (
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One\n <em>a</em>.</p>b</div></content>',
            "One a.\n\nb",
        ),
    ],
)
def test_atom_content_is_read_by_its_type(content: str, text: str) -> None:
    assert drafts(atom(f"<entry><id>1</id>{content}</entry>"))[0].text == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<summary>In short.</summary>", "it has no full text, only a summary of 9 characters"),
        ('<content src="https://x.org/1"/>', "its text stands elsewhere, and nothing is fetched"),
        ('<content type="image/png">iVBORw0KGgo=</content>', "its content is of the type image/png, which is not read"),
        ('<content type="xhtml"/>', "it has no text"),
        ("<content>Cut [...]</content>", "its text is cut short: it ends in a sign for what was left out"),
        ('<content type="html">&lt;img src="x"&gt;</content>', "it has no text"),
    ],
)
def test_an_entry_without_its_text_is_refused_and_the_others_are_taken(content: str, reason: str) -> None:
    first, second, third = items(
        atom("<entry><id>1</id><content>a</content></entry>", f"<entry><id>2</id>{content}</entry>", ENTRY)
    )
    assert isinstance(second, Refused)
    assert (second.reason, second.member) == (reason, "2")
    assert (first.member, third.member) == ("1", "tag:times.example,2023:1")


def test_items_without_a_name_keep_theirs_when_others_are_added_before_them() -> None:
    one, two = (f"<entry><title>{each}</title><content>same</content></entry>" for each in "ab")
    assert members(atom(two, one))[1:] == members(atom(one))


@pytest.mark.parametrize("value", ["03/04/2023", "yesterday", "Thu, 32 May 2023 00:00:00 GMT", "2023-05"])
def test_a_day_that_cannot_be_read_is_noted_and_left_out(value: str) -> None:
    raw = RSS.replace("Thu, 04 May 2023 23:30:00 -0500", value)
    first = items(raw)[0]
    assert isinstance(first, Draft)
    assert "published" not in first.card
    assert value in first.notes[0]


# --- malformed ---------------------------------------------------------------------------------------------------

ITEM = "<item><guid>{}</guid><content:encoded>x</content:encoded></item>\n"


def feed(*contents: str) -> str:
    space = "http://purl.org/rss/1.0/modules/content/"
    return f'<rss xmlns:content="{space}"><channel>\n{"".join(contents)}</channel></rss>'


BROKEN = {
    "a lone ampersand": ("<item>a & b</item>", "an & stands in it that begins nothing"),
    "an unknown entity": ("<item>&nbsp;</item>", "Entity 'nbsp' not defined"),
    "an open element": ("<item><title>a</item>", "tag mismatch"),
    "a lone bracket": ("<item>a < b</item>", "it is not well-formed XML"),
    "a control character": ("<item>a\x01b</item>", "it is not well-formed XML"),
    "a NUL": ("<item>a\0b</item>", "it is not well-formed XML"),
    "a reference to NUL": ("<item>&#0;</item>", "it is not well-formed XML"),
    "a reference to half a character": ("<item>&#xD800;</item>", "it is not well-formed XML"),
    "an attribute twice": ('<item a="1" a="2"/>', "it is not well-formed XML"),
    "an attribute without marks": ("<item a=1/>", "it is not well-formed XML"),
    "an open CDATA section": ("<item><![CDATA[a</item>", "it is not well-formed XML"),
    "deep elements": ("<item>" + "<a>" * 300 + "</a>" * 300 + "</item>", "nested more than 256 deep"),
    "a huge text": ("<item>" + "x" * 10_100_000 + "</item>", "longer than ten million characters"),
    "a huge CDATA section": ("<item><![CDATA[" + "x" * 10_100_000 + "]]></item>", "longer than ten million characters"),
    "the end": ("<item>", "it is not well-formed XML"),
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN.values(), ids=BROKEN)
def test_where_a_feed_breaks_the_articles_before_are_taken_and_the_place_is_named(broken: str, reason: str) -> None:
    raw = feed(ITEM.format("a"), ITEM.format("b"), broken, "\n")
    started = time.process_time()
    assert members(raw) == ["a", "b"]
    ((line, why),) = refusals(raw)
    assert (line in {4, 5}, reason in why) == (True, True), (line, why)
    assert why.endswith("; the rest of the file was not read")
    assert time.process_time() - started < 20
    line, why = unreadable(feed(broken))
    assert (line in {2, 3}, reason in why) == (True, True), (line, why)


def test_a_prefix_that_is_not_declared_does_no_harm() -> None:
    markup = (
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.<o:p>Two.</o:p></p></div></content>'
    )
    assert drafts(atom(f"<entry><id>1</id><x:y/>{markup}</entry>", ENTRY))[0].text == "One.\n\nTwo."
    assert unreadable("<n0:doc/>") == (1, "its root element <doc> is not one of NewsML, NITF, RSS or Atom")


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_message_that_breaks_off_gives_the_items_before(cut: int) -> None:
    raw = message(news_item("a"), news_item("b"))
    start, end = raw.index('guid="b"'), raw.rindex("</newsItem>")
    broken = raw[: start + (end - start) * cut // 40]
    assert members(broken) == ["a"]
    ((line, reason),) = refusals(broken)
    assert line
    assert "it is not well-formed XML" in reason


BOMB = '<!DOCTYPE rss [\n<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        ("", None, "it is empty"),
        ("\n\n", None, "it is not well-formed XML"),
        ("plain text", 1, "it is not well-formed XML"),
        ("<html><body><p>x</p></body></html>", 1, "its root element <html> is not one of NewsML, NITF, RSS or Atom"),
        ('\n<NewsML Version="1.2"/>', None, "it holds no articles"),
        ("<rss><channel><title>x</title></channel></rss>", None, "it holds no articles"),
        ('<feed xmlns="http://other.example/"><entry/></feed>', None, "it holds no articles"),
        ('\n<?xml version="1.0"?><rss/>', 2, "XML declaration allowed only at the start"),
        ('<?xml version="1.0" encoding="nonsense"?><rss/>', 1, "Unsupported encoding"),
        (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss>caf\xe9</rss>'.encode("latin-1"),
            2,
            "it is not well-formed XML",
        ),
        ('<?xml version="1.0"?><rss><channel>'.encode("utf-16"), 1, "it is not well-formed XML"),
        (BOMB + "]>\n" + feed("<item>&i;</item>"), 2, "it declares entities of its own"),
        (BOMB + "]>\n<rss a='&i;'><channel/></rss>", None, "entities grow out of bounds"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + feed("<item>&x;</item>"), 1, "declares entities"),
        ('<!DOCTYPE r [<!ENTITY % x SYSTEM "http://x.invalid/x"> %x;]>' + feed("<item/>"), 1, "declares entities"),
    ],
)
def test_a_file_that_is_not_taken_is_refused_with_its_line(raw: bytes | str, line: int | None, reason: str) -> None:
    started = time.process_time()
    where, why = unreadable(raw)
    assert reason in why
    assert where == line or line is None
    assert time.process_time() - started < 20


def test_what_a_file_refers_to_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text('<!ENTITY leaked "leaked words">', encoding="utf-8")
    raw = f'<!DOCTYPE rss SYSTEM "{secret.as_uri()}">\n{feed(ITEM.format("a"), "<item>&leaked;</item>")}'
    assert members(raw) == ["a"]
    assert refusals(raw) == [(4, "it uses &leaked;, which the file does not explain")]
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    assert not any("leaked" in repr(each) for each in items(feed(f"<item>{include}</item>")))


@pytest.mark.parametrize(
    "filler", [b"<a>x</a>\n", b"<item2/>", b"<!-- comment -->", b"<?pi?>", b" ", b"<guid>x</guid>", b"<![CDATA[x]]>"]
)
def test_a_file_without_an_articles_end_is_given_up_within_bounded_memory(
    filler: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.readers.xml, "MAX_ARTICLE_BYTES", 1024**2)
    raw = feed(ITEM.format("a"), "\n<item>").encode().partition(b"</channel>")[0] + filler * (
        8 * 1024**2 // len(filler)
    )
    tracemalloc.start()
    first, second = items(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first.member == "a"
    assert isinstance(second, Refused)
    assert second.reason == "there are more than 1 MiB here without an article's end; the rest of the file was not read"
    assert second.line
    assert peak < 16 * 1024**2


def test_what_was_read_is_forgotten() -> None:
    raw = feed(*("<junk>" + "y" * 20_000 + "</junk>" + ITEM.format(number) for number in range(500))).encode()
    tracemalloc.start()
    assert sum(1 for _ in read(io.BytesIO(raw))) == 500
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * 1024**2
    lines = [each.line for each in drafts(raw)]
    assert lines == list(range(2, 502))


# --- any articles, any bytes -------------------------------------------------------------------------------------

WORDS = (
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" ", exclude_characters="["), min_size=1)
    .map(lambda words: " ".join(words.split()))
    .filter(bool)
)
ARTICLES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.from_regex(r"[A-Za-z0-9:/._-]{1,40}", fullmatch=True),
            "title": WORDS.filter(lambda words: "<" not in words and "&" not in words),
            "day": st.dates(min_value=date(1900, 1, 1)),
            "paragraphs": st.lists(WORDS, min_size=1, max_size=4),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda article: article["id"],
).filter(lambda articles: all(each["title"].casefold() != each["paragraphs"][0].casefold() for each in articles))


def as_rss(article: dict[str, object], markup: str) -> str:
    day = article["day"]
    assert isinstance(day, date)
    return (
        f"<item><title>{escape(str(article['title']))}</title><guid>{article['id']}</guid>"
        f"<pubDate>{day:%d %b} {day.year:04} 23:30:00 -0900</pubDate>"
        f"<content:encoded>{escape(markup)}</content:encoded></item>"
    )


def as_atom(article: dict[str, object], markup: str) -> str:
    return (
        f"<entry><title>{escape(str(article['title']))}</title><id>{article['id']}</id>"
        f'<published>{article["day"]}T23:30:00-09:00</published><content type="html">{escape(markup)}</content></entry>'
    )


def as_xhtml(article: dict[str, object], markup: str) -> str:
    content = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{markup}</div></content>'
    return as_atom(article, "").replace('<content type="html"></content>', content)


def as_g2(article: dict[str, object], markup: str) -> str:
    return (
        f'<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid={quoteattr(str(article["id"]))} version="1">'
        f"<itemMeta><firstCreated>{article['day']}T23:30:00-09:00</firstCreated></itemMeta>"
        f"<contentMeta><headline>{escape(str(article['title']))}</headline></contentMeta><contentSet><inlineXML>"
        f'<body xmlns="http://www.w3.org/1999/xhtml">{markup}</body></inlineXML></contentSet></newsItem>'
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ARTICLES, st.sampled_from([(as_rss, feed), (as_atom, atom), (as_xhtml, atom), (as_g2, message)]))
def test_any_articles_written_as_xml_are_read_back(
    articles: list[dict[str, object]], shape: tuple[object, object]
) -> None:
    write, wrap = shape
    assert callable(write)
    assert callable(wrap)
    marked = []
    for article in articles:
        paragraphs = article["paragraphs"]
        assert isinstance(paragraphs, list)
        marked.append("".join(f"<p>{escape(words)}</p>\n" for words in paragraphs))
    raw = wrap(*(write(article, markup) for article, markup in zip(articles, marked, strict=True)))
    found = drafts(raw)
    assert [(each.member, each.card["title"], each.card["published"], each.text.split("\n\n")) for each in found] == [
        (article["id"], article["title"], article["day"], article["paragraphs"]) for article in articles
    ]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([RSS, NITF, atom(ENTRY), message(news_item("a"), news_item("b"))]), st.data())
def test_a_damaged_file_is_read_or_refused_in_a_sentence(whole: str, data: st.DataObject) -> None:
    raw = bytearray(whole.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=3))
    try:
        found = items(bytes(raw))
    except UnreadableError as exc:
        found = [Refused(str(exc))]
    assert found
    assert all(each.text.strip() if isinstance(each, Draft) else each.reason for each in found)


def test_real_xml_files_of_installed_packages_are_refused_or_read_without_a_crash() -> None:
    folders = (Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"), "test"))
    kinds = {".xml", ".rss", ".atom", ".rdf", ".svg", ".xsd", ".out"}
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in kinds)[:60]
    if not files:
        pytest.skip("no package on this machine carries an XML file")
    for path in files:
        try:
            found = items(path.read_bytes())
        except UnreadableError as exc:
            found = [Refused(str(exc))]
        assert all(each.text.strip() if isinstance(each, Draft) else each.reason for each in found)
