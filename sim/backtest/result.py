"""What a back-test found: forecasts of each deal, their scores, and the files of a run directory."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.backtest import scoring
from sim.errors import invalid
from sim.whole import require_writable, whole_directory

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FORECASTS_FILE = "forecasts.csv"
SCORES_FILE = "backtest.json"
DETAILS_FILE = "details.json"
_BRIER_OF = ("model", "climatology")


@dataclass(frozen=True, slots=True)
class DealForecast:
    """Forecast of one deal at one stage.

    Parameters
    ----------
    quantiles
        Simple returns of the close by probability, of the reported forecaster.
    probability_below_offer
        Probability of a close below the offer price, by forecaster.
    realised_return
        Simple return of the close; ``None`` when the deal has no outcome yet.
    crps, log_score
        Scores of the log return of the close by forecaster; empty without outcome.
    pit
        Randomised probability integral transform of the reported forecaster.
    """

    code: str
    list_date: date
    stage: str
    quantiles: Mapping[float, float]
    probability_below_offer: Mapping[str, float]
    realised_return: float | None
    crps: Mapping[str, float]
    log_score: Mapping[str, float]
    pit: float | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A deal that could not be forecast at a stage, and why."""

    code: str
    list_date: date
    stage: str
    reason: str


def _or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """Forecasts and scores of a walk-forward back-test.

    Parameters
    ----------
    main
        Name of the forecaster whose quantiles, PIT and coverage are reported.
    stages
        Stages asked for.
    forecasts
        In the order of listing, then code, then stage.
    left_out
        Deals and stages without a forecast.
    notes
        Remarks on the files.
    partial
        Whether the back-test was interrupted.
    """

    main: str
    stages: tuple[str, ...]
    forecasts: tuple[DealForecast, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    partial: bool = False

    def at(self, stage: str) -> tuple[DealForecast, ...]:
        """Return the forecasts of a stage whose outcome is known."""
        return tuple(each for each in self.forecasts if each.stage == stage and each.pit is not None)

    def pits(self, stage: str) -> NDArray[np.float64]:
        """Return the PITs of the reported forecaster, shape (deals scored,)."""
        return np.array([each.pit for each in self.at(stage)], dtype=np.float64)

    def scores(self, stage: str, kind: str = "crps") -> dict[str, NDArray[np.float64]]:
        """Return the scores of each forecaster, shape (deals scored,); `kind` is crps or log_score."""
        scored = self.at(stage)
        names = list(getattr(scored[0], kind)) if scored else []
        return {name: np.array([getattr(each, kind)[name] for each in scored]) for name in names}

    def below_offer(
        self, stage: str, name: str | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return forecast probabilities of a close below the offer price, and whether it happened (0, 1)."""
        who, scored = name or self.main, self.at(stage)
        forecast = np.array([each.probability_below_offer[who] for each in scored], dtype=np.float64)
        happened = [float((each.realised_return or 0.0) < -scoring.TIE) for each in scored]
        return forecast, np.array(happened, dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``firstday backtest --json``: one entry a stage, a figure or null."""
        document: dict[str, Any] = {}
        for stage in self.stages:
            scores, pits = self.scores(stage), self.pits(stage)
            names = [name for name in dict.fromkeys((self.main, *_BRIER_OF)) if name in scores]
            document[stage] = {
                "n": len(pits),
                "crps": {name: float(values.mean()) for name, values in scores.items()},
                "coverage": {
                    level: _or_null(share) for level, share in scoring.interval_coverage(pits).items()
                },
                "pit_ks_p": _or_null(scoring.uniformity_p(pits)),
                "brier_below_offer": {name: scoring.brier(*self.below_offer(stage, name)) for name in names},
            }
        return document

    def details(self) -> dict[str, Any]:
        """Return what goes beyond the scores: log scores, differences with intervals, deals left out."""
        document: dict[str, Any] = {
            "reported": self.main,
            "partial": self.partial,
            "notes": list(self.notes),
        }
        for stage in self.stages:
            scores, days = self.scores(stage), [each.list_date for each in self.at(stage)]
            reasons = Counter(each.reason for each in self.left_out if each.stage == stage)
            document[stage] = {
                "forecast": sum(each.stage == stage for each in self.forecasts),
                "scored": len(days),
                "left_out": dict(sorted(reasons.items())),
                "log_score": {
                    name: float(values.mean()) for name, values in self.scores(stage, "log_score").items()
                },
                "crps_difference": {
                    name: asdict(scoring.paired_difference(scores[self.main], values, days))
                    for name, values in scores.items()
                    if name != self.main and self.main in scores
                },
                "brier_below_offer": {name: scoring.brier(*self.below_offer(stage, name)) for name in scores},
                "reliability": [asdict(each) for each in scoring.reliability(*self.below_offer(stage))]
                if days
                else [],
            }
        return document

    def rows(self) -> list[dict[str, str | float | None]]:
        """Return the rows of ``forecasts.csv``; ``None`` where there is no outcome or no such forecast."""
        names = dict.fromkeys(name for each in self.forecasts for name in each.probability_below_offer)
        return [
            {
                "code": each.code,
                "list_date": each.list_date.isoformat(),
                "stage": each.stage,
                **{f"q{level:g}": value for level, value in each.quantiles.items()},
                "probability_below_offer": each.probability_below_offer[self.main],
                "realised_return": each.realised_return,
                **{f"crps_{name}": each.crps.get(name) for name in names},
                "pit": each.pit,
            }
            for each in self.forecasts
        ]

    def frame(self) -> pd.DataFrame:
        """Return the rows of ``forecasts.csv`` as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def forecasts_csv(self) -> str:
        """Return the text of ``forecasts.csv``; numbers with ten significant digits."""
        rows, out = self.rows(), io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow(
                format(value, ".10g") if isinstance(value, float) else value for value in row.values()
            )
        return out.getvalue()

    def write(self, directory: str | Path, extra: Mapping[str, bytes] | None = None) -> Path:
        """Write the run directory: it appears whole or not at all.

        Parameters
        ----------
        directory
            To create; the directory of an earlier back-test is replaced.
        extra
            Further files by name, such as plots.

        Returns
        -------
        Path
            The directory.

        Raises
        ------
        InvalidInput
            `directory` exists and is something else, or cannot be written.
        """
        target = check_destination(directory)
        files = {
            FORECASTS_FILE: self.forecasts_csv().encode(),
            SCORES_FILE: _as_text(self.to_json()),
            DETAILS_FILE: _as_text(self.details()),
            **(extra or {}),
        }
        try:
            with whole_directory(target, lambda: check_destination(target)) as fresh:
                for name, content in files.items():
                    (fresh / name).write_bytes(content)
        except OSError as fault:
            raise invalid(
                str(target), "", f"cannot be written: {fault.strerror}", "check the path"
            ) from fault
        return target


def check_destination(directory: str | Path) -> Path:
    """Return the directory of a back-test to write, once it is sure that nothing else is there.

    Raises
    ------
    InvalidInput
        It exists and is neither empty nor a back-test, or its folder cannot be written.
    """
    target = Path(directory)
    try:
        require_writable(target)
        if not target.exists():
            return target
        names = {entry.name for entry in os.scandir(target)} if target.is_dir() else None
    except OSError as fault:
        raise invalid(str(target), "", f"cannot be written: {fault.strerror}", "check the path") from fault
    if names is None or (names and not {FORECASTS_FILE, SCORES_FILE} <= names):
        raise invalid(str(target), "", "exists and is no back-test", "name another directory")
    return target


def _as_text(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()
