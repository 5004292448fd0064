"""`python tests/mutations.py [NAME …]`: breaks the program, one way at a time, and runs the test that must notice.

Each mutation is made in a copy of the project, so that nothing here changes. What survives is told, and the exit status
says whether anything did. A mutation that no longer fits its file, or whose test fails without it, is told too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).parent.parent
COPIED = ("bot", "index", "tests", "seeds", "pyproject.toml")


class Mutation(NamedTuple):
    """A way to break the program: words of a file are replaced by others, and these tests of pytest's must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "code of a model is run",
        "index/encoder.py",
        "trust_remote_code=False",
        "trust_remote_code=True",
        ("tests/test_encoder.py::test_code_that_a_model_brings_along_is_not_run_whatever_its_configuration_asks_for",),
    ),
    Mutation(
        "files of the index are not synced",
        "index/writer.py",
        "        os.fsync(handle.fileno())\n",
        "        pass\n",
        ("tests/test_durable.py::test_every_file_of_an_index_is_synced_before_it_is_current",),
    ),
    Mutation(
        "the pointer is not synced",
        "index/durable.py",
        "        handle.flush()\n        os.fsync(handle.fileno())\n",
        "        handle.flush()\n",
        ("tests/test_durable.py::test_every_file_of_an_index_is_synced_before_it_is_current",),
    ),
    Mutation(
        "the key of the records is not synced",
        "bot/records/key.py",
        "        os.fsync(handle.fileno())\n",
        "",
        ("tests/test_durable.py::test_the_key_is_synced_before_the_records_rely_on_it",),
    ),
    Mutation(
        "a changed text is quoted",
        "index/catalogue.py",
        "    if hashlib.sha256(text.encode()).hexdigest() != source.sha256:\n",
        "    if False:\n",
        ("tests/test_earlier.py::test_a_text_that_was_tampered_with_is_neither_quoted_nor_borne_out",),
    ),
    Mutation(
        "a changed card is shown",
        "index/catalogue.py",
        "    _require(sound)\n    day =",
        "    day =",
        ("tests/test_cards.py::test_a_card_that_changes_under_an_open_index_is_not_shown",),
    ),
    Mutation(
        "a changed place is shown",
        "index/catalogue.py",
        "            _require(sound)\n            spans =",
        "            spans =",
        ("tests/test_cards.py::test_a_passage_that_changes_under_an_open_index_is_not_shown",),
    ),
    Mutation(
        "an earlier text is shown under the outlet of today",
        "index/tables.py",
        "AND ifnull(outlet_key(e.outlet), '') {test}",
        "AND ifnull(a.outlet_key, '') {test}",
        ("tests/test_earlier.py::test_an_earlier_text_is_seen_only_where_the_outlet_that_it_had_then_is",),
    ),
    Mutation(
        "a hidden outlet is seen",
        "index/tables.py",
        "        (\"ifnull(a.outlet_key, '') NOT IN\", tuple(map(outlet_key, filters.hidden))),\n",
        "",
        ("tests/test_serve.py::test_what_a_token_may_not_see_is_as_if_it_were_not_there",),
    ),
    Mutation(
        "every token is let in",
        "bot/serve/tokens.py",
        "if hmac.compare_digest(token.sha256, digest)",
        "if digest",
        ("tests/test_tokens.py::test_no_header_is_taken_for_a_token",),
    ),
    Mutation(
        "pages of other sites are answered",
        "bot/serve/guard.py",
        "    if origin is not None and not _is_here(origin):\n",
        "    if False:\n",
        ("tests/test_serve.py::test_no_other_site_gets_an_answer_through_a_browser_here",),
    ),
    Mutation(
        "a request without a length has any",
        "bot/serve/guard.py",
        "                if len(body) > MAX_BODY:\n",
        "                if False:\n",
        ("tests/test_serve.py::test_a_request_has_a_length_and_a_time",),
    ),
    Mutation(
        "whoever waits when the server stops is told nothing",
        "bot/serve/program.py",
        "            if under_way.stopping and task.cancelled():\n",
        "            if False:\n",
        ("tests/test_serve.py::test_whoever_waits_when_it_stops_is_told",),
    ),
    Mutation(
        "an emptied file of records opens as new",
        "bot/records/database.py",
        "            if self._path.is_file() and not self._path.stat().st_size:\n",
        "            if False:\n",
        ("tests/test_records.py::test_a_missing_an_empty_or_another_file_never_opens_as_new",),
    ),
    Mutation(
        "a lost file of records is made anew",
        "bot/records/database.py",
        "            if read_secret(self._key_path):\n",
        "            if False:\n",
        ("tests/test_records.py::test_a_missing_an_empty_or_another_file_never_opens_as_new",),
    ),
    Mutation(
        "a changed row of the records is believed",
        "bot/records/database.py",
        "            if changed:\n",
        "            if False:\n",
        ("tests/test_records.py::test_a_changed_byte_under_an_open_file_is_told",),
    ),
    Mutation(
        "questions are kept in clear",
        "bot/records/key.py",
        "        return self._fernet.encrypt(words.encode()).decode()\n",
        "        return words\n",
        ("tests/test_records.py::test_words_are_not_kept_in_clear_where_only_buttons_need_them",),
    ),
    Mutation(
        "a question is counted on when its asker is forgotten",
        "bot/records/personal.py",
        '    db.execute("DELETE FROM unanswered WHERE count < 1")\n',
        "",
        ("tests/test_records.py::test_what_is_kept_of_a_person_is_shown_and_forgotten_and_others_keep_theirs",),
    ),
    Mutation(
        "what is private is kept as long as the rest",
        "bot/records/personal.py",
        "((True, kept.private_days), (False, kept.public_days))",
        "((True, kept.public_days), (False, kept.public_days))",
        ("tests/test_records.py::test_everything_is_kept_for_its_time_and_goes_without_anything_new",),
    ),
    Mutation(
        "what another process sets is not noticed",
        "bot/records/places.py",
        "            if self._set is None or version != self._version:\n",
        "            if self._set is None:\n",
        (
            "tests/test_records.py::test_what_another_process_sets_holds_at_once_and_what_is_remembered_waits_for_nothing",
        ),
    ),
    Mutation(
        "direct messages see what is hidden elsewhere",
        "bot/records/places.py",
        "    if not server and all(layer.outlets is None for layer in layers):\n",
        "    if False:\n",
        ("tests/test_records.py::test_in_direct_messages_nothing_is_seen_that_is_hidden_anywhere",),
    ),
    Mutation(
        "the pace goes by the clock on the wall",
        "bot/pace.py",
        "clock: Callable[[], float] = time.monotonic",
        "clock: Callable[[], float] = time.time",
        ("tests/test_pace.py::test_a_clock_that_is_set_back_locks_nobody_out",),
    ),
    Mutation(
        "servers have no pace",
        "bot/pace.py",
        "(_SERVER, server, limits.server)",
        '(_SERVER, "", limits.server)',
        ("tests/test_pace.py::test_a_server_waits_whoever_asks_wherever_and_direct_messages_have_none",),
    ),
    Mutation(
        "a guest sees what is hidden",
        "bot/discord/client.py",
        "return None if is_guest(interaction) else interaction.guild_id",
        "return interaction.guild_id",
        ("tests/test_discord_guest.py",),
    ),
    Mutation(
        "a guest answers everybody",
        "bot/discord/client.py",
        "private = is_guest(interaction) or (visit.settings.private if private is None else private)",
        "private = visit.settings.private if private is None else private",
        ("tests/test_discord_guest.py",),
    ),
    Mutation(
        "the token goes to any host",
        "bot/slack/commands.py",
        " or not bot.is_slacks(address):\n",
        ":\n",
        ("tests/test_slack_answers.py::test_the_bots_token_goes_to_slack_alone",),
    ),
    Mutation(
        "an address with a user part is a link",
        "index/shown.py",
        ' and "@" not in parts.netloc',
        "",
        ("tests/test_shown.py",),
    ),
    Mutation(
        "fillers are sent as they are",
        "index/shown.py",
        r"\p{DI}",
        "",
        ("tests/test_shown.py",),
    ),
    Mutation(
        "formats are sent as they are",
        "index/shown.py",
        r"\p{Cf}",
        "",
        ("tests/test_shown.py",),
    ),
    Mutation(
        "a damaged vector of a build that was killed is used",
        "index/embedding.py",
        "    if hashlib.sha256(batch).digest() != digest or len(batch) % _layout(encoder).itemsize:\n",
        "    if len(batch) % _layout(encoder).itemsize:\n",
        ("tests/test_embedding.py::test_no_changed_byte_is_taken_for_a_vector",),
    ),
    Mutation(
        "a build waits for ever for a helper that is gone",
        "index/embedding.py",
        "            if not ready and not mine and time.monotonic() - heard > max(PATIENCE, SLOWER * slowest):\n",
        "            if not ready and not mine and not laid:\n",
        (
            "tests/test_embedding.py::test_what_others_have_taken_and_do_not_bring_back_or_bring_back_wrong_is_made_here",
        ),
    ),
    Mutation(
        "a removed article is searched",
        "index/lexical.py",
        "        kept = passing[self.rows - 1]\n",
        "        kept = slice(None)\n",
        ("tests/test_store.py::test_filters_work_before_ranking_so_that_a_limit_is_filled_from_inside",),
    ),
    Mutation(
        "a rollback that fails leaves a file",
        "index/generations.py",
        "                aside.unlink(missing_ok=True)\n",
        "                pass\n",
        ("tests/test_durable.py::test_a_rollback_that_fails_leaves_no_file_behind",),
    ),
    Mutation(
        "a card stays of a file that was never stored",
        "bot/intake.py",
        "        if at < 0:\n            return\n        kept =",
        "        return\n        kept =",
        ("tests/test_adding.py::test_a_kill_at_any_step_leaves_nothing_or_all_of_it",),
    ),
)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Only name the mutations.")
def main(names: tuple[str, ...], only_list: bool) -> None:
    """Make each mutation, or those of these NAMES, and run the tests that must fail then."""
    chosen = [mutation for mutation in MUTATIONS if not names or mutation.name in names]
    if unknown := set(names) - {mutation.name for mutation in MUTATIONS}:
        raise click.UsageError(f"There is no mutation {', '.join(sorted(unknown))}.")
    troubles = 0
    for mutation in chosen:
        if only_list:
            click.echo(mutation.name)
            continue
        outcome = _outcome(mutation)
        troubles += outcome != "killed"
        click.echo(f"{outcome:9} {mutation.name}")
    sys.exit(min(troubles, 1))


def _outcome(mutation: Mutation) -> str:
    """What became of a mutation: killed, survived, or why nobody knows."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / name)
        if not _passes(folder, mutation):
            return "broken"
        path = folder / mutation.file
        words = path.read_text(encoding="utf-8")
        if words.count(mutation.old) != 1:
            return "misfit"
        path.write_text(words.replace(mutation.old, mutation.new), encoding="utf-8")
        return "survived" if _passes(folder, mutation) else "killed"


def _passes(folder: Path, mutation: Mutation) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
