"""The fan: the price through the day, with the middle path, the bands and the offer price."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from sim.report import numbers, words
from sim.report.axis import percent_tick
from sim.report.fan_shape import BANDS, Clock, clock_of, level_of, returns_shown, time_of_day
from sim.report.labels import spread
from sim.report.run import Fan, Run, currency_sign
from sim.report.web.svg import (
    LINE,
    NARROW,
    Panel,
    Picture,
    curve,
    drawing,
    line,
    picture,
    rectangle,
    text,
    text_width,
    ticks,
)
from sim.report.web.wording import paths_told, short_return

_HEIGHT, _HEAD, _FOOT = 340.0, 12.0, 44.0
_CLASSES = ("band-1", "band-2", "band-3")
_AT_CLOSE = ("0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95")


def fan_chart(run: Run, fan: Fan) -> Picture:
    """Draw the fan of a run that has one."""
    return picture(lambda width, name: _draw(run, fan, width, name), "fan")


def _draw(run: Run, fan: Fan, width: float, name: str) -> Markup:
    clock = clock_of(fan)
    times, source = clock.moments(fan)
    places = clock.place(times)
    bottom, top = returns_shown(fan)
    short = width == NARROW
    step, rows = ticks(bottom, top, 7.0)
    panel = Panel(
        16.0 + max(text_width(percent_tick(row, step)) for row in rows),
        width - (66.0 if short else 150.0),
        _HEAD,
        _HEIGHT - _FOOT,
        float(places[0]),
        float(places[-1]),
        bottom,
        top,
    )
    children: list[Markup] = []
    if run.scenario.over_allotted_shares() > 0:
        children.append(rectangle(panel.left, panel.y(0.0), panel.right, panel.lower, "support"))
    for row in rows:
        children.append(line(panel.left, panel.y(row), panel.right, panel.y(row), "rule"))
        children.append(text(panel.left - 6.0, panel.y(row) + 4.5, percent_tick(row, step), None, "end"))
    x = panel.xs(places)
    for (low, _), name_of_band in zip(BANDS, _CLASSES, strict=True):
        under, over = (panel.ys(level_of(fan, level)[source]) for level in (low, 1.0 - low))
        children.append(
            curve(
                np.concatenate([x, x[::-1]]), np.concatenate([over, under[::-1]]), name_of_band, closed=True
            )
        )
    children.append(curve(x, panel.ys(level_of(fan, 0.5)[source]), "median"))
    children.append(line(panel.left, panel.y(0.0), panel.right, panel.y(0.0), "offer"))
    children += _times(panel, clock, fan, short)
    children += _at_close(run, fan, panel, short)
    return drawing(name, width, _HEIGHT, "The price through the day", _description(run, fan), children)


def _description(run: Run, fan: Fan) -> str:
    opening, closing = (
        short_return(*words.quantile_return(run, quantity, "0.5")) for quantity in ("open", "close")
    )
    low, high = (short_return(*words.quantile_return(run, "close", level)) for level in ("0.1", "0.9"))
    return (
        f"A line for the middle of {paths_told(fan.paths)}, from {opening} at the open to {closing} at the close, "
        f"inside bands that hold half, 8 in 10 and 9 in 10 paths. At the close 8 in 10 lie between {low} and {high}."
    )


def _times(panel: Panel, clock: Clock, fan: Fan, short: bool) -> list[Markup]:
    told = []
    for start, end in zip(clock.starts, clock.ends, strict=True):
        left, right = (panel.x(float(clock.place(time))) for time in (start, end))
        told.append(rectangle(left, panel.upper, right, panel.lower, "pause"))
        middle = 0.5 * (left + right)
        told.append(text(middle, panel.lower + LINE, "lunch", "quiet", "middle"))
    taken = -100.0
    for time in clock.hours(fan):
        x = panel.x(float(clock.place(time)))
        if x - taken < (50.0 if short else 42.0):
            continue
        taken = x
        told.append(line(x, panel.lower, x, panel.lower + 4.0, "axis"))
        told.append(text(x, panel.lower + LINE, time_of_day(time), None, "middle"))
    told.append(
        text(0.5 * (panel.left + panel.right), panel.lower + 2.0 * LINE, "time of day", "quiet", "middle")
    )
    return told


def _at_close(run: Run, fan: Fan, panel: Panel, short: bool) -> list[Markup]:
    """Write the quantiles of the close beside the right edge, moved apart where they would touch."""
    price = run.scenario.offer.price
    kept: list[tuple[str, float, bool]] = []
    for level in _AT_CLOSE:
        value, error = words.quantile_return(run, "close", level)
        label = short_return(value, error)
        if price is not None and not short:
            label += (
                f"  {numbers.money(price * (1.0 + value), price * error, sign=currency_sign(run.scenario))}"
            )
        entry = (label, float(level_of(fan, float(level))[-1]), level == "0.5")
        if kept and kept[-1][0] == label:
            # The middle outranks its twin.
            kept[-1] = entry if entry[2] else kept[-1]
        else:
            kept.append(entry)
    wanted = np.array([panel.lower - panel.y(place) for _, place, _ in kept])
    levels = spread(wanted, 15.0, 6.0, panel.lower - panel.upper - 2.0)
    told = []
    for (label, _, middle), target, place in zip(kept, wanted.tolist(), levels.tolist(), strict=True):
        told.append(
            line(panel.right + 1.0, panel.lower - target, panel.right + 8.0, panel.lower - place, "axis")
        )
        told.append(text(panel.right + 11.0, panel.lower - place + 4.5, label, "strong" if middle else None))
    return told
