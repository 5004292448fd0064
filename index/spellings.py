"""Names that are spelled differently: which words of a corpus are one name, and what an editor says of it.

Two spellings are one name if their keys are equal: what is left of them in plain letters when the ways of romanising
Cyrillic, Arabic and German letters are undone. A long name may also differ in a vowel or in two swapped letters, where
one spelling is rare beside the other. Nothing else joins: Iran and Iraq, or Macron and Micron, stay apart. Scripts
without capital letters do not show their names, so that only an editor's aliases join these.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from anyascii import anyascii
from rapidfuzz.distance import OSA

from index.readers.drafts import Problem, line_finder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

ALIASES_FILE = "aliases.toml"

# A spelling that is this many times rarer than one near to it is taken for a variant or a slip.
_RARER = 10
# From this many letters on, two swapped ones or another vowel hardly make another name.
_SWAP_LETTERS = 7
_VOWEL_LETTERS = 9

_WORD = re.compile(r"[^\W\d_]+")
_ALIAS = re.compile(r"[^\W_]+")
_VOWELS = re.compile(r"[aeiouy]")
# What is undone, in this order, each in words of so many letters that hardly another name is meant: Meghan and Megan,
# Lyons and Lions, Sydney and Sidney are two.
_FOLDS = tuple(
    (re.compile(pattern), plain, least)
    for pattern, plain, least in (
        (r"(?<![aeiou])(?<![gq](?=u))([aou])e(?!l?$|v)", r"\1", 6),  # Mueller: Muller, as Müller is by now
        (r"ss", "s", 6),  # Odessa: Odesa
        (r"([^aeo])\1+", r"\1", 7),  # Mohammed: Mohamed
        (r"aa", "a", 8),  # Saakashvili: Sakashvili
        (r"ou(?=[dhm]|$)", "u", 6),  # Mahmoud: Mahmud
        (r"^tch", "ch", 6),  # Tchaikovsky: Chaikovsky
        (r"shch", "sch", 6),  # Khrushchev: Khruschev
        (r"(?<=[cs]h)ov$", "ev", 6),  # Gorbachov: Gorbachev
        (r"(?<=[eo])ff?$", "v", 6),  # Romanoff: Romanov
        (r"enka$", "enko", 8),  # Lukashenka: Lukashenko
        (r"dj", "j", 6),  # Tadjikistan: Tajikistan
        (r"(?<=i)j|j(?![aeiou])|(?<=[b-df-hk-np-tv-z])j", "i", 6),  # Sergej, Podoljak, Natalija
        (r"(?<=d)h", "", 6),  # Gadhafi: Gadafi
        (r"(?<=g)h", "", 7),  # Ghaddafi: Gaddafi
        (r"^ye", "e", 6),  # Yekaterinburg: Ekaterinburg
        (r"y(?=[aeiou])|(?<=[aeiou])y|y$", "i", 6),  # Shoygu, Podolyak, Zelensky
        (r"ii+", "i", 6),  # Zelenskyy, Zelenskiy: Zelenski
        (r"y", "i", 7),  # Tymoshenko: Timoshenko
        (r"(?<=[aeou])ie", "e", 6),  # Tokayev: Tokaev
        (r"(?<=vi)ch$", "c", 7),  # Ibrahimovich: Ibrahimović
        (r"zh", "j", 6),  # Prigozhin: Prigojin
        (r"kh", "h", 6),  # Kherson: Herson
        (r"(?<=[aeiourlv])h(?=[aeiou])", "g", 6),  # Luhansk: Lugansk
        (r"ts", "c", 6),  # Nemtsov: Nemcov
        (r"ks(?=[aeiou])", "x", 6),  # Aleksander: Alexander
        (r"w", "v", 6),  # Nawalny: Navalny
        (r"q", "k", 6),  # Moqtada: Moktada
    )
)


def names_in(texts: Iterable[str]) -> dict[str, int]:
    """The names in a corpus, in small letters and without possessive endings, and how often each stands there.

    A name is a word that stands with a capital letter more often than without one, wherever in a sentence. A word all
    in capitals tells nothing.
    """
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(_WORD.findall(text))
    names: Counter[str] = Counter()
    for word, count in seen.items():
        if word[0].isupper() and not word.isupper():
            names[word.lower()] += count
    return {name: count for name, count in sorted(names.items()) if count > seen[name]}


def groups(names: Mapping[str, int], aliases: Iterable[Sequence[str]] = ()) -> dict[str, tuple[str, ...]]:
    """The names of a corpus by their keys: each key has all spellings of its name, the most frequent first.

    `names` says how often each spelling stands in the corpus. Aliases, single words each, join whatever their keys are.
    """
    by_key: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        by_key[key(name)].add(name)
    for rare, frequent in list(_slips(by_key, names)):
        _join(by_key, rare, frequent)
    for row in aliases:
        for alias in row:
            by_key[key(alias)].add(alias.lower())
        _join(by_key, *map(key, row))
    return {joined: tuple(sorted(found, key=lambda n: (-names.get(n, 0), n))) for joined, found in by_key.items()}


def variants(name: str, groups: Mapping[str, tuple[str, ...]], *, known: bool) -> tuple[str, ...]:
    """The other spellings of a question's word, in small letters; `groups` are those of the corpus.

    A word that is `known`, since it stands in the index, is a name only if it is one of the corpus in this very
    spelling. One that is not may be any name that it is near to, unless there are two.
    """
    name = name.lower()
    if not _ALIAS.fullmatch(name):
        return ()
    found = groups.get(key(name), ())
    if known and name not in found:
        return ()
    if not found:
        near = {group for group in groups.values() if any(_near(name, spelling) for spelling in group)}
        found = near.pop() if len(near) == 1 else ()
    return tuple(spelling for spelling in found if spelling != name)


def key(name: str) -> str:
    """What all spellings of a name have in common; a word with a digit, or without letter case, is its own key."""
    name = name.lower()
    if name == name.upper() or any(map(str.isdigit, name)):
        return name
    letters = "".join(_WORD.findall(anyascii(name.replace("đ", "dj")))).lower()
    for pattern, plain, least in _FOLDS:
        if len(letters) >= least:
            letters = pattern.sub(plain, letters)
    return letters or name


def read_aliases(path: Path) -> tuple[list[tuple[str, ...]], list[Problem]]:
    """An editor's own aliases, a name a line as in `Kyiv = ["Kiev", "Kyjiw"]`, and what was wrong with the rest."""
    if not path.exists():
        return [], []
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as exc:  # a ValueError: not UTF-8, not TOML, or a number too long
        line = re.search(r"at line (\d+)", str(exc))
        return [], [Problem(path.name, f"{exc}; no alias is used", int(line[1]) if line else None)]
    locate = line_finder(text)
    aliases, problems = [], []
    for name, others in table.items():
        row = []
        for spelling in (name, *(others if isinstance(others, list) else (others,))):
            if isinstance(spelling, str) and _ALIAS.fullmatch(spelling):
                row.append(spelling)
            else:
                reason = f'{spelling!r} is not one word in quotation marks, as in Kyiv = ["Kiev"]; it is left out'
                problems.append(Problem(path.name, reason, locate(name)))
        if len(row) > 1:
            aliases.append(tuple(row))
    return aliases, problems


def _slips(by_key: Mapping[str, set[str]], names: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Keys of rare spellings, each with that of the one frequent spelling that it is near to; none is in two pairs."""
    count = {one: sum(names[name] for name in found) for one, found in by_key.items()}
    heads: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in sorted(by_key, key=lambda one: (-count[one], one)):
        name = min(by_key[one], key=lambda name: (-names[name], name))
        # Two that are near have the same letters in another order, or the same consonants.
        alike = ("".join(sorted(name)), _VOWELS.sub("", name))
        candidates = {head for letters in alike for head in heads[letters] if _near(name, head[0])}
        frequent = [other for _, other in candidates if count[other] >= _RARER * count[one]]
        if len(frequent) == 1:
            yield one, frequent[0]
        else:
            for letters in alike:
                heads[letters].append((name, one))


def _join(by_key: dict[str, set[str]], *keys: str) -> None:
    """Make one name of those with these keys."""
    joined = set[str]().union(*(by_key[one] for one in keys))
    for name in joined:
        by_key[key(name)] = joined


def _near(one: str, other: str) -> bool:
    """Whether only a vowel, or the order of two neighbouring letters, parts two long names that begin and end alike."""
    if one[0] != other[0] or one[-1] != other[-1] or OSA.distance(one, other) != 1:
        return False
    least = min(len(one), len(other))
    if sorted(one) == sorted(other):
        return least >= _SWAP_LETTERS
    return least >= _VOWEL_LETTERS and one[-2] == other[-2] and _VOWELS.sub("", one) == _VOWELS.sub("", other)
