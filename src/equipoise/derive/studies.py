"""Which study is derived where the data hold several."""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.errors import DeriveError

__all__ = ["Studies", "of_study"]

Studies = Literal["declared", "all"]


def of_study(
    study_id: str, data: Mapping[str, pl.DataFrame], studies: Studies
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Keep the rows of the protocol's study.

    DM decides which studies there are. Where its STUDYID has one value and that is not the protocol's, the one value is
    used. Rows without STUDYID stay: a check of their own tells of them.

    Parameters
    ----------
    study_id
        STUDYID that the protocol declares.
    data
        Data sets by name.
    studies
        ``declared`` keeps one study; ``all`` keeps every row.

    Returns
    -------
    tuple
        The data sets, and an ``other-study`` error per data set with the number of rows set aside: rows in are rows
        kept plus rows reported.

    Raises
    ------
    DeriveError
        DM holds several studies, and none is the protocol's.
    """
    seen = _studies(data["DM"]) if "DM" in data else []
    if studies == "all" or not seen:
        return dict(data), []
    findings: list[Finding] = []
    used = study_id
    if study_id not in seen:
        if len(seen) > 1:
            raise DeriveError(
                [
                    f"DM: STUDYID is {', '.join(seen)}, none of which is {study_id}, the study of the protocol. Set "
                    "trial.id or data.study_id of the protocol to one of them"
                ]
            )
        used = seen[0]
        findings.append(
            Finding(
                severity="warning",
                code="study-renamed",
                dataset="DM",
                row_key="",
                variable="STUDYID",
                seen=used,
                expected=f"{study_id}, the study of the protocol (trial.id, or data.study_id)",
                effect=f"the only study of the data is used: {used}",
            )
        )
    kept: dict[str, pl.DataFrame] = {}
    for name, frame in data.items():
        other = [study for study in _studies(frame) if study != used]
        if not other:
            kept[name] = frame
            continue
        kept[name] = frame.filter(~pl.col("STUDYID").cast(pl.String).is_in(other).fill_null(False))
        aside = frame.height - kept[name].height
        findings.append(
            Finding(
                severity="error",
                code="other-study",
                dataset=name,
                row_key="",
                variable="STUDYID",
                seen=f"{', '.join(other)} ({aside} of {frame.height} rows)",
                expected=used,
                effect=f"{aside} {'row' if aside == 1 else 'rows'} kept out of the analysis",
            )
        )
    return kept, findings


def _studies(frame: pl.DataFrame) -> list[str]:
    if "STUDYID" not in frame.columns:
        return []
    values: list[str] = frame["STUDYID"].cast(pl.String).drop_nulls().unique().sort().to_list()
    return values
