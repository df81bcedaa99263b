"""Who belongs to an analysis population and in which arm each subject is counted; who is out, and why."""

from dataclasses import dataclass

import numpy as np

from equipoise.analyze.book import ALL, NOT_RECORDED, Book, Columns
from equipoise.analyze.study import NO_ARM, Positions, Study
from equipoise.protocol import Analysis, population_flag, population_reason
from equipoise.terms import ArmRole

__all__ = ["Group", "groups", "main_population", "out_of", "pairs", "populations", "reason_out"]


@dataclass(frozen=True)
class Group:
    """Subjects counted together: those of one arm, or of all arms."""

    level: str
    positions: Positions


def groups(
    study: Study, population: str, *, arms: tuple[str, ...] | None = None, cohort: str | None = None, total: bool = True
) -> list[Group]:
    """Arms of a population in protocol order, then all of them together.

    Members count under the arm assigned or received, as the population says; a member without such an arm is in no
    group (``populations`` reports it).
    """
    codes = study.arm_codes(study.protocol.populations[population].arm)
    member = np.zeros(len(codes), dtype=bool)
    member[study.where(population_flag(population), "Y")] = True
    if cohort is not None:
        member &= study.text("COHORT") == cohort
    shown = [arm for arm in study.arms if arms is None or arm in arms]
    parts = [Group(arm, np.flatnonzero(member & (codes == study.arms.index(arm)))) for arm in shown]
    if total:
        parts.append(Group(ALL, np.sort(np.concatenate([part.positions for part in parts]))))
    return parts


def pairs(study: Study, analysis: Analysis | None = None) -> list[tuple[str, str]]:
    """(experimental, reference) arms of an analysis; without one each experimental arm with the first control."""
    if analysis is not None:
        return study.protocol.comparisons(analysis)
    control = study.protocol.arms_with(ArmRole.CONTROL)[:1]
    return [(arm, control[0]) for arm in study.protocol.arms_with(ArmRole.EXPERIMENTAL) if control]


def main_population(study: Study) -> str | None:
    """Population of the primary analysis, else the first declared; None where there is none."""
    primary = [a.population for a in study.protocol.analyses.values() if a.role == "primary"]
    return next(iter([*primary, *study.protocol.populations]), None)


def out_of(study: Study, population: str, positions: Positions) -> tuple[Positions, Positions]:
    """Split subjects into those in the population and those out of it."""
    inside = study.text(population_flag(population))[positions] == "Y"
    return positions[inside], positions[~inside]


def reason_out(study: Study, population: str, position: int) -> str:
    """Why a subject is out of a population."""
    return study.text(population_reason(population))[position] or NOT_RECORDED


def populations(book: Book) -> None:
    """Write ``populations``: members, excluded with reasons, and members who received another arm's treatment."""
    for name in book.study.protocol.populations:
        _population(book, name)


def _population(book: Book, name: str) -> None:
    study = book.study
    shared: Columns = {"analysis_id": "populations", "population": name}
    members = groups(study, name)
    randomized = study.randomized_by_arm()
    for part in members:
        label = f"population {name}, {part.level}"
        book.count(
            part.positions, of=len(part.positions), label=label, variable="members", group_level=part.level, **shared
        )
    out = [(level, out_of(study, name, positions)[1]) for level, positions in randomized]
    sizes = {level: len(positions) for level, positions in randomized}
    for level, positions in out:
        label = f"randomized, not in population {name}"
        book.count(positions, of=sizes[level], label=label, variable="excluded", group_level=level, **shared)
    book.reasons(out, lambda i: reason_out(study, name, i), of=sizes, variable="excluded_reason", **shared)
    _other_arm(book, name, members)
    _without_arm(book, name, members)
    if len(members[-1].positions) == 0:
        book.find(
            "warning",
            "population-empty",
            variable=population_flag(name),
            seen=f"nobody in population {name}",
            expected="at least one subject",
            effect="analyses of this population estimate nothing",
        )


def _other_arm(book: Book, name: str, members: list[Group]) -> None:
    study = book.study
    assigned, received = study.arm_codes("assigned"), study.arm_codes("received")
    swapped = [
        (part.level, part.positions[(received != NO_ARM)[part.positions] & (assigned != received)[part.positions]])
        for part in members
    ]
    sizes = {part.level: len(part.positions) for part in members}
    arm_received = lambda i: study.arms[received[i]]  # noqa: E731
    shared: Columns = {"analysis_id": "populations", "population": name}
    book.reasons(swapped, arm_received, of=sizes, variable="received_other", **shared)


def _without_arm(book: Book, name: str, members: list[Group]) -> None:
    study = book.study
    lost = np.setdiff1d(study.where(population_flag(name), "Y"), members[-1].positions)
    kind = study.protocol.populations[name].arm
    for i in lost:
        book.find(
            "error",
            "population-without-arm",
            row_key=f"USUBJID={study.subjects[i]}",
            variable="ARMID" if kind == "assigned" else "AARMID",
            seen=f"in population {name} without an arm {kind}",
            expected=f"one of {', '.join(study.arms)}",
            effect=f"not counted in population {name}",
            subject=study.subjects[i],
        )
