"""The flow of subjects (CONSORT 2025): boxes that add up by construction.

Every subject stands in one box of each split: randomized subjects received the treatment assigned, that of another arm,
or none; treated subjects are on treatment, have completed it, have discontinued it, or their status is not known.
"""

from collections.abc import Callable

import numpy as np

from equipoise.analyze.book import ALL, NOT_RECORDED, Book, Columns
from equipoise.analyze.populations import out_of, reason_out
from equipoise.analyze.study import NO_ARM, Positions, Study

__all__ = ["flow"]

Members = list[tuple[str, Positions]]


def flow(book: Book) -> None:
    """Write ``flow``: assessed, excluded, randomized, received, followed, analyzed."""
    members = book.study.randomized_by_arm()
    _unknown_arms(book)
    _enrollment(book)
    _allocation(book, members)
    _follow_up(book, members)
    for population in book.study.protocol.populations:
        _analyzed(book, members, population)


def _unknown_arms(book: Book) -> None:
    study = book.study
    for i in np.setdiff1d(study.where("RANDFL", "Y"), study.randomized):
        book.find(
            "error",
            "randomized-without-arm",
            row_key=f"USUBJID={study.subjects[i]}",
            variable="ARMID",
            seen=f"ARMID={study.text('ARMID')[i]}",
            expected=f"one of {', '.join(study.arms)}",
            effect="not counted as randomized",
            subject=study.subjects[i],
        )


def _enrollment(book: Book) -> None:
    study = book.study
    everybody = np.arange(study.adsl.height)
    out = np.setdiff1d(everybody, study.randomized)
    reasons = study.text("SCRFREAS")
    explained = out[[reasons[i] is not None for i in out]]
    silent = np.setdiff1d(out, explained)
    shared: Columns = {"analysis_id": "flow", "group_level": ALL, "of": len(everybody)}
    book.count(everybody, label="assessed for eligibility", variable="assessed", **shared)
    book.count(explained, label="not randomized", variable="excluded", **shared)
    whole = {ALL: len(explained)}
    book.reasons([(ALL, explained)], lambda i: reasons[i], of=whole, variable="excluded_reason", analysis_id="flow")
    book.count(silent, label="not randomized, no reason", variable="not_randomized_unexplained", **shared)
    if len(silent):
        book.find(
            "warning",
            "not-randomized-unexplained",
            variable="SCRFREAS",
            seen=f"{len(silent)} subjects neither randomized nor with a reason",
            expected="a reason for every subject who was assessed and not randomized",
            effect="shown in a box of their own in the flow of subjects",
        )


def _allocation(book: Book, members: Members) -> None:
    study = book.study
    assigned, received = study.arm_codes("assigned"), study.arm_codes("received")
    treated = study.treated()
    for level, positions in members:
        own: Columns = {"analysis_id": "flow", "group_level": level, "of": len(positions)}
        book.count(positions, label=f"randomized, {level}", variable="randomized", **own)
        same = treated[positions] & (assigned[positions] == received[positions])
        book.count(positions[same], label="received the treatment assigned", variable="received", **own)
        book.count(positions[~treated[positions]], label="never treated", variable="not_received", **own)
    none = [(level, positions[~treated[positions]]) for level, positions in members]
    _reasons(book, none, lambda i: _why_never_treated(study, i), "not_received_reason", members)
    for code, arm in [*enumerate(study.arms), (NO_ARM, "(unknown)")]:
        other = [(level, p[treated[p] & (received[p] == code) & (assigned[p] != code)]) for level, p in members]
        if any(len(p) for _, p in other):
            _received_other(book, members, other, arm)


def _why_never_treated(study: Study, position: int) -> str:
    """Reason of a record of treatment; only without any such record the reason for leaving the study."""
    silent = study.text("EOTDT")[position] is None and study.text("EOTSTT")[position] is None
    return _first(study, position, "DCTREAS", *(("DCSREAS",) if silent else ()))


def _received_other(book: Book, members: Members, other: Members, arm: str) -> None:
    sizes = {level: len(positions) for level, positions in members}
    arms = book.study.protocol.arms
    text = arms[arm].label if arm in arms else "treatment of no arm of the protocol"
    for level, positions in other:
        shared: Columns = {
            "analysis_id": "flow",
            "group_level": level,
            "variable": "received_other",
            "variable_level": arm,
        }
        book.count(positions, of=sizes[level], label=f"received {text} instead", text=text, **shared)


_STATUS = {"ONGOING": "on_treatment", "COMPLETED": "completed", "DISCONTINUED": "discontinued"}


def _follow_up(book: Book, members: Members) -> None:
    study = book.study
    treated = study.treated()
    status = np.array([_STATUS.get(v, "status_unknown") for v in study.text("EOTSTT")], dtype=object)
    left = study.text("EOSSTT") == "DISCONTINUED"
    crossed = study.text("CROSSFL") == "Y"
    unknown = study.randomized[treated[study.randomized] & (status[study.randomized] == "status_unknown")]
    for level, positions in members:
        own: Columns = {"analysis_id": "flow", "group_level": level, "of": len(positions)}
        of_treated = positions[treated[positions]]
        for variable in (*_STATUS.values(), "status_unknown"):
            chosen = of_treated[status[of_treated] == variable]
            book.count(chosen, label=variable.replace("_", " "), variable=variable, **own)
        book.count(positions[left[positions]], label="left the study", variable="left_study", **own)
        book.count(positions[crossed[positions]], label="crossed over", variable="crossed_over", **own)
    stopped = [(level, p[treated[p] & (status[p] == "discontinued")]) for level, p in members]
    _reasons(book, stopped, lambda i: _first(study, i, "DCTREAS"), "discontinued_reason", members)
    gone = [(level, p[left[p]]) for level, p in members]
    _reasons(book, gone, lambda i: _first(study, i, "DCSREAS"), "left_study_reason", members)
    if len(unknown):
        book.find(
            "warning",
            "treatment-status-unknown",
            variable="EOTSTT",
            seen=f"{len(unknown)} treated subjects whose treatment neither goes on, was completed nor was discontinued",
            expected="ONGOING, COMPLETED or DISCONTINUED",
            effect="shown as status unknown in the flow of subjects",
        )


def _analyzed(book: Book, members: Members, population: str) -> None:
    study = book.study
    outside: Members = []
    for level, positions in members:
        inside, out = out_of(study, population, positions)
        outside.append((level, out))
        own: Columns = {"analysis_id": "flow", "group_level": level, "population": population, "of": len(positions)}
        book.count(inside, label=f"randomized, in population {population}", variable="analyzed", **own)
        book.count(out, label=f"randomized, not in population {population}", variable="not_analyzed", **own)
    _reasons(
        book, outside, lambda i: reason_out(study, population, i), "not_analyzed_reason", members, population=population
    )


def _reasons(
    book: Book, chosen: Members, reason: Callable[[int], str], variable: str, members: Members, **columns: str
) -> None:
    sizes = {level: len(positions) for level, positions in members}
    book.reasons(chosen, reason, of=sizes, variable=variable, analysis_id="flow", **columns)


def _first(study: Study, position: int, *variables: str) -> str:
    """First of these ADSL variables that has a value for the subject."""
    found = (study.text(variable)[position] for variable in variables)
    return next((str(value) for value in found if value is not None), NOT_RECORDED)
