"""Designs of the reference numbers, in the words of equipoise."""

import numpy as np

from equipoise.stats import group_sequential

NAMES = {
    "OF": "obrien_fleming",
    "P": "pocock",
    "WT": "wang_tsiatis",
    "HP": "haybittle_peto",
    "noEarlyEfficacy": "final_only",
    "asOF": "lan_demets_obrien_fleming",
    "asP": "lan_demets_pocock",
    "asHSD": "hwang_shih_decani",
    "asKD": "kim_demets",
    "bsOF": "lan_demets_obrien_fleming",
    "bsP": "lan_demets_pocock",
    "bsHSD": "hwang_shih_decani",
}
"""Name in rpact -> name here."""


def design_of(call):
    """Make the design of one call of getDesignGroupSequential; None where equipoise has no such boundary."""
    kind = call["typeOfDesign"]
    if kind == "PT":
        return group_sequential(
            call["informationRates"],
            alpha=call["alpha"],
            power=1.0 - call["beta"],
            boundary="wang_tsiatis",
            boundary_parameter=call["deltaPT1"],
            futility="wang_tsiatis",
            futility_parameter=call["deltaPT0"],
        )
    if kind != "asUser" and kind not in NAMES:
        return None
    more = {}
    if call.get("typeBetaSpending"):
        more = {"futility": NAMES[call["typeBetaSpending"]], "futility_parameter": call.get("gammaB")}
    if "futilityBounds" in call:
        more = {"futility_bounds": call["futilityBounds"]}
    return group_sequential(
        call["informationRates"],
        alpha=call["alpha"],
        sided=call["sided"],
        power=1.0 - call["beta"],
        boundary=call["userAlphaSpending"] if kind == "asUser" else NAMES[kind],
        boundary_parameter=call.get("gammaA", call.get("deltaWT")),
        binding=call.get("bindingFutility", False),
        **more,
    )


def column(values):
    """Read a column of the reference numbers: one number stands for a column of one, null for infinite."""
    return np.array([np.inf if v is None else v for v in np.atleast_1d(np.asarray(values, dtype=object))], dtype=float)
