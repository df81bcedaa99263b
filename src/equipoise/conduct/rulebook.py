"""A protocol version made ready for decisions: expressions parsed once, schedules and levels looked up once."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from equipoise.conduct.command import ConductError
from equipoise.criteria import Charter
from equipoise.protocol import BaselineField, Instrument, Protocol, field_types
from equipoise.protocol.expressions import Expression, Scalar, evaluate_row, parse
from equipoise.terms import said

__all__ = ["CriterionCheck", "Rulebook", "Rulebooks"]


@dataclass(frozen=True, slots=True)
class CriterionCheck:
    """One criterion as it stands for a patient."""

    name: str
    """Identifier in the protocol."""
    text: str
    """As the protocol says it."""
    status: str
    """met, not met or missing: of an exclusion, met means that it does not apply."""
    missing: tuple[str, ...] = ()
    """Fields that are not known and without which the criterion cannot be decided."""

    @property
    def why(self) -> str:
        """Say in words why it is not met."""
        if self.status == "met":
            return "met"
        if self.status == "missing":
            return said("not known: {fields}", fields=self.missing)
        return said("not met: {text}", text=self.text)


class Rulebook:
    """A protocol version made ready for decisions.

    Parameters
    ----------
    protocol
        A checked protocol.
    version
        Its number in the record; ``protocol.version.number`` unless given.
    """

    def __init__(self, protocol: Protocol, version: str | None = None) -> None:
        self.protocol = protocol
        self.version = version or protocol.version.number
        fields = field_types(protocol)
        self._criteria = tuple(
            (name, c.text, parse(c.include or c.exclude or "", fields), c.include is not None)
            for name, c in protocol.eligibility.items()
        )
        self._derived = tuple(
            (name, parse(f.derive, fields)) for name, f in protocol.baseline.items() if f.derive is not None
        )
        self._strata = tuple(
            (name, parse(s.expression, fields)) for name, s in protocol.randomization.strata_items().items()
        )
        self.windows: dict[tuple[str, int], tuple[int, int] | None] = {}
        """Questionnaire and target day -> first and last study day of its form, as far as they were asked for."""
        self.answers: dict[str, dict[str, tuple[int, int]]] = {}
        """Questionnaire -> item -> lowest and highest answer, as far as they were asked for."""
        self._charters: dict[int, Charter] = {}
        self._cohorts = tuple((name, parse(c.members, fields)) for name, c in protocol.cohorts.items())

    @cached_property
    def doses(self) -> frozenset[Decimal]:
        """Dose levels of all arms together: which arm has which is not said."""
        return frozenset(Decimal(str(level)) for arm in self.protocol.arms.values() for level in arm.dose_levels)

    @cached_property
    def dose_units(self) -> frozenset[str]:
        """Units of the dose levels of all arms together."""
        return frozenset(arm.dose_unit for arm in self.protocol.arms.values() if arm.dose_unit)

    @cached_property
    def open_doses(self) -> frozenset[Decimal]:
        """Dose levels of the open treatment after crossover."""
        crossover = self.protocol.crossover
        levels = self.protocol.arms[crossover.to_arm].dose_levels if crossover else ()
        return frozenset(Decimal(str(level)) for level in levels)

    @cached_property
    def instruments(self) -> dict[str, Instrument]:
        """Questionnaires by name, in the order of the protocol."""
        return {instrument.name: instrument for instrument in self.protocol.instrument_items()}

    @cached_property
    def charter(self) -> Charter:
        """Reading rules for the criteria."""
        r = self.protocol.review
        schedule = self.protocol.visits.tumor_assessment
        return Charter(
            criteria=r.criteria,
            baseline_window_days=schedule.baseline_window_days if schedule else 28,
            minimum_sd_days=r.minimum_sd_days,
            confirmation_days=r.confirmation_days,
            confirmation_ne_allowed=r.confirmation_ne_allowed,
            confirmation_sd_allowed=r.confirmation_sd_allowed,
            node_returns=r.node_returns,
            lesion_returns=r.lesion_returns,
            progression_date=r.progression_date,
            adjudicate=r.central.adjudicate if r.central else (),
            agreed_reader=r.central.agreed_reader if r.central else 1,
            response_date=r.response_date,
            adequate=r.adequate,
            small_new_node=r.small_new_node,
            keep_partial_response=r.keep_partial_response,
            irecist_confirmation_days=r.irecist_confirmation_days,
        )

    def charter_at(self, reference_day: int) -> Charter:
        """Reading rules for a patient whose days count from the given one."""
        known = self._charters.get(reference_day)
        if known is None:
            known = self._charters[reference_day] = replace(self.charter, reference_day=reference_day)
        return known

    def facts(self, baseline: Mapping[str, Any], built_in: Mapping[str, Any]) -> dict[str, Any]:
        """Bring recorded values into the types of expressions; derived fields are computed."""
        declared = self.protocol.baseline
        row = {name: _typed(declared[name], value) for name, value in baseline.items() if name in declared}
        for name, value in built_in.items():
            row[name] = dt.date.fromisoformat(value) if isinstance(value, str) else value
        for name, expression in self._derived:
            row[name] = evaluate_row(expression, row)
        return row

    def eligibility(self, facts: Mapping[str, Any]) -> tuple[CriterionCheck, ...]:
        """Check every criterion, in the order of the protocol."""
        checks = []
        for name, text, expression, include in self._criteria:
            answer = evaluate_row(expression, facts)
            if answer is None:
                missing = tuple(f for f in expression.fields if facts.get(f) is None)
                checks.append(CriterionCheck(name, text, "missing", missing))
            else:
                checks.append(CriterionCheck(name, text, "met" if answer is include else "not met"))
        return tuple(checks)

    def cohort(self, facts: Mapping[str, Any]) -> str | None:
        """Cohort of a patient; none where the protocol has none or the patient fits none."""
        return next((name for name, members in self._cohorts if evaluate_row(members, facts) is True), None)

    def factors(self, facts: Mapping[str, Any], site: str, cohort: str | None) -> dict[str, str | None]:
        """Level of each stratification factor, as text; none where it is not known."""
        randomization = self.protocol.randomization
        wanted = self.protocol.cohorts[cohort].strata if cohort else None
        levels = {
            name: _level(evaluate_row(expression, facts))
            for name, expression in self._strata
            if wanted is None or name in wanted
        }
        if randomization.stratify_by_site:
            levels["site"] = site
        return levels

    def missing_for(self, factor: str, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """Fields without which the level of a factor is not known."""
        expression = next((e for name, e in self._strata if name == factor), None)
        return tuple(f for f in expression.fields if facts.get(f) is None) if expression else ()

    def factor_levels(self, factor: str) -> tuple[str, ...] | None:
        """Levels that a factor may have; none where they are not listed."""
        expression: Expression | None = next((e for name, e in self._strata if name == factor), None)
        if expression is None:
            return None
        if expression.type.kind == "boolean":
            return ("true", "false")
        return expression.type.levels


class Rulebooks(dict[str, Rulebook]):
    """Rulebooks by protocol version."""

    def __missing__(self, version: str) -> Rulebook:
        """Say which versions there are."""
        raise ConductError(f"protocol version {version!r} was not given; given are {', '.join(self) or 'none'}")


def _level(value: Scalar | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _typed(field: BaselineField, value: Any) -> Any:
    if value is None:
        return None
    if field.type == "date":
        return dt.date.fromisoformat(value)
    if field.type in ("number", "integer"):
        return float(value)
    return value
