"""Trials ready for the tests of conduct."""

import pytest
from tests.conduct.made_up import Trial


@pytest.fixture
def trial() -> Trial:
    """Two sites with all people, nobody screened yet."""
    return Trial().set_up("01", "02")
