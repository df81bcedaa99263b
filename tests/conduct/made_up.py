"""A trial in memory for the tests of conduct: gives commands, keeps chain, state and vault, moves the clock."""

import datetime as dt
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from equipoise.conduct import Command, Refusal, Rulebook, Rulebooks, State, apply, decide
from equipoise.conduct.entropy import SeededEntropy
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.ledger import Chain, Draft, utc_text
from equipoise.protocol import Protocol, parse_protocol

TRIALS = Path(__file__).parents[2] / "trials"
START = dt.datetime(2024, 1, 8, 9, 0, tzinfo=dt.UTC)

PEOPLE = {
    "coordinator": "site_coordinator",
    "investigator": "investigator",
    "local_reader": "local_reader",
    "pharmacist": "pharmacist",
}
CENTRAL = {
    "reader1": "central_reader_1",
    "reader2": "central_reader_2",
    "adjudicator": "adjudicator",
    "data_manager": "data_manager",
    "blinded_statistician": "blinded_statistician",
    "unblinded_statistician": "unblinded_statistician",
    "dmc": "dmc_member",
    "safety": "safety_office",
    "monitor": "monitor",
    "auditor": "auditor",
}
TASKS = ("screen", "consent", "randomize", "dispense", "tumors", "data")

ELIGIBLE: dict[str, Any] = {
    "age": 61,
    "sex": "female",
    "primary_site": "small_bowel",
    "grade": "low",
    "poorly_differentiated": False,
    "functional": True,
    "unresectable_or_metastatic": True,
    "excluded_histology_suspected": False,
    "prior_ssa": True,
    "concurrent_ssa": False,
    "progression_on_ssa": True,
    "progression_date": "2023-11-02",
    "prior_prrt": False,
    "prior_vegf": False,
    "prior_everolimus": False,
    "measurable_disease": True,
    "ecog": "ecog_0",
    "neutrophils": "3.1",
    "platelets": 210,
    "systolic": 128,
    "diastolic": 80,
}


@cache
def protocol_text(name: str = "a021202") -> str:
    return (TRIALS / name / "protocol.yaml").read_text(encoding="utf-8")


@cache
def protocol_of(text: str) -> Protocol:
    return parse_protocol(text)


class Trial:
    """A trial whose commands are given in the name of made-up people."""

    def __init__(self, *, text: str | None = None, seed: int = 1, version: str = "v1") -> None:
        self.text = text or protocol_text()
        self.now = START
        self.state = State()
        self.chain = Chain()
        self.rulebooks = Rulebooks({version: Rulebook(protocol_of(self.text), version)})
        self.vault = MemoryVault(SeededEntropy(seed), protocol_of(self.text))
        self.version = version
        self.requests = 0

    @property
    def today(self) -> str:
        return self.now.date().isoformat()

    def day(self, offset: int) -> str:
        return (self.now.date() + dt.timedelta(days=offset)).isoformat()

    def wait(self, days: int) -> None:
        self.now += dt.timedelta(days=days)

    def command(
        self, kind: str, who: str, payload: dict[str, Any] | None = None, *, subject: str | None = None,
        site: str | None = None, role: str | None = None, **more: Any,
    ) -> Command:  # fmt: skip
        """The command of a person ``coordinator@01``, ``reader1``, ``admin`` or ``patient``."""
        name, _, at = who.partition("@")
        if name == "patient":
            given, actor = "patient", subject or ""
        else:
            given, actor = role or PEOPLE.get(name) or CENTRAL.get(name) or "administrator", who
        self.requests += 1
        settings = {"reason": "asked for by a test", "second_factor": True, "request_id": f"r-{self.requests}"} | more
        return Command(
            kind=kind, actor=actor, role=given, at=utc_text(self.now), payload=payload or {},
            site=site or at or None, subject=subject, **settings,
        )  # fmt: skip

    def record(self, command: Command, drafts: tuple[Draft, ...]) -> None:
        for event in self.chain.append(drafts, command.stamp()):
            self.state = apply(self.state, event)

    def decide(self, command: Command) -> tuple[Draft, ...] | Refusal:
        return decide(self.rulebooks, self.state, command, self.vault)

    def attempt(self, kind: str, who: str, payload: dict[str, Any] | None = None, **more: Any) -> Refusal | None:
        """Give a command; record what it brings about, or return the refusal."""
        command = self.command(kind, who, payload, **more)
        answer = self.decide(command)
        if isinstance(answer, Refusal):
            return answer
        self.record(command, answer)
        return None

    def do(self, kind: str, who: str, payload: dict[str, Any] | None = None, **more: Any) -> str:
        """Give a command that must be granted; return the identifier of the last record."""
        refusal = self.attempt(kind, who, payload, **more)
        assert refusal is None, f"{kind}: {refusal}"
        last = self.chain.events[-1]
        return str(last.payload.get("record", last.subject))

    def code(self, kind: str, who: str, payload: dict[str, Any] | None = None, **more: Any) -> str | None:
        """The code of the refusal; none where it was granted."""
        refusal = self.attempt(kind, who, payload, **more)
        return None if refusal is None else refusal.code

    def set_up(self, *sites: str) -> "Trial":
        """Protocol, people, sites, forms, training, delegation, kits."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        self.do("adopt_protocol", "admin", {"version": self.version, "text": self.text, "sha256": digest})
        for person, role in CENTRAL.items():
            self.do("grant_role", "admin", {"person": person, "role": role})
            self.train(person)
        self.do("commit_allocation", "unblinded_statistician", {"stage": 1, "commitment": self.vault.commitment})
        for site in sites or ("01", "02"):
            self.open_site(site)
        return self

    def open_site(self, site: str, zone: str = "Europe/Berlin") -> None:
        self.do("open_site", "admin", {"site": site, "name": f"Hospital {site}", "time_zone": zone, "country": "DEU"})
        form = {"site": site, "form": "study", "version": "1.0", "effective": self.today, "reconsent": False}
        self.do("approve_consent_form", "admin", form)
        for person, role in PEOPLE.items():
            self.do("grant_role", "admin", {"person": f"{person}@{site}", "role": role, "site": site})
            self.train(f"{person}@{site}")
        for person in PEOPLE:
            if person != "investigator":
                for task in TASKS:
                    payload = {"person": f"{person}@{site}", "task": task, "start": self.today}
                    self.do("delegate_task", f"investigator@{site}", payload)
        self.stock(site)

    def stock(self, site: str, sets: int = 10) -> None:
        lot, expires = f"LOT{site}{self.requests}", self.now.date() + dt.timedelta(days=900)
        self.vault.kits.deliver(lot, expires, sets)
        kits = [kit.number for kit in self.vault.kits.ship(site, lot, sets)]
        payload = {"lot": lot, "expires": expires.isoformat(), "kits": kits}
        self.do("receive_kits", f"pharmacist@{site}", payload)

    def train(self, person: str, expires: str | None = None) -> None:
        payload = {"person": person, "course": "protocol", "completed": self.today, "expires": expires}
        self.do("record_training", "admin", payload)

    def screen(self, site: str = "01", **payload: Any) -> str:
        self.do("screen", f"coordinator@{site}", {"date": self.today, **payload})
        return str(self.chain.events[-1].subject)

    def consent(self, subject: str, version: str = "1.0") -> None:
        payload = {"form": "study", "version": version, "date": self.today}
        self.do("record_consent", self.staff(subject), payload, subject=subject)

    def staff(self, subject: str, name: str = "coordinator") -> str:
        return f"{name}@{self.state.subjects[subject].site}"

    def baseline(self, subject: str, **changed: Any) -> None:
        values = ELIGIBLE | {"progression_date": self.day(-67)} | changed
        self.do("record_baseline", self.staff(subject), {"values": values}, subject=subject)

    def screened(self, site: str = "01", **changed: Any) -> str:
        """A patient who is ready for randomization."""
        subject = self.screen(site)
        self.consent(subject)
        self.baseline(subject, **changed)
        return subject

    def randomized(self, site: str = "01", **changed: Any) -> str:
        subject = self.screened(site, **changed)
        self.do("randomize", f"coordinator@{site}", subject=subject)
        return subject

    def arm(self, subject: str) -> str:
        """Look into the vault, as only a test may."""
        return self.vault._arm(subject)

    def measure(self, subject: str, assessment: int, *sizes: int, new: bool = False) -> None:
        names = [{"lesion": f"T{i}", "kind": "TARGET", "organ": "liver", "diameter": s} for i, s in enumerate(sizes)]
        if new:
            names.append({"lesion": "N1", "kind": "NEW", "organ": "lung", "state": "UNEQUIVOCAL"})
        payload = {"assessment": assessment, "date": self.today, "lesions": names}
        self.do("measure_tumors", self.staff(subject, "local_reader"), payload, subject=subject)

    def scan(self, subject: str, assessment: int) -> None:
        payload = {"assessment": assessment, "date": self.today, "reference": f"{subject}/{assessment}/{self.requests}"}
        name = self.do("submit_scan", self.staff(subject), payload, subject=subject)
        self.do("accept_scan", "data_manager", {"scan": name}, subject=subject)

    def read(self, subject: str, reader: int, assessment: int, response: str | None = None) -> None:
        payload: dict[str, Any] = {"assessment": assessment, "lesions": [], "response": response}
        self.do("lock_read", f"reader{reader}", payload, subject=subject)

    def progressed(self, site: str = "01", *, confirmed: bool = True) -> str:
        """A patient with local progression, read by both central readers."""
        subject = self.screened(site)
        self.measure(subject, 0, 3000, 2500)
        self.scan(subject, 0)
        self.do("randomize", f"coordinator@{site}", subject=subject)
        dose = {"start": self.today, "amount": "800", "unit": "mg"}
        self.do("record_dose", f"coordinator@{site}", dose, subject=subject)
        self.wait(84)
        self.measure(subject, 1, 4000, 3500)
        self.do("assess_response", f"investigator@{site}", {"assessment": 1, "overall": "PD"}, subject=subject)
        self.scan(subject, 1)
        for reader in (1, 2):
            self.read(subject, reader, 0)
            self.read(subject, reader, 1, "PD" if confirmed else "SD")
        return subject
