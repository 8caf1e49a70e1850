"""The console that people read: standard error, so that standard output stays free for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

FILE_WIDTH = 100
"""Columns where there is no terminal to ask."""


def people_console() -> Console:
    """Return a console on standard error; in a pipe or a file it is 100 columns wide."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else Console(stderr=True, highlight=False, width=FILE_WIDTH)
