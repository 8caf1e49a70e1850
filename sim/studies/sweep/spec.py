"""The file of a sweep: what is varied, read with the place of every value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import Fault, InvalidInput
from sim.scenario.document import Document, FieldPath, Place
from sim.scenario.fields import MOST_SEED
from sim.scenario.locating import Origin, in_order
from sim.scenario.reading import read_document
from sim.scenario.wording import close_match, shown

MOST_SCENARIOS = 1_000_000
"""Points times replicates; each is checked before any is simulated, and has two hundred rows of the dataset."""

_TOP = ("name", "scenario", "set", "grid", "latin_hypercube", "replicates")
_HYPERCUBE = ("points", "seed", "fields")
_RANGE = ("from", "to", "count", "scale", "whole")
_BETWEEN = ("from", "to", "scale", "whole")
_SCALES = ("linear", "log")


@dataclass(frozen=True, slots=True)
class Axis:
    """A field of a grid and the values that it takes."""

    field: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A field of a Latin hypercube: uniform between two numbers or in their logarithms, or one of some choices."""

    field: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypercube:
    """A Latin hypercube: every field's range is cut into as many strata as there are points, one point in each."""

    points: int
    seed: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep file says.

    Parameters
    ----------
    name
        Name of the sweep.
    document
        The file, with its places.
    base_file, base
        The scenario that is varied.
    changes
        Fields set in every point.
    axes, hypercube
        What is varied; one of the two.
    replicates
        Independent simulations of every point.
    """

    name: str
    document: Document
    base_file: Path
    base: Document
    changes: Mapping[str, object]
    axes: tuple[Axis, ...]
    hypercube: Hypercube | None
    replicates: int

    @property
    def fields(self) -> tuple[str, ...]:
        """The swept fields, in the order of the file."""
        if self.hypercube is not None:
            return tuple(span.field for span in self.hypercube.spans)
        return tuple(axis.field for axis in self.axes)

    @property
    def points(self) -> int:
        """How many combinations of values there are."""
        if self.hypercube is not None:
            return self.hypercube.points
        return math.prod(len(axis.values) for axis in self.axes)

    def place(self, field: str, value: object) -> Place:
        """Return where a value of a field was given: itself where it stands in a list, else its field's name."""
        for above in (("grid",), ("latin_hypercube", "fields"), ("set",)):
            here = (*above, field)
            if here in self.document.keys:
                return self._place_of(here, value)
        return Place(1, 1)

    def _place_of(self, here: FieldPath, value: object) -> Place:
        data: Any = self.document.data
        for part in here:
            data = data[part]
        if isinstance(data, list) and value in data:
            return self.document.values[(*here, data.index(value))]
        return self.document.keys[here]


def load_sweep(path: str | Path) -> Sweep:
    """Read the file of a sweep; its points are checked by :func:`sim.studies.sweep.points.check_points`.

    Raises
    ------
    InvalidInput
        With every fault of the file, and where the base scenario is no YAML.
    """
    file = Path(path)
    return _Reader(read_document(file, "sweep"), file).sweep()


class _Reader:
    """Reads one document and gathers its faults."""

    def __init__(self, document: Document, file: Path) -> None:
        self._document, self._file = document, file
        self._origin = Origin(str(file), document)
        self._faults: list[Fault] = [fault for _, fault in document.faults]
        self._unread = {path for path, _ in document.faults}
        self._data: Mapping[str, Any] = document.data if isinstance(document.data, Mapping) else {}

    def sweep(self) -> Sweep:
        self._known(self._data, (), _TOP)
        name = self._data.get("name", self._file.stem)
        if not isinstance(name, str) or not name.strip():
            self._fault(("name",), f"{shown(name)} is no text", "a name, as name: greenshoe and cornerstones")
        base_file = self._base_file()
        changes = self._fields(("set",), self._data.get("set", {}))
        axes = self._axes()
        hypercube = self._hypercube()
        if ("grid" in self._data) == ("latin_hypercube" in self._data):
            both = "grid" in self._data
            problem = "is given beside grid" if both else "is missing, and so is grid"
            self._fault(("latin_hypercube",), problem, "one of the two: what is to be varied")
        varied = [axis.field for axis in axes]
        if hypercube is not None:
            varied += [span.field for span in hypercube.spans]
        for field in varied:
            if field in changes:
                self._fault(("set", field), "is varied too", "each field in one place")
        self._no_overlaps(varied, changes)
        replicates = self._whole(("replicates",), self._data.get("replicates", 1), 1, MOST_SCENARIOS)
        base = None
        if base_file is not None:
            try:
                base = read_document(base_file)
            except InvalidInput as fault:
                self._faults.extend(fault.faults)
        points = hypercube.points if hypercube is not None else math.prod(len(axis.values) for axis in axes)
        if points * replicates > MOST_SCENARIOS:
            above = ("grid",) if hypercube is None else ("latin_hypercube",)
            self._fault(
                above,
                f"makes {points:,} points, {points * replicates:,} scenarios with {replicates} replicates",
                f"at most {MOST_SCENARIOS:,} scenarios: fewer values, or a Latin hypercube",
            )
        if self._faults or base is None or base_file is None:
            raise InvalidInput(in_order(self._faults))
        return Sweep(str(name), self._document, base_file, base, changes, axes, hypercube, replicates)

    def _fault(self, path: FieldPath, problem: str, remedy: str, *, at_key: bool = False) -> None:
        if path not in self._unread:
            self._faults.append(self._origin.fault(path, problem, remedy, at_key=at_key))

    def _no_overlaps(self, varied: list[str], changes: Mapping[str, Any]) -> None:
        """Refuse a field that would take back what is given for one within it; columns would tell of the lost one.

        A field may be varied within one that is set as a whole: what is varied is put in later.
        """
        above = ("grid",) if "grid" in self._data else ("latin_hypercube", "fields")
        for field, path, within in (
            *((field, (*above, field), (*changes, *varied)) for field in varied),
            *((field, ("set", field), tuple(changes)) for field in changes),
        ):
            for other in within:
                if other.startswith(f"{field}."):
                    self._fault(
                        path, f"holds {other}, which is given by itself too", "each value in one place"
                    )

    def _known(self, data: Mapping[str, Any], above: FieldPath, names: tuple[str, ...]) -> None:
        for key in data:
            if key not in names:
                near = close_match(str(key), list(names))
                remedy = f"one of: {', '.join(names)}" if near is None else f"did you mean {near!r}?"
                self._fault((*above, str(key)), "is no field of a sweep", remedy, at_key=True)

    def _base_file(self) -> Path | None:
        given = self._data.get("scenario")
        if not isinstance(given, str) or not given.strip():
            problem = "is missing" if given is None else f"{shown(given)} is no file"
            self._fault(("scenario",), problem, "the scenario file to vary, relative to this file")
            return None
        file = self._file.parent / given
        try:
            there = file.is_file()
        except OSError as fault:
            self._fault(("scenario",), f"cannot be read: {fault.strerror}", "a path relative to this file")
            return None
        if not there:
            self._fault(("scenario",), f"there is no file {str(file)!r}", "a path relative to this file")
            return None
        return file

    def _fields(self, above: FieldPath, given: object) -> Mapping[str, Any]:
        """Return fields by dotted path, where they are a mapping."""
        if isinstance(given, Mapping):
            return given
        self._fault(above, f"{shown(given)} does not hold fields", "fields, each as offer.price: value")
        return {}

    def _axes(self) -> tuple[Axis, ...]:
        if "grid" not in self._data:
            return ()
        axes = []
        given = self._fields(("grid",), self._data["grid"])
        if not given and ("grid",) not in self._unread and isinstance(self._data["grid"], Mapping):
            self._fault(("grid",), "varies no field", "a field with its values, as offer.price: [18, 19]")
        for field, values in given.items():
            path = ("grid", field)
            if isinstance(values, Mapping):
                axes.append(Axis(str(field), tuple(self._spaced(path, values))))
                continue
            if not isinstance(values, list) or not values:
                self._fault(
                    path, f"{shown(values)} is no list of values", "values, as [0, 0.15], or from and to"
                )
                continue
            self._no_twins(path, values)
            axes.append(Axis(str(field), tuple(values)))
        return tuple(axes)

    def _no_twins(self, path: FieldPath, values: list[Any]) -> None:
        known: set[object] = set()
        for place, value in enumerate(values):
            # 1 and 1.0 are one number, but not true; a day is the same in quotes.
            number = isinstance(value, int | float) and not isinstance(value, bool)
            told = value if number else json.dumps(value, sort_keys=True, default=str)
            if told in known:
                self._fault((*path, place), f"{shown(value)} is given twice", "each value once")
            known.add(told)

    def _spaced(self, path: FieldPath, given: Mapping[str, Any]) -> list[Any]:
        """Values evenly spaced between two numbers, or in their logarithms."""
        self._known(given, path, _RANGE)
        span = self._span(path, given)
        count = self._whole((*path, "count"), given.get("count"), 2, MOST_SCENARIOS)
        if span is None or count < 2:
            return [0.0]
        # A flood of values is refused by the number of points, before they are laid out.
        if count > MOST_SCENARIOS:
            return [0.0]
        values = [value_between(span, step / (count - 1)) for step in range(count)]
        different = len(set(values))
        if different < count:
            problem = f"{count:,} values, of which {different:,} are different"
            self._fault((*path, "count"), problem, "fewer values")
        return values

    def _hypercube(self) -> Hypercube | None:
        if "latin_hypercube" not in self._data:
            return None
        top: FieldPath = ("latin_hypercube",)
        given = self._fields(top, self._data["latin_hypercube"])
        self._known(given, top, _HYPERCUBE)
        points = self._whole((*top, "points"), given.get("points"), 1, 10**18)
        seed = self._whole((*top, "seed"), given.get("seed"), 0, MOST_SEED)
        spans = []
        fields = self._fields((*top, "fields"), given.get("fields"))
        if isinstance(given.get("fields"), Mapping) and not fields:
            self._fault((*top, "fields"), "varies no field", "a field with from and to")
        for field, told in fields.items():
            path = (*top, "fields", field)
            if isinstance(told, list) and told:
                self._no_twins(path, told)
                spans.append(Span(str(field), choices=tuple(told)))
            elif isinstance(told, Mapping):
                self._known(told, path, _BETWEEN)
                span = self._span(path, told)
                if span is not None:
                    spans.append(span)
            else:
                self._fault(path, f"{shown(told)} is no range", "from and to, or a list of choices")
        return Hypercube(points, seed, tuple(spans))

    def _span(self, path: FieldPath, given: Mapping[str, Any]) -> Span | None:
        ends: list[float] = []
        for key in ("from", "to"):
            value = given.get(key)
            if isinstance(value, bool) or not isinstance(value, int | float) or not _has_float(value):
                problem = "is missing" if value is None else f"{shown(value)} is no finite number"
                self._fault((*path, key), problem, "a number, as from: 0")
            else:
                ends.append(float(value))
        scale, whole = given.get("scale", "linear"), given.get("whole", False)
        if scale not in _SCALES:
            self._fault((*path, "scale"), f"{shown(scale)} is unknown", f"one of: {', '.join(_SCALES)}")
        if not isinstance(whole, bool):
            self._fault((*path, "whole"), f"{shown(whole)} is no truth value", "true or false")
        if len(ends) < 2:
            return None
        low, high = ends
        if low >= high:
            self._fault((*path, "to"), f"{high:g} is not above from: {low:g}", "the larger number")
        elif scale == "log" and low <= 0.0:
            self._fault((*path, "from"), f"{low:g} has no logarithm", "a positive number, or scale: linear")
        elif whole is True and not (low.is_integer() and high.is_integer()):
            self._fault((*path, "from"), "whole values between broken ends", "whole numbers for from and to")
        else:
            return Span(
                path[-1] if isinstance(path[-1], str) else "", low, high, scale == "log", whole is True
            )
        return None

    def _whole(self, path: FieldPath, value: object, least: int, most: int) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            problem = "is missing" if value is None else f"{shown(value)} is out of range"
            self._fault(path, problem, f"a whole number from {least:,} to {most:,}")
            return least
        return value


def _has_float(value: float) -> bool:
    """Whether a number is finite and a whole one not beyond all floats."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def value_between(span: Span, share: float) -> float | int:
    """Return the value at a share, 0 to 1, of the way from a span's low end to its high one."""
    if span.log:
        value = math.exp(math.log(span.low) + share * (math.log(span.high) - math.log(span.low)))
    else:
        value = span.low + share * (span.high - span.low)
    # The ends are as they were written, not as a logarithm brings them back.
    value = span.low if share == 0.0 else span.high if share == 1.0 else min(max(value, span.low), span.high)
    return round(value) if span.whole else value


def stratified(span: Span, share: float) -> object:
    """Return the value of a uniform draw ``share``; on a linear scale whole numbers are equally likely."""
    if span.choices:
        return span.choices[min(int(share * len(span.choices)), len(span.choices) - 1)]
    if span.whole and not span.log:
        return int(min(span.low + math.floor(share * (span.high - span.low + 1.0)), span.high))
    return value_between(span, share)
