"""All figures that results allow, by name."""

from collections.abc import Mapping

from equipoise.report.facts import Facts
from equipoise.report.figures.accrual import accrual_figure
from equipoise.report.figures.consort import consort_figure
from equipoise.report.figures.figure import Figure
from equipoise.report.figures.forest import forest_figure
from equipoise.report.figures.forest_data import forest_analyses
from equipoise.report.figures.km import km_figure
from equipoise.report.figures.km_data import read_survival, survival_analyses
from equipoise.results import Results

__all__ = ["figures"]


def figures(results: Results) -> dict[str, Figure]:
    """Draw every figure of a report.

    Returns
    -------
    dict of str to Figure
        ``consort``, ``accrual``, ``km_<analysis>`` and ``forest_<analysis>``, those for which there are rows. Analyses of one
        endpoint read by different assessors share a time axis, so that their figures can be compared.

    Raises
    ------
    FlowError
        A flow of subjects that does not add up.
    FigureError
        Rows that contradict each other.
    """
    made = [consort_figure(results), accrual_figure(results)]
    last = _shared_ends(results)
    made += [km_figure(results, name, last_month=last.get(name)) for name in survival_analyses(results)]
    made += [forest_figure(results, name) for name in forest_analyses(results)]
    return {figure.name: figure for figure in made if figure is not None}


def _shared_ends(results: Results) -> Mapping[str, float]:
    """Last month of the time axis per analysis: the longest among analyses of the same events, whoever read them."""
    facts = Facts.of(results)
    ends: dict[tuple[str, ...], float] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    for name in survival_analyses(results):
        data = read_survival(results, name)
        if data is None:
            continue
        endpoint = facts.endpoint(data.endpoint)
        events = {
            str(event).removeprefix("central_").removeprefix("local_") for event in endpoint.get("events") or [name]
        }
        kinds[name] = (str(endpoint.get("origin")), *sorted(events))
        ends[kinds[name]] = max(ends.get(kinds[name], 0.0), data.last_month)
    return {name: ends[kind] for name, kind in kinds.items()}
