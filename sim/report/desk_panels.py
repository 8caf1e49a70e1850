"""What the pictures of the desks share: a panel with its name in the margin, and money on an axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sim.report import numbers, style
from sim.report.labels import spread
from sim.report.layout import Page
from sim.report.numbers import PRINTED_MINUS

LEFT, RIGHT = 1.95, 0.35


def named_panel(
    page: Page, top: float, bottom: float, name: str, unit: Sequence[str] = (), right: float = RIGHT
) -> Axes:
    """Add a panel across the page, its name and the lines of its unit in the left margin."""
    panel = page.panel(LEFT, top, page.width - right, bottom)
    panel.grid(axis="y", color=style.RULE, linewidth=0.5)
    panel.tick_params(axis="y", length=0.0)
    page.write(name, page.margin, top, size=style.SUBTITLE, weight="bold")
    for at, line in enumerate(unit):
        page.write(line, page.margin, top + 0.2 + 0.15 * at, size=style.SMALL, colour=style.GREY)
    return panel


def money_axis(panel: Axes, low: float, high: float) -> None:
    """Put amounts of 1, 10, 100 ... on a logarithmic horizontal axis."""
    panel.set_xscale("log")
    panel.set_xlim(low, high)
    decades = range(int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9)) + 1)
    panel.xaxis.set_major_locator(FixedLocator([10.0**decade for decade in decades]))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))


def amount(value: float) -> str:
    """Write an amount of money in short, with a printed minus: ``-2.5k`` reads like ``100k`` and ``10m``."""
    size = abs(value)
    if size >= 1e9:
        text = f"{size / 1e9:.10g}bn"
    elif size >= 1e6:
        text = f"{size / 1e6:.10g}m"
    elif size >= 1e3:
        text = f"{size / 1e3:.10g}k"
    else:
        text = numbers.rounded(size, 0 if size >= 1.0 or size == 0.0 else 2)
    return (PRINTED_MINUS if value < 0.0 else "") + text


def amounts_on_y(panel: Axes) -> None:
    """Write the amounts of a vertical axis in short."""
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))


def percents_on_y(panel: Axes) -> None:
    """Write the fractions of a vertical axis in percent."""
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{100.0 * value:.10g}%".replace("-", PRINTED_MINUS))
    )


def label(panel: Axes, x: float, y: float, text: str, dx: float, dy: float, *, bold: bool = False) -> None:
    """Write beside a point of a panel, ``dx`` and ``dy`` in printer's points, on white."""
    panel.annotate(
        text,
        (x, y),
        xytext=(dx, dy),
        textcoords="offset points",
        ha="left" if dx > 0 else "right" if dx < 0 else "center",
        va="center_baseline",
        fontsize=style.LABEL,
        fontweight="bold" if bold else "normal",
        zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def label_ends(page: Page, panel: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Name lines at their right ends, outside the panel, kept apart.

    Parameters
    ----------
    page, panel
        Where.
    ends
        Height at which a line ends, its name and its colour.
    """
    box = panel.get_position()
    right = page.width * box.x1 + 0.1
    low, high = panel.get_ylim()
    order = sorted(range(len(ends)), key=lambda at: -ends[at][0])
    top, tall = page.height * (1.0 - box.y1), page.height * (box.y1 - box.y0)
    wanted = np.array([top + tall * (high - ends[at][0]) / (high - low) for at in order])
    for at, place in zip(order, spread(wanted, 0.17, top, top + tall), strict=True):
        _, name, colour = ends[at]
        page.write(name, right, float(place), colour=colour, level="center")
