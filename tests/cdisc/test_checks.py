"""One fault at a time: what is reported, what is kept out, and that the counts add up."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from equipoise.cdisc import RULES, Finding, check_sdtm, findings_frame, set_aside

Data = dict[str, pl.DataFrame]


def again(frame: pl.DataFrame, row: int, **changes: Any) -> pl.DataFrame:
    """The frame and once more one of its rows, changed."""
    copy = frame[row].with_columns(pl.lit(v, dtype=frame.schema[k]).alias(k) for k, v in changes.items())
    return pl.concat([frame, copy])


def changed(frame: pl.DataFrame, row: int, **changes: Any) -> pl.DataFrame:
    """The frame with other values in one row."""
    number = pl.int_range(pl.len())
    return frame.with_columns(
        pl.when(number == row).then(pl.lit(v, dtype=frame.schema[k])).otherwise(pl.col(k)).alias(k)
        for k, v in changes.items()
    )


def told(findings: list[Finding]) -> list[tuple[str, str, str, str]]:
    """Code, place, variable and value of findings, counts left out."""
    return sorted(
        (f.code, f"{f.dataset} {f.row_key}".strip(), f.variable, f.seen) for f in findings if f.code != "rows-counted"
    )


def test_a_trial_without_a_fault_has_no_finding(sdtm: Data) -> None:
    assert check_sdtm(sdtm) == []
    clean = set_aside(sdtm)
    assert all(clean.datasets[name].equals(sdtm[name]) for name in sdtm)
    assert clean.counts["AE"] == (3, 3, 0)


def test_the_same_row_twice_is_used_once(sdtm: Data) -> None:
    sdtm["AE"] = again(sdtm["AE"], 1)
    clean = set_aside(sdtm)
    assert told(clean.findings) == [
        ("duplicate-row", "AE USUBJID=01, AESEQ=2", "STUDYID, USUBJID, AESEQ", "USUBJID=01, AESEQ=2.0")
    ]
    assert clean.findings[0].severity == "error"
    assert clean.counts["AE"] == (4, 3, 1)
    assert clean.datasets["AE"].height == 3


def test_a_sequence_number_twice_for_different_rows_loses_no_event(sdtm: Data) -> None:
    sdtm["AE"] = again(sdtm["AE"], 1, AETERM="Cough", AESTDTC="2020-04-01")
    clean = set_aside(sdtm)
    assert [(f.severity, f.code, f.row_key, f.seen) for f in clean.findings] == [
        ("warning", "duplicate-key", "USUBJID=01, AESEQ=2", "AETERM=Rash, AESTDTC=2020-03"),
        ("warning", "duplicate-key", "USUBJID=01, AESEQ=2", "AETERM=Cough, AESTDTC=2020-04-01"),
    ]
    assert clean.counts["AE"] == (4, 4, 0)


def test_two_different_rows_in_dm_keep_the_subject_out_everywhere(sdtm: Data) -> None:
    sdtm["DM"] = again(sdtm["DM"], 0, SEX="M")
    clean = set_aside(sdtm)
    assert clean.datasets["DM"]["USUBJID"].to_list() == ["02", "03", "04"]
    assert {name: n for name, n in clean.counts.items() if n.rows_reported} == {
        "DM": (5, 3, 2),
        "AE": (3, 1, 2),
        "RS": (3, 1, 2),
        "DS": (5, 4, 1),
        "EX": (4, 3, 1),
        "SUPPDM": (2, 1, 1),
    }
    assert [f.seen for f in clean.findings if f.code == "conflicting-rows"] == ["SEX=F", "SEX=M"]
    assert ("unknown-subject", "AE USUBJID=01", "USUBJID", "01 (2 rows)") in told(clean.findings)


def test_two_values_of_a_supplemental_qualifier_are_both_kept_out(sdtm: Data) -> None:
    sdtm["SUPPDM"] = again(sdtm["SUPPDM"], 1, QVAL="LUNG")
    clean = set_aside(sdtm)
    assert clean.datasets["SUPPDM"]["QVAL"].to_list() == ["SMALL BOWEL"]
    assert [f.seen for f in clean.findings if f.code == "conflicting-rows"] == ["QVAL=PANCREAS", "QVAL=LUNG"]


def test_subjects_that_dm_does_not_have(sdtm: Data) -> None:
    sdtm["AE"] = again(again(sdtm["AE"], 0, USUBJID="99"), 0, USUBJID=None, AESEQ=7.0)
    clean = set_aside(sdtm)
    assert told(clean.findings) == [
        ("missing-subject", "AE", "USUBJID", "(empty) (1 row)"),
        ("unknown-subject", "AE USUBJID=99", "USUBJID", "99 (1 row)"),
    ]
    assert clean.counts["AE"] == (5, 3, 2)


@pytest.mark.parametrize("seen", ["2020-02-30", "30/02/2020", "2020-13", "UNK"])
def test_a_date_that_is_none_is_treated_as_missing(sdtm: Data, seen: str) -> None:
    sdtm["AE"] = changed(sdtm["AE"], 0, AESTDTC=seen)
    clean = set_aside(sdtm)
    assert told(clean.findings) == [("bad-date", "AE USUBJID=01, AESEQ=1", "AESTDTC", seen)]
    assert clean.datasets["AE"]["AESTDTC"].to_list() == [None, "2020-03", "2020-05-20"]
    assert clean.counts["AE"] == (3, 3, 0)


def test_a_finding_without_a_place_in_time_is_kept_out(sdtm: Data) -> None:
    sdtm["RS"] = changed(changed(sdtm["RS"], 0, RSDTC="2020-02-30"), 1, RSDTC="2099-06-22")
    clean = set_aside(sdtm)
    assert told(clean.findings) == [
        ("bad-date-of-finding", "RS USUBJID=01, RSSEQ=1", "RSDTC", "2020-02-30"),
        ("finding-in-future", "RS USUBJID=01, RSSEQ=2", "RSDTC", "2099-06-22"),
    ]
    assert clean.datasets["RS"]["USUBJID"].to_list() == ["03"]
    assert clean.counts["RS"] == (3, 1, 2)


def test_a_date_in_2099_is_in_the_future_even_where_nobody_says_when_data_ended(sdtm: Data) -> None:
    sdtm["EX"] = changed(sdtm["EX"], 0, EXENDTC="2099-05-01")
    clean = set_aside(sdtm)
    (finding,) = clean.findings
    assert (finding.code, finding.seen, finding.expected) == ("date-in-future", "2099-05-01", "a date up to 2020-06-22")
    assert clean.datasets["EX"]["EXENDTC"][0] is None
    assert told(set_aside(sdtm, cutoff=dt.date(2020, 3, 1)).findings)[0][0] == "date-in-future"


def test_dates_after_the_cut_off_are_no_fault_but_dates_after_extraction_are(sdtm: Data) -> None:
    assert set_aside(sdtm, cutoff=dt.date(2020, 3, 1)).findings == []
    found = told(set_aside(sdtm, extracted=dt.date(2020, 5, 31)).findings)
    assert found == [
        ("date-in-future", "AE USUBJID=02, AESEQ=1", "AEENDTC", "2020-06-01"),
        ("date-in-future", "DM USUBJID=02", "DTHDTC", "2020-06-01"),
        ("date-in-future", "DS USUBJID=02, DSSEQ=2", "DSSTDTC", "2020-06-01"),
        ("finding-in-future", "RS USUBJID=01, RSSEQ=2", "RSDTC", "2020-06-22"),
    ]


@pytest.mark.parametrize(
    ("seen", "faulty"), [("1957-12-31", True), ("1958-02", True), ("1958-03", False), ("1958", False)]
)
def test_a_date_before_birth(sdtm: Data, seen: str, faulty: bool) -> None:
    sdtm["AE"] = changed(sdtm["AE"], 0, AESTDTC=seen)
    clean = set_aside(sdtm)
    expected = [("date-before-birth", "AE USUBJID=01, AESEQ=1", "AESTDTC", seen)] if faulty else []
    assert told(clean.findings) == expected
    assert clean.datasets["AE"]["AESTDTC"][0] == (None if faulty else seen)


def test_a_date_before_1900_needs_no_birth(sdtm: Data) -> None:
    sdtm["EX"] = changed(sdtm["EX"], 3, EXSTDTC="0202-01-07")
    assert told(set_aside(sdtm).findings) == [("date-before-birth", "EX USUBJID=04, EXSEQ=1", "EXSTDTC", "0202-01-07")]


def test_a_birth_after_the_start_is_the_fault_and_not_the_other_dates(sdtm: Data) -> None:
    sdtm["DM"] = changed(sdtm["DM"], 0, BRTHDTC="2058-03-01")
    clean = set_aside(sdtm)
    assert told(clean.findings) == [("date-in-future", "DM USUBJID=01", "BRTHDTC", "2058-03-01")]
    sdtm["DM"] = changed(sdtm["DM"], 0, BRTHDTC="2020-02-01")
    clean = set_aside(sdtm)
    assert told(clean.findings) == [("birth-after-start", "DM USUBJID=01", "BRTHDTC", "2020-02-01")]
    assert clean.datasets["DM"]["BRTHDTC"][0] is None


def test_values_that_no_codelist_has(sdtm: Data) -> None:
    sdtm["DM"] = changed(changed(sdtm["DM"], 0, SEX="W"), 1, AGE=421.0)
    sdtm["AE"] = changed(sdtm["AE"], 0, AETOXGR="6")
    sdtm["RS"] = changed(sdtm["RS"], 0, RSSTRESC="Stable")
    clean = set_aside(sdtm)
    assert told(clean.findings) == [
        ("implausible-age", "DM USUBJID=02", "AGE", "421.0"),
        ("not-in-codelist", "AE USUBJID=01, AESEQ=1", "AETOXGR", "6"),
        ("not-in-codelist", "DM USUBJID=01", "SEX", "W"),
        ("not-in-codelist", "RS USUBJID=01, RSSEQ=1", "RSSTRESC", "Stable"),
    ]
    assert {f.severity for f in clean.findings} == {"warning"}
    assert all(n.rows_reported == 0 for n in clean.counts.values())


def test_a_value_in_another_letter_case_is_spelled_as_its_codelist(sdtm: Data) -> None:
    plain = set_aside(sdtm).datasets
    sdtm["AE"] = changed(sdtm["AE"], 0, AEOUT=" Recovered/Resolved")
    sdtm["DM"] = sdtm["DM"].with_columns(pl.col("SEX").str.to_lowercase())
    clean = set_aside(sdtm)
    assert all(clean.datasets[name].equals(plain[name]) for name in plain)
    assert told(clean.findings) == [
        ("other-spelling", "AE", "AEOUT", "' Recovered/Resolved' (1 row)"),
        ("other-spelling", "DM", "SEX", "'f', 'm' (4 rows)"),
    ]


def test_many_rows_with_one_fault_are_one_finding_with_their_number(sdtm: Data) -> None:
    rows = pl.concat([sdtm["AE"][:1].with_columns(AESEQ=pl.lit(float(i)), AETOXGR=pl.lit("II")) for i in range(10, 40)])
    sdtm["AE"] = pl.concat([sdtm["AE"], rows])
    (finding,) = set_aside(sdtm).findings
    assert (finding.variable, finding.seen, finding.row_key) == ("AETOXGR", "II (30 rows)", "")


def test_variables_and_values_that_sdtm_requires(sdtm: Data) -> None:
    sdtm["AE"] = changed(sdtm["AE"], 0, AEDECOD=None)
    sdtm["DM"] = sdtm["DM"].drop("SEX")
    sdtm["EX"] = sdtm["EX"].clear()
    sdtm["SUPPDM"] = changed(sdtm["SUPPDM"], 0, RDOMAIN="AE")
    assert told(set_aside(sdtm).findings) == [
        ("missing-value", "AE USUBJID=01, AESEQ=1", "AEDECOD", "(empty)"),
        ("missing-variable", "DM", "SEX", ""),
        ("no-rows", "EX", "", ""),
        ("wrong-domain", "SUPPDM USUBJID=01, QNAM=PRIMSITE", "RDOMAIN", "AE"),
    ]


def story(data: Data) -> list[tuple[str, str, str, str]]:
    return told(check_sdtm(data))


def test_a_start_after_the_end(sdtm: Data) -> None:
    sdtm["AE"] = changed(sdtm["AE"], 0, AEENDTC="2020-01-31")
    sdtm["EX"] = changed(sdtm["EX"], 2, EXENDTC="2020-01")
    assert story(sdtm) == [("start-after-end", "AE USUBJID=01, AESEQ=1", "AESTDTC", "2020-02-01")]


def test_death_in_two_sources_with_different_dates(sdtm: Data) -> None:
    sdtm["DS"] = changed(sdtm["DS"], 4, DSSTDTC="2020-06-03")
    sdtm["AE"] = changed(sdtm["AE"], 2, AEENDTC="2020-06")
    assert story(sdtm) == [("death-dates-differ", "DS USUBJID=02, DSSEQ=2", "DSSTDTC", "2020-06-03")]


def test_death_before_randomization_and_events_after_death(sdtm: Data) -> None:
    sdtm["DM"] = changed(sdtm["DM"], 1, DTHDTC="2020-01-02")
    assert story(sdtm) == [
        ("after-death", "AE USUBJID=02, AESEQ=1", "AESTDTC", "2020-05-20"),
        ("after-death", "DS USUBJID=02, DSSEQ=1", "DSSTDTC", "2020-01-06"),
        ("after-death", "EX USUBJID=02, EXSEQ=1", "EXSTDTC", "2020-01-07"),
        ("death-before-randomization", "DM USUBJID=02", "DTHDTC", "2020-01-02"),
        ("death-dates-differ", "AE USUBJID=02, AESEQ=1", "AEENDTC", "2020-06-01"),
        ("death-dates-differ", "DS USUBJID=02, DSSEQ=2", "DSSTDTC", "2020-06-01"),
    ]


def test_flags_of_death_without_a_date_and_dates_without_a_flag(sdtm: Data) -> None:
    sdtm["DM"] = changed(changed(sdtm["DM"], 1, DTHFL=None), 2, DTHFL="Y")
    assert story(sdtm) == [
        ("date-without-death", "DM USUBJID=02", "DTHDTC", "2020-06-01"),
        ("death-without-date", "DM USUBJID=03", "DTHFL", "Y"),
    ]


def test_faults_together_are_told_apart_and_counted_once(sdtm: Data) -> None:
    sdtm["RS"] = again(changed(sdtm["RS"], 0, RSDTC="2020-02-30", RSSTRESC="?"), 1)
    clean = set_aside(sdtm)
    assert clean.counts["RS"] == (4, 2, 2)
    assert clean.datasets["RS"].height == 2


def test_the_order_of_rows_and_other_studies_do_not_matter(sdtm: Data) -> None:
    sdtm["AE"] = again(again(changed(sdtm["AE"], 0, AESTDTC="x"), 1), 2, AETERM="Other")
    first = set_aside(sdtm)
    shuffled = set_aside({name: frame.sample(fraction=1, shuffle=True, seed=7) for name, frame in sdtm.items()})
    assert findings_frame(first.findings).equals(findings_frame(shuffled.findings))
    order = ["USUBJID", "AESEQ", "AETERM"]
    assert first.datasets["AE"].sort(order).equals(shuffled.datasets["AE"].sort(order))
    two = {name: pl.concat([frame, frame.with_columns(STUDYID=pl.lit("T"))]) for name, frame in sdtm.items()}
    assert {n: c.rows_reported for n, c in set_aside(two).counts.items()} == {
        n: 2 * c.rows_reported for n, c in first.counts.items()
    }
    assert any(f.row_key.startswith("STUDYID=T, USUBJID=") for f in set_aside(two).findings)


def test_kept_out_rows_are_noted_with_their_number(sdtm: Data) -> None:
    sdtm["AE"] = again(sdtm["AE"], 1)
    (note,) = [f for f in set_aside(sdtm).findings if f.code == "rows-counted"]
    assert (note.dataset, note.seen) == ("AE", "4 rows in: 3 used, 1 kept out")


def test_data_without_dm_or_study_are_checked_as_far_as_they_go() -> None:
    ae = pl.DataFrame({"USUBJID": ["1", "1"], "AESEQ": [1.0, 1.0], "AESTDTC": ["2020", "2020"]})
    clean = set_aside({"AE": ae, "TS": pl.DataFrame({"TSPARMCD": ["X", "X"]})})
    assert clean.counts == {"AE": (2, 1, 1), "TS": (2, 2, 0)}


def test_rules_say_what_they_do() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert (rule.action == "row") <= (rule.severity == "error"), rule.code
        assert (rule.action == "row") <= ("kept out" in rule.effect), rule.code
        assert (rule.action == "value") <= ("treated as missing" in rule.effect), rule.code


def test_findings_become_a_table_sorted_and_without_repeats() -> None:
    def finding(**changes: Any) -> Finding:
        base = {
            "severity": "note",
            "code": "c",
            "dataset": "AE",
            "row_key": "",
            "variable": "V",
            "seen": "1",
            "expected": "2",
            "effect": "none",
        }
        return Finding(**(base | changes))

    frame = findings_frame([finding(), finding(severity="error"), finding(subject="01"), finding()])
    assert frame["severity"].to_list() == ["error", "note", "note"]
    assert frame.columns[-1] == "subject"
    assert set(frame.dtypes) == {pl.String}
    assert findings_frame([]).height == 0
