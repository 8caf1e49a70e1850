"""The money of an application: fees, interest, and every dollar of a public offer."""

from __future__ import annotations

import numpy as np
import pytest
from desk_deals import biren
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.desks.application import Costs, Funding
from sim.desks.ladder import fitted_ladder, published_ladder, tiers_of
from sim.venues import get_venue

FEES = get_venue("hkex").fees
APPLICATION_RATE = 0.010085


def test_a_lot_costs_what_the_prospectus_says():
    assert Costs(FEES).application_money(200, 19.60) == pytest.approx(3959.53, abs=0.005)


@given(cents=st.integers(0, 10**9))
def test_a_sale_costs_what_the_venue_charges(cents):
    value = cents / 100.0
    assert Costs(FEES).of_sale(np.array([value]))[0] == pytest.approx(FEES.cost(value, "sale"), abs=0.006)


def test_a_commission_comes_on_top():
    value = np.array([50_000.0])
    assert Costs(FEES, 0.0025).of_sale(value)[0] - Costs(FEES).of_sale(value)[0] == pytest.approx(125.0)


def test_interest_is_due_on_what_is_borrowed():
    loan = Funding("margin", 0.9, 0.068, 5.0, 100.0)
    assert loan.fixed_cost(100_000.0) == pytest.approx(100.0 + 90_000.0 * 0.068 * 5.0 / 365.0)
    assert loan.own_money(100_000.0) == pytest.approx(10_000.0 + loan.fixed_cost(100_000.0))


@settings(deadline=None, max_examples=60)
@example(coverage=1.0, offer=1.125, first_day=0.0, published=False)
@given(
    coverage=st.floats(0.05, 1e4),
    offer=st.floats(1.0, 300.0),
    first_day=st.floats(-0.9, 5.0),
    published=st.booleans(),
)
def test_every_dollar_of_a_path_is_somewhere(coverage, offer, first_day, published):
    """What applicants gain, and what issuer and venue take, is what the buyers of their shares pay."""
    scenario = biren()
    public = float(scenario.public_shares())
    if published:
        ladder = published_ladder(scenario)
    else:
        applied = np.array([coverage * scenario.public_shares(0.0)])
        public = min(public, float(applied[0]))
        ladder = fitted_ladder(tiers_of(scenario), 200, np.array([public]), applied)
    # Prices are whole cents, as on any tick grid: stamp duty jumps by a dollar at whole thousands.
    costs, price = Costs(FEES), max(round(offer * (1.0 + first_day), 2), 0.01)
    gains = charges = rounding = 0.0
    for at in range(len(ladder.tiers)):
        sure, chance = ladder.allotment(at)
        heads = float(ladder.applicants(at)[0])
        for shares, weight in ((sure[0], 1.0 - chance[0]), (sure[0] + ladder.lot, chance[0])):
            gain = costs.gains(np.array([shares]), np.array([offer]), np.array([price]))[0]
            gains += heads * weight * gain
            # The venue's own sum, not that of the desk; the cent it rounds to is the tolerance below, and the
            # dollar of stamp duty where rounding alone decides whether a sale is above a whole thousand.
            thousands = shares * price / 1000.0
            rounding += heads * weight * (1.0 if abs(thousands - round(thousands)) < 1e-9 else 0.0)
            charges += (
                heads * weight * sum(fee.cost(shares * price) for fee in FEES.items if fee.side == "sale")
            )
    to_issuer = public * offer
    to_venue = APPLICATION_RATE * to_issuer + charges
    paid = public * price
    assert gains + to_issuer + to_venue == pytest.approx(paid, rel=0.0, abs=1e-6 * paid + rounding)
