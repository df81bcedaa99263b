"""From responses of one assessor to the histories that a censoring rule set turns into events."""

import numpy as np
import polars as pl

from equipoise.criteria.censoring import NEVER, Histories, Reading
from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.recist import TumorResponses

__all__ = ["progression_histories"]

_DAYS = {"DEATH": "death", "NEWTHERAPY": "new_therapy", "CLINICALPD": "clinical_progression", "STOP": "treatment_stop"}


def progression_histories(patients: pl.DataFrame, responses: TumorResponses, *, origin: int = 1) -> Histories:
    """Write the responses of one reader of each patient as histories for :func:`censor`.

    Parameters
    ----------
    patients
        A row for each patient: USUBJID (and STUDYID where the responses have it); READER, whose reading counts, where
        the responses have it, null where none does; optional study days DEATH, NEWTHERAPY, CLINICALPD (progression
        claimed without imaging) and STOP (of treatment), and LEFT (boolean: withdrew or lost); null where it did not
        happen.
    responses
        Responses of every reader. A visit that is ADEQUATE and without progression is an adequate assessment on its
        DAY; the progression is that of PDDAY.
    origin
        Study day from which time counts, of every patient.

    Returns
    -------
    Histories
        Days on the scale of the responses, patients in the order given. A patient whose reader has no lesion at
        baseline, or who has no reading, is without baseline.

    Raises
    ------
    CriteriaError
        A column is missing, or a patient is there twice.
    """
    keys = [name for name in ("STUDYID", "USUBJID", "READER") if name in responses.best.columns]
    problems = [f"column {name} is missing from the patients" for name in keys if name not in patients.columns]
    if not problems and patients.select(keys[: keys.index("USUBJID") + 1]).is_duplicated().any():
        problems = ["a patient is there twice: expected one row for each"]
    if problems:
        raise CriteriaError(problems)
    n = patients.height
    numbered = patients.select(keys).with_row_index("PLACE")
    best = numbered.join(responses.best, on=keys, how="left", maintain_order="left")
    lesions = (best["NTARGET"].fill_null(0) + best["NNONTARGET"].fill_null(0)).to_numpy()
    seen = responses.visits.filter(~pl.col("AFTERPD") & ~pl.col("FINAL").is_in(["PD", "iCPD"]))
    seen = seen.select(*keys, "DAY", "ADEQUATE").join(numbered, on=keys)
    progressed = best.filter(pl.col("PDDAY").is_not_null())
    kind = np.where(seen["ADEQUATE"].to_numpy(), Reading.ADEQUATE, Reading.NOT_ADEQUATE)
    days = {field: _day(patients, name) for name, field in _DAYS.items()}
    left = patients["LEFT"].fill_null(False).to_numpy() if "LEFT" in patients.columns else np.zeros(n, dtype=np.bool_)
    return Histories(
        origin=np.full(n, origin, dtype=np.int64),
        anchor=np.full(n, origin, dtype=np.int64),
        has_baseline=lesions > 0,
        reading_subject=np.concatenate([seen["PLACE"], progressed["PLACE"]]).astype(np.int64),
        reading_day=np.concatenate([seen["DAY"], progressed["PDDAY"]]).astype(np.int64),
        reading=np.concatenate([kind, np.full(progressed.height, Reading.PROGRESSION)]).astype(np.int64),
        other_event=np.full(n, NEVER, dtype=np.int64),
        left_study=left,
        **days,
    )


def _day(patients: pl.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if name not in patients.columns:
        return np.full(patients.height, NEVER, dtype=np.int64)
    return patients[name].cast(pl.Int64).fill_null(NEVER).to_numpy()
