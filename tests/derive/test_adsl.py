"""Arms, doses, populations, strata, disposition and the data cut, on made-up subjects."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import DAY_1, Sdtm, protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut, Protocol

DRUG = {"EXTRT": "DRUG", "EXDOSE": 800.0}
PLACEBO = {"EXTRT": "PLACEBO", "EXDOSE": 0.0}


def run(data: Sdtm, trial: Protocol | None = None, cutoff_day: int | None = None) -> Derived:
    cutoff = DAY_1 + dt.timedelta(days=cutoff_day - 1) if cutoff_day else None
    return derive(trial or protocol(), data, cut=("all", DataCut(cutoff=cutoff)))


def row(derived: Derived, name: str, *variables: str) -> tuple[Any, ...]:
    return derived.adam["ADSL"].filter(pl.col("USUBJID") == name).select(variables).row(0)


def day(number: int) -> dt.date:
    return DAY_1 + dt.timedelta(days=number - 1)


def test_placebo_of_zero_milligrams_is_a_dose_and_zero_of_the_drug_is_not() -> None:
    derived = run(
        sdtm(
            subject("1", "PLA", ex=[PLACEBO | {"EXSTDTC": 2, "EXENDTC": 30}]),
            subject("2", ex=[DRUG | {"EXDOSE": 0.0, "EXSTDTC": 2, "EXENDTC": 30}]),
        )
    )
    assert row(derived, "1", "TRTSDT", "TRTEDT", "SAFFL") == (day(2), day(30), "Y")
    assert row(derived, "2", "TRTSDT", "TRTEDT", "SAFFL") == (None, None, "N")


def test_arm_received_is_the_treatment_taken_first() -> None:
    wrong_kit = [DRUG | {"EXSTDTC": 1, "EXENDTC": 10}, PLACEBO | {"EXSTDTC": 11, "EXENDTC": 84}]
    derived = run(sdtm(subject("1", "PLA", ex=wrong_kit), subject("2", "PLA", ex=wrong_kit[::-1])))
    assert row(derived, "1", "ARMID", "AARMID", "TRT01P", "TRT01A") == ("placebo", "drug", "Placebo", "Drug")
    listed = [f.subject for f in derived.findings if f.code == "other-treatment"]
    assert listed == ["1", "2"]  # the order of rows in EX is not order in time
    kits = [(f.row_key, f.seen) for f in derived.findings if f.code == "kit-of-other-arm"]
    assert kits == [
        ("USUBJID=1, EXSEQ=1", "DRUG from 2020-01-06 to 2020-01-15"),
        ("USUBJID=2, EXSEQ=2", "DRUG from 2020-01-06 to 2020-01-15"),
    ]


def test_arms_that_share_a_treatment_are_told_apart_by_dose() -> None:
    arms = {
        "low": {"label": "Low", "role": "control", "treatments": ["DRUG"], "dose_levels": [50]},
        "high": {"label": "High", "role": "experimental", "treatments": ["DRUG"], "dose_levels": [100, 75]},
    }
    trial = protocol(arms=arms, randomization__ratio={"low": 1, "high": 1})
    given = {"1": ("LOW", 100.0), "2": ("LOW", 50.0), "3": ("HIGH", 60.0), "4": ("HIGH", 75.0)}
    people = [
        subject(n, a, ex=[{"EXTRT": "DRUG", "EXDOSE": d, "EXSTDTC": 1, "EXENDTC": 9}]) for n, (a, d) in given.items()
    ]
    adsl = run(sdtm(*people), trial).adam["ADSL"]
    assert adsl.select("ARMID", "AARMID").rows() == [
        ("low", "high"),
        ("low", "low"),
        ("high", "high"),
        ("high", "high"),
    ]


def crossover_trial(**changes: Any) -> Protocol:
    return protocol(crossover={"from": "placebo", "to": "drug"}, **changes)


def test_crossover_begins_with_the_first_dose_of_the_other_arm() -> None:
    doses = [PLACEBO | {"EXSTDTC": 1, "EXENDTC": 99}, DRUG | {"EXSTDTC": 110, "EXENDTC": 150}]
    derived = run(
        sdtm(subject("1", "PLA", ex=doses), subject("2", ex=doses[1:]), subject("3", "PLA", ex=doses[1:])),
        crossover_trial(),
    )
    variables = ("CROSSFL", "TRTSDT", "TRTEDT", "TR02SDT", "TR02EDT")
    assert row(derived, "1", *variables) == ("Y", day(1), day(99), day(110), day(150))
    assert row(derived, "2", *variables) == ("N", day(110), day(150), None, None)
    # the very first dose was the other arm's: wrong treatment, not crossover
    assert row(derived, "3", "AARMID", *variables) == ("drug", "N", day(110), day(150), None, None)
    assert [f.subject for f in derived.findings if f.code == "kit-of-other-arm"] == ["3"]


def test_crossover_counts_as_new_therapy_where_the_protocol_says_so() -> None:
    doses = [PLACEBO | {"EXSTDTC": 1, "EXENDTC": 99}, DRUG | {"EXSTDTC": 100, "EXENDTC": 150}]
    data = sdtm(subject("1", "PLA", ex=doses, ok=[85], pd=[169]))
    kind = {"label": "Crossover", "counts": True, "crossover": True}
    table = run(data, crossover_trial(new_therapy__crossover=kind)).adam["ADTTE"].filter(pl.col("ENDPT") == "pfs")
    found = {r["RULESET"]: (r["AVAL"], r["CNSR"], r["SRCVAR"]) for r in table.iter_rows(named=True)}
    assert found["A"] == (85, 3, "RSDTC")
    assert found["P"] == (169, 0, "RSDTC")
    assert found["K"] == (100, 0, "TR02SDT")


def test_strata_frozen_and_recomputed() -> None:
    strata = {
        "old": {
            "expression": "age >= 65",
            "sdtm": {"domain": "DM", "variable": "SITEID", "values": {"S1": "N", "S2": "Y"}},
        },
        "sex": {"expression": "sex"},
    }
    trial = protocol(randomization__strata=strata, baseline__sex__levels={"F": "Female", "M": "Male"})
    derived = run(
        sdtm(subject("1", dm={"AGE": 70.0, "SITEID": "S2"}), subject("2", dm={"AGE": 70.0, "SEX": "M"})), trial
    )
    assert row(derived, "1", "STRAT1R", "STRAT1V", "STRAT2R", "STRATAR", "STRATAV") == (
        "Yes",
        "Yes",
        "Female",
        "Yes, Female",
        "Yes, Female",
    )
    assert row(derived, "2", "STRAT1R", "STRAT1V", "STRATAR", "STRATAV") == ("No", "Yes", "No, Male", "Yes, Male")
    differing = [f for f in derived.findings if f.code == "stratum-differs"]
    assert [(f.subject, f.seen, f.expected) for f in differing] == [("2", "at randomization: No", "as recomputed: Yes")]


def test_population_reason_is_the_first_condition_that_does_not_hold() -> None:
    populations = {
        "per_protocol": {"label": "Per protocol", "members": "randomized and treated and eligible and age < 80"},
    }
    criteria = {
        "adult": {"text": "Adult", "include": "age >= 18"},
        "woman": {"text": "Not a man", "exclude": "sex == 'M'"},
    }
    dose = [DRUG | {"EXSTDTC": 1, "EXENDTC": 9}]
    people = {
        "in": subject("in", ex=dose),
        "screen": subject("screen", None),
        "untreated": subject("untreated"),
        "man": subject("man", ex=dose, dm={"SEX": "M"}),
        "unknown": subject("unknown", ex=dose, dm={"SEX": None}),
        "old": subject("old", ex=dose, dm={"AGE": 90.0}),
    }
    adsl = run(sdtm(*people.values()), protocol(populations=populations, eligibility=criteria)).adam["ADSL"]
    found = {r[0]: r[1:] for r in adsl.select("USUBJID", "PERPROFL", "PERPRRSN").rows()}
    assert found == {
        "in": ("Y", None),
        "screen": ("N", "Not randomized"),
        "untreated": ("N", "No dose of trial treatment"),
        "man": ("N", "Not eligible: Not a man"),
        "unknown": ("N", "Eligibility not known: Not a man"),
        "old": ("N", "Does not hold: age < 80"),
    }


def test_disposition() -> None:
    dose = [DRUG | {"EXSTDTC": 1, "EXENDTC": 50}]
    done = [{"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY PARTICIPATION", "DSDECOD": "COMPLETED", "DSSTDTC": 400}]
    derived = run(sdtm(subject("1", ex=dose, stop=51, left=80), subject("2", ex=dose, ds=done)))
    names = ("EOTSTT", "EOTDT", "DCTREAS", "EOSSTT", "EOSDT", "DCSREAS")
    assert row(derived, "1", *names) == (
        "DISCONTINUED",
        day(51),
        "ADVERSE EVENT",
        "DISCONTINUED",
        day(80),
        "WITHDRAWAL BY SUBJECT",
    )
    assert row(derived, "2", *names) == (None, None, None, "COMPLETED", day(400), None)


def test_last_alive_takes_partial_dates_at_their_first_day_and_no_loss_to_follow_up() -> None:
    lost = [
        {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY PARTICIPATION", "DSDECOD": "LOST TO FOLLOW-UP", "DSSTDTC": 300}
    ]
    derived = run(
        sdtm(
            subject("1", ok=[85, 169], ds=lost),
            subject("2", ok=[85], ae=[{"AETOXGR": "1", "AESTDTC": 90, "AEENDTC": "2020-09"}]),
        )
    )
    assert row(derived, "1", "LSTALVDT") == (day(169),)
    assert row(derived, "2", "LSTALVDT") == (dt.date(2020, 9, 1),)


def cut_subjects() -> Sdtm:
    dose = [DRUG | {"EXSTDTC": 1, "EXENDTC": 200}]
    events = [
        {"AETOXGR": "2", "AESTDTC": 50, "AEENDTC": 130},
        {"AETOXGR": "3", "AESTDTC": 101},
        {"AETOXGR": "1", "AESTDTC": "2020"},
    ]
    return sdtm(
        subject("early", ex=dose, ae=events, ok=[85], pd=[101], death=150, stop=120),
        subject("later", randomized=105, dm={"RFICDTC": 90}),
        subject("unborn", randomized=120, dm={"RFICDTC": 110}),
    )


def test_data_cut() -> None:
    derived = run(cut_subjects(), cutoff_day=100)
    assert derived.cutoff == day(100)
    assert derived.adam["ADSL"].select("USUBJID", "RANDFL", "ARMID", "DTHFL", "DTHDT").rows() == [
        ("early", "Y", "drug", "N", None),
        ("later", "N", None, "N", None),
    ]
    assert row(derived, "early", "TRTEDT", "EOTSTT", "LSTALVDT") == (day(100), "ONGOING", day(85))
    assert derived.adam["ADAE"].select("AESEQ", "ASTDT", "AENDT").rows() == [(1, day(50), None), (3, day(1), None)]
    pfs = derived.adam["ADTTE"].filter(pl.col("PARAMCD") == "PFS")
    assert pfs.select("USUBJID", "AVAL", "CNSR").rows() == [("early", 85, 6)]


def test_no_cut_keeps_everything() -> None:
    derived = run(cut_subjects())
    assert derived.cutoff is None
    assert row(derived, "early", "DTHDT", "EOTSTT") == (day(150), "DISCONTINUED")
    assert derived.adam["ADSL"].height == 3


def test_cut_on_the_day_itself_keeps_the_day() -> None:
    pfs = run(cut_subjects(), cutoff_day=101).adam["ADTTE"].filter(pl.col("PARAMCD") == "PFS")
    assert pfs.select("AVAL", "CNSR").rows() == [(101, 0)]


@pytest.mark.parametrize("domain", ["DM", "AE", "EX", "RS", "DS"])
def test_empty_values_in_text_do_no_harm(domain: str) -> None:
    data = cut_subjects()
    data[domain] = data[domain].with_columns(EXTRA=pl.lit(None, dtype=pl.String))
    assert run(data).adam["ADTTE"].equals(run(cut_subjects()).adam["ADTTE"])
