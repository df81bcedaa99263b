"""From what somebody typed to what a command takes: dates, numbers, times.

A text is understood where it can mean one thing only, and refused in words where it could mean two: 31.05.2014 is the
31st of May wherever one lives, 05/06/2014 is not the same day in Boston and in Berlin.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from equipoise.server.pages.words import translated as _

__all__ = [
    "TypedError",
    "read_date",
    "read_decimal",
    "read_hundredths",
    "read_integer",
    "read_partial_date",
    "read_time",
]

_MONTHS = {
    name[:3]: number
    for number, name in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
         "december"),
        start=1,
    )
}  # fmt: skip
_WORD = re.compile(
    r"(?:(?P<d1>\d{1,2})[ .\-/]*)?(?P<m>[A-Za-z]{3,9})[ .,\-/]*(?:(?P<d2>\d{1,2})[ .,\-/]+)?(?P<y>\d{4})"
)
_DIGITS = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[./\-](\d{4})", re.ASCII)
_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,12})?", re.ASCII)
_UNIT = re.compile(r"(?P<number>-?[\d.,]+)\s*(?P<unit>mm|cm|m)\.?", re.IGNORECASE | re.ASCII)


class TypedError(ValueError):
    """What was typed cannot be understood; the message says what to type."""


def read_date(typed: str) -> str:
    """Read a whole calendar date as ISO text.

    Raises
    ------
    TypedError
        The text is no date, or could be two.
    """
    found = read_partial_date(typed)
    if len(found) < 10:
        raise TypedError(_("%(typed)s is not a whole date. Give day, month and year.") % {"typed": typed.strip()[:40]})
    return found


def read_partial_date(typed: str) -> str:
    """Read a date or its known part (year, year and month) as ISO text.

    Raises
    ------
    TypedError
        The text is no date, or could be two.
    """
    text = typed.strip()
    if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
        return _checked(text, typed)
    word = _WORD.fullmatch(text)
    if word is not None and word["m"][:3].lower() in _MONTHS and not (word["d1"] and word["d2"]):
        month, day = _MONTHS[word["m"][:3].lower()], word["d1"] or word["d2"]
        return _checked(f"{word['y']}-{month:02d}" + (f"-{int(day):02d}" if day else ""), typed)
    if (digits := _DIGITS.fullmatch(text)) is not None:
        return _from_digits(*digits.groups(), typed=typed)
    if (pair := _MONTH_YEAR.fullmatch(text)) is not None:
        return _checked(f"{pair[2]}-{int(pair[1]):02d}", typed)
    raise TypedError(_no_date(typed))


def _no_date(typed: str) -> str:
    return _("%(typed)s is no date. Type it like 2014-05-31 or 31 May 2014.") % {"typed": typed.strip()[:40]}


def _checked(text: str, typed: str) -> str:
    padded = text + "-01-01"[len(text) - 4 :]
    try:
        dt.date.fromisoformat(padded)
    except ValueError as error:
        words = _("There is no day %(typed)s in the calendar. Check day and month.")
        raise TypedError(words % {"typed": typed.strip()[:40]}) from error
    return text


def _from_digits(first: str, second: str, third: str, *, typed: str) -> str:
    if len(first) == 4:
        return _checked(f"{first}-{int(second):02d}-{int(third):02d}", typed)
    if len(third) != 4:
        words = _("The year of %(typed)s is not clear. Write it with four digits, like 31 May 2014.")
        raise TypedError(words % {"typed": typed.strip()[:40]})
    a, b = int(first), int(second)
    if a > 12 >= b:
        return _checked(f"{third}-{b:02d}-{a:02d}", typed)
    if b > 12 >= a:
        return _checked(f"{third}-{a:02d}-{b:02d}", typed)
    if a == b and a <= 12:
        return _checked(f"{third}-{a:02d}-{b:02d}", typed)
    if a > 12:
        raise TypedError(_no_date(typed))
    words = _("%(typed)s could be %(one)s or %(other)s. Write the month as a word, like %(one)s.")
    said = {"typed": typed.strip()[:40], "one": _said(third, b, a), "other": _said(third, a, b)}
    raise TypedError(words % said)


def _said(year: str, month: int, day: int) -> str:
    names = list(_MONTHS)
    return f"{day} {names[month - 1].capitalize()} {year}" if 1 <= month <= 12 else f"{year}-{month}-{day}"


def read_decimal(typed: str) -> str:
    """Read a number as decimal text; a comma stands for a point where it cannot part thousands.

    Raises
    ------
    TypedError
        The text is no number, or could be two.
    """
    text = typed.strip().replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "")
    if re.fullmatch(r"-?[1-9][0-9]{0,2},[0-9]{3}", text):
        one, other = text.replace(",", ""), text.replace(",", ".")
        words = _("%(typed)s could be %(one)s or %(other)s. Write it without the comma.")
        raise TypedError(words % {"typed": text, "one": one, "other": other})
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    text = re.sub(r"^(-?)\.", r"\g<1>0.", text)
    text = re.sub(r"^(-?)0+(?=\d)", r"\1", text)
    if not _PLAIN.fullmatch(text):
        raise TypedError(_("%(typed)s is no number. Type digits, like 12 or 12.5.") % {"typed": typed.strip()[:40]})
    return text


def read_integer(typed: str) -> int:
    """Read a whole number.

    Raises
    ------
    TypedError
        The text is no whole number.
    """
    text = read_decimal(typed)
    if "." in text and text.partition(".")[2].strip("0"):
        raise TypedError(_("%(typed)s is not a whole number.") % {"typed": typed.strip()[:40]})
    return int(text.partition(".")[0])


def read_hundredths(typed: str) -> int:
    """Read a size in millimeters as whole hundredths of one; a unit may be typed, and only millimeters are taken.

    Raises
    ------
    TypedError
        The text is no size, is in another unit, or is finer than a hundredth.
    """
    unit = _UNIT.fullmatch(typed.strip())
    number = read_decimal(unit["number"] if unit else typed)
    whole, _dot, rest = number.partition(".")
    if unit is not None and unit["unit"].lower() != "mm":
        factor = 10 if unit["unit"].lower() == "cm" else 1000
        size = f"{float(number) * factor:g}"
        words = _("%(typed)s is not in millimeters. Type %(size)s if you mean %(typed)s.")
        raise TypedError(words % {"typed": typed.strip()[:40], "size": size})
    if rest[2:].strip("0"):
        raise TypedError(_("Type at most two digits after the point."))
    if whole.startswith("-"):
        raise TypedError(_("A size is not negative."))
    return int(whole) * 100 + int((rest + "00")[:2])


def read_time(typed: str, time_zone: str) -> str:
    """Read a moment on the clock of a site as ISO text in UTC.

    Raises
    ------
    TypedError
        The text is no moment, or the clock showed it twice or never.
    """
    text = typed.strip()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        words = _("%(typed)s is no date with time. Type it like 2014-05-31 14:05.")
        raise TypedError(words % {"typed": text[:40]}) from error
    if moment.tzinfo is None:
        local = moment.replace(tzinfo=ZoneInfo(time_zone))
        if local.astimezone(dt.UTC).astimezone(local.tzinfo).replace(tzinfo=None) != moment:
            raise TypedError(_("The clocks were put forward then: this time did not exist. Check it."))
        moment = local
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
