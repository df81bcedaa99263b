"""Tables as parquet files that are there whole, or not at all and with the system's own error."""

import io
from pathlib import Path

import polars as pl

__all__ = ["write_parquet"]


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a table by way of memory: polars says "out of specification" where a disk is full, the system says so.

    Raises
    ------
    OSError
        The file cannot be written; it is not there then.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, statistics=False)
    try:
        path.write_bytes(buffer.getbuffer())
    except OSError:
        path.unlink(missing_ok=True)
        raise
