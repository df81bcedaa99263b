"""What must hold between the parts of a protocol."""

from equipoise.protocol.checks.analysis import check_analyses
from equipoise.protocol.checks.conduct import check_conduct
from equipoise.protocol.checks.crossover_adjustment import check_crossover_adjustment
from equipoise.protocol.checks.designs import check_designs
from equipoise.protocol.checks.endpoints import check_endpoints
from equipoise.protocol.checks.expressions import check_expressions
from equipoise.protocol.checks.identity import check_identity
from equipoise.protocol.checks.questionnaires import check_questionnaires
from equipoise.protocol.checks.report import Report
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath, Source

__all__ = ["check_protocol"]


def check_protocol(protocol: Protocol, source: Source, left_out: set[KeyPath]) -> None:
    """Note in the source everything that does not hold between the parts of its protocol."""
    report = Report(source, frozenset(left_out))
    checks = (
        check_identity,
        check_expressions,
        check_conduct,
        check_questionnaires,
        check_endpoints,
        check_analyses,
        check_designs,
        check_crossover_adjustment,
    )
    for check in checks:
        check(protocol, report)
