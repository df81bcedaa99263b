"""Roles of a trial, and how far each reaches."""

from enum import StrEnum

__all__ = ["BLINDED", "REACH", "READER_NUMBER", "SITE_ROLES", "Reach", "Role"]


class Role(StrEnum):
    """What a person does in the trial."""

    SITE_COORDINATOR = "site_coordinator"
    INVESTIGATOR = "investigator"
    PATIENT = "patient"
    LOCAL_READER = "local_reader"
    CENTRAL_READER_1 = "central_reader_1"
    CENTRAL_READER_2 = "central_reader_2"
    ADJUDICATOR = "adjudicator"
    PHARMACIST = "pharmacist"
    DATA_MANAGER = "data_manager"
    BLINDED_STATISTICIAN = "blinded_statistician"
    UNBLINDED_STATISTICIAN = "unblinded_statistician"
    DMC_MEMBER = "dmc_member"
    SAFETY_OFFICE = "safety_office"
    MONITOR = "monitor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Reach(StrEnum):
    """Which sites and subjects a role reaches."""

    OWN_SITE = "own site"
    ALL_SITES = "all sites"
    SELF = "self"


SITE_ROLES = frozenset({Role.SITE_COORDINATOR, Role.INVESTIGATOR, Role.LOCAL_READER, Role.PHARMACIST})
"""Roles that are held at a site."""

REACH: dict[Role, Reach] = {
    role: Reach.OWN_SITE if role in SITE_ROLES else Reach.SELF if role is Role.PATIENT else Reach.ALL_SITES
    for role in Role
}
"""Role -> how far it reaches."""

BLINDED = frozenset(Role) - {Role.UNBLINDED_STATISTICIAN, Role.DMC_MEMBER}
"""Roles that know no arm, but of a patient who was unblinded to them."""

READER_NUMBER: dict[str, int] = {Role.CENTRAL_READER_1: 1, Role.CENTRAL_READER_2: 2}
"""Role of a central reader -> number of the reader."""
