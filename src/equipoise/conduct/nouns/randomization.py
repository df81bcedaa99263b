"""Allocation: everything that must hold before the vault is asked for the next slot."""

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import identifier, text
from equipoise.conduct.nouns.baseline import subject_facts
from equipoise.conduct.nouns.central_review import open_review
from equipoise.conduct.nouns.consent import consent_problem
from equipoise.conduct.state import Counters
from equipoise.conduct.vault import Slot
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "stratum_text"]


def stratum_text(factors: dict[str, str], cohort: str | None = None) -> str:
    """Name a stratum by the levels of its factors."""
    parts = [f"{name}={level}" for name, level in factors.items()]
    return "; ".join([f"cohort={cohort}", *parts] if cohort else parts)


def _randomize(c: Context) -> None:
    subject = c.subject
    done = next(iter(subject.records.get("randomized", {}).values()), None)
    if done is not None:
        if done.request_id == c.command.request_id:
            return
        known = said("The patient was randomized on {date}.", date=done.values["date"])
        refuse("already_randomized", known, "Open the patient's page to see the allocation number and the kits.")
    _check_ready(c)
    facts = subject_facts(c.rules, subject, c.today)
    _check_eligible(c, facts)
    cohort = c.rules.cohort(facts)
    if c.rules.protocol.cohorts and cohort is None:
        refuse("cohort_unknown", "The patient belongs to no cohort of the protocol.", "Complete the baseline fields.")
    factors = _factors(c, facts, cohort)
    stage = c.study.stages[c.version]
    if stage not in c.counters.commitments:
        reason = "Allocation under this protocol version has not been prepared."
        refuse(
            "allocation_not_prepared", reason, "The unblinded statistician prepares it and publishes its commitment."
        )
    if stage < max(c.counters.commitments):
        reason = "A newer version of the protocol has begun another stage of allocation."
        refuse("stage_closed", reason, "Activate the newer version at the site.")
    slot = c.counters.slots.get(stage, 0) + 1
    stratum = stratum_text(factors, cohort)
    receipt = c.vault.draw(Slot(stage, slot), stratum, factors, subject=subject.id, cohort=cohort)
    values = {"date": c.today, "stage": stage, "slot": slot, "cohort": cohort, "stratum": stratum, "factors": factors}
    c.record("RAND", "randomized", {**values, "receipt": receipt})
    open_review(c, c.today)


def _check_ready(c: Context) -> None:
    if c.site.status != "open":
        reason = said("Site {site} takes no patients now.", site=c.site.id)
        refuse("site_closed", reason, "Reopen the site for accrual.")
    if c.subject.death is not None:
        refuse("after_death", "The patient has died.", "If the death was recorded in error, retract it.")
    if c.subject.has("withdrawn"):
        refuse("withdrawn", "The patient has withdrawn.", "A patient who has withdrawn cannot be randomized.")
    consent_problem(c, "study")


def _check_eligible(c: Context, facts: dict[str, object]) -> None:
    checks = c.rules.eligibility(facts)
    problems = tuple((check.name, check.why) for check in checks if check.status != "met")
    if not problems:
        return
    wrong = [check.text for check in checks if check.status == "not met"]
    if wrong:
        reason = said("The patient is not eligible: {wrong}.", wrong="; ".join(wrong))
        remedy = "Correct the baseline facts if they are wrong; a criterion cannot be waived."
        refuse("not_eligible", reason, remedy, problems=problems)
    missing = sorted({name for check in checks for name in check.missing})
    reason = said("Not known yet: {missing}.", missing=missing)
    refuse("eligibility_missing", reason, "Fill in these baseline fields.", problems=problems)


def _factors(c: Context, facts: dict[str, object], cohort: str | None) -> dict[str, str]:
    levels = c.rules.factors(facts, c.site.id, cohort)
    unknown = [name for name, level in levels.items() if level is None]
    if unknown:
        needed = sorted({field for name in unknown for field in c.rules.missing_for(name, facts)})
        reason = said("The stratum is not known: {unknown}.", unknown=unknown)
        problems = tuple((name, said("needs {fields}", fields=c.rules.missing_for(name, facts))) for name in unknown)
        refuse("stratum_unknown", reason, said("Fill in: {needed}.", needed=needed), problems=problems)
    return {name: level for name, level in levels.items() if level is not None}


def _randomized(counters: Counters, event: Event) -> Counters:
    payload = event.payload
    return counters.but(slots={**counters.slots, payload["stage"]: payload["slot"]})


def _in_error(c: Context) -> None:
    if c.subject.has("randomized_in_error"):
        refuse("already_done", "This is recorded.", "Nothing is to be done.")
    values = {"date": c.today, "why": c.payload["why"]}
    c.record("RANDERR", "randomized_in_error", values)


def _correct_stratum(c: Context) -> None:
    factor, level = c.payload["factor"], c.payload["level"]
    allocation = c.subject.last("randomized") or {}
    factors = allocation.get("factors", {})
    if factor not in factors:
        reason = said("The patient was not stratified by {factor}.", factor=factor)
        refuse("bad_value", reason, said("Factors: {factors}.", factors=list(factors)))
    levels = c.rules.factor_levels(factor)
    if levels is not None and level not in levels:
        reason = said("{level} is no level of {factor}.", level=level, factor=factor)
        refuse("bad_value", reason, said("Levels: {levels}.", levels=list(levels)))
    if level == factors[factor]:
        refuse("nothing_changed", "This is the level at randomization.", "Nothing is to be done.")
    c.record("STRAT", "stratum_corrected", {"factor": factor, "allocated": factors[factor], "corrected": level})


COMMANDS = (
    CommandSpec("randomize", "Randomize the patient.", _randomize),
    CommandSpec(
        "flag_randomized_in_error",
        "Record that the patient should not have been randomized; the allocation stays.",
        _in_error,
        (text("why", "what was overlooked"),),
    ),
    CommandSpec(
        "correct_stratum",
        "Record the true level of a stratification factor; the allocation stays.",
        _correct_stratum,
        (identifier("factor", "factor"), text("level", "true level", most=200)),
    ),
)

APPLIES: Applies = {"randomized": {"counters": _randomized}}
