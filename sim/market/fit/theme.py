"""Theme heat: its variance components, and how much of it a forecast should take at each stage.

A peer's return less its venue's norm is ``r_j = transfer h + e_j / sqrt(weight_j)``, ``h ~ Normal(0, theme_sd^2)``
and ``e_j ~ Normal(0, idiosyncratic_sd^2)``, as in :mod:`sim.market.theme`. The parameters are those under which
each deal's own ``r`` was best foretold from the deals of its theme in the year before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.deals.deals import Deal, Deals
from sim.market.fit.blocks import Block, LogLikelihood, Prior, Values
from sim.market.parameters import Norm
from sim.market.theme import PEER_WINDOW

Array = NDArray[np.float64]

THEME = Block(
    {
        "log_theme_sd": Prior(-1.6, 0.5),
        "log_idiosyncratic_sd": Prior(-0.9, 0.5),
        "log_age_half_life": Prior(4.1, 0.7),
    }
)
THEME_START = date(2023, 1, 1)
"""The theme flag is on file from this year."""
WEIGHT_PRIOR_SD = 0.5
"""The weight of theme heat is normal about zero with this standard deviation before the data."""


@dataclass(frozen=True)
class ThemeData:
    """Deals by list date (ordinal) with their excess over the venue's norm, (deals,), and the peers of each.

    ``age`` and ``is_peer`` are (deals, deals): row i, column j for peer j of deal i, listed strictly before it.
    """

    day: Array
    excess: Array
    flagged: NDArray[np.bool_]
    age: Array
    is_peer: NDArray[np.bool_]


def theme_listings(deals: Deals, norms: tuple[Norm, ...], as_of: date) -> list[Deal]:
    """Return the listings that theme heat is fitted on: since the theme is flagged, with an outcome and a norm."""
    if not norms:
        return []
    since = max(THEME_START, norms[0].effective)
    return [deal for deal in deals.before(as_of).between(since) if deal.log_return_close is not None]


def theme_data(deals: Deals, norms: tuple[Norm, ...], as_of: date) -> ThemeData:
    """Lay out the deals since the theme is flagged that listed before a date and have a norm."""
    starts = np.array([norm.effective.toordinal() for norm in norms])
    means = np.array([norm.mean for norm in norms])
    known = theme_listings(deals, norms, as_of)
    day = np.array([float(deal.list_date.toordinal()) for deal in known])
    returns = np.array([deal.log_return_close or 0.0 for deal in known])
    flagged = np.array([deal.ai_semi_robotics is True for deal in known], dtype=bool)
    at = np.searchsorted(starts, day, side="right") - 1
    excess = returns - means[at] if len(known) else returns
    age = day[:, None] - day[None, :]
    same = flagged[:, None] == flagged[None, :]
    is_peer = same & (age > 0) & (age <= PEER_WINDOW.days)
    return ThemeData(day, excess, flagged, np.where(is_peer, age, 0.0), is_peer)


def posterior_heat(values: Values, data: ThemeData) -> tuple[Array, Array]:
    """Mean and variance of theme heat before each deal, (vectors, deals)."""
    half_life = np.exp(values["log_age_half_life"])[..., None]
    information = data.is_peer * 0.5 ** (data.age / half_life)
    information = information * np.exp(-2.0 * values["log_idiosyncratic_sd"])[..., None]
    precision = np.exp(-2.0 * values["log_theme_sd"]) + information.sum(axis=-1)
    return (information * data.excess).sum(axis=-1) / precision, 1.0 / precision


def theme_log_likelihood(data: ThemeData, counts: Array | None = None) -> LogLikelihood:
    """Log-likelihood of each deal's excess given its peers; ``counts`` (deals,) is how often each deal counts."""

    def log_likelihood(values: Values) -> Array:
        mean, variance = posterior_heat(values, data)
        total = variance + np.exp(2.0 * values["log_idiosyncratic_sd"])
        density = -0.5 * (data.excess - mean) ** 2 / total - 0.5 * np.log(2 * np.pi * total)
        if counts is not None:
            density = density * counts
        return np.asarray(density.sum(axis=1), dtype=np.float64)

    return log_likelihood


@dataclass(frozen=True, slots=True)
class Weight:
    """Weight of theme heat at a stage: least squares with a prior, and what is left after shrinking."""

    estimate: float
    standard_error: float
    deals: int

    @property
    def used(self) -> float:
        """The estimate times ``1 - (standard error / estimate)^2``: zero when it is within its error, or negative."""
        if self.estimate <= self.standard_error:
            return 0.0
        return self.estimate * (1.0 - (self.standard_error / self.estimate) ** 2)


def theme_weight(heat: Array, residual: Array, scale: Array) -> Weight:
    """Regress the residual of a stage on theme heat through the origin.

    Parameters
    ----------
    heat
        Posterior mean of theme heat before each deal.
    residual
        Log return less the forecast of the stage without theme heat.
    scale
        Scale of that residual.
    """
    precision = float(((heat / scale) ** 2).sum()) + WEIGHT_PRIOR_SD**-2.0
    estimate = float((heat * residual / scale**2).sum()) / precision
    return Weight(estimate, precision**-0.5, len(heat))
