"""Who changed from the assigned treatment to that of another arm, and from which dose."""

import polars as pl

from equipoise.derive.source import KEYS, match
from equipoise.protocol import Protocol

__all__ = ["crossover_rows"]


def crossover_rows(protocol: Protocol) -> pl.Expr:
    """Phase of each dosing record (KEYS, ARMID, EXTRT, START): 2 for crossover treatment, else 1.

    By default these are doses of the other arm's treatment given to subjects of the first arm after a dose of their
    own; a protocol in which both arms' treatments bear one name says with ``crossover.sdtm`` which records they are.
    Someone whose very first dose is the other arm's was given the wrong treatment and did not cross over.
    """
    rule = protocol.crossover
    if rule is None:
        return pl.lit(1, dtype=pl.Int32)
    if rule.sdtm is not None:
        test = match(rule.sdtm.where)
    else:
        own = {t.upper() for t in protocol.arms[rule.from_arm].treatments}
        other = {t.upper() for t in protocol.arms[rule.to_arm].treatments} - own
        given = pl.col("EXTRT").str.to_uppercase()
        started = pl.col("START").filter(given.is_in(sorted(own))).min().over(KEYS)
        test = given.is_in(sorted(other)) & (pl.col("START") >= started).fill_null(False)
    in_arm = (pl.col("ARMID") == rule.from_arm).fill_null(False)
    return pl.when(test.fill_null(False) & in_arm).then(2).otherwise(1).cast(pl.Int32)
