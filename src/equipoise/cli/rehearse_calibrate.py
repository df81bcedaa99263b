"""equipoise rehearse --calibrate: search for the candidates of a twin and write them beside its model."""

import json
import os
from pathlib import Path

from equipoise.cli.rehearse import MODEL, prepare
from equipoise.cli.rehearse_published import FOUND
from equipoise.cli.steps import steps
from equipoise.protocol import Problem
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.twin.calibrate import calibrate, landmarks_of
from equipoise.rehearsal.twin.published import PUBLISHED, load_published
from equipoise.rehearsal.twin.seeds import SEEDS, write_seeds
from equipoise.rehearsal.twin.uncalibrated import percentiles, uncalibrated_figures

__all__ = ["calibrate_twin"]

UNCALIBRATED = 1_000
"""Trials of the same model among which the printed figures are placed."""
_STEPS = 7


def calibrate_twin(trial: Path, *, model: Path | None, uncalibrated: int = UNCALIBRATED) -> None:
    """Write `SEEDS` and `FOUND` beside the model and print where they are.

    Raises
    ------
    RehearsalError
        Targets cannot be met, or the seed of allocation in the model is not the one that gives the arms asked for.
    """
    rehearsal = prepare(trial, model=model, seed=None, patients=None)
    file = model or trial.parent / MODEL
    with steps(_STEPS) as bar:
        found = calibrate(rehearsal.protocol, rehearsal.model, told=bar.begin, file=str(file))
        if found.allocation_seed != rehearsal.model.allocation.seed:
            problem = Problem(
                file=str(file),
                path="allocation.seed",
                message="another seed gives the arms asked for",
                seen=str(rehearsal.model.allocation.seed),
                expected=str(found.allocation_seed),
            )
            raise RehearsalError((problem,))
        asked = rehearsal.model.calibration
        content = {"tried": found.tried, "candidates": asked.candidates if asked else 0}
        if asked is not None and uncalibrated and (file.parent / PUBLISHED).is_file():
            bar.begin(f"{uncalibrated:,} uncalibrated trials")
            days = landmarks_of(asked, rehearsal.protocol, str(file))
            trials, workers = range(1, uncalibrated + 1), os.cpu_count() or 1
            figures = uncalibrated_figures(
                rehearsal.protocol, rehearsal.model, days, trials, workers=workers, told=bar.part
            )
            places = percentiles(load_published(file.parent / PUBLISHED), figures)
            content |= {"trials": uncalibrated, "percentiles": places}
    note = f"The candidates of the twin of {file.name}; one of {content['candidates']} for each patient and stream."
    write_seeds(file.with_name(SEEDS), found.draws, [note])
    (file.with_name(FOUND)).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(file.with_name(SEEDS))
