"""Question and sentence read together: the Reranker seam and its sentence-transformers implementation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.encoder import model_folder, not_loaded, weights_sha256
from index.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Pairs that a model reads at a time.
BATCH = 16
# What is read of a sentence; the model cuts it to its own length, but would first take all of it apart.
READ_CHARS = 20_000


class Reranker(Protocol):
    """What judges a sentence with the question before its eyes, better and dearer than any vector."""

    def log_odds(self, question: str, sentences: Sequence[str]) -> NDArray[np.float64]:
        """For each sentence the log-odds that it answers the question, shape (len(sentences),)."""


class CrossEncoderReranker:
    """Any sentence-transformers CrossEncoder with one label, by name or path.

    Only safetensors weights are loaded, and never code that a model brings along.

    Raises:
        EncoderError: the model cannot be found or loaded, has no safetensors weights, or gives several labels.

    """

    def __init__(self, model: str) -> None:
        folder = model_folder(model, "RERANKER_MODEL")
        weights_sha256(folder, "RERANKER_MODEL")
        if not _is_cross_encoder(folder):
            raise EncoderError(
                f"The model {model} is not a CrossEncoder: it was never trained to compare two texts. "
                "Check RERANKER_MODEL."
            )
        # Imported here: torch takes seconds to load, and most of the program never needs it.
        import torch  # noqa: PLC0415
        from sentence_transformers import CrossEncoder  # noqa: PLC0415

        try:
            self._model = CrossEncoder(
                str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except Exception as exc:  # a broken model folder raises whatever its parts and their libraries raise
            raise not_loaded(model, exc, "RERANKER_MODEL") from exc
        if self._model.num_labels != 1:
            raise EncoderError(
                f"The model {model} gives {self._model.num_labels} labels; a re-ranker gives one. Check RERANKER_MODEL."
            )
        self._as_it_is = torch.nn.Identity()

    def log_odds(self, question: str, sentences: Sequence[str]) -> NDArray[np.float64]:
        """See `Reranker.log_odds`; without the model's last sigmoid, its output is that."""
        pairs = [(question, sentence[:READ_CHARS]) for sentence in sentences]
        logits = self._model.predict(pairs, batch_size=BATCH, activation_fn=self._as_it_is, show_progress_bar=False)
        return np.asarray(logits, dtype=np.float64)


def _is_cross_encoder(folder: Path) -> bool:
    """Whether a model has the layer that judges; sentence-transformers would make one of random numbers otherwise."""
    made_by = _json(folder / "config_sentence_transformers.json").get("model_type")
    architectures = _json(folder / "config.json").get("architectures") or [""]
    return made_by == "CrossEncoder" or str(architectures[0]).endswith("ForSequenceClassification")


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
