"""What every command shares with the terminal: the console that people read, JSON, progress, exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

FILE_WIDTH = 100
"""Columns where there is no terminal to ask."""

EXIT_BUG, EXIT_INVALID, EXIT_TARGET, EXIT_INTERRUPTED = 1, 2, 3, 130

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


def people_console() -> Console:
    """Return a console on standard error, which leaves standard output to JSON; 100 columns wide in a pipe."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else Console(stderr=True, highlight=False, width=FILE_WIDTH)


def print_json(text: str) -> None:
    """Write a document to standard output; a reader that has had enough, such as ``head``, is no fault."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Commands(TyperGroup):
    """Commands of which Ctrl-C ends any with a word and exit code 130; Typer would end it without the word."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as pressed:
            sys.stderr.write("interrupted\n")
            raise typer.Exit(EXIT_INTERRUPTED) from pressed


class Progress:
    """A progress bar on a terminal, nothing elsewhere; says first when the kernels have to compile.

    Parameters
    ----------
    console
        Where to show it.
    what
        What is being done, such as ``simulating``.
    unit
        What is counted, in the plural.
    total
        How many there are.
    with_speed
        Whether to show how many are done a second.
    """

    def __init__(
        self, console: Console, what: str, unit: str, total: int = 1, *, with_speed: bool = False
    ) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        from sim.kernels._jit import CACHE_FOLDER, is_cached

        self._what, self._total, self._with_speed = what, total, with_speed
        if not is_cached():
            often = "" if CACHE_FOLDER is None else ", once on this machine"
            console.print(f"compiling the kernels{often}: about 20 seconds", style="dim")
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn(f"{{task.completed:,.0f}} of {{task.total:,.0f}} {unit}{{task.fields[speed]}}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        self._bar.start()
        speed = ", compiling or starting" if self._with_speed else ""
        self._task = self._bar.add_task(self._what, total=self._total, speed=speed)
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        a_second = self._bar.tasks[self._task].speed
        speed = f", {a_second:,.0f} a second" if self._with_speed and a_second else ""
        self._bar.update(self._task, completed=done, total=total, speed=speed)

    def say(self, what: str) -> None:
        """Name what is being done now."""
        self._bar.update(self._task, description=what)
