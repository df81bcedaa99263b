"""Screening, consent, baseline facts with live eligibility, registration, randomization."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct import Field, Subject, eligibility, form_in_force
from equipoise.conduct.nouns.baseline import baseline_problem, subject_facts
from equipoise.protocol import BaselineField
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Beside, Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["PLANS", "eligibility_shown", "strata_words"]

_TYPES = {"category": "choice", "integer": "integer", "number": "decimal", "text": "text", "date": "date"}


def _screen(call: Call) -> Plan:
    why = _("Of a person who failed screening before: the number of that screening.")
    return Plan(
        title=_("Screen a patient"),
        intro=_("The patient gets the next number of the site. No name or initials are recorded."),
        fields={
            "date": Tuned(value=call.today),
            "person_key": Tuned(left_out=True),
            "rescreen_of": Tuned(label=_("Earlier subject number"), why=why),
        },
        button=_("Give the patient a number"),
        done=_("The patient has a number. Record the consent next."),
    )


def _consent(call: Call) -> Plan:
    forms = [("study", _("Consent to the trial"))]
    crossover = call.context.rules.protocol.crossover
    if crossover is not None and crossover.new_consent:
        forms.append(("crossover", _("Consent to the open treatment")))
    site = call.context.site
    versions = sorted({(str(f["version"]), str(f["effective"])) for f in site.live("consent_form_approved")})
    current = form_in_force(site, "study", call.today)
    return Plan(
        fields={
            "form": Tuned(choices=tuple(forms), value="study"),
            "version": Tuned(
                choices=tuple((name, _("%(version)s, in use since %(day)s") % {"version": name, "day": day})
                              for name, day in versions),
                value=current,
                why=_("As printed on the signed form."),
            ),
            "date": Tuned(value=call.today),
        },
        button=_("Record the consent"),
    )  # fmt: skip


def _asked(name: str, declared: BaselineField) -> Field:
    doc = declared.label or name.replace("_", " ").capitalize()
    if declared.type == "boolean":
        return Field(name, "boolean", doc, False)
    if declared.type == "category":
        return Field(name, "choice", doc, False, choices=tuple(declared.level_labels()))
    return Field(name, _TYPES[declared.type], doc, False, maximum=200 if declared.type == "text" else None)


def _baseline(call: Call) -> Plan:
    declared = {n: f for n, f in call.context.rules.protocol.baseline.items() if f.derive is None}
    fields = tuple(_asked(name, field) for name, field in declared.items())
    inner = {
        name: Tuned(
            label=field.label or name.replace("_", " ").capitalize(),
            unit=field.unit,
            quiet=True,
            choices=tuple(field.level_labels().items()) if field.type == "category" else None,
        )
        for name, field in declared.items()
    }
    return Plan(
        title=_("Screening form"),
        intro=_(
            "Fill in what is known; the rest can follow. The list shows what the protocol says of the patient so far."
        ),
        fields={
            "values": Tuned(fields=fields, inner=inner, value=dict(call.subject.baseline)),
            "date": Tuned(label=_("Day on which the facts hold"), value=call.today),
        },
        beside=_eligibility_typed,
        prepare=_changed_only,
        button=_("Record baseline facts"),
        columns=2,
    )


def _changed_only(call: Call, payload: dict[str, Any]) -> dict[str, Any]:
    """Send what differs from what is recorded."""
    known = call.subject.baseline
    return {**payload, "values": {k: v for k, v in payload["values"].items() if known.get(k) != v}}


def _eligibility_typed(call: Call, understood: Understood) -> Beside:
    declared = call.context.rules.protocol.baseline
    typed = understood.payload.get("values") or {}
    fitting = {name: value for name, value in typed.items() if baseline_problem(declared.get(name), value) is None}
    return "pages/site/eligibility.html", eligibility_shown(call, {**call.subject.baseline, **fitting})


def eligibility_shown(call: Call, baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Each criterion with its answer and what is missing, and the strata, for baseline facts."""
    rules, subject = call.context.rules, replace(call.subject, baseline=baseline)
    labels = {name: field.label or name.replace("_", " ") for name, field in rules.protocol.baseline.items()}
    labels |= {"registration": _("registration"), "consent": _("consent")}
    checks = [
        {"text": c.text, "status": c.status, "missing": [labels.get(name, name) for name in c.missing]}
        for c in eligibility(rules, subject, call.today)
    ]
    counts = {status: sum(c["status"] == status for c in checks) for status in ("met", "not met", "missing")}
    return {"checks": checks, "counts": counts, "strata": _strata(call, subject)}


def _strata(call: Call, subject: Subject) -> list[tuple[str, str | None]]:
    rules = call.context.rules
    facts = subject_facts(rules, subject, call.today)
    return strata_words(call, rules.factors(facts, subject.site, rules.cohort(facts)))


def strata_words(call: Call, factors: Mapping[str, str | None]) -> list[tuple[str, str | None]]:
    """Name stratification factors and their levels."""
    items = call.context.rules.protocol.randomization.strata_items()
    words = {"true": _("yes"), "false": _("no")}
    return [
        ((items[name].label if name in items else None) or name.replace("_", " "), words.get(level or "", level))
        for name, level in factors.items()
    ]


def _register(call: Call) -> Plan:
    return Plan(fields={"date": Tuned(value=call.today)}, button=_("Register the patient"))


def _fail(call: Call) -> Plan:
    criteria = tuple((name, c.text) for name, c in call.context.rules.protocol.eligibility.items())
    known = eligibility(call.context.rules, call.subject, call.today)
    return Plan(
        fields={
            "date": Tuned(value=call.today),
            "criteria": Tuned(
                label=_("Criteria that are not met"),
                why=_("None, where the patient did not want to go on."),
                choices=criteria,
                value=[c.name for c in known if c.status == "not met"],
            ),
        },
        button=_("Record the screen failure"),
    )


def _randomize(call: Call) -> Plan:
    subject = call.subject.id
    return Plan(
        title=_("Randomize subject %(subject)s") % {"subject": subject},
        consequence=_("The patient is allocated to a treatment at once. This cannot be undone, and stays blinded."),
        beside=lambda here, _typed: ("pages/site/eligibility.html", eligibility_shown(here, here.subject.baseline)),
        button=_("Randomize subject %(subject)s") % {"subject": subject},
        done=_("The patient is randomized. Ask for the kit next."),
    )


PLANS: dict[str, Planner] = {
    "screen": _screen,
    "record_consent": _consent,
    "record_baseline": _baseline,
    "register": _register,
    "fail_screening": _fail,
    "randomize": _randomize,
}
