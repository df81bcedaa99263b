"""equipoise rehearse: from a protocol and a model to a report, marked as synthetic throughout; wholly or not at all."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from tests import warm

from equipoise.cdisc import CdiscError, read_folder
from equipoise.cli.failure import ArgumentError
from equipoise.cli.rehearse import Rehearsal, prepare, rehearse, run
from equipoise.protocol import load_protocol
from equipoise.rehearsal.errors import RehearsalError

TRIAL = Path(__file__).parents[2] / "trials" / "a021202"


def equipoise(*arguments: object) -> warm.Done:
    return warm.command_line(arguments)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rehearsed") / "out"
    done = equipoise("rehearse", TRIAL, "-o", folder, "--seed", 7, "--patients", 24, "--no-fault", "--format", "xpt")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip().splitlines()[-1]) == folder / "report" / "index.html"
    return folder


def test_everything_from_record_to_report_is_there(whole: Path) -> None:
    protocol = load_protocol(whole / "protocol.yaml")
    assert protocol.trial.synthetic
    dm = read_folder(whole / "sdtm").datasets["DM"]
    assert dm["STUDYID"].unique().to_list() == ["SYN-A021202"]
    assert all(site.startswith("SYN") for site in dm["SITEID"].to_list())
    adsl = read_folder(whole / "adam").datasets["ADSL"]
    assert adsl.filter(pl.col("RANDFL") == "Y").height == 24
    mark = json.loads((whole / "equipoise.json").read_text(encoding="utf-8"))
    assert (mark["verb"], mark["seed"], mark["fault"]) == ("rehearse", "7/0", False)


def test_counts_are_the_same_in_record_analysis_and_report(whole: Path) -> None:
    adsl = read_folder(whole / "adam").datasets["ADSL"]
    ds = read_folder(whole / "sdtm").datasets["DS"]
    allocated = ds.filter(pl.col("DSDECOD") == "RANDOMIZED").height
    statistics = pl.read_parquet(whole / "results" / "statistics.parquet")
    randomized = statistics.filter(
        pl.col("variable") == "randomized", pl.col("statistic") == "n", pl.col("group_level").is_null()
    )
    assert adsl.filter(pl.col("RANDFL") == "Y").height == allocated == 24
    assert not randomized.height or set(randomized["value"]) == {24.0}


def test_files_labels_tables_and_figures_say_synthetic(whole: Path) -> None:
    data = [path for folder in ("sdtm", "adam") for path in (whole / folder).glob("*.xpt")]
    assert data
    assert all(path.stem.endswith("-SYNTHETIC") for path in data)
    assert all(b"SYNTHETIC" in path.read_bytes()[:2000] for path in data), "labels of data sets"
    tables, figures = list((whole / "report/tables").iterdir()), list((whole / "report/figures").iterdir())
    assert all(path.stem.endswith("-SYNTHETIC") for path in (*tables, *figures))
    assert all("SYNTHETIC DATA - SYN-A021202" in path.read_text(encoding="ascii") for path in tables)
    drawn = [path.read_text(encoding="utf-8") for path in figures if path.suffix == ".svg"]
    assert drawn
    assert all("Synthetic" in text for text in drawn)
    page = (whole / "report/index.html").read_text(encoding="utf-8")
    assert 'class="band"' in page
    links = set(re.findall(r'href="((?:tables|figures)/[^"]+)"', page))
    assert links
    assert all((whole / "report" / link).is_file() for link in links)


def test_no_registry_number_is_in_the_output(whole: Path) -> None:
    numbers = load_protocol(TRIAL / "protocol.yaml").registry.identifiers.values()
    assert numbers
    texts = [path for path in whole.rglob("*") if path.suffix in (".html", ".json", ".yaml", ".csv", ".rtf", ".svg")]
    for path in (*texts, *(whole / "sdtm").iterdir(), whole / "record/data/trial.sqlite3"):
        found = path.read_bytes()
        assert not any(str(number).encode() in found for number in numbers if str(number).startswith("NCT")), path


def test_the_record_verifies(whole: Path) -> None:
    pytest.importorskip("django")
    done = equipoise("verify", "--data", whole / "record/data", "--key", whole / "record/trial.key")
    assert done.returncode == 0, done.stdout


def test_the_same_seed_gives_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    again = tmp_path / "out"
    done = equipoise("rehearse", TRIAL, "-o", again, "--seed", 7, "--patients", 24, "--no-fault", "--format", "xpt")
    assert done.returncode == 0, done.stderr
    for path in sorted(whole.rglob("*")):
        if path.is_file() and "record" not in path.relative_to(whole).parts:
            assert path.read_bytes() == (again / path.relative_to(whole)).read_bytes(), path


def test_a_rehearsal_takes_the_place_of_an_earlier_one(whole: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    shutil.copytree(whole, copy)
    (copy / "left over").write_text("of the earlier run", encoding="utf-8")
    done = equipoise("rehearse", TRIAL, "-o", copy, "--seed", 8, "--patients", 12)
    assert done.returncode == 0, done.stderr
    assert not (copy / "left over").exists()
    assert json.loads((copy / "equipoise.json").read_text(encoding="utf-8"))["seed"] == "8/0"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def _without_server(rehearsal: Rehearsal, _run: object, folder: Path) -> None:
    (folder / "protocol.yaml").write_text(rehearsal.text, encoding="utf-8")


@pytest.mark.parametrize("where", ["write_dataset", "write_report"])
def test_a_full_disk_leaves_nothing_and_the_earlier_output_as_it_was(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "dm.parquet")

    target = tmp_path / "out"
    target.mkdir()
    (target / "equipoise.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(
        f"equipoise.cli.rehearse.{where}" if where == "write_dataset" else f"equipoise.report.{where}", full
    )
    monkeypatch.setattr("equipoise.cli.rehearse.write_whole_record", _without_server)
    rehearsal = prepare(TRIAL / "protocol.yaml", seed=3, patients=8)
    with pytest.raises(OSError, match="No space left"):
        run(rehearsal, target, inputs=(), formats=["parquet"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert sorted(path.name for path in target.iterdir()) == ["equipoise.json"]


def test_without_a_model_or_a_target_it_says_what_is_missing(tmp_path: Path) -> None:
    alone = tmp_path / "protocol.yaml"
    shutil.copyfile(TRIAL / "protocol.yaml", alone)
    with pytest.raises(ArgumentError, match=r"twin\.yaml is missing"):
        prepare(alone)
    with pytest.raises(ArgumentError, match="where to"):
        rehearse(alone, None, model=None, seed=None, patients=None, faulty=True, http=None, formats=["parquet"])
    done = equipoise("rehearse", alone, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert "twin.yaml is missing" in done.stderr


def test_a_wrong_model_is_refused_with_every_problem(tmp_path: Path) -> None:
    for name in ("protocol.yaml", "twin.yaml"):
        shutil.copyfile(TRIAL / name, tmp_path / name)
    model = tmp_path / "twin.yaml"
    text = model.read_text(encoding="utf-8").replace("declined: 0.04", "declined: 1.4", 1)
    model.write_text(text.replace("    SYN02: {weight: 2}", "    SYN02: {weight: -2}", 1), encoding="utf-8")
    with pytest.raises(RehearsalError) as error:
        prepare(tmp_path / "protocol.yaml")
    assert len(error.value.problems) == 2
    done = equipoise("rehearse", tmp_path, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.count("twin.yaml:") == 2
    assert not (tmp_path / "out").exists()


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = equipoise("rehearse", TRIAL, "--http", "http://127.0.0.1:9", "--seed", 3, "--patients", 6)
    assert done.returncode == 2
    assert "127.0.0.1:9: the server does not answer" in done.stderr


def test_synthetic_files_are_read_by_the_names_of_their_data_sets(tmp_path: Path, whole: Path) -> None:
    shutil.copyfile(whole / "sdtm/dm-SYNTHETIC.xpt", tmp_path / "dm-SYNTHETIC.xpt")
    assert list(read_folder(tmp_path).datasets) == ["DM"]
    shutil.copyfile(whole / "sdtm/dm-SYNTHETIC.xpt", tmp_path / "dm.xpt")
    with pytest.raises(CdiscError, match="both hold DM"):
        read_folder(tmp_path)
