"""Plans of the commands of sites, a file for each noun."""

from equipoise.server.pages.forms.plan import Planner

__all__ = ["SITE_PLANS"]

SITE_PLANS: dict[str, Planner] = {}
