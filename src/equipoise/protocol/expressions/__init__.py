"""The protocol's expression language.

Parsed once, checked against the declared fields, evaluated by row or by column with equal answers.
"""

from equipoise.protocol.expressions.columns import column
from equipoise.protocol.expressions.errors import ExpressionError
from equipoise.protocol.expressions.functions import FUNCTIONS
from equipoise.protocol.expressions.parse import Expression, conjuncts, parse
from equipoise.protocol.expressions.rows import evaluate_row
from equipoise.protocol.expressions.tree import FieldType, Kind, Scalar
from equipoise.protocol.expressions.units import DAYS_PER_MONTH, DAYS_PER_YEAR

__all__ = [
    "DAYS_PER_MONTH",
    "DAYS_PER_YEAR",
    "FUNCTIONS",
    "Expression",
    "ExpressionError",
    "FieldType",
    "Kind",
    "Scalar",
    "column",
    "conjuncts",
    "evaluate_row",
    "parse",
]
