"""Changes to a scenario by dotted path, as options and sweeps make them."""

from __future__ import annotations

import copy
import numbers
from collections.abc import Iterable, Mapping

from sim.errors import Fault, InvalidInput
from sim.scenario.document import FieldPath
from sim.scenario.locating import option
from sim.scenario.reading import parse_value

# Ways of saying the same thing: setting one takes back the others.
_ALTERNATIVES: tuple[frozenset[FieldPath], ...] = (
    frozenset({("over_allotment", "fraction"), ("over_allotment", "shares")}),
    frozenset(("cornerstones", name) for name in ("amount_hkd", "amount_usd", "shares", "fraction")),
)
_RATE: FieldPath = ("cornerstones", "usd_hkd")


def parse_changes(options: Iterable[str]) -> dict[str, object]:
    """Read options written ``field=value``; a value is YAML, so ``null`` takes a field back.

    Raises
    ------
    InvalidInput
        With each option that has no equals sign, no field, or a value that is not YAML, or repeats a field.
    """
    changes: dict[str, object] = {}
    faults: list[Fault] = []
    for text in options:
        name, equals, value = text.partition("=")
        name = name.strip()
        source = f"--set {text}"
        if not equals or not name:
            faults.append(Fault(source, "", "is no change", "field=value, as offer.price=19.60"))
        elif name in changes:
            faults.append(Fault(source, name, "is set twice", "each field once"))
        else:
            try:
                changes[name] = parse_value(value, source)
            except InvalidInput as error:
                faults.extend(Fault(source, name, fault.problem, fault.remedy) for fault in error.faults)
    if faults:
        raise InvalidInput(faults)
    return changes


def changed(data: object, changes: Mapping[str, object]) -> tuple[object, dict[FieldPath, str], list[Fault]]:
    """Apply changes to plain data.

    Returns
    -------
    data
        A changed copy.
    options
        The option that set each changed path.
    faults
        Changes whose path leads nowhere.

    Notes
    -----
    Setting one of several ways to say the same thing takes back the others: ``over_allotment.shares``
    replaces ``over_allotment.fraction``, ``cornerstones.fraction`` replaces an amount of money.
    """
    result = copy.deepcopy(data)
    options: dict[FieldPath, str] = {}
    faults: list[Fault] = []
    paths = {name: _split(name) for name in changes}
    for name, value in changes.items():
        path, source = paths[name], option(name, value)
        options[path] = source
        problem = _set(result, path, _plain(value))
        if problem is not None:
            faults.append(Fault(source, name, problem, "the dotted path of a field, as offer.price"))
    for path in paths.values():
        for other in _displaced(path) - set(paths.values()):
            _remove(result, other)
    return result, options, faults


def _split(name: str) -> FieldPath:
    return tuple(int(part) if part.isascii() and part.isdigit() else part for part in name.split("."))


def _plain(value: object) -> object:
    """Turn numbers of other libraries, as a grid of a sweep holds them, into Python's own."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _set(data: object, path: FieldPath, value: object) -> str | None:
    """Set a value in place; return what is wrong with the path, if anything."""
    holder = data
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(holder, list):
            if not isinstance(part, int) or part >= len(holder):
                return f"{part!r} is no item of a list of {len(holder)}"
            if last:
                holder[part] = value
            holder = holder[part]
        elif isinstance(holder, dict):
            if not isinstance(part, str) or not part:
                return f"{part!r} is no field"
            if last:
                holder[part] = value
            elif holder.get(part) is None:
                holder[part] = {}
            holder = holder[part]
        else:
            return f"{path[depth - 1]!r} holds a single value" if depth else "there are no fields to set"
    return None


def _displaced(path: FieldPath) -> set[FieldPath]:
    displaced: set[FieldPath] = set()
    for group in _ALTERNATIVES:
        if path in group:
            displaced |= group - {path}
            if path[0] == "cornerstones" and path[-1] != "amount_usd":
                displaced.add(_RATE)
    return displaced


def _remove(data: object, path: FieldPath) -> None:
    holder = data
    for part in path[:-1]:
        if not isinstance(holder, dict):
            return
        holder = holder.get(str(part))
    if isinstance(holder, dict):
        holder.pop(path[-1], None)
