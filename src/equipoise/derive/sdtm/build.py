"""The record of a trial at a data cut as SDTM, blinded or with arms.

What people acted on stands as it was recorded (responses, central results, strata); nothing is recomputed here. Without
arms the data sets hold no arm, treatment or kit, and nothing of a subject after its unblinding. Every clinical date is
the calendar date of the site.
"""

from collections.abc import Iterable, Mapping

from equipoise.cdisc import Sdtm
from equipoise.derive.errors import DeriveError
from equipoise.derive.sdtm.course import add_course
from equipoise.derive.sdtm.measured import add_tests
from equipoise.derive.sdtm.subjects import add_subject
from equipoise.derive.sdtm.tables import Tables
from equipoise.derive.sdtm.tumors import add_tumors
from equipoise.ledger import Event, LedgerCut, Record, current, kinds
from equipoise.protocol import Protocol

__all__ = ["Records", "sdtm_from_ledger"]

Records = dict[str, list[Record]]
"""Records of one subject by kind, in the order in which they were made."""

_OPENING = ("unblinded", "code_broken")


def sdtm_from_ledger(
    protocol: Protocol,
    events: Iterable[Event],
    cut: LedgerCut | None = None,
    arms: Mapping[str, str] | None = None,
) -> Sdtm:
    """Write the record of a trial as SDTM.

    Parameters
    ----------
    protocol
        Protocol version in force at the cut.
    events
        Events of the trial chain in order.
    cut
        Snapshot and clinical cut-off; everything unless given.
    arms
        Subject number -> arm identifier of every subject randomized; None for blinded data.

    Returns
    -------
    Sdtm
        Data sets DM, SUPPDM, DS, EX, TU, TR, RS, SUPPRS, LB, VS, QS, AE, CM, PR, DV, SV, SS as far as they have rows.

    Raises
    ------
    DeriveError
        An arm that the protocol does not have, or a randomized subject without one; all at once.
    """
    chosen = list(events)
    if arms is None:
        chosen = _blinded(chosen)
    by_subject: dict[str, Records] = {}
    countries: dict[str | None, str | None] = {}
    for record in current(chosen, cut):
        if record.kind == "site_opened":
            countries[record.site] = record.values.get("country")
        elif record.subject is not None:
            by_subject.setdefault(record.subject, {}).setdefault(record.kind, []).append(record)
    if arms is not None:
        _check_arms(protocol, by_subject, arms)
    tables = Tables(protocol)
    for subject in sorted(by_subject):
        records = by_subject[subject]
        if "screened" not in records:
            continue
        arm = None if arms is None else arms.get(subject)
        country = countries.get(records["screened"][0].site)
        add_subject(tables, subject, records, arm, country=country)
        add_course(tables, subject, records, arm)
        add_tests(tables, subject, records)
        add_tumors(tables, subject, records)
    return Sdtm(datasets=tables.frames(), files={})


def _blinded(events: list[Event]) -> list[Event]:
    """Leave out what tells an arm by being there, and everything of a subject after its unblinding."""
    declared, opened, kept = kinds(), set[str](), []
    for event in events:
        if event.subject is not None and event.subject in opened:
            continue
        if event.kind in _OPENING and event.subject is not None:
            opened.add(event.subject)
        elif not declared[event.kind].sealed:
            kept.append(event)
    return kept


def _check_arms(protocol: Protocol, by_subject: dict[str, Records], arms: Mapping[str, str]) -> None:
    problems = [
        f"arm {arm!r} is none of the protocol: expected one of {', '.join(protocol.arms)}"
        for arm in sorted(set(arms.values()) - set(protocol.arms))
    ]
    missing = sorted(
        subject for subject, records in by_subject.items() if "randomized" in records and subject not in arms
    )
    if missing:
        problems.append(f"no arm is given of {len(missing)} randomized subjects ({', '.join(missing[:5])}): give all")
    if problems:
        raise DeriveError(problems)
