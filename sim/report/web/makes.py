"""What makes the return, where the float and the demand come from, and what the peers say."""

from __future__ import annotations

import math

import numpy as np

from sim.market.theme import ThemeHeat
from sim.report import decomposition, numbers, offer_shares, words
from sim.report.numbers import PRINTED_MINUS
from sim.report.run import number_of
from sim.report.web.contents import Fact, Grid
from sim.report.web.steps_chart import Step, steps_chart
from sim.report.web.svg import Picture
from sim.report.web.wording import capital, count_told, logs_told, return_told
from sim.result import Result
from sim.statistics import quantile_se


def decomposition_chart(result: Result) -> Picture:
    """Draw the parts of the mean log return of the close."""
    total, error = decomposition.total(result)
    steps = [
        Step(capital(name), value, logs_told(value, se), error=se)
        for name, (value, se) in decomposition.parts(result).items()
    ]
    steps.append(Step("Together", total, logs_told(total, error), total=True, error=error))
    return steps_chart(steps, "decomposition", "What makes the mean log return of the close")


def decomposition_grid(result: Result) -> Grid:
    """The same as log returns and as changes of the price."""
    rows = [
        (capital(name), logs_told(value, error), _change(value, error))
        for name, (value, error) in decomposition.parts(result).items()
    ]
    total, error = decomposition.total(result)
    rows.append(("Together", logs_told(total, error), _change(total, error)))
    headings = ("Part", "Log return", "Change of the price, one after the other")
    return Grid("What makes the return", headings, tuple(rows), frozenset({len(rows) - 1}))


def _change(value: float, error: float) -> str:
    return return_told(math.expm1(value), math.exp(value) * error, most=3 if error > 1e-12 else 1)


def greenshoe_facts(result: Result) -> tuple[Fact, ...]:
    """What the stabilising manager does; none without over-allotment or without a listing."""
    short = result.scenario.over_allotted_shares()
    if not short or words.listed_paths(result) == 0:
        return ()
    told = result.summary["greenshoe"]
    bought, error = number_of(told["purchases_mean"]), number_of(told["purchases_mean_se"])
    used = number_of(told["exercised_fraction_mean"]), number_of(told["exercised_fraction_mean_se"])
    return (
        Fact("Sold beyond the offer", f"{short:,} shares", "The most that the manager may buy back."),
        Fact(
            "Bought on the first day, on average",
            f"{count_told(bought, error)} shares",
            f"{return_told(bought / short, error / short).removeprefix('+')} of what it may buy.",
        ),
        Fact(
            "Greenshoe used, on average",
            return_told(*used).removeprefix("+"),
            "Share of the option used, were it decided at the first close.",
        ),
    )


def float_chart(result: Result) -> Picture:
    """Draw the way from the base offer to the float."""
    steps = [
        Step(name, amount, told, total, error) for name, amount, told, total, error in _float_steps(result)
    ]
    return steps_chart(steps, "float", "From the base offer to the shares that can trade")


def _float_steps(result: Result) -> list[tuple[str, float, str, bool, float]]:
    """Name, shares, shares in words, whether a total, and standard error of each step."""
    deal, summary = result.scenario, result.summary
    base, adjustment = deal.offer.base_shares, deal.offer.size_adjustment_shares
    borrowed = deal.over_allotment is not None and deal.over_allotment.settlement == "borrowed"
    over = deal.over_allotted_shares() if borrowed else 0
    others = sum(tranche.shares for tranche in deal.locked)
    total, error = number_of(summary["float_shares"]), number_of(summary["float_shares_se"])
    # Before pricing the cornerstones' money buys another number of shares on each path: what is left is theirs.
    stones = base + adjustment + over + deal.other_tradable_shares - others - total
    uncertain = error if deal.offer.price is None and error > 1.0 else 0.0
    steps: list[tuple[str, float, str, bool, float]] = [("Base offer", base, f"{base:,}", True, 0.0)]
    if adjustment:
        steps.append(("Size adjustment, added", adjustment, f"+{adjustment:,}", False, 0.0))
    if deal.cornerstones is not None:
        told = f"{stones:,.0f}" if uncertain == 0.0 else count_told(stones, uncertain)
        steps.append(("Cornerstones, locked", -stones, f"{PRINTED_MINUS}{told}", False, uncertain))
    steps += [
        (
            f"{capital(tranche.name)}, locked",
            -tranche.shares,
            f"{PRINTED_MINUS}{tranche.shares:,}",
            False,
            0.0,
        )
        for tranche in deal.locked
    ]
    if over:
        steps.append(("Over-allotment, added", over, f"+{over:,}", False, 0.0))
    if deal.other_tradable_shares:
        told = f"+{deal.other_tradable_shares:,}"
        steps.append(("Shares of earlier holders, added", deal.other_tradable_shares, told, False, 0.0))
    whole = f"{total:,.0f}" if uncertain == 0.0 else count_told(total, uncertain)
    steps.append(("Float: shares that can trade", total, whole, True, uncertain))
    return steps


def float_grid(result: Result) -> Grid:
    """The same as a table, in shares and in percent of the base offer."""
    base = result.scenario.offer.base_shares
    rows = tuple(
        (name, told, numbers.percent(amount / base, minus=PRINTED_MINUS))
        for name, amount, told, _, _ in _float_steps(result)
    )
    return Grid(
        "Shares that can trade on the first day",
        ("Step", "Shares", "Of the base offer"),
        rows,
        frozenset({len(rows) - 1}),
    )


def demand_grid(result: Result) -> Grid:
    """Shares asked for in each tranche, as far as it is known; else the middle of what the paths drew."""
    deal = result.scenario
    public = deal.public_shares(0.0)
    rows = []
    for name, shares, seen, drawn in (
        ("Public offer", public, deal.observed.public_coverage, "public_coverage"),
        ("Placing", deal.offer.base_shares - public, deal.observed.placing_coverage, "placing_coverage"),
    ):
        if shares == 0:
            continue
        if seen is not None:
            rows.append(
                (
                    name,
                    f"{shares:,}",
                    numbers.times(seen).removesuffix("x"),
                    numbers.counted(seen * shares),
                    "known",
                )
            )
        else:
            value, error = _middle(result, drawn)
            asked = count_told(value * shares, error * shares)
            rows.append((name, f"{shares:,}", _drawn(value, error), asked, "drawn: middle of the paths"))
    headings = ("Tranche", "Shares at first", "Covered, times", "Shares asked for", "How we know")
    return Grid("Demand for the shares", headings, tuple(rows))


def _drawn(value: float, error: float) -> str:
    if not math.isfinite(value):
        return "drawn on each path"
    return f"{numbers.money(value, error)} ± {numbers.money_error(error)}"


def _middle(result: Result, quantity: str) -> tuple[float, float]:
    """Median of a kept quantity and its standard error, NaN where paths were not kept."""
    kept = result.kept
    if kept is None:
        return math.nan, math.nan
    if offer_shares.is_reduced(result):
        # Weighed as the run's own quantiles are; the import brings the kernels along.
        from sim.variance_reduction.quantiles import kept_quantiles

        return kept_quantiles(kept[quantity], kept.get("weight"))[0.5]
    ordered = np.sort(kept[quantity][~np.isnan(kept[quantity])])
    if ordered.size < 2:
        return math.nan, math.nan
    return float(np.median(ordered)), quantile_se(ordered, 0.5)


def heat_chart(theme: ThemeHeat) -> Picture:
    """Draw what each peer adds to the heat of the theme."""
    steps = [
        Step(peer.name, peer.contribution, numbers.log_points(peer.contribution).replace("-", PRINTED_MINUS))
        for peer in theme.peers
    ]
    steps.append(Step("Heat of the theme", theme.mean, _heat(theme), total=True, error=theme.se))
    return steps_chart(steps, "heat", "What each peer adds to the heat of the theme")


def _heat(theme: ThemeHeat) -> str:
    """The heat with what the peers leave open, to the same decimals as each peer's part."""
    return f"{numbers.log_points(theme.mean).replace('-', PRINTED_MINUS)} ± {numbers.rounded(theme.se, 2)}"


def heat_grid(theme: ThemeHeat) -> Grid:
    """The peers: their return, what is usual on their venue, how much they count, and what they add."""

    def points(value: float) -> str:
        return numbers.log_points(value).replace("-", PRINTED_MINUS)

    rows = [
        (
            peer.name,
            numbers.percent(math.expm1(peer.log_return), most=0, signed=True, minus=PRINTED_MINUS),
            points(peer.log_return),
            points(peer.venue_mean),
            numbers.percent(peer.weight, most=0),
            points(peer.contribution),
        )
        for peer in theme.peers
    ]
    rows.append(("Together", "", "", "", "", _heat(theme)))
    headings = (
        "Peer",
        "First-day return",
        "as log return",
        "usual there (log)",
        "counts",
        "adds to heat (log)",
    )
    return Grid("Peers", headings, tuple(rows), frozenset({len(rows) - 1}))


def weight_of_theme(result: Result) -> float:
    """Weight of theme heat at the run's stage: 0 moves nothing."""
    return result.market.valuation.theme_weight.get(result.scenario.stage, 0.0)
