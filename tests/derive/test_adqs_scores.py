"""Scores in ADQS: every item goes through SDTM rows.

The worked examples of QLQ-C30 were computed by R PROscorer and R QoLR, the reference forms scored by R QoLR 1.0.3.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import protocol, sdtm, subject
from tests.derive.made_up_forms import RECORD_A, derived, form, qlq_c30, with_forms

from equipoise.cdisc import Finding
from equipoise.derive import Derived, derive
from equipoise.protocol import data_cut

C30 = [{"name": "QLQ-C30", "every_weeks": 12}]
GINET = [{"name": "QLQ-GINET21", "every_weeks": 12}]
ORIGINAL = [{"name": "QLQ-GINET21", "every_weeks": 12, "scoring": "original"}]
LASA = [{"name": "LASA", "every_weeks": 12}]
ALL_1 = " ".join(["1"] * 30)
WORST = " ".join(["4"] * 28 + ["7"] * 2)


def values(result: Derived) -> dict[str, float | None]:
    return dict(result.adam["ADQS"].select("SCALE", "AVAL").iter_rows())


def problems(result: Derived, code: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.code == code]


FULL_A: dict[str, float | None] = {
    "QL": 75,
    "PF": 80,
    "RF": 83.3333,
    "EF": 66.6667,
    "CF": 83.3333,
    "SF": 83.3333,
    "FA": 55.5556,
    "NV": 0,
    "PA": 16.6667,
    "DY": 0,
    "SL": 33.3333,
    "AP": 0,
    "CO": 0,
    "DI": 33.3333,
    "FI": 0,
    "SUMMARY": 81.3675,
}
WORKED: list[tuple[str, dict[str, Any], dict[str, float | None]]] = [
    (RECORD_A, {}, FULL_A),
    (ALL_1, {"Q29": 1, "Q30": 1}, {"QL": 0, "PF": 100, "FA": 0, "SUMMARY": 100}),
    (WORST, {}, {"QL": 100, "PF": 0, "EF": 0, "FA": 100, "DI": 100, "SUMMARY": 0}),
    (RECORD_A, {"Q1": None, "Q2": None}, {"PF": 100, "SUMMARY": 82.9060}),
    (RECORD_A, {"Q1": None, "Q2": None, "Q3": None}, {"PF": None, "SUMMARY": None}),
    (RECORD_A, {"Q4": None, "Q5": None}, {"PF": 66.6667}),
    (RECORD_A, {"Q29": None}, {"QL": 83.3333, "SUMMARY": 81.3675}),
    (RECORD_A, {"Q29": None, "Q30": None}, {"QL": None, "SUMMARY": 81.3675}),
    (RECORD_A, {"Q10": None}, {"FA": 50, "SUMMARY": 81.7949}),
    (RECORD_A, {"Q10": None, "Q12": None}, {"FA": None, "SUMMARY": None}),
    (RECORD_A, {"Q21": None, "Q22": None}, {"EF": 83.3333, "SUMMARY": 82.6496}),
    (RECORD_A, {"Q21": None, "Q22": None, "Q23": None}, {"EF": None, "SUMMARY": None}),
    (RECORD_A, {"Q8": None}, {"DY": None, "SUMMARY": None}),
    (RECORD_A, {"Q6": None, "Q20": None, "Q26": None}, {"RF": 100, "CF": 100, "SF": 100, "SUMMARY": 85.2137}),
    (RECORD_A, {"Q17": 4}, {"DI": 100}),
]


@pytest.mark.parametrize(("record", "changes", "expected"), WORKED)
def test_worked_examples_of_qlq_c30(record: str, changes: dict[str, Any], expected: dict[str, float | None]) -> None:
    found = values(derived([form("S", 1, qlq_c30(record, **changes))], instruments=C30))

    for scale, value in expected.items():
        assert found[scale] == (None if value is None else pytest.approx(value, abs=5e-5)), scale


GINET_WORKED: list[tuple[list[dict[str, Any]], dict[int, Any], dict[str, float | None]]] = [
    (GINET, {31: 2, 32: 4, 33: 1}, {"ED": 44.4444}),
    (GINET, {31: 2, 33: 1}, {"ED": 16.6667}),
    (GINET, {31: 2}, {"ED": None}),
    (GINET, {34: 1, 35: 2, 36: 2, 37: 3, 38: 1}, {"GI": 26.6667}),
    (GINET, {35: 2, 36: 2, 38: 1}, {"GI": 22.2222}),
    (GINET, {35: 2, 36: 2}, {"GI": None}),
    (GINET, {39: 2, 40: 1, 46: 3}, {"TR": 16.6667, "WG": 66.6667}),
    (ORIGINAL, {39: 2, 40: 1, 46: 3}, {"TR": 33.3333}),
    (GINET, {39: "NA", 40: "N/A", 46: 3}, {"TR": None, "WG": 66.6667}),
    (ORIGINAL, {39: "NA", 40: "not applicable", 46: 3}, {"TR": None}),
    (GINET, {39: 2, 40: "NA"}, {"TR": 33.3333}),
    (GINET, {42: 3, 44: 2, 49: 4}, {"SF21": 66.6667}),
    (GINET, {43: 3, 47: 4}, {"DRW": 83.3333}),
]


@pytest.mark.parametrize(("instruments", "items", "expected"), GINET_WORKED)
def test_worked_examples_of_qlq_ginet21(
    instruments: list[dict[str, Any]], items: dict[int, Any], expected: dict[str, float | None]
) -> None:
    answers = {f"GINET{number}": value for number, value in items.items()}
    found = derived([form("S", 1, answers, "EORTC QLQ-GI.NET21")], instruments=instruments)

    for scale, value in expected.items():
        assert values(found)[scale] == (None if value is None else pytest.approx(value, abs=5e-5)), scale
    assert ("WG" in values(found)) is (instruments is GINET)
    assert not [f for f in found.findings if f.code.startswith("item-")]


def test_the_protocol_replaces_the_item_map() -> None:
    own = [{"name": "QLQ-GINET21", "every_weeks": 12, "item_map": {"WL": ["Q48"], "MBP": ["Q45"]}}]
    answers = {"Q45": 1, "Q48": 4}

    assert {k: v for k, v in values(derived([form("S", 1, answers, "QLQ-GINET21")], instruments=own)).items() if v} == {
        "WL": 100.0
    }
    assert values(derived([form("S", 1, answers, "QLQ-GINET21")], instruments=GINET))["MBP"] == 100.0


def test_lasa_is_scored_0_to_100_and_moves_by_its_threshold() -> None:
    own = [{"name": "LASA", "every_weeks": 12, "important_difference": 10}]
    forms = [form("S", day, {"QOL": value}, "LASA") for day, value in ((1, 7), (85, 6), (169, 8), (253, 7))]
    rows = derived(forms, instruments=own).adam["ADQS"]

    assert rows["AVAL"].to_list() == [70.0, 60.0, 80.0, 70.0]
    assert rows["CHG"].to_list() == [None, -10.0, 10.0, 0.0]
    assert rows["CHGCAT1"].to_list() == [None, "Worsened", "Improved", "Stable"]
    assert rows["PARAM"].unique().to_list() == ["LASA: QOL"]


@pytest.mark.parametrize("bad", [11, "-1", 7.5])
def test_lasa_answers_out_of_range_are_missing_and_told_of(bad: float | str) -> None:
    result = derived([form("S", 1, {"QOL": bad}, "LASA", VISIT="BASELINE")], instruments=LASA)

    (finding,) = [f for f in result.findings if f.code.startswith("item-")]
    assert values(result) == {"QOL_SCORE": None}
    assert finding.subject == "S"
    assert finding.row_key == "USUBJID=S, QSCAT=LASA, item QOL, VISIT=BASELINE, QSDTC=2020-01-06"
    assert (finding.seen, finding.expected) == (str(float(bad)) if bad != "-1" else "-1", "a whole number from 0 to 10")


def test_an_item_out_of_range_or_in_words_is_missing_and_names_subject_visit_and_item() -> None:
    result = derived([form("S", 1, qlq_c30(Q30=8, Q1="seven"), VISIT="WEEK 0")], instruments=C30)

    found = {f.code: f for f in result.findings if f.code.startswith("item-")}
    assert values(result)["QL"] == pytest.approx(200 / 3)
    assert values(result)["PF"] == pytest.approx(100 * (1 - 0.5 / 3))
    assert found["item-out-of-range"].row_key.startswith("USUBJID=S, QSCAT=QLQ-C30, item Q30, VISIT=WEEK 0")
    assert found["item-out-of-range"].seen == "8.0"
    assert found["item-not-number"].row_key.startswith("USUBJID=S, QSCAT=QLQ-C30, item Q1, VISIT=WEEK 0")
    assert found["item-not-number"].seen == "seven"
    assert all(f.effect == "the item counts as missing" for f in found.values())


def test_versions_are_not_mixed() -> None:
    old = form("S", 85, qlq_c30(Q1=1, Q2=2), "EORTC QLQ-C30 VERSION 2.0")
    result = derived([form("S", 1, qlq_c30()), old], instruments=C30)

    (finding,) = problems(result, "other-version")
    assert result.adam["ADQS"]["ADY"].unique().to_list() == [1]
    assert "VERSION 2.0 (30 rows)" in finding.seen
    assert finding.severity == "error"


def test_version_2_is_scored_as_version_2() -> None:
    own = [{"name": "QLQ-C30", "every_weeks": 12, "scoring": "version 2"}]
    answers = qlq_c30(Q1=1, Q2=2, Q3=1, Q4=1, Q5=1)
    result = derived([form("S", 1, answers, "EORTC QLQ-C30 VERSION 2.0")], instruments=own)

    assert values(result)["PF"] == 80.0
    assert not problems(result, "other-version")


@pytest.mark.parametrize(
    "stem", ["EOR01{:02d}", "EORTC{:02d}", "QLQ{:02d}", "QLQC30{:02d}", "C30{:02d}", "Q{:02d}", "Q{}"]
)
def test_usual_codes_of_the_items_are_known(stem: str) -> None:
    answers = {stem.format(i): value for i, value in enumerate(RECORD_A.split(), start=1)}

    assert values(derived([form("S", 1, answers, "QLQ-C30")], instruments=C30))["FA"] == pytest.approx(500 / 9)


def test_codes_categories_and_answers_of_a_trial_are_declared() -> None:
    own = [
        {
            "name": "QLQ-C30",
            "every_weeks": 12,
            "scales": ["QL"],
            "source": {"where": {"QSCAT": ["QOL"]}, "tests": {"Q29": "GH1", "Q30": "GH2"}, "answer": "QSORRES"},
        }
    ]
    forms = [form("S", 1, {"GH1": 5, "GH2": 6}, "QOL"), form("S", 85, {"GH1": 1, "GH2": 1}, "EORTC QLQ-C30")]
    result = derived(forms, instruments=own)

    assert values(result) == {"QL": 75.0}
    assert result.adam["ADQS"]["NITEMS"].to_list() == [2]


def test_unknown_categories_and_codes_are_told_of() -> None:
    nothing = derived([form("S", 1, {"A": 1}, "DIARY")], instruments=C30)
    strange = derived([form("S", 1, {"XX1": 1}, "QLQ-C30")], instruments=C30)

    assert problems(nothing, "questionnaire-without-rows")[0].seen == "QSCAT is DIARY"
    assert problems(strange, "items-absent")[0].severity == "error"
    assert nothing.adam["ADQS"].is_empty()
    assert nothing.adam["ADPRO"].height == 5


def test_scales_of_your_own_are_sums_means_and_ready_made_scores() -> None:
    own = [
        {
            "name": "DIARY",
            "every_weeks": 12,
            "items": {"A": {"low": 0, "high": 4}, "B": {"low": 0, "high": 4, "reversed": True}, "C": {"high": 4}},
            "define": {
                "SUM": {"label": "Sum", "items": ["A", "B", "C"], "score": "sum", "better": "low", "minimum_items": 2},
                "MEAN": {"label": "Mean", "items": ["A", "B", "C"], "better": "low", "minimum_items": 3},
                "PCT": {
                    "label": "Percent",
                    "items": ["A", "C"],
                    "score": "percent",
                    "better": "high",
                    "reversed": True,
                },
                "READY": {"label": "Ready", "testcd": "DTOT", "better": "high", "low": 0, "high": 70},
            },
        }
    ]
    full = derived([form("S", 1, {"A": 1, "B": 1, "C": 4, "DTOT": 33.25}, "DIARY")], instruments=own)
    part = derived([form("S", 1, {"A": 1, "B": 1, "DTOT": 71}, "DIARY")], instruments=own)
    text = derived([form("S", 1, {"DTOT": "high"}, "DIARY")], instruments=own)

    assert values(full) == {"SUM": 8.0, "MEAN": pytest.approx(8 / 3), "PCT": 37.5, "READY": 33.25}
    assert values(part) == {"SUM": 6.0, "MEAN": None, "PCT": 75.0, "READY": None}
    assert problems(part, "score-out-of-range")[0].expected == "a number from 0 to 70"
    assert problems(text, "score-not-number")[0].seen == "high"


def test_pro_ctcae_items_keep_their_answers() -> None:
    own = [
        {
            "name": "PRO-CTCAE",
            "every_weeks": 12,
            "define": {"NAUSEA": {"label": "Nausea severity", "items": ["PT23B"], "better": "low"}},
        }
    ]
    result = derived(
        [form("S", 1, {"PT23B": 4}, "PRO-CTCAE V1.0"), form("S", 85, {"PT23B": 5}, "PRO-CTCAE V1.0")], instruments=own
    )

    assert result.adam["ADQS"]["AVAL"].to_list() == [4.0, None]
    assert problems(result, "item-out-of-range")[0].expected == "a whole number from 0 to 4"


def test_split_data_sets_are_read_too() -> None:
    own = protocol(instruments=C30)
    data = with_forms(sdtm(subject("S")), [form("S", 1, qlq_c30())])
    data["QSQL"] = data.pop("QS")

    assert values(derive(own, data, cut=data_cut(own)))["QL"] == 75.0


_SCALES = ("QL", "PF", "RF", "EF", "CF", "SF", "FA", "NV", "PA", "DY", "SL", "AP", "CO", "DI", "FI")
REFERENCE = {
    "dataqol1": ("dataqol1_items.csv", "dataqol1_scores_golden.csv", ["id"]),
    "dataqol": ("dataqol_items.csv", "dataqol_scores_golden.csv", ["Id", "time"]),
    "adqlqc": ("adqlqc_items_scores.csv", "adqlqc_items_scores.csv", ["USUBJID", "AVISIT"]),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_every_score_of_the_reference_forms(reference: Path, name: str) -> None:
    file, golden_file, keys = REFERENCE[name]
    read = [
        pl.read_csv(reference / "qlqc30" / f, null_values=["", "NA"], infer_schema_length=None)
        for f in (file, golden_file)
    ]
    times = read[0].select(keys[1:]).unique(maintain_order=True).with_row_index("_T") if keys[1:] else None
    items, golden = (
        (frame if times is None else frame.join(times, on=keys[1:], how="left", maintain_order="left"))
        .with_columns(
            _P=pl.format("P{}", pl.col(keys[0]).cast(pl.String)),
            _D=(1 + 84 * (pl.col("_T") if times is not None else pl.lit(0))).cast(pl.Int32),
        )
        .rename({"QL2": "QL", "PF2": "PF", "RF2": "RF"}, strict=False)
        for frame in read
    )
    numbered = [next(c for c in (f"q{i}", f"q{i:02d}") if c in items.columns) for i in range(1, 31)]
    forms = [
        form(row["_P"], row["_D"], {f"EOR01{i:02d}": row[c] for i, c in enumerate(numbered, start=1)})
        for row in items.iter_rows(named=True)
    ]
    subjects = [subject(name) for name in items["_P"].unique().sort()]
    rows = derived(forms, subjects, C30).adam["ADQS"]

    ours = rows.pivot(on="SCALE", index=["USUBJID", "ADY"], values="AVAL")
    both = golden.join(ours, left_on=["_P", "_D"], right_on=["USUBJID", "ADY"], how="left", suffix="_ours")
    for scale in _SCALES:
        theirs, found = both[scale].cast(pl.Float64), both[f"{scale}_ours"]
        assert theirs.is_null().equals(found.is_null()), scale
        assert (theirs - found).abs().max() < 1e-9, scale
    assert both.height == golden.height
