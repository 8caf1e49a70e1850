"""The deal behind the page: a scenario and its market as loaded, and what the controls make of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.errors import Fault, InvalidInput
from sim.explore.controls import IN_MARKET, Control, controls_of
from sim.market.compatibility import check_market, check_market_of
from sim.market.parameters import Market, load_market, market_from_mapping
from sim.scenario import Scenario, load_scenario, with_changes
from sim.scenario.changes import changed
from sim.scenario.reading import read_document

PATHS = 20_000
SHIPPED = Path(__file__).resolve().parent.parent / "data" / "scenarios" / "biren_06082.yaml"
"""The deal shown when none is named."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A scenario as loaded.

    Parameters
    ----------
    stem
        Name of its file without the suffix.
    written
        The fields as the file writes them.
    scenario, market
        What is simulated.
    controls
        What can be moved.
    identity
        Stands for all of it: two deals of one identity answer alike.
    """

    stem: str
    written: Mapping[str, Any] = field(repr=False)
    scenario: Scenario
    market: Market
    controls: tuple[Control, ...]
    identity: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A deal with its controls moved.

    ``written`` are the fields of a scenario file that says the same; ``market_moved`` whether the market is no longer
    the one that the scenario names.
    """

    scenario: Scenario
    market: Market
    written: Mapping[str, Any]
    market_moved: bool


def load_deal(path: Path, paths: int = PATHS) -> Deal:
    """Load the scenario that the page starts from.

    Raises
    ------
    InvalidInput
        When the scenario or its market cannot be used.
    """
    setting = {"simulation.paths": paths}
    scenario = load_scenario(path, setting)
    check_market_of(scenario, path)
    market = load_market(scenario.market, path.parent, scenario.list_date)
    written, _, _ = changed(read_document(path).data, setting)
    if not isinstance(written, dict):
        raise TypeError(f"{path} holds no fields")
    return Deal(
        path.stem, written, scenario, market, controls_of(scenario, market), _identity(scenario, market)
    )


def _identity(scenario: Scenario, market: Market) -> str:
    from sim.kernels._jit import kernel_hash

    content = [kernel_hash(), scenario.resolved(), market.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def moved(deal: Deal, values: Mapping[str, float | None]) -> Moved:
    """Set the values of some controls.

    Raises
    ------
    InvalidInput
        With every rule of a scenario that the values break. The field of each fault is the name of the control at
        fault, or empty when it is none in particular.
    """
    changes = {name: value for name, value in values.items() if not name.startswith(IN_MARKET)}
    parameters = {
        name.removeprefix(IN_MARKET): value for name, value in values.items() if name.startswith(IN_MARKET)
    }
    scenario, market, written = deal.scenario, deal.market, dict(deal.written)
    try:
        if changes:
            scenario = with_changes(scenario, changes)
            written = _written(deal.written, changes)
        if parameters:
            data, _, _ = changed(market.model_dump(), parameters)
            market = market_from_mapping(data, market.name)
        check_market(scenario, market, scenario.name)
    except InvalidInput as refusal:
        raise InvalidInput(_at_control(fault, deal.controls) for fault in refusal.faults) from refusal
    return Moved(scenario, market, written, bool(parameters))


def _written(written: Mapping[str, Any], changes: Mapping[str, float | None]) -> dict[str, Any]:
    data, _, _ = changed(dict(written), changes)
    if not isinstance(data, dict):
        raise TypeError("a scenario holds fields")
    return data


def _at_control(fault: Fault, controls: tuple[Control, ...]) -> Fault:
    """Name the control at fault: the one whose change the fault points at, or that of its field."""
    option = fault.source.removeprefix("--set ").partition("=")[0]
    for name in (option, fault.field):
        if any(control.name == name for control in controls):
            return replace(fault, field=name)
    return replace(fault, field="")
