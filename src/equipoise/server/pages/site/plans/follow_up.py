"""After treatment: contacts, death, loss, other therapies, deviations, withdrawal, the end."""

from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["PLANS"]


def _dated(button: str, title: str = "") -> Planner:
    """A plan that begins with today."""

    def plan(call: Call) -> Plan:
        return Plan(fields={"date": Tuned(value=call.today)}, button=_(button), title=_(title) if title else "")

    return plan


def _therapy(call: Call) -> Plan:
    known = call.context.rules.protocol.new_therapy
    choices = tuple((n, t.label or n.replace("_", " ")) for n, t in known.items() if not t.crossover)
    therapy = Tuned(label=_("Kind of therapy"), choices=choices or None)
    return Plan(
        fields={"therapy": therapy, "name": Tuned(label=_("Drug or procedure"))}, button=_("Record the therapy")
    )


def _withdraw(call: Call) -> Plan:
    levels = (
        ("drug", _("from treatment: visits and follow-up go on")),
        ("visits", _("from visits too: survival is still asked for")),
        ("survival", _("from follow-up too: nobody is contacted any more")),
        ("data", _("from the use of data: nothing more is recorded")),
    )
    return Plan(
        consequence=_("A withdrawal cannot be taken back. What was recorded before stays."),
        fields={"level": Tuned(label=_("From what does the patient withdraw?"), choices=levels),
                "date": Tuned(value=call.today)},
        button=_("Record the withdrawal"),
    )  # fmt: skip


def _transfer(call: Call) -> Plan:
    return Plan(fields={"date": Tuned(value=call.today)}, button=_("Transfer the patient"))


PLANS: dict[str, Planner] = {
    "record_contact": _dated("Record the contact", title="How is the patient?"),
    "record_death": lambda _call: Plan(button=_("Record the death")),
    "report_lost": _dated("Record that the patient is lost"),
    "report_found": _dated("Record that the patient was found"),
    "record_therapy": _therapy,
    "record_deviation": _dated("Record the deviation"),
    "withdraw": _withdraw,
    "transfer": _transfer,
    "end_study": _dated("Record the end of follow-up"),
    "report_unblinding": _dated("Report the unblinding"),
}
