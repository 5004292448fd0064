from __future__ import annotations

import random
import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from word_encoder import WordHashEncoder

from index.build import build
from index.findings import PLACES, Finding, Quotation, Verdict
from index.generations import Generations
from index.model import Filters, Kind
from index.passages import paragraph_spans, split
from index.quoting import ANY, hold
from index.tokens import Change, Typography, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from index.findings import Standing
    from index.store import Store

    Make = Callable[..., Store]

FILLER = "Nothing else of note was told on that long and quiet day by anyone in the town. " * 12


class Sentences(list[tuple[str, int, str]]):
    """The article, the beginning and the text of sentences; hypothesis cannot print so many."""

    def __repr__(self) -> str:
        return f"{len(self)} sentences"


def held(store: Store, text: str, filters: Filters = ANY, outlets: tuple[str, ...] = ()) -> Finding:
    """A finding whose every place and segment has been checked against the stored text."""
    finding = hold(Quotation(text, 7, 7 + len(text)), store, filters, outlets)
    for standing in (*finding.standings, *(s for part in finding.parts for s in part.standings)):
        article = store.article(standing.source.id)
        assert article is not None
        assert article.text[standing.start : standing.end] == standing.text
        spans = paragraph_spans(article)[standing.paragraph - 1 : standing.paragraph + 1]
        assert spans[0].start <= standing.end
        assert all(standing.start < following.start for following in spans[1:])
    assert len(set(places(finding.standings))) == len(finding.standings)
    assert bool(finding.segments) == (finding.verdict in {Verdict.ALTERED, Verdict.SHORTENED})
    assert bool(finding.parts) == (finding.verdict is Verdict.STITCHED)
    if finding.segments:
        assert "".join(segment.quoted for segment in finding.segments) == text
        assert "".join(segment.printed for segment in finding.segments) == finding.standings[0].text
        assert {segment.change for segment in finding.segments} - {Change.EQUAL}
    for one, other in pairwise(finding.parts):
        assert one.end <= other.start
    return finding


def places(standings: tuple[Standing, ...]) -> list[tuple[str, int, int]]:
    return [(s.source.id, s.start, s.end) for s in standings]


def changes(finding: Finding) -> list[tuple[str, str, str]]:
    return [(s.change.value, s.quoted, s.printed) for s in finding.segments if s.change is not Change.EQUAL]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Store] = []

    def make_store(texts: dict[str, str], outlets: dict[str, str] | None = None, extra: str = "") -> Store:
        folder = tmp_path / str(len(made))
        corpus = folder / "corpus"
        corpus.mkdir(parents=True)
        for name, text in texts.items():
            (corpus / f"{name}.txt").write_text(text, encoding="utf-8")
        tables = (f'["{name}.txt"]\noutlet = "{outlet}"\n' for name, outlet in (outlets or {}).items())
        (corpus / "sources.toml").write_text("\n".join(tables) + extra, encoding="utf-8")
        build(corpus, folder / "data", WordHashEncoder())
        made.append(Generations(folder / "data").open_current()[0])
        return made[-1]

    yield make_store
    for store in made:
        store.close()


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("quoting") / "data"
    build(SEEDS, folder, WordHashEncoder())
    store = Generations(folder).open_current()[0]
    yield store
    store.close()


@pytest.fixture(scope="module")
def sentences(seeds: Store) -> Sentences:
    """Every quotable sentence of the seed articles."""
    found = Sentences()
    for listing in seeds.listings(ANY):
        article = seeds.article(listing.source.id)
        assert article is not None
        for passage in split(article):
            if passage.kind is not Kind.RELATED:
                found += [(article.source.id, span.start, passage.words(span)) for span in passage.sentences]
    assert len(found) > 150
    return found


# --- tokens ----------------------------------------------------------------------------------------------------------

_TEXTS = st.text(st.characters() | st.sampled_from("ab .,'’“”\"-–—…[]*_>\u00ad\u200b\u0301\n\u00a0é3日ー"), max_size=80)


@given(_TEXTS)
def test_tokens_are_slices_of_the_text_in_order_and_leave_out_only_what_is_not_compared(text: str) -> None:
    read = tokens(text)
    at = 0
    for number, (start, end) in enumerate(read.spans):
        assert at <= start < end
        assert read.token(number) == text[start:end]
        assert read.gap(number) == text[at:start]
        assert read.keys[number] == tokens(text[start:end]).keys[0]
        at = end
    assert read.gap(len(read.spans)) == text[at:]
    left_out = "".join(read.gap(number) for number in range(len(read.spans) + 1))
    assert not [c for c in left_out if c.isalnum() or c in ".,;:!?-()[]"]
    assert read.lines == "\n" + "".join(f"{key}\n" for key in read.keys)


@given(_TEXTS, _TEXTS, _TEXTS)
def test_tokens_of_a_stretch_are_those_of_its_characters(before: str, text: str, after: str) -> None:
    whole = f"{before}\n{text}\n{after}"
    start = len(before) + 1
    read, alone = tokens(whole, start, start + len(text)), tokens(text)
    assert read.keys == alone.keys
    assert [(a - start, b - start) for a, b in read.spans] == alone.spans


@given(st.lists(st.sampled_from("ab"), max_size=30), st.lists(st.sampled_from("ab"), min_size=1, max_size=4))
def test_a_run_is_found_wherever_it_stands(words: list[str], run: list[str]) -> None:
    expected = {n for n in range(len(words)) if words[n : n + len(run)] == run}
    assert {found.start for found in tokens(" ".join(words)).find(run)} == expected
    assert {found.start for found in tokens(" ".join(words)).find([run[0].upper(), *run[1:]])} == expected


# --- exact -----------------------------------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_sentence_stands_exactly_where_it_is(seeds: Store, sentences: Sentences, data: st.DataObject) -> None:
    article, start, text = data.draw(st.sampled_from(sentences))
    finding = held(seeds, text)
    assume(any(c.isalnum() for c in text))
    assert finding.verdict is Verdict.EXACT
    assert (article, start, start + len(text)) in places(finding.standings)
    assert finding.standings[0].typography == ()
    assert finding.telling == (len(re.findall(r"[^\W_]+(?:[’'.,:]\w+)*", text)) >= 3)


@given(seed=st.integers(0, 1_000_000))
@settings(max_examples=100, deadline=None)
def test_other_typography_is_named_and_alters_nothing(seeds: Store, sentences: Sentences, seed: int) -> None:
    draw = random.Random(seed)
    article, start, text = draw.choice([s for s in sentences if len(s[2].split()) > 4])
    others = (
        (Typography.QUOTATION_MARKS, '“”"', '“”„«»"'),
        (Typography.QUOTATION_MARKS, "‘’'", "‘’'"),
        (Typography.DASHES, "-–—", "-–—‑"),
        (Typography.SPACES, " \n\u2009\u00a0", (" ", "\u00a0", "\n", "  ")),
        (Typography.ELLIPSIS, "…", ("…", "...")),
    )
    changed, named = "", set()
    for character in text:
        name, other = next(((n, draw.choice(like)) for n, of, like in others if character in of), (None, character))
        if name and other != character:
            named.add(name)
        changed += other
    composed = unicodedata.normalize("NFD", changed)
    if composed != changed:
        named.add(Typography.ACCENTS)
    finding = held(seeds, composed)
    assert finding.verdict is Verdict.EXACT
    there = [s for s in finding.standings if (s.source.id, s.start) == (article, start)]
    assert [s.end for s in there] == [start + len(text)]
    assert set(there[0].typography) == named


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_sentence_with_a_word_replaced_is_altered_and_the_word_is_shown(
    seeds: Store, sentences: Sentences, data: st.DataObject
) -> None:
    article, start, text = data.draw(st.sampled_from([s for s in sentences if len(s[2].split()) > 6]))
    word = data.draw(st.sampled_from(list(re.finditer(r"(?<![\w‘’'.,:-])[^\W_]+(?![\w‘’'.,:-])", text))))
    finding = held(seeds, f"{text[: word.start()]}zebras{text[word.end() :]}")
    assert finding.verdict is Verdict.ALTERED
    assert [re.sub(r"\W", "", quoted) for _, quoted, _ in changes(finding)] == ["zebras"]
    (standing,) = finding.standings
    # Another place may differ in nothing but this word, and is as near then.
    around = re.compile(rf"{re.escape(text[: word.start()])}[^\W_]+{re.escape(text[word.end() :])}")
    if sum(bool(around.search(other)) for _, _, other in sentences) == 1:
        assert standing.source.id == article
        assert start <= standing.start <= standing.end <= start + len(text)


@pytest.mark.parametrize(
    ("quoted", "typography"),
    [
        ("They won’t go – not “now” – and Zoë knew", ()),
        ("they won’t go – not “now” – and Zoë knew", (Typography.CAPITAL,)),
        ("They won't go – not ‘now’ – and Zoë knew", (Typography.QUOTATION_MARKS,)),
        ("They won’t go – not now – and Zoë knew", (Typography.QUOTATION_MARKS,)),
        ("They won’t go—not “now”—and Zoë knew", (Typography.DASHES, Typography.SPACES)),
        ("They won’t go -- not “now” – and Zoë knew", (Typography.DASHES,)),
        ("They won’t go – not “now” – and Zoe\u0308 knew", (Typography.ACCENTS,)),
        ("They won’t\u00a0go – not\n“now” – and Zoë knew", (Typography.SPACES,)),
        ("They won’t go – not “now” – and Zoë knew,", (Typography.CLOSING,)),
        ("They won’t go – not “now” – and Zoë knew.", (Typography.CLOSING,)),
        ("They won’t go – not “now” – and Zoë knew it.", ()),
        ("… won’t go – not “now” – and Zoë knew …", (Typography.ELLIPSIS,)),
        ("they **won’t** go – not “now” – and Zoë knew", (Typography.CAPITAL, Typography.MARKUP)),
        ("They won’t go – not “now” –\n> and Zoë knew", (Typography.SPACES, Typography.MARKUP)),
        ("They won’t go – not “\u200bnow” – and Zo\u00adë knew", (Typography.INVISIBLE,)),
        ("It was late... They won’t go", (Typography.ELLIPSIS,)),
        ('"It was late… They won’t go', (Typography.QUOTATION_MARKS,)),
        ('It was late… They won’t go"', (Typography.QUOTATION_MARKS,)),
    ],
)
def test_what_differs_in_typography_is_named(make: Make, quoted: str, typography: tuple[Typography, ...]) -> None:
    store = make({"a": "It was late… They won’t go – not “now” – and Zoë knew it."})
    finding = held(store, quoted)
    assert finding.verdict is Verdict.EXACT
    assert finding.standings[0].typography == typography


@pytest.mark.parametrize(
    "quoted",
    [
        "They do know it was late?",
        "They do know it was late!",
        "They Do know it was late",
        "They do know it, was late",
        "They do know it waslate",
        "They do know [it] was late",
        "They do know it was Late",
    ],
)
def test_what_is_not_typography_alters(make: Make, quoted: str) -> None:
    assert held(make({"a": "They do know it was late. So they went."}), quoted).verdict is Verdict.ALTERED


def test_the_place_takes_in_the_marks_that_the_quotation_has_too(make: Make) -> None:
    store = make({"a": "He said: “We did it,” and left."})
    assert held(store, "“We did it,” and left").standings[0].text == "“We did it,” and left"
    assert held(store, '"We did it," and left.').standings[0].text == "“We did it,” and left."
    assert held(store, "We did it").standings[0].text == "We did it"
    assert held(store, "We did it.").standings[0].text == "We did it"
    assert held(store, "We did it,").standings[0].text == "We did it,"


def test_a_quotation_may_run_over_paragraphs(make: Make) -> None:
    store = make({"a": f"{FILLER}\n\nThe plan was old.\n\nNobody had read it. {FILLER}"})
    finding = held(store, "The plan was old. Nobody had read it.")
    assert (finding.verdict, finding.standings[0].paragraph) == (Verdict.EXACT, 2)
    assert finding.standings[0].typography == (Typography.SPACES,)


def test_every_place_is_listed_the_most_alike_first_and_more_are_told(make: Make) -> None:
    words = "The drones came at night again"
    store = make({"a": f"“{words}” and “{words}”.", "b": f"They said: {words.lower()}.", "c": f"{FILLER}"})
    finding = held(store, words)
    assert [(s.source.id, s.typography) for s in finding.standings] == [
        ("a", ()), ("a", ()), ("b", (Typography.CAPITAL,)),
    ]  # fmt: skip
    assert not finding.more


def test_scripts_without_spaces_are_compared_by_character(make: Make) -> None:
    clause = "計画は古いものだった。"
    store = make({"a": clause * 2 + "彼は川を渡った。" * 300 + clause})
    finding = held(store, "計画は古いものだった")
    assert [(s.start, s.text) for s in finding.standings][:2] == [(0, clause[:-1]), (11, clause[:-1])]
    assert len(finding.standings) == 3


def test_only_so_many_places_are_listed(make: Make) -> None:
    store = make({"a": " ".join(f"The drones came at night, {n}." for n in range(PLACES + 1))})
    finding = held(store, "the drones came at night")
    assert len(finding.standings) == PLACES
    assert finding.more
    assert not held(store, "the drones came at night, 5").more


@pytest.mark.parametrize(("text", "telling"), [("planned act", False), ("a planned act", True), ("act", False)])
def test_short_quotations_are_reported_but_not_telling(make: Make, text: str, telling: bool) -> None:
    finding = held(make({"a": "It was a planned act."}), text)
    assert (finding.verdict, finding.telling) == (Verdict.EXACT, telling)


def test_short_quotations_are_never_altered(make: Make) -> None:
    assert held(make({"a": "It was a planned act."}), "planned acts").verdict is Verdict.NOT_FOUND


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "“”", ">"])
def test_no_words_are_not_found(seeds: Store, text: str) -> None:
    assert held(seeds, text) == Finding(Quotation(text, 7, 7 + len(text)), Verdict.NOT_FOUND, telling=False)


# --- altered ---------------------------------------------------------------------------------------------------------

PLAN = "The old plan, he said, was to cross the river at dawn and to burn the bridge behind them."


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("The old plan, he said, was to cross the road at dawn", [("replaced", "road ", "river ")]),
        ("was to cross the river at dawn and to burn the bridges", [("replaced", "bridges", "bridge")]),
        ("The bad plan, he said, was to cross the river", [("replaced", "bad ", "old ")]),
        ("This old plan, he said, was to cross the river", [("replaced", "This ", "The ")]),
        ("The old plan, he said, was not to cross the river", [("added", "not ", "")]),
        ("The old plan was to cross the river", [("left_out", "", ", he said, ")]),
        ("The plan, he said, was to cross the river", [("left_out", "", "old ")]),
        ("Yesterday the old plan, he said, was to cross the river", [("replaced", "Yesterday the ", "The ")]),
        (
            "he said, was to cross the RIVER at dusk and to burn",
            [("replaced", "RIVER ", "river "), ("replaced", "dusk ", "dawn ")],
        ),
        ("The old plan, [the general] said, was to cross the river", [("replaced", "[the general] ", "he ")]),
        ("[The general's] plan, he said, was to cross the river", [("added", "[The general's] ", "")]),
        ("[…] the old plan, he said, was to cross the [wide] river", [("added", "[wide] ", "")]),
        ("[T]he old plan, he said, was to cross the river", [("replaced", "[T]he ", "The ")]),
    ],
)
def test_what_differs_is_marked(make: Make, quoted: str, shown: list[tuple[str, str, str]]) -> None:
    store = make({"a": f"{FILLER}\n\nThere was talk. {PLAN} {FILLER}", "b": FILLER})
    finding = held(store, quoted)
    assert finding.verdict is Verdict.ALTERED
    found = changes(finding)
    assert [(change, said, printed.strip(" .")) for change, said, printed in found] == [
        (change, said, printed.strip(" .")) for change, said, printed in shown
    ]
    assert finding.standings[0].source.id == "a"
    assert finding.standings[0].text in PLAN


@pytest.mark.parametrize(
    "mark", ["…", "...", ". . .", "[…]", "[...]", "(…)", "[ … ]", ", …", ". …", "…,", ". ... ", "...."]
)
@pytest.mark.parametrize(
    ("one", "other", "left_out"),
    [
        ("The old plan", "was to cross the river at dawn", ", he said,"),
        ("he said, was to cross", "at dawn and to burn the bridge", "the river"),
        ("The old plan, he said, was", "Burn the bridge behind them", "to cross the river at dawn and to"),
    ],
)
def test_words_that_are_left_out_by_a_mark_are_shown(
    make: Make, one: str, other: str, left_out: str, mark: str
) -> None:
    store = make({"a": f"{FILLER}\n\nThere was talk. {PLAN} {FILLER}", "b": FILLER})
    finding = held(store, f"{one} {mark} {other}")
    assert finding.verdict is Verdict.SHORTENED
    ((change, quoted, printed),) = changes(finding)
    assert (change, printed.strip(" ,")) == ("left_out", left_out.strip(" ,"))
    assert quoted.strip(" ,") == mark.strip(" ,")  # a comma may stand in both
    assert finding.standings[0].text in PLAN
    assert (Typography.CAPITAL in finding.standings[0].typography) == other[0].isupper()


def test_words_may_be_left_out_twice_and_across_a_paragraph_but_not_out_of_order(make: Make) -> None:
    first, second, third = "The old plan was to cross the river", "the bridge was burnt behind them", "nobody saw it"
    text = f"{first} at dawn, he said.\n\nThen, he added, {second}. It was dark and {third}. {FILLER}"
    store = make({"a": text, "b": FILLER})
    finding = held(store, f"{first} … {second} [...] {third}")
    assert finding.verdict is Verdict.SHORTENED
    assert [printed.strip() for *_, printed in changes(finding)] == [
        "at dawn, he said.\n\nThen, he added,",
        ". It was dark and",
    ]
    assert held(store, f"{second} … {first}").verdict is not Verdict.SHORTENED


@pytest.mark.parametrize(("apart", "verdict"), [(490, Verdict.SHORTENED), (520, Verdict.ALTERED)])
def test_no_more_than_a_paragraph_is_left_out_at_once(make: Make, apart: int, verdict: Verdict) -> None:
    first, second = "The old plan was to cross the river at dawn", "the bridge was burnt behind the last of them"
    store = make({"a": f"{first} {'so ' * (apart // 3)}{second}.", "b": FILLER})
    assert held(store, f"{first} … {second}").verdict is verdict


def test_what_is_left_out_without_a_mark_is_an_alteration(make: Make) -> None:
    first, second = "The old plan was to cross the river", "the bridge was burnt behind the last of them"
    store = make({"a": f"{first} at dawn, and {second}. {FILLER}", "b": FILLER})
    finding = held(store, f"{first} {second}")
    assert finding.verdict is Verdict.ALTERED
    assert [(change, printed.strip()) for change, _, printed in changes(finding)] == [("left_out", "at dawn, and")]


@pytest.mark.parametrize(
    "aside",
    [
        "Also Read: Seven elephants were seen crossing the frozen river by moonlight",
        "Pictured: the bridge before it was burnt.",
    ],
)
def test_a_quotation_may_run_over_what_is_not_of_the_running_text(make: Make, aside: str) -> None:
    first, second = "Nobody had a plan to cross the river at dawn.", "The bridge was burnt behind the last of them."
    store = make({"a": f"{FILLER}\n\n{first}\n\n{aside}\n\n{second}\n\n{FILLER}", "b": FILLER})
    finding = held(store, f"{first} {second}")
    assert finding.verdict is Verdict.SHORTENED
    assert [printed.strip() for *_, printed in changes(finding)] == [aside]
    prose = aside.replace("Also Read", "He told us").replace("Pictured", "He told us") + "."
    other = make({"a": f"{first}\n\n{prose}\n\n{second}"})
    assert held(other, f"{first} {second}").verdict is not Verdict.SHORTENED


def test_a_mark_where_nothing_is_left_out_is_typography(make: Make) -> None:
    store = make({"a": f"The plan was an old one. Nobody had ever read it. {FILLER}"})
    finding = held(store, "The plan was an old one … Nobody had ever read it")
    assert (finding.verdict, finding.segments) == (Verdict.EXACT, ())
    assert Typography.ELLIPSIS in finding.standings[0].typography


def test_a_shortened_quotation_stands_in_every_place_that_has_it_and_maybe_in_another_source(make: Make) -> None:
    quoted = "The old plan … was to cross the river at dawn"
    texts = {"a": PLAN, "b": f"{FILLER} {PLAN.replace(', he said,', ', said he,')}", "c": FILLER}
    store = make(texts, {"a": "The Paper", "b": "The Post", "c": "The Wire"})
    finding = held(store, quoted, outlets=("The Post",))
    assert (finding.verdict, [s.source.id for s in finding.standings]) == (Verdict.SHORTENED, ["b", "a"])
    assert [printed.strip() for *_, printed in changes(finding)] == [", said he,"]
    finding = hold(Quotation(quoted, 0, len(quoted)), store, ANY, ("The Wire",))
    assert (finding.verdict, len(finding.standings)) == (Verdict.OTHER_SOURCE, 2)
    assert finding.segments


def test_ligatures_are_the_letters_that_they_show(make: Make) -> None:
    store = make({"a": "The ﬁrst ferry would call at the west basin on Friday. The ﬂag was oﬃcial."})
    finding = held(store, "the first ferry would call at the west basin on Friday")
    assert (finding.verdict, finding.standings[0].text[:9]) == (Verdict.EXACT, "The ﬁrst ")
    assert finding.standings[0].typography == (Typography.LIGATURES, Typography.CAPITAL)
    assert held(store, "the first ferry").verdict is Verdict.EXACT
    assert held(store, "The flag was official.").standings[0].typography == (Typography.LIGATURES,)
    assert held(make({"a": "The first ferry."}), "The ﬁrst ferry").verdict is Verdict.EXACT


@pytest.mark.parametrize("seam", [" … ", "... ", " ", ", and ", ". ", " [...] ", ". ... ", ".... "])
@pytest.mark.parametrize(
    "texts",
    [
        {"a": "The old plan was to cross the river at dawn, he said.", "b": "So the bridge was burnt behind the last."},
        {"a": "The old plan was to cross the river at dawn.\n\n{}\n\nSo the bridge was burnt behind the last. {}"},
        {"a": "So the bridge was burnt behind the last.\n\nThe old plan was to cross the river at dawn."},
    ],
)
def test_parts_from_different_places_are_stitched(make: Make, texts: dict[str, str], seam: str) -> None:
    store = make({name: text.format(FILLER, FILLER) for name, text in texts.items()} | {"z": FILLER})
    one, other = "The old plan was to cross the river at dawn", "the bridge was burnt behind the last"
    finding = held(store, f"{one}{seam}{other}")
    assert finding.verdict is Verdict.STITCHED
    assert [finding.quotation.text[part.start : part.end].rstrip(".,") for part in finding.parts] == [one, other]
    assert [part.standings[0].text.rstrip(".,") for part in finding.parts] == [one, other]
    assert [part.standings[0].source.id for part in finding.parts] == ["a", "b" if "b" in texts else "a"]


def test_three_places_are_stitched_and_each_part_lists_all_its_own(make: Make) -> None:
    parts = ["The river was crossed by night", "and nobody saw the boats leave", "until the bells of morning rang"]
    store = make(
        {"a": f"{parts[0]}.", "b": f"He left, {parts[1]}.", "c": f"It was dark {parts[2]}.", "d": f"{parts[0]}!"}
    )
    finding = held(store, f"{parts[0]} {parts[1]} … {parts[2]}.")
    assert finding.verdict is Verdict.STITCHED
    assert [[s.source.id for s in part.standings] for part in finding.parts] == [["a", "d"], ["b"], ["c"]]


def test_a_few_words_from_elsewhere_do_not_make_it_stitched(make: Make) -> None:
    store = make({"a": PLAN, "b": f"{FILLER} Then at the end of it all came rain."})
    finding = held(store, PLAN.replace("behind them", "at the end of it"))
    assert finding.verdict is Verdict.ALTERED
    assert finding.standings[0].source.id == "a"


def test_half_a_quotation_that_stands_is_shown_with_what_is_added(make: Make) -> None:
    half = "The old plan, he said, was to cross the river at dawn"
    finding = held(make({"a": PLAN}), f"{half} while singing songs of praise for the emperor's many shiny new gowns")
    assert finding.verdict is Verdict.ALTERED
    assert finding.segments[0].quoted.strip() == half
    assert "singing songs of praise" in finding.segments[1].quoted


def test_the_nearest_of_several_wordings_is_shown(make: Make) -> None:
    store = make({"a": PLAN.replace("dawn", "noon").replace("old", "new"), "b": PLAN, "c": PLAN.replace("he", "she")})
    finding = held(store, PLAN.replace("bridge", "boats"))
    assert places(finding.standings) == [("b", 0, len(PLAN) - 1)]


# --- other source, not found -----------------------------------------------------------------------------------------


def test_a_quotation_that_stands_in_other_outlets_only(make: Make) -> None:
    texts = {"a": PLAN, "b": f"{FILLER}", "c": f"{FILLER} {PLAN}"}
    store = make(texts, {"a": "The Paper", "b": "The Wire", "c": "The Post"})
    finding = held(store, PLAN, outlets=("The Wire",))
    assert finding.verdict is Verdict.OTHER_SOURCE
    assert finding.outlets == ("The Wire",)
    assert [s.source.outlet for s in finding.standings] == ["The Paper", "The Post"]
    finding = held(store, PLAN, outlets=("The Wire", "The Post"))
    assert (finding.verdict, finding.outlets) == (Verdict.EXACT, ("The Wire", "The Post"))
    assert [s.source.outlet for s in finding.standings] == ["The Post", "The Paper"]
    assert held(store, PLAN).verdict is Verdict.EXACT
    altered = held(store, PLAN.replace("old", "new"), outlets=("The Wire",))
    assert (altered.verdict, altered.outlets) == (Verdict.ALTERED, ("The Wire",))


def test_an_article_without_an_outlet_may_be_of_the_one_that_is_named(make: Make) -> None:
    store = make({"a": PLAN, "b": FILLER, "c": PLAN}, {"b": "The Wire", "c": "The Post"})
    assert held(store, PLAN, outlets=("The Wire",)).verdict is Verdict.EXACT


@pytest.mark.parametrize(
    "text",
    [
        "Nobody has ever seen a purple elephant in the halls of the museum.",
        "the of and to a in that it is was for on with as",
        "qwertz asdfgh yxcvbn",
        "これは東京の話です",
    ],
)
def test_what_is_not_near_is_not_found(seeds: Store, text: str) -> None:
    finding = held(seeds, text)
    assert (finding.verdict, finding.standings, finding.telling) == (Verdict.NOT_FOUND, (), True)


def test_an_index_of_nothing_holds_nothing(make: Make) -> None:
    assert held(make({}), PLAN).verdict is Verdict.NOT_FOUND


def test_no_article_outside_the_filters_is_found(make: Make) -> None:
    store = make({"a": PLAN, "b": f"{FILLER} {PLAN.replace('old', 'new')}", "c": FILLER}, {"a": "The Paper"})
    assert {s.source.id for s in held(store, PLAN, Filters(articles=("a", "c"))).standings} == {"a"}
    finding = held(store, PLAN, Filters(articles=("b", "c")))
    assert (finding.verdict, [s.source.id for s in finding.standings]) == (Verdict.ALTERED, ["b"])
    assert held(store, PLAN, Filters(articles=("c",))).verdict is Verdict.NOT_FOUND
    assert held(store, PLAN, Filters(outlets=("the paper",))).verdict is Verdict.EXACT
    stitch = "The old plan, he said, was to cross … Nothing else of note was told on that long and quiet day"
    assert held(store, stitch, Filters(articles=("a", "c"))).verdict is Verdict.STITCHED
    near = held(store, stitch, Filters(articles=("a",)))
    assert {s.source.id for s in near.standings} <= {"a"}
    assert near.verdict is not Verdict.STITCHED


def test_headers_and_links_to_other_stories_are_no_coverage(make: Make) -> None:
    link = "Also Read: Seven elephants were seen crossing the frozen river by moonlight"
    store = make({"a": f"date 2023-05-04 {PLAN}\n\n{link}\n\n{FILLER}"})
    article = store.article("a")
    assert article is not None
    assert article.body_start
    assert held(store, "date 2023-05-04 The old plan, he said, was to cross").verdict is Verdict.ALTERED
    assert held(store, "Seven elephants were seen crossing the frozen river by moonlight").verdict is Verdict.NOT_FOUND
    assert held(store, "Seven elephants were seen crossing the frozen lake by moonlight").verdict is Verdict.NOT_FOUND


def test_a_link_is_no_coverage_even_beside_prose_with_the_same_words(make: Make) -> None:
    link = "Also Read: Seven elephants crossed the frozen river"
    store = make({"a": f"Seven elephants crossed, they said. {FILLER}\n\n{link}\n\nHe saw the frozen river. {FILLER}"})
    finding = held(store, "Seven elephants crossed the frozen river")
    assert finding.verdict is not Verdict.EXACT


def test_no_word_is_cut_where_reading_begins(make: Make) -> None:
    store = make({"a": f"{'a' * 2000}\n\nthe old plan was to cross the river."})
    assert held(store, "zed the old plan was to cross the river").standings[0].start == 0


@given(words=st.lists(st.sampled_from([*"…[].,-“”'", *PLAN.split(), "zebra"]), max_size=40))
@settings(max_examples=200, deadline=None)
def test_whatever_is_held_the_finding_is_sound(seeds: Store, words: list[str]) -> None:
    held(seeds, " ".join(words))
