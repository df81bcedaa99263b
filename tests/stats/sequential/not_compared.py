"""Reference numbers that no test compares, each with the reason."""

NOT_COMPARED = {
    "versions": "names of programs, no numbers of designs",
    "survival_sample_size/kappa_weibull": "Weibull hazards: equipoise plans with piecewise exponential ones",
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

FIELDS_NOT_COMPARED = {
    "every section: arguments of the call (typeOfDesign, alpha, beta, sided, kMax, lambda1, ...)": (
        "what was asked for, given to equipoise as it stands"
    ),
    "boundaries/*/out: power, tolerance, constantBoundsHP, bindingFutility": "empty, or settings of the program",
    "boundaries/*/out: betaSpent and futilityBounds without futility": "empty, or rpact's -6 for no bound",
    "boundaries/*/characteristics: futilityProbabilities of two-sided designs": (
        "rpact gives 0; equipoise counts there the crossing of the other side"
    ),
    "*/nFixed1, nFixed2, numberOfSubjects1, numberOfSubjects2, maxNumberOfSubjects*": (
        "shares of nFixed by the ratio; nFixed is compared"
    ),
    "*/studyDuration, maxStudyDuration, analysisTime without looks": "accrual and follow-up, which is compared",
    "*/expectedEventsH1, eventsPerStage, maxNumberOfEvents without looks": "equal to eventsFixed, which is compared",
    "*/criticalValuesPValueScale without looks": "equal to alpha",
    "*/earlyStop, futilityStop, overallEarlyStop, overallReject, overallFutility": "sums of probabilities compared",
    "rates, means/*/criticalValuesEffectScale": "bounds on the scale of the effect are offered for hazard ratios alone",
    "analysis/*/stage: testStatistics, pValues, overallPValues, effectSizes, overallEvents": (
        "the log-rank statistics given, and closed transformations of them"
    ),
    "analysis/*/final_ci: finalConfidenceIntervalGeneral, medianUnbiasedGeneral": (
        "on the scale of Z; the hazard ratios they are turned into are compared"
    ),
    "analysis/*/final_p: finalStage; analysis/*/test_action, warnings": "words and the number of the last look",
    "analysis/asOF3_stage1/final_ci": "the trial goes on: there is none",
    "gsdesign/*: upper_spend, lower_spend, en, delta": (
        "the spending functions, expected sizes of gs_power and drifts as inflation are compared"
    ),
    "gsdesign/nsurv*: eDE, eNC, eNE": "sums with n, d and eDC, which are compared",
    "event_probabilities/*: overallEventProbabilities, cumulativeEventProbabilities, accrualIntensity": (
        "mixtures of the probabilities by arm, which are compared"
    ),
    "exact_bounds/*: rpact_max_abs_error, gsdesign_max_abs_error": "errors of the programs, not ours",
    "nph/*: rmst z, simtrial_milestone, survRM2 se0 and se1, n, events": (
        "ratios and parts of compared numbers; simtrial's milestone in words and scales of its own"
    ),
    "randomization/permuted_block_correct_guess: sequences, correct": "counts whose quotient, share, is compared",
    "randomization/minimization: i, rule; randomization/*: n, reps": "numbers of rows and settings",
    "randomization/simulated_171: mean_abs_stratum": "equipoise gives imbalance in all and by factor",
}
"""Numbers inside compared goldens that no test compares, each with the reason."""
