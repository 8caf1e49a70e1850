"""A run: simulate a scenario, stop when it is done, precise enough or interrupted, and summarise."""

from __future__ import annotations

import math
import operator
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.collector import Collector
from sim.convergence import Convergence
from sim.device import CPU, usable_device
from sim.engine import BLOCK_PATHS, Batch, Plan, Sampler, prepare, trace_paths
from sim.errors import invalid
from sim.market.parameters import Market
from sim.result import Fan, Result
from sim.scenario.scenario import Scenario
from sim.statistics import LogReturnHistogram
from sim.streaming import BlockTallier, parts
from sim.variance_reduction.method import PLAIN, Method, method_of

BATCH_PATHS = 8 * BLOCK_PATHS
"""About a tenth of a second of work on two cores: how soon progress shows and Ctrl-C is heard."""
CARD_BATCH_PATHS = 32 * BLOCK_PATHS
"""Enough to fill a large CUDA card twice; two such batches take at most 0.2 GB of page-locked memory."""
KEEP_PATHS = 1_000_000
FAN_PATHS = 20_000
FAN_PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_SHARE_OF_GAP = 0.8
COMPLETE = "the interruption came after the last path: the figures are complete"
INCOMPLETE = "interrupted; the figures rest on the paths simulated so far"

Progress = Callable[[int, int], None]


class AnyCollector(Protocol):
    """What collects paths into a summary: of plain paths, of weighted ones, or of replicates."""

    paths: int
    quantities: tuple[str, ...]
    """What is read of a path."""

    @property
    def tallier(self) -> BlockTallier[Any]:
        """Takes the statistics that :meth:`merge` adds."""

    def keep(self, batch: Batch, place: int) -> None:
        """Keep the paths of a batch from a place on, where paths are kept."""

    def merge(self, part: Any) -> None:
        """Add the statistics of the next paths."""

    def summary(self, partial: bool) -> dict[str, Any]:
        """Return the summary of the paths so far."""

    @property
    def kept(self) -> Mapping[str, NDArray[np.float64]] | None:
        """The paths so far."""

    @property
    def histograms(self) -> Mapping[str, LogReturnHistogram]:
        """Histogram of the log return of each price."""

    @property
    def convergence(self) -> Convergence:
        """Running mean return of the close."""

    @property
    def close_se(self) -> float:
        """Standard error of the mean return of the close."""


def available_threads() -> int:
    """Threads that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def simulate(
    scenario: Scenario,
    *,
    market: Market | None = None,
    folder: Path | None = None,
    threads: int | None = None,
    target_se: float | None = None,
    keep_paths: int = KEEP_PATHS,
    fan: bool = True,
    progress: Progress | None = None,
    device: str = CPU,
    method: Method | str = PLAIN,
) -> Result:
    """Simulate the listing day of a scenario.

    Parameters
    ----------
    scenario
        The deal; its ``simulation`` block gives paths and seed.
    market
        Fitted market; loaded by the scenario's name of it when left out.
    folder
        Folder that a relative market file starts from.
    threads
        Threads to use, all available ones by default; the result does not depend on it.
    target_se
        Stop once the standard error of the mean return of the close is at most this; the scenario's paths are
        then the most that are simulated.
    keep_paths
        Up to this many paths are kept whole; beyond it quantiles come from a histogram and memory stays flat.
    fan
        Whether to follow the price through the day, for its picture.
    progress
        Called with the paths done and the paths to do after every batch.
    device
        ``cpu``, or ``cuda`` for a CUDA card; without one the CPU is used and the notes say so. The result does
        not depend on it.
    method
        How the latent variables are drawn, a :class:`Method` or its name (``none``, ``sobol``, ``importance``), see
        docs/variance-reduction.md; plain paths by default.

    Raises
    ------
    InvalidInput
        When the scenario, its market or an option cannot be used, the method cannot be used on it, or the paths to
        keep do not fit into memory.

    Notes
    -----
    An interruption (Ctrl-C) ends the run with what was simulated so far, marked ``partial``. One that comes after
    the last path leaves the figures complete, and may cost the fan; a second one ends all.
    """
    workers = _whole("--threads", available_threads() if threads is None else threads, "threads", least=1)
    keep_paths = _whole("--keep-paths", keep_paths, "paths", least=0)
    if target_se is not None and not _is_positive(target_se):
        raise invalid("--target-se", "", f"{target_se} is no standard error", "expected a positive number")
    if not isinstance(method, Method):
        method = method_of(method)
    used, instead = usable_device(device, method.name)
    plan = prepare(scenario, market, folder)
    paths = scenario.simulation.paths
    started = time.perf_counter()
    sampler = method.sampler(plan)
    collector = _collector(plan, keep_paths, method, workers)
    partial, reached = False, True
    traced = None
    try:
        if target_se is None:
            _collect(plan, collector, sampler, paths, workers, used, progress)
        else:
            _until_precise(plan, collector, target_se, workers, used, progress, sampler)
        if fan and collector.paths:
            traced = _fan(plan, min(FAN_PATHS, collector.paths), workers)
        summary, histograms = collector.summary(partial), collector.histograms
    except KeyboardInterrupt:
        # Wherever it came: what is collected is whole, and is summarised.
        partial = True
        summary, histograms = collector.summary(partial), collector.histograms
    if target_se is not None:
        # An interruption may have come after the path that was precise enough.
        reached = collector.close_se <= target_se
        summary["target"] = {"close_mean_se": target_se, "reached": reached}
    return Result(
        scenario=scenario,
        market=plan.market,
        stage=scenario.stage,
        paths=collector.paths,
        seed=scenario.simulation.seed,
        partial=partial,
        target_reached=reached,
        summary=summary,
        histograms=histograms,
        kept=collector.kept,
        fan=traced,
        convergence=collector.convergence,
        theme=plan.theme,
        notes=(*_notes(plan, target_se, reached, partial, collector), *([instead] if instead else [])),
        wall_seconds=time.perf_counter() - started,
        device=used,
        method=method,
    )


def _is_positive(value: object) -> bool:
    return isinstance(value, float | int | np.floating) and 0.0 < float(value) < math.inf


def _whole(option: str, value: int, counted: str, least: int) -> int:
    """Check a number that came as an option or as an argument."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise invalid(option, "", f"{value} is not a number of {counted}", f"expected {least} or more")
    return number


def _collector(plan: Plan, keep_paths: int, method: Method, threads: int) -> AnyCollector:
    paths = plan.scenario.simulation.paths
    try:
        if method.name == "none":
            return Collector(plan, keep_paths, paths)
        from sim.variance_reduction.collector import WeightedCollector

        return WeightedCollector(plan, keep_paths, paths, method, threads)
    except MemoryError as fault:
        problem = f"{paths:,} paths do not fit into memory"
        raise invalid("--keep-paths", "", problem, "keep fewer, or none: --keep-paths 0") from fault


@contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Let Ctrl-C take effect after the block, so that a batch is added whole or not at all."""
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual) or threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def remember(*_: object) -> None:
        nonlocal pressed
        pressed = True

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if pressed:
        usual(signal.SIGINT, None)


def _collect(
    plan: Plan,
    collector: AnyCollector,
    sampler: Sampler | None,
    paths: int,
    threads: int,
    device: str,
    progress: Progress | None,
) -> None:
    """Add the next ``paths`` paths to a collector."""
    done, most = collector.paths, plan.scenario.simulation.paths

    def keep(batch: Batch, place: int) -> None:
        collector.keep(batch, done + place)

    size = BATCH_PATHS if device == CPU else CARD_BATCH_PATHS
    stream = parts(
        plan, collector.tallier, keep, paths, size, done, threads, device, sampler, collector.quantities
    )
    with closing(stream):
        for part in stream:
            with _interrupt_held_back():
                collector.merge(part)
            if progress is not None:
                progress(collector.paths, most)


def _until_precise(
    plan: Plan,
    collector: AnyCollector,
    target_se: float,
    threads: int,
    device: str,
    progress: Progress | None,
    sampler: Sampler | None,
) -> None:
    """Add paths until the mean return of the close is precise enough, or there are as many as asked for.

    QuantLib's rule (``ql/pricingengines/mcsimulation.hpp``): forecast the paths still needed from the error so
    far, simulate four fifths of them, and look again.
    """
    most = plan.scenario.simulation.paths
    wanted = min(BLOCK_PATHS, most)
    while True:
        todo = wanted - collector.paths
        _collect(plan, collector, sampler, todo, threads, device, progress)
        se = collector.close_se
        if se <= target_se or collector.paths >= most:
            return
        forecast = collector.paths * (se / target_se) ** 2 if math.isfinite(se) else most
        gap = max(_SHARE_OF_GAP * (forecast - collector.paths), BLOCK_PATHS)
        blocks = math.ceil((collector.paths + min(gap, most)) / BLOCK_PATHS)
        wanted = min(blocks * BLOCK_PATHS, most)


def _fan(plan: Plan, paths: int, threads: int) -> Fan | None:
    clock, trace = trace_paths(plan, paths, threads)
    listed = trace[:, ~np.isnan(trace[0])]
    if listed.shape[1] == 0:
        return None
    levels = np.array(FAN_PROBABILITIES)
    # One binomial deviation to either side, as for the quantiles of the summary.
    reach = np.sqrt(levels * (1.0 - levels) / listed.shape[1])
    wanted = np.concatenate([levels, np.clip([levels - reach, levels + reach], 0.0, 1.0).ravel()])
    quantiles, low, high = np.quantile(listed.astype(np.float64), wanted, axis=1).reshape(
        3, levels.size, listed.shape[0]
    )
    minutes = np.concatenate([[0.0], np.cumsum(plan.profile.minutes)[3::4]])
    return Fan(minutes, clock, levels, quantiles, 0.5 * (high - low), listed.shape[1])


def _notes(
    plan: Plan, target_se: float | None, reached: bool, partial: bool, collector: AnyCollector
) -> tuple[str, ...]:
    scenario, notes = plan.scenario, []
    precise = target_se is not None and reached
    if partial:
        complete = precise or collector.paths == scenario.simulation.paths
        notes.append(COMPLETE if complete else INCOMPLETE)
    if plan.market.origin.status == "trial":
        notes.append(f"the market {plan.market.name} holds trial values, not a fit; read levels with care")
    if target_se is not None and not reached:
        notes.append(
            f"the standard error of the mean close is {collector.close_se:.2g} after {collector.paths:,} paths; "
            f"{target_se:.2g} was asked for"
        )
    last_deal = plan.market.origin.last_deal
    if last_deal is not None and last_deal >= scenario.list_date:
        notes.append(
            f"the market {plan.market.name} was fitted on deals up to {last_deal}, after this one listed on "
            f"{scenario.list_date}: this is no forecast"
        )
    if plan.theme is None and scenario.peers == "auto":
        notes.append(
            "peers: auto found none; the past deals flag one theme, ai-semiconductors-robotics, and none of it "
            "listed in the year before"
        )
    if plan.theme is not None and not plan.market.valuation.theme_weight.get(scenario.stage):
        notes.append(
            f"past deals give theme heat no weight at stage {scenario.stage.upper()}: the peers do not move "
            "this forecast (docs/decisions/theme-heat.md)"
        )
    if scenario.offer.price is None:
        notes.append("the offer price is not known yet; it is drawn inside the range on each path")
    matters = plan.market.demand.placing_deflation != 0.0
    if matters and scenario.stage in ("t1", "t2") and scenario.observed.placing_coverage is None:
        notes.append("placing coverage is not known; it is drawn on each path")
    return tuple(notes)
