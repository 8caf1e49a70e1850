"""``firstday compare`` and ``firstday sensitivity`` as a user and as a script call them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from study_deals import CONFIGS
from typer.testing import CliRunner

from sim.cli import app
from sim.errors import InvalidInput
from sim.studies import directory, samples

BIREN, BOAN, LAUNCH = (
    str(CONFIGS / f"{name}.yaml") for name in ("biren_06082", "boan_06955", "biren_06082_launch")
)
FEW = ("--paths", "1500", "--threads", "1")


def called(*arguments: object):
    """Run the command in this process; a fault is raised, as :func:`sim.cli.main` catches it."""
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def test_compare_prints_within_100_columns_and_writes_its_files(tmp_path):
    out = tmp_path / "there" / "comparison"
    variants = ("--set", "over_allotment.fraction=0", "--set", "offer.price=18; over_allotment.fraction=0.1")
    done = called("compare", BIREN, BOAN, LAUNCH, *variants, *FEW, "--out", out)
    assert done.exit_code == 0
    assert done.stdout == ""
    printed = [line for line in done.stderr.splitlines() if not line.startswith("->")]
    assert max(map(len, printed)) <= 100
    for label in (
        "Boan Biotechnology",
        "Biren Technology at launch",
        "offer.price=18; over_allotment.fraction=0.1",
    ):
        assert label in printed
    assert {file.name for file in out.iterdir()} == {
        f"comparison.{form}" for form in ("json", "csv", "png", "svg")
    }
    document = json.loads((out / "comparison.json").read_text())
    assert [each["label"] for each in document["differences"]][2] == "over_allotment.fraction=0"
    assert document["paths"] == 1500
    assert document["seed"] == 6082
    with (out / "comparison.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4 * len(document["scenarios"][0]["metrics"])
    assert float(rows[0]["difference"]) == pytest.approx(float(rows[0]["value"]) - float(rows[0]["base"]))
    # The earlier one is replaced, whole.
    again = called("compare", BIREN, "--set", "over_allotment.fraction=0", *FEW, "--out", out)
    assert again.exit_code == 0
    assert len(json.loads((out / "comparison.json").read_text())["differences"]) == 1


def test_compare_json_is_all_there_is_on_standard_output():
    done = called("compare", BIREN, BIREN, "--seed", "0", *FEW, "--json")
    document = json.loads(done.stdout)
    assert document["seed"] == 0
    assert [each["label"] for each in document["scenarios"]] == [
        "Biren Technology [1]",
        "Biren Technology [2]",
    ]
    assert document["differences"][0]["unchanged"]
    assert document["differences"][0]["metrics"]["mean"]["difference"] == 0.0


def test_compare_of_what_is_never_listed_says_so(tmp_path):
    gone = "offer.price=null; observed={placing_coverage: 0.2}"
    done = called("compare", LAUNCH, "--set", gone, *FEW, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "n/a" in done.stderr


def test_sensitivity_prints_within_100_columns_and_writes_its_files(tmp_path):
    out = tmp_path / "sensitivity"
    asked = ("--method", "tornado,sobol,variance", "--samples", "4", "--draws", "20", "--stress", "0.3")
    done = called("sensitivity", BIREN, *asked, *FEW, "--out", out)
    assert done.exit_code == 0
    assert done.stdout == ""
    printed = [line for line in done.stderr.splitlines() if not line.startswith("->")]
    assert max(map(len, printed)) <= 100
    for words in (
        "moves it most",
        "explains",
        "the parameters'",
        "30.0% chance of closing below the offer",
        "counted twice",
    ):
        assert any(words in line for line in printed), words
    pictures = {f"{name}.{form}" for name in ("tornado", "sobol") for form in ("png", "svg")}
    assert {file.name for file in out.iterdir()} == {"sensitivity.json", "sensitivity.csv", *pictures}
    document = json.loads((out / "sensitivity.json").read_text())
    assert document["sobol"]["evaluations"] == 4 * (len(document["sobol"]["inputs"]) + 2)
    with (out / "sensitivity.csv").open() as stream:
        studies = {row["study"] for row in csv.DictReader(stream)}
    assert studies == {"tornado", "sobol", "stress", "total_variance"}


def test_sensitivity_json_and_its_own_inputs():
    own = ("--input", "observed.public_coverage=1000:4000", "--only", "observed.public_coverage,demand")
    done = called(
        "sensitivity", BIREN, *own, "--metric", "median,purchases,price", *FEW, "--seed", "0", "--json"
    )
    document = json.loads(done.stdout)
    assert document["seed"] == 0
    assert "sobol" not in document
    named = {each["name"]: each for each in document["tornado"]["inputs"]}
    assert named["observed.public_coverage"]["low"] == 1000.0
    assert set(named["demand"]["metrics"]) == {"q0.5", "purchases", "price"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("compare", BIREN), "is alone"),
        (("compare", BIREN, "nothing.yaml"), "there is no such file"),
        (("compare", BIREN, str(CONFIGS)), "is a directory"),
        (("compare", BIREN, "--set", "over_allotment.fractoin=0"), "did you mean 'fraction'"),
        (("compare", BIREN, "--set", "simulation.seed=3"), "use --paths and --seed"),
        (("compare", BIREN, BOAN, "--paths", "0"), "more than 0"),
        (("compare", BIREN, BOAN, "--seed", "-1"), "at least 0"),
        (("compare", BIREN, BOAN, "--paths", "3000000"), "at most 2,000,000"),
        (("compare", BIREN, BOAN, "--out", str(CONFIGS)), "holds other files"),
        (("compare", BIREN, BOAN, "--out", BIREN), "is not a directory"),
        (("sensitivity", "nothing.yaml"), "there is no such file"),
        (("sensitivity", BIREN, "--method", "luck"), "some of tornado, sobol, variance"),
        (("sensitivity", BIREN, "--metric", "luck"), "is no metric"),
        (("sensitivity", BIREN, "--stress", "1"), "between 0 and 1"),
        (("sensitivity", BIREN, "--stress", "nan"), "between 0 and 1"),
        (("sensitivity", BIREN, "--input", "offer.price=0:1"), "--input offer.price=0:1"),
        (("sensitivity", BIREN, "--only", "luck"), "is no input"),
        (("sensitivity", BIREN, "--method", "sobol", "--samples", "100"), "no power of two"),
        (
            ("sensitivity", BIREN, "--method", "sobol", "--only", "over_allotment.fraction", "--set", "a=1"),
            "is no field",
        ),
        (("sensitivity", BIREN, "--paths", "3000000"), "at most 2,000,000"),
        (("sensitivity", BIREN, "--out", str(CONFIGS)), "holds other files"),
    ],
)
def test_invalid_input_is_refused_with_a_remedy(arguments, problem):
    with pytest.raises(InvalidInput) as refused:
        called(*arguments)
    assert problem in str(refused.value)


def test_a_market_without_posterior_has_no_variance(tmp_path):
    from small_deals import MARKET

    market = tmp_path / "own.json.yaml"
    market.write_text(json.dumps(MARKET))
    with pytest.raises(InvalidInput, match="there is nothing to draw from"):
        called("sensitivity", BIREN, "--set", f"market={market}", "--method", "variance", *FEW)
    done = called("sensitivity", BIREN, "--set", f"market={market}", "--set", "peers=[]", *FEW)
    assert done.exit_code == 0
    assert "holds no posterior" in done.stderr.replace("\n", " ")


def test_ctrl_c_writes_what_was_compared_and_ends_in_130(tmp_path, monkeypatch):
    real, calls = samples.batches, []

    def interrupted(*arguments, **options):
        calls.append(None)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(samples, "BATCH_PATHS", 16_384)
    monkeypatch.setattr(samples, "batches", interrupted)
    out = tmp_path / "out"
    done = called("compare", BIREN, BOAN, "--paths", "40000", "--out", out)
    assert done.exit_code == 130
    document = json.loads((out / "comparison.json").read_text())
    assert document["partial"]
    assert document["paths"] == 16_384
    assert "interrupted" in done.stderr
    calls[:] = [None, None]
    done = called("compare", BIREN, BOAN, "--paths", "40000", "--out", out)
    assert done.exit_code == 130
    assert json.loads((out / "comparison.json").read_text())["paths"] == 0
    assert "No figure to report" in done.stderr


def test_ctrl_c_in_a_sensitivity_leaves_out_what_was_not_done(monkeypatch):
    from sim.studies import playing

    real, calls = playing.play, []

    def interrupted(*arguments, **options):
        calls.append(None)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(playing, "play", interrupted)
    done = called("sensitivity", BIREN, "--method", "tornado,sobol", "--stress", "0.3", *FEW, "--json")
    assert done.exit_code == 130
    document = json.loads(done.stdout)
    assert document["partial"]
    assert len(document["tornado"]["inputs"]) == 1
    assert "sobol" not in document


def test_a_directory_appears_whole_or_not_at_all(tmp_path):
    out, names = tmp_path / "study", frozenset({"a.json", "b.png"})
    directory.write_directory(out, names, {"a.json": "1\n"})

    def fail(folder: Path) -> None:
        (folder / "b.png").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        directory.write_directory(out, names, {"a.json": "2\n"}, fail)
    assert (out / "a.json").read_text() == "1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["study"]
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput, match=r"holds other files: notes\.txt"):
        directory.write_directory(out, names, {"a.json": "3\n"})
    link = tmp_path / "link"
    link.symlink_to(out)
    with pytest.raises(InvalidInput, match="is not a directory"):
        directory.check_destination(link, names)


def test_help_says_what_a_set_is():
    text = " ".join(called("compare", "-h").stdout.split())
    assert "One variant of the first scenario" in text
