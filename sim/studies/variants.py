"""Variants of a scenario, as options write them: one option a variant, its changes with semicolons between them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sim.errors import Fault, InvalidInput
from sim.scenario import parse_changes

_BETWEEN = re.compile(r";\s*(?=[A-Za-z_][\w.]*\s*=)|;\s*$")
_COMMON = ("simulation.paths", "simulation.seed", "simulation")


def parse_variant(text: str) -> dict[str, object]:
    """Read the changes of one variant, ``over_allotment.fraction=0; offer.price=18``.

    A semicolon ends a change where the next one, ``field=``, or the end follows; elsewhere it belongs to a value.

    Raises
    ------
    InvalidInput
        With each change that cannot be read, or that sets what all variants share.
    """
    changes = parse_changes(part for part in _BETWEEN.split(text) if part or not text.strip())
    shared = [name for name in changes if name in _COMMON]
    if shared:
        raise InvalidInput(
            Fault(
                f"--set {text}",
                name,
                "is the same for all that is compared",
                "use --paths and --seed, or set it in the first scenario",
            )
            for name in shared
        )
    return changes


def parse_variants(texts: Iterable[str]) -> tuple[dict[str, object], ...]:
    """Read one variant an option; see :func:`parse_variant`.

    Raises
    ------
    InvalidInput
        With every fault of every option.
    """
    variants: list[dict[str, object]] = []
    faults: list[Fault] = []
    for text in texts:
        try:
            variants.append(parse_variant(text))
        except InvalidInput as fault:
            faults.extend(fault.faults)
    if faults:
        raise InvalidInput(faults)
    return tuple(variants)


def variant_name(text: str) -> str:
    """Name a variant by its changes, blanks tidied."""
    return "; ".join(" ".join(part.split()) for part in _BETWEEN.split(text) if part.strip())
