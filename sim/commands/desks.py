"""The command ``firstday desk``: what each user of a deal asks, in the terms of the trade."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.commands.console import AsJson, people_console, print_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.desks.base import Answer
    from sim.errors import InvalidInput
    from sim.kept_paths import KeptPaths
    from sim.scenario import Scenario

ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="Scenario file, YAML.", show_default=False)
]
Paths = Annotated[int | None, typer.Option("--paths", help="Number of paths; the scenario's by default.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed; the scenario's by default.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change a field, such as offer.price=18.60."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Directory for the answer and its picture.", show_default=False
    ),
]

desk = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answer what one party to the deal asks.",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to an application."""
    app.add_typer(desk, name="desk")


@desk.command()
def subscriber(
    scenario: ScenarioFile,
    money: Annotated[
        float | None, typer.Option(help="Own money, HK$; leaves out what it cannot pay.")
    ] = None,
    exit_at: Annotated[
        str, typer.Option("--exit", metavar="EXIT", help="Sell at: grey, open, vwap, close or stop.")
    ] = "close",
    stop: Annotated[
        float, typer.Option(help="Stop price against the offer price: -0.05 is 5% below it.")
    ] = -0.05,
    margin: Annotated[
        float | None,
        typer.Option(help="Share of the application that is borrowed, such as 0.9; 0 is cash only."),
    ] = None,
    rate: Annotated[float, typer.Option(help="Interest of the loan, a year.")] = 0.068,
    days: Annotated[float, typer.Option(help="Days that the loan runs.")] = 5.0,
    handling_fee: Annotated[
        float | None,
        typer.Option(help="Broker's fee of an application, HK$; 0 in cash and 100 on margin by default."),
    ] = None,
    commission: Annotated[
        float, typer.Option(help="Broker's commission on the sale, share of its value.")
    ] = 0.0,
    paths: Paths = None,
    seed: Seed = None,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Which tier of the public offer, with what money, sold when."""
    from sim.desks.exits import exit_of
    from sim.desks.subscriber import subscriber_desk
    from sim.desks.subscriber_options import SubscriberOptions, refuse_without_ballot

    options = SubscriberOptions(money, exit_of(exit_at), stop, margin, rate, days, handling_fee, commission)
    deal = _load(scenario, changes, paths, seed)
    refuse_without_ballot(deal)

    def draw(answer: Any) -> Figure:
        from sim.report.desk_subscriber import subscriber_figure

        return subscriber_figure(answer)

    _answer(deal, scenario, lambda played: subscriber_desk(played, options), draw, out, as_json)


@desk.command()
def stabiliser(
    scenario: ScenarioFile,
    size: Annotated[
        str, typer.Option(metavar="SIZES", help="Greenshoe sizes, shares of the upsized offer.")
    ] = "0,0.05,0.1,0.15",
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="FACTORS",
            help="How hard to bid, factors on the fitted rate; a third, one and three by default.",
            show_default=False,
        ),
    ] = None,
    commission: Annotated[
        float, typer.Option(help="Commission on the shares that the option adds, share of their value.")
    ] = 0.0,
    paths: Paths = None,
    seed: Seed = None,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """How large a greenshoe and how hard to bid: purchases, exercise, profit, and when support ends."""
    from sim.desks import stabiliser as room

    sizes = _numbers("--size", size)
    factors = (
        room.POLICIES if policy is None else {f"x {each:g}": each for each in _numbers("--policy", policy)}
    )
    options = room.StabiliserOptions(sizes, factors, commission)
    deal = _load(scenario, changes, paths, seed)

    def draw(answer: Any) -> Figure:
        from sim.report.desk_stabiliser import stabiliser_figure

        return stabiliser_figure(answer)

    _answer(deal, scenario, lambda played: room.stabiliser_desk(played, options), draw, out, as_json)


@desk.command()
def issuer(
    scenario: ScenarioFile,
    price: Annotated[
        str | None,
        typer.Option(metavar="PRICES", help="Offer prices: 17,18.3,19.6 or 17:19.6:0.2.", show_default=False),
    ] = None,
    most_below: Annotated[
        float, typer.Option(help="Largest chance accepted of a first close below the offer price.")
    ] = 0.25,
    paths: Paths = None,
    seed: Seed = None,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """What each offer price raises and leaves on the table, and what upsizing does."""
    from sim.desks.issuer import IssuerOptions, issuer_desk
    from sim.desks.price_list import parse_prices

    deal = _load(scenario, changes, paths, seed)
    options = IssuerOptions(parse_prices(price, deal), most_below)

    def draw(answer: Any) -> Figure:
        from sim.report.desk_issuer import issuer_figure

        return issuer_figure(answer)

    _answer(deal, scenario, lambda played: issuer_desk(played, options), draw, out, as_json)


@desk.command()
def cornerstone(
    scenario: ScenarioFile,
    money: Annotated[
        float | None, typer.Option(help="Money placed; what the cornerstones committed by default.")
    ] = None,
    volatility: Annotated[
        float | None,
        typer.Option(help="Volatility a year of the closed forms; the market's law of it by default."),
    ] = None,
    market_costs: Annotated[
        float, typer.Option(help="What buying in the market costs, share of the value.")
    ] = 0.0,
    paths: Paths = None,
    seed: Seed = None,
    changes: Changes = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """What the lock-up costs a cornerstone, and which discount to ask for it."""
    from sim.desks.cornerstone import CornerstoneOptions, cornerstone_desk

    options = CornerstoneOptions(money, volatility, market_costs)
    deal = _load(scenario, changes, paths, seed, horizon="lock_up")

    def draw(answer: Any) -> Figure:
        from sim.report.desk_cornerstone import cornerstone_figure

        return cornerstone_figure(answer)

    _answer(deal, scenario, lambda played: cornerstone_desk(played, options), draw, out, as_json)


def _numbers(option: str, text: str) -> tuple[float, ...]:
    """Read numbers with commas between them."""
    from sim.errors import invalid

    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as fault:
        raise invalid(option, "", f"{text!r} is no list of numbers", "write it as 0,0.05,0.15") from fault


def _load(
    path: Path, pairs: list[str] | None, paths: int | None, seed: int | None, **more: object
) -> Scenario:
    """Read a scenario with the changes of the options; ``more`` are changes that the desk itself needs."""
    from sim.scenario import load_scenario, parse_changes

    changes: dict[str, object] = {**parse_changes(pairs or []), **more}
    numbers = {"simulation.paths": paths, "simulation.seed": seed}
    changes |= {field: value for field, value in numbers.items() if value is not None}
    return load_scenario(path, changes)


def _answer(
    deal: Scenario,
    file: Path,
    ask: Callable[[KeptPaths], Answer],
    draw: Callable[[Any], Figure],
    out: Path | None,
    as_json: bool,
) -> None:
    """Simulate, ask the desk, write what was asked for and print."""
    from sim.desks.base import simulate_desk
    from sim.report.desk_table import print_answer

    if out is not None:
        _check_destination(out)
    played = simulate_desk(deal, folder=file.parent)
    answer = ask(played)
    document = json.dumps(answer.to_json(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    files = [] if out is None else _write(answer, document, draw(answer), out)
    if as_json:
        print_json(document)
        return
    print_answer(answer, deal, played.count, people_console(), files)


def _check_destination(out: Path) -> None:
    from sim.whole import require_writable

    try:
        require_writable(out / "any")
    except OSError as fault:
        raise _unwritable(out, fault) from fault


def _unwritable(out: Path, fault: OSError) -> InvalidInput:
    from sim.errors import invalid

    problem = f"{out} cannot be written: {fault.strerror or fault}"
    return invalid("--out", "", problem, "expected a directory to write in")


def _write(answer: Answer, document: str, figure: Figure, out: Path) -> list[Path]:
    from sim.report.style import save_figure
    from sim.whole import folder_beside

    try:
        out.mkdir(parents=True, exist_ok=True)
        with folder_beside(out / answer.desk) as folder:
            (folder / f"{answer.desk}.json").write_text(document, encoding="utf-8")
            save_figure(figure, folder, answer.desk, f"{answer.desk}'s desk", answer.sentence())
            return [each.replace(out / each.name) for each in sorted(folder.iterdir())]
    except OSError as fault:
        raise _unwritable(out, fault) from fault
