"""Plans of the commands of the central review."""

from equipoise.server.pages.forms.plan import Planner
from equipoise.server.pages.reading.desk import plan_accept, plan_assign, plan_close, plan_reject, plan_reopen
from equipoise.server.pages.reading.reader import plan_lock, plan_open
from equipoise.server.pages.reading.sides import plan_adjudicate

__all__ = ["READING_PLANS"]

READING_PLANS: dict[str, Planner] = {
    "accept_scan": plan_accept,
    "reject_scan": plan_reject,
    "assign_reader": plan_assign,
    "open_read": plan_open,
    "lock_read": plan_lock,
    "reopen_read": plan_reopen,
    "adjudicate": plan_adjudicate,
    "close_reading": plan_close,
}
