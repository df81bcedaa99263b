"""Steps to unblinding and to open treatment: which are done, what stands against the others and what would do them.

Nothing here asks the vault: the steps are the same for every patient, whatever the treatment was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from equipoise.conduct import ACTIONS, Refusal, obstacle
from equipoise.conduct.command import Refused
from equipoise.conduct.context import Context, days_between
from equipoise.conduct.nouns.blinding import gate_problem
from equipoise.conduct.nouns.central_review import central_answer
from equipoise.conduct.nouns.consent import consent_problem
from equipoise.conduct.nouns.withdrawal import refuse_withdrawn
from equipoise.server import trial
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["Step", "closed_for", "gate_steps", "open_steps", "why_closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that must be there."""

    what: str
    done: bool
    said: str = ""
    """How it stands, or what would do it."""
    url: str = ""
    """Where it is done, for a role that may."""


def closed_for(call: Call, command: str) -> Refusal | None:
    """Say what stands against a command whatever is filled in; None where nothing is known to."""
    asked = replace(call.context.command, kind=command)
    return obstacle(Context(trial.rulebooks(call.study), call.context.state, asked, call.context.vault))


def why_closed(call: Call) -> Refusal | None:
    """Say what keeps planned unblinding closed; None where it is open, or was gone through."""
    problem = None if call.subject.has("unblinded") else gate_problem(call.context)
    return None if problem is None else Refusal(*problem)


def gate_steps(call: Call) -> list[Step]:
    """Steps to planned unblinding."""
    crossover = call.context.rules.protocol.crossover
    if crossover is None or crossover.when != "central_progression":
        return []
    progressed = call.subject.local_progression
    called = Step(
        what=_("The site has recorded a progression"),
        done=progressed,
        said="" if progressed else _("Measure the tumors and record the response."),
        url="" if progressed else _may(call, "assess_response"),
    )
    answer = central_answer(call.context.rules, call.subject)
    return [
        called,
        Step(
            what=_("The locked central result confirms it"),
            done=call.subject.gate and (progressed or answer == "confirmed"),
            said=_("Central review: %(answer)s") % {"answer": _(answer)} if answer is not None else "",
        ),
    ]


def open_steps(call: Call) -> list[Step]:
    """Checks before the first dose of open treatment."""
    crossover = call.context.rules.protocol.crossover
    if crossover is None:
        return []
    subject = call.subject
    ended = subject.last("blinded_treatment_ended")
    steps = [
        Step(what=_("The patient is unblinded by the protocol"), done=subject.has("unblinded")),
        Step(
            what=_("Blinded treatment has ended"),
            done=ended is not None,
            said=day(ended["date"]) if ended is not None else _("Record its last day."),
            url="" if ended is not None else _may(call, "end_blinded_treatment"),
        ),
    ]
    if crossover.new_consent:
        problem = _refusal(lambda: consent_problem(call.context, "crossover"))
        url = "" if problem is None else _may(call, "record_consent")
        steps.append(
            Step(
                what=_("The patient has consented to open treatment"),
                done=problem is None,
                said="" if problem is None else f"{_(problem.reason)} {_(problem.remedy)}",
                url=f"{url}?form=crossover" if url else "",
            )
        )
    if crossover.new_baseline_scan_days is not None:
        steps.append(_scan_step(call, crossover.new_baseline_scan_days))
    problem = _refusal(lambda: refuse_withdrawn(call.context, "drug", call.today))
    if problem is not None:
        steps.append(Step(what=_("The patient takes part in treatment"), done=False, said=_(problem.reason)))
    if subject.death is not None:
        steps.append(Step(what=_("The patient is alive"), done=False, said=_("Died %(day)s") % {"day": subject.death}))
    return steps


def _scan_step(call: Call, within: int) -> Step:
    days = [m["date"] for m in call.subject.live("tumors_measured") if m["date"] <= call.today]
    last = max(days, default=None)
    good = last is not None and days_between(last, call.today) <= within
    said = _("The last measured scan is of %(day)s.") % {"day": day(last)} if last else _("No scan is measured.")
    return Step(
        what=_("A new baseline scan at most %(n)s days before the first dose is measured") % {"n": within},
        done=good,
        said=said,
        url="" if good else _may(call, "measure_tumors"),
    )


def _refusal(asked: Callable[[], None]) -> Refusal | None:
    try:
        asked()
    except Refused as refused:
        return refused.refusal
    return None


def _may(call: Call, command: str) -> str:
    if call.desk.role not in ACTIONS[command].roles:
        return ""
    return call.url("subject_command", command=command)
