"""A past deal in the kernels' terms: what is known when, what is filled in, and that it agrees with a scenario."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from small_deals import small_deal, small_market

from sim.backtest.past import (
    OVER_ALLOTMENT,
    features_of_past,
    kernel_parameters,
    past_deal,
    peers_of_past,
)
from sim.deals.deals import Deal, Deals
from sim.deals.hong_kong import require_hong_kong
from sim.engine import prepare
from sim.errors import InvalidInput
from sim.market.features import UNKNOWN_HEAT, features_of

NOTHING = Deals(())
DEAL = Deals.of(
    [
        Deal(
            code="09999",
            list_date=date(2023, 6, 1),
            regime="pn18",
            price_low=9.0,
            price_high=11.0,
            offer_price=10.0,
            base_shares=10_000_000,
            public_tranche_initial=0.10,
            public_tranche_final=0.32,
            public_coverage=20.0,
            placing_coverage=2.0,
            cornerstone_fraction=0.3,
            grey_return=0.05,
            close_return=0.5,
            close=15.0,
            open=12.0,
            high=16.0,
            low=11.0,
        )
    ]
)[0]


def test_terms_at_allotment() -> None:
    terms = past_deal(DEAL, "t1", NOTHING).terms
    assert (terms.public_tranche, terms.locked, terms.size_adjustment) == (0.10, 0.3, 0.0)
    assert (terms.over_allotment, terms.over_allotment_borrowed) == (OVER_ALLOTMENT, True)
    assert (terms.price_low, terms.price_high, terms.price_floor, terms.may_withdraw) == (10, 10, 10, False)
    assert terms.ladder_thresholds.tolist() == [0.0]
    assert terms.ladder_fractions.tolist() == [0.32]


def test_before_allotment_the_ladder_gives_the_tranche() -> None:
    terms = past_deal(DEAL, "t0", NOTHING).terms
    assert terms.ladder_thresholds.tolist() == [0.0, 15.0, 50.0, 100.0]
    assert terms.ladder_fractions.tolist() == pytest.approx([0.10, 0.30, 0.40, 0.50])


@pytest.mark.parametrize(
    ("regime", "initial", "expected"),
    [
        ("pn18", 0.05, [0.05, 0.15, 0.20, 0.25]),
        ("pn18", 0.30, [0.30, 0.50, 0.50, 0.50]),
        ("mechanism-a", 0.05, [0.05, 0.15, 0.25, 0.35]),
        ("mechanism-b", 0.20, [0.20]),
        ("chapter-18c", 0.05, [0.05, 0.10, 0.20]),
        ("pn18", 0.01, [0.03, 0.09, 0.12, 0.15]),
    ],
)
def test_ladders_by_regime(regime: str, initial: float, expected: list[float]) -> None:
    deal = replace(DEAL, regime=regime, public_tranche_initial=initial)
    assert past_deal(deal, "t0", NOTHING).terms.ladder_fractions.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("day", "steps"), [(date(2025, 8, 15), 4), (date(2025, 8, 18), 1)])
def test_a_regime_not_on_file_is_that_of_the_day(day: date, steps: int) -> None:
    deal = replace(DEAL, regime=None, list_date=day)
    assert len(past_deal(deal, "t0", NOTHING).terms.ladder_fractions) == steps


def test_what_the_file_lacks_is_filled_in() -> None:
    bare = Deals.of([Deal(code="00001", list_date=date(2024, 5, 6), offer_price=3.0, close_return=0.1)])[0]
    known = past_deal(bare, "t1", NOTHING)
    assert (known.terms.public_tranche, known.terms.locked, known.terms.price_low) == (0.10, 0.37, 3.0)
    assert known.features.market_heat == 0.1
    assert known.features.deal_size == pytest.approx((np.log(5e8) - 20.7) / 1.3)
    assert not known.anchored
    assert known.peers == ()


def test_stages_know_more_and_more() -> None:
    seen = {stage: past_deal(DEAL, stage, NOTHING).observed for stage in ("t0", "t1", "t2")}
    assert seen["t0"].public_coverage is None
    assert (seen["t1"].public_coverage, seen["t1"].placing_coverage, seen["t1"].grey_return) == (20, 2, None)
    assert seen["t2"].grey_return == 0.05
    high = replace(DEAL, offer_price=11.0)
    assert past_deal(high, "t0", NOTHING).terms.price_low == 10.0


def test_a_public_tranche_that_was_not_filled() -> None:
    unfilled = replace(DEAL, public_coverage=None, public_undersubscribed=True)
    assert past_deal(unfilled, "t1", NOTHING).observed.public_coverage == 0.7
    published = replace(DEAL, public_coverage=0.4, public_undersubscribed=True)
    assert past_deal(published, "t1", NOTHING).observed.public_coverage == 0.4


def test_features_and_peers_see_earlier_days_alone() -> None:
    themed = [
        replace(DEAL, code=f"0800{k}", list_date=date(2024, 6, k + 1), ai_semi_robotics=k != 1)
        for k in range(6)
    ]
    deals = Deals.of(themed)
    last = deals[4]
    assert [peer.list_date.day for peer in peers_of_past(last, deals)] == [1, 3, 4]
    assert peers_of_past(deals[1], deals) == ()
    later = Deals.of(
        [replace(deal, public_coverage=9e3) if k >= 4 else deal for k, deal in enumerate(themed)]
    )
    assert features_of_past(last, deals) == features_of_past(last, later)
    assert features_of_past(last, deals).coverage_heat == pytest.approx(np.log(20.0) - 6.0)


@pytest.mark.parametrize("earlier", [0, 2, 3])
def test_market_heat_of_a_scenario_is_that_of_a_past_deal(earlier: int) -> None:
    scenario = small_deal({"market_heat": None})
    before = [
        replace(DEAL, code=f"0800{k}", list_date=scenario.list_date.replace(day=1, month=k + 1))
        for k in range(earlier)
    ]
    deals = Deals.of([*before, replace(DEAL, list_date=scenario.list_date)])
    heat = features_of(scenario, deals).market_heat
    assert heat == pytest.approx(features_of_past(deals[-1], deals).market_heat)
    assert (heat == UNKNOWN_HEAT) == (earlier < 3)


def test_codes_of_the_star_market_are_refused_row_by_row() -> None:
    rows = [replace(DEAL, code=code) for code in ("688795", "09998", "689009")]
    with pytest.raises(InvalidInput) as refused:
        require_hong_kong(Deals.of(rows), "deals.csv")
    assert [fault.source for fault in refused.value.faults] == ["deals.csv"] * 2
    require_hong_kong(Deals.of([rows[1]]), "deals.csv")


@pytest.mark.parametrize("grey", [None, 0.05])
def test_a_past_deal_is_the_scenario_it_would_be(grey: float | None) -> None:
    """The same deal as a scenario gives the same parameters, but for lots and a ladder already climbed."""
    market = small_market()
    scenario = small_deal({"observed.grey_return": grey, "market_heat": 0.0, "over_allotment.fraction": 0.15})
    plan = prepare(scenario, market)
    deal = replace(DEAL, market_heat=0.0, public_tranche_final=0.30)
    known = past_deal(deal, "t1" if grey is None else "t2", NOTHING)
    found = kernel_parameters(known, market, scenario.simulation.seed)
    wanted = plan.parameters
    assert (found.key_low, found.key_high) == (wanted.key_low, wanted.key_high)
    same = plan.features.model_copy(update={"coverage_heat": known.features.coverage_heat})
    assert known.features == same
    for part in ("demand", "day", "ticks"):
        for mine, theirs in zip(getattr(found, part), getattr(wanted, part), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    for name in (
        "public_tranche",
        "over_allotment",
        "over_allotment_borrowed",
        "locked",
        "price_low",
        "price_high",
    ):
        assert getattr(found.terms, name) == pytest.approx(getattr(wanted.terms, name), abs=1e-5)
    if grey is not None:
        return
    # A scenario without peers keeps the prior of theme heat, and so does a past deal.
    for name in ("public_mean", "placing_mean", "valuation_mean", "valuation_sd", "spread_mean", "degrees"):
        assert getattr(found.coverage, name) == pytest.approx(getattr(wanted.coverage, name))
