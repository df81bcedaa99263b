"""Parquet."""

from pathlib import Path

import polars as pl

from equipoise.cdisc.errors import CdiscError

__all__ = ["read_parquet"]


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a parquet file. Raises CdiscError where it is damaged or no parquet."""
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        size = path.stat().st_size
        raise CdiscError(
            f"{path}: {size:,} bytes that cannot be read as parquet ({str(error).splitlines()[0]}); "
            "copy the file again, it may be incomplete, or give it the ending of its true format"
        ) from error
