"""Labels of ADSL in the words of the protocol."""

from pathlib import Path

import pytest

from equipoise.derive import adsl_labels
from equipoise.protocol import load_protocol

TRIALS = sorted((Path(__file__).parents[2] / "trials").glob("*/protocol.yaml"))


@pytest.mark.parametrize("path", TRIALS, ids=lambda p: p.parent.name)
def test_labels_fit_into_sas_transport(path: Path) -> None:
    labels = adsl_labels(load_protocol(path))
    assert all(0 < len(label.encode()) <= 40 for label in labels.values())


def test_labels_are_the_words_of_the_protocol() -> None:
    labels = adsl_labels(load_protocol(next(p for p in TRIALS if p.parent.name == "cdisc_pilot")))
    assert labels["SYSTOLIC"] == "Systolic blood pressure"
    assert labels["SAFFL"] == "Subjects with at least one dose"
    assert labels["SAFRSN"] == "Why not: Subjects with at least one dose"
