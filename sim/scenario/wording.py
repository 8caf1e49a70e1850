"""Say in plain words what pydantic found wrong with a field."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sim.errors import Fault
from sim.scenario.document import FieldPath, dotted
from sim.scenario.locating import Origin
from sim.scenario.models import Record
from sim.scenario.scenario import Scenario

# Left out, these fields follow from the venue and the date, whose faults are then the ones to mend.
_FOLLOW_VENUE: tuple[FieldPath, ...] = (("market",), ("regime",))
_DECIDE: tuple[FieldPath, ...] = (("venue",), ("list_date",))

_PEER_KINDS = ("list", "auto")
_MOST_SHOWN = 60
_LEAST_RESEMBLANCE = 0.6


def faults_of(error: ValidationError, origin: Origin) -> dict[FieldPath, Fault]:
    """Return the fault of each field that pydantic refused, by the field's path."""
    details = [(_path(detail), detail) for detail in error.errors()]
    unknown = {path for path, detail in details if detail["type"] == "extra_forbidden"}
    meant = {(*path[:-1], near): path for path in unknown if (near := _nearest(path)) is not None}
    faults: dict[FieldPath, Fault] = {}
    for path, detail in details:
        # A field that is missing because its name is misspelled is one fault, not two.
        if detail["type"] == "missing" and path in meant:
            continue
        faults[path] = _fault(path, detail, origin)
    # Said once, yet kept for each field, so that no rule reads one that is not there.
    faults |= {path: faults[cause] for path, cause in meant.items() if path not in faults}
    for path in _FOLLOW_VENUE:
        causes = [faults[cause] for cause in _DECIDE if cause in faults]
        if path in faults and causes:
            faults[path] = causes[0]
    return faults


def model_at(path: FieldPath) -> type[BaseModel] | None:
    """Return the model that holds the fields below a path."""
    model: type[BaseModel] | None = Scenario
    for part in path:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            return None
        model = record_of(model.model_fields[part])
    return model


def record_of(field: FieldInfo) -> type[Record] | None:
    """Return the model that a field holds, alone or in a list."""
    pending: list[Any] = [field.annotation]
    while pending:
        part = pending.pop()
        if isinstance(part, type) and issubclass(part, Record):
            return part
        pending.extend(get_args(part))
    return None


def close_match(word: str, known: list[str]) -> str | None:
    """Return the known word that a misspelled one most resembles."""
    nearest = get_close_matches(word.lower(), known, n=1, cutoff=_LEAST_RESEMBLANCE)
    return nearest[0] if nearest else None


def shown(value: object) -> str:
    """Write a value as a fault prints it: as YAML would, cut where it is long."""
    if value is None:
        return "null"
    text = (
        str(value).lower()
        if isinstance(value, bool)
        else repr(value)
        if isinstance(value, str)
        else str(value)
    )
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 3] + "..."


def _path(detail: ErrorDetails) -> FieldPath:
    parts = list(detail["loc"])
    if len(parts) > 1 and parts[0] == "peers" and parts[1] in _PEER_KINDS:
        del parts[1]
    return tuple(parts)


def _nearest(path: FieldPath) -> str | None:
    model = model_at(path[:-1])
    return close_match(str(path[-1]), list(model.model_fields)) if model is not None else None


@cache
def _homes() -> Mapping[str, str]:
    """Return where each field of a part of the scenario belongs, by its name."""
    homes: dict[str, str] = {}
    for name, field in Scenario.model_fields.items():
        model = record_of(field)
        for inner in model.model_fields if model is not None else ():
            homes.setdefault(inner, f"{name}.{inner}")
    return homes


def _fault(path: FieldPath, detail: ErrorDetails, origin: Origin) -> Fault:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return origin.fault(path, "is no field", _where_it_belongs(path), at_key=True)
    if kind == "missing":
        return origin.fault(path, "is missing", _example(path))
    value = origin.spelling(path) or shown(detail.get("input"))
    problem, remedy = _words(kind, value, detail, path)
    return origin.fault(path, problem, remedy)


def _where_it_belongs(path: FieldPath) -> str:
    near = _nearest(path)
    if near is not None:
        return f"did you mean {near!r}?"
    if len(path) > 1 and path[-1] in Scenario.model_fields:
        return f"{path[-1]!r} belongs to the top level"
    home = _homes().get(str(path[-1]))
    if home is not None and home != dotted(path):
        return f"it belongs to {home!r}"
    model = model_at(path[:-1])
    return f"one of: {', '.join(model.model_fields)}" if model is not None else "a known field"


def _field(path: FieldPath) -> FieldInfo | None:
    names = [part for part in path if isinstance(part, str)]
    model = model_at(tuple(names[:-1]))
    return model.model_fields.get(names[-1]) if model is not None and names else None


def _example(path: FieldPath) -> str:
    field = _field(path)
    if isinstance(path[-1], int):
        return "two prices, as [17.00, 19.60]"
    if field is None:
        return "a value"
    if get_origin(field.annotation) is Literal:
        return f"one of: {', '.join(get_args(field.annotation))}"
    if not field.examples:
        return f"{str(field.title).lower()}: {', '.join(_required(field))}"
    example = field.examples[0]
    text = f'"{example}"' if isinstance(example, str) and example.isdigit() else str(example)
    return f"{str(field.title).lower()}, as {path[-1]}: {text}"


def _required(field: FieldInfo) -> list[str]:
    model = record_of(field)
    return [name for name, inner in model.model_fields.items() if inner.is_required()] if model else []


def _words(kind: str, value: str, detail: ErrorDetails, path: FieldPath) -> tuple[str, str]:
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind in _PLAIN:
        problem, remedy = _PLAIN[kind]
        return problem.format(value), remedy
    if kind in _LIMITS:
        name, phrase = _LIMITS[kind]
        return f"{value} is out of range", f"{phrase} {_number(context[name])}{_unit_hint(path, kind)}"
    if kind == "string_type":
        if path[-1] == "code":
            return (
                f"{value} is a number, which loses its zeros",
                f'the code in quotes, as code: "{value.zfill(5)}"',
            )
        return f"{value} is no text", "a text, in quotes when it looks like a number or a day"
    if kind == "literal_error":
        known = [
            part.strip().strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(",")
        ]
        near = close_match(str(detail.get("input")), known)
        suggestion = f"; did you mean {near!r}?" if near is not None else ""
        return f"{value} is unknown", f"one of: {', '.join(known)}{suggestion}"
    return f"{value}: {detail['msg']}", _example(path)


def _number(limit: object) -> str:
    return (
        f"{limit:,}" if isinstance(limit, int) else f"{limit:g}" if isinstance(limit, float) else str(limit)
    )


def _unit_hint(path: FieldPath, kind: str) -> str:
    name = path[-1]
    if kind == "less_than_equal" and name in ("first_day_return", "grey_return"):
        return ": a simple return, +468.78% is 4.6878"
    if kind == "less_than_equal" and name in ("public_tranche", "fraction", "downward_flexibility"):
        return ": a fraction, 5% is 0.05"
    return ""


_NUMBER = ("{} is no number", "a number in plain digits: no quotes, unit or percent sign")
_WHOLE = ("{} is no whole number", "a whole number in plain digits")
_FIELDS = ("{} does not hold fields", "fields, each as name: value")
_LIST = ("{} is no list", "a list, as [a, b] or with a dash for each item")

_PLAIN: Mapping[str, tuple[str, str]] = {
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": ("{} is too large", "a number of at most 18 digits"),
    "finite_number": ("{} is not finite", "a finite number"),
    "bool_type": ("{} is no truth value", "true or false"),
    "day": ("{} is no day", "a day as year-month-day, 2026-01-02"),
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
    "tuple_type": _LIST,
    "too_long": ("{} has too many items", "two prices, as [17.00, 19.60]"),
    "string_too_short": ("is empty", "a text"),
    "string_too_long": ("{} is too long", "a text of at most 300 characters"),
}

_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
