"""Random numbers of synthetic patients: what depends on what."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass

import numpy as np
import polars as pl

import equipoise.rehearsal
from equipoise.rehearsal.streams import STREAMS, Draws, Slot, default_draws

ONE, MANY = Slot("disease", 7), Slot("disease", 40, 5)


def test_a_candidate_is_what_the_patient_would_have_drawn_in_that_trial() -> None:
    plain = default_draws([0, 3], 20)
    mixed = plain.filter(TRIAL=0).with_columns(disease=pl.lit(3, pl.Int32))
    every = Draws(11, plain)
    other = Draws(11, mixed)
    of_three = plain["TRIAL"].to_numpy() == 3
    assert np.array_equal(other.uniform(MANY), every.uniform(MANY)[of_three])
    readers = Slot("readers", 7)
    assert np.array_equal(other.uniform(readers), every.uniform(readers)[~of_three]), "another stream stays as it is"


def test_a_row_does_not_depend_on_the_others() -> None:
    draws = Draws(5, default_draws(range(4), 30))
    rows = np.array([70, 3, 111])
    assert np.array_equal(draws.of(rows).normal(MANY), draws.normal(MANY)[rows])
    place = np.array([4, 0, 2])
    assert np.array_equal(draws.at(MANY, rows, place), draws.uniform(MANY)[rows, place])


def test_seed_stream_patient_candidate_and_slot_all_matter() -> None:
    draws = default_draws([0, 1], 2)
    found = [Draws(seed, draws).uniform(Slot(name, first)) for seed in (1, 2) for name in STREAMS for first in (0, 1)]
    assert len(np.unique(np.concatenate(found))) == 2 * len(STREAMS) * 2 * 4


def test_uniforms_are_uniform_and_open() -> None:
    found = Draws(9, default_draws(range(100), 200)).uniform(MANY).ravel()
    counts, _ = np.histogram(found, bins=20, range=(0, 1))
    expected = len(found) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 45, "chi-square with 19 degrees of freedom, p = .0007"
    assert found.min() > 0
    assert found.max() < 1


def test_no_two_uses_share_a_slot() -> None:
    places: dict[tuple[str, int], str] = {}
    for module in pkgutil.iter_modules(equipoise.rehearsal.__path__, "equipoise.rehearsal."):
        for name, value in vars(importlib.import_module(module.name)).items():
            slots = list(value.values()) if isinstance(value, dict) else [value]
            if is_dataclass(value) and not isinstance(value, type):
                slots = [getattr(value, field.name) for field in fields(value)]
            for slot in slots:
                if isinstance(slot, Slot):
                    for place in range(slot.first, slot.first + slot.size):
                        where = f"{module.name}.{name}"
                        known = places.setdefault((slot.stream, place), where)
                        assert known.rsplit(".", 1)[-1] == name, f"{known} and {where} share {slot.stream} {place}"
    assert {"accrual", "disease", "readers"} <= {stream for stream, _ in places}
