"""A patient comes into the trial: number, match with earlier numbers, registration, screen failure."""

from equipoise.conduct.command import Command, refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field
from equipoise.conduct.form import date, identifier, text, texts
from equipoise.conduct.rights import Stage
from equipoise.conduct.state import Counters, Site, Subject
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS"]


def _screen(c: Context) -> None:
    site, payload = c.site, c.payload
    if site.status != "open":
        refuse("site_closed", said("Site {site} takes no patients now.", site=site.id), "Reopen the site for accrual.")
    earlier, key = payload.get("rescreen_of"), payload.get("person_key")
    if key is not None and key in c.counters.persons:
        known, known_site, _ = c.counters.persons[key]
        if known != earlier:
            _refuse_known(known, known_site == site.id)
    if earlier is not None:
        _check_earlier(c, earlier, key)
    number = f"{site.id}-{site.screened + 1:03d}"
    values = {"date": payload["date"], "person_key": key, "rescreen_of": earlier}
    c.event("screened", values, subject=number, site=site.id)


def _refuse_known(known: str, here: bool) -> None:
    if here:
        words = "Continue with {known}; after a screen failure screen again and give {known} as the earlier number."
        remedy = said(words, known=known)
        refuse("person_known", said("This person was screened before, as {known}.", known=known), remedy)
    reason = "This person may already take part in the trial at another site."
    words = "Ask the data manager before going on; after a screen failure elsewhere give the number of that screening."
    refuse("person_known", reason, words, alert=("data_manager",))


def _check_earlier(c: Context, earlier: str, key: str | None) -> None:
    subject = c.state.subjects.get(earlier)
    if subject is None or subject.stage is not Stage.FAILED:
        reason = said("{earlier} is no screen failure.", earlier=earlier)
        refuse("earlier_not_failed", reason, "Record the screen failure of the earlier number first.")
    first = subject.last("screened") or {}
    if key is not None and first.get("person_key") not in (None, key):
        refuse("person_differs", said("{earlier} is another person.", earlier=earlier), "Check the earlier number.")


def _screened_site(site: Site, _event: Event) -> Site:
    return site.but(screened=site.screened + 1, last_request=_event.request_id)


def _screened_subject(subject: Subject, event: Event) -> Subject:
    return subject.but(site=event.site or "")


def _screened_counters(counters: Counters, event: Event) -> Counters:
    key = event.payload.get("person_key")
    if key is None:
        return counters
    entry = (event.subject or "", event.site or "", False)
    return counters.but(persons={**counters.persons, key: entry})


def _register(c: Context) -> None:
    if c.subject.has("registered"):
        refuse("already_done", "The patient is registered.", "Correct the date if it is wrong.")
    if not c.subject.has("consented"):
        refuse("consent_missing", "The patient has not consented.", "Record the consent first.")
    c.record("REG", "registered")


def _fail(c: Context) -> None:
    unknown = [name for name in c.payload["criteria"] if name not in c.rules.protocol.eligibility]
    if unknown:
        problems = tuple((name, "no criterion of the protocol") for name in unknown)
        refuse(
            "bad_value",
            said("No criterion: {unknown}.", unknown=unknown),
            "Choose criteria of the protocol.",
            problems=problems,
        )
    c.record("FAIL", "screen_failed", {"comment": None, **c.payload, "criteria": list(c.payload["criteria"])})


def _earlier_subject(command: Command) -> tuple[str, ...]:
    earlier = command.payload.get("rescreen_of")
    return (f"subject:{earlier}",) if earlier else ()


COMMANDS = (
    CommandSpec(
        "screen",
        "Give a patient a number.",
        _screen,
        (
            date("date", "day of screening"),
            Field("person_key", "hash", "keyed hash of identifying data, to find a person known already", False),
            identifier("rescreen_of", "earlier number of the same person, after a screen failure", required=False),
        ),
        dates=("date",),
        shards=_earlier_subject,
    ),
    CommandSpec(
        "register", "Register the patient.", _register, (date("date", "day of registration"),), dates=("date",)
    ),
    CommandSpec(
        "fail_screening",
        "Record that the patient does not go on to randomization.",
        _fail,
        (
            date("date", "day of the decision"),
            texts("criteria", "criteria that are not met; empty where the patient did not want to go on", least=0),
            text("comment", "in words", required=False),
        ),
        dates=("date",),
    ),
)

APPLIES: Applies = {
    "screened": {"subject": _screened_subject, "site": _screened_site, "counters": _screened_counters},
}
