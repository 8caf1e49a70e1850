"""Parts of a run join to the same bits in whatever groups, and travel as bytes unharmed."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_deals import small_deal, small_market

from sim.collector import Collector
from sim.engine import BLOCK_PATHS, Plan, prepare
from sim.order_statistics import QUANTILES, OrderStatistics, quantiles_of
from sim.streaming import parts
from sim.studies.sweep.encoding import DamagedPart, decoded_part, encoded_part
from sim.tally import Part

BLOCKS = 7
PATHS = BLOCKS * BLOCK_PATHS - 99
MIB = 1 << 20


@pytest.fixture(scope="module")
def plan() -> Plan:
    return prepare(
        small_deal({"offer.price": None, "observed": {"partial_public_coverage": 5.0}}), small_market()
    )


@pytest.fixture(scope="module")
def blocks(plan: Plan) -> list[Part]:
    collector = Collector(plan, 0, PATHS)
    return list(parts(plan, collector.tallier, collector.keep, PATHS, BLOCK_PATHS))


def merged(plan: Plan, given_parts: list[Part]) -> dict[str, object]:
    collector = Collector(plan, 0, PATHS)
    for part in given_parts:
        collector.merge(part)
    return {**collector.summary(False), "convergence": collector.convergence.mean.tolist()}


@settings(max_examples=20, deadline=None)
@given(cuts=st.sets(st.integers(1, BLOCKS - 1)))
def test_any_grouping_gives_the_same_bits(plan, blocks, cuts):
    ends = [0, *sorted(cuts), BLOCKS]
    groups = [Part.joined(blocks[start:stop]) for start, stop in pairwise(ends)]
    travelled = [decoded_part(encoded_part(group)) for group in groups]
    whole = merged(plan, blocks)
    assert repr(merged(plan, groups)) == repr(whole)
    told = merged(plan, travelled)
    # The running mean stays at home.
    assert repr({**told, "convergence": None}) == repr({**whole, "convergence": None})


def test_a_part_that_does_not_follow_is_refused(blocks):
    with pytest.raises(ValueError, match="does not follow"):
        Part.joined([blocks[0], blocks[2]])
    with pytest.raises(ValueError, match="does not follow"):
        Part.joined([blocks[0], blocks[0]])


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("first", [0, 5, 3 * BLOCK_PATHS - 1])
def test_threads_leave_every_bit_of_a_part(plan, threads, first):
    def of(number: int) -> bytes:
        collector = Collector(plan, 0, PATHS)
        stream = parts(
            plan, collector.tallier, collector.keep, 2 * PATHS, 3 * BLOCK_PATHS, first=first, threads=number
        )
        return encoded_part(Part.joined(list(stream)))

    assert of(threads) == of(1)


@pytest.mark.parametrize("content", [b"", b"PK", b"not an archive"])
def test_what_is_no_part_is_refused(content):
    with pytest.raises(DamagedPart):
        decoded_part(content)


def test_no_pickle_is_read():
    import io

    stream = io.BytesIO()
    np.savez(stream, range=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DamagedPart):
        decoded_part(stream.getvalue())


def test_memory_is_flat_in_the_number_of_paths(plan):
    def peak(blocks_of_paths: int) -> int:
        collector = Collector(plan, 0, 10**9)
        tracemalloc.start()
        try:
            stream = parts(
                plan, collector.tallier, collector.keep, blocks_of_paths * BLOCK_PATHS, BLOCK_PATHS, threads=2
            )
            for part in stream:
                collector.merge(part)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few, many = peak(16), peak(64)
    assert many < few + 4 * MIB


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.floats(-1e300, 1e300), st.sampled_from([0.0, 1.0, 19.6])), min_size=1, max_size=300
    )
)
def test_selected_quantiles_are_those_of_numpy_to_the_bit(values):
    array = np.array(values)
    (told,) = quantiles_of([OrderStatistics.of(array)])
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.quantile(array, QUANTILES)
    np.testing.assert_array_equal([value for value, _ in told.values()], expected)
