"""Picture of the cornerstone's desk: what the money comes to, locked or free, and the discounts for the lock-up."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from sim.desks.cornerstone_answer import CornerstoneAnswer, Holding
from sim.report import numbers, style
from sim.report.desk_panels import LEFT, RIGHT, amount
from sim.report.layout import KeyEntry, Page, printable
from sim.report.numbers import PRINTED_MINUS

WIDTH, HEIGHT = 8.6, 6.4
_FORMS = (("o", style.FAN_MEDIAN), ("s", style.FAN[2]), ("D", style.BELOW), ("^", style.GREY))


def cornerstone_figure(answer: CornerstoneAnswer) -> Figure:
    """Draw the answer of the cornerstone's desk.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    with style.house_style():
        page = Page(WIDTH, HEIGHT)
        sign = answer.scenario.rules.currency_sign.strip()
        top = page.head(_title(answer), _subtitle(answer), _key()) + 0.25
        bottom = page.foot(_small_print(answer)) - 0.55
        middle = top + 0.42 * (bottom - top)
        value = _panel(page, top, middle - 0.35, "Value at the end", "mean, quartiles, 5% and 95%")
        _draw_holdings(value, answer)
        _write_under(page, f"value, {sign}", middle - 0.35)
        ask = _panel(page, middle + 0.25, bottom, "Discount for the lock-up", "by volatility a year")
        _draw_discounts(ask, answer)
        _write_under(page, "discount on a free share", bottom)
        return page.figure


def _panel(page: Page, top: float, bottom: float, name: str, unit: str) -> Axes:
    """Add a panel with its name above it: the margin is for the names of its rows."""
    page.write(name, page.margin, top, size=style.SUBTITLE, weight="bold")
    after = page.margin + page.width_of(name, style.SUBTITLE, "bold") + 0.12
    page.write(unit, after, top + 0.02, size=style.LABEL, colour=style.GREY)
    return page.panel(LEFT, top + 0.28, page.width - RIGHT, bottom)


def _write_under(page: Page, text: str, bottom: float) -> None:
    place = LEFT + 0.5 * (WIDTH - LEFT - RIGHT)
    page.write(text, place, bottom + 0.27, colour=style.GREY, align="center")


def _rows(panel: Axes, names: list[str]) -> None:
    panel.grid(axis="y", visible=False)
    panel.grid(axis="x", color=style.RULE, linewidth=0.5)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.yaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: names[round(value)]))


def _draw_holdings(panel: Axes, answer: CornerstoneAnswer) -> None:
    both: tuple[Holding, Holding] = (answer.locked, answer.market)
    for at, holding in enumerate(both):
        levels = sorted(holding.quantiles)
        first, lower, _, upper, last = (holding.quantiles[level] for level in levels)
        panel.plot(
            [first, last], [at, at], color=style.FAN[0], linewidth=12.0, solid_capstyle="butt", zorder=2
        )
        panel.plot(
            [lower, upper], [at, at], color=style.FAN[2], linewidth=12.0, solid_capstyle="butt", zorder=3
        )
        panel.plot(
            holding.value.value, at, "D", color=style.INK, markersize=6.0, markeredgecolor="white", zorder=4
        )
    panel.axvline(answer.money, color=style.INK, linewidth=1.1, dashes=(4, 2.5), zorder=5)
    panel.set_xlim(left=0.0)
    _rows(panel, ["locked", "free"])
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))


def _draw_discounts(panel: Axes, answer: CornerstoneAnswer) -> None:
    for at, row in enumerate(answer.discounts):
        panel.axhline(at, color=style.RULE, linewidth=0.7, zorder=0.5)
        for (marker, colour), value in zip(_FORMS, row.values.values(), strict=True):
            if not math.isnan(value):
                panel.plot(value, at, marker, color=colour, markersize=6.5, markeredgecolor="white", zorder=3)
    panel.axvline(answer.below_market.value, color=style.INK, linewidth=1.4, zorder=2)
    names = [f"{row.name}, {100.0 * row.volatility:.0f}%" for row in answer.discounts]
    _rows(panel, names)
    panel.set_xlim(left=min(0.0, panel.get_xlim()[0]))
    panel.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{100.0 * value:.10g}%".replace("-", PRINTED_MINUS))
    )


def _title(answer: CornerstoneAnswer) -> str:
    chance = numbers.probability(answer.locked.under_water.value, answer.locked.under_water.se)
    name = printable(answer.scenario.name, answer.scenario.code)
    return f"{chance} chance that a cornerstone of {name} ends under water"


def _subtitle(answer: CornerstoneAnswer) -> str:
    end = answer.end
    return (
        f"The same money locked at the offer price to {end.day} {end:%B %Y}, or free at the first day's VWAP. "
        f"{answer.paths:,} paths."
    )


def _key() -> list[KeyEntry]:
    # Each name with its marker: in grey the four colours are two.
    names = (
        "\N{BLACK CIRCLE} Finnerty",
        "\N{BLACK SQUARE} Ghaidarov",
        "\N{BLACK DIAMOND} Chaffe",
        "\N{BLACK UP-POINTING TRIANGLE} Longstaff",
    )
    forms = [KeyEntry("area", colour, name) for (_, colour), name in zip(_FORMS, names, strict=True)]
    return [
        *forms,
        KeyEntry("line", style.INK, "offer price below VWAP, mean"),
        KeyEntry("dashed", style.INK, "money placed"),
    ]


def _small_print(answer: CornerstoneAnswer) -> str:
    day = answer.scenario.list_date
    return (
        f"Longstaff's bound is left out where it passes 100%. Simulated by firstday, seed "
        f"{answer.scenario.simulation.seed}; listing {day.day} {day:%B %Y}."
    )
