"""Verifying a run: an untouched one passes, and whatever was changed is named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from interruption import press_after_one_part
from small_deals import UNPRICED, small_deal, small_market

import sim.simulation
import sim.verification
from sim.errors import InvalidInput
from sim.run_directory import write_run
from sim.simulation import simulate
from sim.verification import verify


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(bytes(content))


def trust(run: Path, edit, *names: str) -> None:
    """Make the manifest agree with files that were changed."""
    for name in names:
        edit(f"files/{name}", hashlib.sha256((run / name).read_bytes()).hexdigest())


def test_an_untouched_run_passes(written):
    files, paths = verify(written, threads=2)
    assert files == "2 files have the hashes of the manifest"
    assert "2,000 paths" in paths


@pytest.mark.parametrize(
    ("deal", "options"),
    [
        ({}, {"keep_paths": 0}),
        (UNPRICED, {}),
        ({"observed.grey_return": 0.2}, {}),
        ({"simulation.seed": 0}, {}),
        ({"simulation.paths": 40_000}, {"target_se": 0.5}),
    ],
    ids=["summary only", "unpriced", "grey", "seed 0", "target"],
)
def test_every_kind_of_run_passes(tmp_path, deal, options):
    verify(write_run(simulate(small_deal(deal), market=small_market(), **options), tmp_path / "run"))


def test_an_interrupted_run_passes(monkeypatch, tmp_path):
    monkeypatch.setattr(sim.simulation, "BATCH_PATHS", 1)

    def pressed(_: int, __: int) -> None:
        raise KeyboardInterrupt

    scenario = small_deal({"simulation.paths": 50_000})
    partial = simulate(scenario, market=small_market(), progress=pressed)
    assert (partial.partial, partial.paths) == (True, 16_384)
    verify(write_run(partial, tmp_path / "run"))


def test_a_run_interrupted_at_once_has_nothing_to_verify(monkeypatch, tmp_path):
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.simulation, "parts", pressed)
    empty = simulate(small_deal(), market=small_market())
    out = write_run(empty, tmp_path / "run")
    with pytest.raises(InvalidInput, match="paths: holds no path"):
        verify(out)


def test_ctrl_c_while_paths_are_simulated_again_is_no_difference(monkeypatch, written):
    press_after_one_part(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        verify(written)


def test_the_market_of_the_run_is_in_its_manifest(tmp_path):
    """The market file may have moved since, or never been on this machine."""
    from sim.scenario import scenario_from_mapping

    market = tmp_path / "own.yaml"
    market.write_text(json.dumps(small_market().model_dump(mode="json")))
    scenario = scenario_from_mapping({**small_deal().resolved(), "market": str(market)})
    out = write_run(simulate(scenario), tmp_path / "run")
    market.unlink()
    verify(out)


@pytest.mark.parametrize("offset", [10, -10, 20_000])
def test_a_flipped_bit_of_the_paths_is_named(written, told, offset):
    flip(written / "paths.npz", offset)
    (fault,) = told()
    assert fault.source == str(written / "paths.npz")
    assert "has changed" in fault.problem


def test_an_edited_summary_is_named(written, told):
    path = written / "summary.json"
    path.write_text(path.read_text().replace('"mean"', '"Mean"', 1))
    (fault,) = told()
    assert fault.source == str(path)


def test_every_changed_file_is_named(written, told):
    flip(written / "paths.npz", 99)
    (written / "summary.json").unlink()
    problems = {Path(fault.source).name: fault.problem for fault in told()}
    assert problems == {"paths.npz": "has changed since the run", "summary.json": "is missing"}


def test_a_forged_summary_is_found_by_simulating_again(written, edit, told):
    path = written / "summary.json"
    summary = json.loads(path.read_text())
    summary["returns"]["close"]["mean"] += 1e-12
    path.write_text(json.dumps(summary))
    trust(written, edit, "summary.json")
    (fault,) = told()
    assert (fault.source, fault.problem) == (str(path), "differs when recomputed")


@pytest.mark.parametrize("content", ["[]", "{", "\x00", '{"returns": 1}'])
def test_a_forged_summary_of_any_kind_is_a_difference(written, edit, told, content):
    (written / "summary.json").write_text(content)
    trust(written, edit, "summary.json")
    (fault,) = told()
    assert (fault.source, fault.problem) == (str(written / "summary.json"), "differs when recomputed")


def test_forged_paths_are_found_by_simulating_again(written, edit, told):
    import numpy as np

    with np.load(written / "paths.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    arrays["close"][17] += 0.01
    np.savez(written / "paths.npz", **arrays, more=np.zeros(3))
    trust(written, edit, "paths.npz")
    (fault,) = told()
    assert fault.source == str(written / "paths.npz")
    assert fault.field == "close, more"


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_paths_that_are_no_arrays_are_a_difference(written, edit, told, content):
    (written / "paths.npz").write_bytes(content)
    trust(written, edit, "paths.npz")
    (fault,) = told()
    assert (fault.source, fault.problem) == (str(written / "paths.npz"), "differs when recomputed")


def test_pickled_paths_are_never_loaded(written, edit, told):
    import numpy as np

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (written / "sprung",))

    np.savez(written / "paths.npz", close=np.array([Trap()], dtype=object))
    trust(written, edit, "paths.npz")
    (fault,) = told()
    assert fault.problem == "differs when recomputed"
    assert not (written / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("seed", 8, "seed"),
        ("scenario/simulation/seed", 8, "scenario_sha256"),
        ("scenario/offer/public_tranche", 0.11, "scenario_sha256"),
        ("market/demand/kappa", 1.01, "market_sha256"),
        ("scenario_sha256", "0" * 64, "scenario_sha256"),
        ("stage", "t2", "stage"),
    ],
)
def test_an_edited_manifest_is_named(written, edit, told, name, value, field):
    edit(name, value)
    faults = told()
    assert {fault.source for fault in faults} == {str(written / "manifest.json")}
    assert field in {fault.field for fault in faults}


def test_an_edited_number_of_paths_is_a_difference(edit, told):
    edit("paths", 1_999)
    assert "differs when recomputed" in {fault.problem for fault in told()}


@pytest.mark.parametrize("paths", [0, -5, 10**30])
def test_a_manifest_of_no_or_endless_paths_is_refused(edit, told, paths):
    edit("paths", paths)
    assert any("paths" in fault.field for fault in told())


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "sub/summary.json", "", "."])
def test_a_manifest_reaches_no_file_outside_its_directory(monkeypatch, written, told, name):
    path = written / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][name] = "0" * 64
    path.write_text(json.dumps(manifest))
    opened, digest = [], sim.verification.sha256
    monkeypatch.setattr(sim.verification, "sha256", lambda file: opened.append(file) or digest(file))
    (fault,) = told()
    assert name in (fault.field, Path(fault.source).name) or Path(fault.source) == written / name
    assert {file.name for file in opened} == {"summary.json", "paths.npz"}
    assert {file.parent for file in opened} == {written}


def test_a_link_out_of_the_directory_is_not_followed(written, told, tmp_path):
    path = written / "summary.json"
    path.rename(tmp_path / "summary.json")
    path.symlink_to(tmp_path / "summary.json")
    (fault,) = told()
    assert fault.field == "summary.json"
    assert "plain file" in fault.problem


@pytest.mark.parametrize("key", ["format", "scenario", "market", "paths", "files", "kept_paths"])
@pytest.mark.parametrize(
    "value", [(), (None,), ("x",), ([],), (1.5,)], ids=["out", "null", "text", "list", "real"]
)
def test_a_key_that_is_missing_or_of_another_kind_is_named(edit, told, key, value):
    edit(key, *value)
    (fault,) = told()
    assert fault.field == key


@pytest.mark.parametrize("name", ["summary.json", "paths.npz"])
def test_a_file_that_the_manifest_leaves_out_is_named(edit, told, name):
    edit(f"files/{name}")
    assert any(name in str(fault) for fault in told())


def test_all_faults_of_a_manifest_are_told(edit, told):
    edit("paths", "many")
    edit("market")
    assert {fault.field for fault in told()} == {"paths", "market"}


def test_another_format_is_told(edit, told):
    edit("format", 999)
    (fault,) = told()
    assert (fault.field, fault.problem) == ("format", "is 999")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"paths": ' + b"9" * 5_000 + b"}", b"null"],
    ids=["empty", "cut off", "a list", "no text", "endless nesting", "endless number", "null"],
)
def test_a_manifest_that_is_no_manifest_is_told(written, told, content):
    (written / "manifest.json").write_bytes(content)
    (fault,) = told()
    assert fault.source == str(written / "manifest.json")


def test_a_huge_manifest_is_not_read(written, told):
    with (written / "manifest.json").open("ab") as stream:
        stream.truncate(20_000_000)
    (fault,) = told()
    assert "too large" in fault.problem


@pytest.mark.parametrize("simulation", [None, [], "x", {"paths": "many"}])
def test_a_scenario_that_is_none_is_told(edit, told, simulation):
    edit("scenario/simulation", simulation)
    assert told()


def test_a_directory_without_a_manifest_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"holds no manifest\.json"):
        verify(tmp_path)
    with pytest.raises(InvalidInput, match=r"holds no manifest\.json"):
        verify(tmp_path / "nowhere")


def test_more_paths_than_the_run_has_kept_are_not_simulated(written, edit):
    edit("paths", 10**12)
    with pytest.raises(InvalidInput, match="holds fewer paths than the 1,000,000,000,000 of the manifest"):
        verify(written)


@pytest.mark.parametrize("partial", [True, 5, None])
def test_a_manifest_that_is_partial_where_its_summary_is_not_is_told(written, edit, partial):
    edit("partial", partial)
    with pytest.raises(InvalidInput, match=r"manifest\.json: partial: does not belong"):
        verify(written)


def test_other_kernels_that_gave_the_same_bits_are_told(written, edit):
    edit("kernel_hash", "0123456789abcdef")
    _, kernels, paths = verify(written, threads=1)
    assert kernels.startswith("the run was made by other kernels than these, ")
    assert "every bit" in paths
