"""Copies: the same story in several articles, and the same words in two places.

A copied story keeps most of its runs of words, whatever was cut off its end, put before it or edited in it; two
outlets' own reports on one event share few. So articles are compared by their runs of words: MinHash signatures
(datasketch) say which are worth reading, and the words themselves decide.

Of words in two places the reader is told that both articles have them. So only differences that are known to change
nothing are let pass. Anything else makes them different, and so no number, name or negation slips through, in any
language. Where few words differ they are nearly the same, and those words are what the reader is told.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from bisect import bisect_left
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from index.passages import paragraphs, sentences
from index.tokens import Change, Segment, aligned, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from index.tokens import Tokens

# Signatures are stored: a change of these, or of how words are read, asks for all of them to be made anew.
# Words in a run, and below how many words a text is one run, so that only the very same words are its copy.
RUN = 3
SHORT = 30
# Values of four bytes in a signature.
PERMUTATIONS = 128

# Values of which one group in common makes a candidate: so 64 groups of 2 find a copy that shares a fifth of all the
# runs of both with a probability of 0.93, and one that shares a third with 0.999.
BAND = 2
# A copy has at least this share of its runs in common with the longest of its group, and of that one's number of runs;
# with the others, this share: two copies that were edited apart are less alike, but no unlike articles are that much.
SAME = 0.5
SHORTEST = 0.2
ALIKE = 0.25
# Texts are read where signatures estimate at least this share in common; they err by a tenth or two.
WORTH_READING = 0.3
# Signatures that have this share of their values in common are one family.
NEARLY = 0.9
# An article is held against the longest of a group up to this many, lest a large group cost the square of its size.
WORDINGS = 16
# Words are nearly the same if at most this share of them differs, in so many places; and so many must be the same.
DIFFERING = 0.2
DIFFERENCES = 4
IN_COMMON = 9
# Runs of a long text that are permuted at a time, for the sake of memory.
_BATCH = 4096

# What an editor changes without changing what is said: words left out, small numbers, usage, British spelling.
_LEFT_OUT = frozenset({"the", "that", "also"})
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_USUAL = {word: str(number) for number, word in enumerate(_SMALL, start=1)} | {
    "%": "percent",
    "says": "said",
    "stated": "said",
    "towards": "toward",
    "amongst": "among",
    "whilst": "while",
    **dict.fromkeys(("around", "approximately", "roughly"), "about"),
}
_SPELLING = (("ll", "l"), ("mme", "m"), ("z", "s"), ("our", "or"), ("enc", "ens"), ("tre", "ter"))
# "MOSCOW (Agency) - ", "Moscow: ", "(Moscow) ": what may stand before a sentence, and how long it may be.
_AFTER_DATELINE = re.compile(r"[-–—:)]\s+")
_DATELINE_CHARS = 60


def signature(text: str) -> bytes:
    """A text's MinHash: 128 values of its runs of three words, as little-endian 32 bit numbers, always the same.

    Made by datasketch 2 (scheme affine32, seed 1) from CRC-32s of the runs. Letter case, punctuation, quotation marks
    and white space do not matter. A text of fewer than `SHORT` words is one run; one without words gives no bytes.
    Takes time and, beyond the text's words, little memory in proportion to the text.
    """
    from datasketch import MinHash  # noqa: PLC0415 - a second to load, and only a build needs it

    runs = _runs(text).tolist()
    made = MinHash(num_perm=PERMUTATIONS, seed=1, hashfunc=int, scheme="affine32")
    for start in range(0, len(runs), _BATCH):
        made.update_batch(runs[start : start + _BATCH])
    return bytes(made.hashvalues.astype("<u4")) if runs else b""


def groups(articles: Mapping[str, bytes], texts: Callable[[str], str]) -> list[tuple[str, ...]]:
    """The ids of articles that carry the same story, each group and all groups sorted, whatever order they come in.

    `articles` are signatures by id, and `texts` gives an article's text; it is asked only for candidates, once each.
    An article is in one group at most, and was held against each longer one there on the words, up to `WORDINGS` of
    them: nothing is in a group for the sake of a third. Time and memory are in proportion to the articles, apart from
    articles that share a little without being copies, such as a footer of their outlet: of those, signatures are
    compared in pairs. Raises ValueError for bytes that are no signature.
    """
    signatures = {signed for signed in articles.values() if signed}
    if {len(signed) for signed in signatures} - {4 * PERMUTATIONS}:
        raise ValueError(f"a signature has {4 * PERMUTATIONS} bytes; others were made by another version")
    family, near = _families(sorted(signatures))
    members: dict[int, list[str]] = defaultdict(list)
    for article, signed in articles.items():
        if signed:
            members[family[signed]].append(article)
    of = {a: number for number, ids in members.items() if len(ids) > 1 or near[number] for a in ids}
    runs = {article: _runs(texts(article)) for article in of}
    found: list[list[str]] = []
    homes: dict[int, set[int]] = defaultdict(set)
    # The longest first: a trimmed copy finds the whole story there.
    for article in sorted(runs, key=lambda article: (-runs[article].size, article)):
        options = homes[of[article]].union(*(homes[other] for other in near[of[article]]))
        fits = [(_fit(runs[article], [runs[member] for member in found[n][:WORDINGS]]), -n) for n in options]
        share, home = max(fits, default=(0.0, 0))
        if share:
            found[-home].append(article)
        else:
            home = -len(found)
            found.append([article])
        homes[of[article]].add(-home)
    return sorted(tuple(sorted(group)) for group in found if len(group) > 1)


def same_words(one: str, other: str) -> bool:
    """Whether two excerpts say the same in the same words, or nearly: nothing differs but what changes nothing.

    That is typography, punctuation and letter case, "the", "that" and "also", numbers up to twelve spelled or not, and
    a few words' usage and spelling ("percent", "towards", "colour"). Texts of which nothing else is left never are.
    """
    first, second = _telling(tokens(one)), _telling(tokens(other))
    return bool(first) and _same(first, second)


def gist(words: str) -> str:
    """What excerpts have in common that are the `same_words`, for looking up those that may be."""
    return _lines(_telling(tokens(words)))


class Found(NamedTuple):
    """Whole sentences of a text, `text[start:end]`, and each difference from the words that were looked for.

    Without any they are the `same_words`. The `quoted` of a difference stands in the words, its `printed` in the text.
    """

    start: int
    end: int
    differing: tuple[Segment, ...] = ()


def place_of(words: str, text: str) -> Found | None:
    """Where in a text whole sentences stand that are the same words, the first such; else nearly the same; or None.

    A sentence that goes on, or begins earlier, is another one ("Nobody believes that …"); only a dateline may precede.
    Nearly the same are those where fewest words differ: at most a share of `DIFFERING`, in `DIFFERENCES` places.
    Takes time in proportion to the text, and to the square of how many sentences a paragraph has.
    """
    said, read = tokens(words), tokens(text)
    wanted, there = _telling(said), _telling(read)
    if not wanted:
        return None
    hits, about = list(_hits(wanted, there)), _about(wanted, there)
    if not hits and about is None:
        return None
    begins, ends = _sentence_bounds(text, [read.spans[word.token][0] for word in there])
    for number in hits:
        after = number + len(wanted)
        if number in begins and after in ends and _same(wanted, there[number:after]):
            return Found(begins[number], ends[after])
    if about is None or (near := _nearest(wanted, there, about, begins, ends)) is None:
        return None
    differing = tuple(_differing(said, wanted, read, there[near.start : near.stop]))
    return Found(begins[near.start], ends[near.stop], differing) if 0 < len(differing) <= DIFFERENCES else None


# --- articles --------------------------------------------------------------------------------------------------------


def _runs(text: str) -> NDArray[np.uint32]:
    """The runs of words in a text, each once, as sorted hashes."""
    words = [key.casefold() for key in tokens(text).keys if key[0].isalnum()]
    length = RUN if len(words) >= SHORT else max(1, len(words))
    starts = range(len(words) - length + 1)
    return np.unique(
        np.array([zlib.crc32(" ".join(words[at : at + length]).encode()) for at in starts], dtype=np.uint32)
    )


def _share(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """How much of the shorter article is in the other; none if it is no more than an extract."""
    less, more = sorted((one.size, other.size))
    return np.intersect1d(one, other, assume_unique=True).size / less if less >= SHORTEST * more else 0.0


def _fit(article: NDArray[np.uint32], group: Sequence[NDArray[np.uint32]]) -> float:
    """What an article shares with the longest of a group; nothing if it is unlike that one or any other."""
    share = _share(article, group[0])
    return share if share >= SAME and all(_share(article, other) >= ALIKE for other in group[1:]) else 0.0


def _families(signatures: Sequence[bytes]) -> tuple[dict[bytes, int], dict[int, set[int]]]:
    """The families of signatures that are nearly the same, and for each which others may hold copies of its articles.

    Of a family only the first is looked up, so that any number of articles that are nearly the same cost little.
    """
    family: dict[bytes, int] = {}
    near: dict[int, set[int]] = defaultdict(set)
    values = np.frombuffer(b"".join(signatures), dtype="<u4").reshape(-1, PERMUTATIONS)
    # How many runs a text has, as datasketch estimates it.
    sizes = PERMUTATIONS / (values / np.iinfo("<u4").max).sum(axis=1) - 1
    firsts: dict[tuple[int, int], list[int]] = defaultdict(list)  # by the groups of values that others have too
    for number, (signed, bands) in enumerate(zip(signatures, _in_common(values), strict=True)):
        others = np.array(sorted({first for band in bands for first in firsts[band]}), dtype=int)
        jaccard = (values[others] == values[number]).mean(axis=1)
        if others.size and jaccard.max() >= NEARLY:
            family[signed] = int(others[jaccard.argmax()])
            continue
        family[signed] = number
        for band in bands:
            firsts[band].append(number)
        both = jaccard / (1 + jaccard) * (sizes[others] + sizes[number])
        for other in others[both >= WORTH_READING * np.minimum(sizes[others], sizes[number])].tolist():
            near[number].add(other)
            near[other].add(number)
    return family, near


def _in_common(values: NDArray[np.uint32]) -> list[list[tuple[int, int]]]:
    """Of each signature the groups of `BAND` values, with their places, that another has too.

    All are sorted at once: datasketch's MinHashLSH, which takes one after the other, took 25 times as long.
    """
    found: list[list[tuple[int, int]]] = [[] for _ in values]
    for place, column in enumerate(values.view(f"<u{values.itemsize * BAND}").T):
        _, which, count = np.unique(column, return_inverse=True, return_counts=True)
        for row in np.nonzero(count[which] > 1)[0].tolist():
            found[row].append((place, int(which[row])))
    return found


# --- words -----------------------------------------------------------------------------------------------------------


class _Word(NamedTuple):
    """What is compared of a token: `key`, and where both are written small, only its `spelling`."""

    key: str
    spelling: str
    small: bool
    token: int


def _telling(read: Tokens) -> list[_Word]:
    """The tokens that must be the same."""
    words = []
    for number, token in enumerate(read.keys):
        if not (token[0].isalnum() or _is_sign(read, number)) or token.casefold() in _LEFT_OUT:
            continue
        key = _USUAL.get(token.casefold(), token.casefold())
        spelling = key
        if len(key) >= 6 and key.isascii() and key.isalpha():
            for british, american in _SPELLING:
                spelling = spelling.replace(british, american)
        words.append(_Word(key, spelling, token.islower(), number))
    return words


def _is_sign(read: Tokens, number: int) -> bool:
    """Whether a mark tells something: a question, a currency, per cent, or what a number begins with ("-5", "3-0")."""
    mark = read.keys[number]
    if mark in {"?", "%"} or unicodedata.category(mark[0])[0] == "S":
        return True
    follows = number + 1 < len(read.keys) and read.keys[number + 1][0].isdigit() and not read.gap(number + 1)
    joined = number > 0 and read.keys[number - 1][-1].isalpha() and not read.gap(number)
    return follows and not joined and mark not in {"(", "["}


def _same(one: Sequence[_Word], other: Sequence[_Word]) -> bool:
    return len(one) == len(other) and all(
        a.key == b.key or (a.spelling == b.spelling and a.small and b.small) for a, b in zip(one, other, strict=True)
    )


def _lines(words: Sequence[_Word]) -> str:
    return "".join(f"\n{word.spelling}" for word in words) + "\n"


def _hits(wanted: Sequence[_Word], there: Sequence[_Word]) -> Iterator[int]:
    """The numbers of words from which on the others stand, by their spelling."""
    lines, run = _lines(there), _lines(wanted)
    hit, number, counted = lines.find(run), 0, 0
    while hit >= 0:
        number, counted = number + lines.count("\n", counted, hit), hit
        yield number
        hit = lines.find(run, hit + 1)


def _about(wanted: Sequence[_Word], there: Sequence[_Word]) -> range | None:
    """Roughly where words stand that are most like others, if they are alike at all."""
    if len(wanted) < IN_COMMON or not there:
        return None
    quoted, printed = ([word.key for word in words] for words in (wanted, there))
    found = fuzz.partial_ratio_alignment(quoted, printed, score_cutoff=100 * (1 - 2 * DIFFERING))
    return range(found.dest_start, found.dest_end) if found else None


def _nearest(
    wanted: Sequence[_Word], there: Sequence[_Word], about: range, begins: Iterable[int], ends: Collection[int]
) -> range | None:
    """The whole sentences about there in which fewest words differ from others, if few enough do."""
    quoted, printed = ([word.key for word in words] for words in (wanted, there))
    most = min(int(DIFFERING * len(wanted)), len(wanted) - IN_COMMON)
    reach = 2 * most
    near = [end for end in ends if abs(end - about.stop) <= reach]
    runs = (range(begin, end) for begin in begins if abs(begin - about.start) <= reach for end in near if begin < end)
    distances = ((Levenshtein.distance(quoted, printed[run.start : run.stop]), run) for run in runs)
    fewest, nearest = min(distances, key=itemgetter(0), default=(0, None))
    return nearest if fewest <= most else None


def _differing(said: Tokens, wanted: Sequence[_Word], read: Tokens, there: Sequence[_Word]) -> Iterator[Segment]:
    """Each difference between words and others, with all that stands between the words that differ."""
    for step in aligned([word.key for word in wanted], [word.key for word in there]):
        quoted, printed = wanted[step.quoted.start : step.quoted.stop], there[step.printed.start : step.printed.stop]
        if not _same(quoted, printed):
            change = Change.REPLACED if quoted and printed else Change.ADDED if quoted else Change.LEFT_OUT
            yield Segment(change, _stretch(said, quoted), _stretch(read, printed))


def _stretch(read: Tokens, words: Sequence[_Word]) -> str:
    return read.text[read.spans[words[0].token][0] : read.spans[words[-1].token][1]] if words else ""


def _sentence_bounds(text: str, offsets: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Where sentences begin and end, by the number of the first word there and of the one after; offsets are theirs."""
    begins, ends = {}, {}
    for paragraph in paragraphs(text, 0):
        for sentence in sentences(text[paragraph.start : paragraph.end], paragraph.start):
            first, after = bisect_left(offsets, sentence.start), bisect_left(offsets, sentence.end)
            if first == after:
                continue
            begins[first], ends[after] = sentence.start, sentence.end
            opening = text[sentence.start : min(sentence.end, sentence.start + _DATELINE_CHARS)]
            for mark in _AFTER_DATELINE.finditer(opening):
                if not any(word[0].islower() for word in re.findall(r"\w+", opening[: mark.start()])):
                    story = sentence.start + mark.end()
                    begins[bisect_left(offsets, story)] = story
    return begins, ends
