"""The variables that equipoise reads (SDTM) and makes (ADaM): names, labels, kinds, codelists, keys, origins."""

from equipoise.cdisc.spec.adam_crossover import ADTDC
from equipoise.cdisc.spec.adam_endpoints import ADRS, ADTTE
from equipoise.cdisc.spec.adam_patient_reported import ADPRO, ADQS
from equipoise.cdisc.spec.adam_safety import ADAE, ADDV, ADEX, ADLB
from equipoise.cdisc.spec.adam_subject import ADSL
from equipoise.cdisc.spec.adam_tumor import ADREVIEW, ADTR
from equipoise.cdisc.spec.codelists import CODELISTS
from equipoise.cdisc.spec.model import Codelist, DatasetSpec, Variable
from equipoise.cdisc.spec.sdtm_general import EVENTS, FINDINGS, INTERVENTIONS
from equipoise.cdisc.spec.sdtm_special import DM, SUPP, SV

__all__ = ["ADAM", "CODELISTS", "SDTM", "Codelist", "DatasetSpec", "Variable", "dataset_spec", "variable_spec"]

SDTM: dict[str, DatasetSpec] = {spec.name: spec for spec in (DM, SV, *INTERVENTIONS, *EVENTS, *FINDINGS, SUPP)}
"""SDTM data sets by name; ``SUPP--`` stands for the supplemental qualifiers of every domain."""

ADAM: dict[str, DatasetSpec] = {
    spec.name: spec for spec in (ADSL, ADTR, ADREVIEW, ADRS, ADTTE, ADAE, ADEX, ADLB, ADDV, ADQS, ADPRO, ADTDC)
}
"""ADaM data sets by name."""


def dataset_spec(name: str) -> DatasetSpec | None:
    """Specification of a data set by its name; none for data sets that equipoise does not know.

    A split domain (``LBCH``, ``RS2``) is specified as its domain.
    """
    if name.startswith("SUPP"):
        return SDTM["SUPP--"]
    return ADAM.get(name) or SDTM.get(name) or (None if name.startswith("AD") else SDTM.get(name[:2]))


def variable_spec(dataset: str, name: str) -> Variable | None:
    """Specification of a variable: that of its data set, else of any data set (ADaM keeps variables of SDTM)."""
    spec = dataset_spec(dataset)
    return (spec.variable(name) if spec else None) or _ANYWHERE.get(name)


_ANYWHERE: dict[str, Variable] = {
    variable.name: variable for spec in (*ADAM.values(), *SDTM.values()) for variable in spec.variables
}
