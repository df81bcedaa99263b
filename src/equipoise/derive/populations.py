"""Eligibility, cohorts and populations: who is in, and in words why others are not."""

import polars as pl

from equipoise.derive.source import KEYS
from equipoise.protocol import Criterion, Protocol, parse_expression, population_flag, population_reason
from equipoise.protocol.expressions import Expression, column, conjuncts

__all__ = ["add_cohort", "add_eligible", "population_columns"]

_FALSE_WORDS = {"randomized": "Not randomized", "treated": "No dose of trial treatment"}


def add_eligible(protocol: Protocol, facts: pl.DataFrame) -> pl.DataFrame:
    """Add ``eligible`` (true only if every criterion is known to hold; null if one is unknown) and ``WHY`` in words."""
    checks = [(criterion, _met(protocol, criterion)) for criterion in protocol.eligibility.values()]
    if not checks:
        return facts.with_columns(eligible=pl.lit(True), WHY=pl.lit(None, dtype=pl.String))
    eligible = pl.all_horizontal(met for _, met in checks)
    failed = [pl.when(~met).then(pl.lit(f"Not eligible: {c.text}")) for c, met in checks]
    unknown = [pl.when(met.is_null()).then(pl.lit(f"Eligibility not known: {c.text}")) for c, met in checks]
    return facts.with_columns(eligible=eligible, WHY=pl.coalesce(*failed, *unknown))


def _met(protocol: Protocol, criterion: Criterion) -> pl.Expr:
    if criterion.include is not None:
        return column(parse_expression(protocol, criterion.include))
    return ~column(parse_expression(protocol, criterion.exclude or "false"))


def add_cohort(protocol: Protocol, facts: pl.DataFrame) -> pl.DataFrame:
    """Add ``COHORT``: the first cohort of the protocol to which the subject belongs."""
    tests = [
        pl.when(column(parse_expression(protocol, cohort.members))).then(pl.lit(name))
        for name, cohort in protocol.cohorts.items()
    ]
    return facts.with_columns(COHORT=pl.coalesce(tests) if tests else pl.lit(None, dtype=pl.String))


def population_columns(protocol: Protocol, facts: pl.DataFrame) -> pl.DataFrame:
    """KEYS with flag and reason of every population; the reason is the first condition that does not hold, in words."""
    columns: list[pl.Expr] = []
    for name, population in protocol.populations.items():
        members = parse_expression(protocol, population.members)
        inside = column(members).fill_null(False)
        reasons = [_reason(part) for part in conjuncts(members)]
        columns += [
            pl.when(inside).then(pl.lit("Y")).otherwise(pl.lit("N")).alias(population_flag(name)),
            pl.when(~inside).then(pl.coalesce(reasons)).alias(population_reason(name)),
        ]
    return facts.select(*KEYS, *columns)


def _reason(part: Expression) -> pl.Expr:
    holds = column(part)
    if part.text == "eligible":
        return pl.when(~holds.fill_null(False)).then(pl.col("WHY"))
    no = _FALSE_WORDS.get(part.text, f"Does not hold: {part.text}")
    return pl.when(~holds).then(pl.lit(no)).when(holds.is_null()).then(pl.lit(f"Not known: {part.text}"))
