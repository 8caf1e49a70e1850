"""``firstday run``: the table, the document, the directory, and the options that change a run."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("without_pictures")


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_prints_for_people_and_writes_its_directory(firstday, deal):
    said = firstday("run", deal, "--paths", 500)
    assert (said.code, said.out) == (0, "")
    assert "Small Deal" in said.err
    assert "trial values" in said.err
    assert files_in(Path()) == [
        f"runs/deal/{name}" for name in ("manifest.json", "paths.npz", "report.html", "summary.json")
    ]


def test_output_that_is_no_terminal_has_no_control_characters(firstday, deal):
    for arguments in (["run", deal, "--paths", 200], ["run", deal, "--json"], ["--help"], ["run", "--help"]):
        said = firstday(*arguments)
        unwanted = {c for c in said.out + said.err if unicodedata.category(c) == "Cc"} - {"\n"}
        assert unwanted == set()


def test_json_is_the_summary_and_nothing_else(firstday, deal):
    said = firstday("run", deal, "--paths", 500, "--json", "--out", "one")
    assert said.code == 0
    assert said.err == ""
    document = json.loads(said.out)
    assert document == json.loads(Path("one/summary.json").read_text(encoding="utf-8"))
    assert (document["paths"], document["seed"]) == (500, 7)


def test_options_outrank_the_scenario(firstday, deal):
    said = firstday("run", deal, "--paths", 300, "--seed", 0, "--threads", 1, "--json", "--out", "one")
    document = json.loads(said.out)
    assert (document["paths"], document["seed"]) == (300, 0)
    other = json.loads(firstday("run", deal, "--paths", 300, "--seed", 1, "--json", "--out", "two").out)
    assert document["returns"]["close"]["mean"] != other["returns"]["close"]["mean"]
    # The number of threads and the folder change nothing.
    again = firstday("run", deal, "--paths", 300, "--seed", 0, "--threads", 2, "--json", "--out", "three")
    assert again.out == said.out


def test_set_changes_fields(firstday, deal):
    common = ["run", deal, "--paths", 300, "--json", "--out", "one"]
    bare = json.loads(firstday(*common, "--set", "over_allotment.fraction=0").out)
    assert bare["greenshoe"]["over_allotted_shares"] == 0
    assert bare["probabilities"]["stabilised"]["value"] == 0.0
    both = ["--set", "offer.price=10.5", "--set", "name=Another Deal"]
    document = json.loads(firstday(*common, *both).out)
    assert (document["offer_price"], document["scenario"]) == (10.5, "Another Deal")
    launch = json.loads(firstday(*common, "--set", "offer.price=null", "--set", "observed=null").out)
    assert launch["stage"] == "t0"


def test_keep_paths_decides_whether_paths_are_written(firstday, deal):
    assert firstday("run", deal, "--paths", 500, "--keep-paths", 499, "--out", "few").code == 0
    assert "few/paths.npz" not in files_in(Path())
    assert firstday("run", deal, "--paths", 500, "--keep-paths", 500, "--out", "all").code == 0
    with np.load("all/paths.npz", allow_pickle=False) as paths:
        assert paths["close"].shape == (500,)


def test_a_target_that_is_reached_is_done(firstday, deal):
    said = firstday("run", deal, "--target-se", 1.0, "--paths", 500_000, "--json", "--out", "one")
    assert said.code == 0
    document = json.loads(said.out)
    assert document["paths"] < 500_000
    assert document["returns"]["close"]["mean_se"] <= 1.0


def test_a_target_that_is_not_reached_exits_with_3_and_is_written(firstday, deal):
    said = firstday("run", deal, "--target-se", 1e-9, "--paths", 500, "--out", "one")
    assert (said.code, said.out) == (3, "")
    assert "was asked for" in " ".join(said.err.split())
    assert json.loads(Path("one/summary.json").read_text(encoding="utf-8"))["paths"] == 500
    assert firstday("verify", "one").code == 0


def test_json_leaves_a_missed_target_to_standard_error(firstday, deal):
    said = firstday("run", deal, "--target-se", 1e-9, "--paths", 500, "--json")
    assert (said.code, said.err) == (3, "--target-se: 1e-09 was not reached after 500 paths\n")
    assert json.loads(said.out)["paths"] == 500


def test_an_earlier_run_is_replaced(firstday, deal):
    for seed in (1, 2):
        assert firstday("run", deal, "--paths", 100, "--seed", seed, "--out", "one").code == 0
    assert json.loads(Path("one/manifest.json").read_text(encoding="utf-8"))["seed"] == 2
    assert [path.name for path in Path().iterdir()] == ["one"]


def test_a_deal_withdrawn_on_every_path_is_told(firstday, deal, tmp_path):
    market = json.loads((tmp_path / "market.yaml").read_text(encoding="utf-8"))
    market["coverage"]["placing"]["centre"]["intercept"] = -60.0
    (tmp_path / "market.yaml").write_text(json.dumps(market), encoding="utf-8")
    launch = ["--set", "offer.price=null", "--set", "observed=null", "--paths", 200]
    said = firstday("run", deal, *launch)
    assert said.code == 0
    assert "withdrawn" in said.err
    assert firstday("run", deal, *launch, "--json").code == 0


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["table", "json"])
def test_interrupted_before_any_path_exits_with_130(firstday, deal, monkeypatch, as_json):
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.simulation.parts", pressed)
    said = firstday("run", deal, "--out", "one", *as_json)
    assert said.code == 130
    summary = json.loads(Path("one/summary.json").read_text(encoding="utf-8"))
    assert (summary["paths"], summary["partial"]) == (0, True)
    assert "interrupted" in said.err
    if as_json:
        assert json.loads(said.out) == summary
        assert said.err == "interrupted\n"


def test_interrupted_while_writing_leaves_nothing(firstday, deal, monkeypatch):
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.report.plots.draw_run", pressed)
    assert firstday("run", deal, "--paths", 100, "--out", "one").code == 130
    assert files_in(Path()) == []
