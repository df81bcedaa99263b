"""Pages of those who watch over the trial."""

from django.utils.translation import gettext_noop as _

from equipoise.server.pages.oversight.audit import audit_page
from equipoise.server.pages.oversight.completeness import completeness_page
from equipoise.server.pages.oversight.export import export_page, unblinded_export
from equipoise.server.pages.oversight.flow_page import flow_page
from equipoise.server.pages.page import Page

__all__ = ["OVERSIGHT_PAGES"]

OVERSIGHT_PAGES = (
    Page(name="flow", route="flow/", right="see_accrual", view=flow_page, title=_("Flow and accrual"), menu="trial"),
    Page(
        name="completeness",
        route="completeness/",
        right="see_due",
        view=completeness_page,
        title=_("Completeness"),
        menu="trial",
    ),
    Page(
        name="audit",
        route="subjects/<subject:subject>/audit/",
        right="see_audit_trail",
        view=audit_page,
        title=_("Audit trail"),
    ),
    Page(
        name="export", route="export/", right="export_blinded_sdtm", view=export_page, title=_("Export"), menu="trial"
    ),
    Page(
        name="export_unblinded",
        route="export/unblinded/",
        right="export_unblinded_sdtm",
        view=unblinded_export,
        title=_("Export with treatments"),
    ),
)
