"""The sealed seed and the sources of chance."""

import copy
import pickle
from hashlib import sha256

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from equipoise.conduct.entropy import SealedSeed, SeededEntropy, random_index, shuffled, system_entropy

SEED = bytes(range(32))
NONCE = bytes(range(100, 116))


def test_uniforms_are_one_block_of_aes_256_for_each_slot():
    """Two 64-bit words of AES(seed, stage | 0 | slot), each shifted to 53 bits."""
    sealed = SealedSeed(SEED, NONCE)
    for stage, slot in ((1, 1), (1, 2), (3, 2**33)):
        counter = stage.to_bytes(4, "big") + bytes(4) + slot.to_bytes(8, "big")
        block = Cipher(AES(SEED), ECB()).encryptor().update(counter)  # noqa: S305 - one block, to check the counter mode
        words = [int.from_bytes(block[:8], "big"), int.from_bytes(block[8:], "big")]
        assert sealed.uniforms(stage, slot).tolist() == [[(w >> 11) / 2**53 for w in words]]


def test_slots_can_be_drawn_alone_or_together():
    sealed = SealedSeed(SEED, NONCE)
    together = sealed.uniforms(2, 5, 100)
    assert np.array_equal(together, np.vstack([sealed.uniforms(2, 5 + i) for i in range(100)]))
    assert not np.isin(sealed.uniforms(1, 5, 100), together).any()
    assert together.min() >= 0
    assert together.max() < 1


def test_the_commitment_binds_the_seed():
    sealed = SealedSeed(SEED, NONCE)
    assert sealed.commitment == sha256(b"equipoise allocation seed 1\0" + NONCE + SEED).hexdigest()
    assert SealedSeed.unsealed(sealed.secret()).opens(sealed.commitment)
    assert not SealedSeed(SEED, bytes(16)).opens(sealed.commitment)
    assert not SealedSeed(SEED[::-1], NONCE).opens(sealed.commitment)


def test_a_seed_from_the_operating_system_has_256_bits_and_is_new_each_time():
    seeds = {SealedSeed.new(system_entropy).secret() for _ in range(50)}
    assert len(seeds) == 50
    assert all(len(secret) == 48 for secret in seeds)


def test_the_seed_shows_itself_nowhere():
    sealed = SealedSeed(SEED, NONCE)
    for text in (repr(sealed), str(sealed), f"{sealed}", repr([sealed]), repr({"seed": sealed})):
        assert text.count("...") == 1
        assert SEED.hex() not in text
        assert repr(SEED) not in text
    for call in (lambda: pickle.dumps(sealed), lambda: copy.copy(sealed), lambda: copy.deepcopy(sealed)):
        with pytest.raises(TypeError, match="not pickled or copied"):
            call()


@pytest.mark.parametrize(("stage", "first"), [(0, 1), (1, 0), (2**32, 1), (1, 2**64)])
def test_slots_outside_the_counter_are_refused(stage, first):
    with pytest.raises(ValueError, match="from 1 on"):
        SealedSeed(SEED, NONCE).uniforms(stage, first)


def test_a_seed_of_another_length_is_refused_without_showing_it():
    with pytest.raises(ValueError, match="32 bytes") as error:
        SealedSeed(b"secret", NONCE)
    frame = error.traceback[-1].frame
    assert "secret" not in str({name: value for name, value in frame.f_locals.items() if name != "cls"})


def test_a_rehearsals_stream_depends_on_its_seed_alone():
    whole = SeededEntropy(7)(100)
    source = SeededEntropy(7)
    assert b"".join(source(n) for n in (1, 31, 64, 4)) == whole
    assert SeededEntropy(8)(100) != whole
    assert "7" not in repr(SeededEntropy(7))


def test_a_choice_takes_as_many_bytes_whatever_there_is_to_choose_from():
    taken = []

    def counting(n):
        taken.append(n)
        return bytes(n)

    for n in (1, 2, 1000):
        random_index(counting, n)
    assert taken == [16, 16, 16]
    with pytest.raises(ValueError, match="something to choose from"):
        random_index(counting, 0)


def test_shuffles_are_fair():
    """Each of the six orders of three items, 6,000 shuffles: chi-square of 5 degrees of freedom."""
    source = SeededEntropy("fair")
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        order = tuple(shuffled(source, (1, 2, 3)))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert sum((c - 1000) ** 2 / 1000 for c in counts.values()) < 25.7  # 1 in 10,000
