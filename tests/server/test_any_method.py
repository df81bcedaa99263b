"""Every address answers every method, to whoever asks, with words of its own and never with an error of the server."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.ledger import TRIAL
from equipoise.server.ledger.store import chain_end
from equipoise.server.sources import replaced

METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
PARTS = {
    "desk": "investigator@01", "subject": "01-002", "record": "AE-1", "site": "01", "command": "randomize",
    "name": "early", "analysis": "os", "look": "1", "account": "coordinator@01", "instrument": "QLQ-C30", "target": "1",
    "secret": "a-secret-that-opens-nothing",
}  # fmt: skip


def addresses(resolver: URLResolver, before: str = "/") -> list[str]:
    """Every address of the URL table, its parts filled in."""
    found = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found += addresses(entry, before + _filled(entry))
        elif isinstance(entry, URLPattern):
            found.append(before + _filled(entry))
    return found


def _filled(entry: URLPattern | URLResolver) -> str:
    route = str(entry.pattern)
    for name in entry.pattern.converters:
        kind = next(part for part in route.split("<")[1:] if part.split(">")[0].split(":")[-1] == name).split(">")[0]
        route = route.replace(f"<{kind}>", PARTS.get(name, "x"))
    return "".join(letter for letter in route if letter not in "^$\\")


@pytest.mark.parametrize("who", ["nobody", "investigator@01"])
def test_no_method_breaks_an_address_or_writes(trial: ServerTrial, who: str) -> None:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    if who != "nobody":
        client = Visitor(trial, who, raises=False).client
    before, found = chain_end(TRIAL), {}
    everything = addresses(get_resolver())
    assert len(everything) > 100
    with replaced(trial.sources()):
        for address in everything:
            for method in METHODS:
                found[address, method] = client.generic(method, address, b"{}", content_type="application/json")
    broken = {where: answer.status_code for where, answer in found.items() if answer.status_code >= 500}
    assert not broken
    assert chain_end(TRIAL) == before
    written = [where for where, answer in found.items() if where[1] in ("PUT", "PATCH") and answer.status_code == 200]
    described = "/api/openapi.json"  # the description of the interface is read by any method
    assert not [a for a, _ in written if a.startswith(("/api/", "/at/", "/diary/")) and a != described]
