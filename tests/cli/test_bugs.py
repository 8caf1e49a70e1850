"""A bug exits with 1: one line for users, the traceback under ``--debug``."""

from __future__ import annotations

import pytest

_PROGRAM = """
import sys
import sim.simulation
from sim.cli import main

def broken(*_, **__):
    raise RuntimeError("the planted bug")

sim.simulation.simulate = broken
sys.argv = ["firstday", *sys.argv[1:]]
main()
"""


@pytest.fixture
def broken(monkeypatch):
    def bug(*_: object, **__: object) -> None:
        raise RuntimeError("the planted bug")

    monkeypatch.setattr("sim.simulation.simulate", bug)


@pytest.mark.usefixtures("broken")
def test_a_bug_is_told_in_one_line(firstday, deal):
    said = firstday("run", deal)
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[-1].startswith("firstday: a bug: RuntimeError: the planted bug; ")
    assert "--debug" in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("broken")
def test_debug_lets_a_bug_through(firstday, deal):
    with pytest.raises(RuntimeError, match="the planted bug"):
        firstday("--debug", "run", deal)


def test_a_process_exits_with_1_and_its_traceback(process, deal):
    said = process("-c", _PROGRAM, "--debug", "run", deal)
    assert (said.code, said.out) == (1, "")
    assert "Traceback (most recent call last)" in said.err
    assert said.err.rstrip().endswith("RuntimeError: the planted bug")


def test_debug_changes_nothing_about_invalid_input(firstday):
    said = firstday("--debug", "run", "nowhere.yaml")
    assert said.code == 2
    assert "Traceback" not in said.err
