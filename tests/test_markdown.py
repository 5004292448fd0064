"""Foreign words in Markdown, as a parser that others wrote shows them."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.markdown import line, linked, quote

PARSERS = (MarkdownIt(), MarkdownIt("gfm-like", {"linkify": False}))
# All that is stored: no control characters but line ends and tabs, and no halves of characters.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t \u00a0")
MARKUP = st.sampled_from(
    ["**", "__", "`", "```\n", "~~~", "# ", "- ", "+ ", "* ", "1. ", "12) ", "> ", "===", "---", ":--", "|a|", "|--|",
     "    ", "<b>", "</p>", "<!-- ", "&amp;", "&#10;", "[a](b)", "![a](b)", "[a]: b", "[^1]", "\\", "\\\n", "  \n",
     "\n\n", "\n", ":smile:", "https://a.test/_b_", "<https://a.test>", "$a$", "a", "b ", "\t", "é", "俄"]
)  # fmt: skip
TEXTS = (st.lists(MARKUP, min_size=1, max_size=10).map("".join) | st.text(CHARACTERS, min_size=1)).filter(
    lambda text: not text.isspace()
)


def seen(markdown: str, parser: MarkdownIt) -> tuple[list[str], str]:
    """The blocks of a page, and the characters that a reader sees in its only text."""
    tokens = parser.parse(markdown)
    (inline,) = (token for token in tokens if token.type == "inline")
    shown = []
    for child in inline.children or ():
        assert child.type in {"text", "text_special", "hardbreak"}, child
        shown.append("\n" if child.type == "hardbreak" else child.content)
    return [token.type for token in tokens], "".join(shown)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("a\n")
@example("\n\na \n b\n\n\n")
@example("a\n:--")
@example("    a\n\tb")
def test_a_reader_sees_every_character_of_a_quotation_and_nothing_else(text: str) -> None:
    blocks = ["blockquote_open", "paragraph_open", "inline", "paragraph_close", "blockquote_close"]
    for parser in PARSERS:
        assert seen(quote(text), parser) == (blocks, text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_line_is_one_line_wherever_it_stands(text: str) -> None:
    told = " ".join(text.splitlines()).strip()
    for parser in PARSERS:
        assert seen(f"— {line(text)}", parser)[1] == f"— {told}".strip()


def test_only_what_leads_to_the_web_is_a_link() -> None:
    assert linked("a *b*", "https://a.test/(c)") == r"[a \*b\*](https://a.test/%28c%29)"
    assert linked("a", "javascript:alert(1)") == linked("a", None) == "a"
