"""How patients come: sites, their shares, the months of accrual, screening."""

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from equipoise.rehearsal.model.part import NotNegative, Part, Positive, Rate, Span

__all__ = ["Accrual", "Site"]


class Site(Part):
    """A site of the synthetic trial."""

    weight: Positive = 1.0
    """Share of the patients, in proportion to the other open sites."""
    opens_month: NotNegative = 0.0
    """Months after the first screening at which it opens."""
    time_zone: str = "America/New_York"
    """Its calendar."""
    country: str = "USA"


class Accrual(Part):
    """How patients come."""

    first: dt.date
    """Day on which screening begins."""
    months: Positive
    """Months over which the places of screening are spread."""
    ramp_months: NotNegative = 0.0
    """Months over which the rate rises from nothing to its height."""
    screened: Annotated[int, Field(ge=1, le=100_000)]
    """Places of screening; those after the last patient randomized stay empty."""
    randomized: Annotated[int, Field(ge=1)]
    """The trial closes with this patient."""
    declined: Rate = 0.0
    """Eligible patients who do not go on."""
    screening: Span = Span(least=3, most=18)
    """Days from screening to randomization."""
    sites: dict[Annotated[str, StringConstraints(pattern=r"^SYN[0-9]{2,4}$")], Site]
    """Sites by their numbers, which no real scheme uses."""
