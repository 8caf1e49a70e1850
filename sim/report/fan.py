"""The fan chart: how the price moves through the day, and where the stabilising manager may bid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from sim.report import distribution, numbers, style, words
from sim.report.fan_shape import BANDS, Clock, clock_of, level_of, returns_shown, time_of_day
from sim.report.labels import spread
from sim.report.layout import KeyEntry, Page, printable
from sim.report.numbers import PRINTED_MINUS
from sim.report.run import Fan, Run, currency_sign

WIDTH, HEIGHT = 8.6, 5.9
_LEFT = 0.95
_LABEL_DISTANCE = 0.165


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


def _bands(fan: Fan) -> list[tuple[float, str, str]]:
    """Bands that the fan holds, widest first: lower level, words, colour."""
    return [
        (low, label, colour)
        for (low, label), colour in zip(BANDS, style.FAN, strict=True)
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


def _draw(panel: Axes, run: Run, fan: Fan) -> None:
    clock = clock_of(fan)
    times, source = clock.moments(fan)
    places = clock.place(times)
    bottom, top = returns_shown(fan)
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
            level_of(fan, low)[source],
            level_of(fan, 1.0 - low)[source],
            facecolor=colour,
            edgecolor="white",
            linewidth=0.4,
            zorder=2,
        )
    panel.plot(places, level_of(fan, 0.5)[source], color=style.FAN_MEDIAN, linewidth=1.8, zorder=3)
    panel.axhline(0.0, color=style.INK, linewidth=1.2, dashes=(4, 2.5), zorder=4)
    _draw_breaks(panel, clock)
    _draw_axes(panel, fan, clock, bottom, top)


def _draw_breaks(panel: Axes, clock: Clock) -> None:
    for start, end in zip(clock.starts, clock.ends, strict=True):
        left, right = clock.place(start), clock.place(end)
        panel.axvspan(float(left), float(right), color="white", alpha=0.62, linewidth=0.0, zorder=3.5)
        for edge in (left, right):
            panel.axvline(float(edge), color=style.RULE, linewidth=0.6, zorder=3.6)
        for line, text in enumerate((f"{time_of_day(start)}–{time_of_day(end)}", "lunch break")):
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


def _draw_axes(panel: Axes, fan: Fan, clock: Clock, bottom: float, top: float) -> None:
    clear = clock.hours(fan)
    panel.xaxis.set_major_locator(FixedLocator(clock.place(np.array(clear)).tolist()))
    names = [time_of_day(time) for time in clear]
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
        drawn = float(level_of(fan, float(probability))[-1])
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
