"""The console table of a back-test: the score against the best baseline first, then the figures behind it.

Formatting only; every number comes from the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.backtest.scoring import PairedDifference, brier, interval_coverage, paired_difference, uniformity_p
from sim.report.numbers import MISSING
from sim.report.printer import Printer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sim.backtest.result import BacktestResult

STAGE_IN_WORDS = {"t0": "T0, at launch", "t1": "T1, after allotment", "t2": "T2, after the grey market"}


def print_backtest(result: BacktestResult, console: Console, files: Iterable[str | Path] = ()) -> None:
    """Print the scores of a back-test.

    Parameters
    ----------
    result
        What the back-test found.
    console
        Where to print; nothing is wider than 100 columns.
    files
        Files or directories written, named at the end.
    """
    printer = Printer(console)
    line = printer.line
    for stage in result.stages:
        line(headline(result, stage), "bold")
        if result.at(stage):
            printer.table(_scores_table(result, stage))
            line(_calibration(result, stage))
        left_out = left_out_in_words(result, stage)
        if left_out:
            line(left_out)
        line("")
    line(
        "CRPS (smaller is better) and log score (larger is better) are of the log return of the close. Ratio: "
        "CRPS of the model over that of the row. Gain: CRPS of the row less that of the model, with its 95% "
        "bootstrap interval over listing days. Brier: of the probability of a close below the offer.",
        "dim",
    )
    if result.partial:
        line("note: interrupted; the figures rest on the deals forecast so far", "yellow")
    for note in result.notes:
        line(f"note: {note}", "yellow")
    printer.files(files)


def best_baseline(result: BacktestResult, stage: str) -> str | None:
    """Return the name of the baseline with the smallest mean CRPS, ``None`` where there is none."""
    means = {name: values.mean() for name, values in result.scores(stage).items() if name != result.main}
    return min(means, key=lambda name: float(means[name])) if means else None


def difference(result: BacktestResult, stage: str, name: str) -> PairedDifference:
    """Return the mean CRPS of the reported forecaster less that of another, with its bootstrap interval."""
    scores = result.scores(stage)
    return paired_difference(scores[result.main], scores[name], [each.list_date for each in result.at(stage)])


def headline(result: BacktestResult, stage: str) -> str:
    """Say the score of a stage in one line, against the best baseline."""
    where, scored = STAGE_IN_WORDS[stage], len(result.at(stage))
    forecast = sum(each.stage == stage for each in result.forecasts)
    if not scored:
        return f"{where}: {forecast} deals forecast, none with an outcome to score"
    crps = float(result.scores(stage)[result.main].mean())
    deals = f"{scored} deal{'' if scored == 1 else 's'}"
    start = f"{where}: CRPS {crps:.4f} on {deals}"
    best = best_baseline(result, stage)
    if best is None:
        return start
    ratio = crps / float(result.scores(stage)[best].mean())
    return f"{start}, {ratio:.3f} of {_in_words(best)}"


def left_out_in_words(result: BacktestResult, stage: str) -> str:
    """Say how many deals a stage leaves out, and why; empty where none."""
    reasons = Counter(each.reason for each in result.left_out if each.stage == stage)
    return (
        "left out: " + ", ".join(f"{n} with {why}" for why, n in sorted(reasons.items())) if reasons else ""
    )


def _in_words(name: str) -> str:
    return name.replace("_", " ")


def _scores_table(result: BacktestResult, stage: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "CRPS", "ratio", "gain", "95% low", "high", "log", "Brier"):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    scores, logs = result.scores(stage), result.scores(stage, "log_score")
    model = float(scores[result.main].mean())
    for name, values in sorted(scores.items(), key=lambda item: (item[0] != result.main, item[1].mean())):
        mean = float(values.mean())
        ratio, gap = "", ["", "", ""]
        if name != result.main:
            found = difference(result, stage, name)
            ratio = f"{model / mean:.3f}" if mean > 0.0 else MISSING
            gap = [f"{value:+.4f}" for value in (-found.mean, -found.high, -found.low)]
        below = brier(*result.below_offer(stage, name))
        log = float(logs[name].mean())
        table.add_row(_in_words(name), f"{mean:.4f}", ratio, *gap, f"{log:+.3f}", f"{below:.3f}")
    return table


def _calibration(result: BacktestResult, stage: str) -> str:
    pits = result.pits(stage)
    shares = ", ".join(f"{level}% interval {share:.0%}" for level, share in interval_coverage(pits).items())
    return f"outcomes inside the {shares}; PIT uniform at p = {uniformity_p(pits):.2g}"
