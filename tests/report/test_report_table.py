"""The console table: the answer first, nothing wider than 100 columns, the words promised."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from sim.report.printer import WIDTH
from sim.report.table import print_run


def printed(run: Any, width: int = 140, files: Iterable[str | Path] = ()) -> str:
    stream = io.StringIO()
    print_run(run, Console(file=stream, width=width, force_terminal=False), files)
    return stream.getvalue()


@pytest.mark.parametrize("width", [140, 100, 80, 60])
def test_no_line_is_wider_than_the_console_or_100(any_run: Any, width: int) -> None:
    text = printed(any_run, width)
    assert max(cell_len(line) for line in text.splitlines()) <= min(width, WIDTH)
    # A figure cut by an ellipsis would be a wrong figure.
    assert "…" not in text


def test_the_answer_comes_first(biren: Any) -> None:
    lines = printed(biren).splitlines()
    assert lines[0] == "Biren Technology (06082, HKEX), T1: after allotment; lists 2 January 2026"
    assert lines[1] == "100,000 paths, seed 6082"
    assert lines[2] == "Close: median +47% (HK$28.7), 80% between +1.2% and +121%;"
    assert lines[3] == "6.2% +- 0.1% chance of closing below the offer"


def test_all_quantiles_stand_in_100_columns(biren: Any) -> None:
    text = printed(biren, 100)
    for name in ("5%", "10%", "25%", "median", "75%", "90%", "95%", "mean +- se", "sd"):
        assert f" {name}" in text
    for name in ("open", "high", "low", "close", "VWAP"):
        assert text.count(f"\n {name} ") == 1
        assert text.count(f"\n {name}, HK$ ") == 1


def test_a_narrow_console_keeps_the_median(biren: Any) -> None:
    text = printed(biren, 80)
    assert "median" in text
    assert "10%" in text
    assert " 25% " not in text


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("biren", "theme heat +0.21 +- 0.17 from 2 peers"),
        ("biren", "  MetaX          log return +2.07, venue mean +1.09, weight 0.71, adds +0.10"),
        ("biren", "demand: public offer covered 2,348x, placing covered 25.95x"),
        (
            "biren",
            "float at listing 179.7m shares = 73% of the base offer, worth HK$3.52bn at the offer price",
        ),
        (
            "biren",
            "mean log return: valuation and heat +0.312, scarcity +0.148, stabilisation +0.006 = +0.466 +- 0.001",
        ),
        (
            "biren",
            "greenshoe: manager buys 3.0m shares on average, 7.0% of its short of 42.7m; "
            "option used on 91.0%",
        ),
        ("biren", "note: spread of the theme's heat is 0.17 log points: two peers say little"),
        ("star", "greenshoe: none, no shares over-allotted"),
        ("launch", "demand: not observed yet"),
        ("launch", "32.0% +- 0.2% chance of closing below the offer if it lists;"),
        ("launch", "12.3% +- 0.1% chance that the deal is withdrawn"),
        ("all_withdrawn", "No price to report: the deal is withdrawn on all 10,000 paths"),
    ],
)
def test_lines_promised(make: Callable[[str], Any], name: str, line: str) -> None:
    assert line in printed(make(name)).splitlines()


def test_a_run_stopped_at_once_is_no_withdrawal(make: Callable[[str], Any]) -> None:
    text = printed(replace(make("all_withdrawn"), paths=0, partial=True))
    assert "No price to report: the run was stopped before its first paths were done" in text
    assert "withdrawn" not in text


def test_files_are_named_whole_at_the_end(biren: Any) -> None:
    long = Path("runs") / ("x" * 150) / "histogram.png"
    lines = printed(biren, 80, [long, "runs/biren"]).splitlines()
    assert lines[-2:] == [f"-> {long}", "-> runs/biren"]


def test_brackets_in_a_name_are_no_markup(biren: Any) -> None:
    run = replace(biren, scenario=replace(biren.scenario, name="[red]Biren[/red] [B]"))
    assert "[red]Biren[/red] [B] (06082" in printed(run)


def test_printing_needs_no_drawing_library() -> None:
    heavy = "{'matplotlib', 'scipy', 'pandas', 'numba'}"
    code = f"import sys, sim.report.table; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
