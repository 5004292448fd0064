"""What an article said before its text changed: no search finds it; a quotation of it is told as corrected since."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from word_encoder import WordHashEncoder

from bot import wording
from bot.quotations import verify
from index.build import EARLIER_KEPT, build
from index.errors import DamagedIndexError
from index.generations import Generations
from index.model import ANY, Filters
from index.quoting import Change, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.faiss_store import FaissStore
    from index.quoting import Finding

WAS = "The mayor said that thirty pelicans had stolen his hat near the harbour."
IS = "The mayor said that thirteen pelicans had stolen his hat near the harbour."
REST = "\n\nNobody else in the town could remember any such bird that day."


class Newsroom:
    """A corpus of a few files, and the index of it as it is now."""

    def __init__(self, folder: Path) -> None:
        self.corpus, self.root = folder / "corpus", folder / "data"
        self.corpus.mkdir()
        self._stores: list[FaissStore] = []

    def write(self, text: str, name: str = "hat.txt") -> None:
        (self.corpus / name).write_text(text, encoding="utf-8")

    def build(self) -> FaissStore:
        build(self.corpus, self.root, WordHashEncoder())
        self._stores.append(Generations(self.root).open_current()[0])
        return self._stores[-1]

    def close(self) -> None:
        for store in self._stores:
            store.close()


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    newsroom = Newsroom(tmp_path)
    newsroom.write(WAS + REST)
    newsroom.write("An otter declined to comment on all of this.", "otter.txt")
    newsroom.build()
    yield newsroom
    newsroom.close()


def held(store: FaissStore, words: str, filters: Filters = ANY) -> Finding:
    (finding,) = verify(f"“{words}”", store, filters).findings
    return finding


def test_what_was_corrected_is_told_with_the_day_the_place_and_what_it_says_now(newsroom: Newsroom) -> None:
    newsroom.write(IS + REST)
    store = newsroom.build()
    finding = held(store, WAS)
    assert finding.verdict is Verdict.CORRECTED
    (standing,) = finding.standings
    assert (standing.source.id, standing.text, standing.paragraph) == ("hat", WAS, 1)
    assert finding.until == store.manifest.built_at
    differing = [(s.quoted.strip(), s.printed.strip()) for s in finding.segments if s.change is not Change.EQUAL]
    assert differing == [("thirty", "thirteen")]
    told = " ".join(wording.verification_lines(verify(f"“{WAS}”", store)))
    assert "corrected since" in told
    assert f"until {store.manifest.built_at:%Y-%m-%d}" in told
    assert held(store, IS).verdict is Verdict.EXACT
    assert held(store, "Nobody else in the town could remember any such bird that day.").verdict is Verdict.EXACT


def test_no_search_finds_and_no_list_names_what_was_corrected(newsroom: Newsroom) -> None:
    newsroom.write("Something else entirely." + REST)
    store = newsroom.build()
    (vector,) = WordHashEncoder().encode([WAS])
    found = store.search(vector, ["thirty", "pelicans"], ANY, 50)
    assert not any("pelicans" in candidate.passage.text for candidate in found)
    assert store.document_frequency(["pelicans"]) == {"pelicans": 0}
    assert [listing.source.id for listing in store.listings(ANY)] == ["hat", "otter"]
    assert all("pelicans" not in text for text, _ in store.vectors())


def test_earlier_texts_outlive_builds_that_change_other_articles(newsroom: Newsroom) -> None:
    newsroom.write(IS + REST)
    replaced = newsroom.build().manifest.built_at
    newsroom.write("The otter has changed its mind.", "otter.txt")
    store = newsroom.build()
    assert held(store, WAS).until == replaced
    assert [e.article.text for e in store.earlier("hat")] == [WAS + REST]
    assert list(store.faults()) == []


def test_a_text_that_comes_back_is_no_earlier_one(newsroom: Newsroom) -> None:
    newsroom.write(IS + REST)
    newsroom.build()
    newsroom.write(WAS + REST)
    store = newsroom.build()
    assert held(store, WAS).verdict is Verdict.EXACT
    assert held(store, IS).verdict is Verdict.CORRECTED
    assert [e.article.text for e in store.earlier("hat")] == [IS + REST]


def test_only_the_latest_are_kept(newsroom: Newsroom) -> None:
    for number in range(EARLIER_KEPT + 2):
        newsroom.write(f"Version {number} of the story has its own words.")
        store = newsroom.build()
    kept = [e.article.text for e in store.earlier("hat")]
    assert kept == [f"Version {n} of the story has its own words." for n in range(EARLIER_KEPT, 0, -1)]


def test_an_article_that_is_gone_takes_its_earlier_texts_along(newsroom: Newsroom) -> None:
    newsroom.write(IS + REST)
    newsroom.build()
    (newsroom.corpus / "hat.txt").unlink()
    store = newsroom.build()
    assert held(store, WAS).verdict is Verdict.NOT_FOUND
    assert store.earlier("hat") == []


@pytest.mark.parametrize("hidden", [Filters(withdrawn=("hat",)), Filters(visible=("Some Paper",))])
def test_what_may_not_be_seen_is_not_told_from_its_past_either(newsroom: Newsroom, hidden: Filters) -> None:
    newsroom.write(IS + REST)
    store = newsroom.build()
    assert held(store, WAS, hidden).verdict is Verdict.NOT_FOUND


def test_a_card_of_the_past_keeps_what_was_known_then(newsroom: Newsroom) -> None:
    (newsroom.corpus / "sources.toml").write_text('["hat.txt"]\ntitle = "Hat gone"\noutlet = "The Post"\n')
    newsroom.build()
    (newsroom.corpus / "sources.toml").write_text('["hat.txt"]\ntitle = "Hat found"\n')
    newsroom.write(IS + REST)
    source = held(newsroom.build(), WAS).standings[0].source
    assert (source.title, source.outlet) == ("Hat gone", "The Post")


def test_an_earlier_text_that_was_tampered_with_is_a_fault(newsroom: Newsroom) -> None:
    newsroom.write(IS + REST)
    store = newsroom.build()
    folder = Generations(newsroom.root).folder(store.manifest.generation)
    with sqlite3.connect(folder / "articles.sqlite") as db:
        db.execute("UPDATE earlier SET text = replace(text, 'thirty', 'ninety')")
    db.close()
    changed = type(store)(folder, store.manifest)
    assert list(changed.faults()) == ["hat: the stored text is not the one that was indexed"]
    with pytest.raises(DamagedIndexError, match=r"^hat: the stored text is not .*`python -m index build`"):
        changed.earlier("hat")
    changed.close()


def test_a_text_that_was_tampered_with_is_neither_quoted_nor_borne_out(newsroom: Newsroom) -> None:
    store = newsroom.build()
    folder = Generations(newsroom.root).folder(store.manifest.generation)
    with sqlite3.connect(folder / "articles.sqlite") as db:
        db.execute("UPDATE article SET text = replace(text, 'thirty', 'ninety')")
    db.close()
    changed = type(store)(folder, store.manifest)
    for read in (lambda: changed.article("hat"), lambda: held(changed, WAS.replace("thirty", "ninety"))):
        with pytest.raises(DamagedIndexError):
            read()
    changed.close()
