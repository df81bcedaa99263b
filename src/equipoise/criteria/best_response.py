"""Best overall response of one patient from overall responses at time points (RECIST 1.1, table 3 and section 4.6).

Responses after the first progression do not count. Stable disease counts from ``minimum_sd_days`` after the reference
date; where there was no target lesion to be stable, it is NON-CR/NON-PD. A response needs, where confirmation is asked
for, another response at least ``confirmation_days`` later; between the two at most ``ne_allowed`` readings may be not
evaluable, and at most ``sd_allowed`` stable between two partial responses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from equipoise.terms import Response

__all__ = [
    "BestResponse",
    "ResponseRules",
    "TimePoint",
    "best_overall_response",
    "clinical_benefit",
    "first_response",
    "until_progression",
]

_STABLE = (Response.SD, Response.NON_CR_NON_PD)
_RESPONSE = (Response.CR, Response.PR)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseRules:
    """What a protocol decides about best response."""

    confirmed: bool = False
    confirmation_days: int = 28
    ne_allowed: int = 1
    sd_allowed: int = 0
    minimum_sd_days: int = 42


class TimePoint(NamedTuple):
    """An overall response; ``day`` counts days after the reference date, so that the reference date is 0."""

    day: int
    response: Response


@dataclass(frozen=True, slots=True)
class BestResponse:
    """Best overall response and the position of the time point that gives it; None without any time point."""

    response: Response | None
    index: int | None


def until_progression(points: Sequence[TimePoint]) -> Sequence[TimePoint]:
    """Time points up to and including the first progression; points must be in order of day."""
    for index, point in enumerate(points):
        if point.response is Response.PD:
            return points[: index + 1]
    return points


def first_response(points: Sequence[TimePoint], rules: ResponseRules) -> int | None:
    """Position of the first response, confirmed where the rules ask for it."""
    points = until_progression(points)
    for index, point in enumerate(points):
        if point.response in _RESPONSE and (not rules.confirmed or _confirmed(points, index, rules)):
            return index
    return None


def best_overall_response(
    points: Sequence[TimePoint], rules: ResponseRules, *, measurable: bool | None = None
) -> BestResponse:
    """Find the best overall response.

    Parameters
    ----------
    points
        Overall responses in order of day, at most one a day.
    rules
        Confirmation and minimum duration of stable disease.
    measurable
        Whether there were target lesions at baseline: then a response that is not confirmed counts as SD, else as
        NON-CR/NON-PD. Unless given, the responses tell: PR and SD are given with target lesions alone, NON-CR/NON-PD
        without.

    Returns
    -------
    BestResponse
        CR, PR, SD, NON-CR/NON-PD, PD or NE, in this order of preference; ``None`` without time points. A response
        that is not confirmed counts as stable disease (without target lesions NON-CR/NON-PD), if it lies late enough.

    References
    ----------
    Eisenhauer E.A. et al. (2009), New response evaluation criteria in solid tumours, European Journal of Cancer 45,
    228-247.

    Examples
    --------
    >>> points = [TimePoint(21, Response.PR), TimePoint(42, Response.CR), TimePoint(63, Response.PD)]
    >>> best_overall_response(points, ResponseRules()).response
    <Response.CR: 'CR'>
    >>> best_overall_response(points, ResponseRules(confirmed=True)).response
    <Response.SD: 'SD'>
    """
    points = until_progression(points)
    for wanted in _RESPONSE:
        for index, point in enumerate(points):
            if point.response is wanted and (not rules.confirmed or _confirmed(points, index, rules, wanted)):
                return BestResponse(wanted, index)
    if measurable is None:
        measurable = _has_targets(points)
    for index, point in enumerate(points):
        if point.response in (*_RESPONSE, *_STABLE) and point.day >= rules.minimum_sd_days:
            return BestResponse(Response.SD if measurable else Response.NON_CR_NON_PD, index)
    for index, point in enumerate(points):
        if point.response is Response.PD:
            return BestResponse(Response.PD, index)
    return BestResponse(Response.NE, 0) if points else BestResponse(None, None)


def _has_targets(points: Sequence[TimePoint]) -> bool:
    """Whether the responses are those of a patient with target lesions, as far as they tell."""
    found = {point.response for point in points}
    return bool(found & {Response.PR, Response.SD}) or Response.NON_CR_NON_PD not in found


def clinical_benefit(points: Sequence[TimePoint], rules: ResponseRules) -> int | None:
    """Position of the first response or late enough reading without progression, whichever is earlier."""
    points = until_progression(points)
    response = first_response(points, rules)
    for index, point in enumerate(points):
        if index == response:
            return index
        if point.response in (*_RESPONSE, *_STABLE) and point.day >= rules.minimum_sd_days:
            return index
    return None


def _confirmed(points: Sequence[TimePoint], index: int, rules: ResponseRules, wanted: Response | None = None) -> bool:
    """Whether the response at ``index`` is confirmed: CR by a later CR, PR by a later PR or CR."""
    first = wanted or points[index].response
    good = (Response.CR,) if first is Response.CR else _RESPONSE
    not_evaluable = stable = 0
    for later in points[index + 1 :]:
        if later.response in good and later.day - points[index].day >= rules.confirmation_days:
            return True
        if later.response is Response.NE:
            not_evaluable += 1
        elif later.response in _STABLE:
            stable += 1
        elif later.response is Response.PD or (first is Response.CR and later.response is Response.PR):
            return False
        if not_evaluable > rules.ne_allowed or stable > (0 if first is Response.CR else rules.sd_allowed):
            return False
    return False
