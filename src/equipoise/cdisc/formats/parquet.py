"""Parquet."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from equipoise.cdisc.errors import CdiscError

__all__ = ["read_parquet"]


def read_parquet(path: Path, columns: Collection[str] | None = None) -> pl.DataFrame:
    """Read a parquet file, or its columns that are named (upper case). Raises CdiscError where it is damaged."""
    try:
        if columns is None:
            return pl.read_parquet(path)
        return pl.read_parquet(path, columns=[c for c in pl.read_parquet_schema(path) if c.strip().upper() in columns])
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        size = path.stat().st_size
        raise CdiscError(
            f"{path}: {size:,} bytes that cannot be read as parquet ({str(error).splitlines()[0]}); "
            "copy the file again, it may be incomplete, or give it the ending of its true format"
        ) from error
