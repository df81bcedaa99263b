"""Local beside central reading, and the readers, on fourteen patients worked by hand."""

import math

import polars as pl
import pytest
from tests.analyze.hand_review import hand_results
from tests.analyze.review_trial import review_adam, review_protocol, review_results
from tests.analyze.small_trial import find, value

from equipoise.analyze import analyze
from equipoise.results import STATISTICS, Results

LOCAL = {"analysis_id": "central_review"}
READERS = {"analysis_id": "reader_agreement"}


@pytest.fixture(scope="module")
def results() -> Results:
    return hand_results()


def counts(results: Results, arm: str, variable: str, **where: object) -> tuple[float, int]:
    rows = find(results, variable=variable, group_level=arm, statistic="n", **where)
    assert rows.height == 1, rows
    return rows["value"][0], rows["n"][0]


# a1 | a2 | a3 | b | c | d: pazopanib E01 E02 | E03 | E04 | E05 | E06 | E07, placebo C01 | - | C02 | C03 C04 | C05 | C06
OUTCOMES = {
    "pazopanib": {
        "both_same": 2,
        "local_later": 1,
        "local_earlier": 1,
        "local_only": 1,
        "central_only": 1,
        "neither": 1,
    },
    "placebo": {"both_same": 1, "local_later": 0, "local_earlier": 1, "local_only": 2, "central_only": 1, "neither": 1},
}


@pytest.mark.parametrize("arm", OUTCOMES)
def test_patients_by_when_each_reading_saw_progression(results: Results, arm: str) -> None:
    for outcome, count in OUTCOMES[arm].items():
        whole = sum(OUTCOMES[arm].values())
        assert counts(results, arm, "progression", variable_level=outcome, **LOCAL) == (count, whole)
    assert counts(results, "pazopanib", "read_by_both", **LOCAL) == (7, 8)
    assert counts(results, "pazopanib", "not_read", variable_level="both", **LOCAL) == (1, 8)


@pytest.mark.evidence(
    method="analyze, discrepancy rates", kind="hand", source="formulas of Amit and others 2011 on fourteen patients"
)
@pytest.mark.parametrize(
    ("arm", "early", "late"),
    [
        ("pazopanib", (2, 5), (2, 4)),  # (b + a3) / (a + b) = (1 + 1) / (4 + 1); (c + a2) / (b + c + a2 + a3) = 2 / 4
        ("placebo", (3, 4), (1, 4)),  # (2 + 1) / (2 + 2); (1 + 0) / (2 + 1 + 0 + 1)
        ("(all)", (5, 9), (3, 8)),
    ],
)
def test_discrepancy_rates(results: Results, arm: str, early: tuple[int, int], late: tuple[int, int]) -> None:
    for variable, (count, whole) in (("early_discrepancy", early), ("late_discrepancy", late)):
        row = {"variable": variable, "group_level": arm, "reference_level": None, **LOCAL}
        assert counts(results, arm, variable, **LOCAL) == (count, whole)
        assert value(results, statistic="estimate", **row) == pytest.approx(count / whole)
        assert value(results, statistic="percent", **row) == pytest.approx(100 * count / whole)


def test_discrepancy_rates_are_compared_between_arms(results: Results) -> None:
    row = {"variable": "early_discrepancy", "measure": "risk_difference", "statistic": "estimate", **LOCAL}
    assert value(results, group_level="pazopanib", reference_level="placebo", **row) == pytest.approx(2 / 5 - 3 / 4)


@pytest.mark.evidence(method="analyze, kappa", kind="hand", source="two by two table of thirteen patients")
def test_kappa_of_progression(results: Results) -> None:
    # local yes: 5 + 4 = 9 of 13, central yes 5 + 3 = 8; both yes 4 + 2 = 6, both no 2: agree 8 / 13
    cells = {("Y", "Y"): 6, ("Y", "N"): 3, ("N", "Y"): 2, ("N", "N"): 2}
    for (local, central), count in cells.items():
        row = {"parent_level": local, "variable_level": central, **LOCAL}
        assert counts(results, "(all)", "progressed_pair", **row) == (count, 13)
    chance = (9 * 8 + 4 * 5) / 169
    kappa = (8 / 13 - chance) / (1 - chance)
    row = {"variable": "progressed_kappa", "group_level": "(all)", **LOCAL}
    assert value(results, statistic="estimate", **row) == pytest.approx(kappa, rel=1e-13)
    # Fleiss, Cohen and Everitt for two categories, by the sums of their formula
    p = {key: count / 13 for key, count in cells.items()}
    rows, columns = {"Y": 9 / 13, "N": 4 / 13}, {"Y": 8 / 13, "N": 5 / 13}
    first = sum(p[k, k] * ((1 - chance) - (rows[k] + columns[k]) * (1 - 8 / 13)) ** 2 for k in "YN")
    second = (1 - 8 / 13) ** 2 * sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i, j in (("Y", "N"), ("N", "Y")))
    third = (8 / 13 * chance - 2 * chance + 8 / 13) ** 2
    error = math.sqrt((first + second - third) / 13) / (1 - chance) ** 2
    assert value(results, statistic="std_error", **row) == pytest.approx(error, rel=1e-12)


def test_timing_of_progression_in_days(results: Results) -> None:
    row = {"variable": "timing_days", "group_level": "(all)", **LOCAL}
    # E01 0, E02 0, E03 -84, E04 84, C01 0, C02 84
    assert value(results, statistic="n", **row) == 6
    assert value(results, statistic="mean", **row) == pytest.approx(14)
    assert [value(results, statistic=s, **row) for s in ("min", "median", "max")] == [-84, 0, 84]


def test_scans_of_the_same_assessment(results: Results) -> None:
    # read by both: E01 1, E02 2, E03 1, E04 1, E05 1, E06 2, E07 3, C01 1, C02 1, C03 1, C04 2, C05 3, C06 3
    assert counts(results, "(all)", "scans", **LOCAL)[0] == 22
    # by the site alone E03 2 and E06 3; centrally alone E04 2, C02 2, E05 2, C03 2, C04 3
    alone = {
        level: counts(results, "(all)", "scans_one_reader", variable_level=level, **LOCAL)[0]
        for level in ("local", "central")
    }
    assert alone == {"local": 2, "central": 5}
    # the readings differ on E03 1, E06 2, C05 3 (SD by the site, PD), E04 1, E05 1, C02 1, C03 1, C04 2 (PD, SD)
    assert counts(results, "(all)", "scan_agree", **LOCAL) == (14, 22)
    assert counts(results, "(all)", "any_scan_differs", **LOCAL) == (8, 13)
    central = {"variable_level": "central", **LOCAL}
    assert counts(results, "(all)", "any_scan_progression", **central) == (3, 13)
    assert counts(results, "(all)", "any_scan_progression", variable_level="local", **LOCAL) == (5, 13)


def test_local_progression_that_ended_central_observation(results: Results) -> None:
    assert counts(results, "(all)", "local_progression", **LOCAL) == (9, 13)
    assert counts(results, "(all)", "local_not_central", **LOCAL) == (3, 9)
    assert counts(results, "(all)", "scanned_after_local", **LOCAL) == (3, 3)
    # central time censored 5 (E05), 84 (C03) and 0 (C04) days after the local progression; the interval is 84 + 7 days
    assert counts(results, "(all)", "censored_at_local", **LOCAL) == (3, 3)
    row = {"variable": "censoring_delay_days", "group_level": "(all)", **LOCAL}
    assert [value(results, statistic=s, **row) for s in ("min", "median", "max")] == [0, 5, 84]


def test_readers_agree_and_are_adjudicated(results: Results) -> None:
    pair = {"subgroup_level": "1 and 2", **READERS}
    assert counts(results, "(all)", "read_by_both", **pair) == (13, 14)
    # progression by both: E01 E02 E03 E04 E06 C01 C02 C05, at the same assessment all but E04
    assert counts(results, "(all)", "same_progression", **pair) == (7, 8)
    assert counts(results, "(all)", "progressed_agree", **pair) == (12, 13)
    assert counts(results, "(all)", "best_response_agree", **pair) == (12, 13)
    assert counts(results, "(all)", "adjudicated", **READERS) == (3, 13)
    reasons = {"progression date": 2, "best response": 1}
    for reason, count in reasons.items():
        assert counts(results, "(all)", "adjudication_reason", variable_level=reason, **READERS) == (count, 13)
    assert counts(results, "(all)", "overruled", variable_level="1", **READERS) == (0, 13)
    assert counts(results, "(all)", "overruled", variable_level="2", **READERS) == (3, 13)
    assert counts(results, "(all)", "endorsed", variable_level="1", **READERS) == (3, 3)


def test_turn_around(results: Results) -> None:
    row = {"analysis_id": "turnaround", "group_level": "(all)"}
    assert value(results, variable="working_days", statistic="median", **row) == 5  # 1 2 3 4 5 5 6 8 9
    assert counts(results, "(all)", "within_clock", analysis_id="turnaround") == (6, 9)
    text = find(results, variable="within_clock", statistic="n", **row)["text"][0]
    assert text == "5 working days"


def test_objective_response_among_the_measurable(results: Results) -> None:
    row = {"analysis_id": "response"}
    assert counts(results, "pazopanib", "objective_response", **row) == (1, 8)
    assert counts(results, "pazopanib", "objective_response_measurable", **row) == (
        0,
        6,
    )  # E07 is not, E08 was not read


def test_a_second_order_of_rows_gives_the_same_results() -> None:
    data = review_adam()
    mixed = {name: frame.sample(fraction=1.0, shuffle=True, seed=7) for name, frame in data.items()}
    again = analyze(review_protocol(), mixed, [], cut_name="final", cutoff=None)
    once = analyze(review_protocol(), data, [], cut_name="final", cutoff=None)
    for table in ("statistics", "subjects", "source_sets"):
        assert getattr(again, table).equals(getattr(once, table)), table


def test_every_row_is_found_by_its_columns() -> None:

    rows = review_results().statistics
    keys = [c for c in STATISTICS if c not in ("row_id", "value", "status", "unit", "n", "n_events", "source_set")]
    assert rows.filter(pl.struct(keys).is_duplicated()).height == 0
