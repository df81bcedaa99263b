"""Consent: which version of which form, and when a patient is to be asked again."""

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import choice, date, identifier
from equipoise.conduct.state import Site, Subject
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS", "consent_problem", "form_in_force", "reconsent_due"]


def form_in_force(site: Site, form: str, day: str) -> str | None:
    """Version of a consent form that is in use at a site on a day."""
    forms = [f for f in site.live("consent_form_approved") if f["form"] == form and f["effective"] <= day]
    latest = max(forms, key=lambda f: str(f["effective"]), default=None)
    return None if latest is None else str(latest["version"])


def reconsent_due(site: Site, subject: Subject, day: str, form: str = "study") -> str | None:
    """Version of the form that a patient, who consented to an earlier one, is to be asked to sign; none if none is."""
    given = [c for c in subject.live("consented") if c["form"] == form]
    if not given:
        return None
    last = max(given, key=lambda c: str(c["date"]))
    forms = sorted(
        (f for f in site.live("consent_form_approved") if f["form"] == form and f["effective"] <= day),
        key=lambda f: str(f["effective"]),
    )
    signed = next((f["effective"] for f in forms if f["version"] == last["version"]), "")
    newer = [f for f in forms if f["effective"] > signed]
    return str(newer[-1]["version"]) if any(f["reconsent"] for f in newer) else None


def consent_problem(c: Context, form: str) -> None:
    """Refuse where the patient has not consented, or to a version that is no longer enough."""
    if not any(given["form"] == form for given in c.subject.live("consented")):
        words = "to the trial" if form == "study" else "to the open treatment"
        reason = said("The patient has not consented {words}.", words=Text(words))
        refuse("consent_missing", reason, "Record the consent first.")
    due = reconsent_due(c.site, c.subject, c.today, form)
    if due is not None:
        words = "The patient consented to a version of the form that is out of date; version {version} is in use."
        remedy = said("Ask the patient to sign version {version}, and record it.", version=due)
        refuse("consent_outdated", said(words, version=due), remedy)


def _consent(c: Context) -> None:
    form, version, day = c.payload["form"], c.payload["version"], c.payload["date"]
    current = form_in_force(c.site, form, day)
    if current is None:
        reason = said("No version of this form was in use at the site on {day}.", day=day)
        refuse("consent_form_unknown", reason, "Record the approval of the form at the site first.")
    if version != current:
        words = "Version {version} was not in use at the site on {day}; version {current} was."
        reason = said(words, version=version, day=day, current=current)
        remedy = said("Ask the patient to sign version {current}, and record that.", current=current)
        refuse("consent_outdated", reason, remedy)
    if any(g["form"] == form and g["version"] == version for g in c.subject.live("consented")):
        refuse("already_done", "This consent is recorded.", "Nothing is to be done.")
    c.record("CONSENT", "consented")


COMMANDS = (
    CommandSpec(
        "record_consent",
        "Record that the patient signed a consent form.",
        _consent,
        (
            choice("form", "which form", "study", "crossover"),
            identifier("version", "version that was signed"),
            date("date", "day of the signature"),
        ),
        dates=("date",),
    ),
)

APPLIES: Applies = {}
