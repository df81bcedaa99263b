"""From SDTM to analysis data."""

from equipoise.derive.columns import source_columns
from equipoise.derive.derived import Derived, derive
from equipoise.derive.errors import DeriveError
from equipoise.derive.imputation import IMPUTATION

__all__ = ["IMPUTATION", "DeriveError", "Derived", "derive", "source_columns"]
