"""Questionnaires as data: item numbers, ranges, scales and directions; no wording of any item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.score_thresholds import Threshold, qlq_c30_thresholds, tens

__all__ = ["INSTRUMENTS", "Instrument", "Item", "Scale", "single_items"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item: its name is the column that holds the answers, whole numbers from ``low`` to ``high``."""

    name: str
    low: int = 1
    high: int = 4
    may_not_apply: bool = False
    """The form offers a box for not applicable."""
    reversed: bool = False
    """The item runs against the others of its scale: low plus high less the answer counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """One scale: the mean of its answered items, where at least half (or ``fewest``) are answered."""

    code: str
    label: str
    items: tuple[str, ...]
    better: Literal["high", "low"]
    """Which end of the score is good for the subject."""
    reversed: bool = False
    """The score runs against the items: the lowest answer scores 100."""
    percent: bool = True
    """Scored from 0 to 100; else the mean answer as it is."""
    summed: bool = False
    """The mean answer times the number of items; the mean of the answered items stands for the others."""
    fewest: int | None = None
    """Fewest answered items that give a score, where it is not half of them."""

    @property
    def minimum(self) -> int:
        """Fewest answered items that give a score."""
        return self.fewest if self.fewest is not None else -(-len(self.items) // 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """A questionnaire; checked when it is made.

    Raises
    ------
    CriteriaError
        The parts do not fit together; all problems at once.

    Examples
    --------
    >>> INSTRUMENTS["QLQ-GINET21"].with_items({"DRW": ("Q41", "Q43", "Q47")}).scale("DRW").items
    ('Q41', 'Q43', 'Q47')
    """

    name: str
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    summary: tuple[str, ...] = ()
    """Scales of the summary score SUMMARY: their mean, where low is better 100 less the score; all are needed."""
    thresholds: tuple[Threshold, ...] = ()
    shares_items: bool = False
    """An item may belong to several scales."""
    version: str | None = None
    """Version of the form, where the data may hold another."""
    not_applicable: tuple[str, ...] = ("NA", "N/A", "NOT APPLICABLE")
    """Answers that say an item does not apply, in any letter case; numbers are allowed."""

    def __post_init__(self) -> None:
        """Refuse an instrument whose parts do not fit."""
        if problems := _problems(self):
            raise CriteriaError(problems)

    def scale(self, code: str) -> Scale:
        """Return the scale of a code.

        Raises
        ------
        CriteriaError
            No scale has the code.
        """
        for scale in self.scales:
            if scale.code == code:
                return scale
        known = ", ".join(scale.code for scale in self.scales)
        raise CriteriaError([f"{self.name} has no scale {code!r}: expected one of {known}"])

    def item(self, name: str) -> Item:
        """Return the item of a name.

        Raises
        ------
        CriteriaError
            No item has the name.
        """
        for item in self.items:
            if item.name == name:
                return item
        raise CriteriaError([f"{self.name} has no item {name!r}"])

    def step(self, code: str) -> float:
        """Smallest difference between two scores of a scale when every item is answered."""
        scale = self.scale(code)
        item = self.item(scale.items[0])
        if scale.percent:
            return 100 / (item.high - item.low) / len(scale.items)
        return 1.0 if scale.summed else 1 / len(scale.items)

    def with_items(self, items: Mapping[str, Sequence[str]]) -> "Instrument":
        """Replace the items of some scales.

        Parameters
        ----------
        items
            Names of the items by code of the scale; scales not named stay. A scale without items is left out.

        Raises
        ------
        CriteriaError
            A scale or item is unknown, or an item would belong to two scales.
        """
        for code in items:
            self.scale(code)
        scales = [replace(s, items=tuple(items.get(s.code, s.items))) for s in self.scales]
        left_out = {s.code for s in scales if not s.items}
        thresholds = tuple(t for t in self.thresholds if t.scale not in left_out)
        return replace(self, scales=tuple(s for s in scales if s.items), thresholds=thresholds)


def single_items(
    name: str, items: Mapping[str, Literal["high", "low"]], *, low: int, high: int, percent: bool
) -> Instrument:
    """Make a questionnaire whose items are reported one by one.

    Parameters
    ----------
    name
        Name of the questionnaire.
    items
        Column of each item and which end of its answers is good: linear analog forms are anchored either way.
    low, high
        Range of the answers: 0 to 10 for linear analog items, 0 to 4 for PRO-CTCAE (0 to 1 for items of presence).
    percent
        Score from 0 to 100 (linear analog), else keep the answer as it is (PRO-CTCAE).
    """
    return Instrument(
        name=name,
        items=tuple(Item(name=item, low=low, high=high) for item in items),
        scales=tuple(
            Scale(code=_code(item), label=item, items=(item,), better=better, percent=percent)
            for item, better in items.items()
        ),
    )


def _code(item: str) -> str:
    return f"{item}_SCORE"


def _problems(instrument: Instrument) -> list[str]:
    name, problems = instrument.name, []
    ranges = {item.name: (item.low, item.high) for item in instrument.items}
    codes = [scale.code for scale in instrument.scales]
    for kind, names in (("item", [item.name for item in instrument.items]), ("scale", codes)):
        problems += [f"{name}: the {kind} {n!r} stands twice" for n in sorted({n for n in names if names.count(n) > 1})]
    problems += [
        f"{name}: the item {item.name!r} runs from {item.low} to {item.high}: expected a low below the high"
        for item in instrument.items
        if item.low >= item.high
    ]
    owner: dict[str, str] = {}
    for scale in instrument.scales:
        unknown = [item for item in scale.items if item not in ranges]
        problems += [f"{name}: the scale {scale.code} names the unknown item {item!r}" for item in unknown]
        if not scale.items:
            problems.append(f"{name}: the scale {scale.code} has no items")
        if len({ranges[item] for item in scale.items if item in ranges}) > 1:
            problems.append(f"{name}: the items of the scale {scale.code} have different ranges: expected one range")
        if scale.percent and scale.summed:
            problems.append(f"{name}: the scale {scale.code} is a percentage and a sum: expected one of them")
        if scale.fewest is not None and not 1 <= scale.fewest <= len(scale.items):
            n = len(scale.items)
            problems.append(f"{name}: the scale {scale.code} needs {scale.fewest} of its {n} items: expected 1 to {n}")
        for item in scale.items:
            if item in owner and (owner[item] == scale.code or not instrument.shares_items):
                problems.append(f"{name}: the item {item!r} stands in the scales {owner[item]} and {scale.code}")
            owner[item] = scale.code
    known = {scale.code: scale.percent for scale in instrument.scales}
    problems += [
        f"{name}: the summary score names {c!r}: expected a scale scored from 0 to 100"
        for c in instrument.summary
        if not known.get(c)
    ]
    return problems


def _numbered(first: int, last: int, low: int = 1, high: int = 4, *, optional: Sequence[int] = ()) -> tuple[Item, ...]:
    return tuple(Item(name=f"Q{i}", low=low, high=high, may_not_apply=i in optional) for i in range(first, last + 1))


def _names(*numbers: int) -> tuple[str, ...]:
    return tuple(f"Q{i}" for i in numbers)


def _function(code: str, label: str, *items: int) -> Scale:
    return Scale(code=code, label=label, items=_names(*items), better="high", reversed=True)


def _symptom(code: str, label: str, *items: int) -> Scale:
    return Scale(code=code, label=label, items=_names(*items), better="low")


_C30_SCALES = (
    Scale(code="QL", label="Global health status", items=_names(29, 30), better="high"),
    _function("PF", "Physical functioning", 1, 2, 3, 4, 5),
    _function("RF", "Role functioning", 6, 7),
    _function("EF", "Emotional functioning", 21, 22, 23, 24),
    _function("CF", "Cognitive functioning", 20, 25),
    _function("SF", "Social functioning", 26, 27),
    _symptom("FA", "Fatigue", 10, 12, 18),
    _symptom("NV", "Nausea and vomiting", 14, 15),
    _symptom("PA", "Pain", 9, 19),
    _symptom("DY", "Dyspnea", 8),
    _symptom("SL", "Insomnia", 11),
    _symptom("AP", "Appetite loss", 13),
    _symptom("CO", "Constipation", 16),
    _symptom("DI", "Diarrhea", 17),
    _symptom("FI", "Financial difficulties", 28),
)

_C30 = Instrument(
    name="QLQ-C30",
    items=(*_numbered(1, 28), *_numbered(29, 30, 1, 7)),
    scales=_C30_SCALES,
    summary=tuple(scale.code for scale in _C30_SCALES if scale.code not in {"QL", "FI"}),
    thresholds=qlq_c30_thresholds([scale.code for scale in _C30_SCALES]),
    version="3",
)

_C30_V2 = replace(_C30, name="QLQ-C30 v2", items=(*_numbered(1, 5, 1, 2), *_C30.items[5:]), version="2")

_GINET_SCALES = (
    _symptom("ED", "Endocrine symptoms", 31, 32, 33),
    _symptom("GI", "Gastrointestinal symptoms", 34, 35, 36, 37, 38),
    _symptom("TR", "Treatment-related symptoms", 39, 40),
    _symptom("SF21", "Social functioning (problems)", 42, 44, 49),
    _symptom("DRW", "Disease-related worries", 41, 43, 47),
    _symptom("WL", "Weight loss", 45),
    _symptom("WG", "Weight gain", 46),
    _symptom("MBP", "Muscle and bone pain", 48),
    _symptom("INF", "Information", 50),
    _symptom("SX", "Sexual function", 51),
)

_GINET = Instrument(
    name="QLQ-GINET21",
    items=_numbered(31, 51, optional=(39, 40, 51)),
    scales=_GINET_SCALES,
    thresholds=tens([scale.code for scale in _GINET_SCALES], "Borrowed from QLQ-C30"),
)

_GINET_ORIGINAL = replace(_GINET.with_items({"TR": _names(39, 40, 46), "WG": ()}), name="QLQ-GINET21 original")

_LASA = replace(
    single_items("LASA", {"QOL": "high"}, low=0, high=10, percent=True),
    thresholds=(
        *tens(["QOL_SCORE"], "Linear analog items, 1 of 10"),
        Threshold(
            scale="QOL_SCORE", use="score", meaning="deficient at or below", low=0, high=50, source="LASA, 5 of 10"
        ),
    ),
)

INSTRUMENTS: Mapping[str, Instrument] = {
    instrument.name: instrument for instrument in (_C30, _C30_V2, _GINET, _GINET_ORIGINAL, _LASA)
}
"""Questionnaires by name. ``QLQ-C30`` is version 3; ``QLQ-GINET21`` has weight gain apart, ``QLQ-GINET21 original``
within TR; its item numbers are not checked against the publisher's scoring sheet (see ``Instrument.with_items``)."""
