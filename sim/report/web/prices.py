"""Tables of the prices of the day: quantiles, chances, and the price through the day."""

from __future__ import annotations

import numpy as np

from sim.report import words
from sim.report.fan_shape import clock_of, time_of_day
from sim.report.run import Run, currency_sign, impossible_events, probability_of, statistic
from sim.report.web.contents import Grid
from sim.report.web.ranges_chart import NAMES
from sim.report.web.wording import chance_told, money_told, return_told
from sim.result import Fan

_LEVELS = {
    "0.05": "1 in 20 lower",
    "0.1": "1 in 10 lower",
    "0.25": "a quarter lower",
    "0.5": "middle",
    "0.75": "a quarter higher",
    "0.9": "1 in 10 higher",
    "0.95": "1 in 20 higher",
}
_EVENTS = {
    "withdrawn": "The offer is withdrawn",
    "open_below_offer": "Opens below the offer price",
    "open_at_offer": "Opens exactly at it",
    "close_below_offer": "Closes below the offer price",
    "close_at_offer": "Closes exactly at it",
    "stabilised": "The stabilising manager buys shares",
    "support_exhausted": "The manager uses up what it may buy",
}


def return_grid(run: Run) -> Grid:
    """Returns against the offer price: mean and quantiles, each with its error."""
    rows = [
        (
            name,
            return_told(*_mean(run, "returns", quantity)),
            *(return_told(*words.quantile_return(run, quantity, level)) for level in _LEVELS),
        )
        for quantity, name in NAMES.items()
    ]
    return Grid(
        "Return on the offer price", ("Price", "mean", *_LEVELS.values()), tuple(rows), frozenset({_close()})
    )


def price_grid(run: Run) -> Grid:
    """Prices in currency: mean and quantiles, each with its error."""
    rows = [
        (
            name,
            money_told(*_mean(run, "prices", quantity)),
            *(money_told(*words.quantile_price(run, quantity, level)) for level in _LEVELS),
        )
        for quantity, name in NAMES.items()
    ]
    title = f"Price, {currency_sign(run.scenario).strip()}"
    return Grid(title, ("Price", "mean", *_LEVELS.values()), tuple(rows), frozenset({_close()}))


def _mean(run: Run, group: str, quantity: str) -> tuple[float, float]:
    mean, error = (statistic(run.summary, group, quantity, each) for each in ("mean", "mean_se"))
    return mean, error


def _close() -> int:
    return list(NAMES).index("close")


def event_grid(run: Run) -> Grid:
    """Chances of what may happen; those that cannot are left out."""
    impossible = impossible_events(run)
    rows = [
        (name, chance_told(*probability_of(run.summary, event)))
        for event, name in _EVENTS.items()
        if event not in impossible
    ]
    return Grid("Chances on the first day", ("What happens", "Chance"), tuple(rows))


def fan_grid(fan: Fan) -> Grid:
    """The price at a few times of the day: quantiles of the fan, each with its error."""
    levels = [int(np.argmin(np.abs(fan.probabilities - level))) for level in (0.1, 0.25, 0.5, 0.75, 0.9)]
    times = [*clock_of(fan).hours(fan), float(fan.clock[-1])]
    rows = []
    for time in dict.fromkeys(times):
        at = int(np.searchsorted(fan.clock, time + 1e-9, side="right")) - 1
        told = []
        for level in levels:
            value = float(np.expm1(fan.log_returns[level, at]))
            told.append(return_told(value, (1.0 + value) * float(fan.errors[level, at])))
        rows.append((time_of_day(time), *told))
    headings = ("Time", "1 in 10 lower", "a quarter lower", "middle", "a quarter higher", "1 in 10 higher")
    return Grid("Return on the offer price at times of the day", headings, tuple(rows))
