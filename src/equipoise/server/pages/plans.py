"""Plans of the commands, from each part of the pages; a command without plan is asked for as it is declared."""

from equipoise.server.pages.forms.plan import Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.reading.plans import READING_PLANS
from equipoise.server.pages.setup.plans import SETUP_PLANS
from equipoise.server.pages.site.plans import SITE_PLANS
from equipoise.server.pages.unblinding.plans import UNBLINDING_PLANS

__all__ = ["PLANS", "plan_of"]

PLANS: dict[str, Planner] = {**SITE_PLANS, **READING_PLANS, **UNBLINDING_PLANS, **SETUP_PLANS}
"""Command -> what makes its plan."""


def plan_of(call: Call, command: str) -> Plan:
    """Plan of a command for a request."""
    planner = PLANS.get(command)
    return planner(call) if planner is not None else Plan()
