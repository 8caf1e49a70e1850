"""docs/notebook.ipynb runs from the top in a fresh kernel and shows what is stored in it."""

import json

import nbformat
import openpyxl
import pytest
from example_notebook import NOTEBOOK, ROOT, executed, printed, stored


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("nb")


@pytest.fixture(scope="module")
def again(folder):
    return executed(folder)


def test_it_shows_what_is_stored(again):
    assert printed(again) == printed(stored())


def test_results_and_pictures_show_themselves(again):
    kinds = [set(output.get("data", {})) for cell in again.cells for output in cell.get("outputs", [])]
    assert {"text/plain", "text/html"} in kinds
    assert {"text/plain", "image/png"} in kinds
    assert not [output for cell in again.cells for output in cell.get("outputs", []) if "ename" in output]


@pytest.mark.usefixtures("again")
def test_it_writes_a_workbook(folder):
    (workbook,) = (folder / "docs").glob("*.xlsx")
    assert "quantiles" in openpyxl.load_workbook(workbook).sheetnames


def test_what_is_stored_is_whole_and_says_nothing_of_a_machine():
    notebook = stored()
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code[1:])
    assert all(cell.metadata == {} for cell in notebook.cells)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 500_000
    for word in (str(ROOT), "/home", "/tmp", "/root", "site-packages", "Users"):
        assert word not in text
    assert json.loads(text)["nbformat"] == 4
