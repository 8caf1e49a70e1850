"""From a market and the rules of a venue to what the kernels are told, for scenarios and past deals alike."""

from __future__ import annotations

import math

import numpy as np

from sim.kernels.parameters import DayParameters, DemandParameters, TickParameters
from sim.market.parameters import Demand, Features, Market
from sim.market.profile import DayProfile
from sim.venues import Venue
from sim.venues.rules import TickTable


def demand_parameters(curve: Demand, anchored: bool) -> DemandParameters:
    """Return the demand curve of a deal; an anchored one (A+H) has an elasticity of its own."""
    return DemandParameters(
        kappa=curve.kappa,
        public_saturation=curve.public_saturation,
        public_deflation=curve.public_deflation,
        placing_deflation=curve.placing_deflation,
        placing_activity=curve.placing_activity,
        elasticity=curve.anchored_elasticity if anchored else curve.elasticity,
    )


def day_parameters(venue: Venue, market: Market, features: Features, profile: DayProfile) -> DayParameters:
    """Return the listing day of a deal with these features at a venue.

    Parameters
    ----------
    venue
        Gives the halts of trading.
    market
        Gives volatility, stabilisation and momentum.
    features
        Of the deal; its volatility depends on them.
    profile
        The steps of the day, see :func:`sim.market.profile.day_profile`.
    """
    day = market.day
    base = market.uncertainty.valuation * math.exp(day.volatility.at(features))
    halt_ends = venue.halt_ends_by
    last_step = profile.steps if halt_ends is None else int(np.searchsorted(profile.clock, halt_ends))
    halts = np.array(venue.halts, dtype=np.float64)
    return DayParameters(
        stabilisation_elasticity=market.stabilisation.elasticity,
        opening_absorption=market.stabilisation.opening_absorption,
        sigma_base=base,
        sigma_slope=base * day.volatility_slope,
        sigma_log_sd=day.volatility_sd,
        volatility=profile.volatility,
        drift=profile.drift,
        volume=profile.volume,
        absorption=profile.absorption,
        minutes=profile.minutes,
        opening_volume=day.opening_volume,
        momentum=day.momentum,
        momentum_decay=0.5 ** (1.0 / day.momentum_half_life_minutes),
        halt_up=np.log1p(halts).astype(np.float32),
        halt_down=np.log1p(-halts).astype(np.float32),
        halt_steps=venue.halt_minutes,
        last_halt_step=last_step,
    )


def tick_parameters(table: TickTable) -> TickParameters:
    """Return a venue's tick table as arrays."""
    return TickParameters(
        lower_bounds=np.array(table.lower_bounds, dtype=np.float64),
        numerators=np.array(table.numerators, dtype=np.float64),
        denominators=np.array(table.denominators, dtype=np.float64),
    )
