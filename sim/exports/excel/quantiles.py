"""The sheet ``quantiles``: mean, spread and quantiles of every price, each with its error; and their chart."""

from __future__ import annotations

from sim.exports.excel.figures import Unit, format_of
from sim.exports.excel.sheet import Book, Cell, Column, Sheet
from sim.exports.quantiles import described
from sim.order_statistics import QUANTILES
from sim.report import style
from sim.report.run import number_of
from sim.report.words import QUANTITIES, listed_paths
from sim.result import Result

_FIRST = (
    Column("price", 20.0, text=True),
    Column("measure", 10.0, text=True),
    Column("unit", 10.0, text=True),
)
_CHARTED = ((0.05, 7), (0.25, 9), (0.5, 11), (0.75, 9), (0.95, 7))
_COLOURS = (style.FAN[1], style.FAN[2], style.FAN_MEDIAN, style.FAN[2], style.FAN[1])


def write_quantiles(book: Book, result: Result) -> Sheet:
    """Write the sheet, with the chart of the returns below the rows."""
    columns = [
        *_FIRST,
        Column("mean", 11.0),
        Column("standard error of mean", 10.0),
        Column("standard deviation", 11.0),
    ]
    for level in QUANTILES:
        columns += [Column(_level(level), 10.0), Column(f"standard error of {_level(level)}", 10.0)]
    sheet = book.sheet("quantiles", columns)
    for price in described(result):
        unit: Unit = "return" if price.measure == "return" else "price"
        mean, error, sd = (number_of(price.figures[name]) for name in ("mean", "mean_se", "sd"))
        row: list[Cell | tuple[Cell, str]] = [price.quantity, price.measure, price.unit]
        row += [(mean, format_of(unit, error)), (error, _plain(unit, error)), (sd, _plain(unit, error))]
        for _, value, of_value in price.quantiles():
            row += [(value, format_of(unit, of_value)), (of_value, _plain(unit, of_value))]
        sheet.cells(row)
    if listed_paths(result):
        _chart(sheet)
    return sheet


def _level(level: float) -> str:
    return "median" if level == 0.5 else f"{100.0 * level:g}%"


def _plain(unit: Unit, error: float) -> str:
    """Format of a number that has no sign: an error, a spread."""
    return format_of("percent" if unit == "return" else unit, error)


def _chart(sheet: Sheet) -> None:
    """Chart the returns: one place a price, a mark a quantile, a line from the lowest to the highest."""
    last = len(QUANTITIES)
    chart = sheet.book.workbook.add_chart({"type": "line"})
    for (level, size), colour in zip(_CHARTED, _COLOURS, strict=True):
        at = len(_FIRST) + 3 + 2 * QUANTILES.index(level)
        chart.add_series(
            {
                "name": ["quantiles", 0, at],
                "categories": ["quantiles", 1, 0, last, 0],
                "values": ["quantiles", 1, at, last, at],
                "line": {"none": True},
                "marker": {
                    "type": "circle",
                    "size": size,
                    "fill": {"color": colour},
                    "border": {"color": colour},
                },
            }
        )
    chart.set_high_low_lines({"line": {"color": style.FAN[1], "width": 3}})
    chart.set_title(
        {"name": "Return against the offer price: 5% to 95% of the paths", "name_font": {"size": 12}}
    )
    chart.set_y_axis(
        {
            "name": "simple return",
            "num_format": "+0%;-0%;0%",
            "major_gridlines": {"visible": True, "line": {"color": style.RULE}},
        }
    )
    chart.set_x_axis({"label_position": "low", "name": "price of the first day"})
    chart.set_legend({"position": "right"})
    chart.set_size({"width": 760, "height": 400})
    sheet.worksheet.insert_chart(sheet.row + 1, 0, chart)
