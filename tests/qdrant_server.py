"""A server that speaks as much of Qdrant's REST interface as the bot does, with Qdrant's own core behind it.

The core is the library `qdrant_edge`: how points are stored, filtered, compared and found through a graph is as in the
server. Collections, aliases and keys are kept here; shards and replicas there are none of.
"""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import qdrant_edge as edge

if TYPE_CHECKING:
    from pathlib import Path

MAX_REQUEST = 32 * 1024**2  # bytes, as in a server's default settings
SCHEMAS = {"keyword": edge.PayloadSchemaType.Keyword, "integer": edge.PayloadSchemaType.Integer}


class Refusal(Exception):  # noqa: N818 an answer, too
    """What the server says of a request that it does not take."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


class QdrantServer:
    """Listens on a free port of this machine, and keeps collections in a folder."""

    def __init__(self, folder: Path, api_key: str | None = None, indexing_threshold: int | None = None) -> None:
        self.folder = folder
        self.api_key = api_key
        self.shards: dict[str, Any] = {}
        self.dimensions: dict[str, int] = {}
        self.aliases: dict[str, str] = {}
        self.asked: list[str] = []  # methods and paths
        self.refusing: int | None = None  # a status with which everything is answered
        self._threshold = indexing_threshold  # kilobytes of vectors from which a graph is built
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"server_of": self}))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        for shard in self.shards.values():
            shard.close()
        self.shards.clear()

    def admit(self, api_key: str | None, length: int) -> None:
        """Refuse what no server would read."""
        if self.refusing:
            raise Refusal(self.refusing, "Service is not ready")
        if api_key != self.api_key:
            raise Refusal(401, "Must provide an API key or an Authorization bearer token")
        if length > MAX_REQUEST:
            raise Refusal(413, "Payload too large")

    def answer(self, method: str, path: str, body: Any) -> Any:  # noqa: PLR0911 a line for each request
        """The result of a request."""
        with self._lock:
            self.asked.append(f"{method} {path}")
            match method, path.strip("/").split("/"):
                case "GET", ["collections"]:
                    return {"collections": [{"name": name} for name in self.shards]}
                case "GET", ["aliases"]:
                    return {"aliases": [{"alias_name": n, "collection_name": c} for n, c in self.aliases.items()]}
                case "POST", ["collections", "aliases"]:
                    return self._alias(body["actions"])
                case "GET", ["collections", name, "exists"]:
                    return {"exists": name in self.shards}
                case "PUT", ["collections", name]:
                    return self._create(name, body)
                case "DELETE", ["collections", name]:
                    return self._drop(name)
                case _, ["collections", name, *rest]:
                    collection = self.aliases.get(name, name)
                    if collection not in self.shards:
                        raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")
                    return self._points(method, collection, "/".join(rest), body)
        raise Refusal(404, f"{method} {path}")

    def _create(self, name: str, body: Any) -> bool:
        if name in self.shards:
            raise Refusal(409, f"Wrong input: Collection `{name}` already exists!")
        vectors = {
            part: edge.EdgeVectorParams(params["size"], getattr(edge.Distance, params["distance"]))
            for part, params in body["vectors"].items()
        }
        optimizers = edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=self._threshold)
        (self.folder / name).mkdir(parents=True)
        config = edge.EdgeConfig(vectors=vectors, optimizers=optimizers)
        self.shards[name] = edge.EdgeShard.create(str(self.folder / name), config)
        self.dimensions[name] = next(iter(body["vectors"].values()))["size"]
        return True

    def _drop(self, name: str) -> bool:
        shard = self.shards.pop(name, None)
        if shard is None:
            return False
        shard.close()
        shutil.rmtree(self.folder / name)
        self.aliases = {alias: of for alias, of in self.aliases.items() if of != name}
        return True

    def _alias(self, actions: list[Any]) -> bool:
        aliases = dict(self.aliases)
        for action in actions:
            if made := action.get("create_alias"):
                if made["collection_name"] not in self.shards:
                    raise Refusal(404, f"Not found: Collection `{made['collection_name']}` doesn't exist!")
                aliases[made["alias_name"]] = made["collection_name"]
            else:
                aliases.pop(action["delete_alias"]["alias_name"], None)
        self.aliases = aliases  # all of them at once
        return True

    def _points(self, method: str, name: str, what: str, body: Any) -> Any:  # noqa: PLR0911 as above
        shard = self.shards[name]
        match method, what:
            case "GET", "":
                return self._info(name)
            case "PUT", "index":
                schema = SCHEMAS[body["field_schema"]]
                shard.update(edge.UpdateOperation.create_field_index(body["field_name"], schema))
                return {"operation_id": 0, "status": "completed"}
            case "PUT", "points":
                batch = body["batch"]
                rows = zip(*batch["vectors"].values(), strict=True)
                points = [
                    edge.Point(point, dict(zip(batch["vectors"], vectors, strict=True)), payload)
                    for point, vectors, payload in zip(batch["ids"], rows, batch["payloads"], strict=True)
                ]
                shard.update(edge.UpdateOperation.upsert_points(points))
                return {"operation_id": 0, "status": "completed"}
            case "POST", "points":
                found = shard.retrieve(body["ids"], body["with_payload"], body["with_vector"])
                return [_record(point) for point in found]
            case "POST", "points/count":
                return {"count": shard.count(edge.CountRequest(exact=body["exact"]))}
            case "POST", "points/scroll":
                wanted = edge.ScrollRequest(
                    limit=body["limit"], filter=_filter(body["filter"]), with_vector=body["with_vector"]
                )
                return {"points": [_record(point) for point in shard.scroll(wanted)[0]], "next_page_offset": None}
            case "POST", "points/query":
                params = body["params"]
                wanted = edge.QueryRequest(
                    limit=body["limit"],
                    query=edge.Query.Nearest(body["query"]["nearest"], body["using"]),
                    filter=_filter(body.get("filter")),
                    params=edge.SearchParams(hnsw_ef=params.get("hnsw_ef"), exact=params.get("exact", False)),
                    with_payload=body["with_payload"],
                )
                return {
                    "points": [{**_record(point), "version": 0, "score": point.score} for point in shard.query(wanted)]
                }
        raise Refusal(404, f"{method} {what}")

    def _info(self, name: str) -> Any:
        """What is told of a collection, after building what there is to build; of its settings, what a client reads."""
        shard = self.shards[name]
        shard.optimize()
        told = shard.info()
        vectors = {part: {"size": self.dimensions[name], "distance": "Dot"} for part in ("passage", "sentence")}
        return {
            "status": "green",
            "optimizer_status": "ok",
            "segments_count": told.segments_count,
            "points_count": told.points_count,
            "indexed_vectors_count": told.indexed_vectors_count,
            "payload_schema": {},
            "config": {
                "params": {"vectors": vectors},
                "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
                "optimizer_config": {
                    "deleted_threshold": 0.2,
                    "vacuum_min_vector_number": 1000,
                    "default_segment_number": 1,
                    "flush_interval_sec": 5,
                },
            },
        }


class _Handler(BaseHTTPRequestHandler):
    server_of: QdrantServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.server_of.admit(self.headers.get("api-key"), len(raw))
            result = self.server_of.answer(self.command, urlsplit(self.path).path, json.loads(raw) if raw else None)
            self._send(200, {"result": result, "status": "ok", "time": 0.0})
        except Refusal as exc:
            self._send(exc.status, {"status": {"error": str(exc)}, "time": 0.0})
        except Exception as exc:  # noqa: BLE001 whatever the core finds wrong is an answer, too
            self._send(500, {"status": {"error": repr(exc)}, "time": 0.0})

    do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 http.server's names

    def _send(self, status: int, told: Any) -> None:
        raw = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _record(point: Any) -> dict[str, Any]:
    return {"id": str(point.id), "payload": point.payload, "vector": point.vector}


def _filter(told: Any) -> Any:
    if not told:
        return None
    parts = {name: [_condition(each) for each in told[name]] for name in ("must", "must_not") if told.get(name)}
    return edge.Filter(**parts)


def _condition(told: Any) -> Any:
    if "has_id" in told:
        return edge.HasIdCondition(set(told["has_id"]))
    if "has_vector" in told:
        return edge.HasVectorCondition(told["has_vector"])
    if "match" in told:
        return edge.FieldCondition(told["key"], match=edge.MatchAny(told["match"]["any"]))
    bounds = told["range"]
    return edge.FieldCondition(told["key"], range=edge.RangeFloat(gte=bounds.get("gte"), lte=bounds.get("lte")))
