"""Names of ADSL variables that come from the protocol."""

from equipoise.protocol.model import Protocol

__all__ = ["ADSL_RESERVED", "adsl_variables", "population_flag", "population_reason"]

ADSL_RESERVED = frozenset(
    {
        "STUDYID",
        "USUBJID",
        "SUBJID",
        "SITEID",
        "COHORT",
        "ARMID",
        "AARMID",
        "ARM",
        "ARMCD",
        "ACTARM",
        "ACTARMCD",
        "TRT01P",
        "TRT01A",
        "TRT01PN",
        "TRT01AN",
        "RANDFL",
        "RANDDT",
        "RFICDT",
        "TRTSDT",
        "TRTEDT",
        "TRTEDTF",
        "TR02SDT",
        "TR02EDT",
        "TR02EDTF",
        "CROSSFL",
        "DTHFL",
        "DTHDT",
        "DTHDTF",
        "DTHCAUS",
        "LSTALVDT",
        "EOTSTT",
        "EOTDT",
        "DCTREAS",
        "EOSSTT",
        "EOSDT",
        "DCSREAS",
        "SCRFREAS",
        "STRATAR",
        "STRATAV",
        "REGDT",
        "DTHDOM",
        "DTHVAR",
        "DTHSEQ",
        "EOTTERM",
        "EOSTERM",
        "REASON",
        "DOMAIN",
    }
)
"""Variables of ADSL, or of the steps to it, with a meaning of their own."""

_FLAGS = {"itt": "ITTFL", "safety": "SAFFL"}


def _is_reserved(name: str) -> bool:
    is_stratum = name.startswith("STRAT") and name[5:-1].isdigit() and name[-1] in "RV"
    return name in ADSL_RESERVED or is_stratum


def population_flag(name: str) -> str:
    """Name the ADSL flag of a population: ITTFL, SAFFL, else the first six letters and FL."""
    return _FLAGS.get(name) or f"{name.replace('_', '').upper()[:6]}FL"


def population_reason(name: str) -> str:
    """Name the ADSL variable that says why a subject is not in a population."""
    return f"{population_flag(name)[:-2][:5]}RSN"


def adsl_variables(protocol: Protocol) -> dict[str, str]:
    """Name the ADSL variable of each baseline field.

    A field whose home is a variable of DM takes that variable's name, the first such field where there are several; any
    other field its identifier without underscores, cut to eight characters. A name that is taken ends in a number.

    Returns
    -------
    dict
        Baseline field -> ADSL variable: upper case, at most eight characters, unique.
    """
    names: dict[str, str] = {}
    taken = {population_flag(name) for name in protocol.populations} | {
        population_reason(name) for name in protocol.populations
    }
    for name, field in protocol.baseline.items():
        home = field.sdtm
        if (
            home is None
            or home.domain.upper() != "DM"
            or home.variable is None
            or home.qnam
            or home.testcd
            or field.derive
        ):
            continue
        variable = home.variable.upper()
        if len(variable) <= 8 and not _is_reserved(variable) and variable not in taken:
            names[name] = variable
            taken.add(variable)
    for name in protocol.baseline:
        if name not in names:
            names[name] = _free_name(name, taken)
            taken.add(names[name])
    return {name: names[name] for name in protocol.baseline}


def _free_name(identifier: str, taken: set[str]) -> str:
    stem = identifier.replace("_", "").upper()
    name, number = stem[:8], 1
    while name in taken or _is_reserved(name):
        number += 1
        name = f"{stem[: 8 - len(str(number))]}{number}"
    return name
