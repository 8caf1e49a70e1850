"""What the subscriber's desk answers, as data, as a sentence and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.desks.base import Table
from sim.desks.exits import Exit, exit_in_words
from sim.desks.subscriber_outcomes import Choice, ExitOutcome, TierOutcome, WinnersCurse, levels_to_json
from sim.estimates import Estimate
from sim.report import numbers
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class SubscriberAnswer:
    """Answer of the subscriber's desk.

    ``fundings`` holds all tiers for each way of paying, the one asked for first; ``choices[0]`` is the tier
    recommended and ``exits`` that tier sold at each exit. ``published`` says whether the ladder is as announced,
    ``per_path`` whether the allotment differs from path to path.
    """

    scenario: Scenario
    paths: int
    exit: Exit
    stop: float
    money: float | None
    published: bool
    per_path: bool
    fundings: tuple[tuple[TierOutcome, ...], ...]
    choices: tuple[Choice, ...]
    exits: tuple[ExitOutcome, ...]
    curse: tuple[WinnersCurse, ...]

    @property
    def desk(self) -> str:
        """Name of the desk."""
        return "subscriber"

    @property
    def tiers(self) -> tuple[TierOutcome, ...]:
        """Every tier, for the way of paying asked for."""
        return self.fundings[0]

    @property
    def best_exit(self) -> ExitOutcome:
        """Exit with the highest expected profit for the tier recommended."""
        return max(self.exits, key=lambda told: told.expected_profit.value)

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain data; `tiers` as the interface lays it out."""
        return {
            "tiers": [tier.to_json() for tier in self.tiers],
            "exit": self.exit,
            "stop": self.stop,
            "money": self.money,
            "ladder": "published" if self.published else "fitted",
            "paths": self.paths,
            "answer": self.sentence(),
            "choices": [{"by": choice.by, **choice.outcome.to_json()} for choice in self.choices],
            "exits": [
                {
                    "exit": told.exit,
                    "expected_profit": told.expected_profit.to_json(),
                    "behind_best": told.behind.to_json(),
                    "prob_loss": told.prob_loss.to_json(),
                    "profit_quantiles": levels_to_json(told.quantiles),
                }
                for told in self.exits
            ],
            "winners_curse": [
                {
                    "pool": told.tier.pool,
                    "applied_shares": told.tier.applied_shares,
                    "allotment_rate": told.rate.to_json(),
                    "return": told.first_day_return.to_json(),
                    "rate_times_return": told.together.to_json(),
                    "covariance": told.covariance.to_json(),
                }
                for told in self.curse
            ],
        }

    def sentence(self) -> str:
        """Answer which tier, with what money, sold when."""
        choice, best = self.choices[0].outcome, self.best_exit
        sign = self.scenario.rules.currency_sign
        have = "" if self.money is None else f"with {sign}{self.money:,.0f} "
        own = f"pool {choice.pool}, {choice.funding.name}, {sign}{choice.own_money:,.0f} of own money"
        tier = f"{choice.applied_shares:,} shares ({own})"
        when = exit_in_words(best.exit, self.stop)
        advice = (
            f"Do not apply: no tier {have}is expected to earn; the best of them is {tier}, sold {when}:"
            if self._hopeless
            else f"{have}apply for {tier} and sell {when}:"
        )
        leanest = max((each.outcome for each in self.choices), key=lambda tier: tier.return_on_money.value)
        other = (
            "; the best return on money is "
            f"{numbers.return_with_error(leanest.return_on_money.value, leanest.return_on_money.se)}, for "
            f"{leanest.applied_shares:,} shares ({leanest.funding.name}), a loss on "
            f"{numbers.probability(leanest.prob_loss.value, leanest.prob_loss.se)} of paths"
        )
        # The profit named is that of the exit named, which need not be the one the tiers are told for.
        return (
            f"{advice[0].upper()}{advice[1:]} {numbers.probability(choice.prob_any)} chance of shares, "
            f"{numbers.rounded(choice.expected_shares, 0 if choice.expected_shares >= 100.0 else 1)} expected, "
            f"profit {_money(best.expected_profit, sign)} on average, "
            f"{numbers.probability_with_error(best.prob_loss.value, best.prob_loss.se)} chance of a loss"
            f"{'' if leanest is choice or self._hopeless else other}"
        )

    @property
    def _hopeless(self) -> bool:
        return self.best_exit.expected_profit.value <= 0.0

    def tables(self) -> tuple[Table, ...]:
        """Return the best tiers, the exits of the one recommended, all tiers, and the winner's curse."""
        first = (self._choice_table(), self._exit_table(), self._tier_table())
        return (*first, self._curse_table()) if self.per_path else first

    def remarks(self) -> tuple[str, ...]:
        """Say where the ladder comes from and what a stop assumes."""
        first = self.tiers[0]
        source = (
            "ladder as published"
            if self.published
            else "ladder fitted, not published yet: within 13% of each tier of 06082, whose applicants it assumes"
        )
        varies = "; it changes with the coverage of each path" if self.per_path else ""
        fixed = f"tiers told for {first.funding.name}, sold {exit_in_words(self.exit, self.stop)}"
        told = [f"{source}{varies}", f"{fixed}; after all costs, the ballot summed exactly"]
        if not self.per_path:
            told.append(
                "the coverage is known, so the allotment no longer falls as the return rises (winner's curse)"
            )
        if "stop" in {self.exit, *(each.exit for each in self.exits)}:
            told.append("a stop is filled at its price, or at the open when the day opens below it")
        return tuple(told)

    def _choice_table(self) -> Table:
        sign = self.scenario.rules.currency_sign.strip()
        rows = [
            (
                choice.by,
                choice.outcome.funding.name,
                f"{choice.outcome.pool} {choice.outcome.applied_shares:,}",
                f"{choice.outcome.own_money:,.0f}",
                *_outcome_cells(choice.outcome),
            )
            for choice in self.choices
        ]
        within = "" if self.money is None else f" within {sign} {self.money:,.0f}"
        return Table(
            f"Best tiers{within}",
            ("best by", "paid", "tier", f"own {sign}", *_OUTCOME_HEADINGS),
            tuple(rows),
            frozenset({0}),
        )

    def _tier_table(self) -> Table:
        sign = self.scenario.rules.currency_sign.strip()
        rows: list[tuple[str, ...]] = []
        marked = set()
        chosen = {(choice.outcome.applied_shares, choice.outcome.funding.name) for choice in self.choices}
        for tier in self.tiers:
            if self.money is not None and tier.own_money > self.money:
                continue
            if (tier.applied_shares, tier.funding.name) in chosen:
                marked.add(len(rows))
            rows.append(
                (
                    f"{tier.pool} {tier.applied_shares:,}",
                    f"{tier.own_money:,.0f}",
                    f"{tier.expected_shares:,.1f}",
                    *_outcome_cells(tier),
                    numbers.percent(tier.break_even, most=2, signed=True),
                )
            )
        reach = "" if self.money is None else " within reach"
        return Table(
            f"Every tier{reach}, {self.tiers[0].funding.name}, sold {exit_in_words(self.exit, self.stop)}",
            ("tier", f"own {sign}", "shares", *_OUTCOME_HEADINGS, "break-even"),
            tuple(rows),
            frozenset(marked),
        )

    def _exit_table(self) -> Table:
        choice = self.choices[0].outcome
        rows = tuple(
            (
                told.exit.upper() if told.exit == "vwap" else told.exit,
                numbers.money_with_error(told.expected_profit.value, told.expected_profit.se),
                "best"
                if told is self.best_exit
                else numbers.money_with_error(told.behind.value, told.behind.se),
                numbers.probability_with_error(told.prob_loss.value, told.prob_loss.se),
                *(numbers.money(value, _rough(choice.profit_sd)) for value in told.quantiles.values()),
            )
            for told in self.exits
        )
        best = next(at for at, told in enumerate(self.exits) if told is self.best_exit)
        return Table(
            f"When to sell {choice.applied_shares:,} applied for, {choice.funding.name}",
            ("exit", "profit +- se", "behind best", "loss", *(f"{100.0 * p:g}%" for p in choice.quantiles)),
            rows,
            frozenset({best}),
        )

    def _curse_table(self) -> Table:
        rows = tuple(
            (
                f"{told.tier.pool} {told.tier.applied_shares:,}",
                _percent(told.rate),
                _percent(told.first_day_return),
                numbers.percent(told.rate.value * told.first_day_return.value, told.together.se, most=3),
                numbers.percent(told.covariance.value, told.covariance.se, most=3, signed=True),
                _percent(told.together),
            )
            for told in curse_shown(self.curse)
        )
        return Table(
            "Winner's curse: allotment rate x first-day return, before costs",
            ("tier", "E[rate]", "E[return]", "product", "covariance", "E[rate x return]"),
            rows,
        )


_OUTCOME_HEADINGS = ("any", "profit +- se", "loss", "on money")


def curse_shown(told: Sequence[WinnersCurse]) -> list[WinnersCurse]:
    """Tiers worth showing of the winner's curse: one lot, about ten, and the ends of the pools."""
    first = told[0]
    tenth = min(told, key=lambda each: abs(each.tier.applied_shares - 10 * first.tier.applied_shares))
    shown = [first, tenth]
    for pool in ("A", "B"):
        members = [each for each in told if each.tier.pool == pool]
        shown += [members[0], members[-1]] if members else []
    return [each for at, each in enumerate(told) if any(each is one for one in shown) or at == 0]


def _outcome_cells(tier: TierOutcome) -> tuple[str, ...]:
    return (
        numbers.probability(tier.prob_any),
        numbers.money_with_error(tier.expected_profit.value, tier.expected_profit.se),
        numbers.probability(tier.prob_loss.value, tier.prob_loss.se),
        _percent(tier.return_on_money, most=2),
    )


def _money(estimate: Estimate, sign: str) -> str:
    text = numbers.money_with_error(estimate.value, estimate.se)
    return f"-{sign}{text[1:]}" if text.startswith("-") else f"{sign}{text}"


def _percent(estimate: Estimate, most: int = 3) -> str:
    return numbers.percent(estimate.value, estimate.se, most=most, signed=True)


def _rough(sd: float) -> float:
    """Standard error to cut a quantile by: a hundredth of the spread."""
    return sd / 100.0
