"""No order of commands reaches a forbidden state; state from events alone is the state that decided."""

import datetime as dt
import random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.conduct.made_up import Trial

from equipoise.conduct import Refusal, State, apply_all, decide, fold, shards, touched
from equipoise.conduct.state import Counters, Site, Study, Subject
from equipoise.ledger import verify_chain
from equipoise.ledger.chain import store

SITES = ("01", "02")
STAFF = ("coordinator", "investigator")
OPENING = ("unblind", "end_blinded_treatment", "start_open_label", "break_code", "record_open_label_dose")
LEVELS = ("drug", "visits", "survival", "data")
OWN = st.sampled_from((True, True, True, False))
TURNS = ("die", "live", "lose", "move", "lock")


class AnyOrder(RuleBasedStateMachine):
    """Commands of all people in any order, with dates that may be wrong."""

    @initialize(seed=st.integers(1, 5))
    def begin(self, seed: int) -> None:
        self.trial = Trial(seed=seed).set_up(*SITES)
        for site in SITES:
            self.subjects = [*getattr(self, "subjects", []), self.trial.screened(site)]
            self.trial.measure(self.subjects[-1], 0, 3000, 2500)
            self.trial.scan(self.subjects[-1], 0)
        self.seen = len(self.trial.chain.events)
        self.progression_confirmed: set[str] = set()
        self.data_withdrawn: set[str] = set()

    def give(self, kind: str, who: str, payload: dict[str, Any] | None, subject: str | None, **more: Any) -> None:
        """Give a command cold: from the shards that it names, folded from the events anew now and then."""
        trial = self.trial
        command = trial.command(kind, who, payload, subject=subject, **more)
        answer = trial.decide(command)
        if isinstance(answer, Refusal):
            assert answer.reason
            assert answer.remedy
            return
        trial.record(command, answer)

    def at(self, subject: str, own: bool) -> str:
        """The subject's site, or the other one."""
        site = self.trial.state.subjects[subject].site
        return site if own else SITES[site == SITES[0]]

    def someone(self, index: int) -> str:
        return self.subjects[index % len(self.subjects)]

    @rule(site=st.sampled_from(SITES))
    def screen(self, site: str) -> None:
        if len(self.subjects) < 3:
            self.subjects.append(self.trial.screened(site))

    @rule(days=st.integers(1, 90))
    def wait(self, days: int) -> None:
        if self.trial.now < dt.datetime(2026, 1, 1, tzinfo=dt.UTC):
            self.trial.wait(days)

    @rule(i=st.integers(0, 2), own=OWN, name=st.sampled_from(STAFF))
    def randomize(self, i: int, own: bool, name: str) -> None:
        subject = self.someone(i)
        self.give("randomize", f"{name}@{self.at(subject, own)}", None, subject)

    @rule(
        i=st.integers(0, 2), n=st.integers(0, 3), size=st.integers(1000, 6000),
        overall=st.sampled_from(["PD", "SD", "PR"]), own=OWN,
    )  # fmt: skip
    def assess(self, i: int, n: int, size: int, overall: str, own: bool) -> None:
        subject, day = self.someone(i), self.trial.today
        site = self.at(subject, own)
        known = len(list(self.trial.state.subjects[subject].live("tumors_measured")))
        n = known if n > 1 else n
        lesions = [{"lesion": f"T{k}", "kind": "TARGET", "organ": "liver", "diameter": size} for k in range(2)]
        payload = {"assessment": n, "date": day, "lesions": lesions}
        self.give("measure_tumors", f"investigator@{site}", payload, subject)
        self.give("assess_response", f"investigator@{site}", {"assessment": n, "overall": overall}, subject)
        scan = {"assessment": n, "date": day, "reference": f"scan {self.trial.requests}"}
        self.give("submit_scan", f"coordinator@{site}", scan, subject)
        scans = list(self.trial.state.subjects[subject].live("scan_submitted"))
        if scans:
            self.give("accept_scan", "data_manager", {"scan": scans[-1]["record"]}, subject)

    @rule(
        i=st.integers(0, 2), reader=st.integers(1, 2), n=st.integers(0, 3),
        response=st.sampled_from(["PD", "SD", "PR", None]),
    )  # fmt: skip
    def read(self, i: int, reader: int, n: int, response: str | None) -> None:
        payload = {"assessment": n, "lesions": [], "response": response}
        self.give("lock_read", f"reader{reader}", payload, self.someone(i))

    @rule(i=st.integers(0, 2), progressed=st.booleans())
    def read_all(self, i: int, progressed: bool) -> None:
        subject = self.someone(i)
        for reader in (1, 2):
            for n in range(4):
                response = None if n == 0 else "PD" if progressed else "SD"
                self.read_one(subject, reader, n, response)

    def read_one(self, subject: str, reader: int, n: int, response: str | None) -> None:
        self.give("lock_read", f"reader{reader}", {"assessment": n, "lesions": [], "response": response}, subject)

    @rule(i=st.integers(0, 2), reader=st.integers(1, 2), who=st.sampled_from(["adjudicator", "reader1"]))
    def adjudicate(self, i: int, reader: int, who: str) -> None:
        payload = {"endorses": reader, "why": "seen"}
        self.give("adjudicate", who, payload, self.someone(i), role="adjudicator")

    @rule(
        i=st.integers(0, 2), own=OWN,
        kind=st.sampled_from(OPENING),
    )  # fmt: skip
    def open_the_blind(self, i: int, own: bool, kind: str) -> None:
        dose = {"start": self.trial.today, "amount": "800", "unit": "mg"}
        payloads = {"unblind": {}, "break_code": {}, "record_open_label_dose": dose}
        payload = payloads.get(kind, {"date": self.trial.today})
        subject = self.someone(i)
        self.give(kind, f"investigator@{self.at(subject, own)}", payload, subject)

    @rule(i=st.integers(0, 2), progressed=st.booleans())
    def next_step(self, i: int, progressed: bool) -> None:
        """Do what comes next for a patient whom all goes by the protocol."""
        subject = self.someone(i)
        state = self.trial.state.subjects[subject]
        if not state.has("randomized"):
            self.randomize(i, own=True, name="investigator")
        elif not state.local_progression:
            self.trial.wait(84)
            self.assess(i, 2, 5000 if progressed else 2500, "PD" if progressed else "SD", own=True)
        elif not state.gate and progressed:
            self.read_all(i, progressed)
        elif not state.gate:
            for reader, response in ((1, "PD"), (2, "SD")):
                for n in range(4):
                    self.read_one(subject, reader, n, response if n else None)
            self.adjudicate(i, 1, "adjudicator")
        else:
            self.trial.wait(1)
            for kind in OPENING:
                if kind != "break_code":
                    self.open_the_blind(i, own=True, kind=kind)

    @rule(i=st.integers(0, 2), own=OWN, level=st.sampled_from(["drug", "visits", "survival", "data"]))
    def withdraw(self, i: int, own: bool, level: str) -> None:
        payload = {"level": level, "date": self.trial.today, "by": "patient"}
        subject = self.someone(i)
        self.give("withdraw", f"coordinator@{self.at(subject, own)}", payload, subject)

    @rule(
        i=st.integers(0, 2), own=OWN, amount=st.sampled_from(["800", "400", "0"]),
        back=st.integers(0, 5),
    )  # fmt: skip
    def live(self, i: int, own: bool, amount: str, back: int) -> None:
        subject, day = self.someone(i), self.trial.day(-back)
        site = self.at(subject, own)
        self.give("record_dose", f"coordinator@{site}", {"start": day, "amount": amount, "unit": "mg"}, subject)
        self.give("record_contact", f"coordinator@{site}", {"date": day, "how": "visit", "status": "alive"}, subject)
        self.give("assign_kit", f"pharmacist@{site}", {"date": day}, subject)
        self.give("retract", f"coordinator@{site}", {"record": "DOSE-1"}, subject)

    @rule(i=st.integers(0, 2), own=OWN, what=st.sampled_from(["die", "live", "lose", "move", "lock"]))
    def turn(self, i: int, own: bool, what: str) -> None:
        subject, day = self.someone(i), self.trial.today
        site = self.at(subject, own)
        match what:
            case "die":
                self.give("record_death", f"coordinator@{site}", {"date": day, "cause": "disease"}, subject)
            case "live":
                self.give("retract_death", f"investigator@{site}", {}, subject)
            case "lose":
                self.give("report_lost", f"coordinator@{site}", {"date": day}, subject)
            case "move":
                self.give("transfer", "data_manager", {"to_site": self.at(subject, False), "date": day}, subject)
            case "lock":
                locked = self.trial.state.subjects[subject].locked
                self.give("unlock_subject" if locked else "lock_subject", "data_manager", {}, subject)

    @invariant()
    def nothing_forbidden_happened(self) -> None:
        if not hasattr(self, "seen"):
            return
        for event in self.trial.chain.events[self.seen :]:
            subject = event.subject or ""
            if event.kind == "central_result" and event.payload["answer"] == "confirmed":
                self.progression_confirmed.add(subject)
            if event.kind in ("unblinded", "blinded_treatment_ended", "open_label_started", "open_label_dose_recorded"):
                assert subject in self.progression_confirmed, event
            if event.kind in ("open_label_started", "open_label_dose_recorded"):
                assert self.trial.arm(subject) == "placebo"
            assert subject not in self.data_withdrawn or event.kind == "code_broken", event
            if event.kind == "withdrawn" and event.payload["level"] == "data":
                self.data_withdrawn.add(subject)
        self.seen = len(self.trial.chain.events)

    @invariant()
    def one_allocation_each(self) -> None:
        if not hasattr(self, "trial"):
            return
        given = [e for e in self.trial.chain.events if e.kind == "randomized"]
        assert len({e.subject for e in given}) == len(given)
        assert [e.payload["slot"] for e in given] == list(range(1, len(given) + 1))
        assert [row.receipt for row in self.trial.vault.rows] == [e.payload["receipt"] for e in given]

    def teardown(self) -> None:
        if not hasattr(self, "trial"):
            return
        events = self.trial.chain.events
        assert apply_all(State(), events) == self.trial.state
        assert len(list(verify_chain("trial", [store(event) for event in events]))) == len(events)
        for subject in self.subjects:
            command = self.trial.command("record_contact", "coordinator@01", {}, subject=subject)
            cold = _cold(command, events, self.trial.state.subjects[subject].site)
            assert decide(self.trial.rulebooks, cold, command, self.trial.vault) == self.trial.decide(command)


def _cold(command: Any, events: list[Any], site: str) -> State:
    """Fold only the shards that a command names, each from the events that touch it and from no others."""
    wanted = {*shards(command), f"site:{site}"}
    empty: dict[str, Any] = {"study": Study(), "counters": Counters()}
    found = {
        name: empty.get(name) or (Site(id=name[5:]) if name.startswith("site:") else Subject(id=name[8:]))
        for name in wanted
    }
    for event in events:
        for name in touched(event.kind, site=event.site, subject=event.subject):
            if name in found:
                found[name] = fold(name.partition(":")[0], found[name], event)
    sites = {name[5:]: shard for name, shard in found.items() if name.startswith("site:")}
    subjects = {name[8:]: shard for name, shard in found.items() if name.startswith("subject:")}
    return State(found["study"], found["counters"], sites, subjects)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_long_walks_get_deep_and_reach_nothing_forbidden(full: bool) -> None:
    """Hundreds of steps each, most of them sensible: every part of the course is reached, in every order."""
    reached: set[str] = set()
    for seed in range(40 if full else 6):
        draw = random.Random(seed)  # noqa: S311 - a walk, no secret
        machine = AnyOrder()
        machine.begin(seed)
        for _ in range(150):
            _step(machine, draw)
            machine.nothing_forbidden_happened()
            machine.one_allocation_each()
        machine.teardown()
        reached |= {event.kind for event in machine.trial.chain.events}
    deep = {"unblinded", "blinded_treatment_ended", "open_label_started", "open_label_dose_recorded", "code_broken"}
    assert deep | {"adjudicated", "withdrawn", "transferred", "death_recorded", "retracted"} <= reached


def _step(machine: AnyOrder, draw: random.Random) -> None:
    i, own, site = draw.randrange(3), draw.random() < 0.8, draw.choice(SITES)
    match draw.choices(range(9), weights=(2, 4, 30, 10, 10, 8, 1, 8, 4))[0]:
        case 0:
            machine.screen(site)
        case 1:
            machine.wait(draw.randrange(1, 40))
        case 2:
            machine.next_step(i, draw.random() < 0.7)
        case 3:
            machine.read(i, draw.choice((1, 2)), draw.randrange(4), draw.choice(("PD", "SD", None)))
        case 4:
            machine.adjudicate(i, draw.choice((1, 2)), draw.choice(("adjudicator", "reader1")))
        case 5:
            machine.open_the_blind(i, own, draw.choice(OPENING))
        case 6:
            machine.withdraw(i, own, draw.choice(LEVELS))
        case 7:
            machine.live(i, own, draw.choice(("800", "0")), draw.randrange(5))
        case _:
            machine.turn(i, own, draw.choice(TURNS))
