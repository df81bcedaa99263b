"""No seed, key, block size or arm in logs, tracebacks, answers and the settings page, debugged or not."""

import base64
import io
import logging
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.views.debug import technical_500_response
from tests.server.server_trial import ServerTrial

from equipoise.conduct.allocation_stage import Allocator
from equipoise.conduct.kits import KitStore
from equipoise.conduct.sealing import SealedRow
from equipoise.ledger import ACCESS
from equipoise.server import trial as served
from equipoise.server.ledger.store import read_events
from equipoise.server.silence import ShortRefusals
from equipoise.server.sources import replaced
from equipoise.server.vault.database_vault import DatabaseVault
from equipoise.server.vault.opening import OpenVault, data_key, open_vault

Plant = Callable[[pytest.MonkeyPatch], None]


def told(trial: ServerTrial) -> list[bytes]:
    """Everything that must not be told, in every spelling."""
    with replaced(trial.sources()):
        opened = open_vault(trial.key, served.stages(trial.state.study))
    secret = opened.seed.secret()
    keys = [trial.key.secret, trial.key.wrap, data_key(trial.key), secret, secret[:32], secret[32:]]
    spelled = [f(key) for key in keys for f in (_raw, _hex, _base64, _url, _python, _number)]
    return [*spelled, b"pazopanib", b"placebo", b"Pazopanib", b"Placebo", b"[4, 6]", b"(4, 6)"]


def _raw(key: bytes) -> bytes:
    return key


def _hex(key: bytes) -> bytes:
    return key.hex().encode()


def _base64(key: bytes) -> bytes:
    return base64.b64encode(key)


def _url(key: bytes) -> bytes:
    return base64.urlsafe_b64encode(key).rstrip(b"=")


def _python(key: bytes) -> bytes:
    return repr(key).encode()


def _number(key: bytes) -> bytes:
    return str(int.from_bytes(key, "big")).encode()


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What all loggers write, down to the finest level, with tracebacks and their variables."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root = logging.getLogger()
    with patch.object(root, "handlers", [handler]), patch.object(root, "level", logging.DEBUG):
        yield text


def in_allocation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail right after the arm was computed."""
    real = Allocator.allocate

    def allocate(self: Allocator, *more: Any) -> str:
        arm = real(self, *more)
        assert arm
        raise RuntimeError("made to fail")

    monkeypatch.setattr(Allocator, "allocate", allocate)


def in_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where the row is written."""

    def keep(row: SealedRow) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(DatabaseVault, "_keep", staticmethod(keep))


def in_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail with seed and key at hand."""

    def allocator(self: OpenVault, *more: Any, **named: Any) -> Any:
        key, seed = self.key, self.seed
        raise RuntimeError(f"made to fail with {key} and {seed}, {self} and {more}")

    monkeypatch.setattr(OpenVault, "allocator", allocator)


def in_kits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail with the contents of kits at hand."""

    def choose(self: KitStore, site: str, lot: str, arm: str) -> str:
        fitting = [number for number, held in self.contents().items() if held == arm]
        raise RuntimeError(f"made to fail at {site} with {lot} {len(fitting) > 0}")

    monkeypatch.setattr(KitStore, "_choose", choose)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("plant", "kind"),
    [(in_allocation, "randomize"), (in_keeping, "randomize"), (in_opening, "randomize"), (in_kits, "assign_kit")],
)
def test_an_error_inside_the_vault_tells_nothing(
    trial: ServerTrial, monkeypatch: pytest.MonkeyPatch, plant: Plant, kind: str, *, debug: bool
) -> None:
    subject = trial.screened("01") if kind == "randomize" else trial.randomized("01")
    plant(monkeypatch)
    trial.client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    body = {"request_id": "failing-01", "role": "site_coordinator", "site": "01", "subject": subject,
            "payload": {} if kind == "randomize" else {"date": trial.today}}  # fmt: skip
    trial.account("coordinator@01")
    with override_settings(DEBUG=debug), logged() as log:
        answer = trial.post(f"commands/{kind}", "coordinator@01", body)
    assert answer.status_code == 500
    assert "made to fail" in log.getvalue()
    heard = answer.content + str(answer.headers).encode() + log.getvalue().encode()
    assert not [secret for secret in told(trial) if secret in heard]


@pytest.mark.parametrize("debug", [False, True])
def test_the_page_of_an_error_shows_no_variable_and_no_setting(trial: ServerTrial, *, debug: bool) -> None:
    arms = {subject: trial.arm(subject) for subject in ("01-002", "02-001")}
    typed = "what was " + "typed"
    request = RequestFactory().post("/", {"password": typed, "arm": arms["01-002"]})
    try:
        raise RuntimeError(f"made to fail for {len(arms)}")
    except RuntimeError as error:
        with override_settings(DEBUG=debug):
            page = technical_500_response(request, type(error), error, error.__traceback__)
    assert b"made to fail" in page.content
    hidden = [*told(trial), settings.SECRET_KEY.encode(), typed.encode(), str(settings.PLACE.key_file).encode()]
    assert not [secret for secret in hidden if secret in page.content]


def test_objects_show_nothing_of_themselves(trial: ServerTrial) -> None:
    opened = open_vault(trial.key, served.stages(trial.state.study))
    vault = served.vault(trial.state.study)
    shown = [opened, opened.key, opened.seed, opened.stages, trial.key, vault, vault.balance(), vault.replay(),
             *opened.stages.values(), opened.allocator(1, None, 2)]  # fmt: skip
    text = " ".join(f"{thing!r} {thing!s}" for thing in shown).encode()
    assert not [secret for secret in told(trial) if secret in text]
    try:
        vault.kit_for("01-999", "01", request="r", day=trial.now.date())
    except Exception as error:
        lines = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()).encode()
        assert b"_key" not in lines or not [secret for secret in told(trial)[:36] if secret in lines]


def test_a_whole_course_logs_nothing_that_is_secret(fresh: ServerTrial) -> None:
    with logged() as log:
        fresh.set_up()
        fresh.api = True
        for _ in range(3):
            subject = fresh.randomized("01")
            fresh.do("assign_kit", "coordinator@01", {"date": fresh.today}, subject=subject)
        fresh.code("randomize", "coordinator@01", subject=subject)
        fresh.code("randomize", "coordinator@02", subject=subject)
        fresh.get("me", "coordinator@01")
        fresh.get("nowhere", "coordinator@01")
    assert "Forbidden" in log.getvalue()
    text = "\n".join(line for line in log.getvalue().splitlines() if "INSERT INTO" not in line).encode()
    assert not [secret for secret in told(fresh) if secret in text]


def test_the_database_holds_no_secret_in_the_clear(trial: ServerTrial) -> None:
    """Arms and sizes stand in the protocol's own text and nowhere else; keys and seed stand nowhere."""
    from django.db import connection

    found, secrets = [], told(trial)
    connection.close()
    assert trial.place.sqlite_file is not None
    with sqlite3.connect(trial.place.sqlite_file) as raw:
        for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in raw.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608 - names of its own tables
                text = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
                if any(secret in text for secret in secrets):
                    found.append((table, row))
    protocol = [(t, r) for t, r in found if "protocol_adopted" in str(r)]
    assert found == protocol
    assert protocol, "the protocol names its arms"


def test_a_refused_crossover_leaves_no_trace_that_tells_the_arm(trial: ServerTrial) -> None:
    """Who may not cross over is refused; neither log nor record says more than that something was refused."""
    arms: dict[str, str] = {}
    while len(set(arms.values())) < 2:
        subject = trial.progressed("01")
        arms[subject] = trial.arm(subject)
        trial.do("unblind", "investigator@01", subject=subject)
        trial.do("end_blinded_treatment", "investigator@01", {"date": trial.today}, subject=subject)
    trial.account("investigator@01")
    noted = {}
    for subject in arms:  # on the same day, before a new scan: both are refused, each for a reason of its own
        body = {"request_id": f"cross-{subject}", "role": "investigator", "site": "01", "subject": subject,
                "payload": {"date": trial.today}}  # fmt: skip
        with logged() as log:
            answer = trial.post("commands/start_open_label", "investigator@01", body)
        assert answer.status_code == 409
        lines = [line for line in log.getvalue().splitlines() if line.startswith("django.request")]
        assert lines
        assert not any(told in line for line in lines for told in ("start_open_label", subject, "/api"))
        last = list(read_events(ACCESS))[-1]
        noted[subject] = (last.kind, dict(last.payload))
    assert len({str(line) for line in noted.values()}) == 1


def test_a_form_from_an_earlier_login_leaves_no_trace_of_what_it_asked_for(trial: ServerTrial) -> None:
    """Only for who got placebo can the form of open treatment have been opened: the log does not say which it was."""
    subject = trial.randomized("01")
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    with logged() as log:
        answer = client.post(f"/at/investigator@01/subjects/{subject}/do/start_open_label/", {"date": trial.today})
    assert answer.status_code == 403
    lines = [line for line in log.getvalue().splitlines() if "csrf" in line.lower()]
    assert lines
    assert not any(told in line for line in lines for told in ("start_open_label", subject, "/at/"))


@pytest.mark.parametrize("name", ["django.request", "django.security.csrf", "django.security", "anything"])
def test_no_logger_writes_the_address_of_a_refused_request_or_of_a_diary(name: str) -> None:
    """What the settings put before the lines of the server holds for every logger."""
    text = io.StringIO()
    handlers = settings.LOGGING["handlers"]["stderr"]
    handler = logging.StreamHandler(text)
    for named in handlers["filters"]:
        handler.addFilter(ShortRefusals() if named == "short" else logging.Filter("nothing"))
    logger = logging.getLogger(name)
    with patch.object(logging.getLogger(), "handlers", [handler]):
        logger.warning("Refused (%s): %s", "why", "/at/investigator@01/do/x/", extra={"status_code": 403})
        logger.warning("Slow (%s): %s", "why", "/diary/the-secret/", extra={"status_code": 200})
    assert text.getvalue().splitlines() == ["Refused (why): a request", "Slow (why): a request"]
