"""What a timing compares: a piece of work with a name, and how to set it up.

A contender is told its :class:`Load` once, does all its preparation (imports, compilation, buffers) then,
and hands back a callable without arguments that the clock runs. It is plain data with functions of a module
inside, so that a worker process finds the same contender again by :meth:`Contender.address`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA = 'pip install "firstday[bench]"'


class PeerNotInstalled(Exception):
    """The library that a contender times is not installed here."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much one process simulates.

    Parameters
    ----------
    paths
        Number of listing days.
    steps
        Minutes of a listing day; even, at least 2.
    threads
        Threads that this process may use.
    seed
        Seed of this process; two processes of one contender have different ones.
    """

    paths: int
    steps: int
    threads: int = 1
    seed: int = 0

    @property
    def path_steps(self) -> int:
        """Paths times steps: what a time is divided by."""
        return self.paths * self.steps


Prepare = Callable[[Load], Callable[[], object]]
Record = Callable[[Load], "Mapping[str, NDArray[Any]]"]


@dataclass(frozen=True, slots=True)
class Contender:
    """One row of the timing.

    Parameters
    ----------
    name
        Key of the row in the JSON document.
    what
        What the row times, in a few words, for the table.
    prepare
        Function of a module: sets everything up for a load and returns the work to be timed. It raises
        :class:`PeerNotInstalled` where its library is absent.
    install
        Command that installs the library; ``None`` for what firstday always has.
    record
        Function of a module: does the same work once and returns what it simulated, one array a quantity,
        for the test that all contenders simulate the same thing; ``None`` where nothing is recorded.
    processes
        Whether it uses several cores as several processes of one thread (a library that holds Python's
        interpreter lock, or is faster so) rather than as one process of several threads.
    """

    name: str
    what: str
    prepare: Prepare
    install: str | None = None
    record: Record | None = None
    processes: bool = False


def address(function: Callable[..., object]) -> str:
    """Return ``module:name`` of a function, by which another process imports it."""
    return f"{function.__module__}:{function.__qualname__}"
