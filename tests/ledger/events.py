"""Made-up events for the tests of the record."""

from equipoise.ledger import Chain, Draft, Kind, Stamp, kinds, register

STAMP = Stamp("2026-03-01T09:30:00.000000Z", "u7", "site_coordinator", "r-1")

register(
    Kind(
        name="test_weighed",
        noun="weight",
        fields={"visit": "text", "date": "date", "kilograms": "decimal", "note": "text?"},
        key=("visit",),
        date="date",
    )
)
assert "test_weighed" in kinds()


def weighed(visit: str, date: str, kilograms: str, *, subject: str = "S-1", **more: str | None) -> Draft:
    payload = {"visit": visit, "date": date, "kilograms": kilograms, **more}
    return Draft("test_weighed", payload, "01", subject, None, "1.0")


def corrected(visit: str, field: str, old: str, new: str, *, subject: str = "S-1") -> Draft:
    payload = {"of": "test_weighed", "key": [visit], "changes": {field: {"old": old, "new": new}}}
    return Draft("corrected", payload, "01", subject, "typing error", "1.0")


def chain_of(n: int) -> Chain:
    chain = Chain()
    for i in range(n):
        chain.append([weighed(f"v{i}", "2026-03-01", f"{60 + i}.5")], STAMP._replace(request_id=f"r-{i}"))
    return chain
