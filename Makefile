# One command for each thing. CI runs these very words.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# A process of tests for each core, and one thread in each, or they would wait for each other. The
# tests of a file stay together: they share what is costly to make.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --dist loadfile

.PHONY: demo test mutants gestures sanitize lint docs bench lock clean

demo: $(VENV)/demo  ## the whole journey on real photographs of solar cells
	$(BIN)/handful demo

test: $(VENV)/dev  ## every test, the browser's too, on every core
	VENV=$(VENV) sh scripts/chromium.sh
	sh scripts/strace.sh
	$(PYTEST) --durations=20

mutants: $(VENV)/dev  ## faults put into a copy of the code on purpose: does a test notice each?
	$(BIN)/python -m tests.mutants

sanitize: $(VENV)/dev  ## all kernel tests, their C watched by gcc's sanitizers
	$(BIN)/python -m tests.kernels.sanitizer

gestures: $(VENV)/dev  ## a thousand random gestures, moves, imports and kills: no label is lost
	HANDFUL_GESTURES=1000 $(BIN)/python -m pytest tests/active/test_never_lost.py

lint: $(VENV)/dev  ## form and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/docs  ## the documentation, as pages under site/
	$(BIN)/sphinx-build -W --keep-going -q -b html docs site
	@echo "site/index.html"

bench: $(VENV)/dev  ## every claim of docs/benchmarks.md, measured on this machine
	$(BIN)/python -m benchmarks

lock: $(VENV)/dev $(VENV)/docs  ## renew constraints.txt from what is installed now
	$(BIN)/python scripts/lock.py

clean:
	rm -rf .venv .venv-* site .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "handful needs Python 3.11 or newer; try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[dev,torch]'
	@touch $@

$(VENV)/docs: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[docs]'
	@touch $@
