"""The quantiles of a result with their standard errors, one row a quantile: for CSV and data frames."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sim.exports.cells import csv_text
from sim.exports.files import write_whole
from sim.exports.quantities import AFTER_FIRST_DAY, currency_of
from sim.report.run import number_of
from sim.report.words import QUANTITIES
from sim.result import Result

COLUMNS = ("scenario", "stage", "quantity", "measure", "unit", "probability", "value", "standard_error")


@dataclass(frozen=True, slots=True)
class Described:
    """What the summary says of one price, as a simple return or in currency."""

    quantity: str
    measure: Literal["return", "price"]
    unit: str
    figures: Mapping[str, Any]

    def quantiles(self) -> Iterator[tuple[float, float, float]]:
        """Yield probability, quantile and its standard error; NaN where the run has none."""
        for level, value in self.figures["quantiles"].items():
            yield float(level), number_of(value), number_of(self.figures["quantiles_se"][level])


def described(result: Result) -> Iterator[Described]:
    """Yield each price of a result, all returns of the first day first; later prices follow."""
    summary, currency = result.summary, currency_of(result)
    for quantity in QUANTITIES:
        yield Described(quantity, "return", "fraction", summary["returns"][quantity])
    for quantity in QUANTITIES:
        yield Described(quantity, "price", currency, summary["prices"][quantity])
    after = summary.get("aftermarket", {})
    for quantity, (block, part) in AFTER_FIRST_DAY.items():
        if block in after:
            figures = after[block][part] if part else after[block]
            yield Described(quantity, "return", "fraction", figures["returns"])
            yield Described(quantity, "price", currency, figures["prices"])


def quantile_rows(result: Result) -> Iterator[tuple[str, str, str, float, float, float]]:
    """Yield quantity, measure, unit, probability, value and standard error."""
    for price in described(result):
        for probability, value, error in price.quantiles():
            yield price.quantity, price.measure, price.unit, probability, value, error


def quantiles_csv(result: Result) -> str:
    """Return the quantiles as CSV: every number as it reads back to the same bits, nothing where undefined."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    name = csv_text(result.scenario.name)
    for quantity, measure, unit, *numbers in quantile_rows(result):
        cells = [repr(number) if math.isfinite(number) else "" for number in numbers]
        writer.writerow([name, result.stage, quantity, measure, unit, *cells])
    return out.getvalue()


def write_quantiles_csv(result: Result, path: str | Path) -> Path:
    """Write the quantiles of a result.

    Raises
    ------
    InvalidInput
        When the file cannot be written.
    """
    content = quantiles_csv(result)
    return write_whole(path, lambda place: place.write_text(content, encoding="utf-8", newline=""))
