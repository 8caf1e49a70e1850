"""The facts: statistics on days made by hand, simulated days, and the table in its page."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from math import log

import numpy as np
import pytest
from small_deals import small_market

from sim.backtest.fact_questions import (
    Question,
    at_offer,
    bought_given_close,
    exercised_given_close,
    opens_at_offer_given_grey,
    slope_on_coverage,
)
from sim.backtest.facts import answer, collect_facts
from sim.backtest.first_days import FirstDays, Simulator, observed_days
from sim.deals.deals import Deals, load_deals
from sim.errors import InvalidInput
from sim.market.parameters import Market
from sim.report.facts_table import BEGIN, END, markdown, replaced

NAN = float("nan")


def days(**columns: list[float]) -> FirstDays:
    """One day a deal; what is not given is unknown."""
    count = len(next(iter(columns.values())))
    blank = [NAN] * count
    return FirstDays(**{f.name: np.array(columns.get(f.name, blank))[:, None] for f in fields(FirstDays)})


def fitted(_: Deals, __: date) -> Market:
    return small_market({"grey.bias": 0.0})


def test_bunching_counts_known_prices_alone() -> None:
    some = days(open=[0.0, log(1.004), log(0.99), log(1.3), NAN])
    assert at_offer("open")(some) == 0.25
    assert at_offer("open", 0.0, 0.005)(some) == 0.5
    assert at_offer("open", 0.005, 0.015)(some) == 0.25
    assert np.isnan(at_offer("close")(some))


def test_shares_by_bin_of_a_return() -> None:
    some = days(
        close=[-0.1, 0.0, log(1.25), log(1.26)], bought=[0.1, 0.0, 0.02, 0.0], exercised=[0.0, 0.0, 0.5, NAN]
    )
    assert bought_given_close(-1.0, 0.0)(some) == 0.5
    assert bought_given_close(0.0, 0.25)(some) == 1.0
    assert bought_given_close(0.25, 9.0)(some) == 0.0
    assert exercised_given_close(-1.0, 0.25)(some) == pytest.approx(1 / 6)
    assert exercised_given_close(-1.0, 0.25, any_only=True)(some) == 0.5
    assert np.isnan(exercised_given_close(0.25, 9.0)(some))


def test_pins_by_grey_return() -> None:
    some = days(grey=[log(0.95), log(0.95), log(0.8), NAN], open=[0.0, -0.05, 0.0, 0.0])
    assert opens_at_offer_given_grey(-0.10, -0.02)(some) == 0.5
    assert opens_at_offer_given_grey(-1.0, -0.10)(some) == 1.0


def test_slopes_of_quantiles() -> None:
    """Three returns at each coverage: the lowest falls, the middle is flat, the highest rises with demand."""
    demand = np.repeat(np.arange(20.0), 3)
    returns = np.tile([-0.1, 0.0, 0.2], 20) * demand
    some = days(close=returns.tolist(), log_coverage=demand.tolist())
    found = [slope_on_coverage(level)(some) for level in (0.1, 0.5, 0.9)]
    assert found == pytest.approx([-0.1, 0.0, 0.2], abs=1e-6)


def test_simulated_days_beside_observed_ones() -> None:
    deals = load_deals()
    some = [deal for deal in deals.between(date(2026, 6, 1)) if deal.open is not None][:6]
    seen, simulator = observed_days(some), Simulator(deals, fitted)
    drawn, without = simulator.days(some, "t1", 400), simulator.days(some, "t1", 400, 0.0)
    assert (seen.days, drawn.days) == (1, 400)
    np.testing.assert_allclose(np.expm1(seen.close[:, 0]), [deal.close_return for deal in some])
    np.testing.assert_array_equal(drawn.log_coverage[:, :1], seen.log_coverage)
    assert np.all(drawn.low <= np.minimum(drawn.open, drawn.close) + 1e-12)
    assert np.all(drawn.high >= np.maximum(drawn.open, drawn.close) - 1e-12)
    assert np.all((drawn.exercised >= -1e-6) & (drawn.exercised <= 1.0))
    assert np.all(without.bought == 0.0)
    # The spike is of the bid: hundreds of 2,400 paths open at the offer with it, a few by their tick without.
    assert at_offer("open")(drawn) > 5 * at_offer("open")(without) > -1.0
    np.testing.assert_array_equal(drawn.part(3, 5).open, drawn.open[:, 3:5])


def test_an_observed_figure_outside_the_histories_is_marked() -> None:
    """Histories are means of 100 standard normals: their middle 90% is within 0.2 of zero, never near 0.5."""
    rng = np.random.Generator(np.random.Philox(1))
    drawn = FirstDays(*(rng.normal(size=(100, 400)) for _ in fields(FirstDays)))
    mean = Question("mean close", lambda some: float(some.close.mean()))
    one = Question("mean close", mean.statistic, pooled=False)
    for value, misses in ((0.0, False), (0.5, True), (-0.5, True), (NAN, False)):
        seen = FirstDays(*(np.full((100, 1), value) for _ in fields(FirstDays)))
        pooled, history = answer("g", [mean, one], seen, drawn, drawn)
        assert (pooled.misses, history.misses) == (misses, misses)
        assert pooled.model == pytest.approx(history.model)
        # One over the root of 40,000 draws is 0.005; an error from twenty batches is itself noisy.
        assert 0.002 < pooled.error < 0.009
        assert 0.1 < pooled.high < 0.25


def test_the_table_goes_between_the_markers_of_a_page() -> None:
    deals = load_deals()
    facts = collect_facts(deals, fitter=fitted, paths=20, first=date(2026, 6, 20), earlier=None)
    table = markdown(facts)
    assert "June 2026 on, T1" in table
    assert "June 2026 on, T2" in table
    assert "| open exactly at the offer |" in table
    assert "about 20% *" in table
    assert {line.count("|") for line in table.splitlines() if line.startswith("|")} == {8}
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    new = replaced(page, table)
    assert new.startswith("before\n")
    assert new.endswith("after\n")
    assert "old" not in new
    assert replaced(new, table) == new
    with pytest.raises(InvalidInput):
        replaced("no markers", table)
