"""The console tables of a comparison: each scenario against the first, every difference with its paired error.

Formatting only; every number comes from the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.estimates import Estimate
from sim.report import numbers
from sim.report.numbers import MISSING
from sim.report.printer import Printer
from sim.report.run import STAGE_IN_WORDS, currency_sign
from sim.studies.metrics import METRICS, Difference, Metric

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sim.studies.compare import Compared, Comparison, Contrast

SHOWN = tuple(name for name in METRICS if name not in ("q0.01", "q0.1", "q0.9", "q0.99", "mean_vwap"))
"""Metrics of the printed table; files hold all."""
_CHANCES_OF_NOTHING = ("withdrawn", "stabilised", "exhausted", "exercised", "purchases")


def print_comparison(comparison: Comparison, console: Console, files: Iterable[Path] = ()) -> None:
    """Print a comparison.

    Parameters
    ----------
    comparison
        What was found.
    console
        Where to print; nothing is wider than 100 columns, or than the console where that is narrower.
    files
        Files or directories written, named at the end.
    """
    printer = Printer(console)
    line = printer.line
    line(header(comparison.base), "bold")
    line(
        f"{comparison.paths:,} paths, seed {comparison.seed}, the same random numbers in every scenario",
        "dim",
    )
    if comparison.paths == 0:
        line("No figure to report: stopped before the first paths were done", "bold red")
        return
    for other, contrast in zip(comparison.compared[1:], comparison.contrasts, strict=True):
        line(f"\n{other.label}", "bold")
        line(sentence(comparison, contrast), "bold green")
        printer.table(_table(comparison, other, contrast))
    line("differences of returns and chances are in percentage points, +- their paired standard error", "dim")
    line("variance reduction: times as many independent paths that would give the same error", "dim")
    for note in comparison.notes:
        line(f"note: {note}", "yellow")
    if comparison.partial:
        line("note: interrupted; the figures rest on the paths that every scenario has played", "yellow")
    printer.files(files)


def header(compared: Compared) -> str:
    """Name the deal that the others are held against."""
    deal = compared.scenario
    stage = STAGE_IN_WORDS.get(deal.stage, deal.stage)
    return f"{compared.label} ({deal.code}, {deal.venue.upper()}), {stage}"


def sentence(comparison: Comparison, contrast: Contrast) -> str:
    """Say what a scenario does to the mean close and to the chance of a loss."""
    if contrast.unchanged:
        return "Nothing changes: every path is the same, bit for bit"
    base, own = comparison.base.values, comparison.compared[1 + comparison.contrasts.index(contrast)].values
    if not math.isfinite(contrast.differences["mean"].value):
        return "No difference to report: one of the two lists on no path"
    parts = []
    for name, words in (("mean", "mean close"), ("below", "chance of closing below the offer")):
        gap = contrast.differences[name]
        before, after = (value_of(name, each[name], comparison) for each in (base, own))
        # A paired difference may be far smaller than the digits that either value supports.
        values = f"from {before} to {after}" if before != after else f"both {before}"
        parts.append(f"{words} {gap_of(name, gap, comparison)} points, {values}")
    return "; ".join(parts)


def value_of(name: str, estimate: Estimate, comparison: Comparison) -> str:
    """Write the value of a metric with the digits that its error supports."""
    return kind_value(METRICS[name], estimate, currency_sign(comparison.base.scenario))


def gap_of(name: str, gap: Difference, comparison: Comparison) -> str:
    """Write a difference and its standard error: percentage points for returns and chances."""
    return kind_gap(METRICS[name], gap, currency_sign(comparison.base.scenario))


def kind_value(metric: Metric, estimate: Estimate, sign: str = "") -> str:
    """Write the value of a metric, an amount with its currency's sign."""
    if metric.kind == "return":
        return numbers.percent(estimate.value, estimate.se, signed=metric.name != "sd")
    if metric.kind in ("chance", "fraction"):
        return numbers.probability(estimate.value, estimate.se)
    if metric.kind == "shares":
        return numbers.counted(estimate.value, estimate.se)
    return numbers.money(estimate.value, estimate.se, sign=sign)


def kind_gap(metric: Metric, gap: Difference, sign: str = "") -> str:
    """Write a difference of a metric and its standard error, an amount with its currency's sign."""
    if not math.isfinite(gap.value) or not math.isfinite(gap.se):
        return MISSING
    if gap.se == 0.0 == gap.value:
        return "0"
    if metric.kind == "shares":
        plus = "+" if gap.value > 0.0 else ""
        return f"{plus}{numbers.counted(gap.value, gap.se)} +- {numbers.counted(gap.se, gap.se)}"
    if metric.kind == "price":
        shown = numbers.rounded(gap.value, numbers.supported_decimals(gap.se, 4), signed=True)
        # The sign of the currency stands after that of the number, which zero has none of.
        at = 1 if shown[0] in "+-" else 0
        return f"{shown[:at]}{sign}{shown[at:]} +- {numbers.money_error(gap.se, most=4)}"
    decimals = numbers.supported_decimals(100.0 * gap.se, 4)
    error = numbers.error_percent(gap.se, gap.se, most=4).removesuffix("%")
    return f"{numbers.rounded(100.0 * gap.value, decimals, signed=True)} +- {error}"


def reduction_of(gap: Difference) -> str:
    """Write a variance reduction with two digits, ``x 4,100``."""
    factor = gap.variance_reduction
    if math.isnan(factor):
        return MISSING
    if math.isinf(factor):
        return "exact"
    decimals = 1 - math.floor(math.log10(factor)) if factor > 0.0 else 1
    return f"x {numbers.rounded(factor, min(decimals, 1))}"


def _table(comparison: Comparison, other: Compared, contrast: Contrast) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), collapse_padding=True, pad_edge=False)
    for at, name in enumerate(("", "base", "this", "difference +- se", "variance reduction")):
        table.add_column(name, justify="right" if at else "left", overflow="fold")
    for name in SHOWN:
        base, own = comparison.base.values[name], other.values[name]
        gap = contrast.differences.get(name)
        idle = base.value in (0.0, 1.0) and own.value == base.value
        if idle and name in _CHANCES_OF_NOTHING:
            continue
        # A price in another currency has no place beside the base's.
        cells = (
            (value_of(name, base, comparison), MISSING, MISSING, MISSING)
            if gap is None
            else (
                value_of(name, base, comparison),
                value_of(name, own, comparison),
                gap_of(name, gap, comparison),
                reduction_of(gap),
            )
        )
        style = "bold" if name in ("mean", "below") else ""
        table.add_row(Text(METRICS[name].label), *(Text(cell) for cell in cells), style=style)
    return table
