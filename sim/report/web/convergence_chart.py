"""The mean return of the close as paths are added, with a band of two standard errors."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from sim.convergence import Convergence
from sim.report.axis import percent_tick
from sim.report.web.svg import LINE, Panel, Picture, curve, drawing, line, picture, text, text_width, ticks
from sim.report.web.wording import paths_told, return_told

_HEIGHT, _FOOT = 260.0, 44.0


def settled(convergence: Convergence) -> Convergence:
    """The part of it that has a mean and an error."""
    known = np.isfinite(convergence.mean) & np.isfinite(convergence.se)
    return Convergence(convergence.paths[known], convergence.mean[known], convergence.se[known])


def convergence_chart(convergence: Convergence) -> Picture:
    """Draw the last three powers of ten of a running mean of at least two entries, each with an error."""
    shown = convergence.paths >= convergence.paths[-1] / 1000.0
    if np.count_nonzero(shown) < 2:
        shown[-2:] = True
    late = Convergence(convergence.paths[shown], convergence.mean[shown], convergence.se[shown])
    return picture(lambda width, name: _draw(late, width, name), "convergence")


def _draw(told: Convergence, width: float, name: str) -> Markup:
    low, high = told.mean - 2.0 * told.se, told.mean + 2.0 * told.se
    final = float(told.mean[-1])
    # The whole line shows; the band of the first few paths would press it flat and runs out of the picture.
    reach = max(1.15 * float(np.abs(told.mean - final).max()), float(told.se[0]), 1e-6)
    decades = np.log10(told.paths.astype(np.float64))
    step, rows = ticks(final - reach, final + reach, 6.0)
    panel = Panel(
        16.0 + max(text_width(percent_tick(row, step)) for row in rows),
        width - 10.0,
        10.0,
        _HEIGHT - _FOOT,
        float(decades[0]),
        float(decades[-1]),
        final - reach,
        final + reach,
    )
    children = []
    for row in rows:
        children.append(line(panel.left, panel.y(row), panel.right, panel.y(row), "rule"))
        children.append(text(panel.left - 6.0, panel.y(row) + 4.5, percent_tick(row, step), None, "end"))
    taken = -100.0
    for power in range(int(np.ceil(decades[0])), int(np.floor(decades[-1])) + 1):
        at = panel.x(float(power))
        children.append(line(at, panel.upper, at, panel.lower, "rule"))
        anchor = "end" if at > panel.right - 30.0 else "middle"
        if at - taken > 62.0:
            children.append(text(at, panel.lower + LINE, _count(10**power), None, anchor))
            taken = at
    middle = 0.5 * (panel.left + panel.right)
    children.append(text(middle, panel.lower + 2.0 * LINE, "paths simulated", "quiet", "middle"))
    x = panel.xs(decades)
    under, over = (panel.ys(np.clip(band, panel.bottom, panel.top)) for band in (low, high))
    children.append(
        curve(np.concatenate([x, x[::-1]]), np.concatenate([over, under[::-1]]), "band-2", closed=True)
    )
    children.append(line(panel.left, panel.y(final), panel.right, panel.y(final), "offer"))
    children.append(curve(x, panel.ys(np.clip(told.mean, panel.bottom, panel.top)), "median"))
    count = paths_told(int(told.paths[-1]))
    description = (
        f"A line for the mean return of the close after a growing number of paths, inside a band that narrows to "
        f"{return_told(final, float(told.se[-1]))} after {count}."
    )
    return drawing(name, width, _HEIGHT, "The mean settles as paths are added", description, children)


def _count(paths: int) -> str:
    for size, name in ((10**9, " bn"), (10**6, " m")):
        if paths >= size:
            return f"{paths // size:,}{name}"
    return f"{paths:,}"
