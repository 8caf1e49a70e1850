"""Invalid input exits with 2, says where and what, and writes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FAULT = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<field>[\w.\[\]]+): .+; .+$")
SOUND = """\
name: Deal
code: "09999"
venue: hkex
regime: pn18
list_date: 2023-06-01
market_heat: 0.0
offer:
  price: 10.00
  base_shares: 10_000_000
  public_tranche: 0.10
  board_lot: 100
observed:
  public_coverage: 20.0
market: hkex
simulation: {paths: 100, seed: 1}
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes the sound scenario with some text replaced."""

    def writer(name: str, *replacements: tuple[str, str]) -> Path:
        text = SOUND
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def nothing_written() -> bool:
    return list(Path().iterdir()) == []


def test_a_fault_has_its_place_problem_and_remedy(firstday, write):
    path = write("deal.yaml", ("price: 10.00", "price: -10.00"))
    said = firstday("run", path)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    place = FAULT.match(line)
    assert place is not None
    assert (place["file"], place["line"], place["field"]) == (str(path), "8", "offer.price")
    assert int(place["column"]) in (3, 10)
    assert "-10" in line
    assert nothing_written()


def test_every_fault_of_a_file_is_told(firstday, write):
    path = write("deal.yaml", ("0.10", "1.10"), ("20.0", "-20.0"), ("paths: 100", "paths: 0"))
    said = firstday("run", path)
    assert said.code == 2
    fields = [FAULT.match(line)["field"] for line in said.err.splitlines()]
    assert fields == ["offer.public_tranche", "observed.public_coverage", "simulation.paths"]


def test_a_misspelled_key_gets_its_suggestion(firstday, write):
    said = firstday("run", write("deal.yaml", ("base_shares", "base_share")))
    assert said.code == 2
    assert any("did you mean 'base_shares'" in line for line in said.err.splitlines())


@pytest.mark.parametrize(
    "options",
    [
        ["--paths", "0"],
        ["--paths", "-1"],
        ["--paths", "1e9"],
        ["--paths", "1.5"],
        ["--paths", "many"],
        ["--paths", "99999999999999"],
        ["--seed", "-1"],
        ["--seed", "9223372036854775808"],
        ["--seed", "x"],
        ["--threads", "0"],
        ["--target-se", "0"],
        ["--target-se", "-0.1"],
        ["--target-se", "nan"],
        ["--keep-paths", "-1"],
        ["--set", "offer.price"],
        ["--set", "=3"],
        ["--set", "offer.price=["],
        ["--set", "offer.price=cheap"],
        ["--set", "offer.price=10", "--set", "offer.price=11"],
        ["--set", "offer.prize=10"],
        ["--set", "market=nowhere"],
        ["--nonsense"],
        ["another.yaml"],
    ],
    ids=" ".join,
)
def test_an_option_that_cannot_be_is_refused(firstday, write, options):
    said = firstday("run", write("deal.yaml"), *options)
    assert (said.code, said.out) == (2, "")
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert nothing_written()


def test_a_fault_of_an_option_names_it(firstday, write):
    said = firstday("run", write("deal.yaml"), "--set", "over_allotment.fractoin=0.1")
    assert said.err.startswith("--set over_allotment.fractoin=0.1: ")
    assert "did you mean 'fraction'" in said.err


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_a_scenario_that_is_no_file_is_refused(firstday, name):
    said = firstday("run", name)
    assert said.code == 2
    assert name in said.err
    assert nothing_written()


def test_a_market_file_of_another_kind_is_refused(firstday, write, tmp_path):
    (tmp_path / "own.yaml").write_text("demand: {kappa: -1}\n", encoding="utf-8")
    said = firstday("run", write("deal.yaml", ("market: hkex", "market: ./own.yaml")))
    assert said.code == 2
    assert "own.yaml: demand.kappa: " in said.err
    assert nothing_written()


@pytest.mark.parametrize("out", ["file", "other", "link", "file/below"])
def test_a_destination_that_is_no_run_is_refused_before_simulating(firstday, write, monkeypatch, out):
    def simulated(*_: object, **__: object) -> None:
        raise AssertionError("simulated although nothing can be written")

    monkeypatch.setattr("sim.simulation.simulate", simulated)
    Path("file").write_text("mine", encoding="utf-8")
    Path("other").mkdir()
    Path("other/thesis.tex").write_text("mine", encoding="utf-8")
    Path("link").symlink_to("other")
    said = firstday("run", write("deal.yaml"), "--out", out)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("--out: ")
    assert Path("file").read_text(encoding="utf-8") == Path("other/thesis.tex").read_text(encoding="utf-8")
    assert sorted(path.name for path in Path().iterdir()) == ["file", "link", "other"]


def test_validate_tells_the_faults_of_every_file(firstday, write):
    sound = write("sound.yaml")
    one = write("one.yaml", ("price: 10.00", "price: -10.00"), ("seed: 1", "sead: 1"))
    two = write("two.yaml", ("venue: hkex", "venue: nyse"))
    said = firstday("validate", one, sound, two, "nowhere.yaml")
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert f"{sound}: valid; Deal, 09999, stage t1" in lines
    faults = [line for line in lines if "valid; " not in line]
    assert [sum(line.startswith(str(path)) for line in faults) for path in (one, two)] == [2, 1]
    assert any(line.startswith("nowhere.yaml: ") for line in faults)


def test_validate_prints_a_long_path_on_one_line(firstday, write, tmp_path):
    long = tmp_path / ("a" * 100)
    long.mkdir()
    path = write(f"{long.name}/odd :smile: [red] name.yaml")
    said = firstday("validate", path)
    assert said.code == 0
    assert said.err == f"{path}: valid; Deal, 09999, stage t1\n"


def test_verify_refuses_what_is_no_run(firstday):
    said = firstday("verify", "nowhere")
    assert said.code == 2
    assert said.err.startswith("nowhere: holds no manifest.json")


@pytest.mark.usefixtures("without_pictures")
def test_verify_names_a_changed_file(firstday, write):
    assert firstday("run", write("deal.yaml"), "--out", "one").code == 0
    said = firstday("verify", "one", "--threads", 1)
    assert said.code == 0
    assert "100 paths" in said.err
    with Path("one/paths.npz").open("ab") as stream:
        stream.write(b" ")
    said = firstday("verify", "one")
    assert (said.code, said.err) == (
        2,
        "one/paths.npz: has changed since the run; run the scenario again\n",
    )


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["run"], ["validate"], ["verify"]], ids=" ".join)
def test_an_incomplete_command_is_refused(firstday, arguments):
    said = firstday(*arguments)
    assert said.code == 2
    assert "Usage" in said.err + said.out
