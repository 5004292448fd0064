"""Qdrant as the engine: a server that many bots search, each with the catalogue of the same index folder.

A generation is a collection of its own, whose name stands in a file of the generation's folder: it is served only if
that file is in the manifest, and the file is there before the collection is and until it is dropped, so that no kill
leaves one that nothing names. An alias leads to the current one, for people and other programs; the bot goes by its
manifest. All that is compared here is unit vectors; words stay with each bot's catalogue, where they may stand as runs.

A passage or sentence is a point with one of two named vectors. Its id is a hash of where it stands in which text; what
filters ask of its article is its payload, and they work within the search.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager, suppress
from datetime import date
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from index.catalogue import CHUNK, REPAIR
from index.errors import DamagedIndexError, StoreError
from index.lead import Lead, lead, led
from index.tables import EMBEDDED, outlet_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.catalogue import Catalogue, Place
    from index.model import Filters

# Seconds that one request may take, between two looks whether a collection is indexed, and until that begins at most.
TIMEOUT, PAUSE, BEGUN = 30, 1.0, 60.0
# Points in one request: at 1,024 dimensions, some 10 of the 32 megabytes that a server takes.
BATCH = 512
# Candidates of a search through the graph: the fewest that will do, or else all vectors are compared.
BREADTHS = (128, 256, 512, 1024)
# Rows whose nearest are looked up both ways: at least `RECALL` must agree.
TRIED, DEPTH, RECALL = 100, 50, 0.98
# By how much two computations of one cosine may differ.
ROUNDED = 1e-5
_INDEXED = {
    "article": models.PayloadSchemaType.KEYWORD,
    "outlet": models.PayloadSchemaType.KEYWORD,
    "day": models.PayloadSchemaType.INTEGER,
}


def connected(url: str, api_key: str | None = None) -> QdrantClient:
    """A client of the server at an address; nothing is asked of it yet.

    Raises:
        StoreError: it is no such address.

    """
    try:
        return QdrantClient(url=url, api_key=api_key, timeout=TIMEOUT, check_compatibility=False)
    except ValueError as exc:
        raise StoreError("STORE_URL is no address of a server: it must be like http://localhost:6333.") from exc


class Qdrant:
    """Collections of one index on a server, each named after `name`, which is also the alias of the current one.

    Implements `Engine`.
    """

    outside = True

    def __init__(self, client: QdrantClient, name: str) -> None:
        self._client = client
        self._name = name

    def write(
        self,
        folder: Path,
        dimension: int,
        blocks: Mapping[str, Iterable[NDArray[np.float32]]],
        places: Callable[[str], Iterable[Place]],
    ) -> float | None:
        """See `Engine.write`."""
        collection = f"{self._name}-{uuid4().hex}"
        lead(folder, Lead(collection))  # before there is one, so that it is found if this process is killed
        with _asking():
            vectors = models.VectorParams(size=dimension, distance=models.Distance.DOT)  # cosines, at unit length
            self._client.create_collection(collection, vectors_config=dict.fromkeys(EMBEDDED, vectors))
            for field, schema in _INDEXED.items():
                self._client.create_payload_index(collection, field, schema)
            sums = {part: self._fill(collection, part, rows, places(part)) for part, rows in blocks.items()}
            breadth, found = self._breadth(collection) if self._indexed(collection) else (None, None)
        lead(folder, Lead(collection, sums, breadth))
        return found

    def open(self, folder: Path, catalogue: Catalogue) -> QdrantVectors:
        """See `Engine.open`."""
        kept = led(folder)
        if kept is None:
            raise DamagedIndexError(f"{folder.name} does not tell where its vectors are.")
        return QdrantVectors(self._client, kept, catalogue)

    def forget(self, folder: Path) -> None:
        """See `Engine.forget`."""
        with suppress(DamagedIndexError), _asking():  # of what cannot be read, nobody knows the collection
            if kept := led(folder):
                self._client.delete_collection(kept.collection)

    def point_to(self, folder: Path | None) -> None:
        """See `Engine.point_to`."""
        kept = led(folder) if folder else None
        with _asking():
            wanted = kept.collection if kept and self._client.collection_exists(kept.collection) else None
            aliases = {alias.alias_name: alias.collection_name for alias in self._client.get_aliases().aliases}
            before = aliases.get(self._name)
            if before == wanted:
                return
            changes: list[models.AliasOperations] = []
            if before is not None:
                changes.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self._name)))
            if wanted is not None:
                made = models.CreateAlias(collection_name=wanted, alias_name=self._name)
                changes.append(models.CreateAliasOperation(create_alias=made))
            self._client.update_collection_aliases(changes)

    def _fill(self, collection: str, part: str, blocks: Iterable[NDArray[np.float32]], places: Iterable[Place]) -> str:
        """Send all points of a table; the sha256 of their vectors."""
        digest, coming = hashlib.sha256(), iter(places)
        for block in blocks:
            digest.update(block.tobytes())
            for first in range(0, len(block), BATCH):
                rows = block[first : first + BATCH]
                held = list(islice(coming, len(rows)))
                points = models.Batch(
                    ids=[_id(part, place) for place in held],
                    vectors={part: rows.tolist()},
                    payloads=[_payload(place) for place in held],
                )
                self._client.upsert(collection, points)
        return digest.hexdigest()

    def _indexed(self, collection: str) -> bool:
        """Wait until the server has built what it builds; whether it has built a graph."""
        until = time.monotonic() + BEGUN
        while (told := self._client.get_collection(collection)).status != models.CollectionStatus.GREEN:
            if told.status == models.CollectionStatus.RED:
                raise StoreError("The vector store that STORE_URL names could not index the vectors: see its own log.")
            if told.status == models.CollectionStatus.GREY and time.monotonic() > until:
                break  # it waits for something to do, and compares all vectors meanwhile
            time.sleep(PAUSE)
        return bool(told.indexed_vectors_count)

    def _breadth(self, collection: str) -> tuple[int, float] | tuple[None, None]:
        """The fewest candidates by which enough of the nearest are found, and their share; None where none are."""
        for breadth in BREADTHS:
            found = min(_recall(self._client, collection, part, breadth) for part in EMBEDDED)
            if found >= RECALL:
                return breadth, found
        return None, None


class QdrantVectors:
    """The vectors of a catalogue's passages and sentences in a collection. Implements `Vectors`.

    Raises:
        DamagedIndexError: the collection is gone, or does not fit the catalogue.
        StoreError: the server cannot be asked.

    """

    def __init__(self, client: QdrantClient, kept: Lead, catalogue: Catalogue) -> None:
        self._client = client
        self._collection = collection = kept.collection
        self._sums = kept.sums
        self._breadth = kept.breadth
        self._catalogue = catalogue
        manifest = catalogue.manifest
        with _asking():
            if not client.collection_exists(collection):
                raise DamagedIndexError(f"The vector store does not have the collection {collection} any more.")
            count = client.count(collection, exact=True).count
        if catalogue.totals != (manifest.passages, manifest.sentences) or count != sum(catalogue.totals):
            raise DamagedIndexError(f"SQLite and the collection {collection} hold different passages.")

    def nearest(self, part: str, vector: NDArray[np.float32], filters: Filters, limit: int) -> list[int]:
        """See `Vectors.nearest`."""
        found = _nearest(self._client, self._collection, part, vector, limit, _condition(filters), self._breadth)
        return [_row(point) for point in found]

    def recall(self) -> float | None:
        """See `Vectors.recall`."""
        if self._breadth is None:
            return None
        with _asking():
            return min(_recall(self._client, self._collection, part, self._breadth) for part in EMBEDDED)

    def cosines(self, part: str, rows: Sequence[int], vector: NDArray[np.float32]) -> dict[int, float]:
        """See `Vectors.cosines`."""
        found: dict[int, float] = {}
        for first in range(0, len(rows), CHUNK):
            places = self._catalogue.places(part, rows[first : first + CHUNK])
            ids: list[models.ExtendedPointId] = [_id(part, place) for place in places]
            among = models.Filter(must=[models.HasIdCondition(has_id=ids)])
            near = _nearest(self._client, self._collection, part, vector, len(ids), among)
            found |= {_row(point): point.score for point in near}
        if found.keys() != {*rows}:
            raise self._gone()
        return found

    def stored(self, part: str, rows: Sequence[int]) -> NDArray[np.float32]:
        """See `Vectors.stored`."""
        vectors = np.empty((len(rows), self._catalogue.manifest.dimension), dtype=np.float32)
        for first in range(0, len(rows), BATCH):
            places = self._catalogue.places(part, rows[first : first + BATCH])
            found = self._retrieved(part, places)
            for number, place in enumerate(places, first):
                point = found.get(_id(part, place))
                if point is None:
                    raise self._gone()
                vectors[number] = point.vector[part]
        return vectors

    def faults(self) -> Iterator[str]:
        """See `Vectors.faults`."""
        for part, total in zip(EMBEDDED, self._catalogue.totals, strict=True):
            digest = hashlib.sha256()
            for first in range(1, total + 1, BATCH):
                places = self._catalogue.places(part, range(first, min(first + BATCH, total + 1)))
                found = self._retrieved(part, places, with_payload=True)
                for place in places:
                    point = found.get(_id(part, place))
                    if point is None:
                        yield f"the vector of {place.article}, characters {place.start} to {place.end}, is gone"
                        continue
                    digest.update(np.array(point.vector[part], dtype=np.float32).tobytes())
                    if point.payload != _payload(place):
                        yield f"the collection tells of {place.article} what the catalogue does not"
            if digest.hexdigest() != self._sums.get(part):
                yield f"{part} vectors are not those that were written"

    def close(self) -> None:
        """See `Vectors.close`: the engine keeps its client."""

    def _gone(self) -> DamagedIndexError:
        return DamagedIndexError(
            f"Some vectors of generation {self._catalogue.manifest.generation} are gone from the vector store. {REPAIR}"
        )

    def _retrieved(self, part: str, places: Sequence[Place], *, with_payload: bool = False) -> dict[str, Any]:
        """The points of these places by id, as far as they are there."""
        ids = [_id(part, place) for place in places]
        with _asking():
            found = self._client.retrieve(self._collection, ids, with_payload=with_payload, with_vectors=[part])
        return {str(point.id): point for point in found}


def _nearest(
    client: QdrantClient,
    collection: str,
    part: str,
    vector: NDArray[np.float32],
    limit: int,
    condition: models.Filter | None,
    breadth: int | None = None,
) -> list[models.ScoredPoint]:
    """The nearest points that meet a condition, of all or of as many candidates as `breadth` says."""
    params = models.SearchParams(exact=True) if breadth is None else models.SearchParams(hnsw_ef=max(breadth, limit))
    with _asking():
        answer = client.query_points(
            collection,
            query=vector.tolist(),
            using=part,
            query_filter=condition,
            search_params=params,
            limit=limit,
            with_payload=["row"],
        )
    return answer.points


def _recall(client: QdrantClient, collection: str, part: str, breadth: int) -> float:
    """The share of the true nearest that the graph finds, for points of the collection itself.

    Any that are as near as the last of the true ones count: texts that stand in many places have the same vector.
    """
    has = models.Filter(must=[models.HasVectorCondition(has_vector=part)])
    points, _ = client.scroll(collection, has, limit=TRIED, with_payload=False, with_vectors=[part])  # ids are hashes
    shares = []
    for point in points:
        vector = np.array(point.vector[part], dtype=np.float32)  # type: ignore[index, call-overload]  # named vectors
        true, near = (
            [found.score for found in _nearest(client, collection, part, vector, DEPTH, None, candidates)]
            for candidates in (None, breadth)
        )
        shares.append(sum(score >= true[-1] - ROUNDED for score in near) / len(true))
    return float(np.mean(shares)) if shares else 1.0


def _condition(filters: Filters) -> models.Filter | None:
    """What points of articles that pass meet; None where all do."""
    must: list[models.Condition] = []
    for field, wanted in (
        ("outlet", [*map(outlet_key, filters.outlets)]),
        ("outlet", [*map(outlet_key, filters.visible)]),
        ("article", [*filters.articles]),
    ):
        if wanted:
            must.append(models.FieldCondition(key=field, match=models.MatchAny(any=wanted)))
    if filters.since or filters.until:
        days = models.Range(gte=_day(filters.since), lte=_day(filters.until))
        must.append(models.FieldCondition(key="day", range=days))
    must_not: list[models.Condition] = []
    for field, unwanted in (("article", [*filters.withdrawn]), ("outlet", [*map(outlet_key, filters.hidden)])):
        if unwanted:
            must_not.append(models.FieldCondition(key=field, match=models.MatchAny(any=unwanted)))
    return models.Filter(must=must, must_not=must_not) if must or must_not else None


def _day(day: date | None) -> int | None:
    return day.toordinal() if day else None


def _id(part: str, place: Place) -> str:
    """The same for the same words in the same place of the same text, in whichever generation."""
    told = json.dumps([part, place.article, place.sha256, place.start, place.end])
    return str(UUID(bytes=hashlib.sha256(told.encode()).digest()[:16]))


def _payload(place: Place) -> dict[str, Any]:
    """What filters ask of a point's article, and its row in the catalogue; days count as in `date.toordinal`."""
    day = _day(date.fromisoformat(place.published)) if place.published else None
    told = {"row": place.row, "article": place.article, "outlet": place.outlet_key, "day": day}
    return {name: value for name, value in told.items() if value is not None}


def _row(point: models.ScoredPoint) -> int:
    """The row in the catalogue that a point tells."""
    try:
        return int((point.payload or {})["row"])
    except (KeyError, ValueError) as exc:
        raise DamagedIndexError(f"A point of the vector store tells no row. {REPAIR}") from exc


@contextmanager
def _asking() -> Iterator[None]:
    """Tell what goes wrong with the server as a sentence, with neither its address nor the key in it."""
    try:
        yield
    except UnexpectedResponse as exc:
        if exc.status_code == HTTPStatus.NOT_FOUND and "Collection" in _refusal(exc):
            raise DamagedIndexError(f"The vector store does not have the collection any more. {REPAIR}") from exc
        if exc.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise StoreError("The vector store that STORE_URL names refuses the key: correct QDRANT_API_KEY.") from exc
        raise StoreError(f"The vector store that STORE_URL names refuses: {_refusal(exc)}.") from exc
    except ResponseHandlingException as exc:
        reason = str(exc.source).splitlines()[0].rstrip(".") if str(exc.source) else type(exc.source).__name__
        raise StoreError(
            f"The vector store that STORE_URL names cannot be asked ({reason}). Start it, or correct STORE_URL."
        ) from exc
    except ResourceExhaustedResponse as exc:
        raise StoreError("The vector store that STORE_URL names is too busy. Try again in a minute.") from exc


def _refusal(exc: UnexpectedResponse) -> str:
    """What the server says of a request that it does not take."""
    try:
        return str(exc.structured()["status"]["error"]).splitlines()[0].rstrip(".")
    except (ValueError, KeyError, TypeError, IndexError):
        return f"{exc.status_code} {exc.reason_phrase}"
