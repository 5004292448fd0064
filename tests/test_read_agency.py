"""What agencies send in XML, in the shapes in which they send it rather than in those of the standard's examples."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from reading import Reading

from index.readers.drafts import Refused, Revision
from index.readers.xml import read

READING = Reading(read)
items, drafts, refusals = READING.items, READING.drafts, READING.refusals

FIRST = "The ferry to Aldermoor will not sail before Thursday, its owners said."
SECOND = "A fishing boat had struck the pier at noon; nobody was hurt."
PARAGRAPHS = f"<p>{FIRST}</p><p>{SECOND}</p>"
TEXT = f"{FIRST}\n\n{SECOND}"
HEADLINE = "Ferry to Aldermoor waits"


def item(body: str, *, by: str = "<by>By Ina Holt</by>", status: str = "usable", creator: str = "") -> str:
    return (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:agency.example:1" version="3">'
        '<itemMeta><provider literal="agency.example"/><versionCreated>2024-05-02T08:00:00+02:00</versionCreated>'
        f'<pubStatus qcode="stat:{status}"/></itemMeta><contentMeta>{creator}{by}<headline>{HEADLINE}</headline>'
        f"</contentMeta><contentSet>{body}</contentSet></newsItem>"
    )


# --- bodies of NewsML-G2 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        f'<inlineXML contenttype="application/xhtml+xml"><html xmlns=""><body>{PARAGRAPHS}</body></html></inlineXML>',
        f'<inlineXML contenttype="xhtml/xml"><html><head><title>no</title></head><body>{PARAGRAPHS}</body></html>'
        "</inlineXML>",
        f'<inlineXML><story xmlns="http://agency.example/story"><slug>no</slug><text>{PARAGRAPHS}</text></story>'
        "</inlineXML>",
        f'<inlineXML contenttype="application/nitf+xml"><nitf xmlns=""><body><body.content>{PARAGRAPHS}</body.content>'
        "</body></nitf></inlineXML>",
        f'<inlineData contenttype="text/plain"><![CDATA[\n<p>\n  {FIRST}\n</p>\n<p>{SECOND}</p>]]></inlineData>',
        f'<inlineData contenttype="text/plain"><![CDATA[{FIRST}<br/><br/>{SECOND}]]></inlineData>',
        f'<inlineData contenttype="text/plain"><![CDATA[{FIRST}<br />\n\n{SECOND}]]></inlineData>',
        f'<inlineData contenttype="text/html"><![CDATA[{PARAGRAPHS}]]></inlineData>',
        f"<inlineXML><html><body><p>&lt;p&gt;{FIRST}&lt;/p&gt;&lt;p&gt;{SECOND}&lt;/p&gt;</p></body></html></inlineXML>",
        f'<inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><body><header><ul class="slugline"><li>Ferry</li></ul>'
        f'<time>02.05.2024</time><h1>{HEADLINE}</h1></header><section>{PARAGRAPHS}</section></body></html></inlineXML>',
        f'<inlineData contenttype="text/html"><![CDATA[<header><p>Extra</p></header>{PARAGRAPHS}]]></inlineData>',
        f"<inlineXML><html><body><h2>{HEADLINE.upper()}</h2>{PARAGRAPHS}</body></html></inlineXML>",
        f"<inlineData>{HEADLINE}\n\n{FIRST}\n\n{SECOND}</inlineData>",
    ],
)  # fmt: skip
def test_a_body_is_its_paragraphs_however_the_agency_marks_them_up(body: str) -> None:
    (draft,) = drafts(item(body))
    assert draft.text == TEXT
    assert (draft.card["title"], draft.card["author"], draft.notes) == (HEADLINE, "Ina Holt", ())


def test_a_company_or_a_place_within_a_sentence_is_part_of_it() -> None:
    body = "<inlineXML><html><body><p>The yard <company>Norrbo</company> laid off forty.</p></body></html></inlineXML>"
    assert drafts(item(body))[0].text == "The yard Norrbo laid off forty."


def test_a_headline_that_is_all_there_is_stays_and_so_does_one_that_differs() -> None:
    body = "<inlineXML><html><body><p>{}</p></body></html></inlineXML>"
    assert drafts(item(body.format(HEADLINE)))[0].text == HEADLINE
    assert drafts(item(body.format(f"{HEADLINE} again</p><p>{FIRST}")))[0].text == f"{HEADLINE} again\n\n{FIRST}"


def test_xml_that_is_neither_html_nor_nitf_is_no_text() -> None:
    body = '<inlineXML><sports xmlns="http://iptc.org/std/SportsML/"><team>United</team></sports></inlineXML>'
    assert refusals(item(body)) == [(1, "it holds no text that is read, only inlineXML")]


@pytest.mark.parametrize(
    ("by", "creator", "author"),
    [
        ("<by>By Ina Holt</by>", '<creator literal="holt.ina"/>', "Ina Holt"),
        ("<by>Von Ina Holt und Per Lind, ona</by>", "", "Ina Holt und Per Lind, ona"),
        ("<by>Ina Holt</by><by>Per Lind</by>", "", "Ina Holt, Per Lind"),
        ("", "<creator><name>Ina Holt</name></creator><creator><name>lind.per</name></creator>", "Ina Holt"),
        ("", "<creator><name>holt.ina</name></creator>", None),
        ("<by>iholt</by>", "", None),
        ("<by>4711</by>", "", None),
        ("<by>ina@agency.example</by>", "", None),
        ("<by>Agency.Example</by>", "", None),
    ],
)
def test_the_author_is_a_name_and_not_a_login_nor_the_outlet(by: str, creator: str, author: str | None) -> None:
    body = f"<inlineXML><html><body>{PARAGRAPHS}</body></html></inlineXML>"
    (draft,) = drafts(item(body, by=by, creator=creator))
    assert draft.card.get("author") == author
    assert [note for note in draft.notes if "author" not in note] == []
    assert bool(draft.notes) == (author is None)


@pytest.mark.parametrize("status", ["canceled", "withheld", "hold"])
def test_what_is_no_longer_usable_says_so_with_its_version(status: str) -> None:
    (refused,) = items(item("", status=status))
    assert isinstance(refused, Refused)
    assert refused.withdrawal == Revision(3, datetime(2024, 5, 2, 6, tzinfo=UTC))
    assert refused.reason == ('its status is "hold", not usable' if status == "hold" else "withdrawn by its publisher")


# --- NITF --------------------------------------------------------------------------------------------------------


def nitf(byline: str) -> str:
    return (
        f'<nitf><head><docdata><doc-id id-string="f1"/></docdata></head><body><body.head><hedline><hl1>{HEADLINE}</hl1>'
        f"</hedline>{byline}</body.head><body.content><hl2>{HEADLINE}</hl2>{PARAGRAPHS}</body.content></body></nitf>"
    )


@pytest.mark.parametrize(
    ("byline", "author"),
    [
        ("<byline>By INA HOLT<byttl>Shipping Writer</byttl></byline>", "INA HOLT"),
        ("<byline>By INA HOLT and PER LIND<byttl>Writers</byttl></byline>", "INA HOLT and PER LIND"),
        ("<byline>By <person>Ina Holt</person><byttl>Writer</byttl></byline>", "Ina Holt"),
        ("<byline>By Ina Holt, <virtloc>on board</virtloc></byline>", "Ina Holt"),
        ("<byline>By Ina Holt<byttl>Writer</byttl></byline><byline>By Per Lind<byttl>Writer</byttl></byline>",
         "Ina Holt, Per Lind"),
        ("<byline><person><name.given>Ina</name.given><name.family>Holt</name.family></person></byline>", "Ina Holt"),
        ("<byline><byttl>Shipping Writer</byttl></byline>", None),
    ],
)  # fmt: skip
def test_names_in_a_byline_do_not_run_into_what_stands_beside_them(byline: str, author: str | None) -> None:
    (draft,) = drafts(nitf(byline))
    assert draft.card.get("author") == author
    assert draft.text == TEXT


# --- NewsML 1 ----------------------------------------------------------------------------------------------------


def newsml_1(*parts: str, revision: int = 1, status: str = "Usable", kind: str = "News", changes: str = "") -> str:
    return f"""<NewsItem xml:lang="x-default"><Identification><NewsIdentifier><ProviderId>agency.example</ProviderId>
<DateId>20240502</DateId><NewsItemId>F1</NewsItemId><RevisionId PreviousRevision="0" Update="N">{revision}</RevisionId>
<PublicIdentifier>urn:newsml:agency.example:20240502:F1:{revision}</PublicIdentifier></NewsIdentifier></Identification>
<NewsManagement><NewsItemType FormalName="{kind}"/><FirstCreated>20240502T003000+0200</FirstCreated>
<ThisRevisionCreated>20240502T080000+0200</ThisRevisionCreated><Status FormalName="{status}"/>{changes}
</NewsManagement><NewsComponent><NewsLines><HeadLine>{HEADLINE}</HeadLine><ByLine>By Ina Holt</ByLine></NewsLines>
<AdministrativeMetadata><Provider><Party FormalName="ONA"/></Provider></AdministrativeMetadata>
<DescriptiveMetadata><Language FormalName="EN"/></DescriptiveMetadata>{"".join(parts)}</NewsComponent></NewsItem>"""


def newsml(*contents: str) -> str:
    return f'<?xml version="1.0"?><NewsML Version="1.2"><NewsEnvelope/>{"".join(contents)}</NewsML>'


def part(content: str, media: str = "Text") -> str:
    return f'<ContentItem><MediaType FormalName="{media}"/><DataContent>{content}</DataContent></ContentItem>'


def component(role: str, content: str) -> str:
    return f'<NewsComponent><Role FormalName="{role}"/>{content}</NewsComponent>'


NITF_PART = part(f"<nitf><body><body.content>{PARAGRAPHS}</body.content></body></nitf>")
PICTURE = component("Picture", part("", "Photo") + component("Caption", part("<p>The pier, on a better day.</p>")))


@pytest.mark.parametrize(
    "parts",
    [
        [NITF_PART],
        [component("Main", part(PARAGRAPHS))],
        [part(f"<![CDATA[{PARAGRAPHS}]]>")],
        [part(f"<html><body>{PARAGRAPHS}</body></html>")],
        [part(f"{FIRST}\n\n{SECOND}")],
        [PICTURE, component("Main", NITF_PART)],
    ],
)
def test_an_item_of_newsml_1_is_read(parts: list[str]) -> None:
    (draft,) = drafts(newsml(newsml_1(*parts)))
    assert draft.text == TEXT
    assert draft.card == {
        "title": HEADLINE,
        "outlet": "ONA",
        "author": "Ina Holt",
        "published": date(2024, 5, 2),
        "language": "en",
    }
    assert (draft.member, draft.notes) == ("urn:newsml:agency.example:20240502:F1", ())
    changed, published = datetime(2024, 5, 2, 6, tzinfo=UTC), datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    assert draft.revision == Revision(1, changed, published)


def test_of_several_texts_in_an_item_the_main_one_is_read_and_the_others_are_told() -> None:
    parts = component("Sidebar", part("<p>Ferries of the past.</p>")), component("Main", NITF_PART)
    (draft,) = drafts(newsml(newsml_1(*parts)))
    assert (draft.text, draft.notes) == (TEXT, ("it holds 2 texts; the first is read",))


def test_of_several_revisions_the_latest_speaks() -> None:
    first, second = items(newsml(newsml_1(part("<p>Old.</p>")), newsml_1(NITF_PART, revision=2)))
    assert isinstance(first, Refused)
    assert first.reason.startswith("a later version of it stands in line")
    assert second.member == first.member


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (newsml_1(NITF_PART, status="Canceled"), "withdrawn by its publisher"),
        (newsml_1(NITF_PART, status="Embargoed"), "it is embargoed without an end"),
        (newsml_1(NITF_PART, status="Embargoed", changes="<StatusWillChange><DateAndTime>29990101T000000Z</DateAndTime>"
         "</StatusWillChange>"), "it is embargoed until 29990101T000000Z"),
        (newsml_1(NITF_PART, kind="Alert"), "its type is alert, not news"),
        (newsml_1(PICTURE), "it holds no text that is read, only Photo, Text"),
        (newsml_1(), "it holds no text that is read, only metadata"),
    ],
)  # fmt: skip
def test_an_item_of_newsml_1_that_must_not_or_cannot_be_quoted_is_refused(raw: str, reason: str) -> None:
    ((_, why),) = refusals(newsml(raw))
    assert why == reason
