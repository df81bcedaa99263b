"""Delegation at a site."""

from equipoise.server.accounts.models import Account
from equipoise.server.pages.forms.inputs import Choice, Tuned
from equipoise.server.pages.forms.plan import Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["PLANS", "people_of"]


def people_of(call: Call) -> tuple[Choice, ...]:
    """People with a role at the site of the desk, by their names where accounts have them."""
    accounts = [
        name for name, person in call.study.people.items() if any(s == call.desk.site for _r, s in person.roles)
    ]
    names = dict(Account.objects.filter(id__in=accounts).values_list("id", "name"))
    return tuple((name, f"{names[name]} ({name})" if names.get(name) else name) for name in sorted(accounts))


def _tasks() -> tuple[Choice, ...]:
    return (
        ("screen", _("screen and register patients")),
        ("consent", _("take consent")),
        ("randomize", _("randomize")),
        ("dispense", _("hand out kits")),
        ("tumors", _("measure tumors and send scans")),
        ("data", _("record data")),
    )


def _delegate(call: Call) -> Plan:
    fields = {
        "person": Tuned(label=_("Person"), choices=people_of(call)),
        "task": Tuned(choices=_tasks()),
        "start": Tuned(value=call.today),
    }
    return Plan(fields=fields, button=_("Delegate the task"))


def _end(call: Call) -> Plan:
    fields = {
        "person": Tuned(label=_("Person"), choices=people_of(call)),
        "task": Tuned(choices=_tasks()),
        "end": Tuned(value=call.today),
    }
    return Plan(fields=fields, button=_("End the delegation"))


PLANS: dict[str, Planner] = {"delegate_task": _delegate, "end_delegation": _end}
