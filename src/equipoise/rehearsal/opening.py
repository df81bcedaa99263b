"""The set-up of a synthetic trial as commands: protocol, allocation, people, sites, forms, training, delegation."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from equipoise.derive.sdtm import Records
from equipoise.ledger import utc_text
from equipoise.protocol import Protocol
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.wishes import CENTRAL, STAFF

__all__ = ["ADMINISTRATOR", "TASKS", "opening_commands", "opens_at"]

ADMINISTRATOR = "administrator"
"""Account and role of who sets the trial up."""
Values = dict[str, Any]
TASKS = ("screen", "consent", "randomize", "dispense", "tumors", "data")
_AHEAD = dt.timedelta(days=30)
_HOUR = dt.time(15, tzinfo=dt.UTC)


def opens_at(model: PatientModel) -> dt.datetime:
    """Moment of the first command."""
    return dt.datetime.combine(model.accrual.first - _AHEAD, _HOUR)


class _Clock:
    """Gives a command a second each."""

    def __init__(self, begin: dt.datetime) -> None:
        self._now = begin

    def tick(self) -> str:
        text = utc_text(self._now)
        self._now += dt.timedelta(seconds=1)
        return text

    @property
    def today(self) -> str:
        return self._now.date().isoformat()


def opening_commands(
    protocol: Protocol, text: str, model: PatientModel, records: Records, *, commitment: str, trial: int = 0
) -> Iterator[Values]:
    """Give what the commands hold by which a trial comes to run.

    Parameters
    ----------
    protocol, text
        The protocol, and its text as adopted.
    model
        Sites and the day on which accrual begins.
    records
        Records of the patients: they say which versions of the consent forms are signed.
    commitment
        Published hash of the sealed seed.
    trial
        Which trial.
    """
    clock = _Clock(opens_at(model))
    digest = hashlib.sha256(text.encode()).hexdigest()
    begin = clock.tick()
    adopted = {"version": protocol.version.number, "text": text, "sha256": digest}
    yield _command("adopt_protocol", begin, adopted, second_factor=True)
    yield _command("commit_allocation", begin, {"stage": 1, "commitment": commitment}, second_factor=True)
    forms = _forms(records, trial)
    for person, role in CENTRAL.items():
        yield from _person(clock, person, role, None)
    for number, site in model.accrual.sites.items():
        opened = {"site": number, "name": f"Synthetic site {number}", "time_zone": site.time_zone}
        yield _command("open_site", clock.tick(), opened | {"country": site.country})
        for form, version, effective, again in forms:
            approved = {"site": number, "form": form, "version": version, "effective": effective or clock.today}
            yield _command("approve_consent_form", clock.tick(), approved | {"reconsent": again})
        for name, role in STAFF.items():
            yield from _person(clock, f"{name}@{number}", role, number)
        yield from _delegations(clock, number)


def _command(kind: str, at: str, payload: Mapping[str, object], *, second_factor: bool = False) -> Values:
    who = {"actor": ADMINISTRATOR, "role": ADMINISTRATOR}
    return {"kind": kind, "at": at, "payload": payload, "second_factor": second_factor, **who}


def _person(clock: _Clock, person: str, role: str, site: str | None) -> Iterator[Values]:
    held = {} if site is None else {"site": site}
    yield _command("grant_role", clock.tick(), {"person": person, "role": role, **held})
    course = {"person": person, "course": "Protocol and its system", "completed": clock.today}
    yield _command("record_training", clock.tick(), course)


def _delegations(clock: _Clock, site: str) -> Iterator[Values]:
    for name in STAFF:
        if name == "investigator":
            continue
        for task in TASKS:
            given = {"person": f"{name}@{site}", "task": task, "start": clock.today}
            who = {"actor": f"investigator@{site}", "role": "investigator", "site": site}
            yield {"kind": "delegate_task", "at": clock.tick(), "payload": given, **who}


def _forms(records: Records, trial: int) -> list[tuple[str, str, str | None, bool]]:
    """Form, version, first day (none for the day of opening) and whether all sign again, by the consents given."""
    found = records.get("consented")
    if found is None or found.is_empty():
        return [("study", "1.0", None, False)]
    days = found.filter(TRIAL=trial).group_by("form", "version").agg(pl.col("date").cast(pl.String).min())
    listed: list[tuple[str, str, str | None, bool]] = []
    for form in ("study", "crossover"):
        versions = days.filter(form=form).sort("date", "version").rows(named=True)
        for place, version in enumerate(versions):
            listed.append((form, version["version"], version["date"] if place else None, place > 0))
    return listed
