"""Short names for the fields that commands ask for."""

from equipoise.conduct.field import Field

__all__ = ["choice", "date", "decimal", "flag", "identifier", "integer", "partial_date", "records", "text", "texts"]


def text(name: str, doc: str, *, required: bool = True, most: int = 4000) -> Field:
    """Words."""
    return Field(name, "text", doc, required, maximum=most)


def identifier(name: str, doc: str, *, required: bool = True) -> Field:
    """A name or number without blanks."""
    return Field(name, "identifier", doc, required)


def date(name: str, doc: str, *, required: bool = True) -> Field:
    """A calendar date of the site."""
    return Field(name, "date", doc, required)


def partial_date(name: str, doc: str, *, required: bool = True) -> Field:
    """A calendar date, or its known part."""
    return Field(name, "partial_date", doc, required)


def integer(name: str, doc: str, low: int | None = None, high: int | None = None, *, required: bool = True) -> Field:
    """A whole number."""
    return Field(name, "integer", doc, required, minimum=low, maximum=high)


def decimal(name: str, doc: str, *, required: bool = True) -> Field:
    """A number, as text."""
    return Field(name, "decimal", doc, required)


def flag(name: str, doc: str, *, required: bool = True) -> Field:
    """Yes or no."""
    return Field(name, "boolean", doc, required)


def choice(name: str, doc: str, *choices: str, required: bool = True) -> Field:
    """One of a list of words."""
    return Field(name, "choice", doc, required, choices=choices)


def texts(name: str, doc: str, *, required: bool = True, least: int = 1) -> Field:
    """A list of words."""
    return Field(name, "texts", doc, required, minimum=least)


def records(name: str, doc: str, *fields: Field, required: bool = True, least: int = 1) -> Field:
    """A list of records."""
    return Field(name, "records", doc, required, minimum=least, fields=fields)
