"""Says in a few lines what a protocol declares."""

from equipoise.protocol.analyses import Analysis
from equipoise.protocol.baseline import Criterion
from equipoise.protocol.conduct import Method
from equipoise.protocol.endpoints import Endpoint
from equipoise.protocol.model import Protocol
from equipoise.protocol.walk import assumed_items

__all__ = ["summarize"]


def summarize(protocol: Protocol) -> list[tuple[str, list[str]]]:
    """Sum a protocol up, section by section.

    Returns
    -------
    list of (heading, lines)
        Trial, arms, randomization, eligibility, reading, endpoints, analyses, data cuts, and what is assumed.
    """
    sections = [
        ("Trial", _trial(protocol)),
        ("Arms", _arms(protocol)),
        ("Randomization", _randomization(protocol)),
        ("Eligibility", _eligibility(list(protocol.eligibility.values()))),
        ("Reading", _reading(protocol)),
        ("Endpoints", [_endpoint(name, endpoint) for name, endpoint in protocol.endpoints.items()]),
        ("Analyses", [_analysis(protocol, name, analysis) for name, analysis in protocol.analyses.items()]),
        ("Data cuts", _cuts(protocol)),
        ("Assumed, where the source is silent", [_assumed(*item) for item in assumed_items(protocol).items()]),
    ]
    return [(heading, lines) for heading, lines in sections if lines]


def _trial(protocol: Protocol) -> list[str]:
    trial = protocol.trial
    facts = [f"phase {trial.phase}" if trial.phase else "", trial.masking.value.replace("_", " ")]
    lines = [f"{trial.id}: {trial.title}", ", ".join(fact for fact in facts if fact)]
    version = protocol.version
    dated = f" of {version.date}" if version.date else ""
    amended = (
        f", {len(version.amendments)} amendment{'s' * (len(version.amendments) != 1)}" if version.amendments else ""
    )
    return [*lines, f"version {version.number}{dated}{amended}"]


def _arms(protocol: Protocol) -> list[str]:
    lines = []
    for name, arm in protocol.arms.items():
        doses = f", {' / '.join(f'{dose:g}' for dose in arm.dose_levels)} {arm.dose_unit}" if arm.dose_levels else ""
        share = protocol.randomization.ratio.get(name)
        lines.append(f"{name}: {arm.label}, {arm.role.value}{doses}, ratio {share if share else 'in its cohort'}")
    return lines


def _method(method: Method) -> str:
    if method.permuted_blocks is not None:
        return f"permuted blocks of {', '.join(str(size) for size in method.permuted_blocks.sizes)}"
    if method.minimization is not None:
        return f"minimization ({method.minimization.measure}, probability {method.minimization.probability:g})"
    return f"biased coin (probability {method.biased_coin.probability:g})" if method.biased_coin else "no method"


def _randomization(protocol: Protocol) -> list[str]:
    planned = protocol.randomization.planned_subjects
    head = f"{_ratio(protocol.ratio())}, {_method(protocol.randomization.method)}"
    lines = [head + (f", {planned} subjects planned" if planned else "")]
    lines += [f"stratum {name}: {factor.expression}" for name, factor in protocol.strata().items()]
    if protocol.randomization.stratify_by_site:
        lines.append("stratum: site")
    for name, cohort in protocol.cohorts.items():
        strata = ", ".join(protocol.strata(name)) or "none"
        subjects = f", {cohort.planned_subjects} subjects planned" if cohort.planned_subjects else ""
        lines.append(f"cohort {name}: {_ratio(protocol.ratio(name))}, strata {strata}{subjects}")
    crossover = protocol.crossover
    if crossover is not None:
        lines.append(f"crossover from {crossover.from_arm} to {crossover.to_arm}: {crossover.when.replace('_', ' ')}")
    return lines


def _ratio(ratio: dict[str, int]) -> str:
    return f"{':'.join(str(share) for share in ratio.values())} ({' : '.join(ratio)})"


def _eligibility(criteria: list[Criterion]) -> list[str]:
    if not criteria:
        return []
    inclusion = sum(criterion.include is not None for criterion in criteria)
    return [f"{len(criteria)} criteria: {inclusion} of inclusion, {len(criteria) - inclusion} of exclusion"]


def _reading(protocol: Protocol) -> list[str]:
    review, schedule = protocol.review, protocol.visits.tumor_assessment
    criteria = review.criteria + (", modified" if review.modified else "")
    central = review.central
    readers = "no central review"
    if central is not None:
        when = "in real time" if central.real_time else "retrospective"
        readers = f"central review {when}, {central.readers} reader{'s' * (central.readers != 1)}"
        readers += " and adjudication" if central.adjudicate else ""
    lines = [f"{criteria}; {readers}"]
    if schedule is not None:
        every = (
            f"{schedule.every_weeks:g}"
            if schedule.every_weeks
            else ", then ".join(f"{p.every_weeks:g}" for p in schedule.phases)
        )
        lines.append(f"scans every {every} weeks, {schedule.window_days} days either side")
    return lines


def _endpoint(name: str, endpoint: Endpoint) -> str:
    words = [endpoint.label, f"PARAMCD {endpoint.paramcd}"]
    if endpoint.kind == "time_to_event":
        what = f"time that {endpoint.reverse_of} is observed" if endpoint.reverse_of else " or ".join(endpoint.events)
        words.append(f"{what} from {endpoint.origin.value}".replace("_", " "))
        if any("progression" in event for event in endpoint.events):
            words.append(f"rule set {endpoint.rule_set}")
            words += [f"sensitivity {', '.join(endpoint.sensitivity)}"] if endpoint.sensitivity else []
    elif endpoint.kind == "deterioration":
        which = "definitive deterioration" if endpoint.deterioration.definitive else "first deterioration"
        words.append(f"time to {which} of {endpoint.instrument} {endpoint.scale}")
        words.append(f"death: {endpoint.deterioration.death}")
    else:
        words.append(endpoint.kind.replace("_", " "))
    return f"{name}: {'; '.join(words)}"


def _analysis(protocol: Protocol, name: str, analysis: Analysis) -> str:
    words = [f"{analysis.role}", f"{analysis.endpoint} in {analysis.population}"]
    words += [f"cohort {analysis.cohort}"] if analysis.cohort else []
    test, effect = analysis.test, analysis.effect
    if test is not None:
        strata = "" if test.logrank is None else f" (strata: {test.logrank.strata})"
        sides = "one-sided" if analysis.sided == 1 else "two-sided"
        words.append(f"{'log-rank' if test.logrank else 'Fisher'} test{strata}, {sides}, alpha {analysis.alpha:g}")
    if effect is not None:
        words.append(f"hazard ratio (strata: {effect.cox.strata})" if effect.cox else "risk difference")
    if test is not None or effect is not None:
        words.append(", ".join(f"{treated} v {reference}" for treated, reference in protocol.comparisons(analysis)))
    words += (
        [f"{len(analysis.interims)} interim look{'s' * (len(analysis.interims) != 1)}"] if analysis.interims else []
    )
    return f"{name}: {'; '.join(words)}"


def _cuts(protocol: Protocol) -> list[str]:
    lines = []
    for name, cut in protocol.data_cuts.items():
        date = f"facts to {cut.cutoff}" if cut.cutoff else "all facts"
        lines.append(f"{name}: {date}{', default' if cut.default else ''}")
    return lines


def _assumed(path: str, note: str | None) -> str:
    return f"{path}: {note}" if note else path
