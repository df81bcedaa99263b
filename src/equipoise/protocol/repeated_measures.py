"""How the scores of a questionnaire are modeled over the visits."""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.analyses import Strata
from equipoise.protocol.item import Identifier, Item

__all__ = ["RepeatedMeasures"]

Structure = Literal["us", "ar1", "ar1h", "cs", "csh", "toep", "toeph", "ad", "adh"]


class RepeatedMeasures(Item):
    """Mixed model for repeated measures: arm, visit, arm by visit, and what is named here."""

    population: Identifier | None = None
    """Subjects analyzed; those of the primary analysis unless given."""
    response: Literal["score", "change"] = "score"
    """What is modeled where the baseline is a covariate: the score, or its change from baseline."""
    baseline_by_visit: bool = True
    """Whether a covariate baseline has a slope of its own at each visit."""
    baseline_arms: Literal["free", "equal"] = "free"
    """Whether the arms have means of their own at baseline, where the baseline is a response, or one in common."""
    strata: Strata = "none"
    """Stratification factors in the model: none, as frozen at randomization, or as corrected."""
    covariates: tuple[Identifier, ...] = ()
    """Further baseline fields in the model."""
    covariance: Annotated[tuple[Structure, ...], Field(min_length=1)] = ("us", "toeph", "ar1h", "csh", "cs")
    """Covariance structures in the order in which they are tried; the first with a proper optimum is used."""
    covariance_by_arm: bool = False
    """Whether each arm has a covariance matrix of its own."""
    df: Literal["kenward-roger", "kenward-roger-linear", "satterthwaite", "between-within", "residual"] = (
        "kenward-roger"
    )
    """Degrees of freedom; with Kenward and Roger's the standard errors are adjusted too."""
    weights: Literal["equal", "proportional"] = "equal"
    """How the levels of factors other than arm and visit count in the means: alike, or as often as they occur."""
    minimum_subjects: Annotated[int, Field(ge=1)] = 5
    """Visits at which an arm has fewer scores than this are left out."""
    last_day: Annotated[int, Field(ge=1)] | None = None
    """Visits with a later target day are left out; none unless given."""
    declared_visit: str | None = None
    """Visit, as in AVISIT, whose difference is the declared comparison; the average over visits unless given."""
    conf_level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Level of the confidence intervals."""
    bars: Literal["confidence", "standard_error"] = "confidence"
    """What the bars of the figure show."""
