# What a new machine needs: Python 3.11, make and a C compiler. Everything else is installed here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint bench clean

$(VENV)/made: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/made-dev: $(VENV)/made
	$(INSTALL) --editable ".[dev]"
	touch $@

$(VENV)/made-bench: $(VENV)/made-dev
	$(INSTALL) --editable ".[dev,bench]"
	touch $@

demo: $(VENV)/made
	$(BIN)/firstday run configs/biren_06082.yaml

test: $(VENV)/made-dev
	$(BIN)/python -m pytest

lint: $(VENV)/made-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/made-bench
	$(BIN)/firstday bench

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
