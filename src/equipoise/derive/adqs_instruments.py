"""The questionnaires of a protocol as something that can be read and scored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from equipoise.criteria import INSTRUMENTS, CriteriaError, Instrument, Item, Scale
from equipoise.derive.errors import DeriveError
from equipoise.protocol import CATALOG, Protocol, ScaleDefinition
from equipoise.protocol import Instrument as DeclaredInstrument

__all__ = ["Questionnaire", "ScaleFacts", "questionnaires"]

_SUMMARY = "SUMMARY"
_SCORERS = {
    ("QLQ-C30", "version 3"): "QLQ-C30",
    ("QLQ-C30", "version 2"): "QLQ-C30 v2",
    ("QLQ-GINET21", "validated"): "QLQ-GINET21",
    ("QLQ-GINET21", "original"): "QLQ-GINET21 original",
    ("LASA", "overall"): "LASA",
}
_CATEGORIES = {"QLQ-GINET21": ("GINET21", "GINET"), "LASA": ("LASA", "LINEARANALOG"), "PRO-CTCAE": ("PROCTCAE",)}
_STEMS = ("Q", "QS", "QLQ", "EOR01", "EORTC")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleFacts:
    """What is known of a scale besides its score."""

    code: str
    label: str
    paramcd: str
    better: str
    deterioration: float | None
    improvement: float | None
    ready: ScaleDefinition | None
    """The declaration of a score that the data hold ready-made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Questionnaire:
    """One questionnaire of the protocol."""

    plan: DeclaredInstrument
    index: int
    """Place in the protocol."""
    label: str
    scorer: Instrument | None
    """How items become scores; None where every score is ready-made."""
    scales: tuple[ScaleFacts, ...]
    """Scales reported, in order."""
    codes: Mapping[str, str]
    """QSTESTCD in upper case -> item, or scale of a ready-made score."""

    @property
    def name(self) -> str:
        """Name in the protocol, INSTR of the data sets."""
        return self.plan.name

    def holds(self, category: str) -> bool:
        """Whether a QSCAT names the questionnaire."""
        seen = _letters(category)
        if self.name in CATALOG:
            return any(part in seen for part in _CATEGORIES.get(self.name, (_letters(self.name),)))
        return seen in {_letters(self.name), _letters(self.label)}

    def other_version(self, category: str) -> str | None:
        """The version that a QSCAT names where it is not that of the questionnaire."""
        version = self.scorer.version if self.scorer is not None else None
        found = re.search(r"(?:VERSION|\bV)\.?\s*(\d+)", category.upper())
        return found[1] if version is not None and found is not None and found[1] != version else None


def questionnaires(protocol: Protocol) -> list[Questionnaire]:
    """Every questionnaire of the protocol that has a scale.

    Raises
    ------
    DeriveError
        Items and scales of a questionnaire do not fit; all problems at once.
    """
    found: list[Questionnaire] = []
    problems: list[str] = []
    taken: set[str] = set()
    for index, plan in enumerate(protocol.instrument_items()):
        try:
            scorer = _scorer(plan)
        except CriteriaError as error:
            problems += [f"instruments.{index}: {problem}. Correct it in the protocol" for problem in error.problems]
            continue
        scales = _scales(plan, scorer, taken)
        if scales:
            label = plan.label or plan.name
            codes = _codes(plan, scorer, scales)
            found.append(Questionnaire(plan=plan, index=index, label=label, scorer=scorer, scales=scales, codes=codes))
    if problems:
        raise DeriveError(problems)
    return found


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _scorer(plan: DeclaredInstrument) -> Instrument | None:
    """The scoring of the catalog, changed and completed as the protocol says."""
    entry = CATALOG.get(plan.name)
    variant = (plan.scoring or next(iter(entry.variants))) if entry is not None else ""
    base = INSTRUMENTS.get(_SCORERS.get((plan.name, variant), ""))
    if base is not None and plan.item_map:
        base = base.with_items(plan.item_map)
    low, high = entry.item_range if entry is not None else (0, 4)
    defined = {code: own for code, own in plan.define.items() if own.items}
    items = {item.name: item for item in base.items} if base is not None else {}
    for definition in defined.values():
        items |= {name: Item(name=name, low=low, high=high) for name in definition.items if name not in items}
    for name, own in plan.items.items():
        items[name] = Item(
            name=name, low=own.low, high=own.high, may_not_apply=own.may_not_apply, reversed=own.reversed
        )
    kept = tuple(scale for scale in (base.scales if base is not None else ()) if scale.code not in plan.define)
    scales = (*kept, *(_scale(code, definition) for code, definition in defined.items()))
    if not scales:
        return None
    used = {name for scale in scales for name in scale.items} | {i.name for i in (base.items if base else ())}
    codes = {scale.code for scale in scales if scale.percent}
    made = Instrument(
        name=plan.name,
        items=tuple(item for item in items.values() if item.name in used),
        scales=scales,
        summary=base.summary if base is not None and set(base.summary) <= codes else (),
        shares_items=bool(plan.define),
        version=base.version if base is not None else None,
    )
    words = plan.source.not_applicable
    return made if words is None else replace(made, not_applicable=words)


def _scale(code: str, own: ScaleDefinition) -> Scale:
    return Scale(
        code=code,
        label=own.label,
        items=own.items,
        better=own.better,
        reversed=own.reversed,
        percent=own.score == "percent",
        summed=own.score == "sum",
        fewest=own.minimum_items,
    )


def _scales(plan: DeclaredInstrument, scorer: Instrument | None, taken: set[str]) -> tuple[ScaleFacts, ...]:
    """Scales reported: in the order of the protocol where it names them, else those of the scoring and its own."""
    known: dict[str, tuple[str, str, ScaleDefinition | None]] = {}
    for scale in scorer.scales if scorer is not None else ():
        known[scale.code] = (scale.label, scale.better, None)
    if scorer is not None and scorer.summary:
        known[_SUMMARY] = ("Summary score", "high", None)
    for code, own in plan.define.items():
        if not own.items:
            known[code] = (own.label, own.better, own)
    facts = []
    for code in plan.scales or known:
        if code in known:
            label, better, ready = known[code]
            own_threshold = plan.thresholds.get(code)
            worse = own_threshold.deterioration if own_threshold is not None else None
            gain = own_threshold.improvement if own_threshold is not None else None
            facts.append(
                ScaleFacts(
                    code=code,
                    label=label,
                    paramcd=_paramcd(code, taken),
                    better=better,
                    deterioration=worse or plan.important_difference,
                    improvement=gain or plan.important_difference,
                    ready=ready,
                )
            )
    return tuple(facts)


def _paramcd(code: str, taken: set[str]) -> str:
    """The scale in at most 8 letters and digits, numbered where another has the same."""
    stem = _letters(code)
    chosen, number = stem[:8], 1
    while chosen in taken:
        number += 1
        chosen = f"{stem[: 8 - len(str(number))]}{number}"
    taken.add(chosen)
    return chosen


def _codes(plan: DeclaredInstrument, scorer: Instrument | None, scales: tuple[ScaleFacts, ...]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for item in scorer.items if scorer is not None else ():
        names = _usual_codes(plan.name, item.name)
        if item.name in plan.source.tests:
            names = [plan.source.tests[item.name]]
        codes |= {name.upper(): item.name for name in names}
    for scale in scales:
        if scale.ready is not None:
            codes[(scale.ready.testcd or scale.code).upper()] = scale.code
    return codes


def _usual_codes(instrument: str, item: str) -> list[str]:
    """QSTESTCD values that name an item of the catalog: by its number, plain or with two digits."""
    number = item.removeprefix("Q")
    if (instrument, item) == ("LASA", "QOL"):
        return ["QOL", "LASA01", "LASAQOL"]
    if instrument not in ("QLQ-C30", "QLQ-GINET21") or not number.isdigit():
        return [item]
    n = int(number)
    names = [f"Q{n}", *(f"{stem}{n:02d}" for stem in _STEMS)]
    if instrument == "QLQ-C30":
        return [*names, f"QLQC30{n:02d}", f"C30{n:02d}"]
    return [*names, f"GINET{n}", f"GINET{n - 30:02d}"]
