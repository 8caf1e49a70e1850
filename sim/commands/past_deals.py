"""The commands on past deals: ``firstday backtest`` and ``firstday calibrate``."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.console import EXIT_INTERRUPTED, AsJson, Progress, people_console, print_json
from sim.commands.crews import Scheduler, finishing, interruptible
from sim.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim.market.fit.bootstrap import Bootstrap, Draws

DATA_HELP = "Past deals, CSV; the shipped Hong Kong listings by default."
FIRST_FORECAST = "2025-04-01"
BACKTEST_FOLDER = Path("runs/backtest")

DataFile = Annotated[Path | None, typer.Option("--data", metavar="CSV", help=DATA_HELP, show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to an application."""
    app.command()(backtest)
    app.command()(calibrate)


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise invalid(option, "", f"{text!r} is no date", "write it as 2025-04-01") from fault


def backtest(
    data: DataFile = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Deals to forecast that are not in --data.", show_default=False),
    ] = None,
    first: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help=f"First listing day to forecast. [default: {FIRST_FORECAST}, with --test the first of its deals]",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Last listing day to forecast.", show_default=False),
    ] = None,
    stage: Annotated[str, typer.Option(metavar="STAGES", help="Some of t0, t1, t2.")] = "t0,t1,t2",
    paths: Annotated[int, typer.Option(min=100, help="Paths a deal and stage.")] = 20_000,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads; all of them by default.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Worker processes; 1 stays in this process.")
    ] = 1,
    scheduler: Scheduler = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Directory for forecasts, scores and pictures.")
    ] = BACKTEST_FOLDER,
    as_json: AsJson = False,
) -> None:
    """Forecast past deals, each from the deals before it, and score the forecasts."""
    opening = first if first is not None or test is not None else FIRST_FORECAST
    first_day, last_day = _day("--from", opening), _day("--to", last)
    stages = tuple(name.strip().lower() for name in stage.split(",") if name.strip())
    from sim.deals.deals import load_deals
    from sim.deals.hong_kong import require_hong_kong

    known = load_deals(data)
    wanted = None if test is None else load_deals(test)
    for deals, source in ((known, data), (wanted, test)):
        if deals is not None:
            require_hong_kong(deals, str(source))
    from sim.backtest.forecaster import ModelForecaster
    from sim.backtest.result import check_destination
    from sim.backtest.walk import run_backtest
    from sim.report.backtest_plots import backtest_plots
    from sim.report.backtest_table import print_backtest
    from sim.simulation import available_threads
    from sim.studies.cluster import begin_workers, open_crew

    check_destination(out)
    console = people_console()
    alone = scheduler is None and workers <= 1
    if workers > 1 and scheduler is None:
        begin_workers(("sim.backtest.walk", "sim.backtest.forecaster", "sim.market.fit.market"))
    with (
        Progress(console, "forecasting", "listing days") as advance,
        nullcontext(bool) if alone else interruptible() as stopped,
        nullcontext(None) if alone else open_crew(workers, scheduler) as crew,
    ):
        result = run_backtest(
            known,
            test=wanted,
            crew=crew,
            stopped=stopped,
            model=ModelForecaster(paths=paths, threads=(threads or available_threads()) if alone else 1),
            first=first_day,
            last=last_day,
            stages=stages,
            progress=advance,
        )
        advance.say("drawing")
        with finishing(result.partial):
            written = result.write(out, backtest_plots(result))
    if as_json:
        print_json(json.dumps(result.to_json(), indent=2, allow_nan=False) + "\n")
    else:
        print_backtest(result, console, [written])
    if result.partial:
        raise typer.Exit(EXIT_INTERRUPTED)


def calibrate(
    data: DataFile = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Fit on the deals listed before this day; all deals by default.",
            show_default=False,
        ),
    ] = None,
    venue: Annotated[str, typer.Option(metavar="VENUE", help="hkex or star.")] = "hkex",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="YAML", help="Market file to write, for a scenario's market.", show_default=False
        ),
    ] = None,
    bootstrap: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Standard errors from N fits on deals drawn again too, as 200: 5% each, 40 s of a core.",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="With --bootstrap, seed of the draws.")] = 0,
    workers: Annotated[
        int,
        typer.Option("--workers", min=0, help="With --bootstrap, worker processes; 1 stays in this process."),
    ] = 1,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Fit a market on past deals, print its parameters with their errors and write its file."""
    day = _day("--as-of", as_of)
    from sim.market.fit import calibration
    from sim.report.calibrate_table import print_calibration

    if not bootstrap and (scheduler is not None or workers > 1):
        option = "--workers" if scheduler is None else "--scheduler"
        raise invalid(option, "", "a single fit needs one process", "leave it out, or add --bootstrap 200")
    if out is not None:
        calibration.check_destination(out)
    console = people_console()
    deals, end = calibration.deals_and_day(data, day, venue)
    with ExitStack() as opened:
        refitted = opened.enter_context(_refits(bootstrap, workers, scheduler)) if bootstrap else None
        with console.status("fitting") if console.is_terminal else nullcontext():
            fit = calibration.calibrate(deals, end, venue)
        if refitted is not None:
            fit = fit.with_bootstrap(refitted(calibration.calibration_draws(fit, deals, end, venue, seed)))
    written = [] if out is None else [calibration.write_market(fit, out)]
    if as_json:
        document = calibration.as_json(fit)
        print_json(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n")
    else:
        print_calibration(fit, console, written)
    if fit.bootstrap is not None and fit.bootstrap.partial:
        raise typer.Exit(EXIT_INTERRUPTED)


@contextmanager
def _refits(replicates: int, workers: int, scheduler: str | None) -> Iterator[Callable[[Draws], Bootstrap]]:
    """Yield what fits again on draws; a reason that it cannot is told here, before anything is fitted."""
    from sim.market.fit.bootstrap import bootstrap, require_replicates
    from sim.studies.cluster import begin_workers, open_crew

    require_replicates(replicates)
    if workers > 1 and scheduler is None:
        begin_workers(("sim.market.fit.bootstrap", "scipy.optimize", "scipy.special"))
    with interruptible() as stopped, open_crew(workers, scheduler) as crew:

        def refitted(draws: Draws) -> Bootstrap:
            with Progress(people_console(), "fitting again", "fits", replicates) as advance:
                return bootstrap(draws, replicates, crew, stopped, advance)

        yield refitted
