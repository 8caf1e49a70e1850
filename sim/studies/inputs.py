"""The inputs of a sensitivity: what each is, how uncertain, and where that comes from.

====================  =========================================================  ====================================
source                inputs                                                     range
====================  =========================================================  ====================================
fitted                quantities of :mod:`sim.studies.fitted`                    posterior: normal, one standard error
set                   stabilisation and placing activity, set and not fitted     as docs/decisions/model-form.md tells
noise                 coverage so far                                            its own noise, one deviation
terms                 over-allotment                                             none to 15% of the upsized offer
what if               cornerstones, coverages, grey-market close, once known     10%, 20%, 5 points to either side
yours                 any number of the scenario, or ``market.`` and a field     as given
====================  =========================================================  ====================================

Fitted, set and noise are uncertainty: what a forecast does not know. Terms and what-ifs are known; they say what
would change if they were otherwise, and enter variances only when named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from sim.errors import Fault, InvalidInput, invalid
from sim.scenario.scenario import Scenario
from sim.studies.fitted import Direction, Scale, directions
from sim.studies.setting import BASE, Deal, Setting, checked, field_of

Source = Literal["fitted", "set", "noise", "terms", "what if", "yours"]
Law = Literal["normal", "uniform"]
UNCERTAIN: tuple[Source, ...] = ("fitted", "set", "noise", "yours")
REACH = 3.0
"""How far a normal input plausibly goes, in standard deviations."""

SET_RANGES: dict[str, tuple[str, float, float]] = {
    "stabilisation.opening_absorption": ("sellers met in the auction", 0.2, 0.4),
    "stabilisation.absorption_per_day": ("sellers met, rate a day", 2.5, 10.0),
    "stabilisation.elasticity": ("elasticity of the lift", 10.0, 40.0),
    "demand.placing_activity": ("placing that trades", 0.2, 0.4),
}
"""Numbers of a market that are set, not fitted: half and double, or a third to either side."""
MOST_OVER_ALLOTMENT = 0.15
WHAT_IF_COVERAGE, WHAT_IF_CORNERSTONES, WHAT_IF_GREY = 0.2, 0.1, 0.05


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Parameters
    ----------
    name, label, unit
        On the command line, for people, and of its values.
    source, law
        Where its range comes from; ``normal``: one standard deviation to either side, ``uniform``: all of it.
    base, low, high
        Value now, and both ends of its range; see ``shown``.
    move
        Sets the input to a value.
    scale
        Whether values are logarithms, which people are shown as the number or the return.
    read
        From a value to the quantity where the input is so set: a direction is straight in the parameters, the
        quantity it moves need not be. ``None``: the value itself.
    """

    name: str
    label: str
    unit: str
    source: Source
    law: Law
    base: float
    low: float
    high: float
    move: Callable[[Setting, float], Setting] = field(repr=False)
    scale: Scale = "as is"
    read: Callable[[float], float] | None = field(default=None, repr=False)

    def shown(self, value: float) -> float:
        """Return a value as people know it."""
        if self.read is not None:
            value = self.read(value)
        if self.scale == "as is":
            return value
        return math.exp(value) if self.scale == "log" else math.expm1(value)

    @property
    def is_uncertain(self) -> bool:
        """Whether a forecast does not know it; terms and what-ifs are known."""
        return self.source in UNCERTAIN

    @property
    def sd(self) -> float:
        """Standard deviation."""
        width = self.high - self.low
        return width / 2.0 if self.law == "normal" else width / math.sqrt(12.0)

    @property
    def limits(self) -> tuple[float, float]:
        """Plausible range: three deviations to either side, or the range as stated."""
        if self.law == "uniform":
            return self.low, self.high
        return self.base - REACH * self.sd, self.base + REACH * self.sd

    def at(self, value: float) -> Setting:
        """Return the setting with this input alone at a value."""
        return self.move(BASE, value)

    def to_json(self) -> dict[str, Any]:
        """Return the input as plain data."""
        return {
            "name": self.name,
            "label": self.label,
            "unit": self.unit,
            "source": self.source,
            "law": self.law,
            "base": self.shown(self.base),
            "low": self.shown(self.low),
            "high": self.shown(self.high),
        }


def _fitted(deal: Deal, direction: Direction) -> Input:
    base, sd = direction.base, direction.sd

    def move(setting: Setting, value: float) -> Setting:
        return setting.shifted(direction.shift * ((value - base) / sd)) if value != base else setting

    def read(value: float) -> float:
        return known.value(deal.plan(move(BASE, value)))

    known = direction.quantity
    ends = (base, base - sd, base + sd)
    return Input(known.name, known.label, known.unit, "fitted", "normal", *ends, move, known.scale, read)


def _set_scenario(path: str, whole: int, setting: Setting, value: float) -> Setting:
    """Set a field of the scenario; whole numbers to a multiple of ``whole``."""
    exact: object = round(value / whole) * whole if whole else float(value)
    return Setting(setting.shift, {**setting.scenario, path: exact}, setting.market)


def _set_market(path: str, setting: Setting, value: float) -> Setting:
    return Setting(setting.shift, setting.scenario, {**setting.market, path: value})


def scenario_value(scenario: Scenario, path: str) -> float | int | None:
    """Return a number of a scenario by dotted path, ``None`` where there is none."""
    value: object = scenario.resolved()
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of_scenario(
    scenario: Scenario, path: str, label: str, unit: str, source: Source, low: float, high: float
) -> Input:
    base = scenario_value(scenario, path)
    lot = 0
    if isinstance(base, int):
        # Tranches are of whole board lots; any other whole number, such as months, goes by one.
        in_lots = path.endswith("shares") and base % scenario.offer.board_lot == 0
        lot = scenario.offer.board_lot if in_lots else 1
    known = 0.5 * (low + high) if base is None else float(base)
    return Input(path, label, unit, source, "uniform", known, low, high, partial(_set_scenario, path, lot))


def _terms(scenario: Scenario) -> Iterable[Input]:
    allotted = scenario.over_allotment
    if allotted is not None and allotted.shares is not None:
        lot = scenario.offer.board_lot
        most = max(int(MOST_OVER_ALLOTMENT * scenario.upsized_shares) // lot * lot, allotted.shares)
        yield _of_scenario(
            scenario, "over_allotment.shares", "over-allotted shares", "shares", "terms", 0.0, float(most)
        )
    elif allotted is not None and allotted.fraction is not None:
        most_of = max(MOST_OVER_ALLOTMENT, allotted.fraction)
        yield _of_scenario(scenario, "over_allotment.fraction", "over-allotment", "", "terms", 0.0, most_of)
    for name in ("amount_hkd", "amount_usd", "shares", "fraction"):
        path = f"cornerstones.{name}"
        base = None if scenario.cornerstones is None else scenario_value(scenario, path)
        if base:
            ends = ((1.0 - WHAT_IF_CORNERSTONES) * base, (1.0 + WHAT_IF_CORNERSTONES) * base)
            unit = {"amount_hkd": "HK$", "amount_usd": "US$", "shares": "shares", "fraction": ""}[name]
            yield _of_scenario(scenario, path, "cornerstones", unit, "what if", *ends)


def _observed(scenario: Scenario) -> Iterable[Input]:
    for name, label in (("public_coverage", "public coverage"), ("placing_coverage", "placing coverage")):
        path = f"observed.{name}"
        base = scenario_value(scenario, path)
        if base is not None:
            ends = ((1.0 - WHAT_IF_COVERAGE) * base, (1.0 + WHAT_IF_COVERAGE) * base)
            yield _of_scenario(scenario, path, label, "times", "what if", *ends)
    so_far = scenario.observed.partial_public_coverage
    if so_far is not None and scenario.observed.public_coverage is None:
        noise = math.exp(scenario.observed.partial_noise)
        path = "observed.partial_public_coverage"
        yield _of_scenario(
            scenario, path, "public coverage so far", "times", "noise", so_far / noise, so_far * noise
        )
    grey = scenario.observed.grey_return
    if grey is not None:
        ends = (max(grey - WHAT_IF_GREY, -0.99), grey + WHAT_IF_GREY)
        yield _of_scenario(scenario, "observed.grey_return", "grey-market close", "return", "what if", *ends)


def _set_numbers(deal: Deal) -> Iterable[Input]:
    """Numbers of the market that nobody fitted; without an over-allotment there is no manager to vary."""
    for path, (label, low, high) in SET_RANGES.items():
        base = field_of(deal.market, path, "inputs")
        idle = path.startswith("stabilisation") and deal.scenario.over_allotted_shares() == 0
        if not idle and low <= base <= high:
            name = f"market.{path}"
            yield Input(name, label, "", "set", "uniform", base, low, high, partial(_set_market, path))


def default_inputs(deal: Deal) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """Return the inputs of a deal with their ranges, and a note for each that the deal refuses.

    Raises
    ------
    InvalidInput
        When the scenario or its market cannot be used.
    """
    fitted = [_fitted(deal, direction) for direction in directions(deal.scenario, deal.market)]
    others: list[Input] = []
    notes: list[str] = []
    for each in (*_set_numbers(deal), *_terms(deal.scenario), *_observed(deal.scenario)):
        try:
            _check_ends(deal, each, each.label)
        except InvalidInput as refusal:
            first = refusal.faults[0]
            notes.append(
                f"{each.label} is left out: {first.problem}; give a range with --input {each.name}=low:high"
            )
        else:
            others.append(each)
    return (*fitted, *others), tuple(notes)


def own_input(deal: Deal, text: str) -> Input:
    """Read an input with its range, ``observed.public_coverage=1000:4000``.

    Raises
    ------
    InvalidInput
        When it cannot be read, names no number, or scenario or market refuse an end.
    """
    source = f"--input {text}"
    name, equals, ends = text.partition("=")
    name = name.strip()
    try:
        low, high = (float(part) for part in ends.split(":"))
    except ValueError as fault:
        raise invalid(
            source, "", "is no range", "name=low:high, as observed.public_coverage=1000:4000"
        ) from fault
    if not equals or not name or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise invalid(source, "", "is no range", "name=low:high, low below high")
    if name.startswith("market."):
        path = name.removeprefix("market.")
        base = field_of(deal.market, path, source)
        made = Input(name, name, "", "yours", "uniform", base, low, high, partial(_set_market, path))
    else:
        if scenario_value(deal.scenario, name) is None:
            raise invalid(
                source,
                "",
                f"the scenario has no number {name!r}",
                "a field that it sets, such as offer.price, or market. and a field of docs/market.md",
            )
        if name.startswith("simulation."):
            raise invalid(source, "", f"{name} is no input of the deal", "use --paths and --seed")
        made = _of_scenario(deal.scenario, name, name, "", "yours", low, high)
    if not low <= made.base <= high:
        raise invalid(
            source, "", f"{made.base:g}, as it is now, is not within", "a range around it; --set moves it"
        )
    _check_ends(deal, made, source)
    return made


def _check_ends(deal: Deal, made: Input, source: str) -> None:
    for end in (made.low, made.high):
        try:
            checked(deal.plan(made.at(end)).market)
        except InvalidInput as refusal:
            raise InvalidInput(
                Fault(source, "", f"at {end:g}: {fault.field or fault.source}: {fault.problem}", fault.remedy)
                for fault in refusal.faults
            ) from refusal


def inputs_of(deal: Deal, own: Sequence[str], only: str | None) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """Return the inputs of a study, and a note for each of the deal's that is left out.

    They are the deal's with the user's ranges in their place, or those named alone.

    Parameters
    ----------
    deal
        The deal.
    own
        Inputs with their ranges, see :func:`own_input`.
    only
        Names with commas between them; all when ``None``.

    Raises
    ------
    InvalidInput
        When an input cannot be read, comes twice or is not known, or none is left.
    """
    known, notes = default_inputs(deal)
    inputs = {each.name: each for each in known}
    seen: set[str] = set()
    for text in own:
        made = own_input(deal, text)
        if made.name in seen:
            raise invalid(f"--input {text}", "", f"{made.name} has a range already", "each input once")
        seen.add(made.name)
        inputs[made.name] = made
    if only is not None:
        names = [name.strip() for name in only.split(",")]
        for name in names:
            if name not in inputs:
                raise invalid("--only", "", f"{name!r} is no input", f"some of {', '.join(inputs)}")
        inputs = {name: inputs[name] for name in dict.fromkeys(names)}
    if not inputs:
        raise invalid(
            deal.scenario.name,
            "",
            "has no input to vary",
            "give one, as --input observed.public_coverage=10:40",
        )
    notes = tuple(note for note in notes if not any(f"--input {name}=" in note for name in inputs))
    return tuple(inputs.values()), () if only is not None else notes
