"""Under the null the whole pipeline keeps its level; under the model as declared it has power."""

import math

import numpy as np
import polars as pl
import pytest
from tests.rehearsal.characteristics.few import model_text, protocol_text
from tests.rehearsal.rehearsed import TWIN

from equipoise.rehearsal.characteristics import rehearse_trials

LEVELS = (0.025, 0.1)
"""The usual one-sided level, and that of the trial."""
WHOLE = (TWIN / "twin.yaml").read_text(encoding="utf-8")


def alike(trials: int, model: str, workers: int | None = 1) -> pl.DataFrame:
    return rehearse_trials(protocol_text(), model, trials, scenarios=("alike",), workers=workers).rows["alike"]


def test_arms_that_are_alike_differ_by_chance_alone() -> None:
    """40 trials: z has mean 0 and standard deviation 1 within four Monte Carlo errors."""
    z = alike(40, model_text(60))["z"].to_numpy()
    assert np.isfinite(z).all()
    assert abs(z.mean()) < 4 / math.sqrt(z.size)
    assert abs(z.std(ddof=1) - 1) < 4 / math.sqrt(2 * z.size)


@pytest.mark.full
def test_the_nominal_level_is_kept_in_10_000_trials() -> None:
    """Trials of 60 patients, from screening through readings, SDTM and ADaM to the stratified log-rank test."""
    trials = 10_000
    found = alike(trials, model_text(60), workers=2)
    for alpha in LEVELS:
        error = math.sqrt(alpha * (1 - alpha) / trials)
        for side in ((found["p_one_sided"] < alpha).mean(), (found["p_one_sided"] > 1 - alpha).mean()):
            assert isinstance(side, float)
            assert abs(side - alpha) < 3 * error, (alpha, side, error)


def test_the_declared_effect_is_found() -> None:
    """Arms that differ as declared: most of ten whole trials favor the experimental arm clearly."""
    found = rehearse_trials(protocol_text(), WHOLE, 10, scenarios=("declared",), workers=1).rows["declared"]
    assert (found["z"] < -1.645).sum() >= 8
    assert (found["n"] == 171).all()
    assert (2 * found["n_experimental"] - found["n"]).abs().max() <= 8  # type: ignore[operator]
