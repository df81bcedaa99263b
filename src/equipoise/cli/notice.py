"""What a run says about the data on standard error: findings that matter, counted."""

import sys
from collections import Counter

import polars as pl

from equipoise.derive import Derived

__all__ = ["notice"]


def notice(derived: Derived) -> None:
    """Say how many findings keep data out of the analysis, which is the most frequent, and whether anybody is left."""
    errors = Counter((f.dataset, f.code) for f in derived.findings if f.severity == "error")
    if errors:
        total = errors.total()
        (dataset, code), most = min(errors.items(), key=lambda item: (-item[1], item[0]))
        print(
            f"equipoise: {total} {'finding keeps' if total == 1 else 'findings keep'} data out of the analysis, "
            f"most often {dataset} {code} ({most}); the report lists them under Findings about the data",
            file=sys.stderr,
        )
    randomized = derived.adam["ADSL"].filter(pl.col("RANDFL") == "Y")
    if randomized.is_empty():
        print(f"equipoise: nobody is randomized {_where(derived)}: every analysis is empty", file=sys.stderr)
    lost = randomized.filter(pl.col("ARMID").is_null()).height
    if lost:
        print(f"equipoise: {lost} randomized subjects have an arm that the protocol does not name", file=sys.stderr)


def _where(derived: Derived) -> str:
    """Say that it is so at the data cut, and which one leaves nothing out."""
    if derived.cutoff is None:
        return "in these data"
    return (
        f"by {derived.cutoff}, where the data cut {derived.cut_name} ends "
        "(--cut names another one; --cut all takes everything)"
    )
