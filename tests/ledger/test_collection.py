"""Long records are made without the collector of cycles, which goes on afterwards as before."""

import gc
import weakref

import pytest

from equipoise.ledger import uncollected


class Loop:
    """An object that holds itself."""

    def __init__(self) -> None:
        self.own = self


def test_nothing_is_collected_meanwhile_and_what_was_made_is_old() -> None:
    gc.unfreeze()
    with uncollected():
        assert not gc.isenabled()
        loop = Loop()
        seen = weakref.ref(loop)
        del loop
    assert gc.isenabled()
    gc.collect(0)
    assert seen() is not None
    gc.collect()
    assert seen() is None


def test_a_collector_at_rest_stays_at_rest() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_goes_on_after_an_error() -> None:
    with pytest.raises(ValueError, match="no"), uncollected():
        raise ValueError("no")
    assert gc.isenabled()


def test_objects_that_a_process_keeps_stay_out_of_collections() -> None:
    loop = Loop()
    gc.freeze()
    try:
        assert not collectable(loop)
        with uncollected():
            pass
        assert not collectable(loop)
    finally:
        gc.unfreeze()
    assert collectable(loop)


def collectable(thing: object) -> bool:
    """Whether collections go through the object; those that are kept out are in no generation."""
    return any(seen is thing for seen in gc.get_objects())
