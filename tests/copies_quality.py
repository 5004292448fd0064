"""How well copies are found: made by rule from known stories, then looked for among all the others.

Stories are the seed articles, those of time, and five paragraphs in a row of a page of the Wikipedia sets, so that a
page gives several stories on one subject. For each story and each kind of copy, one copy:

- verbatim; retyped (other quotation marks, dashes, spaces, line ends); trimmed to its first 30 to 80 %;
- re-headlined: another headline, byline and dateline before it, an agency's line after it;
- edited: of 5 to 10 % of the words each exchanged for a synonym, spelled out if it is a number, left out, doubled by an
  adverb, or where none of that fits exchanged for another word of the set; and a sentence left out or put in;
- edited and trimmed, both.

They are looked for kind by kind, and all together. A false pair is two articles of different stories in one group; so
are, in the last rows, two stories that have a long statement in common (25 to 40 % of each), and two stories that stand
in one digest. The nearest unlike stories are printed with the share of runs that they have in common.

For `same_words` sentences are edited by rule, so that they say the same or so that they do not, and held against the
hardest others of the same page or article: those that share most words; beside it how many `place_of` calls nearly the
same. For `place_of` up to three sentences are looked for in a copy, and in another story of the page (or of the set,
where titles are no pages), where nearly the same is false. Half of the titles is for tuning (`--tuning`), the other
half is measured.
"""

from __future__ import annotations

import random
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import TYPE_CHECKING

import click
import public_sets
from conftest import ROOT
from quoting_quality import bare, retyped

from index import copies
from index.passages import sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARAGRAPHS = 5
SHORTEST = 1200  # characters of a story
WORDS = (8, 40)  # how long the sentences are
LONG = 400  # characters of what is no sentence, in time's texts with their odd punctuation
STATEMENT = (0.25, 0.4)  # how much of two stories is a statement that both have
EACH = 300  # sentences of each kind and set
ELSEWHERE = 2000  # excerpts that are looked for in another story


def listed(words: str) -> list[str]:
    """Words as a list."""
    return words.split()


def paired(pairs: str) -> dict[str, str]:
    """Words as a table, "from/to"."""
    return dict(pair.split("/") for pair in pairs.split())


def both_ways(table: dict[str, str]) -> dict[str, str]:
    """A table and its reverse."""
    return {other: word for word, other in table.items()} | table


SYNONYMS = paired(
    """said/declared big/large began/started show/reveal many/numerous near/close help/aid because/since however/though
    city/town people/persons often/frequently used/employed called/named main/principal made/produced built/constructed
    important/significant became/turned located/situated during/throughout government/administration attack/assault
    soldiers/troops wanted/wished quickly/rapidly whole/entire end/finish area/region killed/slain told/informed
    got/obtained allowed/let asked/requested buy/purchase country/nation including/comprising major/chief early/initial
    different/distinct modern/contemporary known/recognized first/earliest largest/biggest mostly/mainly
    found/discovered between/amid various/several received/gained worked/laboured war/conflict century/age
    considered/deemed developed/evolved led/headed place/spot home/house"""
)
USAGE = paired(
    """said/stated says/said about/around around/roughly approximately/about toward/towards among/amongst while/whilst
    percent/% %/percent"""
)
SPELLING = both_ways(
    paired(
        """colour/color labour/labor honour/honor centre/center theatre/theater metre/meter defence/defense
        offence/offense organise/organize organised/organized organisation/organization recognise/recognize
        realised/realized criticised/criticized travelled/traveled cancelled/canceled programme/program grey/gray
        analyse/analyze catalogue/catalog sceptical/skeptical favour/favor harbour/harbor neighbour/neighbor
        kilometres/kilometers behaviour/behavior traveller/traveler civilisation/civilization fulfil/fulfill"""
    )
)
OPPOSITES = both_ways(
    paired(
        """before/after first/last more/less increased/decreased north/south east/west northern/southern men/women
        eastern/western won/lost rose/fell opened/closed accepted/rejected killed/wounded large/small high/low old/new
        early/late always/never all/some with/without for/against most/least increase/decrease began/ended his/her
        include/exclude supported/opposed upper/lower he/she from/to before/during black/white"""
    )
)
HEDGES = listed(
    """alleged allegedly reportedly nearly almost probably possibly perhaps may might could would only former about some
    often mostly usually apparently partly"""
)
NUMBERS = listed("zero one two three four five six seven eight nine ten eleven twelve")
SPELLED = both_ways({str(n): word for n, word in enumerate(NUMBERS) if n})
ADVERBS = listed("recently reportedly largely notably now then again mainly still further")
VERBS = listed("is was are were has had will would can could did does")
# Edits that a reader may overlook, and that no list tells from changes of what is said: judged to be another sentence.
WIDER = frozenset({"a synonym", "a word left out", "a word put in"})


@dataclass(frozen=True)
class Story:
    """A story of a set under its title, the page or article that it is of."""

    name: str
    title: str
    text: str


def stories(name: str, *, tuning: bool) -> list[Story]:
    """The stories of a set that are in this half; the seeds are in both."""
    if name == "seeds":
        texts = [(path.stem, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "seeds").glob("*.txt"))]
    else:
        rows = [(row["title"] if name != "time" else row["id"], row["text"]) for row in public_sets.articles(name)]
        rows = [row for row in rows if public_sets.held_out(row[0]) != tuning]
        texts = []
        for title, group in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
            paragraphs = [text for _, text in group]
            for start in range(0, len(paragraphs), PARAGRAPHS):
                texts.append((title, "\n\n".join(paragraphs[start : start + PARAGRAPHS])))
    return [Story(f"{n:04}", title, text) for n, (title, text) in enumerate(texts) if len(text) >= SHORTEST]


# --- making copies ---------------------------------------------------------------------------------------------------


def trimmed(text: str, draw: random.Random) -> str:
    """The beginning, cut after a word."""
    words = re.findall(r"\S+\s*", text)
    return "".join(words[: round(len(words) * draw.uniform(0.3, 0.8))])


def reheadlined(text: str, draw: random.Random, words: list[str]) -> str:
    """Other lines around the same text."""
    headline = " ".join(draw.choices(words, k=draw.randint(6, 14))).capitalize()
    byline = f"By {' '.join(draw.choices(words, k=2)).title()}, {draw.choice(words).title()} Correspondent"
    dateline = f"{draw.choice(words).upper()}, May {draw.randint(1, 30)} (Agency) - "
    ending = f"(Reporting by {' '.join(draw.choices(words, k=2)).title()}; Editing by {draw.choice(words).title()})"
    return f"{headline}\n\n{byline}\n\n{dateline}{text}\n\n{ending}"


def edited(text: str, draw: random.Random, words: list[str], other: str) -> str:
    """5 to 10 % of the words changed, and a sentence left out or one of another story put in."""
    said = re.findall(r"\S+\s*", text)
    for at in draw.sample(range(len(said)), round(len(said) * draw.uniform(0.05, 0.1))):
        word, bare_word = said[at], said[at].strip().lower()
        rest = word[len(word.rstrip()) :]
        if bare_word in SYNONYMS:
            said[at] = SYNONYMS[bare_word] + rest
        elif bare_word.isdigit() and int(bare_word) < len(NUMBERS):
            said[at] = NUMBERS[int(bare_word)] + rest
        else:
            said[at] = draw.choice(("", f"{draw.choice(ADVERBS)} {word}", draw.choice(words) + rest))
    text = "".join(said)
    spans = sentences(text)
    cut = draw.choice([span for span in spans if span.end - span.start < LONG] or spans)
    if draw.random() < 0.5:
        return text[: cut.start] + text[cut.end :]
    foreign = draw.choice([span for span in sentences(other) if span.end - span.start < LONG] or sentences(other))
    return f"{text[: cut.start]}{other[foreign.start : foreign.end]} {text[cut.start :]}"


def made(kind: str, story: Story, others: list[Story], words: list[str], draw: random.Random) -> str:
    """One copy of a kind."""
    other = draw.choice(others).text
    match kind:
        case "retyped":
            return retyped(story.text, draw)
        case "trimmed":
            return trimmed(story.text, draw)
        case "re-headlined":
            return reheadlined(story.text, draw, words)
        case "edited":
            return edited(story.text, draw, words, other)
        case "edited and trimmed":
            return trimmed(edited(story.text, draw, words, other), draw)
        case _:
            return story.text


KINDS = ("verbatim", "retyped", "trimmed", "re-headlined", "edited", "edited and trimmed")


# --- articles --------------------------------------------------------------------------------------------------------


class Clock:
    """Seconds spent on signatures and on groups, and the articles they were spent on."""

    def __init__(self) -> None:
        self.signing, self.grouping, self.articles = 0.0, 0.0, 0


def grouped(texts: dict[str, str], clock: Clock) -> list[tuple[str, ...]]:
    """The groups of these articles."""
    started = time.process_time()
    signed = {name: copies.signature(text) for name, text in texts.items()}
    between = time.process_time()
    found = copies.groups(signed, texts.__getitem__)
    clock.signing += between - started
    clock.grouping += time.process_time() - between
    clock.articles += len(texts)
    return found


def pairs(groups: list[tuple[str, ...]]) -> set[tuple[str, str]]:
    """Every two articles of one group."""
    return {pair for group in groups for pair in combinations(group, 2)}


def neighbours(name: str, told: list[Story]) -> list[tuple[Story, Story]]:
    """Every two stories of one page, or of the set where titles are no pages."""
    return [(a, b) for a, b in combinations(told, 2) if a.title == b.title or name in {"seeds", "time"}]


def measure_groups(name: str, told: list[Story], seed: int, clock: Clock, *, show: bool) -> None:
    """The rows of a set."""
    draw = random.Random(f"{name} {seed}")
    words = [word for story in told for word in re.findall(r"[^\W\d_]+", story.text)]
    everything = {story.name: story.text for story in told}
    for kind in (*KINDS, "all together"):
        texts = {story.name: story.text for story in told}
        for story in told:
            for one in KINDS if kind == "all together" else (kind,):
                copy = made(one, story, told, words, draw)
                texts[f"{story.name} {one}"] = copy
        found = pairs(grouped(texts, clock))
        per_story = defaultdict(list)
        for article in texts:
            per_story[article[:4]].append(article)
        right = {pair for group in per_story.values() for pair in combinations(sorted(group), 2)}
        report(name, kind, len(texts), right, found, show=show)
    report(name, "stories alone", len(told), set(), pairs(grouped(everything, clock)), show=show)
    near = neighbours(name, told)
    chosen = draw.sample(near, min(EACH, len(near)))
    quoting = digested = 0
    for pair in chosen:
        statement = draw.choice([story for story in told if story not in pair]).text.split()
        share = draw.uniform(*STATEMENT)
        lengths = [round(len(story.text.split()) * share / (1 - share)) for story in pair]
        texts = {
            story.name: f"{story.text}\n\n“{' '.join(statement[:length])}”"
            for story, length in zip(pair, lengths, strict=True)
        }
        quoting += bool(grouped(texts, Clock()))
        texts = {story.name: story.text for story in pair} | {"digest": "\n\n".join(story.text for story in pair)}
        digested += (pair[0].name, pair[1].name) in pairs(grouped(texts, Clock()))
    print(f"| {name} | two stories with one statement | {2 * len(chosen)} | 0 | | | {quoting} of {len(chosen)} | |")
    print(f"| {name} | two stories and their digest | {3 * len(chosen)} | | | | {digested} of {len(chosen)} | |")
    runs = [copies._runs(story.text) for story in told]
    nearest = sorted((copies._share(one, other) for one, other in combinations(runs, 2)), reverse=True)[:5]
    print(f"| {name} | nearest unlike stories share | | | | | {', '.join(f'{s:.2f}' for s in nearest)} | |", flush=True)


def report(
    name: str, kind: str, articles: int, right: set[tuple[str, str]], found: set[tuple[str, str]], *, show: bool
) -> None:
    """A row of the first table."""
    hit, false = len(right & found), len(found - right)
    recall = f"{hit / len(right):.3f}" if right else ""
    precision = f"{hit / len(found):.3f}" if hit else ""
    print(f"| {name} | {kind} | {articles} | {len(right)} | {hit} | {recall} | {false} | {precision} |", flush=True)
    if show:
        for pair in sorted(found - right):
            click.echo(f"{name}: {kind}: wrongly together: {pair}", err=True)
        for pair in sorted(right - found)[:20]:
            click.echo(f"{name}: {kind}: not together: {pair}", err=True)


# --- words -----------------------------------------------------------------------------------------------------------


def anything(_word: str) -> bool:
    return True


def exchanged(text: str, table: dict[str, str], draw: random.Random, fits: Callable[[str], bool] = anything) -> str:
    """One word that fits exchanged as the table says; empty where there is none."""
    places = [m for m in re.finditer(r"[A-Za-z]+|%", text) if m.group().lower() in table and fits(m.group())]
    if not places:
        return ""
    place = draw.choice(places)
    word = table[place.group().lower()]
    if place.group() == "%":
        word = f" {word}"
    word = word.upper() if text.isupper() else word.capitalize() if place.group()[0].isupper() else word
    return text[: place.start()] + word + text[place.end() :]


def changed(text: str, draw: random.Random, into: Callable[[str], list[str]], fits: Callable[[str], bool]) -> str:
    """One word that fits, not the first, made into others or none; empty where none fits."""
    said = text.split()
    places = [at for at in range(1, len(said)) if fits(said[at])]
    if not places:
        return ""
    at = draw.choice(places)
    return " ".join([*said[:at], *into(said[at]), *said[at + 1 :]])


def small(word: str) -> bool:
    return word.isalpha() and word.islower()


def name_like(word: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][a-z]{3,}", word))


def other_number(word: str, draw: random.Random) -> str:
    """A number with another digit, or ten times as large."""
    if draw.random() < 0.5:
        return re.sub(r"(\d+)", r"\g<1>0", word, count=1)
    return re.sub(r"\d", lambda digit: str((int(digit.group()) + draw.randint(1, 9)) % 10), word, count=1)


def respelled_number(text: str, draw: random.Random) -> str:
    """One small number, alone between spaces, written the other way; empty where there is none."""
    places = [m for m in re.finditer(r"(?<!\S)\w+(?=\s|$)", text) if m.group() in SPELLED]
    if not places:
        return ""
    place = draw.choice(places)
    return text[: place.start()] + SPELLED[place.group()] + text[place.end() :]


def edits(words: list[str], names: list[str]) -> dict[str, tuple[bool, Callable[[str, random.Random], str]]]:
    """Each kind of edited sentence: whether it still says the same, and how it is made."""
    next_number = {word: NUMBERS[(n + 1) % len(NUMBERS)] for n, word in enumerate(NUMBERS)}
    return {
        "retyped": (True, retyped),
        "the, that, also": (True, lambda t, d: changed(t, d, lambda _: [], {"the", "that", "also"}.__contains__)),
        "number spelled": (True, respelled_number),
        "usage": (True, lambda t, d: exchanged(t, USAGE, d)),
        "spelling": (True, lambda t, d: exchanged(t, SPELLING, d, small)),
        "a synonym": (True, lambda t, d: exchanged(t, SYNONYMS, d)),
        "a word left out": (True, lambda t, d: changed(t, d, lambda _: [], lambda w: w.lower() in ADVERBS)),
        "a word put in": (True, lambda t, d: changed(t, d, lambda w: [d.choice(ADVERBS), w], small)),
        "number": (
            False,
            lambda t, d: changed(t, d, lambda w: [other_number(w, d)], lambda w: bool(re.search(r"\d", w))),
        ),
        "number word": (False, lambda t, d: exchanged(t, next_number, d)),
        "name": (False, lambda t, d: changed(t, d, lambda w: [d.choice([n for n in names if n != w])], name_like)),
        "negation": (
            False,
            lambda t, d: changed(
                t,
                d,
                lambda w: d.choice(([w, "not"], [f"{w}n't"], [w, "never"], [w, "hardly"])),
                lambda w: w.lower() in VERBS,
            ),
        ),
        "opposite": (False, lambda t, d: exchanged(t, OPPOSITES, d)),
        "hedge left out": (False, lambda t, d: changed(t, d, lambda _: [], lambda w: w.lower() in HEDGES)),
        "another word": (False, lambda t, d: changed(t, d, lambda _: [d.choice(words)], small)),
    }


def said_in(texts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The sentences of a length, each with its title."""
    for title, text in texts:
        for span in sentences(text):
            sentence = " ".join(text[span.start : span.end].split())
            if WORDS[0] <= len(sentence.split()) <= WORDS[1]:
                yield title, sentence


def hardest(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """For each sentence the one of the same title that shares most words with it, nearest first, and is another."""
    by_title = defaultdict(list)
    for title, sentence in told:
        by_title[title].append((frozenset(bare(sentence).split()), sentence))
    found = []
    for sentences_there in by_title.values():
        group = sentences_there[:EACH]
        for number, (words, sentence) in enumerate(group):
            others = [(len(words & w) / len(words | w), s) for w, s in group[number + 1 :] if bare(s) != bare(sentence)]
            if others:
                found.append((*max(others), sentence))
    return [(one, other) for _, one, other in sorted(found, reverse=True)]


def measure_words(name: str, texts: list[tuple[str, str]], seed: int, *, show: bool) -> None:
    """The rows of a set."""
    draw = random.Random(f"{name} {seed}")
    told = list(said_in(texts))
    words = [word for _, sentence in told for word in sentence.split() if small(word)] or ["word"]
    names = [word for _, sentence in told for word in sentence.split()[1:] if name_like(word)] or ["Name"]
    draw.shuffle(names)
    cases: dict[str, tuple[bool, list[tuple[str, str]]]] = {}
    for kind, (same, make) in edits(words, names).items():
        found = []
        for _, sentence in draw.sample(told, len(told)):
            copy = make(sentence, draw)
            if copy and (kind in {"retyped", "the, that, also"} or bare(copy) != bare(sentence)):
                found.append((sentence, copy))
            if len(found) == EACH:
                break
        cases[kind] = same, found
    cases["another sentence"] = False, hardest(told)[:EACH]
    for kind, (same, found) in cases.items():
        judged = [copies.same_words(one, other) for one, other in found]
        places = (copies.place_of(one, other) for one, other in found)
        nearly = sum(place is not None and bool(place.differing) for place in places)
        if found:
            right = sum(verdict == same for verdict in judged)
            meant = "the same" if same else "not the same"
            print(f"| {name} | {kind} | {meant} | {len(found)} | {sum(judged)} | {right / len(found):.3f} | {nearly} |")
        for (one, other), verdict in zip(found, judged, strict=True):
            if show and verdict != same and kind not in WIDER:
                click.echo(f"{name}: {kind}: {verdict}\n  {one}\n  {other}", err=True)


def excerpt_of(story: Story, draw: random.Random) -> str:
    """Up to three sentences of a paragraph."""
    paragraph = draw.choice([p for p in story.text.split("\n\n") if len(p) > 100])
    spans = sentences(paragraph)
    first = draw.randrange(len(spans))
    return paragraph[spans[first].start : spans[min(first + draw.randint(0, 2), len(spans) - 1)].end]


def measure_places(name: str, told: list[Story], seed: int, *, show: bool) -> None:
    """How many excerpts are found in each kind of copy, and nearly, and whether what is found stands there."""
    draw = random.Random(f"{name} {seed}")
    words = [word for story in told for word in re.findall(r"[^\W\d_]+", story.text)]
    for kind in KINDS:
        looked = same = nearly = spent = 0
        for story in told:
            copy = made(kind, story, told, words, draw)
            excerpt = excerpt_of(story, draw)
            gone = kind in {"trimmed", "edited and trimmed"} and bare(excerpt) not in bare(copy)
            if gone or not bare(excerpt).strip():
                continue
            started = time.process_time()
            place = copies.place_of(excerpt, copy)
            spent += time.process_time() - started
            looked += 1
            same += place is not None and not place.differing
            nearly += place is not None and bool(place.differing)
            assert place is None or copies.same_words(excerpt, copy[place.start : place.end]) == (not place.differing)
        shares = f"{same / max(1, looked):.3f} | {nearly} | {(same + nearly) / max(1, looked):.3f}"
        print(f"| {name} | {kind} | {looked} | {same} | {shares} | {spent / max(1, looked) * 1000:.1f} |", flush=True)
    pairs = neighbours(name, told)
    false = 0
    for one, other in draw.sample(pairs, min(ELSEWHERE, len(pairs))):
        excerpt = excerpt_of(one, draw)
        place = copies.place_of(excerpt, other.text)
        false += place is not None and bool(place.differing)
        if show and place and place.differing:
            click.echo(f"{name}: nearly the same?\n  {excerpt}\n  {other.text[place.start : place.end]}", err=True)
    print(f"| {name} | another story | {min(ELSEWHERE, len(pairs))} | | | {false} | | |", flush=True)


@click.command()
@click.option("--seed", default=1, help="Another draw of copies.")
@click.option("--tuning", is_flag=True, help="The half of the titles that constants are tuned on.")
@click.option("--show", is_flag=True, help="Print what is judged wrongly.")
def main(seed: int, tuning: bool, show: bool) -> None:
    """Look for copies in every set and print the tables."""
    available = public_sets.available()
    for line in public_sets.missing():
        click.echo(line, err=True)
    sets = {name: stories(name, tuning=tuning) for name in ("seeds", *available) if name != "multihop_facts"}
    clock = Clock()
    print(
        "| set | copies | articles | pairs | found | recall | false pairs | precision |",
        "|---|---|---|---|---|---|---|---|",
        sep="\n",
    )
    for name, told in sets.items():
        measure_groups(name, told, seed, clock, show=show)
    signing, grouping = clock.signing / clock.articles * 1000, clock.grouping / clock.articles * 1000
    print(f"\nOn one core per 1 000 articles: signatures {signing:.2f} s, groups {grouping:.2f} s.\n")
    print("| set | edit | says | sentences | judged the same | right | nearly |\n|---|---|---|---|---|---|---|")
    for name, told in sets.items():
        measure_words(name, [(story.title, story.text) for story in told], seed, show=show)
    if "multihop_facts" in available:
        rows = public_sets.articles("multihop_facts")
        facts = [(row["title"], row["text"]) for row in rows if public_sets.held_out(row["title"]) != tuning]
        measure_words("multihop_facts", facts, seed, show=show)
    print("\n| set | copy | excerpts | same | share | nearly | share of both | ms |\n|---|---|---|---|---|---|---|---|")
    for name, told in sets.items():
        measure_places(name, told, seed, show=show)


if __name__ == "__main__":
    main()
