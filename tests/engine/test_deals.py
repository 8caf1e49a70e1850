"""What a simulated deal must show: unpriced, withdrawn, without greenshoe, with more cornerstones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_deals import UNPRICED, small_deal, small_market

from sim.engine import batches, prepare
from sim.errors import InvalidInput
from sim.market.parameters import Market
from sim.result import Result
from sim.run_directory import summary_json
from sim.scenario import Scenario, load_scenario
from sim.simulation import simulate


def run(changes: dict[str, Any], market: Market | None = None, paths: int = 20_000) -> Result:
    scenario = small_deal({"simulation.paths": paths, **changes})
    return simulate(scenario, market=market or small_market(), fan=False)


def ticks_of(scenario: Scenario, prices: np.ndarray) -> np.ndarray:
    """Size of the tick at each price."""
    table = scenario.rules.tick_table(scenario.list_date)
    band = np.searchsorted(table.lower_bounds, prices, side="right") - 1
    return np.array(table.numerators)[band] / np.array(table.denominators)[band]


def test_an_unknown_price_is_drawn_inside_the_range_on_the_tick_grid():
    result = run(UNPRICED)
    assert result.stage == "t0"
    prices = result.kept["offer_price"]
    assert prices.min() >= 9.0
    assert prices.max() <= 11.0
    steps = prices / ticks_of(result.scenario, prices)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    # Partial adjustment: a book in demand prices high; many end at the top, some inside.
    assert np.unique(prices).size > 20
    demand = np.log(result.kept["placing_coverage"])
    assert np.corrcoef(demand, prices)[0, 1] > 0.5
    listed = ~np.isnan(result.kept["close"])
    assert result.summary["offer_price"] == pytest.approx(prices[listed].mean())
    assert any("drawn inside the range" in note for note in result.notes)


def test_downward_flexibility_prices_below_the_range():
    cold = small_market({"coverage.placing.centre": {"intercept": -0.5}})
    low = run({**UNPRICED, "offer.downward_flexibility": 0.10}, cold).kept["offer_price"].min()
    assert 8.1 <= low < 9.0


def test_more_cornerstone_money_locks_fewer_shares_at_a_higher_price():
    result = run({**UNPRICED, "cornerstones.amount_hkd": 30_000_000})
    listed = ~np.isnan(result.kept["close"])
    locked, prices = result.kept["cornerstones"][listed] * 10_000_000, result.kept["offer_price"][listed]
    np.testing.assert_allclose(locked, np.floor(30e6 / prices / 100 + 1e-9) * 100, rtol=1e-12)


def test_recorded_prices_are_on_the_tick_grid():
    result = run({})
    for name in ("open", "high", "low", "close"):
        steps = result.kept[name] / ticks_of(result.scenario, result.kept[name])
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-5)


def test_a_deal_that_no_one_wants_is_withdrawn_on_every_path():
    unwanted = small_market({"coverage.placing.centre": {"intercept": -60.0}})
    result = run(UNPRICED, unwanted)
    summary = result.summary
    assert summary["paths"] == 20_000
    assert summary["probabilities"]["withdrawn"]["value"] == 1.0
    assert np.isnan(result.kept["close"]).all()
    text = summary_json(result)
    assert "NaN" not in text
    # Nothing listed: there is no figure to give, and 0 would be one.
    undefined = [
        summary["offer_price"],
        summary["float_shares"],
        summary["returns"]["close"]["mean"],
        summary["returns"]["close"]["quantiles"]["0.5"],
        summary["prices"]["open"]["sd"],
        summary["probabilities"]["close_below_offer"]["value"],
        summary["greenshoe"]["purchases_mean"],
        summary["greenshoe"]["exercised_fraction_mean"],
        *summary["decomposition"].values(),
    ]
    assert np.isnan(undefined).all()


def test_withdrawn_paths_are_counted_and_left_out_of_returns():
    doubtful = small_market({"coverage.placing.centre": {"intercept": -0.5}})
    result = run(UNPRICED, doubtful)
    listed = ~np.isnan(result.kept["close"])
    assert 0.2 < listed.mean() < 0.98
    withdrawn = result.kept["placing_coverage"][~listed]
    assert (withdrawn < 1.0).all()
    assert (result.kept["offer_price"][~listed] == 9.0).all()
    summary = result.summary
    assert summary["probabilities"]["withdrawn"]["value"] == pytest.approx(1.0 - listed.mean())
    closes, offers = result.kept["close"][listed], result.kept["offer_price"][listed]
    assert summary["returns"]["close"]["mean"] == pytest.approx((closes / offers - 1.0).mean())
    assert summary["probabilities"]["close_below_offer"]["value"] == pytest.approx((closes < offers).mean())


def test_an_endless_withdrawal_never_reaches_a_target():
    unwanted = small_market({"coverage.placing.centre": {"intercept": -60.0}})
    scenario = small_deal({**UNPRICED, "simulation.paths": 40_000})
    result = simulate(scenario, market=unwanted, fan=True, target_se=0.1)
    assert (result.paths, result.target_reached, result.fan) == (40_000, False, None)


def test_figures_of_the_summary_are_those_of_the_paths():
    result = run({})
    kept, summary = result.kept, result.summary
    offer = 10.0
    for name in ("open", "high", "low", "close", "vwap"):
        returns = kept[name] / offer - 1.0
        told = summary["returns"][name]
        assert told["mean"] == pytest.approx(returns.mean())
        assert told["sd"] == pytest.approx(returns.std(ddof=1))
        assert told["mean_se"] == pytest.approx(returns.std(ddof=1) / returns.size**0.5)
        for level, quantile in told["quantiles"].items():
            assert quantile == pytest.approx(np.quantile(returns, float(level)))
        assert summary["prices"][name]["mean"] == pytest.approx(kept[name].mean())
    short = result.scenario.over_allotted_shares() / 10_000_000
    events = {
        "withdrawn": np.isnan(kept["close"]),
        "open_below_offer": kept["open"] < offer,
        "open_at_offer": kept["open"] == offer,
        "close_below_offer": kept["close"] < offer,
        "close_at_offer": kept["close"] == offer,
        "stabilised": kept["purchases"] > 0.0,
        "support_exhausted": kept["purchases"] > short * (1.0 - 1e-4),
    }
    assert set(events) == set(summary["probabilities"])
    for name, happened in events.items():
        assert summary["probabilities"][name]["value"] == pytest.approx(happened.mean()), name
    greenshoe = summary["greenshoe"]
    assert greenshoe["purchases_mean"] == pytest.approx(kept["purchases"].mean() * 10_000_000)
    assert greenshoe["purchases_fraction_of_short_mean"] == pytest.approx(kept["purchases"].mean() / short)
    # Over-allotted = purchased + exercised, where the price says that the rest is exercised.
    exercised = np.where(kept["close"] > offer, 1.0 - kept["purchases"] / short, 0.0)
    assert greenshoe["exercised_fraction_mean"] == pytest.approx(exercised.mean())


def test_the_decomposition_splits_the_log_return_of_the_close():
    result = run({})
    parts = result.summary["decomposition"]
    assert sum(parts.values()) == pytest.approx(result.kept["log_close"].mean(), rel=1e-9)
    assert parts["stabilisation"] > 0.0
    # The recorded close is rounded to a tick, half of one at most.
    close = result.kept["close"]
    exact = 10.0 * np.exp(result.kept["log_close"])
    assert (np.abs(close - exact) <= 0.5001 * ticks_of(result.scenario, np.maximum(close, exact))).all()


def boan(paths: int, changes: dict[str, object]) -> Result:
    scenario = load_scenario("configs/boan_06955.yaml", {"simulation.paths": paths, **changes})
    return simulate(scenario, fan=False)


@pytest.fixture
def in_the_project(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


@pytest.mark.usefixtures("in_the_project")
@pytest.mark.parametrize("none", [{"over_allotment.fraction": 0}, {"over_allotment.shares": 0}])
def test_the_spike_at_the_offer_price_is_the_greenshoes(none):
    """Without a greenshoe the offer price is a tick like its neighbours.

    The closes at the offer price are then a binomial count beside a mean of eight counts; their difference
    exceeds 5.5 standard deviations with a probability under 1e-7.
    """
    paths = 200_000
    bare, stabilised = boan(paths, none), boan(paths, {})
    tick, offer = 0.02, 19.80
    neighbours = [offer + k * tick for k in (-4, -3, -2, -1, 1, 2, 3, 4)]
    for name in ("open", "close"):
        prices = bare.kept[name]
        around = np.mean([np.isclose(prices, price, atol=1e-6).sum() for price in neighbours])
        at_offer = int((prices == offer).sum())
        assert around > 100
        assert abs(at_offer - around) < 5.5 * (around * (1.0 + 1.0 / 8.0)) ** 0.5
        assert bare.summary["probabilities"][f"{name}_at_offer"]["value"] == at_offer / paths
        spike = stabilised.summary["probabilities"][f"{name}_at_offer"]["value"]
        assert spike > 3.0 * around / paths
    assert bare.summary["probabilities"]["stabilised"]["value"] == 0.0
    assert bare.summary["greenshoe"]["purchases_mean"] == 0.0
    assert bare.summary["decomposition"]["stabilisation"] == 0.0


@pytest.mark.parametrize(
    ("coverage", "placing", "deflation"), [(2_000.0, 1.5, 0.1), (0.5, 30.0, 0.6)], ids=["retail", "books"]
)
def test_locking_up_more_lifts_the_price_when_retail_is_hotter(coverage, placing, deflation):
    """Closed form 7 of docs/model.md: ``d log P / d c = (1/eta) (1/F0 - D/K0)``, ``D = kappa I^theta_I``."""
    market = small_market({"demand.placing_deflation": deflation})
    step = 0.001
    known: dict[str, Any] = {
        "observed.public_coverage": coverage,
        "observed.placing_coverage": placing,
        "over_allotment": None,
    }
    less, more = (
        run({**known, "cornerstones.fraction": fraction}, market) for fraction in (0.3 - step, 0.3 + step)
    )
    demand = market.demand
    books = demand.kappa * placing**deflation
    retail = demand.kappa * (1.0 + coverage / demand.public_saturation) ** demand.public_deflation
    wanted, tradable = 0.1 * retail + 0.6 * books, 0.7
    slope = (1.0 / tradable - books / wanted) / demand.elasticity
    assert (slope > 0.0) == (retail > books)
    moved = (more.kept["scarcity"] - less.kept["scarcity"]) / (2.0 * step)
    np.testing.assert_allclose(moved, slope, rtol=1e-4)
    # On common random numbers the same valuation opens at a price that moved the same way, or on its tick.
    np.testing.assert_array_equal(more.kept["valuation"], less.kept["valuation"])
    difference = np.sign(slope) * (more.kept["open"] - less.kept["open"])
    assert difference.min() >= 0.0
    assert difference.mean() > 0.0


def test_a_market_of_another_venue_is_refused():
    with pytest.raises(InvalidInput, match="is of star"):
        prepare(small_deal(), small_market({"venue": "star"}))


def test_a_float_that_the_short_would_swallow_is_refused():
    """The scenario's own rule looks at the bottom of the range; the offer may be priced lower."""
    scenario = small_deal(
        {
            **UNPRICED,
            "offer.downward_flexibility": 0.10,
            "over_allotment.settlement": "deferred",
            "cornerstones.amount_hkd": 75_600_000,
        }
    )
    with pytest.raises(InvalidInput, match="the float must exceed the over-allotment"):
        prepare(scenario, small_market())


def test_a_batch_knows_its_quantities():
    plan = prepare(small_deal(), small_market())
    (batch,) = batches(plan, 100, 1)
    assert batch["offer_price"].tolist() == [10.0] * 100


def test_the_fan_is_of_the_same_paths():
    result = simulate(small_deal({"simulation.paths": 4_000}), market=small_market())
    fan = result.fan
    assert fan.paths == 4_000
    assert fan.minutes.size == fan.clock.size == fan.log_returns.shape[1]
    assert (fan.minutes[0], fan.minutes[-1]) == (0.0, 330.0)
    assert (fan.clock[0], fan.clock[-1]) == (570.0, 970.0)
    assert (np.diff(fan.log_returns, axis=0) >= 0.0).all()
    ends = np.quantile(result.kept["log_close"], fan.probabilities)
    np.testing.assert_allclose(fan.log_returns[:, -1], ends, atol=1e-5)
