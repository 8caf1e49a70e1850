"""How a result shows itself in a notebook: a small table that works on light and dark pages, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING

from sim.errors import invalid
from sim.report import numbers, words
from sim.report.after_lines import after_lines
from sim.report.run import currency_sign, probability_of, statistic
from sim.report.table import answer, header
from sim.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVELS = ("0.05", "0.25", "0.5", "0.75", "0.95")
_CHANCES = (
    ("withdrawn", "deal withdrawn"),
    ("open_below_offer", "opens below the offer"),
    ("open_at_offer", "opens at the offer"),
    ("close_below_offer", "closes below the offer"),
    ("close_at_offer", "closes at the offer"),
    ("stabilised", "manager buys shares"),
    ("support_exhausted", "manager's short used up"),
)
# Text and lines take the colour of the page around them, so they are right on light and dark ones.
_RULE = "border-bottom:1px solid color-mix(in srgb, currentColor 30%, transparent)"
_CELL = "padding:2px 10px;text-align:{};background:none;font-variant-numeric:tabular-nums"
_PICTURES = ("histogram", "fan")


def result_html(result: Result) -> str:
    """Return a result as HTML: the answer, the prices with errors and quantiles, the chances of events."""
    told = "; ".join(answer(result))
    parts = [
        f"<div><strong>{_text(header(result))}</strong></div>",
        f"<div>{_text(told)}</div>",
        f'<div style="opacity:.75">{_text(words.paths_in_words(result))}, seed {result.seed}</div>',
    ]
    if words.listed_paths(result):
        levels = ["median" if level == "0.5" else f"{100.0 * float(level):g}%" for level in _LEVELS]
        parts.append(_table(("", "mean", *levels), list(_returns(result))))
        parts.append(_table(("", "mean", *levels), list(_prices(result))))
        parts.append(_table(("event", "probability"), list(_chances(result))))
    remarks = [*(after_lines(result) if words.listed_paths(result) else ())]
    remarks += [f"note: {note}" for note in result.notes]
    if result.partial:
        remarks.append("note: interrupted; the figures rest on the paths simulated so far")
    parts += [f"<div>{_text(remark)}</div>" for remark in remarks]
    return f'<div style="line-height:1.45">{"".join(parts)}</div>'


def _text(text: str) -> str:
    return escape(text.replace(" +- ", " ± "))


def _returns(result: Result) -> Iterator[tuple[str, ...]]:
    for quantity in words.QUANTITIES:
        mean, error = (statistic(result.summary, "returns", quantity, name) for name in ("mean", "mean_se"))
        quantiles = (
            numbers.percent(*words.quantile_return(result, quantity, level), signed=True) for level in _LEVELS
        )
        yield f"{_name(quantity)}, return", numbers.return_with_error(mean, error), *quantiles


def _prices(result: Result) -> Iterator[tuple[str, ...]]:
    sign = currency_sign(result.scenario).strip()
    for quantity in words.QUANTITIES:
        mean, error = (statistic(result.summary, "prices", quantity, name) for name in ("mean", "mean_se"))
        middle = numbers.money(mean, error)
        if error > 0.0:
            middle += f" +- {numbers.money_error(error)}"
        quantiles = (numbers.money(*words.quantile_price(result, quantity, level)) for level in _LEVELS)
        yield f"{_name(quantity)}, {sign}", middle, *quantiles


def _chances(result: Result) -> Iterator[tuple[str, ...]]:
    for event, label in _CHANCES:
        value, error = probability_of(result.summary, event)
        yield label, numbers.probability_with_error(value, error)


def _name(quantity: str) -> str:
    return quantity.upper() if quantity == "vwap" else quantity


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(
        f'<th style="{_CELL.format("left" if at == 0 else "right")};{_RULE}">{_text(heading)}</th>'
        for at, heading in enumerate(headings)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL.format("left" if at == 0 else "right")}">{_text(cell)}</td>'
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    style = "border-collapse:collapse;margin:.6em 0;color:inherit"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def picture_of(result: Result, picture: str) -> Figure:
    """Draw a picture of a result by its name.

    Raises
    ------
    InvalidInput
        When the name is unknown, or the result holds no fan.
    """
    if picture not in _PICTURES:
        near = get_close_matches(str(picture), _PICTURES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise invalid("plot", "", f"{picture!r} is no picture", f"one of: {', '.join(_PICTURES)}{hint}")
    if picture == "histogram":
        from sim.report.histogram import histogram_figure

        return histogram_figure(result)
    from sim.report.fan import fan_figure
    from sim.report.fan_shape import has_fan

    if not has_fan(result):
        raise invalid("plot", "", "the result holds no fan", "simulate with fan=True, to the end")
    return fan_figure(result)
