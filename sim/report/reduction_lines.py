"""What a method of variance reduction gained, in a line or two below the number of paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.report import numbers
from sim.report.run import Run

_IN_WORDS = {
    "close_mean": "the mean close",
    "withdrawn": "P(withdrawn)",
    "open_below_offer": "P(opens below the offer)",
    "open_at_offer": "P(opens at the offer)",
    "close_below_offer": "P(closes below the offer)",
    "close_at_offer": "P(closes at the offer)",
    "stabilised": "P(manager buys)",
    "support_exhausted": "P(short used up)",
}


def reduction_lines(run: Run) -> list[str]:
    """Say how many plain paths every path stands for; nothing of plain paths.

    The gain is of variances at equal numbers of paths: as many times more plain paths would be as precise.
    """
    told: Mapping[str, Any] | None = run.summary.get("variance_reduction")
    if told is None or run.paths == 0:
        return []
    known = {name: gain for name, gain in told["gain"].items() if gain is not None}
    if told["method"] == "importance":
        return _importance(told, known)
    first = "sobol: a path is worth " + _listed(known, ("close_mean", "close_below_offer"), first=True)
    others = [name for name in known if name not in ("close_mean", "close_below_offer")]
    rest = f"       {_listed(known, others)}" if others else ""
    closing = f"       errors from {told['replicates']} independent replicates"
    return [line for line in (first, rest, closing) if line]


def _importance(told: Mapping[str, Any], known: Mapping[str, float]) -> list[str]:
    event = told["rare_event"]
    lines = [f"importance, aimed at {_IN_WORDS[event]}:"]
    if event in known:
        lines[0] += f" a path is worth {_times(known[event])} plain ones"
    hits, paths = told["effective_hits"].get(event), told["effective_paths"]
    lines.append(
        f"       effective sample size {numbers.counted(paths)} paths, {numbers.counted(hits)} hits of the event"
    )
    if others := [name for name in known if name != event]:
        lines.append("       worth in plain paths elsewhere: " + _listed(known, others))
    return lines


def _listed(known: Mapping[str, float], names: list[str] | tuple[str, ...], first: bool = False) -> str:
    parts = [
        f"{_times(known[name])} {'plain ones for ' if first and at == 0 else 'for '}{_IN_WORDS[name]}"
        for at, name in enumerate(name for name in names if name in known)
    ]
    return ", ".join(parts)


def _times(gain: float) -> str:
    """Two digits: the gain itself is an estimate, off by a quarter or so."""
    if gain >= 100.0:
        return f"{float(f'{gain:.2g}'):,.0f}"
    return f"{gain:.0f}" if gain >= 10.0 else f"{gain:.1f}"
