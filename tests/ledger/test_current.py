"""Corrections applied, old values kept, and a data cut looked through."""

import datetime as dt

import pytest
from tests.ledger.events import STAMP, corrected, weighed

from equipoise.ledger import Chain, Draft, LedgerCut, LedgerError, current


def chain(*drafts: Draft) -> Chain:
    result = Chain()
    for number, draft in enumerate(drafts, 1):
        result.append([draft], STAMP._replace(request_id=f"r-{number}"))
    return result


EVENTS = chain(
    weighed("base", "2026-01-05", "70"),
    weighed("week_4", "2026-02-02", "71"),
    corrected("base", "kilograms", "70", "69.5"),
    corrected("base", "kilograms", "69.5", "70.5"),
    weighed("base", "2026-01-09", "80", subject="S-2"),
    Draft("retracted", {"of": "test_weighed", "key": ["week_4"]}, "01", "S-1", "another patient", "1.0"),
).events


def seen(cut: LedgerCut | None = None) -> list[tuple[str | None, str, str]]:
    return [(r.subject, r.values["visit"], r.values["kilograms"]) for r in current(EVENTS, cut)]


def test_one_row_per_record_with_its_latest_value() -> None:
    assert seen() == [("S-1", "base", "70.5"), ("S-2", "base", "80")]


def test_old_values_are_kept_with_who_when_and_why() -> None:
    record = current(EVENTS)[0]
    assert [(c.seq, c.field, c.old, c.new, c.reason) for c in record.changes] == [
        (3, "kilograms", "70", "69.5", "typing error"),
        (4, "kilograms", "69.5", "70.5", "typing error"),
    ]
    assert (record.seq, record.last_seq) == (1, 4)


def test_a_snapshot_hides_what_was_recorded_later() -> None:
    assert seen(LedgerCut(snapshot=3)) == [("S-1", "base", "69.5"), ("S-1", "week_4", "71")]
    assert seen(LedgerCut(snapshot=0)) == []


def test_a_cut_off_hides_what_happened_later_by_its_date_as_corrected() -> None:
    assert seen(LedgerCut(cutoff=dt.date(2026, 1, 5))) == [("S-1", "base", "70.5")]
    moved = chain(weighed("base", "2026-01-05", "70"), corrected("base", "date", "2026-01-05", "2026-02-05")).events
    assert current(moved, LedgerCut(cutoff=dt.date(2026, 1, 31))) == []
    assert len(current(moved, LedgerCut(cutoff=dt.date(2026, 1, 31), snapshot=1))) == 1


def test_a_retracted_record_stays_readable_when_asked_for() -> None:
    found = [r for r in current(EVENTS, retracted=True) if r.retracted]
    assert [(r.values["visit"], r.last_seq) for r in found] == [("week_4", 6)]


def test_the_same_record_given_again_replaces_and_keeps() -> None:
    again = chain(weighed("base", "2026-01-05", "70"), weighed("base", "2026-01-05", "72")).events
    (record,) = current(again)
    assert record.values["kilograms"] == "72"
    assert [(c.field, c.old, c.new) for c in record.changes] == [("kilograms", "70", "72")]


def test_a_correction_of_nothing_is_an_error() -> None:
    with pytest.raises(LedgerError, match=r"event 1 changes test_weighed \['base'\], which was never recorded"):
        current(chain(corrected("base", "kilograms", "1", "2")).events)
