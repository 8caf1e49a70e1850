"""The Hong Kong market from past deals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import exp
from typing import Any

import numpy as np

from sim.deals.deals import Deals
from sim.market.fit.blocks import BlockFit, Estimate, LogLikelihood
from sim.market.fit.coverage import CoverageFit, Regression, fit_coverages
from sim.market.fit.data import FitData, fit_data
from sim.market.fit.day import DAY, day_log_likelihood
from sim.market.fit.grey import GREY, grey_log_likelihood
from sim.market.fit.groups import (
    DAY_GROUPS,
    GREY_GROUPS,
    PLACING_GROUPS,
    PRESSURE_GROUPS,
    PUBLIC_GROUPS,
    THEME_GROUPS,
    contributions,
    regression_contributions,
)
from sim.market.fit.norms import norms
from sim.market.fit.peers import peers_mapping
from sim.market.fit.pressure import PRESSURE, pressure_log_likelihood
from sim.market.fit.result import Fit
from sim.market.fit.theme import THEME, theme_data, theme_log_likelihood
from sim.market.fit.weights import StageWeights, stage_weights
from sim.market.parameters import market_from_mapping

SOURCE = (
    "maximum a posteriori on the listings of the 900 days before, weights halved every 365 days; "
    "stabilisation, placing activity, pricing and the shape of the day are set (docs/market.md)"
)

DAY_SHAPE: Mapping[str, float] = {
    "volatility_slope": 0.0,
    "opening_volatility_peak": 4.0,
    "opening_volatility_minutes": 15.0,
    "closing_volatility_peak": 0.5,
    "closing_volatility_minutes": 15.0,
    "midday_break_minutes": 4.0,
    "opening_volume": 0.10,
    "closing_volume": 0.03,
}
"""Shape of volatility and volume over the day: assumed, the deals on file have no prices within the day."""
PRICING: Mapping[str, float] = {"intercept": -0.25, "slope": 0.4}
"""Position of the offer price in its range: assumed, see ``docs/decisions/model-form.md``."""
UNCERTAINTY: Mapping[str, float] = {"valuation": 1.25, "coverage": 1.05}


@dataclass(frozen=True)
class HkexParameters:
    """Everything that is fitted but for the weights of theme heat."""

    pressure: BlockFit
    grey: BlockFit
    day: BlockFit
    theme: BlockFit
    coverages: CoverageFit

    @property
    def searched(self) -> tuple[BlockFit, ...]:
        """The blocks whose mode is searched for."""
        return self.pressure, self.grey, self.day, self.theme

    def estimates(self, errors: bool) -> tuple[Estimate, ...]:
        """Every parameter, with standard errors where asked for."""
        of_blocks = [each for block in self.searched for each in block.estimates(errors)]
        coverages = self.coverages
        return (
            *of_blocks,
            *coverages.public.estimates("public"),
            *coverages.placing.estimates("placing"),
        )


@dataclass(frozen=True)
class HkexBlocks(HkexParameters):
    """Everything that is fitted, and what on."""

    data: FitData
    weights: StageWeights


def fit_parameters(
    data: FitData, theme_likelihood: LogLikelihood, start: Mapping[str, float], polish: bool
) -> HkexParameters:
    """Fit block after block; theme heat has a likelihood of its own."""
    pressure = BlockFit.of(PRESSURE, pressure_log_likelihood(data), start, polish)
    opened = np.isfinite(data.opened)
    watched = data.where(opened & np.isfinite(data.grey))
    grey = BlockFit.of(GREY, grey_log_likelihood(watched, pressure.values), start, polish)
    day = BlockFit.of(DAY, day_log_likelihood(data.where(opened)), start, polish)
    theme = BlockFit.of(THEME, theme_likelihood, start, polish)
    return HkexParameters(pressure, grey, day, theme, fit_coverages(data))


def fit_blocks(deals: Deals, as_of: date, start: Mapping[str, float], polish: bool) -> HkexBlocks:
    """Fit everything on the deals listed strictly before a date."""
    data = fit_data(deals, as_of)
    themes = theme_data(deals, norms(deals, "hkex", as_of), as_of)
    told = fit_parameters(data, theme_log_likelihood(themes), start, polish)
    weights = stage_weights(data, themes, told.theme, told.pressure, told.grey, told.coverages)
    return HkexBlocks(**vars(told), data=data, weights=weights)


def fit_hkex(deals: Deals, star: Deals, as_of: date, start: Mapping[str, float], errors: bool) -> Fit:
    """Fit the Hong Kong market; `star` gives the norm of the peers of the STAR Market."""
    fitted = fit_blocks(deals, as_of, start, errors)
    data, blocks = fitted.data, fitted.searched
    first, last = (date.fromordinal(int(data.day[i])) for i in (0, -1))
    likelihood = sum(block.attained for block in (fitted.pressure, fitted.grey, fitted.day))
    likelihood += fitted.coverages.public.log_likelihood + fitted.coverages.placing.log_likelihood
    mapping = _mapping(fitted)
    mapping["peers"] = peers_mapping(fitted.theme, deals, star, as_of, home="hkex")
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
        coverage = fitted.coverages
        mapping["posterior"] = (
            *(block.posterior for block in blocks),
            coverage.public.posterior("public"),
            coverage.placing.posterior("placing"),
        )
    of_blocks = (PRESSURE_GROUPS, GREY_GROUPS, DAY_GROUPS, THEME_GROUPS)
    coverages = ((fitted.coverages.public, PUBLIC_GROUPS), (fitted.coverages.placing, PLACING_GROUPS))
    gains = contributions(zip(blocks, of_blocks, strict=True)) if errors else ()
    gains += regression_contributions(coverages) if errors else ()
    return Fit(
        market=market_from_mapping(mapping, f"market fitted as of {as_of}"),
        parameters=fitted.estimates(errors),
        log_likelihood=likelihood,
        deals=len(data),
        first_deal=first,
        last_deal=last,
        contributions=gains,
    )


def _effects(regression: Regression) -> dict[str, float]:
    return {
        name: regression[name]
        for name in ("intercept", "market_heat", "coverage_heat", "deal_size", "anchored")
    }


def _mapping(fitted: HkexBlocks) -> dict[str, Any]:
    """The market's parameters but for its origin and peers."""
    pressure, grey, day, coverages = fitted.pressure, fitted.grey, fitted.day, fitted.coverages
    weights = fitted.weights
    return {
        "name": "hkex",
        "venue": "hkex",
        "demand": {
            "kappa": exp(pressure["log_kappa"]),
            "public_saturation": exp(pressure["log_saturation"]),
            "public_deflation": min(max(pressure["public_deflation"], 0.0), 1.0),
            "placing_deflation": 0.0,
            "placing_activity": pressure["placing_activity"],
            "elasticity": exp(pressure["log_elasticity"]),
            "anchored_elasticity": exp(pressure["log_elasticity"] + pressure["log_anchored_ratio"]),
        },
        "valuation": {
            "centre": {"intercept": pressure["centre"]},
            "spread": {
                "intercept": pressure["spread"],
                "deal_size": pressure["spread_size"],
                "anchored": pressure["spread_anchored"],
            },
            "spread_public_coverage": pressure["spread_public_coverage"],
            "degrees_of_freedom": 2.5 + exp(pressure["log_degrees"]),
            "theme_weight": {
                "t0": weights.t0.used,
                "t0.9": weights.t1.used,
                "t1": weights.t1.used,
                "t2": weights.t2.used,
            },
        },
        "coverage": {
            "public": {"centre": _effects(coverages.public), "sd": coverages.public_sd},
            "placing": {"centre": _effects(coverages.placing), "sd": coverages.placing_sd},
            "correlation": coverages.correlation,
        },
        "pricing": dict(PRICING),
        "stabilisation": {
            "elasticity": pressure["stabilisation_elasticity"],
            "opening_absorption": pressure["opening_absorption"],
            "absorption_per_day": 5.0,
        },
        "day": {
            "volatility": {
                "intercept": day["volatility"],
                "deal_size": day["volatility_size"],
                "market_heat": day["volatility_heat"],
            },
            "volatility_sd": exp(day["log_volatility_sd"]),
            "drift": {"intercept": day["drift"], "deal_size": day["drift_size"]},
            **DAY_SHAPE,
        },
        "grey": {
            "bias": grey["bias"],
            "slope": grey["slope"],
            "noise": {"intercept": grey["log_noise"], "deal_size": grey["noise_size"]},
            "degrees_of_freedom": 2.1 + exp(grey["log_noise_degrees"]),
        },
        "uncertainty": dict(UNCERTAINTY),
    }
