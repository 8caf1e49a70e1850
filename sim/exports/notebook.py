"""How a result shows itself in a notebook: a small table that works on light and dark pages, and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from html import escape
from typing import TYPE_CHECKING

from sim.errors import invalid
from sim.exports.events import chances
from sim.report import numbers, words
from sim.report.after_lines import after_lines
from sim.report.run import currency_sign, statistic
from sim.report.table import answer, header
from sim.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVELS = ("0.05", "0.25", "0.5", "0.75", "0.95")
# Text and lines take the colour of the page around them, so they are right on light and dark ones.
_RULE = "border-bottom:1px solid color-mix(in srgb, currentColor 30%, transparent)"
_CELL = "padding:2px 10px;text-align:{};background:none;font-variant-numeric:tabular-nums"
_PICTURES = ("histogram", "fan")


def result_text(result: Result) -> str:
    """Return a result in two lines: the deal, and the answer."""
    paths = f"{words.paths_in_words(result)}, seed {result.seed}"
    return f"<Result: {header(result)}; {paths}\n {'; '.join(answer(result))}>"


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
        prices = [*_returns(result), *_prices(result)]
        parts.append(_table(("", "mean", *levels), prices, len(words.QUANTITIES)))
        parts.append(_table(("event", "probability"), list(_chances(result))))
    remarks = [*(after_lines(result) if words.listed_paths(result) else ())]
    remarks += [f"note: {note}" for note in result.notes]
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
    for label, value, error in chances(result):
        yield label, numbers.probability_with_error(value, error)


def _name(quantity: str) -> str:
    return quantity.upper() if quantity == "vwap" else quantity


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], first_block: int = 0) -> str:
    """Set a table; a line divides the ``first_block`` rows from the others."""
    lines = [_row("th", headings, ruled=True)]
    lines += [_row("td", row, ruled=at == first_block) for at, row in enumerate(rows, start=1)]
    look = "border-collapse:collapse;margin:.6em 0;color:inherit;font-size:inherit"
    return f'<table style="{look}"><thead>{lines[0]}</thead><tbody>{"".join(lines[1:])}</tbody></table>'


def _row(tag: str, cells: Sequence[str], ruled: bool) -> str:
    rule = f";{_RULE}" if ruled else ""
    set_cells = (
        f'<{tag} style="{_CELL.format("right" if at else "left")}{rule}">{_text(cell)}</{tag}>'
        for at, cell in enumerate(cells)
    )
    return f'<tr style="background:none">{"".join(set_cells)}</tr>'


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
