"""The table of facts as Markdown, observed beside simulated: ``python -m sim.report.facts_table``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path

from sim.backtest.facts import BATCHES, PATHS, Fact, collect_facts
from sim.deals.deals import load_deals
from sim.errors import invalid

BEGIN, END = "<!-- facts: begin -->", "<!-- facts: end -->"
_COLUMNS = ("", "observed", "model", "MC error", "90% of histories", "without greenshoe", "")


def _figure(value: float, unit: str, decimals: int | None = None) -> str:
    if not isfinite(value):
        return ""
    if unit == "share":
        return f"{100.0 * value:.{1 if decimals is None else decimals}f}%"
    return f"{value:.{3 if decimals is None else decimals}f}"


def _row(fact: Fact) -> str:
    unit = fact.question.unit
    observed = _figure(fact.observed, unit) or (f"{fact.question.told} *" if fact.question.told else "")
    band = f"{_figure(fact.low, unit)} to {_figure(fact.high, unit)}" if isfinite(fact.low) else ""
    error = _figure(fact.error, unit, 2 if unit == "share" else 4)
    verdict = "misses" if fact.misses else ""
    cells = (
        fact.question.name,
        observed,
        _figure(fact.model, unit),
        error,
        band,
        _figure(fact.without, unit),
        verdict,
    )
    return "| " + " | ".join(cells) + " |"


def markdown(facts: Sequence[Fact]) -> str:
    """Return the facts as one Markdown table a group of deals."""
    lines: list[str] = []
    for group, members in groupby(facts, key=lambda fact: fact.group):
        lines += [f"**Deals listed from {group}**", "", "| " + " | ".join(_COLUMNS) + " |"]
        lines += ["|---|" + "---:|" * (len(_COLUMNS) - 2) + "---|"]
        lines += [*(_row(fact) for fact in members), ""]
    return "\n".join(lines)


def replaced(page: str, table: str) -> str:
    """Return a page with what is between its markers replaced.

    Raises
    ------
    InvalidInput
        The page lacks the markers.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise invalid("--into", "", f"has no {BEGIN} and {END}", "add the two lines where the table goes")
    return f"{head}{BEGIN}\n\n{table}\n{END}{tail}"


def main() -> None:
    """Print the table of the facts, or put it into a Markdown file between its markers."""
    arguments = argparse.ArgumentParser(prog="python -m sim.report.facts_table", description=__doc__)
    arguments.add_argument("--data", type=Path, help="past deals, CSV; the shipped ones by default")
    arguments.add_argument("--paths", type=int, default=PATHS, help="paths a deal")
    arguments.add_argument("--into", type=Path, help="Markdown file whose table is replaced")
    given = arguments.parse_args()
    table = markdown(collect_facts(load_deals(given.data), paths=max(given.paths // BATCHES, 1) * BATCHES))
    if given.into is None:
        sys.stdout.write(table)
    else:
        given.into.write_text(replaced(given.into.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
