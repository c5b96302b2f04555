# One command for each thing. CI runs these very words.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test sanitize lint docs bench lock clean

demo: .venv/demo  ## the whole journey on real photographs of solar cells
	$(BIN)/handful demo

test: .venv/dev  ## every test, the browser's too
	sh scripts/chromium.sh
	sh scripts/strace.sh
	$(BIN)/python -m pytest

sanitize: .venv/dev  ## all kernel tests, their C watched by gcc's sanitizers
	$(BIN)/python -m tests.kernels.sanitizer

lint: .venv/dev  ## form and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/docs  ## the documentation, as pages under site/
	$(BIN)/sphinx-build -W --keep-going -q -b html docs site
	@echo "site/index.html"

bench: .venv/dev  ## every claim of docs/benchmarks.md, measured on this machine
	$(BIN)/python -m benchmarks

lock: .venv/dev .venv/docs  ## renew constraints.txt from what is installed now
	$(BIN)/python scripts/lock.py

clean:
	rm -rf .venv site .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "handful needs Python 3.11 or newer; try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv .venv

.venv/demo: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[demo]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[dev,torch]'
	@touch $@

.venv/docs: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[docs]'
	@touch $@
