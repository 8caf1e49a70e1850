"""What the fit leaves uncertain, in the terms of one deal: a few quantities in place of many parameters.

Kappa, deflation, saturation and elasticity lie on a ridge: none of them is known well, together they fix a deal's
location well. So the inputs are not parameters but quantities that decide this deal's day, such as the pressure at
its open. With gradients ``g`` of the quantities in the parameters and the posterior covariance ``S``, the directions
``d = S u / |u|`` with ``u`` from Gram and Schmidt in the inner product of ``S`` move a quantity by one standard
deviation, keep the quantities before it as they are and take all other parameters along as the posterior has them go
with it. Coordinates along them are independent standard normals, which Saltelli's sampling needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan, prepare
from sim.kernels.demand import reallocate
from sim.kernels.opening import float_of_offers, scarcity_of_offers
from sim.market.parameters import Market
from sim.market.posterior import LEAST_DEGREES, covariance_of, moved, names_of
from sim.scenario.scenario import Scenario

Array = NDArray[np.float64]

Scale = Literal["as is", "log", "log return"]

STEP = 0.1
"""Step of the central differences, in standard errors."""
NEGLIGIBLE = 1e-6
"""Variance that is left of a quantity, relative to its own, below which those before it decide it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity of a deal that fitted parameters decide.

    Parameters
    ----------
    name, label, unit
        On the command line, for people, and of its values as shown.
    scale
        How values are shown: as they are, or a logarithm as its number or as a return.
    value
        From a plan to the quantity.
    """

    name: str
    label: str
    unit: str
    scale: Scale
    value: Callable[[Plan], float] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Direction:
    """A quantity with the shift of all parameters, (parameters,), that moves it by its standard deviation ``sd``."""

    quantity: Quantity
    base: float
    sd: float
    shift: Array = field(repr=False)


def opening_pressure(plan: Plan) -> float:
    """Log price at which the open clears, at the coverage known or expected and the middle of the offer's range."""
    coverage, demand, terms = plan.parameters.coverage, plan.parameters.demand, plan.parameters.terms
    log_public, log_placing = np.array([coverage.public_mean]), np.array([coverage.placing_mean])
    offers = np.array([0.5 * (terms.price_low + terms.price_high)])
    tranche, locked, tradable, active, scarcity = (np.empty(1) for _ in range(5))
    reallocate(terms, np.exp(log_public), tranche)
    float_of_offers(demand, terms, offers, tranche, locked, tradable, active)
    scarcity_of_offers(demand, terms, log_public, log_placing, locked, active, scarcity)
    return float(scarcity[0]) + coverage.valuation_mean


def _log_spread(plan: Plan) -> float:
    coverage = plan.parameters.coverage
    log_spread = coverage.spread_mean + coverage.spread_slope * coverage.public_mean
    return min(max(log_spread, coverage.spread_low), coverage.spread_high)


def _grey(read: Callable[[Plan], float]) -> Callable[[Plan], float]:
    return lambda plan: 0.0 if plan.scenario.observed.grey_return is None else read(plan)


def _grey_bias(plan: Plan) -> float:
    return plan.market.grey.bias if plan.market.grey is not None else 0.0


def _grey_slope(plan: Plan) -> float:
    return plan.market.grey.slope if plan.market.grey is not None else 0.0


def _log_grey_noise(plan: Plan) -> float:
    return plan.market.grey.noise.at(plan.features) if plan.market.grey is not None else 0.0


def _expected(tranche: str) -> Callable[[Plan], float]:
    """Log of the median coverage of a tranche; zero once it is known, for then no parameter moves it."""

    def read(plan: Plan) -> float:
        observed, coverage = plan.scenario.observed, plan.parameters.coverage
        if tranche == "public":
            return coverage.public_mean if observed.public_coverage is None else 0.0
        return coverage.placing_mean if observed.placing_coverage is None else 0.0

    return read


QUANTITIES: tuple[Quantity, ...] = (
    Quantity("expected_public", "expected public coverage", "times", "log", _expected("public")),
    Quantity("expected_placing", "expected placing coverage", "times", "log", _expected("placing")),
    Quantity("demand", "demand at the open", "return", "log return", opening_pressure),
    Quantity("spread", "spread of the valuation", "log price", "log", _log_spread),
    Quantity(
        "tails",
        "tails (degrees over 2.5)",
        "",
        "log",
        lambda plan: math.log(max(plan.parameters.coverage.degrees - LEAST_DEGREES, 1e-3)),
    ),
    Quantity("grey_bias", "bias of the grey market", "log price", "as is", _grey(_grey_bias)),
    Quantity("grey_slope", "slope of the grey market", "", "as is", _grey(_grey_slope)),
    Quantity("grey_noise", "noise of the grey market", "log price", "log", _grey(_log_grey_noise)),
    Quantity(
        "drift", "drift of the day", "log price", "as is", lambda plan: float(plan.parameters.day.drift.sum())
    ),
    Quantity(
        "volatility",
        "volatility of the day",
        "log price",
        "log",
        lambda plan: math.log(plan.parameters.day.sigma_base),
    ),
    Quantity(
        "volatility_spread",
        "spread of the volatility",
        "",
        "log",
        lambda plan: math.log(max(plan.parameters.day.sigma_log_sd, 1e-9)),
    ),
)
"""In the order in which the later are moved with the earlier held."""


def directions(scenario: Scenario, market: Market) -> tuple[Direction, ...]:
    """Return the quantities that the fit leaves uncertain for a deal, each with its direction.

    Quantities that the deal knows, or that no fitted parameter moves, are left out; none without a posterior.

    Raises
    ------
    InvalidInput
        When the scenario or its market cannot be used.
    """
    if not market.posterior:
        return ()
    names, covariance = names_of(market), covariance_of(market)
    base = prepare(scenario, market)
    errors = np.sqrt(np.diag(covariance))
    gradients = np.zeros((len(QUANTITIES), len(names)))
    for at, (name, error) in enumerate(zip(names, errors, strict=True)):
        up, down = (prepare(scenario, moved(market, {name: sign * STEP * error})) for sign in (1.0, -1.0))
        for row, quantity in enumerate(QUANTITIES):
            gradients[row, at] = (quantity.value(up) - quantity.value(down)) / (2.0 * STEP * error)
    found: list[Direction] = []
    shifts: list[Array] = []
    for quantity, gradient in zip(QUANTITIES, gradients, strict=True):
        own = float(gradient @ covariance @ gradient)
        # What is left of the gradient's covariance with the parameters once the quantities before are held.
        along = covariance @ gradient
        for shift in shifts:
            along = along - shift * float(gradient @ shift)
        variance = float(gradient @ along)
        if own <= 0.0 or variance <= NEGLIGIBLE * own:
            continue
        sd = math.sqrt(variance)
        shifts.append(along / sd)
        found.append(Direction(quantity, quantity.value(base), sd, along / sd))
    return tuple(found)
