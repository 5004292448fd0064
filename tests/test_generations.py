from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT
from word_encoder import WordHashEncoder

import index.generations
from index.build import build
from index.errors import (
    BuildError,
    BuildLockedError,
    DamagedIndexError,
    IncompatibleIndexError,
    IndexUnavailableError,
    NoIndexError,
)
from index.generations import Generations
from index.manifests import FILES, FORMAT, MANIFEST, checksum
from index.model import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXTS = ["First text.", "Second text.", "Third text."]


def add(folder: Path, number: int, keep: int = 3) -> int:
    """Build a generation whose one article says which it is; its number."""
    (folder / "corpus").mkdir(exist_ok=True)
    (folder / "corpus" / "a.txt").write_text(f"This is text {number}.", encoding="utf-8")
    return build(folder / "corpus", folder / "data", WordHashEncoder(), keep=keep).manifest.generation


@pytest.fixture
def three(tmp_path: Path) -> Generations:
    """An index folder with the generations 1, 2 and 3, of which 3 is current."""
    assert [add(tmp_path, number) for number in (1, 2, 3)] == [1, 2, 3]
    return Generations(tmp_path / "data")


def served(generations: Generations) -> tuple[str, str | None]:
    """The text that a reader gets, and the warning with it."""
    store, warning = generations.open_current(WordHashEncoder())
    article = store.article("a")
    store.close()
    assert article is not None
    return article.text, warning


# --- the pointer -----------------------------------------------------------------------------------------------------


def test_before_the_first_build_there_is_no_index_and_the_message_says_what_to_run(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "data")
    assert (generations.current(), generations.readable_current(), generations.numbers()) == (None, None, [])
    for open_it in (generations.open_current, generations.require_current):
        with pytest.raises(NoIndexError, match=r"There is no index in .*data yet\. Run `on-the-record-index build`"):
            open_it()
    with pytest.raises(NoIndexError, match="no earlier generation"):
        generations.rollback()


def test_the_newest_generation_is_served_without_a_warning(three: Generations) -> None:
    assert (three.current(), three.numbers(), three.serving_order()) == (3, [1, 2, 3], [3, 2, 1])
    assert served(three) == ("This is text 3.", None)
    assert [three.inspect(number)[0] for number in (1, 2, 3)] == [[], [], []]


def test_a_reader_keeps_its_generation_while_new_ones_are_built_and_its_files_pruned(tmp_path: Path) -> None:
    add(tmp_path, 1)
    store, _ = Generations(tmp_path / "data").open_current()
    for number in (2, 3):
        add(tmp_path, number, keep=0)
    assert Generations(tmp_path / "data").numbers() == [3]
    vector = WordHashEncoder().encode(["text 1"])[0]
    assert [c.passage.text for c in store.search(vector, ["text"], Filters(), 5)] == ["This is text 1."]
    store.close()


@pytest.mark.parametrize("step", ["manifest", "Store"])
def test_whoever_opens_a_generation_just_as_it_is_pruned_gets_the_next_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    add(tmp_path, 1)
    owner = Generations if step == "manifest" else index.generations
    real, done = getattr(owner, step), []

    def pruned_before(*args: Any) -> Any:
        if not done:
            done.append(step)
            assert add(tmp_path, 2, keep=0) == 2
        return real(*args)

    monkeypatch.setattr(owner, step, pruned_before)
    assert served(Generations(tmp_path / "data")) == ("This is text 2.", None)
    assert done == [step]


@pytest.mark.parametrize(("keep", "left"), [(0, [5]), (1, [4, 5]), (3, [2, 3, 4, 5]), (9, [1, 2, 3, 4, 5])])
def test_as_many_earlier_generations_are_kept_as_asked_for(tmp_path: Path, keep: int, left: list[int]) -> None:
    for number in range(1, 6):
        add(tmp_path, number, keep=keep)
    assert Generations(tmp_path / "data").numbers() == left


def test_what_is_not_a_generation_is_passed_over(three: Generations) -> None:
    (three.root / "generations" / "notes").mkdir()
    (three.root / "generations" / ".DS_Store").touch()
    assert three.numbers() == [1, 2, 3]


# --- rollback --------------------------------------------------------------------------------------------------------


def test_rollback_goes_back_one_by_one_until_none_is_left(three: Generations) -> None:
    for number in (2, 1):
        assert three.rollback() == number
        assert served(three) == (f"This is text {number}.", None)
    with pytest.raises(NoIndexError, match="no earlier generation"):
        three.rollback()
    assert served(three) == ("This is text 1.", None)


def test_rollback_passes_over_a_generation_with_one_wrong_byte(three: Generations) -> None:
    flip(three.folder(2) / FILES[0])
    assert three.rollback() == 1


def test_a_build_after_a_rollback_takes_a_number_never_used(tmp_path: Path, three: Generations) -> None:
    three.rollback()
    assert add(tmp_path, 2) == 2  # the corpus is again that of generation 2, which is current
    assert add(tmp_path, 3) == 4  # though generation 3 has the same content
    assert served(three) == ("This is text 3.", None)
    assert three.rollback() == 3


def test_rollback_waits_for_no_build_but_says_that_one_is_under_way(three: Generations) -> None:
    with three.locked(), pytest.raises(BuildLockedError):
        Generations(three.root).rollback()
    assert three.current() == 3


def test_what_everybody_is_told_of_a_damaged_index_says_nothing_of_where_it_lies(three: Generations) -> None:
    for name in (*FILES, MANIFEST):
        whole = (three.folder(3) / name).read_bytes()
        for damaged in (whole[:-1], whole[:-2] + bytes([whole[-2] ^ 0xFF]) + whole[-1:]):
            (three.folder(3) / name).write_bytes(damaged)
            _, warning = served(three)
            assert warning
            assert name in warning
            assert str(three.root) not in warning
            assert str(three.root.parent) not in warning
        (three.folder(3) / name).write_bytes(whole)


def test_a_rollback_that_cannot_write_is_a_plain_error_and_changes_nothing(three: Generations) -> None:
    (three.root / "CURRENT.new").mkdir()
    with pytest.raises(BuildError, match=r"CURRENT cannot be written: Is a directory\.$"):
        three.rollback()
    assert three.current() == 3


# --- damage ----------------------------------------------------------------------------------------------------------


def flip(path: Path, place: int | None = None) -> None:
    """Change one byte, by default the last but one."""
    raw = bytearray(path.read_bytes())
    raw[-2 if place is None else place] ^= 0xFF
    path.write_bytes(raw)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def garble(path: Path) -> None:
    path.write_bytes(b"\xa5\x00garbage")


def remove(path: Path) -> None:
    path.unlink()


def put_a_folder_there(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = [(name, harm) for name in (*FILES, MANIFEST) for harm in (cut, garble, remove, put_a_folder_there)]


@pytest.mark.parametrize(("name", "harm"), HARMS, ids=lambda value: getattr(value, "__name__", value))
def test_a_damaged_current_generation_gives_way_to_the_one_before_with_a_message(
    tmp_path: Path, three: Generations, name: str, harm
) -> None:
    harm(three.folder(3) / name)
    text, warning = served(three)
    assert text == "This is text 2."
    assert warning is not None
    assert warning.startswith("Generation 3 cannot be served: ")
    assert name in warning
    assert warning.endswith("Run `on-the-record-index build` to make a new one. Serving generation 2 until then.")
    assert "\n" not in warning
    assert len(three.inspect(3)[0]) == 1
    assert add(tmp_path, 3) == 4  # nothing has changed in the corpus, and a sound generation is made all the same
    assert served(three) == ("This is text 3.", None)
    assert three.inspect(4)[0] == []


def test_a_missing_generation_folder_gives_way_too(three: Generations) -> None:
    three.folder(3).rename(three.root / "lost")
    assert served(three)[0] == "This is text 2."


def test_two_damaged_generations_give_way_to_the_third(three: Generations) -> None:
    remove(three.folder(3) / FILES[0])
    remove(three.folder(2) / MANIFEST)
    assert served(three)[0] == "This is text 1."


def test_when_all_are_damaged_the_message_is_about_the_current_one_and_a_build_mends_it(
    tmp_path: Path, three: Generations
) -> None:
    for number in (1, 2, 3):
        remove(three.folder(number) / FILES[1])
    with pytest.raises(DamagedIndexError, match=r"^Generation 3 cannot be served: .*000003.* is missing\. Run `on-the"):
        three.open_current()
    assert add(tmp_path, 9) == 4
    assert served(three) == ("This is text 9.", None)


@pytest.mark.parametrize("raw", [b"", b"garbage", b"\xff\xfe", b"9" * 5000, b"3 4"])
def test_a_garbled_pointer_gives_way_to_the_newest_generation_and_a_build_mends_it(
    tmp_path: Path, three: Generations, raw: bytes
) -> None:
    (three.root / "CURRENT").write_bytes(raw)
    text, warning = served(three)
    assert text == "This is text 3."
    assert warning is not None
    assert "CURRENT cannot be read. Run `on-the-record-index build`" in warning
    for ask in (three.current, three.require_current):
        with pytest.raises(DamagedIndexError, match="CURRENT cannot be read"):
            ask()
    assert add(tmp_path, 3) == 4
    assert served(three) == ("This is text 3.", None)


def test_no_changed_byte_of_the_pointer_serves_another_generation_without_a_word(three: Generations) -> None:
    path = three.root / "CURRENT"
    whole = path.read_bytes()
    for place in range(len(whole)):
        for by in range(1, 256):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ by]) + whole[place + 1 :])
            assert three.readable_current() in {3, None}
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert three.readable_current() is None


def test_a_pointer_of_an_older_version_which_is_a_number_alone_is_followed(three: Generations) -> None:
    (three.root / "CURRENT").write_text("000002\n", encoding="ascii")
    assert served(three) == ("This is text 2.", None)


def test_a_pointer_to_nothing_gives_way_to_the_newest_generation(tmp_path: Path, three: Generations) -> None:
    (three.root / "CURRENT").write_text("000077\n", encoding="ascii")
    text, warning = served(three)
    assert (text, "Generation 77 cannot be served" in str(warning)) == ("This is text 3.", True)
    assert add(tmp_path, 3) == 78
    assert served(three) == ("This is text 3.", None)


def test_a_lost_pointer_is_no_index_and_the_next_build_points_again(tmp_path: Path, three: Generations) -> None:
    (three.root / "CURRENT").unlink()
    with pytest.raises(NoIndexError):
        three.open_current()
    assert add(tmp_path, 3) == 4
    assert served(three) == ("This is text 3.", None)


@pytest.mark.parametrize("name", FILES)
def test_every_flipped_byte_is_found_and_is_not_built_upon(tmp_path: Path, three: Generations, name: str) -> None:
    path = three.folder(3) / name
    whole = path.read_bytes()
    for place in (0, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole)
        flip(path, place)
        (fault,), _ = three.inspect(3)
        assert name in fault or "cannot be opened" in fault or "hold different passages" in fault
        with pytest.raises(DamagedIndexError):
            three.open(3)
        assert served(three)[0] == "This is text 2."
    encoder = WordHashEncoder()
    report = build(tmp_path / "corpus", three.root, encoder)
    assert (report.built, report.manifest.generation) == (True, 4)
    assert "This is text 3." in encoder.encoded  # its vector is not taken from the damaged generation
    assert three.inspect(4)[0] == []


def sealed(fields: dict[str, object]) -> str:
    """A manifest whose checksum fits, whatever else is in it."""
    rest = {name: value for name, value in fields.items() if name != "sha256"}
    return json.dumps(rest | {"sha256": checksum(rest)})


MANIFEST_HARMS = [
    "[]",
    "{}",
    "null",
    json.dumps({"format": FORMAT}),
    sealed({"format": FORMAT}),
    "{",
    sealed({"format": FORMAT, "files": {"a": 1}}),
    sealed({"format": FORMAT, "files": []}),
]


@pytest.mark.parametrize("text", MANIFEST_HARMS)
def test_a_manifest_that_is_not_one_is_damage(three: Generations, text: str) -> None:
    (three.folder(3) / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(DamagedIndexError, match=r"manifest\.json is missing or damaged"):
        three.manifest(3)
    assert served(three)[0] == "This is text 2."


@pytest.mark.parametrize(
    "change",
    [{"files": {}}, {"generation": 2}, {"passages": 2}, {"passages": "1"}, {"sentences": None}, {"dimension": 63}],
)
def test_a_manifest_that_does_not_fit_is_damage(three: Generations, change: dict[str, object]) -> None:
    path = three.folder(3) / MANIFEST
    path.write_text(sealed(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(DamagedIndexError):
        three.open(3)


@pytest.mark.parametrize("change", [{"model": "another"}, {"articles": 2}, {"built_at": "2020-01-01T00:00:00+00:00"}])
def test_a_manifest_of_which_anything_was_changed_is_damage(three: Generations, change: dict[str, object]) -> None:
    path = three.folder(3) / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    assert served(three)[0] == "This is text 2."
    (fault,), _ = three.inspect(3)
    assert fault == f"{path.parent.name}/{path.name} is not what was written (its sha256 differs)."


# --- other models and formats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "words"), [(WordHashEncoder("other"), "other (weights"), (WordHashEncoder(dimension=32), "32 dim")]
)
def test_another_model_is_refused_with_both_names_and_what_to_run(
    three: Generations, other: WordHashEncoder, words: str
) -> None:
    with pytest.raises(
        IncompatibleIndexError, match=r"Generation 3 was made by the model word-hash \(weights "
    ) as caught:
        three.open_current(other)
    assert words in str(caught.value)
    assert str(caught.value).endswith("Run `on-the-record-index build`, or set EMBEDDING_MODEL back.")


def test_the_same_weights_under_another_name_are_the_same_model(three: Generations) -> None:
    encoder = WordHashEncoder()
    encoder.model = "/models/word-hash"
    store, warning = three.open_current(encoder)
    store.close()
    assert warning is None


def test_without_an_encoder_any_model_is_opened(three: Generations) -> None:
    store, warning = three.open_current()
    store.close()
    assert warning is None


def test_an_older_generation_of_the_right_model_is_served_with_a_message(tmp_path: Path) -> None:
    add(tmp_path, 1)
    build(tmp_path / "corpus", tmp_path / "data", WordHashEncoder("other"))
    text, warning = served(Generations(tmp_path / "data"))
    assert text == "This is text 1."
    assert str(warning).startswith("Generation 2 was made by the model other (weights ")
    assert str(warning).endswith("Serving generation 1 until then.")


def test_another_format_is_refused_with_what_to_run_and_the_next_build_replaces_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, 1)
    monkeypatch.setattr("index.manifests.FORMAT", 99)
    monkeypatch.setattr("index.build.FORMAT", 99)
    generations = Generations(tmp_path / "data")
    with pytest.raises(IncompatibleIndexError, match=r"has index format \d+; this program reads 99\. Run `on-the"):
        generations.open_current()
    assert add(tmp_path, 1) == 2
    assert served(generations) == ("This is text 1.", None)


# --- the lock --------------------------------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from index.generations import Generations
with Generations(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_builder(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that holds the build lock."""
    command = [sys.executable, "-c", HOLD, str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def test_a_second_builder_is_told_who_builds_and_since_when_and_readers_notice_nothing(
    tmp_path: Path, three: Generations
) -> None:
    with another_builder(three.root) as process:
        with pytest.raises(BuildLockedError) as caught:
            add(tmp_path, 4)
        since = json.loads((three.root / "build.json").read_text(encoding="utf-8"))["since"]
        assert str(caught.value) == (
            f"The index is being built already, by process {process.pid} on {os.uname().nodename} since {since}. "
            "Try again when it is done."
        )
        assert served(three) == ("This is text 3.", None)
        process.communicate()
    assert process.returncode == 0
    assert not (three.root / "build.json").exists()
    assert add(tmp_path, 4) == 4


def test_a_killed_builder_holds_nobody_up(tmp_path: Path, three: Generations) -> None:
    with another_builder(three.root) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (three.root / "build.json").exists()
        assert add(tmp_path, 4) == 4
    assert not (three.root / "build.json").exists()


@pytest.mark.parametrize("told", ["", "{", "{}", "[]", '{"pid": 1}', "\xff"])
def test_a_holder_whose_note_cannot_be_read_is_another_process(three: Generations, told: str) -> None:
    with three.locked():
        (three.root / "build.json").write_text(told, encoding="latin-1")
        with pytest.raises(BuildLockedError, match="by another process"), Generations(three.root).locked():
            pass


def test_the_lock_is_let_go_when_a_build_fails(tmp_path: Path, three: Generations) -> None:
    with pytest.raises(ZeroDivisionError), three.locked():
        raise ZeroDivisionError
    assert add(tmp_path, 4) == 4


# --- publishing ------------------------------------------------------------------------------------------------------


def test_a_generation_that_does_not_read_back_is_never_published(
    three: Generations, monkeypatch: pytest.MonkeyPatch
) -> None:
    with three.locked():
        folder = three.begin()
        for name in FILES:
            (folder / name).write_bytes((three.folder(3) / name).read_bytes())
        manifest = replace(three.manifest(3), generation=4)
        monkeypatch.setattr("index.store.Store.faults", lambda _self: iter(["a fault"]))
        with pytest.raises(DamagedIndexError, match=r"The new generation does not read back: a fault\."):
            three.publish(folder, manifest, keep=0)
        with pytest.raises(IndexUnavailableError):
            three.publish(folder, replace(manifest, passages=2), keep=0)
    assert (three.current(), three.numbers()) == (3, [1, 2, 3])


def test_remains_of_killed_builds_are_cleared_by_the_next(tmp_path: Path, three: Generations) -> None:
    for name in ("building-1", f"building-{os.getpid()}"):
        (three.root / "generations" / name / "deep").mkdir(parents=True)
    add(tmp_path, 4)
    assert sorted(path.name for path in (three.root / "generations").iterdir()) == [
        "000001",
        "000002",
        "000003",
        "000004",
    ]
