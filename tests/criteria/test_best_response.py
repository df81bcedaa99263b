"""Best overall response: words of responses at days, and the answer with and without confirmation."""

import pytest

from equipoise.criteria import ResponseRules, TimePoint, best_overall_response, clinical_benefit, first_response
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
