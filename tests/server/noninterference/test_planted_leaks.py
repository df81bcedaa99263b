"""The comparison finds leaks: each of ten is planted into the product, and is seen in what a blinded person reads."""

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.http import HttpResponse
from tests.server.noninterference.conftest import BLINDED_STILL, Lived, backup_of
from tests.server.noninterference.observe import Asker, Look, Seen, differences, exported, subjects_of_trial
from tests.server.noninterference.script import SITES
from tests.server.noninterference.twin import Twin

from equipoise.conduct import Role
from equipoise.conduct.kits import KitStore

Plant = Callable[[pytest.MonkeyPatch], None]
WATCHED = (
    Asker("data_manager", Role.DATA_MANAGER),
    Asker("monitor", Role.MONITOR),
    Asker("coordinator@01", Role.SITE_COORDINATOR, "01"),
    Asker("pharmacist@01", Role.PHARMACIST, "01"),
)


def arm_of(subject: str) -> str:
    """Open the vault, as the planted leak does."""
    from equipoise.server import trial as served
    from equipoise.server.ledger.shards import load
    from equipoise.server.vault.models import Allocation
    from equipoise.server.vault.opening import open_vault, sealed_row

    row = Allocation.objects.filter(subject=subject).first()
    if row is None:
        return ""
    key = served.key()
    assert key is not None
    return open_vault(key, served.stages(load(["study"])["study"].state)).arm(sealed_row(row))


def looked(lived: Lived, folder: Path) -> tuple[Seen, dict[str, bytes]]:
    """Go on a little from before the first unblinding, and look at what four people see; then back up."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    twin = lived.kept[BLINDED_STILL].copied(folder / "trial")
    with twin.living():
        _go_on(twin)
        look = Look(twin, (), False)
        for asker in WATCHED:
            look.read(asker)
        refused: dict[str, Any] = {"role": "monitor", "subject": "01-003", "request_id": "planted-0001", "payload": {}}
        look.ask(WATCHED[1], "post", "/api/commands/randomize", refused)
        look.seen["server", "log"] = "\n".join(twin.lines).encode()
        look.seen.update(exported(folder / "sdtm"))
        files = backup_of(twin, folder / "backup")
    return look.seen, files


def _go_on(twin: Twin) -> None:
    for number, subject in enumerate(subjects_of_trial()[4:8]):
        site = SITES[4 + number]
        twin.do("assign_kit", f"pharmacist@{site}", {"date": twin.today}, subject=subject)
        event = {
            "term": "Nausea", "grade": 1, "onset": twin.today, "outcome": "recovered", "end": twin.today,
            "related": "possible", "action": "none", "serious": False,
        }  # fmt: skip
        twin.do("record_adverse_event", f"coordinator@{site}", event, subject=subject)


@pytest.fixture
def compared(twins: tuple[Lived, Lived], memory: Path) -> Iterator[Callable[[], list[str]]]:
    """Look at both trials and say every difference; the folders go afterwards."""
    folders = [memory / f"planted-{lived.twin.secret.name}" for lived in twins]

    def compare() -> list[str]:
        (one, one_files), (other, other_files) = (looked(t, f) for t, f in zip(twins, folders, strict=True))
        files = [name for name, content in one_files.items() if content != other_files.get(name)]
        return [*differences(one, other), *(f"backup {name}" for name in files)]

    yield compare
    from django.db import connection

    connection.close()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def sort_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """List patients by arm."""
    from equipoise.server.api import reading

    class ByArm:
        objects = type("Manager", (), {"order_by": staticmethod(lambda _name: _Rows())})

    class _Rows(list[Any]):
        def __init__(self) -> None:
            from equipoise.server.subjects.models import SubjectRow

            super().__init__(sorted(SubjectRow.objects.order_by("subject"), key=lambda r: arm_of(r.subject)))

        def filter(self, site: str) -> list[Any]:
            return [row for row in self if row.site == site]

    real = reading.SubjectRow
    monkeypatch.setattr(ByArm.objects, "exclude", staticmethod(real.objects.exclude), raising=False)
    monkeypatch.setattr(reading, "SubjectRow", ByArm)


def row_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the allocation out of the records of one arm."""
    from equipoise.server.api import reading

    real = reading.record_rows

    def rows(subject: str, role: Role) -> list[dict[str, Any]]:
        found = real(subject, role)
        return [r for r in found if r["kind"] != "randomized"] if arm_of(subject) == "placebo" else found

    monkeypatch.setattr(reading, "record_rows", rows)


def kit_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give one arm its kits from the other end of the stock."""

    def choose(self: KitStore, site: str, lot: str, arm: str) -> str:
        fitting = sorted(n for n in self._places[site, lot] if self._contents[n] == arm)
        return fitting[0 if arm == "placebo" else -1]

    monkeypatch.setattr(KitStore, "_choose", choose)


def etag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send a hash of what the server knows with every answer."""

    def leaking(answer: HttpResponse) -> str:
        return hashlib.sha256(answer.content + arm_of("01-001").encode()).hexdigest()[:16]

    from equipoise.server.api.interface import api

    real = api.create_response

    def create(*more: Any, **named: Any) -> HttpResponse:
        answer = real(*more, **named)
        answer["ETag"] = f'"{leaking(answer)}"'
        return answer

    monkeypatch.setattr(api, "create_response", create)


def log_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warn of low stock of what was handed out."""
    real = KitStore._choose

    def choose(self: KitStore, site: str, lot: str, arm: str) -> str:
        left = sum(self._contents[n] == arm for n in self._places[site, lot])
        logging.getLogger("equipoise").warning("stock at %s: %d", site, left)
        return real(self, site, lot, arm)

    monkeypatch.setattr(KitStore, "_choose", choose)


def refusal_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explain a refusal too well."""
    from equipoise.server.api.problem import ProblemError

    real = ProblemError.__init__

    def explain(self: ProblemError, status: int, code: str, detail: str, *more: Any) -> None:
        word = "once" if arm_of("01-001") == "placebo" else "twice"
        real(self, status, code, f"{detail} Read the rules {word}.", *more)

    monkeypatch.setattr(ProblemError, "__init__", explain)


def sequence_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip a number in the audit trail of one arm, as numbers of the whole record would."""
    from equipoise.server.api import reading

    real = reading.audit_rows

    def rows(subject: str, role: Role) -> list[dict[str, Any]]:
        gap = arm_of(subject) == "placebo"
        return [{**row, "number": row["number"] + (gap and row["number"] > 9)} for row in real(subject, role)]

    monkeypatch.setattr(reading, "audit_rows", rows)


def sdtm_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a column to DM from which arms can be had."""
    from equipoise.derive import sdtm

    real = sdtm.sdtm_from_ledger

    def export(*more: Any, **named: Any) -> Any:
        found = real(*more, **named)
        dm = found.datasets["DM"]
        codes = [float(len(arm_of(subject))) for subject in dm["SUBJID"]]
        found.datasets["DM"] = dm.with_columns(pl.Series("DMSEQ", codes))
        return found

    monkeypatch.setattr(sdtm, "sdtm_from_ledger", export)


def dashboard_total(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count one arm alone."""
    from equipoise.server.api import reading
    from equipoise.server.subjects.models import SubjectRow

    class Counted:
        class objects:  # noqa: N801 - stands for a manager
            order_by = staticmethod(SubjectRow.objects.order_by)

            @staticmethod
            def exclude(**_: Any) -> Any:
                chosen = [s for s in subjects_of_trial() if arm_of(s) == "placebo"]
                return SubjectRow.objects.filter(subject__in=chosen)

    monkeypatch.setattr(reading, "SubjectRow", Counted)


def file_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep something as long as the name of an arm."""
    real = KitStore._choose

    def choose(self: KitStore, site: str, lot: str, arm: str) -> str:
        from equipoise.server.ledger.models import Checkpoint

        kit = real(self, site, lot, arm)
        Checkpoint.objects.create(shard=f"kit:{kit}", seq=0, state="x" * 400 * len(arm))
        return kit

    monkeypatch.setattr(KitStore, "_choose", choose)


LEAKS = (
    sort_order,
    row_count,
    kit_order,
    etag,
    log_line,
    refusal_text,
    sequence_gap,
    sdtm_column,
    dashboard_total,
    file_size,
)
SHOWS = {
    sort_order: "/api/subjects?",
    row_count: "/records?",
    kit_order: "/records?",
    etag: "/api/",
    log_line: "server log",
    refusal_text: "/api/commands/randomize",
    sequence_gap: "/audit?",
    sdtm_column: "sdtm dm.",
    dashboard_total: "/api/accrual?",
    file_size: "backup trial.sqlite3",
}


def test_without_a_leak_nothing_is_found(compared: Callable[[], list[str]]) -> None:
    found = compared()
    assert not found, "\n".join(found[:10])


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(leak, id=leak.__name__, marks=() if i % 3 == 0 else pytest.mark.full)
        for i, leak in enumerate(LEAKS)
    ],
)
def test_a_planted_leak_is_found(
    compared: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, plant: Plant
) -> None:
    plant(monkeypatch)
    found = compared()
    assert any(SHOWS[plant] in text for text in found), f"{plant.__name__} went unseen: {found[:5]}"
