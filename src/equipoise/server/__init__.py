"""The trial server: Django around the pure rules of `equipoise.conduct`; one app per noun.

Needs the extra ``server``. Nothing outside this folder imports Django.
"""

__all__: list[str] = []
