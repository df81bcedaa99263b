"""Pages of the blind: why it is closed, what opens it, the treatment for who may know it, crossover, code break."""

__all__: list[str] = []
