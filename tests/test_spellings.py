from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from index.spellings import ALIASES_FILE, groups, key, names_in, read_aliases, variants

if TYPE_CHECKING:
    import random
    from pathlib import Path


def joined(names: dict[str, int]) -> set[tuple[str, ...]]:
    """The names of which there are several spellings."""
    return {group for group in groups(names).values() if len(group) > 1}


# --- which words are names -------------------------------------------------------------------------------------------


def test_names_are_words_with_a_capital_and_possessives_are_no_part_of_them() -> None:
    texts = ["Podolyak’s aide met Mr Podoliak's friend.", "Then O'Brien called al-Assad in Novo-Ogaryovo."]
    found = names_in(texts)
    assert {"podolyak", "podoliak", "brien", "assad", "novo", "ogaryovo"} <= found.keys()
    assert not {"s", "podolyak’s", "aide", "al"} & found.keys()


def test_a_word_that_mostly_stands_without_a_capital_is_no_name() -> None:
    found = names_in(["Later he left. He came later. It was later.", "May we go in May? You may. They may. He may."])
    assert not {"later", "may"} & found.keys()
    assert names_in(["Drones hit Moscow.", "the drones"]) == {"moscow": 1}


def test_a_name_that_only_opens_sentences_is_one() -> None:
    assert names_in(["Zelensky spoke.", "Zelensky left."]) == {"zelensky": 2}


def test_words_in_capitals_tell_nothing() -> None:
    assert names_in(["NATO AND THE KREMLIN", "PODOLYAK SAID NO"]) == {}
    assert names_in(["PODOLYAK", "Podolyak"]) == {"podolyak": 1}


def test_names_of_other_scripts_with_capitals_are_found_and_others_are_not() -> None:
    assert names_in(["Вчера Зеленский сказал", "он сказал вчера", "أعلن الرئيس", "東京の市長"]) == {"зеленский": 1}


# --- the same name ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelled",
    [
        "Podolyak Podoliak Podoljak Подоляк",
        "Zelensky Zelenskyy Zelenskiy Zelenskyi Zelenskii Zelenskij Zelenskyj Зеленский Зеленський",
        "Bryansk Briansk Брянск",
        "Müller Mueller Muller",
        "Tymoshenko Timoshenko",
        "Odessa Odesa",
        "Luhansk Lugansk",
        "Đoković Djokovic",
        "Gaddafi Gadhafi Ghaddafi Gadafi",
    ],
)
def test_spellings_of_one_name_have_one_key_and_are_one_group(spelled: str) -> None:
    names = {name.lower(): 20 for name in spelled.split()}
    assert len({key(name) for name in names}) == 1
    assert joined(names) == {tuple(sorted(names))}


@pytest.mark.parametrize(
    "pair",
    [
        "Schroeder Schröder", "Hussein Husein", "Mohammed Mohamed", "Saakashvili Sakashvili", "Mahmoud Mahmud",
        "Tchaikovsky Chaikovsky", "Khrushchev Khruschev", "Gorbachov Gorbachev", "Romanoff Romanov",
        "Lukashenka Lukashenko", "Tadjikistan Tajikistan", "Natalija Nataliya", "Sergej Sergei", "Tatjana Tatiana",
        "Riyadh Riyad", "Ghaddafi Gaddafi", "Yekaterinburg Ekaterinburg", "Shoygu Shoigu", "Zelenskyy Zelensky",
        "Volodymyr Volodimir", "Tokayev Tokaev", "Dostoyevsky Dostoevsky", "Ibrahimovich Ibrahimović",
        "Prigozhin Prigojin", "Kherson Herson", "Nemtsov Nemcov", "Aleksander Alexander",
        "Nawalny Navalny", "Moqtada Moktada", "Strauß Strauss", "Łukasz Lukasz", "Ørsted Orsted", "Miguel Miguél",
    ],
)  # fmt: skip
def test_each_way_of_romanising_is_undone(pair: str) -> None:
    one, other = pair.split()
    assert key(one) == key(other)


@pytest.mark.parametrize(
    "pair",
    [
        "Iran Iraq", "Austria Australia", "Brown Browne", "Harris Paris", "Macron Micron", "Ukraine Ukrainian",
        "Biden Linden", "Putin Pushkin", "Mexico Mexican", "Niger Nigeria", "Slovakia Slovenia", "Georgia George",
        "Erdogan Erdogans", "Kyiv Kiev", "Meghan Megan", "Lyons Lions", "Sydney Sidney", "Houston Huston",
        "Colombia Columbia", "Petersen Peterson", "Hendricks Hendrix", "Michael Michal", "Sonny Sony", "Marks Marx",
        "Barack Barak", "Zelensky Zelenska", "Petrov Petrova", "Christensen Christenson", "Alexandra Alexandria",
        "Haniyeh Haniyah", "Brian Brain", "Merkel Merkle", "Martina Martian", "Leander Elander", "Steinberg Sternberg",
    ],
)  # fmt: skip
@pytest.mark.parametrize("counts", [(500, 1), (1, 500), (50, 50)])
def test_names_that_only_look_alike_stay_apart(pair: str, counts: tuple[int, int]) -> None:
    one, other = pair.lower().split()
    names = dict(zip((one, other), counts, strict=True))
    assert joined(names) == set()
    assert variants(one, groups({other: 500}), known=False) == variants(other, groups({one: 500}), known=False) == ()


def test_years_and_other_words_with_digits_stay_apart() -> None:
    assert variants("2022", groups({"2023": 9}), known=False) == ()
    assert variants("1st", groups({"st": 9}), known=False) == ()
    assert len({key("2022"), key("2023"), key("")}) == 3


def test_a_rare_spelling_of_a_long_name_joins_a_frequent_one() -> None:
    assert joined({"ahmadinejad": 20, "ahmedinejad": 2}) == {("ahmadinejad", "ahmedinejad")}
    assert joined({"zelensky": 20, "zelenksy": 2}) == {("zelensky", "zelenksy")}
    assert joined({"ahmadinejad": 20, "ahmedinejad": 3}) == set()
    assert joined({"zelensky": 20, "zelenksy": 3}) == set()


def test_all_spellings_of_a_key_count_together() -> None:
    assert joined({"suleimani": 8, "suleymani": 8, "soleimani": 1}) == {("suleimani", "suleymani", "soleimani")}
    assert joined({"suleimani": 18, "soleymani": 1, "soleimani": 1}) == {("soleimani", "soleymani")}


def test_unlike_names_are_not_joined_by_one_between_them() -> None:
    # Each is a vowel away from the next; only what is near to the frequent one joins it.
    names = {"soleimanidar": 1000, "suleimanidar": 100, "suleimanider": 10, "sulaimanider": 1}
    assert joined(names) == {("soleimanidar", "suleimanidar"), ("suleimanider", "sulaimanider")}


def test_a_rare_spelling_near_to_two_names_joins_neither() -> None:
    assert joined({"karamilova": 50, "karomilova": 50, "karemilova": 1}) == set()
    assert variants("karemilova", groups({"karamilova": 50, "karomilova": 50}), known=False) == ()


def test_aliases_join_whatever_their_keys_are_and_over_several_rows() -> None:
    names = {"kyiv": 5, "kiev": 9, "gaddafi": 3, "gadhafi": 2}
    found = groups(names, [("Kyiv", "Kiev"), ("Qaddafi", "Gaddafi"), ("Київ", "Kyiv")])
    assert found["kiev"] == found[key("Kyiv")] == found[key("Київ")] == ("kiev", "kyiv", "київ")
    assert found[key("qaddafi")] == ("gaddafi", "gadhafi", "qaddafi")
    assert variants("Qadhafi", found, known=False) == ("gaddafi", "gadhafi", "qaddafi")


def test_aliases_join_names_of_scripts_without_capitals() -> None:
    found = groups({"zelensky": 5}, [("Zelensky", "زيلينسكي", "泽连斯基")])
    assert variants("泽连斯基", found, known=False) == ("zelensky", "زيلينسكي")
    assert variants("Zelenskiy", found, known=False) == ("zelensky", "زيلينسكي", "泽连斯基")
    assert variants("زيلينسك", found, known=False) == ()
    assert key("東京") == "東京" != key("Dongjing")  # as it is read in Chinese


# --- a question's words ----------------------------------------------------------------------------------------------


def test_a_name_that_the_corpus_spells_otherwise_is_found() -> None:
    found = groups({"zelensky": 9, "podolyak": 1, "bryansk": 2})
    assert variants("Zelenskiy", found, known=False) == ("zelensky",)
    assert variants("ЗЕЛЕНСКИЙ", found, known=False) == ("zelensky",)
    assert variants("Podoliak", found, known=False) == ("podolyak",)
    assert variants("zelenksy", found, known=False) == ("zelensky",)
    assert variants("Belgorod", found, known=False) == ()


def test_a_known_word_has_only_the_spellings_of_its_own_name() -> None:
    found = groups({"zelensky": 9, "zelenskyy": 1, "webber": 3, "carroll": 5})
    assert variants("Zelensky", found, known=True) == ("zelenskyy",)
    assert variants("ZELENSKYY", found, known=True) == ("zelensky",)
    assert variants("webber", found, known=True) == ()
    assert variants("carol", found, known=True) == ()  # an ordinary word of the corpus


@pytest.mark.parametrize(
    "term", ["", " ", "?!", "running mate", "Novo-Ogaryovo", "x" * 5000, "a b " * 5000, "\0", "ь", "🇺🇦"]
)
@pytest.mark.parametrize("known", [True, False])
def test_what_is_no_name_has_no_other_spelling(term: str, known: bool) -> None:
    assert variants(term, groups({"novo": 1, "ogaryovo": 1, "running": 2}), known=known) == ()


# --- the groups as a whole -------------------------------------------------------------------------------------------

_NAMES = st.dictionaries(
    st.text(st.sampled_from("aeiouyzkhsctjwvbdnrltmяйиёкü"), min_size=2, max_size=11),
    st.integers(1, 60),
    max_size=12,
)
_ROWS = st.lists(
    st.lists(st.text(st.sampled_from("abkyv"), min_size=1, max_size=4), min_size=2, max_size=3), max_size=3
)


@given(_NAMES, _ROWS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_groups_part_the_names_and_do_not_depend_on_any_order(
    names: dict[str, int], rows: list[list[str]], chance: random.Random
) -> None:
    found = groups(names, rows)
    distinct = set(found.values())
    every = [name for group in distinct for name in group]
    assert sorted(every) == sorted({*names, *(alias for row in rows for alias in row)})  # each in one group, once
    assert all(found[key(name)] == group for group in distinct for name in group)
    assert all(group == tuple(sorted(group, key=lambda n: (-names.get(n, 0), n))) for group in distinct)
    assert all(len({found[key(alias)] for alias in row}) == 1 for row in rows)
    shuffled = list(names.items())
    chance.shuffle(shuffled)
    assert groups(dict(shuffled), [row[::-1] for row in rows[::-1]]) == found


@given(st.text(max_size=30))
def test_any_word_has_a_key_and_letter_case_does_not_matter(word: str) -> None:
    assert key(word.lower()) == key(word)
    assert bool(key(word)) == bool(word)


def test_letters_that_have_no_sound_are_a_key_too() -> None:
    assert key("Ь") == "ь"


def test_the_seeds_spell_some_names_in_several_ways() -> None:
    found = joined(names_in(path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))))
    assert found == {
        ("podolyak", "podoliak"), ("zelensky", "zelenskyy"), ("sergei", "sergey"),
        ("mykhailo", "mikhaylo", "mykhaïlo"),
    }  # fmt: skip


# --- an editor's aliases ---------------------------------------------------------------------------------------------


def aliases(folder: Path, text: str | bytes) -> tuple[list[tuple[str, ...]], list[str]]:
    path = folder / ALIASES_FILE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, problems = read_aliases(path)
    return found, [str(problem) for problem in problems]


def test_aliases_are_read_a_name_a_line(tmp_path: Path) -> None:
    text = '\ufeff# towns\nKyiv = ["Kiev", "Kyjiw"]\n\n"Odesa" = "Odessa"\n"Київ" = ["Kyiv"]\n'
    assert aliases(tmp_path, text) == ([("Kyiv", "Kiev", "Kyjiw"), ("Odesa", "Odessa"), ("Київ", "Kyiv")], [])


def test_without_a_file_there_are_no_aliases(tmp_path: Path) -> None:
    assert read_aliases(tmp_path / ALIASES_FILE) == ([], [])


@pytest.mark.parametrize(
    ("line", "kept", "told"),
    [
        ('Qaeda = ["Qaida", "Al-Qaeda"]', [("Qaeda", "Qaida")], "'Al-Qaeda'"),
        ('"Czech Republic" = ["Czechia"]', [], "'Czech Republic'"),
        ('Kyiv = ["Kiev", 3]', [("Kyiv", "Kiev")], "3"),
        ("Kyiv = 3", [], "3"),
        ("Kyiv = [[]]", [], "[]"),
        ('Kyiv = [""]', [], "''"),
        ('Kyiv = {a = "Kiev"}', [], "{'a': 'Kiev'}"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_the_rest_is_used(
    tmp_path: Path, line: str, kept: list[tuple[str, ...]], told: str
) -> None:
    found, problems = aliases(tmp_path, f'Odesa = "Odessa"\n\n{line}\nBryansk = ["Briansk"]\n')
    assert found == [("Odesa", "Odessa"), *kept, ("Bryansk", "Briansk")]
    assert problems == [
        f'aliases.toml:3: {told} is not one word in quotation marks, as in Kyiv = ["Kiev"]; it is left out'
    ]


def test_a_name_without_other_spellings_says_nothing(tmp_path: Path) -> None:
    assert aliases(tmp_path, "Kyiv = []\n") == ([], [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('Kyiv = ["Kiev"]\nOdesa = [,\n', "aliases.toml:2: "),
        ('Kyiv = ["Kiev"]\nKyiv = ["Kiew"]\n#\n', "aliases.toml:2: "),
        (b'Kyiv = ["\xff"]', "aliases.toml: 'utf-8' codec"),
        ("Kyiv = [", "aliases.toml: "),
        ("a = " + "[" * 100_000, "aliases.toml"),
        ("a = " + "9" * 5000, "aliases.toml"),
    ],
)
def test_a_file_that_is_no_toml_is_told_and_no_alias_is_used(tmp_path: Path, text: str | bytes, told: str) -> None:
    found, (problem,) = aliases(tmp_path, text)
    assert found == []
    assert problem.startswith(told)
    assert problem.endswith("; no alias is used")
