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
    if not known:
        return ["sobol: these paths cannot tell what a path is worth"]
    foremost = [name for name in ("close_mean", "close_below_offer") if name in known]
    others = [name for name in known if name not in foremost]
    lines = [_listed(part, known) for part in (foremost, others) if part]
    lines[0] = "sobol: a path is worth " + lines[0].replace(" for ", " plain ones for ", 1)
    closing = f"errors from {told['replicates']} independent replicates"
    return [lines[0], *(f"       {line}" for line in (*lines[1:], closing))]


def _importance(told: Mapping[str, Any], known: Mapping[str, float]) -> list[str]:
    event = told["rare_event"]
    lines = [f"importance, aimed at {_IN_WORDS[event]}:"]
    if event in known:
        lines[0] += f" a path is worth {_times(known[event])} plain ones"
    else:
        lines[0] += " these paths cannot tell what a path is worth"
    hits, paths = told["effective_hits"].get(event), told["effective_paths"]
    lines.append(
        f"       effective sample size {numbers.counted(paths)} paths, {numbers.counted(hits)} hits of the event"
    )
    if others := [name for name in known if name != event]:
        lines.append("       worth in plain paths elsewhere: " + _listed(others, known))
    return lines


def _listed(names: list[str], known: Mapping[str, float]) -> str:
    return ", ".join(f"{_times(known[name])} for {_IN_WORDS[name]}" for name in names)


def _times(gain: float) -> str:
    """Two digits: the gain itself is an estimate, off by a quarter or so."""
    if gain >= 100.0:
        return f"{float(f'{gain:.2g}'):,.0f}"
    return f"{gain:.0f}" if gain >= 10.0 else f"{gain:.1f}"
