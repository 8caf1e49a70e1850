"""A market and a deal made up for tests: round numbers that belong to no calibration."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from sim.market.parameters import Market, market_from_mapping
from sim.scenario import Scenario, scenario_from_mapping

MARKET: dict[str, Any] = {
    "name": "made-up",
    "venue": "hkex",
    "origin": {"status": "trial", "source": "made up for tests"},
    "demand": {
        "kappa": 1.0,
        "public_saturation": 40.0,
        "public_deflation": 0.6,
        "placing_deflation": 0.1,
        "placing_activity": 1.0,
        "elasticity": 1.5,
        "anchored_elasticity": 2.0,
    },
    "valuation": {
        "centre": {"intercept": -0.3},
        "spread": {"intercept": -1.2},
        "spread_public_coverage": 0.3,
        "degrees_of_freedom": 6.0,
        "theme_weight": {"t0": 0.5, "t0.9": 0.5, "t1": 0.5, "t2": 0.5},
    },
    "coverage": {
        "public": {"centre": {"intercept": 4.0}, "sd": 1.2, "theme_loading": 0.8},
        "placing": {"centre": {"intercept": 1.5}, "sd": 0.7, "theme_loading": 0.5},
        "correlation": 0.4,
    },
    "uncertainty": {"valuation": 1.1, "coverage": 1.2},
    "pricing": {"intercept": 0.2, "slope": 0.25},
    "stabilisation": {"elasticity": 6.0, "opening_absorption": 0.3, "absorption_per_day": 5.0},
    "day": {
        "volatility": {"intercept": -2.2},
        "volatility_slope": 0.5,
        "volatility_sd": 0.2,
        "drift": {"intercept": 0.0},
        "opening_volatility_peak": 4.0,
        "opening_volatility_minutes": 15.0,
        "closing_volatility_peak": 0.5,
        "closing_volatility_minutes": 15.0,
        "midday_break_minutes": 4.0,
        "opening_volume": 0.10,
        "closing_volume": 0.05,
    },
    "grey": {"bias": -0.03, "slope": 0.9, "noise": {"intercept": -2.3}, "degrees_of_freedom": 5.0},
    "peers": {
        "theme_sd": 0.4,
        "age_half_life_days": 60.0,
        "venues": {
            "hkex": {
                "transfer": 1.0,
                "idiosyncratic_sd": 0.5,
                "norms": [{"effective": "2018-01-01", "mean": 0.1, "source": "made up"}],
            },
            "star": {
                "transfer": 0.8,
                "idiosyncratic_sd": 0.3,
                "norms": [
                    {"effective": "2020-01-01", "mean": 0.8, "source": "made up"},
                    {"effective": "2022-01-01", "mean": 0.5, "source": "made up"},
                ],
            },
        },
    },
}

DEAL: dict[str, Any] = {
    "name": "Small Deal",
    "code": "09999",
    "venue": "hkex",
    "regime": "pn18",
    "list_date": "2023-06-01",
    "market_heat": 0.0,
    "offer": {
        "price_range": [9.00, 11.00],
        "price": 10.00,
        "base_shares": 10_000_000,
        "public_tranche": 0.10,
        "board_lot": 100,
    },
    "over_allotment": {"fraction": 0.15, "settlement": "borrowed"},
    "cornerstones": {"fraction": 0.3},
    "observed": {"public_coverage": 20.0, "placing_coverage": 2.0},
    "market": "hkex",
    "simulation": {"paths": 2_000, "seed": 7},
}

UNPRICED: dict[str, object] = {"offer.price": None, "observed": None}
"""Changes that take :data:`DEAL` back to its launch."""

SOLID: dict[str, object] = {"valuation.degrees_of_freedom": 200.0, "valuation.spread_public_coverage": 0.0}
"""Changes that make the valuation of :data:`MARKET` all but Gaussian, the same at every coverage."""


def small_market(changes: Mapping[str, object] | None = None) -> Market:
    """The made-up market with some values set by dotted path."""
    data = copy.deepcopy(MARKET)
    for name, value in (changes or {}).items():
        *folders, last = name.split(".")
        place = data
        for folder in folders:
            place = place[folder]
        place[last] = value
    return market_from_mapping(data, "small_market")


def small_deal(changes: Mapping[str, object] | None = None) -> Scenario:
    """The made-up deal with some fields set by dotted path, checked like any other."""
    return scenario_from_mapping(DEAL, "small_deal", changes or {})
