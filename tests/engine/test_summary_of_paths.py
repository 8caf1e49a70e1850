"""Every number of a summary against NumPy on the paths that were kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_deals import UNPRICED, small_deal, small_market

from sim.collector import Collector
from sim.engine import BLOCK_PATHS, batches, prepare
from sim.result import Result
from sim.simulation import simulate
from sim.tally import COVERED, EVENTS, PRICES, tallied

PATHS = BLOCK_PATHS + 1_001
DEALS: dict[str, dict[str, Any]] = {
    "priced": {},
    "a price range": UNPRICED,
    "nothing over-allotted": {"over_allotment.fraction": 0.0},
    "some withdrawn": {**UNPRICED, "observed.public_coverage": 0.9, "observed.placing_coverage": None},
}


@pytest.fixture(scope="module", params=DEALS)
def run(request) -> Result:
    scenario = small_deal({"simulation.paths": PATHS, **DEALS[request.param]})
    result = simulate(scenario, market=small_market(), fan=False)
    if request.param == "some withdrawn":
        assert 0.0 < result.summary["probabilities"]["withdrawn"]["value"] < 1.0
    return result


def listed_of(run: Result) -> dict[str, np.ndarray]:
    listed = ~np.isnan(run.kept["close"])
    return {name: values[listed] for name, values in run.kept.items()}


def close_to(value: float) -> Any:
    return pytest.approx(value, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("price", PRICES)
def test_prices_and_returns(run, price):
    kept = listed_of(run)
    for name, values in (("returns", kept[price] / kept["offer_price"] - 1.0), ("prices", kept[price])):
        told = run.summary[name][price]
        assert told["mean"] == close_to(values.mean())
        assert told["sd"] == close_to(values.std(ddof=1))
        assert told["mean_se"] == close_to(values.std(ddof=1) / np.sqrt(values.size))
        for level, quantile in told["quantiles"].items():
            assert quantile == np.quantile(values, float(level))


def test_events(run):
    kept, short = listed_of(run), run.summary["greenshoe"]["over_allotted_shares"] / 10_000_000
    offers, purchases = kept["offer_price"], kept["purchases"]
    happened = {
        "open_below_offer": kept["open"] < offers,
        "open_at_offer": kept["open"] == offers,
        "close_below_offer": kept["close"] < offers,
        "close_at_offer": kept["close"] == offers,
        "stabilised": purchases > 0.0,
        "support_exhausted": (purchases >= COVERED * short) & (short > 0.0),
    }
    assert set(happened) | {"withdrawn"} == set(EVENTS)
    for event, paths in happened.items():
        assert run.summary["probabilities"][event]["value"] == paths.mean()
    withdrawn = np.isnan(run.kept["close"]).mean()
    assert run.summary["probabilities"]["withdrawn"]["value"] == withdrawn


def test_the_greenshoe_and_the_parts_of_the_return(run):
    kept, greenshoe = listed_of(run), run.summary["greenshoe"]
    short, base = greenshoe["over_allotted_shares"] / 10_000_000, 10_000_000
    purchases, above = kept["purchases"], kept["close"] > kept["offer_price"]
    bought = purchases / short if short > 0.0 else np.zeros_like(purchases)
    exercised = np.where(above, 1.0 - bought, 0.0) if short > 0.0 else bought
    assert greenshoe["purchases_mean"] == close_to(purchases.mean() * base)
    assert greenshoe["purchases_mean_se"] == close_to(purchases.std(ddof=1) / np.sqrt(above.size) * base)
    assert greenshoe["purchases_fraction_of_short_mean"] == close_to(bought.mean())
    assert greenshoe["exercised_fraction_mean"] == close_to(exercised.mean())
    parts = run.summary["decomposition"]
    assert parts["stabilisation"] == close_to((kept["log_close"] - kept["pressure_close"]).mean())
    assert parts["valuation_and_heat"] == close_to((kept["pressure_close"] - kept["scarcity"]).mean())
    assert parts["scarcity"] == close_to(kept["scarcity"].mean())


@pytest.mark.parametrize("horizon", ["first_day", "stabilisation", "lock_up"])
def test_a_summary_reads_no_more_of_a_path_than_it_says(horizon):
    """A sweep records only what the tally names: anything else would be a fault, or another quantity's row."""
    scenario = small_deal({"simulation.paths": 3_000, "horizon": horizon})
    plan = prepare(scenario, small_market())
    (batch,) = batches(plan, 3_000, BLOCK_PATHS)
    whole, bare = (Collector(plan, 3_000, 3_000, for_summary_only=only) for only in (False, True))
    whole.add(batch)
    wanted = tallied(plan)
    bare.add(type(batch)(0, np.stack([batch[name] for name in wanted]), None, wanted))
    assert bare.quantities == wanted
    assert bare.summary(partial=False) == whole.summary(partial=False)
