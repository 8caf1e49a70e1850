"""Where open, high, low, close and the average price of the day lie: the middle, half, and 8 in 10 paths."""

from __future__ import annotations

from markupsafe import Markup

from sim.report import words
from sim.report.axis import percent_tick
from sim.report.run import Run
from sim.report.web.svg import LINE, Panel, Picture, drawing, line, picture, rectangle, text, ticks
from sim.report.web.wording import short_return

NAMES = {
    "open": "Open",
    "high": "Highest price",
    "low": "Lowest price",
    "close": "Close",
    "vwap": "Average price",
}
_LEVELS = ("0.1", "0.25", "0.5", "0.75", "0.9")
_ROW, _HEAD = 46.0, 8.0


def ranges_chart(run: Run) -> Picture:
    """Draw the five prices of a run with at least one path that lists."""
    return picture(lambda width, name: _draw(run, width, name), "ranges")


def _draw(run: Run, width: float, name: str) -> Markup:
    told = {
        quantity: [words.quantile_return(run, quantity, level) for level in _LEVELS] for quantity in NAMES
    }
    places = [value for levels in told.values() for value, _ in levels]
    low, high = min(0.0, *places), max(0.0, *places)
    room = 0.03 * max(high - low, 0.04)
    height = _HEAD + _ROW * len(NAMES) + 2.0 * LINE + 8.0
    panel = Panel(8.0, width - 8.0, _HEAD, _HEAD + _ROW * len(NAMES), low - room, high + room)
    step, rules = ticks(panel.low, panel.high, width / 80.0)
    children = [line(panel.x(0.0), panel.upper, panel.x(0.0), panel.lower, "offer")]
    for place in rules:
        children.append(line(panel.x(place), panel.upper, panel.x(place), panel.lower, "rule"))
        if panel.left + 14.0 < panel.x(place) < panel.right - 14.0:
            children.append(
                text(panel.x(place), panel.lower + LINE, percent_tick(place, step), None, "middle")
            )
    axis = "return on the offer price"
    children.append(text(0.5 * width, panel.lower + 2.0 * LINE, axis, "quiet", "middle"))
    for at, (quantity, levels) in enumerate(told.items()):
        children += _row(panel, _HEAD + _ROW * at, NAMES[quantity], levels)
    medians = "; ".join(f"{NAMES[name]} {short_return(*levels[2])}" for name, levels in told.items())
    return drawing(
        name, width, height, "The prices of the first day", f"Middle of the paths: {medians}.", children
    )


def _row(panel: Panel, top: float, name: str, levels: list[tuple[float, float]]) -> list[Markup]:
    outer_low, inner_low, middle, inner_high, outer_high = (panel.x(value) for value, _ in levels)
    base = top + 30.0
    label = f"{name}: {short_return(*levels[2])}"
    return [
        rectangle(outer_low, base - 5.0, outer_high, base + 5.0, "band-2"),
        rectangle(inner_low, base - 8.0, inner_high, base + 8.0, "band-3"),
        line(middle, base - 10.0, middle, base + 10.0, "median"),
        panel.label(middle, top + 15.0, label, "halo", 0),
    ]
