"""Picture of the issuer's desk: first-day return, chance of a broken issue and money, by offer price."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sim.desks.issuer_answer import IssuerAnswer
from sim.report import numbers, style
from sim.report.desk_panels import LEFT, amounts_on_y, label_ends, named_panel, percents_on_y
from sim.report.layout import Page, printable
from sim.report.numbers import PRINTED_MINUS

WIDTH, HEIGHT = 8.6, 7.6
_SHARES = (0.36, 0.24, 0.40)
_GAP, _RIGHT = 0.26, 1.55


def issuer_figure(answer: IssuerAnswer) -> Figure:
    """Draw the answer of the issuer's desk.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    with style.house_style():
        page = Page(WIDTH, HEIGHT)
        sign = answer.scenario.rules.currency_sign.strip()
        top = page.head(_title(answer), _subtitle(answer), ()) + 0.25
        bottom = page.foot(_small_print(answer)) - 0.55
        room = bottom - top - 2.0 * _GAP
        places = []
        for share in _SHARES:
            places.append((top, top + share * room))
            top += share * room + _GAP
        returns = named_panel(
            page, *places[0], "First-day return", ("of the close", "on the offer price"), _RIGHT
        )
        below = named_panel(
            page, *places[1], "Below the offer", ("chance of a first", "close below it"), _RIGHT
        )
        money = named_panel(page, *places[2], "Money", (f"{sign}, means",), _RIGHT)
        price = np.array([told.price for told in answer.prices])
        mean = np.array([told.first_day_return.value for told in answer.prices])
        median = np.array([told.median_return.value for told in answer.prices])
        returns.plot(price, mean, "o-", color=style.FAN_MEDIAN, linewidth=1.8, markersize=4.5)
        returns.plot(price, median, "s--", color=style.FAN[2], linewidth=1.5, markersize=4.0)
        returns.axhline(0.0, color=style.INK, linewidth=0.8)
        percents_on_y(returns)
        broken = np.array([told.below.value for told in answer.prices])
        below.plot(price, broken, "o-", color=style.BELOW, linewidth=1.8, markersize=4.5)
        below.axhline(answer.most_below, color=style.INK, linewidth=1.0, dashes=(4, 2.5))
        below.set_ylim(0.0, 1.15 * max(float(broken.max()), answer.most_below))
        percents_on_y(below)
        raised = np.array([told.proceeds for told in answer.prices])
        option = np.array([told.proceeds_with_option.value for told in answer.prices])
        left = np.array([told.left.value for told in answer.prices])
        money.plot(price, option, "s--", color=style.FAN[2], linewidth=1.5, markersize=4.0)
        money.plot(price, raised, "o-", color=style.FAN_MEDIAN, linewidth=1.8, markersize=4.5)
        money.plot(price, left, "D-", color=style.BELOW, linewidth=1.8, markersize=4.5)
        money.axhline(0.0, color=style.INK, linewidth=0.8)
        amounts_on_y(money)
        for panel in (returns, below, money):
            reach = max(float(np.ptp(price)), 0.02 * float(price[0]))
            panel.set_xlim(float(price.min()) - 0.05 * reach, float(price.max()) + 0.05 * reach)
            panel.axvline(answer.choice.price, color=style.GREY, linewidth=0.8, zorder=0.6)
            if panel is not money:
                panel.tick_params(labelbottom=False)
        mean_colour, other = style.FAN_MEDIAN, style.GREY
        label_ends(page, returns, [(mean[-1], "mean", mean_colour), (median[-1], "median", other)])
        label_ends(
            page, below, [(broken[-1], "chance", style.BELOW), (answer.most_below, "accepted", style.INK)]
        )
        label_ends(
            page,
            money,
            [
                (option[-1], "raised with option", other),
                (raised[-1], "raised", mean_colour),
                (left[-1], "left on the table", style.BELOW),
            ],
        )
        page.write(
            f"offer price, {sign}",
            LEFT + 0.5 * (WIDTH - LEFT - _RIGHT),
            places[2][1] + 0.27,
            colour=style.GREY,
            align="center",
        )
        return page.figure


def _title(answer: IssuerAnswer) -> str:
    name = printable(answer.scenario.name, answer.scenario.code)
    price = numbers.exact_price(answer.choice.price, answer.scenario.rules.currency_sign)
    mean = numbers.percent(answer.choice.first_day_return.value, most=0, signed=True, minus=PRINTED_MINUS)
    return f"{mean} is the mean first-day return of {name} at {price}"


def _subtitle(answer: IssuerAnswer) -> str:
    return (
        f"Every price on the same {answer.paths:,} demand curves: what investors would pay does not depend on what "
        "the issuer asks."
    )


def _small_print(answer: IssuerAnswer) -> str:
    day = answer.scenario.list_date
    return (
        f"Vertical line: the price chosen. Money left on the table: first close less offer price, times the shares "
        f"offered. Simulated by firstday, seed {answer.scenario.simulation.seed}; listing {day.day} {day:%B %Y}."
    )
