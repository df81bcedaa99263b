"""Interim looks from the command line."""

import json
from pathlib import Path

import polars as pl
import pytest

DESIGN = """\
    sided: 1
    alpha: 0.10
    power: 0.8
    median_control_months: 6
    median_experimental_months: 24
    planned_events: 14
    interims: [{at_events: 7}]
    design: {boundary: lan_demets_obrien_fleming, patients: 16, accrual: {months: 3}}
    subgroups: true
"""
CUT = "2020-10-15"


@pytest.fixture
def trial(make_trial):
    """The made-up trial with a design of its primary analysis."""
    return make_trial(replace=("    subgroups: true\n", DESIGN))


@pytest.fixture
def look(trial):
    """Run a look; give exit code, standard error and the folder of the looks."""

    def make(*more: str, data: Path | None = None, folder: str = "looks", number: int = 1, cut: str = CUT):
        place = trial.folder / folder
        where = ("--cut", cut, "--look", str(number), "-o", str(place))
        done = trial.run("dmc", str(trial.folder), str(data or trial.sdtm), *where, *more)
        return done.returncode, done.stderr, place

    return make


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def permuted(source: Path, target: Path) -> Path:
    """The same data with every arm and treatment exchanged for the other."""
    target.mkdir()
    pairs = [("ACT", "PBO"), ("Active", "Placebo"), ("ACTIVE", "PLACEBO")]
    swap = {old: new for first, second in pairs for old, new in ((first, second), (second, first))}
    for file in source.iterdir():
        frame = pl.read_csv(file, infer_schema_length=None)
        named = [c for c in ("ARM", "ARMCD", "ACTARM", "ACTARMCD", "EXTRT") if c in frame.columns]
        frame = frame.with_columns(pl.col(c).replace(swap) for c in named)
        if "EXDOSE" in frame.columns:
            frame = frame.with_columns(EXDOSE=800.0 - pl.col("EXDOSE"))
        frame.write_csv(target / file.name)
    return target


def test_the_open_report_does_not_depend_on_the_arms(look, trial, tmp_path):
    code, said, first = look()
    assert code == 0, said
    code, said, second = look(data=permuted(trial.sdtm, tmp_path / "permuted"), folder="permuted_looks")
    assert code == 0, said
    ours = files_of(first / "primary-look-1" / "open")
    assert ours == files_of(second / "primary-look-1" / "open")
    page = ours["report/index.html"].decode()
    assert not [word for word in ("Placebo", "placebo", "PLACEBO", ">Active", "hazard ratio of") if word in page]


def test_bounds_are_those_of_the_events_that_are_there(look):
    code, said, folder = look("--seen-by", "Chair of the board")
    assert code == 0, said
    entry = json.loads((folder / "looks.json").read_text())["looks"][0]
    key = json.loads((folder / "keys" / "primary-look-1.json").read_text())
    assert entry["seen_by"] == ["Chair of the board"]
    assert entry["recommendation"] == "pending"
    assert entry["events"] == key["look"]["events"][0]
    assert sorted(key["arms"]) == ["A", "B"]
    assert sorted(key["arms"].values()) == ["active", "placebo"]
    assert key["look"]["alpha_spent"] == entry["alpha_spent"] > 0
    closed = files_of(folder / "primary-look-1" / "closed")
    told = [name for name, content in closed.items() if b"placebo" in content.lower()]
    assert not told


def test_a_recommendation_is_added_once(look):
    assert look()[0] == 0
    assert look("--recommendation", "continue", "--seen-by", "The board")[0] == 0
    code, said, folder = look("--recommendation", "stop")
    assert code == 2
    assert "has its recommendation already: continue" in said
    entry = json.loads((folder / "looks.json").read_text())["looks"][0]
    assert (entry["recommendation"], entry["seen_by"]) == ("continue", ["The board"])


def test_looks_out_of_order_are_explained(look):
    assert look()[0] == 0
    assert "took place already, at the cut 2020-10-15" in look()[1]
    assert "is not after 2020-10-15" in look(number=2, cut="2020-10-15")[1]
    code, said, folder = look(number=2, cut="2022-12-31")
    assert code == 0, said
    final = json.loads((folder / "looks.json").read_text())["looks"][1]
    assert final["final"]
    assert final["alpha_spent"] == pytest.approx(0.10, abs=1e-12)
    assert (
        "there is no look 3" in look(number=3, cut="2023-12-31")[1] or "after the final analysis" in look(number=3)[1]
    )


@pytest.mark.parametrize(
    ("cut", "number", "said"),
    [
        ("2019-01-01", 1, "comes before the first patient: the first was randomized on 2020-01-06"),
        ("soon", 1, "is not a date; write it as 2020-01-31"),
        (CUT, 3, "there is no look 3: the design has 2 looks"),
    ],
)
def test_bad_input_is_explained(look, cut, number, said):
    code, text, folder = look(cut=cut, number=number)
    assert code == 2
    assert said in text
    assert not (folder / "looks.json").exists()
