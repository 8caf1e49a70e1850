"""What goes wrong because of the input, told so that a user can mend it.

Every check of the project raises :class:`InvalidInput` with all faults it found; the command line prints
each on a line of its own and exits with 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input: where it is, what is wrong, what was expected.

    Parameters
    ----------
    source
        File, option or argument that carries the fault.
    field
        Dotted path of the field, ``offer.price``; empty when the whole input is at fault.
    problem
        What is wrong, with the offending value.
    remedy
        What was expected, or what to do.
    line, column
        Place in the file, counted from one; ``None`` where the input has no places.
    """

    source: str
    field: str
    problem: str
    remedy: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.source
        if self.line is not None:
            place += f":{self.line}:{self.column or 1}"
        field = f" {self.field}:" if self.field else ""
        return _printable(f"{place}:{field} {self.problem}; {self.remedy}")


def _printable(line: str) -> str:
    """Write characters that would break the line, or steer a terminal, as their escapes."""
    if line.isprintable():
        return line
    return "".join(
        mark if mark.isprintable() else mark.encode("unicode_escape").decode("ascii") for mark in line
    )


class InvalidInput(ValueError):
    """The input cannot be used; ``faults`` holds every reason found, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def invalid(source: str, field: str, problem: str, remedy: str) -> InvalidInput:
    """Build an :class:`InvalidInput` of a single fault that has no line."""
    return InvalidInput([Fault(source, field, problem, remedy)])
