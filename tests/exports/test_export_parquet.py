"""Paths as Parquet: the same bits, and a file from elsewhere is a told difference."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from small_deals import small_deal, small_market

from sim.errors import InvalidInput
from sim.exports.parquet import differing_columns
from sim.exports.parquet_reader import column_digests
from sim.run_directory import read_manifest, write_run
from sim.simulation import simulate
from sim.verification import verify


@pytest.fixture
def kept_as_parquet(whole, tmp_path) -> Path:
    """The directory of a run whose paths are a Parquet file."""
    return write_run(whole, tmp_path / "run", exports=("parquet",))


@pytest.fixture
def columns(whole) -> dict[str, np.ndarray]:
    """The paths, to be changed."""
    return {name: values.copy() for name, values in whole.kept.items()}


@pytest.fixture
def in_this_process(monkeypatch) -> None:
    """Read what no reader can choke on without a process of its own, which takes a second to start."""
    monkeypatch.setattr("sim.exports.parquet._digests", lambda path, rows: column_digests(str(path), rows))


def written(path: Path, columns, **options) -> Path:
    """Write columns as some other program might."""
    fields = [pa.field(name, pa.array(values).type, nullable=False) for name, values in columns.items()]
    table = pa.Table.from_arrays([pa.array(v) for v in columns.values()], schema=pa.schema(fields))
    parquet.write_table(table, path, **{"compression": "none", **options})
    return path


def forged(run: Path, content: bytes) -> None:
    """Put another file in the place of the paths, and make the manifest agree."""
    (run / "paths.parquet").write_bytes(content)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["paths.parquet"] = hashlib.sha256(content).hexdigest()
    (run / "manifest.json").write_text(json.dumps(manifest))


def fault_of(run: Path):
    with pytest.raises(InvalidInput) as raised:
        verify(run)
    (fault,) = raised.value.faults
    return fault


def test_every_bit_comes_back(any_run, tmp_path):
    if any_run.kept is None:
        with pytest.raises(InvalidInput, match="holds no paths"):
            any_run.to_parquet(tmp_path / "paths.parquet")
        return
    path = any_run.to_parquet(tmp_path / "paths.parquet")
    table = parquet.read_table(path)
    assert table.column_names == list(any_run.kept)
    for name, values in any_run.kept.items():
        assert table[name].null_count == 0
        assert table[name].to_numpy().tobytes() == values.tobytes()
    found = column_digests(str(path), len(table))
    assert found == {name: hashlib.sha256(v.tobytes()).hexdigest() for name, v in any_run.kept.items()}


def test_a_file_of_the_same_bits_has_no_difference(whole, tmp_path):
    assert differing_columns(whole.to_parquet(tmp_path / "paths.parquet"), whole.kept) == []


def test_other_programs_find_units_and_origin(whole, tmp_path):
    schema = parquet.read_schema(whole.to_parquet(tmp_path / "paths.parquet"))
    assert schema.metadata == {
        b"scenario": b"Small Deal",
        b"code": b"09999",
        b"stage": b"t1",
        b"seed": b"7",
    }
    assert schema.field("close").metadata[b"unit"] == b"HK$"
    assert b"closing price" in schema.field("close").metadata[b"meaning"]


def test_pandas_reads_it(whole, tmp_path):
    frame = pd.read_parquet(whole.to_parquet(tmp_path / "paths.parquet"))
    pd.testing.assert_frame_equal(frame, whole.to_frame(), check_names=False)


def test_the_same_result_gives_the_same_bytes(whole, tmp_path):
    one, two = (whole.to_parquet(tmp_path / name) for name in "12")
    assert one.read_bytes() == two.read_bytes()


def test_it_takes_the_place_of_the_archive(kept_as_parquet):
    names = sorted(path.name for path in kept_as_parquet.iterdir())
    assert names == ["manifest.json", "paths.parquet", "summary.json"]
    manifest = read_manifest(kept_as_parquet)
    assert (manifest["kept_paths"], manifest["paths_file"]) == (True, "paths.parquet")
    assert "every bit" in verify(kept_as_parquet)[-1]


def test_an_interrupted_run_is_verified_too(named, tmp_path):
    out = write_run(named("interrupted"), tmp_path / "run", exports=("parquet", "csv"))
    assert "16,384 paths" in verify(out)[-1]


def test_a_changed_number_is_named(kept_as_parquet, columns, tmp_path):
    columns["close"][17] = np.nextafter(columns["close"][17], 0.0)
    forged(kept_as_parquet, written(tmp_path / "x", columns).read_bytes())
    fault = fault_of(kept_as_parquet)
    assert (fault.source, fault.field) == (str(kept_as_parquet / "paths.parquet"), "close")
    assert fault.problem == "differs when recomputed"


@pytest.mark.usefixtures("in_this_process")
def test_another_nan_is_a_difference(columns, whole, tmp_path):
    """NaN has many bits; a missing value is none of them."""
    at = np.flatnonzero(np.isnan(columns["minutes_until_below"]))[0]
    columns["minutes_until_below"].view(np.uint64)[at] ^= np.uint64(1)
    assert differing_columns(written(tmp_path / "x", columns), whole.kept) == ["minutes_until_below"]
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in whole.kept.items()})
    parquet.write_table(table, tmp_path / "y", compression="none")
    assert "minutes_until_below" in differing_columns(tmp_path / "y", whole.kept)


@pytest.mark.usefixtures("in_this_process")
def test_columns_that_are_missing_or_too_many_are_named(columns, whole, tmp_path):
    del columns["open"]
    columns["more"] = np.zeros(2_000)
    assert differing_columns(written(tmp_path / "x", columns), whole.kept) == ["more", "open"]


@pytest.mark.usefixtures("in_this_process")
def test_a_column_twice_is_a_difference(columns, whole, tmp_path):
    arrays = [*map(pa.array, columns.values()), pa.array(columns["close"])]
    parquet.write_table(pa.table(arrays, names=[*columns, "close"]), tmp_path / "x", compression="none")
    assert differing_columns(tmp_path / "x", whole.kept) == ["close"]


@pytest.mark.parametrize("kind", [np.float32, np.int64, str, bytes, bool])
def test_a_column_of_another_kind_is_a_difference(columns, tmp_path, kind):
    columns["close"] = np.zeros(2_000).astype(kind)
    assert column_digests(str(written(tmp_path / "x", columns)), 2_000).get("close") is None


@pytest.mark.parametrize("change", [{"compression": "zstd"}, {"compression": "snappy"}])
def test_what_a_codec_has_packed_is_not_unpacked(columns, tmp_path, change, monkeypatch):
    path = written(tmp_path / "x", columns, **change)
    monkeypatch.setattr(parquet.ParquetFile, "read", lambda *_, **__: pytest.fail("it was unpacked"))
    assert column_digests(str(path), 2_000) == {}


@pytest.mark.usefixtures("in_this_process")
def test_another_number_of_rows_is_a_difference_before_any_is_read(columns, whole, tmp_path, monkeypatch):
    path = written(tmp_path / "x", {name: values[:-1] for name, values in columns.items()})
    assert differing_columns(path, whole.kept) == sorted(whole.kept)
    monkeypatch.setattr(parquet.ParquetFile, "read", lambda *_, **__: pytest.fail("it was read"))
    assert column_digests(str(path), 2_000) == {}


def test_a_file_that_is_too_large_is_not_opened(whole, tmp_path, monkeypatch):
    path = tmp_path / "x"
    with path.open("wb") as stream:
        stream.truncate(10**10)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("it was opened"))
    assert differing_columns(path, whole.kept) == list(whole.kept)


def test_a_file_that_aborts_its_reader_is_a_difference(kept_as_parquet, whole):
    """pyarrow 26 ends the process on a codec it does not know; here that of one column."""
    content = (kept_as_parquet / "paths.parquet").read_bytes()
    codec, unknown = b"\x05close\x15\x00", b"\x05close\x15\x20"
    assert content.count(codec) == 1
    forged(kept_as_parquet, content.replace(codec, unknown))
    assert fault_of(kept_as_parquet).field == ", ".join(sorted(whole.kept))


def test_a_reader_that_never_ends_is_a_difference(kept_as_parquet, whole, monkeypatch):
    monkeypatch.setattr("sim.exports.parquet._SECONDS_TO_READ", 1e-3)
    assert fault_of(kept_as_parquet).field == ", ".join(sorted(whole.kept))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet at all", b"PAR1" + b"\x00" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_a_difference(kept_as_parquet, whole, content):
    forged(kept_as_parquet, content)
    fault = fault_of(kept_as_parquet)
    assert fault.problem == "differs when recomputed"
    assert fault.field == ", ".join(sorted(whole.kept))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_damaged_file_is_a_difference(whole, tmp_path, share):
    """Where numbers, dictionaries or the tables at the end are overwritten."""
    content = bytearray(whole.to_parquet(tmp_path / "x").read_bytes())
    at = round(share * len(content))
    content[at : at + 64] = bytes(255 - byte for byte in content[at : at + 64])
    (tmp_path / "y").write_bytes(content)
    assert differing_columns(tmp_path / "y", whole.kept)


def test_a_file_cut_short_is_a_difference(whole, tmp_path):
    content = whole.to_parquet(tmp_path / "x").read_bytes()
    (tmp_path / "y").write_bytes(content[: len(content) // 2])
    assert differing_columns(tmp_path / "y", whole.kept)


def test_verifying_without_pyarrow_says_how_to_get_it(kept_as_parquet, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    assert fault_of(kept_as_parquet).remedy == "pip install 'firstday[parquet]'"


@pytest.mark.parametrize("name", ["paths.pickle", "../paths.npz", 7, [], "summary.json"])
def test_a_manifest_that_names_another_file_is_refused(kept_as_parquet, name):
    path = kept_as_parquet / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["paths_file"] = name
    path.write_text(json.dumps(manifest))
    assert fault_of(kept_as_parquet).field == "paths_file"


def test_a_manifest_from_before_there_was_a_choice_is_read(whole, tmp_path):
    out = write_run(whole, tmp_path / "run")
    path = out / "manifest.json"
    manifest = json.loads(path.read_text())
    assert manifest.pop("paths_file") == "paths.npz"
    path.write_text(json.dumps(manifest))
    assert "every bit" in verify(out)[-1]


def test_no_paths_need_no_file(summary_only, tmp_path):
    out = write_run(summary_only, tmp_path / "run", exports=("csv",))
    assert read_manifest(out)["paths_file"] is None
    assert "every bit" in verify(out)[-1]


def test_more_paths_than_a_group_of_rows(tmp_path):
    result = simulate(small_deal({"simulation.paths": 150_000}), market=small_market(), fan=False)
    path = result.to_parquet(tmp_path / "x")
    assert parquet.read_metadata(path).num_row_groups == 2
    found = column_digests(str(path), 150_000)
    assert found == {name: hashlib.sha256(v.tobytes()).hexdigest() for name, v in result.kept.items()}
