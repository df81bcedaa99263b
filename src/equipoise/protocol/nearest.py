"""Finds the right name most like a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest"]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like ``word``, compared without regard to case; None where none is like it."""
    folded: dict[str, str] = {}
    for name in sorted(known):
        folded.setdefault(name.lower(), name)
    close = get_close_matches(word.lower()[:200], list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None
