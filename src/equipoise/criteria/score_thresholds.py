"""Published differences of questionnaire scores that matter, by scale and use."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Threshold", "qlq_c30_thresholds", "tens"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """One published range of points, taken from the literature at second hand: read the source before quoting it."""

    scale: str
    use: Literal["within subject", "between groups", "group change", "score"]
    meaning: str
    low: float | None
    """Lower end in points; null is open. Changes are positive when the subject is better off."""
    high: float | None
    source: str


_OSOBA = "Osoba et al. 1998, Journal of Clinical Oncology"
_COCKS_2011 = "Cocks et al. 2011, Journal of Clinical Oncology"
_COCKS_2012 = "Cocks et al. 2012, European Journal of Cancer"
_GIESINGER = "Giesinger et al. 2020"

_BETWEEN: Mapping[str, tuple[float, float, float | None]] = {
    "QL": (4, 10, 15),
    "PF": (5, 14, 22),
    "RF": (6, 19, 29),
    "CF": (3, 9, 14),
    "SF": (5, 11, 15),
    "FA": (5, 13, 19),
    "NV": (3, 8, 15),
    "PA": (6, 13, 19),
    "DY": (4, 9, 15),
    "SL": (4, 13, 24),
    "AP": (5, 14, 23),
    "CO": (5, 13, 19),
    "DI": (3, 7, 15),
    "FI": (3, 10, None),
}

_CHANGE: Mapping[str, tuple[float, float, float, float]] = {
    "QL": (5, 8, -10, -5),
    "PF": (2, 7, -10, -5),
    "RF": (6, 12, -14, -7),
    "EF": (6, 9, -12, -3),
    "SF": (3, 8, -11, -6),
    "FA": (4, 9, -10, -5),
    "PA": (5, 9, -11, -3),
    "DI": (3, 7, -15, -5),
}

_IMPORTANT_BELOW: Mapping[str, float] = {"PF": 83, "RF": 58, "EF": 71, "CF": 75, "SF": 58}
_IMPORTANT_ABOVE: Mapping[str, float] = {
    "FA": 39,
    "NV": 8,
    "PA": 25,
    "DY": 17,
    "SL": 50,
    "AP": 50,
    "CO": 50,
    "DI": 17,
    "FI": 17,
}


def tens(scales: Sequence[str], source: str) -> tuple[Threshold, ...]:
    """Ten points within a subject, for every scale."""
    return tuple(
        Threshold(scale=scale, use="within subject", meaning="meaningful", low=10, high=None, source=source)
        for scale in scales
    )


def qlq_c30_thresholds(scales: Sequence[str]) -> tuple[Threshold, ...]:
    """All thresholds of QLQ-C30, in the order of the scales."""
    return tuple(threshold for scale in scales for threshold in _of_scale(scale))


def _of_scale(scale: str) -> Iterator[Threshold]:
    for meaning, low, high in (("little", 5, 10), ("moderate", 10, 20), ("very much", 20, None)):
        yield Threshold(scale=scale, use="within subject", meaning=meaning, low=low, high=high, source=_OSOBA)
    if scale in _BETWEEN:
        small, medium, large = _BETWEEN[scale]
        for meaning, lower, upper in (("small", small, medium), ("medium", medium, large), ("large", large, None)):
            if lower is not None:
                yield Threshold(
                    scale=scale, use="between groups", meaning=meaning, low=lower, high=upper, source=_COCKS_2011
                )
    if scale in _CHANGE:
        a, b, c, d = _CHANGE[scale]
        for meaning, lower, upper in (("small improvement", a, b), ("small decline", c, d)):
            yield Threshold(scale=scale, use="group change", meaning=meaning, low=lower, high=upper, source=_COCKS_2012)
    if scale in _IMPORTANT_BELOW:
        limit = _IMPORTANT_BELOW[scale]
        yield Threshold(scale=scale, use="score", meaning="important below", low=None, high=limit, source=_GIESINGER)
    if scale in _IMPORTANT_ABOVE:
        limit = _IMPORTANT_ABOVE[scale]
        yield Threshold(scale=scale, use="score", meaning="important above", low=limit, high=None, source=_GIESINGER)
