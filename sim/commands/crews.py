"""What long commands share: the options of worker processes, and Ctrl-C once or twice."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Annotated

import typer

Workers = Annotated[
    int | None,
    typer.Option("--workers", min=0, help="Worker processes; all cores by default, 1 stays in this process."),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="A Dask scheduler to use, as tcp://10.0.0.5:8786."),
]


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yield whether Ctrl-C was pressed; a second press ends the command where it is."""
    pressed = False
    if threading.current_thread() is not threading.main_thread():
        yield lambda: pressed
        return

    def finish(*_: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        sys.stderr.write("interrupted: finishing what is under way; press again to quit at once\n")

    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.SIG_IGN:
        yield lambda: pressed
        return
    signal.signal(signal.SIGINT, finish)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, usual)


def finishing(pressed: bool) -> AbstractContextManager[object]:
    """Let a first Ctrl-C wait until what is done inside is done; where it was ``pressed`` before, none waits."""
    return nullcontext() if pressed else interruptible()
