"""Texts in the language of the page, from the translation file."""

from django.utils.translation import gettext

__all__ = ["translated"]


def translated(message: str) -> str:
    """Translate a text; imported as ``_`` so that texts are found."""
    return str(gettext(message))
