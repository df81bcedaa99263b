"""Checks of SDTM: every row that breaks a rule is reported, and what is kept out is counted."""

from equipoise.cdisc.checks.all import SetAside, check_sdtm, set_aside
from equipoise.cdisc.checks.rules import RULES, Rule

__all__ = ["RULES", "Rule", "SetAside", "check_sdtm", "set_aside"]
