"""The protocol as one frozen object."""

from typing import Literal

from pydantic import Field

from equipoise.protocol.analyses import Analysis, Conventions, DataCut, DataMap, Safety
from equipoise.protocol.baseline import BaselineField, Criterion, Population, Subgroup
from equipoise.protocol.conduct import Crossover, Instrument, Randomization, Review, Visits
from equipoise.protocol.endpoints import Endpoint, NewTherapy
from equipoise.protocol.item import Identifier, Item
from equipoise.protocol.trial import Arm, Cohort, Registry, Trial, Version
from equipoise.terms import ArmRole

__all__ = ["Protocol"]


class Protocol(Item):
    """Everything a trial declares, in the order in which it is read."""

    equipoise: Literal[1]
    """Version of this format."""
    trial: Trial
    version: Version = Version()
    registry: Registry = Registry()
    cohorts: dict[Identifier, Cohort] = {}
    arms: dict[Identifier, Arm] = Field(min_length=1)
    baseline: dict[Identifier, BaselineField] = {}
    eligibility: dict[Identifier, Criterion] = {}
    randomization: Randomization
    visits: Visits = Visits()
    review: Review = Review()
    new_therapy: dict[Identifier, NewTherapy] = {}
    crossover: Crossover | None = None
    instruments: tuple[Instrument | str, ...] = ()
    endpoints: dict[Identifier, Endpoint] = {}
    populations: dict[Identifier, Population] = {}
    subgroups: dict[Identifier, Subgroup] = {}
    analyses: dict[Identifier, Analysis] = {}
    safety: Safety = Safety()
    data_cuts: dict[Identifier, DataCut] = {}
    data: DataMap = DataMap()
    conventions: Conventions = Conventions()

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

    def new_therapies(self, endpoint: Endpoint) -> list[str]:
        """Kinds of new anticancer therapy that matter for an endpoint."""
        if endpoint.new_therapy is not None:
            return list(endpoint.new_therapy)
        return [name for name, kind in self.new_therapy.items() if kind.counts]
