"""firstday calibrate --bootstrap: one process or two workers, refusals, and what is partial."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--bootstrap", 1), "--bootstrap: 1 fit has no scatter; 2 or more, as 200\n"),
        (
            ("--workers", 2),
            "--workers: a single fit needs one process; leave it out, or add --bootstrap 200\n",
        ),
        (("--scheduler", "tcp://10.0.0.5:8786"), "--scheduler: a single fit needs one process; "),
        (("--bootstrap", 6, "--workers", 5_000), "--workers: 5,000 is too many; "),
        (("--bootstrap", 6, "--scheduler", "nonsense"), "--scheduler: 'nonsense' does not answer: "),
    ],
)
def test_what_no_bootstrap_can_do_is_refused_before_anything_is_fitted(
    firstday, monkeypatch, options, expected
):
    def fitted(*_: object, **__: object) -> None:
        raise AssertionError("fitted although nothing can come of it")

    monkeypatch.setattr("sim.market.fit.calibration.fit_market", fitted)
    said = firstday("calibrate", *AS_OF, *options, "--out", "market.yaml")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(expected)
    assert said.err.count("\n") == 1
    assert not Path("market.yaml").exists()


def test_a_bootstrap_interrupted_before_its_first_fit_leaves_the_market_without_it(firstday, monkeypatch):
    @contextmanager
    def pressed() -> Iterator[object]:
        yield lambda: True

    monkeypatch.setattr("sim.commands.past_deals.interruptible", pressed)
    said = firstday("calibrate", *AS_OF, "--bootstrap", 6, "--out", "market.yaml")
    assert (said.code, said.out) == (130, "")
    assert "bootstrap: scatter of 0 of 6 fits" in said.err
    plain = firstday("calibrate", *AS_OF, "--out", "plain.yaml")
    assert plain.code == 0
    market, other = (load_market(f"./{name}.yaml", Path.cwd()) for name in ("market", "plain"))
    assert market.estimates == other.estimates


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
