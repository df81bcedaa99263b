"""The column of percentiles in the table of published and reproduced figures."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from equipoise.report.cells import Table
from equipoise.report.entries import NOTHING, Source
from equipoise.report.published import published_section

LINE = {
    "name": "ratio", "label": "Hazard ratio", "group": "PFS", "printed": "0.5", "reproduced": "0.51", "value": 0.51,
    "asked": "within 0.02", "standing": "inside", "status": "published", "role": "calibrated", "row_ids": [5],
    "source": "A paper", "cut": None, "note": "",
}  # fmt: skip


def table(percentile: float | None) -> Table:
    given: dict[str, Any] = {"lines": [LINE | {"percentile": percentile}], "tried": {"patients": 3}}
    source = SimpleNamespace(facts=SimpleNamespace(trial={"published": given | {"uncalibrated_trials": 1_000}}))
    section = published_section(cast("Source", source))
    assert section is not None
    return next(block for block in section.blocks if isinstance(block, Table))


@pytest.mark.parametrize(
    ("percentile", "shown"),
    [(None, NOTHING), (0.0, "< 1"), (0.96, "< 1"), (1.0, "1"), (49.6, "50"), (99.0, "99"), (99.4, "> 99")],
)
def test_a_percentile_is_a_whole_number_except_at_the_ends(percentile: float | None, shown: str) -> None:
    made = table(percentile)
    assert made.columns[-1].head == "Percentile, uncalibrated"
    assert made.lines[-1].cells[-1] == shown
