"""How much of theme heat the forecast of each stage should take, from the residuals of the flagged deals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.deals.usual import LOWEST_COVERAGE
from sim.market.fit.blocks import BlockFit
from sim.market.fit.coverage import CoverageFit, coverage_design
from sim.market.fit.data import FitData, reallocated
from sim.market.fit.pressure import location, scale
from sim.market.fit.theme import THEME_START, ThemeData, Weight, posterior_heat, theme_weight

Array = NDArray[np.float64]

NODES = 9


@dataclass(frozen=True, slots=True)
class StageWeights:
    """Weight of theme heat at launch, at allotment and after the grey market."""

    t0: Weight
    t1: Weight
    t2: Weight


def launch_location(data: FitData, pressure: BlockFit, coverages: CoverageFit) -> tuple[Array, Array]:
    """Mean and scale of the pressure before the coverage is known, (deals,)."""
    points, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    mean = coverage_design(data) @ coverages.public.coefficients
    centres, variances = [], []
    for point in points:
        log_public = np.clip(mean + coverages.public_sd * point, np.log(LOWEST_COVERAGE), np.log(15_000.0))
        tranche = reallocated(data.regime, data.tranche_initial, log_public)
        at = data.with_coverage(log_public, tranche)
        centres.append(location(pressure.values, at)[0])
        variances.append(scale(pressure.values, at)[0] ** 2)
    mixed = np.tensordot(weights, np.array(centres), axes=1)
    spread = np.tensordot(weights, np.array(centres) ** 2 + np.array(variances), axes=1) - mixed**2
    return mixed, np.sqrt(spread)


def stage_weights(
    data: FitData,
    themes: ThemeData,
    theme: BlockFit,
    pressure: BlockFit,
    grey: BlockFit,
    coverages: CoverageFit,
) -> StageWeights:
    """Regress the residuals of the flagged deals at each stage on the theme heat before them."""
    of_theme = (data.theme > 0) & (data.day >= THEME_START.toordinal())
    deals = data.where(of_theme)
    # Both list the deals in one order; the window of the fit may begin later than the flag, or the norm later.
    heat = posterior_heat(theme.values, themes)[0][0][themes.flagged]
    both = min(len(deals), len(heat))
    deals, heat = deals.last(both), heat[len(heat) - both :]
    seen = np.where(np.isfinite(deals.opened), deals.opened, deals.closed)
    at_launch, launch_scale = launch_location(deals, pressure, coverages)
    at_allotment, spread = location(pressure.values, deals)[0], scale(pressure.values, deals)[0]
    watched = np.isfinite(deals.grey) & np.isfinite(deals.opened)
    foretold = at_allotment + (deals.grey - at_allotment - grey["bias"]) / grey["slope"]
    noise = np.exp(grey["log_noise"] + grey["noise_size"] * deals.size) / grey["slope"]
    return StageWeights(
        theme_weight(heat, seen - at_launch, launch_scale),
        theme_weight(heat, seen - at_allotment, spread),
        theme_weight(heat[watched], (deals.opened - foretold)[watched], noise[watched]),
    )
