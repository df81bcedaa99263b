"""Texts in the language of the page, from the translation file."""

from django.utils.translation import gettext

from equipoise.terms import Text

__all__ = ["told", "translated"]


def translated(message: str) -> str:
    """Translate a text, with the values in it where it is a `Text`; imported as ``_`` so that texts are found."""
    if not isinstance(message, Text):
        return str(gettext(message)) if message else ""
    words = str(gettext(message.template))
    if not message.values:
        return words
    try:
        return words.format_map({name: told(value) for name, value in message.values.items()})
    except (LookupError, ValueError):  # a translation that names a value which is not there
        return str(message)


def told(value: object) -> object:
    """Translate what is a `Text`, alone or in a list; leave what somebody typed, numbers and dates as they are."""
    if isinstance(value, list | tuple):
        return ", ".join(str(told(each)) for each in value)
    return translated(value) if isinstance(value, Text) else value
