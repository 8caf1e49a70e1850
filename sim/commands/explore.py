"""The command ``firstday explore``: the what-if page of a scenario, served to this machine or written to a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.commands.console import Progress, people_console

if TYPE_CHECKING:
    from rich.console import Console

    from sim.explore.deal import Deal


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to an application."""
    app.command()(explore)


def explore(
    scenario: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SCENARIO]", help="Scenario file, YAML; Biren by default.", show_default=False
        ),
    ] = None,
    paths: Annotated[int, typer.Option(min=100, max=1_000_000, help="Paths of each picture.")] = 20_000,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65_535, help="Port; 8406, or any free one where that is taken.", show_default=False
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; only this machine by default.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads; all of them by default.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html", help="Write a page that works without a server, and end.", show_default=False
        ),
    ] = None,
) -> None:
    """Move the terms of a deal and watch its first day: a page on this machine, until Ctrl-C."""
    from sim.explore.deal import SHIPPED, load_deal

    console = people_console()
    deal = load_deal(SHIPPED if scenario is None else scenario, paths)
    if export is not None:
        _export(deal, export, threads, console)
        return
    _serve(deal, host, port, browser, threads, console)


def _export(deal: Deal, file: Path, threads: int | None, console: Console) -> None:
    from sim.explore.export import check_destination, runs_of, write_page

    check_destination(file)
    with Progress(console, "simulating", "runs", runs_of(deal)) as advance:
        size = write_page(deal, file, threads, advance)
    console.print(f"{runs_of(deal)} runs of {deal.scenario.simulation.paths:,} paths, {size / 1e6:.1f} MB")
    console.print(f"-> {file}", soft_wrap=True, overflow="ignore", crop=False)


def _serve(
    deal: Deal, host: str, port: int | None, browser: bool, threads: int | None, console: Console
) -> None:
    from sim.explore.guard import is_loopback
    from sim.explore.server import listening_socket, serve, warm

    listener = listening_socket(host, port)
    if not is_loopback(host):
        console.print(f"{host} is no loopback address: whoever reaches it can use this page", style="yellow")
    with Progress(console, "warming up", "runs"):
        warm(deal, threads)

    def ready(address: str) -> None:
        sys.stderr.write(f"{deal.scenario.name} is at {address} until Ctrl-C\n")
        sys.stderr.flush()
        if browser and _has_display():
            import webbrowser

            webbrowser.open(address)

    serve(deal, listener, ready, threads)


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
