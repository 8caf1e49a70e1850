"""Pictures of a back-test: PIT histogram, reliability diagram, forecasts against outcomes.

Every function returns the bytes of a file, the same bytes for the same result: the canvas is Agg or SVG on a
figure of its own, no state of pyplot, no date in the file, a fixed salt for the ids of the SVG and its text
drawn as paths. Black, white and greys carry the meaning, so a print shows what the screen shows.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.market.scoring import reliability, uniformity_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.market.backtest_result import BacktestResult

PIT_BINS = 10
PIT_BAND = 0.95
RELIABILITY_BINS = 5
RELIABILITY_LEVEL = 0.90
FORMATS = ("png", "svg")
STAGE_NAMES = {"t0": "at launch (T0)", "t1": "at allotment (T1)", "t2": "after the grey market (T2)"}

_STYLE: dict[str, Any] = {
    "svg.hashsalt": "firstday",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "figure.dpi": 100.0,
}
_INK, _BAND, _WIDE, _NARROW = "black", "0.85", "0.80", "0.50"
_PIXELS_PER_INCH = 150
_ROW_INCHES = 0.17
_LONGEST = 150


def _bytes_of(figure: Figure, form: str) -> bytes:
    """Render without date, so that the same picture is the same file."""
    out = io.BytesIO()
    metadata = {"Date": None} if form == "svg" else {"Software": None}
    figure.savefig(out, format=form, dpi=_PIXELS_PER_INCH, metadata=metadata)
    return out.getvalue()


def _drawn(draw: Any, form: str, *arguments: Any) -> bytes:
    """Call `draw` under the style of this module and render its figure."""
    if form not in FORMATS:
        raise ValueError(f"format {form!r} is not known; expected one of {', '.join(FORMATS)}")
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        return _bytes_of(draw(*arguments), form)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _empty(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no deal with an outcome", ha="center", va="center", transform=axes.transAxes)


def uniform_band(n: int, bins: int = PIT_BINS, level: float = PIT_BAND) -> tuple[int, int]:
    """Return the counts between which one bar of `n` uniform values lies with probability `level` or more."""
    from scipy.stats import binom

    tail = (1.0 - level) / 2.0
    return int(binom.ppf(tail, n, 1.0 / bins)), int(binom.ppf(1.0 - tail, n, 1.0 / bins))


def _draw_pit(result: BacktestResult, stage: str) -> Figure:
    figure, axes = _figure(5.6, 3.9)
    pits = result.pits(stage)
    axes.set_title(f"Calibration {STAGE_NAMES[stage]}: {result.main}, {len(pits)} deals")
    axes.set_xlabel("Probability integral transform of the outcome")
    axes.set_ylabel("Deals")
    axes.set_xlim(0.0, 1.0)
    if not len(pits):
        _empty(axes)
        return figure
    counts, edges = np.histogram(pits, bins=PIT_BINS, range=(0.0, 1.0))
    low, high = uniform_band(len(pits))
    axes.bar(edges[:-1], counts, width=1.0 / PIT_BINS, align="edge", color=_NARROW, edgecolor="white")
    axes.axhspan(low, high, facecolor="none", edgecolor=_INK, hatch="////", linewidth=0.0, alpha=0.35)
    for value in (low, high):
        axes.axhline(value, color=_INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.axhline(len(pits) / PIT_BINS, color=_INK, linewidth=1.2)
    axes.set_ylim(0, 1.28 * max(int(counts.max()), high))
    axes.set_xticks(np.linspace(0.0, 1.0, 6))
    axes.text(
        0.99,
        0.99,
        f"hatched: {PIT_BAND:.0%} band of each bar if calibrated\n"
        f"Kolmogorov-Smirnov p = {uniformity_p(pits):.2g}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=8,
    )
    return figure


def _draw_reliability(result: BacktestResult, stage: str) -> Figure:
    figure, axes = _figure(4.8, 4.6)
    forecast, happened = result.below_offer(stage)
    axes.set_title(
        f"Close below the offer price,\n{STAGE_NAMES[stage]}: {result.main}, {len(forecast)} deals"
    )
    axes.set_xlabel("Forecast probability")
    axes.set_ylabel("Share of deals that closed below")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(-0.02, 1.08)
    axes.set_aspect("equal")
    if not len(forecast):
        _empty(axes)
        return figure
    axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=(0, (4, 2)))
    bins = reliability(forecast, happened, RELIABILITY_BINS, RELIABILITY_LEVEL)
    x = np.array([each.mean_forecast for each in bins])
    y = np.array([each.frequency for each in bins])
    reach = np.array([[each.frequency - each.low, each.high - each.frequency] for each in bins]).T
    axes.errorbar(x, y, yerr=np.maximum(reach, 0.0), fmt="o", color=_INK, ecolor=_NARROW, capsize=3, ms=5)
    for each in bins:
        axes.annotate(
            f"n={each.count}",
            (each.mean_forecast, each.high),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    axes.text(
        0.99,
        0.02,
        f"bars: {RELIABILITY_LEVEL:.0%} interval of the share\nn: deals in the bin",
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=8,
    )
    return figure


def _draw_outcomes(result: BacktestResult, stage: str) -> Figure:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shown = result.at(stage)[-_LONGEST:]
    figure, axes = _figure(7.2, 1.5 + _ROW_INCHES * max(len(shown), 4))
    cut = "" if len(shown) == len(result.at(stage)) else f" (the last {_LONGEST})"
    axes.set_title(f"Forecast and outcome {STAGE_NAMES[stage]}: {result.main}, {len(shown)} deals{cut}")
    if not shown:
        _empty(axes)
        return figure
    place = np.arange(len(shown))
    levels = {
        level: np.array([each.quantiles[level] for each in shown]) for level in (0.1, 0.25, 0.5, 0.75, 0.9)
    }
    logs = {level: np.log1p(values) for level, values in levels.items()}
    axes.barh(place, logs[0.9] - logs[0.1], left=logs[0.1], height=0.8, color=_WIDE)
    axes.barh(place, logs[0.75] - logs[0.25], left=logs[0.25], height=0.8, color=_NARROW)
    axes.vlines(logs[0.5], place - 0.4, place + 0.4, color="white", linewidth=1.4)
    realised = np.log1p(np.array([each.realised_return for each in shown], dtype=np.float64))
    inside = (realised >= logs[0.1]) & (realised <= logs[0.9])
    axes.plot(realised[inside], place[inside], "o", color=_INK, markersize=3.6)
    axes.plot(realised[~inside], place[~inside], "o", color=_INK, markersize=4.4, markerfacecolor="white")
    axes.axvline(0.0, color=_INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_yticks(place, [f"{each.list_date}  {each.code}" for each in shown], fontsize=6.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    _return_axis(
        axes, min(float(realised.min()), float(logs[0.1].min())), float(max(realised.max(), logs[0.9].max()))
    )
    axes.set_xlabel("Return of the close against the offer price (log scale)")
    handles = [
        Patch(color=_WIDE, label="80% of the forecast"),
        Patch(color=_NARROW, label="50%"),
        Line2D([], [], color="white", linewidth=1.4, label="white line: median"),
        Line2D([], [], color=_INK, marker="o", linestyle="", markersize=3.6, label="outcome"),
        Line2D(
            [], [], color=_INK, marker="o", linestyle="", markersize=4.4, markerfacecolor="white",
            label=f"outcome outside 80% ({int((~inside).sum())})",
        ),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=7, handlelength=1.2)
    return figure


def _return_axis(axes: Axes, low: float, high: float) -> None:
    """Label a log-return axis by simple returns."""
    ticks = [-0.8, -0.5, -0.3, 0.0, 0.5, 1.0, 2.0, 4.0, 9.0]
    reach = (low - 0.05, high + 0.05)
    kept = [tick for tick in ticks if reach[0] <= np.log1p(tick) <= reach[1]]
    axes.set_xlim(*reach)
    axes.set_xticks(np.log1p(kept), [f"{tick:+.0%}" if tick else "offer" for tick in kept])


def pit_histogram(result: BacktestResult, stage: str, form: str = "png") -> bytes:
    """Return the histogram of the PITs with the band in which a bar lies when the forecasts are calibrated.

    Parameters
    ----------
    result
        A back-test.
    stage
        One of its stages.
    form
        ``png`` or ``svg``.
    """
    return _drawn(_draw_pit, form, result, stage)


def reliability_diagram(result: BacktestResult, stage: str, form: str = "png") -> bytes:
    """Return the share of deals that closed below the offer price against the forecast probability."""
    return _drawn(_draw_reliability, form, result, stage)


def forecast_against_outcome(result: BacktestResult, stage: str, form: str = "png") -> bytes:
    """Return one row a deal in the order of listing: 80 and 50% bands, median and outcome.

    The last 150 deals where there are more: longer pictures cannot be read.
    """
    return _drawn(_draw_outcomes, form, result, stage)


def backtest_plots(result: BacktestResult) -> dict[str, bytes]:
    """Return all pictures of a back-test by file name, PNG and SVG, for stages that have a scored deal."""
    pictures = {
        "pit": pit_histogram,
        "reliability": reliability_diagram,
        "forecasts": forecast_against_outcome,
    }
    return {
        f"{name}_{stage}.{form}": draw(result, stage, form)
        for stage in result.stages
        if result.at(stage)
        for name, draw in pictures.items()
        for form in FORMATS
    }
