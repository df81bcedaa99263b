"""The search chooses candidates that meet the goals, or says which it cannot meet."""

import numpy as np
import pytest

from equipoise.rehearsal.twin.search import Choice, EndpointPool, Goal, Pool, choose, figures_of
from equipoise.stats import cohen_kappa, cox_ph, kaplan_meier

N, K = 120, 60


@pytest.fixture(scope="module")
def pool() -> Pool:
    rng = np.random.default_rng(5)
    arm, stratum = np.repeat([0, 1], N // 2), rng.integers(0, 3, N)
    time = np.ceil(rng.exponential(np.where(arm, 400, 250)[:, None], (N, K))).astype(np.int64)
    cells = rng.integers(0, 9, (N, K))
    counts = {f"cell{c}": (cells == c).astype(np.int64) for c in range(9)}
    counts |= {"scans": np.ones((N, K), dtype=np.int64), "switched": rng.integers(0, 2, (N, K))}
    return Pool(
        arm=arm,
        stratum=stratum,
        endpoints={"pfs": EndpointPool(np.minimum(time, 900), time < 900, (365,))},
        counts=counts,
        shares={"switched": ("switched", "scans")},
        agreement=tuple(f"cell{c}" for c in range(9)),
    )


def test_figures_as_in_stats(pool: Pool) -> None:
    chosen = np.random.default_rng(1).integers(0, K, N)
    shown = figures_of(pool, chosen)
    rows = np.arange(N)
    time, event = pool.endpoints["pfs"].time[rows, chosen], pool.endpoints["pfs"].event[rows, chosen]
    cox = cox_ph(time, event, pool.arm, strata=pool.stratum)
    assert shown["pfs.ratio"] == pytest.approx(cox.hazard_ratio[0])
    assert (shown["pfs.ratio_low"], shown["pfs.ratio_high"]) == pytest.approx((cox.conf_low[0], cox.conf_high[0]))
    km = kaplan_meier(time[pool.arm == 1], event[pool.arm == 1])
    assert shown["pfs.experimental.median"] == km.quantile(0.5).estimate
    assert shown["pfs.experimental.at_365"] == pytest.approx(km.at([365]).estimate[0])
    table = np.array([shown[f"sum.cell{c}"] for c in range(9)]).reshape(3, 3).astype(int)
    assert shown["kappa"] == pytest.approx(cohen_kappa(table).estimate)


def test_goals_are_met_by_choosing_alone(pool: Pool) -> None:
    goals = [
        Goal("pfs.control.median", 170, 4),
        Goal("pfs.experimental.median", 330, 4),
        Goal("pfs.ratio", 0.5, 0.01),
        Goal("sum.switched", 77, 0),
        Goal("kappa", 0.3, 0.02),
    ]
    choice = choose(pool, goals, seed=3, steps=20_000)
    assert choice.unmet == ()
    assert choice.figures == figures_of(pool, choice.candidates)
    assert 0 < choice.tried < 20_000


def test_same_seed_same_choice(pool: Pool) -> None:
    def once(seed: int) -> Choice:
        return choose(pool, [Goal("pfs.ratio", 0.55, 0.001)], seed=seed, steps=300)

    assert once(1).candidates.tolist() == once(1).candidates.tolist()
    assert once(1).candidates.tolist() != once(2).candidates.tolist()


def test_goal_that_cannot_be_met_is_named(pool: Pool) -> None:
    impossible = Goal("sum.switched", N + 1, 0)
    choice = choose(pool, [impossible, Goal("pfs.ratio", 0.6, 0.05)], seed=1, steps=2_000)
    assert choice.unmet == (impossible,)
    assert choice.figures["sum.switched"] > 0.8 * N
