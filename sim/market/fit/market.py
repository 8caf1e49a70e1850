"""Fit a market on past deals: maximum a posteriori, deals weighted by age, nothing of the day or later used.

Blocks are fitted one after the other: the pressure at the open, the grey market given it, the listing day, the
coverages, theme heat and its weight at each stage. See ``docs/decisions/model-form.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from sim.deals.deals import Deals, load_deals
from sim.deals.listings import load_star_listings
from sim.errors import invalid
from sim.market.fit.blocks import Estimate
from sim.market.fit.hkex import fit_hkex
from sim.market.fit.norms import star_deals
from sim.market.fit.result import Fit
from sim.market.fit.star import fit_star
from sim.market.parameters import FittedParameter

__all__ = ["Fit", "fit_market"]


@lru_cache(maxsize=1)
def shipped_star_deals() -> Deals:
    """Return the shipped STAR listings as deals."""
    return star_deals(load_star_listings())


@lru_cache(maxsize=1)
def _shipped_hkex_deals() -> Deals:
    return load_deals()


def fit_market(
    deals: Deals,
    as_of: date,
    *,
    venue: str = "hkex",
    start: Fit | None = None,
    errors: bool = False,
    abroad: Deals | None = None,
) -> Fit:
    """Fit the market of a venue on the deals listed strictly before a date.

    Parameters
    ----------
    deals
        Listings of the venue; those listed on the date or later are not looked at.
    as_of
        The day on which the market is to be known.
    venue
        ``hkex`` or ``star``.
    start
        An earlier fit to start the search from; it changes the time, not the answer.
    errors
        Whether to polish the optimum, work out standard errors and refit without each group of parameters.
    abroad
        Listings of the other venue, of whose norm and theme the peers speak; the shipped ones when left out.

    Raises
    ------
    InvalidInput
        When the venue is not known, or no deal of the 900 days before has an outcome.
    """
    first = {} if start is None else start.start()
    if venue == "hkex":
        fit = fit_hkex(deals, shipped_star_deals() if abroad is None else abroad, as_of, first, errors)
    elif venue == "star":
        fit = fit_star(deals, _shipped_hkex_deals() if abroad is None else abroad, as_of, first, errors)
    else:
        raise invalid("fit_market", "venue", f"{venue!r} is not known", "expected hkex or star")
    return replace(fit, market=fit.market.model_copy(update={"estimates": _estimates(fit.parameters)}))


def _estimates(parameters: Sequence[Estimate]) -> tuple[FittedParameter, ...]:
    """What the market says of its own fit."""
    return tuple(
        FittedParameter(
            name=each.name,
            value=each.value,
            standard_error=each.standard_error,
            prior_mean=each.prior.mean,
            prior_sd=each.prior.sd,
        )
        for each in parameters
    )
