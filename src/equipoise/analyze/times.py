"""Times to event by subject: the one place where CNSR becomes an event."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import NOT_RECORDED, Book
from equipoise.analyze.study import POSITION, Positions, Study

__all__ = ["Times", "read_times"]


@dataclass(frozen=True, kw_only=True)
class Times:
    """Time to event of one endpoint by one rule set; arrays by position."""

    known: npt.NDArray[np.bool_]
    """Whether the subject has a record that can be used."""
    days: npt.NDArray[np.int64]
    """Days from the origin; 0 where not known."""
    event: npt.NDArray[np.bool_]
    """CNSR = 0."""
    dates: npt.NDArray[np.datetime64]
    """ADT, the date of event or censoring; not a time where not known."""
    labels: list[str]
    """What events were and why times are censored, in the order of CNSR and then of the alphabet."""
    codes: npt.NDArray[np.int64]
    """Place in ``labels``; -1 without a record."""

    def of(self, positions: Positions) -> Positions:
        """Those of the subjects who have a record."""
        return positions[self.known[positions]]

    def descriptions(self, positions: Positions, *, event: bool) -> list[int]:
        """Codes of the descriptions that occur among subjects with an event, or without."""
        chosen = positions[self.event[positions] == event]
        return [int(code) for code in np.unique(self.codes[chosen])]


def read_times(book: Book, endpoint: str, rule_set: str) -> Times:
    """Read ADTTE for an endpoint and a rule set; records without a usable time are reported and left out."""
    study = book.study
    rows = _rows(study, endpoint, rule_set)
    size = study.adsl.height
    usable = rows.filter(pl.col("AVAL").is_not_null() & (pl.col("AVAL") >= 0) & pl.col("CNSR").is_not_null())
    _report(book, rows, usable, endpoint, rule_set)
    usable = usable.unique(POSITION, keep="first", maintain_order=True)
    at = usable[POSITION].to_numpy()
    described = usable.select("CNSR", _words(usable).alias("words"))
    pairs = sorted(set(described.iter_rows()))
    place = {pair: code for code, pair in enumerate(pairs)}
    known = np.zeros(size, dtype=bool)
    days, codes = np.zeros(size, dtype=np.int64), np.full(size, -1, dtype=np.int64)
    known[at] = True
    days[at] = usable["AVAL"].cast(pl.Int64).to_numpy()
    codes[at] = [place[pair] for pair in described.iter_rows()]
    dates = np.full(size, np.datetime64("NaT", "D"), dtype="datetime64[D]")
    if "ADT" in usable.columns:
        dates[at] = usable["ADT"].to_numpy().astype("datetime64[D]")
    event = known.copy()
    event[at] = (usable["CNSR"] == 0).to_numpy()
    return Times(known=known, days=days, event=event, dates=dates, labels=[text for _, text in pairs], codes=codes)


def _rows(study: Study, endpoint: str, rule_set: str) -> pl.DataFrame:
    frame = study.frame("ADTTE")
    if frame is None:
        blank = {POSITION: pl.Int64, "USUBJID": pl.String, "AVAL": pl.Int64, "CNSR": pl.Int64}
        return pl.DataFrame(schema=blank)
    return frame.filter((pl.col("ENDPT") == endpoint) & (pl.col("RULESET") == rule_set))


def _words(rows: pl.DataFrame) -> pl.Expr:
    """EVNTDESC of events; CNSREAS, else CNSDTDSC, else EVNTDESC of censored times."""
    held = [c for c in ("CNSREAS", "CNSDTDSC", "EVNTDESC") if c in rows.columns]
    event = pl.col("EVNTDESC") if "EVNTDESC" in rows.columns else pl.lit(None, dtype=pl.String)
    censored = pl.coalesce(*held) if held else pl.lit(None, dtype=pl.String)
    return pl.when(pl.col("CNSR") == 0).then(event).otherwise(censored).fill_null(NOT_RECORDED)


def _report(book: Book, rows: pl.DataFrame, usable: pl.DataFrame, endpoint: str, rule_set: str) -> None:
    bad = rows.join(usable.select(POSITION), on=POSITION, how="anti")
    twice = usable.filter(pl.col(POSITION).is_duplicated())
    for frame, code, expected in (
        (bad, "unusable-time", "AVAL of 0 or more days and a CNSR"),
        (twice, "duplicate-key", "one record per subject, endpoint and rule set"),
    ):
        for row in frame.unique(POSITION, keep="first", maintain_order=True).iter_rows(named=True):
            book.find(
                "error",
                code,
                dataset="ADTTE",
                row_key=f"USUBJID={row['USUBJID']}, ENDPT={endpoint}, RULESET={rule_set}",
                variable="AVAL",
                seen=f"AVAL={row['AVAL']}, CNSR={row['CNSR']}",
                expected=expected,
                effect="the first record is used" if code == "duplicate-key" else "not in the analysis",
                subject=row["USUBJID"],
            )
