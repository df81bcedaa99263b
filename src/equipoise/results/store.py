"""Collect result rows and write or read the results folder."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.results.ars import write_ars
from equipoise.results.content import Results
from equipoise.results.parquet import write_parquet
from equipoise.results.schema import SOURCE_SETS, STATISTICS, TABLES
from equipoise.terms import Status

__all__ = ["ResultsError", "ResultsWriter", "read_results", "write_results"]

_SIDES = {"p_value": 2, "p_one_sided": 1, "p_opposite": 1, "conf_low": 2, "conf_high": 2, "conf_high_one_sided": 1}
_LIMITS = {"conf_low", "conf_high", "conf_high_one_sided"}


class ResultsError(Exception):
    """A results folder that cannot be read; the message names file and remedy."""


@dataclass
class ResultsWriter:
    """Collects rows in the order in which they are computed.

    Values common to all rows (study, data cut, look) are given once. Missing or infinite values must come with a
    status. The sides follow from the name of the statistic, and a confidence level is kept with limits only, so that
    neither can be said wrongly.
    """

    study_id: str
    data_cut: str
    look: int = 0
    _statistics: list[dict[str, Any]] = field(default_factory=list)
    _frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _sets: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def source_set(self, subjects: Iterable[str], label: str) -> str:
        """Register a set of subjects and return its identifier.

        Equal sets share one identifier, and the first label stays; the empty set is called "no subjects".
        """
        members = sorted(set(subjects))
        digest = hashlib.sha256("\n".join(members).encode()).hexdigest()[:12]
        self._sets.setdefault(digest, (label if members else "no subjects", members))
        return digest

    def add(self, statistic: str, value: float | int | None, *, status: Status = Status.OK, **columns: Any) -> None:
        """Add one statistic; ``columns`` are those of ``STATISTICS``.

        Raises
        ------
        ValueError
            For an unknown column, a number that is not finite, or a row with neither value, text nor status.
        """
        unknown = columns.keys() - STATISTICS.keys()
        if unknown:
            raise ValueError(f"unknown result columns {sorted(unknown)}; the columns are {list(STATISTICS)}")
        number = None if value is None else float(value)
        if number is not None and not abs(number) < float("inf"):
            raise ValueError(f"{statistic} is {number}: give None and a status that says why")
        if number is None and status is Status.OK and columns.get("text") is None:
            raise ValueError(f"{statistic} has neither value, text nor status")
        if statistic not in _LIMITS:
            columns.pop("conf_level", None)
        common = {"study_id": self.study_id, "data_cut": self.data_cut, "look": self.look}
        named = {"statistic": statistic, "value": number, "status": str(status), "sided": _SIDES.get(statistic)}
        self._statistics.append({**common, **columns, **named})

    def add_values(self, values: Mapping[str, float | int | None], **columns: Any) -> None:
        """Add several statistics that share all other columns; a value of None is not estimable."""
        for statistic, value in values.items():
            self.add(statistic, value, status=Status.OK if value is not None else Status.NOT_ESTIMABLE, **columns)

    def add_frame(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows of ``curves``, ``subjects`` or ``findings``; missing columns are filled."""
        schema = TABLES[table]
        frame = frame.with_columns(study_id=pl.lit(self.study_id))
        if "data_cut" in schema:
            frame = frame.with_columns(data_cut=pl.lit(self.data_cut))
        columns = [(pl.col(c) if c in frame.columns else pl.lit(None)).cast(t).alias(c) for c, t in schema.items()]
        self._frames.setdefault(table, []).append(frame.select(columns))

    def finish(self, trial: Mapping[str, Any]) -> Results:
        """All rows as results."""
        rows = {column: [row.get(column) for row in self._statistics] for column in STATISTICS}
        rows["row_id"] = list(range(1, len(self._statistics) + 1))
        sets = [
            {"source_set": key, "label": label, "n": len(members), "subjects": members}
            for key, (label, members) in sorted(self._sets.items())
        ]
        frames = {
            name: pl.concat(self._frames[name]) if self._frames.get(name) else pl.DataFrame(schema=TABLES[name])
            for name in ("curves", "subjects", "findings")
        }
        return Results(
            statistics=pl.DataFrame(rows, schema=STATISTICS),
            source_sets=pl.DataFrame(sets, schema=SOURCE_SETS),
            trial=trial,
            **frames,
        )


def write_results(results: Results, folder: Path) -> None:
    """Write a results folder as parquet and JSON, with ``ars.json``.

    An existing folder is replaced only when all files are written.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name in TABLES:
            frame: pl.DataFrame = getattr(results, name)
            write_parquet(frame, scratch / f"{name}.parquet")
            (scratch / f"{name}.json").write_text(_records(frame), encoding="utf-8")
        text = json.dumps(results.trial, indent=1, ensure_ascii=False, sort_keys=False, allow_nan=False)
        (scratch / "trial.json").write_text(text + "\n", encoding="utf-8")
        write_ars(results, scratch / "ars.json")
        scratch.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _records(frame: pl.DataFrame) -> str:
    rows = ({k: v for k, v in row.items() if v is not None} for row in frame.iter_rows(named=True))
    lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def read_results(folder: Path) -> Results:
    """Read a results folder.

    Raises
    ------
    ResultsError
        Naming the file that is missing, cannot be read or has other columns, and what to do.
    """
    folder = Path(folder)
    frames = {name: _read_table(folder / f"{name}.parquet", schema) for name, schema in TABLES.items()}
    path = folder / "trial.json"
    if not path.is_file():
        raise ResultsError(f"{path}: not there; run 'equipoise analyze' first")
    try:
        trial = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultsError(f"{path}: not readable JSON ({error}); run 'equipoise analyze' again") from error
    return Results(**frames, trial=trial)


def _read_table(path: Path, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    if not path.is_file():
        raise ResultsError(f"{path}: not there; run 'equipoise analyze' first")
    try:
        frame = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise ResultsError(f"{path}: not a readable parquet file; run 'equipoise analyze' again") from error
    expected = dict(pl.Schema(schema))
    if dict(frame.schema) != expected:
        missing = ", ".join(c for c in expected if c not in frame.columns) or "none"
        other = ", ".join(c for c, t in frame.schema.items() if expected.get(c) != t) or "none"
        raise ResultsError(
            f"{path}: columns differ from this version's (missing {missing}; new or of another type {other}); "
            "run 'equipoise analyze' again"
        )
    return frame
