"""Forms made from what commands ask for: inputs, what was typed, problems beside the field."""

__all__: list[str] = []
