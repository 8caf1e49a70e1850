"""Walk-forward back-test: a deal listed on day d is forecast from the deals listed strictly before d.

**Deals to forecast from a second file.** Their outcomes are known too, so on the morning of day d a
forecaster may use every deal listed before d *in either file*, for its fit and for the market heat alike.
That is what anybody knew that morning; leaving the earlier deals of the second file out would make the
forecasts stale, and the later the deal the staler. Nothing of day d or later is ever used: the order of
listing, not the file, decides what is known. Two runs over one period therefore agree whether its deals
come in one file or in two.

A deal is left out of a stage, and counted with the reason, when the file lacks what the stage adds (coverage
at T1, the grey close at T2) or when fewer than `MINIMUM_PAST` deals of the last 900 days have it. All
forecasters are scored on the same deals. A deal without an outcome is forecast and not scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from sim.backtest.baselines import WINDOW_DAYS, Forecast, Forecaster, default_baselines
from sim.backtest.result import BacktestResult, DealForecast, LeftOut
from sim.backtest.scoring import TIE, crps, log_score, pit, uniform_of
from sim.deals.deals import STAGES, Deal, Deals, pooled
from sim.errors import invalid

if TYPE_CHECKING:
    from sim.studies.cluster import Crew

MINIMUM_PAST = 20
"""Fewer earlier deals than this are no basis for a forecast."""

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

Progress = Callable[[int, int], None]
"""Called with the listing days done and the listing days in all."""


def _check(forecast: Forecast, forecaster: str, deal: Deal, stage: str) -> None:
    """Raise ValueError where a forecaster breaks its contract."""
    sample, below = forecast.sample, forecast.probability_below
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        raise ValueError(
            f"{forecaster} forecast {deal.code} at {stage} with a sample of shape {sample.shape} "
            "that is empty or not finite; expected one finite log return a draw"
        )
    if below is not None and not 0.0 <= below <= 1.0:
        raise ValueError(f"{forecaster} gave {deal.code} at {stage} the probability {below}")


def _below(forecast: Forecast) -> float:
    if forecast.probability_below is not None:
        return float(forecast.probability_below)
    return float(np.mean(forecast.sample < -TIE))


def _record(deal: Deal, stage: str, forecasts: dict[str, Forecast], main: str) -> DealForecast:
    """Score the forecasts of one deal at one stage; no outcome, no scores."""
    outcome = deal.log_return_close
    sample = forecasts[main].sample
    scores: dict[str, float] = {}
    logs: dict[str, float] = {}
    if outcome is not None:
        scores = {name: float(crps(each.sample, outcome)) for name, each in forecasts.items()}
        logs = {name: log_score(each.sample, outcome) for name, each in forecasts.items()}
    return DealForecast(
        code=deal.code,
        list_date=deal.list_date,
        stage=stage,
        quantiles=dict(zip(QUANTILES, np.expm1(np.quantile(sample, QUANTILES)).tolist(), strict=True)),
        probability_below_offer={name: _below(each) for name, each in forecasts.items()},
        realised_return=deal.close_return,
        crps=scores,
        log_score=logs,
        pit=None if outcome is None else pit(sample, outcome, uniform_of(deal.code, deal.list_date, stage)),
    )


def _reason_to_leave_out(deal: Deal, stage: str, past: Deals) -> str | None:
    if not deal.has_inputs_of(stage):
        return "no public coverage" if stage == "t1" or deal.grey_return is not None else "no grey close"
    basis = len(past.with_inputs_of(stage))
    if basis < MINIMUM_PAST:
        return f"fewer than {MINIMUM_PAST} earlier deals"
    return None


def _check_request(stages: Sequence[str], forecasters: Sequence[Forecaster]) -> None:
    for stage in stages:
        if stage not in STAGES:
            raise invalid("--stage", "", f"{stage!r} is not a stage", f"expected some of {', '.join(STAGES)}")
    if not stages:
        raise invalid("--stage", "", "names no stage", f"expected some of {', '.join(STAGES)}")
    names = [forecaster.name for forecaster in forecasters]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"expected forecasters of different names, got {names}")


def _forecast_day(
    deals: Sequence[Deal],
    past: Deals,
    stages: Sequence[str],
    forecasters: Sequence[Forecaster],
    records: list[DealForecast],
    left_out: list[LeftOut],
) -> None:
    """Forecast the deals of one listing day and add what comes of it to `records` or `left_out`."""
    day = deals[0].list_date
    window = past.before(day, WINDOW_DAYS).with_outcome()
    ready = False
    for deal in deals:
        for stage in stages:
            reason = _reason_to_leave_out(deal, stage, window)
            if reason is not None:
                left_out.append(LeftOut(deal.code, deal.list_date, stage, reason))
                continue
            if not ready:
                for forecaster in forecasters:
                    forecaster.prepare(past, day)
                ready = True
            forecasts = {}
            for forecaster in forecasters:
                if stage in forecaster.stages:
                    forecast = forecaster.forecast(deal.as_known(stage), stage)
                    _check(forecast, forecaster.name, deal, stage)
                    forecasts[forecaster.name] = forecast
            records.append(_record(deal, stage, forecasts, forecasters[0].name))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Listing days in a row, with what forecasting them takes: the work of one worker."""

    days: tuple[date, ...]
    targets: tuple[Deal, ...]
    known: Deals
    stages: tuple[str, ...]
    forecasters: tuple[Forecaster, ...]


Forecasts = tuple[list[DealForecast], list[LeftOut]]


def _forecast_stretch(stretch: _Stretch) -> Forecasts:
    records: list[DealForecast] = []
    left_out: list[LeftOut] = []
    for day in stretch.days:
        of_day = [deal for deal in stretch.targets if deal.list_date == day]
        past = stretch.known.before(day)
        _forecast_day(of_day, past, stretch.stages, stretch.forecasters, records, left_out)
    return records, left_out


def _stretches(
    known: Deals, targets: Sequence[Deal], stages: Sequence[str], forecasters: Sequence[Forecaster]
) -> list[_Stretch]:
    """Cut the listing days where the market is fitted anew, so that no two workers fit the same one."""
    from sim.backtest.forecaster import fit_day

    days = dict.fromkeys(deal.list_date for deal in targets)
    stretches = []
    for _, together in groupby(days, key=fit_day):
        own = tuple(together)
        deals = tuple(deal for deal in targets if deal.list_date in own)
        stretches.append(_Stretch(own, deals, known, tuple(stages), tuple(forecasters)))
    return stretches


def _forecast_by_crew(
    crew: Crew, stretches: list[_Stretch], stopped: Callable[[], bool], progress: Progress | None
) -> tuple[Forecasts, bool]:
    """Forecast the stretches on a crew; what was done up to the first one missing, and whether one is."""
    places = {stretch.days[0]: place for place, stretch in enumerate(stretches)}
    done: dict[int, Forecasts] = {}
    days, total = 0, sum(len(stretch.days) for stretch in stretches)
    for stretch, forecasts in crew.answers(_forecast_stretch, stretches, stopped):
        done[places[stretch.days[0]]] = forecasts
        days += len(stretch.days)
        if progress is not None:
            progress(days, total)
    records: list[DealForecast] = []
    left_out: list[LeftOut] = []
    for place in range(len(stretches)):
        if place not in done:
            return (records, left_out), True
        records += done[place][0]
        left_out += done[place][1]
    return (records, left_out), False


def run_backtest(
    data: Deals,
    *,
    test: Deals | None = None,
    model: Forecaster | None = None,
    baselines: Sequence[Forecaster] | None = None,
    first: date | None = None,
    last: date | None = None,
    stages: Sequence[str] = STAGES,
    progress: Progress | None = None,
    crew: Crew | None = None,
    stopped: Callable[[], bool] = bool,
) -> BacktestResult:
    """Forecast deals one listing day after the other and score the forecasts.

    Parameters
    ----------
    data
        Past deals; without `test` also the deals to forecast.
    test
        Deals to forecast; see the module's text for what is known about them when.
    model
        The forecaster whose quantiles, PIT and coverage are reported; the first baseline when ``None``.
    baselines
        What it is compared with; :func:`~sim.backtest.baselines.default_baselines` when ``None``.
    first, last
        Forecast the deals listed from `first` to `last`, both included.
    stages
        Some of ``t0``, ``t1``, ``t2``.
    progress
        Called after each listing day, or with a crew after each stretch of them.
    crew
        Who forecasts; this process when ``None``. No bit depends on it.
    stopped
        With a crew: says when no further stretch is to be begun.

    Returns
    -------
    BacktestResult
        The same for the same arguments and forecasters: nothing here draws random numbers.

    Raises
    ------
    InvalidInput
        A stage is not known, or there is no deal to forecast.
    ValueError
        A forecaster gave a sample that is empty or not finite.

    Notes
    -----
    An interruption (Ctrl-C) ends the back-test with the forecasts so far, marked ``partial``; before the first
    forecast it is passed on.
    """
    chosen = list(default_baselines() if baselines is None else baselines)
    forecasters = chosen if model is None else [model, *chosen]
    stages = tuple(stage for stage in STAGES if stage in stages) if set(stages) <= set(STAGES) else stages
    _check_request(stages, forecasters)
    if first is not None and last is not None and first > last:
        raise invalid("--from", "", f"{first} is after --to {last}", "exchange the two")
    known = data if test is None else pooled(data, test)
    wanted = {(deal.code, deal.list_date) for deal in (data if test is None else test)}
    targets = [deal for deal in known.between(first, last) if (deal.code, deal.list_date) in wanted]
    if not targets:
        span = f"from {first or 'the first'} to {last or 'the last'}"
        raise invalid("--data" if test is None else "--test", "", f"no deal listed {span}", "widen the dates")
    main = forecasters[0].name
    records: list[DealForecast] = []
    left_out: list[LeftOut] = []
    days = list(dict.fromkeys(deal.list_date for deal in targets))
    partial = False
    try:
        if crew is not None:
            stretches = _stretches(known, targets, stages, forecasters)
            (records, left_out), partial = _forecast_by_crew(crew, stretches, stopped, progress)
            days = []
        for done, day in enumerate(days, start=1):
            past = known.before(day)
            of_day = [deal for deal in targets if deal.list_date == day]
            _forecast_day(of_day, past, stages, forecasters, records, left_out)
            if progress is not None:
                progress(done, len(days))
    except KeyboardInterrupt:
        if not records:
            raise
        partial = True
    if partial and not records:
        raise KeyboardInterrupt
    if not records:
        reasons = ", ".join(dict.fromkeys(each.reason for each in left_out))
        raise invalid(
            "--data", "", f"none of {len(targets)} deals can be forecast: {reasons}", "add earlier deals"
        )
    return BacktestResult(main, tuple(stages), tuple(records), tuple(left_out), known.notes, partial)
