# Two commands do everything: `make run` and `make test`. Nothing else needs to be installed but Python >= 3.11.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/installed

.PHONY: setup run test quick lint mutations quality bench lock fit train clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"On the Record needs Python 3.11 or newer, for example: make run PYTHON=python3.12")'
	@echo "Installing into $(VENV), once; this takes a minute or two." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' >&2
	@touch $(STAMP)

run: $(STAMP)
	@$(PY) -m bot

# Left out of `make quick`: they start processes, servers or the real model, or try very many cases, and took more than
# three seconds of processor time each when measured. `make test` begins with them, the longest first, so that no core is
# left with one of them at the end.
SLOW := seed_questions histories store embedding worker qdrant serve_mcp serve crash slack_render terminal copies \
	records slack_server desk slack_answers linear reading_examples slack_process search reader encoder \
	index_cli read_html read_json read_markdown discord_render faults read_pdf console_scripts discord_server \
	quoting watch days slack_admin quotations slack_commands webtext read_rtf generations adding layers read_xml \
	corpus discord_places slack_add discord_app discord_answers build discord_admin verifying docs \
	discord_verify discord_welcome discord_compare metrics discord_add slack_compare highlighted discord_lists \
	slack_lists slack_files follow_histories discord_follow slack_follow
SLOW_FILES := $(SLOW:%=tests/test_%.py)
QUICK_FILES := $(filter-out $(SLOW_FILES),$(wildcard tests/test_*.py))

# `tests/conftest.py` says how many processes. The files stay whole, since tests in them share fixtures. Byte code is kept,
# since tests start many processes.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder

test: lint
	$(PYTEST) $(SLOW_FILES) $(QUICK_FILES)

quick: lint
	$(PYTEST) $(QUICK_FILES)

lint: $(STAMP)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy --config-file tests/mypy.ini tests

# Breaks the program in ways that tests must notice, one at a time; takes half an hour.
mutations: $(STAMP)
	@$(PY) tests/mutations.py $(ARGS)

# How good the answers are, beside naive baselines; needs the public question sets beside the project for most of it.
# ARGS=--save writes the README's table, ARGS=--ablate tells what each part of the ranking is worth.
quality: $(STAMP)
	@$(PY) tests/quality.py $(ARGS)

# What indexing costs, on a corpus made by rule; ARGS=--save writes the README's table. Takes a quarter of an hour.
bench: $(STAMP)
	@$(PY) tests/bench.py $(ARGS)

# requirements.txt, from which the image installs: the packages that running takes, with the hashes of all their files on
# PyPI. Resolved as for a Mac, where torch brings no CUDA; torch itself is left out, since its build differs by machine.
lock: $(STAMP)
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	@MACOSX_DEPLOYMENT_TARGET=14.0 $(VENV)/bin/uv pip compile --quiet --no-config --custom-compile-command 'make lock' \
		--python-version 3.11 --python-platform aarch64-apple-darwin --only-binary :all: --generate-hashes --no-annotate \
		--no-emit-package torch --extra metrics --extra qdrant --extra slack -c constraints.txt -o requirements.txt pyproject.toml

# Fits index/ranking.json on the tuning half of those sets.
fit: $(STAMP)
	@$(PY) tests/fit.py

# Trains what ships as index/reader.safetensors; takes hours, goes on where it was if stopped. ARGS="--examples N" sets how long.
train: $(STAMP)
	@$(PY) tests/train_reader.py $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
