"""Pages of the central review."""

from django.utils.translation import gettext_noop as _

from equipoise.server.pages.page import Page
from equipoise.server.pages.reading.agreement import agreement_page
from equipoise.server.pages.reading.desk import review_page
from equipoise.server.pages.reading.queue import review_queue
from equipoise.server.pages.reading.reader import own_reads
from equipoise.server.pages.reading.sides import sides

__all__ = ["READING_PAGES"]

READING_PAGES = (
    Page(
        name="review_queue",
        route="reading/",
        right="see_review_queue",
        view=review_queue,
        title=_("Reading queue"),
        menu="work",
    ),
    Page(
        name="agreement",
        route="reader-agreement/",
        right="see_reader_agreement",
        view=agreement_page,
        title=_("Reader agreement"),
        menu="work",
    ),
    Page(
        name="reading",
        route="subjects/<subject:subject>/reading/",
        right="see_scans_to_read",
        view=own_reads,
        title=_("Own reads"),
    ),
    Page(
        name="sides",
        route="subjects/<subject:subject>/side-by-side/",
        right="see_reads_side_by_side",
        view=sides,
        title=_("Readers side by side"),
    ),
    Page(
        name="review",
        route="subjects/<subject:subject>/central-review/",
        right="assign_reader",
        view=review_page,
        title=_("Central review"),
    ),
)
