"""Pages of the sites."""

from django.utils.translation import gettext_noop as _

from equipoise.server.pages.page import Page
from equipoise.server.pages.site.command import about_subject, about_trial
from equipoise.server.pages.site.dictionary import dictionary_page
from equipoise.server.pages.site.record import record_page
from equipoise.server.pages.site.stock import stock_page
from equipoise.server.pages.site.subject import subject_page
from equipoise.server.pages.site.subjects import subject_list
from equipoise.server.pages.site.today import overdue_follow_up, today
from equipoise.server.pages.site.waiting import answered, kits_to_hand_out

__all__ = ["SITE_PAGES", "answered", "kits_to_hand_out"]

SITE_PAGES = (
    Page(name="today", route="", right="see_today", view=today, title=_("Today"), menu="work"),
    Page(name="subjects", route="subjects/", right="see_accrual", view=subject_list, title=_("Subjects"), menu="work"),
    Page(name="due", route="due/", right="see_due", view=overdue_follow_up, title=_("Due"), menu="work"),
    Page(name="stock", route="stock/", right="see_stock", view=stock_page, title=_("Stock"), menu="work"),
    Page(
        name="dictionary",
        route="dictionary/",
        right="load_dictionary",
        view=dictionary_page,
        title=_("Dictionary"),
        menu="work",
        writes=True,
    ),
    Page(
        name="subject", route="subjects/<subject:subject>/", right="see_subject", view=subject_page, title=_("Subject")
    ),
    Page(
        name="record",
        route="subjects/<subject:subject>/records/<record:record>/",
        right="see_subject",
        view=record_page,
        title=_("Record"),
    ),
    Page(
        name="subject_command",
        route="subjects/<subject:subject>/do/<command:command>/",
        right=None,
        view=about_subject,
        title=_("Record"),
        writes=True,
    ),
    Page(name="command", route="do/<command:command>/", right=None, view=about_trial, title=_("Record"), writes=True),
)
