"""A newsroom's corpus from its files to the answer: copies, spellings, languages and formats in one index."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from word_encoder import WordHashEncoder

import index.corpus
from bot import credit
from bot.answer import Excerpt
from bot.desk import Desk
from bot.records.sent import Context, sent
from index.build import build
from index.corpus import read_corpus
from index.generations import Generations
from index.model import ANY, Filters
from index.readers.drafts import Draft, DraftCache, Refused, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORY = (
    "A pelican stole the ceremonial hat of the mayor of Utrecht on Tuesday morning, witnesses said.\n\n"
    "The bird flew over the canal with the hat in its beak, and several boats followed it without success.\n\n"
    "The mayor told reporters that she would buy another hat and that she held nothing against the pelican.\n\n"
    "Police said that no arrests had been made, and that the harbour would stay open to birds of every kind."
)
OWN = (
    "The mayor of Utrecht has lost her hat to a bird, and half the town seems to have seen it happen.\n\n"
    "Our reporter met the pelican on the roof of the fish market, where it did not answer any questions at all.\n\n"
    "Hats have been stolen here before: in 2019 a gull took that of a councillor, who never saw it again."
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "wire.txt").write_text(STORY, encoding="utf-8")
    (folder / "copy.txt").write_text(f"Bird takes hat, city amused\n\n{STORY}", encoding="utf-8")
    cut, _ = STORY.split("\n\nPolice")
    (folder / "cut.txt").write_text(cut, encoding="utf-8")
    (folder / "own.txt").write_text(OWN, encoding="utf-8")
    (folder / "kyiv.txt").write_text("Presidential adviser Mykhailo Podoliak spoke of it in Kyiv.", encoding="utf-8")
    (folder / "haus.md").write_text(
        "---\ntitle: Neue Häuser\nlanguage: de\n---\n\nDie Häuser am Hafen wurden in diesem Sommer verkauft.\n"
    )
    (folder / "wire.jsonl").write_text(
        json.dumps({"id": "7", "title": "Otters", "body": "Otters have returned to the canals of Leiden this spring."})
        + "\n",
        encoding="utf-8",
    )
    (folder / "sources.toml").write_text(
        '["wire.txt"]\noutlet = "Agency"\npublished = 2023-05-02\n'
        '["copy.txt"]\noutlet = "The Post"\npublished = 2023-05-03\n["own.txt"]\noutlet = "The Paper"\n',
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def desk(corpus: Path, tmp_path: Path) -> Iterator[Desk]:
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
    yield desk
    desk.close()


async def test_a_story_that_several_outlets_carry_is_quoted_once_with_all_its_places(desk: Desk) -> None:
    answer = await desk.ask("Who stole the ceremonial hat of the mayor of Utrecht?", count=5)
    quoted = [e for e in answer.excerpts if "stole the ceremonial hat" in e.text]
    assert len(quoted) == 1
    (excerpt,) = quoted
    held = {excerpt.source.id, *(place.source.id for place in excerpt.also_in)}
    assert held == {"wire", "copy", "cut"}
    paragraphs = {place.source.id: place.paragraph for place in excerpt.also_in}
    assert paragraphs.get("copy", 2) == 2
    told = credit.also_in(excerpt)[0]
    assert "earliest dated in this index" in told
    assert excerpt.source.id == "wire" or "Agency, 2023-05-02" in told


async def test_copies_that_may_not_be_seen_are_not_named(desk: Desk) -> None:
    question = "Who stole the ceremonial hat of the mayor of Utrecht?"
    answer = await desk.ask(question, Filters(visible=("The Post",)), count=5)
    assert {e.source.id for e in answer.excerpts} == {"copy"}
    assert all(e.also_in == () for e in answer.excerpts)
    # What was asked for narrows what is quoted, and not where else it stands.
    answer = await desk.ask(question, Filters(outlets=("The Post",)), count=1)
    assert {place.source.id for place in answer.excerpts[0].also_in} == {"wire", "cut"}
    await desk.record(lambda records: records.withdrawals.add("cut", "0" * 64, "test", "U1"))
    answer = await desk.ask(question, Filters(outlets=("The Post",)), count=1)
    assert {place.source.id for place in answer.excerpts[0].also_in} == {"wire"}


async def test_a_wire_copy_does_not_look_original_whatever_is_asked_for(desk: Desk) -> None:
    question = "Who stole the ceremonial hat of the mayor of Utrecht?"
    answer = await desk.ask(question, Filters(outlets=("The Post",)), count=1, brief=True)
    told = credit.also_in(answer.excerpts[0])
    assert "The earliest dated in this index is" in told[0]
    assert "Agency, 2023-05-02" in told[0]
    # Nor where it is quoted again: shared, in its context, or as what comes closest.
    quoted = sent(answer).quoted
    (again,) = await desk.quote_again(quoted)
    assert isinstance(again, Excerpt)
    context = await desk.context(quoted[0])
    assert isinstance(context, Context)
    assert credit.also_in(again) == credit.also_in(context.excerpt) == told


async def test_the_same_words_are_named_in_another_story_too_whatever_is_asked_for(
    corpus: Path, tmp_path: Path
) -> None:
    said = STORY.split("\n\n")[1]
    notes = "\n\n".join(f"Gull number {n} sat on roof number {n} and saw nothing of it at all." for n in range(20))
    (corpus / "notes.txt").write_text(f"{notes}\n\n{said}", encoding="utf-8")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
    answer = await desk.ask(said, Filters(outlets=("The Post",)), count=1)
    assert {place.source.id for place in answer.excerpts[0].also_in} == {"wire", "cut", "notes"}
    desk.close()


async def test_all_but_the_first_excerpt_are_brief_and_stand_as_they_are(corpus: Path, tmp_path: Path) -> None:
    reports = {
        "delft": "Nobody slept. The harbour of Delft burned on Monday night. It was cold. Smoke was seen from afar.",
        "ghent": "Boats were lost. The harbour of Ghent burned while a concert went on. Two singers fled. It rained.",
        "faro": "Gulls had warned them. The harbour of Faro burned for three whole days. No rain came. Ships left.",
    }
    for name, words in reports.items():
        (corpus / f"{name}.txt").write_text(words, encoding="utf-8")
    build(corpus, tmp_path / "data", WordHashEncoder())
    desk = Desk(tmp_path / "data", corpus, WordHashEncoder, caution=(0.0, 0.0))
    question = "Which harbour burned?"
    whole = await desk.ask(question)
    brief = await desk.ask(question, brief=True)
    assert [e.source for e in brief.excerpts] == [e.source for e in whole.excerpts]
    assert brief.excerpts[0] == whole.excerpts[0]
    assert len(brief.excerpts) == 3
    for short, long in zip(brief.excerpts[1:], whole.excerpts[1:], strict=True):
        article = await desk.article(short.source.id)
        assert article is not None
        assert article.text[short.start : short.end] == short.text
        assert short.text.startswith("The harbour of ")
        assert short.text.count(".") == 1
        assert short.trimmed_before
        assert short.trimmed_after
        assert short.text in long.text
    # What comes after is whole again.
    (further,) = (await desk.ask(question, count=1, skip=1)).excerpts
    assert further == whole.excerpts[1]
    desk.close()


async def test_another_outlets_own_report_is_no_copy(desk: Desk) -> None:
    answer = await desk.ask("Where did a reporter meet the pelican of Utrecht?", count=5)
    assert [e.also_in for e in answer.excerpts if e.source.id == "own"] == [()]


@pytest.mark.parametrize("name", ["Podoliak", "Podolyak", "podolyak"])
async def test_a_name_is_found_by_another_spelling(desk: Desk, name: str) -> None:
    answer = await desk.ask(f"What did {name} speak of?", count=1)
    assert answer.excerpts[0].source.id == "kyiv"


def test_an_editors_aliases_join_what_no_rule_does(corpus: Path, tmp_path: Path) -> None:
    def frequency(word: str) -> int:
        build(corpus, tmp_path / "data", WordHashEncoder())
        store, _ = Generations(tmp_path / "data").open_current()
        try:
            return store.document_frequency([word])[word]
        finally:
            store.close()

    assert frequency("kiew") == 0
    (corpus / "aliases.toml").write_text('Kyiv = ["Kiew", "Kiev"]\n', encoding="utf-8")
    assert frequency("kiew") == frequency("kyiv") == 1
    (corpus / "aliases.toml").write_text("Kyiv = 7\n", encoding="utf-8")
    assert [str(note).split(": ")[0] for note in read_corpus(corpus).notes][-1] == "aliases.toml:1"


def test_words_are_found_in_other_forms_of_their_language(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "data", WordHashEncoder())
    store, _ = Generations(tmp_path / "data").open_current()
    assert store.document_frequency(["haus", "häuser", "verkauften"]) == {"haus": 1, "häuser": 1, "verkauften": 1}
    article = store.article("haus.md")
    assert article is not None
    assert (article.spoken, article.source.title, article.source.title_given) == ("de", "Neue Häuser", True)
    store.close()


def test_formats_stand_side_by_side_under_ids_that_tell_them_apart(corpus: Path, tmp_path: Path) -> None:
    build(corpus, tmp_path / "data", WordHashEncoder())
    store, _ = Generations(tmp_path / "data").open_current()
    ids = [listing.source.id for listing in store.listings(ANY)]
    assert ids == ["copy", "cut", "haus.md", "kyiv", "own", "wire", "wire.jsonl#7"]
    store.close()


def test_an_article_that_a_later_version_withdraws_is_not_taken(tmp_path: Path) -> None:
    item = {"uri": "urn:7", "headline": "Otters", "body_text": "Otters have returned to the canals of Leiden."}
    lines = (json.dumps({**item, "pubstatus": status}) for status in ("usable", "canceled"))
    (tmp_path / "wire.jsonl").write_text("\n".join(lines), encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert corpus.articles == ()
    assert [problem.reason for problem in corpus.refused] == ["withdrawn by its publisher"]


ITEM = {"uri": "urn:newsml:agency.example:7", "headline": "Otters", "version": "2", "pubstatus": "usable",
        "versioncreated": "2024-05-02T08:00:00Z",
        "body_text": "Otters have returned to the canals of Leiden."}  # fmt: skip
G2 = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:agency.example:7" version="{}">
<itemMeta><versionCreated>2024-05-03T08:00:00Z</versionCreated><pubStatus qcode="stat:{}"/></itemMeta></newsItem>"""


@pytest.mark.parametrize(
    ("name", "withdrawal"),
    [
        ("b.json", json.dumps({**ITEM, "version": "3", "pubstatus": "canceled"})),
        ("b.json", json.dumps({**ITEM, "version": "3", "pubstatus": "onhold"})),
        ("b.xml", G2.format(3, "canceled")),
        ("b.xml", G2.format(2, "withheld")),
        ("b.xml", G2.format("", "canceled")),
    ],
)
def test_an_item_that_a_later_file_takes_back_is_gone_in_every_file(tmp_path: Path, name: str, withdrawal: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**ITEM, "version": "1"}), encoding="utf-8")
    (tmp_path / name).write_text(withdrawal, encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps(ITEM), encoding="utf-8")
    (tmp_path / "d.json").write_text(json.dumps({**ITEM, "uri": "urn:newsml:agency.example:8"}), encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [article.source.id for article in corpus.articles] == ["d.json#urn:newsml:agency.example:8"]
    assert corpus.earlier == {}
    member = ITEM["uri"]
    assert [str(problem) for problem in corpus.refused][1:] == [
        f"a.json#{member}: withdrawn by its publisher, as {name}#{member} says",
        f"c.json#{member}: withdrawn by its publisher, as {name}#{member} says",
    ]


def test_an_item_that_is_sent_again_after_it_was_taken_back_stands(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(G2.format(1, "canceled"), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(ITEM), encoding="utf-8")
    assert [article.source.id for article in read_corpus(tmp_path).articles] == [f"b.json#{ITEM['uri']}"]


def test_an_id_that_others_may_have_too_takes_nothing_back(tmp_path: Path) -> None:
    for name, status in (("a", "usable"), ("b", "canceled")):
        fields = json.dumps({**ITEM, "uri": "7", "version": "9", "pubstatus": status})
        (tmp_path / f"{name}.json").write_text(fields, encoding="utf-8")
    assert [article.source.id for article in read_corpus(tmp_path).articles] == ["a.json#7"]


def test_what_is_dated_in_the_future_is_not_published_yet(tmp_path: Path) -> None:
    for name, day in (("a", "2023-05-04"), ("b", "2954-05-04")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"id": name, "date": day, "text": "Otters."}))
    (tmp_path / "c.txt").write_text("date 2954-05-04 Otters have returned.")
    corpus = read_corpus(tmp_path)
    assert [article.source.id for article in corpus.articles] == ["a.json#a"]
    assert [str(problem) for problem in corpus.refused] == [
        "b.json#b:1: its day of publication, 2954-05-04, has not come",
        "c.txt: its day of publication, 2954-05-04, has not come",
    ]
    assert len(read_corpus(tmp_path, future=True).articles) == 3
    (tmp_path / "sources.toml").write_text('["c.txt"]\npublished = 2023-05-04\n')
    assert len(read_corpus(tmp_path).articles) == 2


def test_a_language_that_is_given_counts_and_one_that_is_no_longer_given_is_detected(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("The otters of Leiden have returned to the canals of the old town.", encoding="utf-8")

    def spoken(toml: str) -> str | None:
        (corpus / "sources.toml").write_text(toml, encoding="utf-8")
        build(corpus, tmp_path / "data", WordHashEncoder())
        store, _ = Generations(tmp_path / "data").open_current()
        article = store.article("a")
        store.close()
        return article and article.spoken

    assert [spoken(toml) for toml in ("", '["a.txt"]\nlanguage = "nl"', "")] == ["en", "nl", "en"]


def test_a_page_is_remembered_as_what_was_read_of_it(tmp_path: Path) -> None:
    corpus, page = tmp_path / "corpus", "<html><body><article><p>{}</p></article></body></html>"
    corpus.mkdir()
    words = ["Otters have returned to the canals of the old town of Leiden this spring.",
             "Pelicans have returned to the harbours of the old town of Utrecht this spring."]  # fmt: skip
    for said in (*words, words[0]):
        (corpus / "a.html").write_text(page.format(said), encoding="utf-8")
        for _ in range(2):
            (article,) = read_corpus(corpus, tmp_path / "cache.sqlite").articles
            assert article.text == said


def test_all_that_a_reader_tells_is_remembered(tmp_path: Path) -> None:
    when = datetime(2023, 5, 3, 17, 30, tzinfo=UTC)
    drafts = [
        Draft("Text.", {"title": "T", "published": when.date()}, "m", 1, 2, ("n",), Revision(3, when, when.date())),
        Draft("Text."),
        Refused("no text", 4, "r"),
        Refused("withdrawn", 5, "w", Revision(2, when)),
    ]
    with DraftCache(tmp_path / "cache.sqlite") as known:
        key = known.key(b"x", "index.readers.html")
        assert known.get(key) is None
        known.keep(hashlib.sha256(b"x").hexdigest(), "index.readers.html", drafts)
        assert repr(known.get(key)) == repr(drafts)


def test_cards_that_go_while_the_corpus_is_read_cost_no_more_than_their_line(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (corpus / "sources.toml").write_text('["none.txt"]\ntitle = "x"\n', encoding="utf-8")
    read = index.corpus.read_aliases

    def gone(path: Path) -> object:
        (corpus / "sources.toml").unlink()
        return read(path)

    files = index.corpus.article_files
    monkeypatch.setattr(index.corpus, "article_files", lambda folder: [*files(folder), gone(folder / "none")][:-1])
    assert [str(note) for note in read_corpus(corpus).notes if "sources.toml" in str(note)] == [
        'sources.toml: there is no article file "none.txt"'
    ]


@pytest.mark.parametrize("name", ["passages.faiss", "sentences.faiss"])
def test_a_length_that_is_damaged_is_a_damaged_index_and_no_lack_of_memory(
    corpus: Path, tmp_path: Path, name: str
) -> None:
    build(corpus, tmp_path / "data", WordHashEncoder())
    file = tmp_path / "data" / "generations" / "000001" / name
    whole = file.read_bytes()
    for at in range(64):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :])
        assert Generations(tmp_path / "data").inspect(1)[0]
