"""Where an export cannot be written, one line says so and nothing is left behind."""

import os

import pytest

from sim.errors import InvalidInput

WRITERS = ("to_csv", "to_excel", "to_parquet")


def told(result, writer, place) -> str:
    with pytest.raises(InvalidInput) as raised:
        getattr(result, writer)(place)
    (fault,) = raised.value.faults
    assert fault.source == str(place)
    return fault.problem


@pytest.mark.parametrize("writer", WRITERS)
def test_a_directory_is_refused(whole, writer, tmp_path):
    (tmp_path / "there").mkdir()
    assert told(whole, writer, tmp_path / "there") == "is a directory"
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_missing_folder_is_told(whole, writer, tmp_path):
    assert "is not there" in told(whole, writer, tmp_path / "no" / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_for_a_folder_is_told(whole, writer, tmp_path):
    (tmp_path / "file").write_text("kept")
    assert "is not there" in told(whole, writer, tmp_path / "file" / "more")
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("writer", WRITERS)
def test_a_name_that_is_too_long_is_told(whole, writer, tmp_path):
    assert "cannot be written" in told(whole, writer, tmp_path / ("x" * 300))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_a_null_character_is_told(whole, writer, tmp_path):
    with pytest.raises(InvalidInput, match="null character"):
        getattr(whole, writer)(tmp_path / "a\0b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_an_earlier_file_stays_until_the_new_one_is_whole(whole, writer, tmp_path, monkeypatch):
    place = tmp_path / "file"
    place.write_text("earlier")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        assert told(whole, writer, place) == "cannot be written: No space left on device"
    assert place.read_text() == "earlier"
    getattr(whole, writer)(place)
    assert place.stat().st_size > 1_000
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_is_as_public_as_any_other(whole, writer, tmp_path):
    mask = os.umask(0o022)
    try:
        path = getattr(whole, writer)(tmp_path / "file")
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("writer", "module", "extra"), [("to_excel", "xlsxwriter", "excel"), ("to_parquet", "pyarrow", "parquet")]
)
def test_a_missing_package_is_told_with_its_remedy(whole, writer, module, extra, tmp_path, monkeypatch):
    for name in (module, f"{module}.parquet"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(InvalidInput) as raised:
        getattr(whole, writer)(tmp_path / "file")
    (fault,) = raised.value.faults
    assert fault.remedy == f"pip install 'firstday[{extra}]'"
    assert list(tmp_path.iterdir()) == []
