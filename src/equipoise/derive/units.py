"""Units of measurement: which spellings mean the same unit, and how one unit becomes another."""

from types import MappingProxyType

import polars as pl

__all__ = ["conversion", "converted"]

_DAYS_OF_YEAR = 365.25
_SAME = {
    **dict.fromkeys(("YEAR", "YEARS", "YR", "YRS", "Y"), "years"),
    **dict.fromkeys(("MONTH", "MONTHS", "MO"), "months"),
    **dict.fromkeys(("WEEK", "WEEKS", "WK"), "weeks"),
    **dict.fromkeys(("DAY", "DAYS", "D"), "days"),
    **dict.fromkeys(("KG", "KILOGRAM", "KILOGRAMS"), "kg"),
    **dict.fromkeys(("G", "GRAM", "GRAMS"), "g"),
    **dict.fromkeys(("LB", "LBS", "POUND", "POUNDS"), "lb"),
    **dict.fromkeys(("CM", "CENTIMETER", "CENTIMETERS"), "cm"),
    **dict.fromkeys(("M", "METER", "METERS"), "m"),
    **dict.fromkeys(("IN", "INCH", "INCHES"), "in"),
    **dict.fromkeys(("C", "CELSIUS", "DEGREES C", "DEGC", "°C"), "C"),
    **dict.fromkeys(("F", "FAHRENHEIT", "DEGREES F", "DEGF", "°F"), "F"),
}
_LINEAR = MappingProxyType(
    {
        ("months", "years"): (1 / 12, 0.0),
        ("weeks", "years"): (7 / _DAYS_OF_YEAR, 0.0),
        ("days", "years"): (1 / _DAYS_OF_YEAR, 0.0),
        ("years", "months"): (12.0, 0.0),
        ("lb", "kg"): (0.45359237, 0.0),
        ("g", "kg"): (0.001, 0.0),
        ("in", "cm"): (2.54, 0.0),
        ("m", "cm"): (100.0, 0.0),
        ("F", "C"): (5 / 9, -160 / 9),
    }
)
"""(unit from, unit to) -> factor and what is added. Pound and inch are exact (international yard and pound, 1959)."""


def _name(unit: str) -> str:
    upper = unit.strip().upper()
    return _SAME.get(upper, upper)


def conversion(seen: str, wanted: str) -> tuple[float, float] | None:
    """Factor and addend from one unit to another; (1, 0) for the same unit, None where no rule is known.

    Examples
    --------
    >>> conversion("KG", "kg"), conversion("LB", "kg"), conversion("mg/dL", "kg")
    ((1.0, 0.0), (0.45359237, 0.0), None)
    """
    a, b = _name(seen), _name(wanted)
    return (1.0, 0.0) if a == b else _LINEAR.get((a, b))


def converted(value: pl.Expr, unit: pl.Expr, seen: list[str], wanted: str) -> pl.Expr:
    """Values in the wanted unit: as they are where no unit is recorded, null where there is no conversion."""
    choices = [pl.when(unit.is_null()).then(value)]
    for name in seen:
        rule = conversion(name, wanted)
        if rule is not None:
            factor, added = rule
            choices.append(pl.when(unit == name).then(value if rule == (1.0, 0.0) else value * factor + added))
    return pl.coalesce(choices)
