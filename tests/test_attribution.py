"""Verification names who said a quotation, and tells where a text gives it to somebody else, if it is sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import dated_corpus
from word_encoder import WordHashEncoder

from bot import verdicts
from bot.quotations import verify
from index.build import build
from index.findings import Verdict
from index.generations import Generations
from index.model import ANY, Filters, Span
from index.persons import person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.findings import Finding
    from index.store import Store

ARTICLES = {
    "first": (
        "The Wire",
        "2024-05-03",
        "President Ana Ruiz spoke in Lugo. “The bridge will be closed until June,” said Ruiz.\n\n"
        "“And the harbour will stay open to everybody.”\n\n"
        "“Nobody has paid for the bridge,” a spokesman said. “The town will not pay for it,” said the ministry. "
        "“The ferry was late on every day,” wrote the Lugo Post.",
    ),
    "second": ("The Post", "2024-05-04", "“The bridge will be closed until June,” said Mayor Eva Soto."),
    "third": (
        "The Star",
        "2024-05-05",
        "Dmitri Peskov, the spokesman, met the press. “The parade will take place on Sunday,” he said. "
        "“The guests will come from all over the world and stay for a week,” he added.\n\n"
        "The words “it is a disgrace for the whole of the town” stood on a wall.",
    ),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("attribution")
    build(dated_corpus(folder / "corpus", ARTICLES), folder / "data", WordHashEncoder())
    store, _ = Generations(folder / "data").open_current(WordHashEncoder())
    yield store
    store.close()


def only(message: str, store: Store, filters: Filters = ANY) -> Finding:
    (finding,) = verify(message, store, filters).findings
    return finding


@pytest.mark.parametrize(
    "message",
    [
        "“The parade will take place on Sunday,” said Luis Vega.",
        "According to President Ruiz, “the parade will take place on Sunday”.",
        "Ana Ruiz wrote: “The parade will take place on Sunday.”",
        "“The guests will come … and stay for a week,” said Luis Vega.",
    ],
)
def test_a_text_that_gives_a_quotation_to_somebody_else_is_told(message: str, store: Store) -> None:
    finding = only(message, store)
    assert finding.verdict is Verdict.OTHER_SPEAKER
    assert finding.given_to in message
    (place,) = finding.standings
    assert place.speaker
    assert (place.speaker.words, place.speaker.meant) == ("he", "Dmitri Peskov")
    notes = [note for note in verdicts.finding_notes(finding) if isinstance(note, str)]
    assert notes[-1] == "There it is said by “he”, taken for “Dmitri Peskov” before it."
    assert f"gives it to “{finding.given_to}”" in notes[-2]


@pytest.mark.parametrize(
    "message",
    [
        # The same person: by the surname, in another spelling, with another title.
        "“The parade will take place on Sunday,” said Peskov.",
        "“The parade will take place on Sunday,” said Dmitry Peskov.",
        "“The parade will take place on Sunday,” said President Peskov.",
        # One of several who said it.
        "“The bridge will be closed until June,” said Ana Ruiz.",
        "“The bridge will be closed until June,” said Eva Soto.",
        # Nobody is named for sure: a role, a place, an institution, an outlet, nobody at all.
        "“The parade will take place on Sunday,” said a spokesman.",
        "“The parade will take place on Sunday,” said Moscow.",
        "“The parade will take place on Sunday,” said the White House.",
        "“The parade will take place on Sunday,” said Sky News.",
        "“The parade will take place on Sunday.”",
        "Ana Ruiz met Eva Soto. “The parade will take place on Sunday,” she said.",
        # The article names a role, an institution or an outlet, or does not say.
        "“Nobody has paid for the bridge,” said Luis Vega.",
        "“The town will not pay for it,” said Luis Vega.",
        "“The ferry was late on every day,” said Luis Vega.",
        "“It is a disgrace for the whole of the town,” said Luis Vega.",
        # So few words say little.
        "“The parade”, said Luis Vega.",
    ],
)
def test_nothing_is_told_where_it_is_not_sure(message: str, store: Store) -> None:
    assert only(message, store).verdict is Verdict.EXACT


def test_who_said_it_is_told_at_each_place(store: Store) -> None:
    finding = only("“The bridge will be closed until June”", store)
    told = {place.source.outlet: place.speaker and place.speaker.words for place in finding.standings}
    assert told == {"The Wire": "Ruiz", "The Post": "Mayor Eva Soto"}
    finding = only("“And the harbour will stay open to everybody.”", store)
    assert finding.standings[0].speaker
    assert finding.standings[0].speaker.goes_on
    assert only("“it is a disgrace for the whole of the town”", store).standings[0].speaker is None


def test_only_what_may_be_seen_counts(store: Store) -> None:
    message = "“The bridge will be closed until June,” said Ana Ruiz."
    finding = only(message, store, Filters(visible=("The Post",)))
    assert finding.verdict is Verdict.OTHER_SPEAKER
    assert [place.source.outlet for place in finding.standings] == ["The Post"]


@pytest.mark.parametrize(
    ("words", "surname"),
    [
        ("US Secretary of State Antony Blinken", "blinken"),
        ("Mykhaïlo Podoliak, an adviser to Volodymyr Zelensky", "podoliak"),
        ("the head of Kherson’s regional military administration, Oleksandr Prokudin", "prokudin"),
        ("Putin’s spokesman, Dmitry Peskov", "peskov"),
        ("Mr Putin", "putin"),
        ("the official TASS news agency", None),
        ("the mayor of London", None),
        ("The Kremlin", None),
        ("Putin’s spokesman", None),
        ("Ukraine", None),
    ],
)
def test_a_person_is_told_from_a_role_and_an_institution(words: str, surname: str | None) -> None:
    found = person(words, Span(0, len(words)), lambda _surname: False)
    assert (found.surname if found else None) == surname
