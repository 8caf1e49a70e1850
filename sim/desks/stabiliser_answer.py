"""What the stabilising manager's desk answers, as data, as a sentence and as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sim.desks.base import LARGEST_ERROR, Table, largest_error
from sim.estimates import Estimate, finite
from sim.report import numbers
from sim.report.run import currency_sign
from sim.scenario.scenario import Scenario
from sim.scenario.schedule import stabilisation_end, stabilisation_trading_days


@dataclass(frozen=True, slots=True)
class StabiliserCell:
    """One size of the greenshoe and one way of bidding; shares in shares, money in currency.

    Parameters
    ----------
    size
        Fraction of the upsized offer.
    short
        Over-allotted shares; on every path ``purchases + exercised``.
    cost
        Money paid for the purchases.
    gain
        Offer price less price paid, on the purchases.
    profit
        Gain and the commission on the shares that the option adds.
    exhausted, exhausted_first_day, exhausted_early
        Chance that the short is used up, on the first day, and within a week of it; its median trading day after
        the first (0: the first) where it is.
    close_below, end_below
        Chance of a first day, and of a stabilisation period, that ends below the offer price.
    saved
        Chance of ending the period below the offer price with the same shares sold and nobody bidding, less with
        the bids, path by path.
    """

    size: float
    policy: str
    short: int
    purchases: Estimate
    cost: Estimate
    exercised: Estimate
    full_exercise: Estimate
    partial_exercise: Estimate
    no_exercise: Estimate
    gain: Estimate
    profit: Estimate
    exhausted: Estimate
    exhausted_first_day: Estimate
    exhausted_early: Estimate
    exhausted_day_median: float
    close_below: Estimate
    end_below: Estimate
    saved: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the cell as plain data."""
        document: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Estimate):
                document[field.name] = value.to_json()
            else:
                document[field.name] = finite(value) if isinstance(value, float) else value
        return document


@dataclass(frozen=True, slots=True)
class StabiliserAnswer:
    """Answer of the stabilising manager's desk: one cell a size and policy; ``own_size`` is the deal's."""

    scenario: Scenario
    paths: int
    own_size: float
    cells: tuple[StabiliserCell, ...]

    @property
    def desk(self) -> str:
        """Name of the desk."""
        return "stabiliser"

    @property
    def main(self) -> StabiliserCell:
        """The cell nearest to the deal as it is: its size, bidding as fitted where that was asked for."""
        near = min(self.cells, key=lambda cell: abs(cell.size - self.own_size))
        same = [cell for cell in self.cells if cell.size == near.size]
        return next((cell for cell in same if cell.policy == "as fitted"), same[0])

    def to_json(self) -> dict[str, Any]:
        """Return the whole answer as plain data."""
        return {
            "desk": self.desk,
            "scenario": self.scenario.name,
            "paths": self.paths,
            "stabilisation_end": stabilisation_end(self.scenario).isoformat(),
            "trading_days": stabilisation_trading_days(self.scenario),
            "own_size": self.own_size,
            "cells": [cell.to_json() for cell in self.cells],
        }

    def sentence(self) -> str:
        """Say what the deal's own greenshoe does."""
        cell, sign = self.main, currency_sign(self.scenario)
        if cell.short == 0:
            return f"Without a greenshoe {_chance_told(cell.end_below)} of paths end the period below the offer price"
        text = (
            f"A greenshoe of {numbers.percent(cell.size)} ({numbers.counted(cell.short)} shares): the manager buys "
            f"{_count(cell.purchases)} on average and gains {sign}{_count(cell.gain)}; the short is used up on "
            f"{_chance_told(cell.exhausted)} of paths"
        )
        if cell.exhausted.value > 0.0:
            text += f", on {_chance_told(cell.exhausted_first_day)} by the end of the first day"
        return text

    def tables(self) -> tuple[Table, ...]:
        """Return the short and its money, then the support."""
        sign = currency_sign(self.scenario).strip()
        marked = frozenset({self.cells.index(self.main)})
        money = Table(
            title=f"Short, purchases, option; shares, {sign}",
            headings=("greenshoe, bid", "short", "buys", "cost", "exercised", "gain", "full", "part", "none"),
            rows=(
                *(
                    (
                        _name(cell),
                        numbers.counted(cell.short),
                        _count(cell.purchases),
                        _count(cell.cost),
                        _count(cell.exercised),
                        _count(cell.profit),
                        *(map(_chance, (cell.full_exercise, cell.partial_exercise, cell.no_exercise))),
                    )
                    for cell in self.cells
                ),
                (
                    LARGEST_ERROR,
                    "",
                    *(
                        self._largest_error(name, numbers.counted_error)
                        for name in ("purchases", "cost", "exercised", "profit")
                    ),
                    *(
                        self._largest_error(name, numbers.percent_error)
                        for name in ("full_exercise", "partial_exercise", "no_exercise")
                    ),
                ),
            ),
            marked=marked,
        )
        support = Table(
            title="Support: chance of",
            headings=(
                "greenshoe, bid",
                "used up",
                "on day 1",
                "in a week",
                "close < offer",
                "end < offer",
                "saved",
            ),
            rows=(
                *(
                    (
                        _name(cell),
                        *(map(_chance, (cell.exhausted, cell.exhausted_first_day, cell.exhausted_early))),
                        _chance(cell.close_below),
                        _chance(cell.end_below),
                        _chance(cell.saved),
                    )
                    for cell in self.cells
                ),
                (
                    LARGEST_ERROR,
                    *(
                        self._largest_error(name, numbers.percent_error)
                        for name in (
                            "exhausted",
                            "exhausted_first_day",
                            "exhausted_early",
                            "close_below",
                            "end_below",
                            "saved",
                        )
                    ),
                ),
            ),
            marked=marked,
        )
        return money, support

    def _largest_error(self, name: str, written: Callable[[float], str]) -> str:
        return largest_error((getattr(cell, name) for cell in self.cells), written)

    def remarks(self) -> tuple[str, ...]:
        """Say what the figures rest on."""
        return (
            f"to {stabilisation_end(self.scenario)}, {stabilisation_trading_days(self.scenario)} trading days "
            "(weekdays) after the first; all cells on the same "
            f"{self.paths:,} paths",
            "a larger greenshoe also sells more shares, and more shares are less scarce; saved: the paths that the "
            "bids keep from ending below the offer price, the same shares sold",
            "the model bids at the offer price: purchases below it, and their gain, are those of an opening "
            "auction that broke",
            "gain holds the commission on the shares that the option adds, where one was given",
        )


def _name(cell: StabiliserCell) -> str:
    return f"{numbers.percent(cell.size)}, {cell.policy}" if cell.short else "no greenshoe"


def _count(estimate: Estimate) -> str:
    return numbers.counted(estimate.value, estimate.se)


def _chance(estimate: Estimate) -> str:
    return numbers.probability(estimate.value, estimate.se)


def _chance_told(estimate: Estimate) -> str:
    return numbers.probability_with_error(estimate.value, estimate.se)
