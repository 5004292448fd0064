from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_encoder import WordHashEncoder

from index import features, search
from index.build import build
from index.generations import Generations
from index.model import Filters, Span
from index.reader import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.catalogue import Row
    from index.encoder import SentenceTransformerEncoder
    from index.store import Store


def asked(question: str, **frequency: int) -> features.Question:
    counts = {term: frequency.get(term, 1) for term in features.terms(question)}
    return features.analyse(question, counts, 100)


@pytest.fixture(scope="module")
def store(seed_index: Path, encoder: SentenceTransformerEncoder) -> Store:
    return Generations(seed_index).open_current(encoder)[0]


def test_terms_are_the_words_that_name_something() -> None:
    assert features.terms("Who is the mayor of Moscow, Moscow’s mayor?") == ("mayor", "moscow")
    assert features.terms("Novo-Ogaryovo, 9 May") == ("novo", "ogaryovo", "9", "may")
    assert features.terms("who are you?") == ("who", "are", "you")
    assert features.terms("?!") == ()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who is the mayor?", "who"), ("name of the pilot", "who"), ("Which company built it?", "who"),
        ("When did it start?", "when"), ("In which year?", "when"), ("At what time did it hit?", "clock"),
        ("Where was it?", "where"), ("Which city was hit?", "where"), ("How many died?", "count"),
        ("What was the death toll?", "count"), ("How far is it?", "measure"), ("how long is the curfew", "measure"),
        ("How much money was paid?", "money"), ("What percentage?", "percent"), ("Why?", "why"),
        ("What was the reason?", "why"), ("What did he say?", None), ("Kherson curfew", None),
    ],
)  # fmt: skip
def test_what_a_question_asks_for(question: str, kind: str | None) -> None:
    assert asked(question).asked == kind


@pytest.mark.parametrize(
    ("question", "answers", "does_not"),
    [
        ("Who is the mayor of Moscow?", "Moscow’s mayor, Sergei Sobyanin, announced a ban.", "The ban was announced."),
        ("When is the parade?", "It is on May 9.", "It goes ahead as planned."),
        ("At what time did it hit?", "The first was at 2:27am.", "The first was on Tuesday."),
        ("Where did it hit?", "It crashed in Voroskogo.", "It crashed soon after."),
        ("How many people died?", "It left at least four dead.", "It left people dead."),
        ("How far is the border?", "The border is 500 kilometers away.", "The border is far away."),
        ("How much money is it?", "It has 500 million euros.", "It has a budget."),
        ("What percentage agreed?", "Some 40 per cent did.", "Most did."),
        ("Why was it cancelled?", "It was cancelled because of the risk.", "It was cancelled on the day."),
    ],
)
def test_whether_a_sentence_holds_what_is_asked_for(question: str, answers: str, does_not: str) -> None:
    assert features.answers_kind(asked(question), answers) == 1.0
    assert features.answers_kind(asked(question), does_not) < 0.5


def test_what_the_question_says_itself_is_no_answer() -> None:
    assert features.answers_kind(asked("Who is Sergei Sobyanin?"), "Then Sergei Sobyanin came.") == 0.0
    assert features.answers_kind(asked("When in 2022 did it begin?"), "It began in 2022.") == 0.0


def test_coverage_is_a_share_of_what_is_telling() -> None:
    question = asked("mayor of Moscow", mayor=1, moscow=90)
    assert features.coverage(question, {"mayor", "moscow"}) == pytest.approx(1.0)
    assert features.coverage(question, {"mayor"}) > 0.9
    assert features.coverage(question, set()) == 0.0
    assert features.coverage(asked("?!"), set()) == 0.0


def test_names_that_the_index_does_not_hold_are_told() -> None:
    question = asked("What did Emmanuel Macron say about the Kremlin?", emmanuel=0, macron=0, kremlin=40)
    assert question.unknown == ("Emmanuel Macron",)
    assert question.names == {"emmanuel", "macron", "kremlin"}


def test_unknown_names_are_told_apart() -> None:
    question = asked("Did Emmanuel Macron or Rishi Sunak call Macron?", emmanuel=1, macron=0, rishi=0, sunak=0)
    assert question.unknown == ("Macron", "Rishi Sunak")


def test_an_outlet_that_is_named_as_such_is_no_unknown_name() -> None:
    frequency = dict.fromkeys(features.terms("What did the BBC and Macron say?"), 0)
    question = features.analyse("What did the BBC and Macron say?", frequency, 100, ["BBC News"])
    assert question.unknown == ("Macron",)
    assert question.names == {"macron"}


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who said "red line"?', ("red line",)), ("Who said “a red line” and «so on»?", ("a red line", "so on")),
        ("It’s 'not' one", ()), ('an inch is 1"', ()), ('""', ()),
    ],
)  # fmt: skip
def test_what_stands_in_quotation_marks(question: str, phrases: tuple[str, ...]) -> None:
    assert features.phrases(question) == phrases


@given(st.text(max_size=60), st.text(max_size=10), st.text(max_size=10))
def test_a_phrase_is_found_where_it_stands(phrase: str, before: str, after: str) -> None:
    assert features.holds(f"{before} {phrase} {after}", phrase)
    assert features.holds(phrase, phrase.upper()) or phrase.upper().casefold() != phrase.casefold()


def test_the_look_of_marks_does_not_count_but_the_words_do() -> None:
    assert features.holds("It was Putin’s Novo–Ogaryovo, Mykhaïlo  said.", "putin's novo-ogaryovo, mykhailo said")
    assert not features.holds("They stopped it", "they stop it")


def test_a_phrase_in_quotation_marks_must_stand_verbatim(store: Store, encoder: SentenceTransformerEncoder) -> None:
    ranking = search.search('Who spoke of a "very large shaker of salt"?', store, encoder)
    assert {hit.passage.paragraph for hit in ranking.hits} == {22}
    ranking = search.search("Who spoke of “a very small shaker of salt”?", store, encoder)
    assert ranking.hits == ()
    assert ranking.unknown == ("a very small shaker of salt",)


def outlets_index(folder: Path) -> Store:
    """Three outlets with the same report of different days, and an essay."""
    cards = {
        "a": 'outlet = "BBC News - World"\npublished = 2023-05-03',
        "b": 'outlet = "Fortune"\npublished = 2023-05-04',
        "c": 'outlet = "The Age"\npublished = 2023-05-05',
        "d": 'outlet = "The Age"\ntitle = "On the Length of Walls"',
    }
    corpus = folder / "corpus"
    corpus.mkdir()
    for name in "abc":
        (corpus / f"{name}.txt").write_text(f"The mayor of Springfield opened a bridge, says {name}.", encoding="utf-8")
    (corpus / "d.txt").write_text("Bricks are heavy and so is mortar.", encoding="utf-8")
    tables = (f'["{name}.txt"]\n{card}' for name, card in cards.items())
    (corpus / "sources.toml").write_text("\n".join(tables), encoding="utf-8")
    build(corpus, folder / "data", WordHashEncoder())
    return Generations(folder / "data").open_current()[0]


@pytest.mark.parametrize(
    ("question", "first", "preferred"),
    [
        ("What did Fortune say the mayor opened?", "b", ("Fortune",)),
        ("According to The Age, what did the mayor open?", "c", ("The Age",)),
        ("What did the BBC report that the mayor opened on 3 May?", "a", ("BBC News - World", "3 May")),
        ("Which report of 5 May 2023 has the mayor opening a bridge?", "c", ("5 May 2023",)),
    ],
)
def test_articles_of_a_named_outlet_or_day_come_first_and_others_after(
    tmp_path: Path, question: str, first: str, preferred: tuple[str, ...]
) -> None:
    ranking = search.search(question, outlets_index(tmp_path), WordHashEncoder())
    assert ranking.hits[0].passage.source.id == first
    assert {hit.passage.source.id for hit in ranking.hits} >= set("abc")
    assert ranking.preferred == preferred


def test_nothing_is_said_to_be_preferred_that_no_hit_is_of(tmp_path: Path) -> None:
    ranking = search.search(
        "What did Fortune report on 9 May about a mayor?", outlets_index(tmp_path), WordHashEncoder()
    )
    assert ranking.preferred == ("Fortune",)


def test_a_headline_in_quotation_marks_names_its_article(tmp_path: Path) -> None:
    question = 'What does "On the Length of Walls" say of bricks?'
    ranking = search.search(question, outlets_index(tmp_path), WordHashEncoder())
    assert [hit.passage.source.id for hit in ranking.hits] == ["d"]


def test_typographic_variants_find_the_same(store: Store, encoder: SentenceTransformerEncoder) -> None:
    variants = ["Putin’s Novo-Ogaryovo residence", "Putin's Novo Ogaryovo residence", "Putin`s novo–ogaryovo residence"]
    found = [{hit.passage.source.id for hit in search.search(v, store, encoder).hits[:3]} for v in variants]
    assert found[0] == found[1] == found[2]


def test_filters_hold_for_every_hit(store: Store, encoder: SentenceTransformerEncoder) -> None:
    filters = Filters(articles=("002_6378cb4c47d900f5",))
    hits = search.search("Who denied the attack on the Kremlin?", store, encoder, filters).hits
    assert {hit.passage.source.id for hit in hits} == {"002_6378cb4c47d900f5"}
    assert search.search("anything", store, encoder, Filters(outlets=("None",))).hits == ()


def test_hits_are_in_order_and_scores_are_odds_against_the_best(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    ranking = search.search("How far is the Ukrainian border from the Kremlin?", store, encoder)
    scores = [hit.score for hit in ranking.hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(ranking.confidence)
    assert 0 < ranking.confidence < 1
    assert len({hit.passage for hit in ranking.hits}) == len(ranking.hits) <= search.READ
    for hit in ranking.hits:
        assert hit.best in hit.passage.sentences
        assert [sentence.span for sentence in hit.sentences] == list(hit.passage.sentences)


class Finds:
    """A reader that knows which words answer; it keeps what it was given to read."""

    def __init__(self, wanted: str, log_odds: float = 30.0) -> None:
        self.wanted = wanted
        self.log_odds = log_odds
        self.windows: list[Window] = []

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        assert question
        self.windows += windows
        return [
            Reading(Span(start := window.words.index(self.wanted), start + len(self.wanted)), self.log_odds)
            if self.wanted in window.words
            else Reading(Span(0, 1), -30.0)
            for window in windows
        ]


def test_what_the_reader_finds_comes_first_with_its_words_and_is_believed(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    question = "How far is the Ukrainian border from the Kremlin?"
    found = search.search(question, store, encoder, reader=Finds("no such words"))
    assert found.confidence < 0.1
    assert all(hit.answer is None for hit in found.hits)  # words that rather do not answer are not marked
    last = found.hits[-1]
    words = last.passage.words(last.best).split()[-1]
    ranking = search.search(question, store, encoder, reader=Finds(words))
    best = ranking.hits[0]
    assert best.answer is not None
    assert best.passage.words(best.answer) == words
    assert best.best.start <= best.answer.start < best.answer.end <= best.best.end
    assert ranking.confidence > 0.9


def test_a_window_stands_for_the_sentence_with_its_likeliest_words_even_where_they_rather_do_not_answer(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    asked, found = search.look_through("Who denied the attack on the Kremlin?", store, encoder)
    window = next(window for window in search.windows(found) if len(window) > 1)
    worst = min(window, key=lambda hit: hit.score)
    words = worst.passage.words(worst.span)
    read = search.read(asked, found, Finds(words, -1.0))
    assert (worst.passage, worst.span, None) in [(hit.passage, hit.span, hit.answer) for hit in read]


def test_no_text_is_read_of_a_passage_that_is_not_looked_through(
    store: Store, encoder: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "READ", 3)
    read: list[int] = []
    passages = store.passages

    def noted(rows: list[int]) -> list[Row]:
        read.extend(rows)
        return passages(rows)

    monkeypatch.setattr(store, "passages", noted)
    _, found = search.look_through("Who denied the attack on the Kremlin?", store, encoder)
    assert len(read) == len({hit.passage for hit in found}) == 3


def test_windows_are_whole_sentences_around_the_best_and_none_is_read_twice(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    reader = Finds("no such words")
    search.search("Who denied the attack on the Kremlin?", store, encoder, reader=reader)
    assert 1 < len(reader.windows) <= search.WINDOWS
    _, found = search.look_through("Who denied the attack on the Kremlin?", store, encoder)
    chosen = search.windows(found)
    assert chosen[0] == sorted(chosen[0], key=lambda hit: hit.span.start)
    assert max(hit.score for hit in chosen[0]) == max(hit.score for hit in found)
    places = [(hit.passage, hit.span) for window in chosen for hit in window]
    assert len(places) == len(set(places))
    for window, read in zip(chosen, reader.windows, strict=True):
        passage = window[0].passage
        assert read.words == passage.words(Span(window[0].span.start, window[-1].span.end))
        assert read.headline == passage.source.title
        assert len(window) == 1 or len(read.words) <= search.WINDOW_CHARS
    assert any(len(window) > 1 for window in chosen)


def test_once_the_reader_is_sure_the_rest_is_not_read_and_stays_behind(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    question = "Who denied the attack on the Kremlin?"
    chosen = search.windows(search.look_through(question, store, encoder)[1])
    assert len(chosen) > search.ROUND
    first = chosen[0]
    words = first[0].passage.words(Span(first[0].span.start, first[-1].span.end))
    reader = Finds(words)
    ranking = search.search(question, store, encoder, reader=reader)
    assert len(reader.windows) == search.ROUND
    assert {hit.passage for hit in ranking.hits} == {hit.passage for window in chosen for hit in window}
    assert ranking.hits[0].passage == first[0].passage
    unread = {hit.passage for window in chosen[search.ROUND :] for hit in window}
    assert all(hit.answer is None for hit in ranking.hits if hit.passage in unread)


def test_a_question_longer_than_those_a_reader_learned_from_is_not_read(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    longest = " ".join(["Who denied the attack on the Kremlin", *["and again"] * 10])
    for question, read in ((longest, True), (f"{longest} today", False)):
        assert search.is_read(question) is read
        reader = Finds("denied")
        ranking = search.search(question, store, encoder, reader=reader)
        assert bool(reader.windows) is read
        assert read or ranking == search.search(question, store, encoder)


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("Who denied the attack?", True),
        ("who denied the attack", True),
        ("the attack on the Kremlin was denied by whom", True),
        ("Did Kyiv order the attack", True),
        ("Tell me the date of the attack", True),
        ("the attack on the Kremlin?", True),
        ("attack on the Kremlin denied", False),
        ("The president whose attack", True),
        ("Kyiv did order the attack on the Kremlin", False),
        ("whoever ordered the attack", False),
    ],
)
def test_what_asks_nothing_is_not_read(
    question: str, read: bool, store: Store, encoder: SentenceTransformerEncoder
) -> None:
    reader = Finds("denied")
    ranking = search.search(question, store, encoder, reader=reader)
    assert bool(reader.windows) is read is search.is_read(question)
    assert read or ranking == search.search(question, store, encoder)


def test_the_weights_name_features_that_exist(store: Store, encoder: SentenceTransformerEncoder) -> None:
    weights = json.loads(Path(search.__file__).with_name("ranking.json").read_text(encoding="utf-8"))
    question, found = search.look_through("Who denied the attack?", store, encoder)
    read = search.read(question, found, Finds("denied"))
    assert set(weights["first"]) <= set(found[0].features)
    assert set(weights["read"]) <= set(read[0].features)
    for model, best in (("confidence", read), ("confidence_unread", sorted(found, key=lambda hit: -hit.score))):
        values = search.confidence_features(question, best) | {"bias": 1.0}
        assert set(weights[model]) <= set(values)
        by_hand = 1 / (1 + math.exp(-sum(weight * values[name] for name, weight in weights[model].items())))
        assert search.probability(question, best, weights[model]) == pytest.approx(by_hand)


def test_of_what_is_near_enough_none_is_nearer(store: Store, encoder: SentenceTransformerEncoder) -> None:
    found = search.look_through("What happened near the Kremlin in Moscow on Wednesday?", store, encoder)[1]
    sums = [hit.features["dense_passage"] + hit.features["cover_passage_title"] for hit in found]
    assert max(sums) > search.NEARNESS > min(sums)
    for hit, both in zip(found, sums, strict=True):
        assert hit.features["near"] == pytest.approx(min(both, search.NEARNESS) / search.NEARNESS)


def test_an_index_of_nothing_has_no_hits(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    build(tmp_path / "corpus", tmp_path / "data", WordHashEncoder())
    empty = Generations(tmp_path / "data").open_current()[0]
    assert search.search("anything at all", empty, WordHashEncoder()) == search.Ranking((), 0.0, ())
