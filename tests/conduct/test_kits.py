"""Kits: scrambled numbers, stock by totals, and nothing visible that depends on an arm."""

import datetime as dt

import numpy as np
import pytest
from tests.conduct.allocation_cases import ARMS, filled

from equipoise.conduct.entropy import SeededEntropy
from equipoise.conduct.kits import KitStatus, KitStore, scrambled_numbers
from equipoise.conduct.vault import VaultError, VaultErrorCode

DAY = dt.date(2026, 1, 1)
LATE = dt.date(2028, 1, 1)
FLIP = dict(zip(ARMS, reversed(ARMS), strict=True))


def stocked(seed=1, sets=20, *, sites=("01",)):
    store = KitStore(SeededEntropy(seed), ARMS)
    store.deliver("L1", LATE, sets * len(sites))
    for site in sites:
        store.ship(site, "L1", sets)
    return store


def assign(store, subject, arm, *, site="01", request="r", day=DAY):
    return store.assign(subject, site, request=request, day=day, treatment=lambda: arm)


def test_numbers_do_not_repeat_and_have_wide_random_gaps():
    numbers = scrambled_numbers(SeededEntropy(1), 2000)
    assert len(set(numbers)) == 2000
    assert all(len(n) == 6 for n in numbers)
    gaps = np.diff(sorted(int(n) for n in numbers))
    assert gaps.mean() > 400
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.1)  # as of random points on a line
    assert numbers != sorted(numbers)
    more = scrambled_numbers(SeededEntropy(1), 100, taken=numbers)
    assert not set(more) & set(numbers)


def test_too_many_numbers_for_their_digits_are_refused():
    with pytest.raises(VaultError, match="leave no gaps: use more digits"):
        scrambled_numbers(SeededEntropy(1), 181, digits=3)
    assert len(scrambled_numbers(SeededEntropy(1), 180, digits=3)) == 180


def test_contents_are_independent_of_order_gap_lot_expiry_and_site(full):
    """Correlations of the arm with everything on the label, over many deliveries: none beyond chance."""
    repeats, rows = 400 if full else 60, []
    for seed in range(repeats):
        store = KitStore(SeededEntropy(seed), ARMS)
        for lot, expiry in (("L1", LATE), ("L2", LATE + dt.timedelta(200))):
            store.deliver(lot, expiry, 20)
            store.ship("01", lot, 6)
            store.ship("02", lot, 5)
        contents = store.contents()
        numbers = sorted(contents)
        for rank, number in enumerate(numbers):
            kit = store._kits[number]
            gap = int(number) - int(numbers[rank - 1]) if rank else 0
            seen = [rank, rank % 2, int(number), int(number) % 2, int(number) % 7, gap, kit.lot == "L1"]
            before = contents[numbers[rank - 1]] == ARMS[0] if rank else 0.5
            rows.append([contents[number] == ARMS[0], *seen, kit.site == "01", kit.site == "02", before])
    table = np.array(rows, np.float64)
    correlations = np.corrcoef(table.T)[0, 1:]
    assert np.abs(correlations[:-1]).max() < 4.5 / len(table) ** 0.5
    # arms are drawn without replacement: neighbors differ slightly more often than not, -1/(80 - 1) at most
    assert abs(correlations[-1]) < 1 / 79 + 4.5 / len(table) ** 0.5


def test_every_shipment_holds_every_arm_equally():
    store = stocked(sets=7, sites=("01", "02", "03"))
    contents = store.contents()
    for site in ("01", "02", "03"):
        kits = store.at_site(site)
        assert [k.number for k in kits] == sorted(k.number for k in kits)
        assert sum(contents[k.number] == ARMS[0] for k in kits) == 7 == len(kits) / 2


@pytest.mark.parametrize("seed", range(5))
def test_two_worlds_that_differ_in_arms_and_contents_look_the_same(seed):
    """Arms and contents exchanged: the same numbers, the same refusals, the same stock, at every step."""
    worlds = [stocked(seed), stocked(seed)]
    worlds[1]._contents = {number: FLIP[arm] for number, arm in worlds[0]._contents.items()}
    rng = np.random.default_rng(seed)
    for i in range(30):
        arm = ARMS[rng.integers(2)]
        seen = []
        for store, given in zip(worlds, (arm, FLIP[arm]), strict=True):
            try:
                seen.append(assign(store, f"S{i}", given))
            except VaultError as error:
                seen.append((error.code, str(error)))
        assert seen[0] == seen[1]
        assert worlds[0].at_site("01") == worlds[1].at_site("01")
        assert worlds[0].guaranteed("01", DAY) == worlds[1].guaranteed("01", DAY)


@pytest.mark.parametrize("arms", [[0] * 30, [1] * 30, [0, 1] * 15, [0] * 10 + [1] * 20])
def test_stock_and_refusals_depend_on_totals_alone(arms):
    store = stocked(sets=20)
    for i, arm in enumerate(arms[:20]):
        assert store.guaranteed("01", DAY) == 20 - i
        assert store.contents()[assign(store, f"S{i}", ARMS[arm])] == ARMS[arm]
    for i, arm in enumerate(arms[20:]):
        with pytest.raises(VaultError) as error:
            assign(store, f"T{i}", ARMS[arm])
        assert error.value.code is VaultErrorCode.OUT_OF_STOCK
        assert str(error.value) == "site 01 has no stock left: ship kits first"


def test_dispensed_numbers_have_one_distribution_whatever_the_arms(full):
    """Rank on the shelf of the first two kits: the same for equal and for different arms (chi-square, 12 cells)."""
    repeats = 24_000 if full else 3000
    tables = []
    for second in ARMS:
        counts = np.zeros((4, 4))
        for seed in range(repeats):
            store = stocked(f"{seed} {second}", sets=2)
            shelf = [k.number for k in store.at_site("01")]
            first = assign(store, "A", ARMS[0])
            counts[shelf.index(first), shelf.index(assign(store, "B", second))] += 1
        tables.append(counts)
    for counts in tables:
        off = ~np.eye(4, dtype=bool)
        assert counts[~off].sum() == 0
        assert ((counts[off] - repeats / 12) ** 2 / (repeats / 12)).sum() < 37.4  # 11 degrees of freedom, 1 in 10,000


def test_the_same_request_gives_the_same_kit():
    store = stocked()
    number = assign(store, "S1", ARMS[0])
    assert assign(store, "S1", ARMS[0]) == number
    assert assign(store, "S1", ARMS[0], request="r2") != number
    assert store.guaranteed("01", DAY) == 18


def test_a_kit_is_valid_for_the_patient_it_was_assigned_to_and_nobody_else():
    """A kit with the right content is as invalid as one with the wrong content: no sorting of kits by trying them."""
    store = stocked()
    number = assign(store, "S1", ARMS[0])
    contents = store.contents()
    same = next(k.number for k in store.at_site("01") if contents[k.number] == ARMS[0] and k.number != number)
    other = next(k.number for k in store.at_site("01") if contents[k.number] == ARMS[1])
    messages = set()
    for wrong in (same, other, "999999"):
        assert not store.is_valid("S1", wrong)
        with pytest.raises(VaultError) as error:
            store.dispense("S1", wrong)
        assert error.value.code is VaultErrorCode.KIT_NOT_VALID
        messages.add(str(error.value))
    assert messages == {"kit not valid for this patient"}
    assert not store.is_valid("S2", number)
    store.dispense("S1", number)
    assert not store.is_valid("S1", number)


def test_a_wrong_kit_leaves_the_stock():
    store = stocked(sets=3)
    assigned = assign(store, "S1", ARMS[0])
    taken = next(k.number for k in store.at_site("01") if k.status is KitStatus.STOCK)
    store.record_wrong("S2", taken)
    assert store.guaranteed("01", DAY) == 1
    store.record_wrong("S2", assigned)  # another patient's kit
    assert not store.is_valid("S1", assigned)
    assert store.guaranteed("01", DAY) == 1
    with pytest.raises(VaultError, match="not valid"):
        store.record_wrong("S3", taken)


def test_lots_are_used_in_order_of_expiry_and_never_expired():
    store = stocked(sets=2)
    store.deliver("L0", dt.date(2026, 6, 1), 3)
    store.ship("01", "L0", 3)
    lots = []
    for i in range(5):
        number = assign(store, f"S{i}", ARMS[i % 2])
        lots.append(next(k.lot for k in store.at_site("01") if k.number == number))
    assert lots == ["L0", "L0", "L0", "L1", "L1"]
    fresh = stocked(sets=2)
    with pytest.raises(VaultError, match="no stock left"):
        assign(fresh, "S1", ARMS[0], day=LATE)
    assert fresh.guaranteed("01", LATE) == 0


def test_lost_kits_and_the_depot():
    store = KitStore(SeededEntropy(3), ARMS)
    kits = store.deliver("L1", LATE, 4)
    store.lose(kits[0].number)
    with pytest.raises(VaultError, match="does not hold 4 sets"):
        store.ship("01", "L1", 4)
    store.ship("01", "L1", 3)
    store.lose(store.at_site("01")[0].number)
    assert store.guaranteed("01", DAY) == 2
    with pytest.raises(VaultError, match="a lot of its own"):
        store.deliver("L1", LATE, 1)
    with pytest.raises(VaultError, match="no kit 1 in stock"):
        store.lose("1")
    with pytest.raises(VaultError, match="no stock left"):
        assign(store, "S1", ARMS[0], site="99")


def test_no_better_guess_than_theory_from_all_that_a_blinded_user_sees(full):
    """Kit numbers, their order, parity and neighbors, factors, order of entry: rules of thumb hit half of the arms.

    Trials are independent and their arms symmetric, so the share of hits has standard error 1/2 / sqrt(trials) for
    rules tied to one reference patient, and that is what is allowed for, times four.
    """
    n_trials, n = 10_000 if full else 250, 24
    hits = np.zeros((n_trials, 6))
    for trial in range(n_trials):
        vault = filled(n, seed=trial)
        vault.kits.deliver("L1", LATE, n)
        vault.kits.ship("01", "L1", n)
        numbers = [int(vault.kit_for(row.subject, "01", request="1", day=DAY)) for row in vault.rows]
        arms = np.array([vault._arm(row.subject) == ARMS[0] for row in vault.rows])
        strata = [row.stratum for row in vault.rows]
        shelf = sorted(int(k.number) for k in vault.kits.at_site("01"))
        last = numbers[-1]
        near = int(np.argmin([abs(v - last) for v in numbers[:-1]]))
        mate = next((i for i in range(n - 2, -1, -1) if strata[i] == strata[-1]), n - 2)
        hits[trial] = [
            arms[-1] == (last % 2 == 0),
            arms[-1] == (shelf.index(last) < n),
            arms[-1] == (strata.count(strata[-1]) % 2 == 0),
            arms[-1] == (int(vault.rows[-1].receipt, 16) % 2 == 0),
            arms[-1] == (sum(numbers) % 2 == 0),
            # links between patients: a kit near another one says nothing of its arm
            (arms[-1] == arms[near]) == (numbers[near] < last) if mate else 0.5,
        ]
    assert np.abs(hits.mean(axis=0) - 0.5).max() < 4 * 0.5 / n_trials**0.5
