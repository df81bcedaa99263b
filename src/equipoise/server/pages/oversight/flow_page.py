"""The page of flow and accrual: pooled over the arms, live from the list of patients."""

import datetime as dt

from django.http import HttpResponse

from equipoise.conduct.nouns.central_review import RUNS_REVIEW
from equipoise.server.pages.oversight.accrual import accrual_chart, accrual_plan, site_lines
from equipoise.server.pages.oversight.flow import flow_boxes
from equipoise.server.pages.oversight.standing import standings
from equipoise.server.pages.oversight.turnaround import turnaround
from equipoise.server.pages.page import Call

__all__ = ["flow_page"]


def flow_page(call: Call) -> HttpResponse:
    """Show who came in, who goes on and who left, arms together; and accrual against the plan."""
    patients = standings(call)
    plan = None if call.desk.at_site else accrual_plan(call.context.rules.protocol)
    chart = accrual_chart(patients, plan, call.today)
    randomized = sum(1 for each in patients if "randomized" in each.known)
    expected = None
    if plan is not None and chart is not None:
        first = min(each.known["randomized"] for each in patients if "randomized" in each.known)
        expected = plan.by(dt.date.fromisoformat(first), dt.date.fromisoformat(call.today))
    return call.render(
        "pages/oversight/flow.html",
        boxes=flow_boxes(patients, opened=not call.desk.blinded),
        chart=chart,
        plan=plan,
        expected=expected,
        randomized=randomized,
        sites=site_lines(call, patients, plan),
        turnaround=turnaround(patients, call.today) if call.desk.role in RUNS_REVIEW else None,
    )
