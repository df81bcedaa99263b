"""Read one data set, or a folder of them."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from equipoise.cdisc.columns import tidy_columns
from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.findings import Finding
from equipoise.cdisc.formats.csv import read_csv
from equipoise.cdisc.formats.dataset_json import read_dataset_json
from equipoise.cdisc.formats.parquet import read_parquet
from equipoise.cdisc.formats.xpt_read import read_xpt
from equipoise.terms import SYNTHETIC

__all__ = ["Sdtm", "read_dataset", "read_folder"]

_ENDINGS = (".parquet", ".xpt", ".csv", ".json", ".ndjson")
_DATASET = re.compile(r"^([A-Z]{2}|QS[A-Z]{2}|SUPP[A-Z]{2}|RELREC|POOLDEF|AD[A-Z0-9]{1,6})$")


@dataclass(frozen=True, kw_only=True)
class Sdtm:
    """Data sets of a trial as they were read.

    ``datasets`` and ``files`` have the upper-case name of the data set as key (DM, AE, SUPPDM); ``files`` says which
    file each came from. ``findings`` are those of reading (text where a number is due).
    """

    datasets: dict[str, pl.DataFrame]
    files: dict[str, str]
    findings: tuple[Finding, ...] = ()


def read_dataset(path: Path | str, *, encoding: str = "utf-8") -> pl.DataFrame:
    """Read a data set from parquet, SAS transport version 5 (.xpt), CSV or Dataset-JSON 1.1 (.json, .ndjson).

    Parameters
    ----------
    path
        File; the ending says the format.
    encoding
        Encoding of CSV and transport files; other text than that is refused, never guessed.

    Returns
    -------
    polars.DataFrame
        Upper-case columns in the order of the file; text String (empty is null, trailing blanks cut), numbers Float64
        or Int64, ``--DTC`` ISO 8601 text, other dates Date.

    Raises
    ------
    CdiscError
        Where the file is not there, is damaged, is of another format or encoding, has a column twice, or holds text
        where CDISC has a number (``read_folder`` makes a finding of the last).
    """
    path = Path(path)
    frame, findings = _read(path, _stem(path), encoding)
    if findings:
        raise CdiscError(
            [f"{path}: {f.variable}: {f.seen} where {f.expected} is due; correct the value" for f in findings]
        )
    return frame


def read_folder(
    folder: Path | str,
    names: Mapping[str, str] | None = None,
    *,
    wanted: Iterable[str] | None = None,
    columns: Mapping[str, Collection[str]] | None = None,
    prefer: Sequence[str] = (),
    encoding: str = "utf-8",
) -> Sdtm:
    """Read the data sets of a folder.

    Parameters
    ----------
    folder
        Folder with one file per data set, named as the data set in any letter case (``dm.xpt``).
    names
        Data set -> file name without ending, where a file is named otherwise: ``{"RS": "rs_onco"}``.
    wanted
        Data sets to read where they are there; unless given all files are read whose name is that of an SDTM or ADaM
        data set (two letters, ``QS`` or ``SUPP`` and two letters, ``AD`` and up to six more), and all in ``names``.
    columns
        Data set -> variables to keep where it has them; all variables of data sets that are not named. Large data sets
        need less memory and time so.
    prefer
        Endings, best first: where several files hold one data set, the first of these endings is read. For folders that
        equipoise wrote, in which such files are equal.
    encoding
        As in ``read_dataset``.

    Raises
    ------
    CdiscError
        Where the folder is not there or holds no data set, a file of ``names`` is missing, or two files hold one data
        set (and no ending is preferred); and with all problems of all files that cannot be read.
    """
    folder = Path(folder)
    chosen = _choose(
        folder,
        {k.upper(): v for k, v in (names or {}).items()},
        None if wanted is None else {w.upper() for w in wanted},
        prefer,
    )
    datasets: dict[str, pl.DataFrame] = {}
    findings: list[Finding] = []
    problems: list[str] = []
    for dataset, path in chosen.items():
        try:
            datasets[dataset], found = _read(path, dataset, encoding, (columns or {}).get(dataset))
            findings += found
        except CdiscError as error:
            problems += error.problems
    if problems:
        raise CdiscError(problems)
    return Sdtm(datasets=datasets, files={name: str(path) for name, path in chosen.items()}, findings=tuple(findings))


def _read(
    path: Path, dataset: str, encoding: str, columns: Collection[str] | None = None
) -> tuple[pl.DataFrame, list[Finding]]:
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        ".parquet": lambda: read_parquet(path, columns),
        ".xpt": lambda: read_xpt(path, encoding),
        ".csv": lambda: read_csv(path, encoding),
        ".json": lambda: read_dataset_json(path),
        ".ndjson": lambda: read_dataset_json(path),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise CdiscError(
            f"{path}: ending {path.suffix!r}, expected one of {', '.join(_ENDINGS)}; export it as one of these"
        )
    try:
        return tidy_columns(_chosen(reader(), columns), dataset, str(path))
    except FileNotFoundError as error:
        raise CdiscError(f"{path}: not there; check the name of the file") from error
    except OSError as error:
        raise CdiscError(f"{path}: cannot be read ({error.strerror}); check the rights of the file") from error


def _chosen(frame: pl.DataFrame, columns: Collection[str] | None) -> pl.DataFrame:
    return frame if columns is None else frame.select(c for c in frame.columns if c.strip().upper() in columns)


def _choose(folder: Path, names: Mapping[str, str], wanted: set[str] | None, prefer: Sequence[str]) -> dict[str, Path]:
    """Data set -> file, in order of the data set names."""
    files = _files(folder)
    held: dict[str, list[Path]] = {}
    for path in files:
        held.setdefault(_stem(path), []).append(path)
    held = {stem: _preferred(paths, prefer) for stem, paths in held.items()}
    stems = {stem: stem for stem in held if _is_dataset(stem)} | {k: v.upper() for k, v in names.items()}
    if wanted is not None:
        stems = {w: stems.get(w, w) for w in wanted if stems.get(w, w) in held or w in names}
    seen = ", ".join(p.name for p in files)
    problems = [
        f"{folder}: no file for {dataset}: the protocol names {names[dataset]!r}; files are {seen}"
        for dataset, stem in sorted(stems.items())
        if stem not in held
    ]
    problems += [
        f"{folder}: {' and '.join(p.name for p in held[stem])} both hold {dataset}; remove one or name the one to use"
        for dataset, stem in sorted(stems.items())
        if len(held.get(stem, [])) > 1
    ]
    if not stems and wanted is None:
        problems.append(f"{folder}: no file is an SDTM data set: {seen}; expected dm, ae, ... or names in the protocol")
    if problems:
        raise CdiscError(problems)
    return {dataset: held[stem][0] for dataset, stem in sorted(stems.items())}


def _preferred(paths: list[Path], prefer: Sequence[str]) -> list[Path]:
    best = [path for ending in prefer for path in paths if path.suffix.lower() == ending]
    return best[:1] or paths


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        raise CdiscError(f"{folder}: not there; give the folder that holds the SDTM files")
    if not folder.is_dir():
        raise CdiscError(f"{folder}: is a file, expected the folder that holds the SDTM files")
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _ENDINGS and not p.name.startswith("."))
    if not files:
        raise CdiscError(f"{folder}: no data set in it, expected files such as dm.xpt (or {', '.join(_ENDINGS)})")
    return files


def _stem(path: Path) -> str:
    """Name of the data set in a file, without the mark of synthetic data."""
    return path.stem.upper().removesuffix(f"-{SYNTHETIC}")


def _is_dataset(stem: str) -> bool:
    """Whether a file name could be that of an SDTM or ADaM data set."""
    return _DATASET.match(stem) is not None
