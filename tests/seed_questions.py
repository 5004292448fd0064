"""The hand-written questions about the seed articles, and what makes an excerpt a right one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.answer import Excerpt


@dataclass(frozen=True)
class SeedQuestion:
    """`accept` holds (article id, words): an excerpt of that article that holds the words answers the question."""

    id: str
    text: str
    kind: str
    accept: tuple[tuple[str, str], ...]

    def answered_by(self, excerpt: Excerpt) -> bool:
        return any(name == excerpt.source.id and words in excerpt.text for name, words in self.accept)


def load() -> list[SeedQuestion]:
    lines = Path(__file__).with_name("seed_questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    accepted = [tuple((place["article"], place["quote"]) for place in row["accept"]) for row in rows]
    return [SeedQuestion(r["id"], r["question"], r["kind"], a) for r, a in zip(rows, accepted, strict=True)]
