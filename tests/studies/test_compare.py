"""Comparisons: what common random numbers bring, what compares, and what is left when interrupted."""

from __future__ import annotations

import math

import pytest
from small_deals import small_deal, small_market
from study_deals import shipped

from sim.errors import InvalidInput
from sim.report.compare_table import sentence
from sim.studies import samples
from sim.studies.compare import compare
from sim.studies.metrics import METRICS
from sim.studies.variants import parse_variant, parse_variants, variant_name

LEAPING = {"at_offer", "open_below", "open_at_offer"}
"""Chances on a knife's edge: a path has it or not, so a small change moves it by all or nothing."""


def compared(*deals, market=None):
    return compare([(f"deal {at}", deal, None) for at, deal in enumerate(deals)], market=market, threads=1)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("biren_06082", {"over_allotment.fraction": 0.135}),
        ("boan_06955", {"over_allotment.shares": 1_443_600}),
        ("biren_06082_launch", {"over_allotment.fraction": 0.135}),
    ],
)
def test_a_tenth_of_the_greenshoe_needs_25_times_fewer_paths(name, change):
    """The standard error of a difference is at least five times smaller than on independent paths.

    Of the chances of an exact place three times is held; ``withdrawn`` has no path to differ on.
    """
    few = {"simulation.paths": 40_000}
    contrast = compared(shipped(name, few), shipped(name, {**few, **change})).contrasts[0]
    ratios = {
        metric: gap.independent_se / gap.se
        for metric, gap in contrast.differences.items()
        if metric != "withdrawn"
    }
    assert {
        metric: round(ratio, 1) for metric, ratio in ratios.items() if ratio < 5.0 and metric not in LEAPING
    } == {}
    assert min(ratios.values()) > 2.8
    assert contrast.differences["mean"].variance_reduction > 1_000.0
    assert abs(contrast.differences["mean"].value) > 10.0 * contrast.differences["mean"].se


def test_a_difference_below_the_digits_of_the_values_is_not_said_to_lead_from_one_to_the_same():
    few = {"simulation.paths": 20_000}
    comparison = compared(
        shipped("biren_06082", few),
        shipped("biren_06082", {**few, "over_allotment.fraction": 0.149}),
        shipped("biren_06082", {**few, "over_allotment.shares": 0}),
    )
    little, much = (sentence(comparison, contrast).split("; ")[1] for contrast in comparison.contrasts)
    assert little.endswith("points, both 12.6%")
    assert "points, from 12.6% to " in much


def test_the_same_scenario_differs_by_exactly_nothing():
    deal = small_deal()
    comparison = compared(deal, deal, market=small_market())
    contrast = comparison.contrasts[0]
    assert contrast.unchanged
    for gap in (*contrast.differences.values(), *contrast.curve):
        assert (gap.value, gap.se) == (0.0, 0.0)
    assert comparison.to_json()["differences"][0]["metrics"]["mean"]["variance_reduction"] is None


def test_turning_the_scenarios_round_turns_the_sign():
    one, two = small_deal(), small_deal({"over_allotment.fraction": 0.0})
    there = compared(one, two, market=small_market()).contrasts[0].differences
    back = compared(two, one, market=small_market()).contrasts[0].differences
    for name, gap in there.items():
        assert gap.value == -back[name].value
        assert gap.se == back[name].se


def test_threads_change_no_bit():
    deals = [("a", small_deal(), None), ("b", small_deal({"over_allotment.fraction": 0.1}), None)]
    one, two = (compare(deals, market=small_market(), threads=threads).to_json() for threads in (1, 2))
    assert one == two


def test_prices_and_shares_of_two_companies_do_not_compare():
    one = shipped("biren_06082", {"simulation.paths": 2_000})
    other = shipped("boan_06955", {"simulation.paths": 2_000, "simulation.seed": one.simulation.seed})
    comparison = compared(one, other)
    differences = comparison.contrasts[0].differences
    assert set(METRICS) - set(differences) == {"price", "purchases"}
    assert any("another deal" in note for note in comparison.notes)
    blank = [row for row in comparison.rows() if row["metric"] == "price"]
    assert "difference" not in blank[0]


def test_one_seed_and_number_of_paths_for_all():
    one, other = small_deal(), small_deal({"simulation.seed": 8})
    with pytest.raises(InvalidInput, match="is not that of the first"):
        compared(one, other, market=small_market())


def test_interrupted_it_keeps_the_paths_that_all_have_played(monkeypatch):
    deal = small_deal({"simulation.paths": 50_000})
    other = small_deal({"simulation.paths": 50_000, "over_allotment.fraction": 0.0})
    monkeypatch.setattr(samples, "BATCH_PATHS", 16_384)
    calls = []

    def stop(done, total):
        calls.append(done)
        assert total == 100_000
        if len(calls) == 3:
            raise KeyboardInterrupt

    pairs = [("a", deal, None), ("b", other, None)]
    comparison = compare(pairs, market=small_market(), threads=1, progress=stop)
    assert comparison.partial
    assert comparison.paths == 16_384
    whole = [("a", small_deal({"simulation.paths": 16_384}), None)]
    whole.append(("b", small_deal({"simulation.paths": 16_384, "over_allotment.fraction": 0.0}), None))
    same = compare(whole, market=small_market(), threads=1)
    assert comparison.contrasts[0].differences == same.contrasts[0].differences


def test_all_withdrawn_has_no_number():
    gone = {"offer.price": None, "observed": {"placing_coverage": 0.2}, "simulation.paths": 500}
    comparison = compared(small_deal({"simulation.paths": 500}), small_deal(gone), market=small_market())
    value = comparison.compared[1].values
    assert value["withdrawn"].value == 1.0
    assert math.isnan(comparison.contrasts[0].differences["mean"].value)
    document = comparison.to_json()
    assert document["differences"][0]["metrics"]["mean"]["difference"] is None


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("offer.price=18", {"offer.price": 18}),
        ("offer.price=18; over_allotment.fraction=0", {"offer.price": 18, "over_allotment.fraction": 0}),
        (
            "over_allotment={fraction: 0.1, settlement: deferred};name=Mine;",
            {"over_allotment": {"fraction": 0.1, "settlement": "deferred"}, "name": "Mine"},
        ),
        ("name='one; two'", {"name": "one; two"}),
        ("offer.price_range=[17, 18]", {"offer.price_range": [17, 18]}),
        ("observed=null", {"observed": None}),
    ],
)
def test_a_variant_holds_several_changes(text, changes):
    assert parse_variant(text) == changes


def test_a_variant_is_named_by_its_changes():
    assert (
        variant_name(" offer.price=18 ;  over_allotment.fraction=0;")
        == "offer.price=18; over_allotment.fraction=0"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no change"),
        ("offer.price", "is no change"),
        ("=3", "is no change"),
        ("offer.price=18; offer.price=19", "is set twice"),
        ("simulation.seed=3", "is the same for all"),
        ("offer.price=18; simulation.paths=3", "is the same for all"),
        ("offer.price=[1", "offer.price"),
    ],
)
def test_a_faulty_variant_is_refused(text, problem):
    with pytest.raises(InvalidInput, match=problem):
        parse_variants(["offer.price=18", text])
