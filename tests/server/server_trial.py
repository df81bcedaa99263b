"""The made-up trial of the tests of conduct, on a server: same people, same scripts, directly or over HTTP."""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.test import Client
from tests.conduct.made_up import CENTRAL, START, Trial, protocol_text
from tests.server.configured import file_place, use

from equipoise.conduct import Refusal
from equipoise.conduct.entropy import SeededEntropy
from equipoise.conduct.kits import Kit
from equipoise.ledger import TRIAL, Draft
from equipoise.ledger.head import public_text
from equipoise.server.keys import TrialKey, make_key
from equipoise.server.place import Place
from equipoise.server.sources import Sources, replaced

PASSWORD = "a long password of a test"  # noqa: S105 - of made-up people
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - as above


class ServerTrial(Trial):
    """A trial on the server at a place; ``api`` gives commands over HTTP instead of to `perform`."""

    def __init__(self, place: Place, *, seed: int = 1, api: bool = False, begin: bool = True) -> None:
        use(place)
        self.place = place
        self.text = protocol_text()
        self.version = "v1"
        self.now = START
        self.requests = 0
        self.api = api
        self.entropy = SeededEntropy(seed)
        self.chain = SimpleNamespace(events=[])  # type: ignore[assignment]
        self.tokens: dict[str, str] = {}
        self.client = Client(headers={"host": "localhost"})
        if begin:
            self._begin()

    def sources(self) -> Sources:
        return Sources(clock=lambda: self.now, entropy=self.entropy)

    def _begin(self) -> None:
        from equipoise.server.setup import migrate
        from equipoise.server.vault.opening import make_seal

        assert self.place.key_file is not None
        if not self.place.key_file.exists():
            make_key(self.place.key_file)
        if self.place.sqlite_file is not None and not self.place.sqlite_file.exists():
            shutil.copyfile(empty_database(), self.place.sqlite_file)
        else:
            migrate()
        (self.place.data / "session-secret").write_text("x" * 64)
        with replaced(self.sources()):
            make_seal(self.key)

    @property
    def key(self) -> TrialKey:
        return self.place.key()

    @property
    def state(self) -> Any:  # type: ignore[override]
        from equipoise.server.ledger.shards import load

        return SimpleNamespace(
            subjects=_Lazy(lambda name: load([f"subject:{name}"])[f"subject:{name}"].state),
            sites=_Lazy(lambda name: load([f"site:{name}"])[f"site:{name}"].state),
            study=load(["study"])["study"].state,
        )

    @property
    def vault(self) -> Any:  # type: ignore[override]
        from equipoise.server.vault.models import Seal

        return SimpleNamespace(
            commitment=Seal.objects.get(number=1).commitment,
            kits=SimpleNamespace(deliver=self._deliver, ship=self._ship),
            _arm=self._arm,
        )

    def _stages(self) -> Any:
        from equipoise.server import trial

        return trial.stages(self.state.study)

    def _deliver(self, lot: str, expiry: dt.date, sets: int) -> None:
        from equipoise.server.vault.depot import deliver
        from equipoise.server.vault.digests import kits_digest
        from equipoise.server.write import record_access

        with replaced(self.sources()):
            kits = deliver(self.key, self._stages(), lot, expiry, sets)
            payload = {"lot": lot, "kits": len(kits), "digest": kits_digest(lot)}
            record_access(Draft("kits_made", payload), actor="u", role="unblinded_statistician", request_id=f"d-{lot}")

    def _ship(self, site: str, lot: str, sets: int) -> list[Kit]:
        from equipoise.server.vault.depot import ship
        from equipoise.server.write import record_access

        with replaced(self.sources()):
            kits = ship(self.key, self._stages(), site, lot, sets)
            payload = {"lot": lot, "to": site, "kits": kits}
            record_access(Draft("kits_sent", payload), actor="u", role="unblinded_statistician", request_id=f"s-{lot}")
        return [Kit(number=number, lot=lot, expiry=self.now.date()) for number in kits]

    def _arm(self, subject: str) -> str:
        from equipoise.server.vault.models import Allocation
        from equipoise.server.vault.opening import open_vault, sealed_row

        return open_vault(self.key, self._stages()).arm(sealed_row(Allocation.objects.get(subject=subject)))

    def attempt(self, kind: str, who: str, payload: dict[str, Any] | None = None, **more: Any) -> Refusal | None:
        command = self.command(kind, who, payload, **more)
        request = more.get("request_id") or f"request-{self.requests:06d}"
        if self.api:
            return self._over_http(command, request)
        from equipoise.server.write import Wish, perform

        wish = Wish(
            kind=kind,
            actor=command.actor,
            role=command.role,
            request_id=request,
            payload=command.payload,
            site=command.site,
            subject=command.subject,
            reason=command.reason,
            second_factor=command.second_factor,
        )
        with replaced(self.sources()):
            answer = perform(wish)
        self.chain.events += answer.events
        return answer.refusal

    def _over_http(self, command: Any, request: str) -> Refusal | None:
        body: dict[str, Any] = {"request_id": request, "role": command.role, "payload": dict(command.payload)}
        for name in ("site", "subject", "reason"):
            if getattr(command, name) is not None:
                body[name] = getattr(command, name)
        if command.second_factor and command.kind in _PROOF:
            body["proof"] = self.proof()
        answer = self.post(f"commands/{command.kind}", command.actor, body)
        content = answer.json()
        if answer.status_code != 200:
            problems = tuple((p["field"], p["problem"]) for p in content["problems"])
            return Refusal(content["code"], content["detail"], content["remedy"], problems)
        said = content["events"][0]
        self.chain.events.append(SimpleNamespace(payload={"record": said["record"]}, **said))
        if said["record"] is None:
            self.chain.events[-1].payload = {}
        return None

    def proof(self) -> dict[str, str]:
        """Password and a fresh code; the clock goes on to the next one."""
        from equipoise.server.accounts.proof import code_at

        self.now += dt.timedelta(seconds=30)
        return {"password": PASSWORD, "code": code_at(SECRET, int(self.now.timestamp()) // 30)}

    def account(self, who: str) -> str:
        """Make an account that is known to the record by this name, and give a token for it."""
        if who not in self.tokens:
            from django.contrib.auth.hashers import make_password

            from equipoise.server.accounts import tokens
            from equipoise.server.accounts.models import Account
            from equipoise.server.accounts.proof import confirm_second_factor
            from equipoise.server.accounts.record import note_account
            from equipoise.server.write import record_access

            global _HASHED  # noqa: PLW0603 - argon2 once for all
            _HASHED = _HASHED or make_password(PASSWORD)
            with replaced(self.sources()):
                account, made = Account.objects.get_or_create(id=who, defaults={"login": who, "password": _HASHED})
                if made:
                    assert confirm_second_factor(account, SECRET, self.proof()["code"])
                    note_account(account, "made", actor="test", role="")
                self.tokens[who], row = tokens.new_token(account, dt.timedelta(days=4000))
                payload = {"account": who, "origin": None, "means": "token", "digest": tokens.token_digest(row)}
                record_access(Draft("logged_in", payload), actor=who, role="", request_id=f"login-{who}")
        return self.tokens[who]

    def post(self, path: str, who: str, body: dict[str, Any]) -> Any:
        with replaced(self.sources()):
            return self.client.post(
                f"/api/{path}",
                json.dumps(body),
                content_type="application/json",
                headers={"authorization": f"Bearer {self.account(who)}"},
            )

    def get(self, path: str, who: str) -> Any:
        with replaced(self.sources()):
            return self.client.get(f"/api/{path}", headers={"authorization": f"Bearer {self.account(who)}"})

    def open_access(self) -> "ServerTrial":
        """Begin the access chain, as the server does after the protocol was adopted."""
        from equipoise.server.setup import open_access

        with replaced(self.sources()):
            open_access(public_text(self.key.sign))
        return self

    def set_up(self, *sites: str) -> "ServerTrial":
        import hashlib

        digest = hashlib.sha256(self.text.encode()).hexdigest()
        over_http, self.api = self.api, False  # before there is a protocol there is nobody who could come in
        self.do("adopt_protocol", "admin", {"version": self.version, "text": self.text, "sha256": digest})
        self.open_access()
        self.api = over_http
        for person, role in CENTRAL.items():
            self.do("grant_role", "admin", {"person": person, "role": role})
            self.train(person)
        self.do("commit_allocation", "unblinded_statistician", {"stage": 1, "commitment": self.vault.commitment})
        for site in sites or ("01", "02"):
            self.open_site(site)
        return self

    def heads(self) -> None:
        """Write the heads now."""
        from equipoise.server.trial import flush_heads

        flush_heads()

    def events(self) -> list[Any]:
        from equipoise.server.ledger.store import read_events

        return list(read_events(TRIAL))


_HASHED = ""
_PROOF = frozenset(
    {"open_crossover", "lock_database", "unlock_database", "unblind", "break_code", "unblind_for_safety", "sign"}
)


class _Lazy(dict[str, Any]):
    def __init__(self, load: Any) -> None:
        self._load = load

    def __missing__(self, name: str) -> Any:
        return self._load(name)


_EMPTY: list[Path] = []


def empty_database() -> Path:
    """A database with tables and nothing in them, made once for all tests of the process."""
    if not _EMPTY:
        import tempfile

        from django.conf import settings

        from equipoise.server.setup import migrate

        before: Place = settings.PLACE
        place = file_place(Path(tempfile.mkdtemp(prefix="equipoise-empty-")))
        use(place)
        migrate()
        assert place.sqlite_file is not None
        use(before)
        import sqlite3

        plain = place.data / "plain.sqlite3"
        with sqlite3.connect(place.sqlite_file) as old, sqlite3.connect(plain) as new:
            old.backup(new)
        _EMPTY.append(plain)
    return _EMPTY[0]


@contextmanager
def copied(template: Path, folder: Path) -> Iterator[Place]:
    """A copy of a trial, served while the block runs."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    place = file_place(folder)
    use(place)
    yield place
