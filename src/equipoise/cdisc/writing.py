"""Write one data set: all of it or nothing, and the same bytes for the same input."""

import datetime as dt
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.formats.dataset_json import dataset_json_bytes
from equipoise.cdisc.formats.xpt_write import xpt_bytes
from equipoise.cdisc.spec import dataset_spec, variable_spec
from equipoise.terms import SYNTHETIC, SYNTHETIC_STUDY

__all__ = ["dataset_path", "write_dataset"]

_ENDINGS = (".parquet", ".xpt", ".csv", ".json", ".ndjson")


def dataset_path(folder: Path, name: str, ending: str, *, study_id: str) -> Path:
    """Name the file of a data set: ``dm.xpt``, of a synthetic trial ``dm-SYNTHETIC.xpt``.

    Parameters
    ----------
    folder
        Where it lies.
    name
        Name of the data set, as DM.
    ending
        Ending without the dot.
    study_id
        STUDYID of the trial.
    """
    mark = f"-{SYNTHETIC}" if study_id.startswith(SYNTHETIC_STUDY) else ""
    return folder / f"{name.lower()}{mark}.{ending}"


def write_dataset(
    frame: pl.DataFrame,
    path: Path | str,
    *,
    name: str,
    created: dt.date,
    label: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Write a data set in the format that the ending of ``path`` names.

    Parameters
    ----------
    frame
        Rows in the order in which they shall stand.
    path
        ``.parquet``, ``.xpt`` (SAS transport version 5), ``.csv`` (UTF-8), ``.json`` or ``.ndjson`` (Dataset-JSON 1.1).
        An existing file is replaced when the new one is complete. The label of a file named as `dataset_path` names
        synthetic data says so too.
    name
        Name of the data set, as ADSL.
    created
        Creation time written into files that have one: the data cut.
    label, labels
        Labels of the data set and of variables where they differ from the specification; unless given or specified, the
        name.

    Raises
    ------
    CdiscError
        For another ending, for everything that the format cannot hold, and where the file cannot be written.
    """
    path = Path(path)
    spec = dataset_spec(name)
    title = label if label is not None else (spec.label if spec else name)
    if path.stem.endswith(f"-{SYNTHETIC}"):
        title = f"{SYNTHETIC} {title}"[:40]
    specified = {column: variable_spec(name, column) for column in frame.columns}
    words = {column: variable.label for column, variable in specified.items() if variable} | dict(labels or {})
    keys = [key for key in spec.keys if key in frame.columns] if spec else []
    frame = frame.cast({pl.Categorical: pl.String, pl.Enum: pl.String, pl.Null: pl.String}).rechunk()
    ending = path.suffix.lower()
    if ending == ".parquet":
        data = _parquet(frame, name, title, words)
    elif ending == ".csv":
        data = frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.f").encode()
    elif ending == ".xpt":
        data = xpt_bytes(frame, name=name, label=title, labels=words, created=created)
    elif ending in {".json", ".ndjson"}:
        lines = ending == ".ndjson"
        data = dataset_json_bytes(frame, name=name, label=title, labels=words, keys=keys, created=created, lines=lines)
    else:
        raise CdiscError(f"{path}: ending {path.suffix!r}, expected one of {', '.join(_ENDINGS)}")
    _replace(path, data)


def _parquet(frame: pl.DataFrame, name: str, label: str, labels: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    known = {column: labels[column] for column in frame.columns if column in labels}
    metadata = {"dataset": name, "label": label, "labels": json.dumps(known, ensure_ascii=False)}
    frame.write_parquet(buffer, statistics=False, metadata=metadata, row_group_size=1_000_000)
    return buffer.getvalue()


def _replace(path: Path, data: bytes) -> None:
    """Write beside the target and rename: a reader sees the old file or the new one, never a part."""
    scratch: str | None = None
    try:
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
        scratch = None
    except OSError as error:
        raise CdiscError(f"{path}: cannot be written ({error.strerror}); check folder, rights and space") from error
    finally:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
