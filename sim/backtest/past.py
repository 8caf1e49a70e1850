"""A past deal, as known at a stage, in the kernels' terms.

The file of past deals knows less than a scenario does. What it lacks is filled in here, and nowhere else:

- ``base_shares`` are taken after any upsize, so every fraction is of the upsized offer and there is no size
  adjustment left.
- Whether an over-allotment option exists is not on file. Nearly every main-board offer has one of the full
  15%, so each deal gets :data:`OVER_ALLOTMENT`, its shares borrowed.
- The initial public tranche is held within :data:`PUBLIC_TRANCHE_RANGE`; where unknown it is the 10% that the
  rules name.
- Where the public tranche after reallocation is not known yet, or not on file, the ladder of the deal's regime
  gives it, scaled along with its own initial tranche (:func:`sim.venues.tranche_at_step`). A deal without a
  regime before the reform of August 2025 falls under practice note 18; after it, under mechanism B, which nearly
  every issuer chose and which reallocates nothing.
- The cornerstones' fraction is held below :data:`MOST_CORNERSTONES`; where unknown it is the mean of the deals
  on which it is, :data:`USUAL_CORNERSTONES`. (Drawing it from its distribution instead
  moved no score by more than 0.0002.)
- A public tranche that was not filled and has no published figure counts as covered 0.7 times.
- Before the offer is priced, the launch price stands for the offer price: the return does not depend on its
  level but through the ticks.
- The peers of a deal that the file flags with its theme are those that ``peers: auto`` names in a scenario: the
  flagged deals of the year before it. Others have none.
- Every deal on file did list, so no path is withdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.deals.deals import Deal, Deals
from sim.deals.usual import UNDERSUBSCRIBED_COVERAGE
from sim.kernels.parameters import KernelParameters, TermParameters
from sim.kernels.rng import seed_words
from sim.market.features import UNKNOWN_HEAT, coverage_heat, standard_size
from sim.market.kernel_inputs import day_parameters, demand_parameters, tick_parameters
from sim.market.parameters import Features, Market
from sim.market.profile import day_profile
from sim.market.stages import coverage_parameters
from sim.market.theme import flagged_peers, theme_heat
from sim.scenario.models import Observed, Peer, Stage
from sim.venues import get_venue, tranche_at_step
from sim.venues.hkex import LAST_LISTING_UNDER_PRACTICE_NOTE_18

OVER_ALLOTMENT = 0.15
PUBLIC_TRANCHE_RANGE = (0.03, 0.60)
USUAL_PUBLIC_TRANCHE = 0.10
FINAL_TRANCHE_RANGE = (0.02, 0.60)
MOST_CORNERSTONES = 0.85
USUAL_CORNERSTONES = 0.37
UNKNOWN_MONEY = 5e8
"""HK$ raised by a deal whose size is not on file."""

_STAGES: dict[str, Stage] = {"t0": "t0", "t1": "t1", "t2": "t2"}


@dataclass(frozen=True, slots=True)
class PastDeal:
    """What the simulator needs of a past deal.

    Parameters
    ----------
    list_date
        Decides sessions and ticks.
    stage
        What is known.
    anchored
        Whether the issuer's A shares trade already.
    terms, features, observed
        In the kernels' and the market's terms.
    peers
        Deals of its theme that listed before.
    """

    list_date: date
    stage: Stage
    anchored: bool
    terms: TermParameters
    features: Features
    observed: Observed
    peers: tuple[Peer, ...]


def _regime(deal: Deal) -> str:
    if deal.regime is not None:
        return deal.regime
    return "pn18" if deal.list_date <= LAST_LISTING_UNDER_PRACTICE_NOTE_18 else "mechanism-b"


def _tranches(deal: Deal) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """Return the initial public tranche and the ladder: coverages from which on the tranche is a fraction."""
    known = USUAL_PUBLIC_TRANCHE if deal.public_tranche_initial is None else deal.public_tranche_initial
    initial = float(np.clip(known, *PUBLIC_TRANCHE_RANGE))
    if deal.public_tranche_final is not None:
        return initial, (0.0,), (float(np.clip(deal.public_tranche_final, *FINAL_TRANCHE_RANGE)),)
    ladder = get_venue("hkex").reallocation(_regime(deal))
    steps = (float(tranche_at_step(ladder, fraction, initial)) for fraction in ladder.fractions)
    return initial, (0.0, *ladder.thresholds), (initial, *steps)


def terms_of(deal: Deal, over_allotment: float = OVER_ALLOTMENT) -> TermParameters:
    """Return the terms of a past deal; see the module's text for what is filled in.

    Parameters
    ----------
    deal
        As known at a stage.
    over_allotment
        Over-allotted shares, fraction of the offer; 0 switches the stabilising manager off.

    Raises
    ------
    ValueError
        The deal has no price at all.
    """
    price = deal.launch_price if deal.offer_price is None else deal.offer_price
    if price is None:
        raise ValueError(f"{deal.code} of {deal.list_date} has neither an offer price nor a launch price")
    initial, thresholds, fractions = _tranches(deal)
    locked = USUAL_CORNERSTONES if deal.cornerstone_fraction is None else deal.cornerstone_fraction
    return TermParameters(
        public_tranche=initial,
        size_adjustment=0.0,
        over_allotment=over_allotment,
        over_allotment_borrowed=True,
        other_tradable=0.0,
        locked=min(locked, MOST_CORNERSTONES),
        cornerstone_money=0.0,
        lot=1.0,
        price_low=price,
        price_high=price,
        price_floor=price,
        pricing_intercept=0.0,
        pricing_slope=0.0,
        may_withdraw=False,
        ladder_thresholds=np.array(thresholds),
        ladder_fractions=np.array(fractions),
    )


def features_of_past(deal: Deal, past: Deals) -> Features:
    """Return the features of a deal.

    Parameters
    ----------
    deal
        As known at a stage; its market heat was computed when the deals were loaded.
    past
        Deals, of which those listed before `deal` are seen.
    """
    price = deal.launch_price if deal.offer_price is None else deal.offer_price
    shares = deal.base_shares
    money = UNKNOWN_MONEY if price is None or shares is None else price * shares
    return Features(
        market_heat=UNKNOWN_HEAT if deal.market_heat is None else deal.market_heat,
        coverage_heat=coverage_heat(past, deal.list_date),
        deal_size=standard_size(money),
        anchored=float(deal.ah_listing is True),
    )


def observed_of(deal: Deal) -> Observed:
    """Return what is known of the demand for a deal as known at a stage."""
    coverage = deal.public_coverage
    if coverage is None and deal.public_undersubscribed:
        coverage = UNDERSUBSCRIBED_COVERAGE
    return Observed(
        public_coverage=coverage,
        placing_coverage=deal.placing_coverage,
        grey_return=deal.grey_return,
    )


def peers_of_past(deal: Deal, past: Deals) -> tuple[Peer, ...]:
    """Return the flagged deals of the year before a flagged deal, strictly before its day; else none."""
    return flagged_peers(past, deal.list_date) if deal.ai_semi_robotics else ()


def past_deal(deal: Deal, stage: str, past: Deals, over_allotment: float = OVER_ALLOTMENT) -> PastDeal:
    """Return a deal as known at `stage` in the kernels' terms.

    Parameters
    ----------
    deal
        A past deal, or one still to list.
    stage
        ``t0``, ``t1`` or ``t2``; all that is not known then is blanked here once more.
    past
        Deals for the features, of which those listed before `deal` are seen.
    over_allotment
        Over-allotted shares, fraction of the offer.

    Raises
    ------
    ValueError
        `stage` is not known, or the deal has no price.
    """
    known = deal.as_known(stage)
    return PastDeal(
        list_date=deal.list_date,
        stage=_STAGES[stage],
        anchored=deal.ah_listing is True,
        terms=terms_of(known, over_allotment),
        features=features_of_past(known, past),
        observed=observed_of(known),
        peers=peers_of_past(known, past),
    )


def kernel_parameters(deal: PastDeal, market: Market, seed: int) -> KernelParameters:
    """Return everything a path of a past deal depends on, besides its number.

    Parameters
    ----------
    deal
        The deal.
    market
        Parameters of HKEX as of a day before the deal.
    seed
        In [0, 2**64).

    Raises
    ------
    InvalidInput
        The grey market is known and the market has no grey-market fit.
    """
    venue = get_venue("hkex")
    drift = market.day.drift.at(deal.features)
    profile = day_profile(venue.sessions(deal.list_date), market.day, market.stabilisation, drift)
    heat = theme_heat(deal.peers, market.peers, deal.list_date)
    demand = demand_parameters(market.demand, deal.anchored)
    key_low, key_high = seed_words(seed)
    return KernelParameters(
        key_low=key_low,
        key_high=key_high,
        coverage=coverage_parameters(
            deal.observed, deal.stage, market, deal.features, heat, demand, deal.terms
        ),
        demand=demand,
        terms=deal.terms,
        day=day_parameters(venue, market, deal.features, profile),
        ticks=tick_parameters(venue.tick_table(deal.list_date)),
    )
