from __future__ import annotations

import hashlib
import io
from datetime import date

import pytest
from conftest import SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.decoding import as_shown, decode, language_code, storable
from index.readers.drafts import MAX_ARTICLE_BYTES, Draft, UnreadableError
from index.readers.text import read

RUSSIAN = (
    "Премьер-министр заявил в среду, что правительство не намерено пересматривать бюджет до конца года. По его словам, "
    "решение о повышении налогов будет принято только после консультаций с регионами. Журналисты спросили о сроках."
)
UKRAINIAN = (
    "Президент України заявив у середу, що уряд не планує переглядати бюджет до кінця року. За його словами, рішення "
    "про підвищення податків буде ухвалено лише після консультацій із регіонами. Її не буде змінено."
)
POLISH = (
    "Premier oświadczył w środę, że rząd nie zamierza zmieniać budżetu przed końcem roku. Jego zdaniem decyzja o "
    "podwyżce podatków zapadnie dopiero po konsultacjach z samorządami. „Nie będziemy się śpieszyć” – powiedział."
)
CZECH = (
    "Premiér ve středu prohlásil, že vláda nehodlá do konce roku měnit rozpočet. Podle jeho slov padne rozhodnutí o "
    "zvýšení daní až po poradě s kraji. Odborníci soudí, že výrok souvisí s růstem cen potravin."
)
HUNGARIAN = (
    "A miniszterelnök szerdán kijelentette, hogy a kormány az év végéig nem kívánja módosítani a költségvetést. Szavai "
    "szerint az adóemelésről csak a megyékkel folytatott egyeztetés után döntenek, az őszi időszakban."
)
TURKISH = (
    "Başbakan çarşamba günü yaptığı açıklamada hükümetin bütçeyi yıl sonundan önce değiştirmeyi düşünmediğini söyledi. "
    "Ona göre vergilerin artırılması kararı ancak bölgelerle görüşüldükten sonra alınacak."
)
GREEK = "Ο πρωθυπουργός δήλωσε την Τετάρτη ότι η κυβέρνηση δεν σκοπεύει να αλλάξει τον προϋπολογισμό πριν από το έτος."
HEBREW = "ראש הממשלה אמר ביום רביעי כי הממשלה אינה מתכוונת לשנות את התקציב לפני סוף השנה. לדבריו, ההחלטה תתקבל."
ARABIC = "قال رئيس الوزراء يوم الأربعاء إن الحكومة لا تعتزم تعديل الميزانية قبل نهاية العام. وأضاف أن القرار لن يتخذ."
JAPANESE = (
    "首相は水曜日、政府は年末まで予算を見直すつもりはないと述べた。増税の決定は地方自治体との協議の後に行われるという。"
)
CHINESE = "总理星期三表示，政府在年底之前不打算修改预算。他说，只有在与各地区协商之后才会作出增税的决定。"
TAIWANESE = "總理星期三表示，政府在年底之前不打算修改預算。他說，只有在與各地區協商之後才會作出增稅的決定。"
KOREAN = "총리는 수요일 정부가 연말까지 예산을 수정할 계획이 없다고 말했다. 그는 결정은 협의 뒤에 내려진다고 했다."


def draft(raw: bytes) -> Draft:
    (article,) = read(io.BytesIO(raw))
    assert isinstance(article, Draft)
    return article


def test_every_seed_is_stored_byte_for_byte() -> None:
    seeds = sorted(SEEDS.glob("*.txt"))
    assert len(seeds) == 5
    for seed in seeds:
        raw = seed.read_bytes()
        article = draft(raw)
        assert hashlib.sha256(article.text.encode()).digest() == hashlib.sha256(raw).digest()
        assert article.notes == ()


def test_a_date_header_is_a_field_of_the_card_and_no_prose() -> None:
    article = draft(b" Date: 2023-05-04\n\nShells fell.")
    assert article.card == {"published": date(2023, 5, 4)}
    assert article.text[article.body_start :] == "Shells fell."


def test_a_date_that_does_not_exist_is_noted_and_no_field() -> None:
    article = draft(b"date 2023-02-30 Shells fell.")
    assert (article.card, article.body_start) == ({}, len("date 2023-02-30 "))
    assert article.notes == ("its date 2023-02-30 does not exist; the article is shown without a date",)


@pytest.mark.parametrize(
    ("words", "encoding", "name"),
    [
        (RUSSIAN, "cp1251", "Windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (RUSSIAN, "iso8859-5", "ISO 8859-5"),
        (RUSSIAN, "cp866", "DOS Cyrillic (866)"),
        (UKRAINIAN, "cp1251", "Windows-1251"),
        (UKRAINIAN, "koi8-u", "KOI8-U"),
        (POLISH, "cp1250", "Windows-1250"),
        (POLISH.replace("„", '"').replace("”", '"').replace("–", "-"), "iso8859-2", "ISO 8859-2"),
        (CZECH, "cp1250", "Windows-1250"),
        (HUNGARIAN, "cp1250", "Windows-1250"),
        (TURKISH, "cp1254", "Windows-1254"),
        (GREEK, "cp1253", "Windows-1253"),
        (HEBREW, "cp1255", "Windows-1255"),
        (ARABIC, "cp1256", "Windows-1256"),
        (JAPANESE, "shift_jis", "Shift-JIS"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (CHINESE, "gb18030", "GB 18030"),
        (TAIWANESE, "big5", "Big5"),
        (KOREAN, "euc_kr", "EUC-KR (949)"),
    ],
)
def test_an_article_in_an_old_encoding_is_read_and_the_note_names_it(words: str, encoding: str, name: str) -> None:
    article = draft(words.encode(encoding))
    assert article.text == words
    assert article.notes == (f"it is not UTF-8; read as {name}",)


@pytest.mark.parametrize(
    "words",
    [
        "Café “quoted” – €",
        "Le Premier ministre a déclaré mercredi que l’été s’achève à Besançon. « Où êtes-vous ? », a-t-il répété.",
        "Über höhere Steuern werde erst später entschieden, „wir überstürzen nichts“, hieß es überall in Österreich.",
        "El señor Ibáñez señaló mañana que la decisión se tomará después; «así será», añadió según él en León.",
        "Statsministern sade på onsdagen att regeringen inte tänker ändra budgeten före årets slut, för åttonde året.",
        "Primeira-ministra não aceitará a decisão; a votação será às três, após negociações com a oposição, é certo.",
        "It’s “over,” he said – and didn’t wait. “We’ll see,” she said. “That’s all there’s to say.”",
        "naïve",
    ],
)
def test_western_text_is_windows_1252_however_short(words: str) -> None:
    article = draft(words.encode("cp1252"))
    assert article.text == words
    assert article.notes == ("it is not UTF-8; read as Latin-1 (Windows-1252)",)


def test_bytes_that_are_no_language_are_still_latin_1() -> None:
    raw = b"x\xff\xfe\xfd\x81 " * 20
    assert decode(raw) == (raw.decode("latin-1"), ("it is not UTF-8; read as Latin-1",))


def test_few_foreign_bytes_are_no_ground_for_a_guess() -> None:
    assert decode("Ж is a letter.".encode("cp1251"))[1] == ("it is not UTF-8; read as Latin-1 (Windows-1252)",)


def test_utf_8_is_never_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charset_normalizer.from_bytes", None)
    assert decode((RUSSIAN + JAPANESE).encode()) == (RUSSIAN + JAPANESE, ())


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_bytes_are_text_or_are_refused_with_a_sentence(raw: bytes) -> None:
    try:
        article = draft(raw)
    except UnreadableError:
        return
    assert article.text.strip()
    assert "\r" not in article.text


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is empty"),
        (b"\xef\xbb\xbf\n", "it is empty"),
        (b"\xfe\xff", "it is empty"),
        (b" \r\n\t", "it is empty"),
        (b"dated 2023-05-04", "it holds a date and no text"),
        (b"words\0", "it holds NUL bytes, so it is not a text file"),
        (b"PK\x03\x04\0\0word/document.xml", "it holds NUL bytes, so it is not a text file"),
        ("words".encode("utf-16-le"), "it holds NUL bytes, so it is not a text file"),
        (b"\xff\xfea\0\0\0", "it holds NUL characters, so it is not a text file"),
        (b"\xff\xfea", "its byte order mark says UTF-16, but it is not"),
        (b"\xfe\xff\xd8\0\0a", "its byte order mark says UTF-16, but it is not"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        draft(raw)
    assert str(refusal.value) == reason


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_refused() -> None:
    assert len(draft(b"x" * MAX_ARTICLE_BYTES).text) == MAX_ARTICLE_BYTES
    with pytest.raises(UnreadableError, match=r"^it is larger than 20 MiB, too large for one article$"):
        draft(b"x" * (MAX_ARTICLE_BYTES + 1))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("  a \t\f b\r ", "a b"),
        ("a \n\n b", "a\nb"),
        ("soft\xadhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("no\xa0break stays", "no\xa0break stays"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),  # joiners are part of the word
        (" \n\xa0\n ", ""),
    ],
)
def test_markup_is_shown_as_a_browser_shows_it(words: str, shown: str) -> None:
    assert as_shown(words) == shown


@pytest.mark.parametrize(("code", "written"), [("en_US", "en-US"), ("EN-us ", "en-us"), ("de", "de"), ("", "")])
def test_language_codes_are_written_one_way(code: str, written: str) -> None:
    assert language_code(code) == written


def test_only_what_cannot_be_stored_is_left_out_and_what_ends_a_line_still_does() -> None:
    assert storable("a\0\x07\x7f\ud800\uffff\x81b\t\n\xa0\u200dé🚀\ue000") == "ab\t\n\xa0\u200dé🚀\ue000"
    assert storable("a\rb\r\nc\fd\ve") == "a\nb\nc\nd\ne"
    assert storable("don\x92t go\x85") == "don’t go…"
