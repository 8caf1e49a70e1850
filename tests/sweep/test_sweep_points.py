"""The points of a sweep: every combination of a grid, one in each stratum of a hypercube, tasks that cover all."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from small_sweeps import checked

import sim.studies.sweep.points
from sim.engine import BLOCK_PATHS
from sim.studies.sweep.points import hypercube_points
from sim.studies.sweep.spec import Hypercube, Span
from sim.studies.sweep.tasks import MOST_BUNDLE, MOST_CHUNKS, WHOLE_PATHS, tasks_of


def test_a_grid_has_every_combination_once_the_last_field_fastest(write):
    grid = {"over_allotment.fraction": [0, 0.1], "observed.public_coverage": [3.0, 30.0, 300.0]}
    points = checked(write(grid))
    told = [tuple(points.values(point).values()) for point in range(len(points))]
    assert told == list(product([0, 0.1], [3.0, 30.0, 300.0]))
    for point in range(len(points)):
        scenario, values = points.scenario(point), points.values(point)
        assert scenario.over_allotment.fraction == values["over_allotment.fraction"]
        assert scenario.observed.public_coverage == values["observed.public_coverage"]


def test_spaced_values_end_where_they_are_told_to(write):
    told = {"from": 10, "to": 10_000, "count": 4, "scale": "log"}
    points = checked(write({"observed.public_coverage": told}))
    values = [points.values(point)["observed.public_coverage"] for point in range(4)]
    assert (values[0], values[-1]) == (10.0, 10_000.0)
    assert values == pytest.approx([10.0, 100.0, 1_000.0, 10_000.0])


def test_whole_values_are_whole(write):
    lots = {"from": 0, "to": 1000, "count": 5, "whole": True}
    points = checked(write({"other_tradable_shares": lots}))
    assert [points.scenario(point).other_tradable_shares for point in range(5)] == [0, 250, 500, 750, 1000]


def test_points_share_their_parts_up_to_a_number_of_them(write, monkeypatch):
    grid = {"over_allotment.fraction": [0, 0.05, 0.1], "observed.public_coverage": [3.0, 30.0]}
    points = checked(write(grid))
    scenarios = [points.scenario(point) for point in range(6)]
    assert len({id(each.offer) for each in scenarios}) == 1
    assert len({id(each.over_allotment) for each in scenarios}) == 3
    monkeypatch.setattr(sim.studies.sweep.points, "_MOST_PARTS", 2)
    fewer = checked(write(grid))
    assert [fewer.scenario(point) for point in range(6)] == scenarios
    # Two of the three values are shared by two points each; a field with many values takes no other's place.
    assert len({id(fewer.scenario(point).over_allotment) for point in range(6)}) == 4
    assert len({id(fewer.scenario(point).observed) for point in range(6)}) == 2


CUBE = Hypercube(
    64, 0, (Span("a", -1.0, 3.0), Span("b", 1.0, 1000.0, log=True), Span("c", 0.0, 3.0, whole=True))
)


def test_a_hypercube_has_one_point_in_each_stratum_of_each_field():
    points = hypercube_points(CUBE)
    shares = {
        "a": [(point["a"] + 1.0) / 4.0 for point in points],
        "b": [np.log(point["b"]) / np.log(1000.0) for point in points],
    }
    for told in shares.values():
        assert sorted(np.floor(np.array(told) * 64 + 1e-9).astype(int)) == list(range(64))
    assert np.bincount([point["c"] for point in points]).tolist() == [16, 16, 16, 16]


def test_a_hypercube_follows_its_seed_and_0_is_one():
    def of(seed: int) -> list[dict[str, object]]:
        return hypercube_points(Hypercube(CUBE.points, seed, CUBE.spans))

    assert of(0) == of(0)
    assert of(0) != of(1)


def test_one_field_more_leaves_the_values_of_the_others():
    more = hypercube_points(Hypercube(64, 0, (*CUBE.spans, Span("d", choices=("x", "y")))))
    assert [{name: point[name] for name in "abc"} for point in more] == hypercube_points(CUBE)
    assert sorted(point["d"] for point in more) == ["x"] * 32 + ["y"] * 32


@pytest.mark.parametrize("replicates", [1, 3])
def test_tasks_cover_each_path_of_each_scenario_once(replicates):
    paths = [7, 50_000, 60_000, WHOLE_PATHS, WHOLE_PATHS + 1, 10, 40 * BLOCK_PATHS + 5, 1]
    tasks = list(tasks_of(paths, replicates))
    assert [task.number for task in tasks] == list(range(len(tasks)))
    slices = [each for task in tasks for each in task.slices]
    for scenario in range(len(paths) * replicates):
        point, replicate = divmod(scenario, replicates)
        own = [each for each in slices if each.scenario == scenario]
        assert own[0].first == replicate * paths[point]
        assert all(one.first + one.paths == other.first for one, other in pairwise(own))
        assert sum(each.paths for each in own) == paths[point]
        # Cut at block boundaries only, so that every block is summed whole.
        assert all(each.first % BLOCK_PATHS == 0 for each in own[1:])
    assert slices == sorted(slices, key=lambda each: (each.scenario, each.first))
    for task in tasks:
        assert len(task.slices) == 1 or (task.whole and task.paths <= MOST_BUNDLE)


def test_a_trillion_paths_are_a_bounded_number_of_tasks():
    assert len(list(tasks_of([10**12], 1))) <= MOST_CHUNKS + 1


def test_many_small_scenarios_are_bundled_without_counting_each_again():
    class Counted(int):
        added = 0

        def __radd__(self, other: int) -> int:
            Counted.added += 1
            return int(other) + int(self)

    # Counting the whole bundle for each would be half a million additions, and of the most scenarios minutes.
    assert [len(task.slices) for task in tasks_of([Counted(1)] * 1000, 1)] == [1000]
    assert 1000 <= Counted.added <= 5000


def test_replicates_share_no_path():
    told = list(tasks_of([1000], 5))
    ranges = [(each.first, each.first + each.paths) for task in told for each in task.slices]
    assert ranges == [(number * 1000, (number + 1) * 1000) for number in range(5)]
