"""The command ``firstday``: parse, call, print. Heavy imports wait until a command needs them.

Exit codes: 0 done, 1 a bug, 2 invalid input, 3 a numerical target was not reached, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sim.commands import desks, explore, past_deals, studies, sweep
from sim.commands.console import (
    EXIT_BUG,
    EXIT_INTERRUPTED,
    EXIT_INVALID,
    EXIT_TARGET,
    AsJson,
    Commands,
    Progress,
    people_console,
    print_json,
)
from sim.commands.crews import finishing
from sim.device import usable_device
from sim.errors import Fault, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.desks.base import AskedDesks
    from sim.result import Result
    from sim.scenario import Scenario

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Simulate the first trading day of an IPO.",
)

ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO", help="Scenario file, YAML.", show_default=False)
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change a field, such as over_allotment.fraction=0."),
]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Threads; all of them by default.")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug.")] = False,
) -> None:
    """Keep the options that hold for every command; ``--debug`` is read by :func:`main`."""


def _load(path: Path, pairs: list[str] | None, paths: int | None = None, seed: int | None = None) -> Scenario:
    from sim.scenario import load_scenario, parse_changes

    changes = parse_changes(pairs or [])
    if paths is not None:
        changes["simulation.paths"] = paths
    if seed is not None:
        changes["simulation.seed"] = seed
    return load_scenario(path, changes)


@app.command()
def run(
    scenario: ScenarioFile,
    paths: Annotated[int | None, typer.Option(help="Number of paths; the scenario's by default.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; the scenario's by default.")] = None,
    threads: Threads = None,
    target_se: Annotated[
        float | None,
        typer.Option(help="Stop at this standard error of the mean close return; --paths is then the most."),
    ] = None,
    keep_paths: Annotated[int, typer.Option(min=0, help="Keep single paths up to this number.")] = 1_000_000,
    out: Annotated[
        Path | None, typer.Option(help="Run directory; runs/ and the file's name by default.")
    ] = None,
    changes: Changes = None,
    exports: Annotated[
        list[str] | None,
        typer.Option("--export", metavar="FORMAT", help="Also write parquet, excel or csv; repeat for more."),
    ] = None,
    with_desks: Annotated[
        bool, typer.Option("--desks", help="Ask the desks too: subscriber, stabiliser, issuer, cornerstone.")
    ] = False,
    device: Annotated[
        str, typer.Option(help="cpu, or cuda for a CUDA card; the CPU where there is none.")
    ] = "cpu",
    variance_reduction: Annotated[
        str, typer.Option(metavar="METHOD", help="none, sobol (means) or importance (rare events).")
    ] = "none",
    rare_event: Annotated[
        str | None,
        typer.Option(
            metavar="EVENT", help="What importance aims at: close_below_offer (default), support_exhausted."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a scenario, print its table and write its run directory."""
    from sim.variance_reduction.method import method_of

    method = method_of(variance_reduction, rare_event)
    deal = _load(scenario, changes, paths, seed)
    used, instead = usable_device(device, method.name)
    if instead:
        sys.stderr.write(instead + "\n")
    from sim.run_directory import prepare_destination, summary_json, write_run

    destination = Path("runs") / scenario.stem if out is None else out
    prepare_destination(destination)
    exported: dict[str, str] = {}
    if exports:
        from sim.exports.formats import checked_exports

        exported = checked_exports(exports, deal.simulation.paths, keep_paths)
    from sim.report.plots import draw_run
    from sim.report.reduction_lines import reduction_lines
    from sim.report.table import print_run
    from sim.simulation import simulate

    console = people_console()
    with Progress(console, "simulating", "paths", deal.simulation.paths, with_speed=True) as advance:
        result = simulate(
            deal,
            folder=scenario.parent,
            threads=threads,
            target_se=target_se,
            keep_paths=keep_paths,
            progress=advance,
            device=used,
            method=method,
        )
    asked = None
    if with_desks:
        result, asked = _asked(result, threads)
    with finishing(result.partial):
        from sim.desks.kept import ask_kept
        from sim.report.web.page import write_report

        told = ask_kept(result) if asked is None else asked

        def draw(played: Result, folder: Path) -> None:
            draw_run(played, folder)
            write_report(played, folder, told)

        written = write_run(result, destination, draw, tuple(exported))
    if as_json:
        print_json(summary_json(result))
        for note in told.left_out if with_desks else ():
            sys.stderr.write(note + "\n")
        for text in reduction_lines(result):
            sys.stderr.write(text + "\n")
    else:
        pages = (written / name for name in ("histogram.png", "fan.png", "report.html"))
        files = [path for path in pages if path.is_file()]
        sentences = {answer.desk: answer.sentence() for answer in told.answers} if with_desks else {}
        print_run(
            result, console, [*files, *(written / name for name in exported.values()), written], sentences
        )
    # The table says both in its notes.
    if result.partial:
        if as_json:
            sys.stderr.write("interrupted\n")
        raise typer.Exit(EXIT_INTERRUPTED)
    if not result.target_reached:
        if as_json:
            sys.stderr.write(f"--target-se: {target_se:g} was not reached after {result.paths:,} paths\n")
        raise typer.Exit(EXIT_TARGET)


def _asked(result: Result, threads: int | None) -> tuple[Result, AskedDesks]:
    """Return the result with the desks' answers in its summary, and what they answered."""
    from dataclasses import replace

    from sim.desks.base import AskedDesks
    from sim.scenario import with_changes
    from sim.simulation import COMPLETE

    if not result.partial:
        # A run that was precise enough early stopped before the scenario's number of paths.
        deal = with_changes(result.scenario, {"simulation.paths": result.paths})
        try:
            from sim.desks.together import ask_desks

            answers, left_out = ask_desks(deal, result.market, threads)
        except KeyboardInterrupt:
            summary = {**result.summary, "partial": True}
            result = replace(result, partial=True, summary=summary, notes=(*result.notes, COMPLETE))
    if result.partial:
        unasked = "interrupted, so the desks did not answer"
        return replace(result, notes=(*result.notes, unasked)), AskedDesks(left_out=(unasked,))
    documents = {answer.desk: answer.to_json() for answer in answers}
    told = replace(result, summary={**result.summary, "desks": documents}, notes=(*result.notes, *left_out))
    return told, AskedDesks(answers, result.paths, left_out)


@app.command()
def validate(
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files, YAML.", show_default=False)
    ],
) -> None:
    """Check scenarios and their markets without simulating them."""
    from sim.market.compatibility import check_market_of
    from sim.scenario import load_scenario

    faults: list[Fault] = []
    for path in scenarios:
        try:
            deal = load_scenario(path)
            check_market_of(deal, path)
        except InvalidInput as fault:
            faults.extend(fault.faults)
        else:
            # A terminal wraps a long path itself; a program that reads the line wants it whole.
            sys.stderr.write(f"{path}: valid; {deal.name}, {deal.code}, stage {deal.stage}\n")
    if faults:
        raise InvalidInput(faults)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario, for editors."""
    from sim.scenario import scenario_schema

    print_json(json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n")


@app.command()
def verify(
    run_directory: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Directory of a run.")],
    threads: Threads = None,
) -> None:
    """Simulate a run again from its manifest and compare every bit."""
    from sim.verification import verify as verify_run

    console = people_console()
    for line in verify_run(run_directory, threads):
        console.print(line)


@app.command()
def bench(
    paths: Annotated[int, typer.Option(min=1, help="Paths of one timing.")] = 100_000,
    threads: Annotated[int, typer.Option(min=1, help="Cores that every contender gets.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Interleaved rounds; the median counts.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Time the kernels beside their peers, in nanoseconds per path-step."""
    from sim.bench import run_bench
    from sim.bench.report import bench_table

    document = run_bench(paths=paths, threads=threads, rounds=rounds)
    if as_json:
        print_json(json.dumps(document, indent=2) + "\n")
    else:
        people_console().print(bench_table(document))


past_deals.add_to(app)
desks.add_to(app)
studies.add_to(app)
explore.add_to(app)
sweep.add_to(app)


def _fail(lines: Iterator[str] | list[str], code: int) -> NoReturn:
    for line in lines:
        sys.stderr.write(line + "\n")
    raise SystemExit(code)


def main() -> None:
    """Run the command line; every fault ends in its exit code."""
    debug = "--debug" in sys.argv
    # Read when NumPy is loaded. On matrices as small as a fit's its threads wait longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except InvalidInput as fault:
        _fail([str(each) for each in fault.faults], EXIT_INVALID)
    except KeyboardInterrupt:
        _fail(["interrupted"], EXIT_INTERRUPTED)
    except Exception as bug:
        if debug:
            raise
        _fail(
            [f"firstday: a bug: {type(bug).__name__}: {bug}; run again with --debug and report it"], EXIT_BUG
        )
