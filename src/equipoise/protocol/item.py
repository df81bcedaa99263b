"""What every part of a protocol file has in common."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, StringConstraints, Tag

__all__ = [
    "BooleanExpression",
    "Expression",
    "ExpressionMark",
    "Identifier",
    "Item",
    "SdtmHome",
    "Where",
    "list_or_other",
    "text_or_other",
]


@dataclass(frozen=True)
class ExpressionMark:
    """Marks a text field as an expression of the protocol language; ``result`` is the type it must have."""

    result: str


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""Name of a part of the protocol: lower case, digits, underscore."""

BooleanExpression = Annotated[str, ExpressionMark("boolean")]
Expression = Annotated[str, ExpressionMark("any")]
Where = dict[str, tuple[str, ...]]
"""SDTM variable -> accepted values; all must hold."""


def list_or_other(value: Any) -> str:
    """Tell a list from any other value, for fields that take both."""
    return "list" if isinstance(value, list | tuple) else "other"


def text_or_other(value: Any) -> str:
    """Tell a text from any other value, for fields that take both."""
    return "text" if isinstance(value, str) else "other"


Assumed = Annotated[
    Annotated[bool, Tag("other")] | Annotated[tuple[str, ...], Tag("list")],
    Discriminator(list_or_other),
]


class Item(BaseModel):
    """A part of the protocol: frozen, without unknown keys, with a place for doubt."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    assumed: Assumed = False
    """True, or the names of the fields, where the source is silent and a default stands in."""
    note: str | None = None
    """Why it is so, for the reader of the protocol."""


class SdtmHome(Item):
    """Where a value lives in SDTM: a variable, a supplemental qualifier or a test code of a domain."""

    domain: str
    """SDTM domain, for example DM, SUPPDM, VS."""
    variable: str | None = None
    """Variable holding the value; QVAL for a qualifier, --STRESN (number) or --STRESC for a test unless named."""
    qnam: str | None = None
    """QNAM of a supplemental qualifier."""
    testcd: str | None = None
    """--TESTCD of a findings domain; the last value on or before first dose (else randomization) is taken."""
    where: Where = {}
    """Further conditions on rows."""
    values: dict[str, Any] = {}
    """Value seen in the data -> value in the protocol; values not listed are taken as they are."""
