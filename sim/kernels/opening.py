"""The opening: demand cleared against the float, equation (1) of docs/model.md.

The loops are many and small, each over few arrays: LLVM vectorises a loop only when it can prove, with a handful
of checks, that what it writes is not what it reads.
"""

from __future__ import annotations

from sim.kernels._jit import kernel, scalar
from sim.kernels.arithmetic import exponential, logarithm
from sim.kernels.demand import (
    active_float,
    demand_at_offer,
    float_at_listing,
    locked_shares,
    offer_price,
    reallocate,
)
from sim.kernels.parameters import QUANTITIES
from sim.kernels.stabilisation import full_lift
from sim.kernels.ticks import round_to_ticks

_OFFER, _PUBLIC, _PLACING, _TRANCHE, _LOCKED, _FLOAT, _ACTIVE, _VALUATION, _SCARCITY = (
    QUANTITIES.index(name)
    for name in (
        "offer_price",
        "public_coverage",
        "placing_coverage",
        "public_tranche",
        "cornerstones",
        "float_at_listing",
        "active_float",
        "valuation",
        "scarcity",
    )
)


@scalar
def clearing_pressure(demand, tradable, elasticity):
    """``log(P/P0)`` of a constant-elasticity demand curve cleared against the float."""
    return logarithm(demand / tradable) / elasticity


@kernel
def exponentials(logs, out):
    """Exponential of every entry of ``logs`` into ``out``."""
    for i in range(out.shape[0]):
        out[i] = exponential(logs[i])


@kernel
def price_offers(terms, ticks, log_placing, bands, offers):
    """Offer price of each path: as agreed where it is known, else on the tick grid."""
    for i in range(offers.shape[0]):
        offers[i] = offer_price(terms, log_placing[i])
    if terms.price_low < terms.price_high:
        round_to_ticks(offers, ticks, bands)


@kernel
def float_of_offers(demand, terms, offers, public_tranche, locked, tradable, active):
    """Locked shares, float and active float of each path."""
    for i in range(offers.shape[0]):
        locked[i] = locked_shares(terms, offers[i])
    for i in range(offers.shape[0]):
        tradable[i] = float_at_listing(terms, locked[i])
    for i in range(offers.shape[0]):
        active[i] = active_float(demand, terms, locked[i], public_tranche[i])


@kernel
def scarcity_of_offers(demand, terms, log_public, log_placing, locked, active, out):
    """``log(K0 / F) / eta`` of each path at a valuation of zero, ``F`` its active float."""
    for i in range(out.shape[0]):
        wanted = demand_at_offer(demand, terms, locked[i], log_public[i], log_placing[i])
        out[i] = clearing_pressure(wanted, active[i], demand.elasticity)


@kernel
def clear_opening(
    demand, terms, day, ticks, log_public, log_placing, valuation, bands, pressure, capacity, out
):
    """Clear the open of each lane: pressure ``y(0)``, lift ``w`` of the whole short, and the terms into ``out``."""
    price_offers(terms, ticks, log_placing, bands, out[_OFFER])
    exponentials(log_public, out[_PUBLIC])
    exponentials(log_placing, out[_PLACING])
    reallocate(terms, out[_PUBLIC], out[_TRANCHE])
    float_of_offers(demand, terms, out[_OFFER], out[_TRANCHE], out[_LOCKED], out[_FLOAT], out[_ACTIVE])
    scarcity_of_offers(demand, terms, log_public, log_placing, out[_LOCKED], out[_ACTIVE], out[_SCARCITY])
    active, scarcity, recorded = out[_ACTIVE], out[_SCARCITY], out[_VALUATION]
    for i in range(pressure.shape[0]):
        pressure[i] = scarcity[i] + valuation[i]
    for i in range(pressure.shape[0]):
        recorded[i] = valuation[i]
    for i in range(capacity.shape[0]):
        capacity[i] = full_lift(active[i], terms.over_allotment, day.stabilisation_elasticity)
