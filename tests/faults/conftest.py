"""A made-up deal, a sweep of it, and what both are when nothing disturbs them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from disturbed import SCENARIOS, Command, files_of
from small_deals import DEAL, small_market

PATHS = 60_000
"""More than half of what a task is bundled from: each scenario is a task of its own."""


@dataclass(frozen=True)
class Undisturbed:
    """The reference: every fault must leave the way to these bytes."""

    dataset: bytes
    parts: int
    paths: int
    part_bytes: int


def lay_out(folder: Path) -> Path:
    """Write the market, the deal and the sweep into a folder and return the deal's file."""
    market = small_market().model_dump(mode="json")
    (folder / "market.yaml").write_text(json.dumps(market), encoding="utf-8")
    deal = folder / "deal.yaml"
    deal.write_text(json.dumps({**DEAL, "market": "./market.yaml"}), encoding="utf-8")
    sweep = {
        "scenario": "./deal.yaml",
        "set": {"simulation.paths": PATHS},
        "grid": {"over_allotment.fraction": {"from": 0.0, "to": 0.15, "count": SCENARIOS}},
    }
    (folder / "sweep.yaml").write_text(json.dumps(sweep), encoding="utf-8")
    return deal


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    """The scenario file of the made-up deal, with its market and a sweep of it, ``sweep.yaml``, beside it."""
    return lay_out(tmp_path)


@pytest.fixture
def sweep_file(deal: Path) -> Path:
    """The sweep of 12 scenarios, a task each."""
    return deal.with_name("sweep.yaml")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The sweep as one process does it that nothing happens to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    lay_out(folder)
    with Command(
        "sweep", folder / "sweep.yaml", "--workers", 1, "--out", folder / "out", cwd=folder
    ) as command:
        said = command.said()
    assert said.code == 0, said.err
    files = files_of(folder / "out")
    parts = [len(content) for name, content in files.items() if name.endswith(".part")]
    return Undisturbed(files["part-0.parquet"], len(parts), SCENARIOS * PATHS, max(parts))
