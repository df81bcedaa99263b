"""The first page of a closed report does not tell which letter is the experimental arm."""

from pathlib import Path
from typing import Any

import pytest

from equipoise.report.design import write_closed_look

FACTS: dict[str, Any] = {
    "study_id": "T1", "title": "A trial", "synthetic": True, "analysis": "primary", "endpoint": "Survival",
    "cut": "2020-01-01", "snapshot": 812, "look": 1, "looks": 2,
    "planned": {"upper": [2.0, 1.3], "events": [50.0, 100.0], "total": 100.0, "source": "the protocol"},
}  # fmt: skip


def page(folder: Path, z: float | None, experimental: str, sided: int = 1) -> str:
    look = {
        "sided": sided, "final": False, "events": (50,), "information": 0.5, "planned_information": 0.5, "upper": 2.0,
        "lower": -0.3 if sided == 1 else 0.3,
        "p_bound": 0.02, "alpha_spent": 0.02, "alpha_spent_before": 0.0, "z": z, "conditional_power_planned": 0.7,
    }  # fmt: skip
    sides = {"experimental": experimental, "control": "B" if experimental == "A" else "A", "sided": sided}
    return write_closed_look(FACTS, look, sides, folder).read_text(encoding="utf-8")


@pytest.mark.parametrize("z", [0.0, 1e-9, 4e-5, 0.2, 1.7, 2.5, -2.5, None])
def test_the_page_is_the_same_whichever_letter_is_experimental(tmp_path: Path, z: float | None) -> None:
    assert page(tmp_path, z, "A") == page(tmp_path, None if z is None else -z, "B")


@pytest.mark.parametrize("z", [0.0, 4e-5, 0.2, 1.7, -2.5])
def test_a_page_of_two_sides_tells_the_size_of_z_alone(tmp_path: Path, z: float) -> None:
    found = page(tmp_path, z, "A", sided=2)
    assert found == page(tmp_path, -z, "B", sided=2)
    assert f"Efficacy bound of |Z|</th><td>{'reached' if abs(z) >= 2 else 'not reached'}" in found
    assert f"Futility bound of |Z|</th><td>{'at or below it' if abs(z) <= 0.3 else 'above it'}" in found
    assert "If A is" not in found


def test_it_says_what_the_test_found(tmp_path: Path) -> None:
    found = page(tmp_path, 2.5, "B")
    assert "If B is the experimental arm: efficacy bound</th><td>reached" in found
    assert "If A is the experimental arm: efficacy bound</th><td>not reached" in found
    assert "record up to event 812" in found
    assert "neither arm" in page(tmp_path, 0.0, "A")
