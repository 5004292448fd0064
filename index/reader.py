"""Question and window read together → the words that answer: the Reader seam and its Hugging Face implementation."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.encoder import DEFAULT_MODEL, batches, model_folder, not_loaded, weights_sha256
from index.errors import EncoderError
from index.model import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DEFAULT_READER = "on-the-record"
# Ours, trained from all-MiniLM-L6-v2: the file holds what differs from it. `reader.md` tells what it can and cannot do.
WEIGHTS = Path(__file__).with_name("reader.safetensors")
WEIGHTS_SHA256 = "685a4e3fd44cdd8ca20298d2c1f23392dba1ef4ab8c182db37ac884dd8b4daa0"
SETTING = "READER_MODEL"

# Windows that a core reads at a time at most, of like length.
BATCH = 4
# Word pieces of question, headline and window together; what is longer is cut at the end of the window.
MAX_TOKENS = 256
# Words that answer are few: no longer span is considered, in word pieces.
ANSWER_TOKENS = 40
# The log-odds of a window without a word that the model knows.
LEAST = -30.0
# A question longer than that leaves no room; what a window has beyond is not even taken apart.
QUESTION_CHARS, WINDOW_CHARS = 600, 4000


@dataclass(frozen=True, slots=True)
class Window:
    """Words of an article, and the headline that tells what they are about."""

    headline: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The span of a window's words that answers, and its log-odds against "not answered here"."""

    span: Span
    log_odds: float


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch of n windows of up to t tokens: the model's `inputs`, and which tokens are the windows' `words`, (n, t).

    `offsets` are theirs into the words, (n, t, 2).
    """

    inputs: dict[str, Any]
    words: NDArray[np.bool_]
    offsets: NDArray[np.int64]


def encode(tokenizer: Any, questions: Sequence[str], windows: Sequence[Window]) -> Encoded:
    """Question, headline and window as a model reads them; offsets are into the window's words."""
    leads = [f"{window.headline}\n" if window.headline else "" for window in windows]
    batch = tokenizer(
        [question[:QUESTION_CHARS] for question in questions],
        [lead + window.words[:WINDOW_CHARS] for lead, window in zip(leads, windows, strict=True)],
        truncation="only_second",
        max_length=MAX_TOKENS,
        padding=True,
        return_tensors="pt",
        return_offsets_mapping=True,
    )
    starts = np.array([[len(lead)] for lead in leads])
    offsets = batch.pop("offset_mapping").numpy() - starts[:, :, None]
    second = np.array([[part == 1 for part in batch.sequence_ids(n)] for n in range(len(windows))])
    # What stands before the words, as the first token does, is at their beginning.
    return Encoded(dict(batch), second & (offsets[:, :, 0] >= 0), np.maximum(offsets, 0))


def best_span(start: NDArray[np.float32], end: NDArray[np.float32], words: NDArray[np.bool_]) -> tuple[int, int, float]:
    """First and last token of the likeliest span among `words`, and its log-odds against the null span.

    The null span begins and ends at the first token, as for SQuAD 2.0: Devlin et al., "BERT" (2019), section 4.3.
    """
    first = np.where(words, start, -np.inf)
    last = np.where(words, end, -np.inf)
    both = first[:, None] + last[None, :]
    rows = np.arange(len(words))
    distance = rows[None, :] - rows[:, None]
    both[(distance < 0) | (distance >= ANSWER_TOKENS)] = -np.inf
    a, b = np.unravel_index(both.argmax(), both.shape)
    return int(a), int(b), max(float(both[a, b] - start[0] - end[0]), LEAST)


def likeliest(batch: Encoded, start: NDArray[np.float32], end: NDArray[np.float32]) -> list[Reading]:
    """What a model's logits, each (n, t), make of the windows of a batch."""
    readings = []
    for n, words in enumerate(batch.words):
        first, last, log_odds = best_span(start[n], end[n], words)
        readings.append(Reading(Span(int(batch.offsets[n, first, 0]), int(batch.offsets[n, last, 1])), log_odds))
    return readings


class Reader(Protocol):
    """What reads a question and windows together and finds the words that answer. Safe to call from several threads."""

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """A reading of each window, in order; its span is of whole words and never empty where there are words."""


def open_reader(model: str) -> Reader | None:
    """The reader of this name or path, or None for `off`.

    Raises:
        EncoderError: as `ExtractiveReader`.

    """
    return None if model == "off" else ExtractiveReader(model)


class ExtractiveReader:
    """Any Hugging Face model for extractive question answering, by name or path; ours comes with the program.

    Only safetensors weights are loaded, and never code that a model brings along. A model should know questions without
    an answer, as those trained on SQuAD 2.0 do. Safe to call from several threads.

    Raises:
        EncoderError: the model cannot be found or loaded, is of another kind or has no safetensors weights, or the
            weights that come with the program are not those of its release.

    """

    def __init__(self, model: str = DEFAULT_READER) -> None:
        # Imported here: torch takes seconds to load, and most of the program never needs it.
        import torch  # noqa: PLC0415
        from transformers import AutoTokenizer  # noqa: PLC0415

        ours = model == DEFAULT_READER
        folder = model_folder(DEFAULT_MODEL if ours else model, SETTING)
        try:
            self._model = (_ours(folder) if ours else _published(model, folder)).eval()
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        except EncoderError:
            raise
        except Exception as exc:  # a broken model folder raises whatever its parts and their libraries raise
            raise not_loaded(model, exc, SETTING) from exc
        # Each core reads windows by itself, as the encoder embeds.
        torch.set_num_threads(1)
        self._cores = os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._cores, "reader")
        self._tokenizing = threading.Lock()  # a tokenizer serves one thread at a time

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """See `Reader.read`."""
        # No core is left without a batch.
        size = max(1, min(BATCH, -(-len(windows) // self._cores)))
        made = batches([window.headline + window.words for window in windows], size)
        with self._tokenizing:
            encoded = [encode(self._tokenizer, [question] * len(b), [windows[n] for n in b]) for b in made]
        found: dict[int, Reading] = {}
        for batch, readings in zip(made, self._threads.map(self._readings, encoded), strict=True):
            found.update(zip(batch, readings, strict=True))
        return [found[n] for n in range(len(windows))]

    def _readings(self, batch: Encoded) -> list[Reading]:
        import torch  # noqa: PLC0415 loaded with the model

        with torch.inference_mode():
            out = self._model(**batch.inputs)
        return likeliest(batch, out.start_logits.numpy(), out.end_logits.numpy())


def _ours(shared: Path) -> Any:
    """The reader that comes with the program: what was trained, laid over the embedding model that it was made from."""
    from safetensors.torch import load_file  # noqa: PLC0415 loads torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering  # noqa: PLC0415

    with WEIGHTS.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise EncoderError(f"The weights in {WEIGHTS} are not those of the release. Install On the Record again.")
    config = AutoConfig.from_pretrained(shared, local_files_only=True)
    model = AutoModelForQuestionAnswering.from_config(config)
    known = model.state_dict()
    below = {f"bert.{name}": values for name, values in load_file(shared / "model.safetensors").items()}
    trained = {name: values.float() for name, values in load_file(WEIGHTS).items()}
    model.load_state_dict({name: values for name, values in below.items() if name in known} | trained)
    return model


def _published(model: str, folder: Path) -> Any:
    """A model that others trained.

    Raises:
        EncoderError: it was not made to find answers; transformers would give it a last layer of random numbers.

    """
    from transformers import AutoConfig, AutoModelForQuestionAnswering  # noqa: PLC0415

    weights_sha256(folder, SETTING)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if not any(name.endswith("ForQuestionAnswering") for name in config.architectures or ()):
        raise EncoderError(f"The model {model} was not trained to find answers in a text. Check {SETTING}.")
    return AutoModelForQuestionAnswering.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
