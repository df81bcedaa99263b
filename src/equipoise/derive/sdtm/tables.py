"""Blocks of rows while they are gathered, and the data sets they become."""

from collections.abc import Collection

import polars as pl

from equipoise.cdisc import SDTM
from equipoise.derive.sdtm.records import KEYS
from equipoise.derive.sdtm.source import ROW, Source
from equipoise.protocol import Protocol

__all__ = ["DATASETS", "Tables"]

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
DATASETS = (*sorted(_COLUMNS), "SUPPDM")
"""Data sets that are always written, where all are asked for."""
_SUPP = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL")
_NUMBERS = ("SEQ", "STRESN", "DOSE", "STNRLO", "STNRHI", "VISITNUM", "AGE")


class Tables:
    """Blocks of rows by data set; identifiers and sequence numbers are filled in at the end.

    A block is a frame with the subject (`ROW`) and the variables of the data set, in the order in which its rows stand
    within a subject. Blocks of one data set follow each other in the order in which they were added; columns whose
    names are not in capitals, or begin with an underscore, are left out.

    Parameters
    ----------
    source
        Records; protocol and subjects are its.
    domains
        Data sets that are asked for; None for all. Qualifiers come with the data set that they qualify.
    """

    def __init__(self, source: Source, domains: Collection[str] | None = None) -> None:
        self.source = source
        self.protocol: Protocol = source.protocol
        self._domains = None if domains is None else frozenset(name.removeprefix("SUPP") for name in domains)
        self._blocks: dict[str, list[pl.DataFrame]] = {}

    def wants(self, *datasets: str) -> bool:
        """Whether one of the data sets is asked for."""
        return self._domains is None or any(name.removeprefix("SUPP") in self._domains for name in datasets)

    def add(self, dataset: str, block: pl.DataFrame) -> None:
        """Add a block of rows to a data set, where it is asked for."""
        if self.wants(dataset) and block.height:
            self._blocks.setdefault(dataset, []).append(block)

    def qualify(self, dataset: str, *qualifiers: tuple[pl.DataFrame, str, str]) -> None:
        """Add supplemental qualifiers; several stand together for each row.

        Each is a frame with ``QVAL`` and, where it belongs to a row, the row's ``_seq``; its name; its label.
        """
        blocks = [_qualifier(dataset, *each) for each in qualifiers]
        self.add(f"SUPP{dataset}", pl.concat(blocks).sort(ROW, "_seq", maintain_order=True))

    def rows(self, dataset: str) -> pl.DataFrame:
        """All rows of a data set so far, by subject, with their sequence numbers in ``_seq``."""
        blocks = self._blocks.get(dataset, [])
        if not blocks:
            return pl.DataFrame(schema={ROW: pl.UInt32(), "_seq": pl.Float64()})
        found = pl.concat(blocks, how="diagonal_relaxed")
        if not found[ROW].is_sorted():
            found = found.sort(ROW, maintain_order=True)
        return found.with_columns(_seq=pl.int_range(1, pl.len() + 1).over(ROW).cast(pl.Float64))

    def frames(self) -> dict[str, pl.DataFrame]:
        """Data sets by name; columns in the order of the standard, others after them."""
        names = {name for name in DATASETS if self.wants(name)} | set(self._blocks)
        return {name: self._frame(name) for name in sorted(names)}

    def _frame(self, name: str) -> pl.DataFrame:
        rows, supplemental = self.rows(name), name.startswith("SUPP")
        subjects = self.source.subjects
        identified = rows.with_columns(
            STUDYID=subjects["STUDYID"].gather(rows[ROW]), USUBJID=subjects["USUBJID"].gather(rows[ROW])
        )
        if not supplemental:
            identified = identified.with_columns(DOMAIN=pl.lit(name))
            if name not in ("DM", "SV"):
                identified = identified.with_columns(pl.col("_seq").alias(f"{name}SEQ"))
        always = _SUPP if supplemental else ("STUDYID", "DOMAIN", "USUBJID", *_COLUMNS.get(name, "").split())
        columns = self._order(name, identified, always)
        return identified.select(
            (pl.col(c) if c in identified.columns else pl.lit(None)).cast(_kind(c)).alias(c) for c in columns
        )

    def _order(self, name: str, rows: pl.DataFrame, always: Collection[str]) -> list[str]:
        """Columns: those always there and those with a value; by the standard, others as they first have one."""
        homes = [f.sdtm for f in self.protocol.baseline.values() if f.sdtm is not None and f.sdtm.domain == name]
        named = [home.variable for home in homes if home.variable is not None]
        more = [c for c in rows.columns if _is_variable(c) and rows[c].null_count() < rows.height]
        first = {c: int(rows[c].is_not_null().arg_max() or 0) for c in more}
        seen = dict.fromkeys([*always, *named, *sorted(more, key=lambda c: first[c])])
        spec = SDTM.get(name)
        ordered = [v.name for v in spec.variables if v.name in seen] if spec is not None else []
        return ordered + [column for column in seen if column not in ordered]


def _is_variable(column: str) -> bool:
    return column.isupper() and not column.startswith("_") and column not in KEYS


def _kind(column: str) -> pl.DataType:
    return pl.Float64() if column.endswith(_NUMBERS) and column != "IDVARVAL" else pl.String()


def _qualifier(dataset: str, rows: pl.DataFrame, name: str, label: str) -> pl.DataFrame:
    seq = pl.col("_seq") if "_seq" in rows.columns else pl.lit(None, pl.Float64)
    block = rows.select(
        ROW,
        _seq=seq,
        RDOMAIN=pl.lit(dataset),
        IDVAR=pl.when(seq.is_not_null()).then(pl.lit(f"{dataset}SEQ")),
        IDVARVAL=seq.cast(pl.Int64).cast(pl.String),
        QNAM=pl.lit(name),
        QLABEL=pl.lit(label[:40]),
        QVAL=pl.col("QVAL").cast(pl.String),
    )
    return block.filter(pl.col("QVAL").is_not_null())
