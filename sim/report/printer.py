"""How every answer reaches the terminal: lines, tables and the names of files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100


class Printer:
    """Prints to a console; nothing is wider than 100 columns, or than the console where that is narrower."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = min(WIDTH, console.width)

    def line(self, text: str, style: str = "") -> None:
        """Print a line; what does not fit goes on below it, as far in as it begins."""
        from rich.padding import Padding
        from rich.text import Text

        begun = text.lstrip(" ")
        inside = len(text) - len(begun)
        # Text, not markup: a deal may have brackets in its name.
        told = Text(begun, style=style)
        self._console.print(
            Padding(told, (0, 0, 0, inside), expand=False) if inside else told, width=self.width
        )

    def table(self, table: Table) -> None:
        """Print a table."""
        self._console.print(table, width=self.width)

    def files(self, files: Iterable[str | Path]) -> None:
        """Name the files or directories that were written."""
        from rich.text import Text

        for path in files:
            # A path is to be copied, so it is never broken over two lines.
            self._console.print(Text(f"-> {path}"), soft_wrap=True, overflow="ignore", crop=False)
