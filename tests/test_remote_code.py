"""A model's own code is never run, whatever its configuration asks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from conftest import ROOT

from index.encoder import DEFAULT_MODEL, model_folder

if TYPE_CHECKING:
    from pathlib import Path

ENCODE = """
import sys
from index.encoder import SentenceTransformerEncoder
print(SentenceTransformerEncoder(sys.argv[1]).encode(["A heron stopped the tram."]).shape)
"""


def test_code_that_a_model_brings_along_is_not_run(tmp_path: Path) -> None:
    folder, proof = tmp_path / "model", tmp_path / "it-ran"
    folder.mkdir()
    for part in model_folder(DEFAULT_MODEL, "EMBEDDING_MODEL").iterdir():
        (folder / part.name).symlink_to(part)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").unlink()
    asked = {"AutoConfig": "own_code.OwnConfig", "AutoModel": "own_code.OwnModel"}
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": asked}), encoding="utf-8")
    (folder / "own_code.py").write_text(
        f"from pathlib import Path\nfrom transformers import BertConfig, BertModel\nPath({str(proof)!r}).touch()\n\n\n"
        "class OwnConfig(BertConfig):\n    pass\n\n\nclass OwnModel(BertModel):\n    config_class = OwnConfig\n",
        encoding="utf-8",
    )
    # Code of models is copied to a folder under HF_HOME before it is run.
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    told = subprocess.run(
        [sys.executable, "-c", ENCODE, str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not proof.exists()
    assert told.stdout == "(1, 384)\n", told.stderr
