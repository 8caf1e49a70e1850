"""firstday calibrate --bootstrap: one process or two workers, refusals, and what is partial."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sim.market.parameters import load_market

AS_OF = ("--as-of", "2025-07-01")


def test_two_workers_write_the_bytes_of_one_process(firstday):
    told = {}
    for workers in (1, 2):
        out = f"m{workers}.yaml"
        asked = ("--bootstrap", 6, "--seed", 3, "--workers", workers, "--json", "--out", out)
        said = firstday("calibrate", *AS_OF, *asked)
        assert said.code == 0, said.err
        told[workers] = (said.out, Path(out).read_bytes())
    assert told[1] == told[2]
    scatter = json.loads(told[1][0])["bootstrap"]
    assert (scatter["fits"], scatter["done"], scatter["seed"], scatter["partial"]) == (6, 6, 3, False)
    assert all(each["se"] > 0.0 for each in scatter["standard_errors"].values() if each["value"] > 0.0)
    market = load_market("./m1.yaml", Path.cwd(), date(2025, 7, 1))
    assert {each.name for each in market.estimates} == set(scatter["standard_errors"])
    assert all(each.bootstrap_error is not None for each in market.estimates)


def test_people_are_told_the_scatter_beside_the_standard_error(firstday):
    said = firstday("calibrate", *AS_OF, "--bootstrap", 2)
    assert (said.code, said.out) == (0, "")
    assert "bootstrap: scatter of 2 fits on listings drawn again, seed 0; none failed" in said.err


def test_one_fit_is_refused_and_nothing_is_written(firstday):
    said = firstday("calibrate", *AS_OF, "--bootstrap", 1, "--out", "market.yaml")
    assert (said.code, said.out) == (2, "")
    assert said.err == "--bootstrap: 1 fits have no scatter; 2 or more, as 200\n"
    assert not Path("market.yaml").exists()


def test_an_interrupted_bootstrap_says_so_and_exits_with_130(firstday, monkeypatch):
    @contextmanager
    def pressed_after_a_job() -> Iterator[object]:
        asked = iter((False, True))
        yield lambda: next(asked)

    monkeypatch.setattr("sim.commands.past_deals.interruptible", pressed_after_a_job)
    said = firstday("calibrate", *AS_OF, "--bootstrap", 6, "--json")
    assert said.code == 130
    scatter = json.loads(said.out)["bootstrap"]
    assert (scatter["done"], scatter["partial"]) == (4, True)
