"""The protocol's rules for best response."""

from equipoise.criteria import ResponseRules
from equipoise.protocol import Protocol

__all__ = ["response_rules"]


def response_rules(protocol: Protocol, *, confirmed: bool) -> ResponseRules:
    """The protocol's rules for best response."""
    review = protocol.review
    return ResponseRules(
        confirmed=confirmed,
        confirmation_days=review.confirmation_days,
        ne_allowed=review.confirmation_ne_allowed,
        sd_allowed=review.confirmation_sd_allowed,
        minimum_sd_days=review.minimum_sd_days,
    )
