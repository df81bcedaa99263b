"""A chain is what was recorded, or the first entry that is not is named."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.events import STAMP, chain_of, weighed

from equipoise.ledger import (
    GENESIS,
    Chain,
    Draft,
    Fault,
    LedgerError,
    Link,
    StoredEvent,
    seal,
    store,
    verify_chain,
)

ROWS = [store(event) for event in chain_of(12).events]


def fault_of(rows: list[StoredEvent]) -> Fault | None:
    items = list(verify_chain("trial", rows))
    return items[-1] if items and isinstance(items[-1], Fault) else None


def test_the_hash_is_that_of_the_documented_list() -> None:
    event = seal(weighed("base", "2026-02-28", "71.5"), STAMP, Link())
    fields = [
        *("trial", 1, "2026-03-01T09:30:00.000000Z", "u7", "site_coordinator", "01", "S-1", "test_weighed", "1.0"),
        *(None, "r-1", False, "0" * 64, {"date": "2026-02-28", "kilograms": "71.5", "visit": "base"}),
    ]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert event.hash == hashlib.sha256(text.encode()).hexdigest()
    assert event.prev_hash == GENESIS


def test_a_whole_chain_verifies_and_gives_its_events_back() -> None:
    chain = chain_of(5)
    assert list(verify_chain("trial", [store(event) for event in chain.events])) == chain.events
    assert [event.seq for event in chain.events] == [1, 2, 3, 4, 5]
    assert [event.prev_hash for event in chain.events[1:]] == [event.hash for event in chain.events[:-1]]
    assert fault_of([]) is None


FLIPS: dict[str, Any] = {
    "seq": 99,
    "clock_drift": True,
    "site": None,
    "reason": "because",
    "payload": '{"date":"2026-03-01","kilograms":"99.9","visit":"v3"}',
}


@pytest.mark.parametrize("field", StoredEvent._fields)
@pytest.mark.parametrize("place", [1, 4, 12])
def test_any_changed_field_is_named(field: str, place: int) -> None:
    rows = list(ROWS)
    row = rows[place - 1]
    value = getattr(row, field)
    changed = FLIPS.get(field, f"{value}x")
    rows[place - 1] = row._replace(**{field: changed})
    fault = fault_of(rows)
    assert fault is not None
    assert fault.seq == place
    assert fault.chain == "trial"


@given(st.integers(1, 12), st.integers(0, 400), st.integers(1, 127))
def test_any_flipped_byte_of_a_payload_is_named(place: int, position: int, bits: int) -> None:
    rows = list(ROWS)
    data = bytearray(rows[place - 1].payload.encode())
    data[position % len(data)] ^= bits
    rows[place - 1] = rows[place - 1]._replace(payload=data.decode("latin-1"))
    fault = fault_of(rows)
    assert fault is not None
    assert fault.seq == place


def test_missing_doubled_and_exchanged_entries_are_named() -> None:
    assert str(fault_of([*ROWS[:3], *ROWS[4:]])) == "trial chain, event 4: missing"
    assert fault_of(ROWS[1:]) == Fault("trial", 1, "missing")
    assert fault_of([*ROWS[:3], ROWS[2], *ROWS[3:]]) == Fault("trial", 3, "the sequence number is given twice")
    exchanged = [*ROWS[:3], ROWS[4]._replace(seq=4), ROWS[3]._replace(seq=5), *ROWS[5:]]
    fault = fault_of(exchanged)
    assert fault is not None
    assert fault.seq == 4


def test_a_rewritten_entry_breaks_the_next() -> None:
    forged = seal(weighed("v3", "2026-03-01", "99.5"), STAMP, Link(3, ROWS[2].hash))
    fault = fault_of([*ROWS[:3], store(forged), *ROWS[4:]])
    assert fault == Fault("trial", 5, "the previous hash it names is not that of the event before it")


def test_a_payload_that_is_not_canonical_is_a_fault_even_with_a_fitting_hash() -> None:
    event = store(seal(weighed("v0", "2026-03-01", "60.5"), STAMP, Link()))
    head = json.dumps([*event[:9], *event[10:14]], separators=(",", ":"))
    payload = event.payload.replace(":", ": ")
    digest = hashlib.sha256(f"{head[:-1]},{payload}]".encode()).hexdigest()
    fault = fault_of([event._replace(payload=payload, hash=digest)])
    assert fault is not None
    assert "canonical" in fault.what


def test_text_is_brought_into_one_form_when_it_is_sealed() -> None:
    event = seal(weighed("v", "2026-03-01", "60.5", note="Ame\u0301lie"), STAMP, Link())
    assert event.payload["note"] == "Am\u00e9lie"
    assert fault_of([store(event)]) is None


@pytest.mark.parametrize(
    ("draft", "message"),
    [
        (Draft("unheard_of", {}), "event kind 'unheard_of' is not known"),
        (Draft("logged_in", {"account": "u1", "means": "token"}), "belongs to the access chain"),
        (weighed("v", "2026-02-30", "60"), "date: '2026-02-30' is not date"),
        (weighed("v", "2026-02-20", "6O"), "kilograms: '6O' is not decimal"),
        (Draft("test_weighed", {"visit": "v"}), "date: is missing; kilograms: is missing"),
        (weighed("v", "2026-02-20", "60", arm="A"), "arm: is not a field"),
        (weighed("v", "2026-02-20", 60.5), "floating point"),  # type: ignore[arg-type]
        (Draft("test_weighed", {}, "\ud800"), "is missing"),
        (weighed("v", "2026-02-20", "60", subject="\ud800"), "half of a surrogate pair"),
    ],
)
def test_what_does_not_fit_its_kind_is_not_sealed(draft: Draft, message: str) -> None:
    chain = chain_of(2)
    before = (list(chain.events), chain.end)
    with pytest.raises(LedgerError) as caught:
        chain.append([weighed("ok", "2026-03-01", "1"), draft], STAMP)
    assert message in str(caught.value)
    assert (chain.events, chain.end) == before


def test_the_chains_have_names() -> None:
    with pytest.raises(LedgerError, match="the chains are trial, access"):
        Chain("third")
    fault = fault_of([ROWS[0]._replace(chain="access")])
    assert fault == Fault("trial", 1, "belongs to chain 'access'")
