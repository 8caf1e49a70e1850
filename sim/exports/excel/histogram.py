"""The sheet ``histogram``: the close in steps of return, those exactly at the offer price apart; and its chart."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.exports.excel.figures import format_of
from sim.exports.excel.sheet import Book, Cell, Column, Sheet
from sim.report import distribution, style
from sim.report.axis import common_axis, decimals_of
from sim.report.offer_shares import paths_behind
from sim.report.words import listed_paths
from sim.result import Result

_MOST_BARS = 40.0
_BELOW, _AT, _ABOVE = "below the offer price", "at the offer price", "above the offer price"


@dataclass(frozen=True, slots=True)
class Step:
    """A bar: simple returns at its ends (``None`` beyond the axis), label, share of paths and height by side."""

    low: float | None
    high: float | None
    label: str
    share: float
    height: float | None


def write_histogram(book: Book, result: Result) -> Sheet:
    """Write the sheet; without a listed path it says so."""
    if listed_paths(result) == 0:
        return book.sheet("histogram", [Column("No path lists, so there is no price to show.", 60.0)])
    steps, width = steps_of(result)
    each = f"share of paths a step of {100.0 * width:.10g} points"
    sheet = book.sheet(
        "histogram",
        [
            Column("return of the close", 20.0, text=True),
            Column("from (simple return)", 12.0),
            Column("to (simple return)", 12.0),
            Column("share of paths", 12.0),
            Column("standard error", 12.0),
            *(Column(f"{side}, {each}", 20.0) for side in (_BELOW, _AT, _ABOVE)),
        ],
    )
    behind = paths_behind(result)
    for step in steps:
        error = distribution.share_error(step.share, behind)
        form = format_of("percent", error)
        sides: list[Cell | tuple[Cell, str]] = [None, None, None]
        if step.height is not None:
            sides[_side(step)] = (step.height, form)
        edge = f"+0.{'0' * 4}%;-0.{'0' * 4}%;0%" if _odd(step, width) else "+0.0%;-0.0%;0%"
        ends = [(step.low, edge), (step.high, edge)]
        sheet.cells([step.label, *ends, (step.share, form), (error, form), *sides])
    return sheet


def _odd(step: Step, width: float) -> bool:
    """Whether an end lies between two ticks instead of on a multiple of the width."""
    ends = [end for end in (step.low, step.high) if end is not None]
    return any(not math.isclose(end, width * round(end / width), abs_tol=1e-9) for end in ends)


def _side(step: Step) -> int:
    if step.low == step.high:
        return 1
    return 0 if step.high is not None and step.high <= 1e-12 else 2


def steps_of(result: Result) -> tuple[list[Step], float]:
    """Cut the close into steps of equal width with the offer price as an edge and as a step of its own.

    Returns
    -------
    steps
        From the lowest to the highest return, the rest at either end included: the shares sum to one.
    width
        Width of a step, in simple return.
    """
    close = result.histograms["close"]
    axis = common_axis(result)
    width = distribution.nice_width(axis.high - axis.low, _MOST_BARS)
    low = width * max(math.floor(axis.low / width + 1e-9), math.ceil(-1.0 / width))
    high = width * math.ceil(axis.high / width - 1e-9)
    bars = distribution.bars(close, low, high, width)
    under, over = distribution.share_between(close, low, high)
    decimals = decimals_of(100.0 * width)

    def percent(value: float) -> str:
        return f"{100.0 * value:+.{decimals}f}%" if abs(value) > 1e-12 else "0%"

    steps = [Step(None, low, f"below {percent(low)}", under, None)]
    for left, right, height in zip(bars.left, bars.right, bars.height, strict=True):
        label = f"{percent(float(left))} to {percent(float(right))}"
        steps.append(
            Step(float(left), float(right), label, float(height * (right - left) / width), float(height))
        )
    at_offer = distribution.shares(close).at_offer
    place = sum(1 for step in steps if step.high is not None and step.high <= 1e-9)
    steps.insert(max(place, 1), Step(0.0, 0.0, "at the offer", at_offer, at_offer))
    steps.append(Step(high, None, f"above {percent(high)}", over, None))
    return steps, width


def add_chart(sheet: Sheet, beside: Sheet, result: Result, place: tuple[int, int]) -> None:
    """Chart the steps of a ``histogram`` sheet, and set the chart ``beside`` the rows of another."""
    if listed_paths(result) == 0:
        return
    first, last = 2, sheet.row - 2
    chart = sheet.book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for at, (side, colour) in enumerate(
        ((_BELOW, style.BELOW), (_AT, style.AT_OFFER), (_ABOVE, style.ABOVE)), start=5
    ):
        chart.add_series(
            {
                "name": side,
                "categories": ["histogram", first, 0, last, 0],
                "values": ["histogram", first, at, last, at],
                "fill": {"color": colour},
                "border": {"none": True},
                "gap": 6,
            }
        )
    chart.set_title({"name": "First-day close against the offer price", "name_font": {"size": 12}})
    chart.set_y_axis(
        {
            "name": "share of the paths",
            "num_format": "0%",
            "major_gridlines": {"visible": True, "line": {"color": style.RULE}},
        }
    )
    chart.set_x_axis(
        {
            "name": "simple return",
            "num_font": {"rotation": -90, "size": 8},
            "interval_unit": 2 if last - first > 24 else 1,
            "label_position": "low",
        }
    )
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 860, "height": 460})
    beside.worksheet.insert_chart(*place, chart)
