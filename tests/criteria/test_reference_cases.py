"""The cases carried in these tests are those of the reference material, where it is at hand."""

import json
import re
from pathlib import Path

from tests.criteria.pfs_cases import CASES as HISTORIES
from tests.criteria.pfs_cases import VARIANTS
from tests.criteria.recist_cases import CASES, case_frame
from tests.criteria.test_review_histories import HISTORIES as REVIEW

from equipoise.criteria import Measurement, patient_response, recist_responses

MARKS = {"CR": "C", "NON-CR/NON-PD": "S", "PD": "P", "NE": "E", None: "-"}


def table_rows(text: str, pattern: str) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if re.fullmatch(pattern, row[0])]


def short(word: str | None) -> str:
    return {"NON-CR/NON-PD": "NN", None: "-"}.get(word, str(word))


def line_of(case: dict) -> str:  # type: ignore[type-arg]
    """A case of the reference file, written as in the tests."""
    points = [
        f"{p['day']} {p['targets']} {MARKS[p['non_target']]}{'+' if p['new_lesion'] else ''}"
        for p in case["timepoints"]
    ]
    expect = case["expect"]
    sums = " ".join("~" if s is None else f"{s:g}" for s in expect["sums"])
    columns = [
        case["id"],
        case["baseline"],
        " ; ".join(points),
        " ".join(map(short, expect["target"])),
        " ".join(map(short, expect["overall"])),
        short(expect["bor_unconfirmed"]),
        short(expect["bor_confirmed"]),
        "-" if expect["pd_day"] is None else str(expect["pd_day"]),
        sums,
    ]
    return " | ".join(columns)


def test_lesion_cases(reference: Path) -> None:
    cases = json.loads((reference / "recist_cases.json").read_text())["cases"]
    lines = {line.split(" | ")[0]: line for line in CASES.strip().splitlines()}
    assert {case["id"]: line_of(case) for case in cases} == lines


def test_lesion_cases_are_answered_for_one_patient_too(reference: Path) -> None:
    for case in json.loads((reference / "recist_cases.json").read_text())["cases"]:
        rows = case_frame(line_of(case)).to_dicts()
        given = [
            Measurement(
                day=row["DAY"], lesion=row["LESION"], kind=row["KIND"], diameter=row["DIAMETER"], state=row["STATE"],
                nodal=bool(row["NODAL"]), part=str(row["PART"] or ""),
            )
            for row in rows
        ]  # fmt: skip
        found, expect = patient_response(given), case["expect"]
        assert [visit.overall for visit in found.visits] == expect["overall"], case["id"]
        answers = (found.best, found.confirmed, found.progression_day)
        assert answers == (expect["bor_unconfirmed"], expect["bor_confirmed"], expect["pd_day"]), case["id"]
        assert recist_responses(case_frame(line_of(case))).best["BOR"].item() == found.best


def test_progression_free_survival_cases(reference: Path) -> None:
    rows = table_rows((reference / "PFS-CENSORING.md").read_text(), r"\d+")
    main = {row[0]: row for row in rows if len(row) == 8}
    assert list(main) == [case.number for case in HISTORIES]
    for case in HISTORIES:
        row = main[case.number]
        assert row[2:7] == [case.a, case.b, case.c, case.p, case.k], case.number
        left, right = case.interval
        assert row[7].split(" or exact")[0] == f"({left}, {f'{right}]' if right else 'inf)'}", case.number
    small = [row[0] for row in rows if len(row) == 3]
    assert sorted(small, key=int) == [str(n) for n in range(36, 55)]
    assert set(small) <= {case.number.split()[0] for case in VARIANTS}


def test_review_histories(reference: Path) -> None:
    rows = {row[0]: row for row in table_rows((reference / "RECIST-BICR.md").read_text(), r"F\d\d")}
    assert sorted(rows) == sorted({line.split(" |")[0].split()[0] for line in REVIEW})
    for line in REVIEW:
        name, _, _, a, p = (part.strip() for part in line.split("|"))
        row = rows[name.split()[0]]
        who = name.partition(" ")[2]
        pattern = rf"{who}:? (event|censor) d(\d+)" if who else r"(event|censor) d(\d+)"
        for answer, cell in ((a, row[2]), (p, row[2] if row[3] == "same" else row[3])):
            kind, day = re.findall(pattern, cell)[0]
            assert answer == f"{kind[0].upper()}{day}", (name, cell)
