"""Those who read scans, and how long it takes."""

from typing import Annotated

from pydantic import Field

from equipoise.rehearsal.model.part import NotNegative, Part, Rate, Span

__all__ = ["Reader", "Readers", "TurnAround"]


class Reader(Part):
    """How somebody reads."""

    error: NotNegative
    """Standard deviation of the logarithm of a measurement, beyond rounding to millimeters."""
    anchor: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of a change since the last scan that the reader does not follow yet, knowing the last measurement."""
    choice: NotNegative = 0.0
    """Standard deviation of the logarithm by which target lesions are preferred apart from their size."""
    sees_new: Rate
    """A new lesion is seen at an assessment; once seen it is seen again."""
    imagines_new: Rate = 0.0
    """A new lesion is seen at an assessment where there is none; it is not seen again."""
    not_evaluable: Rate = 0.0
    """Assessments after baseline at which a target lesion cannot be measured."""
    sees_non_target: Rate
    """Unequivocal progression of other lesions is called at an assessment; once called it stays."""
    most_targets: int = 5
    """Target lesions chosen at most; the criteria set the limit."""


class TurnAround(Part):
    """Working days."""

    assess: Span
    """From the scan to the local judgment."""
    send: Span
    """From the scan to the core laboratory."""
    accept: Span
    """From the arrival to the check of quality."""
    read: Span
    """From the request, or the check, to the lock of each reader's reading."""
    adjudicate: Span
    """From the readings to the adjudicator's choice."""
    unblind: Span
    """From the central answer to unblinding."""
    last_reading: Span
    """From the end of scanning to the reading of what is left."""


class Readers(Part):
    """Those who read scans."""

    local: Reader
    central: Reader
    adjudicator: Reader | None = None
    """Who endorses one of two central readers, the one nearer to a reading of his own; none for one who reads as they
    do."""
    days: TurnAround
