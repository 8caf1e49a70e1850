"""What the page shows of a deal: the close as bars, chances and figures in words, and the desks.

Every number is of a run of :func:`sim.simulation.simulate`; the words are those that ``firstday run`` prints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.explore.deal import Deal, moved
from sim.explore.request import CLOSE, STEPS, Question
from sim.explore.written import file_names, market_yaml, scenario_yaml
from sim.report import distribution, numbers, words
from sim.report.axis import common_axis
from sim.report.numbers import PRINTED_MINUS
from sim.report.run import currency_sign, probability_of, statistic
from sim.report.table import answer as clauses_of
from sim.report.table import facts, returns_rows, told_events
from sim.result import Result

LEVELS = ("0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95")
_MINUS = re.compile(r"(?<![\w.])-(?=\d|HK\$|RMB)")
PIECES = 80
"""Bars that an axis is cut into at most."""
MOST_BARS = 400


def answer(deal: Deal, question: Question, threads: int | None = None) -> dict[str, Any]:
    """Answer a question of the page.

    Parameters
    ----------
    deal
        The deal that it is about.
    question
        What is asked.
    threads
        Threads to use; the answer does not depend on it.

    Returns
    -------
    dict
        Plain data, no NaN in it.

    Raises
    ------
    InvalidInput
        When the values break a rule of a scenario, the field of each fault being a control's name.
    """
    if question.ask == CLOSE:
        return close_answer(deal, question.values, question.step, threads)
    return desk_answer(deal, question.ask, question.values, threads)


def close_answer(
    deal: Deal, values: Mapping[str, float | None], step: float | None = None, threads: int | None = None
) -> dict[str, Any]:
    """Simulate and describe the close; ``step`` is the width of a bar, chosen where left out."""
    from sim.desks.together import questions
    from sim.simulation import simulate

    now = moved(deal, values)
    run = simulate(now.scenario, market=now.market, threads=threads, fan=False)
    if run.partial:
        # Ctrl-C: a page does not answer from a part of the paths.
        raise KeyboardInterrupt
    names = file_names(deal)
    market_file = market_yaml(deal, now)
    files = [{"name": names[0], "text": scenario_yaml(deal, now)}]
    if market_file is not None:
        files.append({"name": names[1], "text": market_file})
    return {
        "sentence": "; ".join(_printed(clause) for clause in clauses_of(run)) + ".",
        "run": f"{words.paths_in_words(run)}, seed {run.seed}",
        "stage": words.stage_in_words(run),
        "listed": words.listed_paths(run),
        "close": None if words.listed_paths(run) == 0 else _close(run, step),
        "chances": [[label, _printed(text)] for label, text in told_events(run)],
        "returns": _returns(run),
        "facts": [_printed(line) for line in facts(run)],
        "notes": list(run.notes),
        "summary": finite_only(run.summary),
        "desks": [name for name, _ in questions(now.scenario, now.market, threads)],
        "files": files,
    }


def desk_answer(
    deal: Deal, desk: str, values: Mapping[str, float | None], threads: int | None = None
) -> dict[str, Any]:
    """Ask one desk; a desk that does not apply, or refuses the deal, says so in its sentence."""
    from sim.desks.together import questions
    from sim.errors import InvalidInput

    now = moved(deal, values)
    ask = dict(questions(now.scenario, now.market, threads)).get(desk)
    if ask is None:
        return {"desk": desk, "sentence": "This deal has nothing for this desk.", "tables": [], "remarks": []}
    try:
        told = ask()
    except InvalidInput as refusal:
        fault = refusal.faults[0]
        left_out = f"Left out: {fault.problem}; {fault.remedy}."
        return {"desk": desk, "sentence": left_out, "tables": [], "remarks": []}
    return {
        "desk": desk,
        "sentence": _printed(told.sentence()) + ".",
        "tables": [
            {
                "title": _printed(table.title),
                "headings": [_printed(heading) for heading in table.headings],
                "rows": [[_printed(cell) for cell in row] for row in table.rows],
                "marked": sorted(table.marked),
            }
            for table in told.tables()
        ],
        "remarks": [_printed(remark) for remark in told.remarks()],
    }


def finite_only(data: Any) -> Any:
    """Plain data as JSON holds it, ``None`` for NaN and infinity."""
    if isinstance(data, Mapping):
        return {key: finite_only(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite_only(each) for each in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _printed(text: str) -> str:
    """Write errors and negative numbers as print does."""
    return _MINUS.sub(PRINTED_MINUS, text.replace("+-", "±"))


def _returns(run: Result) -> dict[str, Any]:
    heads = ["median" if level == "0.5" else f"{100.0 * float(level):g}%" for level in LEVELS]
    rows = [[_printed(cell) for cell in row] for row in returns_rows(run, LEVELS)]
    return {"headings": ["", "mean ± se", "sd", *heads], "rows": rows}


def _close(run: Result, step: float | None) -> dict[str, Any]:
    """Bars of the close, those beyond the last one counted apart, with the axis that suits them."""
    histogram, axis = run.histograms["close"], common_axis(run)
    usual = distribution.nice_width(axis.high - axis.low, PIECES)
    width = min(STEPS, key=lambda each: abs(math.log(each / (step or usual))))
    low = width * math.floor(distribution.quantile(histogram, 0.0) / width)
    end = width * math.ceil(max(distribution.quantile(histogram, 1.0), 0.0) / width)
    high = min(end, low + MOST_BARS * width)
    bars = distribution.bars(histogram, low, high, width)
    parts = distribution.shares(histogram)
    sign = currency_sign(run.scenario)
    levels = {level: words.quantile_return(run, "close", level)[0] for level in ("0.1", "0.5", "0.9")}
    median = numbers.headline_percent(*words.quantile_return(run, "close", "0.5"), minus=PRINTED_MINUS)
    price = run.scenario.offer.price
    return {
        "width": width,
        "usual_width": usual,
        "axis": [axis.low, axis.high],
        # Density of paths in simple return, so that bars of another width draw the same curve.
        "left": _short(bars.left),
        "right": _short(bars.right),
        "density": _short(bars.height / width),
        "at_offer": parts.at_offer,
        "beyond": distribution.share_between(histogram, min(low, 0.0), high)[1],
        "quantiles": levels,
        "median": f"median {median}",
        "offer": "offer price" if price is None else f"offer {numbers.exact_price(price, sign)}",
        "shares": [
            ["below", f"{_share(parts.below, run)} close below the offer price"],
            ["at-offer", f"{_share(parts.at_offer, run)} exactly at it"],
            ["above", f"{_share(parts.above, run)} above it"],
        ],
        "mean": statistic(run.summary, "returns", "close", "mean"),
        "below_offer": list(probability_of(run.summary, "close_below_offer")),
    }


def _share(value: float, run: Result) -> str:
    total = words.listed_paths(run)
    return numbers.probability_with_error(value, distribution.share_error(value, total), "±")


def _short(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
