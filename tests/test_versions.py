"""Which of several articles with one address is the latest, and when they are versions of one another at all."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.model import Article, Source
from index.readers.drafts import Revision
from index.versions import Edition, Settled, address, settle

URL = "https://paper.example/kremlin"
TOLD = (
    "Two drones were shot down over the Kremlin on Wednesday night, officials in Moscow said, and nobody was hurt.",
    "They called it an attempt on the life of the president, who was not in the building at that time.",
    "Officials in Kyiv denied that they had had anything to do with it, and spoke of a provocation.",
    "Videos that circulated online seemed to show a small explosion above the dome of the Senate palace.",
)
STORY = "\n\n".join(TOLD)
EDITED = STORY.replace("Two drones", "Three drones")
OTHER = (
    "The mayor of Utrecht has lost her hat to a pelican, and half of the town seems to have seen it happen.\n\n"
    "Our reporter met the bird on the roof of the fish market, where it did not answer any questions at all.\n\n"
    "Hats have been stolen there before: in 2019 a gull took that of a councillor, who never saw it again."
)
EARLY, LATE = Revision(changed=date(2023, 5, 3)), Revision(changed=date(2023, 5, 5))


def edition(
    name: str,
    text: str = STORY,
    revision: Revision = EARLY,
    *,
    url: str | None = URL,
    outlet: str | None = None,
    member: str = "",
) -> Edition:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    source = Source(name.removesuffix(".txt"), "Title", True, outlet, None, None, url, None, sha256)
    return Edition(name, Article(source, text), revision, member)


def kept(*editions: Edition) -> list[str]:
    return [article.source.id for article in settle(editions).articles]


def earlier(settled: Settled) -> dict[str, list[str]]:
    return {name: [version.source.id for version in versions] for name, versions in settled.earlier.items()}


def notes(settled: Settled) -> list[str]:
    return [str(note) for note in settled.notes]


# --- which is the latest ---------------------------------------------------------------------------------------------


def test_the_later_version_is_the_article_and_the_other_its_earlier_text() -> None:
    settled = settle([edition("wednesday.html", EDITED, LATE), edition("monday.html"), edition("own.html", OTHER)])
    assert [article.source.id for article in settled.articles] == ["own.html", "wednesday.html"]
    assert earlier(settled) == {"wednesday.html": ["monday.html"]}
    assert notes(settled) == [
        "monday.html: replaced by wednesday.html, which has the same address and was changed later "
        "(2023-05-05 against 2023-05-03)"
    ]


@pytest.mark.parametrize(
    ("older", "newer", "told"),
    [
        (Revision(published=date(2023, 5, 3)), Revision(published=date(2023, 5, 4)),
         "was published later (2023-05-04 against 2023-05-03)"),
        (Revision(published=date(2023, 5, 3)), Revision(changed=date(2023, 5, 4), published=date(2023, 5, 1)),
         "was changed later (2023-05-04 against 2023-05-03)"),
        (Revision(changed=date(2023, 5, 3)), Revision(published=date(2023, 5, 4)),
         "was published later (2023-05-04 against 2023-05-03)"),
        (Revision(changed=datetime(2023, 5, 3, 9)), Revision(changed=datetime(2023, 5, 3, 17, 30)),
         "was changed later (2023-05-03 17:30:00 against 2023-05-03 09:00:00)"),
        # One o'clock in Moscow comes before eleven in the evening in London.
        (Revision(changed=datetime(2023, 5, 4, 1, tzinfo=timezone(timedelta(hours=3)))),
         Revision(changed=datetime(2023, 5, 3, 23, tzinfo=UTC)),
         "was changed later (2023-05-03 23:00:00+00:00 against 2023-05-04 01:00:00+03:00)"),
        (Revision(changed=datetime(2023, 5, 3, 23, tzinfo=UTC)), Revision(changed=datetime(2023, 5, 4, 1)),
         "was changed later (2023-05-04 against 2023-05-03)"),
        (Revision(changed=date(2023, 5, 3), published=date(2023, 5, 1)),
         Revision(changed=date(2023, 5, 3), published=date(2023, 5, 2)),
         "was published later (2023-05-02 against 2023-05-01)"),
        (Revision(2, changed=date(2023, 5, 5)), Revision(10, changed=date(2023, 5, 3)), "is version 10, not 2"),
        (Revision(2, changed=date(2023, 5, 3)), Revision(2, changed=date(2023, 5, 5)),
         "was changed later (2023-05-05 against 2023-05-03)"),
        (Revision(9, changed=date(2023, 5, 3)), Revision(0, changed=date(2023, 5, 5)),
         "was changed later (2023-05-05 against 2023-05-03)"),
    ],
)  # fmt: skip
def test_what_is_stated_decides_whatever_the_names_say(older: Revision, newer: Revision, told: str) -> None:
    for names in ("a.html", "b.html"), ("b.html", "a.html"):
        settled = settle([edition(names[0], STORY, older), edition(names[1], EDITED, newer)])
        assert earlier(settled) == {names[1]: [names[0]]}
        assert notes(settled) == [f"{names[0]}: replaced by {names[1]}, which has the same address and {told}"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Revision(), Revision()),
        (Revision(), LATE),
        (LATE, LATE),
        (Revision(3), Revision(3)),
        (Revision(3), LATE),
        # Half past nine of the same day may be after what another file has of it, or before.
        (Revision(changed=date(2023, 5, 3)), Revision(changed=datetime(2023, 5, 3, 9, 30))),
        (Revision(changed=datetime(2023, 5, 3, 9)), Revision(changed=datetime(2023, 5, 3, 17, tzinfo=UTC))),
        # A change is not compared with another's publication twice.
        (Revision(changed=date(2023, 5, 5), published=date(2023, 5, 3)), Revision(published=date(2023, 5, 5))),
    ],
)
def test_what_is_not_stated_is_not_guessed(one: Revision, other: Revision) -> None:
    settled = settle([edition("a.txt", STORY, one), edition("b.txt", EDITED, other)])
    assert [article.source.id for article in settled.articles] == ["a", "b"]
    assert (earlier(settled), notes(settled)) == ({}, [
        "a.txt: b.txt has the same address and another version of its text, and which is the latest is not stated: "
        "they are all searched. Give `published` of each in sources.toml, or remove what is out of date"
    ])  # fmt: skip


def test_of_many_versions_the_latest_is_the_article_and_the_others_follow_in_time() -> None:
    days = {"a": 4, "b": 9, "c": 2, "d": 7}
    texts = {name: f"{STORY}\n\nIt was changed on day {day}." for name, day in days.items()}
    settled = settle(edition(name, texts[name], Revision(changed=date(2023, 5, day))) for name, day in days.items())
    assert earlier(settled) == {"b": ["d", "a", "c"]}


def test_what_is_older_than_one_of_two_that_cannot_be_told_apart_is_replaced_all_the_same() -> None:
    again = STORY.replace("Two drones", "Four drones")
    settled = settle([edition("a"), edition("b", EDITED, LATE), edition("c", again, LATE)])
    assert [article.source.id for article in settled.articles] == ["b", "c"]
    assert earlier(settled) == {"b": ["a"]}
    assert [note.split(", ")[0] for note in notes(settled)] == [
        "a: replaced by b", "b: c has the same address and another version of its text"
    ]  # fmt: skip
    more = [edition(name, f"{STORY} {name}.", LATE) for name in "defg"]
    assert "b: c and 4 more have the same address and" in notes(settle([*more, edition("b", EDITED, LATE),
                                                                        edition("c", again, LATE)]))[0]  # fmt: skip


def test_of_one_text_only_one_is_an_article_the_latest_or_else_the_first() -> None:
    settled = settle([edition("b.txt", revision=EARLY), edition("a.txt", revision=EARLY)])
    assert earlier(settled) == {"a": ["b"]}
    assert notes(settled) == ["b.txt: left out: a.txt has the same address and the same text"]
    assert kept(edition("a", revision=EARLY), edition("b", revision=LATE)) == ["b"]
    assert kept(edition("a", revision=Revision()), edition("b", revision=LATE)) == ["a"]
    assert kept(edition("a", "Short."), edition("b", "Short."), edition("c", "…"), edition("d", "…")) == ["a", "c"]


def test_a_text_that_was_returned_to_is_the_latest() -> None:
    between = edition("tuesday", EDITED, Revision(changed=date(2023, 5, 4)))
    settled = settle([edition("monday", revision=EARLY), between, edition("wednesday", revision=LATE)])
    assert earlier(settled) == {"wednesday": ["tuesday", "monday"]}
    assert notes(settled)[0] == "monday: left out: wednesday has the same address and the same text"


def test_an_older_text_that_two_files_have_is_replaced_in_both() -> None:
    undated = edition("copy", revision=Revision())
    assert kept(undated, edition("monday"), edition("wednesday", EDITED, LATE)) == ["copy", "wednesday"]
    settled = settle([edition("copy"), edition("monday"), edition("wednesday", EDITED, LATE)])
    assert earlier(settled) == {"wednesday": ["copy", "monday"]}


# --- what are versions of one another --------------------------------------------------------------------------------

FOOTER = "\n\nThe Paper is the paper of the region. Write to us, call us, or follow us wherever you like to read."


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(TOLD[:2]),
        f"{STORY}\n\n{OTHER}",
        EDITED,
        "\n\n".join(("Kyiv has denied everything, our correspondent writes from there tonight.", *TOLD[1:])),
        STORY.replace("'", "’").upper(),
    ],
    ids=["trimmed", "extended", "edited", "another opening", "typography"],
)
def test_a_text_that_keeps_most_of_its_words_is_a_version(text: str) -> None:
    assert kept(edition("a"), edition("b", text, LATE)) == ["b"]


def test_pages_that_a_site_gives_one_address_stay_apart() -> None:
    same = [edition("a", STORY + FOOTER), edition("b", OTHER + FOOTER, LATE), edition("c", EDITED + FOOTER, LATE)]
    assert kept(*same[:2]) == ["a", "b"]
    settled = settle(same)
    assert [article.source.id for article in settled.articles] == ["b", "c"]
    assert earlier(settled) == {"c": ["a"]}


def test_another_outlets_copy_that_names_the_original_is_no_version_of_it() -> None:
    wire, copy = edition("a", outlet="Agency"), edition("b", EDITED, LATE, outlet="The Paper")
    assert kept(wire, copy) == ["a", "b"]
    assert kept(wire, copy, edition("c", STORY, LATE, outlet="AGENCY")) == ["b", "c"]
    assert kept(wire, copy, edition("c", EDITED, LATE)) == ["a", "b", "c"]  # whose it is, is not known
    assert kept(wire, edition("b", EDITED, LATE)) == ["b"]


def test_an_id_that_is_unique_everywhere_stands_for_an_address_that_is_not_given() -> None:
    def item(file: str, text: str, number: int, member: str = "urn:newsml:x:1", url: str | None = None) -> Edition:
        return edition(f"{file}#{member}", text, Revision(number), url=url, member=member)

    assert notes(settle([item("old.xml", STORY, 1), item("new.xml", EDITED, 2)])) == [
        "old.xml#urn:newsml:x:1: replaced by new.xml#urn:newsml:x:1, which has the same id and is version 2, not 1"
    ]
    for other in (item("new.xml", EDITED, 2, "4711"), item("new.xml", EDITED, 2, url=URL)):
        assert len(kept(item("old.xml", STORY, 1, other.member), other)) == 2


def test_articles_without_an_address_are_no_versions() -> None:
    assert kept(edition("a", url=None), edition("b", EDITED, LATE, url=None), edition("c", EDITED, LATE)) == list("abc")


@pytest.mark.parametrize(
    "url",
    [
        "http://paper.example/kremlin",
        "https://PAPER.example/kremlin/",
        "https://paper.example/kremlin#comments",
        "https://paper.example/kremlin?",
        "https://paper.example/kremlin?utm_source=rss&utm_medium=feed",
        "https://paper.example/kremlin/?fbclid=IwAR0&UTM_campaign=x#top",
    ],
)
def test_links_to_one_page_are_one_address(url: str) -> None:
    assert address(url) == address(URL)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/kremlin",
        "https://paper.example/Kremlin",
        "https://paper.example/kremlin/2",
        "https://paper.example/kremlin?uid=7",
        "https://paper.example/kremlin?4711",
        "https://paper.example/kremlin?source=7",
        "https://paper.example/kremlin?utmost=7",
        "https://[paper/kremlin",
    ],
)
def test_links_that_may_lead_to_another_page_are_not(url: str) -> None:
    assert address(url) != address(URL)


def test_the_order_of_what_a_link_asks_for_does_not_matter() -> None:
    assert address(f"{URL}?id=7&page=2") == address(f"{URL}?page=2&gclid=x&id=7") != address(f"{URL}?id=7")


# --- any corpus ------------------------------------------------------------------------------------------------------

TIMES = st.one_of(
    st.none(),
    st.dates(date(2023, 5, 3), date(2023, 5, 5)),
    st.datetimes(datetime(2023, 5, 3), datetime(2023, 5, 5)),
    st.datetimes(datetime(2023, 5, 3), datetime(2023, 5, 5), timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-11))])),
)  # fmt: skip
EDITIONS = st.lists(
    st.builds(
        edition,
        st.uuids().map(str),
        st.sampled_from([STORY, EDITED, OTHER, "Short.", f"{STORY}\n\n{OTHER}"]),
        st.builds(Revision, st.integers(0, 2), TIMES, TIMES),
        url=st.sampled_from([URL, f"{URL}?utm_source=x", "https://paper.example/", None]),
        outlet=st.sampled_from([None, "Agency", "The Paper"]),
    ),
    max_size=8,
)


@given(editions=EDITIONS, data=st.data())
def test_every_article_is_there_once_whatever_order_they_come_in(editions: list[Edition], data: st.DataObject) -> None:
    settled = settle(editions)
    again = settle(data.draw(st.permutations(editions)))
    assert (again, list(again.earlier)) == (settled, list(settled.earlier))
    left = [version.source.id for versions in settled.earlier.values() for version in versions]
    ids = [article.source.id for article in settled.articles]
    assert sorted(ids + left) == sorted(each.article.source.id for each in editions)
    assert ids == sorted(ids)
    assert set(settled.earlier) <= set(ids)
    assert {note.file for note in settled.notes} >= set(left)
    seen = [(address(a.source.url), a.source.sha256, a.source.outlet) for a in settled.articles if a.source.url]
    assert len(seen) == len(set(seen))
