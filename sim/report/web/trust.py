"""How far to trust the figures: enough paths, the market they were drawn from, and how it did on past deals."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from sim.backtest.summary import StageScores, load_summary
from sim.convergence import Convergence
from sim.market.parameters import Market
from sim.report import numbers
from sim.report.numbers import PRINTED_MINUS
from sim.report.web.contents import Fact, Grid
from sim.report.web.wording import day_told, return_told

_COUNTS = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_FORECASTS = {
    "climatology": "the returns of the last deals as they were",
    "regression": "a straight-line fit on the same data",
    "quantile_regression": "a fit of each quantile on the same data",
    "grey_shift": "the grey-market price with its usual error",
}

_PERCENT = "percent"
_NUMBER = "number"
_TIMES = "times"
_DAYS = "days"
# Name in the fit, what it is in words, how to write it, and whether it is the logarithm that was fitted.
_PARAMETERS: tuple[tuple[str, str, str, str, bool], ...] = (
    ("centre", "Usual value of a share", "middle of the return, before stabilisation", _PERCENT, True),
    (
        "log_kappa",
        "Level of demand",
        "1: what a deal just covered would have",
        _NUMBER,
        True,
    ),
    (
        "log_elasticity",
        "Elasticity of demand",
        "percent of demand lost when the price rises by 1%",
        _NUMBER,
        True,
    ),
    (
        "public_deflation",
        "What counts of public coverage",
        "0: nothing, 1: ten times the coverage is ten times the demand",
        _NUMBER,
        False,
    ),
    (
        "log_saturation",
        "Coverage that starts to count",
        "below it the public's demand says little",
        _TIMES,
        True,
    ),
    ("spread", "Spread of the value", "one usual surprise, up or down", _PERCENT, True),
    ("volatility", "Moves of the day", "one usual move from open to close", _PERCENT, True),
    ("drift", "Drift of the day", "mean move from open to close", _PERCENT, False),
    ("slope", "Reach of the grey market", "1: it moves as far as the exchange will", _NUMBER, False),
    ("log_noise", "Error of the grey market", "one usual error", _PERCENT, True),
    (
        "log_theme_sd",
        "How far themes differ",
        "one usual difference of a theme from the rest",
        _PERCENT,
        True,
    ),
    ("log_idiosyncratic_sd", "Noise of a single peer", "one usual surprise of a peer", _PERCENT, True),
    ("log_age_half_life", "Age at which a peer counts half", "the older, the less it says", _DAYS, True),
)


def convergence_grid(told: Convergence) -> Grid:
    """The mean after 100, 1,000, ... paths and after all of them."""
    last = int(told.paths[-1])
    rows = []
    for count in (*(each for each in _COUNTS if each < last), last):
        # Noted just above the round number where it was not noted at it.
        at = min(int(told.paths.searchsorted(count)), told.paths.size - 1)
        if math.isfinite(told.se[at]):
            rows.append((f"{told.paths[at]:,}", return_told(float(told.mean[at]), float(told.se[at]))))
    unique = tuple(dict.fromkeys(rows))
    return Grid(
        "Mean return of the close as paths are added",
        ("Paths", "Mean return"),
        unique,
        frozenset({len(unique) - 1}),
    )


def market_facts(market: Market) -> tuple[Fact, ...]:
    """Where the market comes from."""
    origin = market.origin
    facts = [
        Fact(
            "Market",
            market.name,
            "Fitted to past deals."
            if origin.status == "fitted"
            else "Trial values, not fitted: read levels with care.",
        )
    ]
    if origin.as_of is not None:
        facts.append(Fact("As known on the morning of", day_told(origin.as_of), "Nothing later is used."))
    if origin.deals is not None:
        span = ""
        if origin.first_deal is not None and origin.last_deal is not None:
            first, last = day_told(origin.first_deal), day_told(origin.last_deal)
            span = f"Listed from {first} to {last}; the latest count most."
        facts.append(Fact("Past deals", f"{origin.deals:,}", span))
    return tuple(facts)


def parameter_grid(market: Market) -> Grid | None:
    """The main parameters with their standard errors; ``None`` where the market does not tell them."""
    fitted = {each.name: each for each in market.estimates}
    rows = []
    for name, title, meaning, kind, logarithm in _PARAMETERS:
        each = fitted.get(name)
        if each is None or each.standard_error is None:
            continue
        value, error = each.value, each.standard_error
        if logarithm and name != "centre":
            value, error = math.exp(value), math.exp(value) * error
        elif logarithm:
            value, error = math.expm1(value), math.exp(value) * error
        rows.append((title, _WRITERS[kind](value, error), meaning))
    if not rows:
        return None
    return Grid("What past deals say", ("Parameter", "Estimate", "What it means"), tuple(rows), words=True)


def _percent(value: float, error: float) -> str:
    return return_told(value, error).removeprefix("+")


def _plain(value: float, error: float) -> str:
    text = numbers.money(value, error).replace("-", PRINTED_MINUS)
    return f"{text} ± {numbers.money_error(error)}"


_WRITERS: dict[str, Callable[[float, float], str]] = {
    _PERCENT: _percent,
    _NUMBER: _plain,
    _TIMES: lambda value, error: f"{_plain(value, error)} times",
    _DAYS: lambda value, error: f"{_plain(value, error)} days",
}


def backtest_of(venue: str, stage: str) -> StageScores | None:
    """Scores of the shipped back-test at a stage; ``None`` where there is none."""
    return load_summary().get(stage) if venue == "hkex" else None


def backtest_grid(scores: StageScores) -> Grid:
    """How the forecasts did at the stage of the run."""
    n = scores.deals

    def inside(level: str) -> str:
        share = scores.coverage[level]
        return f"{numbers.percent(share, most=0)} ± {numbers.percent(math.sqrt(share * (1 - share) / n), most=0)}"

    rows = (
        ("Deals forecast", f"{n:,}", f"Listed from {_day(scores.first)} to {_day(scores.last)}."),
        ("Error of the model (CRPS)", _score(scores.crps, scores.crps_se), "The smaller the better."),
        (
            "Error of the best simple forecast",
            _score(scores.baseline_crps, scores.baseline_crps_se),
            f"It is {_FORECASTS.get(scores.baseline, scores.baseline)}.",
        ),
        ("Outcomes inside the middle 50%", inside("50"), "Should be about 50%."),
        ("Outcomes inside the middle 80%", inside("80"), "Should be about 80%."),
        ("Outcomes inside the middle 95%", inside("95"), "Should be about 95%."),
        (
            "Test of an even spread, p",
            numbers.rounded(scores.pit_p, 2),
            "Below 0.05 it would say that the forecasts lean to one side, or are too wide or too narrow.",
        ),
    )
    return Grid(
        "Forecasts of past deals at this stage", ("Measure", "Figure", "What it means"), rows, words=True
    )


def _score(value: float, error: float) -> str:
    return f"{value:.3f} ± {error:.3f}"


def _day(text: str) -> str:
    return day_told(date.fromisoformat(text))
