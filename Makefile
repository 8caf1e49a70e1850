# What a new machine needs: Python 3.11, make and a C compiler. Everything else is installed here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-browser lint audit bench fuzz clean

$(VENV)/made: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	touch $@

$(VENV)/made-dev: $(VENV)/made
	$(INSTALL) --editable ".[dev]"
	touch $@

$(VENV)/made-browser: $(VENV)/made-dev
	$(INSTALL) --editable ".[dev,browser]"
	touch $@

$(VENV)/made-fuzz: $(VENV)/made-dev
	$(INSTALL) --editable ".[dev,fuzz]"
	touch $@

$(VENV)/made-bench: $(VENV)/made-dev
	$(INSTALL) --editable ".[dev,bench]"
	touch $@

demo: $(VENV)/made
	$(BIN)/firstday run configs/biren_06082.yaml

test: $(VENV)/made-dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# Debian's Chromium is driven where it is installed or can be; elsewhere the tests are skipped and say why.
test-browser: $(VENV)/made-browser
	command -v chromium >/dev/null || (apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends chromium) >/dev/null || echo "chromium cannot be installed here"
	$(BIN)/python -m pytest tests/browser -rs

lint: $(VENV)/made-dev audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/made-dev
	$(BIN)/python -m pip check
	$(BIN)/python .ci/audit

bench: $(VENV)/made-bench
	$(BIN)/firstday bench

# An hour a target: make fuzz TARGET=past_deals SECONDS=60
TARGET ?= scenario
SECONDS ?= 3600
fuzz: $(VENV)/made-fuzz
	$(BIN)/python tests/fuzz/fuzz.py $(TARGET) -max_total_time=$(SECONDS) -max_len=4000 .fuzz/$(TARGET)

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
