"""Deaths in the safety population by treatment received: all, soon after the last dose, by cause, by adverse event."""

import datetime as dt

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import NOT_RECORDED, Book, Columns, ranked
from equipoise.analyze.populations import groups
from equipoise.analyze.safety import fatal
from equipoise.analyze.study import POSITION, Study

__all__ = ["deaths"]


def deaths(book: Book) -> None:
    """Write ``deaths``; ``grade5`` counts subjects with a fatal adverse event in either period."""
    study = book.study
    safety = study.protocol.safety
    if safety.population not in study.protocol.populations:
        return
    parts = groups(study, safety.population, total=False)
    dead = study.text("DTHFL") == "Y"
    soon = _soon(study, safety.days_after_last_dose)
    cause = np.array([c or NOT_RECORDED for c in study.text("DTHCAUS")], dtype=object)
    causes = ranked(cause[part.positions[dead[part.positions]]] for part in parts)
    from_event = _fatal_event(study)
    for part in parts:
        at = part.positions
        shared: Columns = {"analysis_id": "deaths", "population": safety.population, "group_level": part.level}
        shared |= {"of": len(at), "percent": True}
        book.count(at[dead[at]], label=f"deaths, {part.level}", variable="all", **shared)
        label = f"deaths within {safety.days_after_last_dose} days of the last dose, {part.level}"
        book.count(at[soon[at]], label=label, variable="within_30_days", **shared)
        for text in causes:
            chosen = at[dead[at] & (cause[at] == text)]
            book.count(chosen, label=f"deaths: {text}, {part.level}", variable="cause", variable_level=text, **shared)
        if from_event is not None:
            label = f"fatal adverse event, {part.level}"
            book.count(at[from_event[at]], label=label, variable="grade5", **shared)


def _soon(study: Study, days: int) -> npt.NDArray[np.bool_]:
    """Whether each subject died within so many days of the last dose, crossover doses included."""
    dead, last, crossed = study.text("DTHDT"), study.text("TRTEDT"), study.text("TR02EDT")
    found = np.zeros(len(dead), dtype=bool)
    for i, day in enumerate(dead):
        doses = [d for d in (last[i], crossed[i]) if d is not None]
        if day is not None and doses:
            found[i] = day <= max(doses) + dt.timedelta(days=days)
    return found


def _fatal_event(study: Study) -> npt.NDArray[np.bool_] | None:
    events = study.frame("ADAE")
    if events is None:
        return None
    rows = events.filter(events["TRTEMFL"] == "Y")
    found = np.zeros(study.adsl.height, dtype=bool)
    found[rows[POSITION].to_numpy()[fatal(study, rows)]] = True
    return found
