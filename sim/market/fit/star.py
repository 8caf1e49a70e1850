"""The STAR Market from past listings.

Every offer there is subscribed thousands of times over, so coverage tells deals apart no more. Demand is set equal
to the float: with a kappa of one and no deflated coverage scarcity is zero, and the centre of the valuation is
what listings there usually do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import exp
from typing import Any

import numpy as np

from sim.deals.deals import Deals
from sim.market.fit.blocks import Block, BlockFit, Estimate, LogLikelihood, Prior
from sim.market.fit.data import FitData, fit_data
from sim.market.fit.day import DAY, day_log_likelihood
from sim.market.fit.groups import (
    NEARLY_NORMAL,
    THEME_GROUPS,
    VOLATILITY_GROUPS,
    Groups,
    at_prior,
    contributions,
)
from sim.market.fit.hkex import DAY_SHAPE, UNCERTAINTY
from sim.market.fit.norms import norms
from sim.market.fit.peers import peers_mapping
from sim.market.fit.pressure import PRESSURE, pressure_log_likelihood
from sim.market.fit.result import Fit
from sim.market.fit.theme import THEME, theme_data, theme_log_likelihood
from sim.market.parameters import market_from_mapping

SOURCE = (
    "maximum a posteriori on the listings of the 900 days before, weights halved every 365 days; "
    "demand equals the float, coverages and the weight of theme heat are set (docs/market.md)"
)

_CONSTANT = {
    "log_kappa": 0.0,
    "public_deflation": 0.0,
    "log_saturation": 0.0,
    "log_elasticity": 0.0,
    "log_anchored_ratio": 0.0,
    "placing_activity": 1.0,
    "over_allotment": 0.0,
    "spread_public_coverage": 0.0,
    "spread_anchored": 0.0,
    "spread_size": 0.0,
}
STAR_PRESSURE = Block(
    {
        **PRESSURE.with_constants(_CONSTANT).priors,
        "centre": Prior(0.8, 0.5),
        "spread": Prior(-0.9, 0.5),
    }
)
STAR_DAY = Block(
    {
        **DAY.with_constants({"drift_size": 0.0, "volatility_size": 0.0, "volatility_heat": 0.0}).priors,
        "drift": Prior(0.0, 0.1),
    }
)
STAR_DAY_GROUPS: Groups = {"drift of the day": {"drift": 0.0}, **VOLATILITY_GROUPS}
STAR_PRESSURE_GROUPS: Groups = {
    "centre of the valuation": {"centre": 0.0},
    "level of the spread, against its prior": at_prior(STAR_PRESSURE, "spread"),
    "fat tails of the valuation": {"log_degrees": NEARLY_NORMAL},
}

LOG_PUBLIC, LOG_PLACING, LOG_COVERAGE_SD = 8.2, 7.5, 0.5
"""Log coverages of the online and offline tranches, assumed: about 3,600 and 1,800 times."""
COVERAGE_WEIGHT = 2.0
"""Weight of the assumed online coverage, in listings."""


@dataclass(frozen=True)
class StarParameters:
    """Everything that is fitted."""

    pressure: BlockFit
    day: BlockFit
    theme: BlockFit

    @property
    def searched(self) -> tuple[BlockFit, ...]:
        """The blocks whose mode is searched for: all."""
        return self.pressure, self.day, self.theme

    def estimates(self, errors: bool) -> tuple[Estimate, ...]:
        """Every parameter, with standard errors where asked for."""
        return tuple(each for block in self.searched for each in block.estimates(errors))


def fit_parameters(
    data: FitData, theme_likelihood: LogLikelihood, start: Mapping[str, float], polish: bool
) -> StarParameters:
    """Fit block after block; theme heat is fitted on Hong Kong's listings."""
    opened = data.where(np.isfinite(data.opened))
    return StarParameters(
        BlockFit.of(STAR_PRESSURE, pressure_log_likelihood(data, stabilised=False), start, polish),
        BlockFit.of(STAR_DAY, day_log_likelihood(opened, stabilised=False), start, polish),
        BlockFit.of(THEME, theme_likelihood, start, polish),
    )


def fit_star(deals: Deals, hkex: Deals, as_of: date, start: Mapping[str, float], errors: bool) -> Fit:
    """Fit the STAR Market; `hkex` gives the components of theme heat and the norm of peers in Hong Kong."""
    data = fit_data(deals, as_of)
    themes = theme_data(hkex, norms(hkex, "hkex", as_of), as_of)
    fitted = fit_parameters(data, theme_log_likelihood(themes), start, errors)
    pressure, day, theme = fitted.searched
    first, last = (date.fromordinal(int(data.day[i])) for i in (0, -1))
    likelihood = pressure.attained + day.attained
    mapping = _mapping(data, pressure, day)
    mapping["peers"] = peers_mapping(theme, hkex, deals, as_of, home="star")
    mapping["origin"] = {
        "status": "fitted",
        "source": SOURCE,
        "as_of": as_of,
        "first_deal": first,
        "last_deal": last,
        "deals": len(data),
        "log_likelihood": likelihood,
    }
    if errors:
        mapping["posterior"] = tuple(block.posterior for block in (pressure, day, theme))
    groups = ((pressure, STAR_PRESSURE_GROUPS), (day, STAR_DAY_GROUPS), (theme, THEME_GROUPS))
    return Fit(
        market=market_from_mapping(mapping, f"market fitted as of {as_of}"),
        parameters=fitted.estimates(errors),
        log_likelihood=likelihood,
        deals=len(data),
        first_deal=first,
        last_deal=last,
        contributions=contributions(groups) if errors else (),
    )


def _mapping(data: FitData, pressure: BlockFit, day: BlockFit) -> dict[str, Any]:
    """The market's parameters but for its origin and peers."""
    seen = data.public_seen > 0
    total = COVERAGE_WEIGHT * LOG_PUBLIC + float(data.log_public[seen].sum())
    public = total / (COVERAGE_WEIGHT + float(seen.sum()))
    return {
        "name": "star",
        "venue": "star",
        "demand": {
            "kappa": 1.0,
            "public_saturation": 1.0,
            "public_deflation": 0.0,
            "placing_deflation": 0.0,
            "placing_activity": 1.0,
            "elasticity": 1.0,
            "anchored_elasticity": 1.0,
        },
        "valuation": {
            "centre": {"intercept": pressure["centre"]},
            "spread": {"intercept": pressure["spread"]},
            "spread_public_coverage": 0.0,
            "degrees_of_freedom": 2.5 + exp(pressure["log_degrees"]),
            "theme_weight": {"t0": 1.0, "t0.9": 1.0, "t1": 1.0, "t2": 0.0},
        },
        "coverage": {
            "public": {"centre": {"intercept": public}, "sd": LOG_COVERAGE_SD},
            "placing": {"centre": {"intercept": LOG_PLACING}, "sd": LOG_COVERAGE_SD},
            "correlation": 0.0,
        },
        "pricing": {"intercept": 0.5, "slope": 0.0},
        "stabilisation": {"elasticity": 20.0, "opening_absorption": 0.3, "absorption_per_day": 5.0},
        "day": {
            "volatility": {"intercept": day["volatility"]},
            "volatility_sd": exp(day["log_volatility_sd"]),
            "drift": {"intercept": day["drift"]},
            **DAY_SHAPE,
        },
        "grey": None,
        "uncertainty": dict(UNCERTAINTY),
    }
