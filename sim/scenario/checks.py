"""Run the rules of :mod:`sim.scenario.rules` and its sisters on a scenario, whole or partly unsound.

Each rule names the fields it reads and runs when all of them are sound, whatever is wrong elsewhere, so that
the faults of a file come out at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, get_origin

from pydantic import TypeAdapter

from sim.errors import Fault
from sim.scenario.document import FieldPath
from sim.scenario.locating import Origin
from sim.scenario.models import Record
from sim.scenario.observed_rules import OBSERVED_CHECKS
from sim.scenario.rules import CHECKS
from sim.scenario.scenario import Scenario, filled_in
from sim.scenario.schedule_rules import SCHEDULE_CHECKS
from sim.scenario.wording import record_of


def broken_rules(scenario: Scenario, origin: Origin, unsound: Collection[FieldPath] = ()) -> list[Fault]:
    """Return the faults of the rules that can be checked.

    Parameters
    ----------
    scenario
        A scenario; fields at or below an unsound path may be absent.
    origin
        Where its fields were given.
    unsound
        Paths of the fields that are missing or invalid.
    """
    faults: list[Fault] = []
    for check in (*CHECKS, *OBSERVED_CHECKS, *SCHEDULE_CHECKS):
        if any(_overlap(field, path) for field in check.reads for path in unsound):
            continue
        faults.extend(
            origin.fault(finding.path, finding.problem, finding.remedy, check.reads)
            for finding in check.rule(scenario)
        )
    return faults


def sound_part(data: object, unsound: Collection[FieldPath]) -> Scenario:
    """Build a scenario of the sound fields alone, to check rules on; the others are absent."""
    draft = _draft(Scenario, filled_in(data), (), frozenset(unsound))
    if not isinstance(draft, Scenario):
        raise TypeError(f"{draft!r} is no scenario")
    return draft


def _overlap(one: FieldPath, other: FieldPath) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _draft(model: type[Record], data: object, path: FieldPath, unsound: frozenset[FieldPath]) -> Record:
    given: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        here = (*path, name)
        below = [bad for bad in unsound if bad[: len(here)] == here]
        if given.get(name) is None:
            if not field.is_required() and here not in below:
                values[name] = field.get_default(call_default_factory=True)
        elif not below:
            values[name] = TypeAdapter(field.rebuild_annotation()).validate_python(given[name])
        elif here not in below and get_origin(field.annotation) is not tuple:
            inner = record_of(field)
            if inner is not None and isinstance(given[name], Mapping):
                values[name] = _draft(inner, given[name], here, unsound)
    return model.model_construct(**values)
