"""Pictures of a back-test: PIT histogram, reliability diagram, forecasts against outcomes.

Every function returns the bytes of a file, the same bytes for the same result. Black, white and greys carry
the meaning, so a print shows what the screen shows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.backtest.scoring import TIE, reliability, uniformity_p

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.backtest.result import BacktestResult, DealForecast

PIT_BINS = 10
PIT_BAND = 0.95
RELIABILITY_BINS = 5
RELIABILITY_LEVEL = 0.90
FORMATS = ("png", "svg")
STAGE_NAMES = {"t0": "at launch (T0)", "t1": "at allotment (T1)", "t2": "after the grey market (T2)"}

_INK, _BAND, _WIDE, _NARROW = "black", "0.90", "0.82", "0.50"
_DASHED = (0, (4, 2))
_TITLE, _NOTE, _TINY = 10.0, 8.0, 6.5
_ROW_INCHES = 0.135
_ROWS_OF_ONE_COLUMN = 50
_LONGEST = 160


def _drawn(
    draw: Callable[[BacktestResult, str], Figure], form: str, result: BacktestResult, stage: str
) -> bytes:
    """Draw in the style of the house and render without a date: the same picture is the same file."""
    if form not in FORMATS:
        raise ValueError(f"format {form!r} is not known; expected one of {', '.join(FORMATS)}")
    from sim.report.style import house_style

    out = io.BytesIO()
    metadata = {"Date": None, "Creator": "firstday"} if form == "svg" else {"Software": "firstday"}
    with house_style():
        draw(result, stage).savefig(out, format=form, metadata=metadata)
    return out.getvalue()


def _axes(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    from sim.report.style import new_figure

    figure = new_figure(width, height)
    figure.set_layout_engine("constrained")
    found = [figure.add_subplot(1, columns, k + 1) for k in range(columns)]
    for axes in found:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, found


def _title(figure: Figure, result: BacktestResult, stage: str, what: str, note: str) -> None:
    deals = len(result.at(stage))
    words = f"{what} {STAGE_NAMES[stage]}: {result.main.replace('_', ' ')}, {deals} deals"
    figure.suptitle(
        f"{words}\n{note}" if note else words, x=0.02, ha="left", fontsize=_TITLE, linespacing=1.5
    )


def _empty(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no deal with an outcome", ha="center", va="center", transform=axes.transAxes)


def uniform_band(n: int, bins: int = PIT_BINS, level: float = PIT_BAND) -> tuple[int, int]:
    """Return the counts between which one bar of `n` uniform values lies with probability `level` or more."""
    from scipy.stats import binom

    tail = (1.0 - level) / 2.0
    return int(binom.ppf(tail, n, 1.0 / bins)), int(binom.ppf(1.0 - tail, n, 1.0 / bins))


def _draw_pit(result: BacktestResult, stage: str) -> Figure:
    figure, (axes,) = _axes(5.8, 4.0)
    pits = result.pits(stage)
    axes.set_xlabel("Probability integral transform of the outcome")
    axes.set_ylabel("Deals")
    axes.set_xlim(0.0, 1.0)
    if not len(pits):
        _title(figure, result, stage, "Calibration", "")
        _empty(axes)
        return figure
    counts, edges = np.histogram(pits, bins=PIT_BINS, range=(0.0, 1.0))
    low, high = uniform_band(len(pits))
    note = (
        f"dashed: {PIT_BAND:.0%} band of each bar if calibrated; "
        f"Kolmogorov-Smirnov p = {uniformity_p(pits):.2g}"
    )
    _title(figure, result, stage, "Calibration", note)
    axes.axhspan(low, high, color=_BAND, linewidth=0.0, zorder=0)
    axes.bar(edges[:-1] + 0.01, counts, width=1.0 / PIT_BINS - 0.02, align="edge", color=_NARROW)
    for value in (low, high):
        axes.axhline(value, color=_INK, linewidth=0.9, linestyle=_DASHED)
    axes.axhline(len(pits) / PIT_BINS, color=_INK, linewidth=1.2)
    axes.set_ylim(0, 1.1 * max(int(counts.max()), high))
    axes.set_xticks(np.linspace(0.0, 1.0, 6))
    return figure


def _draw_reliability(result: BacktestResult, stage: str) -> Figure:
    figure, (axes,) = _axes(5.2, 5.2)
    forecast, happened = result.below_offer(stage)
    note = f"close below the offer price; bars: {RELIABILITY_LEVEL:.0%} interval; n: deals in the bin"
    _title(figure, result, stage, "Reliability", note)
    axes.set_xlabel("Forecast probability")
    axes.set_ylabel("Share of deals that closed below")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(-0.02, 1.08)
    if not len(forecast):
        _empty(axes)
        return figure
    axes.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=_DASHED)
    for each in reliability(forecast, happened, RELIABILITY_BINS, RELIABILITY_LEVEL):
        reach = [[each.frequency - each.low], [each.high - each.frequency]]
        axes.errorbar(
            [each.mean_forecast], [each.frequency], yerr=np.maximum(reach, 0.0), fmt="o", color=_INK,
            ecolor=_NARROW, elinewidth=2.0, capsize=4, markersize=5.5,
        )  # fmt: skip
        axes.annotate(
            f"n={each.count}", (each.mean_forecast, each.high), xytext=(0, 5), textcoords="offset points",
            ha="center", fontsize=_NOTE, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip
    return figure


def _draw_rows(axes: Axes, shown: Sequence[DealForecast]) -> int:
    """Draw one row a deal; return how many outcomes lie outside the 80% band."""
    place = np.arange(len(shown))
    logs = {
        level: np.log1p(np.array([each.quantiles[level] for each in shown]))
        for level in (0.1, 0.25, 0.5, 0.75, 0.9)
    }
    axes.barh(place, logs[0.9] - logs[0.1], left=logs[0.1], height=0.78, color=_WIDE)
    axes.barh(place, logs[0.75] - logs[0.25], left=logs[0.25], height=0.78, color=_NARROW)
    axes.vlines(logs[0.5], place - 0.39, place + 0.39, color="white", linewidth=1.4)
    axes.axvline(0.0, color=_INK, linewidth=0.8, linestyle=_DASHED)
    realised = np.log1p(np.array([each.realised_return for each in shown], dtype=np.float64))
    inside = (realised >= logs[0.1] - TIE) & (realised <= logs[0.9] + TIE)
    axes.plot(realised[inside], place[inside], "o", color=_INK, markersize=3.4)
    axes.plot(realised[~inside], place[~inside], "o", color=_INK, markersize=4.4, markerfacecolor="white")
    axes.set_yticks(place, [f"{each.list_date}  {each.code}" for each in shown], fontsize=_TINY)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Close against offer price (log scale)")
    return int((~inside).sum())


def _draw_outcomes(result: BacktestResult, stage: str) -> Figure:
    shown = result.at(stage)[-_LONGEST:]
    columns = 1 if len(shown) <= _ROWS_OF_ONE_COLUMN else 2
    rows = max(-(-len(shown) // columns), 4)
    figure, axes = _axes(5.6 * columns, 1.5 + _ROW_INCHES * rows, columns)
    cut = "" if len(shown) == len(result.at(stage)) else f"the last {_LONGEST} deals"
    _title(figure, result, stage, "Forecast and outcome", cut)
    if not shown:
        _empty(axes[0])
        return figure
    ends = [value for each in shown for value in (each.quantiles[0.1], each.quantiles[0.9])]
    ends += [each.realised_return for each in shown if each.realised_return is not None]
    outside = 0
    for k, part in enumerate(axes):
        outside += _draw_rows(part, shown[k * rows : (k + 1) * rows])
        part.set_ylim(rows - 0.4, -0.6)
        _return_axis(part, float(np.log1p(min(ends))), float(np.log1p(max(ends))))
    _outcome_legend(figure, outside)
    return figure


def _outcome_legend(figure: Figure, outside: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(color=_WIDE, label="80% of the forecast"),
        Patch(color=_NARROW, label="50%"),
        Line2D(
            [], [], color=_NARROW, linewidth=7, solid_capstyle="butt", marker="|", markersize=7,
            markeredgecolor="white", markeredgewidth=1.6, label="median",
        ),
        Line2D([], [], color=_INK, marker="o", linestyle="", markersize=3.4, label="outcome"),
        Line2D(
            [], [], color=_INK, marker="o", linestyle="", markersize=4.4, markerfacecolor="white",
            label=f"outcome outside 80% ({outside})",
        ),
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="outside lower center", ncols=5, fontsize=_NOTE, handlelength=1.4,
        columnspacing=1.4, frameon=False,
    )  # fmt: skip


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

    The last 160 deals where there are more: longer pictures cannot be read.
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
