from __future__ import annotations

import itertools
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, SEEDS
from test_generations import another_builder
from word_encoder import WordHashEncoder

from index.__main__ import build_with_progress, main
from index.build import build
from index.corpus import read_corpus
from index.generations import Generations
from index.manifests import FILES, MANIFEST
from index.readers import decoding
from index.tables import DATABASE

if TYPE_CHECKING:
    from pathlib import Path

ARTICLE = "000_26e0559497798c00"
VARIABLES = ("INDEX_DIR", "CORPUS_DIR", "EMBEDDING_MODEL")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no folder of the person who runs the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def run(*args: object, **env: str) -> Result:
    result = CliRunner().invoke(main, [str(arg) for arg in args], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def failed(result: Result) -> str:
    """The one sentence or two of a command that ended in an error of ours."""
    assert (result.exit_code, result.stdout) == (1, "")
    *told, error = result.stderr.splitlines()
    assert error.startswith("Error: ")
    return "\n".join([*told, error.removeprefix("Error: ")])


def two_generations(word_index: Path, tmp_path: Path) -> Generations:
    """The seeds, and on top of them a generation of one article."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("One article.", encoding="utf-8")
    build(tmp_path / "corpus", word_index, WordHashEncoder(), max_loss=100)
    return Generations(word_index)


# --- build -----------------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_change_and_loads_no_model(word_index: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("One article.", encoding="utf-8")
    options = ("--corpus", tmp_path / "corpus", "--index-dir", word_index, "--model", tmp_path / "no-model")
    result = run("build", "--dry-run", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[:2] == [
        "A build would find: 1 added, 0 changed, 5 removed, 0 unchanged, 0 refused.",
        "  added: a",
    ]
    assert Generations(word_index).numbers() == [1]


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_tells_what_is_served(word_index: Path) -> None:
    m = Generations(word_index).manifest(1)
    size = sum((word_index / "generations" / "000001" / name).stat().st_size for name in FILES)
    result = run("status", "--index-dir", word_index)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"generation  1, built {m.built_at:%Y-%m-%d %H:%M} UTC",
        f"holds       5 articles, {m.passages} passages, {m.sentences} sentences",
        f"model       word-hash, 64 dimensions, weights {m.weights_sha256[:12]}…",
        f"size        {size / 1024**2:.1f} MiB in {word_index}/generations/000001",
        "also kept   none",
    ]


def test_status_names_the_other_generations_and_warns_of_damage(word_index: Path, tmp_path: Path) -> None:
    two_generations(word_index, tmp_path)
    assert run("status", "--index-dir", word_index).stdout.splitlines()[-1] == "also kept   1"
    (word_index / "generations" / "000002" / DATABASE).unlink()
    result = run("status", "--index-dir", word_index)
    assert result.exit_code == 0
    assert result.stdout.startswith("generation  1, ")
    assert result.stderr.startswith("Generation 2 cannot be served: ")


# --- show ------------------------------------------------------------------------------------------------------------


def test_show_prints_the_file_and_nothing_else(word_index: Path) -> None:
    for path in SEEDS.glob("*.txt"):
        result = run("show", path.stem, "--index-dir", word_index)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout_bytes == path.read_bytes()


def test_show_sends_no_controls_to_a_terminal_and_exactly_the_text_to_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = "The heron\x1b]0;mine\x07 said “é”.\n"
    (corpus / "heron.txt").write_text(text, encoding="utf-8")
    # Readers take controls out; an index that another program made may have them.
    monkeypatch.setattr(decoding, "_UNSTORABLE", re.compile("(?!)"))
    build(corpus, tmp_path / "data", WordHashEncoder())
    (stored,) = [article.text for article in read_corpus(corpus).articles]
    assert "\x1b" in stored
    command = [sys.executable, "-m", "index", "show", "heron", "--index-dir", str(tmp_path / "data")]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(ROOT)}
    piped = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert piped.stdout == stored.encode()
    mine, its = pty.openpty()
    with os.fdopen(mine, "rb", closefd=True) as terminal:
        subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=its, check=True)
        os.close(its)
        shown = terminal.read1(10_000)
    assert b"\x1b" not in shown
    assert b"\x07" not in shown
    assert "The heron�]0;mine� said “é”.".encode() in shown


def test_bytes_that_are_no_utf_8_are_a_sentence(word_index: Path) -> None:
    command = [sys.executable, "-m", "index", "show", b"a\xff", "--index-dir", str(word_index)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (told.returncode, told.stdout) == (1, b"")
    assert 'There is no article "a�" in the index.' in told.stderr.decode()
    assert b"Traceback" not in told.stderr


def test_show_as_json_gives_the_card_and_the_text(word_index: Path) -> None:
    shown = json.loads(run("show", ARTICLE, "--json", "--index-dir", word_index).stdout)
    assert shown["text"] == (SEEDS / f"{ARTICLE}.txt").read_text(encoding="utf-8")
    card = {"id": ARTICLE, "title_given": False, "outlet": None, "author": None, "published": None, "url": None}
    assert card.items() <= shown["article"].items()
    assert shown["article"].keys() == card.keys() | {"title", "sha256", "teaser"}
    dated = json.loads(run("show", "003_97ab892218fedf90", "--json", "--index-dir", word_index).stdout)
    assert dated["article"]["published"] == "2023-05-04"


def test_show_of_an_unknown_article_says_where_to_look(word_index: Path) -> None:
    told = failed(run("show", "nope", "--index-dir", word_index))
    assert told == 'There is no article "nope" in the index. `on-the-record sources` lists them.'


# --- verify ----------------------------------------------------------------------------------------------------------


def test_verify_of_a_sound_index_counts_what_it_read(word_index: Path) -> None:
    m = Generations(word_index).manifest(1)
    result = run("verify", "--index-dir", word_index)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Generation 1 is sound: 5 articles, {m.passages} passages, {m.sentences} sentences.\n"


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_verify_names_the_damaged_file_and_what_to_run(word_index: Path, name: str) -> None:
    path = word_index / "generations" / "000001" / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 :] = b"\xa5" * len(raw[len(raw) // 2 :])
    path.write_bytes(raw)
    told = failed(run("verify", "--index-dir", word_index))
    assert "000001" in told
    assert told.endswith("Generation 1 is damaged. Run `on-the-record-index build` or `on-the-record-index rollback`.")


def test_verify_finds_one_flipped_bit(word_index: Path) -> None:
    path = word_index / "generations" / "000001" / FILES[1]
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    assert f"{path.parent.name}/{path.name} is not what was written (its sha256 differs)." in failed(
        run("verify", "--index-dir", word_index)
    )


# --- rollback --------------------------------------------------------------------------------------------------------


def test_rollback_goes_back_and_says_where_to(word_index: Path, tmp_path: Path) -> None:
    generations = two_generations(word_index, tmp_path)
    result = run("rollback", "--index-dir", word_index)
    assert (result.exit_code, result.stdout) == (0, "Generation 1 is current now.\n")
    assert generations.current() == 1
    told = failed(run("rollback", "--index-dir", word_index))
    assert told == "There is no earlier generation to go back to."


# --- every command -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "verify", "rollback", "show"])
def test_without_an_index_every_command_says_so_in_a_sentence(tmp_path: Path, command: str) -> None:
    args = [command, "a"] if command == "show" else [command]
    wanted = "no earlier generation" if command == "rollback" else "There is no index in .*nowhere yet"
    result = run(*args, "--index-dir", tmp_path / "nowhere")
    assert re.search(wanted, failed(result))


@pytest.mark.parametrize("command", ["build", "status", "search", "show", "verify", "rollback"])
def test_every_command_has_help_and_an_index_folder(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--index-dir" in result.stdout
    assert "INDEX_DIR" in result.stdout
    assert command in run("--help").stdout


def test_the_index_folder_is_the_option_then_the_variable_then_the_default(word_index: Path, tmp_path: Path) -> None:
    assert word_index == tmp_path / "data"  # which is the default, relative to the working folder
    assert run("verify").exit_code == run("verify", INDEX_DIR="").exit_code == 0
    moved = shutil.move(word_index, tmp_path / "moved")
    assert "There is no index in data yet" in failed(run("verify"))
    assert run("verify", INDEX_DIR=str(moved)).exit_code == 0
    assert "nowhere" in failed(run("verify", "--index-dir", "nowhere", INDEX_DIR=str(moved)))


@pytest.mark.parametrize(
    "args",
    [["nonsense"], ["status", "--nonsense"], ["show"], ["search"], ["search", "x", "-k", "0"],
     ["search", "x", "-k", "999"], ["build", "--keep", "-1"], ["build", "--keep", "x"]],
)  # fmt: skip
def test_wrong_usage_is_explained_with_status_2(args: list[str]) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_how_far_a_build_is_and_how_long_it_takes_yet_is_told_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("One. Two. Three. Four.", encoding="utf-8")
    minutes = itertools.count()
    monkeypatch.setattr("index.__main__.monotonic", lambda: next(minutes) * 40.0)
    monkeypatch.setattr("index.embedding.CHUNK", 1)
    build_with_progress(tmp_path / "corpus", tmp_path / "data", WordHashEncoder(), 0)
    assert capsys.readouterr().err.splitlines() == [
        "Embedding 5 texts.",
        "Embedded 2 of 5 texts; done in 2 minutes at most.",
        "Embedded 4 of 5 texts; done in 1 minutes at most.",
    ]


# --- with the real model ---------------------------------------------------------------------------------------------


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "a.txt").write_text("The mayor is Ann Lee. It rained.", encoding="utf-8")
    (folder / "bad.txt").write_bytes(b"a\0b")
    return folder


def test_build_reports_and_a_second_build_keeps_the_generation(small_corpus: Path, tmp_path: Path) -> None:
    data = tmp_path / "small-data"
    result = run("build", "--corpus", small_corpus, "--index-dir", data, "--keep", 0)
    assert (result.exit_code, result.stderr) == (0, "Embedding 3 texts.\n")
    lines = result.stdout.splitlines()
    assert lines[0] == "Built generation 1: 1 articles, 1 passages, 2 sentences."
    assert lines[1].startswith("1 added, 0 changed, 0 removed, 0 unchanged, 1 refused; 3 texts embedded, 0 reused, ")
    assert lines[2:] == ["  added: a", "  refused: bad.txt: it holds NUL bytes, so it is not a text file"]
    again = run("build", CORPUS_DIR=str(small_corpus), INDEX_DIR=str(data))
    assert (again.exit_code, again.stdout.splitlines()[0]) == (
        0, "Nothing has changed; kept generation 1: 1 articles, 1 passages, 2 sentences.",
    )  # fmt: skip
    (small_corpus / "a.txt").write_text("The mayor is Ann Lee. It snowed.", encoding="utf-8")
    assert run("build", "--corpus", small_corpus, "--index-dir", data, "--keep", 0).exit_code == 0
    assert Generations(data).numbers() == [2]


def test_search_shows_scores_places_and_the_best_sentence_of_each_hit(seed_index: Path) -> None:
    result = run("search", "Who is the mayor of Moscow?", "-k", 3, "--index-dir", seed_index)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    hits = [line for line in lines if "¶" in line]
    assert len(hits) == 3
    scores = [float(line.split()[0]) for line in hits]
    assert scores == sorted(scores, reverse=True)
    assert "Sobyanin" in lines[lines.index(hits[0]) + 1]
    texts = "".join(path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt"))
    for hit in hits:
        assert lines[lines.index(hit) + 1].strip() in texts


def test_search_with_another_model_than_the_index_was_made_with_is_refused(word_index: Path) -> None:
    told = failed(run("search", "x", "--index-dir", word_index))
    assert "was made by the model word-hash" in told
    assert told.endswith("or set EMBEDDING_MODEL back.")


def test_a_model_that_is_not_there_is_a_sentence_and_leaves_the_index_alone(
    small_corpus: Path, tmp_path: Path, word_index: Path
) -> None:
    (tmp_path / "empty-model").mkdir()
    for command in (["build", "--corpus", small_corpus], ["search", "x"]):
        told = failed(run(*command, "--index-dir", word_index, EMBEDDING_MODEL=str(tmp_path / "empty-model")))
        assert told.endswith("has no .safetensors weights, the only kind that is loaded. Check EMBEDDING_MODEL.")
    assert Generations(word_index).numbers() == [1]


def test_build_without_a_corpus_or_beside_another_build_is_a_sentence(small_corpus: Path, word_index: Path) -> None:
    told = failed(run("build", "--corpus", "nowhere", "--index-dir", word_index))
    assert told == (
        "The corpus folder nowhere does not exist. Put articles there, or name another with CORPUS_DIR or --corpus."
    )
    with another_builder(word_index) as process:
        told = failed(run("build", "--corpus", small_corpus, "--index-dir", word_index))
        assert told.startswith(f"The index is being built already, by process {process.pid} on ")


# --- as it is really started -----------------------------------------------------------------------------------------


def python_m_index(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, "-m", "index", *args], cwd=cwd, env=inherited | {"PYTHONPATH": str(ROOT)} | env, text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_the_program_takes_settings_from_a_env_file(word_index: Path, tmp_path: Path) -> None:
    moved = word_index.rename(tmp_path / "elsewhere")
    (tmp_path / ".env").write_text("INDEX_DIR=elsewhere\nEMBEDDING_MODEL=no-model\n", encoding="utf-8")
    (tmp_path / "no-model").mkdir()
    checked = python_m_index("verify", cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("Generation 1 is sound: 5 articles, ")
    built = python_m_index("build", cwd=tmp_path)
    assert (built.returncode, built.stdout) == (1, "")
    assert built.stderr.startswith("Error: no-model has no .safetensors weights")
    assert Generations(moved).numbers() == [1]


def test_an_error_of_the_program_is_one_line_with_status_1(tmp_path: Path) -> None:
    ended = python_m_index("status", cwd=tmp_path, INDEX_DIR="nowhere")
    assert (ended.returncode, ended.stdout) == (1, "")
    told = "Error: There is no index in nowhere yet. Run `on-the-record-index build` to make a new one.\n"
    assert ended.stderr == told
