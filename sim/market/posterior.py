"""Parameters as uncertain as the fit leaves them: draws, shifts, and the market at a shift.

The posterior of each block is normal about the market's values (Laplace's approximation). A market is moved by a
shift from where it stands, in the fit's own scale, so that no shift leaves every bit of it as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import invalid
from sim.market.parameters import Effects, Market, Posterior, Uncertainty

Array = NDArray[np.float64]
Shift = Mapping[str, float]

LEAST_DEGREES, LEAST_GREY_DEGREES = 2.5, 2.1
"""Degrees of freedom are these plus an exponential, as in :mod:`sim.market.fit`."""
LEAST_SLOPE = 0.01
LEAST_VARIANCE_LEFT = 0.05
"""Share of a coverage's variance that is left at least when the part for its coefficients is taken out."""


def posterior_of(names: Sequence[str], covariance: Array, within_sd: float = 0.0) -> Posterior:
    """Return the correlations of parameters from their covariance."""
    errors = np.sqrt(np.diag(covariance))
    correlation = np.clip(covariance / np.outer(errors, errors), -1.0, 1.0)
    rows = tuple(tuple(correlation[k, :k].tolist()) for k in range(len(names)))
    return Posterior(parameters=tuple(names), correlations=rows, within_sd=within_sd)


def names_of(market: Market) -> tuple[str, ...]:
    """Return the names of all parameters with a posterior, block after block."""
    return tuple(name for block in market.posterior for name in block.parameters)


def covariance_of(market: Market) -> Array:
    """Return the covariance of all parameters, block-diagonal; not negative whatever the rounding of the file.

    Raises
    ------
    InvalidInput
        When the market names a parameter that is not known, twice, or that has no standard error.
    """
    errors = _errors_of(market)
    covariance, start = np.zeros((len(errors), len(errors))), 0
    for block in market.posterior:
        stop = start + len(block.parameters)
        correlation = np.eye(stop - start)
        for k, row in enumerate(block.correlations):
            correlation[k, :k] = correlation[:k, k] = row
        values, vectors = np.linalg.eigh(correlation)
        sound = (vectors * np.maximum(values, 0.0)) @ vectors.T
        covariance[start:stop, start:stop] = sound * np.outer(errors[start:stop], errors[start:stop])
        start = stop
    return covariance


def _errors_of(market: Market) -> Array:
    """Standard errors in the order of :func:`names_of`."""
    known = {each.name: each.standard_error for each in market.estimates}
    names = names_of(market)
    for name in names:
        problem = None
        if name not in KNOWN:
            problem = "is no parameter of the fit"
        elif names.count(name) > 1:
            problem = "is named twice"
        elif known.get(name) is None:
            problem = "has no standard error among the estimates"
        if problem is not None:
            raise invalid(f"market {market.name}", "posterior", f"{name} {problem}", "see docs/market.md")
    return np.array([known[name] for name in names], dtype=np.float64)


def draws_of(market: Market, count: int, seed: int | Sequence[int]) -> Array:
    """Draw shifts of all parameters from the posterior, (count, parameters)."""
    covariance = covariance_of(market)
    values, vectors = np.linalg.eigh(covariance)
    normals = np.random.default_rng(seed).standard_normal((count, len(values)))
    return np.asarray((normals * np.sqrt(np.maximum(values, 0.0))) @ vectors.T, dtype=np.float64)


def without_widening(market: Market) -> Market:
    """Return the market with spreads that stand for the day alone: nothing in them for uncertain parameters."""
    within = {
        block.parameters[0].split("_")[0]: block.within_sd for block in market.posterior if block.within_sd
    }
    public, placing = market.coverage.public, market.coverage.placing
    coverage = market.coverage.model_copy(
        update={
            "public": public.model_copy(update={"sd": _less(public.sd, within.get("public", 0.0))}),
            "placing": placing.model_copy(update={"sd": _less(placing.sd, within.get("placing", 0.0))}),
        }
    )
    return market.model_copy(update={"coverage": coverage, "uncertainty": Uncertainty()})


def _less(sd: float, variance: float) -> float:
    return math.sqrt(max(sd**2 - variance, LEAST_VARIANCE_LEFT * sd**2))


def moved(market: Market, shift: Shift) -> Market:
    """Return the market with some parameters of the fit shifted.

    Parameters
    ----------
    market
        Where the shift starts.
    shift
        By name in the fit, in the fit's scale; ``range_level`` and ``log_range_sd`` reach no path.
    """
    data = market
    for name, by in shift.items():
        if by != 0.0 and name not in UNMOVED:
            data = _MOVES[name](data, by)
    return data


Move = Callable[[Market, float], Market]


def _part(name: str, change: Callable[[Any, float], Mapping[str, Any]]) -> Move:
    """Move some fields of one part of the market."""

    def move(market: Market, by: float) -> Market:
        part = getattr(market, name)
        return market.model_copy(update={name: part.model_copy(update=change(part, by))})

    return move


def _times(part: str, *fields: str) -> Move:
    return _part(part, lambda old, by: {field: getattr(old, field) * math.exp(by) for field in fields})


def _effect(part: str, effects: str, feature: str) -> Move:
    def change(old: Any, by: float) -> Mapping[str, Any]:
        whole: Effects = getattr(old, effects)
        return {effects: whole.model_copy(update={feature: getattr(whole, feature) + by})}

    return _part(part, change)


def _plus(part: str, field: str, least: float = -math.inf, most: float = math.inf) -> Move:
    return _part(part, lambda old, by: {field: min(max(getattr(old, field) + by, least), most)})


def _degrees(part: str, least: float) -> Move:
    def change(old: Any, by: float) -> Mapping[str, Any]:
        above = max(old.degrees_of_freedom - least, 1e-3)
        return {"degrees_of_freedom": least + above * math.exp(by)}

    return _part(part, change)


def _no_grey(move: Move) -> Move:
    return lambda market, by: market if market.grey is None else move(market, by)


def _coverage(tranche: str, feature: str) -> Move:
    def change(old: Any, by: float) -> Mapping[str, Any]:
        coverage = getattr(old, tranche)
        centre = coverage.centre.model_copy(update={feature: getattr(coverage.centre, feature) + by})
        return {tranche: coverage.model_copy(update={"centre": centre})}

    return _part("coverage", change)


def _surprise(market: Market, by: float) -> Market:
    """Move the slope of log placing coverage on the surprise in public coverage, its own variance held."""
    both = market.coverage
    own = both.placing.sd**2 * (1.0 - both.correlation**2)
    slope = both.correlation * both.placing.sd / both.public.sd + by
    sd = math.sqrt(own + (slope * both.public.sd) ** 2)
    update = {
        "placing": both.placing.model_copy(update={"sd": sd}),
        "correlation": slope * both.public.sd / sd,
    }
    return market.model_copy(update={"coverage": both.model_copy(update=update)})


def _idiosyncratic(market: Market, by: float) -> Market:
    """Move the noise of a single peer in Hong Kong, which is what is fitted."""
    venues = dict(market.peers.venues)
    if "hkex" in venues:
        own = venues["hkex"]
        venues["hkex"] = own.model_copy(update={"idiosyncratic_sd": own.idiosyncratic_sd * math.exp(by)})
    return market.model_copy(update={"peers": market.peers.model_copy(update={"venues": venues})})


_FEATURES = ("intercept", "market_heat", "coverage_heat", "deal_size", "anchored")
_MOVES: Mapping[str, Move] = {
    "log_kappa": _times("demand", "kappa"),
    "public_deflation": _plus("demand", "public_deflation", 0.0, 1.0),
    "log_saturation": _times("demand", "public_saturation"),
    "log_elasticity": _times("demand", "elasticity", "anchored_elasticity"),
    "log_anchored_ratio": _times("demand", "anchored_elasticity"),
    "centre": _effect("valuation", "centre", "intercept"),
    "spread": _effect("valuation", "spread", "intercept"),
    "spread_size": _effect("valuation", "spread", "deal_size"),
    "spread_anchored": _effect("valuation", "spread", "anchored"),
    "spread_public_coverage": _plus("valuation", "spread_public_coverage"),
    "log_degrees": _degrees("valuation", LEAST_DEGREES),
    "bias": _no_grey(_plus("grey", "bias")),
    "slope": _no_grey(_plus("grey", "slope", LEAST_SLOPE)),
    "log_noise": _no_grey(_effect("grey", "noise", "intercept")),
    "noise_size": _no_grey(_effect("grey", "noise", "deal_size")),
    "log_noise_degrees": _no_grey(_degrees("grey", LEAST_GREY_DEGREES)),
    "drift": _effect("day", "drift", "intercept"),
    "drift_size": _effect("day", "drift", "deal_size"),
    "volatility": _effect("day", "volatility", "intercept"),
    "volatility_size": _effect("day", "volatility", "deal_size"),
    "volatility_heat": _effect("day", "volatility", "market_heat"),
    "log_volatility_sd": _times("day", "volatility_sd"),
    "log_theme_sd": _times("peers", "theme_sd"),
    "log_idiosyncratic_sd": _idiosyncratic,
    "log_age_half_life": _times("peers", "age_half_life_days"),
    **{f"public_{feature}": _coverage("public", feature) for feature in _FEATURES},
    **{f"placing_{feature}": _coverage("placing", feature) for feature in _FEATURES},
    "placing_public_surprise": _surprise,
}
UNMOVED = frozenset({"range_level", "log_range_sd"})
"""Parameters of the fit that reach no path."""
KNOWN = UNMOVED | frozenset(_MOVES)
"""Names that a market can be moved by."""
