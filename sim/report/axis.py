"""The axis of simple returns that the panels of the histogram share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.report import distribution, numbers, words
from sim.report.run import LogReturnHistogram, Run

# A tail is cut further in when it would press four fifths of the paths into a quarter of the panel.
_LEVELS_OF_AXIS_END = (0.98, 0.95)
_TAIL_TO_CENTRE = 4.0
_LEAST_SPAN = 0.04
SMALL_PANELS = ("open", "high", "low")


@dataclass(frozen=True, slots=True)
class ReturnAxis:
    """Common axis of the panels: simple returns between two multiples of the width of a bar."""

    low: float
    high: float
    width: float


def common_axis(run: Run, beside: Sequence[str] = SMALL_PANELS) -> ReturnAxis:
    """Find the ends of the axis that the close shares with the quantities beside it, and the width of a bar."""
    others = [run.histograms[name] for name in beside]
    close = run.histograms["close"]
    low = min(0.0, distribution.quantile(close, 0.005), *(distribution.quantile(h, 0.02) for h in others))
    high = max(0.0, _upper_end(close, 0.995), *(_upper_end(h, 0.98) for h in others))
    if high - low < _LEAST_SPAN:
        middle = 0.5 * (low + high)
        low, high = middle - 0.5 * _LEAST_SPAN, middle + 0.5 * _LEAST_SPAN
    # Twice the cube root of the count (the Rice rule) keeps the bars of a short run from being all noise.
    pieces = min(120.0, max(14.0, 2.0 * words.listed_paths(run) ** (1.0 / 3.0)))
    width = distribution.nice_width(high - low, pieces)
    # Room on both sides keeps the offer price and the outermost bars off the edge.
    room = max(width, 0.03 * (high - low))
    first = max(math.floor((low - room) / width), math.ceil(-1.0 / width))
    return ReturnAxis(first * width, math.ceil((high + room) / width) * width, width)


def _upper_end(histogram: LogReturnHistogram, highest: float) -> float:
    """Return that ends the axis on the right: a quantile that leaves the bulk of the paths room."""
    centre = distribution.quantile(histogram, 0.9) - distribution.quantile(histogram, 0.1)
    bottom = distribution.quantile(histogram, 0.005)
    for level in (highest, *_LEVELS_OF_AXIS_END):
        end = distribution.quantile(histogram, level)
        if end - bottom <= _TAIL_TO_CENTRE * centre or centre <= 0.0:
            return end
    return end


def decimals_of(step: float) -> int:
    """Count the decimals that a round step needs: none for 5, one for 2.5, two for 0.02."""
    return next(decimals for decimals in range(12) if math.isclose(step, round(step, decimals), rel_tol=1e-9))


def percent_tick(value: float, step: float) -> str:
    return (
        numbers.rounded(100.0 * value, decimals_of(100.0 * step), signed=True, minus=numbers.PRINTED_MINUS)
        + "%"
    )
