"""Which text of a page is the article: no body lost for a wrapper's name, no words that nobody sees, teasers marked."""

from __future__ import annotations

import json
import time

import pytest
from test_read_html import (
    BODY,
    COMMENTS,
    COOKIES,
    FOOTER,
    NAVIGATION,
    PARAGRAPHS,
    RELATED,
    draft,
    linked,
    page,
    paragraphs,
)

from index.readers.markup import html_paragraphs
from index.readers.unseen import MAX_ATTRIBUTE_CHARS, StyleSheets, hidden

STORY = [
    "The dredger that was to clear the harbour mouth broke down on Wednesday, a day after it had come from the yard.",
    "Its owners said that a pump had failed, and that a new one would be brought from the mainland within the week.",
    "Skippers on the quay doubted that; the last time, said one of them, they had waited for a month and a half.",
    "The harbour master, Ida Lund, asked the larger boats to come in at high water only until the mouth is clear.",
    "No boat has touched the ground so far, but two of them turned back on Tuesday night and lay off the point.",
    "The council will talk about the contract with the yard at its next meeting, which is open to the public.",
    "A line in the budget for a second dredger was struck out in the autumn, against the votes of the fishermen.",
]


def told(texts: list[str]) -> str:
    return "".join(f"<p>{words}</p>\n" for words in texts)


# --- the body ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("embed-responsive", "sidebar-layout", "share-wrap", "elementor-widget", "newsletter-wall", "js-hide-mobile"),
        *(
            "teaser",
            "article-related-wrap",
            "article-meta",
            "banner-content",
            "premium",
            "print-hide",
            "overlay",
            "bottom",
        ),
        *("author-content", "tags", "slide", "expandable", "cookie-layer", "rating"),
    ],
)
@pytest.mark.parametrize("attribute", ["class", "id"])
def test_a_body_is_not_lost_for_what_the_element_around_it_is_called(name: str, attribute: str) -> None:
    for wrapped in (STORY[1:], STORY[3:]):
        body = told(STORY[: -len(wrapped)]) + f'<div {attribute}="{name}">{told(wrapped)}</div>'
        article = draft(
            f"<html><body>{COOKIES}<header>{NAVIGATION}</header><main><article><h1>Harbour mouth closed</h1><div>{body}"
            f"</div>{RELATED}{COMMENTS}</article></main>{FOOTER}</body></html>"
        )
        assert article.text.split("\n\n") == STORY
        assert article.notes == ()


@pytest.mark.parametrize("name", ["{x=1", "{}", f"{{y={'z' * 3000}", "a:b=1", "=", "<"])
def test_attributes_that_are_none_lose_no_body(name: str) -> None:
    assert paragraphs(page(f"{told(STORY[:1])}<div {name} class=embed-wide>{told(STORY[1:])}</div>")) == STORY


def test_a_body_whose_every_paragraph_stands_in_an_element_of_its_own_is_not_lost() -> None:
    parts = "".join(f'<div class="widget widget-{n}"><p>{words}</p></div>' for n, words in enumerate(STORY[1:]))
    assert paragraphs(page(f"<p>{STORY[0]}</p>{parts}")) == STORY


def test_summaries_of_other_stories_are_not_the_articles_however_many_there_are() -> None:
    others = "".join(
        f'<li class="teaser"><h3><a href="/{n}">Another story, number {n}, of some length</a></h3><p>It tells in a '
        f"sentence or two what happened at the place with the number {n}, and who said so to whom.</p></li>"
        for n in range(20)
    )
    for words in (PARAGRAPHS, STORY):
        story = f"<p>{words[0]}</p><div class=embed-wide>{told(words[1:])}</div>"
        assert paragraphs(f"<html><body><main>{story}<ul class=related>{others}</ul></main></body></html>") == words


def test_furniture_that_stands_on_the_page_again_and_again_is_no_prose() -> None:
    furniture = (
        "<div class=embed-consent><p>Your settings keep us from showing what stands here: change them.</p></div>"
    )
    body = furniture.join(f"<p>{words}</p>" for words in STORY[2:])
    assert paragraphs(page(f"{told(STORY[:2])}<div class=embed-wide>{body}</div>")) == STORY


@pytest.mark.parametrize("entry", ['<div class="post">{}</div>', "<article class=entry>{}</article>", "<li>{}</li>"])
def test_a_live_blog_keeps_every_entry(entry: str) -> None:
    entries = "".join(
        entry.format(f"<time datetime=2023-05-03T1{n}:00:00Z>1{n}:00</time><h2>Entry {n}</h2><p>{words}</p>")
        for n, words in enumerate(STORY)
    )
    article = draft(
        f"<html><head>{linked(**{'@type': 'LiveBlogPosting'}, headline='Harbour, live')}</head><body>"
        f"{NAVIGATION}<main><h1>Harbour, live</h1><div>{entries}</div></main>{COMMENTS}{FOOTER}</body></html>"
    )
    assert [words for words in article.text.split("\n\n") if len(words) > 20] == STORY


def test_where_much_is_left_out_the_report_says_so() -> None:
    rows = "".join(f"<aside><p>{words}</p></aside><form><p>{words} Again.</p></form>" for words in STORY)
    assert draft(page(BODY + rows)).notes == ()
    article = draft(page(BODY, linked(wordCount=900)))
    assert article.notes == ("by the number of words that the page states, 852 of them were not taken",)


def test_the_text_in_schema_org_data_is_used_where_the_page_shows_less_than_half_of_it() -> None:
    shown = told(STORY[:2])
    article = draft(page(shown, linked(articleBody="\n".join(STORY))))
    assert (article.text.split("\n\n"), article.notes) == (STORY, ("its text is that of its schema.org data",))
    other = "\n".join(words.replace("the", "a") for words in STORY)
    assert paragraphs(page(shown, linked(articleBody=other))) == STORY[:2]
    assert paragraphs(page(told(STORY), linked(articleBody="\n".join(STORY)))) == STORY


# --- what nobody sees ------------------------------------------------------------------------------------------------

SEEN = "The report by the county engineer says that the steel is corroding faster than the plans allowed for."


@pytest.mark.parametrize(
    "attributes",
    [
        *("hidden", 'style="display: none"', 'style="DISPLAY:NONE !important"', 'style="visibility:hidden"'),
        'style="border:0;clip:rect(0 0 0 0);height:1px;width:1px;overflow:hidden;position:absolute"',
        *('style="clip: rect(1px, 1px, 1px, 1px)"', 'style="clip-path: inset(50%)"', 'style="text-indent:-9999px"'),
        *('style="position:absolute;left:-10000px"', 'style="width:1px;height:1px;overflow:hidden"'),
        *('class="visually-hidden"', 'class="visuallyhidden"', 'class="sr-only"', 'class="screen-reader-text"'),
        *(
            'class="u-visually-hidden x"',
            'class="styles_visuallyHidden__a1B2"',
            'class="a11y-hidden"',
            'class="hidden"',
        ),
        *('class="offscreen"', 'class="d-none"', 'class="away"', 'class="b away"', "class=both", 'id="away"'),
    ],
)
def test_words_that_nobody_sees_are_not_in_the_text(attributes: str) -> None:
    sheet = (
        "<style>/* .seen{display:none} */ span.away, #away, .none .seen {display:none} .both{position:absolute;top:0}"
        " .both{left:-9999px} @media print {.seen{display:none}}</style>"
    )
    words = SEEN.replace("report", f"<a href=x>report<span {attributes}>, opens in a new tab</span></a>")
    assert paragraphs(page(f"<p>{words}</p>" + BODY, sheet)) == [SEEN, *PARAGRAPHS]


@pytest.mark.parametrize(
    "attributes",
    [
        *(
            "aria-hidden=true",
            'style="position:absolute;left:10px"',
            'style="clip:rect(0px,90px,90px,0px)"',
            "class=seen",
        ),
        *('style="width:1px"', 'class="not-sr-only"', 'class="hidden md:inline"', 'class="d-none d-md-inline"', "id=x"),
        *("class=shown", "class=again", 'style="visibility:visible;display:inline"', "class=hidden-gem"),
    ],
)
def test_words_that_somebody_sees_are(attributes: str) -> None:
    sheet = (
        "<style>.none .seen {display:none} .shown{display:none} @media (min-width:9em){.shown{display:block}} "
        ".again{display:none} .again{display:inline} @media print{.seen{display:none}} </style>"
        "<style media=print>.seen{display:none}</style>"
    )
    words = SEEN.replace("report", f"<span {attributes}>report</span>")
    assert paragraphs(page(f"<p>{words}</p>" + BODY, sheet)) == [SEEN, *PARAGRAPHS]


def test_a_page_that_a_script_has_yet_to_show_is_read_with_a_note() -> None:
    article = draft(
        f'<html><body>{NAVIGATION}<div style="visibility:hidden"><article>{BODY}</article></div></body></html>'
    )
    assert (article.text.split("\n\n"), article.notes) == (PARAGRAPHS, ("its text is hidden until a script shows it",))


@pytest.mark.parametrize(
    "css", ["{" * 200_000, "}" * 200_000, ".a{" * 90_000, "/*" * 200_000, ".a,", "a{display:none", "@"]
)
def test_broken_style_sheets_end_soon_and_hide_nothing(css: str) -> None:
    begun = time.process_time()
    assert not StyleSheets([css]).hide("p", {"class": "b"})
    assert not hidden({"style": css[:MAX_ATTRIBUTE_CHARS]})
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ('since 2019<sup><a href="#n2">2</a></sup>.', "since 2019."),
        ('since 2019<a href="#fn2"><sup>[2]</sup></a>.', "since 2019."),
        ('since 2019<sup><a href="/story#cite_note-2">[2]</a></sup>.', "since 2019."),
        ('since 2019<a href="#footnote-2">*</a>.', "since 2019."),
        ('since 2019<a role="doc-noteref" href="#x">b</a>.', "since 2019."),
        ('since 2019<a href="#fnref2">↩</a>.', "since 2019."),
        ("since 2019<sup>1</sup>, and 2020<sup>2</sup>.", "since 2019, and 2020."),
        ("of 10<sup>6</sup> litres.", "of 10⁶ litres."),
        ("of 30 m<sup>2</sup>.", "of 30 m2."),
        ('the 1<sup>st</sup> of <a href="#top">May</a>.', "the 1st of May."),
        ('see <a href="/2019">2019</a>.', "see 2019."),
    ],
)
def test_the_mark_of_a_note_is_not_part_of_the_number_before_it(markup: str, shown: str) -> None:
    said = "The council has known of it, as it wrote in its letter, "
    assert paragraphs(page(f"<p>{said}{markup}</p>{BODY}"))[0] == said + shown


def test_the_same_holds_for_markup_in_feeds_and_exports() -> None:
    markup = (
        '<p>Known since 2019<sup><a href="#n2">2</a></sup><span class="screen-reader-text"> (a note)</span>, and '
        '<a href="#fn3"><sup>3</sup></a>not <i style="clip:rect(0,0,0,0)">ever </i>told.</p><p>10 m<sup>2</sup></p>'
    )
    assert html_paragraphs(markup) == "Known since 2019, and not told.\n\n10 m2"


# --- teasers -------------------------------------------------------------------------------------------------------

CLOSED = linked(isAccessibleForFree=False)
CUT = f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p><p>Power is back in most of the …</p>"


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (BODY + "<div class=paywall><p>You have 82% of this article left to read.</p></div>", ""),
        (BODY + "<p>Il vous reste 57.09% de cet article à lire. La suite est réservée aux abonnés.</p>", ""),
        (BODY + "<p>Subscribe to continue reading this article.</p>", CLOSED),
        (BODY + "<div><p>Jetzt weiterlesen mit dem Probeabo</p></div>", linked(isAccessibleForFree="False")),
        (CUT, CLOSED),
        (CUT + "<p>Already a subscriber? Log in.</p>", ""),
        (BODY, linked(isAccessibleForFree=False, wordCount=800)),
    ],
)
def test_a_teaser_is_marked_and_what_asks_for_money_is_not_its_text(body: str, head: str) -> None:
    article = draft(page(body, head))
    assert article.teaser
    assert "it has only the beginning of its article; it is marked as that" in article.notes
    assert article.text.split("\n\n")[:2] == PARAGRAPHS[:2]
    assert len(article.text.split("\n\n")) == len(PARAGRAPHS)


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (BODY, CLOSED),  # saved by a subscriber
        (CUT, ""),
        (BODY + "<p>Sign up for our newsletter, and read us every morning.</p>", ""),
        (told(STORY * 4) + "<p>Subscribe to continue reading tomorrow.</p>", CLOSED),
        (BODY + "<p>With 82% of the votes counted, nothing is left to be told, it said.</p>", CLOSED),
        (BODY, linked(isAccessibleForFree=True, wordCount=60)),
    ],
)
def test_an_article_that_is_whole_is_no_teaser(body: str, head: str) -> None:
    assert not draft(page(body, head)).teaser


def test_what_is_hidden_of_a_closed_article_is_not_read() -> None:
    hidden_rest = f"{told(STORY[:2])}<div hidden>{told(STORY[2:])}</div>"
    assert json.dumps(STORY[3]) not in json.dumps(draft(page(hidden_rest, CLOSED)).text)
