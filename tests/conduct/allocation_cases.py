"""Small protocols and filled vaults for the tests of allocation."""

from functools import cache
from pathlib import Path

from equipoise.conduct.entropy import SeededEntropy
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.protocol import Protocol, load_protocol

TRIAL = Path(__file__).parents[2] / "trials" / "a021202" / "protocol.yaml"
ARMS = ("pazopanib", "placebo")
STRATA = [{"small_bowel": a, "concurrent_ssa": b} for a in ("true", "false") for b in ("true", "false")]


@cache
def _loaded() -> Protocol:
    return load_protocol(TRIAL)


def protocol(**changes: object) -> Protocol:
    """The protocol of A021202, its randomization changed."""
    given = _loaded().model_dump(by_alias=True)
    given["randomization"] |= changes
    return Protocol.model_validate(given)


def filled(n: int, *, seed: int = 1, **changes: object) -> MemoryVault:
    """A vault with n subjects, S0001 on, of changing strata."""
    vault = MemoryVault(SeededEntropy(seed), protocol(**changes))
    for i in range(n):
        factors = STRATA[(i * i + i // 3) % 4]
        stratum = "; ".join(f"{k}={v}" for k, v in factors.items())
        vault.draw(vault.next_slot(), stratum, factors, subject=f"S{i + 1:04d}")
    return vault
