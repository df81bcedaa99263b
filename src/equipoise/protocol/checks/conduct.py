"""Checks eligibility, randomization, visits, review and crossover."""

from equipoise.protocol.checks.report import Report
from equipoise.protocol.conduct import Method
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath
from equipoise.terms import EventSource

__all__ = ["check_conduct"]

_PROGRESSION = (EventSource.CENTRAL_PROGRESSION, EventSource.LOCAL_PROGRESSION)


def check_conduct(protocol: Protocol, report: Report) -> None:
    """Note problems of how patients are allocated, seen, read and crossed over."""
    for name, criterion in protocol.eligibility.items():
        report.exactly_one(("eligibility", name), criterion, ("include", "exclude"))
    _check_randomization(protocol, report)
    _check_visits(protocol, report)
    _check_review(protocol, report)
    _check_crossover(protocol, report)


def _check_randomization(protocol: Protocol, report: Report) -> None:
    path: KeyPath = ("randomization",)
    ratio = protocol.randomization.ratio
    for arm in ratio:
        report.must_be_known((*path, "ratio", arm), arm, "arms", "arm")
    for arm in protocol.arms:
        in_cohort = any(arm in (cohort.ratio or {}) for cohort in protocol.cohorts.values())
        if arm not in ratio and not in_cohort and not report.is_left_out(("arms",)):
            report.add((*path, "ratio"), f"the arm {arm!r} has no share", seen=", ".join(ratio), expected=f"{arm}: 1")
    check_method(protocol.randomization.method, protocol.ratio(), (*path, "method"), report)
    for name, cohort in protocol.cohorts.items():
        if cohort.method is not None or cohort.ratio is not None:
            place: KeyPath = ("cohorts", name, "method") if cohort.method else ("cohorts", name, "ratio")
            check_method(protocol.allocation_method(name), protocol.ratio(name), place, report)
    if protocol.randomization.method.minimization is not None and not protocol.randomization.strata:
        report.add(
            (*path, "method"), "minimization needs strata to balance", seen="none", expected="randomization.strata"
        )


def check_method(method: Method, ratio: dict[str, int], path: KeyPath, report: Report) -> None:
    """Note a method that is not exactly one, or blocks that cannot hold the ratio."""
    report.exactly_one(path, method, ("permuted_blocks", "minimization", "biased_coin"))
    ratio = {arm: share for arm, share in ratio.items() if arm in report.names("arms")} or ratio
    total = sum(ratio.values())
    place: KeyPath = (*path, "permuted_blocks", "sizes") if path[-1] == "method" else path
    for size in method.permuted_blocks.sizes if method.permuted_blocks else ():
        if size % total:
            shares = ":".join(str(share) for share in ratio.values())
            report.add(place, f"a block of {size} cannot hold the ratio {shares}", expected=f"a multiple of {total}")


def _check_visits(protocol: Protocol, report: Report) -> None:
    schedule = protocol.visits.tumor_assessment
    if schedule is None:
        return
    path: KeyPath = ("visits", "tumor_assessment")
    report.exactly_one(path, schedule, ("every_weeks", "phases"))
    ends = [phase.until_week for phase in schedule.phases]
    for index, end in enumerate(ends[:-1]):
        following = ends[index + 1]
        if end is None:
            report.add((*path, "phases", index), "only the last interval goes on for ever", expected="until_week")
        elif following is not None and following <= end:
            report.add(
                (*path, "phases", index + 1, "until_week"),
                "the intervals stand in order of time",
                seen=f"{following:g} after {end:g}",
            )


def _check_review(protocol: Protocol, report: Report) -> None:
    central = protocol.review.central
    if central is None:
        if protocol.crossover is not None and protocol.crossover.when is EventSource.CENTRAL_PROGRESSION:
            report.add(("crossover", "when"), "crossover waits for central progression, but there is no review.central")
        return
    path: KeyPath = ("review", "central")
    if central.real_time is not None and central.real_time not in (
        EventSource.LOCAL_PROGRESSION,
        EventSource.CENTRAL_PROGRESSION,
    ):
        report.add(
            (*path, "real_time"),
            "this event does not trigger a reading",
            seen=central.real_time.value,
            expected="local_progression",
        )
    if central.adjudicate and central.readers < 2:
        report.add(
            (*path, "adjudicate"),
            "one reader cannot disagree",
            seen=f"readers: {central.readers}",
            expected="readers: 2",
        )
    if central.agreed_reader > central.readers:
        report.add(
            (*path, "agreed_reader"),
            "there is no such reader",
            seen=f"{central.agreed_reader} of {central.readers}",
            expected=f"1 to {central.readers}",
        )


def _check_crossover(protocol: Protocol, report: Report) -> None:
    crossover = protocol.crossover
    if crossover is None:
        return
    report.must_be_known(("crossover", "from"), crossover.from_arm, "arms", "arm")
    report.must_be_known(("crossover", "to"), crossover.to_arm, "arms", "arm")
    if crossover.from_arm == crossover.to_arm:
        report.add(("crossover", "to"), "crossover leads from one arm to another", seen=crossover.to_arm)
