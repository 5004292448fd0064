"""What indexing costs: `make bench`; `ARGS=--save` writes the README's table.

A corpus is made by rule: paragraphs of one to three sentences drawn from the seed articles and, where they lie beside
the project, from the public sets, so that hardly two are alike. Each step is a process of its own, as a person would
start it, so that its time and its peak memory are its own. "Bare" is sentence-transformers' own `encode` over a tenth
of the same texts, before and after the build, in the same run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
import public_sets

from index.encoder import DEFAULT_MODEL, model_folder
from index.passages import sentences

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
PARAGRAPHS = 10  # of an article
START, END = "<!-- bench -->", "<!-- /bench -->"
# The library as it comes, over the texts in a file; prints texts a second.
BARE = """
import json, sys, time
from pathlib import Path
from sentence_transformers import SentenceTransformer
texts = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
model = SentenceTransformer(sys.argv[1], local_files_only=True)
model.encode(texts[:64])
started = time.perf_counter()
model.encode(texts, normalize_embeddings=True)
print(len(texts) / (time.perf_counter() - started))
"""


@dataclass(frozen=True)
class Step:
    """What a process took: wall time in seconds, peak memory in bytes, and what it printed."""

    seconds: float
    memory: int
    printed: str


def run(*arguments: str) -> Step:
    """Run Python with these arguments in the project's folder."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        out.seek(0)
        printed = out.read()
    if process.returncode:
        raise click.ClickException(f"{' '.join(arguments)} ended with {process.returncode}:\n{printed}")
    return Step(seconds, usage.ru_maxrss * 1024, printed)


def pool() -> list[str]:
    """Sentences to draw from."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
    for name in public_sets.available():
        texts += [article["text"] for article in public_sets.articles(name)]
    spans = ((text, span) for text in texts for span in sentences(text))
    return sorted({text[s.start : s.end].replace("\n", " ") for text, s in spans if 20 <= s.end - s.start <= 400})


def write(folder: Path, numbers: range, drawn: list[str], chance: random.Random) -> None:
    """Articles of these numbers."""
    for number in numbers:
        file = folder / f"{number // 100:04}" / f"{number:06}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        paragraphs = (" ".join(chance.sample(drawn, chance.choice((1, 1, 2, 3)))) for _ in range(PARAGRAPHS))
        file.write_text("\n\n".join(paragraphs), encoding="utf-8")


def bare(texts: list[str], folder: Path) -> float:
    """Texts a second that the library encodes by itself."""
    file = folder / "texts.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    return float(run("-c", BARE, str(model_folder(DEFAULT_MODEL, "EMBEDDING_MODEL")), str(file)).printed)


def measured(passages: int, folder: Path) -> list[str]:
    """The table, for a corpus of at least so many passages."""
    corpus, index = folder / "corpus", folder / "index"
    chance, drawn = random.Random(0), pool()  # the same corpus in every run
    articles = -(-passages // PARAGRAPHS)
    write(corpus, range(articles), drawn, chance)
    paragraphs = [p for path in sorted(corpus.rglob("*.txt")) for p in path.read_text(encoding="utf-8").split("\n\n")]
    parts = (paragraph[s.start : s.end] for paragraph in paragraphs for s in sentences(paragraph))
    texts = sorted({*paragraphs, *parts})
    sample = chance.sample(texts, len(texts) // 10)
    build = ("-m", "index", "build", "--corpus", str(corpus), "--index-dir", str(index), "--keep", "0")
    before = bare(sample, folder)
    full = run(*build)
    rate = (before + bare(sample, folder)) / 2
    same = run(*build)
    write(corpus, range(articles // 100), drawn, chance)
    few = run(*build)
    checked = run("-m", "index", "verify", "--index-dir", str(index))
    asked = run("-m", "bot", "ask", "--index-dir", str(index), "Who denied involvement in the attack?")
    size = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    held = " ".join(full.printed.split("\n")[0].split()[3:])

    def row(name: str, step: Step, note: str) -> str:
        return f"| {name} | {step.seconds:.1f} s | {step.memory / 1024**2:,.0f} MiB | {note} |"

    speed = len(texts) / full.seconds
    return [
        f"{held} {len(texts):,} texts to embed; {size / 1024**2:,.0f} MiB on disk.",
        "",
        "| step | time | peak memory | |",
        "|---|---|---|---|",
        row("full build", full, f"{speed:.0f} texts a second, {speed / rate:.2f} of bare encoding ({rate:.0f})"),
        row("nothing changed", same, f"{100 * same.seconds / full.seconds:.1f} % of the full build"),
        row("1 % of the articles changed", few, f"{100 * few.seconds / full.seconds:.1f} % of the full build"),
        row("`verify`", checked, "every byte read again"),
        row("start to first answer", asked, "loading the model included"),
    ]


def write_into_readme(start: str, table: str, end: str) -> None:
    """Put a table between two marks of the README."""
    path = ROOT / "README.md"
    before, rest = path.read_text(encoding="utf-8").split(start)
    path.write_text(f"{before}{start}\n{table}\n{end}{rest.split(end)[1]}", encoding="utf-8")


@click.command()
@click.option("--passages", default=50_000, show_default=True, help="How many passages to index.")
@click.option("--save", is_flag=True, help="Write the table into the README.")
def main(passages: int, save: bool) -> None:
    """Measure what indexing costs."""
    with tempfile.TemporaryDirectory() as folder:
        table = "\n".join(measured(passages, Path(folder)))
    click.echo(table)
    if save:
        write_into_readme(START, table, END)


if __name__ == "__main__":
    main()
