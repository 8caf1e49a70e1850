"""What the page asks: bytes in, checked values out. Nothing else reads a request."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NoReturn

from sim.errors import InvalidInput, invalid
from sim.explore.controls import Control

MOST_BYTES = 8_192
CLOSE = "close"
DESKS = ("subscriber", "stabiliser", "issuer", "cornerstone")
STEPS = tuple(float(f"{m}e{e}") for e in (-3, -2, -1, 0, 1) for m in (1, 2, 2.5, 5))
"""Widths of a bar that a page may hold on to, in simple return."""

_TAB = re.compile(r"[a-z0-9]{1,32}", re.ASCII)
_DEAL = re.compile(r"[0-9a-f]{16}", re.ASCII)
_KEYS = frozenset({"deal", "tab", "ask", "step", "values"})


@dataclass(frozen=True, slots=True)
class Question:
    """What a page asks.

    Parameters
    ----------
    deal
        Identity of the deal that the page shows.
    tab
        The page's own random name: its newer questions replace the older ones.
    ask
        ``close``, or the name of a desk.
    step
        Width of a bar in simple return; ``None`` leaves it to the answer.
    values
        Values of the controls that differ from the scenario's; ``None`` leaves the field out.
    """

    deal: str
    tab: str
    ask: str = CLOSE
    step: float | None = None
    values: Mapping[str, float | None] = field(default_factory=dict)


def parse_request(body: bytes, controls: Sequence[Control]) -> Question:
    """Read the body of a question.

    Parameters
    ----------
    body
        JSON: ``{"deal": ..., "tab": ..., "ask": ..., "step": ..., "values": {name: number or null}}``.
    controls
        Those of the deal; only their names are known.

    Raises
    ------
    InvalidInput
        With the first fault; it never fails otherwise, whatever the bytes.
    """
    data = _object(body)
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise _fault(unknown[0][:40], "is no part of a question", f"one of: {', '.join(sorted(_KEYS))}")
    ask = data.get("ask", CLOSE)
    if ask not in (CLOSE, *DESKS):
        raise _fault("ask", "is no question", f"one of: {', '.join((CLOSE, *DESKS))}")
    step = data.get("step")
    if step is not None and (isinstance(step, bool) or step not in STEPS):
        raise _fault("step", "is no width of a bar", "one that an answer named, or null")
    return Question(
        deal=_text(data, "deal", _DEAL),
        tab=_text(data, "tab", _TAB),
        ask=ask,
        step=step,
        values=_values(data.get("values", {}), {control.name: control for control in controls}),
    )


def _fault(field: str, problem: str, remedy: str) -> InvalidInput:
    return invalid("request", field, problem, remedy)


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        raise _fault("", f"is longer than {MOST_BYTES:,} bytes", "a question of the page")
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
    except InvalidInput:
        raise
    except (ValueError, RecursionError) as fault:
        raise _fault("", "is no JSON", "a JSON object in UTF-8") from fault
    if not isinstance(data, dict):
        raise _fault("", "is no JSON object", "a JSON object in UTF-8")
    return data


def _refuse(constant: str) -> NoReturn:
    raise _fault("", f"holds {constant}", "finite numbers")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise _fault("", "holds a key twice", "each key once")
    return data


def _text(data: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    value = data.get(key)
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise _fault(key, "is missing or malformed", "as the page sends it")
    return value


def _values(given: object, controls: Mapping[str, Control]) -> Mapping[str, float | None]:
    if not isinstance(given, dict):
        raise _fault("values", "is no JSON object", "numbers by the name of their control")
    values: dict[str, float | None] = {}
    for name, value in given.items():
        control = controls.get(name)
        if control is None:
            raise _fault("values", f"{name[:60]!r} is no control of this deal", "a name that the page shows")
        values[name] = _number(value, control)
    return MappingProxyType({name: value for name, value in values.items() if value != controls[name].value})


def _number(value: object, control: Control) -> float | None:
    if value is None and control.unknown is not None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _fault(control.name, "is no number", "a number")
    # An integer of JSON may be too long for a float.
    number = float(value) if abs(value) <= 1e300 else math.inf
    if not math.isfinite(number):
        raise _fault(control.name, "is too large", "a smaller number")
    if not control.least <= number <= control.most:
        problem = f"{number:g} is outside what the page simulates"
        raise _fault(control.name, problem, f"{control.least:g} to {control.most:g}")
    return number
