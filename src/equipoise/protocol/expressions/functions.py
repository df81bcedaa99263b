"""The functions of the language: how each is written and what it gives."""

__all__ = ["FUNCTIONS"]

FUNCTIONS: dict[str, str] = {
    "days": "days(a - b)",
    "weeks": "weeks(a - b)",
    "months": "months(a - b)",
    "years": "years(a - b)",
    "age": "age(date_of_birth, at)",
    "date": "date('2020-01-31')",
}
"""Function -> how it is written."""
