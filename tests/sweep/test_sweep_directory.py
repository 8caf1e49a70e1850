"""The directory of a sweep: one sweep at a time, nothing half-written, nothing foreign overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from small_sweeps import checked, never, swept

from sim.errors import InvalidInput
from sim.studies.cluster import ThisProcess
from sim.studies.sweep.checkpoint import SweepDirectory
from sim.studies.sweep.run import SweepJob


def files(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_second_sweep_waits_for_no_one_it_is_refused(write, tmp_path):
    job = SweepJob(checked(write()), tmp_path / "out", resume=False)
    held = SweepDirectory(tmp_path / "out", "whatever")
    with held.locked(), pytest.raises(InvalidInput, match="another sweep is writing"):
        job.run(ThisProcess(), never)
    assert job.run(ThisProcess(), never).rows is not None


def test_a_sweep_that_is_there_is_not_done_again_unasked(write, tmp_path):
    path = write()
    swept(path, tmp_path / "out")
    before = files(tmp_path / "out")
    with pytest.raises(InvalidInput, match="holds this sweep already; --resume"):
        swept(path, tmp_path / "out")
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize("resume", [True, False])
def test_another_sweep_is_not_overwritten(write, tmp_path, resume):
    swept(write(), tmp_path / "out")
    before = files(tmp_path / "out")
    for other in (write({"market_heat": [0.1]}), write(paths=701), write(replicates=2)):
        with pytest.raises(InvalidInput, match="holds another sweep"):
            swept(other, tmp_path / "out", resume=resume)
    assert files(tmp_path / "out") == before


def test_a_directory_of_other_files_is_refused(write, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"holds other files: letter\.txt"):
        swept(write(), tmp_path / "out")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is not a directory"):
        swept(write(), tmp_path / "file")


def test_a_name_that_no_directory_can_have_is_refused(write, tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read: File name too long; name a new directory"):
        swept(write(), tmp_path / ("a" * 300))


def test_a_market_that_changed_makes_another_sweep(write, tmp_path):
    path = write()
    swept(path, tmp_path / "out")
    market = json.loads((tmp_path / "market.yaml").read_text(encoding="utf-8"))
    market["demand"]["kappa"] += 0.001
    (tmp_path / "market.yaml").write_text(json.dumps(market), encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds another sweep"):
        swept(path, tmp_path / "out", resume=True)


def test_parts_cut_otherwise_are_another_sweep(write, tmp_path, monkeypatch):
    path, out = write(), tmp_path / "out"
    swept(path, out)
    monkeypatch.setattr("sim.studies.sweep.tasks.LEAST_BUNDLE", 700)
    with pytest.raises(InvalidInput, match="holds another sweep"):
        swept(path, out, resume=True)


def test_a_full_disk_is_told_and_what_was_written_is_kept(write, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.studies.sweep.tasks.LEAST_BUNDLE", 700)
    path, out = write(), tmp_path / "out"
    swept(path, tmp_path / "whole")
    usual, calls = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise OSError(28, "No space left on device")
        usual(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidInput, match="No space left on device; mend it, then go on with --resume"):
        swept(path, out)
    assert not list(out.rglob("*.beside"))
    assert not (out / "part-0.parquet").exists()
    assert len(list(out.rglob("*.part"))) == 2
    monkeypatch.undo()
    monkeypatch.setattr("sim.studies.sweep.tasks.LEAST_BUNDLE", 700)
    assert swept(path, out, resume=True).simulated == 4 * 700
    assert (out / "part-0.parquet").read_bytes() == (tmp_path / "whole" / "part-0.parquet").read_bytes()


def test_a_part_that_goes_while_the_dataset_is_written_is_told(write, tmp_path):
    path, out = write(), tmp_path / "out"

    def part_goes(done: int, total: int) -> None:
        if done == total:
            next(out.rglob("*.part")).unlink()

    with pytest.raises(
        InvalidInput, match=r"part 0 changed while the dataset was written; go on with --resume"
    ):
        SweepJob(checked(path), out, resume=False).run(ThisProcess(), never, part_goes)
    assert not (out / "part-0.parquet").exists()
    assert swept(path, out, resume=True).rows is not None


@pytest.mark.parametrize(("content", "place"), [("", "1:1"), ("name: [", "1:8"), ("- 1\n", "1:1")])
def test_a_file_that_is_no_sweep_is_told_as_such(tmp_path, content, place):
    file = tmp_path / "sweep.yaml"
    with pytest.raises(InvalidInput, match="the path of a sweep file"):
        checked(file)
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=rf"sweep\.yaml:{place}: "):
        checked(file)


def test_what_a_killed_sweep_left_beside_is_cleared(write, tmp_path):
    path, out = write(), tmp_path / "out"
    swept(path, out)
    leftover = out / "_sweep" / "parts" / "0000" / "0000000.part.beside"
    leftover.write_bytes(b"half")
    swept(path, out, resume=True)
    assert not leftover.exists()
