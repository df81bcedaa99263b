"""Numbers as journals print them: P values, estimates with intervals, percentages, months.

Four styles: ``JCO`` (also the default of a protocol), ``AMA`` (JAMA), ``NEJM`` and ``Lancet``. Rounding is half away
from zero on the shortest decimal form of the number, so 0.125 prints as 0.13 on every machine. A number that does not
exist never prints as blank, ``NA`` or ``inf``: callers pass the word of :func:`missing_word`.

P values: JCO prints two decimals, three below .05; AMA two, three below .01; NEJM two, three at .01 or less; Lancet two
significant figures and at most four decimals. Just below .05 JCO and AMA keep the digits that show on which side of .05
the value lies.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from equipoise.terms import Status

__all__ = [
    "MONTH_DAYS",
    "Place",
    "Style",
    "format_count_percent",
    "format_estimate",
    "format_interval",
    "format_median",
    "format_months",
    "format_number",
    "format_p",
    "format_percent",
    "format_percent_estimate",
    "hazard_ratio_decimals",
    "missing_word",
]

Style = Literal["JCO", "AMA", "NEJM", "Lancet"]
Place = Literal["figure", "table", "text"]

MONTH_DAYS = 30.4375
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


@dataclass(frozen=True, kw_only=True)
class _Style:
    """What tells one journal's numbers from another's."""

    point: str = "."
    leading_zero: bool = True
    p_equals: str
    p_below: str
    p_above: str
    p_least: float = 0.001
    to: str = " to "
    whole_percent_below: int
    opening: str
    interval_name: str
    closing: str
    label_separator: str = ", "


_STYLES: dict[str, _Style] = {
    "JCO": _Style(
        leading_zero=False,
        p_equals="P = ",
        p_below="P < ",
        p_above="P > ",
        whole_percent_below=10**9,
        opening=" [",
        interval_name="CI, ",
        closing="]",
    ),
    "AMA": _Style(
        leading_zero=False,
        p_equals="P = ",
        p_below="P < ",
        p_above="P > ",
        whole_percent_below=100,
        opening="; ",
        interval_name="CI, ",
        closing="",
    ),
    "NEJM": _Style(
        p_equals="P=",
        p_below="P<",
        p_above="P>",
        whole_percent_below=200,
        opening="; ",
        interval_name="CI, ",
        closing="",
    ),
    "Lancet": _Style(
        point="\N{MIDDLE DOT}",
        p_equals="p=",
        p_below="p<",
        p_above="p>",
        p_least=0.0001,
        to=DASH,
        whole_percent_below=100,
        opening=" (",
        interval_name="CI ",
        closing=")",
        label_separator=" ",
    ),
}


def _style(style: str) -> _Style:
    if style not in _STYLES:
        raise ValueError(f"number style {style!r} is unknown; the styles are {', '.join(_STYLES)}")
    return _STYLES[style]


def _absent(x: float | None) -> bool:
    return x is None or not math.isfinite(x)


def _fixed(x: float, decimals: int) -> str:
    """Fixed notation, half away from zero, never a negative zero."""
    rounded = Decimal(repr(float(x))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return format(abs(rounded) if rounded == 0 else rounded, "f")


def missing_word(status: Status | str, place: Place = "table") -> str:
    """Word for a number that is not there.

    A median not reached is ``NR`` in figures and ``NE`` in tables, as journals print it; sentences spell it out.
    """
    if status == Status.NOT_REACHED:
        return {"figure": "NR", "table": "NE", "text": "not reached"}[place]
    if status == Status.NOT_DONE:
        return {"figure": "ND", "table": "ND", "text": "not done"}[place]
    return "not estimable" if place == "text" else "NE"


def format_number(x: float | None, decimals: int = 0, style: Style = "JCO", *, missing: str = "NE") -> str:
    """Number with fixed decimals, the style's decimal point and a true minus sign."""
    rules = _style(style)
    if x is None or _absent(x):
        return missing
    return _fixed(x, decimals).replace("-", MINUS).replace(".", rules.point)


def _p_decimals(p: float, style: str) -> int:
    if style == "JCO":
        return 3 if p < 0.05 else 2
    if style == "AMA":
        return 3 if p < 0.01 else 2
    if style == "NEJM":
        return 3 if p <= 0.01 else 2
    return min(4, max(2, 1 - math.floor(math.log10(p))))


def _p_digits(p: float, style: str, *, near_five: Literal["keep", "three"]) -> str:
    decimals = _p_decimals(p, style)
    digits = _fixed(p, decimals)
    if p < 0.05 <= float(digits) and style in ("JCO", "AMA"):
        most = 3 if near_five == "three" else 4
        while float(digits) >= 0.05 and decimals < most:
            decimals += 1
            digits = _fixed(p, decimals)
    return digits


def format_p(
    p: float | None,
    style: Style = "JCO",
    *,
    sided: int | None = None,
    label: bool = True,
    near_five: Literal["keep", "three"] = "keep",
    missing: str = "NE",
) -> str:
    """P value in a journal's style.

    Parameters
    ----------
    p
        Probability; None or NaN prints ``missing``.
    style
        ``JCO``, ``AMA``, ``NEJM`` or ``Lancet``.
    sided
        1 prints "one-sided" in front, since such a value must say so; 2 or None prints nothing.
    label
        False leaves out "P =" (for cells under a head "P"); the signs below and above stay.
    near_five
        JCO and AMA below .05 that would round to .05: ``keep`` prints up to four decimals (.0496), ``three`` three
        (.050).
    missing
        Word for a value that is not there.

    Returns
    -------
    str
        For example ``P = .017``, ``P < .001``, ``one-sided P = .0496``.

    Raises
    ------
    ValueError
        The value is not a probability, or the style or the number of sides is unknown.
    """
    rules = _style(style)
    if sided not in (None, 1, 2):
        raise ValueError(f"a P value is one-sided or two-sided; sided is {sided!r}")
    if p is None or math.isnan(p):
        return missing
    if not 0 <= p <= 1:
        raise ValueError(f"a P value lies between 0 and 1; this is {p!r}")
    least = rules.p_least
    if p < least:
        sign, digits = rules.p_below, _fixed(least, round(-math.log10(least)))
    elif p > 0.99:
        sign, digits = rules.p_above, "0.99"
    else:
        sign, digits = rules.p_equals, _p_digits(p, style, near_five=near_five)
    if not rules.leading_zero:
        digits = digits.removeprefix("0")
    digits = digits.replace(".", rules.point)
    if not label:
        return digits if sign is rules.p_equals else sign[1:].lstrip() + digits
    return ("one-sided " if sided == 1 else "") + sign + digits


def hazard_ratio_decimals(estimate: float | None) -> int:
    """Decimals of a ratio and of its limits: two, three where the ratio is below 0.1."""
    return 3 if estimate is not None and estimate < 0.1 else 2


def _ratio(x: float | None, decimals: int, style: Style, missing: str) -> str:
    """Ratio, never printed as zero: below half a unit it is "less than" the smallest printable number."""
    if x is None or _absent(x):
        return missing
    unit = 10.0**-decimals
    if x > 0 and float(_fixed(x, decimals)) == 0:
        return "<" + format_number(unit, decimals, style)
    return format_number(x, decimals, style)


def format_interval(
    low: float | None,
    high: float | None,
    style: Style = "JCO",
    *,
    decimals: int = 2,
    missing: str = "NE",
) -> str:
    """Two limits and the style's word between: ``0.37 to 0.79``; in Lancet style an en dash, unless one is negative."""
    rules = _style(style)
    between = rules.to
    if any(x is not None and x < 0 for x in (low, high)):
        between = " to "
    return _ratio(low, decimals, style, missing) + between + _ratio(high, decimals, style, missing)


def format_estimate(
    estimate: float | None,
    low: float | None,
    high: float | None,
    style: Style = "JCO",
    *,
    label: str | None = None,
    unit: str = "",
    conf_level: float = 0.95,
    decimals: int | None = None,
    missing: str = "NE",
) -> str:
    """Estimate with its interval, limits with as many decimals as the estimate.

    Parameters
    ----------
    estimate, low, high
        Unrounded numbers; None prints ``missing``.
    style
        ``JCO``, ``AMA``, ``NEJM`` or ``Lancet``.
    label
        Name in front ("hazard ratio"); with it the text is a clause of a sentence and states the level, without a cell.
    unit
        Unit after the estimate of a clause, for example "months".
    conf_level
        Confidence level, printed as percent.
    decimals
        Two unless given, three for a ratio below 0.1.
    missing
        Word for a number that is not there.

    Returns
    -------
    str
        Clause ``hazard ratio, 0.54 [95% CI, 0.37 to 0.79]`` (JCO), ``HR, 0.53; 95% CI, 0.36 to 0.78`` (AMA, NEJM),
        ``HR 0·53 (95% CI 0·36–0·78)`` (Lancet); cell ``0.54 (0.37 to 0.79)``.
    """
    rules = _style(style)
    if decimals is None:
        decimals = hazard_ratio_decimals(estimate)
    value = _ratio(estimate, decimals, style, missing)
    if _absent(estimate) and _absent(low) and _absent(high):
        return value if label is None else f"{label}{rules.label_separator}{value}"
    interval = format_interval(low, high, style, decimals=decimals, missing=missing)
    if label is None:
        return f"{value} ({interval})"
    unit = f" {unit}" if unit else ""
    level = format_number(100 * conf_level, 0 if (100 * conf_level) % 1 < 1e-9 else 1, style)
    clause = f"{level}% {rules.interval_name}{interval}"
    return f"{label}{rules.label_separator}{value}{unit}{rules.opening}{clause}{rules.closing}"


def format_months(
    days: float | None,
    months_days: float = MONTH_DAYS,
    style: Style = "JCO",
    *,
    decimals: int = 1,
    missing: str = "NE",
) -> str:
    """Days as months, one decimal unless asked otherwise; a time too short to show prints as ``<0.1``."""
    return _ratio(None if days is None else days / months_days, decimals, style, missing)


def format_median(
    days: float | None,
    low: float | None,
    high: float | None,
    style: Style = "JCO",
    *,
    months_days: float = MONTH_DAYS,
    conf_level: float = 0.95,
    cell: bool = False,
    missing: str = "NE",
) -> str:
    """Median time with its interval: ``11.6 months (95% CI, 9.2 to 13.7)``; as a cell ``11.6 (9.2 to 13.7)``.

    Times are in days; ``missing`` stands for a median or a limit that is not reached.
    """
    rules = _style(style)
    months = [None if x is None else x / months_days for x in (days, low, high)]
    value = _ratio(months[0], 1, style, missing)
    interval = format_interval(months[1], months[2], style, decimals=1, missing=missing)
    if cell:
        return f"{value} ({interval})"
    unit = "" if _absent(months[0]) else " months"
    if style == "Lancet":
        return f"{value}{unit} ({interval})"
    return f"{value}{unit} ({format_number(100 * conf_level, 0, style)}% {rules.interval_name}{interval})"


def _percent_digits(percent: float, decimals: int, style: Style) -> str:
    """Percentage that says 0 and 100 only when it is exactly that."""
    unit = 10.0**-decimals
    text = _fixed(percent, decimals)
    if percent > 0 and float(text) == 0:
        return "<" + format_number(unit, decimals, style)
    if percent < 100 <= float(text):
        return ">" + format_number(100 - unit, decimals, style)
    return "0" if percent == 0 else format_number(percent, decimals, style)


def _percent_decimals(n: float, style: str) -> int:
    return 0 if n < _style(style).whole_percent_below else 1


def format_percent(
    x: float | None,
    n: float | None,
    style: Style = "JCO",
    *,
    decimals: int | None = None,
    sign: bool = True,
    missing: str = "NE",
) -> str:
    """Percentage x of n.

    Whole numbers in JCO style; one decimal from n = 100 (AMA, Lancet) or n = 200 (NEJM). Not zero and not all never
    round to 0 or 100: they print as ``<1%`` and ``>99%``. A denominator of zero prints ``missing``.

    Raises
    ------
    ValueError
        x is negative or larger than n.
    """
    if x is None or not n:
        return missing
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is not a share: a numerator lies between 0 and its denominator")
    places = _percent_decimals(n, style) if decimals is None else decimals
    return _percent_digits(100 * x / n, places, style) + ("%" if sign else "")


def format_count_percent(
    x: int | None, n: int | None, style: Style = "JCO", *, decimals: int | None = None, missing: str = "NE"
) -> str:
    """Cell of a count with its percentage, ``9 (9)``; zero is ``0`` alone."""
    if x is None:
        return missing
    if x == 0:
        return "0"
    return f"{x} ({format_percent(x, n, style, decimals=decimals, sign=False, missing=missing)})"


def format_percent_estimate(
    estimate: float | None,
    low: float | None,
    high: float | None,
    style: Style = "JCO",
    *,
    label: str | None = None,
    conf_level: float = 0.95,
    decimals: int = 1,
    missing: str = "NE",
) -> str:
    """Share with its interval in percent; the three numbers are given as fractions of 1.

    Cell ``9.3% (4.3 to 16.9)``, clause with ``label`` and level; a share of exactly zero prints as ``0%``, a limit of
    zero as ``0``.
    """
    rules = _style(style)

    def percent(x: float | None) -> str:
        if x is None or _absent(x):
            return missing
        return "0" if x == 0 else format_number(100 * x, decimals, style)

    value = percent(estimate) + ("" if _absent(estimate) else "%")
    between = " to " if any(x is not None and x < 0 for x in (low, high)) else rules.to
    interval = percent(low) + between + percent(high)
    if label is None:
        return f"{value} ({interval})"
    level = format_number(100 * conf_level, 0, style)
    return (
        f"{label}{rules.label_separator}{value}{rules.opening}{level}% {rules.interval_name}{interval}{rules.closing}"
    )
