"""Which data cut is meant."""

from equipoise.protocol.analyses import DataCut
from equipoise.protocol.model import Protocol
from equipoise.protocol.nearest import nearest

__all__ = ["data_cut"]


def data_cut(protocol: Protocol, name: str | None = None) -> tuple[str, DataCut]:
    """Pick a data cut: the one named, else the default one, else an open one called ``all``.

    Raises
    ------
    ValueError
        Where the protocol has no data cut of that name.
    """
    if name is None:
        name = next((key for key, cut in protocol.data_cuts.items() if cut.default), None)
        if name is None:
            return "all", protocol.data_cuts.get("all", DataCut(label="All data"))
    if name in protocol.data_cuts:
        return name, protocol.data_cuts[name]
    if name == "all":
        return name, DataCut(label="All data")
    known = ", ".join([*protocol.data_cuts, "all"])
    suggestion = nearest(name, [*protocol.data_cuts, "all"])
    hint = f"; did you mean {suggestion!r}?" if suggestion else ""
    raise ValueError(f"data cut {name!r} is not in the protocol; it has: {known}{hint}")
