"""Quantiles read off a streamed histogram, and its atom at the offer price."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kernels.histograms import find_cells
from sim.order_statistics import QUANTILES
from sim.statistics import (
    HISTOGRAM_BINS,
    HISTOGRAM_EDGES,
    HISTOGRAM_REACH,
    HISTOGRAM_WIDTH,
    HistogramCounter,
    LogReturnHistogram,
)

ROUNDING = 1e-9
EVERY_QUANTILE = (0.0, *QUANTILES, 1.0)


def histogram_of(log_returns: np.ndarray, pieces: int = 1) -> LogReturnHistogram:
    counter = HistogramCounter()
    for piece in np.array_split(np.exp(log_returns), pieces):
        counter.add(piece)
    return counter.freeze()


def worst_error(histogram: LogReturnHistogram, log_returns: np.ndarray) -> float:
    """Largest distance of a quantile to the order statistic that the empirical distribution gives."""
    return max(
        abs(histogram.quantile(p) - float(np.quantile(log_returns, p, method="inverted_cdf")))
        for p in EVERY_QUANTILE
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.just(0.0), st.floats(-HISTOGRAM_REACH + 0.001, HISTOGRAM_REACH - 0.001)),
        min_size=1,
        max_size=60,
    )
)
def test_quantiles_are_within_a_bin_of_the_exact_ones(log_returns):
    values = np.array(log_returns)
    assert worst_error(histogram_of(values), values) <= HISTOGRAM_WIDTH * (1.0 + ROUNDING) + ROUNDING


def test_quantiles_of_many_paths_are_within_a_bin():
    values = np.random.default_rng(2).standard_t(4, 50_000) * 0.3
    values[:5_000] = 0.0
    values = values[np.abs(values) < HISTOGRAM_REACH]
    assert worst_error(histogram_of(values, pieces=9), values) <= HISTOGRAM_WIDTH * (1.0 + ROUNDING)


def test_the_grid_is_the_one_that_counts_are_made_on():
    assert HISTOGRAM_EDGES.size == HISTOGRAM_BINS + 1
    assert HISTOGRAM_EDGES[HISTOGRAM_BINS // 2] == 0.0
    middles = (HISTOGRAM_EDGES[:-1] + HISTOGRAM_EDGES[1:]) / 2.0
    assert (histogram_of(middles).counts == 1).all()


def test_the_offer_price_is_an_atom_of_its_own():
    values = np.array([0.0] * 5 + [-0.0004, 0.0004])
    histogram = histogram_of(values)
    middle = HISTOGRAM_BINS // 2
    assert histogram.at_offer == 5
    assert (histogram.counts[middle - 1], histogram.counts[middle], histogram.counts.sum()) == (1, 1, 2)
    assert [histogram.quantile(p) for p in (0.2, 0.5, 0.8)] == [0.0, 0.0, 0.0]
    assert histogram.quantile(0.1) < 0.0 < histogram.quantile(0.95)


def test_pieces_add_up_to_the_whole():
    values = np.random.default_rng(3).normal(0.0, 1.5, 4_000)
    whole, pieces = histogram_of(values), histogram_of(values, pieces=37)
    assert (whole.counts == pieces.counts).all()
    assert (whole.at_offer, whole.below, whole.above) == (pieces.at_offer, pieces.below, pieces.above)
    assert whole.total == 4_000


def test_paths_outside_the_grid_count_at_its_edges():
    histogram = histogram_of(np.array([-5.0, -4.5, 0.1, 4.2, 6.0]))
    assert (histogram.below, histogram.above, histogram.total) == (2, 2, 5)
    assert histogram.quantile(0.2) == -HISTOGRAM_REACH
    assert histogram.quantile(0.9) == HISTOGRAM_REACH
    assert histogram.quantile(0.5) == pytest.approx(0.1, abs=HISTOGRAM_WIDTH)


def test_withdrawn_paths_are_left_out():
    counter = HistogramCounter()
    counter.add(np.array([np.nan, 1.1, np.nan]))
    assert counter.freeze().total == 1
    assert math.isnan(HistogramCounter().freeze().quantile(0.5))


def test_frozen_counts_stay_as_they_were():
    counter = HistogramCounter()
    counter.add(np.array([1.1]))
    frozen = counter.freeze()
    counter.add(np.array([1.1]))
    assert frozen.total == 1


def test_cells_are_those_of_the_logarithm_within_its_rounding():
    values = np.random.default_rng(4).standard_t(3, 200_000)
    ratios = np.exp(values)
    cells = np.empty(ratios.size, dtype=np.int32)
    find_cells(ratios, HISTOGRAM_WIDTH, HISTOGRAM_BINS // 2, cells)
    expected = np.log(ratios) / HISTOGRAM_WIDTH
    beside_an_edge = np.abs(expected - np.round(expected)) < 1e-9
    assert beside_an_edge.mean() < 1e-3
    clipped = np.clip(np.floor(expected), -HISTOGRAM_BINS // 2 - 1, HISTOGRAM_BINS // 2)
    wanted = clipped.astype(np.int64) + 1 + HISTOGRAM_BINS // 2
    np.testing.assert_array_equal(cells[~beside_an_edge], wanted[~beside_an_edge])


def test_prices_that_no_logarithm_is_taken_of():
    extremes = np.array([0.0, 5e-324, 1e-301, 1e301, np.inf, 1.0, np.nan])
    cells = np.empty(extremes.size, dtype=np.int32)
    find_cells(extremes, HISTOGRAM_WIDTH, HISTOGRAM_BINS // 2, cells)
    assert cells[:6].tolist() == [0, 0, 0, HISTOGRAM_BINS + 1, HISTOGRAM_BINS + 1, HISTOGRAM_BINS + 2]
    counter = HistogramCounter()
    counter.add(extremes)
    histogram = counter.freeze()
    assert (histogram.below, histogram.above, histogram.at_offer, histogram.total) == (3, 2, 1, 6)
