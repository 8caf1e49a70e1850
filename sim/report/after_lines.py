"""Lines of the run's table on what follows the first day; the numbers come from the summary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sim.report import numbers
from sim.report.run import Run, currency_sign, number_of

_MIDDLE = ("0.1", "0.5", "0.9")


def after_lines(run: Run) -> list[str]:
    """Return a few lines on the end of stabilisation and of the lock-up; none for a first day alone."""
    after = run.summary.get("aftermarket")
    if after is None:
        return []
    lines = [
        _price_line(run, f"end of stabilisation, {_day(after['stabilisation'])}", after["stabilisation"])
    ]
    lines += _manager_lines(run, after["stabilisation"])
    if "lock_up" in after:
        lines += _lock_up_lines(run, after["lock_up"])
    return lines


def _day(part: Mapping[str, Any]) -> str:
    day = date.fromisoformat(part["end"])
    return f"{day.day} {day:%b %Y}"


def _price_line(run: Run, when: str, part: Mapping[str, Any]) -> str:
    low, middle, high = (
        numbers.percent(
            number_of(part["returns"]["quantiles"][level]),
            number_of(part["returns"]["quantiles_se"][level]),
            signed=True,
        )
        for level in _MIDDLE
    )
    returns = part["returns"]
    mean = numbers.return_with_error(number_of(returns["mean"]), number_of(returns["mean_se"]))
    price = numbers.money(
        number_of(part["prices"]["quantiles"]["0.5"]),
        number_of(part["prices"]["quantiles_se"]["0.5"]),
        sign=currency_sign(run.scenario),
    )
    return f"{when}: {middle} ({price}), 80% {low} to {high}, mean {mean}"


def _manager_lines(run: Run, part: Mapping[str, Any]) -> list[str]:
    if "purchases_mean" not in part:
        return []
    bought = numbers.counted(number_of(part["purchases_mean"]), number_of(part["purchases_mean_se"]))
    gain = numbers.counted(number_of(part["manager_gain_mean"]), number_of(part["manager_gain_mean_se"]))
    shares = {name: _probability(part, name) for name in ("full_exercise", "partial_exercise", "no_exercise")}
    exhausted = f"  support exhausted on {_probability(part, 'support_exhausted')}"
    if (day := part["exhausted_day_median"]) is not None:
        when = "on the first day" if day == 0 else f"by trading day {day} after the first"
        exhausted += f", at least half of them {when}"
    return [
        f"  manager buys {bought} shares in all, gains {currency_sign(run.scenario)}{gain} on them; option "
        f"exercised",
        f"  in full on {shares['full_exercise']}, in part on {shares['partial_exercise']}, "
        f"not at all on {shares['no_exercise']}",
        exhausted,
    ]


def _probability(part: Mapping[str, Any], event: str) -> str:
    entry = part["probabilities"][event]
    return numbers.probability(number_of(entry["value"]), number_of(entry["se"]))


def _lock_up_lines(run: Run, part: Mapping[str, Any]) -> list[str]:
    fall = numbers.return_with_error(
        number_of(part["unlock_return_mean"]), number_of(part["unlock_return_mean_se"])
    )
    freed = ", ".join(part["freed"])
    return [
        _price_line(run, f"end of the lock-up, {_day(part)}", part["after"]),
        f"  under the offer price on {_probability(part, 'under_water')}"
        + (f"; {freed} coming free moves it {fall}" if freed else ""),
    ]
