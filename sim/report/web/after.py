"""What follows the first day, where the run goes that far: the end of stabilisation and of the lock-up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.report.run import Run, currency_sign, number_of
from sim.report.web.contents import Fact, Grid
from sim.report.web.wording import chance_told, count_told, day_told, return_told

_LEVELS = {"0.1": "1 in 10 lower", "0.5": "middle", "0.9": "1 in 10 higher"}


def after_grid(run: Run) -> Grid:
    """Returns on the offer price at the ends of the stabilisation period and of the lock-up."""
    after = run.summary["aftermarket"]
    rows = [_row("End of stabilisation", after["stabilisation"], after["stabilisation"])]
    if "lock_up" in after:
        rows.append(_row("End of the lock-up", after["lock_up"], after["lock_up"]["after"]))
    return Grid(
        "Return on the offer price after the first day",
        ("When", "Day", "mean", *_LEVELS.values()),
        tuple(rows),
    )


def _row(name: str, part: Mapping[str, Any], prices: Mapping[str, Any]) -> tuple[str, ...]:
    returns = prices["returns"]
    day = "" if part["end"] is None else day_told(date.fromisoformat(part["end"]))
    return (
        name,
        day,
        return_told(number_of(returns["mean"]), number_of(returns["mean_se"])),
        *(
            return_told(number_of(returns["quantiles"][level]), number_of(returns["quantiles_se"][level]))
            for level in _LEVELS
        ),
    )


def after_facts(run: Run) -> tuple[Fact, ...]:
    """What the manager does to the end of the period, and what the end of the lock-up brings."""
    after, sign = run.summary["aftermarket"], currency_sign(run.scenario)
    manager = after["stabilisation"]
    facts: list[Fact] = []
    if "purchases_mean" in manager:
        bought = count_told(number_of(manager["purchases_mean"]), number_of(manager["purchases_mean_se"]))
        profit = number_of(manager["manager_gain_mean"])
        gain = count_told(abs(profit), number_of(manager["manager_gain_mean_se"]))
        verb = "loses" if profit < 0.0 else "gains"
        facts += [
            Fact("The manager buys, on average", f"{bought} shares", f"It {verb} {sign}{gain} on them."),
            Fact("Greenshoe used in full", _chance(manager, "full_exercise"), "The manager bought nothing."),
            Fact("Used in part", _chance(manager, "partial_exercise"), "It bought some of the shares."),
            Fact(
                "Not used",
                _chance(manager, "no_exercise"),
                "It bought back all that was sold beyond the offer.",
            ),
        ]
    if "lock_up" in after:
        part = after["lock_up"]
        below = _chance(part, "under_water")
        facts.append(
            Fact("Below the offer price when the lock-up ends", below, "Those locked in have lost money.")
        )
        fall = number_of(part["unlock_return_mean"]), number_of(part["unlock_return_mean_se"])
        if part["freed"]:
            meaning = f"The mean change of the price when they come free: {', '.join(part['freed'])}."
            facts.append(Fact("When the locked shares come free", return_told(*fall), meaning))
    return tuple(facts)


def _chance(part: Mapping[str, Any], event: str) -> str:
    entry = part["probabilities"][event]
    return chance_told(number_of(entry["value"]), number_of(entry["se"]))
