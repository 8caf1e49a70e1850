"""Picture of the stabilising manager's desk: support and money by the size of the greenshoe, one line a policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from sim.desks.stabiliser_answer import StabiliserAnswer, StabiliserCell
from sim.report import numbers, style
from sim.report.desk_panels import LEFT, amounts_on_y, label_ends, named_panel, percents_on_y
from sim.report.layout import Page, printable

WIDTH, HEIGHT = 8.6, 7.6
_SHARES = (0.33, 0.33, 0.34)
_GAP, _RIGHT = 0.28, 1.35
_COLOURS = (style.FAN_MEDIAN, style.BELOW, style.FAN[2], style.GREY)
_MARKERS = ("o", "D", "s", "^")
_DASHES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")


def stabiliser_figure(answer: StabiliserAnswer) -> Figure:
    """Draw the answer of the stabilising manager's desk.

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
        panels: list[tuple[str, tuple[str, ...], Callable[[StabiliserCell], float]]] = [
            ("Used up", ("chance that the", "whole short is bought"), lambda cell: cell.exhausted.value),
            (
                "Below the offer",
                ("chance of ending", "the period below it"),
                lambda cell: cell.end_below.value,
            ),
            ("Gain", (f"{sign}, mean;", "with commission"), lambda cell: cell.profit.value),
        ]
        for share, (name, unit, figure_of) in zip(_SHARES, panels, strict=True):
            panel = named_panel(page, top, top + share * room, name, unit, _RIGHT)
            _draw(page, panel, answer, figure_of, from_none=name != "Used up")
            if name == "Gain":
                amounts_on_y(panel)
            else:
                percents_on_y(panel)
                panel.tick_params(labelbottom=False)
            top += share * room + _GAP
        page.write(
            "greenshoe, share of the offer",
            LEFT + 0.5 * (WIDTH - LEFT - _RIGHT),
            top - _GAP + 0.27,
            colour=style.GREY,
            align="center",
        )
        return page.figure


def _draw(
    page: Page,
    panel: Axes,
    answer: StabiliserAnswer,
    figure_of: Callable[[StabiliserCell], float],
    *,
    from_none: bool,
) -> None:
    """Draw a line a policy; ``from_none`` starts it at the deal without a greenshoe, where that means something."""
    without = [cell for cell in answer.cells if cell.short == 0] if from_none else []
    policies = list(dict.fromkeys(cell.policy for cell in answer.cells if cell.short))
    ends = []
    for at, policy in enumerate(policies):
        cells = without + [cell for cell in answer.cells if cell.policy == policy and cell.short]
        values = [figure_of(cell) for cell in cells]
        colour = _COLOURS[at % len(_COLOURS)]
        panel.plot(
            [cell.size for cell in cells],
            values,
            marker=_MARKERS[at % len(_MARKERS)],
            linestyle=_DASHES[at % len(_DASHES)],
            color=colour,
            linewidth=1.7,
            markersize=4.5,
        )
        ends.append((values[-1], policy, colour))
    sizes = sorted({cell.size for cell in answer.cells})
    reach = max(float(np.ptp(sizes)), 0.01)
    panel.set_xlim(sizes[0] - 0.04 * reach, sizes[-1] + 0.04 * reach)
    low, high = panel.get_ylim()
    # Room above for the markers of the highest line.
    panel.set_ylim(min(0.0, low), high + 0.06 * (high - min(0.0, low)))
    panel.xaxis.set_major_locator(FixedLocator(sizes))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:.10g}%"))
    panel.axvline(answer.main.size, color=style.GREY, linewidth=0.8, zorder=0.6)
    label_ends(page, panel, ends)


def _title(answer: StabiliserAnswer) -> str:
    cell = answer.main
    name = printable(answer.scenario.name, answer.scenario.code)
    if cell.short == 0:
        return f"{name} has no greenshoe"
    used = numbers.probability(cell.exhausted.value, cell.exhausted.se)
    return f"{used} chance that the greenshoe of {name} is used up"


def _subtitle(answer: StabiliserAnswer) -> str:
    return f"Every size and way of bidding on the same {answer.paths:,} paths, to the end of stabilisation."


def _small_print(answer: StabiliserAnswer) -> str:
    day = answer.scenario.list_date
    return (
        "Vertical line: the deal's own greenshoe. Simulated by firstday, seed "
        f"{answer.scenario.simulation.seed}; listing {day.day} {day:%B %Y}."
    )
