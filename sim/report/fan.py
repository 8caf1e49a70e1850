"""The fan chart: how the price moves through the day, and where the stabilising manager may bid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
from numpy.typing import NDArray

from sim.report import distribution, numbers, style, words
from sim.report.layout import KeyEntry, Page, printable, spread
from sim.report.numbers import PRINTED_MINUS
from sim.report.run import Fan, Run, currency_sign

WIDTH, HEIGHT = 8.6, 5.9
_LEFT = 0.95
# A lunch break takes the room of a quarter of an hour; shorter pauses, such as an auction, keep their length.
_SHORTEST_BREAK = 30.0
_ROOM_OF_BREAK = 16.0
_LABEL_DISTANCE = 0.165
_BANDS: Sequence[tuple[float, str]] = (
    (0.05, "9 in 10"),
    (0.10, "8 in 10"),
    (0.25, "half of the paths"),
)


@dataclass(frozen=True, slots=True)
class _Label:
    """One quantile at the close: its figures, the simple return where its band ends, if it is the median."""

    figures: str
    place: float
    median: bool

    @property
    def text(self) -> str:
        return f"{self.figures}  median" if self.median else self.figures

    @property
    def weight(self) -> str:
        return "bold" if self.median else "normal"


@dataclass(frozen=True, slots=True)
class _Clock:
    """The trading day as places on the axis, with breaks drawn short.

    ``starts`` and ``ends`` are the breaks in minutes from midnight, shape (B,).
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]

    def place(self, clock: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Place of a time of day on the axis, in minutes after taking the breaks out."""
        times = np.asarray(clock, dtype=np.float64)
        places = times.copy()
        for start, end in zip(self.starts, self.ends, strict=True):
            inside = np.clip((times - start) / (end - start), 0.0, 1.0)
            places -= inside * (end - start - _ROOM_OF_BREAK)
        return places


def has_fan(run: Run) -> bool:
    """Whether the run holds a fan of at least two times and one path."""
    fan = run.fan
    if fan is None or fan.paths == 0 or fan.clock.size < 2:
        return False
    return bool(np.all(np.isfinite(fan.log_returns)))


def fan_figure(run: Run) -> Figure:
    """Draw the fan chart.

    Parameters
    ----------
    run
        Result of a run for which :func:`has_fan` holds.

    Returns
    -------
    Figure
        Belongs to an Agg canvas; pyplot does not know it.
    """
    fan = run.fan
    assert fan is not None
    with style.house_style():
        page = Page(WIDTH, HEIGHT)
        top = page.head(fan_title(run), _subtitle(run, fan), _key(run, fan))
        bottom = page.foot(_small_print(run, fan))
        labels = _closing_labels(run, fan)
        right = (
            page.width - 0.5 - max(page.width_of(label.text, style.LABEL, label.weight) for label in labels)
        )
        base = bottom - 0.52
        panel = page.panel(_LEFT, top + 0.3, right, base)
        for text, x in (("return on the offer price", page.margin), ("at the close", right + 0.25)):
            page.write(text, x, top + 0.12, size=style.SMALL, colour=style.GREY, level="center")
        _draw(panel, run, fan)
        _label_close(page, panel, labels, base)
        return page.figure


def fan_title(run: Run) -> str:
    """Say the main thing, number first: where the middle half of the paths ends the day."""
    name = printable(run.scenario.name, run.scenario.code)
    low, high = (
        numbers.headline_percent(*words.quantile_return(run, "close", level), minus=PRINTED_MINUS)
        for level in ("0.25", "0.75")
    )
    return f"{low} to {high}: middle half of the closes of {name}"


def fan_description(run: Run) -> str:
    """Describe the picture in a sentence for readers that cannot see it."""
    opening, closing = (
        numbers.headline_percent(*words.quantile_return(run, quantity, "0.5"))
        for quantity in ("open", "close")
    )
    return (
        f"Fan chart of the first day's price against the offer price: the median opens at {opening} and "
        f"closes at {closing}; bands hold 50%, 80% and 90% of the paths."
    )


def _level(fan: Fan, probability: float) -> NDArray[np.float64]:
    """Simple returns of one quantile through the day; the nearest level that the fan holds."""
    at = int(np.argmin(np.abs(fan.probabilities - probability)))
    return np.asarray(np.expm1(fan.log_returns[at]), dtype=np.float64)


def _bands(fan: Fan) -> list[tuple[float, str, str]]:
    """Bands that the fan holds, widest first: lower level, words, colour."""
    return [
        (low, label, colour)
        for (low, label), colour in zip(_BANDS, style.FAN, strict=True)
        if np.any(np.isclose(fan.probabilities, low)) and np.any(np.isclose(fan.probabilities, 1.0 - low))
    ]


def _subtitle(run: Run, fan: Fan) -> str:
    count = f"{fan.paths:,} path{'' if fan.paths == 1 else 's'}"
    return (
        f"Price through the first day of trading, {words.day_in_words(run)}, from {count} at stage "
        f"{words.stage_in_words(run)}."
    )


def _key(run: Run, fan: Fan) -> list[KeyEntry]:
    price = run.scenario.offer.price
    sign = currency_sign(run.scenario)
    offer = "offer price" if price is None else f"offer price {numbers.exact_price(price, sign)}"
    entries = [KeyEntry("line", style.FAN_MEDIAN, "median")]
    entries += [KeyEntry("area", colour, label) for _, label, colour in reversed(_bands(fan))]
    entries.append(KeyEntry("dashed", style.INK, offer))
    if run.scenario.over_allotted_shares() > 0:
        entries.append(KeyEntry("hatched", style.SUPPORT, "below it the stabilising manager may buy"))
    return entries


def _small_print(run: Run, fan: Fan) -> str:
    short = run.scenario.over_allotted_shares()
    support = "No shares are over-allotted: nobody stands ready to buy below the offer price. "
    if short > 0:
        support = (
            "The stabilising manager bids at the offer price, never above it, for up to "
            f"{numbers.counted(short)} shares, those it has over-allotted; once they are bought the price is "
            "free to fall. "
        )
    levels = ", ".join(f"{100.0 * level:g}%" for level in fan.probabilities)
    return (
        f"{support}At each minute the bands join quantiles of the price ({levels}); no single path follows "
        f"them. Simulated by firstday, seed {run.seed}."
    )


def _clock_of(fan: Fan) -> _Clock:
    """Find the breaks: times of day that pass while no trading time does."""
    paused = np.diff(fan.clock) - np.diff(fan.minutes)
    at = np.flatnonzero(paused >= _SHORTEST_BREAK)
    before = fan.clock[at].astype(np.float64)
    # A fan taken at the start of each minute has its last time a minute before the break.
    half_hour = 30.0 * np.ceil(before / 30.0 - 1e-9)
    starts = np.where(half_hour <= before + np.diff(fan.minutes)[at] + 1e-9, half_hour, before)
    return _Clock(starts, starts + paused[at])


def _draw(panel: Axes, run: Run, fan: Fan) -> None:
    clock = _clock_of(fan)
    times = np.concatenate((fan.clock, clock.starts, clock.ends))
    order = np.argsort(times, kind="stable")
    # The price stands still over a break: its last value holds to the end of it.
    last = np.searchsorted(fan.clock, clock.starts, side="right") - 1
    source = np.concatenate((np.arange(fan.clock.size), last, last))[order]
    places = clock.place(times[order])
    bottom, top = _returns_shown(fan)
    panel.set_xlim(places[0], places[-1])
    panel.set_ylim(bottom, top)
    if run.scenario.over_allotted_shares() > 0:
        panel.axhspan(
            bottom,
            0.0,
            facecolor="none",
            edgecolor=style.SUPPORT,
            hatch="////",
            linewidth=0.0,
            alpha=0.55,
            zorder=2.5,
        )
    for low, _, colour in _bands(fan):
        panel.fill_between(
            places,
            _level(fan, low)[source],
            _level(fan, 1.0 - low)[source],
            facecolor=colour,
            edgecolor="white",
            linewidth=0.4,
            zorder=2,
        )
    panel.plot(places, _level(fan, 0.5)[source], color=style.FAN_MEDIAN, linewidth=1.8, zorder=3)
    panel.axhline(0.0, color=style.INK, linewidth=1.2, dashes=(4, 2.5), zorder=4)
    _draw_breaks(panel, clock)
    _draw_axes(panel, fan, clock, bottom, top)


def _returns_shown(fan: Fan) -> tuple[float, float]:
    """Ends of the vertical axis: all bands, the offer price, and a strip below it for the support."""
    widest = np.expm1(fan.log_returns)
    low, high = min(0.0, float(widest.min())), max(0.0, float(widest.max()))
    span = max(high - low, 0.04)
    return max(low - 0.07 * span, -1.0), high + 0.05 * span


def _draw_breaks(panel: Axes, clock: _Clock) -> None:
    for start, end in zip(clock.starts, clock.ends, strict=True):
        left, right = clock.place(start), clock.place(end)
        panel.axvspan(float(left), float(right), color="white", alpha=0.62, linewidth=0.0, zorder=3.5)
        for edge in (left, right):
            panel.axvline(float(edge), color=style.RULE, linewidth=0.6, zorder=3.6)
        for line, text in enumerate((f"{_time(start)}–{_time(end)}", "lunch break")):
            panel.annotate(
                text,
                (float(0.5 * (left + right)), 0.0),
                xycoords=panel.get_xaxis_transform(),
                xytext=(0.0, -6.5 - line * 11.5),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=style.LABEL,
                color=style.INK if line == 0 else style.GREY,
            )


def _time(minutes: float) -> str:
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"


def _draw_axes(panel: Axes, fan: Fan, clock: _Clock, bottom: float, top: float) -> None:
    first, last = float(fan.clock[0]), float(fan.clock[-1])
    hours = np.arange(math.ceil(first / 60.0), math.floor(last / 60.0) + 1) * 60.0
    wanted = [first, *(hour for hour in hours if hour - first >= 25.0)]
    # Times in a break and within half an hour of one would run into its own label.
    clear = [
        time
        for time in wanted
        if all(
            not (start - 35.0 < time < end + 35.0)
            for start, end in zip(clock.starts, clock.ends, strict=True)
        )
    ]
    panel.xaxis.set_major_locator(FixedLocator(clock.place(np.array(clear)).tolist()))
    names = [_time(time) for time in clear]
    panel.xaxis.set_major_formatter(FuncFormatter(lambda _, at: names[at] if at is not None else ""))
    step = distribution.nice_width(top - bottom, 7.0)
    rows = step * np.arange(math.ceil(bottom / step - 1e-9), math.floor(top / step + 1e-9) + 1)
    decimals = 0 if step >= 0.01 and math.isclose(100 * step, round(100 * step)) else 1
    panel.yaxis.set_major_locator(FixedLocator(rows.tolist()))
    panel.yaxis.set_major_formatter(
        FuncFormatter(
            lambda value, _: numbers.rounded(100 * value, decimals, signed=True, minus=PRINTED_MINUS) + "%"
        )
    )
    panel.tick_params(axis="y", length=0.0)
    panel.grid(axis="y", color=style.RULE, linewidth=0.5, zorder=0.5)


def _closing_labels(run: Run, fan: Fan) -> list[_Label]:
    """Label each quantile at the end of the day, lowest first; equal texts once.

    The figures are those of the whole run, as in the histogram: the fan may rest on fewer paths.
    """
    price = run.scenario.offer.price
    labels: list[_Label] = []
    for probability in np.sort(fan.probabilities):
        level = f"{probability:.6g}"
        value, error = words.quantile_return(run, "close", level)
        drawn = float(_level(fan, float(probability))[-1])
        if math.isnan(value):
            value, error = drawn, math.nan
        text = numbers.percent(
            value, error, most=1 if abs(value) < 0.0995 else 0, signed=True, minus=PRINTED_MINUS
        )
        if price is not None:
            amount = numbers.money(price * (1.0 + value), price * error, sign=currency_sign(run.scenario))
            text = f"{text}  {amount}"
        median = math.isclose(probability, 0.5)
        twin = next((at for at, label in enumerate(labels) if label.figures == text), None)
        if twin is None:
            labels.append(_Label(text, drawn, median))
        elif median:
            labels[twin] = _Label(text, drawn, median)
    return labels


def _label_close(page: Page, panel: Axes, labels: Sequence[_Label], base: float) -> None:
    """Write each quantile's close beside the right edge, moved apart where they would touch."""
    box = panel.get_position()
    height = page.height * box.height
    bottom, top = panel.get_ylim()
    wanted = (np.array([label.place for label in labels]) - bottom) / (top - bottom) * height
    places = spread(wanted, _LABEL_DISTANCE, 0.06, height - 0.06)
    edge = page.width * box.x1
    for label, target, place in zip(labels, wanted, places, strict=True):
        page.connect(edge + 0.03, base - float(target), edge + 0.2, base - float(place))
        page.write(label.text, edge + 0.25, base - float(place), weight=label.weight, level="center")
