"""The reading charter of the criteria and the review of a protocol decide the same things in the same words."""

import inspect
from dataclasses import fields

from equipoise.criteria import Charter
from equipoise.protocol.conduct import CentralReview, Review

ELSEWHERE = {
    "reference_day": "the day of origin is that of the data",
    "baseline_window_days": "visits.tumor_assessment.baseline_window_days",
    "missed_visits": "endpoints.*.missed_visits.count",
}
"""Decisions that a protocol takes in another place, or not at all."""


def test_every_decision_of_the_charter_is_a_setting_of_the_protocol() -> None:
    central, review = CentralReview.model_fields, Review.model_fields
    here = {field.name: field.default for field in fields(Charter) if field.name not in ELSEWHERE}
    there = {name: (central[name] if name in central else review[name]) for name in here}
    types = inspect.get_annotations(Charter)
    for name, default in here.items():
        if name != "adjudicate":  # a protocol names its differences, or has no adjudicator
            assert there[name].default == default, name
        assert getattr(there[name].annotation, "__args__", None) == getattr(types[name], "__args__", None), name
