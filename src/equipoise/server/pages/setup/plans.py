"""Plans of the commands with which a trial is set up: people and sites are chosen, days are filled in."""

import hashlib
from typing import Any
from zoneinfo import available_timezones

from equipoise.conduct import Role
from equipoise.server.pages.forms.inputs import Choice, Tuned
from equipoise.server.pages.forms.plan import Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.setup.depot import kits_on_their_way
from equipoise.server.pages.setup.known import begun_everywhere, person_choices, site_choices
from equipoise.server.pages.words import translated as _

__all__ = ["SETUP_PLANS"]


def _roles() -> tuple[Choice, ...]:
    return tuple((str(role), _(str(role).replace("_", " "))) for role in Role if role is not Role.PATIENT)


def _people(call: Call) -> dict[str, Any]:
    return {"after": lambda here: here.url("people"), "back": (_("People"), call.url("people"))}


def _sites(call: Call) -> dict[str, Any]:
    return {"after": lambda here: here.url("sites"), "back": (_("Sites"), call.url("sites"))}


def _grant(call: Call) -> Plan:
    fields = {
        "person": Tuned(label=_("Person"), choices=person_choices(call)),
        "role": Tuned(label=_("Role"), choices=_roles()),
        "site": Tuned(label=_("Site"), choices=site_choices(), why=_("Only for a role that is held at a site.")),
    }
    return Plan(title=_("Give a role"), fields=fields, button=_("Give the role"), **_people(call))


def _revoke(call: Call) -> Plan:
    fields = {
        "person": Tuned(label=_("Person"), choices=person_choices(call, with_role=True)),
        "role": Tuned(label=_("Role"), choices=_roles()),
        "site": Tuned(label=_("Site"), choices=site_choices(), why=_("Only for a role that is held at a site.")),
    }
    return Plan(title=_("Take a role back"), fields=fields, button=_("Take the role back"), **_people(call))


def _training(call: Call) -> Plan:
    fields = {
        "person": Tuned(label=_("Person"), choices=person_choices(call, with_role=True)),
        "course": Tuned(label=_("Course"), value=_("Protocol")),
        "completed": Tuned(label=_("Day of the training"), value=min(call.today, begun_everywhere(call))),
        "expires": Tuned(label=_("Last day in force"), why=_("Empty where it has none.")),
    }
    return Plan(title=_("Record training"), fields=fields, button=_("Record the training"), **_people(call))


def _open_site(call: Call) -> Plan:
    fields = {
        "site": Tuned(label=_("Site number"), why=_("Subject numbers begin with it: 01 gives 01-001, 01-002.")),
        "name": Tuned(label=_("Institution")),
        "time_zone": Tuned(
            label=_("Time zone"),
            why=_("Type a few letters and choose, for example Europe/Berlin. The days of the site follow it."),
            options=tuple(sorted(zone for zone in available_timezones() if "/" in zone and "Etc/" not in zone)),
        ),
        "country": Tuned(label=_("Country"), why=_("As the export writes it, for example USA or DEU.")),
    }
    return Plan(title=_("Open a site"), fields=fields, button=_("Open the site"), **_sites(call))


def _site() -> Tuned:
    return Tuned(label=_("Site"), choices=site_choices())


def _approve(call: Call) -> Plan:
    forms = (("study", _("the trial")), ("crossover", _("open treatment after crossover")))
    fields = {
        "site": _site(),
        "form": Tuned(label=_("Consent to"), choices=forms),
        "version": Tuned(label=_("Version of the form"), why=_("As printed on it, for example 1.0.")),
        "effective": Tuned(label=_("First day in use"), value=begun_everywhere(call, call.request.GET.get("site", ""))),
        "reconsent": Tuned(label=_("Ask those who signed an earlier one again?"), value=False),
    }
    title = _("Bring a consent form into use")
    return Plan(title=title, fields=fields, button=_("Bring the form into use"), **_sites(call))


def _activate(call: Call) -> Plan:
    versions = tuple((version, version) for version in call.study.versions)
    fields = {
        "site": _site(),
        "version": Tuned(label=_("Version of the protocol"), choices=versions),
        "effective": Tuned(
            label=_("First day in force at the site"),
            value=begun_everywhere(call, call.request.GET.get("site", "")),
        ),
    }
    title = _("Put a version of the protocol into force")
    return Plan(title=title, fields=fields, button=_("Put the version into force"), **_sites(call))


def _close(call: Call) -> Plan:
    to = (("accrual", _("to new patients")), ("all", _("altogether")))
    fields = {
        "site": _site(),
        "to": Tuned(label=_("Close the site"), choices=to),
        "date": Tuned(label=_("Day"), value=call.today),
    }
    return Plan(title=_("Close a site"), fields=fields, button=_("Close the site"), **_sites(call))


def _reopen(call: Call) -> Plan:
    fields = {"site": _site(), "date": Tuned(label=_("Day"), value=call.today)}
    return Plan(title=_("Open a closed site again"), fields=fields, button=_("Open the site again"), **_sites(call))


def _amend(call: Call) -> Plan:
    fields = {
        "version": Tuned(label=_("Number of the version"), why=_("As the file says it.")),
        "text": Tuned(label=_("Text of the protocol file"), kind="long", why=_("The whole protocol.yaml.")),
        "sha256": Tuned(left_out=True),
        "approved": Tuned(label=_("Day of approval"), value=call.today),
        "summary": Tuned(label=_("What it changes")),
    }
    return Plan(
        title=_("Adopt a new version of the protocol"),
        fields=fields,
        prepare=_with_hash,
        button=_("Adopt the version"),
        **_sites(call),
    )


def _with_hash(_call: Call, payload: dict[str, Any]) -> dict[str, Any]:
    text = str(payload.get("text", ""))
    return {**payload, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _receive(call: Call) -> Plan:
    waiting = kits_on_their_way(str(call.desk.site), call.context.site.kits)
    asked = (call.request.POST or call.request.GET).get("lot")
    sent = next((each for each in waiting if each.lot == asked), waiting[0] if len(waiting) == 1 else None)
    intro = _("Compare the numbers on the boxes with the list, and strike out what did not arrive.") if sent else ""
    why = _("One a line, as printed on the boxes.")
    kits = Tuned(label=_("Kit numbers"), value=list(sent.kits) if sent else None, why=why)
    fields = {
        "lot": Tuned(label=_("Lot"), value=sent.lot if sent else None),
        "expires": Tuned(label=_("Last day of use"), value=sent.expires if sent else None),
        "kits": kits,
    }
    return Plan(
        title=_("Take kits into stock"),
        intro=intro,
        fields=fields,
        button=_("Take the kits into stock"),
        after=lambda here: here.url("stock"),
        back=(_("Stock"), call.url("stock")),
    )


def _cut(call: Call) -> Plan:
    named = ", ".join(call.context.rules.protocol.data_cuts)
    why = _("The protocol names: %(names)s.") % {"names": named} if named else ""
    fields = {
        "name": Tuned(label=_("Name of the cut"), why=why or None),
        "cutoff": Tuned(label=_("Last day that counts"), why=_("Empty: everything that is recorded by now.")),
    }
    return Plan(
        title=_("Make a data cut"),
        intro=_("The record as it is now is kept under a name: its export is the same whenever it is asked for."),
        fields=fields,
        done=_("The data cut is made: export it here."),
        button=_("Make the data cut"),
        after=lambda here: here.url("export"),
        back=(_("Export"), call.url("export")),
    )


SETUP_PLANS: dict[str, Planner] = {
    "grant_role": _grant,
    "revoke_role": _revoke,
    "record_training": _training,
    "open_site": _open_site,
    "approve_consent_form": _approve,
    "activate_version": _activate,
    "close_site": _close,
    "reopen_site": _reopen,
    "amend_protocol": _amend,
    "cut_data": _cut,
    "receive_kits": _receive,
}
"""Command -> what makes its plan."""
