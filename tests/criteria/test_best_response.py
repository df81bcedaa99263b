"""Best overall response: words of responses at days, and the answer with and without confirmation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.criteria import (
    Charter,
    ResponseRules,
    TimePoint,
    best_overall_response,
    clinical_benefit,
    first_response,
    until_progression,
)
from equipoise.criteria import recist_kernel as kernel
from equipoise.criteria.lesion_rows import settings
from equipoise.criteria.response_words import RESPONSES
from equipoise.terms import Response


def points(text: str) -> list[TimePoint]:
    """Time points of "PR21 CR42": response, then days after the reference date."""
    found = []
    for word in text.split():
        name = word.rstrip("0123456789")
        response = Response.NON_CR_NON_PD if name == "NN" else Response(name)
        found.append(TimePoint(int(word[len(name) :]), response))
    return found


UNCONFIRMED, CONFIRMED = ResponseRules(), ResponseRules(confirmed=True)

CASES = [
    # readings, best response, position, confirmed best response, position
    ("", None, None, None, None),
    ("NE42", "NE", 0, "NE", 0),
    ("SD21", "NE", 0, "NE", 0),  # stable, but too early
    ("SD42", "SD", 0, "SD", 0),  # on the minimum day
    ("SD41 SD84", "SD", 1, "SD", 1),
    ("SD21 PD63", "PD", 1, "PD", 1),
    ("SD42 PD63", "SD", 0, "SD", 0),
    ("NN21", "NE", 0, "NE", 0),
    ("NN42", "NON-CR/NON-PD", 0, "NON-CR/NON-PD", 0),
    ("PD21 CR63 CR105", "PD", 0, "PD", 0),  # nothing counts after progression
    ("PR21 PR49", "PR", 0, "PR", 0),  # 28 days later
    ("PR21 PR48", "PR", 0, "SD", 1),  # 27 days later; stable from day 42
    ("PR21", "PR", 0, "NE", 0),
    ("PR21 PD42", "PR", 0, "PD", 1),
    ("PR21 CR42 PD63", "CR", 1, "SD", 1),
    ("PR42 NE63 PR84", "PR", 0, "PR", 0),  # one reading not evaluable between
    ("PR42 NE50 NE63 PR84", "PR", 0, "SD", 0),  # two
    ("PR42 SD63 PR84", "PR", 0, "SD", 0),
    ("CR42 CR84", "CR", 0, "CR", 0),
    ("CR42 PR84 CR126", "CR", 0, "PR", 1),  # not a confirmed CR, but the PR after it is confirmed
    ("PR42 CR84", "CR", 1, "PR", 0),
    ("PR42 CR84 CR126", "CR", 1, "CR", 1),
    ("SD42 PR84", "PR", 1, "SD", 0),
]


@pytest.mark.parametrize(("text", "best", "index", "confirmed", "confirmed_index"), CASES)
def test_best_overall_response(
    text: str, best: str | None, index: int | None, confirmed: str | None, confirmed_index: int | None
) -> None:
    found = best_overall_response(points(text), UNCONFIRMED)
    assert (found.response, found.index) == (best, index)
    found = best_overall_response(points(text), CONFIRMED)
    assert (found.response, found.index) == (confirmed, confirmed_index)


def test_stable_between_two_partial_responses_can_be_allowed() -> None:
    rules = ResponseRules(confirmed=True, sd_allowed=1)
    assert best_overall_response(points("PR42 SD63 PR84"), rules).response == "PR"
    assert best_overall_response(points("PR42 SD63 SD70 PR84"), rules).response == "SD"


@pytest.mark.parametrize(
    ("text", "response", "confirmed", "benefit"),
    [
        ("SD21 NE57 CR63", 2, None, 2),
        ("PR21 CR42 PD63", 0, None, 0),
        ("SD21 PR42 NE63 PR84", 1, 1, 1),
        ("SD21 SD42 PD63", None, None, 1),
        ("SD21 PD42 PR63", None, None, None),
        ("NN21 NN42", None, None, 1),
        ("PD21 PR63 PR105", None, None, None),
    ],
)
def test_first_response_and_clinical_benefit(
    text: str, response: int | None, confirmed: int | None, benefit: int | None
) -> None:
    assert first_response(points(text), UNCONFIRMED) == response
    assert first_response(points(text), CONFIRMED) == confirmed
    assert clinical_benefit(points(text), UNCONFIRMED) == benefit


@pytest.mark.parametrize(
    ("text", "measurable", "best"),
    [
        ("CR42", None, "SD"),  # nothing tells: as with target lesions
        ("CR42", True, "SD"),
        ("CR42", False, "NON-CR/NON-PD"),
        ("NN21 CR42", None, "NON-CR/NON-PD"),
        ("CR21 NN42 PD63", None, "NON-CR/NON-PD"),
        ("CR21 PD42", False, "PD"),
        ("CR21", False, "NE"),
        ("CR42 CR84", False, "CR"),
    ],
)
def test_unconfirmed_response_of_non_target_disease_is_no_stable_disease(
    text: str, measurable: bool | None, best: str
) -> None:
    assert best_overall_response(points(text), CONFIRMED, measurable=measurable).response == best


HISTORY = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from([*Response])), max_size=8, unique_by=lambda point: point[0]
).map(sorted)


@given(HISTORY, st.booleans(), st.integers(0, 2), st.integers(0, 2), st.booleans())
def test_one_history_and_the_compiled_rules_agree(
    history: list[tuple[int, Response]], confirmed: bool, ne: int, sd: int, measurable: bool
) -> None:
    rules = ResponseRules(confirmed=confirmed, ne_allowed=ne, sd_allowed=sd)
    charter = Charter(confirmation_ne_allowed=ne, confirmation_sd_allowed=sd, reference_day=0)
    points = until_progression([TimePoint(day, response) for day, response in history])
    codes = np.array([RESPONSES.index(point.response) for point in points], dtype=np.int64)
    days = np.array([point.day for point in points], dtype=np.int64)

    code, place = kernel.best_response(codes, days, len(points), confirmed, measurable, settings(charter))

    found = best_overall_response(points, rules, measurable=measurable)
    assert (found.response, found.index) == (RESPONSES[code], None if place < 0 else place)
    first = kernel.first_of(codes, days, len(points), kernel.NONE, confirmed, settings(charter))
    assert first_response(points, rules) == (None if first < 0 else first)
