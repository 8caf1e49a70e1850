"""Rounding to the venue's ticks against exact fractions."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from kernel_cases import few, grey, simulate

from sim.kernels.parameters import TickParameters
from sim.kernels.ticks import round_to_ticks
from sim.venues import get_venue

TABLES = {
    "Hong Kong until August 2025": get_venue("hkex").tick_table(date(2024, 6, 3)),
    "Hong Kong, phase 1": get_venue("hkex").tick_table(date(2026, 1, 2)),
    "Hong Kong, phase 2": get_venue("hkex").tick_table(date(2027, 1, 4)),
    "STAR": get_venue("star").tick_table(date(2025, 12, 5)),
}


@pytest.fixture(params=TABLES)
def table(request):
    return TABLES[request.param]


def kernel_table(table):
    return TickParameters(
        *(np.array(row, float) for row in (table.lower_bounds, table.numerators, table.denominators))
    )


def band(table, price):
    """Tick of the band that a price lies in, exactly."""
    k = max(k for k, bound in enumerate(table.lower_bounds) if price >= bound)
    return Fraction(table.numerators[k], table.denominators[k])


def nearest(table, price):
    """The nearest multiple of the band's tick, at least one, as the double nearest to that decimal."""
    tick = band(table, price)
    return float(max(1, (Fraction(price) / tick + Fraction(1, 2)).__floor__()) * tick)


def rounded(table, prices):
    out = np.array(prices, float)
    round_to_ticks(out, kernel_table(table), np.empty((2, out.size)))
    return out


def test_prices_of_every_band_go_to_their_nearest_tick(table):
    rng = np.random.default_rng(6)
    prices = np.exp(rng.uniform(np.log(0.002), np.log(9000.0), few(20_000, 2_000)))
    np.testing.assert_array_equal(rounded(table, prices), [nearest(table, price) for price in prices])


def test_a_price_on_the_grid_stays_to_the_last_bit(table):
    # The double of the decimal that a user reads: 19.6, not 19.599999999999998.
    grid = []
    for bound, numerator, denominator in zip(
        table.lower_bounds, table.numerators, table.denominators, strict=True
    ):
        start = Fraction(bound) if bound else Fraction(numerator, denominator)
        grid += [float(start + k * Fraction(numerator, denominator)) for k in range(400)]
    grid = np.array([price for price in grid if nearest(table, price) == price])
    assert grid.size > 300
    np.testing.assert_array_equal(rounded(table, grid), grid)
    # A price that came from a logarithm is a few rounding errors off.
    for nudge in (1.0 - 4e-16, 1.0 + 4e-16):
        np.testing.assert_array_equal(rounded(table, grid * nudge), grid)


def test_rounding_twice_is_rounding_once(table):
    prices = np.exp(np.random.default_rng(7).uniform(np.log(0.002), np.log(9000.0), few(5_000, 500)))
    once = rounded(table, prices)
    np.testing.assert_array_equal(rounded(table, once), once)


def test_rounding_keeps_the_order_of_prices_across_bands(table):
    around = np.linspace(-0.6, 0.6, 241)
    prices = np.sort(np.concatenate([max(bound, 1.0) + around for bound in table.lower_bounds]))
    assert (np.diff(rounded(table, prices)) >= 0.0).all()


@pytest.mark.parametrize(
    ("name", "price", "expected"),
    [
        ("Hong Kong, phase 1", 19.6, 19.6),
        ("Hong Kong, phase 1", 19.605, 19.61),
        ("Hong Kong until August 2025", 19.609, 19.6),
        ("Hong Kong until August 2025", 19.611, 19.62),
        ("Hong Kong, phase 1", 19.996, 20.0),
        ("Hong Kong, phase 1", 20.011, 20.02),
        ("Hong Kong, phase 1", 9.996, 10.0),
        ("Hong Kong, phase 1", 0.2493, 0.249),
        ("Hong Kong, phase 1", 0.2496, 0.25),
        ("Hong Kong, phase 1", 0.253, 0.255),
        ("Hong Kong, phase 1", 100.06, 100.1),
        ("Hong Kong, phase 1", 1e-9, 0.001),
        ("STAR", 104.6649, 104.66),
        ("STAR", 0.001, 0.01),
    ],
)
def test_known_roundings(name, price, expected):
    assert rounded(TABLES[name], [price])[0] == expected


def test_every_recorded_price_lies_on_the_grid(table):
    deal = grey()._replace(ticks=kernel_table(table))
    wide = deal.coverage._replace(node_valuation_sd=np.full(4, 0.8))
    paths = simulate(deal._replace(coverage=wide), few(4_000))
    for quantity in ("open", "high", "low", "close", "offer_price"):
        prices = paths[quantity]
        np.testing.assert_array_equal(prices, [nearest(table, price) for price in prices])
