"""``report.html``: the whole report of a run in one file that needs no network.

The same result gives the same bytes: nothing in it tells the time.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.desks.base import AskedDesks
from sim.report import offer_shares, words
from sim.report.fan_shape import has_fan
from sim.report.run import probability_of
from sim.report.web import after, desks, makes, prices, record, trust
from sim.report.web.answer import answer_facts, answer_sentence
from sim.report.web.contents import Grid
from sim.report.web.convergence_chart import convergence_chart, settled
from sim.report.web.deal import STAGES, VENUE_NAMES, deal_grid, known_grid
from sim.report.web.distribution_chart import distribution_chart, step_told
from sim.report.web.fan_chart import fan_chart
from sim.report.web.ranges_chart import ranges_chart
from sim.report.web.wording import chance_told, noted, paths_told
from sim.result import Result

NAME = "report.html"
_FOLDER = Path(__file__).parent
_NO_DESKS = AskedDesks()


def write_report(result: Result, folder: Path, asked: AskedDesks = _NO_DESKS) -> Path:
    """Write ``report.html`` into a directory.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    file = folder / NAME
    file.write_text(report_html(result, asked), encoding="utf-8", newline="\n")
    return file


def report_html(result: Result, asked: AskedDesks = _NO_DESKS) -> str:
    """Return the report of a run as a page.

    Parameters
    ----------
    result
        What the run found; also one that was interrupted, or on which no path lists.
    asked
        Answers of the desks.
    """
    return _environment().get_template("report.html.jinja").render(_context(result, asked))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        style=_style(), noted=noted, paths_told=paths_told, version=version("firstday")
    )
    return environment


def _style() -> Markup:
    """The style sheet: the house's tokens, those of the light theme again for paper, and the report's rules."""
    house = (_FOLDER / "house.css").read_text(encoding="utf-8")
    light = house[house.index(":root {") : house.index("}") + 1]
    own = (_FOLDER / "report.css").read_text(encoding="utf-8")
    return Markup(f"{house}\n@media print {{\n{light}\n}}\n{own}")


def _context(result: Result, asked: AskedDesks) -> dict[str, Any]:
    """Everything that the templates name; what a run does not have is ``None``."""
    deal, listed = result.scenario, words.listed_paths(result) > 0
    return {
        "deal": deal,
        "result": result,
        "listed": listed,
        "venue": VENUE_NAMES.get(deal.venue, deal.venue),
        "list_day": words.day_in_words(result),
        "stage_told": STAGES[result.stage],
        # What a desk refuses is told where the desks are.
        "notes": [noted(note) for note in result.notes if note not in asked.left_out],
        "sentence": answer_sentence(result),
        "facts": answer_facts(result),
        "deal_grid": deal_grid(deal),
        "known_grid": known_grid(deal),
        "prices": _prices(result) if listed else None,
        "fan": _fan(result) if listed else None,
        "makes": _makes(result) if listed else None,
        "demand_grid": makes.demand_grid(result),
        "theme": _theme(result),
        "after": _after(result) if listed else None,
        "desks": desks.desk_parts(asked),
        "asked": asked,
        "unasked": desks.unasked(asked, deal),
        "convergence": _convergence(result),
        "market": result.market,
        "market_facts": trust.market_facts(result.market),
        "parameter_grid": trust.parameter_grid(result.market),
        "backtest": _backtest(result),
        "manifest_grid": record.manifest_grid(result),
        "scenario_text": record.scenario_text(result),
    }


def _prices(result: Result) -> dict[str, Any]:
    atom, _ = offer_shares.at_offer(result, "close")
    return {
        "chart": distribution_chart(result),
        "ranges": ranges_chart(result),
        "returns": prices.return_grid(result),
        "money": prices.price_grid(result),
        "events": prices.event_grid(result),
        "atom": atom,
        "atom_told": chance_told(atom, probability_of(result.summary, "close_at_offer")[1]),
        "step": step_told(result),
    }


def _fan(result: Result) -> dict[str, Any] | None:
    fan = result.fan
    if fan is None or not has_fan(result):
        return None
    line = f"Line: the middle of {paths_told(fan.paths)}."
    caption = f"{line} Bands: half, 8 in 10 and 9 in 10 of them. Dashed: the offer price."
    if result.scenario.over_allotted_shares():
        caption += " In the shaded part below it the stabilising manager may buy."
    return {"chart": fan_chart(result, fan), "grid": prices.fan_grid(fan), "caption": caption}


def _makes(result: Result) -> dict[str, Any]:
    return {
        "chart": makes.decomposition_chart(result),
        "grid": makes.decomposition_grid(result),
        "greenshoe": makes.greenshoe_facts(result),
        "float_chart": makes.float_chart(result),
        "float_grid": makes.float_grid(result),
    }


def _theme(result: Result) -> dict[str, Any] | None:
    theme = result.theme
    if theme is None or not theme.peers:
        return None
    return {
        "chart": makes.heat_chart(theme),
        "grid": makes.heat_grid(theme),
        "weight": makes.weight_of_theme(result),
    }


def _after(result: Result) -> dict[str, Any] | None:
    if "aftermarket" not in result.summary:
        return None
    return {"grid": after.after_grid(result), "facts": after.after_facts(result)}


def _convergence(result: Result) -> dict[str, Any] | None:
    told = settled(result.convergence)
    if told.paths.size < 2:
        return None
    return {"chart": convergence_chart(told), "grid": trust.convergence_grid(told)}


def _backtest(result: Result) -> Grid | None:
    scores = trust.backtest_of(result.scenario.venue, result.stage)
    return None if scores is None else trust.backtest_grid(scores)
