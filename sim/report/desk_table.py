"""Prints the answer of a desk: the sentence first, then its tables and remarks, within 100 columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.report.printer import Printer
from sim.report.run import STAGE_IN_WORDS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Printed

    from sim.desks.base import Answer, Table
    from sim.scenario.scenario import Scenario


def print_answer(
    answer: Answer, scenario: Scenario, paths: int, console: Console, files: Iterable[Path] = ()
) -> None:
    """Print an answer.

    Parameters
    ----------
    answer
        Answer of a desk.
    scenario, paths
        The deal and how many paths the answer rests on.
    console
        Where to print; nothing is wider than 100 columns, or than the console where that is narrower.
    files
        Files written, named at the end.
    """
    printer = Printer(console)
    line = printer.line
    stage = STAGE_IN_WORDS.get(scenario.stage, scenario.stage)
    place = f"{scenario.name} ({scenario.code}, {scenario.venue.upper()})"
    line(f"{place}, {stage}: {answer.desk}'s desk", "bold")
    line(f"{paths:,} paths, seed {scenario.simulation.seed}", "dim")
    line(answer.sentence(), "bold green")
    for table in answer.tables():
        line(f"\n{table.title}", "bold")
        printer.table(_printed(table))
    for remark in answer.remarks():
        line(f"note: {remark}", "dim")
    printer.files(files)


def _printed(table: Table) -> Printed:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    printed = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), collapse_padding=True, pad_edge=False)
    # Folding keeps every digit where a table does not fit; a cut figure would be a wrong one.
    for at, heading in enumerate(table.headings):
        printed.add_column(Text(heading), justify="right" if at else "left", overflow="fold")
    for at, row in enumerate(table.rows):
        style = "bold" if at in table.marked else ""
        first = f"> {row[0]}" if at in table.marked else f"  {row[0]}"
        printed.add_row(Text(first), *(Text(cell) for cell in row[1:]), style=style)
    return printed
