"""Questionnaires of patients: their personal links, and what such a link shows."""

__all__: list[str] = []
