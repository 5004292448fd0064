"""Copies: which articles carry the same story, which words are the same, and where they stand."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections import Counter
from itertools import combinations

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from index import copies
from index.copies import groups, place_of, same_words, signature
from index.passages import sentences

SEEDS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))}
SENTENCES = [
    text[span.start : span.end] for text in SEEDS.values() for line in text.split("\n") for span in sentences(line)
]
# A signature is stored: where this must change, all of them must be made anew.
PINNED = "43993b42751f21ec24276d973c49e5c4dfac098b9ece3185fb52618372a724b8"
TYPED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "\n": "\r\n", " ": "\u00a0"})


def grouped(texts: dict[str, str]) -> list[tuple[str, ...]]:
    return groups({name: signature(text) for name, text in texts.items()}, texts.__getitem__)


def story(seed: int, sentences_in_it: int = 15) -> str:
    """A story of its own: no run of its words stands in another one's."""
    draw = random.Random(seed)
    return " ".join(
        " ".join(f"w{draw.randrange(10**9)}" for _ in range(15)).capitalize() + "." for _ in range(sentences_in_it)
    )


def every(nth: int, text: str) -> str:
    """A text in which every nth word is another."""
    return " ".join("edited" if n % nth == 0 else word for n, word in enumerate(text.split(), start=1))


COPIES = {
    "verbatim": lambda text: text,
    "typed otherwise": lambda text: text.translate(TYPED),
    "in capitals": str.upper,
    "trimmed": lambda text: text[: round(len(text) * 0.3)],
    "its second half": lambda text: text[len(text) // 2 :],
    "under another headline": lambda text: f"A headline of their own\n\nBy A. Reporter\n\nKYIV - {text}\n\n(Agency)",
    "edited": lambda text: every(10, text),
    "edited and trimmed": lambda text: every(10, text)[: len(text) // 2],
}

# --- articles --------------------------------------------------------------------------------------------------------


def test_five_reports_on_one_event_are_no_copies() -> None:
    assert grouped(SEEDS) == []


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_whatever_was_done_to_it(kind: str) -> None:
    for name, text in SEEDS.items():
        assert grouped(SEEDS | {"copy": COPIES[kind](text)}) == [(name, "copy")]


def test_all_copies_of_a_story_are_one_group_and_other_stories_stay_apart() -> None:
    texts = {f"{name} {kind}": copy(text) for name, text in SEEDS.items() for kind, copy in COPIES.items()}
    # Without the whole, two halves have nothing in common; with it they still are no copies of each other.
    apart = {name for name in texts if name.endswith("second half")}
    found = grouped({name: text for name, text in texts.items() if name not in apart})
    assert [{name.partition(" ")[0] for name in group} for group in found] == [{name} for name in sorted(SEEDS)]
    assert {len(group) for group in found} == {len(COPIES) - 1}


def test_a_digest_does_not_join_the_stories_in_it() -> None:
    one, other = story(1), story(2, 14)
    assert grouped({"one": one, "other": other, "digest": f"{one}\n\n{other}"}) == [("digest", "one")]
    copy = every(10, other)
    assert grouped({"one": one, "other": other, "digest": f"{one}\n\n{other}", "copy": copy}) == [
        ("copy", "other"),
        ("digest", "one"),
    ]


def test_a_statement_that_two_reports_quote_makes_no_copies() -> None:
    statement = story(9, 9)
    assert grouped({"one": f"{story(1, 12)} {statement}", "other": f"{story(2, 12)} {statement}"}) == []


def test_an_extract_is_no_copy() -> None:
    whole = story(1, 60)
    assert grouped({"whole": whole, "extract": whole[: len(whole) // 8]}) == []


def test_two_copies_that_were_edited_apart_are_found_through_the_whole_story() -> None:
    whole = story(1)
    edited = {"one": every(7, whole)[: len(whole) * 4 // 5], "other": every(8, whole)[: len(whole) * 3 // 4]}
    assert grouped(edited) == []
    assert grouped(edited | {"whole": whole}) == [("one", "other", "whole")]


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_of_articles_does_not_matter(order: list[int]) -> None:
    texts = {}
    for number in range(4):
        text = story(number)
        texts |= {f"{number}a": text, f"{number}b": every(9, text), f"{number}c": text[:900]}
    names = [list(texts)[n] for n in order]
    assert grouped({name: texts[name] for name in names}) == [(f"{n}a", f"{n}b", f"{n}c") for n in range(4)]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=12), max_size=12))
def test_no_two_in_a_group_are_unlike_and_no_article_is_in_two(made: list[list[str]]) -> None:
    texts = {str(number): " ".join(chosen) for number, chosen in enumerate(made)}
    found = grouped(texts)
    runs = {name: copies._runs(text) for name, text in texts.items()}
    for group in found:
        assert all(copies._share(runs[a], runs[b]) >= copies.ALIKE for a, b in combinations(group, 2))
        longest = max(group, key=lambda name: runs[name].size)
        assert all(copies._share(runs[longest], runs[name]) >= copies.SAME for name in group)
    together = [name for group in found for name in group]
    assert len(together) == len(set(together))
    assert found == sorted(tuple(sorted(group)) for group in found)


def test_a_signature_is_the_same_in_every_process_and_version_as_it_is_stored() -> None:
    text = SEEDS["002_6378cb4c47d900f5"]
    program = (
        "import sys; from index.copies import signature; sys.stdout.buffer.write(signature(sys.stdin.buffer.read()"
        ".decode()))"
    )
    ended = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            input=text.encode(),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert ended == [signature(text)] * 2
    assert len(signature(text)) == 4 * copies.PERMUTATIONS
    assert hashlib.sha256(signature(text)).hexdigest() == PINNED


def test_typography_and_case_do_not_change_a_signature() -> None:
    for text in SEEDS.values():
        assert signature(text) == signature(text.translate(TYPED)) == signature(text.upper())
    assert len({signature(text) for text in SEEDS.values()}) == len(SEEDS)


def test_a_short_text_has_copies_only_in_the_very_same_words() -> None:
    flash = "Russia says that it shot down two drones over the Kremlin."
    texts = {"a": flash, "b": flash.upper(), "c": flash.replace("two", "three"), "d": f"{flash} {story(1)}"}
    assert grouped(texts) == [("a", "b")]
    long = " ".join(f"word{n}" for n in range(copies.SHORT))
    assert grouped({"a": long, "b": long.replace("word7 ", "")}) == []
    long = " ".join(f"word{n}" for n in range(copies.SHORT + 1))
    assert grouped({"a": long, "b": long.replace("word7 ", "")}) == [("a", "b")]


@pytest.mark.parametrize("text", ["", " \n", "… — “”", "***"])
def test_a_text_without_words_has_no_signature_and_no_copy(text: str) -> None:
    assert signature(text) == b""
    assert grouped({"a": text, "b": text}) == []


def test_only_candidates_are_read_and_each_once() -> None:
    texts = {str(number): story(number) for number in range(40)} | {"copy": every(10, story(7))}
    read: list[str] = []

    def text(name: str) -> str:
        read.append(name)
        return texts[name]

    assert groups({name: signature(words) for name, words in texts.items()}, text) == [("7", "copy")]
    assert sorted(read) == ["7", "copy"]


def test_a_footer_that_all_articles_have_makes_no_candidates() -> None:
    texts = {str(number): f"{story(number)} {story(99, 1)}" for number in range(20)}

    def text(name: str) -> str:
        pytest.fail(f"{name} is read")

    assert groups({name: signature(words) for name, words in texts.items()}, text) == []


@pytest.mark.parametrize("ending", ["", "Number {}."])
def test_many_articles_that_are_nearly_the_same_cost_no_square(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count, compared = 60, []
    share = copies._share

    def counted(one: object, other: object) -> float:
        compared.append((one, other))
        return share(one, other)

    monkeypatch.setattr(copies, "_share", counted)
    texts = {f"{number:03}": f"{story(1)} {ending.format(number)}" for number in range(count)}
    assert grouped(texts) == [tuple(texts)]
    assert len(compared) <= count * 16


def test_a_mass_of_near_copies_is_looked_up_as_one() -> None:
    texts = [f"{story(1)} Number {number}." for number in range(50)]
    family, near = copies._families(sorted({signature(text) for text in texts}))
    assert len(set(family.values())) == 1
    assert not near


@pytest.mark.parametrize("broken", [b"x", b"four", b"\0" * 508, b"\0" * 516])
def test_what_is_no_signature_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="a signature has 512 bytes"):
        groups({"a": broken, "b": broken}, lambda _: "")
    with pytest.raises(ValueError, match="a signature has 512 bytes"):
        groups({"a": signature(story(1)), "b": broken}, lambda _: "")


def test_without_articles_there_are_no_groups() -> None:
    assert groups({}, SEEDS.__getitem__) == []


def test_the_library_is_loaded_only_when_a_signature_is_made() -> None:
    program = (
        "import json, sys, index.copies; print(json.dumps([n for n in ('datasketch', 'scipy') if n in sys.modules]))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(ended.stdout) == []


# --- words -----------------------------------------------------------------------------------------------------------

SAME = [
    ("“We didn’t attack Putin,” he said.", '"We didn\'t attack Putin" he said'),
    ("Victory Day – May 9 – is near.", "Victory Day - May 9 - is near"),
    ("The drones were  shot\ndown", "the drones were shot down."),
    ("RUSSIA ACCUSED UKRAINE", "Russia accused Ukraine"),
    ("He said that the drones were shot down.", "He said drones were shot down."),
    ("Two drones were used, Moscow said.", "2 drones were used, Moscow said."),
    ("It fell by 5% in May", "It fell by 5 percent in May"),
    ("The centre organised a colourful programme.", "The center organized a colorful program."),
    ("They travelled towards the theatre", "They traveled toward the theater"),
    ("About 500 kilometers away", "Approximately 500 kilometres away"),
    ("It fell (5 percent)", "It fell 5 percent"),
    ("a COVID-19 ward", "a COVID 19 ward"),
    ("café", "cafe\u0301"),
    ("克里姆林宫遭到袭击。", "克里姆林宫遭到袭击"),
]
OTHER = [
    ("It killed 3 people.", "It killed 30 people."),
    ("It killed three people.", "It killed thirty people."),
    ("It killed three people.", "It killed two people."),
    ("It killed 3 people.", "It killed people."),
    ("It grew by 3.5 percent", "It grew by 35 percent"),
    ("It grew by .5 percent", "It grew by 5 percent"),
    ("It was -5 degrees", "It was 5 degrees"),
    ("It cost $5 in all", "It cost €5 in all"),
    ("It grew by 5%", "It grew by 5"),
    ("They won 3-0 at home", "They won 3 0 at home"),
    ("on May 3, 2023", "on May 3, 2022"),
    ("He did it.", "He did not do it."),
    ("Russia did attack.", "Russia did not attack."),
    ("He was there", "He wasn’t there"),
    ("He has ever been there", "He has never been there"),
    ("It is likely that they left", "It is unlikely that they left"),
    ("They denied the attack", "They confirmed the attack"),
    ("Podolyak said so.", "Peskov said so."),
    ("It was said by Podolyak.", "It was said by Podolyaks."),
    ("It was said by Podolyak.", "It was said by Podoliak."),
    ("Iain Gray spoke of it", "Iain Grey spoke of it"),
    ("in the Warner Center", "in the Warner Centre"),
    ("Mr Smith left", "Mrs Smith left"),
    ("He left", "She left"),
    ("It happened before May", "It happened after May"),
    ("They sat in the diner", "They sat in the dinner"),
    ("the alleged attack", "the attack"),
    ("He left.", "He left?"),
    ("Russia attacked Ukraine", "Ukraine attacked Russia"),
    ("Er kommt heute", "Er kommt heute nicht"),
    ("Murieron sesenta personas", "Murieron setenta personas"),
    ("Погибли девять человек", "Погибли десять человек"),
    ("Il viendra demain", "Il ne viendra pas demain"),
    ("克里姆林宫遭到袭击", "克里姆林宫未遭到袭击"),
    ("A", "B"),
    ("", ""),
    ("…", "…"),
    ("", "A"),
    ("the", "that"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_words_are_the_same_where_nothing_but_their_dress_differs(one: str, other: str) -> None:
    assert same_words(one, other)
    assert same_words(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_words_are_not_the_same_where_what_is_said_differs(one: str, other: str) -> None:
    assert not same_words(one, other)
    assert not same_words(other, one)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(SENTENCES), st.data())
def test_a_sentence_is_no_longer_the_same_when_any_telling_word_is_gone_or_put_in(
    sentence: str, data: st.DataObject
) -> None:
    assert same_words(sentence, sentence.translate(TYPED))
    words = sentence.split()
    at = data.draw(st.integers(0, len(words) - 1))
    telling = bool(copies._telling(copies.tokens(words[at])))
    assert same_words(sentence, " ".join(words[:at] + words[at + 1 :])) != telling
    for more in ("not", "30", "Peskov", "nicht", "?"):
        assert not same_words(sentence, " ".join([*words[:at], more, *words[at:]]))


# --- places ----------------------------------------------------------------------------------------------------------


def telling_words(*texts: str) -> Counter[str]:
    return Counter(
        word.spelling for text in texts for word in copies._telling(copies.tokens(text)) if word.key[0].isalnum()
    )


def assert_found(words: str, text: str, place: copies.Found) -> None:
    """What is found is the same words, or with what differs exchanged it is; and all of that is verbatim."""
    there = text[place.start : place.end]
    assert same_words(words, there) == (not place.differing)
    quoted, printed = ([getattr(d, side) for d in place.differing] for side in ("quoted", "printed"))
    assert all(one in words for one in quoted)
    assert all(one in there for one in printed)
    assert telling_words(words) - telling_words(*quoted) == telling_words(there) - telling_words(*printed)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.sampled_from(["verbatim", "typed otherwise", "in capitals"]), st.data())
def test_whole_sentences_are_found_in_a_copy_and_what_is_found_is_the_same(
    name: str, kind: str, data: st.DataObject
) -> None:
    line = data.draw(st.sampled_from([line for line in SEEDS[name].split("\n\n") if same_words(line, line)]))
    spans = sentences(line)
    first = data.draw(st.integers(0, len(spans) - 1))
    last = data.draw(st.integers(first, len(spans) - 1))
    excerpt = line[spans[first].start : spans[last].end]
    copy = COPIES["under another headline"](COPIES[kind](SEEDS[name]))
    place = place_of(excerpt, copy)
    if kind != "in capitals":  # where sentences end is read off capitals
        assert place
        assert kind != "verbatim" or not place.differing
    if place:
        assert_found(excerpt, copy, place)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(SENTENCES), st.sampled_from(sorted(SEEDS)))
def test_what_is_found_anywhere_is_the_same(sentence: str, name: str) -> None:
    if place := place_of(sentence, SEEDS[name]):
        assert_found(sentence, SEEDS[name], place)


def test_the_place_is_that_of_the_words_with_their_marks() -> None:
    text = "They met.\n\n“The Kremlin has 2 drones,” he said. Nobody knew."
    place = place_of('"Kremlin has two drones", he said', text)
    assert place
    assert text[place.start : place.end] == "“The Kremlin has 2 drones,” he said."


@pytest.mark.parametrize(
    "before",
    ["", "He knew. ", "A headline\n\n", "MOSCOW - ", "(Moscow) ", "Moscow: ", "KYIV, May 3 (Agency) — ", "“Yes.” "],
)
def test_a_sentence_is_found_after_another_one_or_a_dateline(before: str) -> None:
    text = f"{before}Russia attacked Kyiv. It was late."
    place = place_of("Russia attacked Kyiv.", text)
    assert place == (len(before), len(before) + len("Russia attacked Kyiv."), ())


@pytest.mark.parametrize(
    "text",
    [
        "Nobody believes that Russia attacked Kyiv.",
        "It is a lie that, as they say, Russia attacked Kyiv.",
        "Russia attacked Kyiv, Ukraine says.",
        "Russia attacked Kyiv in a film.",
        "It is a lie - Russia attacked Kyiv.",
        "He denied it: Russia attacked Kyiv.",
        "Had Russia attacked Kyiv? Russia attacked Kyiv?",
        "Russia attacked. Kyiv burned.",
        "Russia attacked Kyiv 3 times.",
        "",
    ],
)
def test_words_within_another_sentence_are_not_found(text: str) -> None:
    assert place_of("Russia attacked Kyiv.", text) is None


def test_a_place_ends_with_its_sentence_whatever_marks_follow() -> None:
    assert place_of("Russia attacked Kyiv.", "“”\n\nRussia attacked Kyiv.\n\n* * *\n\nThe\n\n…") == (4, 25, ())


def test_the_first_place_that_fits_is_found_behind_others_that_do_not() -> None:
    text = "Nobody says that Russia attacked Kyiv. Was it so? Russia attacked Kyiv. Russia attacked Kyiv."
    assert place_of("Russia attacked Kyiv.", text) == (50, 71, ())


def test_words_without_anything_telling_stand_nowhere() -> None:
    for words in ("", "…", "the", "“ ”"):
        assert place_of(words, "The end… the “ ” end") is None


REPORT = "The Kremlin said five drones were shot down over Moscow on Wednesday, and two people were injured."
NEARLY = [
    (REPORT.replace("five", "seven"), [("five", "seven")]),
    (REPORT.replace("Moscow", "Kyiv"), [("Moscow", "Kyiv")]),
    (REPORT.replace("were shot", "were not shot"), [("", "not")]),
    (REPORT.replace("said five drones", "said 5 drones").replace(" down", ""), [("down", "")]),
    (REPORT.replace("five", "“some seven”"), [("five", "some seven")]),
    (f"A mayor believes that {REPORT[0].lower()}{REPORT[1:]}", [("", "A mayor believes")]),
    (f"MOSCOW (Agency) - {REPORT.replace('five', '-5')}", [("", "-")]),
    (REPORT.replace("said", "denied").replace("five", "5").replace("two", "no"), [("said", "denied"), ("two", "no")]),
    (REPORT.replace("injured.", "injured?"), [("", "?")]),
    (REPORT.replace("said five", "said, so to say, five"), [("", "so to say")]),
]


@pytest.mark.parametrize(("sentence", "differing"), NEARLY)
def test_where_few_words_differ_the_place_says_which(sentence: str, differing: list[tuple[str, str]]) -> None:
    text = f"It was late.\n\n{sentence} Nobody knew more."
    place = place_of(REPORT, text)
    assert place
    assert_found(REPORT, text, place)
    assert [(d.quoted, d.printed) for d in place.differing] == differing
    assert text[place.end :] == " Nobody knew more."
    alone = place_of(REPORT, sentence)
    assert alone
    assert alone.differing == place.differing


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("The Kremlin said five drones were shot down.", "The Kremlin said seven drones were shot down."),
        (REPORT, REPORT.replace("five", "seven").replace(".", ", the mayor of the city told reporters later.")),
        (REPORT, f"{REPORT[:-1]}, and nobody knows who sent them or why they came."),
        (REPORT, "Two people were injured on Wednesday, as five drones were shot down over Moscow, said the Kremlin."),
        (f"{REPORT} {REPORT}", REPORT.replace("five", "seven")),
        (REPORT * 2, f"{REPORT} One more.\n\nThen another.\n\nAnd a last one." + REPORT.replace("five", "six")),
    ],
)
def test_words_that_differ_more_or_are_few_stand_nowhere(words: str, text: str) -> None:
    assert place_of(words, text) is None


def test_no_more_than_a_few_differences_are_nearly_the_same() -> None:
    words = " ".join(f"word{n}" for n in range(60)) + "."
    edited = [words]
    for n in range(copies.DIFFERENCES + 1):
        edited.append(edited[-1].replace(f"word{n * 5} ", f"other{n} "))
    found = [place_of(words, text) for text in edited]
    assert [place and len(place.differing) for place in found] == [*range(copies.DIFFERENCES + 1), None]


def test_of_few_words_fewer_may_differ() -> None:
    words = "Nine boats followed a bird over canals without success yesterday."
    assert place_of(words, words.replace("canals", "rivers"))
    assert not place_of(words, words.replace("canals", "rivers").replace("Nine", "Many"))
    short = words.replace(" yesterday", "")
    assert not place_of(short, short.replace("canals", "rivers"))


def test_the_same_words_are_found_behind_others_that_are_nearly_the_same() -> None:
    near = REPORT.replace("five", "seven")
    assert place_of(REPORT, f"{near}\n\n{REPORT}") == (len(near) + 2, len(near) + 2 + len(REPORT), ())


def test_two_statements_of_five_reports_on_one_event_are_never_called_nearly_the_same() -> None:
    for name, text in SEEDS.items():
        for line in text.split("\n"):
            for span in sentences(line):
                found = (place_of(line[span.start : span.end], SEEDS[other]) for other in SEEDS if other != name)
                assert not any(found)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.data())
def test_whatever_is_edited_in_a_sentence_every_difference_is_told_verbatim(name: str, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from([line for line in SEEDS[name].split("\n") if line.strip()]))
    spans = sentences(line)
    first = data.draw(st.integers(0, len(spans) - 1))
    excerpt = line[spans[first].start : spans[data.draw(st.integers(first, len(spans) - 1))].end]
    said = excerpt.split(" ")
    for at in data.draw(st.lists(st.integers(0, len(said) - 1), max_size=6)):
        said[at] = data.draw(st.sampled_from(["", "seven", "-5", f"not {said[at]}", f"“{said[at]}”", "Peskov", "?"]))
    text = SEEDS[name].replace(excerpt, " ".join(said))
    if place := place_of(excerpt, text):
        assert_found(excerpt, text, place)


# --- hostile ---------------------------------------------------------------------------------------------------------

HOSTILE = {
    "empty": "",
    "one word": "word",
    "no space": "a" * 1_000_000,
    "one word repeated": "word " * 10_000,
    "one sentence repeated": "A word is a word. " * 1_000,
    "unspaced script": "克里姆林宫遭到袭击。" * 1_000,
    "right to left": "قال الكرملين إن الهجوم لم يقع. " * 1_000,
    "emoji": "🇷🇺🇺🇦👩‍👩‍👧 " * 300,
    "marks": "…“”-–—.,;:!?()[]%$ " * 500,
    "wide space before a full stop": "He met A\u00a0. Smith there\u2028. " * 50,
    "line ends": "\n\r\x0b\x0c\x1c\x85\u2028 a" * 1_000,
    "nulls and byte order marks": "\0\ufeff\ufffe\U0010ffff a " * 500,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_is_too_odd(kind: str) -> None:
    text = HOSTILE[kind]
    found = grouped(SEEDS | {"a": text, "b": f"{text} "})
    assert found == ([("a", "b")] if signature(text) else [])
    assert same_words(text, text) == bool(copies._telling(copies.tokens(text)))
    for words in (text[:5_000], "word", "A word is a word."):
        if place := place_of(words, text):
            assert_found(words, text, place)
