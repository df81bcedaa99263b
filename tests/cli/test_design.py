"""equipoise design from the command line."""

import json

import pytest

DESIGN = """\
    sided: 1
    alpha: 0.10
    power: 0.85
    median_control_months: 9
    median_experimental_months: 14
    interims: [{at_fraction: 0.5}]
    design: {patients: 171, accrual: {months: 25}, trials: 50, seed: 3}
    subgroups: true
"""


@pytest.fixture
def trial(make_trial):
    return make_trial(replace=("    subgroups: true\n", DESIGN))


def test_the_paragraph_and_the_files(trial):
    done = trial.run("design", str(trial.folder), "-o", str(trial.out))
    assert done.returncode == 0, done.stderr
    for words in ("110.09 events (Schoenfeld)", "2.0535578 and 1.3164605", "Lachin-Foulkes", "50 simulated trials"):
        assert words in done.stdout
    design = json.loads((trial.out / "design.json").read_text())
    page = (trial.out / "index.html").read_text()
    assert design["analyses"]["primary"]["sequential"]["upper"] == pytest.approx([2.0535578, 1.3164605], abs=1e-6)
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert "1.31646" in page
    assert not [name for name in ("lachin_foulkes", "hsieh_freedman", "freedman ") if name in page]
    first = page
    assert trial.run("design", str(trial.folder), "-o", str(trial.out)).returncode == 0
    assert (trial.out / "index.html").read_text() == first


def test_without_a_folder_nothing_is_written(trial):
    before = sorted(trial.folder.rglob("*"))
    done = trial.run("design", str(trial.folder), "--trials", "10")
    assert "10 simulated trials" in done.stdout
    assert sorted(trial.folder.rglob("*")) == before


def test_a_protocol_without_a_design_is_told_what_it_lacks(make_trial):
    trial = make_trial()
    done = trial.run("design", str(trial.folder))
    assert done.returncode == 2
    assert "primary lacks power, median_control_months" in done.stderr


def test_a_cluster_that_is_not_there_is_told(trial):
    done = trial.run("design", str(trial.folder), "--cluster", "nonsense")
    assert done.returncode == 2
    assert "no Dask scheduler answers at nonsense" in done.stderr or "pip install 'equipoise[cluster]'" in done.stderr
