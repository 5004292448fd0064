"""What an article said before its text changed: no search finds it; a quotation of it is told as corrected since.

It may have changed in its file, or stand anew in another one that was saved from the same address.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from word_encoder import WordHashEncoder

from bot import verdicts
from bot.quotations import verify
from index.build import EARLIER_KEPT, build
from index.errors import DamagedIndexError, LossError
from index.faiss_vectors import FaissVectors
from index.findings import Verdict
from index.generations import Generations
from index.model import ANY, Filters
from index.store import Store
from index.tokens import Change

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.findings import Finding

WAS = "The mayor said that thirty pelicans had stolen his hat near the harbour."
IS = "The mayor said that thirteen pelicans had stolen his hat near the harbour."
REST = "\n\nNobody else in the town could remember any such bird that day."
WITNESSES = "Witnesses at the quay spoke of a great noise of wings, and of feathers that fell on the boats for an hour."


class Newsroom:
    """A corpus of a few files, and the index of it as it is now."""

    def __init__(self, folder: Path) -> None:
        self.corpus, self.root = folder / "corpus", folder / "data"
        self.corpus.mkdir()
        self._stores: list[Store] = []

    def write(self, text: str, name: str = "hat.txt") -> None:
        (self.corpus / name).write_text(text, encoding="utf-8")

    def save(self, name: str, told: str, changed: str = "", address: str = "https://post.example/hat") -> None:
        """A page of the paper as somebody saved it."""
        text = f"{told}{REST}\n\n{WITNESSES}"
        front = f"---\nurl: {address}\ntitle: Hat of {name}\n" + (f"updated: {changed}\n" if changed else "")
        self.write(f"{front}---\n\n{text}\n", name)

    def build(self) -> Store:
        self.report = build(self.corpus, self.root, WordHashEncoder())
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


def held(store: Store, words: str, filters: Filters = ANY) -> Finding:
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
    told = " ".join(verdicts.verification_lines(verify(f"“{WAS}”", store)))
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


def test_an_earlier_text_is_seen_only_where_the_outlet_that_it_had_then_is(newsroom: Newsroom) -> None:
    def card(outlet: str) -> None:
        (newsroom.corpus / "sources.toml").write_text(f'["hat.txt"]\noutlet = "{outlet}"\n', encoding="utf-8")

    card("Secret")
    newsroom.build()
    newsroom.write(IS + REST)
    newsroom.build()
    card("Open")
    store = newsroom.build()
    everywhere, open_only, secret_only = ANY, Filters(visible=("open",)), Filters(visible=("Secret",))
    assert held(store, WAS).verdict is Verdict.CORRECTED
    assert [earlier.article.source.outlet for earlier in store.earlier("hat", everywhere)] == ["Secret"]
    for seen in (open_only, Filters(hidden=("secret",))):
        assert held(store, WAS, seen).verdict is not Verdict.CORRECTED
        assert not any("thirty" in str(standing) for standing in held(store, WAS, seen).standings)
        assert store.earlier("hat", seen) == []
        assert store.earlier_with(["thirty"], seen, 5) == []
        assert held(store, IS, seen).verdict is Verdict.EXACT
    # Nor where only the outlet of then may be seen: the article is another's now.
    assert store.earlier("hat", secret_only) == []
    assert held(store, WAS, secret_only).verdict is Verdict.NOT_FOUND


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
    changed = Store(folder, store.manifest, FaissVectors)
    assert list(changed.faults()) == ["hat: the stored text is not the one that was indexed"]
    with pytest.raises(DamagedIndexError, match=r"^hat: the stored text is not .*`on-the-record-index build`"):
        changed.earlier("hat")
    changed.close()


def test_a_text_that_was_tampered_with_is_neither_quoted_nor_borne_out(newsroom: Newsroom) -> None:
    store = newsroom.build()
    folder = Generations(newsroom.root).folder(store.manifest.generation)
    with sqlite3.connect(folder / "articles.sqlite") as db:
        db.execute("UPDATE article SET text = replace(text, 'thirty', 'ninety')")
    db.close()
    changed = Store(folder, store.manifest, FaissVectors)
    for read in (lambda: changed.article("hat"), lambda: held(changed, WAS.replace("thirty", "ninety"))):
        with pytest.raises(DamagedIndexError):
            read()
    changed.close()


# --- a new version in another file -----------------------------------------------------------------------------------


def saved(newsroom: Newsroom) -> Store:
    newsroom.save("monday.md", WAS, "2023-05-03")
    newsroom.save("wednesday.md", IS, "2023-05-05")
    return newsroom.build()


def ids(store: Store) -> list[str]:
    return [listing.source.id for listing in store.listings(ANY)]


def test_a_version_that_another_file_replaces_is_corrected_since_right_after_the_first_build(
    newsroom: Newsroom,
) -> None:
    store = saved(newsroom)
    assert ids(store) == ["hat", "otter", "wednesday.md"]
    finding = held(store, WAS, Filters(articles=("wednesday.md",)))
    assert (finding.verdict, finding.until) == (Verdict.CORRECTED, store.manifest.built_at)
    (standing,) = finding.standings
    assert (standing.source.id, standing.source.title) == ("wednesday.md", "Hat of monday.md")
    differing = [(s.quoted.strip(), s.printed.strip()) for s in finding.segments if s.change is not Change.EQUAL]
    assert differing == [("thirty", "thirteen")]
    assert held(store, IS).verdict is Verdict.EXACT
    (vector,) = WordHashEncoder().encode([WAS])
    found = store.search(vector, ["thirty", "pelicans"], Filters(articles=("wednesday.md",)), 50)
    assert not any("thirty" in candidate.passage.text for candidate in found)
    assert store.counts(ANY)[0] == store.manifest.articles == 3
    assert newsroom.report.lines()[-1] == (
        "  note: monday.md: replaced by wednesday.md, which has the same address and was changed later "
        "(2023-05-05 against 2023-05-03)"
    )
    assert list(store.faults()) == []


@pytest.mark.parametrize("between", [False, True])
def test_what_was_withdrawn_stays_so_where_a_newer_version_takes_its_place(newsroom: Newsroom, between: bool) -> None:
    newsroom.save("monday.md", WAS, "2023-05-03")
    if between:
        newsroom.build()
    newsroom.save("wednesday.md", IS, "2023-05-05")
    (newsroom.corpus / "hat.txt").unlink()
    for number in range(2):
        newsroom.write(f"Another text, {number}.", "other.txt")
        store = newsroom.build()
        assert held(store, WAS).verdict is Verdict.CORRECTED
        finding = held(store, WAS, Filters(withdrawn=("monday.md",)))
        assert finding.verdict is Verdict.ALTERED  # of what Wednesday's says


def test_pages_that_a_reader_saved_are_told_apart_by_what_they_state_of_their_last_change(newsroom: Newsroom) -> None:
    page = (
        "<html><head><link rel=canonical href=https://post.example/hat{}><meta property=article:modified_time "
        "content=2023-05-03T{}:00Z></head><body><article><p>{}</p><p>{}</p><p>{}</p></article></body></html>"
    )
    newsroom.write(page.format("/?utm_source=mail", "09:00", WAS, REST, WITNESSES), "z.html")
    newsroom.write(page.format("", "17:30", IS, REST, WITNESSES), "a.html")
    for _ in range(2):  # the second time from what was remembered of the pages
        store = newsroom.build()
        assert ids(store) == ["a.html", "hat", "otter"]
        assert [e.article.source.sha256 for e in store.earlier("a.html")] != []
        assert newsroom.report.changes.notes[0].reason.endswith(
            "was changed later (2023-05-03 17:30:00+00:00 against 2023-05-03 09:00:00+00:00)"
        )
    assert newsroom.report.built is False


def test_a_newer_version_that_goes_away_gives_the_older_its_place_again(newsroom: Newsroom) -> None:
    saved(newsroom)
    (newsroom.corpus / "wednesday.md").unlink()
    store = newsroom.build()
    assert ids(store) == ["hat", "monday.md", "otter"]
    assert newsroom.report.changes.added == ("monday.md",)
    assert held(store, WAS, Filters(articles=("monday.md",))).verdict is Verdict.EXACT
    assert held(store, IS).verdict is not Verdict.EXACT


def test_an_older_version_whose_file_goes_away_is_remembered_like_any_earlier_text(newsroom: Newsroom) -> None:
    first = saved(newsroom)
    (newsroom.corpus / "monday.md").unlink()
    store = newsroom.build()
    assert newsroom.report.built
    assert held(store, WAS, Filters(articles=("wednesday.md",))).until == first.manifest.built_at
    assert ids(store) == ["hat", "otter", "wednesday.md"]


def test_an_article_that_is_replaced_takes_its_own_past_along(newsroom: Newsroom) -> None:
    newsroom.save("monday.md", WAS.replace("thirty", "forty"), "2023-05-02")
    newsroom.build()
    newsroom.save("monday.md", WAS, "2023-05-03")
    changed = newsroom.build().manifest.built_at
    newsroom.save("wednesday.md", IS, "2023-05-05")
    store = newsroom.build()
    replaced = store.manifest.built_at
    assert newsroom.report.changes.removed == ("monday.md",)
    texts = [(e.article.text.split()[4], e.until, e.article.source.id) for e in store.earlier("wednesday.md")]
    assert texts == [("thirty", replaced, "wednesday.md"), ("forty", changed, "wednesday.md")]
    newsroom.save("friday.md", WAS.replace("thirty", "three"), "2023-05-06")
    store = newsroom.build()
    texts = [(e.article.text.split()[4], e.until, e.article.source.id) for e in store.earlier("friday.md")]
    assert texts == [("thirteen", store.manifest.built_at, "friday.md"), ("thirty", replaced, "friday.md"),
                     ("forty", changed, "friday.md")]  # fmt: skip
    assert newsroom.build().manifest == store.manifest


def test_an_older_version_that_comes_later_was_replaced_when_the_newer_was_indexed(newsroom: Newsroom) -> None:
    newsroom.save("wednesday.md", IS, "2023-05-05")
    indexed = newsroom.build().manifest.built_at
    newsroom.save("monday.md", WAS, "2023-05-03")
    store = newsroom.build()
    assert [e.until for e in store.earlier("wednesday.md")] == [indexed]
    assert newsroom.report.changes.unchanged == 3


def test_what_sources_toml_gives_decides_where_nothing_is_stated(newsroom: Newsroom) -> None:
    newsroom.save("monday.md", WAS)
    newsroom.save("wednesday.md", IS)
    assert ids(newsroom.build()) == ["hat", "monday.md", "otter", "wednesday.md"]
    assert "which is the latest is not stated" in newsroom.report.lines()[-1]
    cards = newsroom.corpus / "sources.toml"
    cards.write_text('["monday.md"]\npublished = 2023-05-03\n["wednesday.md"]\npublished = 2023-05-05\n')
    store = newsroom.build()
    assert ids(store) == ["hat", "otter", "wednesday.md"]
    assert held(store, WAS, Filters(articles=("wednesday.md",))).verdict is Verdict.CORRECTED


def test_replaced_versions_are_not_lost_articles(newsroom: Newsroom) -> None:
    for number in range(6):
        newsroom.save(f"{number}.md", f"{WAS} That is so {number}.", "2023-05-03", f"https://post.example/{number}")
    newsroom.build()
    for number in range(6):
        newsroom.save(f"new-{number}.md", f"{IS} It is so {number}.", "2023-05-05", f"https://post.example/{number}")
    store = newsroom.build()
    assert len(newsroom.report.changes.removed) == 6
    assert store.manifest.articles == 8
    for number in range(6):
        (newsroom.corpus / f"new-{number}.md").unlink()
        (newsroom.corpus / f"{number}.md").unlink()
    with pytest.raises(LossError, match=r"^6 of the 8 articles"):
        newsroom.build()


def test_of_texts_of_several_files_those_are_kept_that_were_replaced_last(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.build.EARLIER_KEPT", 2)
    for name, told in (
        ("wednesday.md", "five"),
        ("wednesday.md", "six"),
        ("monday.md", "seven"),
        ("monday.md", "nine"),
    ):
        newsroom.save(name, WAS.replace("thirty", told))
        newsroom.build()
    newsroom.save("monday.md", WAS.replace("thirty", "nine"), "2023-05-03")
    newsroom.save("wednesday.md", WAS.replace("thirty", "six"), "2023-05-05")
    kept = [e.article.text.split()[4] for e in newsroom.build().earlier("wednesday.md")]
    assert kept == ["nine", "seven"]


def test_of_many_versions_the_latest_are_kept(newsroom: Newsroom) -> None:
    for number in range(EARLIER_KEPT + 3):
        newsroom.save(f"{number}.md", f"{WAS} It is {number} o'clock.", f"2023-05-{number + 1:02}")
    store = newsroom.build()
    assert ids(store) == ["12.md", "hat", "otter"]
    titles = [e.article.source.title for e in store.earlier("12.md")]
    assert titles == [f"Hat of {number}.md" for number in range(11, 1, -1)]
