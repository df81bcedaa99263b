"""The reference numbers of R survival, read as arrays (see the fixture `goldens`)."""

import csv
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


def numbers(values) -> np.ndarray:
    """Turn JSON numbers into floats: null is nan, "Inf" infinite; a single number is an array of one."""
    values = values if isinstance(values, list) else [values]
    return np.array([np.nan if v is None else float(v) for v in values])


def relative_difference(actual, expected) -> float:
    """Largest relative difference; infinite where one is missing (nan) and the other is not, or the shapes differ."""
    a, b = np.asarray(actual, float), np.asarray(expected, float)
    if a.shape != b.shape or (np.isnan(a) != np.isnan(b)).any():
        return np.inf
    other = ~np.isnan(a) & (a != b)
    if not other.any():
        return 0.0
    return float(np.max(np.abs(a - b)[other] / np.maximum(np.abs(b[other]), 1e-300)))


def listed(value) -> list:
    """Give what may be a single value as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


@dataclass
class Columns:
    """Columns of one data set, as declared in the `src` of a golden."""

    data: dict[str, np.ndarray]
    src: dict

    def __getitem__(self, name: str) -> np.ndarray:
        return self.data[name]

    @property
    def time(self) -> np.ndarray:
        return self.data[self.src["time"]]

    @property
    def event(self) -> np.ndarray:
        return np.isin(self.data[self.src["event"]["col"]], self.src["event"]["values"])

    @property
    def entry(self) -> np.ndarray | None:
        return self.data[self.src["start"]] if self.src.get("start") else None

    @property
    def weights(self) -> np.ndarray | None:
        return self.data[self.src["weights"]] if self.src.get("weights") else None

    @property
    def strata(self) -> list[np.ndarray] | None:
        return [self.data[name] for name in listed(self.src.get("strata"))] or None

    def rows(self, mask: np.ndarray) -> "Columns":
        """Keep some rows."""
        return Columns({name: values[mask] for name, values in self.data.items()}, self.src)

    def complete(self, names) -> "Columns":
        """Keep rows without missing values in `names`, the time, the event and the strata."""
        wanted = [*names, self.src["time"], self.src["event"]["col"], *listed(self.src.get("strata"))]
        mask = np.ones(self.time.size, bool)
        for name in wanted:
            values = self.data[name]
            mask &= values != "" if values.dtype.kind in "UO" else ~np.isnan(values)
        return self.rows(mask)

    def curves(self) -> dict[str, "Columns"]:
        """Split by the golden's `by`, under R's names of the curves without blanks."""
        by = listed(self.src.get("by"))
        whole = self.complete(by)
        if not by:
            return {"all": whole}
        out = {}
        for combination in itertools.product(*(np.unique(whole[name]) for name in by)):
            mask = np.ones(whole.time.size, bool)
            for name, level in zip(by, combination, strict=True):
                mask &= whole[name] == level
            if mask.any():
                name = ",".join(f"{b}={label(v)}" for b, v in zip(by, combination, strict=True))
                out[name] = whole.rows(mask)
        return out


def label(value) -> str:
    """Write a level as R does."""
    return f"{value:g}" if isinstance(value, float) else str(value)


class Goldens:
    """goldens.json and the data sets beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sections = json.loads((folder / "goldens.json").read_text())
        self._tables: dict[str, dict[str, np.ndarray]] = {}

    def __getitem__(self, section: str):
        return self.sections[section]

    def table(self, name: str) -> dict[str, np.ndarray]:
        """Read one data set: numbers as floats with nan for missing, the rest as text."""
        if name not in self._tables:
            with (self.folder / "data" / f"{name}.csv").open() as file:
                rows = list(csv.DictReader(file))
            self._tables[name] = {key: _column([row[key] for row in rows]) for key in rows[0]}
        return self._tables[name]

    def columns(self, src: dict) -> Columns:
        """Read the data of a golden and keep the rows its filter names."""
        found = Columns(self.table(src["data"]), src)
        for name, values in (src.get("filter") or {}).items():
            found = found.rows(np.isin(found[name], listed(values)))
        return found


def _column(values: list[str]) -> np.ndarray:
    try:
        return np.array([float(v) if v else np.nan for v in values])
    except ValueError:
        return np.array(values)
