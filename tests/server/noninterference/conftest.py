"""Two trials that differ in nothing but the arms: what a blinded person can read of them must be the same, byte for byte.

One script of commands (two sites, ten patients, all roles, from set-up to crossover) runs on two servers with the same
clock, the same drawn bytes and the same request numbers. The key of the vault, and so arms and contents of kits, differs.
Everything that a blinded person can lay hands on is then compared: status, headers and body of every address in every
format, logs, mail, blinded SDTM, the files of a backup. Nothing is masked before it is compared.
"""

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")

from tests.server.configured import set_up_django

set_up_django()
