"""Likelihood of the open: the demand curve cleared against the float, and the friction at the offer price.

The equations are those of :mod:`sim.kernels.demand`, :mod:`sim.kernels.opening` and
:mod:`sim.kernels.stabilisation`, written once more over parameter vectors and deals; a test holds the two equal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.market.fit.blocks import Block, LogLikelihood, Prior, Values
from sim.market.fit.data import FitData

Array = NDArray[np.float64]

PRESSURE = Block(
    {
        "log_kappa": Prior(0.0, 0.5),
        "public_deflation": Prior(0.45, 0.25),
        "log_saturation": Prior(4.5, 1.0),
        "log_elasticity": Prior(0.6, 0.5),
        "log_anchored_ratio": Prior(0.5, 0.4),
        "placing_activity": Prior(0.30, 0.0),
        "over_allotment": Prior(0.15, 0.0),
        "centre": Prior(0.0, 0.0),
        "spread": Prior(-1.2, 0.5),
        "spread_public_coverage": Prior(0.1, 0.3),
        "spread_anchored": Prior(-0.5, 0.4),
        "spread_size": Prior(-0.2, 0.3),
        "log_degrees": Prior(1.2, 0.7),
        "stabilisation_elasticity": Prior(20.0, 0.0),
        "opening_absorption": Prior(0.30, 0.0),
    }
)
"""``degrees of freedom = 2.5 + exp(log_degrees)``; parameters without a spread are set, not estimated.

The placing's activity is that of first-day volume (``docs/decisions/model-form.md``); whether a deal had an
over-allotment option is not on file, and the full 15% is the custom.
"""

CLOSE_ONLY_SD = 0.15
"""Noise added to a deal of which only the close is known, log price."""
PINNED_WIDTH = 1e-9
LEAST_MASS = 1e-8
SPREAD_LOW, SPREAD_HIGH = -4.0, 1.0


def degrees_of(values: Values) -> Array:
    """Degrees of freedom of the valuation noise."""
    return 2.5 + np.exp(values["log_degrees"])


def active_float(values: Values, data: FitData) -> Array:
    """Shares that may trade on the first day, over-allotted ones included."""
    placing = np.maximum(1.0 - data.tranche_final - data.locked, 0.0)
    return data.tranche_final + values["placing_activity"] * (placing + values["over_allotment"])


def location(values: Values, data: FitData) -> Array:
    """Pressure ``y(0)`` at a valuation of zero, log price, (vectors, deals)."""
    applied = np.logaddexp(0.0, data.log_public - values["log_saturation"])
    retail = data.tranche_initial * np.exp(values["public_deflation"] * applied)
    placing = values["placing_activity"] * np.maximum(1.0 - data.tranche_initial - data.locked, 0.0)
    log_demand = values["log_kappa"] + np.log(retail + placing)
    elasticity = np.exp(values["log_elasticity"] + values["log_anchored_ratio"] * data.anchored)
    return values["centre"] + (log_demand - np.log(active_float(values, data))) / elasticity


def scale(values: Values, data: FitData) -> Array:
    """Scale of the valuation noise, log price, (vectors, deals)."""
    log_scale = (
        values["spread"]
        + values["spread_public_coverage"] * (data.log_public - 6.0) / 3.0
        + values["spread_anchored"] * data.anchored
        + values["spread_size"] * data.size
    )
    return np.exp(np.clip(log_scale, SPREAD_LOW, SPREAD_HIGH))


def full_lift(values: Values, data: FitData) -> Array:
    """Lift of the log price when the whole short has been bought, (vectors, deals)."""
    tradable = active_float(values, data)
    left = np.maximum(tradable - values["over_allotment"], 0.05 * tradable)
    return np.log(tradable / left) / values["stabilisation_elasticity"]


def student_log_density(squared: Array, degrees: Array | float) -> Array:
    """Log density of a unit-scale Student t at a squared argument."""
    from scipy.special import gammaln

    nu = np.asarray(degrees, dtype=np.float64)
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p(squared / nu), dtype=np.float64)


def pressure_log_likelihood(data: FitData, stabilised: bool = True) -> LogLikelihood:
    """Weighted log-likelihood of the opens, and of the closes where the open is not known.

    An open at the offer price is a probability mass, one below it has had the lift of the whole short:
    docs/calibration.md.

    Parameters
    ----------
    data
        Past deals.
    stabilised
        Whether a stabilising manager bids; without, an open at the offer price is an open like any other.
    """
    from scipy.special import stdtr

    open_known = np.isfinite(data.opened)
    seen = np.where(open_known, data.opened, data.closed)
    pinned = (np.abs(seen) < PINNED_WIDTH) & stabilised
    broken = open_known & (seen < 0) & stabilised
    extra = np.where(open_known, 0.0, CLOSE_ONLY_SD)

    def log_likelihood(values: Values) -> Array:
        centre, degrees, lift = location(values, data), degrees_of(values), full_lift(values, data)
        spread = np.hypot(scale(values, data), extra)
        z = (np.where(broken, seen - lift, seen) - centre) / spread
        out = student_log_density(z * z, degrees) - np.log(spread)
        if pinned.any():
            at, of, width = (
                centre[:, pinned],
                spread[:, pinned],
                lift[:, pinned] / values["opening_absorption"],
            )
            mass = stdtr(degrees, -at / of) - stdtr(degrees, (-width - at) / of)
            out[:, pinned] = np.log(np.maximum(mass, LEAST_MASS))
        return np.asarray((data.weight * out).sum(axis=1), dtype=np.float64)

    return log_likelihood
