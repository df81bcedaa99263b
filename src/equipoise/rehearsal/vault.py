"""The vault of a rehearsal: seeded, and with the declared fault of the model where it takes place.

Random bytes are drawn anew for each request, from the seed and the request's number, so that a server whose requests
come in another order, or by another process, draws the same.
"""

from equipoise.conduct.entropy import SeededEntropy
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.protocol import Protocol
from equipoise.rehearsal.allocation import FaultyAllocator
from equipoise.rehearsal.model.allocation import AllocationModel

__all__ = ["FaultyVault", "RequestEntropy", "rehearsal_vault"]


class RequestEntropy:
    """Random bytes that the seed and the request determine.

    Parameters
    ----------
    seed
        Text of the seed; the bytes before the first request are those of `SeededEntropy` of it.
    """

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._begun = seed
        self._stream: SeededEntropy | None = None

    def begin(self, request: str) -> None:
        """Go on with the bytes of a request; most requests draw none."""
        self._begun, self._stream = f"{self.seed}/{request}", None

    def __call__(self, n: int) -> bytes:
        """Give the next `n` bytes."""
        if self._stream is None:
            self._stream = SeededEntropy(self._begun)
        return self._stream(n)


class FaultyVault(MemoryVault):
    """A vault whose allocator has the declared fault: for a rehearsal of how it shows."""

    def __init__(self, entropy: RequestEntropy, protocol: Protocol, model: AllocationModel) -> None:
        super().__init__(entropy, protocol)
        self._allocators = {
            (1, name): FaultyAllocator(design, model.fault) for name, design in self._stages[0].cohorts.items()
        }


def rehearsal_vault(
    protocol: Protocol, model: AllocationModel, trial: int = 0, *, faulty: bool = True
) -> tuple[MemoryVault, RequestEntropy]:
    """Make the vault of a trial and its source of random bytes.

    Parameters
    ----------
    protocol
        Arms, ratio, method, strata.
    model
        Seed, and the fault.
    trial
        Which trial.
    faulty
        Whether the declared fault takes place.
    """
    entropy = RequestEntropy(f"{model.seed}/{trial}")
    if faulty and model.fault is not None:
        return FaultyVault(entropy, protocol, model), entropy
    return MemoryVault(entropy, protocol), entropy
