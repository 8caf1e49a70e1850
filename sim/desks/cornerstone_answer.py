"""What the cornerstone's desk answers, as data, as a sentence and as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.desks.base import Table
from sim.estimates import Estimate, finite
from sim.report import numbers
from sim.report.run import currency_sign
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Holding:
    """What money comes to at the end of the lock-up, in currency; ``under_water``: less than was paid."""

    name: str
    value: Estimate
    quantiles: Mapping[float, float]
    mean_return: Estimate
    under_water: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the holding as plain data."""
        return {
            "name": self.name,
            "value": self.value.to_json(),
            "value_quantiles": {f"{level:g}": finite(value) for level, value in self.quantiles.items()},
            "mean_return": self.mean_return.to_json(),
            "under_water": self.under_water.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Discounts:
    """The four closed forms at one volatility a year, fractions of a free share's price; NaN: not defined."""

    name: str
    volatility: float
    values: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data, null where a form is not defined."""
        return {
            "name": self.name,
            "volatility": self.volatility,
            **{form: finite(value) for form, value in self.values.items()},
        }


@dataclass(frozen=True, slots=True)
class CornerstoneAnswer:
    """Answer of the cornerstone's desk, to the day ``end`` on which the shares come free.

    Parameters
    ----------
    locked, market
        The same money at the offer price with the lock-up, and in the market on the first day.
    advantage
        Value of the one less the other, path by path.
    better
        Chance that the offer price is below the market's.
    below_market
        Discount of the offer price to the first day's average price.
    covered
        Chance that this discount is at least Chaffe's.
    unlock_fall
        Fall of the price when the shares come free.
    simulated_put
        Price of the right to sell at the first day's close when the shares come free, on these paths, over that
        close: Chaffe's put with the simulated volatility and unlock.
    """

    scenario: Scenario
    paths: int
    end: date
    years: float
    trading_days: int
    money: float
    locked: Holding
    market: Holding
    advantage: Estimate
    better: Estimate
    below_market: Estimate
    covered: Estimate
    unlock_fall: Estimate
    simulated_put: Estimate
    discounts: tuple[Discounts, ...]

    @property
    def desk(self) -> str:
        """Name of the desk."""
        return "cornerstone"

    def to_json(self) -> dict[str, Any]:
        """Return the whole answer as plain data."""
        estimates = ("advantage", "better", "below_market", "covered", "unlock_fall", "simulated_put")
        return {
            "desk": self.desk,
            "scenario": self.scenario.name,
            "paths": self.paths,
            "end": self.end.isoformat(),
            "years": self.years,
            "trading_days": self.trading_days,
            "money": self.money,
            "locked": self.locked.to_json(),
            "market": self.market.to_json(),
            **{name: getattr(self, name).to_json() for name in estimates},
            "discounts": [row.to_json() for row in self.discounts],
        }

    def sentence(self) -> str:
        """Say which discount the lock-up asks for, and what the offer price gives."""
        row = self.discounts[-1]
        low, high = (numbers.percent(row.values[form], most=0) for form in ("finnerty", "chaffe"))
        discount, side = self.below_market, "below"
        if discount.value < 0.0:
            discount, side = Estimate(-discount.value, discount.se), "above"
        return (
            f"Ask {low} to {high} for the lock-up to {self.end.day} {self.end:%B %Y}; the offer price is "
            f"{numbers.return_with_error(discount.value, discount.se).removeprefix('+')} {side} the first day's VWAP "
            f"on average, {high} and more below it on {_chance_told(self.covered)} of paths; under water at the end "
            f"on {_chance_told(self.locked.under_water)}"
        )

    def tables(self) -> tuple[Table, ...]:
        """Return the two holdings, and the discounts."""
        sign = currency_sign(self.scenario)
        levels = tuple(self.locked.quantiles)
        holdings = Table(
            title=f"{sign}{numbers.counted(self.money)} at the end of the lock-up, {self.end}",
            headings=("bought", "mean", *(_level(level) for level in levels), "return", "under water"),
            rows=tuple(
                (
                    holding.name,
                    numbers.counted(holding.value.value, holding.value.se),
                    *(numbers.counted(holding.quantiles[level]) for level in levels),
                    numbers.return_with_error(holding.mean_return.value, holding.mean_return.se),
                    _chance(holding.under_water),
                )
                for holding in (self.locked, self.market)
            ),
            marked=frozenset({0}),
        )
        discounts = Table(
            title="Discount for the lock-up",
            headings=("volatility", "a year", *(form.capitalize() for form in self.discounts[0].values)),
            rows=tuple(
                (
                    row.name,
                    numbers.percent(row.volatility, most=0),
                    *(numbers.percent(value) for value in row.values.values()),
                )
                for row in self.discounts
            ),
            marked=frozenset({len(self.discounts) - 1}),
        )
        return holdings, discounts

    def remarks(self) -> tuple[str, ...]:
        """Say what stands beside the closed forms."""
        notes = [
            "locked: a cornerstone, at the offer price; free: the same money in the market, at the first day's VWAP",
            f"simulated: the price falls {_percent(self.unlock_fall)} when the shares come free; a put struck at the "
            f"first day's close, held to then, is worth {_percent(self.simulated_put)} of it",
            f"cornerstone less market, path by path: {currency_sign(self.scenario)}"
            f"{numbers.counted(self.advantage.value, self.advantage.se)}; the offer price is the lower on "
            f"{_chance(self.better)}",
            f"{self.trading_days} trading days (weekdays) after the first; volatility and unlock are of Hong Kong "
            "listings of 2026",
        ]
        if any(math.isnan(value) for row in self.discounts for value in row.values.values()):
            notes.append("n/a: Longstaff's bound passes 100% of the price and says nothing there")
        return tuple(notes)


def _percent(estimate: Estimate) -> str:
    return numbers.percent(estimate.value, estimate.se)


def _chance(estimate: Estimate) -> str:
    return numbers.probability(estimate.value, estimate.se)


def _chance_told(estimate: Estimate) -> str:
    return numbers.probability_with_error(estimate.value, estimate.se)


def _level(level: float) -> str:
    return "median" if level == 0.5 else f"{100.0 * level:g}%"
