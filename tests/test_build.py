from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st
from word_encoder import WordHashEncoder

from index.build import build, preview
from index.corpus import read_corpus
from index.errors import BuildError, CorpusError, LossError
from index.generations import Generations
from index.languages import indexed
from index.model import Filters, Kind
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.build import BuildReport
    from index.model import Article, Listing, Passage

A = "Kyiv denied it. Nobody was hurt.\n\nThe mayor spoke."
B = "Moscow claimed it. Drones were shot down."


def write(corpus: Path, **texts: str | None) -> None:
    """Make files hold these texts; None removes one."""
    corpus.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = corpus / (f"{name}.toml" if name == "sources" else f"{name}.txt")
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")


def rebuild(tmp_path: Path, encoder: WordHashEncoder | None = None, keep: int = 3, **texts: str | None) -> BuildReport:
    write(tmp_path / "corpus", **texts)
    return build(tmp_path / "corpus", tmp_path / "data", encoder or WordHashEncoder(), keep=keep)


def diff(report: BuildReport) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return report.changes.added, report.changes.changed, report.changes.removed


def listings(root: Path) -> dict[str, Listing]:
    store, warning = Generations(root).open_current()
    assert warning is None
    found = {listing.source.id: listing for listing in store.listings(Filters())}
    store.close()
    return found


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_first_build_adds_everything_and_embeds_each_text_once(tmp_path: Path) -> None:
    encoder = WordHashEncoder()
    report = rebuild(tmp_path, encoder, a=A, b=B)
    assert (report.built, diff(report), report.changes.refused) == (True, (("a", "b"), (), ()), ())
    m = report.manifest
    assert (m.generation, m.articles, m.passages, m.sentences) == (1, 2, 3, 5)
    # Three passages and five sentences; the one-sentence passage is the same text as its sentence.
    assert sorted(encoder.encoded) == sorted({
        "Kyiv denied it. Nobody was hurt.", "Kyiv denied it.", "Nobody was hurt.", "The mayor spoke.",
        "Moscow claimed it. Drones were shot down.", "Moscow claimed it.", "Drones were shot down.",
    })  # fmt: skip
    assert (report.embedded, report.reused) == (7, 0)


def test_added_changed_removed_unchanged_and_refused_are_told_apart(tmp_path: Path) -> None:
    rebuild(tmp_path, a=A, b=B, c="Gone soon.", d="Stays.")
    report = rebuild(tmp_path, a=A, b=B + " New.", c=None, e="Fresh.", f="")
    assert diff(report) == (("e",), ("b",), ("c",))
    assert [str(problem) for problem in report.changes.refused] == ["f.txt: it is empty"]
    lines = report.lines()
    assert lines[0] == "Built generation 2: 4 articles, 5 passages, 8 sentences."
    assert lines[1].startswith("1 added, 1 changed, 1 removed, 2 unchanged, 1 refused; 3 texts embedded, ")
    assert lines[2:] == ["  added: e", "  changed: b", "  removed: c", "  refused: f.txt: it is empty"]


def test_a_preview_tells_what_a_build_would_change_and_changes_nothing(tmp_path: Path) -> None:
    corpus, root = tmp_path / "corpus", tmp_path / "data"
    write(corpus, a=A)
    assert preview(corpus, root).added == ("a",)
    assert not root.exists()
    rebuild(tmp_path, a=A, b=B, c="Gone soon.", d="Stays.")
    write(corpus, a=A, b=B + " New.", c=None, e="Fresh.", f="")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    foreseen = preview(corpus, root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert foreseen.counts() == "1 added, 1 changed, 1 removed, 2 unchanged, 1 refused"
    assert foreseen.names() == ["  added: e", "  changed: b", "  removed: c", "  refused: f.txt: it is empty"]
    assert rebuild(tmp_path).changes == foreseen


def test_an_article_that_goes_bad_is_removed_and_refused(tmp_path: Path) -> None:
    rebuild(tmp_path, a=A, b=B)
    report = rebuild(tmp_path, b="")
    assert diff(report) == ((), (), ("b",))
    assert [problem.file for problem in report.changes.refused] == ["b.txt"]
    assert list(listings(tmp_path / "data")) == ["a"]


def test_a_long_report_names_twenty_and_counts_the_rest(tmp_path: Path) -> None:
    lines = rebuild(tmp_path, **{f"n{number:02d}": f"Text {number}." for number in range(23)}).lines()
    assert lines[2:] == [*(f"  added: n{number:02d}" for number in range(20)), "  added: 3 more"]


def test_notes_are_in_the_report_also_when_nothing_has_changed(tmp_path: Path) -> None:
    toml = '["zzz.txt"]\ntitle = "x"'
    for outcome in ("Built generation 1", "Nothing has changed; kept generation 1"):
        lines = rebuild(tmp_path, a=A, sources=toml).lines()
        assert lines[0].startswith(outcome)
        assert lines[-1] == '  note: sources.toml:1: there is no article file "zzz.txt"'


def test_progress_counts_texts_from_none_to_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embedding.CHUNK", 3)
    write(tmp_path / "corpus", a=A, b=B)
    seen: list[tuple[int, int]] = []
    build(tmp_path / "corpus", tmp_path / "data", WordHashEncoder(), progress=lambda *step: seen.append(step))
    assert seen == [(0, 7), (3, 7), (6, 7), (7, 7)]


def test_the_manifest_counts_what_is_stored_and_related_links_are_not(tmp_path: Path) -> None:
    report = build(SEEDS, tmp_path / "data", WordHashEncoder())
    passages = [p for article in read_corpus(SEEDS).articles for p in split(article) if p.kind is not Kind.RELATED]
    m = report.manifest
    assert (m.articles, m.passages, m.sentences) == (5, len(passages), sum(len(p.sentences) for p in passages))
    assert (m.model, m.dimension, m.corpus_sha256) == ("word-hash", 64, read_corpus(SEEDS).sha256)
    store = Generations(tmp_path / "data").open(1)
    assert sum(listing.passages for listing in store.listings(Filters())) == m.passages
    assert store.manifest == m
    for article in read_corpus(SEEDS).articles:
        assert store.article(article.source.id) == replace(article, spoken="en")
    store.close()


# --- nothing is done twice -------------------------------------------------------------------------------------------


def test_no_change_keeps_the_generation_and_embeds_nothing(tmp_path: Path) -> None:
    first = rebuild(tmp_path, a=A, b=B)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "data" / "generations").rglob("*"))
    encoder = WordHashEncoder()
    report = rebuild(tmp_path, encoder)
    assert (report.built, report.manifest, diff(report)) == (False, first.manifest, ((), (), ()))
    assert (encoder.encoded, report.embedded, report.reused) == ([], 0, 0)
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "data" / "generations").rglob("*")) == before


def test_only_new_texts_are_embedded(tmp_path: Path) -> None:
    rebuild(tmp_path, a=A, b=B)
    encoder = WordHashEncoder()
    report = rebuild(tmp_path, encoder, b="Moscow claimed it. Drones fell.", c="Nobody was hurt.")
    assert sorted(encoder.encoded) == ["Drones fell.", "Moscow claimed it. Drones fell."]
    assert (report.embedded, report.reused) == (2, 5)


def what_is_read(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """The ids of articles that are cut into passages from now on, and the words that the lexical index takes."""
    cut, words = list[str](), list[str]()

    def split_noted(article: Article) -> list[Passage]:
        cut.append(article.source.id)
        return split(article)

    def indexed_noted(text: str, language: str | None) -> str:
        words.append(text)
        return indexed(text, language)

    monkeypatch.setattr("index.build.split", split_noted)
    monkeypatch.setattr("index.lexical.indexed", indexed_noted)
    return cut, words


def test_what_has_not_changed_is_neither_cut_nor_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rebuild(tmp_path, a=A, b=B, gone="Gone, and not even here.")
    cut, words = what_is_read(monkeypatch)
    rebuild(tmp_path, b="Moscow claimed it.", c="Nobody was hurt.", gone=None)
    assert cut == ["b", "c"]
    of = {"Moscow claimed it.", B, "Drones were shot down.", "Nobody was hurt.", "Gone, and not even here."}
    assert set(words) == of  # what is left out has to be read to be forgotten, and what is earlier is kept elsewhere


def test_other_tools_read_everything_anew_and_embed_only_what_they_cut_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(tmp_path, a=A, b=B)
    cut, _ = what_is_read(monkeypatch)
    monkeypatch.setattr("index.build.tools", lambda: "sentencex 0")
    encoder = WordHashEncoder()
    report = rebuild(tmp_path, encoder, c="Nobody was hurt.")
    assert (cut, encoder.encoded, report.manifest.tools) == (["a", "b", "c"], [], "sentencex 0")


def test_a_renamed_article_is_not_embedded_again(tmp_path: Path) -> None:
    rebuild(tmp_path, a=A, b=B)
    encoder = WordHashEncoder()
    report = rebuild(tmp_path, encoder, a=None, z=A)
    assert (diff(report), encoder.encoded) == ((("z",), (), ("a",)), [])


def test_changed_metadata_is_a_change_that_embeds_nothing(tmp_path: Path) -> None:
    rebuild(tmp_path, a=A, b=B)
    indexed_at = listings(tmp_path / "data")["a"].indexed_at
    encoder = WordHashEncoder()
    report = rebuild(tmp_path, encoder, sources='["a.txt"]\noutlet = "Kyiv Daily"\npublished = 2024-01-02')
    assert (report.built, diff(report), encoder.encoded) == (True, ((), ("a",), ()), [])
    listing = listings(tmp_path / "data")["a"]
    assert (listing.source.outlet, listing.source.published) == ("Kyiv Daily", date(2024, 1, 2))
    assert listing.indexed_at == indexed_at


def test_reused_vectors_are_those_of_the_encoder(tmp_path: Path) -> None:
    for text in (A, A + " More.", A + " Yet more."):
        rebuild(tmp_path, a=text, b=B)
    store, _ = Generations(tmp_path / "data").open_current()
    for text, vector in store.vectors():
        np.testing.assert_allclose(vector, WordHashEncoder().encode([text])[0], atol=1e-7)
    store.close()


def test_indexed_at_stays_with_the_text_and_changes_with_it(tmp_path: Path) -> None:
    first = rebuild(tmp_path, a=A, b=B)
    second = rebuild(tmp_path, a=A + " More.")
    third = rebuild(tmp_path, c="New.")
    times = {name: listing.indexed_at for name, listing in listings(tmp_path / "data").items()}
    built = [report.manifest.built_at for report in (first, second, third)]
    assert times == {"a": built[1], "b": built[0], "c": built[2]}
    assert built[0] < built[1] < built[2]


@pytest.mark.parametrize("other", [WordHashEncoder("other"), WordHashEncoder(dimension=32)])
def test_another_model_embeds_everything_anew_and_changes_no_article(tmp_path: Path, other: WordHashEncoder) -> None:
    rebuild(tmp_path, a=A, b=B)
    indexed_at = listings(tmp_path / "data")["a"].indexed_at
    report = rebuild(tmp_path, other)
    assert (report.built, diff(report), report.embedded, report.reused) == (True, ((), (), ()), 7, 0)
    assert (report.manifest.model, report.manifest.dimension) == (other.model, other.dimension)
    assert listings(tmp_path / "data")["a"].indexed_at == indexed_at
    store, _ = Generations(tmp_path / "data").open_current(other)
    assert all(np.allclose(vector, other.encode([text])[0]) for text, vector in store.vectors())
    store.close()


# --- an empty corpus -------------------------------------------------------------------------------------------------


def test_an_empty_corpus_makes_an_empty_generation_that_can_be_searched(tmp_path: Path) -> None:
    report = rebuild(tmp_path)
    assert report.lines()[0] == "Built generation 1: 0 articles, 0 passages, 0 sentences."
    generations = Generations(tmp_path / "data")
    assert generations.inspect(1)[0] == []
    store, warning = generations.open_current(WordHashEncoder())
    assert (warning, store.listings(Filters())) == (None, [])
    assert store.search(WordHashEncoder().encode(["Who denied it?"])[0], ["denied"], Filters(), 5) == []
    store.close()
    assert rebuild(tmp_path).built is False
    assert rebuild(tmp_path, a=A).changes.added == ("a",)


@pytest.mark.parametrize(
    "texts", [{"a": None, "b": None}, {"a": "", "b": " \n"}], ids=["no files", "no readable files"]
)
def test_an_empty_corpus_never_replaces_a_full_index(tmp_path: Path, texts: dict[str, str | None]) -> None:
    rebuild(tmp_path, a=A, b=B)
    with pytest.raises(BuildError, match=r"holds no article that can be read, and the index has 2: it stays as it is"):
        rebuild(tmp_path, **texts)
    assert sorted(listings(tmp_path / "data")) == ["a", "b"]


def test_an_unusable_corpus_leaves_the_index_alone(tmp_path: Path) -> None:
    rebuild(tmp_path, a=A)
    with pytest.raises(CorpusError):
        rebuild(tmp_path, sources="not toml")
    with pytest.raises(CorpusError):
        build(tmp_path / "nowhere", tmp_path / "data", WordHashEncoder())
    assert list(listings(tmp_path / "data")) == ["a"]
    with pytest.raises(CorpusError):
        build(tmp_path / "nowhere", tmp_path / "fresh", WordHashEncoder())
    assert not (tmp_path / "fresh").exists()


# --- what goes wrong on the way --------------------------------------------------------------------------------------


class FailingEncoder(WordHashEncoder):
    """Fails as a model does."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        super().encode(texts)
        raise self.error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("CUDA out of memory.\nTried to allocate"), "CUDA out of memory"),
        (MemoryError(), "MemoryError"),
        (OSError(5, "Input/output error"), "[Errno 5] Input/output error"),
    ],
)
def test_a_model_that_fails_stops_the_build_with_one_sentence(tmp_path: Path, error: Exception, words: str) -> None:
    rebuild(tmp_path, a=A)
    write(tmp_path / "corpus", b=B)
    with pytest.raises(BuildError) as caught:
        build(tmp_path / "corpus", tmp_path / "data", FailingEncoder(error))
    assert str(caught.value) == f"The build stopped: {words}. The index is as it was before."
    assert [path.name for path in (tmp_path / "data" / "generations").iterdir()] == ["000001"]
    assert list(listings(tmp_path / "data")) == ["a"]
    assert rebuild(tmp_path).changes.added == ("b",)


def test_an_index_folder_that_cannot_be_made_is_a_plain_error(tmp_path: Path) -> None:
    write(tmp_path / "corpus", a=A)
    (tmp_path / "data").touch()
    with pytest.raises(BuildError, match=r"The index folder .* cannot be written: File exists\."):
        rebuild(tmp_path)


def test_articles_with_every_odd_character_survive_a_build(tmp_path: Path) -> None:
    texts = {
        "quotes": '“It\'s” "so" %s ? ; --',
        "astral": "🇷🇺🇺🇦 𝔘nd. Zwei.",
        "long": "word " * 3000 + ".",
        "ctl": "a\t[0m\u202e\u2028\ufeff.",
    }
    rebuild(tmp_path, **texts)
    store, _ = Generations(tmp_path / "data").open_current()
    for name, text in texts.items():
        article = store.article(name)
        assert article is not None
        assert article.text == text
    store.close()


# --- any history ends like a clean build -----------------------------------------------------------------------------

TEXTS = [
    A,
    B,
    "Kyiv denied it.",
    "Kyiv denied it.\n\nKyiv denied it.\n\nMoscow did not.",
    "Also Read: Nothing",
    "date 2023-05-04 The mayor spoke.",
]
STEP = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([*TEXTS, None, ""]),
    st.sampled_from(["", '["a.txt"]\noutlet = "O"']),
)


def content(root: Path) -> tuple[list[Article | None], list[object], list[object]]:
    """All that a reader can see of an index, but for times and generation numbers."""
    store, warning = Generations(root).open_current(WordHashEncoder())
    assert warning is None
    found = store.listings(Filters())
    articles = [store.article(listing.source.id) for listing in found]
    pools = []
    for question in (["denied"], ["mayor", "said"], ["moscow", "drones"]):
        vector = WordHashEncoder().encode([" ".join(question)])[0]
        pool = store.search(vector, question, Filters(), 4)
        pools.append(sorted(pool, key=lambda c: (c.passage.source.id, c.passage.start)))
    store.close()
    return articles, [(row.source, row.passages) for row in found], pools


@given(steps=st.lists(st.lists(STEP, min_size=1, max_size=3), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_history_of_changes_ends_like_a_clean_build(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, str | None, str]]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    corpus = folder / "corpus"
    write(corpus, keep="This one always stays.")
    for changes in steps:
        for name, text, toml in changes:
            write(
                corpus, **({name: text} if text is not None or (corpus / f"{name}.txt").exists() else {}), sources=toml
            )
        report = build(corpus, folder / "data", WordHashEncoder(), keep=1)
        assert report.embedded + report.reused > 0 or not report.built
    build(corpus, folder / "clean", WordHashEncoder())
    assert content(folder / "data") == content(folder / "clean")
    generations = Generations(folder / "data")
    assert generations.inspect(generations.require_current())[0] == []
    assert len(generations.numbers()) <= 2
    shutil.rmtree(folder)


def test_a_build_that_would_drop_much_of_the_index_asks_first(tmp_path: Path) -> None:
    corpus, root = tmp_path / "corpus", tmp_path / "data"
    corpus.mkdir()
    for n in range(20):
        (corpus / f"{n:02}.txt").write_text(f"Walrus number {n} swam to harbour {n}.", encoding="utf-8")
    build(corpus, root, WordHashEncoder())
    for n in range(5):
        (corpus / f"{n:02}.txt").unlink()
    with pytest.raises(LossError, match=r"^5 of the 20 articles .* such as 00\..*confirm"):
        build(corpus, root, WordHashEncoder())
    assert Generations(root).current() == 1
    assert build(corpus, root, WordHashEncoder(), max_loss=25).manifest.articles == 15
    # A few are put back sooner than asked about, and what is there no longer counts.
    for n in range(5, 9):
        (corpus / f"{n:02}.txt").unlink()
    assert build(corpus, root, WordHashEncoder(), max_loss=0).manifest.articles == 11
