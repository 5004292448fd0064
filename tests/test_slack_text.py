"""What people write on Slack is read as they meant it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import OptionsError, mentions, number, options, plain, yes

BOT = "U0BOT"
NAMES = ("outlet", "since", "private")
WORDS = st.lists(st.sampled_from([*'&<>|@#!;:^ \n"“”a', "amp;", "&lt;", "<@U0BOT>", "http://x", "é🛰"])).map("".join)


def escaped(text: str) -> str:
    """As Slack does it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(WORDS)
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    assert plain(escaped(text)) == text
    assert plain(escaped(text), BOT) == text.strip()
    assert not mentions(escaped(text), BOT)
    assert plain(f"<https://x.example|{escaped(text)}>") == (text or "https://x.example")
    assert plain(f"{escaped(text)} <@U0BOT>", BOT) == text.strip()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("&amp;lt; &lt;b&gt; &quot;", "&lt; <b> &quot;"),
        ("<https://a.example/?a=1&amp;b=2>", "https://a.example/?a=1&b=2"),
        ("see <https://a.example/|the &amp; report>.", "see the & report."),
        ("<https://a.example|>", "https://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example>", "mailto:a@b.example"),
        ("<@U123> and <@U123|jo>", "@U123 and @jo"),
        ("<#C123|news> <#C123> <#C123|>", "#news #C123 #C123"),
        ("<!here> <!here|here> <!channel> <!everyone>", "@here @here @channel @everyone"),
        ("<!subteam^S1|@desk> <!subteam^S1>", "@desk @S1"),
        ("<!date^1392734382^{date}^https://a.example|18 Feb 2014>", "18 Feb 2014"),
        ("<!date^1392734382^{date}>", "<!date^1392734382^{date}>"),
        ("<other> <|x> <!subteam> <!new^1|x> <> <@> <#>", "<other> <|x> <!subteam> <!new^1|x> <> <@> <#>"),
        ("a < b > c", "a < b > c"),
        ("  as it is \n", "  as it is \n"),
    ],
)
def test_links_and_mentions_are_read_as_they_are_shown(text: str, read: str) -> None:
    assert plain(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@U0BOT> who?", "who?"),
        ("hey <@U0BOT|record> , who", "hey , who"),
        ("who <@U0BOT>\nand <@U1>", "who \nand @U1"),
        ("who<@U0BOT>is", "who is"),
        ("<@U0BOT>", ""),
        ("<@U0BOTH> who", "@U0BOTH who"),
        ("&lt;@U0BOT&gt; who", "<@U0BOT> who"),
    ],
)
def test_a_mention_of_the_bot_is_no_part_of_a_question(text: str, read: str) -> None:
    assert plain(text, BOT) == read
    assert mentions(text, BOT) == ("<@U0BOT>" in text or "<@U0BOT|" in text)


def test_without_the_bots_id_its_mention_is_one_like_others() -> None:
    assert plain("<@U0BOT> who") == "@U0BOT who"


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        ("Who denied it?", "Who denied it?", {}),
        ("  two  blanks ", "  two  blanks ", {}),
        ("since:May Who?", "Who?", {"since": "May"}),
        ("Who?   since:May", "Who?", {"since": "May"}),
        ("  Who  said  since:May  that \n now?", "  Who  said that \n now?", {"since": "May"}),
        ("a  since:May  b  c   private:no \n d", "a b  c d", {"since": "May", "private": "no"}),
        ('Who? outlet:"The Paper" Private:YES', "Who?", {"outlet": "The Paper", "private": "YES"}),
        ("outlet:“The Paper” who", "who", {"outlet": "The Paper"}),
        ("outlet:”The Paper” who", "who", {"outlet": "The Paper"}),
        ("outlet:„The Paper“ who", "who", {"outlet": "The Paper"}),
        ("who outlet:“The Paper since:May", "who", {"outlet": "The Paper since:May"}),
        ('who outlet:""', "who", {"outlet": ""}),
        ('who outlet:"', "who", {"outlet": ""}),
        ("who outlet: x", "who outlet: x", {}),
        ("who outlet:", "who outlet:", {}),
        ('outlet:"A"?', "?", {"outlet": "A"}),
        ("at 3:15 Putin: http://x.example/since:May", "at 3:15 Putin: http://x.example/since:May", {}),
        ("xsince:May (since:May", "xsince:May (since:May", {}),
        ("until:May", "until:May", {}),
        ("s\u0131nce:May", "s\u0131nce:May", {}),
        ("SINCE:x:y", "", {"since": "x:y"}),
        ('since:"3 May\n2023" who', "who", {"since": "3 May\n2023"}),
        ("a\u00a0since:May\u00a0b", "a b", {"since": "May"}),
    ],
)
def test_options_stand_in_the_text(text: str, rest: str, found: dict[str, str]) -> None:
    assert options(text, NAMES) == (rest, found)


def test_the_same_option_twice_is_an_error_that_names_it() -> None:
    with pytest.raises(OptionsError, match="option since is given twice"):
        options("since:May who Since:June", NAMES)


@given(
    st.lists(st.sampled_from(["who", "3:15", "x:", "“no”", "it?"]), max_size=5),
    st.dictionaries(st.sampled_from(NAMES), st.text("ab :<>|é\n", max_size=8)),
    st.sampled_from(['""', "“”", "””"]),
    st.randoms(),
)
def test_options_come_back_from_any_place_of_a_text(
    words: list[str], chosen: dict[str, str], marks: str, random: object
) -> None:
    pieces = list(words)
    for name, value in chosen.items():
        bare = re.fullmatch(r"\S+", value)
        at = random.randint(0, len(pieces))  # type: ignore[attr-defined]
        pieces.insert(at, f"{name}:{value}" if bare else f"{name}:{marks[0]}{value}{marks[1]}")
    text, found = options(" ".join(pieces), NAMES)
    assert found == chosen
    assert text.split() == [word for word in words if word]


@pytest.mark.parametrize("value", ["yes", "TRUE", "on", "1", " Yes "])
def test_what_means_yes(value: str) -> None:
    assert yes("private", value) is True


@pytest.mark.parametrize("value", ["no", "False", "OFF", "0"])
def test_what_means_no(value: str) -> None:
    assert yes("private", value) is False


@pytest.mark.parametrize("value", ["", "maybe", "2", "yes no"])
def test_what_is_neither_is_an_error_that_says_how_to_write_it(value: str) -> None:
    with pytest.raises(OptionsError, match=r"option private is yes or no: write private:yes or private:no\."):
        yes("private", value)


def test_numbers() -> None:
    assert [number("number", value, 1, 10) for value in ("1", " 10 ", "007")] == [1, 10, 7]


@pytest.mark.parametrize("value", ["0", "11", "-1", "+1", "", "1.5", "three", "²", "١", "9" * 5000])
def test_no_number_is_an_error_that_says_what_may_be_written(value: str) -> None:
    with pytest.raises(OptionsError, match="option number is a number from 1 to 10: write number:1"):
        number("number", value, 1, 10)
