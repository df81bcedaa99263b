"""Units of numbers, and the one place where a month and a year are given a length.

A week is 7 days, a month 30.4375 days, a year 365.25 days (12 months). A difference of dates is whole days;
``months(a - b)`` divides it by 30.4375. Where the calendar is meant, add to a date instead: ``registration <=
progression_date + 12 months`` moves by calendar months and takes the last day of the month where the day does not
exist. ``age(birth, at)`` counts completed calendar years.
"""

from collections.abc import Iterable

__all__ = [
    "BASE_UNITS",
    "DAYS_PER_MONTH",
    "DAYS_PER_YEAR",
    "TIME_UNITS",
    "known_units",
    "normal_unit",
    "same_dimension",
    "size_in_base",
]

DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25

TIME_UNITS: dict[str, float] = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}
_SINGULAR = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
_LENGTH: dict[str, float] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_MASS: dict[str, float] = {"ug": 0.001, "mg": 1.0, "g": 1000.0, "kg": 1_000_000.0}
_DIMENSIONS: dict[str, dict[str, float]] = {"days": TIME_UNITS, "mm": _LENGTH, "mg": _MASS}
BASE_UNITS = {unit: base for base, table in _DIMENSIONS.items() for unit in table}


def normal_unit(unit: str) -> str:
    """Write a unit of time in lower-case plural; leave any other unit as it is."""
    lower = unit.strip().lower()
    lower = _SINGULAR.get(lower, lower)
    return lower if lower in TIME_UNITS else unit.strip()


def known_units(declared: Iterable[str | None]) -> set[str]:
    """Units that a literal may carry: the convertible ones and those of the declared fields."""
    return set(BASE_UNITS) | set(_SINGULAR) | {normal_unit(unit) for unit in declared if unit}


def same_dimension(left: str, right: str) -> bool:
    """Whether two units can be converted into each other."""
    return left == right or (left in BASE_UNITS and BASE_UNITS.get(left) == BASE_UNITS.get(right))


def size_in_base(unit: str) -> float:
    """Size of a convertible unit in the base unit of its dimension (days, mm, mg)."""
    return _DIMENSIONS[BASE_UNITS[unit]][unit]
