"""RECIST 1.1 on worked cases: target and overall response, sums, best response and day of progression."""

import polars as pl
import pytest
from tests.criteria.recist_cases import CASES, case_frame, words

from equipoise.criteria import Charter, recist_responses

LINES = CASES.strip().splitlines()


def by_name(name: str) -> str:
    return next(line for line in LINES if line.startswith(f"{name} |"))


def overall(name: str, charter: Charter) -> list[str]:
    return recist_responses(case_frame(by_name(name)), charter).visits["OVERALL"].to_list()


def confirmed(name: str, charter: Charter) -> str:
    return recist_responses(case_frame(by_name(name)), charter).best["CBOR"].item()


def test_there_are_62_cases() -> None:
    assert len({line.split(" | ")[0] for line in LINES}) == 62


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split(" | ")[0])
def test_case(line: str) -> None:
    _, _, _, target, response, best, best_confirmed, progression, sums = line.split(" | ")

    found = recist_responses(case_frame(line))

    visits, reading = found.visits, found.best.row(0, named=True)
    assert visits["TARGET"].fill_null("-").to_list() == words(target)
    assert visits["OVERALL"].to_list() == words(response)
    assert [reading["BOR"], reading["CBOR"]] == words(f"{best} {best_confirmed}")
    assert reading["PDDAY"] == (None if progression == "-" else int(progression))
    assert visits["SUM"].to_list() == [None if s == "~" else float(s) for s in sums.split()]
    assert "error" not in found.findings["severity"].to_list()


def test_all_cases_in_one_frame_equal_the_cases_alone() -> None:
    together = recist_responses(pl.concat([case_frame(line) for line in LINES]))
    alone = [recist_responses(case_frame(line)) for line in LINES]
    key = "USUBJID"
    assert together.visits.equals(pl.concat([a.visits for a in alone]).sort(key, "DAY"))
    assert together.best.equals(pl.concat([a.best for a in alone]).sort(key))


def test_charter_decides_what_may_lie_between_response_and_confirmation() -> None:
    assert confirmed("T26", Charter(confirmation_ne_allowed=0)) == "SD"
    assert confirmed("T27", Charter(confirmation_sd_allowed=1)) == "PR"


def test_charter_decides_how_long_a_partial_response_lasts() -> None:
    never, always = Charter(keep_partial_response="never"), Charter(keep_partial_response="always")
    assert overall("T13", always) == ["PR", "PR"]
    assert overall("T52", never) == ["PR", "PR", "SD"]
    assert overall("T53", always) == ["PR", "PR", "PD"]


def test_charter_decides_on_a_node_that_returns_after_complete_response() -> None:
    assert overall("T43", Charter(node_returns="reimage")) == ["CR", "PR"]


def test_recist_1_0_has_no_absolute_increase_and_no_short_axis() -> None:
    old = Charter(criteria="RECIST 1.0")
    assert overall("T07", old) == ["PD"]  # 20 to 24 mm
    assert overall("T15", old) == ["PR", "PR"]  # nodes of 9 and 8 mm are not gone


def test_stable_disease_counts_from_the_minimum_after_the_reference_day() -> None:
    def best(day: int, charter: Charter) -> str:
        rows = {"DAY": [1, day], "LESION": ["T1", "T1"], "KIND": ["TARGET"] * 2, "DIAMETER": [30, 30]}
        return recist_responses(pl.DataFrame(rows).with_columns(USUBJID=pl.lit("1")), charter).best["BOR"].item()

    assert [best(42, Charter()), best(43, Charter())] == ["NE", "SD"]  # day 43 is 42 days after day 1
    assert best(42, Charter(reference_day=0, baseline_window_days=40)) == "NE"


def test_unconfirmed_complete_response_of_non_target_disease_is_no_stable_disease() -> None:
    rows = {"DAY": [1, 57], "LESION": ["N1"] * 2, "KIND": ["NON-TARGET"] * 2, "STATE": ["PRESENT", "ABSENT"]}
    best = recist_responses(pl.DataFrame(rows).with_columns(USUBJID=pl.lit("1"))).best
    assert (best["BOR"].item(), best["CBOR"].item()) == ("CR", "NON-CR/NON-PD")


def test_new_therapy_ends_what_counts_for_the_best_response() -> None:
    frame = case_frame(by_name("T14"))
    therapy = pl.DataFrame({"USUBJID": ["T14"], "DAY": [60]})
    best = recist_responses(frame, new_therapy=therapy).best
    assert (best["BOR"].item(), best["CBOR"].item()) == ("CR", "SD")
