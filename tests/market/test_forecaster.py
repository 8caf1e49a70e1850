"""The simulator in the back-test: no look-ahead, the same bits in any order, and the scores it must reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from small_deals import small_market

from sim.backtest.baselines import Climatology, default_baselines
from sim.backtest.forecaster import ModelForecaster, deal_seed, fit_day, simulate_deal
from sim.backtest.scoring import paired_difference
from sim.backtest.walk import run_backtest
from sim.deals.deals import Deals, load_deals
from sim.kernels.parameters import QUANTITIES
from sim.market.parameters import Market

FIRST = date(2026, 6, 1)
MARKET = small_market({"valuation.theme_weight": {"t0": 0.0, "t1": 0.0, "t2": 0.0}})


class Fits:
    """A fitter that remembers what it was given."""

    def __init__(self) -> None:
        self.asked: list[tuple[date, date]] = []

    def __call__(self, deals: Deals, as_of: date) -> Market:
        self.asked.append((as_of, deals[-1].list_date))
        return MARKET


@pytest.fixture(scope="module")
def deals() -> Deals:
    return load_deals()


def test_the_market_is_fitted_on_earlier_days_and_not_too_often(deals: Deals) -> None:
    fits = Fits()
    model = ModelForecaster(fits, paths=256)
    first = date(2026, 3, 1)
    found = run_backtest(deals, model=model, baselines=[Climatology()], first=first, stages=("t1",))
    days = list(dict.fromkeys(each.list_date for each in found.forecasts))
    assert [as_of for as_of, _ in fits.asked] == list(dict.fromkeys(fit_day(day) for day in days))
    assert all(last < as_of for as_of, last in fits.asked)
    assert len(fits.asked) <= (days[-1] - first).days / 10 + 2


def test_a_fit_is_never_of_a_later_day() -> None:
    for k in range(25):
        day = date(2026, 3, 1) + timedelta(days=k)
        assert timedelta(0) <= day - fit_day(day) < timedelta(days=10)
        assert fit_day(fit_day(day)) == fit_day(day)


def test_a_forecast_is_the_same_whatever_else_is_forecast(deals: Deals) -> None:
    def records(first: date, **options: object) -> dict[tuple[str, str], object]:
        model = ModelForecaster(Fits(), paths=5_000, **options)  # two chunks of the driver
        found = run_backtest(deals, model=model, baselines=[Climatology()], first=first)
        return {(each.code, each.stage): each for each in found.forecasts}

    alone, among = records(date(2026, 6, 20)), records(FIRST, threads=2)
    assert alone
    assert all(among[key] == value for key, value in alone.items())


def test_nothing_of_the_day_or_later_is_used(deals: Deals) -> None:
    """Other outcomes of June's last ten days change nothing of the forecasts before them."""
    turn = date(2026, 6, 20)
    changed = Deals.of(
        replace(deal, close_return=3.0, close=None, public_coverage=1.0) if deal.list_date >= turn else deal
        for deal in deals
    )
    both = [
        run_backtest(
            source, model=ModelForecaster(Fits(), paths=256), baselines=[Climatology()], first=FIRST,
            last=turn - timedelta(days=1),
        )
        for source in (deals, changed)
    ]  # fmt: skip
    assert both[0].forecasts
    assert both[0].forecasts == both[1].forecasts


def test_seeds_tell_deals_apart(deals: Deals) -> None:
    seeds = {deal_seed(deal) for deal in deals}
    assert len(seeds) == len(deals)
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert deal_seed(deals[0]) == deal_seed(replace(deals[0], close_return=9.0, regime=None))


def test_the_forecast_is_the_sample_of_the_kernels(deals: Deals) -> None:
    deal = next(deal for deal in deals.between(FIRST) if deal.grey_return is not None)
    model = ModelForecaster(Fits(), paths=2_000)
    model.prepare(deals.before(deal.list_date), deal.list_date)
    forecast = model.forecast(deal.as_known("t1"), "t1")
    values = simulate_deal(deal, "t1", deals, MARKET, paths=2_000)
    close, offer = (values[QUANTITIES.index(name)] for name in ("close", "offer_price"))
    np.testing.assert_array_equal(np.sign(forecast.sample), np.sign(close - offer))
    np.testing.assert_allclose(np.exp(forecast.sample) * offer, close, rtol=1e-12)
    assert forecast.probability_below == np.mean(forecast.sample < 0.0)
    assert set(offer) == {deal.offer_price}


def test_the_grey_market_narrows_the_forecast_and_demand_lifts_it(deals: Deals) -> None:
    deal = next(deal for deal in deals.between(FIRST) if deal.grey_return is not None)
    model = ModelForecaster(Fits(), paths=20_000)
    model.prepare(deals.before(deal.list_date), deal.list_date)

    def middle(stage: str, **known: float) -> tuple[float, float]:
        sample = model.forecast(replace(deal, **known).as_known(stage), stage).sample
        low, median, high = np.quantile(sample, [0.1, 0.5, 0.9])
        return float(median), float(high - low)

    widths = [middle(stage, grey_return=0.1, public_coverage=55.0)[1] for stage in ("t0", "t1", "t2")]
    assert min(widths[:2]) > 1.4 * widths[2]
    assert middle("t1", public_coverage=5_000.0)[0] > middle("t1", public_coverage=5.0)[0] + 0.3
    assert middle("t2", grey_return=0.5)[0] > middle("t2", grey_return=-0.1)[0] + 0.3


def test_prepare_comes_first(deals: Deals) -> None:
    with pytest.raises(ValueError, match="prepare"):
        ModelForecaster(Fits()).forecast(deals[0], "t0")


def test_a_stage_that_is_none(deals: Deals) -> None:
    with pytest.raises(ValueError, match="t9"):
        simulate_deal(deals[0], "t9", deals, MARKET, paths=10)


@pytest.mark.slow
def test_scores_from_april_2025(deals: Deals) -> None:
    """The whole walk-forward back-test: a regression test of the project's main figures."""
    found = run_backtest(
        deals, model=ModelForecaster(threads=2), baselines=default_baselines(), first=date(2025, 4, 1)
    )
    scores = {stage: found.to_json()[stage] for stage in found.stages}
    assert [scores[stage]["n"] for stage in ("t0", "t1", "t2")] == [135, 135, 120]
    crps = {stage: scores[stage]["crps"] for stage in scores}
    assert crps["t0"]["model"] <= 0.95 * crps["t0"]["climatology"]
    assert crps["t1"]["model"] <= 0.93 * crps["t1"]["regression"]
    assert crps["t1"]["model"] < crps["t1"]["quantile_regression"]
    assert crps["t2"]["model"] <= 0.98 * crps["t2"]["grey_shift"]
    for stage in ("t1", "t2"):
        assert 0.74 <= scores[stage]["coverage"]["80"] <= 0.86
        assert 0.43 <= scores[stage]["coverage"]["50"] <= 0.57
        assert scores[stage]["pit_ks_p"] > 0.05
    for stage, baseline in (("t0", "climatology"), ("t1", "regression"), ("t2", "grey_shift")):
        each, days = found.scores(stage), [record.list_date for record in found.at(stage)]
        assert paired_difference(each["model"], each[baseline], days).high < 0.0
    assert crps["t0"]["model"] == pytest.approx(0.2526, abs=0.004)
    assert crps["t1"]["model"] == pytest.approx(0.2202, abs=0.003)
    assert crps["t2"]["model"] == pytest.approx(0.1111, abs=0.002)
