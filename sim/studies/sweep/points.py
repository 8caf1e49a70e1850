"""The points of a sweep: which value each field takes, and the scenario that comes of them, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from sim.engine import term_parameters
from sim.errors import Fault, InvalidInput
from sim.market.compatibility import check_market
from sim.market.parameters import Market, load_market
from sim.scenario.loading import scenario_from_document
from sim.scenario.locating import in_order, option
from sim.scenario.models import Record
from sim.scenario.scenario import Scenario
from sim.studies.sweep.spec import Hypercube, Sweep, stratified

_MOST_FAULTS = 100
_MOST_PARTS = 1_000
"""Parts of a name that are shared: beyond it a field has nearly as many values as there are points."""
_REMEMBERED = 20_000
"""Scenarios held at once, 2 to 6 kilobytes each; those of a larger sweep are built again when their turn comes."""

Checked = Callable[[int, int], None]
"""Told of the points checked and of the points in all."""


def hypercube_points(cube: Hypercube) -> list[dict[str, object]]:
    """Return the points of a Latin hypercube (McKay, Beckman and Conover 1979).

    Every field's range is cut into as many strata of equal probability as there are points; a random permutation
    deals them out and a uniform draw places the point in its stratum. Each field draws from a stream of its own,
    so that one field more leaves the values of those before it.
    """
    columns = []
    for number, span in enumerate(cube.spans):
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([cube.seed, number])))
        shares = (generator.permutation(cube.points) + generator.random(cube.points)) / cube.points
        columns.append([stratified(span, share) for share in shares.tolist()])
    names = [span.field for span in cube.spans]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


class Points:
    """The points of a sweep, numbered from 0; in a grid the last field varies fastest."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self._cube = None if sweep.hypercube is None else hypercube_points(sweep.hypercube)
        self._built: dict[int, Scenario] = {}
        self._parts: dict[str, dict[object, object]] = {}
        self._markets: dict[tuple[str, date], Market] = {}
        self.paths: list[int] = []

    def __len__(self) -> int:
        return self.sweep.points

    def values(self, point: int) -> Mapping[str, object]:
        """Return the swept fields of a point."""
        if self._cube is not None:
            return self._cube[point]
        values: dict[str, object] = {}
        for axis in reversed(self.sweep.axes):
            point, place = divmod(point, len(axis.values))
            values[axis.field] = axis.values[place]
        return {field: values[field] for field in self.sweep.fields}

    def scenario(self, point: int) -> Scenario:
        """Return the scenario of a point.

        Raises
        ------
        InvalidInput
            When there is none: its values break a rule.
        """
        known = self._built.get(point)
        if known is not None:
            return known
        changes = {**self.sweep.changes, **self.values(point)}
        scenario = self._shared(scenario_from_document(self.sweep.base, self.sweep.base_file, changes))
        if len(self._built) < _REMEMBERED:
            self._built[point] = scenario
        return scenario

    def _shared(self, scenario: Scenario) -> Scenario:
        """Share the parts that points have in common: they are sent to a worker, and held, once."""
        shared = {}
        for name, part in scenario:
            if isinstance(part, Record | tuple):
                known = self._parts.setdefault(name, {})
                shared[name] = known.get(part, part)
                if len(known) < _MOST_PARTS:
                    known[part] = shared[name]
        return scenario.model_copy(update=shared)

    def market_of(self, scenario: Scenario) -> Market:
        """Return the market of a point's scenario, read once."""
        key = (scenario.market, scenario.list_date)
        if key not in self._markets:
            self._markets[key] = load_market(key[0], self.sweep.base_file.parent, key[1])
        return self._markets[key]

    def markets(self) -> list[Market]:
        """Return the markets of all points that were checked."""
        return list(self._markets.values())

    def check(self, told: Checked | None = None) -> None:
        """Check every point, its market and its terms, without simulating anything; notes their ``paths``.

        Raises
        ------
        InvalidInput
            With every fault once, at the place of the value behind it, and the first point that has it.
        """
        found: dict[Fault, tuple[int, int]] = {}
        self.paths = []
        for point in range(len(self)):
            for fault in self._faults_of(point):
                first, count = found.get(fault, (point, 0))
                found[fault] = (first, count + 1)
            if len(found) > _MOST_FAULTS:
                break
            if told is not None:
                told(point + 1, len(self))
        if found:
            raise InvalidInput(in_order(self._worded(fault, *seen) for fault, seen in found.items()))

    def _faults_of(self, point: int) -> list[Fault]:
        try:
            scenario = self.scenario(point)
            market = self.market_of(scenario)
            check_market(scenario, market, str(self.sweep.base_file))
            term_parameters(scenario, market)
            self.paths.append(scenario.simulation.paths)
        except InvalidInput as fault:
            return [self._placed(each, point) for each in fault.faults]
        return []

    def _placed(self, fault: Fault, point: int) -> Fault:
        """Move the fault of a change to where the sweep file makes it."""
        for field, value in {**self.sweep.changes, **self.values(point)}.items():
            if fault.source == option(field, value):
                place = self.sweep.place(field, value)
                return replace(fault, source=self.sweep.document.source, line=place.line, column=place.column)
        return fault

    def _worded(self, fault: Fault, first: int, count: int) -> Fault:
        values = ", ".join(f"{field}: {value}" for field, value in self.values(first).items())
        others = f" and {count - 1:,} others" if count > 1 else ""
        return replace(fault, problem=f"{fault.problem} (point {first}{others}: {values})")
