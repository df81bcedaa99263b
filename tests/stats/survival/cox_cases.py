"""The Cox models of the reference numbers: their data, designs and fits."""

import numpy as np
from survival_goldens import listed

from equipoise.stats import cox_ph

FACTORS = {  # level orders of R's factors
    "celltype": ["squamous", "smallcell", "adeno", "large"],
    "treat": ["placebo", "rIFN-g"],
    "x": ["Maintained", "Nonmaintained"],
}


def variables(terms) -> list[str]:
    """Name the columns that terms are made of."""
    return [name for term in listed(terms) for name in term.removeprefix("log(").rstrip(")").split(":")]


def design(columns, terms) -> tuple[np.ndarray, list[str]]:
    """Build the model matrix with R's names of its columns."""
    parts, names = [], []
    for term in listed(terms):
        if term.startswith("log("):
            parts.append(np.log(columns[term[4:-1]]))
        elif ":" in term:
            parts.append(np.prod([columns[name] for name in term.split(":")], axis=0))
        elif columns[term].dtype.kind == "U":
            for level in _levels(columns, term)[1:]:
                parts.append((columns[term] == level).astype(float))
                names.append(term + level)
            continue
        else:
            parts.append(columns[term])
        names.append(term)
    return np.column_stack(parts), names


def _levels(columns, term) -> list[str]:
    if term == "rx":
        return ["Obs", "Lev", "Lev+5FU"] if "Obs" in columns[term] else ["placebo", "thiotepa"]
    return FACTORS[term]


def fit_case(goldens, case):
    """Fit one reference model; return its rows, its design and the fit."""
    columns = goldens.columns(case["src"]).complete(variables(case["terms"]))
    x, names = design(columns, case["terms"])
    model = cox_ph(
        columns.time,
        columns.event,
        dict(zip(names, x.T, strict=True)),
        entry=columns.entry,
        strata=columns.strata,
        weights=columns.weights,
        offset=columns[case["offset"]] if case["offset"] else None,
        cluster=columns[case["cluster"]] if case["cluster"] else None,
        ties=case["ties"],
        conf_level=case["conf"],
    )
    assert [n.removesuffix("1") if n == "transplant1" else n for n in listed(case["names"])] == names
    return columns, x, model
