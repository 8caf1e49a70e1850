"""The sheet ``summary``: every figure of a run with its standard error and unit, one a row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sim.exports.events import chances
from sim.exports.excel.sheet import Book, Column, Sheet, number_format, percent_format
from sim.exports.quantities import currency_of
from sim.report.run import number_of
from sim.report.table import answer, header
from sim.report.words import QUANTITIES, paths_in_words
from sim.result import Result

Unit = Literal["percent", "return", "price", "money", "shares", "log", "days"]

COLUMNS = (
    Column("about", 18.0, text=True),
    Column("figure", 46.0, text=True),
    Column("value", 15.0),
    Column("standard error", 15.0),
    Column("unit", 18.0, text=True),
)
_AFTER_UNITS: Mapping[str, Unit] = {
    "purchases_mean": "shares",
    "exercised_fraction_mean": "percent",
    "manager_gain_mean": "money",
    "exhausted_day_mean": "days",
    "unlock_return_mean": "return",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is about, its name, value and standard error (NaN where there is none), and unit."""

    about: str
    name: str
    value: float
    error: float
    unit: Unit
    like: float = math.nan
    """Standard error of a figure of the same size, where this one has none of its own."""


def write_summary(book: Book, result: Result) -> Sheet:
    """Write the sheet; what a reader must know stands above the figures."""
    paths = f"{paths_in_words(result)}, seed {result.seed}"
    told = "; ".join(answer(result)).replace(" +- ", " ± ")
    notes = [f"Note: {note}" for note in result.notes]
    sheet = book.sheet("summary", COLUMNS, (header(result), told, paths, *notes, ""))
    currency = currency_of(result)
    for figure in figures(result):
        form = format_of(figure.unit, figure.like if math.isnan(figure.error) else figure.error)
        sheet.cells(
            [
                figure.about,
                figure.name,
                (figure.value, form),
                (figure.error, form.removeprefix("+").split(";")[0]),
                unit_name(figure.unit, currency),
            ]
        )
    return sheet


def format_of(unit: Unit, error: float) -> str:
    """Number format of a figure in its unit."""
    known = error if math.isfinite(error) else None
    if unit in ("percent", "return"):
        return percent_format(known, signed=unit == "return")
    if unit == "price":
        return number_format(known, 3)
    if unit in ("money", "shares"):
        return number_format(known, 0)
    return number_format(known, 4, signed=unit == "log")


def unit_name(unit: Unit, currency: str) -> str:
    """Write a unit for a reader."""
    names = {
        "percent": "share (1 = 100%)",
        "return": "simple return",
        "price": f"{currency} a share",
        "money": currency,
        "shares": "shares",
        "log": "log return",
        "days": "trading days",
    }
    return names[unit]


def figures(result: Result) -> Iterator[Figure]:
    """Yield the figures of a run; quantiles are on a sheet of their own."""
    summary = result.summary
    known = result.scenario.offer.price is not None
    yield Figure(
        "offer",
        "offer price" if known else "mean offer price",
        _at(summary, "offer_price"),
        math.nan,
        "price",
    )
    yield _figure(summary, "offer", "float_shares", "float at listing", "shares")
    yield from _prices("return", "return", summary["returns"], QUANTITIES)
    yield from _prices("price", "price", summary["prices"], QUANTITIES)
    for event, value, error in chances(result):
        yield Figure("chance", event, value, error, "percent")
    shoe = summary["greenshoe"]
    yield Figure("greenshoe", "shares over-allotted", _at(shoe, "over_allotted_shares"), math.nan, "shares")
    yield _figure(shoe, "greenshoe", "purchases_mean", "manager's purchases, mean", "shares")
    of_short = "purchases_fraction_of_short_mean"
    short = _at(shoe, "over_allotted_shares")
    error = _at(shoe, "purchases_mean_se") / short if short > 0.0 else math.nan
    yield Figure(
        "greenshoe", "purchases as a share of the short, mean", _at(shoe, of_short), error, "percent"
    )
    yield _figure(shoe, "greenshoe", "exercised_fraction_mean", "option exercised, mean", "percent")
    for name, value in summary["decomposition"].items():
        error = number_of(summary["decomposition_se"][name])
        yield Figure("mean log return", name.replace("_", " "), number_of(value), error, "log")
    yield from _after(summary.get("aftermarket", {}))


def _after(after: Mapping[str, Any]) -> Iterator[Figure]:
    for block, told in ((name, after[name]) for name in ("stabilisation", "lock_up") if name in after):
        about = f"end of {block.replace('_', '-')}"
        for part in (told, told.get("before", {}), told.get("after", {})):
            when = {id(told.get("before")): "before what comes free, ", id(told.get("after")): "after it, "}
            for measure in ("returns", "prices"):
                if measure in part:
                    yield from _prices(about, _of(measure), part, (measure,), when.get(id(part), ""))
        for key, unit in _AFTER_UNITS.items():
            if key in told:
                yield _figure(told, about, key, key.replace("_", " "), unit)
        yield from _chances(about, told.get("probabilities", {}))


def _of(measure: str) -> Unit:
    return "return" if measure == "returns" else "price"


def _prices(
    about: str, unit: Unit, block: Mapping[str, Any], names: tuple[str, ...], when: str = ""
) -> Iterator[Figure]:
    for name in names:
        told = block[name]
        shown = {"vwap": "VWAP", "returns": "return", "prices": "price"}.get(name, name)
        yield Figure(about, f"{when}{shown}, mean", _at(told, "mean"), _at(told, "mean_se"), unit)
        spread: Unit = "percent" if unit == "return" else unit
        yield Figure(
            about,
            f"{when}{shown}, standard deviation",
            _at(told, "sd"),
            math.nan,
            spread,
            _at(told, "mean_se"),
        )


def _chances(about: str, block: Mapping[str, Any]) -> Iterator[Figure]:
    for event, told in block.items():
        yield Figure(about, event.replace("_", " "), _at(told, "value"), _at(told, "se"), "percent")


def _figure(block: Mapping[str, Any], about: str, key: str, name: str, unit: Unit) -> Figure:
    return Figure(about, name, _at(block, key), _at(block, f"{key}_se"), unit)


def _at(block: Mapping[str, Any], key: str) -> float:
    return number_of(block.get(key))
