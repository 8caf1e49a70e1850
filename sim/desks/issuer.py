"""The issuer's desk: what each offer price raises, and what it does to the first day.

What is held fixed when the price is changed is the demand curve of the investors without a lock-up, in shares as a
function of the market price: what they think the shares are worth does not depend on what the issuer asks for them.
With equation (1) of ``docs/model.md``, a path whose demand is ``K`` shares at its own offer price ``P`` would hold
``K (P'/P)^-eta`` at another one, so that its market price

    P (K / F)^(1/eta)

moves with the offer price only through the float ``F``: cornerstones' money buys fewer shares at a higher price,
which leaves more to trade. The first-day return falls by ``log(P'/P)`` and that. Below the new offer price the
manager bids at the new price. An upsizing adds shares to the float and no demand. The coverage in times is that of
the book as it was taken, at the path's own price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.desks.base import Table
from sim.engine import Plan, term_parameters
from sim.errors import Fault, InvalidInput, invalid
from sim.estimates import Estimate, finite, mean_of, share_of
from sim.kept_paths import KeptPaths, paths_of
from sim.kernels.parameters import CoverageParameters, DemandParameters, TermParameters
from sim.report import numbers
from sim.scenario import with_changes
from sim.scenario.scenario import Scenario

GRID_PATHS = 32_768
"""Paths of each price of the grid, the first ones; all share their random numbers."""

GRID_PRICES = 9
"""Prices of the grid where the user names none."""

BEYOND = 0.10
"""How far around a single price the grid reaches."""

MOST_PRICES = 25
"""More prices take too long to answer and to read."""


@dataclass(frozen=True, slots=True)
class IssuerOptions:
    """What an issuer may choose.

    Parameters
    ----------
    prices
        Offer prices to compare; none takes nine across the range, or around the price where there is no range.
    most_below
        Largest chance of a first close below the offer price that the issuer accepts.
    """

    prices: tuple[float, ...] = ()
    most_below: float = 0.25

    def __post_init__(self) -> None:
        faults = [
            Fault("--price", "", f"{price:g} is no price", "expected positive prices, such as 17,18.3,19.6")
            for price in self.prices
            if not (math.isfinite(price) and price > 0.0)
        ]
        if len(self.prices) > MOST_PRICES:
            faults.append(
                Fault("--price", "", f"{len(self.prices)} prices are too many", f"at most {MOST_PRICES}")
            )
        if not 0.0 < self.most_below < 1.0:
            faults.append(
                Fault(
                    "--most-below", "", f"{self.most_below:g} is no probability", "expected between 0 and 1"
                )
            )
        if faults:
            raise InvalidInput(faults)


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
    median_return: float
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
            "median_return": finite(self.median_return),
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
                numbers.percent(each.median_return, each.first_day_return.se, signed=True),
                numbers.probability_with_error(each.below.value, each.below.se),
                numbers.probability(each.uncovered.value, each.uncovered.se),
                numbers.percent(each.locked.value, most=1),
            )
            for each in told
        )
        headings = ("raises", "with option", "left", "mean return", "median", "below offer", "withdrawn")
        return Table(
            f"{title}, {sign}",
            (first, *headings, "locked"),
            rows,
            frozenset() if marked is None else frozenset({marked}),
        )


def issuer_desk(paths: KeptPaths, options: IssuerOptions) -> IssuerAnswer:
    """Answer an issuer on its price and size.

    Raises
    ------
    InvalidInput
        When a price cannot be an offer price of the deal: the float would not hold the over-allotment.
    """
    scenario = paths.scenario
    base = Book(paths)
    prices = tuple(base.outcome(scenario, price) for price in _grid(scenario, options.prices))
    held = [at for at, told in enumerate(prices) if told.below.value <= options.most_below]
    chosen = held[-1] if held else 0
    sizes = tuple(base.outcome(sized, prices[chosen].price) for sized in _sizes(scenario))
    return IssuerAnswer(scenario, min(paths.count, GRID_PATHS), options.most_below, prices, chosen, sizes)


class Book:
    """Demand of each path, held fixed while the terms change; the first paths are used."""

    def __init__(self, paths: KeptPaths) -> None:
        plan = paths.plan
        self._plan = plan
        self._count = min(paths.count, GRID_PATHS)
        if plan.parameters.terms.may_withdraw:
            # What a withdrawn path was worth is blank; the same paths are drawn again without withdrawing any.
            terms = plan.parameters.terms._replace(may_withdraw=False)
            plan = _with(plan, terms=terms)
            paths = paths_of(plan, self._count)
        part = slice(0, self._count)
        self._offer = paths["offer_price"][part]
        self._public = np.log(paths["public_coverage"][part])
        self._placing = np.log(paths["placing_coverage"][part])
        self._valuation = paths["valuation"][part]
        self.elasticity = plan.parameters.demand.elasticity
        # log K / eta at a valuation of 0, of which scarcity is the part over the float.
        self._wanted = paths["scarcity"][part] + np.log(paths["active_float"][part]) / self.elasticity

    def outcome(self, scenario: Scenario, price: float) -> PriceOutcome:
        """What a price comes to for a deal of these or of other terms."""
        moved, played = self.play(scenario, price)
        return _told(moved, price, played, self._placing + np.log(self._offer / price))

    def play(self, scenario: Scenario, price: float) -> tuple[Scenario, KeptPaths]:
        """Play the first day at an offer price; the deal at that price and its paths, none of them withdrawn."""
        # Without its range the deal is neither priced by its book nor withdrawn.
        moved = with_changes(scenario, {"offer.price": price, "offer.price_range": None})
        terms = term_parameters(moved, self._plan.market)
        demand = self._plan.parameters.demand
        wanted = log_demand(demand, terms, price, self._public, self._placing) / demand.elasticity
        law = self._revalued(np.log(self._offer / price) + self._wanted - wanted)
        plan = replace(self._plan, scenario=moved)
        return moved, paths_of(_with(plan, terms=terms, coverage=law), self._count)

    def _revalued(self, shift: NDArray[np.float64]) -> CoverageParameters:
        """The law of demand that keeps that of these paths: each is a node that paths are drawn from."""
        coverage = self._plan.parameters.coverage
        if np.ptp(shift) < 1e-9:
            # One shift for all paths moves the law as it is, and every path keeps its own random numbers.
            by = float(shift[0])
            return coverage._replace(
                valuation_mean=coverage.valuation_mean + by,
                node_valuation_mean=coverage.node_valuation_mean + by,
            )
        return coverage._replace(
            node_cumulative=np.arange(1, self._count + 1) / self._count,
            node_public=self._public,
            node_placing=self._placing,
            node_valuation_mean=self._valuation + shift,
            node_valuation_sd=np.zeros(self._count),
        )


def _with(plan: Plan, **parts: Any) -> Plan:
    return replace(plan, parameters=plan.parameters._replace(**parts))


def log_demand(
    demand: DemandParameters,
    terms: TermParameters,
    price: float,
    log_public: NDArray[np.float64],
    log_placing: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Log of the demand at an offer price and a valuation of 0, equation (2) of ``docs/model.md``, each path."""
    lots = math.floor(terms.cornerstone_money / (price * terms.lot) + 1e-9)
    placing = max(1.0 + terms.size_adjustment - terms.public_tranche - terms.locked - lots * terms.lot, 0.0)
    retail = (1.0 + np.exp(log_public) / demand.public_saturation) ** demand.public_deflation
    institutions = np.exp(demand.placing_deflation * log_placing)
    held = terms.public_tranche * retail + demand.placing_activity * placing * institutions
    return np.asarray(np.log(demand.kappa * held), dtype=np.float64)


def _told(
    scenario: Scenario, price: float, played: KeptPaths, log_covered: NDArray[np.float64]
) -> PriceOutcome:
    offered, short = scenario.upsized_shares, scenario.over_allotted_shares()
    returns = played["close"] / price - 1.0
    bought = played["purchases"] * scenario.offer.base_shares
    exercised = np.where(returns > 0.0, np.maximum(short - bought, 0.0), 0.0)
    proceeds = price * offered
    return PriceOutcome(
        price=price,
        offered_shares=offered,
        proceeds=proceeds,
        proceeds_with_option=mean_of(proceeds + price * exercised),
        left=mean_of(offered * price * returns),
        first_day_return=mean_of(returns),
        median_return=float(np.median(returns)),
        below=share_of(returns < 0.0),
        uncovered=_uncovered(scenario, log_covered),
        exercised=mean_of(exercised / short) if short else Estimate(0.0),
        locked=Estimate(scenario.locked_shares(price) / offered),
    )


def _uncovered(scenario: Scenario, log_covered: NDArray[np.float64]) -> Estimate:
    """Chance that the money bid does not cover the placing; none where the coverage is known to."""
    known = scenario.observed.placing_coverage
    happened = log_covered < 0.0
    if known is not None:
        return Estimate(float(happened.mean()))
    return share_of(happened)


def _grid(scenario: Scenario, prices: Sequence[float]) -> tuple[float, ...]:
    """Prices to compare, rising, on the tick grid."""
    table = scenario.rules.tick_table(scenario.list_date)
    if prices:
        return tuple(sorted(set(prices)))
    if scenario.offer.price_range is not None:
        low, high = scenario.offer.price_range
    else:
        low, high = (table.round((1.0 + part) * scenario.reference_price) for part in (-BEYOND, BEYOND))
    steps = np.linspace(low, high, GRID_PRICES)
    inner = {table.round(float(price)) for price in steps[1:-1]}
    return tuple(sorted(inner | {low, high}))


def _sizes(scenario: Scenario) -> tuple[Scenario, ...]:
    """The offer at three sizes: not upsized, half and all of what the venue's rules let it grow."""
    most = scenario.rules.most_size_adjustment
    base, lot = scenario.offer.base_shares, scenario.offer.board_lot
    if most is None:
        return (scenario,)
    shares = {math.floor(part * most * base / lot) * lot for part in (0.0, 0.5, 1.0)}
    shares.add(scenario.offer.size_adjustment_shares)
    return tuple(with_changes(scenario, {"offer.size_adjustment_shares": size}) for size in sorted(shares))


def parse_prices(text: str | None, scenario: Scenario) -> tuple[float, ...]:
    """Read ``--price``: prices with commas, or ``low:high:step``.

    Raises
    ------
    InvalidInput
        When the text is neither.
    """
    if text is None:
        return ()
    try:
        if ":" in text:
            low, high, step = (float(part) for part in text.split(":"))
            if not (step > 0.0 and math.isfinite(low + high + step)):
                raise ValueError
            count = math.floor((high - low) / step + 1e-9) + 1
            table = scenario.rules.tick_table(scenario.list_date)
            if count > MOST_PRICES:
                raise invalid("--price", "", f"{text!r} is {count} prices", f"expected at most {MOST_PRICES}")
            prices = tuple(table.round(low + at * step) for at in range(count))
        else:
            prices = tuple(float(part) for part in text.split(","))
    except ValueError as fault:
        if isinstance(fault, InvalidInput):
            raise
        raise invalid(
            "--price", "", f"{text!r} is no list of prices", "write 17,18.3,19.6 or 17:19.6:0.2"
        ) from fault
    if not prices:
        raise invalid("--price", "", f"{text!r} holds no price", "write 17,18.3,19.6 or 17:19.6:0.2")
    return prices


def _counted(estimate: Estimate) -> str:
    return numbers.counted(estimate.value, estimate.se)
