"""From the ledger to SDTM: the record of a trial at a data cut, as the data sets that every later step reads."""

from equipoise.derive.sdtm.build import sdtm_from_ledger

__all__ = ["sdtm_from_ledger"]
