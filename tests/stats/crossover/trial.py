"""A made-up trial with crossover, whose truth is known."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Trial:
    time: np.ndarray
    event: np.ndarray
    arm: np.ndarray
    progression: np.ndarray
    switch: np.ndarray
    limit: np.ndarray
    frail: np.ndarray

    def rows(self):
        """Start-stop rows: before and after progression, in pieces of 30 days."""
        out = []
        for i in range(self.time.size):
            cuts = (
                {0.0, self.time[i], self.progression[i]} if self.progression[i] < self.time[i] else {0.0, self.time[i]}
            )
            cuts |= set(np.arange(30.0, self.time[i], 30.0))
            edges = sorted(cuts)
            for a, b in pairwise(edges):
                last = b == self.time[i]
                progressed = self.progression[i] <= a
                out.append((i, a, b, bool(self.event[i] and last), self.arm[i], self.switch[i], progressed))
        return out


def trial(n=600, psi=-0.5, seed=3, switching=0.6, confounded=False):
    """Exponential survival without treatment; treatment stretches it by exp(-psi), from the start or the switch on."""
    rng = np.random.default_rng(seed)
    arm = np.repeat([0, 1], n // 2)
    frail = rng.random(n) < 0.4
    untreated = rng.exponential(np.where(frail & confounded, 200.0, 400.0), n)
    progression = np.where(arm == 1, np.exp(-psi), 1.0) * untreated * rng.uniform(0.2, 0.7, n)
    chance = np.where(frail & confounded, 0.15, switching)
    switch = np.where((arm == 0) & (rng.random(n) < chance), progression + 5.0, np.nan)
    stretched = np.where(np.isnan(switch), untreated, switch + (untreated - switch) * np.exp(-psi))
    late = switch >= untreated
    switch = np.where(late, np.nan, switch)
    true = np.where(arm == 1, untreated * np.exp(-psi), np.where(late | np.isnan(switch), untreated, stretched))
    limit = rng.uniform(500, 1500, n)
    time, event = np.minimum(true, limit), true <= limit
    switch = np.where(switch < time, switch, np.nan)
    progression = np.where(progression < time, progression, np.nan)
    return Trial(time, event, arm, np.where(np.isnan(progression), np.inf, progression), switch, limit, frail)
