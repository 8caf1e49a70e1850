"""The console tables of a sensitivity: what moves the day most comes first, every figure with its error.

Formatting only; every number comes from the study.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.estimates import Estimate
from sim.report import numbers
from sim.report.compare_table import kind_gap, kind_value
from sim.report.numbers import MISSING
from sim.report.printer import Printer
from sim.report.run import STAGE_IN_WORDS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sim.studies.inputs import Input
    from sim.studies.metrics import Metric
    from sim.studies.sensitivity import Sensitivity
    from sim.studies.sobol import Indices, Sobol
    from sim.studies.stress import Stress
    from sim.studies.tornado import Tornado
    from sim.studies.total_variance import TotalVariance

_KNOWN_AS = {"terms": "a term that could be otherwise", "what if": "a what-if"}
_SHOWN_MOVE = 0.05
"""Standard deviations below which an input's part in a joint move is not named."""


def print_sensitivity(study: Sensitivity, console: Console, files: Iterable[Path] = ()) -> None:
    """Print a sensitivity.

    Parameters
    ----------
    study
        What was found.
    console
        Where to print; nothing is wider than 100 columns, or than the console where that is narrower.
    files
        Files or directories written, named at the end.
    """
    printer = Printer(console)
    line = printer.line
    deal = study.scenario
    stage = STAGE_IN_WORDS.get(deal.stage, deal.stage)
    line(f"{deal.name} ({deal.code}, {deal.venue.upper()}), {stage}: sensitivity", "bold")
    line(f"seed {study.seed}, the same random numbers in every simulation", "dim")
    if study.tornado is not None and study.tornado.bars:
        for metric in study.metrics:
            line("\n" + tornado_sentence(study.tornado, metric), "bold green")
            printer.table(_tornado_table(study.tornado, metric))
        line(
            f"differences of returns and chances in points, +- their paired error, {study.tornado.paths:,} paths",
            "dim",
        )
    if study.stress is not None:
        line("\n" + stress_sentence(study.stress), "bold green")
        printer.table(_stress_table(study.stress))
        line(together_sentence(study.stress))
    if study.sobol is not None:
        for metric in study.metrics:
            line("\n" + sobol_sentence(study.sobol, metric), "bold green")
            printer.table(_sobol_table(study.sobol, study.sobol.indices[metric.name]))
        line(
            f"shares of the variance over the inputs, +- half of a 95% interval; {study.sobol.evaluations:,} "
            f"simulations of {study.sobol.paths:,} paths",
            "dim",
        )
    if study.variance is not None:
        line("\n" + variance_sentence(study.variance), "bold green")
        printer.table(_bands_table(study.variance, study.metrics))
        line(f"{study.variance.draws:,} draws of the parameters, {study.variance.paths:,} paths each", "dim")
    for note in study.notes:
        line(f"note: {note}", "yellow")
    if study.partial:
        line("note: interrupted; what was not finished is left out", "yellow")
    printer.files(files)


def input_value(each: Input, value: float, se: float | None = None) -> str:
    """Write a value of an input, as people know it, with the digits that its error supports."""
    if not math.isfinite(value):
        return MISSING
    if each.unit in ("HK$", "US$", "shares"):
        return numbers.counted(value, se)
    if each.unit == "return":
        return numbers.percent(value, se, signed=True)
    if each.unit == "times" and se is None:
        return numbers.times(value)
    if value == 0.0:
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    if se is not None:
        decimals = numbers.supported_decimals(se, max(decimals, 0))
    return numbers.rounded(value, min(max(decimals, -9), 9))


def tornado_sentence(tornado: Tornado, metric: Metric) -> str:
    """Say the value now and which input moves it most."""
    base = tornado.base[metric.name]
    now = f"{metric.label} {kind_value(metric, base)}"
    widest = max(tornado.bars, key=lambda bar: bar.swing(metric.name))
    if widest.swing(metric.name) == 0.0:
        return f"{now}: no input moves it"
    low, high = (
        kind_value(metric, Estimate(base.value + gap.value, base.se))
        for gap in (widest.low[metric.name], widest.high[metric.name])
    )
    known = "" if widest.input.is_uncertain else f", as {_KNOWN_AS[widest.input.source]},"
    return f"{now}: {widest.input.label}{known} moves it most, from {low} to {high}"


def _tornado_table(tornado: Tornado, metric: Metric) -> Table:
    rows = []
    for bar in sorted(tornado.bars, key=lambda each: -each.swing(metric.name)):
        each = bar.input
        ends = (input_value(each, each.shown(end)) for end in (each.low, each.base, each.high))
        gaps = (kind_gap(metric, gap) for gap in (bar.low[metric.name], bar.high[metric.name]))
        rows.append((each.label, each.source, *ends, *gaps))
    return _table(("input", "from", "low", "now", "high", "at low +- se", "at high +- se"), rows, left=2)


def stress_sentence(stress: Stress) -> str:
    """Say which inputs alone bring the chance of a loss to the level."""
    level = numbers.probability(stress.level)
    now = numbers.probability_with_error(stress.base.value, stress.base.se)
    reached = [each for each in stress.alone if each.value is not None]
    start = f"{level} chance of closing below the offer, {now} now"
    if not reached:
        return f"{start}: no input alone brings it there within its range"
    nearest = reached[0]
    away = (
        "known today" if math.isnan(nearest.deviations) else f"{abs(nearest.deviations):.1f} deviations away"
    )
    return (
        f"{start}: {nearest.input.label} alone brings it there at "
        f"{input_value(nearest.input, nearest.shown().value, nearest.shown().se)}, {away}"
    )


def _stress_table(stress: Stress) -> Table:
    rows = []
    for each in stress.alone:
        known, value = each.input, each.shown()
        low, high = (input_value(known, known.shown(end)) for end in known.limits)
        place = "out of range"
        if each.value is not None:
            place = f"{input_value(known, value.value, value.se)} +- {_error(known, value.se)}"
        away = MISSING if math.isnan(each.deviations) else numbers.rounded(each.deviations, 1, signed=True)
        chances = (numbers.probability(end.value, end.se) for end in each.at_ends)
        rows.append((known.label, known.source, low, high, *chances, place, away))
    names = ("input", "from", "lowest", "highest", "at lowest", "at highest", "reaches it at", "deviations")
    return _table(names, rows, left=2)


def _error(each: Input, se: float) -> str:
    if each.unit == "return":
        return numbers.error_percent(se, se)
    if each.unit in ("HK$", "US$", "shares"):
        return numbers.counted(se, se)
    return numbers.rounded(se, numbers.supported_decimals(se, 9))


def together_sentence(stress: Stress) -> str:
    """Say how far all uncertain inputs go together."""
    together = stress.together
    if together.distance is None:
        return "all that is uncertain together, along the gradient: not within four deviations"
    labels = {each.input.name: each.input.label for each in stress.alone}
    moves = sorted(together.moves.items(), key=lambda item: -abs(item[1][0]))
    named = ", ".join(
        f"{labels[name]} {numbers.rounded(z, 1, signed=True)}"
        for name, (z, _) in moves
        if abs(z) >= _SHOWN_MOVE
    )
    distance = numbers.rounded(together.distance.value, numbers.supported_decimals(together.distance.se, 2))
    return f"all that is uncertain together, along the gradient: {distance} deviations reach it ({named})"


def sobol_sentence(sobol: Sobol, metric: Metric) -> str:
    """Say how uncertain a metric is and which input explains most of it."""
    found = sobol.indices[metric.name]
    if not found.sd > 0.0:
        return f"{metric.label}: the inputs do not move it"
    most = int(found.total.argmax())
    total, reach = float(found.total[most]), float(found.total_reach[most])
    # Half of a 95% interval, as in the table below.
    share = f"{numbers.percent(total, reach / 2.0, most=0)} +- {numbers.percent(reach, most=0)}"
    points = numbers.rounded(100.0 * found.sd, 1) if metric.kind != "shares" else numbers.counted(found.sd)
    return f"{metric.label}: sd {points} over the inputs; {sobol.inputs[most].label} explains {share} in all"


def _sobol_table(sobol: Sobol, found: Indices) -> Table:
    rows = []
    for at in sorted(range(len(sobol.inputs)), key=lambda k: -found.total[k]):
        each = sobol.inputs[at]
        first = f"{found.first[at]:.3f} +- {found.first_reach[at]:.3f}"
        total = f"{found.total[at]:.3f} +- {found.total_reach[at]:.3f}"
        rows.append((each.label, each.source, first.replace("-0.000", "0.000"), total))
    return _table(("input", "from", "alone (first)", "in all (total)"), rows, left=2)


def variance_sentence(split: TotalVariance) -> str:
    """Say which part of the spread is the parameters' and which the day's."""
    share = numbers.percent(split.share.value, split.share.se)
    error = numbers.error_percent(split.share.value, split.share.se)
    own = numbers.rounded(math.sqrt(max(split.total, 0.0)), 3)
    return (
        f"{share} +- {error} of the variance of the log close is the parameters', the rest the day's; "
        f"sd {own} over both, {numbers.rounded(split.widened, 3)} in a run, whose spreads are widened instead"
    )


def _bands_table(split: TotalVariance, metrics: Sequence[Metric]) -> Table:
    rows = []
    for metric in metrics:
        band = split.bands[metric.name]
        known = (Estimate(value, 0.1 * band.sd) for value in band.quantiles)
        rows.append((metric.label, *(kind_value(metric, value) for value in known)))
    return _table(("as the parameters may be", "5%", "median", "95%"), rows, left=1)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), collapse_padding=True, pad_edge=False)
    for at, name in enumerate(names):
        table.add_column(name, justify="left" if at < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
