"""Allocation of patients to arms: pure functions of counts, factors and uniforms. They draw nothing.

One kernel allocates a live patient, a simulated one and a replayed one (`equipoise.stats._kernels.allocation`).
"""

from equipoise.stats._kernels.allocation import Plan
from equipoise.stats.allocation.allocate import (
    UNIFORMS_PER_SLOT,
    Allocations,
    allocate,
    allocate_rows,
    scores,
    simulate,
)
from equipoise.stats.allocation.balance import (
    BalanceLimits,
    BalanceWatch,
    DetectionDelay,
    balance_limits,
    detection_delay,
    watch_balance,
)
from equipoise.stats.allocation.characteristics import (
    AllocationCharacteristics,
    ExactCharacteristics,
    block_guess,
    exact_characteristics,
    operating_characteristics,
)
from equipoise.stats.allocation.plans import (
    arm_shares,
    biased_coin,
    big_stick,
    complete_randomization,
    empty_state,
    minimization,
    n_arms,
    n_rows,
    permuted_blocks,
    state_rows,
    urn,
)
from equipoise.stats.allocation.rerandomization import RerandomizationTest, rerandomization_test
from equipoise.stats.allocation.size import SizeOfTest, exponential_outcome, size_of_test
from equipoise.stats.allocation.streams import philox_uniforms

__all__ = [
    "UNIFORMS_PER_SLOT",
    "AllocationCharacteristics",
    "Allocations",
    "BalanceLimits",
    "BalanceWatch",
    "DetectionDelay",
    "ExactCharacteristics",
    "Plan",
    "RerandomizationTest",
    "SizeOfTest",
    "allocate",
    "allocate_rows",
    "arm_shares",
    "balance_limits",
    "biased_coin",
    "big_stick",
    "block_guess",
    "complete_randomization",
    "detection_delay",
    "empty_state",
    "exact_characteristics",
    "exponential_outcome",
    "minimization",
    "n_arms",
    "n_rows",
    "operating_characteristics",
    "permuted_blocks",
    "philox_uniforms",
    "rerandomization_test",
    "scores",
    "simulate",
    "size_of_test",
    "state_rows",
    "urn",
    "watch_balance",
]
