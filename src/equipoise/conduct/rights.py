"""Who may do what, where and when: the one table from which checks, menus and tests are made.

A row names an action; the roles that may do it; the stages of a subject (or of the trial) in which it is possible; and
what it asks of the person. A role reaches its own site, all sites or itself, as ``roles.REACH`` says. Actions that read
only begin with ``see_`` or ``export_``; all others are commands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from equipoise.conduct.roles import REACH, Reach, Role

__all__ = ["ACTIONS", "Action", "Stage", "actions_of"]


class Stage(StrEnum):
    """Where a subject, or the trial, stands."""

    SETUP = "no protocol adopted"
    RUNNING = "trial running"
    CLOSED = "database locked"
    SCREENING = "in screening"
    FAILED = "screen failure"
    RANDOMIZED = "randomized"
    ENDED = "follow-up ended"
    LOCKED = "records locked"
    WITHDRAWN = "use of data withdrawn"


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table."""

    name: str
    """The command, or what is read."""
    roles: frozenset[Role]
    """Who may."""
    stages: frozenset[Stage]
    """When it is possible."""
    subject: bool = False
    """Whether it is about one subject."""
    site: bool = False
    """Whether it is about one site (or a subject of one)."""
    trained: bool = True
    """Whether the person needs training in force."""
    task: str | None = None
    """Task that the investigator must have delegated to a coordinator, pharmacist or local reader."""
    reason: bool = False
    """Whether a reason in words is asked for."""
    second_factor: bool = False
    """Whether the person must just have proved who they are by a second factor."""
    reads: bool = False
    """Whether it reads only."""
    access: bool = False
    """Whether it changes who comes in, or the depot: recorded in the access chain, no command."""

    def allows(self, role: Role, stage: Stage, *, own: bool) -> bool:
        """Answer one cell of the table; ``own`` tells whether site (or subject, for a patient) are the person's own."""
        reaches = own or REACH[role] is Reach.ALL_SITES or not (self.site or self.subject)
        return role in self.roles and stage in self.stages and reaches


COORDINATOR, INVESTIGATOR, PATIENT = Role.SITE_COORDINATOR, Role.INVESTIGATOR, Role.PATIENT
LOCAL_READER, READER_1, READER_2 = Role.LOCAL_READER, Role.CENTRAL_READER_1, Role.CENTRAL_READER_2
ADJUDICATOR, PHARMACIST, DATA_MANAGER = Role.ADJUDICATOR, Role.PHARMACIST, Role.DATA_MANAGER
BLINDED_STATISTICIAN, UNBLINDED_STATISTICIAN = Role.BLINDED_STATISTICIAN, Role.UNBLINDED_STATISTICIAN
DMC, SAFETY, MONITOR, AUDITOR, ADMINISTRATOR = (
    Role.DMC_MEMBER,
    Role.SAFETY_OFFICE,
    Role.MONITOR,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
SITE_STAFF = (COORDINATOR, INVESTIGATOR)
RUNNING = (Stage.RUNNING,)
TRIAL = (Stage.SETUP, Stage.RUNNING, Stage.CLOSED)
SCREENING, RANDOMIZED = (Stage.SCREENING,), (Stage.RANDOMIZED,)
ENROLLED = (Stage.SCREENING, Stage.RANDOMIZED)
FOLLOWED = (Stage.RANDOMIZED, Stage.ENDED)
KNOWN = (Stage.SCREENING, Stage.FAILED, Stage.RANDOMIZED, Stage.ENDED)
READABLE = (*KNOWN, Stage.LOCKED, Stage.WITHDRAWN)


def _trial(name: str, *roles: Role, stages: Iterable[Stage] = RUNNING, **more: bool | str) -> Action:
    more.setdefault("trained", False)
    return Action(name, frozenset(roles), frozenset(stages), **more)  # type: ignore[arg-type]


def _site(name: str, *roles: Role, stages: Iterable[Stage] = RUNNING, **more: bool | str) -> Action:
    return Action(name, frozenset(roles), frozenset(stages), site=True, **more)  # type: ignore[arg-type]


def _subject(name: str, *roles: Role, stages: Iterable[Stage] = RANDOMIZED, **more: bool | str) -> Action:
    return Action(name, frozenset(roles), frozenset(stages), site=True, subject=True, **more)  # type: ignore[arg-type]


_ROWS = (
    # The trial
    _trial("adopt_protocol", ADMINISTRATOR, stages=(Stage.SETUP,)),
    _trial("amend_protocol", ADMINISTRATOR, reason=True),
    _trial("commit_allocation", UNBLINDED_STATISTICIAN, ADMINISTRATOR),
    _trial("open_crossover", DMC, DATA_MANAGER, reason=True, second_factor=True),
    _trial("lock_database", DATA_MANAGER, second_factor=True),
    _trial("unlock_database", DATA_MANAGER, stages=(Stage.CLOSED,), reason=True, second_factor=True),
    _trial("cut_data", DATA_MANAGER, BLINDED_STATISTICIAN, stages=(Stage.RUNNING, Stage.CLOSED)),
    _trial("make_look", UNBLINDED_STATISTICIAN, stages=(Stage.RUNNING, Stage.CLOSED), second_factor=True),
    _trial("record_look", DMC, stages=(Stage.RUNNING, Stage.CLOSED)),
    _trial("grant_role", ADMINISTRATOR, stages=(Stage.RUNNING, Stage.CLOSED)),
    _trial("revoke_role", ADMINISTRATOR, stages=(Stage.RUNNING, Stage.CLOSED), reason=True),
    _trial("record_training", ADMINISTRATOR, DATA_MANAGER, MONITOR),
    # Sites
    _trial("open_site", ADMINISTRATOR, DATA_MANAGER),
    _trial("close_site", ADMINISTRATOR, DATA_MANAGER, reason=True),
    _trial("reopen_site", ADMINISTRATOR, DATA_MANAGER, reason=True),
    _trial("activate_version", ADMINISTRATOR, DATA_MANAGER),
    _trial("approve_consent_form", ADMINISTRATOR, DATA_MANAGER),
    _site("delegate_task", INVESTIGATOR),
    _site("end_delegation", INVESTIGATOR),
    _site("receive_kits", PHARMACIST),
    _site("remove_kits", PHARMACIST, reason=True),
    _trial("stock_depot", UNBLINDED_STATISTICIAN, second_factor=True, access=True),
    _trial("manage_accounts", ADMINISTRATOR, stages=TRIAL, access=True),
    _trial("reset_account", ADMINISTRATOR, stages=TRIAL, second_factor=True, access=True),
    # Screening and randomization
    _site("screen", *SITE_STAFF, task="screen"),
    _subject("record_consent", *SITE_STAFF, stages=ENROLLED, task="consent"),
    _subject("record_baseline", *SITE_STAFF, stages=SCREENING, task="data"),
    _subject("register", *SITE_STAFF, stages=SCREENING, task="screen"),
    _subject("fail_screening", *SITE_STAFF, stages=SCREENING, task="screen"),
    _subject("randomize", *SITE_STAFF, stages=ENROLLED, task="randomize"),
    _subject("flag_randomized_in_error", INVESTIGATOR, DATA_MANAGER, stages=FOLLOWED, reason=True),
    _subject("correct_stratum", INVESTIGATOR, DATA_MANAGER, stages=FOLLOWED, reason=True),
    # Treatment
    _subject("assign_kit", *SITE_STAFF, PHARMACIST, task="dispense"),
    _subject("dispense", *SITE_STAFF, PHARMACIST, task="dispense"),
    _subject("return_kit", *SITE_STAFF, PHARMACIST, stages=FOLLOWED, task="dispense"),
    _subject("report_wrong_kit", *SITE_STAFF, PHARMACIST, stages=FOLLOWED, trained=False),
    _subject("record_dose", *SITE_STAFF, task="data"),
    _subject("stop_treatment", *SITE_STAFF, task="data"),
    # Visits
    _subject("record_visit", *SITE_STAFF, stages=ENROLLED, task="data"),
    _subject("record_labs", *SITE_STAFF, stages=ENROLLED, task="data"),
    _subject("record_vitals", *SITE_STAFF, stages=ENROLLED, task="data"),
    _subject("submit_diary", PATIENT, COORDINATOR, stages=ENROLLED, trained=False, task="data"),
    _subject("give_diary_link", *SITE_STAFF, stages=ENROLLED, task="data", access=True),
    _subject("miss_diary", *SITE_STAFF, stages=FOLLOWED, task="data"),
    _trial("load_wording", COORDINATOR, DATA_MANAGER, stages=TRIAL, access=True),
    _site("load_dictionary", *SITE_STAFF, stages=TRIAL, trained=False, access=True),
    # Tumors and central review
    _subject("measure_tumors", *SITE_STAFF, LOCAL_READER, stages=ENROLLED, task="tumors"),
    _subject("assess_response", INVESTIGATOR, LOCAL_READER, task="tumors"),
    _subject("submit_scan", *SITE_STAFF, LOCAL_READER, stages=(*ENROLLED, Stage.ENDED), task="tumors"),
    _subject("accept_scan", DATA_MANAGER, stages=(*ENROLLED, Stage.ENDED)),
    _subject("reject_scan", DATA_MANAGER, stages=(*ENROLLED, Stage.ENDED)),
    _subject("assign_reader", DATA_MANAGER, stages=(*ENROLLED, Stage.ENDED)),
    _subject("open_read", READER_1, READER_2, stages=FOLLOWED),
    _subject("lock_read", READER_1, READER_2, stages=FOLLOWED),
    _subject("reopen_read", DATA_MANAGER, stages=FOLLOWED, reason=True),
    _subject("adjudicate", ADJUDICATOR, stages=FOLLOWED),
    _subject("close_reading", DATA_MANAGER, stages=FOLLOWED),
    # The blind and crossover
    _subject("unblind", INVESTIGATOR, second_factor=True),
    _subject("break_code", INVESTIGATOR, stages=(*FOLLOWED, Stage.LOCKED, Stage.WITHDRAWN), trained=False, reason=True,
             second_factor=True),
    _subject("unblind_for_safety", SAFETY, stages=(*FOLLOWED, Stage.LOCKED), reason=True, second_factor=True),
    _subject("report_unblinding", *SITE_STAFF, PHARMACIST, DATA_MANAGER, MONITOR, stages=FOLLOWED, trained=False),
    _subject("assess_unblinding", DATA_MANAGER, SAFETY, stages=FOLLOWED),
    _subject("end_blinded_treatment", INVESTIGATOR),
    _subject("start_open_label", INVESTIGATOR),
    _subject("record_open_label_dose", *SITE_STAFF, task="data"),
    _subject("stop_open_label", INVESTIGATOR),
    # Safety
    _subject("record_adverse_event", *SITE_STAFF, stages=(*ENROLLED, Stage.ENDED), task="data"),
    _subject("update_adverse_event", *SITE_STAFF, stages=(*ENROLLED, Stage.ENDED), task="data"),
    _subject("report_serious_event", *SITE_STAFF, stages=(*ENROLLED, Stage.ENDED), trained=False),
    _subject("add_narrative", *SITE_STAFF, SAFETY, stages=(*ENROLLED, Stage.ENDED), trained=False),
    # Follow-up
    _subject("record_contact", *SITE_STAFF, task="data"),
    _subject("record_death", *SITE_STAFF, stages=(*ENROLLED, Stage.ENDED), task="data"),
    _subject("retract_death", INVESTIGATOR, stages=(*ENROLLED, Stage.ENDED), reason=True),
    _subject("report_lost", *SITE_STAFF, task="data"),
    _subject("report_found", *SITE_STAFF, stages=FOLLOWED, task="data"),
    _subject("record_therapy", *SITE_STAFF, stages=ENROLLED, task="data"),
    _subject("record_deviation", *SITE_STAFF, MONITOR, DATA_MANAGER, stages=(*ENROLLED, Stage.ENDED), task="data"),
    _subject("withdraw", *SITE_STAFF, stages=KNOWN, trained=False),
    _subject("transfer", DATA_MANAGER, stages=FOLLOWED, reason=True),
    _subject("end_study", *SITE_STAFF, task="data"),
    # Data management
    _subject("correct", *SITE_STAFF, stages=KNOWN, task="data", reason=True),
    _subject("retract", *SITE_STAFF, stages=KNOWN, task="data", reason=True),
    _subject("open_query", DATA_MANAGER, MONITOR, SAFETY, stages=KNOWN),
    _subject("answer_query", *SITE_STAFF, stages=KNOWN, task="data"),
    _subject("close_query", DATA_MANAGER, MONITOR, SAFETY, stages=KNOWN),
    _subject("sign", INVESTIGATOR, stages=KNOWN, second_factor=True),
    _subject("lock_subject", DATA_MANAGER, stages=KNOWN),
    _subject("unlock_subject", DATA_MANAGER, stages=(Stage.LOCKED,), reason=True),
    # Reading
    _subject("see_subject", *SITE_STAFF, PHARMACIST, LOCAL_READER, DATA_MANAGER, MONITOR, AUDITOR, SAFETY,
             stages=READABLE, trained=False, reads=True),
    _subject("see_own_diary", PATIENT, stages=ENROLLED, trained=False, reads=True),
    _subject("see_scans_to_read", READER_1, READER_2, stages=FOLLOWED, reads=True),
    _subject("see_reads_side_by_side", ADJUDICATOR, stages=FOLLOWED, reads=True),
    _subject("see_central_answer", INVESTIGATOR, COORDINATOR, DATA_MANAGER, MONITOR, AUDITOR, SAFETY, stages=READABLE,
             trained=False, reads=True),
    _subject("see_arm", INVESTIGATOR, stages=READABLE, trained=False, reads=True),
    _subject("see_open_treatment", *SITE_STAFF, PHARMACIST, stages=READABLE, trained=False, reads=True),
    _subject("see_arm_for_safety", SAFETY, stages=READABLE, trained=False, reads=True, second_factor=True),
    _trial("see_today", *(role for role in Role if role is not PATIENT), stages=TRIAL, reads=True),
    _trial("see_due", *SITE_STAFF, LOCAL_READER, DATA_MANAGER, MONITOR, stages=TRIAL, reads=True),
    _trial("see_review_queue", DATA_MANAGER, READER_1, READER_2, ADJUDICATOR, stages=TRIAL, reads=True),
    _trial("see_reader_agreement", DATA_MANAGER, stages=TRIAL, reads=True),
    _trial("see_accrual", *SITE_STAFF, PHARMACIST, DATA_MANAGER, BLINDED_STATISTICIAN, UNBLINDED_STATISTICIAN, DMC,
           SAFETY, MONITOR, AUDITOR, ADMINISTRATOR, stages=TRIAL, reads=True),
    _trial("see_balance", UNBLINDED_STATISTICIAN, stages=TRIAL, second_factor=True, reads=True),
    _trial("see_looks", DATA_MANAGER, BLINDED_STATISTICIAN, UNBLINDED_STATISTICIAN, DMC, SAFETY, MONITOR, AUDITOR,
           ADMINISTRATOR, stages=TRIAL, reads=True),
    _trial("see_closed_report", UNBLINDED_STATISTICIAN, DMC, stages=TRIAL, second_factor=True, reads=True),
    _trial("see_closed_report_after_lock", INVESTIGATOR, DATA_MANAGER, BLINDED_STATISTICIAN, SAFETY, MONITOR, AUDITOR,
           ADMINISTRATOR, stages=(Stage.CLOSED,), second_factor=True, reads=True),
    _trial("see_code_breaks", DATA_MANAGER, SAFETY, MONITOR, AUDITOR, UNBLINDED_STATISTICIAN, stages=TRIAL, reads=True),
    _trial("see_people", ADMINISTRATOR, DATA_MANAGER, MONITOR, AUDITOR, stages=TRIAL, reads=True),
    _site("see_stock", PHARMACIST, stages=TRIAL, trained=False, reads=True),
    _trial("export_blinded_sdtm", DATA_MANAGER, BLINDED_STATISTICIAN, UNBLINDED_STATISTICIAN, stages=TRIAL, reads=True),
    _trial("export_unblinded_sdtm", UNBLINDED_STATISTICIAN, stages=TRIAL, second_factor=True, reads=True),
    _subject("see_audit_trail", *SITE_STAFF, DATA_MANAGER, MONITOR, AUDITOR, stages=READABLE, trained=False,
             reads=True),
)  # fmt: skip

ACTIONS: dict[str, Action] = {row.name: row for row in _ROWS}
"""Action -> who may do it, and when."""


def actions_of(role: Role, stage: Stage, *, own: bool = True, reads: bool = False) -> tuple[str, ...]:
    """List what a role may do (or read) in a stage, in the order of the table: the menu."""
    found = (row for row in _ROWS if row.reads is reads and not row.access)
    return tuple(row.name for row in found if row.allows(role, stage, own=own))
