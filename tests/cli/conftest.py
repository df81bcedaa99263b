"""A made-up trial of sixteen subjects as protocol file and SDTM frames, and a way to run the command line on it."""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from equipoise.cli import main

PROTOCOL = """\
equipoise: 1
trial: {id: MADEUP, title: A made-up trial, masking: double_blind, synthetic: true}
arms:
  active: {label: Active, role: experimental, sdtm: [ACT], treatments: [ACTIVE]}
  placebo: {label: Placebo, role: control, sdtm: [PBO], treatments: [PLACEBO]}
baseline:
  age: {type: integer, unit: years, sdtm: {domain: DM, variable: AGE}}
  sex: {levels: [F, M], sdtm: {domain: DM, variable: SEX}, univariate: true}
  country: {levels: [USA, CAN, FRA], sdtm: {domain: DM, variable: COUNTRY}}
eligibility:
  adult: {text: At least 18 years old, include: age >= 18}
randomization:
  ratio: {active: 1, placebo: 1}
  method: {permuted_blocks: {sizes: [4]}}
  strata: {country: country}
visits: {tumor_assessment: {every_weeks: 12, window_days: 7}}
endpoints:
  os: {label: Overall survival, paramcd: OS, events: [death], landmarks_months: [6]}
  pfs_local:
    label: Progression-free survival
    paramcd: PFS
    events: [local_progression, death]
    sensitivity: [A]
    landmarks_months: [6]
populations:
  itt: {label: All randomized subjects, members: randomized}
  safety: {label: Safety set, members: randomized and treated, arm: received}
subgroups:
  sex: {field: sex, minimum_events: 2}
analyses:
  primary:
    endpoint: pfs_local
    population: itt
    role: primary
    test: {logrank: {strata: randomization}}
    effect: {cox: {strata: randomization}}
    subgroups: true
  survival: {endpoint: os, population: itt, test: {logrank: {}}, effect: {cox: {}}}
safety: {grade_variable: AETOXGR}
data_cuts: {final: {cutoff: 2022-12-31, default: true}}
"""

START = date(2020, 1, 6)


def day(number: int) -> str:
    """ISO date of a study day; day 1 is the randomization of every subject."""
    return (START + timedelta(days=number - 1)).isoformat()


def frames() -> dict[str, pl.DataFrame]:
    """SDTM of sixteen subjects: arms by turns, progressions and deaths on fixed days."""
    subjects = [f"MADEUP-{k:02d}" for k in range(1, 17)]
    arms = ["ACT", "PBO"] * 8
    deaths = {2: 200, 4: 300, 6: 390, 9: 500, 12: 250}
    progressions = {1: 337, 2: 85, 3: 421, 4: 169, 6: 253, 7: 253, 8: 169, 10: 85, 14: 253}
    dm = pl.DataFrame(
        {
            "STUDYID": "MADEUP",
            "DOMAIN": "DM",
            "USUBJID": subjects,
            "SUBJID": [s[-2:] for s in subjects],
            "SITEID": ["10", "20"] * 8,
            "BRTHDTC": [f"19{40 + k}-05-01" for k in range(16)],
            "AGE": [float(2020 - 1940 - k - 1) for k in range(16)],
            "AGEU": "YEARS",
            "SEX": ["F", "F", "M", "M"] * 4,
            "COUNTRY": (["USA"] * 4 + ["CAN"] * 4) * 2,
            "RFSTDTC": day(1),
            "RFICDTC": day(-6),
            "ARMCD": arms,
            "ARM": ["Active" if a == "ACT" else "Placebo" for a in arms],
            "ACTARMCD": arms,
            "ACTARM": ["Active" if a == "ACT" else "Placebo" for a in arms],
            "DTHDTC": [day(deaths[k]) if k in deaths else None for k in range(1, 17)],
            "DTHFL": ["Y" if k in deaths else None for k in range(1, 17)],
        }
    )
    readings = []
    for k, subject in enumerate(subjects, start=1):
        last = progressions.get(k, 421)
        for number, at in enumerate(range(85, last + 1, 84), start=1):
            response = "PD" if at == progressions.get(k) else "SD"
            readings.append((subject, float(number), response, day(at), float(number)))
    rs = pl.DataFrame(
        readings, schema=["USUBJID", "RSSEQ", "RSSTRESC", "RSDTC", "VISITNUM"], orient="row"
    ).with_columns(
        STUDYID=pl.lit("MADEUP"),
        DOMAIN=pl.lit("RS"),
        RSTESTCD=pl.lit("OVRLRESP"),
        RSTEST=pl.lit("Overall Response"),
        RSORRES=pl.col("RSSTRESC"),
        RSEVAL=pl.lit("INVESTIGATOR"),
        VISIT=pl.format("SCAN {}", pl.col("VISITNUM").cast(pl.Int64)),
    )
    ex = pl.DataFrame(
        {
            "STUDYID": "MADEUP",
            "DOMAIN": "EX",
            "USUBJID": subjects,
            "EXSEQ": 1.0,
            "EXTRT": ["ACTIVE" if a == "ACT" else "PLACEBO" for a in arms],
            "EXDOSE": [800.0 if a == "ACT" else 0.0 for a in arms],
            "EXDOSU": "mg",
            "EXSTDTC": day(1),
            "EXENDTC": [day(min(progressions.get(k, 400), deaths.get(k, 400))) for k in range(1, 17)],
        }
    )
    ds = pl.DataFrame(
        {
            "STUDYID": "MADEUP",
            "DOMAIN": "DS",
            "USUBJID": subjects,
            "DSSEQ": 1.0,
            "DSTERM": "RANDOMIZED",
            "DSDECOD": "RANDOMIZED",
            "DSCAT": "PROTOCOL MILESTONE",
            "DSSTDTC": day(1),
        }
    )
    ae = pl.DataFrame(
        {
            "STUDYID": "MADEUP",
            "DOMAIN": "AE",
            "USUBJID": ["MADEUP-01", "MADEUP-01", "MADEUP-03", "MADEUP-04"],
            "AESEQ": [1.0, 2.0, 1.0, 1.0],
            "AETERM": ["Fatigue", "Hypertension", "Hypertension", "Nausea"],
            "AEDECOD": ["Fatigue", "Hypertension", "Hypertension", "Nausea"],
            "AEBODSYS": ["General disorders", "Vascular disorders", "Vascular disorders", "Gastrointestinal disorders"],
            "AETOXGR": ["1", "3", "3", "2"],
            "AESER": ["N", "N", "Y", "N"],
            "AEREL": ["Y", "Y", "N", "N"],
            "AEOUT": "RECOVERED/RESOLVED",
            "AESTDTC": [day(10), day(30), day(45), day(20)],
            "AEENDTC": [day(12), day(60), day(50), day(21)],
        }
    )
    return {"dm": dm, "rs": rs, "ex": ex, "ds": ds, "ae": ae}


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class MadeUpTrial:
    """A trial folder, an SDTM folder, and the command line run on them."""

    folder: Path

    @property
    def protocol(self) -> Path:
        return self.folder / "protocol.yaml"

    @property
    def sdtm(self) -> Path:
        return self.folder / "sdtm"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def write(self, name: str, frame: pl.DataFrame) -> None:
        """Write one SDTM data set as CSV in place of the one that is there."""
        frame.write_csv(self.sdtm / f"{name}.csv")

    def change(self, name: str, **columns: pl.Expr) -> None:
        """Change columns of one SDTM data set."""
        self.write(name, frames()[name].with_columns(**columns))

    def run(self, *arguments: str) -> Done:
        """Run the command line."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", ["equipoise", *arguments])
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def report(self, *more: str) -> Done:
        """Run the main job."""
        return self.run("report", str(self.folder), str(self.sdtm), "-o", str(self.out), *more)

    def table(self, name: str) -> pl.DataFrame:
        """A table of the results folder."""
        return pl.read_parquet(self.out / "results" / f"{name}.parquet")


@pytest.fixture
def make_trial(tmp_path: Path) -> Callable[..., MadeUpTrial]:
    """Build the made-up trial with a changed protocol text."""

    def make(*, replace: tuple[str, str] = ("", ""), protocol: str | None = None) -> MadeUpTrial:
        trial = MadeUpTrial(tmp_path / "trial")
        trial.sdtm.mkdir(parents=True)
        text = PROTOCOL if protocol is None else protocol
        if replace[0]:
            assert replace[0] in text
            text = text.replace(*replace)
        trial.protocol.write_text(text, encoding="utf-8")
        for name, frame in frames().items():
            trial.write(name, frame)
        return trial

    return make


@pytest.fixture
def trial(make_trial: Callable[..., MadeUpTrial]) -> MadeUpTrial:
    """The made-up trial as it is."""
    return make_trial()


@pytest.fixture
def day_of() -> Callable[[int], str]:
    """ISO date of a study day."""
    return day
