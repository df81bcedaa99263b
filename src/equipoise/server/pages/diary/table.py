"""Pages about diaries below a desk; the patient's own stand in `addresses`."""

from django.utils.translation import gettext_noop as _

from equipoise.server.pages.diary.due import due_page
from equipoise.server.pages.diary.link import link_page
from equipoise.server.pages.diary.wordings import wordings_page
from equipoise.server.pages.page import Page

__all__ = ["DIARY_PAGES"]

DIARY_PAGES = (
    Page(
        name="diaries",
        route="questionnaires/",
        right="see_due",
        view=due_page,
        title=_("Questionnaires"),
        menu="work",
    ),
    Page(
        name="wordings",
        route="questionnaires/wording/",
        right="load_wording",
        view=wordings_page,
        title=_("Wording of questionnaires"),
        writes=True,
    ),
    Page(
        name="diary_link",
        route="subjects/<subject:subject>/diary-link/",
        right="give_diary_link",
        view=link_page,
        title=_("Link to the diary"),
        writes=True,
    ),
)
