"""Deaths in the safety population by treatment received: all, soon after the last dose, by cause, by adverse event."""

import datetime as dt

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import NOT_RECORDED, Book, Columns, ranked
from equipoise.analyze.populations import groups
from equipoise.analyze.safety import fatal
from equipoise.analyze.study import POSITION, Study

__all__ = ["deaths"]


_NO_CAUSE = ("", "DEATH", "DIED", "DEAD", "FATAL")


def deaths(book: Book) -> None:
    """Write ``deaths``; ``grade5`` counts subjects with a fatal adverse event in either period."""
    study = book.study
    safety = study.protocol.safety
    if safety.population not in study.protocol.populations:
        book.not_done("deaths", "all", f"the protocol declares no population {safety.population}")
        return
    parts = groups(study, safety.population, total=False)
    dead = study.text("DTHFL") == "Y"
    soon = _soon(study, safety.days_after_last_dose)
    imputed = soon & _ends_with_death(study)
    cause = np.array([_cause(c) for c in study.text("DTHCAUS")], dtype=object)
    causes = ranked(cause[part.positions[dead[part.positions]]] for part in parts)
    from_event = _fatal_event(study)
    for part in parts:
        at = part.positions
        shared: Columns = {"analysis_id": "deaths", "population": safety.population, "group_level": part.level}
        shared |= {"of": len(at), "percent": True}
        book.count(at[dead[at]], label=f"deaths, {part.level}", variable="all", **shared)
        label = f"deaths within {safety.days_after_last_dose} days of the last dose, {part.level}"
        resting = len(at[imputed[at]])
        word = "death is" if resting == 1 else "deaths are"
        why = f"{resting} more {word} not counted: the last dose has no end date and was taken to end with death"
        about: Columns = {"text": why} if resting else {}
        counted = at[soon[at] & ~imputed[at]]
        book.count(counted, label=label, variable="within_30_days", **{**shared, **about})
        for text in causes:
            chosen = at[dead[at] & (cause[at] == text)]
            book.count(chosen, label=f"deaths: {text}, {part.level}", variable="cause", variable_level=text, **shared)
        if from_event is not None:
            label = f"fatal adverse event, {part.level}"
            book.count(at[from_event[at]], label=label, variable="grade5", **shared)


def _cause(text: str | None) -> str:
    """Cause of death; that it was death is no cause."""
    return NOT_RECORDED if text is None or text.strip().upper() in _NO_CAUSE else text


def _ends_with_death(study: Study) -> npt.NDArray[np.bool_]:
    """Whether the end of the last dose is imputed and is the day of death."""
    found = np.zeros(study.adsl.height, dtype=bool)
    for last, flag in (("TRTEDT", "TRTEDTF"), ("TR02EDT", "TR02EDTF")):
        days, dead, flags = study.text(last), study.text("DTHDT"), study.text(flag)
        same = [f is not None and d is not None and d == x for d, x, f in zip(days, dead, flags, strict=True)]
        found |= np.array(same, dtype=bool)
    return found


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
