"""Flow diagram: boxes that add up or are not drawn, and a layout that holds any text."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.report.figures.made_up import flow_results, trial_of

from equipoise.report.figures import Drawing, FlowError, consort_figure
from equipoise.report.figures.labels import Box
from equipoise.results import Results

ARM: dict[str, Any] = {
    "randomized": 97,
    "received": 89,
    "not_received": 8,
    "not_received_reason": {"Withdrew consent": 5, "Not recorded": 3},
    "on_treatment": 4,
    "discontinued": 85,
    "discontinued_reason": {"Progressive disease": 60, "Adverse event": 25},
    "left_study": 10,
    "left_study_reason": {"Lost to follow-up": 10},
    "crossed_over": 0,
    "analyzed": 97,
    "not_analyzed": 0,
}
CONTROL = {
    **ARM,
    "randomized": 74,
    "received": 72,
    "not_received": 2,
    "not_received_reason": {"Withdrew consent": 2, "Not recorded": 0},
    "on_treatment": 2,
    "discontinued": 70,
    "discontinued_reason": {"Progressive disease": 65, "Adverse event": 5},
    "crossed_over": 49,
    "analyzed": 74,
}


def flow(control: dict[str, Any] | None = None, **more: Any) -> Results:
    arms = {"drug": ARM, "control": {**CONTROL, **(control or {})}}
    return flow_results(arms, excluded={"Not eligible": 20, "Declined": 5}, **more)


def entries(drawing: Drawing) -> dict[tuple[str, str], str]:
    return {(box.name, box.arm): "\n".join(line.text for line in box.lines) for box in drawing.geometry["boxes"]}


def test_boxes_say_what_the_rows_say() -> None:
    trial = trial_of(["drug", "control"], crossover={"from": "control", "to": "drug"})
    figure = consort_figure(flow(trial=trial))
    assert figure is not None
    words = {key: text.replace("\N{NO-BREAK SPACE}", " ") for key, text in entries(figure.wide).items()}
    assert words["assessed", ""] == "Assessed for eligibility (n = 196)"
    assert words["excluded", ""] == "Excluded (n = 25)\nNot eligible (n = 20)\nDeclined (n = 5)"
    assert words["randomized", ""] == "Randomized (n = 171)"
    assert (
        "Did not receive treatment (n = 8)\nWithdrew consent (n = 5)\nNot recorded (n = 3)"
        in words["allocation", "drug"]
    )
    assert words["crossover", "control"] == "Crossed over to Drug (n = 49)"
    assert ("crossover", "drug") not in words
    assert words["analysis", "control"] == "Analyzed, Intention to treat (n = 74)\nNot analyzed (n = 0)"


def test_protocol_criteria_are_shown_in_order_with_their_zeros() -> None:
    criteria = {
        "consent": {"text": "Declined"},
        "age": {"text": "Age 18 years or over"},
        "who": {"text": "Not eligible"},
    }
    figure = consort_figure(flow(trial=trial_of(["drug", "control"], eligibility=criteria)))
    assert figure is not None
    lines = entries(figure.wide)["excluded", ""].replace("\N{NO-BREAK SPACE}", " ").split("\n")
    assert lines == ["Excluded (n = 25)", "Declined (n = 5)", "Age 18 years or over (n = 0)", "Not eligible (n = 20)"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"randomized": 75}, "assessed 196, but excluded 25 + randomized 172 = 197"),
        ({"received": 71}, "Control: randomized 74, but received 71 + not received 2 = 73"),
        ({"not_received_reason": {"Withdrew consent": 1}}, "Control: not received 2, but Withdrew consent 1 = 1"),
        ({"on_treatment": 5}, "Control: treated 72, but on treatment 5 + discontinued 70 = 75"),
        ({"discontinued_reason": {}}, "Control: discontinued 70, but nothing = 0"),
        ({"left_study": 11}, "Control: left the study 11, but Lost to follow-up 10 = 10"),
        ({"crossed_over": 75}, "Control: crossed over 75 of 74 randomized"),
        ({"analyzed": 70}, r"Control: randomized \(Intention to treat\) 74, but analyzed 70 \+ not analyzed 0 = 70"),
    ],
)
def test_a_flow_that_does_not_add_up_is_not_drawn(change: dict[str, Any], problem: str) -> None:
    arms = {"drug": ARM, "control": {**CONTROL, **change}}
    results = flow_results(arms, excluded={"Not eligible": 20, "Declined": 5}, totals={"assessed": 196})
    with pytest.raises(FlowError, match=problem.replace("+", r"\+").replace(r"\\+", r"\+")):
        consort_figure(results)


def test_all_sums_that_fail_are_told_at_once() -> None:
    results = flow(control={"received": 70, "analyzed": 70}, totals={"assessed": 200})
    with pytest.raises(FlowError) as caught:
        consort_figure(results)
    assert len(caught.value.problems) == 4
    assert caught.value.problems[0] == "assessed 200, but excluded 25 + randomized 171 = 196"


def test_reasons_for_exclusion_must_hold_everybody_excluded() -> None:
    results = flow_results({"drug": ARM}, excluded={"Not eligible": 20, "Declined": 5}, totals={"excluded": 26})
    with pytest.raises(FlowError, match=r"excluded 26, but Not eligible 20 \+ Declined 5 = 25"):
        consort_figure(results)


def test_without_flow_there_is_no_figure() -> None:
    results = flow()
    assert consort_figure(Results(**{**vars(results), "statistics": results.statistics.clear()})) is None


words = st.text(st.characters(categories=["Lu", "Ll", "Nd", "Pd", "Zs", "Po"]), min_size=1, max_size=120)
reasons = st.dictionaries(words, st.integers(0, 99_999), max_size=6)


@st.composite
def arms_of(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    arms = {}
    for i in range(draw(st.integers(1, 6))):
        none, stop, left = (draw(reasons) for _ in range(3))
        on = draw(st.integers(0, 9999))
        treated = on + sum(stop.values())
        n = treated + sum(none.values()) + sum(left.values())
        arms[f"arm{i}"] = {
            "randomized": n,
            "received": n - sum(none.values()),
            "not_received": sum(none.values()),
            "not_received_reason": none,
            "on_treatment": n - sum(none.values()) - sum(stop.values()),
            "discontinued": sum(stop.values()),
            "discontinued_reason": stop,
            "left_study": sum(left.values()),
            "left_study_reason": left,
            "crossed_over": draw(st.integers(0, 1)) * n,
            "analyzed": n,
            "not_analyzed": 0,
        }
    return arms


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(arms=arms_of(), excluded=reasons, labels=st.lists(words, min_size=6, max_size=6))
def test_nothing_collides_whatever_the_texts(
    arms: dict[str, dict[str, Any]], excluded: dict[str, int], labels: list[str]
) -> None:
    trial = trial_of(list(arms), labels=dict(zip(arms, labels, strict=False)))
    figure = consort_figure(flow_results(arms, excluded=excluded, trial=trial))
    assert figure is not None
    for drawing in (figure.wide, figure.narrow):
        check_layout(drawing)


def check_layout(drawing: Drawing) -> None:
    boxes = [placed.box for placed in drawing.geometry["boxes"]]
    for i, box in enumerate(boxes):
        assert box.left >= 0
        assert box.right <= drawing.scene.width
        assert box.bottom < drawing.scene.height
        assert not any(box.overlaps(other) for other in boxes[:i])
    for text in drawing.scene.texts:
        if text.part == "entry":
            holders = [b for b in boxes if b.left < text.x < b.right and b.top < text.y < b.bottom]
            assert len(holders) == 1
            assert text.left + text.width <= holders[0].right + 0.01
            assert text.y + 0.21 * text.size <= holders[0].bottom
    for points in [*drawing.geometry["arrows"], *drawing.geometry["lines"]]:
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            assert x1 == x2 or y1 == y2
            assert not any(passes(sorted((x1, x2)), sorted((y1, y2)), box) for box in boxes)
    for arrow in drawing.geometry["arrows"]:
        assert any(reaches(arrow[-1], box) for box in boxes)


def passes(x: list[float], y: list[float], box: Box) -> bool:
    """Whether a line runs through the inside of a box."""
    return x[0] < box.right and x[1] > box.left and y[0] < box.bottom and y[1] > box.top


def reaches(point: tuple[float, float], box: Box) -> bool:
    """Whether a point lies on the left or upper edge of a box."""
    x, y = point
    on_left = x == box.left and box.top < y < box.bottom
    return on_left or (abs(y - box.top) < 1e-6 and box.left < x < box.right)


def test_arms_stand_side_by_side_at_equal_heights() -> None:
    figure = consort_figure(flow())
    assert figure is not None
    by_stage: dict[str, list[Any]] = {}
    for placed in figure.geometry["boxes"]:
        if placed.arm:
            by_stage.setdefault(placed.name, []).append(placed.box)
    for boxes in by_stage.values():
        assert len({(box.top, box.bottom) for box in boxes}) == 1
        assert [box.left for box in boxes] == sorted({box.left for box in boxes})


def test_text_alternative_gives_the_counts() -> None:
    figure = consort_figure(flow())
    assert figure is not None
    assert figure.summary.startswith("196 subjects were assessed, 25 excluded, 171 randomized.")
    assert "Did not receive treatment 8" in figure.summary
