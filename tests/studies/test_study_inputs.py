"""The inputs of a sensitivity: their ranges, the fit's directions, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from small_deals import small_deal, small_market
from study_deals import shipped

from sim.engine import prepare
from sim.errors import InvalidInput
from sim.market.posterior import covariance_of
from sim.studies.fitted import QUANTITIES, directions
from sim.studies.inputs import default_inputs, inputs_of, own_input
from sim.studies.setting import BASE, Deal


def deal_of(name: str, changes=None) -> Deal:
    scenario = shipped(name, changes)
    return Deal(scenario, prepare(scenario).market)


@pytest.mark.parametrize("name", ["biren_06082", "biren_06082_launch", "metax_688802"])
def test_directions_are_independent_deviations_of_the_posterior(name):
    """One standard deviation long in the posterior's own measure, and at right angles in it."""
    deal = deal_of(name)
    found = directions(deal.scenario, deal.market)
    shifts = np.array([each.shift for each in found])
    inverse = np.linalg.pinv(covariance_of(deal.market), hermitian=True)
    assert shifts @ inverse @ shifts.T == pytest.approx(np.eye(len(found)), abs=1e-6)


@pytest.mark.parametrize("name", ["biren_06082", "biren_06082_launch", "catl_03750", "metax_688802"])
def test_a_direction_moves_its_own_quantity_and_none_before_it(name):
    deal = deal_of(name)
    found = directions(deal.scenario, deal.market)
    small = 0.01
    base = {each.name: each.value(deal.plan()) for each in QUANTITIES}
    for at, direction in enumerate(found):
        plan = deal.plan(BASE.shifted(small * direction.shift))
        own = direction.quantity
        assert own.value(plan) - base[own.name] == pytest.approx(small * direction.sd, rel=0.02)
        for before in found[:at]:
            moved = before.quantity.value(plan) - base[before.quantity.name]
            assert abs(moved) < 0.02 * small * before.sd, (own.name, before.quantity.name)


def test_what_is_known_is_no_uncertainty():
    """At allotment no fitted parameter moves a coverage; at launch two do."""
    names = {each.name: each.source for each in default_inputs(deal_of("biren_06082"))[0]}
    assert "expected_public" not in names
    assert names["observed.public_coverage"] == "what if"
    assert names["over_allotment.fraction"] == "terms"
    launch = {each.name: each.source for each in default_inputs(deal_of("biren_06082_launch"))[0]}
    assert launch["expected_public"] == "fitted"
    assert "observed.public_coverage" not in launch


def test_the_grey_market_and_a_coverage_so_far_bring_their_own_inputs():
    grey = {
        each.name: each for each in default_inputs(deal_of("biren_06082", {"observed.grey_return": 0.5}))[0]
    }
    assert {"grey_bias", "grey_slope", "grey_noise", "observed.grey_return"} <= set(grey)
    assert (grey["observed.grey_return"].low, grey["observed.grey_return"].high) == pytest.approx(
        (0.45, 0.55)
    )
    so_far = {"observed.partial_public_coverage": 180.0, "observed.partial_noise": 0.4}
    named = {each.name: each for each in default_inputs(deal_of("biren_06082_launch", so_far))[0]}
    one = named["observed.partial_public_coverage"]
    assert one.source == "noise"
    assert one.shown(one.low) == pytest.approx(180.0 * np.exp(-0.4))
    assert one.at(one.low).scenario["observed.partial_public_coverage"] == pytest.approx(180.0 * np.exp(-0.4))


def test_a_market_without_a_posterior_has_inputs_that_are_set():
    inputs, _ = default_inputs(Deal(small_deal(), small_market()))
    assert {each.source for each in inputs} == {"set", "terms", "what if"}


def test_shares_go_by_board_lots_and_other_whole_numbers_by_one():
    deal = deal_of("boan_06955")
    shares = own_input(deal, "over_allotment.shares=0:1604200")
    assert shares.at(1_000_123.0).scenario["over_allotment.shares"] == 1_000_200
    months = own_input(deal_of("biren_06082"), "cornerstones.lock_up_months=3:12")
    assert months.at(7.4).scenario["cornerstones.lock_up_months"] == 7


def test_an_input_whose_range_the_deal_refuses_is_left_out_with_a_note():
    deal = Deal(small_deal({"cornerstones": {"fraction": 0.86}}), small_market())
    inputs, notes = default_inputs(deal)
    assert "cornerstones.fraction" not in {each.name for each in inputs}
    assert len(notes) == 1
    assert notes[0].startswith("cornerstones is left out: at 0.946")
    own, after = inputs_of(deal, ["cornerstones.fraction=0.8:0.87"], None)
    assert own[-1].name == "cornerstones.fraction"
    assert after == ()


def test_inputs_may_be_chosen_and_given():
    deal = deal_of("biren_06082")
    chosen, _ = inputs_of(deal, ["observed.public_coverage=1000:4000"], "observed.public_coverage, demand")
    assert [each.name for each in chosen] == ["observed.public_coverage", "demand"]
    assert chosen[0].source == "yours"
    assert chosen[0].limits == (1000.0, 4000.0)
    assert chosen[1].limits == pytest.approx(
        (chosen[1].base - 3 * chosen[1].sd, chosen[1].base + 3 * chosen[1].sd)
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no range"),
        ("offer.price", "is no range"),
        ("offer.price=17", "is no range"),
        ("offer.price=17:18:19", "is no range"),
        ("offer.price=a:b", "is no range"),
        ("offer.price=nan:19.6", "is no range"),
        ("offer.price=17:inf", "is no range"),
        ("offer.price=19.6:17", "is no range"),
        ("=1:2", "is no range"),
        ("name=1:2", "has no number"),
        ("offer=1:2", "has no number"),
        ("offer.nothing=1:2", "has no number"),
        ("peers.9.first_day_return=1:2", "has no number"),
        ("simulation.seed=1:9000", "use --paths and --seed"),
        ("offer.price=17:30", "above the top"),
        ("offer.price=17:18", "as it is now"),
        ("market.nothing=1:2", "has no number"),
        ("market.name=1:2", "has no number"),
        ("market.demand=1:2", "has no number"),
        ("market.demand.kappa=-1:2", "greater than 0"),
    ],
)
def test_a_faulty_input_is_refused(text, problem):
    with pytest.raises(InvalidInput, match=problem):
        own_input(deal_of("biren_06082"), text)


@pytest.mark.parametrize(
    ("own", "only", "problem"),
    [
        (("offer.price=17:19.6", "offer.price=18:19.6"), None, "has a range already"),
        ((), "luck", "is no input"),
        ((), "", "is no input"),
        ((), "demand,", "is no input"),
    ],
)
def test_faulty_choices_are_refused(own, only, problem):
    with pytest.raises(InvalidInput, match=problem):
        inputs_of(deal_of("biren_06082"), own, only)
