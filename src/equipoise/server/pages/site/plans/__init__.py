"""Plans of the commands of sites, a file for each noun."""

from equipoise.server.pages.forms.plan import Planner
from equipoise.server.pages.site.plans import (
    enrollment,
    follow_up,
    people,
    questionnaires,
    records,
    safety,
    treatment,
    tumors,
    visits,
)

__all__ = ["SITE_PLANS"]

SITE_PLANS: dict[str, Planner] = {
    name: planner
    for part in (enrollment, treatment, visits, questionnaires, tumors, safety, follow_up, records, people)
    for name, planner in part.PLANS.items()
}
"""Command -> what makes its plan."""
