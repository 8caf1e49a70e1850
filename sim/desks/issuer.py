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

from sim.desks.issuer_answer import IssuerAnswer, PriceOutcome
from sim.desks.price_list import MOST_PRICES
from sim.engine import Plan, term_parameters
from sim.errors import Fault, InvalidInput
from sim.estimates import Estimate, mean_of, median_of, share_of
from sim.kept_paths import KeptPaths, paths_of
from sim.kernels.parameters import CoverageParameters, DemandParameters, TermParameters
from sim.scenario import with_changes
from sim.scenario.scenario import Scenario

GRID_PATHS = 32_768
"""Paths of each price of the grid, the first ones; all share their random numbers."""

GRID_PRICES = 9
"""Prices of the grid where the user names none."""

BEYOND = 0.10
"""How far around a single price the grid reaches."""


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
        median_return=median_of(returns),
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
