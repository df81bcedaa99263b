"""A patient's diary: opened by a personal link, nobody else's, and over at once with death or withdrawal."""

import datetime as dt
import json
from typing import Any

import pytest
from tests.server.server_trial import ServerTrial

from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.accounts.models import DiaryLink
from equipoise.server.ledger.store import chain_end, read_events
from equipoise.server.sources import replaced
from equipoise.server.verification.run import verify_trial

ROLE = {"role": "site_coordinator", "site": "01"}


def given(trial: ServerTrial, subject: str = "01-002", **more: Any) -> str:
    answer = trial.post(f"subjects/{subject}/diary-link", "coordinator@01", ROLE | more)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["secret"])


def opened(trial: ServerTrial, secret: str, subject: str = "01-002") -> Any:
    headers = {"authorization": f"Bearer {secret}"}
    with replaced(trial.sources()):
        return trial.client.get(f"/api/subjects/{subject}/diary?role=patient", headers=headers)


def handed_in(trial: ServerTrial, secret: str, subject: str = "01-002", **changed: Any) -> Any:
    trial.requests += 1
    form = {"instrument": "LASA", "target": 29, "date": trial.today, "answers": {}} | changed
    body = {"request_id": f"diary-{trial.requests:06d}", "role": "patient", "subject": subject, "payload": form}
    headers = {"authorization": f"Bearer {secret}"}
    with replaced(trial.sources()):
        content = json.dumps(body)
        return trial.client.post(
            "/api/commands/submit_diary", content, content_type="application/json", headers=headers
        )


def due_now(trial: ServerTrial, secret: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = opened(trial, secret).json()["due"]
    return found


def test_a_link_opens_the_own_diary_and_hands_in_its_forms(trial: ServerTrial) -> None:
    secret = given(trial)
    page = opened(trial, secret).json()
    assert page["open"]
    assert page["subject"] == "01-002"
    assert page["done"] == []
    form = page["due"][0]
    assert form["first"] <= trial.today <= form["last"]
    answers = {item["item"]: item["low"] for item in form["items"]}
    answer = handed_in(trial, secret, instrument=form["instrument"], target=form["target"], answers=answers)
    assert answer.status_code == 200, answer.content
    event = list(read_events(TRIAL))[-1]
    assert (event.kind, event.actor, event.role, event.subject) == ("diary_submitted", "01-002", "patient", "01-002")
    after = opened(trial, secret).json()
    assert {(f["instrument"], f["target"]) for f in after["done"]} == {(form["instrument"], form["target"])}
    assert form not in after["due"]
    lines = [line for line in after["trend"] if line["instrument"] == form["instrument"]]
    assert lines
    assert all(line["points"][0]["target"] == form["target"] for line in lines)


def test_a_link_opens_nothing_else(trial: ServerTrial) -> None:
    secret, headers = given(trial), {}
    headers = {"authorization": f"Bearer {secret}"}
    end = chain_end(TRIAL)
    assert opened(trial, secret, "02-001").status_code == 403
    assert handed_in(trial, secret, "02-001").status_code == 403
    with replaced(trial.sources()):
        for path in ("me", "subjects?role=patient", "subjects/01-002/records?role=site_coordinator&site=01", "sdtm"):
            assert trial.client.get(f"/api/{path}", headers=headers).status_code == 401, path
        for role in ("site_coordinator", "investigator", "data_manager"):
            answer = trial.client.get(f"/api/subjects/01-002/diary?role={role}&site=01", headers=headers)
            assert answer.status_code == 403
        body = json.dumps({"request_id": "forged-0001", "role": "investigator", "site": "01", "subject": "01-002"})
        for command in ("break_code", "record_contact", "randomize"):
            answer = trial.client.post(
                f"/api/commands/{command}", body, content_type="application/json", headers=headers
            )
            assert answer.status_code == 401, command
    assert chain_end(TRIAL) == end


def _death(trial: ServerTrial) -> None:
    trial.do("record_death", "coordinator@01", {"date": trial.today, "cause": "disease"}, subject="01-002")


def _withdrawal(trial: ServerTrial) -> None:
    payload = {"level": "visits", "date": trial.today, "by": "patient"}
    trial.do("withdraw", "coordinator@01", payload, subject="01-002")


def _end_of_study(trial: ServerTrial) -> None:
    trial.do("end_study", "coordinator@01", {"date": trial.today, "why": "completed"}, subject="01-002")


def _revoked(trial: ServerTrial) -> None:
    assert trial.post("subjects/01-002/diary-link/end", "coordinator@01", ROLE).status_code == 204


def _another(trial: ServerTrial) -> None:
    given(trial)


def _lock(trial: ServerTrial) -> None:
    trial.do("lock_subject", "data_manager", subject="01-002")


@pytest.mark.parametrize("stop", [_death, _withdrawal, _end_of_study, _revoked, _another, _lock])
def test_a_link_stops_at_once(trial: ServerTrial, stop: Any) -> None:
    secret = given(trial)
    assert opened(trial, secret).status_code == 200
    stop(trial)
    end = chain_end(TRIAL)
    assert opened(trial, secret).status_code == 401
    assert handed_in(trial, secret).status_code == 401
    assert chain_end(TRIAL) == end


def test_a_link_expires(trial: ServerTrial) -> None:
    secret = given(trial, days=2)
    trial.now += dt.timedelta(days=1, hours=23)
    assert opened(trial, secret).status_code == 200
    trial.now += dt.timedelta(hours=2)
    assert opened(trial, secret).status_code == 401
    answer = trial.get("subjects/01-002/diary-link?role=site_coordinator&site=01", "coordinator@01")
    assert answer.json() == []


def test_a_death_that_was_retracted_opens_the_diary_again(trial: ServerTrial) -> None:
    secret = given(trial)
    _death(trial)
    assert opened(trial, secret).status_code == 401
    trial.do("retract_death", "investigator@01", subject="01-002")
    assert opened(trial, secret).status_code == 200


@pytest.mark.parametrize("wrong", ["", "eqd_", "eqd_" + "A" * 43, "\u00fc", "eqd_" + "x" * 4000])
def test_a_forged_link_opens_nothing(trial: ServerTrial, wrong: str) -> None:
    given(trial)
    assert opened(trial, wrong).status_code == 401


def test_the_secret_is_kept_nowhere_and_links_are_proven(trial: ServerTrial) -> None:
    import sqlite3

    from django.db import connection

    secret = given(trial)
    trial.heads()
    assert verify_trial().intact
    connection.close()
    assert trial.place.sqlite_file is not None
    for path in trial.place.data.iterdir():
        assert secret.removeprefix("eqd_").encode() not in path.read_bytes()
    kinds = [e.kind for e in read_events(ACCESS)]
    assert kinds.count("diary_link_changed") == 1
    connection.close()
    with sqlite3.connect(trial.place.sqlite_file) as raw:
        raw.execute("UPDATE diary_link SET subject = '02-001'")
    assert "diary link" in (verify_trial().first or "")
    DiaryLink.objects.all().delete()
    assert verify_trial().intact, "a deleted row ends a link and is no fault"


def test_who_may_give_a_link(trial: ServerTrial) -> None:
    other = trial.post("subjects/01-002/diary-link", "coordinator@02", {"role": "site_coordinator", "site": "02"})
    assert (other.status_code, other.json()["code"]) == (403, "other_site")
    reader = trial.post("subjects/01-002/diary-link", "local_reader@01", {"role": "local_reader", "site": "01"})
    assert reader.json()["code"] == "not_allowed"
    _death(trial)
    dead = trial.post("subjects/01-002/diary-link", "coordinator@01", ROLE)
    assert (dead.status_code, dead.json()["code"]) == (409, "diary_closed")
