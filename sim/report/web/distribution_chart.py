"""The histogram of the close with the offer price, the share exactly at it, the middle and 8 in 10 paths."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from sim.report import distribution, numbers, offer_shares, words
from sim.report.axis import common_axis, percent_tick
from sim.report.distribution import Bars
from sim.report.run import Run, currency_sign
from sim.report.web.svg import LINE, Panel, Picture, curve, drawing, line, picture, text, ticks
from sim.report.web.wording import short_return

_HEIGHT, _FOOT = 330.0, 62.0
# An atom this much taller than the tallest bar is cut, and marked as cut, to keep the bars readable.
_TALLEST_ATOM = 1.7


def distribution_chart(run: Run) -> Picture:
    """Draw the close of a run with at least one path that lists."""
    return picture(lambda width, name: _draw(run, width, name), "distribution")


def step_told(run: Run) -> str:
    """Width of a bar in words, ``1 percentage point``."""
    points = f"{100.0 * common_axis(run, ()).width:.10g}"
    return f"{points} percentage point{'' if points == '1' else 's'}"


def _draw(run: Run, width: float, name: str) -> Markup:
    axis = common_axis(run, ())
    histogram = run.histograms["close"]
    bars = distribution.bars(histogram, axis.low, axis.high, axis.width)
    atom = distribution.shares(histogram).at_offer
    tallest = float(bars.height.max(initial=0.0)) or atom
    rows = 4 if atom > 0.0 else 3
    cut = atom > _TALLEST_ATOM * tallest
    drawn = max(tallest, min(atom, _TALLEST_ATOM * tallest))
    panel = Panel(
        8.0, width - 8.0, rows * LINE + 14.0, _HEIGHT - _FOOT, axis.low, axis.high, 0.0, 1.04 * drawn
    )
    quantiles = [words.quantile_return(run, "close", level) for level in ("0.1", "0.5", "0.9")]
    return drawing(
        name,
        width,
        _HEIGHT,
        "How the close is distributed",
        _description(run, quantiles),
        [
            *_axes(run, panel, width),
            *_band(panel, quantiles),
            *_bars(panel, bars),
            *_atom(panel, atom, drawn, cut, axis.width),
            *_labels(run, panel, atom, quantiles, rows),
        ],
    )


def _description(run: Run, quantiles: list[tuple[float, float]]) -> str:
    low, middle, high = (short_return(*told) for told in quantiles)
    below, exactly, above = (
        numbers.probability(*told(run, "close"))
        for told in (offer_shares.below_offer, offer_shares.at_offer, offer_shares.above_offer)
    )
    return (
        f"Bars over the return on the offer price. Half of the paths close above {middle}; 8 in 10 between {low} "
        f"and {high}. {below} close below the offer price, {exactly} exactly at it, {above} above it."
    )


def _axes(run: Run, panel: Panel, width: float) -> list[Markup]:
    price = run.scenario.offer.price
    step, places = ticks(panel.low, panel.high, width / 80.0)
    told: list[Markup] = []
    for place in places:
        x = panel.x(place)
        told.append(line(x, panel.upper, x, panel.lower, "rule"))
        if panel.left + 14.0 < x < panel.right - 14.0:
            told.append(text(x, panel.lower + LINE, percent_tick(place, step), None, "middle"))
            if price is not None:
                amount = numbers.rounded(price * (1.0 + place), 1 if price < 100.0 else 0)
                told.append(text(x, panel.lower + 2.0 * LINE, amount, "quiet", "middle"))
    told.append(line(panel.left, panel.lower, panel.right, panel.lower, "axis"))
    below = "return on the offer price"
    if price is not None:
        below += f", and price in {currency_sign(run.scenario).strip()}"
    told.append(
        text(
            0.5 * (panel.left + panel.right),
            panel.lower + (3.0 if price is not None else 2.0) * LINE,
            below,
            "quiet",
            "middle",
        )
    )
    return told


def _band(panel: Panel, quantiles: list[tuple[float, float]]) -> list[Markup]:
    low, high = (panel.x(min(max(quantiles[at][0], panel.low), panel.high)) for at in (0, 2))
    corners = np.array([low, high, high, low]), np.array([panel.upper, panel.upper, panel.lower, panel.lower])
    return [curve(*corners, "shade", closed=True)]


def _bars(panel: Panel, bars: Bars) -> list[Markup]:
    below = bars.right <= 1e-12
    told = []
    for mask, name in ((below, "below"), (~below, "above")):
        if mask.any():
            x, y = _outline(panel, bars.left[mask], bars.right[mask], bars.height[mask])
            told.append(curve(x, y, f"{name} edge-{name}", closed=True))
    return told


def _outline(
    panel: Panel, left: NDArray[np.float64], right: NDArray[np.float64], height: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the steps over neighbouring bars, from the axis and back to it."""
    x = np.column_stack([left, right]).ravel()
    y = np.repeat(height, 2)
    return panel.xs(np.concatenate([x[:1], x, x[-1:]])), panel.ys(np.concatenate([[0.0], y, [0.0]]))


def _atom(panel: Panel, share: float, drawn: float, cut: bool, step: float) -> list[Markup]:
    if share == 0.0:
        return []
    x, top = panel.x(0.0), panel.y(drawn if cut else share)
    half = min(max(0.35 * abs(panel.x(step) - x), 2.5), 5.0)
    corners = (
        np.array([x - half, x - half, x + half, x + half]),
        np.array([panel.lower, top, top, panel.lower]),
    )
    told = [curve(*corners, "at-offer", closed=True)]
    if cut:
        told += [
            line(x - half - 3.0, top + at + 4.0, x + half + 3.0, top + at - 4.0, "cut") for at in (18.0, 26.0)
        ]
    return told


def _labels(
    run: Run, panel: Panel, atom: float, quantiles: list[tuple[float, float]], rows: int
) -> list[Markup]:
    """Write the labels in rows above the bars, where nothing can cover them."""
    low, middle, high = quantiles
    price = run.scenario.offer.price
    offer = (
        "offer price"
        if price is None
        else f"offer price {numbers.exact_price(price, currency_sign(run.scenario))}"
    )
    toward = 1 if middle[0] >= 0.0 else -1
    at = [13.0 + LINE * row for row in range(rows)]
    zero, median = panel.x(0.0), panel.x(min(max(middle[0], panel.low), panel.high))
    centre = panel.x(min(max(0.5 * (low[0] + high[0]), panel.low), panel.high))
    told = [
        line(zero, at[1] - 10.0, zero, panel.lower, "offer"),
        line(median, at[-1] - 10.0, median, panel.lower, "median"),
        panel.label(centre, at[0], f"8 in 10 paths: {short_return(*low)} to {short_return(*high)}", "quiet"),
        panel.label(zero, at[1], offer, "strong", toward),
    ]
    if atom > 0.0:
        exactly = (
            f"exactly at it: {numbers.probability_with_error(*offer_shares.at_offer(run, 'close'), '±')}"
        )
        told.append(panel.label(zero, at[2], exactly, None, toward))
    told.append(panel.label(median, at[-1], f"middle: {short_return(*middle)}", "strong", toward))
    return told
