"""Text that is an export of a press archive, with many articles in it: which archive's, and its articles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from index.readers import factiva, nexis, proquest
from index.readers.labelled import told_apart
from index.readers.markup import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.readers.drafts import Draft, Refused


def articles(text: str, *, has_lines: bool = True) -> Iterator[Draft | Refused] | None:
    """The articles of an export of LexisNexis, Nexis Uni, Factiva or ProQuest; nothing if the text is none.

    Args:
        text: the whole file's, with line feeds for line ends.
        has_lines: whether the lines are those of the file, so that their numbers say something.

    """
    for archive in (proquest, factiva, nexis):
        found = archive.documents(text)
        if found is not None:
            every = unique(told_apart(found))
            return every if has_lines else (replace(each, line=None) for each in every)
    return None
