"""Picture of a comparison: the closes overlaid, and below them how far each quantile moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from sim.report import distribution, numbers, style
from sim.report.axis import ReturnAxis, percent_tick
from sim.report.compare_table import gap_of
from sim.report.layout import KeyEntry, Page, printable
from sim.report.numbers import PRINTED_MINUS
from sim.studies.compare import CURVE_LEVELS

if TYPE_CHECKING:
    from sim.studies.compare import Comparison

WIDTH, HEIGHT = 8.6, 7.4
COLOURS = (style.BELOW, style.FAN_MEDIAN, "#7a5195", "#3d7a4f", style.GREY)
"""Of the scenarios after the first, which is filled in light blue."""
DRAWN = 1 + len(COLOURS)
_LEFT, _RIGHT = 1.75, 0.3
_LONGEST_LABEL = 60


def comparison_figure(comparison: Comparison) -> Figure:
    """Draw a comparison with at least one listed path.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    with style.house_style():
        page = Page(WIDTH, HEIGHT)
        if all(each.histogram.total == 0 for each in comparison.compared):
            page.head(comparison_title(comparison), "No path lists, so there is no price to show.", ())
            return page.figure
        top = page.head(comparison_title(comparison), _subtitle(comparison), _key(comparison))
        bottom = page.foot(_small_print(comparison))
        middle = top + 0.56 * (bottom - top)
        _draw_closes(page, comparison, top + 0.1, middle - 0.42)
        _draw_curves(page, comparison, middle + 0.28, bottom - 0.48)
        return page.figure


def comparison_title(comparison: Comparison) -> str:
    """Say the main thing, number first: the largest move of the mean close."""
    name = printable(comparison.base.scenario.name, comparison.base.scenario.code)
    contrasts = [each for each in comparison.contrasts if math.isfinite(each.differences["mean"].value)]
    if not contrasts:
        return f"Nothing to compare with the first day of {name}"
    most = max(contrasts, key=lambda each: abs(each.differences["mean"].value))
    if most.differences["mean"].value == 0.0:
        return f"The mean close of {name} does not move"
    points = gap_of("mean", most.differences["mean"], comparison).split(" ")[0]
    shown = points.replace("-", PRINTED_MINUS)
    return f"{shown} percentage points of mean close: {_short(most.label, 48)}, against {name}"


def comparison_description(comparison: Comparison) -> str:
    """Describe the picture in a sentence for readers that cannot see it."""
    labels = ", ".join(each.label for each in comparison.compared)
    return (
        f"Distributions of the first-day close of {labels}, overlaid, and the difference of their quantiles."
    )


def _subtitle(comparison: Comparison) -> str:
    return (
        f"First-day close against the offer price, {comparison.paths:,} paths on common random numbers. Below: "
        "how far each quantile lies from that of the first, with a band of two standard errors of the difference."
    )


def _short(text: str, most: int = _LONGEST_LABEL) -> str:
    shown = printable(text, "?")
    return shown if len(shown) <= most else shown[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _key(comparison: Comparison) -> list[KeyEntry]:
    entries = [KeyEntry("area", style.ABOVE, _short(comparison.base.label))]
    for colour, each in zip(COLOURS, comparison.compared[1:], strict=False):
        entries.append(KeyEntry("line", colour, _short(each.label)))
    return entries


def _small_print(comparison: Comparison) -> str:
    left = len(comparison.compared) - DRAWN
    more = f"{left} more in the table. " if left > 0 else ""
    return (
        f"{more}Bars at the offer price: share of the paths that close exactly at it, on the same scale. "
        f"Simulated by firstday, seed {comparison.seed}."
    )


def _axis(comparison: Comparison) -> ReturnAxis:
    known = [each.histogram for each in comparison.compared[:DRAWN] if each.histogram.total]
    low = min(0.0, *(distribution.quantile(each, 0.005) for each in known))
    high = max(0.0, *(distribution.quantile(each, 0.985) for each in known))
    if high - low < 0.04:
        low, high = low - 0.02, high + 0.02
    pieces = min(120.0, max(14.0, 2.0 * comparison.paths ** (1.0 / 3.0)))
    width = distribution.nice_width(high - low, pieces)
    return ReturnAxis(
        max(math.floor(low / width) - 1, math.ceil(-1.0 / width)) * width,
        (math.ceil(high / width) + 1) * width,
        width,
    )


def _name_beside(page: Page, top: float, lines: Sequence[str]) -> None:
    page.write(lines[0], page.margin, top, size=style.SUBTITLE, weight="bold")
    for at, line in enumerate(lines[1:]):
        page.write(line, page.margin, top + 0.2 + 0.15 * at, size=style.SMALL, colour=style.GREY)


def _draw_closes(page: Page, comparison: Comparison, top: float, bottom: float) -> None:
    axis = _axis(comparison)
    panel = page.panel(_LEFT, top, page.width - _RIGHT, bottom)
    panel.set_xlim(axis.low, axis.high)
    _name_beside(page, top, ("Close", "share of paths", f"a step of {100.0 * axis.width:.10g}%"))
    drawn = [each for each in comparison.compared[:DRAWN] if each.histogram.total]
    colours = dict(zip((each.label for each in comparison.compared), (style.ABOVE, *COLOURS), strict=False))
    tallest = 0.0
    atoms = []
    # The base's own colour would not show before its own bars.
    of_atom = {**colours, comparison.base.label: style.AT_OFFER}
    for each in drawn:
        bars = distribution.bars(each.histogram, axis.low, axis.high, axis.width)
        tallest = max(tallest, float(bars.height.max(initial=0.0)))
        atoms.append((each.label, distribution.shares(each.histogram).at_offer))
        places = np.concatenate([bars.left, bars.right[-1:]])
        if each is comparison.base:
            panel.stairs(bars.height, places, fill=True, color=style.ABOVE, zorder=2)
        else:
            panel.stairs(bars.height, places, color=colours[each.label], linewidth=1.3, zorder=3)
    limit = 1.35 * tallest if tallest else 1.0
    span = 0.008 * (axis.high - axis.low)
    for at, (label, share) in enumerate(atoms):
        if share > 0.0:
            place = (at - 0.5 * (len(atoms) - 1)) * span
            panel.bar(
                place,
                min(share, limit),
                width=0.85 * span,
                color=of_atom[label],
                edgecolor="white",
                linewidth=0.4,
                zorder=4,
            )
            if share > limit:
                panel.plot(
                    place, 0.93 * limit, "_", color="white", markersize=6.0, markeredgewidth=1.6, zorder=5
                )
    panel.set_ylim(0.0, 1.06 * max([tallest, *(min(share, limit) for _, share in atoms)], default=1.0) or 1.0)
    panel.axvline(0.0, color=style.INK, linewidth=0.6, zorder=1)
    step = distribution.nice_width(axis.high - axis.low, 9.0)
    places = step * np.arange(math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9) + 1)
    panel.xaxis.set_major_locator(FixedLocator(places.tolist()))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_tick(value, step)))
    _percents(panel, signed=False)
    page.write(
        "return on the offer price",
        _LEFT + 0.5 * (page.width - _LEFT - _RIGHT),
        bottom + 0.25,
        colour=style.GREY,
        align="center",
    )


def _draw_curves(page: Page, comparison: Comparison, top: float, bottom: float) -> None:
    panel = page.panel(_LEFT, top, page.width - _RIGHT, bottom)
    _name_beside(page, top, ("Difference", "of each quantile,", "percentage points"))
    for colour, contrast in zip(COLOURS, comparison.contrasts, strict=False):
        value = np.array([each.value for each in contrast.curve])
        se = np.array([each.se for each in contrast.curve])
        panel.fill_between(
            CURVE_LEVELS,
            value - 2.0 * se,
            value + 2.0 * se,
            color=colour,
            alpha=0.25,
            linewidth=0.0,
            zorder=2,
        )
        panel.plot(CURVE_LEVELS, value, color=colour, linewidth=1.6, zorder=3)
    panel.axhline(0.0, color=style.INK, linewidth=0.8, zorder=1)
    panel.grid(axis="y", color=style.RULE, linewidth=0.5)
    panel.set_xlim(0.0, 1.0)
    panel.xaxis.set_major_locator(FixedLocator([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]))
    panel.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "median" if value == 0.5 else f"{100.0 * value:g}%")
    )
    _percents(panel, signed=True)
    page.write(
        "quantile of the close",
        _LEFT + 0.5 * (page.width - _LEFT - _RIGHT),
        bottom + 0.25,
        colour=style.GREY,
        align="center",
    )


def _percents(panel: Axes, *, signed: bool) -> None:
    panel.yaxis.set_major_locator(MaxNLocator(5))
    panel.tick_params(axis="y", length=0.0)

    def shown(value: float, _: object) -> str:
        text = f"{100.0 * value:+.6g}" if signed and abs(value) > 1e-12 else f"{100.0 * value:.6g}"
        return (text if abs(value) > 1e-12 else "0").replace("-", numbers.PRINTED_MINUS) + (
            "" if signed else "%"
        )

    panel.yaxis.set_major_formatter(FuncFormatter(shown))
