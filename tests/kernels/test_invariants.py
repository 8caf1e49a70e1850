"""What holds on every path of every deal, whatever its terms: hypothesis looks for a deal where it does not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_cases import (
    CENTS,
    FINE,
    PLAIN_PYTHON,
    few,
    flat_demand,
    known_coverage,
    ladder,
    parameters,
    plain_terms,
    simulate,
    u_shaped,
)

PATHS = few(400, 16)
few_examples = settings(
    max_examples=10 if PLAIN_PYTHON else 60, deadline=None, derandomize=True, database=None
)


def between(low, high):
    return st.floats(low, high, allow_nan=False)


@st.composite
def deals(draw, ticks=FINE):
    """A deal of any plausible terms: always some float, and an over-allotment that may not be covered."""
    price = draw(between(0.5, 400.0))
    laws = known_coverage(
        public_mean=draw(between(-2.0, 9.0)),
        public_sd=draw(between(0.0, 2.0)),
        placing_mean=draw(between(-1.0, 4.0)),
        placing_slope=draw(between(0.0, 0.4)),
        placing_sd=draw(between(0.0, 1.0)),
        valuation_mean=draw(between(-0.5, 0.5)),
        valuation_sd=draw(between(0.0, 0.3)),
        spread_mean=-2.0,
        spread_slope=0.1,
        spread_low=-4.0,
        spread_high=0.5,
        degrees=draw(between(2.0, 40.0)),
    )
    curve = flat_demand(
        kappa=draw(between(0.3, 3.0)),
        public_deflation=draw(between(0.0, 0.9)),
        placing_deflation=draw(between(0.0, 0.9)),
        placing_activity=draw(between(0.1, 1.0)),
        elasticity=draw(between(0.5, 6.0)),
    )
    terms = plain_terms(
        public_tranche=0.05,
        size_adjustment=draw(between(0.0, 0.15)),
        over_allotment=draw(between(0.0, 0.1725)),
        over_allotment_borrowed=draw(st.booleans()),
        other_tradable=draw(between(0.0, 0.5)),
        locked=draw(between(0.0, 0.4)),
        cornerstone_money=price * draw(between(0.0, 0.3)),
        lot=1e-4,
        price_low=price,
        price_high=price * draw(between(1.0, 1.3)),
        price_floor=price * draw(between(0.9, 1.0)),
        may_withdraw=draw(st.booleans()),
        **ladder(),
    )
    day = u_shaped(
        8,
        stabilisation_elasticity=draw(between(0.5, 12.0)),
        opening_absorption=draw(between(0.0, 1.0)),
        sigma_base=draw(between(0.0, 0.3)),
        momentum=draw(st.sampled_from([0.0, 0.2])),
    )
    return parameters(
        seed=draw(st.integers(0, 2**64 - 1)), coverage=laws, demand=curve, terms=terms, day=day, ticks=ticks
    )


@few_examples
@given(deals())
def test_prices_are_in_order(deal):
    paths = simulate(deal, PATHS, trace=True)
    listed = ~np.isnan(paths["close"])
    for price in ("open", "close", "vwap"):
        # The average is not rounded: half a tick of a millionth, and single precision, may part them.
        slack = 1e-6 + 1e-6 * paths["offer_price"] if price == "vwap" else 0.0
        assert (paths["low"] <= paths[price] + slack)[listed].all()
        assert (paths[price] <= paths["high"] + slack)[listed].all()
    assert (paths["low"] > 0.0)[listed].all()


@few_examples
@given(deals(ticks=CENTS))
def test_prices_are_in_order_and_on_the_right_side_of_the_offer_on_a_coarse_grid(deal):
    # Known offer prices lie anywhere between two cents here.
    paths = simulate(deal, PATHS, trace=True)
    listed = ~np.isnan(paths["close"])
    offer = paths["offer_price"]
    for price in ("open", "close"):
        assert (paths["low"] <= paths[price])[listed].all()
        assert (paths[price] <= paths["high"])[listed].all()
    for row, price in ((0, "open"), (-1, "close")):
        moved = paths.trace[row]
        assert (paths[price] >= offer)[moved >= 0.0].all()
        assert (paths[price] <= offer)[moved <= 0.0].all()


@few_examples
@given(deals())
def test_shares_add_up(deal):
    paths = simulate(deal, PATHS)
    listed = ~np.isnan(paths["close"])
    terms = deal.terms
    lent = terms.over_allotment if terms.over_allotment_borrowed else 0.0
    total = paths["float_at_listing"] + paths["cornerstones"]
    np.testing.assert_allclose(
        total[listed], 1.0 + terms.size_adjustment + lent + terms.other_tradable, rtol=1e-13
    )
    assert (paths["active_float"] > 0.0)[listed].all()
    assert (paths["active_float"] <= paths["float_at_listing"] * (1.0 + 1e-14))[listed].all()
    bought = paths["purchases"][listed]
    assert (bought >= 0.0).all()
    assert (bought <= terms.over_allotment * (1.0 + 1e-5) + 1e-12).all()


@few_examples
@given(deals())
def test_minutes_are_part_of_the_day(deal):
    paths = simulate(deal, PATHS)
    listed = ~np.isnan(paths["close"])
    day = float(deal.day.minutes.sum())
    at_offer, until_below = paths["minutes_at_offer"][listed], paths["minutes_until_below"][listed]
    assert ((at_offer >= 0.0) & (at_offer <= day)).all()
    never = np.isnan(until_below)
    assert ((until_below >= 0.0) & (until_below < day))[~never].all()
    below = paths["low"][listed] < paths["offer_price"][listed] * (1.0 - 1e-5) - 1e-5
    assert not (below & never).any()
    assert (paths["low"][listed] >= paths["offer_price"][listed])[never].all()


@few_examples
@given(deals(), between(0.01, 1.0))
def test_more_demand_means_more_pressure(deal, more):
    # On common random numbers: every path of the keener deal stands at least as high.
    fixed = deal.coverage._replace(spread_slope=0.0)
    terms = deal.terms._replace(price_high=deal.terms.price_low, price_floor=deal.terms.price_low)
    tranche = terms._replace(may_withdraw=False, ladder_fractions=np.full(3, 0.05))
    base = deal._replace(coverage=fixed, terms=tranche)
    paths = simulate(base, PATHS)
    keener = {
        "public": base._replace(coverage=fixed._replace(public_mean=fixed.public_mean + more)),
        "placing": base._replace(coverage=fixed._replace(placing_mean=fixed.placing_mean + more)),
        "kappa": base._replace(demand=base.demand._replace(kappa=base.demand.kappa * (1.0 + more))),
        "valuation": base._replace(coverage=fixed._replace(valuation_mean=fixed.valuation_mean + more)),
    }
    for name, changed in keener.items():
        higher = simulate(changed, PATHS)
        before = paths["scarcity"] + paths["valuation"]
        after = higher["scarcity"] + higher["valuation"]
        assert (after >= before - 1e-12).all(), name
        if name in ("kappa", "valuation"):
            assert (after > before).all()


@few_examples
@given(deals(), between(0.01, 0.2))
def test_cornerstones_move_the_pressure_by_the_sign_of_the_closed_form(deal, more):
    """Closed form 7: lock-up lifts the price exactly where demand per share of float exceeds the placing's."""
    terms = deal.terms._replace(cornerstone_money=0.0, may_withdraw=False, ladder_fractions=np.full(3, 0.05))
    base = deal._replace(terms=terms, demand=deal.demand._replace(placing_activity=1.0))
    fewer = simulate(base, PATHS)
    locked = simulate(base._replace(terms=terms._replace(locked=terms.locked + more)), PATHS)
    curve = base.demand
    own = curve.kappa * fewer["placing_coverage"] ** curve.placing_deflation
    per_share = np.exp(curve.elasticity * fewer["scarcity"])
    clear = np.abs(per_share - own) > 1e-6 * own
    moved = np.sign(locked["scarcity"] - fewer["scarcity"])
    np.testing.assert_array_equal(moved[clear], np.sign(per_share - own)[clear])
