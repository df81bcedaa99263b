"""Blinded data through the steps from SDTM to the report: everybody randomized, together."""

import sys
from dataclasses import replace

import polars as pl

from equipoise.cdisc import Sdtm
from equipoise.cli.dmc_arms import pooled_data, pooled_protocol, with_everybody
from equipoise.protocol import Protocol

__all__ = ["is_blinded", "pooled"]


def is_blinded(data: Sdtm) -> bool:
    """Whether patients are recorded as randomized and the arm of every one of them is left out."""
    dm, ds = data.datasets.get("DM"), data.datasets.get("DS")
    if dm is None or ds is None or not {"USUBJID", "ARMCD"} <= set(dm.columns):
        return False
    if not {"USUBJID", "DSDECOD"} <= set(ds.columns):
        return False
    allocated = ds.filter(pl.col("DSDECOD").cast(pl.String).str.to_uppercase() == "RANDOMIZED")["USUBJID"]
    arms = dm.filter(pl.col("USUBJID").is_in(allocated.implode()))["ARMCD"]
    return arms.len() > 0 and arms.null_count() == arms.len()


def pooled(protocol: Protocol, data: Sdtm) -> tuple[Protocol, Sdtm]:
    """Give protocol and data with one arm that holds everybody, where the data are blinded; both as they are elsewhere.

    Comparisons, crossover and questionnaires, which only make sense by arm, are left out; a note on standard error says
    so.
    """
    if not is_blinded(data):
        return protocol, data
    print("equipoise: these data are blinded: all patients are reported together", file=sys.stderr)
    together = pooled_protocol(protocol, endpoint={}).model_copy(update={"data_cuts": protocol.data_cuts})
    return together, replace(pooled_data(protocol, with_everybody(data)), files=data.files)
