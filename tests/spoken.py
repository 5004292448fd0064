"""What the program can say of its own, read from its source, and the catalogues that say it in other languages."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from babel.messages.pofile import read_po
from conftest import ROOT

from bot.answer import Reason
from bot.days import _WEEKDAYS
from index.tokens import Typography

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

# What is said by other names than those in the source of `say`.
NAMES = {
    *(kind.value for kind in Typography),
    *(weekday.capitalize() for weekday in _WEEKDAYS),
    Reason.NOTHING_NEAR.replace("_", " "),
    Reason.FILTERED_OUT.replace("_", " "),
}


def said() -> set[tuple[str, str]]:
    """Each text, with what is said in its place where there are several, or ""."""
    sources = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "bot").rglob("*.py"))]
    return {each for source in sources for each in _said(ast.parse(source))} | {(name, "") for name in NAMES}


def _said(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name == "say" and texts:
            yield texts[0], texts[1] if len(texts) > 1 else ""
        elif name == "plural" and texts:
            yield f"{{n}} {texts[0]}", f"{{n}} {texts[0]}s"


def catalogue(language: str) -> Catalog:
    with (ROOT / "bot" / "tongues" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)
