"""The console table of a calibration: parameters with their errors, and what each group of them adds.

Formatting only; every number comes from the fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.report.numbers import MISSING
from sim.report.printer import Printer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sim.market.fit.result import Fit


def print_calibration(fit: Fit, console: Console, files: Iterable[str | Path] = ()) -> None:
    """Print a fit.

    Parameters
    ----------
    fit
        The fit.
    console
        Where to print; nothing is wider than 100 columns.
    files
        Files written, named at the end.
    """
    printer = Printer(console)
    line = printer.line
    line(headline(fit), "bold")
    printer.table(_parameters(fit))
    if fit.bootstrap is not None:
        from sim.market.fit.yaml import bootstrap_words

        line(f"bootstrap: {bootstrap_words(fit.bootstrap)}")
    if fit.table():
        printer.table(_contributions(fit))
    if fit.not_seen:
        names = ", ".join(fit.not_seen)
        line(f"the deals say next to nothing about: {names}")
    printer.files(files)


def headline(fit: Fit) -> str:
    """Say what was fitted on what, in one line."""
    span = f"{fit.first_deal.isoformat()} to {fit.last_deal.isoformat()}"
    likelihood = f"weighted log-likelihood {fit.log_likelihood:.1f}"
    return f"market {fit.market.name}: {fit.deals} deals, {span}; {likelihood}"


def _table(*titles: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, title in enumerate(titles):
        table.add_column(title, justify="left" if index == 0 else "right", no_wrap=True)
    return table


def _parameters(fit: Fit) -> Table:
    scatter = None if fit.bootstrap is None else fit.bootstrap.errors()
    beside = () if scatter is None else ("bootstrap",)
    table = _table("parameter", "value", "standard error", *beside, "prior mean", "prior sd")
    for each in fit.parameters:
        error = MISSING if each.standard_error is None else f"{each.standard_error:.3f}"
        row = [each.name, f"{each.value:.3f}", error]
        if scatter is not None:
            found = scatter.get(each.name)
            row.append(MISSING if found is None else f"{found[0]:.3f} ± {found[1]:.3f}")
        table.add_row(*row, f"{each.prior.mean:.3f}", f"{each.prior.sd:.3f}")
    return table


def _contributions(fit: Fit) -> Table:
    table = _table("what the fit would lose without", "parameters", "log-likelihood")
    for each in fit.table():
        table.add_row(each.group, str(each.parameters), f"{each.log_likelihood:.1f}")
    return table
