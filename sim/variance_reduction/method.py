"""How the latent draws of a run are made: its method, as options, manifest and summary name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from sim.errors import invalid

if TYPE_CHECKING:
    from sim.engine import Plan, Sampler

Name = Literal["none", "sobol", "importance"]
RareEvent = Literal["close_below_offer", "support_exhausted"]

METHODS: tuple[Name, ...] = get_args(Name)
RARE_EVENTS: tuple[RareEvent, ...] = get_args(RareEvent)


@dataclass(frozen=True, slots=True)
class Method:
    """A way to draw.

    Parameters
    ----------
    name
        ``none`` for plain paths, ``sobol`` or ``importance``.
    rare_event
        What ``importance`` aims at.

    Raises
    ------
    InvalidInput
        When there is no such method or event.
    """

    name: Name = "none"
    rare_event: RareEvent = "close_below_offer"

    def __post_init__(self) -> None:
        if self.name not in METHODS:
            expected = f"expected {', '.join(METHODS[:-1])} or {METHODS[-1]}"
            raise invalid("--variance-reduction", "", f"{self.name} is not a method", expected)
        if self.rare_event not in RARE_EVENTS:
            expected = f"expected {' or '.join(RARE_EVENTS)}"
            raise invalid("--rare-event", "", f"{self.rare_event} is no event to aim at", expected)

    def to_json(self) -> dict[str, str]:
        """Return what the manifest keeps of it."""
        if self.name == "importance":
            return {"method": self.name, "rare_event": self.rare_event}
        return {"method": self.name}

    def sampler(self, plan: Plan) -> Sampler | None:
        """Return what draws the latent variables of a plan; ``None`` leaves them to the paths.

        Raises
        ------
        InvalidInput
            When the rare event cannot happen.
        """
        if self.name == "sobol":
            from sim.variance_reduction.sobol import SobolSampler

            return SobolSampler(plan)
        if self.name == "importance":
            from sim.variance_reduction.importance import ImportanceSampler

            return ImportanceSampler(plan, self.rare_event)
        return None


PLAIN = Method()


def method_of(name: str, rare_event: str | None = None) -> Method:
    """Return a method by its names.

    Raises
    ------
    InvalidInput
        When there is no such method or event, or a rare event is named to a method that aims at none.
    """
    method = Method(cast(Name, name))
    if rare_event is None:
        return method
    aimed = Method("importance", cast(RareEvent, rare_event))
    if method.name != "importance":
        remedy = "add --variance-reduction importance, or leave --rare-event out"
        raise invalid("--rare-event", "", f"{name} aims at no event", remedy)
    return aimed


def method_from_json(document: Any, source: str) -> Method:
    """Read the method of a manifest; one without it is of plain paths.

    Raises
    ------
    InvalidInput
        When it is not one that :meth:`Method.to_json` writes.
    """
    if document is None:
        return PLAIN
    for method in (*map(Method, METHODS), *(Method("importance", event) for event in RARE_EVENTS)):
        if isinstance(document, Mapping) and dict(document) == method.to_json():
            return method
    raise invalid(source, "variance_reduction", "names no method", "run the scenario again")
