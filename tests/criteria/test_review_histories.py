"""Progression-free survival by central and by local reading, from lesions to the day: two readers, death, crossover.

Visits every 56 days with windows of 7; day 1 is randomization. Words of a reading: ``sd56`` a target lesion of 50 mm,
``pd56`` of 70 mm, ``ne56`` not measured. A censors after two missed visits and at new therapy, P counts what happens.
Worked out by hand from docs/methods/censoring.md.
"""

import re
from typing import Any

import polars as pl
import pytest

from equipoise.criteria import (
    NEVER,
    RULES,
    Charter,
    CriteriaError,
    Schedule,
    TumorResponses,
    censor,
    central_results,
    progression_histories,
    recist_responses,
)
from equipoise.terms import RuleSet

SCHEDULE = Schedule.from_study_days([56 * n for n in range(1, 8)], window=7)
SIZES = {"base": 50.0, "sd": 50.0, "pd": 70.0, "ne": None}

HISTORIES = """
F01 | sd56 pd112 | | E112 | E112
F02 | sd56 sd112 sd168 | | C168 | C168
F03 | sd56 sd112 | DEATH130 | E130 | E130
F04 | sd56 pd224 | | C56 | E224
F05 | sd56 pd168 | | E168 | E168
F06 | sd56 | DEATH230 | C56 | E230
F07 | sd56 sd112 pd168 | NEWTHERAPY120 | C112 | E168
F08 | | | C1 | C1
F09 | | DEATH60 | E60 | E60
F10 | sd56 ne112 sd168 | | C168 | C168
F11 | sd56 ne112 | | C56 | C56
F12 central | sd56 sd112 | | C112 | C112
F12 local | sd56 pd112 | | E112 | E112
F13 central | sd56 pd112 | | E112 | E112
F13 local | pd56 | | E56 | E56
F14 | sd56 pd112 pd230 | NEWTHERAPY118 | E112 | E112
""".strip().splitlines()


def rows_of(text: str, **keys: Any) -> list[dict[str, Any]]:
    """Lesions of one reading; the baseline on day 1."""
    days = [re.fullmatch(r"([a-z]+)(\d+)", word) for word in ["base1", *text.split()]]
    found = [(int(m[2]), SIZES[m[1]]) for m in days if m]
    return [{**keys, "DAY": day, "LESION": "T1", "KIND": "TARGET", "DIAMETER": mm} for day, mm in found]


def responses(rows: list[dict[str, Any]]) -> TumorResponses:
    return recist_responses(pl.DataFrame(rows, schema_overrides={"DIAMETER": pl.Float64}))


def answers(patients: pl.DataFrame, found: TumorResponses, rule_set: RuleSet) -> list[str]:
    outcomes = censor(progression_histories(patients, found), RULES[rule_set], SCHEDULE)
    return [f"{'E' if event else 'C'}{day}" for event, day in zip(outcomes.event, outcomes.day, strict=True)]


@pytest.mark.parametrize("line", HISTORIES, ids=lambda line: line.split(" |")[0])
def test_history(line: str) -> None:
    _, reading, facts, a, p = (part.strip() for part in line.split("|"))
    days = {m[1]: int(m[2]) for m in re.finditer(r"([A-Z]+)(\d+)", facts)}
    patients = pl.DataFrame({"USUBJID": ["01"], **{name: [day] for name, day in days.items()}})
    found = responses(rows_of(reading, USUBJID="01"))
    assert [answers(patients, found, rule) for rule in (RuleSet.A, RuleSet.P)] == [[a], [p]]


def test_all_histories_in_one_frame_equal_the_histories_alone() -> None:
    parts = [[part.strip() for part in line.split("|")] for line in HISTORIES]
    found = responses([row for name, reading, *_ in parts for row in rows_of(reading, USUBJID=name)])
    facts = [{m[1]: int(m[2]) for m in re.finditer(r"([A-Z]+)(\d+)", part[2])} for part in parts]
    schema = {"USUBJID": pl.String, "DEATH": pl.Int64, "NEWTHERAPY": pl.Int64}
    rows = [{"USUBJID": part[0], **fact} for part, fact in zip(parts, facts, strict=True)]
    patients = pl.DataFrame(rows[::-1], schema=schema)
    assert answers(patients, found, RuleSet.A) == [part[3] for part in parts][::-1]
    assert answers(patients, found, RuleSet.P) == [part[4] for part in parts][::-1]


READINGS = {"R1": "sd56 pd112", "R2": "sd56 sd112 pd168", "SITE": "pd56"}


@pytest.mark.parametrize(("endorsed", "day", "death", "event"), [
    ("R1", "E112", None, "E112"),
    ("R2", "E168", None, "E168"),
    ("R1", "E112", 130, "E112"),  # a death while reads are open: the scan's progression, if endorsed
    ("R2", "E168", 130, "E130"),
])  # fmt: skip
def test_central_survival_is_that_of_the_reader_endorsed(
    endorsed: str, day: str, death: int | None, event: str
) -> None:
    found = responses([row for name, text in READINGS.items() for row in rows_of(text, USUBJID="01", READER=name)])
    central = found.best.filter(pl.col("READER") != "SITE")
    choice = pl.DataFrame({"USUBJID": ["01"], "ENDORSED": [endorsed]})

    result = central_results(central, choice).patients

    assert result.select("STATUS", "TRIGGERS", "PDDAY").row(0) == ("adjudicated", "progression_date", int(day[1:]))
    who = pl.Series(["R1", "R2"]).gather(result["READER"] - 1)
    patients = result.select("USUBJID", who.alias("READER"), pl.lit(death, dtype=pl.Int64).alias("DEATH"))
    assert answers(patients, found, RuleSet.P) == [event]
    assert answers(patients.with_columns(READER=pl.lit("SITE")), found, RuleSet.P) == ["E56"]


def test_a_patient_whose_review_is_pending_is_without_assessment() -> None:
    found = responses([row for name, text in READINGS.items() for row in rows_of(text, USUBJID="01", READER=name)])
    patients = pl.DataFrame({"USUBJID": ["01"], "READER": [None]}, schema={"USUBJID": pl.String, "READER": pl.String})
    histories = progression_histories(patients, found)
    assert (len(histories.reading), histories.has_baseline.tolist(), histories.death.tolist()) == (0, [False], [NEVER])


def test_not_evaluable_is_adequate_where_the_charter_says_so() -> None:
    rows = pl.DataFrame(rows_of("sd56 ne112", USUBJID="01"), schema_overrides={"DIAMETER": pl.Float64})
    found = recist_responses(rows, Charter(adequate="any"))
    assert answers(pl.DataFrame({"USUBJID": ["01"]}), found, RuleSet.A) == ["C112"]


def test_patients_that_cannot_be_meant_are_refused() -> None:
    found = responses(rows_of("sd56", USUBJID="01", READER="R1"))
    with pytest.raises(CriteriaError, match="column READER is missing from the patients"):
        progression_histories(pl.DataFrame({"USUBJID": ["01"]}), found)
    twice = pl.DataFrame({"USUBJID": ["01", "01"], "READER": ["R1", "R2"]})
    with pytest.raises(CriteriaError, match="a patient is there twice"):
        progression_histories(twice, found)
