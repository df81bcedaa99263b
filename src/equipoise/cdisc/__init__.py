"""CDISC data in and out: SDTM and ADaM variables, codelists, checks, and the file formats that carry them."""

from equipoise.cdisc.checks import RULES, Rule, SetAside, check_sdtm, set_aside
from equipoise.cdisc.dates import parse_dtc
from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.findings import Finding, findings_frame
from equipoise.cdisc.reading import Sdtm, read_dataset, read_folder
from equipoise.cdisc.spec import ADAM, CODELISTS, SDTM, Codelist, DatasetSpec, Variable, dataset_spec
from equipoise.cdisc.writing import dataset_path, write_dataset

__all__ = [
    "ADAM",
    "CODELISTS",
    "RULES",
    "SDTM",
    "CdiscError",
    "Codelist",
    "DatasetSpec",
    "Finding",
    "Rule",
    "Sdtm",
    "SetAside",
    "Variable",
    "check_sdtm",
    "dataset_path",
    "dataset_spec",
    "findings_frame",
    "parse_dtc",
    "read_dataset",
    "read_folder",
    "set_aside",
    "write_dataset",
]
