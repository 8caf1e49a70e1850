"""docs/python.md: every line of it runs and prints what it shows."""

import doctest
import re
import shlex

import openpyxl
import pytest
from readme_blocks import ROOT

from sim.cli import app

TEXT = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the configs, to write files into."""
    here = tmp_path_factory.mktemp("python")
    (here / "configs").symlink_to(ROOT / "configs")
    return here


def test_every_line_prints_what_is_shown(folder, monkeypatch):
    monkeypatch.chdir(folder)
    # The blocks are one session; prose and fences between them end an output.
    session = "\n\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(session, {}, "python.md", "docs/python.md", 0)
    assert len(test.examples) > 15
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=told.append)
    assert runner.failures == 0, "".join(told)
    assert openpyxl.load_workbook("biren.xlsx").sheetnames == re.findall(
        r"`(\w+)`", re.search(r"sheets (.*?)\. Numbers", TEXT, re.DOTALL).group(1)
    )


def test_the_command_runs(folder, monkeypatch):
    (command,) = re.findall(r"```sh\n(.*?)\n```", TEXT)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sim.report.plots.draw_run", lambda *_: ())
    # In this process and without pictures: importing and drawing would take most of the time.
    words = [*shlex.split(command)[1:], "--paths", "500", "--out", "run"]
    assert app(words, standalone_mode=False) in (None, 0)
    written = {path.name for path in (folder / "run").iterdir()}
    assert {"result.xlsx", "paths.parquet", "quantiles.csv"} <= written


def test_the_public_names_are_listed():
    import sim

    for name in sim.__all__:
        assert f"`{name}" in TEXT or f"sim.{name}" in TEXT


def test_the_methods_of_a_result_are_shown():
    from sim.result import Result

    methods = [name for name in vars(Result) if callable(getattr(Result, name)) and not name.startswith("_")]
    assert sorted(methods) == ["plot", "quantiles_frame", "to_csv", "to_excel", "to_frame", "to_parquet"]
    assert all(f"result.{name}(" in TEXT for name in methods)


def test_files_named_exist():
    named = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert named
    assert all((ROOT / "docs" / name).exists() for name in named)
