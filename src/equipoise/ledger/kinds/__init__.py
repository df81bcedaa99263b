"""The kinds of events, a file per noun; importing this package declares them all."""

from equipoise.ledger.kinds import (
    access,
    blinding,
    central_review,
    corrections,
    data_management,
    follow_up,
    interim_looks,
    people,
    randomization,
    safety,
    screening,
    sites,
    study,
    treatment,
    tumors,
    visits,
)

__all__ = [
    "access",
    "blinding",
    "central_review",
    "corrections",
    "data_management",
    "follow_up",
    "interim_looks",
    "people",
    "randomization",
    "safety",
    "screening",
    "sites",
    "study",
    "treatment",
    "tumors",
    "visits",
]
