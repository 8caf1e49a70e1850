"""Subscription demand, the offer price, the float and the allotment, one path at a time."""

from __future__ import annotations

import numpy as np

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential, logarithm


@scalar
def offer_price(terms, log_placing):
    """Offer price before rounding: partial adjustment inside the range (Hanley 1993), down to the floor."""
    position = terms.pricing_intercept + terms.pricing_slope * log_placing
    position = 1.0 if position > 1.0 else position
    price = terms.price_low + position * (terms.price_high - terms.price_low)
    return terms.price_floor if price < terms.price_floor else price


@scalar
def is_withdrawn(terms, log_placing):
    """A book that does not cover the placing even at the lowest price is withdrawn.

    The price is compared before it is rounded: the floor need not lie on the tick grid.
    """
    return terms.may_withdraw and log_placing < 0.0 and offer_price(terms, log_placing) <= terms.price_floor


@scalar
def locked_shares(terms, price):
    """Locked shares at an offer price: a fixed part, and money that buys whole board lots."""
    # The nudge keeps a whole number of lots whole when money / price / lot rounds just below it.
    lots = np.floor(terms.cornerstone_money / (price * terms.lot) + 1e-9)
    return terms.locked + lots * terms.lot


@scalar
def float_at_listing(terms, locked):
    """Shares that can trade at the open."""
    lent = terms.over_allotment if terms.over_allotment_borrowed else 0.0
    return 1.0 + terms.size_adjustment + lent + terms.other_tradable - locked


@scalar
def active_float(demand, terms, locked, public_tranche):
    """Shares whose holders may trade on the first day: all of the public tranche, a share of the placing.

    Over-allotted shares are placed with the same investors as the rest of the placing.

    With an activity of one this is the float at listing, whatever the reallocation.
    """
    lent = terms.over_allotment if terms.over_allotment_borrowed else 0.0
    placing = 1.0 + terms.size_adjustment - public_tranche - locked
    placing = 0.0 if placing < 0.0 else placing
    return public_tranche + demand.placing_activity * (placing + lent) + terms.other_tradable


@scalar
def demand_at_offer(demand, terms, locked, log_public, log_placing):
    """Demand in shares at the offer price for a valuation of zero: equation (2) of docs/model.md at ``u = 0``."""
    placing = 1.0 + terms.size_adjustment - terms.public_tranche - locked
    placing = 0.0 if placing < 0.0 else placing
    applied = 1.0 + exponential(log_public) / demand.public_saturation
    retail = exponential(demand.public_deflation * logarithm(applied))
    institutions = exponential(demand.placing_deflation * log_placing)
    return demand.kappa * (terms.public_tranche * retail + demand.placing_activity * placing * institutions)


@kernel
def reallocate(terms, coverage, out):
    """Public tranche after reallocation, a step function of the public coverage."""
    for i in range(out.shape[0]):
        out[i] = terms.ladder_fractions[0]
    for k in range(terms.ladder_thresholds.shape[0]):
        # A coverage of 50 times comes as exp(log 50), a rounding error below 50.
        threshold, fraction = terms.ladder_thresholds[k] * (1.0 - 1e-12), terms.ladder_fractions[k]
        for i in range(out.shape[0]):
            out[i] = fraction if coverage[i] >= threshold else out[i]
