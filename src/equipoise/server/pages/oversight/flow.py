"""The flow of the trial as it stands now: boxes from screening to the end of follow-up, all arms together."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from equipoise.server.pages.oversight.standing import Standing
from equipoise.server.pages.words import translated as _

__all__ = ["Box", "flow_boxes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box of the diagram."""

    title: str
    n: int
    lines: tuple[tuple[str, int], ...] = ()
    """Parts of it, each with its number."""
    aside: "Box | None" = None
    """Those who go no further, beside the arrow to the next box."""


def flow_boxes(patients: Iterable[Standing], *, opened: bool) -> list[Box]:
    """Add the flow up.

    Parameters
    ----------
    patients
        Everybody the role reaches.
    opened
        Whether crossover may be told.

    Returns
    -------
    list of Box
        Assessed, randomized, treated, follow-up: the numbers of each box and of its aside make those of the box above.
    """
    known = [each.known for each in patients]
    randomized = [each for each in known if "randomized" in each]
    before = [each for each in known if "randomized" not in each]
    failed = [each for each in before if "failed" in each]
    treated = [each for each in randomized if "dosed" in each]
    stopped = [each for each in treated if "stopped" in each]
    ended = [each for each in randomized if "ended" in each]
    criteria = sum(1 for each in failed if each["failed"])
    not_in = Box(
        title=_("Not randomized"),
        n=len(before),
        lines=_nonzero(
            (_("criteria not met"), criteria),
            (_("screening failed for another reason"), len(failed) - criteria),
            (_("in screening"), len(before) - len(failed)),
        ),
    )
    untreated = Box(title=_("Not treated so far"), n=len(randomized) - len(treated))
    off = Box(title=_("Stopped blinded treatment"), n=len(stopped), lines=_reasons(e["stopped"] for e in stopped))
    left = Box(title=_("Follow-up ended"), n=len(ended), lines=_reasons(e["ended"] for e in ended))
    crossed = [(_("crossed over"), sum(1 for e in randomized if e.get("crossed")))] if opened else []
    events = _nonzero(
        *crossed,
        (_("died"), sum(1 for e in randomized if e.get("died"))),
        (_("lost to follow-up, and not found again"), sum(1 for e in randomized if e.get("lost"))),
        (_("withdrew from visits or more"), sum(1 for e in randomized if e.get("withdrawn"))),
    )
    return [
        Box(title=_("Screened"), n=len(known), aside=not_in),
        Box(title=_("Randomized, all arms together"), n=len(randomized), lines=events, aside=untreated),
        Box(title=_("Began blinded treatment"), n=len(treated), aside=off),
        Box(title=_("On blinded treatment"), n=len(treated) - len(stopped)),
        Box(title=_("In follow-up, of all randomized"), n=len(randomized) - len(ended), aside=left),
    ]


def _reasons(found: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counted = Counter(found)
    return tuple(
        (_(why.replace("_", " ")), n) for why, n in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    )


def _nonzero(*lines: tuple[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(line for line in lines if line[1])
