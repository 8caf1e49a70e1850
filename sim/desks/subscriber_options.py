"""What a subscriber may ask of the desk, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.desks.application import Funding
from sim.desks.exits import Exit
from sim.errors import Fault, InvalidInput, invalid
from sim.scenario.scenario import Scenario

CASH_HANDLING_FEE, MARGIN_HANDLING_FEE = 0.0, 100.0
"""What brokers usually take for an application, HK$."""


_INCLUDED = -5e-324
"""Lower bound of a range that begins at 0 and includes it."""

USUAL_MARGIN = 0.9
"""Share of the application money lent, where cash is compared with margin and the user names none."""


@dataclass(frozen=True, slots=True)
class SubscriberOptions:
    """What a subscriber may choose.

    Parameters
    ----------
    money
        Own money, currency; without it no tier is out of reach.
    exit
        Where the shares are sold.
    stop
        Stop price over the offer price, less one.
    margin
        Share of the application money borrowed; 0 is cash only; ``None`` tells the tiers in cash and compares them
        with a margin of 90%.
    rate, days
        Interest of the loan, a year, and the days it runs.
    handling_fee
        Broker's fee of an application, currency; ``None`` is 0 in cash and 100 on margin.
    commission
        Broker's commission on the sale, fraction of its value.
    """

    money: float | None = None
    exit: Exit = "close"
    stop: float = -0.05
    margin: float | None = None
    rate: float = 0.068
    days: float = 5.0
    handling_fee: float | None = None
    commission: float = 0.0

    def __post_init__(self) -> None:
        ranges: tuple[tuple[str, float | None, float, float, str], ...] = (
            ("--money", self.money, 0.0, math.inf, "a positive amount"),
            ("--stop", self.stop, -1.0, math.inf, "a return against the offer price, such as -0.05"),
            ("--margin", self.margin, _INCLUDED, 1.0, "a share from 0 to below 1, such as 0.9"),
            ("--rate", self.rate, _INCLUDED, math.inf, "a yearly rate, such as 0.068"),
            ("--days", self.days, _INCLUDED, math.inf, "a number of days"),
            ("--handling-fee", self.handling_fee, _INCLUDED, math.inf, "an amount, 0 for none"),
            ("--commission", self.commission, _INCLUDED, 1.0, "a share of the sale's value, such as 0.0025"),
        )
        faults = [
            Fault(option, "", f"{value:g} is out of range", f"expected {remedy}")
            for option, value, above, below, remedy in ranges
            if value is not None and not above < value < below
        ]
        if faults:
            raise InvalidInput(faults)

    def fundings(self) -> tuple[Funding, ...]:
        """Ways to pay for an application: the one that the tiers are told for first."""
        cash = self._funding("cash", 0.0, CASH_HANDLING_FEE)
        share = USUAL_MARGIN if self.margin is None else self.margin
        loan = self._funding(f"{100.0 * share:g}% margin", share, MARGIN_HANDLING_FEE)
        if share == 0.0:
            return (cash,)
        return (cash, loan) if self.margin is None else (loan, cash)

    def _funding(self, name: str, margin: float, usual_fee: float) -> Funding:
        fee = usual_fee if self.handling_fee is None else self.handling_fee
        return Funding(name, margin, self.rate, self.days, fee)


def refuse_without_ballot(scenario: Scenario) -> None:
    """Refuse a deal without a ballot in two pools.

    Raises
    ------
    InvalidInput
        On STAR, and without a public tranche.
    """
    if scenario.venue != "hkex":
        raise invalid(
            scenario.name,
            "venue",
            f"the ballot of {scenario.venue} is not modelled",
            "the subscriber's desk knows the public offers of hkex; use firstday run for the price alone",
        )
    if scenario.public_shares(0.0) == 0:
        raise invalid(
            scenario.name, "offer.public_tranche", "there is no public offer", "a public tranche above 0"
        )
