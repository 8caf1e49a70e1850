"""A sweep file is checked whole before anything is simulated; every fault names its place."""

from __future__ import annotations

import pytest
from small_deals import DEAL

from sim.errors import InvalidInput
from sim.studies.cluster import MOST_WORKERS, open_crew
from sim.studies.sweep.points import Points
from sim.studies.sweep.spec import load_sweep


def faults(path) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        Points(load_sweep(path)).check()
    return [str(fault).removeprefix(str(path)) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenario: deal.yaml\ngrid: {offer.price: [abc]}\n", ":2:22: offer.price: 'abc' is no number"),
        ("scenario: deal.yaml\ngrid:\n  offer.prize: [1]\n", "offer.prize: is no field"),
        (
            "scenario: deal.yaml\ngrid:\n  offer.price: 19\n",
            ":3:16: grid.offer.price: 19 is no list of values",
        ),
        ("scenario: deal.yaml\ngrid: {}\n", ":2:7: grid: varies no field"),
        ("scenario: deal.yaml\n", "latin_hypercube: is missing, and so is grid"),
        ("scenario: gone.yaml\ngrid: {offer.price: [1]}\n", ":1:11: scenario: there is no file"),
        ("scenario: 7\ngrid: {offer.price: [1]}\n", ":1:11: scenario: 7 is no file"),
        ("grid: {offer.price: [1]}\n", "scenario: is missing"),
        ("scenario: deal.yaml\ngrids: {}\n", ":2:1: grids: is no field of a sweep; did you mean 'grid'?"),
        (
            "scenario: deal.yaml\ngrid: {offer.price: [19.0, 19.0]}\n",
            ":2:28: grid.offer.price.1: 19.0 is given twice",
        ),
        (
            "scenario: deal.yaml\ngrid: {market_heat: [1, true, 1.0]}\n",
            ":2:31: grid.market_heat.2: 1.0 is given twice",
        ),
        (
            "scenario: deal.yaml\ngrid: {list_date: [2023-06-01, '2023-06-01']}\n",
            "grid.list_date.1: '2023-06-01' is given twice",
        ),
        (
            "scenario: deal.yaml\ngrid: {other_tradable_shares: {from: 0, to: 3, count: 10, whole: true}}\n",
            ":2:55: grid.other_tradable_shares.count: 10 values, of which 4 are different",
        ),
        (
            f"scenario: deal.yaml\ngrid: {{market_heat: {{from: 1{'0' * 400}, to: 0, count: 3}}}}\n",
            "is no finite number",
        ),
        (
            f"scenario: {'a' * 300}\ngrid: {{offer.price: [18]}}\n",
            ":1:11: scenario: cannot be read: File name too long",
        ),
        (
            "scenario: deal.yaml\ngrid: {offer.price: [9, 10], offer: [{price: 11}]}\n",
            ":2:37: grid.offer: holds offer.price, which is given by itself too",
        ),
        (
            "scenario: deal.yaml\nset: {simulation.paths: 9}\ngrid: {simulation: [{seed: 1}, {seed: 2}]}\n",
            ":3:20: grid.simulation: holds simulation.paths, which is given by itself too",
        ),
        (
            "scenario: deal.yaml\nset: {offer.price: 9, offer: {}}\ngrid: {market_heat: [1]}\n",
            "set.offer: holds offer.price, which is given by itself too",
        ),
        (
            "scenario: deal.yaml\nset: {offer.price: 19}\ngrid: {offer.price: [18]}\n",
            ":2:20: set.offer.price: is varied too",
        ),
        (
            "scenario: deal.yaml\nreplicates: 0\ngrid: {offer.price: [18]}\n",
            ":2:13: replicates: 0 is out of range; a whole number from 1",
        ),
        (
            "scenario: deal.yaml\ngrid: {market_heat: {from: 1, to: 0, count: 3}}\n",
            ":2:35: grid.market_heat.to: 0 is not above from: 1",
        ),
        (
            "scenario: deal.yaml\ngrid: {market_heat: {from: .nan, to: 0, count: 3}}\n",
            "grid.market_heat.from: nan is no finite number",
        ),
        (
            "scenario: deal.yaml\ngrid: {market_heat: {from: 0, to: .inf, count: 3}}\n",
            "grid.market_heat.to: inf is no finite number",
        ),
        (
            "scenario: deal.yaml\ngrid: {market_heat: {from: 0, to: 1, count: 3, scale: log}}\n",
            "grid.market_heat.from: 0 has no logarithm",
        ),
        (
            "scenario: deal.yaml\nlatin_hypercube: {points: 4, fields: {market_heat: {from: 0, to: 1}}}\n",
            "latin_hypercube.seed: is missing",
        ),
        (
            "scenario: deal.yaml\nlatin_hypercube: {points: 4, seed: 1, fields: {}}\n",
            "latin_hypercube.fields: varies no field",
        ),
    ],
)
def test_a_fault_names_its_place(written, text, said):
    assert any(said in fault for fault in faults(written(text))), faults(written(text))


def test_every_fault_comes_out_at_once(written):
    text = "name: 3\nscenario: gone.yaml\nreplicates: no\ngrid: {market_heat: 1}\nextra: 1\n"
    assert [fault.split(":")[1] for fault in faults(written(text))] == ["1", "2", "3", "4", "5"]


def test_a_point_that_breaks_a_rule_is_refused_at_its_value_with_the_point(written):
    shares = DEAL["offer"]["base_shares"]
    text = f"scenario: deal.yaml\ngrid:\n  market_heat: [0, 0.1]\n  cornerstones.shares: [0, {shares * 2}]\n"
    said = faults(written(text))
    assert all(fault.startswith(":4:28: cornerstones") for fault in said)
    assert f"(point 1 and 1 others: market_heat: 0, cornerstones.shares: {shares * 2})" in said[0]


def test_the_last_point_is_checked_like_the_first(written):
    values = ", ".join(str(number / 1000) for number in range(300))
    (said,) = faults(written(f"scenario: deal.yaml\ngrid:\n  market_heat: [{values}, 51]\n"))
    assert ":3:" in said
    assert "51 is out of range" in said
    assert "point 300" in said


def test_a_grid_of_a_billion_points_is_refused_with_the_number_at_once(written):
    axis = "{from: 0, to: 1, count: 1000}"
    text = f"scenario: deal.yaml\ngrid:\n  market_heat: {axis}\n  offer.price: {axis}\n"
    text += f"  observed.public_coverage: {axis}\n"
    # Laid out, they would not fit into memory.
    (said,) = faults(written(text))
    assert said.startswith(
        ":2:1: grid: makes 1,000,000,000 points, 1,000,000,000 scenarios with 1 replicates"
    )


def test_a_field_may_be_varied_within_one_that_is_set(written):
    points = Points(
        load_sweep(
            written("scenario: deal.yaml\nset: {simulation: {paths: 9}}\ngrid: {simulation.seed: [1, 2]}\n")
        )
    )
    points.check()
    assert points.paths == [9, 9]
    assert [points.scenario(point).simulation.seed for point in (0, 1)] == [1, 2]


def test_a_long_list_of_spaced_values_is_laid_out_without_comparing_each_with_each(written):
    axis = "{from: 0, to: 1, count: 400_000}"
    # Comparing each with each would take minutes.
    assert load_sweep(written(f"scenario: deal.yaml\ngrid: {{market_heat: {axis}}}\n")).points == 400_000


@pytest.mark.parametrize("count", [10**12, 10**30])
def test_a_hypercube_of_too_many_points_is_refused_before_it_is_laid_out(written, count):
    text = f"scenario: deal.yaml\nlatin_hypercube:\n  points: {count}\n  seed: 0\n"
    text += "  fields: {market_heat: {from: 0, to: 1}}\n"
    assert any("latin_hypercube" in fault for fault in faults(written(text)))


def test_a_fault_of_the_base_scenario_names_its_own_file(written, tmp_path):
    path = written("scenario: deal.yaml\ngrid: {market_heat: [0]}\n")
    (tmp_path / "deal.yaml").write_text("name: x\ncode: 5\n", encoding="utf-8")
    said = faults(path)
    assert any(fault.startswith(f"{tmp_path / 'deal.yaml'}:2:7: code:") for fault in said), said


@pytest.mark.parametrize("kind", ["directory", "missing", "empty", "list", "bytes"])
def test_what_is_no_sweep_file_is_refused(tmp_path, kind):
    path = tmp_path / "sweep.yaml"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes({"empty": b"", "list": b"- 1\n", "bytes": b"\xff\xfe\x00"}[kind])
    with pytest.raises(InvalidInput):
        load_sweep(path)


def test_a_market_that_is_not_there_is_refused(written):
    (said,) = faults(written("scenario: deal.yaml\ngrid: {market: [./market.yaml, ./gone.yaml]}\n"))
    assert "gone.yaml" in said
    assert said.startswith(":2:32:")


def test_a_flood_of_workers_is_refused_before_any_is_started():
    with (
        pytest.raises(InvalidInput, match="--workers: 1,025 is too many; at most 1,024"),
        open_crew(MOST_WORKERS + 1, None),
    ):
        pass
