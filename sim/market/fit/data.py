"""Past deals as the arrays a fit works on: shares in fractions of the upsized offer, prices in log over the offer.

A deal whose file is blank in a term is given the usual one, named here; a blank outcome stays NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from sim.deals.deals import Deal, Deals
from sim.deals.usual import UNKNOWN_LOG_SIZE, public_coverage_of
from sim.errors import invalid
from sim.market.features import FINI_START, UNKNOWN_HEAT, coverage_heat, standard_size
from sim.venues import get_venue

Array = NDArray[np.float64]

WINDOW_DAYS = 900
HALF_LIFE_DAYS = 365.0
USUAL_PUBLIC_TRANCHE = 0.10
USUAL_CORNERSTONES = 0.37
"""Mean where it is on file; before 2025 it is not."""
REGIMES = ("pn18", "mechanism-a", "mechanism-b", "chapter-18c")
UNKNOWN_PLACING_COVERAGE = 4.0


@dataclass(frozen=True)
class FitData:
    """Columns of past deals, each of shape (deals,), and their weights by age.

    Parameters
    ----------
    opened, closed, grey, log_range
        Log of open, close and grey-market close over the offer price, and log of high over low; NaN is unknown.
    log_public, log_placing
        Log coverages, in times; of a tranche with no statement the usual one.
    public_seen, placing_seen
        1 where the file states the coverage.
    tranche_initial, tranche_final, locked
        Public tranche before and after reallocation, and cornerstones: fractions of the upsized offer.
    heat, coverage_heat, size, anchored
        Features: market heat, mean log coverage of the last ten less 6, standard size, A+H flag.
    theme
        1 where the file flags the deal with its theme.
    day
        Ordinal of the list date.
    fini
        1 for coverages since the FINI platform.
    regime
        Index of the reallocation rule in `REGIMES`, -1 where unknown.
    weight
        Weight in the fit, halved with every 365 days of age.
    """

    opened: Array
    closed: Array
    grey: Array
    log_range: Array
    log_public: Array
    log_placing: Array
    public_seen: Array
    placing_seen: Array
    tranche_initial: Array
    tranche_final: Array
    locked: Array
    heat: Array
    coverage_heat: Array
    size: Array
    anchored: Array
    theme: Array
    day: Array
    fini: Array
    regime: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.weight)

    def where(self, mask: NDArray[np.bool_]) -> FitData:
        """Return the deals of a mask."""
        return FitData(**{each.name: getattr(self, each.name)[mask] for each in fields(self)})

    def last(self, count: int) -> FitData:
        """Return the last deals."""
        return self.where(np.arange(len(self)) >= len(self) - count)

    def with_coverage(self, log_public: Array, tranche_final: Array) -> FitData:
        """Return the deals at another public coverage."""
        return replace(self, log_public=log_public, tranche_final=tranche_final)


def reallocated(regime: Array, initial: Array, log_public: Array) -> Array:
    """Public tranche after reallocation by the rule of each deal's regime; arrays broadcast.

    A ladder gives fractions of the base offer from the usual initial tranche; a waiver's own initial tranche is
    scaled alike, up to half of the offer.
    """
    factor = np.ones(np.broadcast_shapes(regime.shape, initial.shape, log_public.shape))
    for index, name in enumerate(REGIMES):
        ladder = get_venue("hkex").reallocation(name)
        for threshold, fraction in zip(ladder.thresholds, ladder.fractions, strict=True):
            reached = (regime == index) & (log_public >= log(threshold) - 1e-12)
            factor = np.where(reached, fraction / (ladder.initial or USUAL_PUBLIC_TRANCHE), factor)
    return np.minimum(initial * factor, np.maximum(initial, 0.5))


def _row(deal: Deal, heat_of_coverage: float) -> dict[str, float]:
    nan = float("nan")
    coverage = public_coverage_of(deal)
    initial = (
        USUAL_PUBLIC_TRANCHE
        if deal.public_tranche_initial is None
        else min(max(deal.public_tranche_initial, 0.03), 0.6)
    )
    final = nan if deal.public_tranche_final is None else min(max(deal.public_tranche_final, 0.02), 0.6)
    size = UNKNOWN_LOG_SIZE if deal.log_size is None else deal.log_size
    opened, grey = deal.log_return_open, deal.log_return_grey
    cornerstones = USUAL_CORNERSTONES if deal.cornerstone_fraction is None else deal.cornerstone_fraction
    extremes = deal.high is not None and deal.low is not None
    return {
        "opened": nan if opened is None else opened,
        "closed": nan if deal.log_return_close is None else deal.log_return_close,
        "grey": nan if grey is None else grey,
        "log_range": log(deal.high / deal.low) if extremes and deal.high and deal.low else nan,
        "log_public": log(coverage),
        "log_placing": log(max(deal.placing_coverage or UNKNOWN_PLACING_COVERAGE, 0.5)),
        "public_seen": float(deal.public_coverage is not None or deal.public_undersubscribed is True),
        "placing_seen": float(deal.placing_coverage is not None),
        "tranche_initial": initial,
        "tranche_final": final,
        "locked": min(max(cornerstones, 0.0), 0.85),
        "heat": UNKNOWN_HEAT if deal.market_heat is None else deal.market_heat,
        "coverage_heat": heat_of_coverage,
        "size": standard_size(exp(size)),
        "anchored": float(deal.ah_listing is True),
        "theme": float(deal.ai_semi_robotics is True),
        "day": float(deal.list_date.toordinal()),
        "fini": float(deal.list_date >= FINI_START),
        "regime": float(REGIMES.index(deal.regime)) if deal.regime in REGIMES else -1.0,
    }


def window_listings(deals: Deals, as_of: date) -> Deals:
    """Return the listings that a fit is on: those with an outcome in the 900 days before a date."""
    return deals.before(as_of, WINDOW_DAYS).with_outcome()


def fit_data(deals: Deals, as_of: date) -> FitData:
    """Lay out the deals of the 900 days before a date, listed strictly before it.

    Raises
    ------
    InvalidInput
        When no such deal has an outcome.
    """
    before = deals.before(as_of)
    rows = []
    heats: dict[date, float] = {}
    for deal in window_listings(before, as_of):
        if deal.list_date not in heats:
            heats[deal.list_date] = (
                coverage_heat(before, deal.list_date) if deal.list_date >= FINI_START else 0.0
            )
        rows.append(_row(deal, heats[deal.list_date]))
    if not rows:
        raise invalid(
            "--as-of", "", f"no deal listed in the {WINDOW_DAYS} days before {as_of}", "choose a later date"
        )
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    ladder = reallocated(columns["regime"], columns["tranche_initial"], columns["log_public"])
    columns["tranche_final"] = np.where(
        np.isfinite(columns["tranche_final"]), columns["tranche_final"], np.clip(ladder, 0.02, 0.6)
    )
    age = as_of.toordinal() - columns["day"]
    return FitData(**columns, weight=0.5 ** (age / HALF_LIFE_DAYS))
