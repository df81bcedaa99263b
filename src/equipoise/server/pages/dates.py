"""Dates and moments of the record as people read them."""

import datetime as dt
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language

__all__ = ["day", "moment"]


def day(value: object) -> str:
    """Write a date of the record, or its known part: 31 May 2014, May 2014, 2014."""
    return _written(str(value or ""), get_language())


@lru_cache(maxsize=4096)
def _written(text: str, _language: str | None) -> str:
    """Write a date once for all lines of a list that have it."""
    try:
        if len(text) >= 10:
            return str(date_format(dt.date.fromisoformat(text[:10]), "j M Y"))
        if len(text) == 7:
            return str(date_format(dt.date.fromisoformat(f"{text}-01"), "M Y"))
    except ValueError:
        return text
    return text


def moment(value: object) -> str:
    """Write a moment of the record in UTC: 31 May 2014, 14:05 UTC."""
    text = str(value or "")
    return f"{day(text[:10])}, {text[11:16]} UTC" if len(text) > 16 else day(text)
