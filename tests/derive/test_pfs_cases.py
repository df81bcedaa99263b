"""The worked cases of progression-free survival from SDTM to ADTTE: the same answers as the rule sets give alone."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from tests.criteria.pfs_cases import CASES, VARIANTS, Case
from tests.derive.made_up import DAY_1, protocol, sdtm, subject

from equipoise.derive import derive
from equipoise.protocol import DataCut

WORDS = {"nact": "nact", "clin": "clinical"}


def subject_of(case: Case) -> dict[str, Any]:
    """SDTM records of a case."""
    facts: dict[str, Any] = {}
    for word in case.history.split():
        name = word.rstrip("0123456789")
        day = int(word[len(name) :] or 0)
        if name in ("death", "stop", "left"):
            facts[name] = day
            if name == "stop":  # only treatment that began can stop
                facts["ex"] = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": day}]
        elif name == "nobase":
            facts["baseline"] = False
        elif name != "cut":
            facts.setdefault(WORDS.get(name, name), []).append(day)
    return subject(case.number, **facts)


def cut_of(case: Case) -> dt.date | None:
    """Cut-off date of a case."""
    days = [int(word[3:]) for word in case.history.split() if word.startswith("cut")]
    return DAY_1 + dt.timedelta(days=days[0] - 1) if days else None


def groups() -> dict[str, list[Case]]:
    """Cases that share options and cut-off, so that they can be subjects of one trial."""
    found: dict[str, list[Case]] = {}
    for case in [*CASES, *VARIANTS]:
        found.setdefault(f"{sorted(case.options.items())} {cut_of(case)}", []).append(case)
    return found


def expected(case: Case) -> dict[str, str]:
    """Answers of the rule sets that date the event; rule set I has a test of its own."""
    return {letter: answer for letter, answer in case.answers().items() if letter != "I"}


def answers(table: pl.DataFrame, number: str) -> dict[str, str]:
    """Answers by rule set as the cases write them."""
    rows = table.filter(pl.col("USUBJID") == number, pl.col("ENDPT") == "pfs")
    return {row["RULESET"]: f"{'C' if row['CNSR'] else 'E'} {row['AVAL']}" for row in rows.iter_rows(named=True)}


@pytest.mark.parametrize("cases", groups().values(), ids=groups())
def test_every_case_from_sdtm(cases: list[Case]) -> None:
    options = dict(cases[0].options)
    missed = {"rule": options.pop("missed_rule", "count"), "count": options.pop("missed_count", 2)}
    changes = {f"endpoints__pfs__{name}": value for name, value in options.items()}
    trial = protocol(endpoints__pfs__missed_visits=missed, **changes)
    derived = derive(trial, sdtm(*(subject_of(c) for c in cases)), cut=("all", DataCut(cutoff=cut_of(cases[0]))))
    table = derived.adam["ADTTE"]
    assert {c.number: answers(table, c.number) for c in cases} == {c.number: expected(c) for c in cases}
    assert table.filter(pl.col("ENDPT") == "pfs").height == 5 * len(cases)


@pytest.mark.parametrize("cases", groups().values(), ids=groups())
def test_every_interval_from_sdtm(cases: list[Case]) -> None:
    trial = protocol(endpoints__pfs__sensitivity=["I"])
    derived = derive(trial, sdtm(*(subject_of(c) for c in cases)), cut=("all", DataCut(cutoff=cut_of(cases[0]))))
    rows = derived.adam["ADTTE"].filter(pl.col("PARAMCD") == "PFSI")
    found = {r["USUBJID"]: (r["AVAL"], r["CNSR"] == 0, r["AVALLO"], r["AVALHI"]) for r in rows.iter_rows(named=True)}
    for case in cases:
        low, high = case.interval
        died = rows.row(by_predicate=pl.col("USUBJID") == case.number, named=True)["EVNTDESC"] == "Death"
        if high is None:
            assert found[case.number] == (low, False, low, None)
        elif died:  # a death has its exact day
            assert found[case.number] == (high, True, high, high)
        else:
            assert found[case.number] == (low + (high - low + 1) // 2, True, low, high)


ALONE = {"4", "13", "26", "53 never treated, never scanned", "late clinical progression"}


@pytest.mark.parametrize("case", [c for c in [*CASES, *VARIANTS] if c.number in ALONE], ids=lambda c: c.number)
def test_the_schedule_reaches_far_enough_for_a_subject_alone(case: Case) -> None:
    table = derive(protocol(), sdtm(subject_of(case)), cut=("all", DataCut())).adam["ADTTE"]
    assert answers(table, case.number) == expected(case)


def test_rows_name_event_reason_and_source() -> None:
    data = sdtm(
        subject("event", ok=[85], pd=[169], death=169),
        subject("death", ok=[85], death=120),
        subject("late", ok=[85], pd=[337]),
        subject("therapy", ok=[85], nact=[100], pd=[169]),
        subject("left", ok=[85], left=100),
        subject("open", ok=[85]),
        subject("none"),
    )
    table = derive(protocol(), data, cut=("all", DataCut())).adam["ADTTE"]
    a = table.filter(pl.col("PARAMCD") == "PFSA").sort("USUBJID")
    shown = a.select("USUBJID", "CNSR", "EVNTDESC", "CNSDTDSC", "CNSREAS", "SRCDOM", "SRCVAR", "SRCSEQ").rows()
    assert shown == [
        ("death", 0, "Death", None, None, "DM", "DTHDTC", None),
        ("event", 0, "Disease progression", None, None, "RS", "RSDTC", 2),
        ("late", 4, None, "Last adequate assessment", "Event after missed assessments", "RS", "RSDTC", 1),
        ("left", 5, None, "Last adequate assessment", "Withdrew or was lost before the data cut-off", "RS", "RSDTC", 1),
        ("none", 2, None, "Randomization", "No adequate assessment after baseline", "ADSL", "RANDDT", None),
        ("open", 6, None, "Last adequate assessment", "Without event at the data cut-off", "RS", "RSDTC", 1),
        ("therapy", 3, None, "Last adequate assessment", "New anticancer therapy before the event", "RS", "RSDTC", 1),
    ]
    assert table.filter(pl.col("PARAMCD") == "PFS")["PRIMFL"].unique().to_list() == ["Y"]
    assert a["PRIMFL"].unique().to_list() == [None]


def test_only_therapy_that_counts_ends_observation() -> None:
    # palliative radiotherapy to a bone, then progression: counting it censors at the scan before
    data = sdtm(subject("48", ok=[85, 169, 253], radiotherapy=[175], pd=[337]))
    for counted, answer in (([], "E 337"), (["palliative"], "C 169"), (["systemic"], "E 337")):
        trial = protocol(endpoints__pfs__new_therapy=counted)
        table = derive(trial, data, cut=("all", DataCut())).adam["ADTTE"]
        assert answers(table, "48")["A"] == answer


def test_baseline_outside_its_window_is_no_baseline() -> None:
    # the baseline scan was 35 days before randomization
    data = sdtm(subject("54", baseline_day=-34, ok=[85], pd=[169]))
    for window, answer in ((28, "C 1"), (35, "E 169")):
        trial = protocol(visits__tumor_assessment__baseline_window_days=window)
        assert answers(derive(trial, data, cut=("all", DataCut())).adam["ADTTE"], "54")["A"] == answer


def test_binary_censor_codes() -> None:
    data = sdtm(subject("1", ok=[85], nact=[100]), subject("2", pd=[85]))
    table = derive(protocol(conventions__censor_codes="binary"), data, cut=("all", DataCut())).adam["ADTTE"]
    assert table.filter(pl.col("PARAMCD") == "PFSA").select("CNSR", "CNSREAS").rows() == [
        (1, "New anticancer therapy before the event"),
        (0, None),
    ]


def test_day_count_can_leave_out_the_first_day() -> None:
    table = derive(
        protocol(endpoints__pfs__day_count="exclusive"), sdtm(subject("1", pd=[85])), cut=("all", DataCut())
    ).adam["ADTTE"]
    assert answers(table, "1")["P"] == "E 84"
