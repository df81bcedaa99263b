"""What must hold whatever was measured."""

from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from equipoise.criteria import Charter, ResponseRules, TimePoint, best_overall_response, recist_responses
from equipoise.terms import Response

SIZES = st.one_of(st.integers(0, 80).map(float), st.just(None), st.sampled_from([4.5, 9.9, 10.0]))
STATES = st.sampled_from(["ABSENT", "PRESENT", "UNEQUIVOCAL", "NOT EVALUABLE"])
NEW = st.sampled_from([None, None, None, "EQUIVOCAL", "UNEQUIVOCAL", "ABSENT"])
SCHEMA = {
    "USUBJID": pl.String,
    "DAY": pl.Int64,
    "LESION": pl.String,
    "KIND": pl.String,
    "DIAMETER": pl.Float64,
    "STATE": pl.String,
    "NODAL": pl.Boolean,
}
CHARTERS = st.builds(
    Charter,
    criteria=st.sampled_from(["RECIST 1.1", "RECIST 1.0", "iRECIST"]),
    keep_partial_response=st.sampled_from(["never", "confirmed", "always"]),
    progression_date=st.sampled_from(["first_scan", "last_target_scan"]),
    node_returns=st.sampled_from(["progression", "reimage"]),
)


@st.composite
def patients(draw: st.DrawFn, nodes: bool = True, missing: bool = True, least: int = 1) -> list[dict[str, Any]]:
    """Rows of one patient: up to four targets, a non-target lesion or none, and perhaps a new lesion."""
    n = draw(st.integers(least, 4))
    nodal = [nodes and draw(st.booleans()) for _ in range(n)]
    days = [1, *draw(st.lists(st.integers(2, 400), min_size=1, max_size=6, unique=True).map(sorted))]
    other = n == 0 or draw(st.booleans())
    rows: list[dict[str, Any]] = []
    for day in days:
        for i in range(n):
            size = draw(SIZES if day > 1 and missing else st.integers(10, 80).map(float))
            rows.append({"DAY": day, "LESION": f"T{i}", "KIND": "TARGET", "DIAMETER": size, "NODAL": nodal[i]})
        if other:
            state = draw(STATES) if day > 1 else "PRESENT"
            rows.append({"DAY": day, "LESION": "N", "KIND": "NON-TARGET", "STATE": state})
        new = draw(NEW) if day > 1 else None
        if new:
            rows.append({"DAY": day, "LESION": "X", "KIND": "NEW", "STATE": new})
    return [{"USUBJID": "01", **row} for row in rows]


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


@given(patients(), CHARTERS, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_names_of_lesions_matter(rows: Any, charter: Charter, random: Any) -> None:
    expected = recist_responses(frame(rows), charter)
    names = sorted({row["LESION"] for row in rows})
    shuffled = random.sample(names, len(names))
    renamed = dict(zip(names, shuffled, strict=True))
    other = [{**row, "LESION": renamed[row["LESION"]]} for row in random.sample(rows, len(rows))]

    found = recist_responses(frame(other), charter)

    assert found.visits.equals(expected.visits)
    assert found.best.equals(expected.best)


@given(st.lists(patients(), min_size=2, max_size=3), CHARTERS)
def test_patients_do_not_touch_each_other(several: Any, charter: Charter) -> None:
    named = [[{**row, "USUBJID": str(i)} for row in rows] for i, rows in enumerate(several)]
    together = recist_responses(frame([row for rows in named for row in rows]), charter)
    alone = [recist_responses(frame(rows), charter) for rows in named]
    assert together.visits.equals(pl.concat([a.visits for a in alone]))
    assert together.best.equals(pl.concat([a.best for a in alone]))


@given(patients(nodes=False), st.sampled_from([2, 3, 7]))
def test_larger_lesions_change_responses_through_the_5_mm_rule_alone(rows: Any, factor: int) -> None:
    larger = [{**row, "DIAMETER": row.get("DIAMETER") and row["DIAMETER"] * factor} for row in rows]
    sums = Charter(lesion_returns="sum", keep_partial_response="never")
    before, after = (recist_responses(frame(r), sums).visits for r in (rows, larger))
    for old, new in zip(before.to_dicts(), after.to_dicts(), strict=True):
        if old["TARGET"] != new["TARGET"]:
            grown = old["MEASURED"] - old["NADIR"]
            assert new["TARGET"] == "PD"
            assert 0 < grown < 5 <= grown * factor
            assert old["MEASURED"] >= 1.2 * old["NADIR"] - 1e-9
    without = Charter(criteria="RECIST 1.0", lesion_returns="sum", keep_partial_response="never")
    before, after = (recist_responses(frame(r), without).visits for r in (rows, larger))
    assert before["TARGET"].equals(after["TARGET"])


@given(patients(), patients(), CHARTERS)
def test_visits_after_progression_change_nothing_before(rows: Any, more: Any, charter: Charter) -> None:
    first = recist_responses(frame(rows), charter)
    if first.best["PDDAY"].item() is None:
        return
    known = {(row["LESION"], row["KIND"]): row.get("NODAL") for row in rows}
    last = max(row["DAY"] for row in rows)
    later = [
        {**row, "DAY": row["DAY"] + last, "NODAL": known.get((row["LESION"], row["KIND"]))}
        for row in more
        if row["DAY"] > 1 and (row["KIND"] == "NEW" or (row["LESION"], row["KIND"]) in known)
    ]

    found = recist_responses(frame([*rows, *later]), charter)

    assert found.visits.head(first.visits.height).equals(first.visits)
    assert found.best.drop("NADIR").equals(first.best.drop("NADIR"))
    assert found.visits["AFTERPD"][first.visits.height :].all()


@given(patients(least=0), st.booleans(), st.integers(0, 2), st.integers(0, 2))
def test_best_response_is_that_of_the_overall_responses(rows: Any, confirmed: bool, ne: int, sd: int) -> None:
    charter = Charter(confirmation_ne_allowed=ne, confirmation_sd_allowed=sd)
    found = recist_responses(frame(rows), charter)
    points = [TimePoint(day - 1, Response(word)) for day, word in found.visits.select("DAY", "FINAL").rows()]
    rules = ResponseRules(confirmed=confirmed, ne_allowed=ne, sd_allowed=sd)

    expected = best_overall_response(points, rules, measurable=bool(found.best["NTARGET"].item()))

    best = found.best.row(0, named=True)
    assert best["CBOR" if confirmed else "BOR"] == expected.response
    day = best["CBORDAY" if confirmed else "BORDAY"]
    assert day == (None if expected.index is None else points[expected.index].day + 1)


def by_the_book(rows: list[dict[str, Any]]) -> list[str]:
    """Overall responses of one patient, written down from the guideline with exact fractions, visit by visit."""
    targets = {row["LESION"]: row for row in rows if row["DAY"] == 1 and row["KIND"] == "TARGET"}
    others = any(row["KIND"] == "NON-TARGET" for row in rows)
    baseline = sum(Fraction(str(row["DIAMETER"])) for row in targets.values())
    nadir, answers = baseline, list[str]()
    for day in sorted({row["DAY"] for row in rows} - {1}):
        visit = {row["LESION"]: row for row in rows if row["DAY"] == day}
        sizes = {name: visit[name]["DIAMETER"] for name in targets}
        known = {name: Fraction(str(size)) for name, size in sizes.items() if size is not None}
        back = [name for name, size in known.items() if (size >= 10 if targets[name]["NODAL"] else size > 0)]
        total, complete = sum(known.values()), len(known) == len(targets)
        if complete and not back:
            target = "CR"
        elif ("CR" in answers and back) or (total - nadir >= 5 and total >= nadir * Fraction(12, 10)):
            target = "PD"
        elif not complete:
            target = "NE"
        else:
            target = "PR" if total <= baseline * Fraction(7, 10) else "SD"
        state = visit.get("N", {}).get("STATE")
        new = visit.get("X", {}).get("STATE") == "UNEQUIVOCAL"
        if target == "PD" or state == "UNEQUIVOCAL" or new:
            answers.append("PD")
        else:
            answers.append("PR" if target == "CR" and others and state != "ABSENT" else target)
        if complete:
            nadir = min(nadir, total)
    return answers


@given(patients())
def test_overall_responses_are_those_of_the_guideline(rows: Any) -> None:
    found = recist_responses(frame(rows), Charter(keep_partial_response="never"))
    assert found.visits["OVERALL"].to_list() == by_the_book(rows)
