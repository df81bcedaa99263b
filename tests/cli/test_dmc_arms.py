"""Nothing in the open report depends on an arm: two cohorts, three arms, crossover, words and codes that tell."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

THREE = (
    (
        "  active: {label: Active,",
        "  low: {label: Low dose, role: experimental, sdtm: [LOW], treatments: [LOWDOSE]}\n  active: {label: Active,",
    ),
    ("  ratio: {active: 1, placebo: 1}", "  ratio: {active: 1, low: 1, placebo: 1}"),
    ("sizes: [4]", "sizes: [6]"),
    (
        "    subgroups: true\n",
        """\
    arms: [active, placebo]
    sided: 1
    alpha: 0.10
    power: 0.8
    median_control_months: 6
    median_experimental_months: 24
    planned_events: 14
    interims: [{at_events: 3}]
    design: {boundary: lan_demets_obrien_fleming, patients: 16, accrual: {months: 3}}
""",
    ),
)
CODES = {
    "active": ("ACT", "Active", "ACTIVE"),
    "placebo": ("PBO", "Placebo", "PLACEBO"),
    "low": ("LOW", "Low dose", "LOWDOSE"),
}
CABINET = Path(__file__).parents[2] / "trials" / "cabinet" / "protocol.yaml"
CABINET_CODES = {
    "cabozantinib": ("CABOZANTINIB", "Cabozantinib", "CABOZANTINIB"),
    "placebo": ("PLACEBO", "Placebo", "PLACEBO"),
}


def put_arms(folder: Path, arms: Mapping[str, str], codes: Mapping[str, tuple[str, str, str]]) -> None:
    """Write arms into DM and EX: code, label and treatment of each patient's arm."""
    for name in ("dm", "ex"):
        frame = pl.read_csv(folder / f"{name}.csv", infer_schema_length=None)
        own = [codes[arms[subject]] for subject in frame["USUBJID"]]
        if name == "dm":
            columns = {"ARMCD": 0, "ACTARMCD": 0, "ARM": 1, "ACTARM": 1}
            frame = frame.with_columns(pl.Series(c, [code[k] for code in own]) for c, k in columns.items())
        else:
            frame = frame.with_columns(EXTRT=pl.Series([code[2] for code in own]))
        frame.write_csv(folder / f"{name}.csv")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def look(trial: Any, folder: Path, *more: str, cut: str = "2020-10-15", number: int = 1) -> tuple[int, str]:
    where = ("--cut", cut, "--look", str(number), "-o", str(folder))
    done = trial.run("dmc", str(trial.folder), str(trial.sdtm), *where, *more)
    return done.returncode, done.stderr


@pytest.fixture
def three(make_trial: Any) -> Any:
    """The made-up trial with a third arm."""
    trial = make_trial()
    text = trial.protocol.read_text(encoding="utf-8")
    for old, new in THREE:
        assert old in text
        text = text.replace(old, new)
    trial.protocol.write_text(text, encoding="utf-8")
    return trial


def arms_of_three(shift: int) -> dict[str, str]:
    order = list(CODES)
    return {f"MADEUP-{k:02d}": order[(k + shift) % 3] for k in range(1, 17)}


def test_three_arms_in_any_order_give_the_same_open_report(three: Any, tmp_path: Path) -> None:
    found = []
    for shift in range(3):
        put_arms(three.sdtm, arms_of_three(shift), CODES)
        code, said = look(three, tmp_path / f"looks{shift}")
        assert code == 0, said
        found.append(files_of(tmp_path / f"looks{shift}" / "primary-look-1" / "open"))
        entry = json.loads((tmp_path / f"looks{shift}" / "looks.json").read_text())["looks"][0]
        # events of two arms of three, and what follows from them, would tell which patients are in the third
        assert [entry[name] for name in ("events", "information", "bound", "alpha_spent")] == [None] * 4
    assert found[0] == found[1] == found[2]
    words = b"".join(found[0].values()).lower()
    assert not [word for word in (b"lowdose", b"low dose", b"placebo", b'"active', b">active") if word in words]


def test_the_next_look_of_three_arms_goes_on_from_the_sealed_count(three: Any, tmp_path: Path) -> None:
    put_arms(three.sdtm, arms_of_three(0), CODES)
    folder = tmp_path / "looks"
    assert look(three, folder)[0] == 0
    first = json.loads((folder / "keys" / "primary-look-1.json").read_text())["look"]
    assert first["events"][0] >= 1
    assert (folder / "keys").stat().st_mode & 0o077 == 0
    assert (folder / "primary-look-1" / "closed").stat().st_mode & 0o077 == 0
    code, said = look(three, folder, cut="2022-12-31", number=2)
    assert code == 0, said
    second = json.loads((folder / "keys" / "primary-look-2.json").read_text())
    assert second["look"]["events"][0] == first["events"][0] < second["look"]["events"][1]
    assert second["look"]["alpha_spent"] == pytest.approx(0.10)
    assert second["arms"] == json.loads((folder / "keys" / "primary-look-1.json").read_text())["arms"]


def _telling(folder: Path, arms: Mapping[str, str], codes: Mapping[str, tuple[str, str, str]]) -> None:
    """Put into the data what tells arms apart besides the arm: changes of dose, words, a code with a slip."""
    ex = pl.read_csv(folder / "ex.csv", infer_schema_length=None)
    first = next(iter(codes))
    treated = ex.filter(pl.col("USUBJID").replace_strict(dict(arms)) == first)
    reduced = treated.with_columns(EXSEQ=2.0, EXDOSE=400.0, EXSTDTC=pl.col("EXENDTC"))
    pl.concat([ex, reduced.select(ex.columns)]).write_csv(folder / "ex.csv")
    ae = pl.read_csv(folder / "ae.csv", infer_schema_length=None)
    told = [f"Rash after {codes[arms[subject]][2].lower()}" for subject in ae["USUBJID"]]
    ae.with_columns(
        AETERM=pl.Series(told), AEDECOD=pl.Series(told), EPOCH=pl.Series([arms[s] for s in ae["USUBJID"]])
    ).write_csv(folder / "ae.csv")
    dm = pl.read_csv(folder / "dm.csv", infer_schema_length=None)
    slip = pl.when(pl.col("USUBJID") == dm["USUBJID"][4]).then(pl.col("ARMCD") + "X").otherwise("ARMCD")
    dm.with_columns(ACTARMCD=slip).write_csv(folder / "dm.csv")


def test_what_tells_arms_besides_the_arm_is_left_out(make_trial: Any, tmp_path: Path) -> None:
    design = dict([THREE[-1]])
    trial = make_trial(replace=next(iter(design.items())))
    before = files_of(trial.sdtm)
    found = []
    for turn in range(2):
        for name, content in before.items():
            (trial.sdtm / name).write_bytes(content)
        order = ["active", "placebo"]
        arms = {f"MADEUP-{k:02d}": order[(k + turn) % 2] for k in range(1, 17)}
        codes = {arm: CODES[arm] for arm in order}
        put_arms(trial.sdtm, arms, codes)
        _telling(trial.sdtm, arms, codes)
        code, said = look(trial, tmp_path / f"looks{turn}")
        assert code == 0, said
        found.append(files_of(tmp_path / f"looks{turn}" / "primary-look-1" / "open"))
    assert found[0] == found[1]


def cabinet_data(folder: Path) -> list[str]:
    """SDTM of twenty-four patients of the two cohorts of CABINET; every third is in the pancreatic one."""
    folder.mkdir(parents=True, exist_ok=True)
    subjects = [f"C-{k:02d}" for k in range(1, 25)]
    base = {"STUDYID": "A021602", "USUBJID": subjects}
    start = ["2020-01-06"] * 24
    death = ["2020-11-15" if k % 7 == 0 else None for k in range(24)]
    pl.DataFrame(
        {**base, "DOMAIN": "DM", "SUBJID": subjects, "SITEID": "1", "AGE": 60.0, "RFICDTC": start, "RFSTDTC": start,
         "DTHDTC": death, "DTHFL": ["Y" if d else None for d in death], "ARMCD": "", "ARM": "", "ACTARMCD": "",
         "ACTARM": ""}
    ).write_csv(folder / "dm.csv")  # fmt: skip
    values = {
        "PRIMSITE": ["pancreas" if k % 3 == 0 else "other" if k % 2 else "midgut_or_unknown" for k in range(24)],
        "CONCSSA": ["Y" if k % 2 else "N" for k in range(24)],
        "PRIORSUN": ["N"] * 24,
        "ECOG": ["0"] * 24,
    }
    supp = {"STUDYID": "A021602", "RDOMAIN": "DM", "USUBJID": subjects}
    pl.concat(pl.DataFrame({**supp, "QNAM": name, "QLABEL": name, "QVAL": v}) for name, v in values.items()).write_csv(
        folder / "suppdm.csv"
    )
    rows = []
    for k, subject in enumerate(subjects):
        for number, day in enumerate(("2020-03-30", "2020-06-22", "2020-09-14", "2020-12-07"), 1):
            answer = "PD" if number >= 1 + k % 4 else "SD"
            rows.append((subject, 2.0 * number, answer, day, "INVESTIGATOR", number))
            rows.append((subject, 2.0 * number + 1, answer, day, "INDEPENDENT ASSESSOR", number))
            if answer == "PD":
                break
    columns = ["USUBJID", "RSSEQ", "RSSTRESC", "RSDTC", "RSEVAL", "VISITNUM"]
    pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        STUDYID=pl.lit("A021602"), DOMAIN=pl.lit("RS"), RSTESTCD=pl.lit("OVRLRESP"), RSTEST=pl.lit("Overall Response"),
        RSORRES=pl.col("RSSTRESC"), RSACPTFL=pl.lit("Y"), VISIT=pl.format("SCAN {}", pl.col("VISITNUM")),
    ).write_csv(folder / "rs.csv")  # fmt: skip
    ex = {**base, "DOMAIN": "EX", "EXSEQ": 1.0, "EXTRT": "", "EXDOSE": 60.0, "EXDOSU": "mg", "EXSTDTC": start}
    pl.DataFrame({**ex, "EXENDTC": "2020-06-22"}).write_csv(folder / "ex.csv")
    ds = {**base, "DOMAIN": "DS", "DSSEQ": 1.0, "DSTERM": "RANDOMIZED", "DSDECOD": "RANDOMIZED"}
    pl.DataFrame({**ds, "DSCAT": "PROTOCOL MILESTONE", "DSSTDTC": start}).write_csv(folder / "ds.csv")
    return subjects


def _crossed_over(folder: Path, arms: Mapping[str, str]) -> None:
    """Give patients of the control arm the other treatment after progression."""
    ex = pl.read_csv(folder / "ex.csv", infer_schema_length=None)
    control = [s for s, arm in arms.items() if arm == "placebo"]
    later = ex.filter(pl.col("USUBJID").is_in(control)).with_columns(
        EXSEQ=2.0, EXTRT=pl.lit("CABOZANTINIB"), EXSTDTC=pl.lit("2020-07-20"), EXENDTC=pl.lit("2020-12-01")
    )
    pl.concat([ex, later]).write_csv(folder / "ex.csv")


@pytest.mark.parametrize(("analysis", "patients"), [("primary_epnet", 16), ("primary_pnet", 8)])
def test_two_cohorts_are_monitored_apart(make_trial: Any, tmp_path: Path, analysis: str, patients: int) -> None:
    """CABINET from its own protocol: each cohort with its looks, read locally; crossover tells nothing."""
    trial = make_trial(protocol=CABINET.read_text(encoding="utf-8"))
    found = []
    for turn in range(2):
        for old in trial.sdtm.iterdir():
            old.unlink()
        subjects = cabinet_data(trial.sdtm)
        order = ["cabozantinib", "placebo"]
        arms = {s: order[(k // 2 + k + turn) % 2] for k, s in enumerate(subjects)}
        put_arms(trial.sdtm, arms, CABINET_CODES)
        _crossed_over(trial.sdtm, arms)
        folder = tmp_path / f"looks{turn}"
        code, said = look(trial, folder, "--analysis", analysis, cut="2020-12-15")
        assert code == 0, said
        found.append(files_of(folder / f"{analysis}-look-1" / "open"))
        entry = json.loads((folder / "looks.json").read_text())["looks"][0]
        assert entry["events"] <= patients
        assert 0 < entry["alpha_spent"] <= 0.001 + 1e-12
    assert found[0] == found[1]
    page = found[0]["index.html"].decode()
    assert "local" in page.lower()
    assert b"2020-07-20" not in b"".join(found[0].values())


def test_a_name_of_two_cohorts_is_asked_for(make_trial: Any, tmp_path: Path) -> None:
    trial = make_trial(protocol=CABINET.read_text(encoding="utf-8"))
    code, said = look(trial, tmp_path / "looks")
    assert code == 2
    assert "name the analysis that is monitored with --analysis" in said
    assert "primary_epnet, primary_pnet" in said


def test_a_protocol_without_a_design_cannot_be_monitored(make_trial: Any, tmp_path: Path) -> None:
    trial = make_trial()
    code, said = look(trial, tmp_path / "looks")
    assert code == 2
    assert "no analysis of the protocol has a design to monitor" in said


def test_information_must_increase(make_trial: Any, tmp_path: Path) -> None:
    trial = make_trial(replace=THREE[-1])
    folder = tmp_path / "looks"
    assert look(trial, folder)[0] == 0
    code, said = look(trial, folder, cut="2020-10-16", number=2)
    assert code == 2
    assert "information must increase; name a later cut" in said
    assert len(json.loads((folder / "looks.json").read_text())["looks"]) == 1
    assert sorted(p.name for p in folder.iterdir()) == ["equipoise.json", "keys", "looks.json", "primary-look-1"]


def test_the_closed_report_does_not_tell_which_letter_is_which(make_trial: Any, tmp_path: Path) -> None:
    """The same patients under the same letters, once with A as the experimental arm and once with B."""
    trial = make_trial(replace=THREE[-1])
    order = ["active", "placebo"]
    found = []
    for turn in range(2):
        arms = {f"MADEUP-{k:02d}": order[(k + turn) % 2] for k in range(1, 17)}
        put_arms(trial.sdtm, arms, {arm: CODES[arm] for arm in order})
        dose = pl.read_csv(trial.sdtm / "ex.csv").with_columns(EXDOSE=400.0)
        dose.write_csv(trial.sdtm / "ex.csv")
        folder = tmp_path / f"looks{turn}"
        (folder / "keys").mkdir(parents=True)
        (folder / "equipoise.json").write_text("{}", encoding="utf-8")
        letters = {"A": order[turn], "B": order[1 - turn]}
        (folder / "keys" / "before.json").write_text(json.dumps({"arms": letters}), encoding="utf-8")
        code, said = look(trial, folder)
        assert code == 0, said
        key = json.loads((folder / "keys" / "primary-look-1.json").read_text())
        assert key["experimental"] == "AB"[turn]
        found.append(files_of(folder / "primary-look-1" / "closed"))
    assert [name for name in found[0] if found[0][name] != found[1].get(name)] == []
