"""From what somebody typed to what a command takes: dates, numbers, times.

A text is understood where it can mean one thing only, and refused in words where it could mean two: 31.05.2014 is the
31st of May wherever one lives, 05/06/2014 is not the same day in Boston and in Berlin.
"""

import datetime as dt
import re
import unicodedata
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

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

_MONTHS = (
    "january jan januar janvier januari ene enero gen gennaio janeiro styczen stycznia leden ledna",
    "february feb februar fevrier fev februari febrero febbraio fevereiro luty lutego unor unora",
    "march mar marz maerz mars marts maart mrt marzo marco marzec marca brezen brezna",
    "april apr avril avr abril abr aprile kwiecien kwietnia duben dubna",
    "may mai mei mayo mag maggio maio maj maja kveten kvetna",
    "june jun juni juin junio giu giugno junho czerwiec czerwca cerven cervna",
    "july jul juli juillet juil julio lug luglio julho lipiec lipca cervenec cervence",
    "august aug aout agosto ago augustus augusti sierpien sierpnia srpen srpna",
    "september sep sept septembre septiembre set settembre setembro wrzesien wrzesnia zari",
    "october oct oktober okt octobre octubre ott ottobre outubro out pazdziernik pazdziernika rijen rijna",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dic dicembre dezembro des desember grudzien grudnia prosinec "
    "prosince",
)
"""Names of the months in languages of sites, without accents. Listopad is left out: it is October in Croatian, November
in Polish and Czech."""
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_LETTERS = r"[^\W\d_]{3,12}"
_DAY_FIRST = re.compile(
    rf"(?:(\d{{1,2}})(?:st|nd|rd|th|er|°|o(?=[ .]))?[ .,\-/]*(?:(?:de|di|of) )?)?({_LETTERS})[ .,\-/]*(?:de )?(\d{{4}})"
)
_MONTH_FIRST = re.compile(rf"({_LETTERS})[ .\-/]*(\d{{1,2}})(?:st|nd|rd|th)?[ .,\-/]+(\d{{4}})")
_YEAR_FIRST = re.compile(rf"(\d{{4}})[ .,\-/]*({_LETTERS})(?:[ .,\-/]*(\d{{1,2}}))?")
_DIGITS = re.compile(r"(\d{1,4}) ?[./\- ] ?(\d{1,2}) ?[./\- ] ?(\d{1,4})\.?")
_EIGHT = re.compile(r"\d{8}")
_MONTH_YEAR = re.compile(r"(\d{1,2})[./\-](\d{4})")
_YEAR_MONTH = re.compile(r"(\d{4})[./\-](\d{1,2})")
_EARLIEST, _LATEST = 1900, 2199
_LONGEST = 200
"""Characters that are looked at: no date or number has more."""
_CLOCK = re.compile(
    r"(.*\d)[T ,]+(\d{1,2})[:.h](\d{2})(?::\d{2}(?:\.\d+)?)?(?: ?([ap])\.?m\.?|(Z|[+-]\d{2}:?\d{2}))?", re.IGNORECASE
)
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
    text = _plain(typed[:_LONGEST])
    if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
        return _checked(text, typed)
    if (word := _with_month(text)) is not None:
        year, month, day = word
        return _checked(f"{year}-{month:02d}" + (f"-{int(day):02d}" if day else ""), typed)
    if (digits := _DIGITS.fullmatch(text)) is not None:
        return _from_digits(*digits.groups(), typed=typed)
    if _EIGHT.fullmatch(text):
        return _from_eight(text, typed)
    if (pair := _MONTH_YEAR.fullmatch(text)) is not None:
        return _checked(f"{pair[2]}-{int(pair[1]):02d}", typed)
    if (pair := _YEAR_MONTH.fullmatch(text)) is not None:
        return _checked(f"{pair[1]}-{int(pair[2]):02d}", typed)
    raise TypedError(_no_date(typed))


def _plain(typed: str) -> str:
    """Write digits of every script as 0 to 9, drop marks that steer the direction of writing, and single the spaces."""
    kept = (letter for letter in typed if unicodedata.category(letter) != "Cf")
    text = "".join(str(unicodedata.decimal(letter, letter)) for letter in kept)
    text = re.sub(r"(?<=\d) ?[年년] ?(?=\d)|(?<=\d) ?[月월] ?(?=\d)", "-", text)
    return " ".join(re.sub(r"(?<=\d) ?[日일]$", "", text).split())


def _with_month(text: str) -> tuple[str, int, str | None] | None:
    """Year, month and day of a date with the name of a month; the day may be missing."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
    for pattern, (year, month, day) in ((_DAY_FIRST, (3, 2, 1)), (_MONTH_FIRST, (3, 1, 2)), (_YEAR_FIRST, (1, 2, 3))):
        found = pattern.fullmatch(bare)
        if found is not None and found[month] in _NUMBER_OF:
            return found[year], _NUMBER_OF[found[month]], found[day]
    return None


def _from_eight(text: str, typed: str) -> str:
    """Read eight digits where the year can stand at one end alone, and day and month in one order alone."""
    orders = (text, text[4:] + text[2:4] + text[:2], text[4:] + text[:4])
    days = sorted({f"{o[:4]}-{o[4:6]}-{o[6:]}" for o in orders if _is_day(f"{o[:4]}-{o[4:6]}-{o[6:]}")})
    if len(days) == 1:
        return days[0]
    if days:
        raise TypedError(_could_be(typed, *days[:2]))
    raise TypedError(_no_date(typed))


def _is_day(text: str) -> bool:
    try:
        return _EARLIEST <= dt.date.fromisoformat(text).year <= _LATEST
    except ValueError:
        return False


def _no_date(typed: str) -> str:
    text = _plain(typed[:_LONGEST])
    if re.search(r"\d.*\D\d{2}$", text) and not re.search(r"\d{4}", text):
        words = _("The year of %(typed)s is not clear. Write it with four digits, like 31 May 2014.")
        return words % {"typed": _shown(typed)}
    return _("%(typed)s is no date. Type it like 2014-05-31 or 31 May 2014.") % {"typed": _shown(typed)}


def _could_be(typed: str, one: str, other: str) -> str:
    words = _("%(typed)s could be %(one)s or %(other)s. Write the month as a word, like %(one)s.")
    return words % {"typed": _shown(typed), "one": _said(one), "other": _said(other)}


def _shown(typed: str) -> str:
    return typed.strip()[:40]


def _checked(text: str, typed: str) -> str:
    padded = text + "-01-01"[len(text) - 4 :]
    try:
        year = dt.date.fromisoformat(padded).year
    except ValueError as error:
        words = _("There is no day %(typed)s in the calendar. Check day and month.")
        raise TypedError(words % {"typed": _shown(typed)}) from error
    if not _EARLIEST <= year <= _LATEST:
        words = _("%(year)s is not a year of this trial. Check it; years are those of the Gregorian calendar.")
        raise TypedError(words % {"year": year})
    return text


def _from_digits(first: str, second: str, third: str, *, typed: str) -> str:
    if len(first) == 4:
        return _checked(f"{first}-{int(second):02d}-{int(third):02d}", typed)
    if len(third) != 4:
        raise TypedError(_no_date(typed))
    a, b = int(first), int(second)
    if a > 12 >= b or (a == b and a <= 12):
        return _checked(f"{third}-{b:02d}-{a:02d}", typed)
    if b > 12 >= a:
        return _checked(f"{third}-{a:02d}-{b:02d}", typed)
    if a > 12 or min(a, b) < 1:
        raise TypedError(_no_date(typed))
    raise TypedError(_could_be(typed, f"{third}-{b:02d}-{a:02d}", f"{third}-{a:02d}-{b:02d}"))


def _said(day: str) -> str:
    return str(date_format(dt.date.fromisoformat(day), "j M Y"))


def read_decimal(typed: str) -> str:
    """Read a number as decimal text; a comma stands for a point where it cannot part thousands.

    Raises
    ------
    TypedError
        The text is no number, or could be two.
    """
    text = _plain(typed[:_LONGEST].translate({0xA0: None, 0x202F: None})).translate(
        {0x2212: "-", 0x66B: ".", 0xFF0E: ".", 0xFF0C: ","}
    )
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
    unit = _UNIT.fullmatch(_plain(typed[:_LONGEST]))
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


def _of_day(hour: int, half: str | None) -> int:
    """Hour of the day of an hour that may be of a half of it; what is none stays none."""
    if half is None:
        return hour
    return hour % 12 + 12 * (half.lower() == "p") if 1 <= hour <= 12 else 99


def read_time(typed: str, time_zone: str) -> str:
    """Read a moment on the clock of a site as ISO text in UTC; of one that the clock showed twice, the first.

    Raises
    ------
    TypedError
        The text is no moment, or the clock never showed it.
    """
    found = _CLOCK.fullmatch(_plain(typed[:_LONGEST]))
    if found is None:
        read_date(typed)
        raise TypedError(_("Give the time of day too, like 2014-05-31 14:05."))
    day, hour, minute, half, offset = found.groups()
    iso = f"{read_date(day)}T{_of_day(int(hour), half):02d}:{minute}{(offset or '').upper()}"
    try:
        moment = dt.datetime.fromisoformat(iso)
    except ValueError as error:
        words = _("%(typed)s is no date with time. Type it like 2014-05-31 14:05.")
        raise TypedError(words % {"typed": _shown(typed)}) from error
    if moment.tzinfo is None:
        local = moment.replace(tzinfo=ZoneInfo(time_zone))
        if local.astimezone(dt.UTC).astimezone(local.tzinfo).replace(tzinfo=None) != moment:
            raise TypedError(_("The clocks were put forward then: this time did not exist. Check it."))
        moment = local
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
