"""Targets of a search: what names nothing is refused with its line, what cannot be met is named with the nearest."""

import io
import re

import pytest
from ruamel.yaml import YAML
from tests.rehearsal.rehearsed import TWIN, protocol_of, small_model

from equipoise.rehearsal import RehearsalError
from equipoise.rehearsal.model import parse_model
from equipoise.rehearsal.model.calibration import BaselineTarget, Calibration
from equipoise.rehearsal.twin.calibrate import calibrate


def problems(**targets: object) -> str:
    """Put targets in place of the twin's, read the model, give what is wrong."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 10_000, True
    model = yaml.load((TWIN / "twin.yaml").read_text(encoding="utf-8"))
    model["calibration"].update(targets)
    out = io.StringIO()
    yaml.dump(model, out)
    with pytest.raises(RehearsalError) as caught:
        parse_model(out.getvalue(), protocol_of(), file="twin.yaml")
    lines = out.getvalue().splitlines()
    begin = next(number for number, line in enumerate(lines, 1) if line.startswith("calibration:"))
    assert all(problem.line is not None and problem.line >= begin for problem in caught.value.problems)
    return str(caught.value)


def test_targets_that_name_nothing_are_told_together() -> None:
    said = problems(
        baseline=[{"of": "functionl", "count": 1}, {"of": "age", "count": 2}],
        arms={"pazopanip": 97, "placebo": 74},
        safety=[
            {"arm": "placbo", "count": 1},
            {"arm": "placebo", "count": 1, "term": "Hypertenson"},
            {"arm": "placebo", "count": 1, "cut": "asco_2018"},
        ],
    )
    for words in (
        "calibration.baseline[1].of", "functionl", "calibration.baseline[2].of",
        "calibration.arms.pazopanip: no arm", "did you mean 'pazopanib'",
        "calibration.safety[1].arm: no arm", "calibration.safety[2].term: no adverse event of the model",
        "did you mean 'Hypertension'", "calibration.safety[3].cut: no data cut", "did you mean 'asco_2019'",
    ):  # fmt: skip
        assert words in said, (words, said)
    assert said.startswith("6 problems")


@pytest.mark.parametrize("targets", [{"candidates": 1}, {"arms": {"placebo": -1}}, {"seed": "one"}])
def test_wrong_values_of_targets(targets: dict[str, object]) -> None:
    assert f"calibration.{next(iter(targets))}" in problems(**targets)


def test_a_target_that_cannot_be_met_is_named_with_the_nearest() -> None:
    """More women than patients are asked for: the search says so, how near it came, and nothing of the target met."""
    asked = Calibration(
        candidates=5, steps=4_000,
        baseline=(
            BaselineTarget(of="sex == 'female'", count=31),
            BaselineTarget(of="sex == 'male'", count=5, within=30),
        ),
    )  # fmt: skip
    model = small_model().model_copy(update={"calibration": asked})
    with pytest.raises(RehearsalError) as caught:
        calibrate(protocol_of(), model)
    missed = {problem.message.split(" cannot")[0]: problem for problem in caught.value.problems}
    assert "sum.sex == 'male'" not in missed
    nearest = missed["sum.sex == 'female'"]
    assert 15 <= float(nearest.seen or 0) <= 30
    assert re.match(r"31, within 0; change the model", nearest.expected or "")


def test_arms_that_no_seed_gives_and_figures_that_nobody_computes() -> None:
    model = small_model()
    sizes = Calibration(candidates=20, arms={"pazopanib": 31, "placebo": 0})
    few = model.model_copy(
        update={"calibration": sizes, "accrual": model.accrual.model_copy(update={"screened": 36, "randomized": 31})}
    )
    with pytest.raises(RehearsalError, match="no seed of allocation gives these sizes") as caught:
        calibrate(protocol_of(), few)
    (problem,) = caught.value.problems
    near = [int(count) for count in re.findall(r"\d+", problem.seen or "")]
    assert sum(near) == 31
    assert 16 <= near[0] <= 28, "the nearest of all seeds has many more in the arm"
    assert problem.expected == "31 in pazopanib, 0 in placebo"
    many = Calibration(candidates=20, arms={"pazopanib": 31, "placebo": 1})
    with pytest.raises(RehearsalError, match=r"do not add up to accrual\.randomized; seen 32; expected 31"):
        calibrate(protocol_of(), few.model_copy(update={"calibration": many}))
    unknown = Calibration(candidates=20, course={"pfs_centrl.ratio": (0.5, 0.1), "os.ratio": (1.0, 9.0)})
    with pytest.raises(RehearsalError, match="no such endpoint"):
        calibrate(protocol_of(), few.model_copy(update={"calibration": unknown}))
    figure = Calibration(candidates=20, course={"os.control.modian": (100.0, 9.0)})
    with pytest.raises(RehearsalError, match=r"no figures of the search.*os\.control\.modian"):
        calibrate(protocol_of(), few.model_copy(update={"calibration": figure}))


def test_without_targets_there_is_nothing_to_search() -> None:
    with pytest.raises(RehearsalError, match="has no calibration"):
        calibrate(protocol_of(), small_model().model_copy(update={"calibration": None}))
