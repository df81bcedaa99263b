"""The protocol as one frozen object."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from equipoise.protocol.analyses import Analysis, Conventions, DataCut, DataMap, Safety
from equipoise.protocol.baseline import BaselineField, Criterion, Population, Subgroup
from equipoise.protocol.conduct import Crossover, Instrument, Method, Randomization, Review, Stratum, Visits
from equipoise.protocol.endpoints import Endpoint, NewTherapy
from equipoise.protocol.item import Identifier, Item, text_or_other
from equipoise.protocol.trial import Arm, Cohort, Registry, Trial, Version
from equipoise.terms import ArmRole

__all__ = ["Protocol"]

InstrumentOrName = Annotated[
    Annotated[Instrument, Tag("other")] | Annotated[str, Tag("text")],
    Discriminator(text_or_other),
]


class Protocol(Item):
    """Everything a trial declares, in the order in which it is read."""

    equipoise: Literal[1]
    """Version of this format."""
    trial: Trial
    """What the trial is."""
    version: Version = Version()
    """Version and amendments."""
    registry: Registry = Registry()
    """What a trial registry asks besides."""
    cohorts: dict[Identifier, Cohort] = {}
    """Parts of the trial with their own randomization and analysis; none for a trial of one piece."""
    arms: dict[Identifier, Arm] = Field(min_length=1)
    """Arm -> treatment allocated; the order is that of tables."""
    baseline: dict[Identifier, BaselineField] = {}
    """Typed facts recorded before randomization; expressions use them by name."""
    eligibility: dict[Identifier, Criterion] = {}
    """Criteria of inclusion and exclusion, in the order in which they are asked."""
    randomization: Randomization
    """Who is allocated to what, how."""
    visits: Visits = Visits()
    """When patients are seen."""
    review: Review = Review()
    """How tumor response is read."""
    new_therapy: dict[Identifier, NewTherapy] = {}
    """Kinds of treatment besides the assigned one, and whether each is new anticancer therapy."""
    crossover: Crossover | None = None
    """Change to another arm's treatment; none where the protocol allows none."""
    instruments: tuple[InstrumentOrName, ...] = ()
    """Questionnaires, by name or in full."""
    endpoints: dict[Identifier, Endpoint] = {}
    """What is timed or counted."""
    populations: dict[Identifier, Population] = {}
    """Sets of subjects for analysis."""
    subgroups: dict[Identifier, Subgroup] = {}
    """Factors of the forest plot."""
    analyses: dict[Identifier, Analysis] = {}
    """Comparisons between arms, in the order of the report."""
    safety: Safety = Safety()
    """How adverse events are counted."""
    data_cuts: dict[Identifier, DataCut] = {}
    """Cuts of the data; every output names its own."""
    data: DataMap = DataMap()
    """Where the trial's SDTM differs from the usual names."""
    conventions: Conventions = Conventions()
    """Choices printed with every result."""

    @property
    def study_id(self) -> str:
        """STUDYID in the data."""
        return self.data.study_id or self.trial.id

    def arms_with(self, role: ArmRole) -> list[str]:
        """Identifiers of the arms of a role, in protocol order."""
        return [name for name, arm in self.arms.items() if arm.role is role]

    def comparisons(self, analysis: Analysis) -> list[tuple[str, str]]:
        """(experimental, reference) pairs of an analysis, in protocol order."""
        if analysis.comparisons is not None:
            return list(analysis.comparisons)
        shown = analysis.arms or tuple(self.arms)
        control = [name for name in self.arms_with(ArmRole.CONTROL) if name in shown][:1]
        return [(name, control[0]) for name in self.arms_with(ArmRole.EXPERIMENTAL) if name in shown and control]

    def strata(self, cohort: str | None = None) -> dict[str, Stratum]:
        """Stratification factors in order; those that stratify a cohort where one is named."""
        factors = self.randomization.strata_items()
        chosen = self.cohorts[cohort].strata if cohort is not None else None
        return factors if chosen is None else {name: factors[name] for name in factors if name in chosen}

    def ratio(self, cohort: str | None = None) -> dict[str, int]:
        """Arm -> whole number; the cohort's own ratio where it has one, else without the arms of other cohorts."""
        own = self.cohorts[cohort].ratio if cohort is not None else None
        if own is not None:
            return dict(own)
        return {
            arm: share
            for arm, share in self.randomization.ratio.items()
            if cohort is None or arm not in self.arms or self.arms[arm].cohort in (None, cohort)
        }

    def allocation_method(self, cohort: str | None = None) -> Method:
        """Allocation method of the trial, or of a cohort that has its own."""
        own = self.cohorts[cohort].method if cohort is not None else None
        return own or self.randomization.method

    def instrument_items(self) -> tuple[Instrument, ...]:
        """Questionnaires, each in full."""
        return tuple(Instrument(name=item) if isinstance(item, str) else item for item in self.instruments)

    def new_therapies(self, endpoint: Endpoint) -> list[str]:
        """Kinds of new anticancer therapy that matter for an endpoint."""
        if endpoint.new_therapy is not None:
            return list(endpoint.new_therapy)
        return [name for name, kind in self.new_therapy.items() if kind.counts]
