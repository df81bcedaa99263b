"""The records that data sets are written from, in one order: by trial and subject number, then as they were made."""

from collections.abc import Iterable

import polars as pl

from equipoise.derive.errors import DeriveError
from equipoise.derive.sdtm.records import BASELINE, FACTORS, KEYS, Records, record_schema
from equipoise.ledger import kinds
from equipoise.protocol import Protocol

__all__ = ["OPENING", "ROW", "Source", "study_id_of"]

ROW = "_row"
"""Column with the subject: its row in `Source.subjects`."""
OPENING = ("unblinded", "code_broken")
"""Kinds of events after which nothing of a subject is in blinded data."""


def study_id_of(protocol: Protocol, trial: int) -> str:
    """STUDYID of a trial: the protocol's for trial 0, with the number behind it for others."""
    return protocol.study_id if trial == 0 else f"{protocol.study_id}-{trial:04d}"


class Source:
    """Records by kind, ready to be written.

    Parameters
    ----------
    protocol
        Protocol of the trials.
    records
        Frames by kind, as `equipoise.derive.sdtm.records` says.
    arms
        ``TRIAL``, ``PATIENT``, ``arm``; None for blinded data.
    """

    def __init__(self, protocol: Protocol, records: Records, arms: pl.DataFrame | None) -> None:
        self.protocol = protocol
        self.blinded = arms is None
        self._records = records
        self._known: dict[str, pl.DataFrame] = {}
        self.subjects = _subjects(protocol, records)
        self._index = self.subjects.select("TRIAL", "PATIENT", ROW)
        if arms is None:
            self._opened = self._first_opening()
        else:
            self.subjects = self.subjects.join(
                arms.select("TRIAL", "PATIENT", pl.col("arm").cast(pl.String)).unique(["TRIAL", "PATIENT"]),
                on=["TRIAL", "PATIENT"],
                how="left",
                maintain_order="left",
            )
            self._check_arms(arms["arm"].unique().drop_nulls().to_list())

    def frame(self, kind: str) -> pl.DataFrame:
        """Records of a kind that count, by subject and in the order in which they were made."""
        if kind not in self._known:
            self._known[kind] = self._prepared(kind)
        return self._known[kind]

    def first(self, kind: str) -> pl.DataFrame:
        """First record of a kind of each subject."""
        return self.frame(kind).unique(ROW, keep="first", maintain_order=True)

    def last(self, kind: str) -> pl.DataFrame:
        """Last record of a kind of each subject."""
        return self.frame(kind).unique(ROW, keep="last", maintain_order=True)

    def per_subject(self, found: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Columns of a frame with at most one row for each subject, in the order of all subjects."""
        wanted = found.select(ROW, *columns)
        return self.subjects.select(ROW).join(wanted, on=ROW, how="left", maintain_order="left").drop(ROW)

    def _prepared(self, kind: str) -> pl.DataFrame:
        found = self._records.get(kind)
        if found is None or (self.blinded and (kinds()[kind].sealed or kind in OPENING)):
            return pl.DataFrame(schema={ROW: pl.UInt32(), **_key_types(), **record_schema(kind)})
        ready = _typed(kind, found).join(self._index, on=["TRIAL", "PATIENT"], how="inner", maintain_order="left")
        if self.blinded and self._opened is not None:
            ready = ready.join(self._opened, on=ROW, how="left", maintain_order="left")
            ready = ready.filter(pl.col("_opened").is_null() | (pl.col("AT") < pl.col("_opened"))).drop("_opened")
        return ready.sort(ROW, "NTH", maintain_order=True)

    def _first_opening(self) -> pl.DataFrame | None:
        given = [self._records[kind].select("TRIAL", "PATIENT", "AT") for kind in OPENING if kind in self._records]
        if not any(frame.height for frame in given):
            return None
        opened = pl.concat(given, how="vertical_relaxed").join(self._index, on=["TRIAL", "PATIENT"])
        return opened.group_by(ROW).agg(_opened=pl.col("AT").min())

    def _check_arms(self, given: Iterable[str]) -> None:
        problems = [
            f"arm {arm!r} is none of the protocol: expected one of {', '.join(self.protocol.arms)}"
            for arm in sorted(set(given) - set(self.protocol.arms))
        ]
        allocated = self.subjects.join(self.frame("randomized").select(ROW).unique(), on=ROW, maintain_order="left")
        missing = allocated.filter(pl.col("arm").is_null())["SUBJID"].to_list()
        if missing:
            shown = ", ".join(missing[:5])
            problems.append(f"no arm is given of {len(missing)} randomized subjects ({shown}): give all")
        if problems:
            raise DeriveError(problems)


def _key_types() -> dict[str, pl.DataType]:
    return {"TRIAL": pl.Int32(), "PATIENT": pl.Int32(), "AT": pl.Int64(), "NTH": pl.Int32()}


def _typed(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Give every column that the kind has, in its type; dates become text."""
    columns = [pl.col(name).cast(dtype) for name, dtype in _key_types().items()]
    for name, dtype in record_schema(kind).items():
        present = name in frame.columns and frame.schema[name] != pl.Null
        columns.append((pl.col(name).cast(dtype) if present else pl.lit(None, dtype)).alias(name))
    columns += [pl.col(name).cast(pl.String) for name in frame.columns if name.startswith((BASELINE, FACTORS))]
    return frame.select(columns)


def _subjects(protocol: Protocol, records: Records) -> pl.DataFrame:
    """Everybody who was screened, by trial and subject number: identifiers, site, country."""
    found = records.get("screened")
    if found is None:
        found = pl.DataFrame(schema=dict(_key_types()))
    screened = _typed("screened", found).sort(*KEYS[:2], "NTH", maintain_order=True)
    screened = screened.unique(["TRIAL", "PATIENT"], keep="first", maintain_order=True)
    if "subject" not in found.columns:
        order = pl.int_range(1, pl.len() + 1).over("TRIAL", "site", order_by=["AT", "PATIENT"])
        screened = screened.with_columns(subject=pl.col("site") + "-" + order.cast(pl.String).str.zfill(3))
    names = {trial: study_id_of(protocol, trial) for trial in screened["TRIAL"].unique().to_list()}
    study = pl.col("TRIAL").replace_strict(names, return_dtype=pl.String) if names else pl.lit(None, pl.String)
    listed = screened.sort("TRIAL", "subject").select(
        "TRIAL",
        "PATIENT",
        STUDYID=study,
        USUBJID=study + "-" + pl.col("subject"),
        SUBJID="subject",
        SITEID="site",
    )
    return listed.join(_countries(records), on=["TRIAL", "SITEID"], how="left", maintain_order="left").with_row_index(
        ROW
    )


def _countries(records: Records) -> pl.DataFrame:
    sites = records.get("site_opened")
    if sites is None:
        return pl.DataFrame(schema={"TRIAL": pl.Int32(), "SITEID": pl.String(), "COUNTRY": pl.String()})
    country = pl.col("country") if "country" in sites.columns else pl.lit(None)
    named = sites.select(pl.col("TRIAL").cast(pl.Int32), SITEID=pl.col("site"), COUNTRY=country.cast(pl.String))
    return named.unique(["TRIAL", "SITEID"], keep="last")
