"""The commands ``firstday compare`` and ``firstday sensitivity``: several simulations on the same random numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.console import EXIT_INTERRUPTED, AsJson, Progress, people_console, print_json
from sim.commands.crews import finishing

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.studies.sensitivity import Sensitivity

Paths = Annotated[
    int | None,
    typer.Option("--paths", help="Number of paths of each scenario; the first scenario's by default."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of all; the first scenario's by default.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Threads; all of them by default.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Directory for the figures and the picture.", show_default=False
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to an application."""
    app.command()(compare)
    app.command()(sensitivity)


def compare(
    scenarios: Annotated[
        list[Path],
        typer.Argument(
            metavar="SCENARIO...",
            help="Scenario files, YAML; each is held against the first.",
            show_default=False,
        ),
    ],
    variants: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="CHANGES",
            help="One variant of the first scenario, changes with semicolons between them: "
            "'offer.price=18; over_allotment.fraction=0'. Repeat it for another variant.",
            show_default=False,
        ),
    ] = None,
    paths: Paths = None,
    seed: Seed = None,
    threads: Threads = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Hold scenarios against the first one, on common random numbers.

    Each --set is one variant of the first scenario, unlike in run, where each sets one field of the only scenario.
    """
    deals = _deals(scenarios, variants or [], paths, seed)
    from sim.studies.directory import as_csv, check_destination, write_directory
    from sim.studies.directory import as_json as json_text

    names = frozenset(f"comparison.{form}" for form in ("json", "csv", "png", "svg"))
    if out is not None:
        check_destination(out, names)
    from sim.report.compare_table import print_comparison
    from sim.studies.compare import compare as run_comparison

    console = people_console()
    total = len(deals) * deals[0][1].simulation.paths
    with Progress(console, "simulating", "paths", total, with_speed=True) as advance:
        comparison = run_comparison(deals, threads=threads, progress=advance)
    document = json_text(comparison.to_json())
    written = []
    if out is not None:

        def draw(folder: Path) -> None:
            from sim.report.compare_plots import comparison_description, comparison_figure, comparison_title
            from sim.report.style import save_figure

            title, words = comparison_title(comparison), comparison_description(comparison)
            save_figure(comparison_figure(comparison), folder, "comparison", title, words)

        texts = {"comparison.json": document, "comparison.csv": as_csv(comparison.rows())}
        with finishing(comparison.partial):
            written.append(write_directory(out, names, texts, draw if comparison.paths else None))
    if as_json:
        print_json(document)
    else:
        print_comparison(comparison, console, written)
    if comparison.partial:
        raise typer.Exit(EXIT_INTERRUPTED)


def sensitivity(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="Scenario file, YAML.", show_default=False)
    ],
    method: Annotated[
        str,
        typer.Option(
            metavar="METHODS",
            help="Some of tornado (each input alone), sobol (shares of the variance) and variance (parameters "
            "against the day), with commas.",
        ),
    ] = "tornado",
    metric: Annotated[
        str,
        typer.Option(
            metavar="METRICS",
            help="What is watched, with commas: mean, below, any quantile as q0.05, and the others of compare.",
        ),
    ] = "mean,below,q0.05",
    stress: Annotated[
        float | None,
        typer.Option(
            metavar="CHANCE",
            help="Also find what makes the chance of a close below the offer reach this, such as 0.25.",
            show_default=False,
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=LOW:HIGH",
            help="An input with its range, such as observed.public_coverage=1000:4000; repeat it.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Vary these inputs alone, with commas.", show_default=False),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change a field first, such as offer.price=18.60."),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=2, max=65_536, help="Points of Sobol's sequence, a power of two.")
    ] = 512,
    draws: Annotated[
        int, typer.Option(min=20, max=20_000, help="Draws of the parameters for variance.")
    ] = 200,
    paths: Annotated[
        int | None, typer.Option("--paths", help="Paths of tornado and stress; the scenario's by default.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed; the scenario's by default.")] = None,
    threads: Threads = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Find what moves a deal's first day, on common random numbers."""
    from sim.scenario import load_scenario, parse_changes

    wanted = parse_changes(changes or [])
    common = {"simulation.paths": paths, "simulation.seed": seed}
    wanted |= {name: value for name, value in common.items() if value is not None}
    deal = load_scenario(scenario, wanted)
    from sim.studies.directory import as_csv, check_destination, write_directory
    from sim.studies.directory import as_json as json_text
    from sim.studies.sensitivity import Options
    from sim.studies.sensitivity import sensitivity as run_sensitivity

    names = frozenset(
        ["sensitivity.json", "sensitivity.csv"]
        + [f"{picture}.{form}" for picture in ("tornado", "sobol") for form in ("png", "svg")]
    )
    if out is not None:
        check_destination(out, names)
    methods = tuple(dict.fromkeys(name.strip() for name in method.split(",")))
    asked = Options(methods, metric, tuple(inputs or ()), only, stress, samples, draws=draws)
    console = people_console()
    with Progress(console, "simulating", "simulations") as advance:

        def progress(what: str) -> Progress:
            advance.say(what)
            return advance

        study = run_sensitivity(deal, asked, folder=scenario.parent, threads=threads, progress=progress)
    document = json_text(study.to_json())
    written = []
    if out is not None:
        texts = {"sensitivity.json": document, "sensitivity.csv": as_csv(study.rows())}
        with finishing(study.partial):
            written.append(write_directory(out, names, texts, lambda folder: _draw(study, folder)))
    if as_json:
        print_json(document)
    else:
        from sim.report.sensitivity_table import print_sensitivity

        print_sensitivity(study, console, written)
    if study.partial:
        raise typer.Exit(EXIT_INTERRUPTED)


def _draw(study: Sensitivity, folder: Path) -> None:
    from sim.report.sensitivity_plots import sobol_figure, sobol_title, tornado_figure, tornado_title
    from sim.report.style import save_figure

    words = f"What moves the first day of {study.scenario.name}."
    if study.tornado is not None and study.tornado.bars:
        save_figure(tornado_figure(study, study.tornado), folder, "tornado", tornado_title(study), words)
    if study.sobol is not None:
        save_figure(sobol_figure(study, study.sobol), folder, "sobol", sobol_title(study), words)


def _deals(
    files: list[Path], variants: list[str], paths: int | None, seed: int | None
) -> list[tuple[str, Scenario, Path]]:
    """Read the scenarios and the variants of the first, all with one seed and number of paths, each with a label."""
    from sim.errors import Fault, InvalidInput, invalid
    from sim.scenario import load_scenario
    from sim.studies.variants import parse_variants, variant_name

    changes = parse_variants(variants)
    if len(files) + len(changes) < 2:
        raise invalid(
            str(files[0]),
            "",
            "is alone",
            "name another scenario, or a variant with --set over_allotment.fraction=0",
        )
    common: dict[str, object] = {"simulation.paths": paths, "simulation.seed": seed}
    common = {name: value for name, value in common.items() if value is not None}
    base = load_scenario(files[0], common)
    common = {"simulation.paths": base.simulation.paths, "simulation.seed": base.simulation.seed}
    deals, faults = [(base.name, base, files[0].parent)], list[Fault]()
    questions: list[tuple[Path, dict[str, object], str | None]] = [(file, common, None) for file in files[1:]]
    questions += [
        (files[0], {**common, **own}, variant_name(text)) for text, own in zip(variants, changes, strict=True)
    ]
    for file, wanted, label in questions:
        try:
            deal = load_scenario(file, wanted)
        except InvalidInput as fault:
            faults.extend(fault.faults)
        else:
            deals.append((deal.name if label is None else label, deal, file.parent))
    if faults:
        raise InvalidInput(faults)
    return _told_apart(deals)


def _told_apart(deals: list[tuple[str, Scenario, Path]]) -> list[tuple[str, Scenario, Path]]:
    """Number the labels that come more than once."""
    labels = [label for label, _, _ in deals]
    seen: dict[str, int] = {}
    apart = []
    for label, deal, folder in deals:
        seen[label] = seen.get(label, 0) + 1
        apart.append((f"{label} [{seen[label]}]" if labels.count(label) > 1 else label, deal, folder))
    return apart
