"""A waterfall of amounts that add up, one labelled row each: where the float comes from, what makes the return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sim.report.web.svg import (
    LINE,
    Panel,
    Picture,
    drawing,
    element,
    line,
    picture,
    rectangle,
    shortened,
    text_width,
)

_ROW = 44.0


@dataclass(frozen=True, slots=True)
class Step:
    """A row: its name, its amount, the amount in words, and whether it is a total that starts at zero."""

    name: str
    amount: float
    told: str
    total: bool = False
    error: float = 0.0


def steps_chart(steps: Sequence[Step], name: str, title: str) -> Picture:
    """Draw a waterfall; ``error`` of a step is drawn as a whisker of two standard errors to either side."""
    return picture(lambda width, drawn: _draw(steps, width, drawn, title), name)


def _draw(steps: Sequence[Step], width: float, name: str, title: str) -> Markup:
    spans: list[tuple[float, float]] = []
    reached = 0.0
    for step in steps:
        start = 0.0 if step.total else reached
        reached = start + step.amount
        spans.append((start, reached))
    ends = [end for span in spans for end in span]
    ends += [
        end + side * 2.0 * step.error for step, (_, end) in zip(steps, spans, strict=True) for side in (-1, 1)
    ]
    low, high = min(0.0, *ends), max(0.0, *ends)
    if high == low:
        high = low + 1.0
    # A name that leaves its figure no room on the line has a line of its own.
    tall = [LINE if text_width(f"{step.name}  {step.told}") > width - 8.0 else 0.0 for step in steps]
    height = _ROW * len(steps) + sum(tall) + 6.0
    panel = Panel(4.0, width - 4.0, 0.0, height, low, high)
    children: list[Markup] = []
    top = 0.0
    for at, (step, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        last = at == len(steps) - 1
        below = None if last else top + tall[at] + _ROW + tall[at + 1] + 21.0
        children += _row(panel, top, tall[at], step, (start, end), below)
        top += _ROW + tall[at]
    told = "; ".join(f"{step.name} {step.told}" for step in steps)
    return drawing(name, width, height, title, f"{told}.", children)


def _row(
    panel: Panel, top: float, more: float, step: Step, span: tuple[float, float], below: float | None
) -> list[Markup]:
    """Draw a row from ``top`` on, ``more`` higher than usual, with a link down to the bar at ``below``."""
    start, end = span
    upper, lower = top + more + 21.0, top + more + 39.0
    kind = "total" if step.total else "above edge-above" if step.amount >= 0.0 else "below edge-below"
    left, right = panel.x(min(start, end)), panel.x(max(start, end))
    # A sliver still shows.
    if right - left < 2.0:
        left, right = left - 1.0, right + 1.0
    name = element("tspan", shortened(step.name, panel.right - panel.left))
    place = {"x": panel.left, "dy": LINE} if more else {"dx": 10.0}
    figure = element("tspan", step.told, class_="strong", **place)
    told = [
        line(panel.x(0.0), upper - 3.0, panel.x(0.0), lower + 3.0, "axis"),
        element("text", name, figure, x=panel.left, y=top + 15.0, class_="halo"),
        rectangle(left, upper, right, lower, kind),
    ]
    if step.error > 0.0:
        middle = 0.5 * (upper + lower)
        low, high = (panel.x(end + side * 2.0 * step.error) for side in (-1, 1))
        told += [line(low, middle, high, middle, "whisker")]
        told += [line(at, middle - 4.0, at, middle + 4.0, "whisker") for at in (low, high)]
    if below is not None:
        told.append(line(panel.x(end), lower, panel.x(end), below, "link"))
    return told
