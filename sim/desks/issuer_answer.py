"""What the issuer's desk answers: outcomes by price and by size, the sentence, the tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.desks.base import LARGEST_ERROR, Table, largest_error
from sim.estimates import Estimate
from sim.report import numbers
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class PriceOutcome:
    """What one offer price, or one size of the offer, comes to; money in currency.

    Parameters
    ----------
    price, offered_shares
        Offer price, and shares offered with the size adjustment, before the option.
    proceeds, proceeds_with_option
        Gross proceeds without and with the over-allotment option, which is exercised for what is still short where
        the first close is above the offer price.
    left
        Money left on the table: first close less offer price, times the shares offered; negative when it breaks.
    first_day_return, median_return
        Of the close.
    below
        Chance that the first close is below the offer price.
    uncovered
        Chance that the placing is not covered at this price by the money that was bid: the deal is withdrawn.
        The other figures suppose that it lists.
    exercised
        Share of the over-allotment that is exercised.
    locked
        Locked shares, fraction of the shares offered.
    """

    price: float
    offered_shares: int
    proceeds: float
    proceeds_with_option: Estimate
    left: Estimate
    first_day_return: Estimate
    median_return: Estimate
    below: Estimate
    uncovered: Estimate
    exercised: Estimate
    locked: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {
            "price": self.price,
            "offered_shares": self.offered_shares,
            "proceeds": self.proceeds,
            "proceeds_with_option": self.proceeds_with_option.to_json(),
            "left_on_the_table": self.left.to_json(),
            "first_day_return": self.first_day_return.to_json(),
            "median_return": self.median_return.to_json(),
            "below_offer": self.below.to_json(),
            "withdrawn": self.uncovered.to_json(),
            "exercised": self.exercised.to_json(),
            "locked": self.locked.to_json(),
        }


@dataclass(frozen=True, slots=True)
class IssuerAnswer:
    """Answer of the issuer's desk: outcomes by rising price, and by size of the offer at the price chosen."""

    scenario: Scenario
    paths: int
    most_below: float
    prices: tuple[PriceOutcome, ...]
    chosen: int
    sizes: tuple[PriceOutcome, ...]

    @property
    def desk(self) -> str:
        """Name of the desk."""
        return "issuer"

    @property
    def choice(self) -> PriceOutcome:
        """Highest price that keeps the chance of a broken issue, or the lowest price where none does."""
        return self.prices[self.chosen]

    @property
    def slope(self) -> tuple[float, float, float]:
        """Proceeds, money left and first-day return that one more percent on the price changes."""
        low, high = self.prices[0], self.prices[-1]
        if low is high:
            return math.nan, math.nan, math.nan
        percents = 100.0 * math.log(high.price / low.price)
        return (
            (high.proceeds - low.proceeds) / percents,
            (high.left.value - low.left.value) / percents,
            (high.first_day_return.value - low.first_day_return.value) / percents,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        return {
            "prices": [told.to_json() for told in self.prices],
            "sizes": [told.to_json() for told in self.sizes],
            "chosen_price": self.choice.price,
            "most_below": self.most_below,
            "paths": self.paths,
            "answer": self.sentence(),
        }

    def sentence(self) -> str:
        """Answer which price, and what it costs."""
        choice, sign = self.choice, self.scenario.rules.currency_sign
        price = numbers.exact_price(choice.price, sign)
        accepted = numbers.percent(self.most_below)
        below = numbers.probability_with_error(choice.below.value, choice.below.se)
        if choice.below.value <= self.most_below:
            start = (
                f"{price} is the highest price looked at with at most a {accepted} chance of closing below it "
                f"({below})"
            )
        else:
            start = (
                f"No price looked at keeps the chance of closing below it to {accepted}; {price} comes closest "
                f"({below})"
            )
        change = self.slope[2]
        cost = (
            ""
            if math.isnan(change)
            else f"; 1% more on the price changes that return by {100.0 * change:+.1f} points"
        )
        mean = numbers.return_with_error(choice.first_day_return.value, choice.first_day_return.se)
        option = f", with the option {sign}{_counted(choice.proceeds_with_option)} on average,"
        left = f"{'-' if choice.left.value < 0.0 else ''}{sign}{_counted(choice.left).removeprefix('-')}"
        return (
            f"{start}: it raises {sign}{numbers.counted(choice.proceeds)}"
            f"{option if self.scenario.over_allotted_shares() else ''} and leaves {left} on the table, a mean "
            f"first-day return of {mean}{cost}"
        )

    def tables(self) -> tuple[Table, ...]:
        """Return the trade-off over prices and that over sizes."""
        price = numbers.exact_price(self.choice.price, self.scenario.rules.currency_sign)
        return (
            self._table("Offer price against first-day return", "price", self.prices, self.chosen),
            self._table(f"Size of the offer at {price}", "shares", self.sizes, None),
        )

    def remarks(self) -> tuple[str, ...]:
        """Say what is held fixed."""
        return (
            "held fixed: what investors without a lock-up would pay for the shares; a price moves the market price "
            "only through the float",
            "option: exercised for what is still short where the first close is above the offer price; money left = "
            "(close - offer price) x shares offered",
        )

    def _table(self, title: str, first: str, told: Sequence[PriceOutcome], marked: int | None) -> Table:
        sign = self.scenario.rules.currency_sign.strip()
        rows = tuple(
            (
                numbers.exact_price(each.price) if first == "price" else numbers.counted(each.offered_shares),
                numbers.counted(each.proceeds),
                _counted(each.proceeds_with_option),
                _counted(each.left),
                numbers.return_with_error(each.first_day_return.value, each.first_day_return.se),
                numbers.percent(each.median_return.value, each.median_return.se, signed=True),
                numbers.probability_with_error(each.below.value, each.below.se),
                numbers.probability(each.uncovered.value, each.uncovered.se),
                numbers.percent(each.locked.value, most=1),
            )
            for each in told
        )
        errors = (
            LARGEST_ERROR,
            "",
            largest_error((each.proceeds_with_option for each in told), numbers.counted_error),
            largest_error((each.left for each in told), numbers.counted_error),
            "",
            largest_error((each.median_return for each in told), numbers.percent_error),
            "",
            largest_error((each.uncovered for each in told), numbers.percent_error),
            "",
        )
        headings = ("raises", "with option", "left", "mean return", "median", "below offer", "withdrawn")
        return Table(
            f"{title}, {sign}",
            (first, *headings, "locked"),
            (*rows, errors),
            frozenset() if marked is None else frozenset({marked}),
        )


def _counted(estimate: Estimate) -> str:
    return numbers.counted(estimate.value, estimate.se)
