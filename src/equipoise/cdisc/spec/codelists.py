"""Codelists whose values equipoise relies on: CDISC controlled terminology, as far as oncology trials use it."""

from equipoise.cdisc.spec.model import Codelist

__all__ = ["CODELISTS"]

_LISTS = (
    Codelist("NY", "No yes response", ("N", "Y", "U", "NA")),
    Codelist("Y", "Yes or missing", ("Y",)),
    Codelist("BETTER", "Favorable end of a score", ("high", "low")),
    Codelist(
        "QSEXCL",
        "Why a score is not analyzed",
        (
            "undated",
            "after_death",
            "same_day_duplicate",
            "after_crossover",
            "after_unblinding",
            "not_scored",
            "before_baseline",
            "outside_windows",
            "not_nearest",
        ),
    ),
    Codelist("SEX", "Sex", ("F", "M", "U", "INTERSEX", "UNDIFFERENTIATED")),
    Codelist("AGEU", "Unit of age", ("DAYS", "HOURS", "MONTHS", "WEEKS", "YEARS")),
    Codelist("AESEV", "Severity of an adverse event", ("MILD", "MODERATE", "SEVERE")),
    Codelist("AETOXGR", "CTCAE grade of an adverse event", ("1", "2", "3", "4", "5")),
    Codelist("TOXGR", "CTCAE grade", ("0", "1", "2", "3", "4", "5"), extensible=True),
    Codelist(
        "OUT",
        "Outcome of an event",
        (
            "FATAL",
            "NOT RECOVERED/NOT RESOLVED",
            "RECOVERED/RESOLVED",
            "RECOVERED/RESOLVED WITH SEQUELAE",
            "RECOVERING/RESOLVING",
            "UNKNOWN",
        ),
    ),
    Codelist(
        "ACN",
        "Action taken with study treatment",
        (
            "DOSE INCREASED",
            "DOSE NOT CHANGED",
            "DOSE RATE REDUCED",
            "DOSE REDUCED",
            "DRUG INTERRUPTED",
            "DRUG WITHDRAWN",
            "NOT APPLICABLE",
            "UNKNOWN",
        ),
    ),
    Codelist("TUIDRS", "Role of a lesion", ("TARGET", "NON-TARGET", "NEW"), extensible=True),
    Codelist(
        "ONCRSR",
        "Overall response at a time point (RECIST 1.1)",
        ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE"),
        extensible=True,
    ),
    Codelist("STAT", "Completion status", ("NOT DONE",)),
    Codelist("SSTAT", "Survival status", ("ALIVE", "DEAD", "UNKNOWN"), extensible=True),
    Codelist("DATEFL", "Imputed part of a date: Y year, M month, D day", ("Y", "M", "D")),
    Codelist("EOSSTT", "Status at the end", ("COMPLETED", "DISCONTINUED", "ONGOING", "NOT STARTED")),
    Codelist("ASSESSOR", "Who read the scans", ("central", "local")),
    Codelist(
        "BOR",
        "Best overall response",
        ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING"),
    ),
)

CODELISTS: dict[str, Codelist] = {codelist.name: codelist for codelist in _LISTS}
