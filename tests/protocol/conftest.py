"""A small right protocol, and ways to spoil it."""

from collections.abc import Callable

import pytest

from equipoise.protocol import Problem, ProtocolError, parse_protocol

RIGHT = """\
equipoise: 1
trial: {id: T1, title: A trial, masking: double_blind}
arms:
  active: {label: Active, role: experimental}
  placebo: {label: Placebo, role: control}
baseline:
  age: {type: integer, unit: years, sdtm: {domain: DM, variable: AGE}}
  site: {levels: [small_bowel, midgut]}
  prior_ssa: {type: boolean}
  progression: {type: date}
eligibility:
  adult: {text: Adult, include: age >= 18}
randomization:
  ratio: {active: 1, placebo: 1}
  method: {permuted_blocks: {sizes: [2, 4]}}
  strata: {ssa: prior_ssa}
visits:
  tumor_assessment: {every_weeks: 12}
review:
  central: {readers: 2}
new_therapy:
  systemic: {label: Systemic, counts: true}
endpoints:
  pfs: {label: PFS, paramcd: PFS, events: [central_progression, death], sensitivity: [A]}
  os: {label: OS, paramcd: OS, events: [death]}
populations:
  itt: {label: ITT, members: randomized}
  safety: {label: Safety, members: randomized and treated, arm: received}
analyses:
  primary: {endpoint: pfs, population: itt, test: {logrank: {strata: randomization}}, effect: {cox: {}}}
data_cuts:
  final: {cutoff: 2020-01-31, default: true}
"""


@pytest.fixture
def right() -> str:
    """Text of a protocol without problems."""
    return RIGHT


@pytest.fixture
def spoiled() -> Callable[..., tuple[Problem, ...]]:
    """Replace parts of the right protocol and return the problems that loading finds."""

    def spoil(*replacements: tuple[str, str]) -> tuple[Problem, ...]:
        text = RIGHT
        for old, new in replacements:
            assert text.count(old) == 1, f"{old!r} must stand once in the right protocol"
            text = text.replace(old, new)
        with pytest.raises(ProtocolError) as caught:
            parse_protocol(text, file="t.yaml")
        return caught.value.problems

    return spoil
