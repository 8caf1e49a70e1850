"""Over-allotted = purchased + exercised, on every path and on observed deals."""

import numpy as np
import pytest
from after_paths import COLD, paths_of, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

HALF_A_SHARE = 0.5 / 10_000_000


def check(plan, paths):
    """All that must hold of the short on every path."""
    short, offers = plan.over_allotment, paths["offer_price"]
    bought, exercised = paths["purchases_total"], paths["exercised"]
    np.testing.assert_allclose(bought + exercised, short, rtol=0, atol=1e-15)
    assert (bought >= 0.0).all()
    assert (exercised >= 0.0).all()
    # The lift is single precision, and a covered short is snapped to the short.
    assert (bought >= paths["purchases"] - 2e-5 * max(short, 1e-12)).all()
    partly = (exercised > HALF_A_SHARE) & (bought > HALF_A_SHARE)
    used = ~np.isnan(paths["exhausted_day"])
    assert (bought[used] >= (1.0 - 2e-5) * short).all()
    if plan.aftermarket.exercise_above == np.inf:
        # A manager who waits uses the option only at or above its price, and bids until the short is bought back.
        below = paths["stabilisation_close"] < offers
        assert (bought[below] >= (1.0 - 2e-5) * short).all()
    assert (paths["manager_gain"] >= 0.0).all()
    assert (paths["manager_gain"] <= bought * offers).all()
    return partly


@pytest.mark.parametrize("exercise_above", [0.1, np.inf])
@pytest.mark.parametrize("settlement", ["borrowed", "deferred"])
def test_the_identity_holds_on_every_path(settlement, exercise_above):
    plan = plan_of({**COLD, "over_allotment.settlement": settlement}, exercise_above=exercise_above)
    paths = paths_of(plan, 60_000)
    partly = check(plan, paths)
    # The test has seen every kind of ending.
    assert partly.mean() > 0.005
    assert (paths["exercised"] < HALF_A_SHARE).mean() > 0.2
    assert (paths["purchases_total"] < HALF_A_SHARE).mean() > 0.02


@given(
    fraction=st.floats(0.0, 0.15),
    settlement=st.sampled_from(["borrowed", "deferred"]),
    coverage=st.floats(0.2, 300.0),
    cornerstones=st.floats(0.0, 0.6),
    volatility=st.floats(0.0, 0.3),
    absorption=st.floats(0.0, 1.0),
    days=st.integers(1, 30),
    exercise_above=st.sampled_from([0.0, 0.1, np.inf]),
)
@settings(max_examples=60, deadline=None)
def test_the_identity_holds_for_any_deal(
    fraction, settlement, coverage, cornerstones, volatility, absorption, days, exercise_above
):
    plan = plan_of(
        {
            "over_allotment.fraction": fraction,
            "over_allotment.settlement": settlement,
            "observed.public_coverage": coverage,
            "cornerstones.fraction": cornerstones,
        },
        volatility=volatility,
        volatility_most=1.0,
        absorption=absorption,
        stabilisation_days=days,
        exercise_above=exercise_above,
    )
    check(plan, paths_of(plan, 512))


def test_without_a_greenshoe_there_is_nothing_to_cover():
    paths = paths_of(plan_of({"over_allotment": None}), 2_000)
    for name in ("purchases_total", "exercised", "manager_gain"):
        assert (paths[name] == 0.0).all()
    assert np.isnan(paths["exhausted_day"]).all()


# Over-allotted, bought, exercised in shares; offer price and lowest price paid where published.
OBSERVED = {
    "Fortior 1304": (2_811_600, 0, 2_811_600, None, None),
    "Dahon 2543": (1_180_000, 59_000, 1_121_000, None, None),
    "Novosense 2676": (2_860_200, 1_830_000, 1_030_000, None, None),
    "Mobvista 1860": (47_830_000, 32_493_000, 15_337_000, 4.00, 3.85),
    "1743": (1_779_300, 1_174_800, 604_500, 15.80, 14.02),
    "Bo'an 6955": (1_604_200, 1_604_200, 0, 19.80, 18.90),
    "Midea 300": (84_893_000, 0, 84_893_000, 54.80, None),
}
ROUNDED = {"Novosense 2676": 10_000}
"""Deals whose legs were published in hundredths of a million shares."""


@pytest.mark.parametrize("deal", OBSERVED)
def test_observed_deals_close(deal):
    over, bought, exercised, offer, lowest = OBSERVED[deal]
    assert abs(over - bought - exercised) <= ROUNDED.get(deal, 0)
    if lowest is not None:
        assert lowest <= offer


@pytest.mark.parametrize("deal", OBSERVED)
def test_our_accounting_gives_both_legs_of_an_observed_deal(deal):
    """A path on which the manager bought what this one's did exercises what this one's did.

    The path is made: the share starts so far below its offer price that bringing it back takes those purchases.
    """
    over, bought, exercised, _, _ = OBSERVED[deal]
    base = 10_000_000
    # Whatever the deal's size, its short is 15% of a made-up offer; the legs are fractions of the short.
    share = bought / over
    short = 0.15
    elasticity, tradable = 6.0, 1.0 + 0.15 - 0.3
    drop = np.log(tradable / (tradable - min(share, 0.999_999) * short)) / elasticity
    start = 0.2 if bought == 0 else -drop if bought < over else -0.5
    plan = plan_of(volatility=0.0, volatility_log_sd=0.0, drift=0.0)
    coverage = plan.parameters.coverage._replace(
        valuation_mean=0.0,
        valuation_sd=0.0,
        spread_mean=-40.0,
        spread_low=-40.0,
        spread_high=-40.0,
        spread_slope=0.0,
    )
    day = plan.parameters.day
    still = day._replace(sigma_base=0.0, sigma_slope=0.0, drift=np.zeros_like(day.drift))
    plan = _with(plan, coverage=coverage, day=still)
    scarcity = paths_of(plan, 1)["scarcity"][0]
    plan = _with(plan, coverage=coverage._replace(valuation_mean=start - scarcity))
    paths = paths_of(plan, 1)
    assert paths["purchases_total"][0] * base == pytest.approx(share * short * base, abs=20)
    assert paths["exercised"][0] / short == pytest.approx(exercised / over, abs=0.005)
    assert paths["purchases_total"][0] + paths["exercised"][0] == pytest.approx(short, abs=1e-15)


def _with(plan, **parts):
    from dataclasses import replace

    return replace(plan, parameters=plan.parameters._replace(**parts))
