"""An export of Factiva → the documents in it, with its two-letter codes before each field or without them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from index.readers.drafts import Draft, Refused
from index.readers.labelled import Line, blocks_of, day_in, document, is_notice, language_in, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The codes in the order in which documents have them, and which field of a card they tell; the text is LP and TD.
_HEAD = {"HD": "title", "BY": "author", "PD": "published", "SN": "outlet", "LA": "language"}
_CODES = (
    *(
        "SE",
        "CLM",
        "HD",
        "CR",
        "BY",
        "WC",
        "PD",
        "ET",
        "SN",
        "SC",
        "NGC",
        "GC",
        "ED",
        "PG",
        "VOL",
        "LA",
        "CY",
        "LP",
        "TD",
    ),
    *("ART", "CT", "RF", "CO", "IN", "NS", "RE", "IPC", "IPD", "PUB", "AN"),
)
_CODE = re.compile(rf"({'|'.join(_CODES)})(?:(?P<gap>\t|[ \u00a0]+)(?P<rest>\S.*))?")
# What follows these codes is of other codes and what they stand for.
_INDEXING = re.compile(r"\w+ : ")
_NUMBER = re.compile(r"(?:Document|Dokument|Documento) ([A-Za-z0-9]{10,40})")
_WORDS = re.compile(r"\d[\d.,  ]* (?:words?|mots|Wörter|palabras|parole|woorden|palavras|ord|слов)", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2}:\d{2}(?:\s\w+)?|[A-Z0-9]{2,10}")
_BY = re.compile(r"(?:By|Von|Par|Por|Di|Door|Av)\s+\S")
_PAGE = re.compile(r"(?:Page \d+ of \d+\s*)?©\s*\d{4} Factiva, Inc\..*")


def documents(text: str) -> Iterator[Draft | Refused] | None:
    """The documents of the export, or nothing if the text is none.

    Each ends in a line with its number, which becomes part of the article's id.
    """
    lines = [line for line in lines_of(text) if not _PAGE.fullmatch(line.words)]
    raw = text.split("\n")
    coded = {line.number: found for line in lines if (found := _CODE.fullmatch(raw[line.number - 1].strip()))}
    if {"HD", "PD"} <= {found[1] for found in coded.values()} and any(
        found[1] in {"LP", "TD"} for found in coded.values()
    ):
        return _coded(lines, coded)
    ends = [n for n, line in enumerate(lines) if _NUMBER.fullmatch(line.words)]
    if ends and any(_WORDS.fullmatch(line.words) for line in lines[: ends[0]]):
        return _plain(lines, ends)
    return None


# --- with codes ------------------------------------------------------------------------------------------------------


def _coded(lines: Sequence[Line], codes: dict[int, re.Match[str]]) -> Iterator[Draft | Refused]:
    fields: list[tuple[str, list[Line]]] = []
    number = 0
    for line in lines:
        code = codes.get(line.number)
        last = fields[-1][0] if fields else ""
        if code and _begins(code, last):
            if (
                fields
                and _CODES.index(code[1]) < _CODES.index(last)
                and {"LP", "TD", "AN"} & {name for name, _ in fields}
            ):
                number += 1
                yield _from_fields(number, fields)
                fields = []
            fields.append((code[1], [Line(code["rest"] or "", line.number)]))
        elif fields:
            fields[-1][1].append(line)
    if fields:
        yield _from_fields(number + 1, fields)


def _begins(code: re.Match[str], last: str) -> bool:
    """Whether what looks like a code is one, and no word of the text, such as IN or AN at a paragraph's beginning."""
    if code["rest"] is None or last not in {"LP", "TD"} or code["gap"] == "\t" or len(code["gap"]) > 1:
        return last not in {"LP", "TD"} or code[1] not in {"HD", "BY"} or code["rest"] is None
    if code[1] in {"CO", "IN", "NS", "RE"}:
        return bool(_INDEXING.match(code["rest"]))
    return bool(_NUMBER.fullmatch(code["rest"])) if code[1] == "AN" else code[1] in {"TD", "IPC", "IPD", "PUB", "RF"}


def _from_fields(number: int, fields: Sequence[tuple[str, list[Line]]]) -> Draft | Refused:
    said = {
        _HEAD[code]: " ".join(line.words for line in lines if line.words) for code, lines in fields if code in _HEAD
    }
    own = next((line.words for code, lines in fields if code == "AN" for line in lines if line.words), "")
    known = _NUMBER.fullmatch(own)
    body = [line for code, lines in fields if code in {"LP", "TD"} for line in (*lines, Line("", 0))]
    first = fields[0][1][0].number
    return document(f"document {number}", first, body, said, identity=known[1] if known else "")


# --- without codes ---------------------------------------------------------------------------------------------------


def _plain(lines: Sequence[Line], ends: Sequence[int]) -> Iterator[Draft | Refused]:
    for number, (before, end) in enumerate(pairwise([-1, *ends]), start=1):
        part = lines[before + 1 : end]
        known = _NUMBER.fullmatch(lines[end].words)
        yield _from_lines(f"document {number} of {len(ends)}", part, known[1] if known else "")
    left = [line for line in lines[ends[-1] + 1 :] if line.words]
    if any(_WORDS.fullmatch(line.words) for line in left):
        yield Refused("the export breaks off in its last document, which is not taken", left[0].number)


def _from_lines(name: str, lines: Sequence[Line], identity: str) -> Draft | Refused:
    """A document whose head is told by its order: headline, byline, words, day, time, outlet, language, rights."""
    first = next((line.number for line in lines if line.words), 0)
    counted = next((n for n, line in enumerate(lines) if _WORDS.fullmatch(line.words)), None)
    if counted is None:
        return Refused(
            f"{name}: there is no line such as 500 words, which tells its head from its text", first, identity
        )
    notes = []
    said: dict[str, str] = {}
    top = [" ".join(line.words for line in block) for block in blocks_of(lines[:counted])]
    if len(top) > 1 and _BY.match(top[-1]):
        said["author"] = re.sub(r"^(?:Von|Par|Por|Di|Door|Av)\s+", "", top.pop())
    if len(top) == 1:
        said["title"] = top[0]
    elif top:
        notes.append("its headline cannot be told from the lines beside it, and is left out")
    place = counted + 1
    day = next((n for n in range(place, min(place + 4, len(lines))) if day_in(lines[n].words)), None)
    if day is not None:
        said["published"] = lines[day].words
        place = day + 1
    filled = [n for n in range(place, len(lines)) if lines[n].words and not _TIME.fullmatch(lines[n].words)]
    if filled:
        said["outlet"] = lines[filled[0]].words
        place = filled[0] + 1
    for n in range(place, min(place + 14, len(lines))):
        words = lines[n].words
        if language_in(words):
            said["language"] = words
        elif is_notice(words):
            return document(name, first, lines[n + 1 :], said, identity=identity, notes=notes)
    return Refused(f"{name}: there is no notice of copyright, which tells its head from its text", first, identity)
