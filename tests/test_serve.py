"""The HTTP interface for other programs, called by a real client over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate
from serve_world import HIDDEN, QUESTION, TEXTS, WIRE, Program, Site, calling, free_port, served
from test_terminal import CONTRACT

from bot import contract, service, wording
from bot.answer import Way
from bot.answering import MAX_QUESTION_CHARS
from bot.desk import SEARCHES
from bot.pace import WINDOW
from bot.serve import guard
from bot.serve.app import ServeError, serve
from bot.serve.tokens import LOOKS_A_QUESTION

if TYPE_CHECKING:
    from pathlib import Path

QUOTING = "“the bridge is made of balsa wood”, said the Secret Wire, “We like it.” “It cost nine million and one”"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.build()
    return made


async def told_of_all(program: Program) -> list[Any]:
    """Replies to everything that can be asked, much of it about what not everybody may see."""
    told = [await program.post("/ask", question=QUESTION, way=way, count=10) for way in Way]
    for question in (
        "balsa wood",
        "Secret Wire",
        "What did the Secret Wire say of balsa?",
        "Secret Wire about a bridge",
    ):
        told += [await program.post("/ask", question=question, way=way, count=10) for way in (Way.BEST, Way.ONLY_IN)]
    told += [await program.post("/ask", question=QUESTION, outlets=["Secret Wire"])]
    told += [await program.post("/verify", text=QUOTING), await program.get("/status")]
    told += [await program.get("/sources"), await program.get("/sources", outlets="secret wire")]
    told += [await program.get(f"/articles/{quote(name)}") for name in (*TEXTS, *HIDDEN)]
    return told


def apart(told: Any) -> Any:
    """What is told without what differs from index to index: numbers, times, and scores, which all texts weigh in."""
    if isinstance(told, dict):
        differing = {"generation", "elapsed_ms", "score", "built_at", "indexed_at"}
        return {key: apart(value) for key, value in told.items() if key not in differing}
    return [apart(value) for value in told] if isinstance(told, list) else told


async def test_the_document_is_openapi_and_describes_all_there_is(site: Site) -> None:
    async with served(site) as address, httpx2.AsyncClient(base_url=address) as anybody:
        reply = await anybody.get("/openapi.json")
        document = reply.json()
        validate(document)
        assert set(document["paths"]) == {"/ask", "/verify", "/sources", "/articles/{id}", "/status"}
        for page in ("/docs", "/redoc"):
            assert (await anybody.get(page)).status_code == 404


async def test_everything_quoted_stands_in_the_article_that_is_named_where_it_is_said(site: Site) -> None:
    async with served(site) as address, calling(address, None) as [program]:
        quoted = 0
        for way in Way:
            for question in (QUESTION, "bridge", "Ann Smith", "Open Post"):
                answer = await program.post("/ask", question=question, way=way, count=10)
                refusal = answer["refusal"] or {"closest": None}
                for excerpt in filter(None, (*answer["excerpts"], refusal["closest"])):
                    assert await program.stored(excerpt["article"], excerpt["start"], excerpt["end"]) == excerpt["text"]
                    for span in filter(None, (excerpt["answer"], *excerpt["moments"], *excerpt["differing"])):
                        assert excerpt["start"] <= span["start"] < span["end"] <= excerpt["end"]
                    quoted += 1
        found = await program.post("/verify", text=QUOTING)
        for finding in found["quotations"]:
            assert QUOTING[finding["start"] : finding["end"]] == finding["quotation"]
            for place in finding["places"]:
                assert await program.stored(place["article"], place["start"], place["end"]) == place["text"]
                quoted += 1
        assert quoted > 20


async def test_the_terminal_tells_the_same(site: Site) -> None:
    async with served(site) as address, calling(address, None) as [program]:
        desk = site.desks[0]
        for way in Way:
            told = await program.post("/ask", question=QUESTION, way=way, count=4, until="2099-01-01")
            Draft202012Validator(CONTRACT).validate(told)
            told = await program.post("/ask", question=QUESTION, way=way, count=4)
            ours = json.loads(json.dumps(contract.as_json(await desk.ask(QUESTION, count=4, way=way))))
            assert told | {"elapsed_ms": 0} == ours | {"elapsed_ms": 0}
        found = (await desk.verify(QUOTING)).findings
        told = await program.post("/verify", text=QUOTING)
        assert told == {"quotations": [contract.finding_as_json(finding) for finding in found], "cut": False}
        listings = await desk.listings()
        told = await program.get("/sources")
        assert told == {"articles": 3, "sources": [contract.listing_as_json(listing) for listing in listings]}


async def test_an_article_is_given_whole_or_in_part_by_its_id_or_hash(site: Site) -> None:
    async with served(site) as address, calling(address, None) as [program]:
        for name, text in TEXTS.items():
            told = await program.get(f"/articles/{quote(name)}")
            assert (told["text"], told["start"], told["end"], told["length"]) == (text, 0, len(text), len(text))
            assert (await program.get(f"/articles/{told['article']['sha256']}")) == told
            assert (await program.get(f"/articles/{quote(name, safe='')}", start=4, end=9))["text"] == text[4:9]
            beyond = await program.get(f"/articles/{quote(name)}", start=len(text) - 3, end=10**9)
            assert (beyond["text"], beyond["end"]) == (text[-3:], len(text))
        reply = await program.call("GET", "/articles/nothing")
        assert (reply.status_code, reply.json()["error"][:22]) == (404, "No article in the inde")


async def test_sources_are_filtered_and_come_in_parts(site: Site) -> None:
    async with served(site) as address, calling(address, None) as [program]:
        whole = (await program.get("/sources"))["sources"]
        parts = [(await program.get("/sources", skip=n, limit=1)) for n in range(4)]
        assert [row for part in parts for row in part["sources"]] == whole
        assert {part["articles"] for part in parts} == {3}
        two = await program.get("/sources", outlets=["open post", "Secret Wire"])
        assert [row["article"]["id"] for row in two["sources"]] == [WIRE, "open"]
        assert (await program.get("/sources", words="whales SEEN"))["articles"] == 1
        assert (await program.get("/sources", since="2023-01-01"))["articles"] == 0


async def test_what_a_token_may_not_see_is_as_if_it_were_not_there(site: Site, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    bare = Site(tmp_path / "bare", [name for name in TEXTS if name != WIRE])
    bare.build()
    async with served(bare) as address, calling(address, None) as [program]:
        expected = await told_of_all(program)
    seeing = site.token("editor", pace=1000)
    blind = site.token("partner", pace=1000, hidden=["SECRET wire"])
    async with served(site) as address, calling(address, seeing, blind) as [editor, partner]:
        told = json.dumps(await told_of_all(editor))
        assert [words for words in HIDDEN if words not in told] == []
        assert apart(await told_of_all(partner)) == apart(expected)


async def test_a_token_may_see_some_outlets_alone(site: Site) -> None:
    only = site.token("post", outlets=["open post"])
    async with served(site) as address, calling(address, only) as [post]:
        rows = await post.get("/sources")
        assert (rows["articles"], rows["sources"][0]["article"]["id"]) == (1, "open")
        assert (await post.get("/status"))["articles"] == 1
        answer = await post.post("/ask", question=QUESTION, count=10)
        assert {excerpt["article"]["id"] for excerpt in answer["excerpts"]} == {"open"}
        assert (await post.call("GET", "/articles/whales")).status_code == 404


async def test_without_a_token_that_is_known_nothing_is_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    known = site.token("newsroom")
    caplog.set_level(logging.DEBUG)
    for client in ("httpx2", "httpcore2"):
        caplog.set_level(logging.WARNING, client)
    async with served(site) as address, calling(address, None, known[:-1] + "?", known) as [nobody, wrong, newsroom]:
        for program in (nobody, wrong):
            reply = await program.call("GET", "/status")
            assert reply.status_code == 401
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert (await program.client.get("/nothing")).status_code == 401
            assert (await program.client.post("/mcp", json={})).status_code == 401
        for header in (known, f"Basic {known}", "Bearer", "Bearer\u00a0".encode("latin-1"), f"Bearer {known} {known}"):
            reply = await nobody.client.get("/status", headers={"Authorization": header})
            assert reply.status_code == 401
        for header in (f"bearer {known}", f"Bearer   {known}"):
            assert (await nobody.client.get("/status", headers={"Authorization": header})).status_code == 200
        assert (await newsroom.call("POST", "/ask", json={"question": QUESTION})).status_code == 200
    assert known not in caplog.text
    assert known not in site.tokens_file.read_text(encoding="utf-8")
    assert QUESTION not in caplog.text


async def test_what_cannot_be_used_is_told_in_a_sentence(site: Site) -> None:
    async with served(site) as address, calling(address, None) as [program]:

        async def refused(method: str, path: str, status: int, **sent: Any) -> str:
            reply = await program.call(method, path, **sent)
            assert reply.status_code == status
            return str(reply.json()["error"])

        told = await refused("POST", "/ask", 422, json={"question": "q" * (MAX_QUESTION_CHARS + 1), "cuont": 3})
        assert told.startswith("question: ")
        assert "cuont: " in told
        assert "qqq" not in told
        assert (await refused("POST", "/ask", 422, json={"question": QUESTION, "since": "the day of days"})).startswith(
            "“"
        )
        json_wanted = "The body must be a JSON object, with the header `Content-Type: application/json`."
        assert (
            await refused("POST", "/ask", 422, content="{", headers={"Content-Type": "application/json"}) == json_wanted
        )
        assert await refused("POST", "/ask", 422, content='{"question": "x"}') == json_wanted
        assert await refused("GET", "/articles/open", 422, params={"start": 5, "end": 4}) == "end comes before start."
        assert (await refused("GET", "/sources", 422, params={"limit": 1001})).startswith("limit: ")
        reply = await program.client.get("/nothing")
        assert (reply.status_code, reply.json()["error"].startswith("There is nothing here")) == (404, True)
        for method, path in (("GET", "/ask"), ("DELETE", "/articles/open"), ("GET", "/mcp"), ("OPTIONS", "/ask")):
            reply = await program.client.request(method, path)
            assert (reply.status_code, reply.json()) == (405, {"error": f"This takes no {method}."})


async def test_whatever_is_sent_is_answered_or_refused(site: Site) -> None:
    site.token("odd", pace=1000)
    odd = [r"\ud800", r"\u0000", r"\u202e", "'; DROP TABLE article; --", "%s {0} {question}", "“" * 500, "\\" * 2, "🦭"]
    json_type = {"Content-Type": "application/json"}
    async with served(site) as address, calling(address, site.secrets["odd"]) as [program]:
        for words in odd:
            for body in (
                f'{{"question": "{words} bridge"}}', f'{{"question": "bridge", "outlets": ["{words}"]}}',
                f'{{"question": "bridge", "since": "{words}"}}', f'{{"question": "{words}", "way": "only_in"}}',
            ):  # fmt: skip
                assert (await program.call("POST", "/ask", content=body, headers=json_type)).status_code in {200, 422}
            body = f'{{"text": "“{words} bridge” {words}"}}'
            assert (await program.call("POST", "/verify", content=body, headers=json_type)).status_code in {200, 422}
        for body in (
            "[" * 100_000,
            '{"question": ' + "9" * 5000 + "}",
            "null",
            "[]",
            "\xff",
            '{"question": "bridge"} x',
            "",
        ):
            reply = await program.client.post("/ask", content=body.encode("latin-1"), headers=json_type)
            assert reply.status_code in {400, 422}
            assert list(reply.json()) == ["error"]
        for path in ("%00", "%ED%A0%80", "%FF", "..%2F..", "a%0Ab", "x" * 5001, "%E2%80%AE"):
            assert (await program.call("GET", f"/articles/{path}")).status_code in {404, 422}
        for query in ({"words": "\0"}, {"outlets": "\0"}, {"skip": 10**30}, {"limit": "9" * 5000}, {"since": "\0"}):
            assert (await program.call("GET", "/sources", params=query)).status_code in {200, 422}


async def test_a_request_has_a_length_and_a_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MAX_BODY", 1000)
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.2)
    async with served(site) as address, calling(address, None) as [program]:
        text = "x" * 1000
        reply = await program.call("POST", "/verify", json={"text": text})
        assert (reply.status_code, reply.json()) == (413, {"error": "A request has 1,000 bytes at most."})

        async def chunks(pause: float) -> Any:
            for _ in range(11):
                yield b" " * 100
                await asyncio.sleep(pause)

        json_type = {"Content-Type": "application/json"}
        reply = await program.call("POST", "/verify", content=chunks(0), headers=json_type)
        assert reply.status_code == 413
        late = await program.client.post("/verify", content=chunks(0.1), headers=json_type)
        assert late.status_code == 408
        with contextlib.suppress(httpx2.TransportError):  # it may not read what is told while it still sends
            assert (await program.client.get("/status", headers={"X-Long": "x" * 1_000_000})).status_code == 400
        assert (await program.call("GET", "/status")).status_code == 200


async def test_no_other_site_gets_an_answer_through_a_browser_here(site: Site) -> None:
    async with served(site) as address, calling(address, None) as [program]:
        port = address.rpartition(":")[2]
        for host in (
            "evil.example",
            f"evil.example:{port}",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "[",
            "",
        ):
            reply = await program.call("GET", "/status", headers={"Host": host})
            assert reply.status_code == 403
        for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
            reply = await program.call("GET", "/status", headers={"Origin": origin})
            assert reply.status_code == 403
            assert (await program.client.post("/mcp", json={}, headers={"Origin": origin})).status_code == 403
        for host in ("localhost", f"LOCALHOST:{port}", "127.0.0.1", f"[::1]:{port}"):
            reply = await program.call("GET", "/status", headers={"Host": host, "Origin": f"http://{host}"})
            assert reply.status_code == 200
            assert not [name for name in reply.headers if name.startswith("access-control-")]
            assert {name: reply.headers[name] for name in guard.HEADERS} == guard.HEADERS


async def test_others_are_listened_to_only_with_tokens(site: Site) -> None:
    with pytest.raises(ServeError, match="SERVE_TOKENS"):
        await serve(site.reception, site.tokens, "0.0.0.0", free_port())
    known = site.token("newsroom")
    async with served(site, "0.0.0.0") as address, calling(address, known) as [program]:
        # A proxy in front has a name of its own.
        assert (await program.call("GET", "/status", headers={"Host": "news.example"})).status_code == 200
        with pytest.raises(ServeError, match=f"at port {address.rpartition(':')[2]}: "):
            await serve(site.reception, site.tokens, "127.0.0.1", int(address.rpartition(":")[2]))
    with pytest.raises(ServeError, match="cannot be listened on"):
        await serve(site.reception, site.tokens, "no.such.host.invalid", 1)


async def test_each_token_has_its_pace(site: Site) -> None:
    slow, other = site.token("slow", pace=1), site.token("other")
    async with served(site) as address, calling(address, slow, other) as [program, neighbour]:
        assert (await program.call("POST", "/ask", json={"question": "bridge"})).status_code == 200
        for path, body in (("/ask", {"question": "bridge"}), ("/verify", {"text": "bridge"})):
            reply = await program.call("POST", path, json=body)
            assert reply.status_code == 429
            assert 0 < int(reply.headers["Retry-After"]) <= WINDOW
            assert (await neighbour.call("POST", path, json=body)).status_code == 200
        paths = ["/status", "/sources", "/articles/open", "/status", "/sources"]
        statuses = [(await program.call("GET", path)).status_code for path in paths]
        assert statuses == [200] * LOOKS_A_QUESTION + [429]


async def test_until_there_is_an_index_that_is_told_and_then_it_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path)
    async with served(site) as address, calling(address, None) as [program]:
        for method, path in (("POST", "/ask"), ("GET", "/status"), ("GET", "/sources"), ("GET", "/articles/open")):
            reply = await program.call(method, path, json={"question": QUESTION} if method == "POST" else None)
            assert reply.status_code == 503
            assert str(tmp_path) not in reply.text
        assert "on-the-record-index build" in caplog.text
        await asyncio.to_thread(site.build)
        assert (await program.post("/ask", question=QUESTION))["answered"]
    assert len(site.desks) == 1


async def test_whoever_waits_when_it_stops_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "GRACE", 0.2)
    hold = threading.Event()
    async with served(site) as address, calling(address, None) as [program]:
        assert (await program.call("GET", "/status")).status_code == 200
        for _ in range(SEARCHES):
            site.desks[0]._search_threads.submit(hold.wait)
        waiting = [asyncio.create_task(program.call("POST", "/ask", json={"question": f"{n}?"})) for n in range(3)]
        while site.desks[0].waiting < 3:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        replies = await asyncio.gather(*waiting)
        hold.set()
    assert {(reply.status_code, reply.json()["error"]) for reply in replies} == {(503, service.STOPPING)}


async def test_what_is_under_way_when_it_stops_is_answered(site: Site) -> None:
    hold = threading.Event()
    async with served(site) as address, calling(address, None, None) as [program, late]:
        assert (await program.call("GET", "/status")).status_code == 200
        assert (await late.call("GET", "/status")).status_code == 200
        for _ in range(SEARCHES):
            site.desks[0]._search_threads.submit(hold.wait)
        waiting = asyncio.create_task(program.call("POST", "/ask", json={"question": QUESTION}))
        while site.desks[0].waiting < 1:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        while not site.reception._stopping:
            await asyncio.sleep(0.01)
        reply = await late.call("GET", "/status")
        assert (reply.status_code, reply.json()) == (503, {"error": service.STOPPING})
        hold.set()
        assert (await waiting).json()["answered"]


async def test_what_nobody_foresaw_is_logged_without_the_question(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(site) as address, calling(address, None) as [program]:
        assert (await program.call("GET", "/status")).status_code == 200

        def fail(*_: object, **__: object) -> None:
            raise ValueError(f"in {QUESTION}")

        monkeypatch.setattr(type(site.desks[0]._answerer), "answer", fail)
        reply = await program.call("POST", "/ask", json={"question": QUESTION})
        assert (reply.status_code, reply.json()) == (500, {"error": wording.UNEXPECTED})
        assert (await program.call("GET", "/status")).status_code == 200
    assert "serve.call_failed error=ValueError" in caplog.text
    assert QUESTION not in caplog.text


async def test_an_outlet_that_no_article_is_of_is_named_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.token("partner", hidden=["Secret Wires"], outlets=["open post"])
    async with served(site) as address, calling(address, site.secrets["partner"]) as [program]:
        assert (await program.call("GET", "/status")).status_code == 200
    assert "serve.unknown_outlet token=partner outlet=Secret Wires" in caplog.text
    assert "open post" not in caplog.text
