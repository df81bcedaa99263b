"""Homes of the protocol that hold nothing, and what looks wrong with a trial as a whole."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import Sdtm, iso, protocol, sdtm, subject

from equipoise.cdisc import Finding
from equipoise.derive import Derived, DeriveError, derive
from equipoise.protocol import DataCut, Protocol, adsl_variables

DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 84}]


def run(data: Sdtm, trial: Protocol | None = None) -> Derived:
    return derive(trial or protocol(), data, cut=("all", DataCut()))


def of(derived: Derived, code: str) -> list[Finding]:
    """Findings of a code, but those about clinical progression, of which the trial has none."""
    return [f for f in derived.findings if f.code == code and "clinical progression" not in f.effect]


@pytest.mark.parametrize(
    "name", ["stratum", "stratum1", "strata", "strat1", "stratar", "strat1r", "armid", "reason", "eotterm", "origin"]
)
def test_any_name_of_a_baseline_field(name: str) -> None:
    field = {"type": "category", "levels": ["F", "M"], "sdtm": {"domain": "DM", "variable": "SEX"}}
    trial = protocol(baseline={name: field, "other": field}, randomization__strata={"sex": name})
    variable = adsl_variables(trial)
    derived = run(sdtm(subject("1"), subject("2", "PLA")), trial)
    adsl = derived.adam["ADSL"]
    assert adsl[variable[name]].to_list() == ["F", "F"]
    assert adsl.select("ARMID", "STRAT1R", "SCRFREAS").rows() == [("drug", "F", None), ("placebo", "F", None)]


def test_field_without_a_home_gets_no_fixed_name() -> None:
    fields = {name: {"type": "number"} for name in ("armid", "strat1r", "strat12v", "trtsdt", "stratum1")}
    names = adsl_variables(protocol(baseline=fields))
    assert names["stratum1"] == "STRATUM1"
    assert not set(names.values()) & {"ARMID", "STRAT1R", "STRAT12V", "TRTSDT"}
    assert len(set(names.values())) == 5


def test_qualifier_that_is_nowhere() -> None:
    keys = {"STUDYID": "MADEUP", "USUBJID": "1", "RDOMAIN": "DM", "IDVAR": None, "IDVARVAL": None}
    data = sdtm(subject("1"))
    data["SUPPDM"] = pl.DataFrame([keys | {"QNAM": "REGION", "QLABEL": "Region", "QVAL": "Europe", "QORIG": "CRF"}])
    home = {"sdtm": {"domain": "SUPPDM", "qnam": "REGIONS"}, "type": "text"}
    trial = protocol(baseline__region=home, randomization__strata={"place": "region"})
    found = of(run(data, trial), "home-without-rows")
    assert [(f.severity, f.dataset, f.variable) for f in found] == [("error", "SUPPDM", "QNAM")]
    assert found[0].seen == "QNAM is REGION"
    assert "baseline.region.sdtm" in found[0].expected
    assert found[0].effect == "region is missing for every subject"
    right = protocol(baseline__region={"sdtm": {"domain": "SUPPDM", "qnam": "REGION"}, "type": "text"})
    assert not of(run(data, right), "home-without-rows")


def test_test_code_that_is_nowhere_names_the_nearest_first() -> None:
    tests = [
        {"LBTESTCD": code, "LBTEST": code, "LBDTC": -3, "LBSTRESN": 1.0} for code in ("ALB", "BILI", "CRP", "NEUT")
    ]
    home = {"sdtm": {"domain": "LB", "testcd": "CRPS"}, "type": "number"}
    found = of(run(sdtm(subject("1", lb=tests)), protocol(baseline__crp=home)), "home-without-rows")
    assert [f.seen for f in found] == ["LBTESTCD is CRP, ALB, BILI, NEUT"]


def test_absent_data_sets_of_new_therapy_and_clinical_progression() -> None:
    data = sdtm(subject("1", ok=[85]))
    del data["CM"]
    found = [f for f in of(run(data), "data-set-absent") if f.dataset == "CM"]
    assert {f.severity for f in found} == {"warning"}
    assert {f.effect for f in found} == {
        "new therapy 'systemic' cannot be seen; rule sets A, B, C and K go on without it",
        "new therapy 'palliative' cannot be seen",
    }
    assert all(f.seen == "CM not found" and "add it" in f.expected for f in found)
    clinical = {"domain": "FA", "variable": "FADTC"}
    derived = run(sdtm(subject("1")), protocol(endpoints__pfs__clinical_progression=clinical))
    assert [f.dataset for f in derived.findings if f.code == "data-set-absent"] == ["FA"]


def test_without_adverse_events() -> None:
    data = sdtm(subject("1", ex=DOSE))
    empty = run(data)
    assert [f.severity for f in of(empty, "adverse-events-empty")] == ["warning"]
    assert "1 treated" in of(empty, "adverse-events-empty")[0].seen
    del data["AE"]
    derived = run(data)
    assert "ADAE" not in derived.adam
    assert [f.severity for f in of(derived, "no-adverse-event-data")] == ["note"]
    some = run(sdtm(subject("1", ex=DOSE, ae=[{"AETOXGR": "1", "AESTDTC": 3}])))
    assert not of(some, "adverse-events-empty")
    assert not of(some, "no-adverse-event-data")


def test_adverse_events_that_nobody_has_coded() -> None:
    events = [
        {"AETERM": "Tired", "AEBODSYS": "NOT CODED", "AETOXGR": "1", "AESTDTC": 3},
        {"AETERM": "Nausea", "AEBODSYS": "Gastrointestinal disorders", "AETOXGR": "2", "AESTDTC": 4},
    ]
    found = of(run(sdtm(subject("1", ex=DOSE, ae=events))), "adverse-events-not-coded")
    assert [f.severity for f in found] == ["warning"]
    assert "1 of 2" in found[0].seen
    assert "Tired" in found[0].seen
    assert not of(run(sdtm(subject("1", ex=DOSE, ae=events[1:]))), "adverse-events-not-coded")


def test_site_is_wanted_not_needed() -> None:
    data = sdtm(subject("1"))
    data["DM"] = data["DM"].drop("SITEID")
    derived = run(data)
    assert derived.adam["ADSL"]["SITEID"].to_list() == [None]
    assert [f.expected for f in of(derived, "variable-absent")] == ["Add SITEID to DM"]
    data["DM"] = data["DM"].drop("SUBJID")
    with pytest.raises(DeriveError, match=r"SUBJID not found; it lists the subjects. Add SUBJID to DM"):
        run(data)


def test_lost_after_the_last_contact() -> None:
    lost = [
        {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY PARTICIPATION", "DSDECOD": "LOST TO FOLLOW-UP", "DSSTDTC": 300}
    ]
    derived = run(sdtm(subject("1", ok=[85], ds=lost), subject("2", ok=[310], ds=lost), subject("3", left=300)))
    found = of(derived, "lost-after-last-contact")
    assert len(found) == 1
    assert found[0].seen.startswith("1 subject lost")
    assert f"1: {iso(300)}, last known alive {iso(85)}" in found[0].seen


def test_many_without_assessment() -> None:
    few = run(sdtm(subject("1"), *(subject(f"{k}", ok=[85]) for k in range(2, 12))))
    assert not of(few, "without-assessment")
    many = run(sdtm(subject("1"), subject("2"), *(subject(f"{k}", ok=[85]) for k in range(3, 12))))
    assert [f.seen for f in of(many, "without-assessment")] == [
        "2 of 11 randomized subjects have no central assessment"
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {"P": (31, "Last known alive"), "A": (31, "Last known alive"), "K": (31, "Last known alive")}),
        ({"ok": [20]}, {"P": (31, "Last known alive"), "A": (31, "Last known alive"), "K": (31, "Last known alive")}),
        ({"nact": [25]}, {"P": (31, "Last known alive"), "A": (1, "Randomization"), "K": (25, None)}),
        ({"ok": [20], "nact": [25]}, {"A": (20, "Last adequate assessment")}),
        ({"baseline": False}, {"A": (1, "Randomization")}),
        ({"death": 300}, {"P": (300, None), "A": (1, "Randomization")}),
    ],
)
def test_censored_when_last_known_alive(facts: dict[str, Any], expected: dict[str, tuple[int, str | None]]) -> None:
    seen = [] if "death" in facts else [{"LBTESTCD": "ALB", "LBTEST": "ALB", "LBDTC": 31, "LBSTRESN": 1.0}]
    derived = run(sdtm(subject("1", lb=seen, **facts)), protocol(endpoints__pfs__censor_at="last_alive"))
    rows = derived.adam["ADTTE"].filter(pl.col("ENDPT") == "pfs")
    found = {r["RULESET"]: (r["AVAL"], r["CNSDTDSC"]) for r in rows.iter_rows(named=True)}
    assert {rule: found[rule] for rule in expected} == expected


def test_frozen_strata_in_another_letter_case() -> None:
    levels = {"levels": {"no": "Never treated", "yes": "Pretreated"}, "sdtm": {"domain": "DM", "variable": "ETHNIC"}}
    strata = {"prior": {"expression": "prior", "sdtm": {"domain": "DM", "variable": "RACE"}}}
    trial = protocol(baseline__prior=levels, randomization__strata=strata)
    data = sdtm(*(subject(name) for name in "1234"))
    data["DM"] = data["DM"].with_columns(
        ETHNIC=pl.Series(["no", "yes", "yes", "no"]),
        RACE=pl.Series(["NEVER TREATED", "PRETREATED", "Yes", "pretreated"]),
    )
    derived = run(data, trial)
    assert derived.adam["ADSL"]["STRAT1R"].to_list() == ["Never treated", "Pretreated", "Pretreated", "Pretreated"]
    assert [f.seen for f in of(derived, "stratum-letter-case")] == [
        "NEVER TREATED, PRETREATED, Yes, pretreated (4 subjects)"
    ]
    assert [f.subject for f in of(derived, "stratum-differs")] == ["4"]


def test_action_and_seriousness_that_nobody_recorded() -> None:
    events = [{"AETOXGR": "1", "AESTDTC": 3}, {"AETOXGR": "2", "AESTDTC": 5}]
    derived = run(sdtm(subject("1", ex=DOSE, ae=events)))
    assert derived.adam["ADAE"].select("DISCFL", "SERFL").rows() == [(None, None)] * 2
    events[0]["AEACN"] = "DRUG WITHDRAWN"
    some = run(sdtm(subject("1", ex=DOSE, ae=events)))
    assert some.adam["ADAE"].sort("AESEQ")["DISCFL"].to_list() == ["Y", "N"]


def test_end_of_the_last_dose_taken_from_death_is_marked() -> None:
    doses = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1}]
    derived = run(sdtm(subject("1", ex=doses, death=90), subject("2", ex=DOSE, death=90)))
    found = derived.adam["ADSL"].select("TRTEDTF", (pl.col("TRTEDT") == pl.col("DTHDT")).alias("SAME")).rows()
    assert found == [("Y", True), (None, False)]
