"""Tick tables: the sourced rows, their dates, and the grid they make."""

import math
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InvalidInput
from sim.venues import VENUE_NAMES, TickTable, get_venue

HKEX = get_venue("hkex")
TABLES = [table for name in VENUE_NAMES for table in get_venue(name).tick_tables]


@pytest.mark.parametrize(
    ("day", "ticks"),
    [
        (date(2025, 8, 3), {0.3: 0.005, 0.5: 0.01, 9.99: 0.01, 10: 0.02, 19.98: 0.02, 20: 0.05, 60: 0.05}),
        (date(2025, 8, 4), {0.3: 0.005, 0.5: 0.01, 9.99: 0.01, 10: 0.01, 19.99: 0.01, 20: 0.02, 60: 0.05}),
        (date(2026, 1, 2), {19.60: 0.01, 34.46: 0.02, 150: 0.1, 300: 0.2, 700: 0.5, 0.1: 0.001}),
        (date(2026, 6, 30), {0.5: 0.01, 9.99: 0.01}),
        (date(2026, 7, 1), {0.49: 0.005, 0.5: 0.005, 9.99: 0.005, 10: 0.01, 20: 0.02}),
        (date(1999, 1, 4), {10: 0.02}),
    ],
)
def test_hong_kong_ticks_by_day(day, ticks):
    table = HKEX.tick_table(day)
    assert {price: table.tick(price) for price in ticks} == ticks


def test_only_the_second_phase_has_an_approximate_day():
    assert [table.date_is_approximate for table in HKEX.tick_tables] == [False, False, True]


def test_star_has_one_tick():
    table = get_venue("star").tick_table(date(2025, 12, 5))
    assert (table.tick(0.5), table.tick(688.0)) == (0.01, 0.01)


def test_tables_are_complete_and_in_order_of_their_days():
    for name in VENUE_NAMES:
        days = [table.effective for table in get_venue(name).tick_tables]
        assert days == sorted(set(days))
    for table in TABLES:
        assert len(table.lower_bounds) == len(table.numerators) == len(table.denominators)
        assert table.lower_bounds[0] == 0
        assert list(table.lower_bounds) == sorted(set(table.lower_bounds))
        assert table.source


@pytest.mark.parametrize("table", TABLES)
def test_bounds_lie_on_the_grid_of_both_bands(table: TickTable):
    for band in range(1, len(table.lower_bounds)):
        bound = Fraction(str(table.lower_bounds[band]))
        for side in (band - 1, band):
            assert (bound * table.denominators[side] / table.numerators[side]).denominator == 1


@given(table=st.sampled_from(TABLES), price=st.floats(0.01, 9000))
def test_rounding_is_to_the_nearest_price_of_the_grid(table: TickTable, price):
    rounded, tick = table.round(price), table.tick(price)
    assert rounded > 0
    assert abs(rounded - price) <= tick / 2 * (1 + 1e-9)
    assert table.round(rounded) == rounded


@given(table=st.sampled_from(TABLES), prices=st.tuples(st.floats(0.01, 9000), st.floats(0.01, 9000)))
def test_rounding_keeps_order(table: TickTable, prices):
    low, high = sorted(prices)
    assert table.round(low) <= table.round(high)


def test_half_a_tick_rounds_up_and_nothing_rounds_to_nothing():
    table = HKEX.tick_table(date(2026, 1, 2))
    assert table.round(20.03125) == 20.04
    assert table.round(150.0625) == 150.1
    assert table.round(0.0001) == 0.001


@pytest.mark.parametrize("price", [-0.01, math.nan, math.inf])
def test_what_is_no_price_is_refused(price):
    with pytest.raises(InvalidInput, match="no price"):
        TABLES[0].tick(price)
