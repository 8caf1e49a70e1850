"""Sentences that pictures and table share, so that both say the same thing in the same words."""

from __future__ import annotations

import math

from sim.report import distribution, numbers
from sim.report.run import STAGE_IN_WORDS, Run, statistic

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
    """Quantile of the simple return from the summary, and its standard error from the histogram."""
    value = statistic(run.summary, "returns", quantity, level)
    return value, distribution.quantile_error(run.histograms[quantity], float(level))


def quantile_price(run: Run, quantity: str, level: str) -> tuple[float, float]:
    """Quantile of the price from the summary, in currency, with its standard error.

    The error is that of the return scaled to the price. Before pricing the offer price varies as well, and
    the error is right in size only, which is all that rounding asks.
    """
    price = statistic(run.summary, "prices", quantity, level)
    value, error = quantile_return(run, quantity, level)
    if not (math.isfinite(price) and math.isfinite(error)) or value <= -1.0:
        return price, math.nan
    return price, error * price / (1.0 + value)


def headline_range(run: Run, minus: str = numbers.PLAIN_MINUS) -> tuple[str, str, str]:
    """Median and both ends of the 80% band of the close, rounded for a headline."""
    median, low, high = (
        numbers.headline_percent(*quantile_return(run, "close", level), minus=minus)
        for level in ("0.5", "0.1", "0.9")
    )
    return median, low, high
