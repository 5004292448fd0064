"""Files that are damaged at random, of every format: whatever they are, each is read or refused, and the rest go on.

`pytest tests/test_fuzz.py --fuzz 300` tries 300 a format. A file is named after the number that it is made from, so
that it can be made again.
"""

from __future__ import annotations

import random
import re
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from test_outcomes import READ, TEXT, WORDS
from test_read_exports import lexis
from test_read_pdf import pdf, set_lines
from test_read_wire import message
from test_read_xml import NITF, news_item

from index.corpus import read_corpus
from index.passages import split

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE_OF_DATA = (
    b'<html><head><meta property="article:published_time" content="2024-02-05T08:15Z"><script '
    b'type="application/ld+json">{"@type": "NewsArticle", "headline": "Ferry", "datePublished": "2024-02-05"}'
    b"</script></head>" + READ["a.html"]
)
NEWSML = news_item()
SAMPLES = {
    **{name: raw for name, raw in READ.items() if name not in {"a.htm", "a.xhtml", "a.shtml", "a.mhtml"}},
    "b.html": PAGE_OF_DATA,
    "a.pdf": pdf(set_lines([*WORDS, "Ferry-", "boats wait."])),
    "a.xml": NEWSML if isinstance(NEWSML, bytes) else NEWSML.encode(),
    "b.xml": NITF.encode(),
    "a.iptc": message().encode(),
    "b.txt": (lexis(1, 2) + lexis(2, 2)).encode(),
    "b.md": f"---\ntitle: Ferry\ndate: 2024-02-05\n---\n{TEXT} [^1] {{% include a %}}\n\n[^1]: note".encode(),
}
# What means something in some format, so that more than its first bytes is reached.
TELLING = [
    b"\0", b"\xff", b"\xfe\xff", b"\r", b"\x0c", b"\x1a", b"\x7f", b"<", b">", b"<p>", b"</p>", b"<!--", b"<![CDATA[",
    b"]]>", b"&#0;", b"&#12;", b"&#xD800;", b"&amp;", b"&x;", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u0000",
    b"\\ud800",
    b"\\'", b"\\bin99999 ", b"\\par ", b"--", b"---\n", b"\n\n", b": ", b"=\n", b"-1", b"0", b"4294967296", b"1e999",
    b"9999-99-99", b"2024-02-30T25:61:61Z", b"1 of 2 DOCUMENTS\n", b"null", b"endobj", b"stream\n", b"PK\3\4",
    b"\x1f\x8b",
    "\u200f\u202e\u0301\u00ad".encode(), "😀".encode(),
]  # fmt: skip
FAULTS = re.compile(r"its reader failed|ended by itself|it takes (?:longer|more)")


def replaced(raw: bytes, draw: random.Random, by: bytes, most: int = 1) -> bytes:
    """The bytes with others in the place of some, somewhere."""
    at = draw.randrange(len(raw) + 1)
    return raw[:at] + by + raw[at + draw.randint(0, most) :]


CHANGES: list[Callable[[bytes, random.Random], bytes]] = [
    lambda raw, draw: replaced(raw, draw, draw.randbytes(1)),
    lambda raw, draw: replaced(raw, draw, draw.choice(TELLING)),
    lambda raw, draw: replaced(raw, draw, draw.choice(TELLING) * draw.choice((2, 50, 20_000))),
    lambda raw, draw: replaced(raw, draw, b"", len(raw) // 3),
    lambda raw, draw: replaced(raw, draw, draw.choice(list(SAMPLES.values()))[: draw.randrange(400)]),
    lambda raw, draw: replaced(
        raw, draw, (piece := raw[draw.randrange(len(raw) + 1) :][:60]) * (9_000 // (len(piece) or 1))
    ),
    lambda raw, draw: raw[: draw.randrange(len(raw) + 1)],
]


def damaged(raw: bytes, number: int) -> bytes:
    """The file with one to five changes; the same for the same number."""
    draw = random.Random(number)
    for _ in range(draw.randint(1, 5)):
        raw = draw.choice(CHANGES)(raw, draw)
    return raw


@pytest.mark.parametrize("name", SAMPLES)
def test_every_damaged_file_is_read_or_refused(tmp_path: Path, name: str, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("--fuzz")
    _, dot, ending = name.partition(".")
    for number in range(count):
        (tmp_path / f"{number}{dot}{ending}").write_bytes(damaged(SAMPLES[name], number))
    corpus = read_corpus(tmp_path)
    sources = [each.source for each in (*corpus.articles, *chain.from_iterable(corpus.earlier.values()))]
    names = (*(source.id for source in sources), *(problem.file for problem in corpus.refused))
    told = {each.partition("#")[0].removesuffix(".txt") for each in names}
    assert told == {f"{number}{dot}{ending}".removesuffix(".txt") for number in range(count)}
    assert [str(problem) for problem in corpus.refused if FAULTS.search(problem.reason)] == []
    for article in corpus.articles:
        assert article.text[article.body_start :].strip()
        assert article.text.encode()
        for passage in split(article):
            assert article.text[passage.start : passage.end] == passage.text
