"""The page as one file that works without a server: a run for each stop of each slider, the others as loaded."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.errors import InvalidInput, invalid
from sim.explore.answer import close_answer, desk_answer
from sim.explore.controls import Control
from sim.explore.deal import Deal
from sim.explore.server import SCRIPTS, page_files, start_document
from sim.whole import folder_beside, require_writable

STOPS = 20
"""Steps between the ends of a slider."""

Progress = Callable[[int, int], None]


def check_destination(file: Path) -> None:
    """Refuse a file that cannot be written, before anything is simulated.

    Raises
    ------
    InvalidInput
        When it is a directory, or its folder is missing or cannot be written.
    """
    if file.is_dir():
        raise invalid("--export", "", f"{file} is a directory", "the name of a file, as what-if.html")
    if not file.parent.is_dir():
        raise invalid("--export", "", f"there is no folder {file.parent}", "a file in a folder that is there")
    try:
        require_writable(file)
    except OSError as fault:
        raise _unwritable(file, fault) from fault


def _unwritable(file: Path, fault: OSError) -> InvalidInput:
    problem = f"{file} cannot be written: {fault.strerror or fault}"
    return invalid("--export", "", problem, "a file in a folder that can be written")


def stops_of(control: Control) -> tuple[float | None, ...]:
    """Return the values of a control in the file, without the scenario's own, of which there is a run anyway."""
    steps = min(STOPS, len(control.grid) - 1)
    some = {control.grid[round(at * (len(control.grid) - 1) / steps)] for at in range(steps + 1)}
    stops: list[float | None] = [*sorted(some - {control.value})]
    if control.value is not None and control.unknown is not None:
        stops.append(None)
    return tuple(stops)


def runs_of(deal: Deal) -> int:
    """Count the runs that the file takes, that of the deal as loaded included."""
    return 1 + sum(len(stops_of(control)) for control in deal.controls)


def write_page(deal: Deal, file: Path, threads: int | None = None, progress: Progress | None = None) -> int:
    """Simulate all runs and write the page; return its size in bytes.

    Raises
    ------
    InvalidInput
        When the file cannot be written.
    """
    text = page_text(stored_document(deal, threads, progress)).encode()
    try:
        with folder_beside(file) as folder:
            beside = folder / "file"
            beside.write_bytes(text)
            beside.replace(file)
    except OSError as fault:
        raise _unwritable(file, fault) from fault
    return len(text)


def stored_document(
    deal: Deal, threads: int | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Return everything that the page shows: the start, a run a stop, and the desks of the deal as loaded."""
    total, done = runs_of(deal), 1
    start = start_document(
        replace(deal, controls=tuple(_coarse(control) for control in deal.controls)), threads
    )
    runs: dict[str, list[dict[str, Any]]] = {}
    for control in deal.controls:
        runs[control.name] = []
        for value in stops_of(control):
            runs[control.name].append({"value": value, **_run(deal, control, value, threads)})
            done += 1
            if progress is not None:
                progress(done, total)
    paths = deal.scenario.simulation.paths
    start["note"] = (
        f"Stored runs of {paths:,} paths each, exact at every stop of a slider; nothing is interpolated. One slider "
        "moves at a time, the others return to the deal as loaded. firstday explore moves all of them freely."
    )
    start["desks_note"] = "Asked of the deal as loaded; in this file they do not follow the sliders."
    desks = {name: desk_answer(deal, name, {}, threads) for name in start["base"]["desks"]}
    return {"start": start, "runs": runs, "desks": desks}


def _coarse(control: Control) -> Control:
    kept = {each for each in stops_of(control) if each is not None}
    own = set() if control.value is None else {control.value}
    grid = tuple(sorted(kept | own))
    # What a field left out begins with must be a stop too.
    start = min(grid, key=lambda each: abs(each - control.start))
    return replace(control, grid=grid, start=start)


def _run(deal: Deal, control: Control, value: float | None, threads: int | None) -> dict[str, Any]:
    try:
        told = close_answer(deal, {control.name: value}, threads=threads)
    except InvalidInput as refusal:
        faults = [
            {"control": each.field, "problem": each.problem, "remedy": each.remedy} for each in refusal.faults
        ]
        return {"faults": faults}
    # The full summary is for programs; the page asks only whether the returns are the same.
    return {"answer": {**told, "summary": {"returns": told["summary"]["returns"]}}}


def page_text(stored: Mapping[str, Any]) -> str:
    """Put styles, scripts and runs into one page whose policy lets nothing else run and nothing be fetched."""
    served = {path: content.decode() for path, (_, content) in page_files().items()}
    styles = served["/house.css"] + served["/page.css"]
    scripts = [served[f"/{name}"] for name in SCRIPTS]
    allowed = " ".join(_hash(script) for script in scripts)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(styles)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    page = served["/"]
    page = re.sub(r'<link rel="stylesheet" href="[^"]*">\n', "", page)
    page = re.sub(r'<script src="[^"]*"></script>\n', "", page)
    # A less-than sign would let a name of a deal end the block.
    data = json.dumps(stored, allow_nan=False, ensure_ascii=False, separators=(",", ":")).replace(
        "<", "\\u003c"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    page = page.replace('<meta charset="utf-8">\n', f'<meta charset="utf-8">\n{head}', 1)
    page = page.replace("</head>", f"<style>{styles}</style>\n</head>", 1)
    return page.replace("</body>", f"{''.join(_blocks(data, scripts))}</body>", 1)


def _blocks(data: str, scripts: list[str]) -> Iterator[str]:
    yield f'<script type="application/json" id="stored">{data}</script>\n'
    yield from (f"<script>{script}</script>\n" for script in scripts)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
