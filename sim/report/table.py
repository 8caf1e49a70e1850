"""The console table of one run: the answer in a sentence, then the figures behind it.

Formatting only; every number comes from the result. Lines stay within 100 columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sim.report import decomposition, numbers, words
from sim.report.after_lines import after_lines
from sim.report.printer import WIDTH, Printer
from sim.report.reduction_lines import reduction_lines
from sim.report.run import (
    Run,
    ThemeHeat,
    currency_sign,
    impossible_events,
    number_of,
    probability_of,
    statistic,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# The narrower sets are for terminals of 80 columns and less; the last is tried whatever its width.
_LEVEL_SETS = (
    ("0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"),
    ("0.05", "0.1", "0.5", "0.9", "0.95"),
    ("0.1", "0.5", "0.9"),
    ("0.5",),
)
_EVENTS = (
    ("withdrawn", "deal withdrawn"),
    ("open_below_offer", "opens below the offer"),
    ("open_at_offer", "opens at the offer"),
    ("close_below_offer", "closes below the offer"),
    ("close_at_offer", "closes at the offer"),
    ("stabilised", "manager buys shares"),
    ("support_exhausted", "manager's short used up"),
)


def print_run(
    run: Run,
    console: Console,
    files: Iterable[str | Path] = (),
    answers: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Print what a run found.

    Parameters
    ----------
    run
        Result of a run.
    console
        Where to print; nothing is wider than 100 columns, or than the console where that is narrower.
    files
        Files or directories written, named at the end.
    answers
        One sentence for each desk that was asked, by the desk's name.
    """
    printer = Printer(console)
    line = printer.line
    listed = words.listed_paths(run) > 0
    line(header(run), "bold")
    line(f"{words.paths_in_words(run)}, seed {run.seed}", "dim")
    for text in reduction_lines(run):
        line(text, "dim")
    clauses = answer(run)
    whole = "; ".join(clauses)
    line(
        whole if len(whole) <= printer.width else ";\n".join(clauses), "bold green" if listed else "bold red"
    )
    if listed:
        line("")
        printer.table(_returns_table(run, console, printer.width))
        printer.table(_probabilities_table(run, console, printer.width))
        line("")
    for text in (*facts(run), *(after_lines(run) if listed else ())):
        line(text)
    for desk, sentence in answers.items():
        line(f"\n{desk}'s desk: {sentence}")
    if answers:
        line("")
    for note in run.notes:
        line(f"note: {note}", "yellow")
    printer.files(files)


def header(run: Run) -> str:
    """Name the deal: ``Biren Technology (06082, HKEX), T1: after allotment; lists 2 January 2026``."""
    deal = run.scenario
    place = f"{deal.name} ({deal.code}, {deal.venue.upper()})"
    return f"{place}, {words.stage_in_words(run)}; lists {words.day_in_words(run)}"


def answer(run: Run) -> list[str]:
    """Give the answer as the clauses of one sentence: the close, its 80% range, the chance of a loss."""
    if run.paths == 0:
        return ["No price to report: the run was stopped before its first paths were done"]
    if words.listed_paths(run) == 0:
        return [f"No price to report: the deal is withdrawn on all {run.paths:,} paths"]
    median, low, high = words.headline_range(run)
    middle = words.quantile_price(run, "close", "0.5")
    price = numbers.money(*middle, sign=currency_sign(run.scenario), most=1)
    below = numbers.probability_with_error(*probability_of(run.summary, "close_below_offer"))
    withdrawn = probability_of(run.summary, "withdrawn")
    listed = " if it lists" if withdrawn[0] > 0.0 else ""
    clauses = [
        f"Close: median {median} ({price}), 80% between {low} and {high}",
        f"{below} chance of closing below the offer{listed}",
    ]
    if withdrawn[0] > 0.0:
        clauses.append(f"{numbers.probability_with_error(*withdrawn)} chance that the deal is withdrawn")
    return clauses


def _returns_table(run: Run, console: Console, width: int) -> Table:
    """Set returns and prices with all quantiles that the width holds; the quartiles go first."""
    for levels in _LEVEL_SETS:
        table = _returns_table_of(run, levels)
        if _natural_width(table, console) <= width:
            break
    return table


def returns_rows(run: Run, levels: Sequence[str]) -> list[list[str]]:
    """Name, mean with its error, deviation and quantiles of each return, then of each price."""
    sign = currency_sign(run.scenario).strip()
    returns = [_return_row(run, quantity, levels) for quantity in words.QUANTITIES]
    return returns + [_price_row(run, quantity, sign, levels) for quantity in words.QUANTITIES]


def _returns_table_of(run: Run, levels: Sequence[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), collapse_padding=True, pad_edge=False)
    # Folding keeps every digit where even the narrowest set does not fit; a cut figure would be a wrong one.
    table.add_column("", overflow="fold")
    table.add_column("mean +- se", justify="right", overflow="fold")
    table.add_column("sd", justify="right", overflow="fold")
    for level in levels:
        name = "median" if level == "0.5" else f"{100.0 * float(level):g}%"
        table.add_column(name, justify="right", overflow="fold", style="bold" if level == "0.5" else "")
    for at, row in enumerate(returns_rows(run, levels), start=1):
        table.add_row(*row, end_section=at == len(words.QUANTITIES))
    return table


def _name(quantity: str) -> str:
    return quantity.upper() if quantity == "vwap" else quantity


def _return_row(run: Run, quantity: str, levels: Sequence[str]) -> list[str]:
    mean, error, sd = (
        statistic(run.summary, "returns", quantity, name) for name in ("mean", "mean_se", "sd")
    )
    quantiles = (
        numbers.percent(*words.quantile_return(run, quantity, level), signed=True) for level in levels
    )
    # The standard error of a standard deviation is of the size of that of the mean.
    return [_name(quantity), numbers.return_with_error(mean, error), numbers.percent(sd, error), *quantiles]


def _price_row(run: Run, quantity: str, sign: str, levels: Sequence[str]) -> list[str]:
    mean, error, sd = (statistic(run.summary, "prices", quantity, name) for name in ("mean", "mean_se", "sd"))
    middle = numbers.money_with_error(mean, error)
    quantiles = (numbers.money(*words.quantile_price(run, quantity, level)) for level in levels)
    return [f"{_name(quantity)}, {sign}", middle, numbers.money(sd, error), *quantiles]


def told_events(run: Run) -> list[tuple[str, str]]:
    """Name each event that can happen to the deal, with its probability and error."""
    cells: list[tuple[str, str]] = []
    impossible = impossible_events(run)
    for event, label in _EVENTS:
        if event in impossible:
            continue
        value, error = probability_of(run.summary, event)
        if not math.isnan(value):
            cells.append((label, numbers.probability_with_error(value, error)))
    return cells


def _probabilities_table(run: Run, console: Console, width: int) -> Table:
    """Set the probabilities in two columns, or in one where two do not fit."""
    cells = told_events(run)
    half = (len(cells) + 1) // 2
    empty = [("", "")] * (2 * half - len(cells))
    beside = _grid([(*one, *two) for one, two in zip(cells[:half], cells[half:] + empty, strict=True)])
    return beside if _natural_width(beside, console) <= width else _grid(cells)


def _grid(rows: Sequence[tuple[str, ...]]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for at in range(len(rows[0]) if rows else 0):
        table.add_column(justify="right" if at % 2 else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _natural_width(table: Table, console: Console) -> int:
    """Columns that a table takes when nothing has to be folded."""
    from rich.measure import Measurement

    return Measurement.get(console, console.options.update(max_width=10 * WIDTH), table).maximum


def facts(run: Run) -> list[str]:
    """One line each on greenshoe, what made the return, demand, float and theme."""
    return [
        text for text in (_greenshoe(run), _decomposition(run), _demand(run), _float(run)) if text is not None
    ] + _theme(run.theme)


def _greenshoe(run: Run) -> str:
    short = run.scenario.over_allotted_shares()
    if short == 0:
        return "greenshoe: none, no shares over-allotted"
    if words.listed_paths(run) == 0:
        return f"greenshoe: {numbers.counted(short)} shares over-allotted"
    figures = run.summary["greenshoe"]
    bought, error = number_of(figures["purchases_mean"]), number_of(figures["purchases_mean_se"])
    of_short = number_of(figures["purchases_fraction_of_short_mean"])
    exercised = number_of(figures["exercised_fraction_mean"])
    told = number_of(figures.get("exercised_fraction_mean_se"))
    used = numbers.probability(
        exercised, told if math.isfinite(told) else _error_of_fraction(exercised, words.listed_paths(run))
    )
    return (
        f"greenshoe: manager buys {numbers.counted(bought, error)} shares on average, "
        f"{numbers.probability(of_short, error / short)} of its short of {numbers.counted(short)}; "
        f"option used on {used}"
    )


def _error_of_fraction(mean: float, paths: int) -> float:
    """Bound the standard error of the mean of a fraction: its variance is at most ``m (1 - m)``.

    Bhatia and Davis (2000), A better bound on the variance.
    """
    return math.sqrt(max(mean * (1.0 - mean), 0.0) / paths)


def _decomposition(run: Run) -> str | None:
    if words.listed_paths(run) == 0:
        return None
    whole, error = decomposition.total(run)
    # The digits of the whole for each part, so that they add up.
    shown = [
        f"{name} {numbers.log_points(value, error, most=3)}"
        for name, (value, _) in decomposition.parts(run).items()
    ]
    return f"mean log return: {', '.join(shown)} = {numbers.log_points_with_error(whole, error)}"


def _demand(run: Run) -> str:
    observed = run.scenario.observed
    if observed is None:
        return "demand: not observed yet"
    known = []
    if observed.public_coverage is not None:
        known.append(f"public offer covered {numbers.times(observed.public_coverage)}")
    elif observed.partial_public_coverage is not None:
        known.append(f"public offer covered {numbers.times(observed.partial_public_coverage)} so far")
    if observed.placing_coverage is not None:
        known.append(f"placing covered {numbers.times(observed.placing_coverage)}")
    if observed.grey_return is not None:
        known.append(f"grey market {numbers.percent(observed.grey_return, signed=True)}")
    return f"demand: {', '.join(known) or 'not observed yet'}"


def _float(run: Run) -> str | None:
    shares = number_of(run.summary["float_shares"])
    if math.isnan(shares):
        return None
    offer = run.scenario.offer
    of_base = numbers.percent(shares / offer.base_shares, most=0)
    text = f"float at listing {numbers.counted(shares)} shares = {of_base} of the base offer"
    if offer.price is not None:
        text += (
            f", worth {currency_sign(run.scenario)}{numbers.counted(shares * offer.price)} at the offer price"
        )
    return text


def _theme(theme: ThemeHeat | None) -> list[str]:
    if theme is None:
        return []
    count = len(theme.peers)
    lines = [
        f"theme heat {numbers.log_points(theme.mean)} +- {numbers.rounded(theme.se, 2)} from {count} "
        f"peer{'' if count == 1 else 's'}"
    ]
    wide = max((len(peer.name) for peer in theme.peers), default=0)
    lines += [
        f"  {peer.name:<{min(wide, 32)}}  log return {numbers.log_points(peer.log_return)}, venue mean "
        f"{numbers.log_points(peer.venue_mean)}, weight {numbers.rounded(peer.weight, 2)}, "
        f"adds {numbers.log_points(peer.contribution)}"
        for peer in theme.peers
    ]
    return lines
