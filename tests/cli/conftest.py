"""The command line in this process, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_deals import DEAL, small_market

import sim.cli

COLOURFUL = {"FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "PY_COLORS", "COLUMNS"}


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    """The scenario file of the made-up deal, with its own market file beside it."""
    market = small_market().model_dump(mode="json")
    (tmp_path / "market.yaml").write_text(json.dumps(market), encoding="utf-8")
    path = tmp_path / "deal.yaml"
    path.write_text(json.dumps({**DEAL, "market": "./market.yaml"}), encoding="utf-8")
    return path


@pytest.fixture
def firstday(monkeypatch, capsys, tmp_path) -> Command:
    """Return a function that runs the command in this process, in an empty folder."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in COLOURFUL:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["firstday", *map(str, arguments)])
        code = 0
        try:
            sim.cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def without_pictures(monkeypatch) -> None:
    """Leave the pictures of a run out: they take a second."""
    monkeypatch.setattr("sim.report.plots.draw_run", lambda *_: ())


@pytest.fixture(scope="session")
def plain_environment() -> Mapping[str, str]:
    """The environment without what would colour the output of a subprocess; warnings are errors."""
    plain = {name: value for name, value in os.environ.items() if name not in COLOURFUL}
    return {**plain, "PYTHONWARNINGS": "error"}


@pytest.fixture
def process(plain_environment, tmp_path) -> Command:
    """Return a function that runs ``python ARGUMENTS`` as a process of its own, in an empty folder."""
    here = tmp_path / "there"
    here.mkdir()

    def run(*arguments: object) -> Said:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=here,
            env=plain_environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run
