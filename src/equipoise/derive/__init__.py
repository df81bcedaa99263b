"""From SDTM to analysis data."""

from equipoise.derive.columns import source_columns
from equipoise.derive.derived import Derived, derive
from equipoise.derive.errors import DeriveError
from equipoise.derive.imputation import IMPUTATION
from equipoise.derive.labels import adsl_labels

__all__ = ["IMPUTATION", "DeriveError", "Derived", "adsl_labels", "derive", "source_columns"]
