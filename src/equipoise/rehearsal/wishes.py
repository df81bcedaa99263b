"""Which command, of whom, brings about each kind of record; `equipoise.rehearsal.commands` gives them in order."""

from typing import NamedTuple

__all__ = ["CENTRAL", "STAFF", "WISHES", "Wish"]

STAFF = {
    "coordinator": "site_coordinator",
    "investigator": "investigator",
    "local_reader": "local_reader",
    "pharmacist": "pharmacist",
}
"""People of every site, with their roles; the account is ``coordinator@SYN01``."""
CENTRAL = {
    "reader1": "central_reader_1",
    "reader2": "central_reader_2",
    "adjudicator": "adjudicator",
    "data_manager": "data_manager",
    "safety": "safety_office",
    "monitor": "monitor",
    "blinded_statistician": "blinded_statistician",
    "unblinded_statistician": "unblinded_statistician",
    "dmc": "dmc_member",
    "auditor": "auditor",
}
"""People of the whole trial, with their roles."""


class Wish(NamedTuple):
    """A command and who gives it."""

    command: str
    who: str
    """One of `STAFF` or `CENTRAL`; ``patient``; ``reader`` for the reader whom the record names."""
    fields: tuple[str, ...] = ()
    """Fields of the record that the command asks for."""
    reason: str | None = None
    """Reason that the person gives."""
    second_factor: bool = False


WISHES: dict[str, Wish] = {
    "screened": Wish("screen", "coordinator", ("date", "person_key", "rescreen_of")),
    "consented": Wish("record_consent", "coordinator", ("form", "version", "date")),
    "baseline_recorded": Wish("record_baseline", "coordinator", ("date",)),
    "registered": Wish("register", "coordinator", ("date",)),
    "visit_recorded": Wish("record_visit", "coordinator", ("visit", "number", "status", "date", "why")),
    "labs_recorded": Wish("record_labs", "coordinator", ("date", "laboratory", "visit")),
    "vitals_recorded": Wish("record_vitals", "coordinator", ("date", "visit")),
    "tumors_measured": Wish("measure_tumors", "local_reader", ("assessment", "date")),
    "scan_submitted": Wish("submit_scan", "coordinator", ("assessment", "date", "reference")),
    "scan_accepted": Wish("accept_scan", "data_manager", ("scan",)),
    "scan_rejected": Wish("reject_scan", "data_manager", ("scan", "why")),
    "diary_submitted": Wish("submit_diary", "patient", ("instrument", "target", "date", "started")),
    "diary_missed": Wish("miss_diary", "coordinator", ("instrument", "target", "date", "why")),
    "screen_failed": Wish("fail_screening", "coordinator", ("date", "criteria", "comment")),
    "randomized": Wish("randomize", "coordinator"),
    "randomized_in_error": Wish("flag_randomized_in_error", "investigator", ("why",), "found in a review"),
    "stratum_corrected": Wish("correct_stratum", "investigator", ("factor", "corrected"), "found in a review"),
    "kit_assigned": Wish("assign_kit", "pharmacist", ("date",)),
    "dispensed": Wish("dispense", "pharmacist", ("kit", "date", "quantity")),
    "kit_returned": Wish("return_kit", "pharmacist", ("kit", "date", "units_left")),
    "wrong_kit_dispensed": Wish("report_wrong_kit", "pharmacist", ("kit", "date", "what_was_done")),
    "dose_recorded": Wish("record_dose", "coordinator", ("start", "end", "amount", "unit", "why")),
    "response_assessed": Wish(
        "assess_response", "investigator", ("assessment", "target", "non_target", "new_lesion", "overall")
    ),
    "read_locked": Wish(
        "lock_read", "reader", ("assessment", "response", "progression_assessment", "progression_date")
    ),
    "read_reopened": Wish("reopen_read", "data_manager", ("reader", "assessment", "how"), "asked for by the reader"),
    "adjudicated": Wish("adjudicate", "adjudicator", ("endorses", "why")),
    "reading_closed": Wish("close_reading", "data_manager"),
    "unblinded": Wish("unblind", "investigator", second_factor=True),
    "code_broken": Wish("break_code", "investigator", (), "an emergency", second_factor=True),
    "safety_unblinded": Wish("unblind_for_safety", "safety", ("event",), "report to authorities", second_factor=True),
    "unblinding_reported": Wish("report_unblinding", "coordinator", ("date", "who", "how")),
    "unblinding_assessed": Wish("assess_unblinding", "data_manager", ("of", "impact")),
    "blinded_treatment_ended": Wish("end_blinded_treatment", "investigator", ("date",)),
    "open_label_started": Wish("start_open_label", "investigator", ("date",)),
    "open_label_dose_recorded": Wish(
        "record_open_label_dose", "coordinator", ("start", "end", "amount", "unit", "why")
    ),
    "open_label_stopped": Wish("stop_open_label", "investigator", ("date", "why", "detail")),
    "withdrawn": Wish("withdraw", "coordinator", ("level", "date", "by")),
    "treatment_stopped": Wish("stop_treatment", "coordinator", ("date", "why", "detail")),
    "adverse_event_recorded": Wish(
        "record_adverse_event",
        "coordinator",
        (
            *("term", "code", "body_system", "grade", "onset", "end", "outcome", "related", "action", "serious"),
            *("criteria", "expected"),
        ),
    ),
    "serious_event_reported": Wish("report_serious_event", "coordinator", ("event", "aware", "narrative", "causality")),
    "narrative_added": Wish("add_narrative", "coordinator", ("event", "narrative")),
    "contact_recorded": Wish("record_contact", "coordinator", ("date", "how", "status")),
    "lost_to_follow_up": Wish("report_lost", "coordinator", ("date", "last_contact")),
    "found_again": Wish("report_found", "coordinator", ("date",)),
    "therapy_recorded": Wish("record_therapy", "coordinator", ("therapy", "name", "start", "end")),
    "deviation_recorded": Wish("record_deviation", "monitor", ("date", "category", "description", "major")),
    "transferred": Wish("transfer", "data_manager", ("to_site", "date"), "the patient has moved"),
    "death_recorded": Wish("record_death", "coordinator", ("date", "cause", "source")),
    "death_retracted": Wish("retract_death", "investigator", (), "entered in error"),
    "corrected": Wish("correct", "coordinator", ("record", "field", "old", "new"), "a slip of the pen"),
    "retracted": Wish("retract", "coordinator", ("record",), "entered in error"),
    "query_opened": Wish("open_query", "data_manager", ("of", "field", "text")),
    "query_answered": Wish("answer_query", "coordinator", ("query", "text")),
    "query_closed": Wish("close_query", "data_manager", ("query",)),
    "study_ended": Wish("end_study", "coordinator", ("date", "why")),
}
"""Kind of record -> the wish; of two of one patient at one moment the earlier of this table comes first."""
