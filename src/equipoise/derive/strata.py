"""Strata: as frozen at randomization, and recomputed from the baseline fields as they are now."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.baseline import home_values
from equipoise.derive.source import KEYS, Source
from equipoise.protocol import Stratum, parse_expression
from equipoise.protocol.expressions import Expression, column

__all__ = ["strata_columns"]

_BOOLEAN = {"Y": "Yes", "YES": "Yes", "TRUE": "Yes", "1": "Yes", "N": "No", "NO": "No", "FALSE": "No", "0": "No"}


def strata_columns(source: Source, facts: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """KEYS with STRATwR, STRATwV for factor w = 1, 2, ... and STRATAR, STRATAV combined; randomized subjects only.

    A factor without a home in SDTM has no frozen value of its own: the recomputed one stands for both. Unequal values
    are findings.
    """
    factors = source.protocol.randomization.strata_items()
    randomized = facts.filter(pl.col("randomized"))
    table = randomized.select(KEYS)
    findings: list[Finding] = []
    for number, (name, factor) in enumerate(factors.items(), start=1):
        frozen, verified = f"STRAT{number}R", f"STRAT{number}V"
        expression = parse_expression(source.protocol, factor.expression)
        now = randomized.select(*KEYS, _words(expression, column(expression), source).alias(verified))
        table = table.join(now, on=KEYS, how="left", maintain_order="left")
        if factor.sdtm is None:
            table = table.with_columns(pl.col(verified).alias(frozen))
            continue
        table = table.join(_frozen(source, factor, expression, frozen), on=KEYS, how="left", maintain_order="left")
        table, found = _one_spelling(source, table, (name, factor, expression), frozen, verified)
        findings += found
        findings += _differences(table, name, factor, frozen, verified)
    for combined, letter in (("STRATAR", "R"), ("STRATAV", "V")):
        parts = [pl.col(f"STRAT{w}{letter}") for w in range(1, len(factors) + 1)]
        table = table.with_columns(
            (pl.concat_str(parts, separator=", ") if parts else pl.lit(None, dtype=pl.String)).alias(combined)
        )
    order = [f"STRAT{w}{letter}" for w in range(1, len(factors) + 1) for letter in "RV"]
    return table.select(*KEYS, *order, "STRATAR", "STRATAV"), findings


def _words(expression: Expression, value: pl.Expr, source: Source) -> pl.Expr:
    """Levels as text: Yes and No, the label of a category, or the value itself."""
    if expression.type.kind == "boolean":
        return pl.when(value).then(pl.lit("Yes")).when(~value).then(pl.lit("No"))
    labels: dict[str, str] = {}
    for name in expression.fields:
        field = source.protocol.baseline.get(name)
        if field is not None and field.type == "category":
            labels |= field.level_labels()
    return value.cast(pl.String).replace(labels) if labels else value.cast(pl.String)


def _frozen(source: Source, factor: Stratum, expression: Expression, name: str) -> pl.DataFrame:
    assert factor.sdtm is not None  # noqa: S101 - the caller has looked
    values = home_values(source, factor.sdtm)
    mapping = {str(k): str(v) for k, v in factor.sdtm.values.items()}
    raw = pl.col("RAW").replace(mapping) if mapping else pl.col("RAW")
    if expression.type.kind == "boolean":
        text = raw.str.to_uppercase().replace_strict(_BOOLEAN, default=None, return_dtype=pl.String)
        return values.select(*KEYS, pl.coalesce(text, raw).alias(name))
    return values.select(*KEYS, _words(expression, raw, source).alias(name))


def _one_spelling(
    source: Source, table: pl.DataFrame, about: tuple[str, Stratum, Expression], frozen: str, verified: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """Spell frozen levels as the protocol does where only the case of letters differs."""
    name, factor, expression = about
    fields = [source.protocol.baseline[f] for f in expression.fields if f in source.protocol.baseline]
    labels = [label for field in fields if field.type == "category" for label in field.level_labels().values()]
    known = [*labels, *table[verified].drop_nulls().unique().sort().to_list()]
    codes = {
        code: label for field in fields if field.type == "category" for code, label in field.level_labels().items()
    }
    spelled = {text.lower(): text for text in known} | {code.lower(): label for code, label in codes.items()}
    seen = [value for value in table[frozen].drop_nulls().unique().sort().to_list() if value not in known]
    changed = {value: spelled[value.lower()] for value in seen if value.lower() in spelled}
    if not changed:
        return table, []
    n = int(table[frozen].is_in(list(changed)).sum())
    finding = Finding(
        severity="note",
        code="stratum-letter-case",
        dataset=factor.sdtm.domain if factor.sdtm else "DM",
        row_key="",
        variable=name,
        seen=f"{', '.join(changed)} ({n} subjects)",
        expected=", ".join(dict.fromkeys(changed.values())),
        effect="taken for the same level: only the case of letters differs",
    )
    return table.with_columns(pl.col(frozen).replace(changed)), [finding]


def _differences(table: pl.DataFrame, name: str, factor: Stratum, frozen: str, verified: str) -> list[Finding]:
    wrong = table.filter(pl.col(frozen).ne_missing(pl.col(verified))).sort(KEYS)
    domain = factor.sdtm.domain if factor.sdtm else "DM"
    return [
        Finding(
            severity="warning",
            code="stratum-differs",
            dataset=domain,
            row_key=f"USUBJID={row['USUBJID']}",
            variable=name,
            seen=f"at randomization: {row[frozen] or 'missing'}",
            expected=f"as recomputed: {row[verified] or 'missing'}",
            effect="the stratum at randomization is used; analyses by corrected strata use the other",
            subject=row["USUBJID"],
        )
        for row in wrong.iter_rows(named=True)
    ]
