"""Addresses of the patient's pages, below the secret of the personal link."""

from django.urls import URLPattern, path

from equipoise.server.pages.diary import patient
from equipoise.server.pages.diary.visit import visited

__all__ = ["diary_addresses"]

_FORM = "diary/<str:secret>/form/<str:instrument>/<int:target>/"


def diary_addresses() -> list[URLPattern]:
    """Addresses of all pages of a patient."""
    return [
        path("diary/<str:secret>/", visited(patient.home, "GET", "HEAD"), name="diary"),
        path("diary/<str:secret>/scores/", visited(patient.scores, "GET", "HEAD"), name="diary_scores"),
        path(_FORM, visited(patient.form, "GET", "HEAD", "POST"), name="diary_form"),
        path(f"{_FORM}draft/", visited(patient.draft, "POST"), name="diary_draft"),
    ]
