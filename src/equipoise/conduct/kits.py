"""Kits: scrambled numbers, stock and dispensing in which nothing visible depends on what a kit holds.

* **Numbers** are drawn from a wide range without repetition, so that gaps are random, and contents are shuffled over
  them. A delivery holds equally many kits of every arm under one lot and one expiry date; so does a shipment to a site.
* **Which kit**: the lot that expires first and has stock by the rule below; within it one of the site's kits with the
  patient's treatment, each equally likely. The numbers that a site sees dispensed then have the same probability
  whatever the arms of its patients.
* **Stock by totals**: a site that got s sets of a lot (a set: one kit of each arm) serves s patients' requests from it,
  kits lost or damaged taken off, whatever the arms: so no refusal, no reorder and no change of lot tells an arm.
  Left-over kits are the price of that.
* **On the way**: a kit whose receipt the site has not recorded is not given out, and counts as one kit lost until then.
* **Validity**: a kit is valid for a patient if it was assigned to him, and for no other reason. A check of contents
  would let anyone who holds two kits sort them by arm.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from equipoise.conduct.entropy import Entropy, random_index, shuffled
from equipoise.conduct.vault import VaultError, VaultErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

__all__ = ["KIT_DIGITS", "Kit", "KitStatus", "KitStore", "scrambled_numbers"]

KIT_DIGITS = 6
"""Digits of a kit number; numbers start at 100000."""
MOST_USED = 0.2
"""Share of the range of numbers that may be used up: gaps stay wide, and a slip of the pen seldom hits a kit."""


class KitStatus(Enum):
    """Where a kit is in its life."""

    DEPOT = "depot"
    STOCK = "stock"
    ASSIGNED = "assigned"
    DISPENSED = "dispensed"
    UNUSABLE = "unusable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kit:
    """A kit as everybody may see it."""

    number: str
    lot: str
    expiry: date
    site: str | None = None
    status: KitStatus = KitStatus.DEPOT
    subject: str | None = None
    request: str | None = None


def scrambled_numbers(entropy: Entropy, n: int, *, taken: Collection[str] = (), digits: int = KIT_DIGITS) -> list[str]:
    """Draw `n` new kit numbers in random order, none of those taken.

    Raises
    ------
    VaultError
        More than a fifth of the numbers with so many digits would be used.
    """
    low, size = 10 ** (digits - 1), 9 * 10 ** (digits - 1)
    if len(taken) + n > MOST_USED * size:
        message = f"{n} numbers of {digits} digits besides the {len(taken)} in use leave no gaps: use more digits"
        raise VaultError(VaultErrorCode.OUT_OF_STOCK, message)
    used = set(taken)
    found: list[str] = []
    while len(found) < n:
        number = str(low + random_index(entropy, size))
        if number not in used:
            used.add(number)
            found.append(number)
    return found


class KitStore:
    """Kits of a trial in memory: what is seen of them, and their contents, which only the vault asks for.

    `contents` maps a number to the arm whose treatment the kit holds.
    """

    __slots__ = ("_arms", "_assigned", "_contents", "_depot", "_entropy", "_expiry", "_kits", "_left", "_places")

    def __init__(self, entropy: Entropy, arms: Sequence[str]) -> None:
        self._entropy = entropy
        self._arms = tuple(arms)
        self._kits: dict[str, Kit] = {}
        self._contents: dict[str, str] = {}
        self._assigned: dict[tuple[str, str], str] = {}
        self._expiry: dict[str, date] = {}
        self._depot: dict[str, int] = {}
        self._places: dict[tuple[str, str], set[str]] = {}
        self._left: dict[tuple[str, str], int] = {}

    @classmethod
    def restored(
        cls, entropy: Entropy, arms: Sequence[str], kits: Mapping[str, Kit], contents: Mapping[str, str]
    ) -> KitStore:
        """Go on from kits as they stand, with the contents of those that may be given out."""
        store = cls(entropy, arms)
        store._kits, store._contents = dict(kits), dict(contents)
        sent: dict[tuple[str, str], list[Kit]] = {}
        for number, kit in kits.items():
            store._expiry[kit.lot] = kit.expiry
            if kit.subject is not None and kit.request is not None:
                store._assigned[kit.subject, kit.request] = number
            if kit.site is None:
                store._depot[kit.lot] = store._depot.get(kit.lot, 0) + (kit.status is KitStatus.DEPOT)
            else:
                sent.setdefault((kit.site, kit.lot), []).append(kit)
        store._depot = {lot: n // len(store._arms) for lot, n in store._depot.items()}
        for place, there in sent.items():
            stock = {kit.number for kit in there if kit.status is KitStatus.STOCK}
            store._places[place] = stock
            store._left[place] = len(there) // len(store._arms) - (len(there) - len(stock))
        return store

    def deliver(self, lot: str, expiry: date, sets: int) -> tuple[Kit, ...]:
        """Make `sets` kits of each arm under one lot and expiry date; give them in order of their numbers."""
        if lot in self._expiry:
            raise VaultError(VaultErrorCode.KIT_NOT_VALID, f"the lot {lot!r} exists: a delivery has a lot of its own")
        numbers = scrambled_numbers(self._entropy, sets * len(self._arms), taken=self._kits.keys())
        self._contents.update(zip(numbers, shuffled(self._entropy, self._arms * sets), strict=True))
        self._kits.update({number: Kit(number=number, lot=lot, expiry=expiry) for number in numbers})
        self._expiry[lot] = expiry
        self._depot[lot] = sets
        return tuple(self._kits[number] for number in sorted(numbers))

    def ship(self, site: str, lot: str, sets: int) -> tuple[Kit, ...]:
        """Send `sets` kits of each arm of a lot to a site; give them in order of their numbers."""
        if sets < 1 or self._depot.get(lot, 0) < sets:
            raise VaultError(VaultErrorCode.OUT_OF_STOCK, f"the depot does not hold {sets} sets of the lot {lot!r}")
        waiting = sorted(n for n, k in self._kits.items() if k.lot == lot and k.status is KitStatus.DEPOT)
        chosen = []
        for arm in self._arms:
            chosen += shuffled(self._entropy, [n for n in waiting if self._contents[n] == arm])[:sets]
        for number in chosen:
            self._kits[number] = replace(self._kits[number], site=site, status=KitStatus.STOCK)
        self._depot[lot] -= sets
        self._places.setdefault((site, lot), set()).update(chosen)
        self._left[site, lot] = self._left.get((site, lot), 0) + sets
        return tuple(self._kits[number] for number in sorted(chosen))

    def assign(
        self,
        subject: str,
        site: str,
        *,
        request: str,
        day: date,
        treatment: Callable[[], str],
        received: Collection[str] | None = None,
    ) -> str:
        """Choose the kit for a request of a subject, once; `treatment` gives the arm whose treatment is due.

        `received` are the kits that the site has got; all that were sent unless given.
        """
        known = self._assigned.get((subject, request))
        if known is not None:
            return known
        with self._without(site, received):
            lot = self._lot_in_use(site, day)
            number = self._choose(site, lot, treatment())
        self._take(number)
        self._kits[number] = replace(self._kits[number], status=KitStatus.ASSIGNED, subject=subject, request=request)
        self._assigned[subject, request] = number
        return number

    def is_valid(self, subject: str, number: str) -> bool:
        """Tell whether a kit was assigned to a subject and not yet dispensed or lost."""
        kit = self._kits.get(number)
        return kit is not None and kit.subject == subject and kit.status is KitStatus.ASSIGNED

    def dispense(self, subject: str, number: str) -> None:
        """Hand out an assigned kit."""
        if not self.is_valid(subject, number):
            raise VaultError(VaultErrorCode.KIT_NOT_VALID, "kit not valid for this patient")
        self._kits[number] = replace(self._kits[number], status=KitStatus.DISPENSED)

    def record_wrong(self, subject: str, number: str) -> None:
        """Record that a subject got a kit that was not assigned to him: it leaves the stock, whatever it holds."""
        kit = self._kits.get(number)
        if kit is None or kit.status not in (KitStatus.STOCK, KitStatus.ASSIGNED):
            raise VaultError(VaultErrorCode.KIT_NOT_VALID, "kit not valid for this patient")
        self._take(number)
        self._kits[number] = replace(kit, status=KitStatus.DISPENSED, subject=subject)

    def lose(self, number: str) -> None:
        """Take a lost or damaged kit out of the stock."""
        kit = self._kits.get(number)
        if kit is None or kit.status is KitStatus.DISPENSED:
            raise VaultError(VaultErrorCode.KIT_NOT_VALID, f"there is no kit {number} in stock")
        self._take(number)
        self._kits[number] = replace(kit, status=KitStatus.UNUSABLE)

    def guaranteed(self, site: str, day: date) -> int:
        """Count the requests that the site can serve on a day whatever the arms: sets not expired less kits gone."""
        return sum(max(0, self._left[site, lot]) for lot in self._open_lots(site, day))

    def at_site(self, site: str) -> tuple[Kit, ...]:
        """Give the kits of a site in order of their numbers."""
        return tuple(kit for _, kit in sorted(self._kits.items()) if kit.site == site)

    def contents(self) -> Mapping[str, str]:
        """Give what the kits hold: for the vault alone."""
        return dict(self._contents)

    @contextmanager
    def _without(self, site: str, received: Collection[str] | None) -> Iterator[None]:
        """Leave kits on their way to a site out of its stock while the block runs."""
        places = [place for place in self._places if place[0] == site and received is not None]
        away = {place: {number for number in self._places[place] if number not in (received or ())} for place in places}
        for place, numbers in away.items():
            self._places[place] -= numbers
            self._left[place] -= len(numbers)
        try:
            yield
        finally:
            for place, numbers in away.items():
                self._places[place] |= numbers
                self._left[place] += len(numbers)

    def _open_lots(self, site: str, day: date) -> list[str]:
        lots = [lot for where, lot in self._left if where == site and self._expiry[lot] > day]
        return sorted(lots, key=lambda lot: (self._expiry[lot], lot))

    def _lot_in_use(self, site: str, day: date) -> str:
        for lot in self._open_lots(site, day):
            if self._left[site, lot] > 0:
                return lot
        raise VaultError(VaultErrorCode.OUT_OF_STOCK, f"site {site} has no stock left: ship kits first")

    def _choose(self, site: str, lot: str, arm: str) -> str:
        fitting = sorted(number for number in self._places[site, lot] if self._contents[number] == arm)
        return fitting[random_index(self._entropy, len(fitting))]

    def _take(self, number: str) -> None:
        """Take a kit out of the stock of its place, once: one kit less of an unknown arm is one set less."""
        kit = self._kits[number]
        if kit.status is KitStatus.DEPOT:
            self._depot[kit.lot] -= 1
        elif kit.status is KitStatus.STOCK and kit.site is not None:
            self._places[kit.site, kit.lot].discard(number)
            self._left[kit.site, kit.lot] -= 1

    def __repr__(self) -> str:
        """Count the kits; show no contents."""
        return f"KitStore({len(self._kits)} kits)"
