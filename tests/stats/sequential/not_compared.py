"""Reference numbers that no test compares, each with the reason."""

NOT_COMPARED = {
    "versions": "names of programs, no numbers of designs",
    "survival_sample_size/kappa_weibull": "Weibull hazards: equipoise plans with piecewise exponential ones",
    "boundaries/PT_k2": "Pampallona-Tsiatis boundaries are not offered",
    "boundaries/PT_k3": "Pampallona-Tsiatis boundaries are not offered",
    "boundaries/PT_k5": "Pampallona-Tsiatis boundaries are not offered",
    "rates/one_arm_approx": "normal approximation for one arm; equipoise's single-arm sizes are exact",
    "gsdesign/nsurv_method_BernsteinLagakos": "the formula of Bernstein and Lagakos is not offered",
    "gsdesign/gssurv_a021202": "its solver stops early: final bound 1.3164331, right is 1.3164605222518908",
    "gsdesign/nBinomial/or": "sizes on the odds scale are not offered",
    "gsdesign/predictive_power/pp_default": "averages over a prior of gsDesign's own that equipoise does not have",
    "gsdesign/spending_values/exponential_.75": "the exponential spending function is given look by look, not by name",
}

CROSSOVER_NOT_COMPARED = {
    "goldens/versions, goldens_trtswitch/versions": "names of programs",
    "goldens/data": "counts of the data set, held by the analyses of it",
    "goldens_trtswitch/immdef_rpsftm_grid": "psi on trtswitch's grid of values; the exact jump is compared",
    "goldens_trtswitch/immdef_ipe_*": "iterative parameter estimation is not offered",
    "goldens_trtswitch/shilong_rpsftm_cov": "Cox model of the counterfactual times with covariates is not offered",
}
