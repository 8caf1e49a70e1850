"""The block ``aftermarket`` of a run: against the kept paths, streamed, in the table, and verified."""

from io import StringIO

import numpy as np
import pytest
from after_paths import COLD, plan_of
from rich.console import Console
from small_deals import small_deal, small_market

from sim.collector import Collector
from sim.engine import OF_LOCK_UP, batches
from sim.report.table import print_run
from sim.run_directory import write_run
from sim.simulation import simulate
from sim.verification import verify

PATHS = 20_000


def run(horizon, keep_paths=1_000_000, **changes):
    deal = small_deal({**COLD, "horizon": horizon, "simulation.paths": PATHS, **changes})
    return simulate(deal, market=small_market(), keep_paths=keep_paths, fan=False)


@pytest.fixture(scope="module")
def lock_up():
    return run("lock_up")


def test_a_first_day_says_nothing_of_what_follows(lock_up):
    first = run("first_day")
    assert "aftermarket" not in first.summary
    assert set(lock_up.kept) - set(first.kept) == {
        "stabilisation_close",
        "purchases_total",
        "exercised",
        "manager_gain",
        "exhausted_day",
        *OF_LOCK_UP,
    }
    rest = {key: value for key, value in lock_up.summary.items() if key != "aftermarket"}
    assert rest == first.summary


def test_the_figures_are_those_of_the_kept_paths(lock_up):
    kept, told = lock_up.kept, lock_up.summary["aftermarket"]
    ratio = kept["stabilisation_close"] / kept["offer_price"] - 1.0
    returns = told["stabilisation"]["returns"]
    assert returns["mean"] == pytest.approx(ratio.mean(), rel=1e-12)
    assert returns["mean_se"] == pytest.approx(ratio.std(ddof=1) / PATHS**0.5, rel=1e-9)
    assert returns["quantiles"]["0.9"] == np.quantile(ratio, 0.9)
    short, base = 1_500_000, 10_000_000
    manager = told["stabilisation"]
    assert manager["purchases_mean"] == pytest.approx(kept["purchases_total"].mean() * base)
    assert manager["exercised_fraction_mean"] == pytest.approx(1 - manager["purchases_mean"] / short)
    assert manager["manager_gain_mean"] == pytest.approx(kept["manager_gain"].mean() * base)
    chances = {name: each["value"] for name, each in manager["probabilities"].items()}
    ended = [chances[f"{kind}_exercise"] for kind in ("full", "partial", "no")]
    assert sum(ended) == pytest.approx(1.0)
    assert min(ended) > 0.005
    assert chances["support_exhausted"] == (~np.isnan(kept["exhausted_day"])).mean()
    assert manager["exhausted_day_median"] == np.quantile(
        kept["exhausted_day"][~np.isnan(kept["exhausted_day"])], 0.5, method="inverted_cdf"
    )
    after = told["lock_up"]
    assert after["after"]["prices"]["mean"] == pytest.approx(kept["expiry_close"].mean())
    assert after["before"]["prices"]["quantiles"]["0.5"] == np.quantile(kept["before_expiry"], 0.5)
    assert after["unlock_return_mean"] == pytest.approx(
        (kept["expiry_close"] / kept["before_expiry"] - 1).mean()
    )
    assert after["probabilities"]["under_water"]["value"] == (kept["expiry_close"] < 10.0).mean()
    assert after["end"] == "2023-12-01"
    assert after["freed"] == ["cornerstones"]


def test_streamed_figures_agree_with_kept_ones(lock_up):
    streamed = run("lock_up", keep_paths=0).summary["aftermarket"]
    exact = lock_up.summary["aftermarket"]
    assert streamed["stabilisation"]["probabilities"] == exact["stabilisation"]["probabilities"]
    for part, name in (("stabilisation", None), ("lock_up", "before"), ("lock_up", "after")):
        one, other = (told[part] if name is None else told[part][name] for told in (streamed, exact))
        assert one["returns"]["mean"] == other["returns"]["mean"]
        for level, value in other["prices"]["quantiles"].items():
            # A histogram ends at exp(-4) of the offer price; a quantile below it is its edge.
            expected = pytest.approx(max(value, 10.0 * np.exp(-4.0)), rel=0.0031, abs=0.011)
            assert one["prices"]["quantiles"][level] == expected


def test_the_summary_does_not_depend_on_the_batch(lock_up):
    plan = plan_of({**COLD, "simulation.paths": PATHS})
    collector = Collector(plan, 0, PATHS)
    for batch in batches(plan, PATHS, 16_384):
        collector.add(batch)
    told, whole = collector.summary(False)["aftermarket"], lock_up.summary["aftermarket"]
    assert told["lock_up"]["after"]["returns"]["mean"] == whole["lock_up"]["after"]["returns"]["mean"]


def test_to_the_end_of_stabilisation_there_is_no_lock_up(lock_up):
    part = run("stabilisation")
    assert "lock_up" not in part.summary["aftermarket"]
    assert not set(OF_LOCK_UP) & set(part.kept)
    assert part.summary["aftermarket"]["stabilisation"] == lock_up.summary["aftermarket"]["stabilisation"]


def test_without_a_greenshoe_no_manager_is_told_of():
    told = run("stabilisation", over_allotment=None).summary["aftermarket"]["stabilisation"]
    assert "purchases_mean" not in told
    assert set(told) == {"end", "trading_days", "returns", "prices"}


@pytest.mark.parametrize("horizon", ["stabilisation", "lock_up"])
def test_the_table_tells_of_it_within_100_columns(horizon):
    console = Console(width=100, record=True, file=StringIO())
    print_run(run(horizon), console)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 100
    assert "end of stabilisation, 24 Jun 2023" in text
    assert ("cornerstones coming free" in text) == (horizon == "lock_up")


def test_a_run_beyond_the_first_day_verifies(lock_up, tmp_path):
    assert len(verify(write_run(lock_up, tmp_path / "run"))) == 2


def test_a_run_of_withdrawn_paths_alone_has_a_summary():
    result = run(
        "lock_up",
        **{"offer.price": None, "observed": {"placing_coverage": 0.05}, "simulation.paths": 300},
    )
    assert result.summary["probabilities"]["withdrawn"]["value"] == 1.0
    assert np.isnan(result.summary["aftermarket"]["lock_up"]["unlock_return_mean"])
