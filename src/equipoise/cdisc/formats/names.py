"""Variable names as a file has them."""

from collections.abc import Sequence
from pathlib import Path

from equipoise.cdisc.errors import CdiscError

__all__ = ["refuse_repeated"]


def refuse_repeated(path: Path, names: Sequence[str]) -> None:
    """Raise CdiscError where a name stands twice, letter case aside."""
    upper = [name.strip().upper() for name in names]
    twice = sorted({name for name in upper if upper.count(name) > 1})
    if twice:
        raise CdiscError(
            [f"{path}: column {n} is there {upper.count(n)} times (letter case aside); keep one" for n in twice]
        )
