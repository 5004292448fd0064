"""What the lexical index holds, shown with FTS5 itself: Porter and unicode61 run over everything here."""

from __future__ import annotations

import random
import sqlite3
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import regex
from conftest import ROOT, SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from index.languages import _STEMMERS, detect, forms, indexed, words
from index.tables import TOKENIZER

if TYPE_CHECKING:
    from collections.abc import Iterable

NEWS = {
    "en": "The mayor said on Tuesday that three drones had been shot down on their way to the capital overnight.",
    "de": "Der Bundeskanzler traf am Dienstag die Ministerpräsidenten, um über die neuen Häuser zu verhandeln.",
    "fr": "Le gouvernement a annoncé mardi que les élections auraient lieu au printemps, malgré les grèves de l'été.",
    "es": "El presidente anunció el martes que las elecciones se celebrarán en primavera, a pesar de las huelgas.",
    "it": "Il presidente ha annunciato martedì che le elezioni si terranno in primavera, nonostante gli scioperi.",
    "pl": "Prezydent ogłosił we wtorek, że wybory odbędą się wiosną, mimo strajków w całym kraju i protestów w Łodzi.",
    "ru": "Президент объявил во вторник, что выборы состоятся весной, несмотря на забастовки по всей стране.",
    "uk": "Президент України оголосив у вівторок, що вибори відбудуться навесні, попри страйки по всій країні.",
    "tr": "Cumhurbaşkanı salı günü seçimlerin ilkbaharda yapılacağını açıkladı, ülkedeki grevlere rağmen.",
    "ar": "أعلن الرئيس يوم الثلاثاء أن الانتخابات ستجرى في الربيع رغم الإضرابات في جميع أنحاء البلاد.",
    "zh": "总统星期二宣布，尽管全国各地发生罢工，选举仍将在春天举行。北京市政府的发言人说，大家都很高兴。",
    "ja": "大統領は火曜日、全国でストライキが続いているにもかかわらず、選挙は春に行われると発表した。",
}


class Lexicon:
    """An index as the store makes it: texts go in through `indexed`, terms through `forms`."""

    def __init__(self, texts: Iterable[tuple[str, str | None]]) -> None:
        texts = list(texts)
        self.languages = {language for _, language in texts if language}
        self.db = sqlite3.connect(":memory:")
        self.db.execute(f"CREATE VIRTUAL TABLE held USING fts5 (words, content='', tokenize='{TOKENIZER}')")
        self.db.execute("CREATE VIRTUAL TABLE token USING fts5vocab (held, 'instance')")
        for row, (text, language) in enumerate(texts):
            self.db.execute("INSERT INTO held (rowid, words) VALUES (?, ?)", (row, indexed(text, language)))

    def tokens(self) -> list[str]:
        return [token for (token,) in self.db.execute('SELECT term FROM token ORDER BY doc, "offset"')]

    def rows(self, term: str) -> list[int]:
        match = " OR ".join('"' + form.replace('"', '""') + '"' for form in forms(term, self.languages))
        query = "SELECT rowid FROM held WHERE held MATCH ? ORDER BY rowid"
        return [row for (row,) in self.db.execute(query, (match,))]


def finds(term: str, text: str, language: str | None) -> bool:
    lexicon = Lexicon([(text, language)])
    with closing(lexicon.db):
        return lexicon.rows(term) == [0]


def tokens(text: str, language: str | None = None) -> list[str]:
    lexicon = Lexicon([(text, language)])
    with closing(lexicon.db):
        return lexicon.tokens()


def bare_tokens(text: str) -> list[str]:
    """What FTS5 makes of a text that did not go through `indexed`."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE held USING fts5 (words, tokenize='{TOKENIZER}')")
        db.execute("CREATE VIRTUAL TABLE token USING fts5vocab (held, 'instance')")
        db.execute("INSERT INTO held VALUES (?)", (text,))
        return [token for (token,) in db.execute('SELECT term FROM token ORDER BY doc, "offset"')]


# --- English --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "en-GB", None])
def test_an_english_article_is_indexed_as_it_is(path: object, language: str | None) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert tokens(text, language) == bare_tokens(text)


@given(st.text(), st.sampled_from(["en", "en-US", None]))
def test_an_english_text_stays_unless_it_holds_letters_in_other_shapes(text: str, language: str | None) -> None:
    plain = unicodedata.normalize("NFKC", text)
    unblanked = regex.search(r"(?V1)[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]", plain)
    if not unblanked:
        assert indexed(plain, language) == plain


def test_an_english_index_is_asked_for_a_term_as_it_is() -> None:
    for term in ("leader", "Straße", "diyarbakır", "l’été", "2023", "running mate", ""):
        assert forms(term, []) == forms(term, ["en"]) == forms(term, ["en-GB"]) == (term,)


def test_other_languages_in_the_index_find_no_other_english_words() -> None:
    lexicon = Lexicon([("Leaders of the south.", "en"), ("They lead again.", "en"), *((NEWS[c], c) for c in NEWS)])
    assert lexicon.rows("leader") == [0]
    assert lexicon.rows("against") == []
    assert lexicon.rows("southern") == []
    lexicon.db.close()


@pytest.mark.parametrize("text", ["Apple™ said", "2½ hours", "90 m²", "5㎞", "№ 5"])
def test_signs_and_fractions_do_not_become_letters_and_digits(text: str) -> None:
    assert indexed(text, "en") == text


# --- variants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "term", "text"),
    [
        ("de", "Regierung", "Die Regierungen verhandelten."),
        ("de", "haus", "In den Häusern brannte Licht."),
        ("de", "Präsidenten", "Der Präsident sprach."),
        ("de", "prasident", "Die Präsidenten sprachen."),
        ("de", "STRASSE", "Auf den Straßen"),
        ("de", "straße", "Auf der Strasse"),
        ("de-CH", "Mueller", "Müllers Rede"),
        ("fr", "gouvernement", "Les gouvernements"),
        ("fr", "election", "Les élections"),
        ("fr", "attaquer", "Les attaques"),
        ("fr", "oeuvre", "Ses œuvres"),
        ("fr", "Ukraine", "l’Ukraine"),
        ("es", "elección", "Las elecciones"),
        ("es", "eleccion", "La elección"),
        ("es", "atacó", "Atacaron la ciudad"),
        ("ru", "президент", "с президентом"),
        ("ru", "атака", "АТАКИ"),
        ("ru", "хрущева", "о Хрущёве"),
        ("ru", "замок", "за́мок"),
        ("ru", "президент", "президента́ми"),
        ("ru", "Андрей", "Андреи\u0306"),
        ("ar", "الحكومة", "حكومة"),
        ("ar", "حكومة", "الحكومات"),
        ("ar", "محمد", "مُحَمَّد"),
        ("tr", "hükümet", "hükümetler"),
        ("tr", "ev", "evlerde"),
        ("tr", "İstanbul", "istanbul'da"),
        ("tr", "istanbul", "İSTANBUL'DA"),
        ("tr", "ırak", "IRAK'TA"),
        ("tr", "irak", "Irak'ta"),
        ("tr", "isik", "IŞIK"),
        ("tr", "kırık", "KIRIKLARI"),
        ("pl", "lodz", "w Łódź"),
        ("pl", "wybory", "wyborów"),
        ("da", "Kobenhavn", "København"),
        ("el", "εκλογές", "ΕΚΛΟΓΩΝ"),
        ("hi", "भाषा", "भाषाओं"),
        ("sr", "Beograd", "Београду"),
        ("hr", "strasse", "Straße"),
        ("uk", "україна", "УКРАЇНА"),
        ("uk", "Київ", "Киі\u0308в"),
        ("zh", "北京", "他在北京市说"),
        ("zh", "2023年", "他在２０２３年说"),
        ("ja", "東京", "東京都知事は"),
        ("ja", "アメリカ", "は、ｱﾒﾘｶへ"),
        ("th", "เทศ", "ประเทศไทย"),
        ("en", "東京", "He said 東京都 in Tokyo"),
        (None, "office", "the oﬃce"),
        ("en", "nato", "ＮＡＴＯ"),
    ],
)  # fmt: skip
def test_variants_of_a_word_find_each_other(language: str | None, term: str, text: str) -> None:
    assert finds(term, text, language)


@pytest.mark.parametrize(
    ("language", "term", "text"),
    [
        ("uk", "Україна", "уряд України"),  # no Snowball stemmer
        ("zh", "京北", "他在北京市说"),
        ("zh", "北京", "北方的京都"),
        ("de", "Haus", "Das Hausboot"),
        ("de", "Rat", "Die Ratte"),
        ("ru", "мир", "Владимир"),
    ],
)
def test_other_words_do_not(language: str, term: str, text: str) -> None:
    assert not finds(term, text, language)


_LETTERS = st.sampled_from("abzABZ09 .,'’-éßüıİIłøœаЯйёїґαΩςابةهءשלहिनत्ไทยกํา東京市アｱーかабвéيﬁＡ½™\u0301\u064e")
_TEXTS = st.text(_LETTERS, max_size=40)


@given(_TEXTS, st.sampled_from([*sorted(_STEMMERS), "uk", "zh", "ja", "th", "en", "xx", None]))
@settings(deadline=None)
def test_a_text_is_found_by_each_of_its_words(text: str, language: str | None) -> None:
    lexicon = Lexicon([(text, language)])
    with closing(lexicon.db):
        assert [word for word in words(text) if lexicon.rows(word) != [0]] == []


@given(_TEXTS, st.sampled_from(["de", "ru", "tr", "zh", "hi", None]))
@settings(deadline=None)
def test_a_run_of_words_is_found_as_a_phrase(text: str, language: str | None) -> None:
    if list(words(text)):
        assert finds(text, f"Before {text} after", language)


def test_forms_are_told_once_and_in_an_order_that_does_not_depend_on_the_languages() -> None:
    assert forms("Merkel", {"fr", "de"}) == forms("Merkel", ["de", "fr", "fr"]) == ("Merkel", "merkel\ue000")
    assert forms("Häusern", ["de", "fr", "fi"]) == forms("Häusern", ["fi", "fr", "de"])
    assert len(forms("Häusern", ["de", "fr", "fi"])) == 4
    assert forms("東京", ["ja", "zh"]) == ("東 京",)
    assert len(forms("Regierungen", _STEMMERS)) == len(set(forms("Regierungen", _STEMMERS)))


def test_every_stemmer_is_there() -> None:
    import snowballstemmer

    assert set(_STEMMERS.values()) <= set(snowballstemmer.algorithms())


def test_several_threads_make_the_stems_that_one_makes() -> None:
    chance = random.Random(3)
    texts = [
        (" ".join("".join(chance.choices("aeioubdgklmnrst", k=9)) for _ in range(30)), language)
        for language in ("de", "fr", "fi", "tr") * 40
    ]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda given_: indexed(*given_), texts))
    assert found == [indexed(*given_) for given_ in texts]
    from index.languages import _stem

    _stem.cache_clear()
    assert found == [indexed(*given_) for given_ in texts]


# --- words of a question --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is Moscow’s mayor, and why?", ["Who", "is", "Moscow", "s", "mayor", "and", "why"]),
        ("東京の市長は誰", ["東京", "京の", "の市", "市長", "長は", "は誰"]),
        ("2023年のG20", ["2023", "年の", "G20"]),
        ("2023年", ["2023", "年"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("กำ", ["กำ"]),
        ("?!", []),
    ],
)
def test_words_of_a_question(question: str, expected: list[str]) -> None:
    assert list(words(question)) == expected


def test_english_questions_have_the_words_that_they_had() -> None:
    from index.features import _WORD

    for line in (ROOT / "tests" / "seed_questions.jsonl").read_text(encoding="utf-8").splitlines():
        assert list(words(line)) == _WORD.findall(line)


# --- which language -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", NEWS)
def test_the_language_of_news_is_told(language: str) -> None:
    assert detect(NEWS[language]) == language
    assert detect(NEWS[language] * 200) == language


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem)
def test_the_seeds_are_english(path: object) -> None:
    assert detect(path.read_text(encoding="utf-8")) == "en"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["", "   \n", "Moskau", "?" * 300, "1234 5678 " * 30, "🇺🇦 " * 100, "\ud800" * 60, "a1b2c3d4e5f6 " * 20]
)
def test_where_nothing_tells_the_language_it_is_unknown(text: str) -> None:
    assert detect(text) is None


@given(st.text(max_size=300))
@settings(deadline=None)
def test_a_language_is_two_letters_or_none_and_told_the_same_again(text: str) -> None:
    found = detect(text)
    assert found is None or (len(found) == 2 and found.isalpha())
    assert detect(text) == found
