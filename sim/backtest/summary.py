"""The scores of the shipped back-test in short, for the report of a run.

``python -m sim.backtest.summary RUN_DIR`` writes ``sim/data/backtest_summary.json`` from the directory of a
``firstday backtest``; :func:`load_summary` reads it.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sim.backtest.result import FORECASTS_FILE, SCORES_FILE
from sim.errors import InvalidInput, invalid

SUMMARY_FILE = Path(__file__).parent.parent / "data" / "backtest_summary.json"
_REMEDY = "name the directory of a finished firstday backtest"


@dataclass(frozen=True, slots=True)
class StageScores:
    """Scores of the forecasts at one stage.

    Parameters
    ----------
    deals
        Deals forecast and scored.
    first, last
        Days of the first and the last of them, ``2025-04-01``.
    crps, crps_se
        Mean CRPS of the log return of the close, the smaller the better, and its standard error over deals.
    baseline, baseline_crps, baseline_crps_se
        The best of the simple forecasts beside it, and the same of it.
    coverage
        Share of outcomes inside the middle 50, 80 and 95% of the forecast, by ``50``, ``80``, ``95``.
    pit_p
        p-value of the test that outcomes are spread evenly over the forecasts (Kolmogorov-Smirnov).
    """

    deals: int
    first: str
    last: str
    crps: float
    crps_se: float
    baseline: str
    baseline_crps: float
    baseline_crps_se: float
    coverage: Mapping[str, float]
    pit_p: float


@cache
def load_summary() -> Mapping[str, StageScores]:
    """Return the scores of the shipped back-test by stage."""
    document = json.loads(SUMMARY_FILE.read_text(encoding="utf-8"))
    return {stage: StageScores(**scores) for stage, scores in document["stages"].items()}


def summary_of(directory: Path) -> dict[str, Any]:
    """Return the document of ``backtest_summary.json``.

    Raises
    ------
    InvalidInput
        The directory is not that of a back-test.
    """
    try:
        scores = json.loads((directory / SCORES_FILE).read_text(encoding="utf-8"))
        with (directory / FORECASTS_FILE).open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["pit"]]
        stages = {
            stage: _stage(told, [row for row in rows if row["stage"] == stage])
            for stage, told in scores.items()
        }
        if not stages:
            raise ValueError("no stage was scored")
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as fault:
        raise invalid(str(directory), "", f"is no back-test: {fault!r}", _REMEDY) from fault
    return {
        "source": "firstday backtest, then python -m sim.backtest.summary runs/backtest",
        "stages": stages,
    }


def _stage(scores: Mapping[str, Any], rows: list[dict[str, str]]) -> dict[str, Any]:
    crps = scores["crps"]
    baseline = min((name for name in crps if name != "model"), key=lambda name: float(crps[name]))
    days = sorted(row["list_date"] for row in rows)
    if len(rows) != scores["n"]:
        raise ValueError(f"{len(rows)} forecasts, {scores['n']} scores")
    return {
        "deals": scores["n"],
        "first": days[0],
        "last": days[-1],
        "crps": round(crps["model"], 6),
        "crps_se": round(_error([float(row["crps_model"]) for row in rows]), 6),
        "baseline": baseline,
        "baseline_crps": round(crps[baseline], 6),
        "baseline_crps_se": round(_error([float(row[f"crps_{baseline}"]) for row in rows]), 6),
        "coverage": {level: round(share, 6) for level, share in scores["coverage"].items()},
        "pit_p": round(scores["pit_ks_p"], 6),
    }


def _error(values: list[float]) -> float:
    """Standard error of a mean."""
    mean = sum(values) / len(values)
    return float((sum((each - mean) ** 2 for each in values) / (len(values) - 1) / len(values)) ** 0.5)


def write_summary(directory: Path, file: Path = SUMMARY_FILE) -> Path:
    """Write the summary of a back-test; see :func:`summary_of`."""
    file.write_text(json.dumps(summary_of(directory), indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sim.backtest.summary RUN_DIR")
    try:
        print(write_summary(Path(sys.argv[1])))
    except InvalidInput as refusal:
        sys.exit(str(refusal.faults[0]))
