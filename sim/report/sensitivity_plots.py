"""Pictures of a sensitivity: the tornado, a panel a metric, and the Sobol indices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from sim.estimates import Estimate
from sim.report import numbers, style
from sim.report.compare_table import kind_value
from sim.report.desk_panels import amount
from sim.report.layout import KeyEntry, Page, printable
from sim.report.numbers import PRINTED_MINUS
from sim.report.sensitivity_table import input_value

if TYPE_CHECKING:
    from sim.studies.inputs import Input
    from sim.studies.metrics import Metric
    from sim.studies.sensitivity import Sensitivity
    from sim.studies.sobol import Sobol
    from sim.studies.tornado import Bar, Tornado

WIDTH = 8.6
MOST_BARS = 14
MOST_PANELS = 3
_LEFT, _RIGHT, _GAP, _ROW = 2.5, 0.3, 0.28, 0.3
_HEADS = 0.42
"""Room above the panels for a metric's name and its value."""
_LOW, _HIGH = style.BELOW, style.ABOVE


def tornado_figure(study: Sensitivity, tornado: Tornado) -> Figure:
    """Draw a tornado with at least one bar: the first metrics side by side, their inputs in one order.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    bars = tornado.bars[:MOST_BARS]
    metrics = tornado.metrics[:MOST_PANELS]
    with style.house_style():
        page = Page(WIDTH, 2.9 + _ROW * len(bars))
        top = page.head(tornado_title(study), _tornado_subtitle(tornado), _tornado_key()) + _HEADS
        bottom = page.foot(_tornado_print(study, tornado)) - 0.42
        _name_rows(page, [bar.input for bar in bars], top, bottom, ranges=True)
        for panel, metric in zip(_panels(page, len(metrics), top, bottom), metrics, strict=True):
            _draw_bars(panel, bars, metric)
            now = kind_value(metric, tornado.base[metric.name]).replace("-", PRINTED_MINUS)
            _head_panel(page, panel, top, metric, f"now {now}")
        page.write(
            _unit(metrics), 0.5 * (_LEFT + page.width - _RIGHT), bottom + 0.25, colour=style.GREY,
            align="center",
        )  # fmt: skip
        return page.figure


def tornado_title(study: Sensitivity) -> str:
    """Say the main thing, number first: how far the widest bar moves the first metric."""
    name = printable(study.scenario.name, study.scenario.code)
    tornado = study.tornado
    if tornado is None or not tornado.bars or tornado.bars[0].swing(tornado.metrics[0].name) == 0.0:
        return f"Nothing moves the first day of {name}"
    first, widest = tornado.metrics[0], tornado.bars[0]
    swing = widest.swing(first.name)
    points = numbers.rounded(100.0 * swing, 1) if first.kind in ("return", "chance", "fraction") else ""
    what = f"{points} percentage points" if points else "The widest swing"
    return f"{what} of {first.label}: {widest.input.label} moves {name} most"


def _tornado_subtitle(tornado: Tornado) -> str:
    return (
        f"Each input alone at both ends of its range, {tornado.paths:,} paths on common random numbers. Fitted: one "
        "posterior deviation to either side; what if and terms: known, and what they would change."
    )


def _tornado_key() -> list[KeyEntry]:
    return [KeyEntry("area", _LOW, "at the low end"), KeyEntry("area", _HIGH, "at the high end")]


def _tornado_print(study: Sensitivity, tornado: Tornado) -> str:
    left = len(tornado.bars) - MOST_BARS
    more = f"{left} more inputs in the table. " if left > 0 else ""
    return (
        f"{more}Thin lines: two standard errors of the difference to either side. Simulated by firstday, seed "
        f"{study.seed}."
    )


def _panels(page: Page, count: int, top: float, bottom: float) -> list[Axes]:
    wide = (page.width - _LEFT - _RIGHT - _GAP * (count - 1)) / count
    panels = []
    for at in range(count):
        left = _LEFT + at * (wide + _GAP)
        panels.append(page.panel(left, top, left + wide, bottom))
    return panels


def _name_rows(page: Page, inputs: Sequence[Input], top: float, bottom: float, *, ranges: bool) -> None:
    """Write the inputs' names in the margin, and their ranges in small print below each."""
    step = (bottom - top) / len(inputs)
    for at, each in enumerate(inputs):
        place = top + (at + 0.5) * step
        page.write(each.label, page.margin, place - (0.06 if ranges else 0.0), level="center")
        if ranges:
            ends = [input_value(each, each.shown(end)) for end in (each.low, each.high)]
            text = f"{ends[0]} to {ends[1]}, {each.source}".replace("-", PRINTED_MINUS)
            page.write(text, page.margin, place + 0.075, size=style.SMALL, colour=style.GREY, level="center")


def _head_panel(page: Page, panel: Axes, top: float, metric: Metric, figure: str) -> None:
    """Write a metric's name above its panel, and a figure of it below the name."""
    box = panel.get_position()
    left, wide = page.width * box.x0, page.width * (box.x1 - box.x0) + 0.5 * _GAP
    (name,) = page.wrapped(metric.label, style.LABEL, "bold", wide, 1)
    page.write(name, left, top - 0.38, weight="bold")
    page.write(figure, left, top - 0.2, colour=style.GREY)


def _unit(metrics: Sequence[Metric]) -> str:
    """Name the unit of the differences, where it is one."""
    points = all(metric.kind in ("return", "chance", "fraction") for metric in metrics)
    return "percentage points from now" if points else "difference from now"


def _rows(panel: Axes, count: int) -> None:
    panel.set_ylim(count - 0.5, -0.5)
    panel.yaxis.set_major_locator(FixedLocator([]))
    panel.grid(axis="x", color=style.RULE, linewidth=0.5)


def _draw_bars(panel: Axes, bars: Sequence[Bar], metric: Metric) -> None:
    for at, bar in enumerate(bars):
        for gap, colour in ((bar.low[metric.name], _LOW), (bar.high[metric.name], _HIGH)):
            if not math.isfinite(gap.value) or gap.value == 0.0:
                continue
            panel.barh(at, gap.value, height=0.62, color=colour, zorder=2)
            reach = 2.0 * gap.se
            panel.plot(
                [gap.value - reach, gap.value + reach], [at, at], color=style.INK, linewidth=0.8, zorder=3
            )
    panel.axvline(0.0, color=style.INK, linewidth=0.9, zorder=4)
    _rows(panel, len(bars))
    panel.xaxis.set_major_locator(MaxNLocator(4))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _points(value, metric)))


def _points(value: float, metric: Metric) -> str:
    if abs(value) < 1e-12:
        return "0"
    if metric.kind == "shares":
        return ("+" if value > 0.0 else "") + amount(value)
    scale = 1.0 if metric.kind == "price" else 100.0
    return f"{scale * value:+.4g}".replace("-", PRINTED_MINUS)


def sobol_figure(study: Sensitivity, sobol: Sobol) -> Figure:
    """Draw first and total indices of every input, a panel a metric.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    metrics = sobol.metrics[:MOST_PANELS]
    order = sorted(range(len(sobol.inputs)), key=lambda at: -float(sobol.indices[metrics[0].name].total[at]))[
        :MOST_BARS
    ]
    with style.house_style():
        page = Page(WIDTH, 2.85 + 0.27 * len(order))
        top = page.head(sobol_title(study), _sobol_subtitle(sobol), _sobol_key()) + _HEADS
        bottom = page.foot(f"Simulated by firstday, seed {study.seed}; indices by SALib.") - 0.42
        _name_rows(page, [sobol.inputs[at] for at in order], top, bottom, ranges=False)
        for panel, metric in zip(_panels(page, len(metrics), top, bottom), metrics, strict=True):
            found = sobol.indices[metric.name]
            for row, at in enumerate(order):
                for offset, value, reach, colour in (
                    (-0.18, found.first[at], found.first_reach[at], style.FAN_MEDIAN),
                    (0.18, found.total[at], found.total_reach[at], style.ABOVE),
                ):
                    place = row + offset
                    panel.barh(place, max(float(value), 0.0), height=0.34, color=colour, zorder=2)
                    panel.plot(
                        [float(value - reach), float(value + reach)], [place, place], color=style.INK,
                        linewidth=0.8, zorder=3,
                    )  # fmt: skip
            _rows(panel, len(order))
            panel.set_xlim(0.0, 1.0)
            panel.xaxis.set_major_locator(FixedLocator([0.0, 0.25, 0.5, 0.75, 1.0]))
            panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            _head_panel(page, panel, top, metric, f"sd {_sd(found.sd, metric)}")
        page.write(
            "share of the variance over the inputs", 0.5 * (_LEFT + page.width - _RIGHT), bottom + 0.25,
            colour=style.GREY, align="center",
        )  # fmt: skip
        return page.figure


def _sd(sd: float, metric: Metric) -> str:
    return kind_value(metric, Estimate(sd, 0.05 * sd)).lstrip("+")


def sobol_title(study: Sensitivity) -> str:
    """Say the main thing, number first: what explains most of the uncertainty of the first metric."""
    sobol, name = study.sobol, printable(study.scenario.name, study.scenario.code)
    if sobol is None or not sobol.indices[sobol.metrics[0].name].sd > 0.0:
        return f"Nothing is uncertain about the first day of {name}"
    first = sobol.metrics[0]
    found = sobol.indices[first.name]
    most = int(found.total.argmax())
    share = numbers.percent(float(found.total[most]), float(found.total_reach[most]) / 2.0, most=0)
    return f"{share} of what is uncertain about the {first.label} of {name} is {sobol.inputs[most].label}"


def _sobol_subtitle(sobol: Sobol) -> str:
    return (
        f"Sobol indices of the uncertain inputs, {sobol.evaluations:,} simulations of {sobol.paths:,} paths on "
        "common random numbers; thin lines: 95% intervals."
    )


def _sobol_key() -> list[KeyEntry]:
    return [
        KeyEntry("area", style.FAN_MEDIAN, "alone (first)"),
        KeyEntry("area", style.ABOVE, "with all it goes together with (total)"),
    ]
