"""Streamed moments against numpy on the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.kernels.tallying import tell_price
from sim.statistics import Moments


def moments_of(values: np.ndarray, pieces: int) -> Moments:
    total = Moments()
    for piece in np.array_split(values, pieces):
        total.merge(Moments.of(piece))
    return total


@pytest.mark.parametrize("pieces", [1, 2, 7, 400])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_merged_moments_are_those_of_the_whole(pieces, offset):
    values = np.random.default_rng(1).normal(offset, 2.0, 1_000)
    total = moments_of(values, pieces)
    assert total.count == 1_000
    assert total.mean == pytest.approx(values.mean(), rel=1e-12, abs=1e-12)
    # A mean of squares less a squared mean would lose every digit at the offset.
    assert total.sd == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert total.se == pytest.approx(values.std(ddof=1) / math.sqrt(1_000), rel=1e-9)


def test_merging_an_empty_one_changes_nothing():
    filled = moments_of(np.array([1.0, 2.0, 4.0]), 1)
    before = (filled.count, filled.mean, filled.squares)
    filled.merge(Moments())
    assert (filled.count, filled.mean, filled.squares) == before
    empty = Moments()
    empty.merge(filled)
    assert (empty.count, empty.mean, empty.squares) == before


def test_withdrawn_paths_are_left_out():
    values = np.array([1.0, np.nan, 3.0, np.nan, 8.0])
    total = moments_of(values, 3)
    assert total.count == 3
    assert total.mean == pytest.approx(4.0)
    assert total.sd == pytest.approx(np.std([1.0, 3.0, 8.0], ddof=1))


def test_without_enough_values_there_is_no_spread():
    nothing, one = moments_of(np.array([np.nan, np.nan]), 1), moments_of(np.array([3.0]), 1)
    assert (nothing.count, one.count) == (0, 1)
    assert all(math.isnan(x) for x in (nothing.sd, nothing.se, one.sd, one.se))
    assert one.mean == 3.0


@pytest.mark.parametrize("count", [*range(1, 20), 16_384, 16_385])
def test_no_value_is_lost_between_the_lanes(count):
    values = np.random.default_rng(count).normal(3.0, 2.0, count)
    told = Moments.of(values)
    mean = math.fsum(values) / count
    squares = math.fsum((values - mean) ** 2)
    assert told.mean == pytest.approx(mean, rel=1e-14)
    assert told.squares == pytest.approx(squares, rel=1e-12, abs=1e-24)


def test_with_one_offer_price_the_moments_of_a_price_are_those_of_its_return_on_a_straight_line():
    returns = np.random.default_rng(3).normal(0.3, 0.5, 1_000)
    prices, offers = 19.6 * (1.0 + returns), np.full(1_000, 19.6)
    told = {one_price: np.empty((2, 3)) for one_price in (True, False)}
    for one_price, (of_return, of_price) in told.items():
        tell_price(prices, offers, 19.6, one_price, of_return, of_price)
    np.testing.assert_array_equal(told[True][0], told[False][0])
    np.testing.assert_allclose(told[True][1], told[False][1], rtol=1e-12)
    assert told[True][0, 1] == pytest.approx(returns.mean(), rel=1e-12)


@pytest.mark.parametrize("count", [1, 7, 8, 10_000])
@pytest.mark.parametrize("value", [0.1, 19.6, 1.0 / 3.0, -0.0])
def test_a_constant_has_its_mean_and_no_error(count, value):
    told = moments_of(np.full(count, value), min(count, 3))
    assert (told.count, told.mean, told.squares) == (count, value, 0.0)
