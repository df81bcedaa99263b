"""Labels of the ADSL variables that a protocol names."""

from equipoise.protocol import Protocol, adsl_variables, population_flag, population_reason

__all__ = ["adsl_labels"]

_LONGEST = 40
"""Bytes of a label in SAS transport version 5."""


def adsl_labels(protocol: Protocol) -> dict[str, str]:
    """Label each baseline field, stratification factor and population of ADSL in the words of the protocol.

    Labels are cut to 40 bytes at the end of a word.
    """
    labels: dict[str, str] = {}
    for name, variable in adsl_variables(protocol).items():
        labels[variable] = protocol.baseline[name].label or _words(name)
    for place, (name, factor) in enumerate(protocol.randomization.strata_items().items(), start=1):
        words = factor.label or _words(name)
        labels[f"STRAT{place}R"] = f"Randomized {words}"
        labels[f"STRAT{place}V"] = f"Verified {words}"
    for name, population in protocol.populations.items():
        labels[population_flag(name)] = population.label
        labels[population_reason(name)] = f"Why not: {population.label}"
    return {variable: _cut(label) for variable, label in labels.items()}


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _cut(label: str) -> str:
    while len(label.encode()) > _LONGEST:
        label = label.rpartition(" ")[0] or label[:-1]
    return label
