"""The adjudicator endorses the reader who is nearer to a reading of his own."""

import numpy as np
from tests.rehearsal.rehearsed import protocol_of, whole_model

from equipoise.rehearsal.adjudication import nearer
from equipoise.rehearsal.facts import generate
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws

COINS = np.array([0.2, 0.8])


def judged(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, dtype=float)


def test_progression_decides_before_all_else_and_a_coin_at_the_end() -> None:
    """By hand: progression at scan 3 for the adjudicator, 3 and 5 for the readers; then columns from left to right."""
    third = judged((3, 2, 9, 0.1), (3, 2, 9, 0.1))
    near, far = judged((3, 3, 1, 0.9), (3, 3, 1, 0.9)), judged((5, 2, 9, 0.1), (5, 2, 9, 0.1))
    assert nearer(third, (near, far), COINS).tolist() == [1, 1]
    assert nearer(third, (far, near), COINS).tolist() == [2, 2]
    best = judged((3, 2, 1, 0.9), (3, 2, 1, 0.9))
    assert nearer(third, (near, best), COINS).tolist() == [2, 2]
    size = judged((3, 2, 9, 0.15), (3, 2, 9, np.nan))
    other = judged((3, 2, 9, 0.4), (3, 2, 9, 0.4))
    assert nearer(third, (other, size), COINS).tolist() == [2, 2], "the second row has nothing to compare: the coin"
    assert nearer(third, (size, other), COINS).tolist() == [1, 2]
    assert nearer(third, (third, third), COINS).tolist() == [1, 2]


def choices(model: PatientModel) -> dict[tuple[int, int, int], int]:
    found = generate(protocol_of(), model, default_draws(range(4), model.accrual.screened), parts=("disease",))
    rows = found.records["adjudicated"].select("TRIAL", "PATIENT", "NTH", "endorses").rows()
    return {(trial, patient, nth): reader for trial, patient, nth, reader in rows}


def test_how_the_adjudicator_reads_changes_choices_alone() -> None:
    """Both readers are endorsed about as often; an adjudicator who reads otherwise chooses otherwise."""
    model = whole_model()
    as_declared = choices(model)
    share = np.mean([reader == 1 for reader in as_declared.values()])
    assert len(as_declared) > 100
    assert 0.4 < share < 0.6
    readers = model.readers.model_copy(update={"adjudicator": model.readers.local})
    otherwise = choices(model.model_copy(update={"readers": readers}))
    first = {key for key in as_declared if key[2] == 0}
    assert first == {key for key in otherwise if key[2] == 0}, "who is adjudicated does not depend on it"
    assert sum(as_declared[key] != otherwise[key] for key in first) > len(first) / 20
