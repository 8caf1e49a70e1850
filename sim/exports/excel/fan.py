"""The sheet ``fan``: quantiles of the price through the first day, and their chart."""

from __future__ import annotations

import math

import numpy as np

from sim.exports.excel.sheet import Book, Cell, Column, Sheet, number_format
from sim.exports.quantities import currency_of
from sim.report import style
from sim.result import Fan, Result

_TIME_LABELS = 11
_SHADES = {0: style.FAN[1], 1: style.FAN[1], 2: style.FAN[2], 3: style.FAN_MEDIAN}


def write_fan(book: Book, result: Result, fan: Fan, beside: Sheet, place: tuple[int, int]) -> None:
    """Write the sheet, and set its chart beside the rows of another.

    The price is shown where the offer price is known, else the return against it.
    """
    offer = result.scenario.offer.price
    currency = currency_of(result)
    unit = f"{currency} a share" if offer is not None else "simple return"
    names = ["median" if level == 0.5 else f"{100.0 * level:g}%" for level in fan.probabilities]
    sheet = book.sheet(
        "fan",
        [
            Column("time", 8.0, text=True),
            Column("minutes of trading since the open", 18.0),
            *(Column(f"{name}, {unit}", 13.0) for name in names),
            *(Column(f"standard error of the {name}, {unit}", 16.0) for name in names),
        ],
    )
    ratios = np.exp(fan.log_returns)
    values = ratios * offer if offer is not None else ratios - 1.0
    errors = ratios * fan.errors * (offer or 1.0)
    form = number_format(None, 3) if offer is not None else "+0.0%;-0.0%;0.0%"
    for at, clock in enumerate(fan.clock):
        row: list[Cell | tuple[Cell, str]] = [_clock(float(clock)), (float(fan.minutes[at]), "0")]
        row += [(float(value), form) for value in values[:, at]]
        row += [(float(error), form.removeprefix("+").split(";")[0]) for error in errors[:, at]]
        sheet.cells(row)
    every = max(1, len(fan.clock) // _TIME_LABELS)
    chart = book.workbook.add_chart({"type": "line"})
    middle = len(names) // 2
    for at in reversed(range(len(names))):
        shade = _SHADES[max(0, min(3, 3 - abs(at - middle)))]
        chart.add_series(
            {
                "name": names[at],
                "categories": ["fan", 1, 0, len(fan.clock), 0],
                "values": ["fan", 1, 2 + at, len(fan.clock), 2 + at],
                "line": {"color": shade, "width": 2.25 if at == middle else 1.5},
            }
        )
    chart.set_title(
        {"name": "Price through the first day: quantiles of the paths", "name_font": {"size": 12}}
    )
    low = float(values.min())
    chart.set_y_axis(
        {
            "name": unit,
            "num_format": "0" if offer is not None and offer >= 5.0 else form,
            "min": _floor(low) if offer is not None else None,
            "major_gridlines": {"visible": True, "line": {"color": style.RULE}},
        }
    )
    chart.set_x_axis(
        {"interval_unit": every, "interval_tick": every, "label_position": "low", "name": "time"}
    )
    chart.set_legend({"position": "right"})
    chart.set_size({"width": 860, "height": 440})
    beside.worksheet.insert_chart(*place, chart)


def _clock(minutes: float) -> str:
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"


def _floor(value: float) -> float:
    """A round number at most ``value``, so that the axis does not begin at nothing."""
    step = 10.0 ** math.floor(math.log10(value)) / 2.0
    return step * math.floor(0.95 * value / step)
