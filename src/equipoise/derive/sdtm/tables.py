"""Rows of the data sets while they are gathered, and the frames they become."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from equipoise.cdisc import SDTM
from equipoise.protocol import Protocol

__all__ = ["Tables"]

_COLUMNS = {
    "DM": "SUBJID RFSTDTC RFXSTDTC RFXENDTC RFICDTC RFPENDTC DTHDTC DTHFL SITEID ARMCD ARM ACTARMCD ACTARM COUNTRY",
    "DS": "DSSEQ DSTERM DSDECOD DSCAT DSSCAT DSSTDTC",
    "EX": "EXSEQ EXTRT EXDOSE EXDOSU EXADJ EPOCH EXSTDTC EXENDTC",
    "TU": "TUSEQ TUTESTCD TUTEST TUORRES TUSTRESC TULNKID TULOC TUEVAL TUEVALID TUACPTFL VISITNUM VISIT TUDTC",
    "TR": "TRSEQ TRTESTCD TRTEST TRORRES TRSTRESC TRSTRESN TRSTRESU TRGRPID TRLNKID TREVAL TREVALID TRACPTFL VISITNUM "
    "VISIT TRDTC",
    "RS": "RSSEQ RSTESTCD RSTEST RSORRES RSSTRESC RSEVAL RSEVALID RSACPTFL VISITNUM VISIT RSDTC",
    "LB": "LBSEQ LBTESTCD LBTEST LBORRES LBSTRESC LBSTRESN LBSTRESU LBSTNRLO LBSTNRHI VISIT LBDTC",
    "VS": "VSSEQ VSTESTCD VSTEST VSORRES VSSTRESC VSSTRESN VSSTRESU VISIT VSDTC",
    "QS": "QSSEQ QSTESTCD QSTEST QSCAT QSORRES QSSTRESC QSSTRESN QSSTAT QSREASND VISITNUM VISIT QSDTC",
    "AE": "AESEQ AETERM AEDECOD AEBODSYS AETOXGR AESER AEACN AEREL AEOUT AESCONG AESDISAB AESDTH AESHOSP AESLIFE "
    "AESTDTC AEENDTC",
    "CM": "CMSEQ CMTRT CMCAT CMSTDTC CMENDTC",
    "PR": "PRSEQ PRTRT PRCAT PRSTDTC PRENDTC",
    "DV": "DVSEQ DVTERM DVDECOD DVCAT DVSTDTC",
    "SV": "VISITNUM VISIT SVSTDTC",
    "SS": "SSSEQ SSTESTCD SSTEST SSORRES SSSTRESC SSDTC",
}
"""Variables that are always there, so that an early cut has the same data sets as a late one."""
_SUPP = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL")
_NUMBERS = ("SEQ", "STRESN", "DOSE", "STNRLO", "STNRHI", "VISITNUM", "AGE")


class Tables:
    """Rows by data set, with identifiers and sequence numbers filled in.

    Parameters
    ----------
    protocol
        Protocol of the trial; STUDYID is its.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._last: dict[tuple[str, str], int] = {}

    def usubjid(self, subject: str) -> str:
        """Unique identifier of a subject."""
        return f"{self.protocol.study_id}-{subject}"

    def add(self, dataset: str, subject: str, values: Mapping[str, Any]) -> int:
        """Add a row and give its sequence number within the subject; a field without value stays out."""
        key = dataset, subject
        number = self._last[key] = self._last.get(key, 0) + 1
        row: dict[str, Any] = {"STUDYID": self.protocol.study_id, "DOMAIN": dataset, "USUBJID": self.usubjid(subject)}
        if dataset not in ("DM", "SV"):
            row[f"{dataset}SEQ"] = number
        self._rows.setdefault(dataset, []).append(row | {k: v for k, v in values.items() if v is not None})
        return number

    def qualify(self, dataset: str, subject: str, name: str, value: str, *, label: str, seq: int | None = None) -> None:
        """Add a supplemental qualifier: of the subject, or of the row with a sequence number."""
        row = {
            "STUDYID": self.protocol.study_id,
            "RDOMAIN": dataset,
            "USUBJID": self.usubjid(subject),
            "IDVAR": None if seq is None else f"{dataset}SEQ",
            "IDVARVAL": None if seq is None else str(seq),
            "QNAM": name,
            "QLABEL": label[:40],
            "QVAL": value,
        }
        self._rows.setdefault(f"SUPP{dataset}", []).append(row)

    def frames(self) -> dict[str, pl.DataFrame]:
        """Data sets by name; columns in the order of the standard, others after them."""
        names = {*_COLUMNS, *self._rows, "SUPPDM"}
        return {name: self._frame(name, self._rows.get(name, [])) for name in sorted(names)}

    def _frame(self, name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
        always = _SUPP if name.startswith("SUPP") else ("STUDYID", "DOMAIN", "USUBJID", *_COLUMNS.get(name, "").split())
        homes = [f.sdtm for f in self.protocol.baseline.values() if f.sdtm is not None and f.sdtm.domain == name]
        named = [home.variable for home in homes if home.variable is not None]
        seen = dict.fromkeys([*always, *named, *(column for row in rows for column in row)])
        spec = SDTM.get(name)
        ordered = [v.name for v in spec.variables if v.name in seen] if spec is not None else []
        columns = ordered + [column for column in seen if column not in ordered]
        kinds = {c: pl.Float64 if c.endswith(_NUMBERS) and c != "IDVARVAL" else pl.String for c in columns}
        data = {c: [row.get(c) for row in rows] for c in columns}
        return pl.DataFrame(data, schema=kinds, strict=False)
