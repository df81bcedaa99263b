"""Interim looks at the record of a trial: events, sealed reports, who may open them."""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from tests.conduct.made_up import CENTRAL, PEOPLE
from tests.server.configured import file_place, use
from tests.server.server_trial import ServerTrial, copied

from equipoise.cli import main
from equipoise.conduct import ACTIONS, Role
from equipoise.ledger import ACCESS
from equipoise.server.sources import replaced

TRIAL = Path(__file__).parents[2] / "trials" / "a021202" / "protocol.yaml"


class Desk:
    """A trial on a server and the command line beside it."""

    def __init__(self, trial: ServerTrial, folder: Path) -> None:
        self.trial = trial
        self.folder = folder

    def run(
        self, *more: str, who: str = "unblinded_statistician", number: int = 1, cut: str = "", code: str = ""
    ) -> Any:
        """Run ``equipoise dmc`` in somebody's name; give exit code, output and errors."""
        t = self.trial
        t.account(who)
        proof = t.proof()
        out, err = io.StringIO(), io.StringIO()
        where = ("--cut", cut or t.today, "--look", str(number), "--login", who)
        key = ("--key", str(t.place.key_file))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err), replaced(t.sources()):
            patch.setattr(sys, "stdin", io.StringIO(f"{proof['password']}\n{code or proof['code']}\n"))
            patch.setattr(sys, "argv", ["equipoise", "dmc", str(TRIAL), str(t.place.data), *where, *key, *more])
            try:
                main()
                ended = 0
            except SystemExit as end:
                ended = int(end.code or 0)
        return ended, out.getvalue(), err.getvalue()

    def looks(self) -> list[Any]:
        return [e for e in self.trial.events() if e.kind == "look_made"]

    def access(self, kind: str) -> list[Any]:
        from equipoise.server.ledger.store import read_events

        return list(read_events(ACCESS, "kind = %s", [kind]))

    def open(self, part: str, who: str, role: str, *, proved: bool = True, **more: Any) -> Any:
        body = {"role": role, **more} | ({"proof": self.trial.proof()} if proved else {})
        return self.trial.post(f"looks/primary/1/{part}", who, body)


def _trial(folder: Path) -> ServerTrial:
    t = ServerTrial(file_place(folder)).set_up()
    for number in range(5):
        t.progressed("01" if number % 2 else "02")
    t.heads()
    return t


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The trial before and after its first look, made once."""
    folder = tmp_path_factory.mktemp("looked")
    trial = _trial(folder / "before")
    from django.db import connection

    connection.close()
    before = {name: getattr(trial, name) for name in ("now", "requests")}
    with copied(folder / "before", folder / "after") as place:
        trial.place = place
        desk = Desk(trial, folder)
        said = desk.run("-o", str(folder / "out"))
        trial.heads()
        connection.close()
    after = {name: getattr(trial, name) for name in ("now", "requests")}
    return {"folder": folder, "trial": trial, "before": before, "after": after, "said": said}


def _desk(templates: dict[str, Any], moment: str, target: Path) -> Iterator[Desk]:
    with copied(templates["folder"] / moment, target) as place:
        trial = ServerTrial(place, begin=False)
        for name, value in templates[moment].items():
            setattr(trial, name, value)
        trial.entropy = templates["trial"].entropy
        trial.tokens = {}
        use(place)
        yield Desk(trial, target)


@pytest.fixture
def begun(templates: dict[str, Any], tmp_path: Path) -> Iterator[Desk]:
    yield from _desk(templates, "before", tmp_path)


@pytest.fixture
def looked(templates: dict[str, Any], tmp_path: Path) -> Iterator[Desk]:
    yield from _desk(templates, "after", tmp_path)


def test_a_look_is_an_event_with_its_data_and_what_it_spent(templates: dict[str, Any], looked: Desk) -> None:
    code, out, err = templates["said"]
    assert code == 0, err
    (event,) = looked.looks()
    made = event.payload
    assert event.actor == "unblinded_statistician"
    before = [e for e in looked.trial.events() if e.seq == made["snapshot"]]
    assert before[0].hash == made["snapshot_hash"]
    assert (made["analysis"], made["look"], made["final"], made["events"]) == ("primary", 1, False, 5)
    assert 0 <= float(made["alpha_spent"]) < 0.1
    assert float(made["bound"]) > 2.0535578
    assert f"up to event {made['snapshot']}" in out
    place = templates["folder"] / "out" / "primary-look-1"
    assert (place / "closed").stat().st_mode & 0o077 == 0
    assert not list((templates["folder"] / "out").rglob("*letters*"))
    reads = [e.payload["what"] for e in looked.access("unblinded_read")]
    assert "interim look 1 of primary" in reads


def test_the_record_verifies_with_the_look(looked: Desk) -> None:
    from equipoise.server.verification.run import verify_trial

    report = verify_trial()
    assert report.intact, report.first


def test_a_changed_report_is_found(looked: Desk) -> None:
    import sqlite3

    from django.db import connection

    from equipoise.server.monitoring.reports import wrong_report

    assert wrong_report() is None
    connection.close()
    assert looked.trial.place.sqlite_file is not None
    with sqlite3.connect(looked.trial.place.sqlite_file) as database:
        with pytest.raises(sqlite3.IntegrityError, match="insert only"):
            database.execute("UPDATE monitoring_report SET content = x'00'")
        database.execute("DROP TRIGGER monitoring_report_no_UPDATE")
        digest = looked.looks()[0].payload["closed_report"]
        database.execute("UPDATE monitoring_report SET content = x'00' WHERE digest = ?", [digest])
    assert "the closed report of look 1 of primary was changed" in str(wrong_report())
    answer = looked.open("closed", "dmc", "dmc_member")
    assert answer.status_code == 503
    assert "is not as it was recorded" in answer.json()["detail"]


def test_the_board_opens_the_closed_report_and_each_opening_is_recorded(looked: Desk) -> None:
    for who, role in (("dmc", "dmc_member"), ("unblinded_statistician", "unblinded_statistician")):
        answer = looked.open("closed", who, role)
        assert answer.status_code == 200, answer.content
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            names = archive.namelist()
            page = archive.read("index.html").decode()
        assert "report/index.html" in names
        assert "arms are letters" in page
        assert "Efficacy bound of Z" in page
    key = looked.open("letters", "dmc", "dmc_member").json()
    assert sorted(key["arms"].values()) == sorted(("pazopanib", "placebo"))
    opened = [(e.actor, e.payload["report"]) for e in looked.access("look_opened")]
    assert opened == [("dmc", "closed"), ("unblinded_statistician", "closed"), ("dmc", "letters")]
    (listed,) = looked.trial.get("looks?role=auditor", "auditor").json()
    assert [(o["by"], o["report"]) for o in listed["opened"]] == opened


def test_nobody_else_opens_it_before_the_lock(looked: Desk) -> None:
    trial = looked.trial
    people = {role: (f"{person}@01", {"site": "01"}) for person, role in PEOPLE.items()}
    people |= {role: (person, {}) for person, role in CENTRAL.items()} | {"administrator": ("admin", {})}
    board = {Role.DMC_MEMBER, Role.UNBLINDED_STATISTICIAN}
    refused = 0
    for role, (who, where) in people.items():
        if Role(role) in board:
            continue
        for part in ("closed", "letters"):
            answer = looked.open(part, who, role, proved=False, **where)
            assert answer.status_code in (403, 409), (role, answer.content)
            assert answer.json()["code"] in ("not_allowed", "not_now"), role
            refused += 1
    assert looked.open("closed", "dmc", "dmc_member", proved=False).json()["code"] == "second_factor"
    # somebody who claims the role of the board does not hold it
    assert looked.open("closed", "monitor", "dmc_member", proved=False).json()["code"] == "role_not_held"
    assert not looked.access("look_opened")
    assert len(looked.access("refused")) == refused + 2
    trial.do("lock_database", "data_manager", {"meaning": "clean"})
    for role in ("blinded_statistician", "auditor"):
        assert looked.open("closed", people[role][0], role).status_code == 200, role
    assert looked.open("closed", "coordinator@01", "site_coordinator", site="01").status_code == 403
    trial.do("unlock_database", "data_manager")
    assert looked.open("closed", "auditor", "auditor").status_code in (403, 409)


def test_blinded_roles_read_the_open_report(looked: Desk) -> None:
    allowed = ACTIONS["see_looks"].roles
    for person, role in CENTRAL.items():
        answer = looked.trial.get(f"looks/primary/1/open?role={role}", person)
        assert answer.status_code == (200 if Role(role) in allowed else 403), role
    answer = looked.trial.get("looks?role=monitor", "monitor")
    (listed,) = answer.json()
    assert listed["reports"] == ["open", "closed", "letters"]
    assert listed["recommended"] is None
    assert listed["snapshot"] is None
    (board,) = looked.trial.get("looks?role=dmc_member", "dmc").json()
    assert board["snapshot"] == looked.looks()[0].payload["snapshot"]
    content = looked.trial.get("looks/primary/1/open?role=monitor", "monitor").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "closed" in name or "letters" in name]
    missing = looked.trial.get("looks/primary/2/open?role=monitor", "monitor")
    assert (missing.status_code, missing.json()["code"]) == (404, "look_unknown")


def test_the_database_file_tells_no_arm_of_the_look(looked: Desk) -> None:
    """Without the key: nothing in the rows of the look names an arm, a letter or a Z."""
    from equipoise.server.monitoring.models import LookReport

    made = looked.looks()[0].payload
    for part in ("closed_report", "letters"):
        content = bytes(LookReport.objects.get(digest=made[part]).content)
        assert not content.startswith((b"PK", b"{"))
        size = len(content) - 12 - 16
        assert size & (size - 1) == 0, "padded to a power of two"
    assert not {"z", "hazard_ratio", "letter"} & set(made)


@pytest.mark.parametrize(
    ("number", "cut", "said"),
    [
        (1, "", "took place already"),
        (3, "", "There is no look 3 of primary: planned are looks up to 2"),
        (2, "2024-01-09", "is not after"),
        (2, "2999-01-01", "lies in the future"),
    ],
)
def test_looks_out_of_order_are_refused_from_the_events(looked: Desk, number: int, cut: str, said: str) -> None:
    code, _, err = looked.run(number=number, cut=cut)
    assert code == 2
    assert said in err, err
    assert len(looked.looks()) == 1


def test_the_next_look_goes_on_from_the_recorded_one(looked: Desk) -> None:
    t = looked.trial
    t.wait(1)
    code, _, err = looked.run(number=2)
    assert code == 2
    assert "look 2 of 'primary' has 5 events and the look before it had 5: information must increase" in err
    t.progressed("01")
    code, _, err = looked.run(number=2)
    assert code == 0, err
    first, second = (e.payload for e in looked.looks())
    assert second["final"]
    assert float(second["alpha_spent"]) == pytest.approx(0.10, abs=1e-9)
    assert float(first["alpha_spent"]) < float(second["alpha_spent"])
    t.wait(1)
    code, _, err = looked.run(number=3)
    assert code == 2
    assert "would come after the final analysis" in err


def test_only_the_unblinded_statistician_makes_a_look(begun: Desk) -> None:
    for who in ("blinded_statistician", "dmc", "admin"):
        code, _, err = begun.run(who=who)
        assert code == 2
        assert "You do not hold this role" in err, err
    code, _, err = begun.run(code="000000")
    assert code == 2
    assert "login, password or code are wrong" in err
    assert not begun.looks()
    assert not begun.access("unblinded_read")
    assert [e.payload["command"] for e in begun.access("refused")] == ["make_look"] * 3
    assert begun.access("login_refused")


def test_what_is_wrong_is_said_before_arms_are_opened(begun: Desk, tmp_path: Path) -> None:
    code, _, err = begun.run(cut="2020-01-01")
    assert code == 2
    assert "comes before the first patient: the first was randomized on" in err
    other = tmp_path / "protocol.yaml"
    other.write_text(TRIAL.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "TRIAL", other)
        code, _, err = begun.run()
    assert code == 2
    assert "is not the protocol in force, version v1 of the record" in err
    assert not begun.looks()


def test_the_board_recommends_once(looked: Desk) -> None:
    code, _, err = looked.run("--recommendation", "continue", who="unblinded_statistician")
    assert code == 2
    assert "You do not hold this role" in err
    code, out, err = looked.run("--recommendation", "continue", who="dmc")
    assert code == 0, err
    assert "recommendation on look 1 of primary is recorded: continue" in out
    code, _, err = looked.run("--recommendation", "stop", who="dmc")
    assert code == 2
    assert "is recorded: continue" in err
    code, _, err = looked.run("--recommendation", "carry on", who="dmc", number=2)
    assert code == 2
    assert "one of continue, modify, stop" in err
    listed = json.loads(looked.trial.get("looks?role=monitor", "monitor").content)
    assert listed[0]["recommended"]["recommendation"] == "continue"


def _with_crossover(folder: Path, seed: int) -> tuple[ServerTrial, dict[str, str]]:
    """Six patients with confirmed progression; who got placebo goes on to open treatment."""
    t = ServerTrial(file_place(folder), seed=seed).set_up()
    subjects = []
    for number in range(6):
        subject = t.progressed("01" if number % 2 else "02")
        subjects.append(subject)
        staff = f"investigator@{subject[:2]}"
        t.do("unblind", staff, subject=subject)
        t.do("end_blinded_treatment", staff, {"date": t.today}, subject=subject)
        now, requests = t.now, t.requests
        if t.arm(subject) == "placebo":
            t.wait(1)
            t.do("start_open_label", staff, {"date": t.today}, subject=subject)
            dose = {"start": t.today, "amount": "800", "unit": "mg"}
            t.do("record_open_label_dose", f"coordinator@{subject[:2]}", dose, subject=subject)
        t.now, t.requests = now, requests + 10
        t.wait(2)
    t.do("record_death", f"coordinator@{subjects[0][:2]}", {"date": t.today, "cause": "disease"}, subject=subjects[0])
    return t, {subject: t.arm(subject) for subject in subjects}


def test_the_open_report_of_a_record_does_not_depend_on_the_arms(tmp_path: Path) -> None:
    """Two trials with the same patients and other arms, in which others go on to open treatment."""
    found = []
    for seed in (1, 4):
        trial, arms = _with_crossover(tmp_path / str(seed), seed)
        desk = Desk(trial, tmp_path)
        code, _, err = desk.run(cut="2027-01-01" if trial.today > "2027-01-01" else "")
        assert code == 0, err
        content = trial.get("looks/primary/1/open?role=monitor", "monitor").content
        listed = trial.get("looks?role=monitor", "monitor").json()
        found.append((arms, content, listed, len(trial.events())))
    one, other = found
    assert one[0].keys() == other[0].keys()
    assert sorted(one[0].values()) != sorted(other[0].values())
    assert one[3] != other[3], "not as many events"
    for look in (one[2][0], other[2][0]):
        look.pop("at")
    assert one[2] == other[2]
    assert one[1] == other[1]
    with zipfile.ZipFile(io.BytesIO(one[1])) as archive:
        words = b"".join(archive.read(name) for name in archive.namelist()).lower()
    assert b"open-label" not in words
