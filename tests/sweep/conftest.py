"""Sweeps of a made-up deal, small enough to simulate in a moment, and a crew of two worker processes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from small_deals import DEAL, small_market

from sim.studies.cluster import Crew, begin_workers, open_crew

GRID = {"over_allotment.fraction": [0, 0.1, 0.15], "observed.public_coverage": [20.0, 200.0]}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a sweep file beside its scenario and market, and returns its path."""
    market = small_market().model_dump(mode="json")
    (tmp_path / "market.yaml").write_text(json.dumps(market), encoding="utf-8")
    deal = {**copy.deepcopy(DEAL), "market": "./market.yaml"}
    (tmp_path / "deal.yaml").write_text(json.dumps(deal), encoding="utf-8")

    def file(grid: Mapping[str, Any] | None = None, *, paths: int = 700, **more: Any) -> Path:
        document: dict[str, Any] = {"scenario": "deal.yaml", "set": {"simulation.paths": paths}}
        if "latin_hypercube" not in more:
            document["grid"] = dict(GRID if grid is None else grid)
        path = tmp_path / "sweep.yaml"
        path.write_text(json.dumps({**document, **more}), encoding="utf-8")
        return path

    return file


@pytest.fixture
def written(tmp_path: Path, write: Write) -> Callable[[str], Path]:
    """Return a function that writes the text of a sweep file, so that its lines and columns are known."""
    write()

    def file(text: str) -> Path:
        path = tmp_path / "sweep.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return file


@pytest.fixture(scope="session")
def two_workers() -> Iterator[Crew]:
    """Two worker processes, started once: it takes seconds."""
    begin_workers(["sim.studies.sweep.tasks"])
    with open_crew(2, None) as crew:
        yield crew
