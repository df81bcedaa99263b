"""From the record to SDTM: what a trial recorded up to a data cut, as the data sets that every later step reads."""

from equipoise.derive.sdtm.build import KINDS, sdtm_from_ledger, sdtm_from_records
from equipoise.derive.sdtm.records import Records, records_from_ledger
from equipoise.derive.sdtm.source import study_id_of

__all__ = ["KINDS", "Records", "records_from_ledger", "sdtm_from_ledger", "sdtm_from_records", "study_id_of"]
