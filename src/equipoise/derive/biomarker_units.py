"""Units of laboratory values: mass and amount by volume or day, converted by powers of ten.

Between mass and amount of substance there is a conversion only for tests of known molar mass.
"""

import re

import polars as pl

__all__ = ["MOLAR_MASSES", "factor_of", "in_unit"]

MOLAR_MASSES = {"HIAA5": 191.18, "SEROTONN": 176.22, "CORTISOL": 362.46}
"""Grams per mole by LBTESTCD: 5-hydroxyindoleacetic acid (C10H9NO3), serotonin (C10H12N2O), cortisol (C21H30O5)."""

_PREFIX = {"": 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "k": 3}
_BASES = ("mol", "IU", "U", "g")
_VOLUMES = {"L": 0, "dL": -1, "mL": -3, "uL": -6}
_PLAIN = re.compile(r"^(?P<prefix>[dcmunpfk]?)(?P<base>mol|IU|U|g)(?:/(?P<per>.+))?$")


def factor_of(seen: str, wanted: str, molar_mass: float | None = None) -> float | None:
    """Factor from one unit to another; None where there is no rule.

    ``molar_mass`` (g/mol) lets mass become amount of substance and back.

    Examples
    --------
    >>> factor_of("ng/mL", "ug/L"), factor_of("mg/24h", "umol/24h")
    (1.0, None)
    >>> factor_of("ug/dL", "ng/mL")
    10.0
    """
    if _clean(seen) == _clean(wanted):
        return 1.0
    a, b = _parts(seen), _parts(wanted)
    if a is None or b is None or a[2] != b[2]:
        return None
    power = a[0] - b[0]
    ten = float(10**power) if power >= 0 else 1.0 / float(10**-power)
    if a[1] == b[1]:
        return ten
    if molar_mass is None or {a[1], b[1]} != {"g", "mol"}:
        return None
    return ten / molar_mass if a[1] == "g" else ten * molar_mass


def _clean(unit: str) -> str:
    text = unit.strip().replace("µ", "u").replace("μ", "u").replace("mcg", "ug").replace("MCG", "ug")
    return re.sub(r"/\s*(24\s*h(rs?|ours?)?|day|d)$", "/24h", text, flags=re.IGNORECASE).replace(" ", "")


def _parts(unit: str) -> tuple[int, str, str] | None:
    """Power of ten, what is measured, by what."""
    match = _PLAIN.match(_clean(unit))
    if match is None:
        return None
    power, per = _PREFIX[match["prefix"]], match["per"] or ""
    lower = {name.lower(): value for name, value in _VOLUMES.items()}
    if per.lower() in lower:
        return power - lower[per.lower()], match["base"], "L"
    return power, match["base"], per.lower()


def in_unit(rows: pl.DataFrame, molar_mass: float | None = None) -> pl.DataFrame:
    """Convert AVAL from UNIT to BUNIT; null where that is not possible, also where one of them has none."""
    pairs = rows.select("UNIT", "BUNIT").unique().sort("UNIT", "BUNIT", nulls_last=True)
    factors = [
        1.0 if unit == wanted else None if unit is None or wanted is None else factor_of(unit, wanted, molar_mass)
        for unit, wanted in pairs.iter_rows()
    ]
    table = pairs.with_columns(FACTOR=pl.Series(factors, dtype=pl.Float64))
    rows = rows.join(table, on=["UNIT", "BUNIT"], how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(
        AVAL=pl.when(pl.col("FACTOR") == 1.0).then("AVAL").otherwise(pl.col("AVAL") * pl.col("FACTOR"))
    ).drop("FACTOR")
