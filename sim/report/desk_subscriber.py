"""Picture of the subscriber's desk: chance, profit and return on money by size, and the exits of the tier chosen."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sim.desks.exits import exit_in_words
from sim.desks.subscriber_answer import SubscriberAnswer
from sim.desks.subscriber_outcomes import TierOutcome
from sim.report import numbers, style
from sim.report.desk_panels import (
    LEFT,
    amount,
    amounts_on_y,
    label,
    money_axis,
    named_panel,
    percents_on_y,
)
from sim.report.layout import KeyEntry, Page, printable
from sim.report.numbers import PRINTED_MINUS

WIDTH, HEIGHT = 8.6, 9.0
_SIZES = (1.35, 1.75, 1.35)
_GAP = 0.24


def subscriber_figure(answer: SubscriberAnswer) -> Figure:
    """Draw the answer of the subscriber's desk.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    with style.house_style():
        page = Page(WIDTH, HEIGHT)
        name = printable(answer.scenario.name, answer.scenario.code)
        top = page.head(_title(answer, name), _subtitle(answer), _key(answer)) + 0.2
        bottom = page.foot(_small_print(answer))
        own = np.array([tier.own_money for tier in _tiers(answer)])
        low, high = float(own.min()) / 1.35, float(own.max()) * 1.35
        places = []
        for size in _SIZES:
            places.append((top, top + size))
            top += size + _GAP
        sign = answer.scenario.rules.currency_sign.strip()
        chance = named_panel(page, *places[0], "Chance", ("of any shares",))
        _draw_tiers(chance, answer, np.array([tier.prob_any for tier in _tiers(answer)]), "prob_any")
        chance.set_ylim(0.0, 1.06)
        percents_on_y(chance)
        profit = named_panel(
            page,
            *places[1],
            "Profit",
            (f"{sign}, after all costs:", "mean, and 5% to 95%", "of the outcomes"),
        )
        _draw_profit(profit, answer)
        back = named_panel(page, *places[2], "On own money", ("mean profit over", "the money put up"))
        values = np.array([tier.return_on_money.value for tier in _tiers(answer)])
        _draw_tiers(back, answer, values, "return_on_money")
        back.axhline(0.0, color=style.INK, linewidth=0.8)
        percents_on_y(back)
        for panel in (chance, profit, back):
            money_axis(panel, low, high)
            if panel is not back:
                panel.tick_params(labelbottom=False)
        middle = LEFT + 0.5 * (WIDTH - LEFT - 0.35)
        page.write(
            f"own money of the application, {sign}",
            middle,
            places[2][1] + 0.27,
            colour=style.GREY,
            align="center",
        )
        _draw_exits(page, answer, places[2][1] + 0.72, bottom - 0.52)
        return page.figure


def _tiers(answer: SubscriberAnswer) -> tuple[TierOutcome, ...]:
    """Every tier, paid for like the best one."""
    funding = answer.choices[0].outcome.funding
    return next(told for told in answer.fundings if told[0].funding == funding)


def _title(answer: SubscriberAnswer, name: str) -> str:
    choice = answer.choices[0].outcome
    profit = answer.best_exit.expected_profit
    sign = answer.scenario.rules.currency_sign
    text = numbers.money(abs(profit.value), profit.se, sign=sign)
    if profit.value <= 0.0:
        return f"{name}: no tier is expected to earn"
    return f"{text} is the mean profit of applying for {choice.applied_shares:,} shares of {name}"


def _subtitle(answer: SubscriberAnswer) -> str:
    ladder = "the ladder as published" if answer.published else "a fitted ladder"
    return (
        f"Each dot is a size of application, {answer.choices[0].outcome.funding.name}, sold "
        f"{exit_in_words(answer.exit, answer.stop)}, with {ladder}. {answer.paths:,} paths."
    ).replace(" -", f" {PRINTED_MINUS}")


def _key(answer: SubscriberAnswer) -> list[KeyEntry]:
    pools = [
        KeyEntry("area", style.FAN_MEDIAN, "pool A, up to HK$5m"),
        KeyEntry("area", style.ABOVE, "pool B"),
        KeyEntry(
            "area", style.BELOW, "the best tier within reach" if answer.money is not None else "the best tier"
        ),
    ]
    if answer.money is not None:
        pools.append(KeyEntry("dashed", style.INK, f"own money of {amount(answer.money)}"))
    return pools


def _colour(answer: SubscriberAnswer, tier: TierOutcome) -> str:
    if tier.applied_shares == answer.choices[0].outcome.applied_shares:
        return style.BELOW
    return style.FAN_MEDIAN if tier.pool == "A" else style.ABOVE


def _draw_tiers(panel: Axes, answer: SubscriberAnswer, values: np.ndarray, what: str) -> None:
    """Draw one dot a tier, the tier recommended larger and named."""
    own = [tier.own_money for tier in _tiers(answer)]
    panel.plot(own, values, color=style.RULE, linewidth=1.0, zorder=1)
    for tier, value in zip(_tiers(answer), values, strict=True):
        chosen = tier.applied_shares == answer.choices[0].outcome.applied_shares
        panel.plot(
            tier.own_money,
            value,
            "D" if chosen else "o",
            color=_colour(answer, tier),
            markersize=6.5 if chosen else 4.5,
            markeredgecolor="white",
            markeredgewidth=0.5,
            zorder=4 if chosen else 3,
        )
    _draw_money(panel, answer)
    top = float(np.nanmax(values))
    panel.margins(y=0.2 if what == "return_on_money" else 0.12)
    if what == "return_on_money" and top > 0.0:
        at = int(np.nanargmax(values))
        tier = _tiers(answer)[at]
        label(panel, tier.own_money, top, f"{tier.applied_shares:,} shares: {_percent(top)}", 9.0, 2.0)


def _draw_profit(panel: Axes, answer: SubscriberAnswer) -> None:
    levels = sorted(_tiers(answer)[0].quantiles)
    reach = max(abs(tier.expected_profit.value) for tier in _tiers(answer))
    least = min(abs(tier.expected_profit.value) for tier in _tiers(answer))
    panel.set_yscale("symlog", linthresh=10.0 ** np.floor(np.log10(max(least, reach * 1e-6, 1.0))))
    for tier in _tiers(answer):
        ends = [tier.quantiles[levels[0]], tier.quantiles[levels[-1]]]
        panel.plot(
            [tier.own_money] * 2, ends, color=style.FAN[1], linewidth=2.0, zorder=1, solid_capstyle="butt"
        )
    panel.axhline(0.0, color=style.INK, linewidth=0.8, zorder=2)
    _draw_tiers(
        panel, answer, np.array([tier.expected_profit.value for tier in _tiers(answer)]), "expected_profit"
    )
    panel.yaxis.set_minor_locator(NullLocator())
    low, high = panel.get_ylim()
    decades = [10.0**decade for decade in range(1, 12)]
    shown = [tick for tick in (*[-each for each in decades], 0.0, *decades) if low <= tick <= high]
    inner = panel.transData.transform([(1.0, tick) for tick in shown])[:, 1] / panel.figure.dpi
    kept: list[float] = []
    places: list[float] = []
    for tick, place in sorted(zip(shown, inner, strict=True), key=lambda pair: abs(pair[0])):
        if all(abs(place - other) > 0.16 for other in places):
            kept.append(tick)
            places.append(place)
    panel.yaxis.set_major_locator(FixedLocator(sorted(kept)))
    amounts_on_y(panel)


def _draw_money(panel: Axes, answer: SubscriberAnswer) -> None:
    if answer.money is not None:
        panel.axvline(answer.money, color=style.INK, linewidth=1.0, dashes=(4, 2.5), zorder=2)


def _draw_exits(page: Page, answer: SubscriberAnswer, top: float, bottom: float) -> None:
    """Draw the profit of the tier recommended at each exit: 5% to 95%, quartiles, mean."""
    choice = answer.choices[0].outcome
    panel = named_panel(
        page,
        top,
        bottom,
        "Sold when",
        (f"{choice.applied_shares:,} shares,", choice.funding.name, "mean, quartiles,", "5% and 95%"),
    )
    for at, told in enumerate(answer.exits):
        first, lower, _, upper, last = (told.quantiles[level] for level in sorted(told.quantiles))
        panel.plot(
            [first, last], [at, at], color=style.FAN[0], linewidth=7.0, solid_capstyle="butt", zorder=2
        )
        panel.plot(
            [lower, upper], [at, at], color=style.FAN[2], linewidth=7.0, solid_capstyle="butt", zorder=3
        )
        mean = told.expected_profit.value
        panel.plot(mean, at, "D", color=style.INK, markersize=5.0, markeredgecolor="white", zorder=4)
    panel.axvline(0.0, color=style.INK, linewidth=0.8, zorder=1)
    panel.grid(axis="y", visible=False)
    panel.grid(axis="x", color=style.RULE, linewidth=0.5)
    panel.set_ylim(len(answer.exits) - 0.5, -0.5)
    panel.yaxis.set_major_locator(FixedLocator(list(range(len(answer.exits)))))
    names = [told.exit.upper() if told.exit == "vwap" else told.exit for told in answer.exits]
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: names[round(value)]))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))
    sign = answer.scenario.rules.currency_sign.strip()
    page.write(
        f"profit, {sign}",
        LEFT + 0.5 * (WIDTH - LEFT - 0.35),
        bottom + 0.25,
        colour=style.GREY,
        align="center",
    )


def _percent(value: float) -> str:
    return numbers.percent(value, most=2, signed=True, minus=PRINTED_MINUS)


def _small_print(answer: SubscriberAnswer) -> str:
    day = answer.scenario.list_date
    return (
        f"Profit over paths and ballot, the ballot summed exactly. Simulated by firstday, seed "
        f"{answer.scenario.simulation.seed}; listing {day.day} {day:%B %Y}."
    )
