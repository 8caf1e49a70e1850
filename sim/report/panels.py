"""The panels of the histogram: the close large, open, high and low small below it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.ticker import FixedLocator, FuncFormatter

from sim.report import distribution, numbers, offer_shares, style, words
from sim.report.axis import SMALL_PANELS, ReturnAxis, decimals_of, percent_tick
from sim.report.distribution import Bars
from sim.report.layout import Page
from sim.report.numbers import PRINTED_MINUS
from sim.report.run import Run, currency_sign

_LEFT, _RIGHT = 1.35, 0.3
_SMALL_HEIGHT, _SMALL_GAP = 0.62, 0.16
_ROW = 0.215
# An atom this much taller than the tallest bar is cut, and marked as cut, to keep the bars readable.
_TALLEST_ATOM = 1.7


def draw_panels(page: Page, run: Run, axis: ReturnAxis, top: float, bottom: float) -> None:
    """Place the main panel and the three small ones between head and foot."""
    right = page.width - _RIGHT
    smalls = len(SMALL_PANELS) * (_SMALL_HEIGHT + _SMALL_GAP)
    lowest = bottom - 0.48
    main_bottom = lowest - smalls - 0.28
    priced = run.scenario.offer.price is not None
    main_top = top + (0.42 if priced else 0.12)
    main = page.panel(_LEFT, main_top, right, main_bottom)
    main.set_xlim(axis.low, axis.high)
    _draw_main(page, main, run, axis, main_bottom - main_top)
    if priced:
        _draw_price_axis(page, main, run, axis, main_top)
    panel_top = main_bottom + 0.28 + _SMALL_GAP
    for name in SMALL_PANELS:
        panel = page.panel(_LEFT, panel_top, right, panel_top + _SMALL_HEIGHT)
        panel.set_xlim(axis.low, axis.high)
        _draw_small(page, panel, run, name, axis, panel_top)
        _return_ticks(panel, axis, labelled=name == SMALL_PANELS[-1])
        panel_top += _SMALL_HEIGHT + _SMALL_GAP
    page.write(
        "return on the offer price",
        _LEFT + 0.5 * (right - _LEFT),
        lowest + 0.25,
        colour=style.GREY,
        align="center",
    )


def _return_ticks(panel: Axes, axis: ReturnAxis, *, labelled: bool, up_to: float = 1.0) -> None:
    """Put round returns on the axis, with rules up to a fraction of the panel."""
    step = distribution.nice_width(axis.high - axis.low, 9.0)
    places = step * np.arange(math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9) + 1)
    panel.xaxis.set_major_locator(FixedLocator(places.tolist()))
    panel.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: percent_tick(value, step) if labelled else "")
    )
    for place in places:
        panel.axvline(place, 0.0, up_to, color=style.RULE, linewidth=0.5, zorder=0.5)


def _draw_bars(panel: Axes, run: Run, name: str, axis: ReturnAxis) -> tuple[Bars, float]:
    """Draw the bars; return them and the share at the offer price."""
    histogram = run.histograms[name]
    bars = distribution.bars(histogram, axis.low, axis.high, axis.width)
    below = bars.right <= 1e-12
    for mask, colour in ((below, style.BELOW), (~below, style.ABOVE)):
        left, right, height = bars.left[mask], bars.right[mask], bars.height[mask]
        level = np.zeros_like(height)
        corners = np.stack(
            [np.stack([left, left, right, right], axis=1), np.stack([level, height, height, level], axis=1)],
            axis=2,
        )
        # One collection draws three times faster than a hundred rectangles.
        panel.add_collection(
            PolyCollection(list(corners), facecolors=colour, edgecolors="white", linewidths=0.3, zorder=2),
            autolim=False,
        )
    return bars, distribution.shares(histogram).at_offer


def _draw_atom(panel: Axes, axis: ReturnAxis, share: float, tallest: float) -> float:
    """Draw the share exactly at the offer price as a bar of its own; return the height it is drawn to."""
    if share == 0.0:
        return 0.0
    limit = _TALLEST_ATOM * tallest
    cut = tallest > 0.0 and share > limit
    height = limit if cut else share
    span = axis.high - axis.low
    # About a hundredth of the panel: it shows at any scale, and looks like no other bar.
    width = min(max(0.7 * axis.width, 0.009 * span), 0.014 * span)
    panel.bar(
        0.0,
        height,
        width=width,
        color=style.AT_OFFER,
        edgecolor="white",
        # A white edge sets the bar off its neighbours; round a sliver it would be all there is to see.
        linewidth=0.8 if height > 0.05 * tallest else 0.0,
        zorder=4,
    )
    if cut:
        for level in (0.86, 0.895):
            panel.plot(
                [-0.9 * width, 0.9 * width],
                [(level - 0.018) * height, (level + 0.018) * height],
                color="white",
                linewidth=1.6,
                zorder=5,
                solid_capstyle="butt",
            )
    return height


def _draw_main(page: Page, panel: Axes, run: Run, axis: ReturnAxis, height: float) -> None:
    """Draw the close with its labels in rows above the bars, where nothing can cover them."""
    bars, atom = _draw_bars(panel, run, "close", axis)
    tallest = float(bars.height.max(initial=0.0))
    drawn = max(tallest, _draw_atom(panel, axis, atom, tallest))
    rows = 4 if atom > 0.0 else 3
    bars_end = 1.0 - (rows * _ROW + 0.2) / height
    panel.set_ylim(0.0, drawn / bars_end)
    _return_ticks(panel, axis, labelled=True, up_to=bars_end)
    _share_ticks(page, panel, tallest or drawn)

    def level(row: int) -> float:
        """Height of a label row in the panel, as a fraction; row 0 is the highest."""
        return 1.0 - (0.08 + (row + 0.5) * _ROW) / height

    median, low, high = (words.quantile_return(run, "close", name) for name in ("0.5", "0.1", "0.9"))
    toward = 1 if median[0] >= 0.0 else -1
    band = _draw_band(panel, low[0], high[0], bars_end, level(0) - 0.1 / height)
    _label(page, panel, axis, band, level(0), _band_label(low, high), 0)
    _draw_line(panel, 0.0, level(1), offer=True)
    _label(page, panel, axis, 0.0, level(1), _offer_label(run), toward, weight="bold")
    if atom > 0.0:
        exactly = numbers.probability(*offer_shares.at_offer(run, "close"))
        _label(page, panel, axis, 0.0, level(2), f"exactly at offer {exactly}", toward)
    _draw_line(panel, median[0], level(rows - 1), offer=False)
    _label(page, panel, axis, median[0], level(rows - 1), _median_label(median), toward, weight="bold")


def _draw_band(panel: Axes, low: float, high: float, end: float, bracket: float | None = None) -> float:
    """Shade the 80% band up to ``end`` (fraction of the panel), with a bracket above; return its middle."""
    panel.axvspan(low, high, ymax=end, color=style.BAND, linewidth=0.0, zorder=0)
    if bracket is not None:
        places, levels = [low, low, high, high], [bracket - 0.015, bracket, bracket, bracket - 0.015]
        panel.plot(places, levels, color=style.GREY, linewidth=0.8, transform=panel.get_xaxis_transform())
    return 0.5 * (low + high)


def _draw_line(panel: Axes, place: float, end: float, *, offer: bool) -> None:
    """Mark the offer price by a dashed line, the median by a full one."""
    if offer:
        panel.axvline(place, 0.0, end, color=style.INK, linewidth=1.1, dashes=(4, 2.5), zorder=3)
    else:
        panel.axvline(place, 0.0, end, color=style.INK, linewidth=1.3, zorder=3)


def _band_label(low: tuple[float, float], high: tuple[float, float]) -> str:
    return f"80% of paths: {_return(low)} to {_return(high)}"


def _offer_label(run: Run) -> str:
    price = run.scenario.offer.price
    return (
        "offer price"
        if price is None
        else f"offer price {numbers.exact_price(price, currency_sign(run.scenario))}"
    )


def _median_label(median: tuple[float, float]) -> str:
    return f"median {_return(median)}"


def _return(value_and_error: tuple[float, float]) -> str:
    """Write a return for a label; from a doubling on a decimal would only be clutter."""
    most = 1 if abs(value_and_error[0]) < 1.0 else 0
    return numbers.percent(*value_and_error, most=most, signed=True, minus=PRINTED_MINUS)


def _label(
    page: Page,
    panel: Axes,
    axis: ReturnAxis,
    place: float,
    level: float,
    text: str,
    side: int,
    *,
    weight: str = "normal",
) -> None:
    """Write a label beside a line: right of it (side 1), left (-1) or over it (0), but inside the panel."""
    inches = (page.width - _LEFT - _RIGHT) / (axis.high - axis.low)
    wide = page.width_of(text, style.LABEL, weight)
    room = inches * (axis.high - axis.low)
    at = inches * (place - axis.low)
    starts = {1: at + 0.07, -1: at - 0.07 - wide, 0: at - 0.5 * wide}
    start = starts[side]
    if side and not 0.0 <= start <= room - wide:
        start = starts[-side]
    start = min(max(start, 0.0), room - wide)
    panel.text(
        axis.low + start / inches,
        level,
        text,
        transform=panel.get_xaxis_transform(),
        ha="left",
        va="center_baseline",
        fontweight=weight,
        fontsize=style.LABEL,
        zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    )


def _share_ticks(page: Page, panel: Axes, tallest: float) -> None:
    """Put a few shares on the vertical axis, up to the tallest bar."""
    step = distribution.nice_width(tallest, 5.0)
    places = (step * np.arange(math.floor(tallest / step + 1e-9) + 1)).tolist()
    decimals = decimals_of(100.0 * step)
    panel.yaxis.set_major_locator(FixedLocator(places))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:.{decimals}f}%"))
    panel.tick_params(axis="y", length=0.0)
    panel.grid(axis="y", color=style.RULE, linewidth=0.5)
    top = page.height * (1.0 - panel.get_position().y1)
    for at, line in enumerate(("Close", "share of paths", "in each bar")):
        page.write(
            line,
            page.margin,
            top + 0.02 + 0.165 * at + (0.03 if at else 0.0),
            size=style.SUBTITLE if at == 0 else style.SMALL,
            weight="bold" if at == 0 else "normal",
            colour=style.INK if at == 0 else style.GREY,
        )


def _draw_price_axis(page: Page, panel: Axes, run: Run, axis: ReturnAxis, top: float) -> None:
    """Put the price along the upper edge."""
    price = run.scenario.offer.price
    assert price is not None

    def to_price(value: Any) -> Any:
        return price * (1.0 + value)

    def to_return(value: Any) -> Any:
        return value / price - 1.0

    upper = panel.secondary_xaxis("top", functions=(to_price, to_return))
    first, last = price * (1.0 + axis.low), price * (1.0 + axis.high)
    step = distribution.nice_width(last - first, 8.0)
    places = step * np.arange(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    decimals = decimals_of(step)
    upper.xaxis.set_major_locator(FixedLocator(places.tolist()))
    upper.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.{decimals}f}"))
    upper.spines["top"].set_visible(True)
    upper.tick_params(length=3.0, width=0.7, labelcolor=style.GREY)
    sign = currency_sign(run.scenario).strip()
    page.write(f"price, {sign}", _LEFT - 0.12, top - 0.1, colour=style.GREY, align="right", level="baseline")


def _draw_small(page: Page, panel: Axes, run: Run, name: str, axis: ReturnAxis, top: float) -> None:
    """Draw one of the small panels, with its figures in the margin."""
    bars, atom = _draw_bars(panel, run, name, axis)
    tallest = float(bars.height.max(initial=0.0))
    drawn = max(tallest, _draw_atom(panel, axis, atom, tallest))
    panel.set_ylim(0.0, drawn * 1.04)
    panel.set_yticks([])
    low, high = (words.quantile_return(run, name, level)[0] for level in ("0.1", "0.9"))
    _draw_band(panel, low, high, 1.0)
    _draw_line(panel, 0.0, 1.0, offer=True)
    median = words.quantile_return(run, name, "0.5")
    _draw_line(panel, median[0], 1.0, offer=False)
    lines = [
        _median_label(median),
        f"{numbers.probability(*offer_shares.below_offer(run, name))} below",
        f"{numbers.probability(*offer_shares.at_offer(run, name))} at offer",
    ]
    page.write(name.capitalize(), page.margin, top - 0.04, size=style.SUBTITLE, weight="bold")
    for at, line in enumerate(lines):
        page.write(line, page.margin, top + 0.15 + 0.145 * at, size=style.SMALL, colour=style.GREY)
