"""Sentences that pictures and table share, so that both say the same thing in the same words."""

from __future__ import annotations

from sim.report import numbers
from sim.report.run import STAGE_IN_WORDS, Run, quantile

QUANTITIES = ("open", "high", "low", "close", "vwap")


def stage_in_words(run: Run) -> str:
    """Say at which stage the run stands, ``T1: after allotment``."""
    return STAGE_IN_WORDS.get(run.stage, run.stage)


def day_in_words(run: Run) -> str:
    """Write the listing date, ``2 January 2026``."""
    day = run.scenario.list_date
    return f"{day.day} {day:%B %Y}"


def listed_paths(run: Run) -> int:
    """Count the paths on which the deal lists."""
    return run.histograms["close"].total


def paths_in_words(run: Run) -> str:
    """Count the paths, ``100,000 paths``, and say when an interruption cut them short."""
    text = f"{run.paths:,} path{'' if run.paths == 1 else 's'}"
    return f"{text} (interrupted)" if run.partial else text


def quantile_return(run: Run, quantity: str, level: str) -> tuple[float, float]:
    """Quantile of the simple return and its standard error, NaN where the run has none."""
    return quantile(run.summary, "returns", quantity, level)


def quantile_price(run: Run, quantity: str, level: str) -> tuple[float, float]:
    """Quantile of the price and its standard error, in currency, NaN where the run has none."""
    return quantile(run.summary, "prices", quantity, level)


def headline_range(run: Run, minus: str = numbers.PLAIN_MINUS) -> tuple[str, str, str]:
    """Median and both ends of the 80% band of the close, rounded for a headline."""
    median, low, high = (
        numbers.headline_percent(*quantile_return(run, "close", level), minus=minus)
        for level in ("0.5", "0.1", "0.9")
    )
    return median, low, high
