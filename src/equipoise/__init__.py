"""Run a randomized oncology trial from protocol to published result."""

from importlib.metadata import version

__version__ = version("equipoise")
__all__ = ["__version__"]
