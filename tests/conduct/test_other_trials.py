"""Any protocol file can be run: adopted, allocated by its own ratio, strata and cohorts, exported."""

import random
from typing import Any

import polars as pl
import pytest
from tests.conduct.made_up import TRIALS, Trial, protocol_text

from equipoise.conduct import Rulebook, eligibility
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.protocol import BaselineField

NAMES = sorted(path.parent.name for path in TRIALS.glob("*/protocol.yaml"))


def value(field: BaselineField, draw: random.Random, today: str) -> Any:
    match field.type:
        case "category":
            return draw.choice(list(field.level_labels()))
        case "boolean":
            return draw.random() < 0.5
        case "integer":
            return draw.randrange(0, 120)
        case "number":
            return str(draw.choice([0, 1, 3, 60, 80, 120, 250]))
        case "date":
            return f"2023-{draw.randrange(6, 13):02d}-15"
        case _:
            return "x"


def eligible(trial: Trial, subject: str, draw: random.Random) -> None:
    """Try baseline facts until the patient is eligible."""
    rules: Rulebook = trial.rulebooks["v1"]
    fields = {n: f for n, f in rules.protocol.baseline.items() if f.derive is None}
    best: dict[str, Any] = {n: value(f, draw, trial.today) for n, f in fields.items()}

    def failing(values: dict[str, Any]) -> int:
        known = {"consent": trial.today, "registration": trial.today, "randomization": trial.today}
        facts = rules.facts(values, known)
        return sum(check.status != "met" for check in rules.eligibility(facts))

    for _ in range(5000):
        if failing(best) == 0:
            break
        name = draw.choice(list(fields))
        tried = best | {name: value(fields[name], draw, trial.today)}
        best = tried if failing(tried) <= failing(best) else best
    trial.do("record_baseline", trial.staff(subject), {"values": best}, subject=subject)
    checks = eligibility(rules, trial.state.subjects[subject], trial.today)
    assert all(check.status == "met" for check in checks), checks


@pytest.mark.parametrize("name", NAMES)
def test_a_trial_by_its_protocol_file_alone(name: str) -> None:
    trial = Trial(text=protocol_text(name)).set_up("01", "02")
    protocol, draw = trial.rulebooks["v1"].protocol, random.Random(7)  # noqa: S311 - made-up patients
    for i in range(12):
        subject = trial.screen(("01", "02")[i % 2])
        trial.consent(subject)
        eligible(trial, subject, draw)
        trial.do("randomize", trial.staff(subject), subject=subject)
    given = [e.payload for e in trial.chain.events if e.kind == "randomized"]
    assert [p["slot"] for p in given] == list(range(1, 13))
    assert trial.vault.replay().ok
    assert all((p["cohort"] in protocol.cohorts) == bool(protocol.cohorts) for p in given)
    reviewed = sum(e.kind == "review_opened" for e in trial.chain.events)
    assert reviewed == (12 if protocol.review.central else 0)
    arms = {row.subject: trial.arm(row.subject) for row in trial.vault.rows}
    dm = sdtm_from_ledger(protocol, trial.chain.events, arms=arms).datasets["DM"]
    assert dm["ARM"].to_list() == [protocol.arms[arms[s]].label for s in dm["SUBJID"]]
    blinded = sdtm_from_ledger(protocol, trial.chain.events).datasets["DM"]
    assert blinded.select(pl.col("ARM", "ARMCD", "ACTARM", "ACTARMCD").is_null().all()).row(0) == (True,) * 4


@pytest.mark.parametrize("name", NAMES)
def test_the_gate_is_what_the_protocol_says(name: str) -> None:
    trial = Trial(text=protocol_text(name)).set_up("01")
    crossover = trial.rulebooks["v1"].protocol.crossover
    subject = trial.screen()
    trial.consent(subject)
    eligible(trial, subject, random.Random(1))  # noqa: S311 - made-up patients
    trial.measure(subject, 0, 3000)
    trial.do("randomize", trial.staff(subject), subject=subject)
    before = trial.code("unblind", "investigator@01", subject=subject)
    assert before == ("gate_closed" if crossover and crossover.when != "never" else "not_in_protocol")
    trial.wait(84)
    trial.measure(subject, 1, 4000)
    trial.do("assess_response", "investigator@01", {"assessment": 1, "overall": "PD"}, subject=subject)
    after = trial.code("unblind", "investigator@01", subject=subject)
    opened = crossover is not None and crossover.when == "local_progression"
    assert after == (None if opened else before)
