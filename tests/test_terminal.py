"""The command line as a user types it; words stand in for the model where it is not the point."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from conftest import ROOT, SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from prompt_toolkit.application import create_app_session
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console
from word_encoder import WordHashEncoder

from bot import __main__ as cli
from bot import contract, terminal, wording
from bot.answer import CAUTION, Answer, Excerpt, Place, Reason, Refusal
from bot.desk import RECORDS, Desk
from bot.prompt import Names
from bot.records.feedback import Verdict
from bot.records.records import Records
from index.build import build
from index.model import Article, Kind, Listing, Passage, Source, Span
from index.shown import harmless
from index.tokens import Change, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prompt_toolkit.input import PipeInput

CARD = {
    "type": "object",
    "properties": {
        "id": {"type": "string"}, "title": {"type": "string"}, "title_given": {"type": "boolean"},
        "outlet": {"type": ["string", "null"]}, "author": {"type": ["string", "null"]},
        "published": {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "url": {"type": ["string", "null"]}, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "teaser": {"type": "boolean"},
    },
    "required": ["id", "title", "title_given", "outlet", "author", "published", "url", "sha256", "teaser"],
    "additionalProperties": False,
}  # fmt: skip
SPAN = {
    "type": "object",
    "properties": {"start": {"type": "integer"}, "end": {"type": "integer"}},
    "required": ["start", "end"],
    "additionalProperties": False,
}
DIFFERING = {
    "type": "object",
    "properties": {
        "start": {"type": "integer"}, "end": {"type": "integer"},
        "there": {
            "type": "object",
            "properties": {
                "text": {"type": "string"}, "article": CARD,
                "start": {"type": "integer"}, "end": {"type": "integer"}, "paragraph": {"type": "integer"},
            },
            "required": ["text", "article", "start", "end", "paragraph"],
            "additionalProperties": False,
        },
    },
    "required": ["start", "end", "there"],
    "additionalProperties": False,
}  # fmt: skip
MOMENT = {
    "type": "object",
    "properties": {
        "start": {"type": "integer"}, "end": {"type": "integer"},
        "meant": {"type": ["string", "null"], "pattern": r"^\d{4}(-\d\d(-\d\d(/\d{4}-\d\d-\d\d)?)?)?$"},
        "by": {"type": ["string", "null"], "format": "date"},
    },
    "required": ["start", "end", "meant", "by"],
    "additionalProperties": False,
}  # fmt: skip
EXCERPT = {
    "type": "object",
    "properties": {
        "number": {"type": "integer"}, "text": {"type": "string"}, "article": CARD,
        "start": {"type": "integer"}, "end": {"type": "integer"}, "paragraph": {"type": "integer"},
        "answer": {"anyOf": [SPAN, {"type": "null"}]},
        "kind": {"enum": ["body", "caption", "embed"]}, "score": {"type": "number"},
        "differing": {"type": "array", "items": DIFFERING},
        "speaker": {"type": ["object", "null"], "required": ["words", "meant", "goes_on"]},
        "moments": {"type": "array", "items": MOMENT},
        "link": {"type": ["string", "null"]},
    },
    "required": [
        "number", "text", "article", "start", "end", "answer", "paragraph", "kind", "score", "differing", "speaker",
        "moments", "link",
    ],
    "additionalProperties": False,
}  # fmt: skip
CONTRACT = {
    "type": "object",
    "properties": {
        "question": {"type": "string"},
        "mode": {"enum": ["question", "mentions", "compared", "figures", "said", "timeline", "first", "only_in"]},
        "answered": {"type": "boolean"},
        "refusal": {
            "type": ["object", "null"],
            "properties": {
                "reason": {"enum": ["nothing_near", "filtered_out", "empty_index", "empty_question"]},
                "message": {"type": "string", "minLength": 1},
                "nearest": {"type": "array", "items": CARD},
                "closest": {"anyOf": [EXCERPT, {"type": "null"}]},
            },
            "required": ["reason", "message", "nearest", "closest"],
            "additionalProperties": False,
        },
        "excerpts": {"type": "array", "items": EXCERPT},
        "without": {"type": "array", "items": CARD},
        "described": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "article": CARD,
                    "start": {"type": "integer"},
                    "end": {"type": "integer"},
                    "paragraph": {"type": "integer"},
                },
                "required": ["text", "article", "start", "end", "paragraph"],
                "additionalProperties": False,
            },
        },
        "articles_in_index": {"type": "integer"},
        "generation": {"type": "integer"},
        "elapsed_ms": {"type": "number"},
    },
    "required": [
        "question", "mode", "answered", "refusal", "excerpts", "without", "described", "articles_in_index",
        "generation", "elapsed_ms",
    ],
    "additionalProperties": False,
}  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, word_index: Path, tmp_path: Path):
    """Runs `python -m bot ARGS` in process, in an empty folder, on an index made of words."""
    monkeypatch.setattr(cli, "SentenceTransformerEncoder", lambda _model: WordHashEncoder())
    monkeypatch.setenv("READER_MODEL", "off")
    # What a word-hash vector says of relevance is no measure: every question with a hit is answered here.
    monkeypatch.setitem(CAUTION, "balanced", (0.0, 0.0))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CORPUS_DIR", str(SEEDS))
    for name in ("INDEX_DIR", "EMBEDDING_MODEL", "DISCORD_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*args: str, stdin: str = ""):
        return CliRunner().invoke(cli.main, [*args, "--index-dir", str(word_index)], input=stdin)

    return invoke


def test_json_keeps_the_contract_and_quotes_what_is_stored(run) -> None:
    result = run("ask", "Who is the mayor, Sergei Sobyanin?", "--json", "-k", "2")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    Draft202012Validator(CONTRACT).validate(answer)
    assert answer["answered"]
    assert [e["number"] for e in answer["excerpts"]] == [1, 2]
    for excerpt in answer["excerpts"]:
        stored = (SEEDS / f"{excerpt['article']['id']}.txt").read_text(encoding="utf-8")
        assert stored[excerpt["start"] : excerpt["end"]] == excerpt["text"]


def test_one_or_two_words_are_a_search(run) -> None:
    found = json.loads(run("ask", "kherson curfews", "--json").stdout)
    Draft202012Validator(CONTRACT).validate(found)
    assert found["mode"] == "mentions"
    assert all("curfew" in excerpt["text"] for excerpt in found["excerpts"])
    assert found["excerpts"]
    assert run("ask", "kherson curfews").stdout.startswith("Mentions of “kherson” and “curfews”. ")
    assert json.loads(run("ask", "Who denied it?", "--json").stdout)["mode"] == "question"


def test_a_picture_is_drawn_into_a_file_and_its_numbers_are_printed(run, tmp_path: Path) -> None:
    told = run("picture", "coverage.png", "--since", "2023-05-04")
    assert told.stdout == "1 article by day and outlet\n2023-05-04: 1 (outlet not given 1)\n"
    assert (tmp_path / "coverage.png").read_bytes().startswith(b"\x89PNG")
    refused = run("picture", "none/coverage.png")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.stderr


def test_a_timeline_is_bounded_by_the_days_that_are_spoken_of(run) -> None:
    asked = ("ask", "When did the invasion of Ukraine start?", "--timeline", "--json", "--until", "2022-12-31")
    found = json.loads(run(*asked).stdout)
    Draft202012Validator(CONTRACT).validate(found)
    assert found["mode"] == "timeline"
    assert found["excerpts"]
    for excerpt in found["excerpts"]:
        assert any(moment["meant"] and moment["meant"] < "2023" for moment in excerpt["moments"])


def test_a_dash_reads_questions_and_writes_an_answer_a_line(run) -> None:
    questions = ["Who is Sergei Sobyanin?", "", "?!", "Kherson curfew “hours”", "When?"]
    lines = run("ask", "-", "--json", stdin="\n".join(questions) + "\n").stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["question"] for answer in answers] == questions
    for answer in answers:
        Draft202012Validator(CONTRACT).validate(answer)
    assert [a["refusal"] and a["refusal"]["reason"] for a in answers][1:3] == ["empty_question"] * 2
    plain = run("ask", "-", stdin="\n".join(questions)).stdout.splitlines()
    assert len(plain) == len(questions)
    assert plain[0].startswith("[1] ")


def test_what_is_quoted_is_cited_in_the_form_that_is_wanted(run) -> None:
    answer = json.loads(run("ask", "Who is the mayor, Sergei Sobyanin?", "--json").stdout)
    items = json.loads(run("ask", "Who is the mayor, Sergei Sobyanin?", "--cite", "csl-json").stdout)
    assert [item["note"].split("\nparagraph ")[0] for item in items] == [e["text"] for e in answer["excerpts"]]
    assert len(items) > 1
    accessed = date(*items[0]["accessed"]["date-parts"][0])
    assert abs(accessed - datetime.now(UTC).date()) <= timedelta(1)
    assert run("ask", "Who is the mayor, Sergei Sobyanin?", "--cite", "ris").stdout.count("TY  - NEWS") == len(items)
    refused = run("ask", "?!", "--cite", "bibtex")
    assert (refused.stdout, refused.exit_code) == ("", 0)
    assert "There is no question" in refused.stderr
    assert run("ask", "q", "--cite", "word").exit_code == run("ask", "q", "--cite", "ris", "--json").exit_code == 2


def test_answers_verifications_and_sources_are_written_as_files_are(run) -> None:
    question = "Who is the mayor, Sergei Sobyanin?"
    texts = [excerpt["text"] for excerpt in json.loads(run("ask", question, "--json").stdout)["excerpts"]]
    table = list(csv.DictReader(io.StringIO(run("ask", "-", "--csv", stdin=f"{question}\n?!\n").stdout, newline="")))
    assert [row["question"] for row in table] == [question] * len(texts) + ["?!"]
    assert [row["quote"] for row in table[:-1]] == texts
    for row in table[:-1]:
        stored = (SEEDS / f"{row['article']}.txt").read_text(encoding="utf-8")
        assert stored[int(row["start"]) : int(row["end"])] == row["quote"]
    read = run("ask", question, "--markdown").stdout
    assert read.startswith(f"# {question}\n\n")
    assert read.count("\n> ") == len(texts)
    quoted = f"He said “{texts[0]}”"
    (found,) = csv.DictReader(io.StringIO(run("verify", quoted, "--csv").stdout, newline=""))
    assert (found["verdict"], found["text"]) == ("exact", texts[0])
    assert f"> {found['text']}" in run("verify", quoted, "--markdown").stdout.replace("\\", "")
    listed = list(csv.DictReader(io.StringIO(run("sources", "--csv").stdout, newline="")))
    rows = [json.loads(line) for line in run("sources", "--json").stdout.splitlines()]
    assert [row["article"]["id"] for row in rows] == [row["article"] for row in listed]
    assert len(rows) == len(list(SEEDS.glob("*.txt")))
    assert run("sources", "--markdown", "--since", "2023-05-04").stdout.startswith("# Sources: 1 article\n")


def test_a_list_of_questions_becomes_a_table_that_goes_on(run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(
        "Who is the mayor, Sergei Sobyanin?\n?!\nKherson curfew hours\n", encoding="utf-8"
    )
    alone = json.loads(run("ask", "Kherson curfew hours", "--json", "-k", "2").stdout)
    out = tmp_path / "answers.csv"
    asked = run("ask-list", "list.txt", "-k", "2", "--out", "answers.csv")
    assert (asked.exit_code, asked.stdout) == (0, "")
    assert "3 of 3 questions asked." in asked.stderr
    whole = out.read_bytes()
    table = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"), newline="")))
    assert [row["question"] for row in table] == [table[0]["question"]] * 2 + ["?!"] + ["Kherson curfew hours"] * 2
    assert [row["quote"] for row in table[3:]] == [excerpt["text"] for excerpt in alone["excerpts"]]
    assert table[2]["refusal"].startswith("There is no question")
    again = run("ask-list", "list.txt", "-k", "2", "--out", "answers.csv")
    assert "1 of 3 questions asked; 2 were answered there." in again.stderr
    assert out.read_bytes() == whole
    assert run("ask-list", "list.txt", "-k", "2").stdout_bytes == whole.removeprefix(b"\xef\xbb\xbf")
    lines = [json.loads(line) for line in run("ask-list", "list.txt", "--json").stdout.splitlines()]
    for answer in lines:
        Draft202012Validator(CONTRACT).validate(answer)
    assert [answer["question"] for answer in lines] == list(dict.fromkeys(row["question"] for row in table))
    none = run("ask-list", "none.txt")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "none.txt cannot be read" in none.stderr


def test_filters_reach_the_search(run) -> None:
    found = json.loads(run("ask", "Kremlin drones", "--json", "--since", "2023-05-04").stdout)
    assert {e["article"]["id"] for e in found["excerpts"]} == {"003_97ab892218fedf90"}
    found = json.loads(run("ask", "Kremlin drones", "--json", "--until", "2023-05-03").stdout)
    assert {e["article"]["id"] for e in found["excerpts"]} == {"004_8a38857d99c895f8"}
    found = json.loads(run("ask", "Kremlin drones", "--json", "--outlet", "Nobody's Paper").stdout)
    assert found["refusal"]["reason"] == "filtered_out"


def test_quotations_are_verified(run) -> None:
    text = "She said “We didn’t attack Putin. We leave it to the tribunal” and “it was raining cats and dogs there”."
    found = run("verify", text).stdout
    assert found.startswith("2 quotations: 1 exact, 1 not found in this index.\n")
    assert "paragraph 9" in found
    assert run("verify", "-", stdin=text).stdout == found
    found = run("verify", "Antony Blinken said: “We didn’t attack Putin. We leave it to the tribunal.”").stdout
    assert found.startswith("1 quotation: 1 other speaker.\n")
    assert "   There it is said by “Ukrainian president Volodymyr Zelensky”.\n" in found


def test_a_verification_as_json_has_its_places_and_who_said_it(run) -> None:
    text = (
        "Antony Blinken said: “We didn’t attack Putin. We leave it to the tribunal.” “It rained cats and dogs there.”"
    )
    said, missing = map(json.loads, run("verify", text, "--json").stdout.splitlines())
    assert (said["verdict"], said["given_to"], missing["verdict"]) == ("other_speaker", "Antony Blinken", "not_found")
    assert text[said["start"] : said["end"]] == said["quotation"]
    (place,) = said["places"]
    stored = (SEEDS / f"{place['article']['id']}.txt").read_text(encoding="utf-8")
    assert stored[place["start"] : place["end"]] == place["text"]
    assert place["speaker"] == {"words": "Ukrainian president Volodymyr Zelensky", "meant": "", "goes_on": False}
    assert missing["places"] == missing["parts"] == []
    assert set(said) == set(missing)
    whole = run("verify", text, "--json").stdout
    assert run("verify", "-", "--json", stdin=text).stdout == whole


def test_the_reader_is_loaded_for_questions_alone(run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(cli, "open_reader", opened.append)
    for arguments in (("sources",), ("verify", "“Nobody said so.”"), ("ask", "Who is the mayor?")):
        assert opened == []
        assert run(*arguments).exit_code == 0
    assert opened == ["off"]


def test_sources_are_listed(run) -> None:
    listed = run("sources").stdout
    assert listed.count("passages · indexed") == 5
    assert "003_97ab892218fedf90" in listed
    rows = [json.loads(line) for line in run("sources", "--json").stdout.splitlines()]
    assert [row["article"]["id"] for row in rows] == sorted(path.stem for path in SEEDS.glob("*.txt"))
    for row in rows:
        Draft202012Validator(CARD).validate(row["article"])
        assert row["passages"] > 0
        assert datetime.fromisoformat(row["indexed_at"]).tzinfo


def test_feedback_is_exported_without_names(run, word_index: Path) -> None:
    assert run("feedback", "export").stdout == ""
    records = Records(word_index / RECORDS)
    records.feedback.note(
        platform="discord", server="1", user="123456789", question="Wer war’s?", verdict=Verdict.WRONG_SOURCE,
        article="a", sha256="ab", start=1, end=5, number=2, generation=1,
    )  # fmt: skip
    records.close()
    exported = run("feedback", "export").stdout
    (row,) = map(json.loads, exported.splitlines())
    del row["given_at"]
    assert row == {
        "question": "Wer war’s?", "verdict": "wrong_source", "article": "a", "sha256": "ab", "start": 1, "end": 5,
        "generation": 1,
    }  # fmt: skip
    assert "123456789" not in exported


def test_mistakes_get_a_sentence_and_no_traceback(run, monkeypatch: pytest.MonkeyPatch) -> None:
    for args in (["ask", "q", "-k", "0"], ["ask"]):
        result = run(*args)
        assert result.exit_code == 2
        assert "Error: " in result.stderr
    result = run("ask", "q", "--since", "Maytember")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "“Maytember” is not a day" in result.stderr
    monkeypatch.setenv("EXCERPTS", "many")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    result = run("ask", "q")
    assert result.exit_code == 78  # EX_CONFIG: the same again cannot succeed
    assert "EXCERPTS must be" in result.stderr
    assert "LOG_LEVEL must be" in result.stderr


@pytest.mark.usefixtures("run")
def test_asking_without_an_index_says_what_to_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.main, ["ask", "q", "--index-dir", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "on-the-record-index build" in result.stderr


def test_a_damaged_index_is_said_and_the_older_one_answers(run, word_index: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "one.txt").write_text("The bridge was closed on Monday.", encoding="utf-8")
    build(tmp_path / "corpus", word_index, WordHashEncoder(), max_loss=100)
    (word_index / "generations" / "000002" / "articles.sqlite").unlink()
    result = run("ask", "Kremlin drones", "--json")
    assert json.loads(result.stdout)["generation"] == 1
    assert "Generation 2 cannot be served" in result.stderr
    assert "articles.sqlite is missing" in result.stderr


def test_chat_from_a_pipe_answers_each_line_and_knows_its_commands(run) -> None:
    lines = ["Who is Sergei Sobyanin?", "/sources", "/source 4", "/source nothing", "/status", "/help", "/what"]
    out = run("chat", stdin="\n".join(lines)).stdout
    assert "? Who is Sergei Sobyanin?" in out
    assert "[1] │ " in out
    assert "5  “Russian authorities have accused Ukraine" in out
    assert (SEEDS / "003_97ab892218fedf90.txt").read_text(encoding="utf-8") in out
    assert 'There is no article "nothing"' in out
    assert "Generation 1, built" in out
    assert "There is no command /what" in out
    assert "\x1b[" not in out
    assert "never printed" not in run("chat", stdin="/quit\nnever printed").stdout


@pytest.mark.usefixtures("run")
def test_the_first_run_builds_the_index(tmp_path: Path) -> None:
    folder = str(tmp_path / "fresh")
    first = CliRunner().invoke(cli.main, ["--index-dir", folder], input="/status\n")
    assert "Built generation 1: 5 articles" in first.stderr
    assert "Generation 1, built" in first.stdout
    second = CliRunner().invoke(cli.main, ["--index-dir", folder], input="/status\n")
    assert "Built" not in second.stderr


@pytest.mark.usefixtures("run")
def test_who_follows_the_first_steps_gets_an_index_and_a_chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORPUS_DIR")
    fresh = ["--index-dir", str(tmp_path / "fresh")]
    before = CliRunner().invoke(cli.main, fresh, input="/status\n")
    assert (before.exit_code, before.stdout) == (1, "")
    named = re.search(r"^1\. Put some into (.+)$", before.stderr, re.MULTILINE)
    assert named
    Path(named[1]).mkdir()
    (Path(named[1]) / "bridge.txt").write_text("The bridge was closed on Monday.", encoding="utf-8")
    after = CliRunner().invoke(cli.main, fresh, input="When was the bridge closed?\n")
    assert "Built generation 1: 1 article" in after.stderr
    assert "The bridge was closed on Monday." in after.stdout


def test_the_program_answers_piped_questions(word_index: Path) -> None:
    """The program with its standard streams, without a model."""
    program = (
        "import bot.__main__ as program; from word_encoder import WordHashEncoder\n"
        "program.SentenceTransformerEncoder = lambda _model: WordHashEncoder(); program.run()"
    )
    environ = {**os.environ, "INDEX_DIR": str(word_index), "DISCORD_TOKEN": "", "READER_MODEL": "off"}
    environ["PYTHONPATH"] = str(ROOT / "tests")
    piped = subprocess.run(
        [sys.executable, "-c", program], input="How far from the border did the incursion occur?\n", env=environ,
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "some 500 kilometers from the Ukrainian border." in piped.stdout
    assert "Traceback" not in piped.stderr
    assert "built" not in piped.stdout


def test_the_real_program_answers_on_a_terminal(tmp_path: Path) -> None:
    """The unmodified program with the real model, on a pseudo-terminal, from its first start on."""
    environ = {**os.environ, "INDEX_DIR": str(tmp_path / "data"), "CORPUS_DIR": str(SEEDS), "DISCORD_TOKEN": ""}
    environ |= {"TERM": "xterm", "COLUMNS": "60", "OMP_NUM_THREADS": "1"}
    environ["PROMPT_TOOLKIT_NO_CPR"] = "1"  # nobody here answers where the cursor is
    command = [sys.executable, "-m", "bot"]
    question = "How far from the border did the incursion occur?\n"
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environ, cwd=ROOT, close_fds=True
    )
    os.close(follower)
    read_to_prompt(leader)
    os.write(leader, question.encode())
    seen = read_to_prompt(leader)
    os.write(leader, b"\x04")
    assert process.wait(180) == 0
    os.close(leader)
    assert "some 500 kilometers from the Ukrainian border." in " ".join(CODES.sub("", seen).split())
    assert "\x1b[1m500 kilometers\x1b[0m" in seen  # the reader's answer


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    """Keys for a chat on a terminal."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("What did the for", ["What did the Fortune"]),
        ("the strass", ["the Straßen Post"]),
        ("and straßen p", ["and Straßen Post"]),
        ("a", []),
        ("reform", []),
        ("/s", ["/sources", "/source", "/said", "/status"]),
        ("/source for", []),
        ("What? /he", []),
        ("", []),
    ],
)
def test_tab_completes_commands_and_the_names_of_outlets(typed: str, completed: list[str]) -> None:
    names = Names(terminal.COMMANDS)
    names.outlets = ("Fortune", "Straßen Post", "A")
    offered = names.get_completions(Document(typed), CompleteEvent())
    assert [typed[: len(typed) + each.start_position] + each.text for each in offered] == completed


async def shown(text: str) -> None:
    """Wait until the line that is typed is this one."""
    while (app := get_app_session().app) is None or app.current_buffer.text != text:
        await asyncio.sleep(0.01)


async def test_a_chat_on_a_terminal_completes_outlets_calls_lines_back_and_ends_at_the_end_of_input(
    typing: PipeInput, tmp_path: Path
) -> None:
    (tmp_path / "sources.toml").write_text('["one.txt"]\noutlet = "Fortune"\ntitle = "Bridge"\n', encoding="utf-8")
    (tmp_path / "one.txt").write_text("The bridge was closed on Monday.", encoding="utf-8")
    build(tmp_path, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", tmp_path, WordHashEncoder, caution=(0.0, 0.0))
    console = Console(force_terminal=True, width=200)
    with console.capture() as printed:
        chat = asyncio.create_task(terminal.chat(desk, 3, console))
        for keys, then in (
            ("When was the bridge closed, says fort\t", "When was the bridge closed, says Fortune"),
            ("?\n/nothing\n", ""),
            ("\x1b[A", "/nothing"),
            ("\x1b[A", "When was the bridge closed, says Fortune?"),
            ("\n", ""),
        ):
            typing.send_text(keys)
            await shown(then)
        typing.send_text("\x04")
        await chat
    desk.close()
    assert printed.get().count("The bridge was closed on Monday.") == 2
    assert "There is no command /nothing." in printed.get()


CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")


def read_to_prompt(leader: int) -> str:
    """What the program shows until it asks for the next question, colours and all."""
    seen = ""
    while select.select([leader], [], [], 180)[0]:
        seen += os.read(leader, 65536).decode(errors="replace")
        if re.search(r"\n\?[ \b]+$", CODES.sub("", seen)):
            return seen
    raise AssertionError(f"no prompt after {seen!r}")


SOURCE = Source("a", "T", True, None, None, None, None, None, "0" * 64)


def answer_quoting(text: str) -> Answer:
    passage = Passage(SOURCE, 0, len(text), text, 1, Kind.BODY, (Span(0, len(text)),))
    return Answer("q", (Excerpt(1, text, 0, len(text), passage, 0.5),), None, 1, 1, elapsed=0.5)


@settings(deadline=None)
@given(st.text(min_size=1).filter(str.strip))
def test_no_quotation_can_drive_the_terminal_and_none_is_changed_but_there(text: str) -> None:
    answer = answer_quoting(text)
    for shown in (terminal.as_text(answer), terminal.as_line(answer)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    assert json.loads(json.dumps(contract.as_json(answer)))["excerpts"][0]["text"] == text  # type: ignore[index]
    lines = terminal.as_text(answer).split("\n")
    quoted = [line[6:] for line in lines[2:-1]]
    assert "\n".join(quoted) == re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "�", text)


def test_an_article_of_which_only_the_beginning_is_stored_is_marked_wherever_its_card_is_shown() -> None:
    listing = Listing(SOURCE, 1, datetime(2023, 5, 3, tzinfo=UTC))
    for source, times in ((SOURCE, 0), (replace(SOURCE, teaser=True), 1)):
        shown = terminal.sources_text([replace(listing, source=source)]), terminal.article_text(Article(source, "x"))
        assert [text.count("only the beginning of the article") for text in shown] == [times, times]
        assert source.card()["teaser"] is bool(times)


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1).filter(str.strip), st.integers(0, 20), st.integers(1, 20))
def test_the_words_that_answer_are_in_bold_and_their_offsets_are_told(text: str, start: int, length: int) -> None:
    start = min(start, len(text) - 1)
    marked = Span(50 + start, 50 + min(start + length, len(text)))
    passage = Passage(SOURCE, 44, 50 + len(text), f"Before{text}", 1, Kind.BODY, (Span(50, 50 + len(text)),))
    excerpt = Excerpt(1, text, 50, 50 + len(text), passage, 0.5, (), marked)
    answer = replace(answer_quoting(text), excerpts=(excerpt,))
    console = Console(width=10_000)
    shown = terminal._marked(excerpt)
    bold = [span for span in shown.spans if span.style == "bold"]
    assert shown.plain == f"[…] {harmless(text)}"
    assert [(span.start - 4, span.end - 4) for span in bold] == [(marked.start - 50, marked.end - 50)]
    told = Draft202012Validator(CONTRACT), contract.as_json(answer)
    told[0].validate(told[1])
    (row,) = told[1]["excerpts"]
    assert f"{passage.text}"[row["answer"]["start"] - 44 : row["answer"]["end"] - 44] == excerpt.parts[1]
    # In a pipe nothing is marked.
    assert terminal.as_text(answer) == terminal.as_text(replace(answer, excerpts=(replace(excerpt, answer=None),)))
    with console.capture() as laid_out:
        console.print(terminal.layout(answer))
    assert "[…]" in laid_out.get()


def test_no_title_can_drive_the_terminal_either() -> None:
    hostile = replace(SOURCE, title="A\x1b[2J\x07 title", outlet="O\x9b1m")
    answer = answer_quoting("x")
    passage = replace(answer.excerpts[0].passage, source=hostile)
    places = Place(hostile, 2), Place(hostile, 3, (Segment(Change.REPLACED, "x", "y\x1b[2J\x07 title\nz"),))
    answer = replace(answer, excerpts=(replace(answer.excerpts[0], passage=passage, also_in=places),))
    assert "(“y�[2J� title z” there, “x” here)" in terminal.as_text(answer).split("\n")[-1]
    refused = replace(answer, excerpts=(), refusal=Refusal(Reason.NOTHING_NEAR, "No.", (hostile,)))
    console = Console(width=200)
    with console.capture() as laid_out:
        console.print(terminal.layout(answer), terminal.layout(refused))
    listing = Listing(hostile, 1, datetime(2023, 5, 3, tzinfo=UTC))
    shown = [
        terminal.as_text(answer), terminal.as_line(answer), terminal.as_text(refused), laid_out.get(),
        terminal.sources_text([listing]), terminal.article_text(Article(hostile, "text\x1b")),
    ]  # fmt: skip
    for text in shown:
        assert "title" in text or text.startswith("No.")
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_what_may_not_answer_is_said_first() -> None:
    answer = replace(answer_quoting("x"), likely=False)
    for shown in (terminal.as_text(answer), terminal.as_line(answer)):
        assert shown.startswith(f"{wording.MAY_NOT_ANSWER} ")
    assert "may not" not in terminal.as_text(answer_quoting("x"))


def test_what_was_put_first_is_said() -> None:
    answer = replace(answer_quoting("x"), preferred=("Fortune", "3 May"))
    for shown in (terminal.as_text(answer), terminal.as_line(answer)):
        assert shown.startswith("The question names Fortune and 3 May, so such articles come first. ")


def test_a_refusal_names_the_nearest_articles() -> None:
    refusal = Refusal(Reason.NOTHING_NEAR, "The coverage in this index does not answer this.", (SOURCE,))
    text = terminal.as_text(replace(answer_quoting("x"), excerpts=(), refusal=refusal))
    assert text.splitlines() == [
        "The coverage in this index does not answer this.",
        "Closest:",
        "  T · outlet not given · date not given",
    ]


def test_what_comes_closest_is_shown_on_demand_and_as_no_answer() -> None:
    (closest,) = answer_quoting("One.\ntwo\x1b").excerpts
    refusal = Refusal(Reason.NOTHING_NEAR, "No.", (SOURCE,), replace(closest, number=0))
    answer = replace(answer_quoting("x"), excerpts=(), refusal=refusal)
    told = contract.as_json(answer)
    Draft202012Validator(CONTRACT).validate(told)
    assert told["refusal"]["closest"]["text"] == "One.\ntwo\x1b"  # type: ignore[index]
    head = ["No.", "Closest:", "  T · outlet not given · date not given"]
    assert terminal.as_text(answer).split("\n") == [*head, terminal.SHOW_CLOSEST]
    cited = "source not stated · T · paragraph 1"
    assert terminal.as_text(answer, closest=True).split("\n") == [
        *head, "", wording.NOT_AN_ANSWER, "│ One.", "│ two�", cited,
    ]  # fmt: skip
    assert terminal.as_line(answer) == "No."
    assert terminal.as_line(answer, closest=True) == f"No.  {wording.NOT_AN_ANSWER} One. two� ({cited})"


@pytest.fixture
def refusing(run, monkeypatch: pytest.MonkeyPatch):
    """As `run`, with every question refused."""
    monkeypatch.setitem(CAUTION, "balanced", (1.0, 1.0))
    return run


def test_what_comes_closest_is_asked_for_by_an_option_and_in_the_chat(refusing) -> None:
    question = "Who is the mayor, Sergei Sobyanin?"
    for piped in ({}, {"stdin": f"{question}\n"}):
        asked = "-" if piped else question
        assert wording.NOT_AN_ANSWER not in refusing("ask", asked, **piped).stdout
        assert f"{wording.NOT_AN_ANSWER}" in refusing("ask", asked, "--closest", **piped).stdout
    lines = ["/closest", question, "/status", "/closest", "Zzz?", "/closest"]
    nothing = "The last question was not refused, or nothing came close to it."
    out = refusing("chat", stdin="\n".join(lines)).stdout
    assert out.startswith(nothing)
    assert out.count(wording.NOT_AN_ANSWER) == 1
    assert "Sobyanin" in out.split(wording.NOT_AN_ANSWER)[1].split("·")[0]
    assert out.rstrip().endswith(nothing)
