"""Build a scenario from a file or from plain data, or say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from sim.errors import Fault, InvalidInput
from sim.scenario.changes import changed
from sim.scenario.checks import broken_rules, sound_part
from sim.scenario.document import Document, FieldPath
from sim.scenario.locating import Origin, in_order
from sim.scenario.markets import located_allotment, located_market
from sim.scenario.reading import read_document
from sim.scenario.scenario import Scenario
from sim.scenario.wording import faults_of

NO_CHANGES: Mapping[str, object] = MappingProxyType({})


def load_scenario(path: str | Path, changes: Mapping[str, object] = NO_CHANGES) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path
        A YAML 1.2 file; `sim.scenario.scenario_schema` describes it.
    changes
        Values by dotted path, ``{"over_allotment.fraction": 0}``, set before the scenario is checked;
        ``None`` takes a field back.

    Raises
    ------
    InvalidInput
        With every fault: its file, line and column, or the option that set the field.
    """
    file = Path(path)
    return scenario_from_document(read_document(file), file, changes)


def scenario_from_document(
    document: Document, file: Path, changes: Mapping[str, object] = NO_CHANGES
) -> Scenario:
    """Build a scenario from a file that was read already; see :func:`load_scenario`."""
    data, options, faults = changed(document.data, changes)
    return _built(data, Origin(str(file), document, options), file.parent, faults)


def scenario_from_mapping(
    mapping: Mapping[str, object],
    source: str = "<scenario>",
    changes: Mapping[str, object] = NO_CHANGES,
) -> Scenario:
    """Build a scenario from plain data, such as :meth:`Scenario.resolved` returns.

    Parameters
    ----------
    mapping
        Fields of a scenario.
    source
        Where the data came from, for faults.
    changes
        As for :func:`load_scenario`.

    Raises
    ------
    InvalidInput
        With every fault.
    """
    data, options, faults = changed(dict(mapping), changes)
    return _built(data, Origin(source, None, options), Path(), faults)


def with_changes(scenario: Scenario, changes: Mapping[str, object]) -> Scenario:
    """Return a scenario with some fields set anew, checked like a fresh one; see :func:`load_scenario`."""
    return scenario_from_mapping(scenario.resolved(), scenario.name, changes)


def _built(data: object, origin: Origin, folder: Path, faults: list[Fault]) -> Scenario:
    # What could not be read is a fault already: its empty value is not one more.
    unread: dict[FieldPath, Fault] = dict(origin.document.faults) if origin.document is not None else {}
    unsound = unread
    scenario = None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        unsound = faults_of(error, origin) | unread
    part = sound_part(data, unsound) if scenario is None else scenario
    faults = [*faults, *unsound.values(), *broken_rules(part, origin, unsound)]
    market = located_market(part.market, folder) if ("market",) not in unsound else None
    if isinstance(market, Fault):
        faults.append(origin.fault(("market",), market.problem, market.remedy))
    ladder = located_allotment(part.allotment, folder) if ("allotment",) not in unsound else None
    if isinstance(ladder, Fault):
        faults.append(origin.fault(("allotment",), ladder.problem, ladder.remedy))
    if faults or scenario is None or not isinstance(market, str) or isinstance(ladder, Fault):
        raise InvalidInput(in_order(faults))
    return scenario.model_copy(update={"market": market, "allotment": ladder})
