"""Settings of inputs: how far fitted parameters are shifted, and which fields of scenario and market are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from sim.engine import Plan, prepare
from sim.errors import invalid
from sim.market.parameters import Market, market_from_mapping
from sim.market.posterior import moved, names_of
from sim.scenario import with_changes
from sim.scenario.scenario import Scenario

Array = NDArray[np.float64]
Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where inputs are set: a shift of the fitted parameters and fields by dotted path; the base when empty."""

    shift: Array | None = field(default=None, repr=False)
    scenario: Mapping[str, object] = field(default_factory=dict)
    market: Mapping[str, float] = field(default_factory=dict)

    def shifted(self, by: Array) -> Setting:
        """Return the setting with parameters shifted further."""
        return replace(self, shift=by if self.shift is None else self.shift + by)


BASE = Setting()


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal and its market, to be simulated at settings of its inputs."""

    scenario: Scenario
    market: Market

    def plan(self, setting: Setting = BASE) -> Plan:
        """Return what to simulate at a setting.

        Raises
        ------
        InvalidInput
            When scenario or market cannot be used with the fields so set.
        """
        market = self.market
        if setting.shift is not None:
            by_name = zip(names_of(market), setting.shift.tolist(), strict=True)
            market = moved(market, dict(by_name))
        if setting.market:
            market = _with_fields(market, setting.market)
        scenario = self.scenario
        if setting.scenario:
            scenario = with_changes(scenario, setting.scenario)
        return prepare(scenario, market)

    def in_market(self, market: Market) -> Deal:
        """Return the deal in another market."""
        return replace(self, market=market)


def field_of(market: Market, path: str, source: str) -> float:
    """Return a number of a market by dotted path.

    Raises
    ------
    InvalidInput
        When there is no number there.
    """
    value: object = market.model_dump()
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(
            source, "", f"the market {market.name} has no number {path!r}", "a field of docs/market.md"
        )
    return float(value)


def _with_fields(market: Market, fields: Mapping[str, float]) -> Market:
    """Set numbers of a market; their ends have been checked, and checking takes as long as simulating."""
    for path, value in fields.items():
        market = _with_field(market, path.split("."), value)
    return market


def _with_field(part: Part, path: Sequence[str], value: float) -> Part:
    inner = value if len(path) == 1 else _with_field(getattr(part, path[0]), path[1:], value)
    return part.model_copy(update={path[0]: inner})


def checked(market: Market) -> Market:
    """Return a market read again from its own numbers.

    Raises
    ------
    InvalidInput
        When one of them is out of its bounds.
    """
    return market_from_mapping(market.model_dump(), f"market {market.name}")
