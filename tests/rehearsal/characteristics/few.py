"""A small synthetic trial as texts, for runs of many trials."""

import io
from functools import cache

from ruamel.yaml import YAML
from tests.rehearsal.rehearsed import TWIN, protocol_text

__all__ = ["model_text", "protocol_text"]


@cache
def model_text(randomized: int = 24) -> str:
    """The twin's model with so few patients, at three sites, in half a year."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 10_000, True
    model = yaml.load((TWIN / "twin.yaml").read_text(encoding="utf-8"))
    accrual = model["accrual"]
    accrual.update({"screened": randomized + 8, "randomized": randomized, "months": 6})
    for site in [name for name in accrual["sites"] if name not in ("SYN01", "SYN02", "SYN03")]:
        del accrual["sites"][site]
    del model["calibration"]
    out = io.StringIO()
    yaml.dump(model, out)
    return out.getvalue()
