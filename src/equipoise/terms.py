"""Words of the field as enums; values are the CDISC submission values where one exists."""

from enum import StrEnum

__all__ = [
    "SYNTHETIC",
    "SYNTHETIC_STUDY",
    "ArmRole",
    "Assessor",
    "DateName",
    "EventSource",
    "LesionKind",
    "Masking",
    "Response",
    "RuleSet",
    "Severity",
    "Status",
]


SYNTHETIC = "SYNTHETIC"
"""Word in the file names and labels of synthetic data."""
SYNTHETIC_STUDY = "SYN-"
"""What the STUDYID of every synthetic trial begins with, and of no other."""


class Masking(StrEnum):
    """Who is blinded to the allocated treatment."""

    OPEN_LABEL = "open_label"
    SINGLE_BLIND = "single_blind"
    DOUBLE_BLIND = "double_blind"


class ArmRole(StrEnum):
    """Role of an arm in comparisons: experimental arms are compared with control arms."""

    EXPERIMENTAL = "experimental"
    CONTROL = "control"


class Assessor(StrEnum):
    """Who read the scans."""

    CENTRAL = "central"
    LOCAL = "local"


class Response(StrEnum):
    """Overall response at a time point (SDTM codelist ONCRSR)."""

    CR = "CR"
    PR = "PR"
    SD = "SD"
    NON_CR_NON_PD = "NON-CR/NON-PD"
    PD = "PD"
    NE = "NE"


class LesionKind(StrEnum):
    """Role of a lesion (SDTM codelist TUIDRS)."""

    TARGET = "TARGET"
    NON_TARGET = "NON-TARGET"
    NEW = "NEW"


class Severity(StrEnum):
    """Severity of an adverse event (SDTM codelist AESEV), in rising order."""

    MILD = "MILD"
    MODERATE = "MODERATE"
    SEVERE = "SEVERE"


class RuleSet(StrEnum):
    """Rules that turn a history of assessments into one event or one censoring date."""

    A = "A"
    B = "B"
    C = "C"
    P = "P"
    K = "K"
    I = "I"  # noqa: E741


class EventSource(StrEnum):
    """What can end a time to event."""

    DEATH = "death"
    CENTRAL_PROGRESSION = "central_progression"
    LOCAL_PROGRESSION = "local_progression"
    SECOND_PROGRESSION = "second_progression"
    NEW_THERAPY = "new_therapy"
    TREATMENT_STOP = "treatment_stop"
    ADVERSE_EVENT = "adverse_event"
    RESPONSE = "response"


class DateName(StrEnum):
    """Dates every trial has; usable in expressions and as origins."""

    CONSENT = "consent"
    REGISTRATION = "registration"
    RANDOMIZATION = "randomization"
    FIRST_DOSE = "first_dose"
    LAST_DOSE = "last_dose"
    FIRST_CROSSOVER_DOSE = "first_crossover_dose"
    FIRST_RESPONSE = "first_response"
    DEATH = "death"
    LAST_ALIVE = "last_alive"


class Status(StrEnum):
    """Why a result row has no value, or what is special about it."""

    OK = "ok"
    NOT_REACHED = "NR"
    NOT_ESTIMABLE = "NE"
    NOT_DONE = "not_done"
