from __future__ import annotations

import pytest

from index.shown import harmless, is_link, link, model_name, visible, whole


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("The\u202erepaP", "The‹U+202E›repaP"),
        ("B\u200bBC", "B‹U+200B›BC"),
        ("\u2066BBC\u2069", "‹U+2066›BBC‹U+2069›"),
        ("\ufeffBBC", "‹U+FEFF›BBC"),
        ("B\u00adBC", "B‹U+00AD›BC"),
        ("B\u034fBC\u3164", "B‹U+034F›BC‹U+3164›"),
        ("BBC\u2800", "BBC‹U+2800›"),
        ("B\ufff9BC", "B‹U+FFF9›BC"),
        ("B\u200dBC", "B‹U+200D›BC"),
        ("a\x1b[2Jb", "a‹U+001B›[2Jb"),
        ("half \ud83d", "half ‹U+D83D›"),
        ("\U000e0042BC", "‹U+E0042›BC"),
    ],
)
def test_what_is_not_seen_is_shown_as_what_it_is(name: str, shown: str) -> None:
    assert visible(name) == shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    "name",
    ["The Paper", "Le Monde – été", "日報", "می\u200cخواهم", "क्\u200dष", "👩\u200d🚒", "❤\ufe0f", "القاهرة", "\u06dd١"],
)
def test_what_is_seen_stays_as_it_is(name: str) -> None:
    assert visible(name) == name


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://bbc.co.uk/news", True),
        ("HTTP://BBC.CO.UK", True),
        (" https://bbc.co.uk", False),
        ("https://bbc.co.uk/@someone", True),
        ("https://bbc.co.uk@evil.example/", False),
        ("https://bbc.co.uk:x@evil.example/", False),
        ("https://bbc.co.uk\\@evil.example/", False),
        ("https://bbc.co.uk\uff20evil.example/", False),
        ("https://[::1/", False),
        ("javascript:alert(1)", False),
        ("https:///news", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_is_a_link_where_it_leads_where_it_seems_to(url: str | None, leads: bool) -> None:
    assert is_link(url) is leads


def test_a_link_has_what_is_not_seen_percent_encoded() -> None:
    assert link("https://bbc.co.uk/a\u202eb\u200b") == "https://bbc.co.uk/a%E2%80%AEb%E2%80%8B"


def test_a_terminal_gets_no_controls() -> None:
    assert harmless("a\x1b]0;x\x07\tb\nc\x9b") == "a�]0;x�\tb\nc�"


def test_halves_of_characters_are_marked() -> None:
    assert whole("a\udcff \ud83d\ude00 b\ud83d") == "a� 😀 b�"


def test_a_model_s_folder_is_not_told() -> None:
    assert model_name("/srv/models/mine") == "mine"
    assert model_name("../models/mine") == "mine"
    assert model_name("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2"
