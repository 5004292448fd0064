"""The list of mutations fits the program, so that `python tests/mutations.py` tells something."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from mutations import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_fits_its_file_once_and_names_tests_that_there_are(mutation: Mutation) -> None:
    words = (ROOT / mutation.file).read_text(encoding="utf-8")
    assert words.count(mutation.old) == 1
    assert mutation.new != mutation.old
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert re.search(rf"^(async )?def {name or 'test_'}", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_no_two_mutations_have_one_name() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
