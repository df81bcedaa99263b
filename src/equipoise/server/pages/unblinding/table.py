"""Pages of the blind."""

from django.utils.translation import gettext_noop as _

from equipoise.server.pages.page import Page
from equipoise.server.pages.unblinding.treatment import for_safety, open_treatment, treatment

__all__ = ["UNBLINDING_PAGES"]

UNBLINDING_PAGES = (
    Page(
        name="treatment",
        route="subjects/<subject:subject>/treatment/",
        right="see_arm",
        view=treatment,
        title=_("Treatment"),
    ),
    Page(
        name="open_treatment",
        route="subjects/<subject:subject>/after-blinded-treatment/",
        right="see_open_treatment",
        view=open_treatment,
        title=_("After blinded treatment"),
    ),
    Page(
        name="safety_treatment",
        route="subjects/<subject:subject>/treatment-for-safety/",
        right="see_arm_for_safety",
        view=for_safety,
        title=_("Treatment for a safety report"),
    ),
)
