"""What is known of synthetic patients on the day on which they are randomized or not: facts, cohort, strata."""

import polars as pl

from equipoise.protocol import Protocol, field_types
from equipoise.protocol.expressions import column, parse

__all__ = ["cohort_column", "decision_facts", "factor_columns", "recorded_fields", "stratified"]

_TYPES: dict[str, type[pl.DataType]] = {
    "category": pl.String,
    "boolean": pl.Boolean,
    "integer": pl.Int64,
    "number": pl.Float64,
    "date": pl.Date,
}


def recorded_fields(protocol: Protocol) -> list[str]:
    """Baseline fields that sites record; the others are computed from them."""
    return [name for name, field in protocol.baseline.items() if field.derive is None]


def decision_facts(protocol: Protocol, patients: pl.DataFrame) -> pl.DataFrame:
    """Add what expressions may name: the dates, fields that nobody knows, fields that are computed.

    Parameters
    ----------
    protocol
        Baseline fields.
    patients
        SCREENED, DECIDED (days since 1970), the baseline fields of the model.
    """
    day = pl.col("DECIDED").cast(pl.Int32).cast(pl.Date)
    unknown = [
        pl.lit(None, _TYPES.get(field.type, pl.String)).alias(name)
        for name, field in protocol.baseline.items()
        if name not in patients.columns
    ]
    facts = patients.with_columns(*unknown).with_columns(
        registration=day, randomization=day, consent=pl.col("SCREENED").cast(pl.Int32).cast(pl.Date)
    )
    fields = field_types(protocol)
    for name, field in protocol.baseline.items():
        if field.derive is not None:
            facts = facts.with_columns(column(parse(field.derive, fields)).alias(name))
    return facts


def cohort_column(protocol: Protocol, facts: pl.DataFrame) -> pl.Series:
    """Give COHORT, the first cohort to which each patient belongs; null where there is none."""
    fields = field_types(protocol)
    tests = [
        pl.when(column(parse(cohort.members, fields, expect="boolean"))).then(pl.lit(name))
        for name, cohort in protocol.cohorts.items()
    ]
    return facts.with_columns(COHORT=pl.coalesce(*tests, pl.lit(None, pl.String)))["COHORT"]


def factor_columns(protocol: Protocol, patients: pl.DataFrame) -> pl.DataFrame:
    """Level of each stratification factor as text, for the patients randomized.

    Parameters
    ----------
    protocol
        Strata of the trial.
    patients
        Baseline fields, SITE, COHORT, SCREENED, DECIDED.

    Returns
    -------
    polars.DataFrame
        A text column for each factor, the site last where the protocol stratifies by it; null where a factor does not
        stratify the patient's cohort.
    """
    fields, facts = field_types(protocol), decision_facts(protocol, patients)
    columns: list[pl.Expr] = []
    for name, stratum in protocol.strata().items():
        expression = parse(str(stratum.expression), fields)
        level = column(expression)
        if expression.type.kind == "boolean":
            level = pl.when(level).then(pl.lit("true")).when(~level).then(pl.lit("false"))
        columns.append(pl.when(_asks(protocol, name)).then(level.cast(pl.String)).alias(name))
    if protocol.randomization.stratify_by_site:
        columns.append(pl.col("SITE").alias("site"))
    return facts.select(columns)


def stratified(protocol: Protocol, patients: pl.DataFrame) -> pl.Series:
    """Tell of whom cohort and strata are known, as randomization asks; columns as for `factor_columns`."""
    factors = factor_columns(protocol, patients).with_columns(patients["COHORT"])
    known = [pl.col(name).is_not_null() | ~_asks(protocol, name) for name in protocol.strata()]
    known.append(pl.col("COHORT").is_not_null() if protocol.cohorts else pl.col("COHORT").is_null())
    return factors.select(pl.all_horizontal(known)).to_series()


def _asks(protocol: Protocol, factor: str) -> pl.Expr:
    """Whether a factor stratifies the patient's cohort."""
    if not protocol.cohorts:
        return pl.lit(value=True)
    own = [cohort for cohort in protocol.cohorts if factor in protocol.strata(cohort)]
    return pl.col("COHORT").is_in(own).fill_null(value=False)
