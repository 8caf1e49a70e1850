"""What it takes to run this again: the manifest, without what differs from one run to the next."""

from __future__ import annotations

import json

from sim.report.web.contents import Grid
from sim.result import Result
from sim.run_directory import manifest_of


def manifest_grid(result: Result) -> Grid:
    """Scenario, market, seed, paths, kernels and versions; no time of day and no wall time."""
    told = manifest_of(result, {})
    rows = [
        ("Scenario", told["scenario_sha256"]),
        ("Market", told["market_sha256"]),
        ("Kernels", told["kernel_hash"]),
        ("Seed", str(told["seed"])),
        ("Paths", f"{told['paths']:,}" + (" (interrupted)" if told["partial"] else "")),
        ("Paths kept in the run directory", "yes" if told["kept_paths"] else "no"),
        *((f"Version of {name}", value) for name, value in told["versions"].items()),
    ]
    return Grid("Manifest", ("What", "Value"), tuple(rows), words=True)


def scenario_text(result: Result) -> str:
    """The scenario as it was run, with every default filled in."""
    return json.dumps(result.scenario.resolved(), indent=2, ensure_ascii=False)
