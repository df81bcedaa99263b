"""All figures that results allow, by name."""

from collections.abc import Callable, Mapping
from functools import partial

from equipoise.report.facts import Facts
from equipoise.report.figures.accrual import accrual_figure
from equipoise.report.figures.adverse_events import adverse_events_figure
from equipoise.report.figures.consort import consort_figure
from equipoise.report.figures.courses import course_analyses
from equipoise.report.figures.crossover import crossover_figure
from equipoise.report.figures.figure import Figure, FigureError
from equipoise.report.figures.forest import forest_figure
from equipoise.report.figures.forest_data import forest_analyses
from equipoise.report.figures.km import km_figure
from equipoise.report.figures.km_data import read_survival, survival_analyses
from equipoise.report.figures.spider import spider_figure
from equipoise.report.figures.swimmer import swimmer_figure
from equipoise.report.figures.trajectories import trajectories_figure, trajectory_names
from equipoise.report.figures.waterfall import waterfall_figure
from equipoise.results import Results

__all__ = ["figures"]

_COURSES = {"waterfall": waterfall_figure, "spider": spider_figure, "swimmer": swimmer_figure}


def figures(results: Results, *, refused: dict[str, str] | None = None) -> dict[str, Figure]:
    """Draw every figure of a report.

    Parameters
    ----------
    results
        Results folder in memory.
    refused
        Given, a figure that may not be drawn is left out and its reason put here by name, instead of raised.

    Returns
    -------
    dict of str to Figure
        ``consort``, ``accrual``, ``km_<analysis>``, ``crossover_<analysis>``, ``forest_<analysis>``,
        ``trajectories_<questionnaire>``, ``waterfall_<analysis>``, ``spider_<analysis>``, ``swimmer_<analysis>`` and
        ``adverse_events``, as far as rows allow;
        further comparisons of an analysis are ``forest_<analysis>_<experimental>_<reference>``. Analyses of one
        endpoint read by different assessors share a time axis, so that their figures can be compared.

    Raises
    ------
    FlowError
        A flow of subjects that does not add up.
    FigureError
        Rows that contradict each other.
    """
    last = _shared_ends(results)
    drawings: dict[str, Callable[[], Figure | None]] = {
        "consort": lambda: consort_figure(results),
        "accrual": lambda: accrual_figure(results),
        **{
            f"km_{name}": partial(km_figure, results, name, last_month=last.get(name))
            for name in survival_analyses(results)
        },
        **{f"crossover_{name}": partial(crossover_figure, results, name) for name in survival_analyses(results)},
        **{f"forest_{name}": partial(forest_figure, results, name) for name in forest_analyses(results)},
        **{
            f"forest_{name}_{pair[0]}_{pair[1]}": partial(forest_figure, results, name, pair=pair)
            for name in forest_analyses(results)
            for pair in Facts.of(results).comparisons(name)[1:]
        },
        **{name: partial(trajectories_figure, results, name) for name in trajectory_names(results)},
        **{
            f"{kind}_{name}": partial(draw, results, name)
            for name in course_analyses(results)
            for kind, draw in _COURSES.items()
        },
        "adverse_events": lambda: adverse_events_figure(results),
    }
    made = {}
    for name, draw in drawings.items():
        try:
            figure = draw()
        except FigureError as error:
            if refused is None:
                raise
            refused[name] = str(error)
            continue
        if figure is not None:
            made[figure.name] = figure
    return made


def _shared_ends(results: Results) -> Mapping[str, float]:
    """Last month of the time axis per analysis: the longest among analyses of the same events, whoever read them."""
    facts = Facts.of(results)
    ends: dict[tuple[str, ...], float] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    for name in survival_analyses(results):
        try:
            data = read_survival(results, name)
        except FigureError:  # said where the figure is drawn
            continue
        if data is None:
            continue
        endpoint = facts.endpoint(data.endpoint)
        events = {
            str(event).removeprefix("central_").removeprefix("local_") for event in endpoint.get("events") or [name]
        }
        kinds[name] = (str(endpoint.get("origin")), *sorted(events))
        ends[kinds[name]] = max(ends.get(kinds[name], 0.0), data.last_month)
    return {name: ends[kind] for name, kind in kinds.items()}
