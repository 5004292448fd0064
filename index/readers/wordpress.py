"""What WordPress keeps of a post: its text as it was typed, and whether it is published."""

from __future__ import annotations

import re

from index.readers.markup import html_paragraphs

# Kinds of what a site holds besides its posts; other kinds are posts of the site's own.
NOT_POSTS = frozenset({
    "attachment", "custom_css", "customize_changeset", "feedback", "nav_menu_item", "oembed_cache", "page", "revision",
    "user_request", "wp_block", "wp_font_face", "wp_font_family", "wp_global_styles", "wp_navigation", "wp_template",
    "wp_template_part",
})  # fmt: skip

# https://codex.wordpress.org/Shortcode_API; words in brackets that stand in prose are none.
_SHORTCODE = re.compile(r"(?<!\[)\[(?P<end>/?)(?P<name>[A-Za-z][\w-]*)(?P<given>(?:\s[^\[\]]*)?)/?\](?!\])")
_CAPTION = re.compile(r"\[(?P<name>(?:wp_)?caption)\b[^\]]*\].*?\[/(?P=name)\]", re.DOTALL | re.IGNORECASE)
_LINKED = re.compile(r"\[(?P<name>[A-Za-z][\w-]*)[^\]]*\]\s*https?://\S+?\s*\[/(?P=name)\]", re.IGNORECASE)
_GIVEN = re.compile(r"=|https?://|\d{3}")
_WITHOUT_TEXT = frozenset({"audio", "embed", "gallery", "more", "nextpage", "playlist", "video"})
_BLOCKS = "<!-- wp:"


def paragraphs(markup: str) -> str:
    """The text that a post's page shows, from what was typed: blank lines part paragraphs, shortcodes are not shown.

    A caption is left out with its picture; what other shortcodes enclose is text.
    """
    return html_paragraphs(without_shortcodes(markup), keep_lines=_BLOCKS not in markup)


def without_shortcodes(markup: str) -> str:
    """The markup without shortcodes, as far as they can be told from words in brackets.

    A shortcode is given something (a name and a value, a link, a number), or is closed, or stands in a line of its own.
    """
    markup = _LINKED.sub("", _CAPTION.sub("", markup))
    closed = {found["name"] for found in _SHORTCODE.finditer(markup) if found["end"]}

    def shown(found: re.Match[str]) -> str:
        name = found["name"]
        begins = not found.start() or markup.endswith(("\n", ">"), 0, found.start())
        alone = begins and markup[found.end() : found.end() + 1] in {"\n", "\r", "<", ""} and not found["given"]
        sure = name in closed or name in _WITHOUT_TEXT or _GIVEN.search(found["given"])
        return "" if sure or (alone and name == name.lower()) else found[0]

    return _SHORTCODE.sub(shown, markup)
