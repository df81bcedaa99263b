"""Parts of a questionnaire: where its answers are, its items and scales, its visits and thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.item import Item, Where

__all__ = [
    "CATALOG",
    "AnswerSource",
    "CatalogEntry",
    "Deterioration",
    "ItemRange",
    "ScaleDefinition",
    "ScaleThreshold",
    "Window",
]

Scales = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What the checks know of a questionnaire that needs no definition."""

    variants: Mapping[str, Scales]
    """Variant of the scoring, the first unless given -> scale -> items; a summary score has no items of its own."""
    item_range: tuple[int, int] = (1, 4)
    """Range of items that the protocol adds."""

    def scales(self, scoring: str | None) -> Scales:
        """Scales of a variant."""
        return self.variants.get(scoring or "", next(iter(self.variants.values())))

    def items(self) -> set[str]:
        """Items of all variants."""
        return {item for scales in self.variants.values() for items in scales.values() for item in items}


def _q(*numbers: int) -> tuple[str, ...]:
    return tuple(f"Q{number}" for number in numbers)


_C30: Scales = {
    "QL": _q(29, 30),
    "PF": _q(1, 2, 3, 4, 5),
    "RF": _q(6, 7),
    "EF": _q(21, 22, 23, 24),
    "CF": _q(20, 25),
    "SF": _q(26, 27),
    "FA": _q(10, 12, 18),
    "NV": _q(14, 15),
    "PA": _q(9, 19),
    "DY": _q(8),
    "SL": _q(11),
    "AP": _q(13),
    "CO": _q(16),
    "DI": _q(17),
    "FI": _q(28),
    "SUMMARY": (),
}
_GINET: Scales = {
    "ED": _q(31, 32, 33),
    "GI": _q(34, 35, 36, 37, 38),
    "TR": _q(39, 40),
    "SF21": _q(42, 44, 49),
    "DRW": _q(41, 43, 47),
    "WL": _q(45),
    "WG": _q(46),
    "MBP": _q(48),
    "INF": _q(50),
    "SX": _q(51),
}
_ORIGINAL: Scales = {code: _q(39, 40, 46) if code == "TR" else x for code, x in _GINET.items() if code != "WG"}

CATALOG: Mapping[str, CatalogEntry] = {
    "QLQ-C30": CatalogEntry({"version 3": _C30, "version 2": _C30}),
    "QLQ-GINET21": CatalogEntry({"validated": _GINET, "original": _ORIGINAL}),
    "LASA": CatalogEntry({"overall": {"QOL_SCORE": ("QOL",)}}, (0, 10)),
    "PRO-CTCAE": CatalogEntry({"items": {}}, (0, 4)),
}
"""Questionnaires that need no definition, by name. Scores are computed by ``criteria.INSTRUMENTS``, which agrees."""


class AnswerSource(Item):
    """Rows of SDTM that hold the answers."""

    dataset: str | None = None
    """Data set; every questionnaire data set (QS and its split parts such as QSDA) unless given."""
    where: Where = {}
    """Conditions on rows; by default QSCAT names the questionnaire."""
    tests: dict[str, str] = {}
    """Item -> QSTESTCD, where it is not one of the usual codes."""
    answer: str | None = None
    """Variable of the answer; QSSTRESN, else QSSTRESC, else QSORRES unless given."""
    not_applicable: tuple[str, ...] | None = None
    """Answers that say that an item does not apply; NA, N/A and NOT APPLICABLE unless given."""


class ItemRange(Item):
    """Answers of an item: whole numbers from low to high."""

    low: int = 0
    """Lowest answer."""
    high: int
    """Highest answer."""
    reversed: bool = False
    """Whether the item runs against the others of its scale: low plus high less the answer is taken."""
    may_not_apply: bool = False
    """Whether the form offers a box for not applicable."""


class ScaleDefinition(Item):
    """A scale of your own, or in place of one of the catalog."""

    label: str
    """Name in tables."""
    better: Literal["high", "low"]
    """Which end of the score is good for the subject."""
    items: tuple[str, ...] = ()
    """Items of the scale; none for a score that the data hold ready-made."""
    score: Literal["percent", "mean", "sum"] = "mean"
    """From 0 to 100, the mean answer, or the mean answer times the number of items."""
    reversed: bool = False
    """Whether the lowest answers give the highest score."""
    minimum_items: Annotated[int, Field(ge=1)] | None = None
    """Fewest answered items that give a score; half of them unless given."""
    testcd: str | None = None
    """QSTESTCD of a ready-made score; the name of the scale unless given."""
    low: float | None = None
    """Lowest possible ready-made score."""
    high: float | None = None
    """Highest possible ready-made score."""


class ScaleThreshold(Item):
    """Differences within a subject that matter, in points above zero."""

    deterioration: Annotated[float, Field(gt=0)] | None = None
    """Points of worsening; ``important_difference`` unless given."""
    improvement: Annotated[float, Field(gt=0)] | None = None
    """Points of improvement; ``important_difference`` unless given."""


class Window(Item):
    """Study days that belong to a visit."""

    first: int
    """First study day."""
    last: int | None = None
    """Last study day; none for ever."""


class Deterioration(Item):
    """When a score has deteriorated."""

    definitive: bool = False
    """First worsening by the threshold, or the first after which no score comes back above it."""
    threshold: Annotated[float, Field(gt=0)] | None = None
    """Points of worsening; that of the scale in its questionnaire unless given."""
    reference: Literal["baseline", "best"] = "baseline"
    """Score against which worsening is measured: baseline, or the best score so far."""
    death: Literal["event", "censor", "competing"] = "censor"
    """Death without deterioration: an event, censored at the last score, or a competing event."""
    no_baseline: Literal["censor", "event", "exclude"] = "censor"
    """Who has no baseline score: censored or an event on the day of origin, or left out."""
    no_follow_up: Literal["censor", "event", "exclude"] = "censor"
    """Who has a baseline and no later score: censored or an event on the day of origin, or left out."""
