"""Made-up ADQS and ADPRO for the small trial: one scale, four visits, some forms missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from tests.analyze.small_trial import CUTOFF, adam, protocol_data

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results

__all__ = ["DAYS", "LABELS", "forms", "frame_of_scores", "results_with", "rows_of", "scores"]

DAYS = (0, 29, 57, 85)
LABELS = {0: "Baseline", 29: "Week 4", 57: "Week 8", 85: "Week 12"}
_SUBJECTS = [f"S{i:02d}" for i in range(1, 25)]
_TYPES = {
    **dict.fromkeys(
        ("USUBJID", "INSTR", "SCALE", "PARAM", "AVISIT", "ABLFL", "ANL01FL", "CHGCAT1", "BETTER"), pl.String
    ),
    **dict.fromkeys(("AVAL", "BASE", "DETTHR", "IMPTHR"), pl.Float64),
    "AVISITN": pl.Int64,
}


def rows_of(seed: int = 7, *, missing: float = 0.2) -> list[tuple[str, int, float]]:
    """Subject, day and score: S01 to S12 are active; every subject has a baseline."""
    rng = np.random.default_rng(seed)
    rows = []
    for i, subject in enumerate(_SUBJECTS):
        level = 50 + 10 * rng.standard_normal()
        for k, day in enumerate(DAYS):
            score = level + 5 * rng.standard_normal() + (2 * k if i < 12 else 0)
            if day == 0 or rng.random() >= missing:
                rows.append((subject, day, score))
    return rows


def frame_of_scores(rows: Sequence[tuple[str, int, float]], *, threshold: float | None = 5.0) -> pl.DataFrame:
    """ADQS of one scale; low is better."""
    base = {subject: score for subject, day, score in rows if day == 0}

    def category(subject: str, day: int, score: float) -> str | None:
        if day == 0 or threshold is None or subject not in base:
            return None
        change = score - base[subject]
        return "Worsened" if change >= threshold else "Improved" if change <= -threshold else "Stable"

    return pl.DataFrame(
        [
            {
                "USUBJID": subject, "INSTR": "QLQ-C30", "SCALE": "FA", "PARAM": "QLQ-C30 Fatigue", "AVISITN": day,
                "AVISIT": LABELS[day], "AVAL": score, "BASE": base.get(subject), "ABLFL": "Y" if day == 0 else None,
                "ANL01FL": "Y", "CHGCAT1": category(subject, day, score), "BETTER": "low", "DETTHR": threshold,
                "IMPTHR": threshold,
            }
            for subject, day, score in rows
        ],
        schema=_TYPES,
    )  # fmt: skip


def scores(seed: int = 7) -> pl.DataFrame:
    """ADQS with a fifth of the later forms missing."""
    return frame_of_scores(rows_of(seed))


def forms(lines: str) -> pl.DataFrame:
    """ADPRO from lines of subject, day, expected, alive, received, evaluable and the reason (``-`` for none)."""
    names = ("USUBJID", "AVISITN", "EXPECTFL", "ALIVEFL", "RECEIVFL", "EVALFL", "MISSREAS")
    rows = [dict(zip(names, line.split(maxsplit=6), strict=True)) for line in lines.strip().splitlines()]
    return pl.DataFrame(
        [
            {
                **row,
                "AVISITN": int(row["AVISITN"]),
                "AVISIT": LABELS[int(row["AVISITN"])],
                "INSTR": "QLQ-C30",
                "MISSREAS": None if row["MISSREAS"] == "-" else row["MISSREAS"],
            }
            for row in rows
        ],
        schema_overrides={"MISSREAS": pl.String},
    )


def results_with(
    adqs: pl.DataFrame | None,
    *,
    adpro: pl.DataFrame | None = None,
    adsl: pl.DataFrame | None = None,
    model: Mapping[str, Any] | None = None,
    change: Mapping[str, Any] | None = None,
    **instrument: Any,
) -> Results:
    """Results of the small trial with a questionnaire.

    ``model`` changes the declared model, ``instrument`` the questionnaire, ``change`` the protocol.
    """
    data = protocol_data()
    data["instruments"] = [
        {
            "name": "QLQ-C30",
            "every_weeks": 4,
            "until_week": 12,
            "important_difference": 5,
            "model": {"minimum_subjects": 2, **(model or {})},
            **instrument,
        }
    ]
    data |= change or {}
    frames = dict(adam())
    frames |= {name: frame for name, frame in (("ADQS", adqs), ("ADPRO", adpro), ("ADSL", adsl)) if frame is not None}
    return analyze(Protocol.model_validate(data), frames, [], cut_name="final", cutoff=CUTOFF)
