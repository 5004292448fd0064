"""An index whose vectors are on a Qdrant server: what its generations, builds and bots make of it, and what goes wrong.

The server is Qdrant's own core behind its REST interface (see `qdrant_server`).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
import qdrant_edge as edge
import test_crash
from click.testing import CliRunner
from qdrant_server import QdrantServer
from word_encoder import WordHashEncoder

from bot.serving import Serving
from bot.settings import Settings, SettingsError
from index.__main__ import main
from index.build import BuildReport, build, preview
from index.catalogue import Place
from index.engines import STORE_NAME, open_engine
from index.errors import BuildError, DamagedIndexError, StoreError
from index.generations import Generations
from index.lead import COLLECTION, led
from index.model import ANY, Filters
from index.qdrant_vectors import RECALL, Qdrant, connected
from index.search import search
from index.tables import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from index.engines import Engine

TEXTS = {"a": "Kyiv denied the attack.\n\nNobody was hurt.", "b": "Moscow claimed it. Drones fell on the bridge."}
FAULTS = ("before", "after", "full")
KEY = "a-key-that-nobody-sees"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[QdrantServer]:
    made = QdrantServer(tmp_path / "qdrant")
    yield made
    made.close()


@pytest.fixture
def engine(server: QdrantServer) -> Engine:
    return open_engine(server.url, "news")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "corpus", TEXTS)
    return tmp_path / "corpus"


def write(corpus: Path, texts: dict[str, str]) -> None:
    corpus.mkdir(exist_ok=True)
    for name, text in texts.items():
        (corpus / f"{name}.txt").write_text(text, encoding="utf-8")


def built(corpus: Path, engine: Engine | None, **options: Any) -> BuildReport:
    return build(corpus, corpus.parent / "data", WordHashEncoder(), engine=engine, **options)


def found(generations: Generations, question: str, filters: Filters = ANY) -> list[str]:
    store, warning = generations.open_current(WordHashEncoder())
    assert warning is None
    with closing(store):
        return [hit.passage.source.id for hit in search(question, store, WordHashEncoder(), filters).hits]


def collection(generations: Generations, number: int) -> str:
    kept = led(generations.folder(number))
    assert kept is not None
    return kept.collection


# --- generations ------------------------------------------------------------------------------------------------------


def test_the_alias_goes_with_the_pointer_and_a_pruned_generation_takes_its_collection_along(
    corpus: Path, engine: Engine, server: QdrantServer
) -> None:
    generations = Generations(corpus.parent / "data", engine)
    for number, text in enumerate(("One frog.", "Two frogs.", "Three frogs.", "Four frogs."), 1):
        write(corpus, {"c": text})
        assert built(corpus, engine, keep=2).manifest.generation == number
        assert server.aliases == {"news": collection(generations, number)}
    assert generations.numbers() == [2, 3, 4]
    assert set(server.shards) == {collection(generations, number) for number in (2, 3, 4)}
    assert generations.rollback() == 3
    assert server.aliases == {"news": collection(generations, 3)}
    assert found(generations, "Three frogs")[0] == "c"
    assert generations.inspect(3) == ([], None)


def test_no_text_is_embedded_again_on_the_way_from_files_to_a_server(corpus: Path, engine: Engine) -> None:
    assert built(corpus, None).embedded > 0
    there = built(corpus, engine)
    assert (there.built, there.embedded) == (True, 0)
    assert not built(corpus, engine).built
    write(corpus, {"c": "A new one."})
    assert built(corpus, engine).embedded == 1
    generations = Generations(corpus.parent / "data", engine)
    assert {path.name for path in generations.folder(2).iterdir()} == {"articles.sqlite", "manifest.json", COLLECTION}
    assert [found(generations, "Kyiv attack")[0], found(generations, "a new one")[0]] == ["a", "c"]
    assert "a" not in found(generations, "Kyiv attack", Filters(withdrawn=("a",)))


def test_without_the_address_texts_are_read_files_are_gone_back_to_and_no_other_generation_takes_its_place(
    corpus: Path, engine: Engine, server: QdrantServer
) -> None:
    built(corpus, None)
    built(corpus, engine)
    without = Generations(corpus.parent / "data")
    with closing(without.texts(2)) as texts:
        assert {listing.source.id for listing in texts.listings(ANY)} == {"a", "b"}
    for ask in (lambda: without.open_current(WordHashEncoder()), lambda: built(corpus, None)):
        with pytest.raises(StoreError, match=r"generation 2 are on a server: set STORE_URL to its address\."):
            ask()
    assert without.rollback() == 1
    assert found(without, "Kyiv attack")[0] == "a"
    write(corpus, {"c": "A new one."})
    assert built(corpus, None, keep=0).embedded == 1
    assert without.numbers() == [3]
    assert len(server.shards) == 1  # nobody could ask for it to be dropped, and whoever can will
    write(corpus, {"c": "Another."})
    built(corpus, engine, keep=0)
    assert server.aliases == {"news": collection(without, 4)}
    assert {*server.shards} == {*server.aliases.values()}


def test_a_build_killed_at_many_a_step_leaves_a_whole_index_and_no_collection_that_nothing_names(
    corpus: Path, server: QdrantServer
) -> None:
    engine = open_engine(server.url)
    built(corpus, engine)
    builder = test_crash.Builder(corpus.parent)
    corpus.rename(corpus.with_name("new"))  # what the other process builds
    generations, killed = Generations(corpus.parent / "data", engine), Counter[str]()
    for step in range(2, 60, 4):  # few builds have more
        write(corpus.with_name("new"), {"c": f"Frog {step}."})
        answer = builder.run(generations.root, step, FAULTS[step % len(FAULTS)], server.url)
        killed[answer.get("killed", "done" if "generation" in answer else "stopped")] += 1
        current = generations.require_current()
        assert generations.inspect(current) == ([], None)
        folders = (generations.root / "generations").iterdir()
        assert {*server.shards} <= {kept.collection for kept in map(led, folders) if kept}
        with generations.locked():
            assert server.aliases == {STORE_NAME: collection(generations, current)}
    builder.close()
    build(corpus.with_name("new"), generations.root, WordHashEncoder(), engine=engine, keep=1, max_loss=100)
    assert killed["send"] > 1
    assert {*server.shards} == {collection(generations, number) for number in generations.numbers()}
    assert generations.inspect(generations.require_current()) == ([], None)


def test_what_a_killed_build_leaves_is_dropped_by_the_next(corpus: Path, engine: Engine, server: QdrantServer) -> None:
    built(corpus, engine)
    left = corpus.parent / "data" / "generations" / "building-1"
    left.mkdir()
    client = connected(server.url)
    Qdrant(client, "news").write(left, 4, {part: [np.eye(4, dtype=np.float32)] for part in EMBEDDED}, four_places)
    client.close()
    assert len(server.shards) == 2
    write(corpus, {"c": "A new one."})
    built(corpus, engine)
    assert not left.exists()
    assert {*server.shards} == {collection(Generations(corpus.parent / "data"), number) for number in (1, 2)}


def four_places(part: str) -> list[Place]:
    return [Place(row, "a", f"sha of {part}", None, None, row, row + 1) for row in range(1, 5)]


def test_every_bot_over_one_folder_goes_on_to_what_one_has_built(corpus: Path, server: QdrantServer) -> None:
    built(corpus, open_engine(server.url, "news"))
    root = corpus.parent / "data"
    bots = [Serving(Generations(root, open_engine(server.url, "news")), WordHashEncoder()) for _ in range(3)]
    for number, text in enumerate(("One frog.", "Two frogs.", "Three frogs."), 2):
        write(corpus, {"c": text})
        held = bots[0].store()
        with held as before:
            built(corpus, open_engine(server.url, "news"), keep=0)
            # What is being answered is answered from the generation before, which is spared that long.
            assert before.manifest.generation == number - 1
            assert search("Kyiv attack", before, WordHashEncoder()).hits
        for bot in bots:
            with bot.store() as store:
                assert store.manifest.generation == number
                assert search(text, store, WordHashEncoder()).hits[0].passage.text == text
    for bot in bots:
        bot.close()


@pytest.mark.parametrize("where", ["core", "server"])
def test_whoever_goes_by_the_alias_finds_a_whole_generation_at_any_moment(
    corpus: Path, server: QdrantServer, where: str
) -> None:
    url = server.url if where == "core" else os.environ.get("QDRANT_URL")
    if not url:
        pytest.skip("QDRANT_URL names no server")
    name, key = f"test-{uuid4().hex}", os.environ.get("QDRANT_API_KEY")
    generations = Generations(corpus.parent / "data", open_engine(url, name, key))
    built(corpus, generations.engine)
    done, counts = threading.Event(), set()

    def count() -> int:
        client, asked = connected(url, key), 0
        while not done.is_set():
            counts.add(client.count(name, exact=True).count)
            asked += 1
        client.close()
        return asked

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(count) for _ in range(2)]
        try:
            for number in range(3):
                write(corpus, {"c": f"Frog {number}."})  # a passage and a sentence more
                built(corpus, generations.engine, keep=1)
                generations.rollback()
        finally:
            done.set()
        assert all(asked.result() for asked in asking)
    assert counts == {7, 9}
    for number in generations.numbers():
        generations.abandon(generations.folder(number))


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_server_that_cannot_be_reached_stops_a_build_and_a_search_with_a_sentence(
    corpus: Path, engine: Engine, server: QdrantServer
) -> None:
    built(corpus, engine)
    root = corpus.parent / "data"
    store, _ = Generations(root, engine).open_current(WordHashEncoder())
    server.close()
    told = r"^The vector store that STORE_URL names cannot be asked \(.+\)\. Start it, or correct STORE_URL\.$"
    write(corpus, {"c": "A new one."})
    encoder = WordHashEncoder()
    for ask in (
        lambda: search("Kyiv", store, encoder),
        lambda: Generations(root, engine).open_current(encoder),
        lambda: Generations(root, engine).rollback(),
        lambda: preview(corpus, root, engine=engine),
    ):
        with pytest.raises(StoreError, match=told) as raised:
            ask()
        assert server.url.removeprefix("http://") not in str(raised.value)
    encoder.encoded.clear()
    with pytest.raises(StoreError, match=told):
        build(corpus, root, encoder, engine=engine)
    assert encoder.encoded == []  # a server that is away is no reason to make all vectors again
    assert Generations(root).numbers() == [1]
    store.close()


def test_a_server_that_refuses_in_the_middle_leaves_the_index_as_it_was(
    corpus: Path, engine: Engine, server: QdrantServer
) -> None:
    built(corpus, engine)
    write(corpus, {"c": "A new one."})

    def refuse(_done: int, _total: int) -> None:
        server.refusing = 503

    with pytest.raises(BuildError, match=r"names refuses: Service is not ready\. The index is as it was before\."):
        built(corpus, engine, progress=refuse)
    server.refusing = None
    generations = Generations(corpus.parent / "data", engine)
    assert (generations.current(), generations.inspect(1)) == (1, ([], None))
    assert built(corpus, engine).manifest.generation == 2
    assert {path.name for path in generations.folder(1).parent.iterdir()} == {"000001", "000002"}
    assert len(server.shards) == 2


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_a_key_is_sent_and_never_told(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server = QdrantServer(tmp_path / "keyed", api_key=KEY)
    told = []
    for key in (None, KEY + "x"):
        with pytest.raises(StoreError, match="refuses the key: correct QDRANT_API_KEY") as raised:
            built(corpus, open_engine(server.url, "news", key))
        told.append(repr(raised.value))
    engine = open_engine(server.url, "news", KEY)
    assert built(corpus, engine).built
    settings = Settings.from_env({"STORE_URL": server.url, "QDRANT_API_KEY": KEY})
    assert settings.qdrant_api_key == KEY
    with pytest.raises(SettingsError, match="QDRANT_API_KEY must be one word") as unfit:
        Settings.from_env({"QDRANT_API_KEY": f"{KEY} {KEY}"})
    told += [repr(settings), repr(engine), str(unfit.value), caplog.text, *capsys.readouterr()]
    told += [path.read_text("utf-8") for path in (tmp_path / "data" / "generations").rglob("*.json")]
    assert not [text for text in told if KEY in text]
    server.close()


@pytest.mark.parametrize("url", ["ftp://host", "http://host:port"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(StoreError, match="STORE_URL is no address of a server"):
        open_engine(url)


def test_without_the_extra_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "index.qdrant_vectors")
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(StoreError, match=r"pip install -c constraints\.txt -e '\.\[qdrant\]'"):
        open_engine("http://localhost:6333")


def test_a_collection_that_is_gone_is_damage_and_an_older_generation_serves(
    corpus: Path, engine: Engine, server: QdrantServer
) -> None:
    built(corpus, engine)
    write(corpus, {"c": "A new one."})
    built(corpus, engine)
    generations = Generations(corpus.parent / "data", engine)
    client = connected(server.url)
    client.delete_collection(collection(generations, 2))
    client.close()
    with pytest.raises(DamagedIndexError, match=r"does not have the collection .+ any more"):
        generations.open(2)
    store, warning = generations.open_current(WordHashEncoder())
    assert store.manifest.generation == 1
    assert warning is not None
    assert "Serving generation 1 until then" in warning
    store.close()
    report = built(corpus, engine)
    assert (report.manifest.generation, report.embedded) == (3, 1)


@pytest.mark.parametrize("harm", ["", "{}", "no"])
def test_damage_to_what_leads_to_a_collection_stops_no_build(corpus: Path, engine: Engine, harm: str) -> None:
    built(corpus, engine)
    generations = Generations(corpus.parent / "data", engine)
    (generations.folder(1) / COLLECTION).write_text(harm, encoding="utf-8")
    with pytest.raises(DamagedIndexError, match=r"collection\.json is not what was written"):
        generations.open(1)
    for number in (2, 3):
        write(corpus, {"c": f"Frog {number}."})
        assert built(corpus, engine, keep=0).manifest.generation == number
    assert generations.numbers() == [2, 3]
    assert found(generations, "Frog 3")[0] == "c"


def test_the_address_of_something_else_is_told_and_no_damage(
    corpus: Path, engine: Engine, server: QdrantServer
) -> None:
    built(corpus, engine)
    elsewhere = open_engine(f"{server.url}/somewhere", "news")
    with pytest.raises(StoreError, match="STORE_URL names refuses: GET /somewhere/"):
        Generations(corpus.parent / "data", elsewhere).open_current(WordHashEncoder())


def test_what_is_changed_on_the_server_is_a_fault(corpus: Path, engine: Engine, server: QdrantServer) -> None:
    built(corpus, engine)
    generations = Generations(corpus.parent / "data", engine)
    assert generations.inspect(1) == ([], None)
    shard = server.shards[collection(generations, 1)]
    points, _ = shard.scroll(edge.ScrollRequest(limit=100, with_payload=True, with_vector=True))
    first = next(point for point in points if "passage" in point.vector)

    def put(vector: list[float], payload: dict[str, Any]) -> list[str]:
        point = edge.Point(first.id, {"passage": vector}, payload)
        shard.update(edge.UpdateOperation.upsert_points([point]))
        return generations.inspect(1)[0]

    own = first.vector["passage"]
    assert put([*own[1:], own[0]], first.payload) == ["passage vectors are not those that were written"]
    assert put(own, first.payload | {"article": "z"}) == [
        "the collection tells of " + first.payload["article"] + " what the catalogue does not"
    ]
    assert put(own, first.payload) == []
    shard.update(edge.UpdateOperation.delete_points([first.id]))
    assert generations.inspect(1)[0] == [
        f"SQLite and the collection {collection(generations, 1)} hold different passages."
    ]
    other = edge.Point(1, {"passage": own}, first.payload)
    shard.update(edge.UpdateOperation.upsert_points([other]))
    faults, _ = generations.inspect(1)
    assert any(fault.endswith(" is gone") for fault in faults)
    store = generations.open(1)
    with pytest.raises(DamagedIndexError, match="Some vectors of generation 1 are gone from the vector store"):
        list(store.vectors())
    store.close()


# --- the server's graph -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enough", [True, False])
def test_a_graph_is_searched_where_it_finds_enough_and_else_all_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enough: bool
) -> None:
    if not enough:
        monkeypatch.setattr("index.qdrant_vectors.RECALL", 1.1)
    server = QdrantServer(tmp_path / "qdrant", indexing_threshold=1)
    client = connected(server.url)
    rows = np.random.default_rng(0).standard_normal((600, 32)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    places = [Place(n, f"article {n % 9}", "sha", None, None, n, n + 1) for n in range(1, 601)]
    found = Qdrant(client, "test").write(tmp_path, 32, {part: [rows] for part in EMBEDDED}, lambda _part: places)
    kept = led(tmp_path)
    assert kept is not None
    assert (kept.breadth is not None) == enough
    assert found is not None and found >= RECALL if enough else found is None
    client.close()
    server.close()


# --- the commands -----------------------------------------------------------------------------------------------------


def test_the_commands_take_the_address_from_the_environment(
    corpus: Path, server: QdrantServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.__main__.SentenceTransformerEncoder", WordHashEncoder)
    monkeypatch.setenv("STORE_URL", server.url)
    monkeypatch.setenv("STORE_NAME", "paper")
    root = str(corpus.parent / "data")
    for number in (1, 2):
        write(corpus, {"c": f"Frog {number}."})
        told = CliRunner().invoke(main, ["build", "--corpus", str(corpus), "--index-dir", root], catch_exceptions=False)
        assert f"Built generation {number}: 3 articles" in told.output
    for command, said in (
        ("status", "vectors     in the collection paper-"),
        ("verify", "Generation 2 is sound"),
        ("rollback", "Generation 1"),
    ):
        told = CliRunner().invoke(main, [command, "--index-dir", root], catch_exceptions=False)
        assert said in told.output
    kept = json.loads((corpus.parent / "data" / "generations" / "000001" / COLLECTION).read_text("utf-8"))
    assert server.aliases == {"paper": kept["collection"]}
    server.close()
    told = CliRunner().invoke(main, ["status", "--index-dir", root], catch_exceptions=False)
    assert told.exit_code == 1
    assert told.output.startswith("Error: The vector store that STORE_URL names cannot be asked")
