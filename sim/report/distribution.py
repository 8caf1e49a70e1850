"""Shares, quantiles and bars of a streamed histogram of log returns.

The grid is fine (0.001 in log return), so that mass is spread evenly inside a cell; the paths exactly at the
offer price are an atom at zero and never part of a bar.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.report.run import LogReturnHistogram

# Counts from which on an empty cell between full ones is a gap between ticks and not want of paths.
_PATHS_PER_CELL_ON_TICKS = 20.0
_SHARE_OF_CELLS_ON_TICKS = 0.6


@dataclass(frozen=True, slots=True)
class Shares:
    """Fractions of the paths below, exactly at and above the offer price; they sum to one."""

    below: float
    at_offer: float
    above: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of a histogram over simple returns.

    Parameters
    ----------
    left, right
        Simple returns at the edges of each bar, shape (B,).
    height
        Share of the paths per ``width`` of simple return, shape (B,); without the atom.
    width
        Nominal width of a bar in simple return.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    height: NDArray[np.float64]
    width: float


def _zero_cell(histogram: LogReturnHistogram) -> int:
    """Index of the edge at the offer price, which is zero up to rounding."""
    return int(np.argmin(np.abs(histogram.edges)))


def shares(histogram: LogReturnHistogram) -> Shares:
    """Split the paths at the offer price; all zero when there is no path."""
    if histogram.total == 0:
        return Shares(0.0, 0.0, 0.0)
    zero = _zero_cell(histogram)
    below = int(histogram.counts[:zero].sum()) + histogram.below
    at_offer = histogram.at_offer
    above = histogram.total - below - at_offer
    return Shares(below / histogram.total, at_offer / histogram.total, above / histogram.total)


def share_error(share: float, total: int) -> float:
    """Standard error of a share of ``total`` paths."""
    return math.sqrt(share * (1.0 - share) / total)


def quantile(histogram: LogReturnHistogram, probability: float) -> float:
    """Quantile of the simple return, atom included.

    Parameters
    ----------
    histogram
        At least one path.
    probability
        Between 0 and 1. Quantiles beyond the grid are its ends.

    Returns
    -------
    float
        Simple return against the offer price.
    """
    zero = _zero_cell(histogram)
    cumulative = histogram.below + np.concatenate(([0], np.cumsum(histogram.counts)))
    mass = np.concatenate((cumulative[: zero + 1], cumulative[zero:] + histogram.at_offer))
    place = np.concatenate((histogram.edges[: zero + 1], histogram.edges[zero:]))
    place[zero] = place[zero + 1] = 0.0
    # Just inside the first and the last path: the empty cells beyond them are level.
    level = min(max(probability, 1e-9), 1.0 - 1e-9) * histogram.total
    return math.expm1(float(np.interp(level, mass, place)))


def share_between(histogram: LogReturnHistogram, low: float, high: float) -> tuple[float, float]:
    """Fractions of the paths with simple returns below ``low`` and above ``high`` (``low <= 0 <= high``)."""
    if histogram.total == 0:
        return 0.0, 0.0
    under, over = _mass_up_to(histogram, np.array([low, high])) / histogram.total
    inside_total = (histogram.total - histogram.at_offer) / histogram.total
    return float(under), float(max(0.0, inside_total - over))


def _mass_up_to(histogram: LogReturnHistogram, returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Paths, the atom left out, with a simple return up to each of ``returns``."""
    cumulative = histogram.below + np.concatenate(([0], np.cumsum(histogram.counts)))
    logs = np.log1p(np.maximum(returns, -1.0 + 1e-12))
    return np.asarray(np.interp(logs, histogram.edges, cumulative, left=0.0), dtype=np.float64)


def nice_width(span: float, pieces: float) -> float:
    """Smallest of 1, 2, 2.5 or 5 times a power of ten that cuts ``span`` into at most ``pieces``."""
    rough = span / pieces
    power = 10.0 ** math.floor(math.log10(rough))
    for step in (1.0, 2.0, 2.5, 5.0, 10.0):
        if step * power >= rough * (1.0 - 1e-9):
            return step * power
    raise AssertionError("a mantissa is below ten")


def bars(histogram: LogReturnHistogram, low: float, high: float, width: float) -> Bars:
    """Cut a histogram into bars of equal width whose edges include the offer price.

    Where prices sit on ticks not much narrower than a bar, edges move to the middle between two ticks: bars
    would otherwise hold now two and now three ticks and show a comb that is not there.

    Parameters
    ----------
    histogram
        What to cut.
    low, high
        Simple returns between which to draw; multiples of ``width``.
    width
        Nominal width in simple return.
    """
    edges = width * np.arange(round(low / width), round(high / width) + 1, dtype=np.float64)
    left, right = edges[:-1].copy(), edges[1:].copy()
    gaps = _gaps_between_ticks(histogram)
    if gaps.size:
        nearest = gaps[np.argmin(np.abs(edges[:, None] - gaps[None, :]), axis=1)]
        moved = np.where(np.abs(nearest - edges) < 0.5 * width, nearest, edges)
        left, right = moved[:-1].copy(), moved[1:].copy()
        at_zero = int(np.argmin(np.abs(edges)))
        # The atom has the strip between the two gaps around the offer price to itself.
        if at_zero < left.size and (above := gaps[gaps > 0.0]).size:
            left[at_zero] = min(float(above[0]), float(right[at_zero]))
        if at_zero > 0 and (below := gaps[gaps < 0.0]).size:
            right[at_zero - 1] = max(float(below[-1]), float(left[at_zero - 1]))
        wide_enough = right - left > 1e-9
        left, right = left[wide_enough], right[wide_enough]
    mass = _mass_up_to(histogram, right) - _mass_up_to(histogram, left)
    height = mass / max(histogram.total, 1) * width / (right - left)
    return Bars(left, right, height, width)


def _gaps_between_ticks(histogram: LogReturnHistogram) -> NDArray[np.float64]:
    """Simple returns in the middle between neighbouring ticks; empty when ticks are finer than the grid."""
    zero = _zero_cell(histogram)
    filled = np.flatnonzero(histogram.counts)
    if filled.size < 3:
        return np.empty(0)
    central = filled[
        (np.cumsum(histogram.counts[filled]) > 0.05 * histogram.total)
        & (np.cumsum(histogram.counts[filled][::-1])[::-1] > 0.05 * histogram.total)
    ]
    if central.size < 3:
        return np.empty(0)
    cells = int(central[-1] - central[0]) + 1
    crowded = histogram.counts[central].mean() >= _PATHS_PER_CELL_ON_TICKS
    if not crowded or central.size > _SHARE_OF_CELLS_ON_TICKS * cells:
        return np.empty(0)
    # The atom is a tick too: its cell is empty of other paths.
    ticks = np.unique(np.append(filled, (zero - 1, zero)))
    apart = np.flatnonzero(np.diff(ticks) > 1)
    middle = 0.5 * (histogram.edges[ticks[apart] + 1] + histogram.edges[ticks[apart + 1]])
    return np.asarray(np.expm1(middle), dtype=np.float64)
