"""A dose below zero is no dose, and is told."""

import pytest
from tests.derive.made_up import protocol, sdtm, subject

from equipoise.derive import derive
from equipoise.protocol import data_cut


@pytest.mark.parametrize(("arm", "treatment"), [("DRG", "DRUG"), ("PLA", "PLACEBO")])
def test_a_negative_dose_is_kept_out_and_told(arm: str, treatment: str) -> None:
    doses = [{"EXTRT": treatment, "EXDOSE": -5.0, "EXSTDTC": 1, "EXENDTC": 9}]
    derived = derive(protocol(), sdtm(subject("1", arm, ex=doses)), cut=data_cut(protocol()))
    assert derived.adam["ADSL"].select("TRTSDT", "SAFFL").rows() == [(None, "N")]
    found = [f for f in derived.findings if f.code == "negative-dose"]
    assert [(f.severity, f.seen, f.row_key) for f in found] == [("error", "-5", "USUBJID=1, EXSEQ=1")]
