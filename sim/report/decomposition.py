"""What makes the mean log return of the close: its parts and their sum, each with its standard error."""

from __future__ import annotations

import math

from sim.report import offer_shares
from sim.report.run import Run, number_of

_NAMES = {
    "valuation_and_heat": "valuation and heat",
    "scarcity": "scarcity",
    "stabilisation": "stabilisation",
}


def parts(run: Run) -> dict[str, tuple[float, float]]:
    """Return each part and its error, by its name in words."""
    values, errors = run.summary["decomposition"], run.summary["decomposition_se"]
    return {told: (number_of(values[name]), number_of(errors[name])) for name, told in _NAMES.items()}


def total(run: Run) -> tuple[float, float]:
    """Mean log return of the close and its standard error.

    The parts are dependent, so their errors do not add up; that of the whole comes from the histogram of it. The
    histogram knows nothing of a method of variance reduction: then the sum of the parts' errors bounds it.
    """
    told = parts(run).values()
    whole = sum(value for value, _ in told)
    if offer_shares.is_reduced(run):
        return whole, sum(error for _, error in told)
    histogram = run.histograms["close"]
    centres = 0.5 * (histogram.edges[1:] + histogram.edges[:-1])
    paths = int(histogram.counts.sum()) + histogram.at_offer
    if paths < 2:
        return whole, math.nan
    mean = float(histogram.counts @ centres) / paths
    squares = float(histogram.counts @ (centres - mean) ** 2) + histogram.at_offer * mean**2
    return whole, math.sqrt(squares / (paths - 1) / paths)
