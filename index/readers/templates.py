"""Tags of the templates of site generators in a text: Liquid, as Jekyll and Eleventy have it, and Hugo's shortcodes."""

from __future__ import annotations

import re

# Characters that are none, so that no text has them: where a template fills in words, and where it shows nothing.
FILLED, _NOTHING = "\ufdd0", "\ufdd1"

# {% tag %}, {{< tag >}} and {{% tag %}}; {{ value }}; and what kramdown is told of a paragraph, {: .class}.
_TAG = re.compile(r"\{%[^{}]*%\}|\{\{[^{}]*\}\}|\{:[^{}\n]*\}")
_NAME = re.compile(r"\{%-?\s*(?P<liquid>[\w.-]+)|\{\{[<%]\s*(?P<hugo>/?\s*[\w.-]+)")
_COMMENT, _COMMENT_END = (re.compile(rf"\{{%-?\s*{name}\s*-?%\}}") for name in ("comment", "endcomment"))
# Tags of Liquid that show nothing themselves.
_SILENT = frozenset({
    "assign", "break", "capture", "case", "continue", "cycle", "decrement", "else", "elsif", "for", "highlight", "if",
    "increment", "raw", "tablerow", "unless", "when",
})  # fmt: skip


def marked(text: str) -> str:
    """The text without tags, and with `FILLED` where one among words may fill in more of them.

    What a pair of tags encloses stays, but for comments. What a tag in a line of its own shows, such as a picture, is
    apart from the text.
    """
    text = _without_comments(text).replace(FILLED, "").replace(_NOTHING, "")
    names = {_name(tag) for tag in _TAG.findall(text)}

    def put(found: re.Match[str]) -> str:
        name = _name(found[0])
        closes = name.startswith(("/", "end"))
        silent = closes or name in _SILENT or {f"/{name}", f"end{name}"} & names or found[0].startswith("{:")
        return _NOTHING if silent else FILLED

    lines = _TAG.sub(put, text).split("\n")
    return "\n".join(line if _says(line) else line.replace(FILLED, "") for line in lines).replace(_NOTHING, "")


def _says(line: str) -> bool:
    return bool(line.replace(FILLED, "").replace(_NOTHING, "").strip())


def _name(tag: str) -> str:
    """What a tag is called, with a slash before it where it closes a pair; nothing if it is a value."""
    found = _NAME.match(tag)
    return (found["liquid"] or found["hugo"].replace(" ", "")) if found else ""


def _without_comments(text: str) -> str:
    kept, position = [], 0
    for comment in _COMMENT.finditer(text):
        if comment.start() < position:
            continue
        end = _COMMENT_END.search(text, comment.end())
        if end is None:
            break
        kept.append(text[position : comment.start()])
        position = end.end()
    return "".join([*kept, text[position:]])
