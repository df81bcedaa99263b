"""Words of the field as enums, with the CDISC submission values where one exists; texts that can be translated."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

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
    "Text",
    "said",
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


class Text(str):
    """A text for people: English as it stands, and what it was made of, so that it can be said in another language.

    Parameters
    ----------
    template
        The text with ``{name}`` where a value stands.
    values
        Values by name. One that is a `Text` is translated too; several in a list or tuple are joined by commas.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object] = MappingProxyType({})) -> "Text":
        """Fill the values in; a text without values is taken as it is."""
        if not values:
            whole = template if isinstance(template, Text) else super().__new__(cls, template)
            whole.template, whole.values = getattr(template, "template", template), getattr(template, "values", values)
            return whole
        whole = super().__new__(cls, template.format_map({k: _joined(v) for k, v in values.items()}))
        whole.template, whole.values = template, values
        return whole

    def __reduce__(self) -> tuple[type["Text"], tuple[str, dict[str, object]]]:
        """Keep template and values in copies."""
        return Text, (self.template, dict(self.values))


def said(template: str, /, **values: object) -> Text:
    """Make a text of a template and its values; templates are found by name of this function and can be translated.

    Examples
    --------
    >>> text = said("There is no site {site}.", site="07")
    >>> text
    'There is no site 07.'
    >>> text.template
    'There is no site {site}.'
    """
    return Text(template, values)


def _joined(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
