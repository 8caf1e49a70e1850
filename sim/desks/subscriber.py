"""The subscriber's desk: which tier of the public offer, with what money, sold when.

The ballot is summed exactly, not sampled: on every path an application receives its shares for sure, and one board
lot more with a known chance, so an expectation is a mean over paths of two outcomes and its standard error that of
the paths alone. Coverage, allotment and return of a path come from the same demand, so the winner's curse (a hot
deal allots less) is in the paths and needs no further assumption.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.desks.application import Costs, Funding
from sim.desks.exits import Exit, known_exits, sale_price
from sim.desks.ladder import (
    Ladder,
    Tier,
    application_price,
    chance_of_any,
    expected_of,
    fitted_ladder,
    published_ladder,
    tiers_of,
)
from sim.desks.subscriber_answer import SubscriberAnswer
from sim.desks.subscriber_options import SubscriberOptions, refuse_without_ballot
from sim.desks.subscriber_outcomes import Choice, ExitOutcome, TierOutcome, WinnersCurse
from sim.errors import invalid
from sim.estimates import Estimate, mean_of
from sim.kept_paths import KeptPaths

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles of a profit."""

QUANTILE_PATHS = 10_000
"""Paths behind the quantiles of a profit, the first ones: sorting all of them for 41 tiers would take seconds."""


def subscriber_desk(paths: KeptPaths, options: SubscriberOptions) -> SubscriberAnswer:
    """Answer a subscriber to the public offer.

    Raises
    ------
    InvalidInput
        When the venue has no ballot of this kind, there is no public tranche, the exit cannot be told, or the
        ladder is not this deal's.
    """
    scenario = paths.scenario
    refuse_without_ballot(scenario)
    ladder = ladder_of(paths)
    costs = Costs(scenario.rules.fees, options.commission)
    desk = _Desk(paths, ladder, costs, application_price(scenario))
    sale = sale_price(paths, options.exit, options.stop)
    fundings = options.fundings()
    outcomes, curse = desk.outcomes(fundings, sale)
    choices = _choices(outcomes, options.money)
    if not choices:
        cheapest = min(tier.own_money for told in outcomes for tier in told)
        raise invalid(
            "--money",
            "",
            f"{options.money:,.0f} does not pay for an application",
            f"expected {math.ceil(cheapest):,} or more",
        )
    best = choices[0]
    at = [tier.applied_shares for tier in ladder.tiers].index(best.outcome.applied_shares)
    exits = desk.exits(at, best.outcome.funding, known_exits(paths), options.stop)
    return SubscriberAnswer(
        scenario=scenario,
        paths=paths.count,
        exit=options.exit,
        stop=options.stop,
        money=options.money,
        published=ladder.published,
        per_path=scenario.observed.public_coverage is None and not ladder.published,
        fundings=outcomes,
        choices=choices,
        exits=exits,
        curse=curse,
    )


def ladder_of(paths: KeptPaths) -> Ladder:
    """Ladder of a deal: as published, else fitted to the coverage known or, path by path, to the one drawn."""
    scenario = paths.scenario
    published = published_ladder(scenario)
    if published is not None:
        return published
    initial = float(scenario.public_shares(0.0))
    coverage = scenario.observed.public_coverage
    if coverage is not None:
        public = np.array([float(scenario.public_shares())])
        applied = np.array([coverage * initial])
    else:
        applied = paths["public_coverage"] * initial
        tranche = paths["public_tranche"] * scenario.offer.base_shares
        # A withdrawn path allots nothing; any number will do, since its profit is the fixed cost.
        public = np.where(paths.listed, np.rint(tranche), initial)
    return fitted_ladder(tiers_of(scenario), scenario.offer.board_lot, public, applied)


@dataclass(frozen=True, slots=True)
class _Allotted:
    """What a tier receives: (paths,) or (1,) each, and its gain on each path."""

    tier: Tier
    sure: NDArray[np.float64]
    chance: NDArray[np.float64]
    gain: _Gain


class _Desk:
    """Paths, ladder and costs of one question."""

    def __init__(self, paths: KeptPaths, ladder: Ladder, costs: Costs, applied_at: float) -> None:
        self._paths, self._ladder, self._costs, self._applied_at = paths, ladder, costs, applied_at
        self._listed = paths.listed
        # Prices of 0 on withdrawn paths make every gain there 0: all money comes back.
        self._offer = np.where(self._listed, paths["offer_price"], 0.0)

    def outcomes(
        self, fundings: Sequence[Funding], sale: NDArray[np.float64]
    ) -> tuple[tuple[tuple[TierOutcome, ...], ...], tuple[WinnersCurse, ...]]:
        """What applying for each tier comes to, for each way of paying, and the winner's curse."""
        prices = self._filled(sale)
        returns = sale[self._listed] / self._offer[self._listed] - 1.0
        told: list[list[TierOutcome]] = [[] for _ in fundings]
        curse = []
        for at in range(len(self._ladder.tiers)):
            allotted = self._allotted(at, prices)
            curse.append(self._winners_curse(allotted, returns))
            for funding, tiers in zip(fundings, told, strict=True):
                tiers.append(self._outcome(at, funding, allotted))
        return tuple(tuple(tiers) for tiers in told), tuple(curse)

    def exits(self, at: int, funding: Funding, names: Sequence[Exit], stop: float) -> tuple[ExitOutcome, ...]:
        """One tier sold at each exit; the differences from the best one are path by path."""
        fixed = funding.fixed_cost(self._money(self._ladder.tiers[at]))
        gains = [self._allotted(at, self._filled(sale_price(self._paths, name, stop))).gain for name in names]
        best = max(gains, key=lambda gain: gain.expected.value)
        return tuple(
            ExitOutcome(
                exit=name,
                expected_profit=gain.profit(fixed),
                behind=mean_of(gain.mean - best.mean),
                prob_loss=gain.prob_below(fixed),
                quantiles=gain.quantiles(fixed),
            )
            for name, gain in zip(names, gains, strict=True)
        )

    def _money(self, tier: Tier) -> float:
        return self._costs.application_money(tier.applied_shares, self._applied_at)

    def _filled(self, sale: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(self._listed, sale, 0.0)

    def _allotted(self, at: int, prices: NDArray[np.float64]) -> _Allotted:
        sure, chance = self._ladder.allotment(at)
        without = self._costs.gains(sure, self._offer, prices)
        extra = self._costs.gains(sure + self._ladder.lot, self._offer, prices)
        return _Allotted(self._ladder.tiers[at], sure, chance, _Gain(without, extra, chance))

    def _of_listed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of the paths that list; what holds for all paths holds for them."""
        return values[self._listed] if values.size > 1 else values

    def _winners_curse(self, allotted: _Allotted, returns: NDArray[np.float64]) -> WinnersCurse:
        sure, chance = self._of_listed(allotted.sure), self._of_listed(allotted.chance)
        rate = np.broadcast_to(
            expected_of(sure, chance, self._ladder.lot) / allotted.tier.applied_shares, returns.shape
        )
        mean_rate, mean_return = mean_of(rate), mean_of(returns)
        covariance = mean_of((rate - mean_rate.value) * (returns - mean_return.value))
        return WinnersCurse(allotted.tier, mean_rate, mean_return, mean_of(rate * returns), covariance)

    def _outcome(self, at: int, funding: Funding, allotted: _Allotted) -> TierOutcome:
        tier, gain = allotted.tier, allotted.gain
        money = self._money(tier)
        own, fixed = funding.own_money(money), funding.fixed_cost(money)
        profit = gain.profit(fixed)
        sure, chance = self._of_listed(allotted.sure), self._of_listed(allotted.chance)
        lists = float(self._listed.mean())
        return TierOutcome(
            pool=tier.pool,
            applied_shares=tier.applied_shares,
            applicants=float(self._ladder.applicants(at).mean()),
            funding=funding,
            money_applied=money,
            own_money=own,
            expected_shares=lists * _mean(expected_of(sure, chance, self._ladder.lot)),
            prob_any=lists * _mean(chance_of_any(sure, chance)),
            expected_profit=profit,
            profit_sd=gain.sd,
            prob_loss=gain.prob_below(fixed),
            return_on_money=Estimate(profit.value / own, profit.se / own),
            break_even=self._break_even(sure, chance, fixed / lists if lists else math.nan),
            quantiles=gain.quantiles(fixed),
        )

    def _break_even(self, sure: NDArray[np.float64], chance: NDArray[np.float64], fixed: float) -> float:
        """First-day return at which a tier earns its fixed cost on average; NaN where nothing is allotted.

        At the mean offer price of the paths that list, over the distribution of the shares allotted on them.
        """
        if sure.size == 0 or not self._listed.any():
            return math.nan
        lots = np.rint(sure / self._ladder.lot).astype(np.int64)
        weights = np.bincount(lots, 1.0 - chance, int(lots.max()) + 2)
        weights += np.bincount(lots + 1, chance, weights.size)
        held = np.flatnonzero(weights[1:]) + 1
        weight = weights[held] / lots.size
        shares = held.astype(np.float64) * self._ladder.lot
        mean_offer = float(self._offer[self._listed].mean())
        offer = np.array([mean_offer])
        expected, sold = float((weight * shares).sum()), float(weight.sum())
        if expected == 0.0:
            return math.nan
        # Without the rounding of fees the gain is linear in the price; rounding adds a known amount at most.
        paid = self._costs.application_money(expected, mean_offer)
        proceeds = expected * mean_offer * (1.0 - self._costs.sale_rate)
        low = (paid + fixed) / proceeds - 1.0
        high = low + sold * self._costs.most_rounding / proceeds
        for _ in range(20):
            middle = 0.5 * (low + high)
            gains = self._costs.gains(shares, offer, np.array([mean_offer * (1.0 + middle)]))
            gain = float((weight * gains).sum())
            low, high = (middle, high) if gain < fixed else (low, middle)
        return 0.5 * (low + high)


class _Gain:
    """Gain of a tier before its fixed cost: two outcomes a path, without and with the extra lot of the ballot."""

    def __init__(
        self, without: NDArray[np.float64], extra: NDArray[np.float64], chance: NDArray[np.float64]
    ) -> None:
        self._without, self._extra = without, extra
        self._chance = np.broadcast_to(chance, without.shape)
        step = extra - without
        self.mean = without + chance * step
        self.expected = mean_of(self.mean)
        # The variance of the two outcomes of a path, and that of their mean between paths.
        within = float((chance * (1.0 - chance) * step * step).mean())
        self.sd = math.sqrt(within + float(self.mean.var()))
        self._quantiles = self._sorted()

    def profit(self, fixed: float) -> Estimate:
        """Expected profit after the fixed cost."""
        return Estimate(self.expected.value - fixed, self.expected.se)

    def prob_below(self, fixed: float) -> Estimate:
        """Chance that the gain does not pay the fixed cost."""
        lost, lost_extra = self._without < fixed, self._extra < fixed
        return mean_of(np.where(lost, 1.0 - self._chance, 0.0) + np.where(lost_extra, self._chance, 0.0))

    def quantiles(self, fixed: float) -> dict[float, float]:
        """Quantiles of the profit over paths and ballot."""
        return {level: value - fixed for level, value in zip(LEVELS, self._quantiles, strict=True)}

    def _sorted(self) -> list[float]:
        part = slice(0, QUANTILE_PATHS)
        values = np.concatenate([self._without[part], self._extra[part]])
        weights = np.concatenate([1.0 - self._chance[part], self._chance[part]])
        order = np.argsort(values)
        cumulative = np.cumsum(weights[order])
        at = np.searchsorted(cumulative, np.array(LEVELS) * cumulative[-1])
        return [float(value) for value in values[order][np.minimum(at, values.size - 1)]]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else 0.0


def _choices(outcomes: Sequence[Sequence[TierOutcome]], money: float | None) -> tuple[Choice, ...]:
    """Best tiers that the money pays for, of each way of paying: by profit, then by return on money.

    The first is the best by profit of all.
    """
    found = []
    for told in outcomes:
        within = [tier for tier in told if money is None or tier.own_money <= money]
        if within:
            found.append(Choice("profit", max(within, key=lambda tier: tier.expected_profit.value)))
            found.append(Choice("return on money", max(within, key=lambda tier: tier.return_on_money.value)))
    if not found:
        return ()
    first = max(
        (choice for choice in found if choice.by == "profit"),
        key=lambda choice: choice.outcome.expected_profit.value,
    )
    return (first, *(choice for choice in found if choice is not first))
