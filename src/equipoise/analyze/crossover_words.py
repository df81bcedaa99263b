"""What each estimate of survival had nobody crossed over is called, and what it assumes."""

__all__ = ["ASSUMPTIONS", "METHODS", "NAIVE"]

NAIVE = ("censored_at_switch", "without_switchers")
"""Contrasts that no assumption makes right: shown only to tell how far they lie from the others."""

METHODS = {
    "intention_to_treat": "Cox, Efron ties; log-rank P",
    "censored_at_switch": "Cox, Efron ties, censored at crossover",
    "without_switchers": "Cox, Efron ties, without those who crossed over",
    "rpsftm": "rank-preserving structural failure time model, log-rank estimating function, treatment-group logic",
    "ipcw": "inverse probability of censoring weights, weighted Cox model",
    "two_stage": "two-stage estimation, accelerated failure time model after progression, Cox model",
    "two_stage_g": "two-stage estimation by g-estimation, pooled logistic model of crossover, Cox model",
}

ASSUMPTIONS = {
    "intention_to_treat": "None beyond randomization and uninformative censoring: arms as randomized, with crossover",
    "censored_at_switch": (
        "For contrast only: would hold if those who crossed over had the prognosis of those who did not, against which "
        "progression speaks"
    ),
    "without_switchers": (
        "For contrast only: would hold if those who crossed over were a random part of their arm, but they lived long "
        "enough to do so"
    ),
    "rpsftm": (
        "Treatment multiplies the time on it by one factor for everybody, whenever it starts (or by the share of its "
        "effect named here); without it the arms would live alike"
    ),
    "ipcw": (
        "Everything that makes patients cross over and tells of survival is among the covariates, and nobody was bound "
        "to cross over"
    ),
    "two_stage": (
        "Patients cross over soon after progression, and covariates at progression hold everything that makes them "
        "cross over and tells of survival"
    ),
    "two_stage_g": (
        "Covariates from progression to crossover hold everything that makes patients cross over and tells of "
        "survival; crossover multiplies the time after it by one factor"
    ),
}
