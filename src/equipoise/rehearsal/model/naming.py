"""What is wrong with names and shares of a model, as the loader of models takes it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from equipoise.protocol import Protocol
from equipoise.protocol.nearest import nearest
from equipoise.protocol.source import KeyPath

__all__ = ["Disagreement", "allocated_arms", "incomplete", "no_share", "not_adding_up", "unknown"]

Disagreement = tuple[KeyPath, str, dict[str, str | None]]
"""Place in the file, what is wrong, and ``seen``, ``expected``, ``suggestion``."""


def allocated_arms(protocol: Protocol) -> list[str]:
    """Give the arms to which patients are allocated, of all cohorts together."""
    ratios = [protocol.ratio(cohort) for cohort in tuple(protocol.cohorts) or (None,)]
    return list(dict.fromkeys(arm for ratio in ratios for arm in ratio))


def unknown(place: KeyPath, given: Iterable[str], known: Sequence[str], what: str) -> Iterator[Disagreement]:
    """Find names that are none of those known; ``what`` says of what kind they should be."""
    for name in given:
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "nothing here"
            yield (*place, name), f"no {what}", {"seen": name, "expected": expected, "suggestion": nearest(name, known)}


def incomplete(place: KeyPath, given: Iterable[str], wanted: Sequence[str], what: str) -> Iterator[Disagreement]:
    """Find names that are missing."""
    named = set(given)
    missing = [name for name in wanted if name not in named]
    if missing:
        said = f"{what} {missing[0]} is missing" if len(missing) == 1 else f"{what}s {', '.join(missing)} are missing"
        yield place, said, {"expected": f"a value for each of {', '.join(wanted)}"}


def no_share(place: KeyPath, shares: Mapping[str, float]) -> Iterator[Disagreement]:
    """Find shares none of which is above 0."""
    if math.fsum(shares.values()) <= 0:
        yield place, "no share is above 0", {"expected": "at least one share above 0"}


def not_adding_up(place: KeyPath, parts: Sequence[float]) -> Iterator[Disagreement]:
    """Find probabilities that do not add up to 1."""
    total = math.fsum(parts)
    if abs(total - 1) > 1e-6:
        yield place, "the probabilities do not add up", {"seen": f"{total:g}", "expected": "1"}
