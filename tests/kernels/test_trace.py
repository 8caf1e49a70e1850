"""The trace shows the day that is recorded; a day without memory is a day with memory and nothing to remember."""

import numpy as np
import pytest
from kernel_cases import DEALS, few, launch, shorter, simulate, star

from sim.kernels import day as kernel_day
from sim.kernels.day import PRICE, ROWS, advance, advance_with_memory, closing_prices, open_block

PATHS = few(3_000)


@pytest.mark.parametrize("name", DEALS)
def test_the_last_row_is_the_close_and_no_row_leaves_the_range(name):
    deal = DEALS[name]()
    paths = simulate(deal, PATHS, trace=True)
    np.testing.assert_array_equal(paths.trace[-1], paths["log_close"].astype(np.float32))
    prices = paths["offer_price"] * np.exp(paths.trace.astype(np.float64))
    listed = ~np.isnan(paths["close"])
    half_tick = 0.5 * deal.ticks.numerators[0] / deal.ticks.denominators[0] * 1.000001
    assert (np.abs(prices[0] - paths["open"])[listed] <= half_tick).all()
    assert (prices.max(axis=0) <= paths["high"] + half_tick)[listed].all()
    assert (prices.min(axis=0) >= paths["low"] - half_tick)[listed].all()


@pytest.mark.parametrize("name", DEALS)
def test_the_first_steps_of_a_long_day_are_the_short_day(name):
    deal = DEALS[name](16)
    whole = simulate(deal, few(500), trace=True)
    for steps in (4, 8, 12):
        part = simulate(deal._replace(day=shorter(deal.day, steps)), few(500), trace=True)
        assert part.trace.tobytes() == whole.trace[: 1 + steps // 4].tobytes()


def test_a_day_with_nothing_to_remember_has_the_bits_of_a_day_without_memory():
    deal = launch()
    never = deal.day._replace(
        halt_up=np.full(1, np.inf, np.float32), halt_down=np.full(1, -np.inf, np.float32)
    )
    remembering = simulate(deal._replace(day=never), PATHS, trace=True)
    assert remembering.bits == simulate(deal, PATHS, trace=True).bits


def test_both_walks_of_a_block_leave_the_same_state():
    deal = launch()
    lanes = 32
    rng = np.random.default_rng(4)
    pressure, capacity, spare = (
        rng.normal(0.0, 0.05, lanes),
        rng.uniform(0.0, 0.2, lanes),
        rng.normal(size=lanes),
    )
    states = []
    for walk in (advance, advance_with_memory):
        scratch = np.empty((ROWS, lanes), np.float32)
        open_block(pressure, capacity, spare, deal.day, scratch)
        for block in range(4):
            walk(np.uint64(3), block, deal.key_low, deal.key_high, deal.day, scratch)
        closing_prices(deal.day, scratch)
        states.append(scratch)
    kept = [row for row in range(ROWS) if row != kernel_day.MOMENTUM]
    assert states[0][kept].tobytes() == states[1][kept].tobytes()
    assert np.any(states[0][PRICE] == 0.0)


def test_momentum_of_zero_is_no_momentum_and_another_moves_prices():
    deal = star()
    moved = {phi: simulate(deal._replace(day=deal.day._replace(momentum=phi)), PATHS) for phi in (0.0, 0.1)}
    assert np.mean(moved[0.0]["log_close"] != moved[0.1]["log_close"]) > 0.9


def test_a_withdrawn_path_has_no_trace():
    paths = simulate(launch(), PATHS, trace=True)
    withdrawn = np.isnan(paths["close"])
    assert 0 < withdrawn.sum() < PATHS
    assert np.isnan(paths.trace[:, withdrawn]).all()
    assert not np.isnan(paths.trace[:, ~withdrawn]).any()
