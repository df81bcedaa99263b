"""What a run says about the data on standard error: findings that matter, counted."""

import sys
from collections import Counter
from collections.abc import Iterable

import polars as pl

from equipoise.cdisc import Finding

__all__ = ["notice"]


def notice(findings: Iterable[Finding], adsl: pl.DataFrame) -> None:
    """Say how many findings keep data out of the analysis, which is the most frequent, and whether anybody is left."""
    errors = Counter((f.dataset, f.code) for f in findings if f.severity == "error")
    if errors:
        total = errors.total()
        (dataset, code), most = min(errors.items(), key=lambda item: (-item[1], item[0]))
        print(
            f"equipoise: {total} {'finding keeps' if total == 1 else 'findings keep'} data out of the analysis, "
            f"most often {dataset} {code} ({most}); the report lists them under Findings about the data",
            file=sys.stderr,
        )
    randomized = adsl.filter(pl.col("RANDFL") == "Y")
    if randomized.is_empty():
        print("equipoise: nobody is randomized in these data: every analysis is empty", file=sys.stderr)
    lost = randomized.filter(pl.col("ARMID").is_null()).height
    if lost:
        print(f"equipoise: {lost} randomized subjects have an arm that the protocol does not name", file=sys.stderr)
