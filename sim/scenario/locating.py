"""Where a field was given: in the file, by an option, or nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sim.errors import Fault
from sim.scenario.document import Document, FieldPath, Place, dotted


def option(name: str, value: object) -> str:
    """Write a change as the option that makes it."""
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"--set {name}={shown}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the fields of a scenario came from.

    Parameters
    ----------
    source
        Name of the file or of the caller.
    document
        Places in the file; ``None`` where there is no file.
    options
        The option that set a field, by the field's path.
    """

    source: str
    document: Document | None = None
    options: Mapping[FieldPath, str] = field(default_factory=dict)

    def fault(
        self,
        path: FieldPath,
        problem: str,
        remedy: str,
        involved: Iterable[FieldPath] = (),
        at_key: bool = False,
    ) -> Fault:
        """Build a fault at a field.

        Parameters
        ----------
        path
            The field.
        involved
            Fields whose values took part: where an option set one of them, the option is at fault.
        at_key
            Whether the name of the field is wrong rather than its value.
        """
        for candidate in (path, *involved):
            for changed, name in self.options.items():
                if candidate[: len(changed)] == changed:
                    return Fault(name, dotted(path), problem, remedy)
        if at_key and (self.document is None or path not in self.document.keys):
            # An option may set a field inside one that is none, as foo.bar.
            for changed, name in self.options.items():
                if changed[: len(path)] == path:
                    return Fault(name, dotted(path), problem, remedy)
        place = self._place(path, at_key)
        if place is None:
            return Fault(self.source, dotted(path), problem, remedy)
        return Fault(self.source, dotted(path), problem, remedy, place.line, place.column)

    def spelling(self, path: FieldPath) -> str | None:
        """Return a scalar as it was written, ``None`` where that is not known."""
        if self.document is None or any(path[: len(changed)] == changed for changed in self.options):
            return None
        return self.document.spelling.get(path)

    def _place(self, path: FieldPath, at_key: bool) -> Place | None:
        if self.document is None:
            return None
        for length in range(len(path), 0, -1):
            part = path[:length]
            key, value = self.document.keys.get(part), self.document.values.get(part)
            # A block starts on the line below its name, which is the better place to point at.
            if value is not None and not at_key and (key is None or key.line == value.line):
                return value
            if key is not None:
                return key
        return Place(1, 1)


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Sort faults by place; those of options, which have none, come last. Repeated ones are dropped."""
    unique = dict.fromkeys(faults)
    return sorted(unique, key=lambda fault: (fault.line is None, fault.line or 0, fault.column or 0))
