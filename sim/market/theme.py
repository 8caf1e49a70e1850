"""Theme heat from peers: the conjugate update of a Gaussian prior.

A peer's first-day return says how hot its theme is only relative to what its own venue usually does. With
``r_j = log(1 + return) - norm of the venue`` and ``r_j ~ Normal(b h, tau^2 / weight_j)``, ``h ~ Normal(0, tau_h^2)``,
the posterior of ``h`` is Gaussian; weights fall with age and distance of business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sim.deals.deals import Deals
from sim.errors import invalid
from sim.market.parameters import Peers
from sim.scenario.models import Peer
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class PeerContribution:
    """What one peer adds to the theme's heat.

    Parameters
    ----------
    log_return
        Log first-day return.
    venue_mean
        Norm of its venue at its listing, log return.
    weight
        Weight by age and distance, 0 to 1.
    contribution
        Its part of the posterior mean, log price.
    """

    name: str
    log_return: float
    venue_mean: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class ThemeHeat:
    """Posterior of theme heat: mean and standard deviation (``se``) in log price, and what each peer adds."""

    mean: float
    se: float
    peers: tuple[PeerContribution, ...]


THEME_OF_FLAG = "ai-semiconductors-robotics"
"""The theme that the past deals flag."""
PEER_WINDOW = timedelta(days=365)
"""How long before a deal its automatic peers may have listed."""


def peers_of(scenario: Scenario, deals: Callable[[], Deals]) -> tuple[Peer, ...]:
    """Return the peers of a scenario: its own list, or the past deals of its theme where it says ``auto``.

    Automatic peers are the :func:`flagged_peers` of its day. A scenario without the flagged theme has none.
    """
    if not isinstance(scenario.peers, str):
        return scenario.peers
    if scenario.theme != THEME_OF_FLAG:
        return ()
    return flagged_peers(deals(), scenario.list_date)


def flagged_peers(deals: Deals, day: date) -> tuple[Peer, ...]:
    """Return the Hong Kong listings flagged with the theme in the year before a day, strictly before it."""
    return tuple(
        Peer(
            name=deal.name or deal.code,
            venue="hkex",
            list_date=deal.list_date,
            first_day_return=deal.close_return,
        )
        for deal in deals.between(day - PEER_WINDOW, day - timedelta(days=1))
        if deal.ai_semi_robotics and deal.close_return is not None
    )


def theme_heat(peers: Sequence[Peer], market: Peers, list_date: date) -> ThemeHeat:
    """Update the prior of theme heat by the peers listed before a deal.

    Raises
    ------
    InvalidInput
        When the market has no norm for the venue of a peer at its listing.
    """
    precision = 1.0 / market.theme_sd**2
    terms = []
    for peer in peers:
        venue = market.venues.get(peer.venue)
        norm = None if venue is None else venue.norm(peer.list_date)
        if venue is None or norm is None:
            raise invalid(
                "<peers>",
                f"peers: {peer.name}",
                f"the market has no norm of {peer.venue} on {peer.list_date}",
                "leave the peer out or use a market that covers its venue and date",
            )
        age = (list_date - peer.list_date).days
        weight = 0.5 ** (age / market.age_half_life_days) * (1.0 - peer.business_distance)
        information = weight / venue.idiosyncratic_sd**2
        precision += venue.transfer**2 * information
        excess = math.log1p(peer.first_day_return) - norm.mean
        terms.append(
            (peer.name, excess + norm.mean, norm.mean, weight, venue.transfer * information * excess)
        )
    contributions = tuple(PeerContribution(*term[:4], term[4] / precision) for term in terms)
    return ThemeHeat(sum(c.contribution for c in contributions), precision**-0.5, contributions)
