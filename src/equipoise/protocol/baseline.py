"""Baseline fields, eligibility, populations and subgroups."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from equipoise.protocol.item import BooleanExpression, Expression, Identifier, Item, SdtmHome, list_or_other

__all__ = ["BaselineField", "Criterion", "Population", "Subgroup"]


Levels = Annotated[
    Annotated[dict[str, str], Tag("other")] | Annotated[tuple[str, ...], Tag("list")],
    Discriminator(list_or_other),
]


class BaselineField(Item):
    """A typed fact recorded before randomization."""

    label: str | None = None
    """Name in tables; the identifier in words unless given."""
    type: Literal["category", "boolean", "integer", "number", "date", "text"] = "category"
    """Kind of value; a category has levels."""
    levels: Levels = ()
    """Levels of a category in reporting order, with labels where a mapping is given."""
    unit: str | None = None
    """Unit of a number, as in the data, for example "years" or "mm"."""
    reference: str | None = None
    """Reference level of a category in models; the first level unless given."""
    sdtm: SdtmHome | None = None
    """Home in SDTM; none for a field that is only derived."""
    derive: Expression | None = None
    """Expression that computes the field from others instead."""
    table: bool = True
    """Shown in the baseline table."""
    univariate: bool = False
    """In the block of univariate models of prognostic factors."""

    def level_labels(self) -> dict[str, str]:
        """Levels in order with their labels; "yes" and "no" for a boolean field."""
        if self.type == "boolean":
            return {"true": "Yes", "false": "No"}
        if isinstance(self.levels, dict):
            return dict(self.levels)
        return {level: level.replace("_", " ") for level in self.levels}


class Criterion(Item):
    """An eligibility criterion: exactly one of ``include`` and ``exclude``."""

    text: str
    """As the protocol says it."""
    include: BooleanExpression | None = None
    """True for an eligible patient; unknown is not eligible until known."""
    exclude: BooleanExpression | None = None
    """True for a patient who may not enter; unknown is not eligible until known."""


class Population(Item):
    """A set of subjects for analysis, and the arm under which each is counted."""

    label: str
    """Name in tables and footnotes."""
    members: BooleanExpression
    """Expression over baseline fields and the built-in facts ``randomized``, ``treated``, ``eligible``."""
    arm: Literal["assigned", "received"] = "assigned"
    """As randomized, or as the treatment actually taken first."""


class Subgroup(Item):
    """A factor of the forest plot: a baseline field, or levels given by expressions."""

    label: str | None = None
    """Name in the forest plot; that of the field unless given."""
    field: Identifier | None = None
    """Baseline field whose levels are the subgroups."""
    levels: dict[str, BooleanExpression] = {}
    """Label of a level -> who belongs to it, instead of a field."""
    minimum_events: int = Field(default=5, ge=0)
    """Fewer events in the two arms together: the effect is not estimated."""
