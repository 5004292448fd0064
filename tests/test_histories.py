"""Whatever became of a corpus, and whatever befell its builds: the index is the one that a first build would make.

A machine adds, changes, removes and restores articles, rolls back, and has builds killed in another process. It knows
two things that a first build cannot: when each text was indexed first, and what each article said before.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest
import test_crash
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from qdrant_server import QdrantServer
from word_encoder import WordHashEncoder

from bot.answer import compose
from bot.quotations import verify
from index.build import EARLIER_KEPT, MAX_LOSS, SMALL_LOSS, build, preview
from index.corpus import METADATA_FILE
from index.engines import STORE_NAME, open_engine
from index.errors import BuildError, CorpusError, DamagedIndexError
from index.figures import Figure
from index.findings import Verdict
from index.generations import Generations
from index.lead import led
from index.model import ANY, Earlier
from index.moments import Moment
from index.search import search
from index.speech import Speech
from index.spellings import ALIASES_FILE, key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from index.engines import Engine
    from index.model import Article, Manifest
    from index.store import Store

TEXTS = [
    "Kyiv denied the attack. Nobody was hurt in the harbour.\n\nThe mayor spoke of thirty pelicans.",
    "Kyiv denied the attack. Nobody was hurt in the harbour.\n\nThe mayor spoke of thirteen pelicans.",
    "Moscow claimed the attack. Drones were shot down over the old bridge.",
    "The mayor spoke of thirty pelicans.",
    "“The harbour is closed,” said Ana Ruiz. Four boats sank there on 3 May.\n\n“Nobody was hurt,” she said.",
    "date 2023-05-04 A walrus swam to the harbour. “I saw it,” said the mayor.\n\nAlso Read: Nothing",
    "Ministři jednali v Praze o mostě.\n\nKyiv denied the attack.",
    "The bridge was closed on Monday. It was opened again on Tuesday.\n\nIt was closed again on Wednesday.\n\n© Agency",
    " \n",
]
NAMES = ["a.txt", "sub/b.txt", "c.md", "d.html", "news.jsonl"]
SOURCES = [
    '["a.txt"]\noutlet = "The Post"\npublished = 2023-05-04\nlanguage = "cs"',
    '["a.txt"]\noutlet = "the  POST"\ntitle = "Pelicans at large"\n["news.jsonl#1"]\nlanguage = "cs"',
    '["sub/b.txt"]\nauthor = "A. Walrus"\nurl = "https://example.org/b"\n["gone.txt"]\ntitle = "x"',
]
ALIASES = ['Pelican = ["Walrus", "Bridge"]', 'Kyiv = ["Moscow"]']
NOT_TOML = "["
CONTENT = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)
OFTEN = st.sampled_from([True, True, False])
QUESTIONS = ["Who denied the attack on the bridge?", "What did the mayor of The Post see?"]
SAYINGS = ["Nobody was hurt in the harbour.", "I saw it", "The bridge was closed on Friday.", "Nothing of the sort."]
SPEAKERS = ["Ruiz", "Walrus"]
WORDS = sorted(set(re.findall(r"\w+", " ".join(TEXTS).lower())))
EXAMPLES = 10  # histories, always the same ones; 100 take three minutes
SHARED_EXAMPLES = 4  # those with a server take longer
# On the way to disk, at which a build is cut short; few builds have more. Those around its becoming current come often.
STEPS = [*range(1, 34), *range(20, 30), *range(20, 30)]


def written(name: str, texts: list[str]) -> str:
    """What a file of that name holds; a file of several articles gets all of the texts, any other the first."""
    match name.rpartition(".")[2]:
        case "jsonl":
            return "\n".join(json.dumps({"id": number, "text": text}) for number, text in enumerate(texts))
        case "md":
            return f"---\ntitle: Of this and that\ndate: 2024-01-02\n---\n\n{texts[0]}"
        case "html":
            paragraphs = "".join(f"<p>{text}</p>" for text in texts[0].split("\n\n"))
            return f"<html><head><title>A page</title></head><body><article>{paragraphs}</article></body></html>"
        case _:
            return texts[0]


def content(store: Store) -> dict[str, Any]:
    """All that is in a generation but for its number, its times and its past; what is equally near in no order."""
    manifest = asdict(store.manifest)
    encoder = WordHashEncoder()
    rankings = [search(question, store, encoder) for question in QUESTIONS]
    findings = [finding for saying in SAYINGS for finding in verify(f"“{saying}”", store).findings]
    return {
        "manifest": {name: manifest[name] for name in manifest.keys() - {"generation", "built_at", "files"}},
        "cards": [(listing.source, listing.passages) for listing in store.listings(ANY)],
        "articles": [store.article(listing.source.id) for listing in store.listings(ANY)],
        "passages": [passages(store, question) for question in QUESTIONS],
        "statements": [
            (listing.source.id, store.stated(sort, listing.source.id))
            for listing in store.listings(ANY)
            for sort in (Figure, Moment, Speech)
        ],
        "quoted": {speaker: sorted(map(repr, store.quoted(key(speaker), ANY))) for speaker in SPEAKERS},
        "copies": {listing.source.id: store.copies(listing.source.id, ANY) for listing in store.listings(ANY)},
        "vectors": {text: vector.tobytes() for text, vector in store.vectors()},
        "frequency": store.document_frequency(WORDS),
        "outlets": store.outlets(ANY),
        "rankings": [
            (round(r.confidence, 5), r.unknown, sorted((round(h.score, 5), h.passage.words(h.best)) for h in r.hits))
            for r in rankings
        ],
        "excerpts": [sorted(excerpt.text for excerpt in compose(r, 3)) if r.hits else [] for r in rankings],
        # What no article says any more may be told from the past, which a first build does not have.
        "standing": [
            {(s.source, s.start, s.end, s.text) for s in finding.standings}
            for finding in findings
            if finding.verdict is Verdict.EXACT
        ],
    }


def passages(store: Store, question: str) -> list[tuple[Any, ...]]:
    """Every passage with its place, its sentences, and how near all of them are to a question."""
    (vector,) = WordHashEncoder().encode([question])
    found = store.search(vector, re.findall(r"\w+", question.lower()), ANY, 10_000)
    return sorted(
        (c.passage.source.id, c.passage.start, c.passage.end, c.passage.text, c.passage.paragraph, c.passage.kind,
         round(c.dense, 5), round(c.lexical, 5), sorted(c.matched), sorted(c.titled),
         [(s.span.start, s.span.end, round(s.dense, 5), round(s.lexical, 5), sorted(s.matched)) for s in c.sentences])
        for c in found
    )  # fmt: skip


@dataclass(frozen=True)
class Held:
    """A generation as it must be: what a first build makes, and what only its history tells."""

    content: dict[str, Any]
    indexed_at: dict[str, datetime]
    earlier: dict[str, list[Earlier]]

    @property
    def articles(self) -> dict[str, Article]:
        return {article.source.id: article for article in self.content["articles"]}

    @property
    def corpus_sha256(self) -> str:
        return str(self.content["manifest"]["corpus_sha256"])


NOTHING = Held({"articles": [], "vectors": {}, "manifest": {"corpus_sha256": ""}}, {}, {})


def after(before: Held, clean: dict[str, Any], built_at: datetime) -> Held:
    """What a build makes of an index and a corpus, of which `clean` is the content of a first build."""
    indexed_at, earlier = {}, {}
    for article in clean["articles"]:
        name, was = article.source.id, before.articles.get(article.source.id)
        same = was is not None and was.source.sha256 == article.source.sha256
        indexed_at[name] = before.indexed_at[name] if same else built_at
        texts = [Earlier(was, built_at, name), *before.earlier[name]] if was else []
        earlier[name] = [e for e in texts if e.article.source.sha256 != article.source.sha256][:EARLIER_KEPT]
    return Held(clean, indexed_at, earlier)


class Newsroom(RuleBasedStateMachine):
    """A corpus and its index, through whatever befalls them."""

    builder: ClassVar[test_crash.Builder]
    folder: ClassVar[Path]
    seen: ClassVar[Counter[str]] = Counter()  # what happened, in all of the histories
    made: ClassVar[dict[str, dict[str, Any]]] = {}  # what a first build makes of a corpus
    engine: ClassVar[Engine | None] = None  # for files
    store: ClassVar[str | None] = None  # its address
    kept_at_least = 0
    stretch = 1.0  # of the steps at which builds are cut short, where there are more of them

    def __init__(self) -> None:
        super().__init__()
        self.home = self.folder / uuid4().hex
        self.corpus, self.root = self.home / "new", self.home / "data"  # "new" is what the other process builds
        (self.corpus / "sub").mkdir(parents=True)
        self.generations = Generations(self.root, self.engine)
        self.held: dict[int, Held] = {}
        self.past: dict[str, list[str]] = {}
        self.cut_short = False  # by which vectors may be kept for the next build
        self.news = 2  # changes, of which one is enough for a build, and one build more finds that there are none
        self.readers: list[tuple[Store, dict[str, Any]]] = []

    # --- the corpus: a change, and most often a build of it ---

    @rule(name=st.sampled_from(NAMES), texts=CONTENT, built=OFTEN)
    def write(self, name: str, texts: list[str], built: bool) -> None:
        self.past.setdefault(name, []).append(written(name, texts))
        self.put(name, self.past[name][-1], built)

    @precondition(lambda self: self.files())
    @rule(data=st.data(), texts=CONTENT, built=OFTEN)
    def change(self, data: st.DataObject, texts: list[str], built: bool) -> None:
        name = data.draw(st.sampled_from(self.files())).relative_to(self.corpus).as_posix()
        self.past[name].append(written(name, texts))
        self.put(name, self.past[name][-1], built)

    @precondition(lambda self: self.past)
    @rule(data=st.data(), built=OFTEN)
    def restore(self, data: st.DataObject, built: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.past)))
        self.put(name, data.draw(st.sampled_from(self.past[name])), built)

    @precondition(lambda self: self.files())
    @rule(data=st.data(), built=OFTEN)
    def remove(self, data: st.DataObject, built: bool) -> None:
        self.put(data.draw(st.sampled_from(self.files())).relative_to(self.corpus).as_posix(), None, built)

    @precondition(lambda self: self.files())
    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        os.utime(data.draw(st.sampled_from(self.files())), (0, 0))

    @precondition(lambda self: self.files())
    @rule(text=st.sampled_from([*SOURCES, NOT_TOML, None]), built=OFTEN)
    def tell(self, text: str | None, built: bool) -> None:
        self.put(METADATA_FILE, text, built)

    @precondition(lambda self: self.files())
    @rule(text=st.sampled_from([*ALIASES, NOT_TOML, None]), built=OFTEN)
    def name_aliases(self, text: str | None, built: bool) -> None:
        self.put(ALIASES_FILE, text, built)

    def put(self, name: str, text: str | None, built: bool) -> None:
        path = self.corpus / name
        path.unlink(missing_ok=True) if text is None else path.write_text(text, encoding="utf-8")
        self.news = 2
        if built:
            self.build(3)

    def files(self) -> list[Path]:
        return sorted(path for name in NAMES if (path := self.corpus / name).exists())

    def refused(self) -> bool:
        path = self.corpus / METADATA_FILE
        return path.exists() and path.read_text(encoding="utf-8") == NOT_TOML

    # --- the index ---

    @precondition(lambda self: self.news)
    @rule(keep=st.integers(0, 3))
    def build(self, keep: int) -> None:
        self.news -= 1
        numbers, current, before = self.generations.numbers(), self.generations.current(), self.previous()
        clean = self.clean()
        if clean is None or (before.articles and not clean["articles"]):
            with pytest.raises(CorpusError if clean is None else BuildError):
                build(self.corpus, self.root, WordHashEncoder(), engine=self.engine, keep=keep, max_loss=100)
            assert (self.generations.numbers(), self.generations.current()) == (numbers, current)
            self.seen["refused"] += 1
            return
        foreseen = preview(self.corpus, self.root, engine=self.engine)
        report = build(self.corpus, self.root, WordHashEncoder(), engine=self.engine, keep=keep, max_loss=100)
        assert report.changes == foreseen
        now = {article.source.id: article for article in clean["articles"]}
        assert set(foreseen.added) == now.keys() - before.articles.keys()
        assert set(foreseen.removed) == before.articles.keys() - now.keys()
        both = now.keys() & before.articles.keys()
        assert set(foreseen.changed) == {name for name in both if now[name].source != before.articles[name].source}
        assert report.built == (current is None or before.corpus_sha256 != clean["manifest"]["corpus_sha256"])
        if report.built:
            new = len(clean["vectors"].keys() - before.content["vectors"].keys())
            assert report.embedded == new or (self.cut_short and report.embedded < new)
            number = max([*numbers, 0]) + 1
            assert report.manifest.generation == number
            kept = min(max(keep, self.kept_at_least), len(numbers))
            assert self.generations.numbers() == [*numbers[len(numbers) - kept :], number]
            self.check_nothing_is_left()
        self.cut_short = False
        self.seen["built" if report.built else "unchanged"] += 1
        self.learn(before, clean)
        self.check(clean)

    @precondition(lambda self: self.news == 2 and not self.refused())
    @rule(step=st.sampled_from(STEPS), fault=st.sampled_from(["before", "after", "full"]))
    def build_is_cut_short(self, step: int, fault: str) -> None:
        """The process that builds is killed before or after one of its steps, or finds its disk full there."""
        current, before, clean = self.generations.current(), self.previous(), self.clean()
        assert clean is not None
        self.builder.folder = self.home
        self.cut_short = True
        answer = self.builder.run(self.root, int(step * self.stretch), fault, self.store)
        assert [fault for number in self.generations.numbers() for fault in self.generations.inspect(number)[0]] == []
        gone = len(before.articles.keys() - {article.source.id for article in clean["articles"]})
        if "error" in answer and fault != "full":
            asked = gone >= SMALL_LOSS and gone * 100 > MAX_LOSS * len(before.articles)
            assert asked or (before.articles and not clean["articles"])
        self.learn(before, clean)
        moved = self.generations.current() != current
        if "generation" in answer:
            assert self.generations.current() == answer["generation"]
            self.news = 1
            self.check(clean)
        elif "error" in answer:
            assert not moved
        self.seen[f"{'killed' if 'killed' in answer else 'stopped' if 'error' in answer else 'done'}, {moved}"] += 1
        self.check()

    @precondition(lambda self: self.older())
    @rule()
    def rollback(self) -> None:
        last = self.older()[-1]
        assert self.generations.rollback() == last
        self.seen["rolled back"] += 1
        self.news = 2
        self.check()

    @precondition(lambda self: self.generations.current() is not None and len(self.readers) < 2)
    @rule()
    def begin_reading(self) -> None:
        store, _ = self.generations.open_current(WordHashEncoder())
        self.readers.append((store, content(store)))

    # --- what must be so ---

    def clean(self) -> dict[str, Any] | None:
        """What a first build makes of the corpus; None where it refuses it."""
        if self.refused():
            return None
        held = json.dumps([(path.name, path.read_text(encoding="utf-8")) for path in sorted(self.corpus.rglob("*.*"))])
        if held not in self.made:
            build(self.corpus, self.home / "fresh", WordHashEncoder(), engine=self.first_engine())
            first = Generations(self.home / "fresh", self.first_engine())
            store, _ = first.open_current()
            self.made[held] = content(store)
            store.close()
            first.abandon(first.folder(1))
            shutil.rmtree(self.home / "fresh")
        return self.made[held]

    def first_engine(self) -> Engine | None:
        """Where first builds keep vectors."""
        return self.engine

    def check_nothing_is_left(self) -> None:
        """Whatever was killed before: nothing but generations is there after a build."""
        left = {path.name for path in (self.root / "generations").iterdir()}
        assert left == {f"{number:06d}" for number in self.generations.numbers()}

    def older(self) -> list[int]:
        current = self.generations.current()
        return [number for number in self.generations.numbers() if current is not None and number < current]

    def previous(self) -> Held:
        """What the next build builds upon; where none is current, that is a generation without a pointer to it."""
        order = self.generations.serving_order()
        return self.held[order[0]] if order else NOTHING

    def learn(self, before: Held, clean: dict[str, Any]) -> None:
        """Every folder that has its name by now holds a whole generation, also where the build was killed then."""
        for number in self.generations.numbers():
            if number not in self.held:
                manifest: Manifest = self.generations.manifest(number)
                self.held[number] = after(before, clean, manifest.built_at)
                self.compare(number)

    def compare(self, number: int) -> None:
        assert self.generations.inspect(number)[0] == []
        store, held = self.generations.open(number), self.held[number]
        assert content(store) == held.content
        assert {listing.source.id: listing.indexed_at for listing in store.listings(ANY)} == held.indexed_at
        assert {name: store.earlier(name) for name in held.earlier} == held.earlier
        for name, texts in held.earlier.items():
            self.seen["earlier texts"] += len(texts)
            for text in texts[:1]:
                first_line = text.article.text[text.article.body_start :].split("\n", 1)[0]
                (finding,) = verify(f"> {first_line}", store).findings
                assert finding.verdict in {Verdict.EXACT, Verdict.CORRECTED}, (name, text)
        store.close()

    def check(self, clean: dict[str, Any] | None = None) -> None:
        """What is served now, by a finished build what is `clean`, and what was served to those who still read it."""
        current = self.generations.current()
        if current is not None:
            store, warning = self.generations.open_current(WordHashEncoder())
            assert (store.manifest.generation, warning) == (current, None)
            assert content(store) == self.held[current].content
            assert clean in (None, self.held[current].content)
            store.close()
        for reader, was in self.readers:
            self.check_reader(reader, was)
            self.seen["read on after it was pruned"] += reader.manifest.generation not in self.generations.numbers()

    def check_reader(self, reader: Store, was: dict[str, Any]) -> None:
        assert content(reader) == was

    def teardown(self) -> None:
        for number in self.generations.numbers():
            self.compare(number)
        for reader, _ in self.readers:
            reader.close()
        for number in self.generations.numbers():
            self.generations.abandon(self.generations.folder(number))
        shutil.rmtree(self.home)


class SharedNewsroom(Newsroom):
    """The same with vectors on a server."""

    server: ClassVar[QdrantServer]
    seen: ClassVar[Counter[str]] = Counter()
    made: ClassVar[dict[str, dict[str, Any]]] = {}
    kept_at_least = 1  # what other processes may yet search
    stretch = 1.7

    def first_engine(self) -> Engine:
        return open_engine(self.store, "first")

    def collections(self) -> dict[int, str]:
        """Those of the generations that are there."""
        numbers = self.generations.numbers()
        return {number: kept.collection for number in numbers if (kept := led(self.generations.folder(number)))}

    def check_nothing_is_left(self) -> None:
        super().check_nothing_is_left()
        assert set(self.server.shards) == {*self.collections().values()}

    def check(self, clean: dict[str, Any] | None = None) -> None:
        super().check(clean)
        # Whatever was killed: each generation has its collection, and those who take the lock next put the alias right.
        assert len(self.collections()) == len(self.generations.numbers())
        with self.generations.locked():
            current = self.generations.current()
            assert self.server.aliases.get(STORE_NAME) == (None if current is None else self.collections()[current])

    def check_reader(self, reader: Store, was: dict[str, Any]) -> None:
        """Whoever reads on does so to the end of the generation."""
        if reader.manifest.generation in self.generations.numbers():
            super().check_reader(reader, was)
        else:
            with pytest.raises(DamagedIndexError, match="does not have the collection any more"):
                content(reader)


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[test_crash.Builder]:
    made = test_crash.Builder(tmp_path_factory.mktemp("histories"))
    yield made
    made.close()


def test_any_history_ends_like_a_first_build(builder: test_crash.Builder) -> None:
    Newsroom.builder, Newsroom.folder = builder, builder.folder
    run_state_machine_as_test(Newsroom, settings=settings(settings.get_profile("histories"), max_examples=EXAMPLES))
    for outcome in ("built", "unchanged", "refused", "killed, False", "killed, True", "rolled back", "earlier texts",
                    "read on after it was pruned"):  # fmt: skip
        assert Newsroom.seen[outcome], (outcome, Newsroom.seen)


def test_any_history_ends_like_a_first_build_where_a_server_keeps_the_vectors(builder: test_crash.Builder) -> None:
    SharedNewsroom.builder, SharedNewsroom.folder = builder, builder.folder
    SharedNewsroom.server = QdrantServer(builder.folder / "qdrant")
    SharedNewsroom.store = SharedNewsroom.server.url
    SharedNewsroom.engine = open_engine(SharedNewsroom.store)
    run_state_machine_as_test(
        SharedNewsroom, settings=settings(settings.get_profile("histories"), max_examples=SHARED_EXAMPLES)
    )
    SharedNewsroom.server.close()
    for outcome in ("built", "unchanged", "rolled back", "read on after it was pruned"):  # test_qdrant.py has the kills
        assert SharedNewsroom.seen[outcome], (outcome, SharedNewsroom.seen)
