"""Pages of setting up."""

from django.utils.translation import gettext_noop as _

from equipoise.server.pages.page import Page
from equipoise.server.pages.setup.accounts import account_page, new_account_page
from equipoise.server.pages.setup.delegation import delegation_page
from equipoise.server.pages.setup.depot import depot_page
from equipoise.server.pages.setup.people import people_page, person_page
from equipoise.server.pages.setup.sites import sites_page
from equipoise.server.pages.setup.today_parts import to_set_up

__all__ = ["SETUP_PAGES", "to_set_up"]

SETUP_PAGES = (
    Page(name="sites", route="sites/", right="see_people", view=sites_page, title=_("Sites"), menu="trial"),
    Page(name="people", route="people/", right="see_people", view=people_page, title=_("People"), menu="trial"),
    Page(
        name="account_new",
        route="people/new/",
        right="manage_accounts",
        view=new_account_page,
        title=_("Make an account"),
        writes=True,
    ),
    Page(name="person", route="people/<person:person>/", right="see_people", view=person_page, title=_("Person")),
    Page(
        name="account",
        route="people/<person:person>/account/",
        right="manage_accounts",
        view=account_page,
        title=_("Account"),
        writes=True,
    ),
    Page(
        name="delegation",
        route="staff/",
        right="delegate_task",
        view=delegation_page,
        title=_("Staff of the site"),
        menu="work",
        writes=True,
    ),
    Page(
        name="depot",
        route="depot/",
        right="stock_depot",
        view=depot_page,
        title=_("Depot"),
        menu="work",
        writes=True,
    ),
)
