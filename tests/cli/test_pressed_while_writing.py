"""Ctrl-C while a command writes what it has found: a whole result is written, a second press ends it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

FINISHING = "interrupted: finishing what is under way; press again to quit at once\n"
WRITERS = {
    "compare": ("sim.report.style.save_figure", ("--set", "over_allotment.fraction=0", "--paths", 1_000)),
    "sensitivity": ("sim.report.style.save_figure", ("--method", "tornado", "--paths", 1_000)),
    "backtest": (
        "sim.report.backtest_plots.backtest_plots",
        ("--from", "2026-06-20", "--stage", "t1", "--paths", 500),
    ),
}


@pytest.fixture
def written(monkeypatch, firstday, deal):
    """Return a function that runs a command whose first picture is drawn after so many presses of Ctrl-C."""

    def run(command: str, presses: int):
        draws, arguments = WRITERS[command]
        module, name = draws.rsplit(".", 1)
        usual = getattr(__import__(module, fromlist=[name]), name)

        def pressed(*drawn: object) -> object:
            monkeypatch.setattr(draws, usual)
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)
            return usual(*drawn)

        monkeypatch.setattr(draws, pressed)
        scenario = () if command == "backtest" else (deal,)
        return firstday(command, *scenario, *arguments, "--json", "--out", "found")

    return run


@pytest.mark.parametrize("command", WRITERS)
def test_one_press_lets_a_whole_result_be_written(written, command):
    said = written(command, presses=1)
    assert (said.code, said.err) == (0, FINISHING)
    assert said.out
    assert list(Path("found").glob("*.json"))
    assert list(Path("found").glob("*.png"))


@pytest.mark.parametrize("command", WRITERS)
def test_a_second_press_ends_it_with_nothing_written(written, command):
    said = written(command, presses=2)
    assert (said.code, said.out, said.err) == (130, "", FINISHING + "interrupted\n")
    assert list(Path().iterdir()) == []
