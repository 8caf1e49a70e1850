"""An answer as the terminal shows it."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from sim.desks.base import Answer
from sim.report.desk_table import print_answer
from sim.scenario import Scenario


def printed_lines(answer: Answer, scenario: Scenario, paths: int) -> list[str]:
    """Return the lines printed on a terminal of 100 columns."""
    console = Console(width=100, record=True, file=StringIO())
    print_answer(answer, scenario, paths, console)
    return console.export_text().splitlines()
