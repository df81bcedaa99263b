"""From facts to SDTM without the record: the short road, for thousands of trials."""

from collections.abc import Collection

import polars as pl

from equipoise.cdisc import Sdtm
from equipoise.derive.sdtm import sdtm_from_records
from equipoise.protocol import Protocol
from equipoise.rehearsal.facts import Facts

__all__ = ["COURSE_DOMAINS", "sdtm_of"]

COURSE_DOMAINS = ("DM", "DS", "EX", "TU", "TR", "RS", "SS", "CM", "PR", "LB", "VS", "QS")
"""Data sets behind times to event; the last three for the baseline facts that live there."""


def sdtm_of(protocol: Protocol, facts: Facts, *, domains: Collection[str] | None = None) -> Sdtm:
    """Write facts as unblinded SDTM: what a run of every trial through `conduct` gives as well.

    Parameters
    ----------
    protocol
        Protocol of all the trials.
    facts
        What `generate` made.
    domains
        Data sets to write; all unless given.
    """
    allocated = facts.patients.filter(pl.col("ARM").is_not_null())
    arms = allocated.select("TRIAL", "PATIENT", arm="ARM")
    return sdtm_from_records(protocol, facts.records, arms, domains=domains)
