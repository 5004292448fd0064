"""Words of any language for the lexical index, which by itself knows English: FTS5 stems with Porter.

`indexed` goes over every text before FTS5 does, `forms` over every term that is asked for. English texts stay as they
are. Languages without a Snowball stemmer (Ukrainian, Bulgarian, Croatian, Hebrew, …) are folded and not stemmed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import regex
import snowballstemmer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from py3langid.langid import LanguageIdentifier

# A text's first characters tell its language.
_READ_CHARS = 1000
# None of the 3313 English articles of the public sets is taken for another language, and 3 of their 25 000 sentences.
_SURE = 0.9

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# Ends every stem, so that Porter leaves it alone and a German stem ("lead" of Leader) is no English word. FTS5 takes
# characters for private use as letters, and news holds none.
_STEM = "\ue000"
_TURKISH = str.maketrans("Iİ", "ıi")
# Letters that FTS5 does not take for accented ones, and people without them on the keyboard do.
_BARE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})
_UNBLANKED = r"[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&\p{L}]"
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")
_SHAPED = regex.compile(r"[\p{L}\p{Nd}\p{M}]+")
_RUN = regex.compile(rf"(?V1)(?:{_UNBLANKED}\p{{M}}*)+|(?:(?!{_UNBLANKED})[\p{{L}}\p{{N}}]\p{{M}}*)+")
_CHARACTER = regex.compile(rf"(?V1){_UNBLANKED}\p{{M}}*")
_BETWEEN = regex.compile(
    rf"(?V1)(?<=[\p{{L}}\p{{N}}\p{{M}}])(?={_UNBLANKED})|(?<={_UNBLANKED}\p{{M}}*)(?=[\p{{L}}\p{{N}}])"
)
_ACCENT = re.compile(r"[\u0300-\u036f]")


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the language that a text is in; None where it is too short or unsure.

    Only the first 1000 characters are read. The first call loads a model of 100 MB, which takes a second or two.
    """
    code, probability = _identifier().classify(text[:_READ_CHARS])
    return code if probability >= _SURE and len(code) == 2 else None


def base(language: str | None) -> str:
    """The language of a code such as "de" or "pt-BR", without its region; None counts as English."""
    return (language or "en").partition("-")[0]


def indexed(text: str, language: str | None) -> str:
    """What the lexical index holds of a text in this language (a code such as "de" or "pt-BR"); None counts as English.

    Letters in other shapes (full width, ligatures) are the plain ones; characters of scripts without blanks are parted.
    Beyond English, letter case and accents are folded as Unicode and Turkish want it, and words cut to their stems.
    """
    code = base(language)
    text = _plain(text)
    if code != "en":
        text = _small(text, code)
        if algorithm := _STEMMERS.get(code):
            text = _WORD.sub(lambda word: _stem(word.group(), algorithm), text)
        text = text.translate(_BARE)
    return text


def forms(term: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Under which words a term may stand in an index of English and of these languages: first itself, each once.

    A term of scripts without blanks becomes a phrase of its characters.
    """
    return tuple(dict.fromkeys(indexed(term, language) for language in ("en", *sorted(languages))))


def words(text: str) -> Iterator[str]:
    """The words of a question, as it writes them; where a script has no blanks, each two neighbouring characters."""
    for word in _WORD.findall(text):
        for run in _RUN.findall(word):
            characters = _CHARACTER.findall(run)
            yield from map("".join, pairwise(characters)) if len(characters) > 1 else (run,)


def _plain(text: str) -> str:
    """The text with letters and digits in their plain shapes, and blanks where a script has none.

    Signs and fractions stay as they are, since ™ would become letters, and 2½ begin with 21.
    """
    if not unicodedata.is_normalized("NFKC", text):
        text = _SHAPED.sub(lambda word: unicodedata.normalize("NFKC", word.group()), text)
    return _BETWEEN.sub(" ", text) if _CHARACTER.search(text) else text


def _small(text: str, code: str) -> str:
    """The text in small letters, ß as ss; accents that are characters of their own are left out."""
    if code == "tr":
        text = text.translate(_TURKISH)
    return _ACCENT.sub("", text.casefold())


@lru_cache(maxsize=2**18)
def _stem(word: str, algorithm: str) -> str:
    # A stemmer keeps the word that it is at, so that each call takes a new one: threads share nothing.
    stem: str = snowballstemmer.stemmer(algorithm).stemWord(word)
    return stem + _STEM


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  # slow to load, and only builds need it

    # With norm_probs scores are probabilities.
    identifier: LanguageIdentifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Without dialects, which would share the probability of Arabic, Chinese or English; zxx is what is no language.
    identifier.set_languages([code for code in identifier.labels if len(code) == 2 or code == "zxx"])
    return identifier
