"""Two sites, ten patients and all roles over HTTP, from set-up to crossover, a data cut and a report."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.server.configured import file_place, use
from tests.server.postgres import missing_postgres, new_database, postgres
from tests.server.server_trial import ServerTrial

from equipoise.cdisc import read_folder
from equipoise.cli.report import from_sdtm
from equipoise.server.place import Place
from equipoise.server.verification.run import verify_trial


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    here = file_place(tmp_path)
    if request.param == "sqlite":
        yield here
        return
    reason = missing_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres() as url:
        yield Place(data=here.data, key_file=here.key_file, database=new_database(url, "course"))
        from django.db import connection

        connection.close()


def test_from_set_up_to_the_report(place: Place, tmp_path: Path) -> None:
    trial = ServerTrial(place, api=True).set_up("01", "02")
    subjects = [trial.randomized(site) for site in ("01", "02") for _ in range(4)]
    for subject in subjects:
        site = subject[:2]
        trial.do("assign_kit", f"pharmacist@{site}", {"date": trial.today}, subject=subject)
    crossed = None
    for _ in range(8):
        subject = trial.progressed("01")
        trial.do("unblind", "investigator@01", subject=subject)
        answer = trial.post(f"subjects/{subject}/arm", "investigator@01", {"role": "investigator", "site": "01"})
        assert answer.status_code == 200
        trial.wait(1)
        trial.do("end_blinded_treatment", "investigator@01", {"date": trial.today}, subject=subject)
        if answer.json()["arm"] == "placebo":
            trial.wait(1)
            trial.measure(subject, 2, 4100, 3600)
            trial.do("start_open_label", "investigator@01", {"date": trial.today}, subject=subject)
            crossed = subject
        subjects.append(subject)
        if crossed and len(subjects) >= 10:
            break
    assert crossed is not None
    trial.do("cut_data", "data_manager", {"name": "first", "cutoff": trial.today})
    trial.heads()
    report = verify_trial()
    assert report.intact, report.first
    assert report.complete

    files = exported(trial, tmp_path / "blinded", None)
    assert len(files.datasets["DM"]) == len(subjects)
    assert not any(word in str(frame.to_dicts()) for frame in files.datasets.values() for word in ("PAZ", "PBO"))
    whole = exported(trial, tmp_path / "unblinded", trial.proof())
    assert set(whole.datasets["DM"]["ARMCD"].drop_nulls()) == {"PAZ", "PBO"}
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text(trial.text, encoding="utf-8")
    from_sdtm(protocol, tmp_path / "unblinded", tmp_path / "report", cut=None, formats=["parquet"])
    assert list((tmp_path / "report").rglob("index.html"))

    use(Place(data=place.data, database=place.database, heads=place.head_file))
    assert verify_trial().intact


def exported(trial: ServerTrial, folder: Path, proof: dict[str, str] | None) -> Any:
    if proof is None:
        answer = trial.get("sdtm?role=data_manager&cut=first", "data_manager")
    else:
        body = {"role": "unblinded_statistician", "cut": "first", "proof": proof}
        trial.account("unblinded_statistician")
        answer = trial.post("sdtm", "unblinded_statistician", body | {"proof": trial.proof()})
    assert answer.status_code == 200, answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder)
    return read_folder(folder)
