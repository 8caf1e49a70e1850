"""The stabilising manager's desk."""

import json

import numpy as np
import pytest
from printed_answers import printed_lines
from small_deals import small_deal, small_market

from sim.desks.base import simulate_desk
from sim.desks.stabiliser import POLICIES, StabiliserOptions, _sized, _without_bids, stabiliser_desk
from sim.engine import prepare
from sim.errors import InvalidInput
from sim.kept_paths import paths_of

COLD = {"observed.public_coverage": 12.0, "observed.placing_coverage": 1.5, "simulation.paths": 20_000}


def played(**changes):
    return simulate_desk(small_deal({**COLD, **changes}), market=small_market())


@pytest.fixture(scope="module")
def answer():
    return stabiliser_desk(played(), StabiliserOptions())


def cell_of(answer, size, policy):
    (cell,) = (cell for cell in answer.cells if (cell.size, cell.policy) == (size, policy))
    return cell


def test_the_deals_own_cell_is_the_deal_to_the_end_of_stabilisation(answer):
    deal = small_deal({**COLD, "horizon": "stabilisation"})
    paths = paths_of(prepare(deal, small_market()), 20_000)
    cell = cell_of(answer, 0.15, "as fitted")
    assert answer.main is cell
    assert cell.short == 1_500_000
    assert cell.purchases.value == pytest.approx(paths["purchases_total"].mean() * 1e7)
    assert cell.gain.value == pytest.approx(paths["manager_gain"].mean() * 1e7)
    assert cell.exhausted.value == (~np.isnan(paths["exhausted_day"])).mean()
    assert cell.end_below.value == (paths["stabilisation_close"] < 10.0).mean()
    assert cell.close_below.value == (paths["close"] < 10.0).mean()


def test_every_cell_closes(answer):
    assert len(answer.cells) == 1 + 3 * len(POLICIES)
    for cell in answer.cells:
        assert cell.purchases.value + cell.exercised.value == pytest.approx(cell.short, abs=1e-6)
        assert cell.cost.value == pytest.approx(10.0 * cell.purchases.value - cell.gain.value)
        kinds = (cell.full_exercise, cell.partial_exercise, cell.no_exercise)
        assert sum(kind.value for kind in kinds) == pytest.approx(1.0 if cell.short else 0.0)
        assert cell.exhausted_first_day.value <= cell.exhausted_early.value <= cell.exhausted.value
        assert cell.purchases.se > 0.0 or cell.short == 0


def test_nobody_bids_without_a_greenshoe(answer):
    cell = cell_of(answer, 0.0, "none")
    for name in ("purchases", "exercised", "gain", "exhausted", "saved"):
        assert getattr(cell, name).value == 0.0


def test_bidding_harder_covers_more_and_sooner(answer):
    for size in (0.05, 0.10, 0.15):
        weak, fitted, hard = (cell_of(answer, size, policy) for policy in POLICIES)
        assert weak.purchases.value < fitted.purchases.value < hard.purchases.value
        assert (
            weak.exhausted_first_day.value < fitted.exhausted_first_day.value < hard.exhausted_first_day.value
        )


def test_a_larger_greenshoe_is_bought_more_of_and_saves_more_paths(answer):
    sizes = [cell_of(answer, size, "as fitted") for size in (0.05, 0.10, 0.15)]
    bought = [cell.purchases.value for cell in sizes]
    saved = [cell.saved.value for cell in sizes]
    assert bought == sorted(bought)
    assert saved == sorted(saved)
    assert saved[0] > 4.9 * sizes[0].saved.se


def test_nobody_bidding_leaves_the_same_shares_to_trade():
    plan = _sized(prepare(small_deal(COLD), small_market({"demand.placing_activity": 0.3})), 0.10)
    floats = [paths_of(each, 100)["active_float"] for each in (plan, _without_bids(plan))]
    np.testing.assert_allclose(*floats, rtol=1e-14)


def test_deferred_shares_are_not_sold_on_the_first_day():
    borrowed, deferred = (
        stabiliser_desk(played(**{"over_allotment.settlement": kind}), StabiliserOptions(sizes=(0.15,)))
        for kind in ("borrowed", "deferred")
    )
    assert deferred.main.end_below.value < borrowed.main.end_below.value


def test_a_commission_is_earned_on_what_the_option_adds():
    paths = played()
    options = StabiliserOptions(sizes=(0.15,), policies={"as fitted": 1.0}, commission=0.02)
    (cell,) = stabiliser_desk(paths, options).cells
    assert cell.profit.value == pytest.approx(cell.gain.value + 0.02 * 10.0 * cell.exercised.value)


def test_a_deal_without_a_price_or_a_greenshoe_is_answered():
    answer = stabiliser_desk(
        played(**{"offer.price": None, "observed": None, "over_allotment": None}), StabiliserOptions()
    )
    assert answer.main.short == 0
    assert "Without a greenshoe" in answer.sentence()


@pytest.mark.parametrize(
    "options",
    [
        StabiliserOptions(sizes=()),
        StabiliserOptions(sizes=(0.16,)),
        StabiliserOptions(sizes=(-0.01,)),
        StabiliserOptions(policies={}),
        StabiliserOptions(policies={"none": 0.0}),
        StabiliserOptions(commission=1.0),
        StabiliserOptions(sizes=(float("nan"),)),
    ],
)
def test_what_is_out_of_bounds_is_refused(options):
    with pytest.raises(InvalidInput):
        stabiliser_desk(played(**{"simulation.paths": 10}), options)


def test_a_greenshoe_beyond_the_float_is_refused():
    deal = {"cornerstones": {"fraction": 0.9}, "over_allotment": {"fraction": 0.05, "settlement": "deferred"}}
    with pytest.raises(InvalidInput, match="a smaller size"):
        stabiliser_desk(played(**deal), StabiliserOptions(sizes=(0.15,)))


def test_it_prints_within_100_columns_and_has_no_nan(answer):
    lines = printed_lines(answer, answer.scenario, answer.paths)
    assert max(map(len, lines)) <= 100
    assert len([line for line in lines if "as fitted" in line]) == 6
    document = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert document["cells"][-1]["purchases"]["se"] > 0.0
    assert document["trading_days"] == 16
