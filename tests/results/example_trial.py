"""A made-up two-arm trial: its protocol and 180 assessed subjects, drawn from a fixed seed.

No person is behind any row.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np

from equipoise.protocol.model import Protocol

__all__ = ["CUTOFF", "MONTH", "TERMS", "Event", "Subject", "example_protocol", "example_subjects"]

MONTH = 30.4375
CUTOFF = dt.date(2021, 6, 30)
SITES = ("Site 101", "Site 102", "Site 103", "Site 104", "Site 105")
PRIMARY_SITE = ("small_bowel", "lung", "other")
TERMS = (  # class, term, chance in the experimental arm and in the control arm, highest grade
    ("Gastrointestinal disorders", "Diarrhea", 0.55, 0.30, 3),
    ("Gastrointestinal disorders", "Nausea", 0.45, 0.28, 3),
    ("General disorders", "Fatigue", 0.60, 0.45, 3),
    ("Investigations", "Alanine aminotransferase increased", 0.25, 0.06, 4),
    ("Nervous system disorders", "Headache", 0.22, 0.12, 2),
    ("Vascular disorders", "Hypertension", 0.50, 0.15, 4),
    ("Vascular disorders", "Embolism", 0.06, 0.01, 5),
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One adverse event."""

    system: str
    term: str
    grade: int
    serious: bool
    related: bool
    stopped: bool
    period: int = 1


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One subject of the made-up trial; ``arm`` is None for one who was not randomized."""

    id: str
    site: str
    arm: str | None
    received: str | None
    excluded_reason: str | None
    randomized: dt.date | None
    age: float | None
    sex: str
    primary_site: str
    prior_ssa: bool | None
    stratum_frozen: str
    stratum_corrected: str
    pfs_days: int
    pfs_event: str | None
    pfs_censored: str | None
    os_days: int
    died: bool
    crossed_over: bool
    on_treatment: bool
    stop_reason: str | None
    left_reason: str | None
    treated_days: int
    intensity: float
    best_response: str
    events: tuple[Event, ...]


@cache
def example_protocol() -> Protocol:
    """The protocol of the made-up trial."""
    pfs = {
        "label": "Progression-free survival, central review",
        "paramcd": "PFS",
        "sensitivity": ["A"],
        "landmarks_months": [6, 12],
    }
    survival = {"test": {"logrank": {"strata": "randomization"}}, "effect": {"cox": {"strata": "randomization"}}}
    return Protocol.model_validate(
        {
            "equipoise": 1,
            "trial": {
                "id": "EXAMPLE-1",
                "title": "Experimental drug against placebo, a made-up trial",
                "masking": "double_blind",
                "phase": "2",
                "synthetic": True,
            },
            "arms": {
                "experimental": {"label": "Experimental drug", "role": "experimental"},
                "placebo": {"label": "Placebo", "role": "control"},
            },
            "baseline": {
                "age": {"label": "Age", "type": "number", "unit": "years", "univariate": True},
                "sex": {"label": "Sex", "levels": {"F": "Female", "M": "Male"}, "univariate": True},
                "primary_site": {
                    "label": "Primary site",
                    "levels": {"small_bowel": "Small bowel", "lung": "Lung", "other": "Other"},
                    "univariate": True,
                },
                "prior_ssa": {"label": "Prior somatostatin analog", "type": "boolean", "univariate": True},
            },
            "randomization": {
                "ratio": {"experimental": 1, "placebo": 1},
                "method": {"permuted_blocks": {"sizes": [4, 6]}},
                "strata": {
                    "small_bowel": {"label": "Small-bowel primary", "expression": "primary_site == 'small_bowel'"}
                },
                "planned_subjects": 170,
            },
            "crossover": {"from": "placebo", "to": "experimental"},
            "endpoints": {
                "pfs_central": {**pfs, "events": ["central_progression", "death"]},
                "os": {"label": "Overall survival", "paramcd": "OS", "events": ["death"], "landmarks_months": [12, 24]},
                "response_central": {
                    "label": "Objective response, central review",
                    "kind": "response",
                    "paramcd": "BOR",
                    "assessor": "central",
                },
            },
            "populations": {
                "itt": {"label": "Intention to treat", "members": "randomized"},
                "safety": {"label": "Safety", "members": "randomized and treated", "arm": "received"},
            },
            "subgroups": {
                "sex": {"field": "sex"},
                "primary_site": {"field": "primary_site"},
                "elderly": {
                    "label": "Age group",
                    "levels": {"Below 65 years": "age < 65", "65 years and above": "age >= 65"},
                },
            },
            "analyses": {
                "primary": {
                    "endpoint": "pfs_central",
                    "population": "itt",
                    "role": "primary",
                    **survival,
                    "sided": 1,
                    "alpha": 0.10,
                    "subgroups": True,
                },
                "overall_survival": {"endpoint": "os", "population": "itt", **survival, "sided": 2},
                "response": {
                    "endpoint": "response_central",
                    "population": "itt",
                    "test": {"fisher": True},
                    "effect": {"risk_difference": True},
                },
            },
            "safety": {"dictionary": "MedDRA 24.0", "grading": "CTCAE 5.0"},
            "data_cuts": {"final": {"cutoff": CUTOFF, "label": "Final analysis", "default": True}},
        }
    )


@cache
def example_subjects() -> tuple[Subject, ...]:
    """180 subjects: nine not randomized, 97 and 74 randomized, five never treated, one given the other arm's drug."""
    rng = np.random.Generator(np.random.Philox(20210630))
    arms = np.array(["experimental"] * 97 + ["placebo"] * 74)
    rng.shuffle(arms)
    refused = [("Not eligible", 6), ("Declined to take part", 3)]
    queue: list[tuple[str | None, str | None]] = [(str(arm), None) for arm in arms]
    for reason, count in refused:
        for _ in range(count):
            queue.insert(int(rng.integers(len(queue))), (None, reason))
    return tuple(_subject(i, arm, reason, rng) for i, (arm, reason) in enumerate(queue, start=1))


def _subject(number: int, arm: str | None, reason: str | None, rng: np.random.Generator) -> Subject:
    start = dt.date(2017, 3, 1) + dt.timedelta(days=int(number * 4.1))
    follow_up = (CUTOFF - start).days
    treated = number % 37 != 0
    received = arm if treated else None
    if number == 50:
        received = "placebo" if arm == "experimental" else "experimental"
    progression = 42 * (1 + int(rng.exponential(7.0 if received == "experimental" else 4.0)))
    death, lost = int(rng.exponential(1300)) + 20, int(rng.exponential(6000)) + 30
    end = min(follow_up, lost)
    pfs = min(progression, death, end)
    event = "Central progression" if pfs == progression else "Death" if pfs == death else None
    quit_study = lost < follow_up
    site, ssa = str(rng.choice(PRIMARY_SITE, p=[0.62, 0.14, 0.24])), rng.random()
    frozen = str(site == "small_bowel").lower()
    crossed = arm == "placebo" and received == "placebo" and event == "Central progression" and rng.random() < 0.75
    stop = "Progressive disease" if event == "Central progression" else "Death" if event == "Death" else "Adverse event"
    going = event is None and end == follow_up and rng.random() < 0.7
    return Subject(
        id=f"EXAMPLE-1-{number:04d}",
        site=SITES[int(rng.integers(len(SITES)))],
        arm=arm,
        received=received if arm else None,
        excluded_reason=reason,
        randomized=start if arm else None,
        age=None if number % 41 == 0 else float(round(rng.normal(62, 10))),
        sex="F" if rng.random() < 0.54 else "M",
        primary_site=site,
        prior_ssa=None if ssa < 0.02 else bool(ssa < 0.9),
        stratum_frozen=frozen,
        stratum_corrected=("false" if frozen == "true" else "true") if number % 45 == 0 else frozen,
        pfs_days=pfs + 1,
        pfs_event=event,
        pfs_censored=None
        if event
        else "Withdrew or lost before the data cut-off"
        if quit_study
        else "Ongoing at the data cut-off",
        os_days=min(death, end) + 1,
        died=death <= end,
        crossed_over=bool(crossed),
        on_treatment=bool(received and going),
        stop_reason=None if going or not received else stop,
        left_reason="Death" if death <= end else "Withdrew consent" if quit_study else None,
        treated_days=0 if not received else min(pfs, follow_up) + 1,
        intensity=round(float(rng.uniform(60, 100)), 1),
        best_response=_response(event, pfs, received == "experimental", rng),
        events=_events(received, bool(crossed), rng) if arm else (),
    )


def _response(event: str | None, days: int, experimental: bool, rng: np.random.Generator) -> str:
    if experimental and rng.random() < 0.11:
        return "PR"
    if event == "Central progression" and days <= 84:
        return "PD"
    return "NE" if days < 42 else "SD"


def _events(received: str | None, crossed: bool, rng: np.random.Generator) -> tuple[Event, ...]:
    events: list[Event] = []
    periods = [(1, received)] + ([(2, "experimental")] if crossed else [])
    for period, drug in periods:
        for system, term, experimental, control, highest in TERMS:
            if drug is None or rng.random() > (experimental if drug == "experimental" else control):
                continue
            grade = min(highest, 1 + int(rng.exponential(1.1)))
            related = rng.random() < (0.6 if drug == "experimental" else 0.25)
            serious, stopped = grade >= 4 or rng.random() < 0.08, grade >= 3 and rng.random() < 0.2
            events.append(
                Event(
                    system=system,
                    term=term,
                    grade=grade,
                    serious=bool(serious),
                    related=bool(related),
                    stopped=bool(stopped),
                    period=period,
                )
            )
    return tuple(events)
